"""Live modules: the only place of netdsl that imports torch."""

from __future__ import annotations

import linecache
import sys
from itertools import count
from types import ModuleType
from typing import TYPE_CHECKING

from netdsl.diagnostics import Diagnostic, NetError

if TYPE_CHECKING:
    from torch import nn

    from netdsl.network import Network

_numbers = count(1)


def make_module(network: Network) -> nn.Module:
    """Run the emitted source and construct its network. Tracebacks show the emitted lines.

    Raises `NetError` where PyTorch is not installed (E405).
    """
    try:
        import torch  # noqa: F401
    except ImportError as error:
        hint = "pip install netdsl[torch]"
        raise NetError([Diagnostic("E405", "a live module needs PyTorch", hint=hint)]) from error
    source = network.torch_source(inline=True)
    name = f"netdsl_{network.name}_{next(_numbers)}"
    filename = f"<{name}>"
    module = ModuleType(name, f"Emitted by netdsl: {network.name}.")
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    sys.modules[name] = module  # torch.compile and pickle look classes up there
    exec(compile(source, filename, "exec"), module.__dict__)  # noqa: S102 -- emitted here
    return getattr(module, network.torch_class)()
