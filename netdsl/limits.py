"""What a text may ask for at most. Only who calls netdsl can loosen any of it; no text can.

The other limits are where they are applied: `syntax.parse` (size of a text, nesting), `elaborate.program`
(files, parameters), `elaborate.functions` (numbers, lists), `layers.fields` (arguments, shapes).
docs/THREAT_MODEL.md lists them all.
"""

from __future__ import annotations

from netdsl.record import Record

LAYERS = 200_000  # steps of a network; ResNet-1001 has four thousand


class Limits(Record):
    """What may differ from one call to the next: how many steps a network may take, with every use of a
    block counted, and whether a text may declare layers of other packages (`extern`)."""

    layers: int = LAYERS
    extern: bool = True


DEFAULT = Limits()
