"""What flows through a program and what a word stands for: values with shapes, words with arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from reading.layer_rules import POSITIONAL, Invalid, layer_shape, need, weights_of

FACTS = ("channels", "height", "width", "length", "shape")


class Val:
    """What flows: a shape, and the labels inside of the step that gave it. `said` is a text that says
    its channels wherever it can be read."""

    def __init__(
        self, shape: Sequence[int], inner: dict[str, Val] | None = None, tensor: bool = False
    ) -> None:
        self.shape: Any = tuple(shape)
        self.inner = inner or {}
        self.tensor = tensor
        self.said: str | None = None

    def copy(self) -> Val:
        return Val(self.shape, self.inner)

    def __getattr__(self, name: str) -> Any:
        if name == "channels":
            return self.shape[0]
        if name in FACTS:
            need(len(self.shape) >= (2 if name == "length" else 3))
            return self.shape[{"height": -2}.get(name, -1)]
        if name.startswith("_") or name not in self.__dict__.get("inner", {}):
            raise Invalid(name)
        return self.inner[name]


# The weights of all layers that were run and the numbers of all expressions, one after the other: what
# uses of a module must have in common.
DONE: list[Any] = []


class Definition(Protocol):
    """What a target needs of a block."""

    params: list[tuple[str, str | None]]

    def run(self, bound: dict[str, Any], x: Val) -> Val: ...


class Target:
    """A layer or a block with some arguments given."""

    def __init__(self, definition: str | Definition, bound: dict[str, Any] | None = None) -> None:
        self.definition = definition
        self.bound = bound or {}

    @property
    def parameters(self) -> Sequence[str]:
        if isinstance(self.definition, str):
            return POSITIONAL.get(self.definition, ())
        return [name for name, _ in self.definition.params]

    def __call__(self, *positional: Any, **named: Any) -> Target:
        return self.given([(None, v) for v in positional] + list(named.items()))

    def given(self, arguments: Sequence[tuple[str | None, Any]]) -> Target:
        bound, said = dict(self.bound), set()
        free = [n for n in self.parameters if n not in bound]
        for name, value in arguments:
            if name is None:
                need(bool(free))
                name = free.pop(0)
            else:
                name = name.removesuffix("__")
                free = [n for n in free if n != name]
            need(name not in said)  # given twice
            said.add(name)
            bound[name] = value
        return Target(self.definition, bound)

    def run(self, x: Val) -> Val:
        if isinstance(self.definition, str):
            try:
                shape = layer_shape(self.definition, self.bound, x.shape)
                weights = weights_of(self.definition, self.bound, x.shape)
            except (KeyError, TypeError) as error:
                raise Invalid from error
            if weights:
                DONE.append(weights)
            return Val(shape)
        return self.definition.run(self.bound, x)
