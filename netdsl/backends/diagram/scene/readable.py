"""Which texts stand on what in a figure, and whether they can be read there in a theme."""

from __future__ import annotations

from typing import NamedTuple

from netdsl.backends.diagram.scene.themes import KINDS, LEAST_CONTRAST, STAGES, Theme, contrast

GROUNDS = ("paper", "panel", "band")


class Pair(NamedTuple):
    """The role of a text, that of what it stands on, and the contrast of the two."""

    text: str
    ground: str
    ratio: float


def pairs(theme: Theme) -> list[Pair]:
    """Every text on everything that it can stand on."""
    fills = [f"{kind}.f" for kind in KINDS]
    if theme.staged:
        fills += [f"stage{i}.f" for i in range(len(STAGES))]
    found = [("text", ground) for ground in (*GROUNDS, *fills)]
    found += [("muted", ground) for ground in GROUNDS]
    found.append(("bartext", "bar"))
    return [Pair(text, on, contrast(theme[text], theme[on])) for text, on in found]


def unreadable(theme: Theme) -> list[Pair]:
    """Those with a contrast below 4.5:1."""
    return [pair for pair in pairs(theme) if pair.ratio < LEAST_CONTRAST]
