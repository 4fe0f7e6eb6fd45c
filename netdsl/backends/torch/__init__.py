"""Design -> a PyTorch module as an expert would have written it.

Templates are made of the blocks (builder, flow, sequence), checked by running them on numbers (check),
given names, and written down (page, netdsl.code.layout). See docs/architecture.md.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from netdsl.design import Design

if TYPE_CHECKING:
    from netdsl.backends.torch.emitter import Emitter
    from netdsl.backends.torch.template import Template

WIDTH = 88


class EmissionError(AssertionError):
    """The emitted code is not the network. This is a bug in netdsl."""


def torch_source(design: Design, width: int = WIDTH, inline: bool = False) -> str:
    """The text of a file that defines the network as a `torch.nn.Module`. A detector needs the files of
    `shared_files` beside it, unless `inline` has it hold what it uses of them.

    What is written as a person would write it is checked against the network, instance by instance.
    Should it not fit, every use of a block becomes a class of its own with plain numbers: long, but
    right. (No network of the zoo or of the tests needs that.)
    """
    from netdsl.backends.torch.page import page

    emitter, root = classes(design, width)
    return page(emitter, root, width, inline)


def classes(design: Design, width: int = WIDTH) -> tuple[Emitter, Template]:
    """The checked classes of a network, and that of the network itself."""
    from netdsl.backends.torch.check import check
    from netdsl.backends.torch.emitter import CannotEmit, Emitter
    from netdsl.backends.torch.page import in_order
    from netdsl.backends.torch.rows import Differ
    from netdsl.backends.torch.tokens import Mismatch
    from netdsl.diagnostics import Mistake

    why = ""
    for exact in (False, True):
        emitter = Emitter(design, width, exact)
        try:
            root = emitter.net()
            check(design, root, in_order(root))
            return emitter, root
        except (
            Mismatch,
            CannotEmit,
            Differ,
            LookupError,
            TypeError,
            AttributeError,
            AssertionError,
            Mistake,
        ) as error:
            why = f"{type(error).__name__}: {error}"
            if os.environ.get("NETDSL_TRACEBACK"):
                raise
    raise EmissionError(f"netdsl cannot emit this network ({why}). Please report this.")
