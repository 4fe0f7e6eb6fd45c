"""Names for what a program defines: new where they must be, now and then hiding another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from reading.frames import Frame
from reading.layer_rules import Invalid

from drawing.expressions import Expressions
from drawing.reach import is_int
from drawing.words import LABELS, RESERVED, VARIABLES


class Naming(Expressions):
    blocks: list[Any]  # those that are written so far

    def definition(self, frame: Frame, words: Sequence[str]) -> str:
        """A name for a block or a net; each is taken once."""
        used = "\n".join(block.text() for block in self.blocks)  # whose layers it must not hide
        free = (self.pick(words) for _ in range(99))
        return next(n for n in free if n not in frame.names and not re.search(rf"\b{n}\b", used))

    def variable(self, frame: Frame, wanted: str = "") -> str:
        """A name for a parameter or a `let`; now and then one that hides another."""
        for _ in range(30):
            name = self.pick(VARIABLES) if not wanted or self.chance(0.5) else wanted
            hidden = name in frame.visible()
            if (
                name not in RESERVED
                and name not in frame.names
                and (not hidden or self.chance(0.05))
            ):
                return name
        for number in range(2, 1000):
            if f"{wanted or 'v'}{number}" not in frame.visible():
                return f"{wanted or 'v'}{number}"
        raise Invalid

    def label(self, frame: Frame) -> str:
        """A label that is right where it stands: in a `for` it is computed."""
        base = self.pick(LABELS)
        loop = frame.loop()
        if loop is None:
            return f"{base}{{{self.number(frame, 0, 6)}}}" if self.chance(0.05) else base
        if loop.kind == "repeat" and self.chance(0.8):
            return base
        holes = []
        for at in frame.to_scope():
            if at.kind == "for":
                ints = [n for n, v in at.names.items() if is_int(v) and v >= 0]
                texts = [n for n, v in at.names.items() if isinstance(v, str)]
                if not ints and not texts:
                    raise Invalid
                name = self.pick(ints or texts)
                holes.append(f"{name} + 1" if name in ints and self.chance(0.3) else name)
        if not holes:
            return base
        return base + "_".join(f"{{{h}}}" for h in holes) + self.pick(["", "", "", "x", "_end"])
