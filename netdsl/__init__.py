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

from netdsl.diagnostics import Diagnostic, NetError
from netdsl.network import Network, load, loads
from netdsl.version import __version__

__all__ = ["Diagnostic", "NetError", "Network", "__version__", "load", "loads"]
