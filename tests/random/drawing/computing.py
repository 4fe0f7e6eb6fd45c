"""Arithmetic on values."""

from __future__ import annotations

import re

from reading.frames import Frame
from reading.layer_rules import Invalid
from reading.links import Compute

from drawing.writer import Writer


def seen(frame: Frame, text: str) -> str:
    """A text whose functions no name of the program hides."""
    if any(name in frame.visible() for name in re.findall(r"\w+(?=\()", text)):
        raise Invalid
    return text


class Computing(Writer):
    def compute(self, frame: Frame) -> Compute:
        """Arithmetic on values that can be reached."""
        reachable = self.values(frame, tensors=True)
        flowing = [(t, v) for t, v in reachable if not v.tensor]
        if not flowing:
            raise Invalid
        first, value = self.recent(flowing)
        fitting = [
            (t, v)
            for t, v in reachable
            if v.shape == value.shape
            or v.shape == (value.shape[0],)
            or (
                len(v.shape) == len(value.shape)
                and v.shape[0] == value.shape[0]
                and set(v.shape[1:]) == {1}
            )
        ]
        second, other = self.recent(fitting)
        if other.tensor and len(other.shape) > 1 and other.shape != value.shape:
            second, other = first, value
        number = self.real(frame, -3, 3)
        if len(value.shape) > 1 and self.chance(0.15):
            over = [f"mean({first})", f"min({first})", f"max({first})", f"mean(abs({first}))"]
            return Compute(seen(frame, self.pick(over)), [first], over=True)
        forms = [
            f"{first} + {second}",
            f"{first} - {second}",
            f"{first} * {second}",
            f"{first} / (1 + abs({second}))",
            f"{first} * {number} + {second}",
            f"(1 - {first}) * {second}",
            f"sigmoid({first}) * {second}",
            f"tanh({first}) + exp(-abs({second}))",
            f"sqrt(abs({first}) + 1) - {second}",
            f"log(abs({first}) + 1) * {second}",
            f"relu({first}) + {second}",
            f"max({first}, {second})",
            f"min({first}, {second})",
            f"mean({first}, {second})",
            f"max({first}, {number})",
            f"min({number}, {first}, {second})",
            f"-{first} + {second}",
            f"{first} ** 2 + {second}",
            f"({first} + {second}) * ({first} - {number})",
            f"{first} if {self.truth(frame)} else {second}"
            if other.shape == value.shape
            else f"{first} + {second}",
            f"{first} * {number}",
            f"{number} * {first} - {number}",
            f"abs({first})",
            f"sigmoid({first})",
        ]
        text = seen(frame, self.pick(forms))
        return Compute(text, [first, second] if second in text else [first])
