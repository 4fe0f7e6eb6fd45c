"""Blocks: parameters, and a body that is run anew for every use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reading.frames import Frame
from reading.layer_rules import need
from reading.sentences import Body
from reading.values import Val


class Block:
    """A block: its parameters with their defaults as texts, and the arguments it was written for."""

    def __init__(self, name: str, params: Sequence[tuple[str, str | None]], file: Frame) -> None:
        self.name = name
        self.params = list(params)
        self.file = file
        self.kinds: dict[str, str] = {}
        self.body = Body()
        self.sample: dict[str, Any] = {}
        self.sample_texts: dict[str, str | None] = {}
        self.doc: str | None = None
        self.running = False

    def frame(self, bound: dict[str, Any], x: Val | None, host: Frame | None = None) -> Frame:
        """The frame of a use: parameters with their arguments or defaults."""
        frame = Frame(self.file, "block" if host is None else "inline", host=host)
        if x is not None:
            frame.entry = x if host is not None else x.copy()
            frame.entry.said = "in.channels"
        need(set(bound) <= {name for name, _ in self.params})
        for name, default in self.params:
            if name in bound:
                frame.names[name] = bound[name] if host is not None else _as_parameter(bound[name])
            else:
                need(default is not None)
                frame.names[name] = frame.evaluate(default or "")
        return frame

    def run(self, bound: dict[str, Any], x: Val, host: Frame | None = None) -> Val:
        need(not self.running)  # no block uses itself, however it is passed around
        self.running = True
        try:
            frame = self.frame(bound, x, host)
            out = self.body.run(frame, frame.entry)
        finally:
            self.running = False
        return out if host is not None else Val(out.shape, frame.labels)

    def text(self) -> str:
        shown = ", ".join(n if d is None else f"{n}={d}" for n, d in self.params)
        doc = f'\n"""{self.doc}"""' if self.doc else ""
        return f"block {self.name}{f'({shown})' if shown else ''} {{{doc}{self.body.text()[1:]}"


def _as_parameter(value: Any) -> Any:
    """An argument as the block sees it: of a value only its shape."""
    if isinstance(value, Val):
        return Val(value.shape, tensor=value.tensor)
    return [_as_parameter(v) for v in value] if type(value) is list else value
