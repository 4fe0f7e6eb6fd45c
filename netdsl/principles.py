"""Principles of design, as advice: `netdsl check --principles`.

Szegedy et al., "Rethinking the Inception architecture for computer vision", 2015, section 2: avoid
bottlenecks of the representation (W301), aggregate over fewer channels (W305), and factorise large
convolutions (W302, sections 3.1 and 3.2). Beside them what is computed and never read: the last rows and
columns, where strides do not come out even (W303), and what lies between windows (W304). That
representations of many dimensions are best processed locally says nothing that a shape shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import prod
from typing import NamedTuple

from netdsl.design import (
    Applied,
    BarEvent,
    Design,
    Inlined,
    Link,
    Merge,
    Region,
    Residual,
    Scope,
    Taken,
)
from netdsl.diagnostics import Diagnostic
from netdsl.layers.base import Layer
from netdsl.shapes import Shape
from netdsl.syntax import ast
from netdsl.unread import Unread, unread
from netdsl.walks import links_of, own_links

SHARP = 2  # a bottleneck holds so many times fewer numbers than what is before and after it
SAVING = 0.1  # what factorising must save to be worth a word
REDUCING = 0.5  # and what a reduction before a convolution must


def principles(design: Design) -> list[Diagnostic]:
    """Where a network of known sizes departs from them, each place of its text once."""
    places: dict[tuple[str, str], Diagnostic] = {}
    found = (*_bottlenecks(design), *_unread(design), *_convolutions(design.net, set()))
    for diagnostic in found:
        places.setdefault((diagnostic.code, str(diagnostic.span)), diagnostic)
    return list(places.values())


# ------------------------------------------------------------------------------ bottlenecks (W301)
def _bottlenecks(design: Design) -> Iterator[Diagnostic]:
    """Pooling through which everything must pass, after which maps of the same size hold much more."""
    values = list(_passed(design.net.region))
    for i, here in enumerate(values):
        before = _numbers(here.link.inputs[0].shape) if _pools(here.link) else None
        if before is None or before < SHARP * here.numbers:
            continue
        widest = here
        for later in islice(values, i + 1, None):
            if isinstance(later.link.what, Taken) or not _as_large(later.sides, here.sides):
                break  # another way, the next reduction, a decoder
            if later.numbers > widest.numbers:
                widest = later
        if widest.numbers >= SHARP * here.numbers:
            sizes = f"{before:,} numbers become {here.numbers:,} here"
            message = f"a bottleneck: {sizes}, then {widest.numbers:,}"
            labels = ((widest.link.span, f"gives {widest.shape}"),)
            hint = "a convolution with the same stride beside the pooling, concatenated, loses less"
            yield Diagnostic("W301", message, here.link.span, labels, hint)


def _as_large(sides: tuple[int, ...], as_: tuple[int, ...]) -> bool:
    """Whether maps are as large as others, but for borders that convolutions without padding take."""
    return len(sides) == len(as_) and all(n <= m < 2 * n for n, m in zip(sides, as_))


def _pools(link: Link) -> bool:
    """Whether a step pools maps to smaller ones. (A convolution mixes channels while it strides, and a
    narrow one is meant.)"""
    if not isinstance(link.what, Applied) or link.what.layer.family != "pooling":
        return False
    x, y = link.inputs[0].shape, link.output.shape if link.output is not None else None
    return x is not None and y is not None and x.sides != y.sides and set(y.sides) != {1}


def _numbers(shape: Shape | None) -> int | None:
    """How many numbers a value holds; None while a size is open."""
    known = [side for side in shape or () if isinstance(side, int)]
    return prod(known) if shape is not None and len(known) == len(shape) else None


class _Passed(NamedTuple):
    link: Link
    shape: Shape
    numbers: int
    sides: tuple[int, ...]


def _passed(region: Region) -> Iterator[_Passed]:
    """The values of known size on the one way through a region; of branches only what they give
    together."""
    for link in own_links(region):
        what = link.what
        if isinstance(link.node, (ast.Aux, ast.Head)):
            continue
        if isinstance(what, (Scope, Inlined)):
            yield from _passed(what.region)
        elif isinstance(what, Residual) and not what.adds:
            yield from _passed(what.body)
        elif link.output is not None and link.output.shape is not None:
            shape = link.output.shape
            known = [side for side in shape if isinstance(side, int)]
            if len(known) == len(shape):
                yield _Passed(link, shape, prod(known), tuple(known[1:]))


# ------------------------------------------------------------------------ unread places (W303, W304)
def _unread(design: Design) -> Iterator[Diagnostic]:
    """Maps of which places are lost."""
    for lost in unread(design):
        sides = [n for n in lost.shape.sides if isinstance(n, int)]
        span = lost.readers[0].span
        if any(lost.gaps):
            each = zip(lost.gaps, lost.end, sides)
            rest = 1 - prod((n - gap - end) / n for gap, end, n in each)
            what = f"{round(100 * rest)} % of the map is never read"
            message = f"the stride is larger than the kernel: {what}"
            hint = "a kernel as large as the stride, or pooling before it, reads all of it"
            yield Diagnostic("W304", message, span, (), hint)
        else:
            yield Diagnostic("W303", _border(lost, sides), span, (), _more(lost.readers[0]))


def _border(lost: Unread, sides: list[int]) -> str:
    names = {1: ("places",), 2: ("rows", "columns"), 3: ("slices", "rows", "columns")}[len(sides)]
    if len(set(zip(lost.end, sides))) == 1:
        what = f"{lost.end[0]} of {sides[0]} {' and '.join(names)}"
    else:
        each = zip(lost.end, sides, names)
        what = " and ".join(f"{end} of {n} {name}" for end, n, name in each if end)
    verb = "is" if set(lost.end) <= {0, 1} else "are"
    return f"{what} {verb} never read, at the end: the stride does not come out even"


def _more(link: Link) -> str:
    """What would read the rest."""
    if isinstance(link.what, Applied) and link.what.layer.family == "pooling":
        return "`ceil_mode=true` gives one more window; more padding, or another input size, reads them too"
    return "more padding, or another input size, reads them"


# ------------------------------------------------------------------------ convolutions (W302, W305)
def _convolutions(scope: Scope, seen: set[int]) -> Iterator[Diagnostic]:
    """What is said of single convolutions, in a scope and below."""
    if id(scope) in seen:
        return
    seen.add(id(scope))
    for link in links_of(scope.region):
        what, x = link.what, link.inputs[0].shape if link.inputs else None
        if isinstance(what, Scope):
            yield from _convolutions(what, seen)
        elif isinstance(what, Applied) and what.layer.family == "convolution" and x is not None:
            yield from _large(link, what.layer, x)
        elif isinstance(what, Merge) and what.layer.word == "concat":
            yield from _unreduced(what)


def _large(link: Link, layer: Layer, x: Shape) -> Iterator[Diagnostic]:
    """Square convolutions of 5x5 and more, beside stacks of 3x3 and a pair of 1xk and kx1, which have as
    many channels between them as they give."""
    k = _square_kernel(layer, x)
    if k < 5 or k % 2 == 0 or link.output is None or link.output.shape is None:
        return
    given, gives = x.channels, link.output.shape.channels
    cost = k * k * given * gives
    count = (k - 1) // 2
    stack = 9 * given * gives + 9 * (count - 1) * gives * gives
    pair = k * given * gives + k * gives * gives
    ways = ((stack, f"{count} of 3x3"), (pair, f"1x{k} and {k}x1"))
    better = [
        (way, round(100 * (1 - other / cost))) for other, way in ways if 1 - other / cost >= SAVING
    ]
    if better:
        (way, saved), *more = better
        message = f"a {k}x{k} convolution, where {way} see as much for {saved} % less"
        hint = f"or {more[0][0]} for {more[0][1]} % less" if more else None
        yield Diagnostic("W302", message, link.span, (), hint)


def _square_kernel(layer: Layer, x: Shape) -> int:
    """The side of the kernel of a convolution of maps that reads all channels everywhere; else 0."""
    window, weights = layer.window(x), [t for t in layer.tensors(x) if t.learned]
    if window is None or not weights or set(window.stride) != {1}:
        return 0
    _, channels, *sides = weights[0].shape
    whole = channels == x.channels and len(sides) == 2 and tuple(sides) == window.kernel
    return sides[0] if whole and sides[0] == sides[1] else 0


def _unreduced(merge: Merge) -> Iterator[Diagnostic]:
    """Branches that aggregate over all channels of what enters a module, where a 1x1 before would save
    more than half."""
    entry = merge.region.entry
    for bar in merge.bars:
        link = _first(bar)
        if link is None or entry is None or link.inputs[0].shape != entry.shape:
            continue
        x, y = link.inputs[0].shape, link.output.shape if link.output is not None else None
        assert isinstance(link.what, Applied) and x is not None
        k = _square_kernel(link.what.layer, x)
        if k < 3 or y is None:
            continue
        given, gives, inner = x.channels, y.channels, y.channels // 2
        saved = 1 - (given * inner + k * k * inner * gives) / (k * k * given * gives)
        if inner and saved > REDUCING:
            shown = f"a {k}x{k} convolution reads all {given} channels"
            less = f"with a 1x1 to {inner} before it, it takes {round(100 * saved)} % less"
            hint = "neighbours say much the same, so fewer channels lose little"
            yield Diagnostic("W305", f"{shown}; {less}", link.span, (), hint)


def _first(bar: BarEvent) -> Link | None:
    """The convolution that a branch begins with."""
    links = [bar.link] if bar.link is not None else bar.flow.links if bar.flow is not None else []
    while links:
        what = links[0].what
        if isinstance(what, Applied):
            return links[0] if what.layer.family == "convolution" else None
        links = list(own_links(what.region)) if isinstance(what, Scope) else []
    return None
