"""The links of a chain that take a value as it is: steps, groups, taps, arithmetic."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from reading.blocks import Block
from reading.frames import Frame
from reading.layer_rules import WORDS, Shape, need
from reading.sentences import Body, Link
from reading.statements import Shared
from reading.values import DONE, Target, Val


class Step(Link):
    """`word(arguments)`: a layer, a block, a parameter that holds one, a shared module."""

    def __init__(
        self,
        word: str,
        args: Sequence[tuple[str | None, str]] = (),
        label: str | None = None,
        inline: bool = False,
    ) -> None:
        self.word = word
        self.args = list(args)
        self.label = label
        self.inline = inline

    def step(self) -> str:
        shown = ", ".join(a if n is None else f"{n}={a}" for n, a in self.args)
        return f"{'inline ' if self.inline else ''}{self.word}{f'({shown})' if shown else ''}"

    def target(self, frame: Frame) -> Target | Shared:
        found = frame.visible().get(self.word)
        if not isinstance(found, (Target, Shared)):
            need(self.word in WORDS)
            found = Target(self.word)
        if isinstance(found, Shared):
            need(not self.args)
            return found
        given = found.given([(name, frame.evaluate(text)) for name, text in self.args])
        # a module may use none of what is around it, nor pass it on
        need(frame.block().kind != "module" or not any(map(_holds_module, given.bound.values())))
        return given

    def give(self, frame: Frame, x: Any) -> Any:
        need(x is not None)
        target = self.target(frame)
        if self.inline:
            assert isinstance(target, Target) and isinstance(target.definition, Block)
            return target.definition.run(target.bound, x, frame)
        if isinstance(target, Target) and target.definition == "identity":
            return x
        return target.run(x)


def _holds_module(value: Any) -> bool:
    return isinstance(value, Shared) or (type(value) is list and any(map(_holds_module, value)))


class Group(Link):
    """`{ ... }`: a scope of its own."""

    def __init__(self, body: Body, label: str | None = None) -> None:
        self.body = body
        self.label = label

    def step(self) -> str:
        return self.body.text()

    def give(self, frame: Frame, x: Any) -> Any:
        inside = Frame(frame, "scope")
        out = self.body.run(inside, x)
        need(out is not None)
        return Val(out.shape, inside.labels)


class From(Link):
    """`@label`, `@in`, `@maps[0]`, `@body.stage1` at the start of a chain."""

    def __init__(self, path: str) -> None:
        self.path = path

    def step(self) -> str:
        return self.path

    def give(self, frame: Frame, x: Any) -> Any:
        found = frame.evaluate(self.path)
        need(isinstance(found, Val) and not found.tensor)
        return found


class Compute(Link):
    """`(@a * 2 + @b)`: the shape is that of broadcasting."""

    def __init__(
        self, text: str, values: Sequence[str], label: str | None = None, over: bool = False
    ) -> None:
        self.value = text
        self.values = list(values)  # the values that it reads, as texts
        self.label = label
        self.over = over  # over the sides, channel by channel

    def step(self) -> str:
        return f"({self.value})"

    def give(self, frame: Frame, x: Any) -> Any:
        found = [frame.evaluate(v) for v in self.values]
        need(all(isinstance(v, Val) for v in found))
        if re.search(r"\.(height|width|length|shape)", self.value):
            DONE.append([v.shape for v in found])
        condition = re.fullmatch(r"\S+ if (.*) else \S+", self.value)
        if condition is not None:
            return Val((found[0] if frame.truth(condition[1]) else found[-1]).shape)
        shape = broadcast([v.shape for v in found])
        need(not self.over or len(shape) > 1)
        return Val((shape[0], *(1 for _ in shape[1:])) if self.over else shape)


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """One dimension is one number a channel; sides are equal or 1."""
    rank = max(len(s) for s in shapes)
    sides = [1] * rank
    for shape in shapes:
        need(len(shape) in (1, rank))
        for i, side in enumerate(shape):
            need(side == sides[i] or 1 in (side, sides[i]))
            sides[i] = max(side, sides[i])
    return tuple(sides)
