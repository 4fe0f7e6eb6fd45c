"""What every sentence is: it knows its text and, run on a shape, what it gives.

Also the two that others are made of: bodies and chains.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reading.frames import Frame
from reading.values import Val


class Sentence:
    """A statement. `text` is what is written; `run` gives the value after it."""

    def text(self) -> str:
        raise NotImplementedError

    def run(self, frame: Frame, x: Any) -> Any:
        raise NotImplementedError


class Body:
    def __init__(self, sentences: Sequence[Sentence] = ()) -> None:
        self.sentences = list(sentences)

    def text(self) -> str:
        return "{\n" + "\n".join(s.text() for s in self.sentences) + "\n}"

    def run(self, frame: Frame, x: Any) -> Any:
        for sentence in self.sentences:
            x = sentence.run(frame, x)
        return x


class Link(Sentence):
    """A step of a chain, perhaps with a label."""

    label: str | None = None

    def text(self) -> str:
        return self.step() if self.label is None else f"{self.label}: {self.step()}"

    def run(self, frame: Frame, x: Any) -> Any:
        out = self.give(frame, x)
        if self.label is not None:
            frame.label(self.label, Val(out.shape) if out is x else out)
        return out

    def step(self) -> str:
        raise NotImplementedError

    def give(self, frame: Frame, x: Any) -> Any:
        raise NotImplementedError


class Chain(Sentence):
    def __init__(self, *links: Link) -> None:
        self.links = list(links)
        self.belief: str | None = None  # the shape that its last step is said to give

    def text(self) -> str:
        shown = " -> ".join(link.text() for link in self.links)
        return shown if self.belief is None else f"{shown} :: {self.belief}"

    def run(self, frame: Frame, x: Any) -> Any:
        for link in self.links:
            x = link.run(frame, x)
        return x

    def has_label(self) -> bool:
        return any(
            link.label is not None or getattr(link, "labels_inside", bool)() for link in self.links
        )
