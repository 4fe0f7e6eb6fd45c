"""What whole networks count under a rule: steps that are layers, and those that are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netdsl.counting.rules import RULES, Count, Parts, parts, total_of
from netdsl.design import (
    Applied,
    Computed,
    Design,
    Link,
    Merge,
    Residual,
    Scope,
    Shared,
    Value,
)
from netdsl.layers.base import Layer
from netdsl.shapes import Shape
from netdsl.syntax import ast
from netdsl.walks import counted_links, used

PRODUCTS = "products of values"
SUMS = "operations of sums and products"


def step_parts(link: Link, rule: str) -> Parts | None:
    """What one step counts that is no level of its own: a layer, a merge, a residual's sum, arithmetic;
    nothing for levels. None where it cannot be told."""
    what = link.what
    layer = what.layer if isinstance(what, (Applied, Merge)) else None
    if isinstance(what, Shared) and isinstance(what.scope, Layer):
        layer = what.scope
    if layer is not None:
        values = what.branches if isinstance(what, Merge) else link.inputs
        shapes = [value.shape for value in values if value.shape is not None]
        output = link.output.shape if link.output is not None else None
        return parts(layer, shapes, output, rule) if shapes and output is not None else {}
    if isinstance(what, Residual):
        return _residual(what, link, rule)
    if isinstance(what, Computed) and isinstance(link.node, ast.Link):
        step = link.node.step
        return _computed(step.value, link, rule) if isinstance(step, ast.Compute) else {}
    return {}


def counted_step(link: Link, rule: str) -> Count:
    """The sum of `step_parts`."""
    return total_of(step_parts(link, rule))


def _residual(what: Residual, link: Link, rule: str) -> Parts:
    shape = link.output.shape if link.output is not None else None
    if shape is None or rule not in ("all", "torchprofile"):
        return {}
    scaled = (what.scale is not None) + (what.survival is not None)
    products = _times(shape.elements, scaled)
    if rule == "torchprofile":
        return {PRODUCTS: products} if scaled else {}
    return {SUMS: _times(shape.elements, scaled + what.adds)}


# ----------------------------------------------------------------------------------------- arithmetic
def _computed(node: ast.Expr, link: Link, rule: str) -> Parts:
    """Arithmetic on values: every sign and function once for every number that it gives."""
    output = link.output.shape if link.output is not None else None
    if output is None or rule not in ("all", "torchprofile"):
        return {}
    values = list(link.inputs)
    found: list[tuple[str, Shape]] = []
    _signs(node, values, found)
    if values:  # a name stood for a value: its shape is not told by the text
        found = [(sign, output) for sign, _ in found]
    if rule == "all":
        return {SUMS: _sum(_times(shape.elements, 1) for _, shape in found)}
    products = [shape.elements for sign, shape in found if sign in ("*", "mean")]
    return {PRODUCTS: _sum(products)} if products else {}


def _signs(node: ast.Expr, values: list[Value], found: list[tuple[str, Shape]]) -> Shape | None:
    """The shape of a part, None for a number; `found` gets every sign, `values` loses those read."""
    if isinstance(node, ast.Binary):
        left, right = _signs(node.left, values, found), _signs(node.right, values, found)
        return _met(node.op, [left, right], found)
    if isinstance(node, ast.Unary):
        return _met(node.op, [_signs(node.of, values, found)], found)
    if isinstance(node, ast.Apply):
        name = node.of.name if isinstance(node.of, ast.Ref) else ""
        shapes = [_signs(a.value, values, found) for a in node.args]
        shape = shapes[0] if len(shapes) == 1 else None
        if name in ("min", "max", "mean") and shape is not None:
            # torchprofile counts what a mean gives; its sum goes over all it reads
            found.append((name, shape.with_sides((1,) * len(shape.sides))))
            return found[-1][1]
        return _met(name, shapes, found)
    if _reads(node) and values:
        return values.pop(0).shape
    return None


def _reads(node: ast.Expr) -> bool:
    """Whether a part is a value that flows: `@in`, `@body.layer2`, `@maps[0]`."""
    if isinstance(node, ast.Attribute):
        return node.name.plain not in ("channels", "height", "width", "length", "shape") and _reads(
            node.of
        )
    return _reads(node.of) if isinstance(node, ast.Index) else isinstance(node, ast.Tap)


def _met(sign: str, shapes: Sequence[Shape | None], found: list[tuple[str, Shape]]) -> Shape | None:
    """The shape of what meets: of most dimensions and of most numbers."""
    known = [shape for shape in shapes if shape is not None]
    if not known:
        return None
    rank = max(map(len, known))
    sides: list[Any] = []
    for i in range(rank):
        at = [s[i] for s in known if len(s) == rank or i == 0]
        sides.append(next((d for d in at if d != 1), 1))
    shape = Shape(*sides)
    found.append((sign, shape))
    return shape


# -------------------------------------------------------------------------------------------- networks
class Tally:
    """What a part of a network counts: totals and numbers of layers by what is counted."""

    __slots__ = ("known", "layers", "parts")

    def __init__(self) -> None:
        self.parts: dict[str, Count] = {}
        self.layers: dict[str, int] = {}
        self.known = True

    def add(self, what: str, count: Count, layers: int = 1) -> None:
        if count is None:
            self.known = False
            return
        self.parts[what] = self.parts.get(what, 0) + count
        self.layers[what] = self.layers.get(what, 0) + layers

    def take(self, other: Tally) -> None:
        self.known = self.known and other.known
        for what, count in other.parts.items():
            self.add(what, count, other.layers[what])


def tally(design: Design, rule: str) -> Tally:
    """What a network counts in evaluation: side outputs of training count nothing, shared modules as
    often as they are used."""
    if rule not in RULES:
        raise ValueError(f"there is no rule {rule!r} to count by: there are {', '.join(RULES)}")
    return _tally(design.net, rule, {})


def total(design: Design, rule: str) -> Count:
    """The sum over a network; None while a size is open, or with layers from elsewhere."""
    found = tally(design, rule)
    return sum(found.parts.values()) if found.known else None


def _tally(scope: Scope, rule: str, memo: dict[int, Tally]) -> Tally:
    found = memo.get(id(scope))
    if found is None:
        found = memo[id(scope)] = Tally()
        for link in counted_links(scope):
            inner = used(link)
            if isinstance(inner, Scope):
                found.take(_tally(inner, rule, memo))
                continue
            counts = step_parts(link, rule)
            if counts is None:
                found.known = False
            for name, count in (counts or {}).items():
                found.add(name, count)
    return found


def _times(places: Count, each: int) -> Count:
    return None if places is None else places * each


def _sum(counts: Any) -> Count:
    total: Count = 0
    for count in counts:
        if count is None:
            return None
        total = total + count
    return total
