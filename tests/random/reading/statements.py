"""The statements other than chains: loops, conditions, and those that make a name known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from reading.frames import MOST_ROUNDS, Frame, module_frame
from reading.layer_rules import Shape, need
from reading.sentences import Body, Chain, Sentence
from reading.values import DONE, Val


class Loop(Sentence):
    body: Body

    def frames(self, frame: Frame) -> list[Frame]:
        """One for every round."""
        raise NotImplementedError

    def run(self, frame: Frame, x: Any) -> Any:
        for inner in self.frames(frame):
            x = self.body.run(inner, x)
        return x


class Repeat(Loop):
    def __init__(self, count: str, body: Body) -> None:
        self.count = count
        self.body = body

    def text(self) -> str:
        return f"repeat {self.count} {self.body.text()}"

    def frames(self, frame: Frame) -> list[Frame]:
        return [Frame(frame, "repeat", i + 1) for i in range(frame.rounds(self.count))]


class For(Loop):
    def __init__(self, names: Sequence[str], iterable: str, body: Body) -> None:
        self.names = list(names)
        self.iterable = iterable
        self.body = body

    def text(self) -> str:
        return f"for {', '.join(self.names)} in {self.iterable} {self.body.text()}"

    def frames(self, frame: Frame) -> list[Frame]:
        entries = frame.evaluate(self.iterable)
        need(isinstance(entries, list) and len(entries) <= MOST_ROUNDS)
        found = []
        for i, entry in enumerate(entries):
            inner = Frame(frame, "for", i + 1)
            if len(self.names) == 1:
                inner.names[self.names[0]] = list(entry) if isinstance(entry, tuple) else entry
            else:
                need(isinstance(entry, (tuple, list)) and len(entry) == len(self.names))
                inner.names.update(zip(self.names, entry))
            found.append(inner)
        return found


class If(Sentence):
    def __init__(self, condition: str, then: Body, other: Body | None = None) -> None:
        self.condition = condition
        self.then = then
        self.other = other

    def text(self) -> str:
        other = f" else {self.other.text()}" if self.other is not None else ""
        return f"if {self.condition} {self.then.text()}{other}"

    def arm(self, frame: Frame) -> Body | None:
        return self.then if frame.truth(self.condition) else self.other

    def run(self, frame: Frame, x: Any) -> Any:
        arm = self.arm(frame)
        return x if arm is None else arm.run(Frame(frame), x)


class Let(Sentence):
    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self.value = value

    def text(self) -> str:
        return f"let {self.name} = {self.value}"

    def run(self, frame: Frame, x: Any) -> Any:
        need(self.name not in frame.names)
        need(not re.search(rf"(?<![@.\w]){self.name}\b", self.value))  # defined by itself
        frame.names[self.name] = frame.evaluate(self.value)
        return x


def _in_loop(frame: Frame) -> bool:
    """Whether a loop is around, also one around an inlined block."""
    at: Frame | None = frame
    while at is not None and at.kind not in ("block", "scope"):
        if at.kind in ("repeat", "for"):
            return True
        at = at.host if at.kind == "inline" else at.parent
    return False


class Weight(Sentence):
    """`param scale: [channels] = ones`."""

    def __init__(self, name: str, shape: str, start: str | None) -> None:
        self.name = name
        self.shape = shape
        self.start = start

    def text(self) -> str:
        return f"param {self.name}: {self.shape}" + (f" = {self.start}" if self.start else "")

    def run(self, frame: Frame, x: Any) -> Any:
        shape = frame.evaluate(self.shape)
        shape = [shape] if isinstance(shape, int) else list(shape)
        need(all(isinstance(s, int) and s > 0 for s in shape))
        need(not _in_loop(frame))
        frame.label(self.name, Val(shape, tensor=True))
        return x


class Shared:
    """`module tower = ...`: every use runs the chain again on values with as many channels, and does the same."""

    def __init__(self, chain: Chain, frame: Frame) -> None:
        self.chain = chain
        self.frame = frame
        self.first: tuple[Shape, list[Any]] | None = None

    def run(self, x: Val) -> Val:
        inside = module_frame(self.frame)
        before = len(DONE)
        out = self.chain.run(inside, x)
        done = DONE[before:]
        if self.first is None:
            self.first = x.shape, done
        first, then = self.first
        need(first[0] == x.shape[0] and len(first) == len(x.shape) and then == done)
        return Val(out.shape, inside.labels)


class ModuleOf(Sentence):
    """`module tower = chain`."""

    def __init__(self, name: str, chain: Chain) -> None:
        self.name = name
        self.chain = chain

    def text(self) -> str:
        return f"module {self.name} = {self.chain.text()}"

    def run(self, frame: Frame, x: Any) -> Any:
        need(not _in_loop(frame))
        frame.take(self.name)
        around = Frame(frame)
        before = frame.visible().get(self.name)
        if before is not None:
            around.names[self.name] = before
        frame.names[self.name] = Shared(self.chain, around)
        return x


class Aux(Sentence):
    """`aux name(weight=0.3) { ... }` or `= step`."""

    def __init__(self, name: str, weight: str | None, what: Body | Chain) -> None:
        self.name = name
        self.weight = weight
        self.what = what

    def text(self) -> str:
        weight = f"(weight={self.weight})" if self.weight is not None else ""
        what = f" {self.what.text()}" if isinstance(self.what, Body) else f" = {self.what.text()}"
        return f"aux {self.name}{weight}{what}"

    def run(self, frame: Frame, x: Any) -> Any:
        frame.take(self.name)
        self.what.run(Frame(frame, "scope"), x)
        return x


class Plain(Sentence):
    """A line that moves no value: `output`, `init`, `meta`."""

    def __init__(self, text: str) -> None:
        self.line = text

    def text(self) -> str:
        return self.line

    def run(self, frame: Frame, x: Any) -> Any:
        return x
