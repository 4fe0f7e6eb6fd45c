"""Computations as tokens: two are equal if they apply the same function to equal tokens.

A function is a call with its arguments; what PyTorch takes anyway does not count, and a module without
weights is the function that it computes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from netdsl.backends.torch.template import Template
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.elaborate.functions import make_divisible
from netdsl.layers.base import Given, Layer
from netdsl.layers.fields import is_one_number
from netdsl.shapes import Shape, Size

FUNCTIONS: dict[str, Any] = {
    "len": len,
    "range": lambda *a: tuple(range(*a)),
    "zip": lambda *a: tuple(zip(*a)),
    "enumerate": lambda a: tuple(enumerate(a)),
    "reversed": lambda a: tuple(reversed(a)),
    "tuple": tuple,
    "min": min,
    "max": max,
    "sum": sum,
    "int": int,
    "round": round,
    "abs": abs,
    "math.ceil": math.ceil,
    "math.floor": math.floor,
    "math.sqrt": math.sqrt,
    "math.log2": math.log2,
    "make_divisible": make_divisible,
}


class Mismatch(Exception):
    """The emitted classes are not the network."""


class Token:
    """A computation."""

    __slots__ = ("key",)

    def __init__(self, key: Any) -> None:
        self.key = key


class Leaf:
    """A module of PyTorch (or a helper): its constructor call."""

    def __init__(self, name: str, positional: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.name = name
        self.positional = positional
        self.named = named
        self.path = ""


class Container:
    """A module with children: of a class of ours, or nn.Sequential."""

    def __init__(self, template: Template | None) -> None:
        self.template = template
        self.children: dict[str, Any] = {}
        self.attributes: dict[str, Any] = {}
        self.path = ""


class Tokens:
    """What is computed, and when two computations are the same."""

    def __init__(self) -> None:
        self.tokens: dict[Any, Token] = {}
        self.defaults: dict[tuple[str, str | int], Any] = {}
        self.forms: dict[Any, Expr] = {}  # a module without weights -> its function of `%`

    def token(self, *key: Any) -> Token:
        found = self.tokens.get(key)
        if found is None:
            found = self.tokens[key] = Token(key)
        return found

    def normal(
        self, name: str, positional: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[Any, ...]:
        """A call without the arguments that PyTorch takes anyway."""
        named = {k: v for k, v in named.items() if k != "inplace"}
        if named.get("padding") == "same" and "kernel_size" in named:
            named["padding"] = _same_padding(named)
        kept = {
            k: v
            for k, v in named.items()
            if (name, k) not in self.defaults or self.defaults[name, k] != v
        }
        while positional and (name, len(positional) - 1) in self.defaults:
            if self.defaults[name, len(positional) - 1] != positional[-1]:
                break
            positional = positional[:-1]
        return (name, positional, tuple(sorted(kept.items(), key=lambda e: e[0])))

    def learn(self, layer: Layer, shape: Shape) -> None:
        """What the two forms of a layer without weights are called, and which arguments are defaults."""
        fields = {n: getattr(layer, n) for n in type(layer).fields}
        others = tuple(Name(f"%{n}") for n in layer.references())
        literal = Given(
            {n: Literal(v) for n, v in fields.items()}, [shape], [Literal(shape.channels)]
        )
        names = {n: Name(f"field {n}") for n in fields}
        full = Given(
            names, [shape], [Literal(shape.channels)], one_number=lambda n: is_one_number(fields[n])
        )
        values = {f"field {n}": plain(v) for n, v in fields.items()}
        env = {**FUNCTIONS, **values}
        for form in ("module", "function") if not others else ("function",):
            try:
                make = getattr(layer, form)
                inputs = (Name("%"), *others) if form == "function" else ()
                short, long = make(literal, *inputs), make(full, *inputs)
            except (AttributeError, TypeError, AssertionError):
                continue
            if isinstance(short, code.Call) and isinstance(long, code.Call):
                name = _called(short)
                behind = list(enumerate(long.positional))[len(short.positional) :]
                for key, expr in (*long.named, *behind):
                    if key not in dict(short.named):
                        try:
                            self.defaults[name, key] = code.evaluate(expr, env)
                        except (KeyError, TypeError):
                            continue

    def learn_form(self, layer: Layer, shape: Shape) -> None:
        """What the module of a layer without weights computes, as its function says it."""
        if layer.module_only or layer.references() or layer.many:
            return
        given = literally(layer, [shape])
        module, function = layer.module(given), layer.function(given, Name("%"))
        if module is not None and function is not None:
            leaf = self.evaluate(module, {})
            self.forms[self.normal(leaf.name, leaf.positional, leaf.named)] = function

    def operation(self, op: str, left: Any, right: Any) -> Any:
        if not isinstance(left, Token) and not isinstance(right, Token):
            return code.OPERATIONS[op](left, right)
        if op == "*" and _is_one(left):
            return right
        if op in ("*", "/") and _is_one(right):
            return left
        if op == "-" and _is_zero(left):
            return self.token("negative", right)
        if op == "+" and _is_zero(left):
            return right
        if op in ("+", "-") and _is_zero(right):
            return left
        if op in ("+", "*"):
            left, right = sorted((left, right), key=_order)
        return self.token("op", op, left, right)

    def subscript(self, of: Any, index: Any) -> Any:
        if isinstance(of, Token):
            parts = index if isinstance(index, tuple) else (index,)
            if all(p is None or p == slice(None, None) for p in parts):
                return of  # dimensions of one are added: the numbers stay
            places = tuple((p.start, p.stop) if isinstance(p, slice) else p for p in parts)
            return self.token("index", places, of)
        if isinstance(of, Container):
            if isinstance(index, slice):
                part = Container(None)
                part.children = dict(list(of.children.items())[index])
                return part
            return (
                list(of.children.values())[index] if isinstance(index, int) else of.children[index]
            )
        return of[index]

    def evaluate(self, expr: Expr, env: dict[str, Any]) -> Any:
        """What an expression of the emitted code gives."""
        raise NotImplementedError


def literally(layer: Layer, shapes: Sequence[Shape]) -> Given:
    """A layer with its own parameters, as constants."""
    fields: dict[str, Expr] = {n: Literal(getattr(layer, n)) for n in type(layer).fields}
    if layer.family == "extern":
        fields.update({n: Literal(v) for n, v in layer.parameters})  # type: ignore[attr-defined]
    return Given(fields, shapes, [Literal(s.channels) for s in shapes])


def plain(value: Any) -> Any:
    if isinstance(value, Size):
        return value[0] if len(set(value)) == 1 else tuple(value)
    if isinstance(value, (tuple, list)):
        return tuple(plain(v) for v in value)
    return value


def _same_padding(named: dict[str, Any]) -> Any:
    kernel, dilation = named["kernel_size"], named.get("dilation", 1)
    if named.get("stride", 1) not in (1, (1, 1), (1,), (1, 1, 1)):
        raise Mismatch('padding="same" with a stride')
    sides = kernel if isinstance(kernel, tuple) else (kernel,)
    spaces = dilation if isinstance(dilation, tuple) else (dilation,) * len(sides)
    padding = tuple(d * (k - 1) // 2 for k, d in zip(sides, spaces))
    return padding[0] if len(set(padding)) == 1 else padding


def _called(call: code.Call) -> str:
    return (
        f".{call.function.name}"
        if isinstance(call.function, code.Attribute)
        else call.function.text
    )


def shape_of(made: Any) -> tuple[Any, ...]:
    """The shape of the tensor that a parameter is made of."""
    if isinstance(made, Leaf):
        inner = made.positional
        if made.name.startswith("nn.init."):
            return shape_of(inner[0])
        return inner[0] if inner and isinstance(inner[0], tuple) else inner
    raise Mismatch("a parameter of an unknown tensor")


def flat(values: Any) -> list[Any]:
    out: list[Any] = []
    for value in values:
        out += flat(value) if isinstance(value, (list, tuple)) else [value]
    return out


def slots(values: Any) -> list[Any]:
    return [
        tuple(slots(v)) if isinstance(v, (list, tuple)) else "slot" if isinstance(v, Token) else v
        for v in values
    ]


def _is_one(value: Any) -> bool:
    return not isinstance(value, Token) and value == 1


def _is_zero(value: Any) -> bool:
    return not isinstance(value, Token) and value == 0


def _order(value: Any) -> tuple[int, Any]:
    return (1, id(value)) if isinstance(value, Token) else (0, value)
