"""Live modules: the only place of netdsl that imports torch."""

from __future__ import annotations

import linecache
from itertools import count
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

    from netdsl.network import Network

_numbers = count(1)


def make_module(network: Network) -> nn.Module:
    """Run the emitted source and construct its network. Tracebacks show the emitted lines."""
    source = network.torch_source()
    name = f"netdsl_{network.name}_{next(_numbers)}"
    filename = f"<{name}>"
    module = ModuleType(name, f"Emitted by netdsl: {network.name}.")
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    import sys

    sys.modules[name] = module  # torch.compile and pickle look classes up there
    exec(compile(source, filename, "exec"), module.__dict__)
    return getattr(module, network.torch_class)()
