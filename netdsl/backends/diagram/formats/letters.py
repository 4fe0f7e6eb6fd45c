"""How texts are fitted into a figure whose format has fewer letters, or others, than the scene was measured with."""

from __future__ import annotations

from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import SHARES, Text

ROUNDING = 0.02  # points: of rooms, which scenes round
NARROWEST = 0.6  # of the usual width: narrower letters cannot be read


def squeeze(item: Text, shown: str) -> float:
    """How much narrower than usual a text is set, 1 or less: what has little room stays inside, and what
    became longer in other letters does not reach its neighbours. It stays legible."""
    width = text_width(shown, item.size, item.bold)
    room = item.room or (text_width(item.text, item.size, item.bold) if shown != item.text else 0)
    return max(NARROWEST, room / width) if 0 < room < width - ROUNDING else 1.0


def start(item: Text, width: float) -> float:
    """How far before its anchor a text of that width begins."""
    return SHARES[item.anchor] * width
