"""Values that join: what two must have in common, and the steps that bring it about."""

from __future__ import annotations

from reading.frames import Frame
from reading.layer_rules import Invalid
from reading.links import Step
from reading.sentences import Link
from reading.values import Val

from drawing.writer import Writer, sides_text, square


class Joining(Writer):
    def joins(self, word: str, a: Val, b: Val) -> bool:
        skipped = 1 if word == "concat" else 0
        return a.shape[skipped:] == b.shape[skipped:] and len(a.shape) == len(b.shape)

    def towards(self, frame: Frame, x: Val, wanted: Val, word: str) -> list[Link]:
        """Steps that make `x` join with another value."""
        if len(x.shape) != len(wanted.shape):
            raise Invalid
        links: list[Link] = []
        if len(x.shape) == 1:
            if word == "concat":
                return []
            return [Step("linear", [(None, self.channels_of(frame, wanted))])]
        if x.shape[1:] != wanted.shape[1:]:
            links.append(Step("adaptive_avgpool", [(None, sides_text(wanted.shape[1:]))]))
        if word != "concat" and x.shape[0] != wanted.shape[0]:
            args: list[tuple[str | None, str]] = [(None, self.channels_of(frame, wanted))]
            links.append(Step("conv", [*args, (None, square(1, x))]))
        return links
