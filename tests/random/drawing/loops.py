"""Loops: what a `for` runs over, and bodies that hold for every round."""

from __future__ import annotations

from typing import Any

from reading.frames import Frame
from reading.layer_rules import Invalid
from reading.sentences import Body
from reading.statements import For
from reading.values import Val

from drawing.reach import is_int, is_number_list
from drawing.writer import Writer


class Loops(Writer):
    def loop_header(self, frame: Frame) -> tuple[list[str], str, list[Frame]]:
        """The names and the list of a `for`, and its frames; at least one round."""
        ints = self.named(frame, lambda v: is_int(v) and 1 <= v <= 4)
        lists = self.named(frame, is_number_list)
        tables = self.named(
            frame,
            lambda v: (
                type(v) is list and bool(v) and all(type(e) is list and len(e) == 2 for e in v)
            ),
        )
        long = "longloops" in self.on and self.chance(0.3)
        count = "10" if long else self.pick([*ints, *ints, "2", "3"])
        a_list = self.pick([*lists, *lists, "[4, 8]", "[2, 6, 4]", self.list_text(frame)])
        i = self.variable(frame, "i")
        forms: list[tuple[list[str], str]] = [
            ([i], f"range({count})"),
            ([i], f"range({count})"),
            ([i], f"range(1, {count} + 1)"),
            ([i], f"reversed(range({count}))"),
            ([i], a_list),
            ([i], f"reversed({a_list})"),
        ]
        values = [t for t, _ in self.values(frame)]
        if len(values) > 1 and self.chance(0.1):
            forms = [([i], f"[{self.pick(values)}, {self.pick(values)}]")]
        j = self.variable(frame, "width")
        if j != i:
            forms += [
                ([i, j], f"enumerate({a_list})"),
                ([i, j], f"zip({a_list}, {a_list})"),
                ([i, j], "[[4, 1], [8, 2]]"),
            ]
            forms += [
                ([i, j], f"zip(range(2), [{self.channels(frame)}, 6])"),
                ([i, j], f'zip(["p", "q"], {a_list})'),
            ]
            forms += [([i, j], name) for name in tables] * 3
        names, iterable = self.pick(forms)
        frames = For(names, iterable, Body()).frames(frame)
        if not frames:
            raise Invalid
        return names, iterable, frames

    def loop(self, frame: Frame, x: Val, depth: int, loop: Any) -> tuple[Any, Any]:
        restore = frame.snapshot()
        frames = loop.frames(frame)
        if not frames:
            raise Invalid
        steps = 1 if len(frames) > 4 else self.rng.randrange(1, 4)
        loop.body, _ = self.body(frames[0], x, 0 if len(frames) > 4 else depth - 1, steps)
        restore()
        out = self.checked(loop.run(frame, x))
        if out is x or out.shape[0] == x.shape[0] and self.says(frame, x.said, out):
            out.said = out.said or x.said
        return loop, out
