"""What is left of a step that a pass dropped."""

from __future__ import annotations

from typing import ClassVar

from netdsl.elaborate.edits import DROPPED
from netdsl.layers.reshaping import Identity


class Dropped(Identity):
    """What is left of a dropped step: its number, where steps are numbered and later ones have weights."""

    registry: ClassVar[dict[str, object]] = {}  # no word of the language
    word: ClassVar[str] = DROPPED
