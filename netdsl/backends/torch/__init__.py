"""Design -> a PyTorch module as an expert would have written it.

Templates are made of the blocks (builder, flow, sequence), checked by running them on numbers (check),
given names, and written down (page, netdsl.code.layout). See docs/ARCHITECTURE.md.
"""

from __future__ import annotations

from netdsl.design import Design

WIDTH = 88


def torch_source(design: Design, width: int = WIDTH) -> str:
    """The text of a file that defines the network as a `torch.nn.Module`."""
    from netdsl.backends.torch.check import check
    from netdsl.backends.torch.emitter import Emitter
    from netdsl.backends.torch.page import in_order, page

    emitter = Emitter(design, width)
    root = emitter.net()
    check(design, root, in_order(root))
    return page(emitter, root, width)
