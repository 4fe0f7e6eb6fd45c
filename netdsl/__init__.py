"""netdsl: a small language for convolutional networks, and the compiler behind it.

The line the data walks (a network is a program whose values are shapes; compiling is running it):

| stage     | from -> to                                                        | mistakes                       |
|-----------|-------------------------------------------------------------------|--------------------------------|
| parse     | text -> syntax tree (`syntax`)                                     | `E0xx` syntax                  |
| elaborate | syntax tree -> Design (`elaborate`, `layers`, `design`)            | `E1xx` names, `E2xx` shapes    |
| verify    | the Design's invariants hold (`verify`)                            | ours, and says so              |
| emit      | Design -> text, one backend a target (`backends`)                  | `E4xx` the target cannot say it |

`compiler.Compilation.design` is that line. Nothing of it imports torch; only `Network.module` does.

>>> import netdsl
>>> net = netdsl.loads("net Tiny { input image: 3x32x32\\n conv(8, 3x3) -> relu }")
>>> net.parameters, str(net.output_shape)
(224, '8x30x30')
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.version import __version__

if TYPE_CHECKING:
    from netdsl.diagnostics import Diagnostic, NetError
    from netdsl.formatting import formatted
    from netdsl.network import Network, compare, load, loads

__all__ = [
    "Diagnostic",
    "NetError",
    "Network",
    "__version__",
    "compare",
    "formatted",
    "load",
    "loads",
]

# The compiler is imported with the first of these names: what needs none of it starts at once.
_HOMES = {
    "Diagnostic": "netdsl.diagnostics",
    "NetError": "netdsl.diagnostics",
    "Network": "netdsl.network",
    "compare": "netdsl.network",
    "formatted": "netdsl.formatting",
    "load": "netdsl.network",
    "loads": "netdsl.network",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
