"""Principles of design, as advice: `netdsl check --principles`.

Szegedy et al., "Rethinking the Inception architecture for computer vision", 2015, section 2: avoid
bottlenecks of the representation (W301), and factorise large convolutions (W302, sections 3.1 and 3.2).
That representations of many dimensions are best processed locally says nothing that a shape shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import prod
from typing import NamedTuple

from netdsl.design import Applied, Design, Inlined, Link, Region, Residual, Scope
from netdsl.diagnostics import Diagnostic
from netdsl.layers.base import Layer
from netdsl.shapes import Shape
from netdsl.source import Span
from netdsl.syntax import ast
from netdsl.walks import links_of, own_links

SHARP = 2  # a bottleneck holds so many times fewer numbers than what is before and after it


def principles(design: Design) -> list[Diagnostic]:
    """Where a network of known sizes departs from them, each place of its text once."""
    places: dict[tuple[str, str], Diagnostic] = {}
    for diagnostic in (*_bottlenecks(design), *_large_kernels(design.net, set())):
        places.setdefault((diagnostic.code, str(diagnostic.span)), diagnostic)
    return list(places.values())


# ------------------------------------------------------------------------------ bottlenecks (W301)
def _bottlenecks(design: Design) -> Iterator[Diagnostic]:
    """Maps through which everything must pass, and that hold much less than those before and after."""
    values = list(_passed(design.net.region))
    for i in range(1, len(values)):
        before, here = values[i - 1], values[i]
        if not here.sides or before.numbers < SHARP * here.numbers:
            continue
        widest = here
        for later in islice(values, i + 1, None):
            if not later.sides or 2 * later.sides[0] <= here.sides[0]:
                break  # the next reduction
            if later.numbers > widest.numbers:
                widest = later
        if widest.numbers >= SHARP * here.numbers:
            sizes = f"{before.numbers:,} numbers become {here.numbers:,} here"
            message = f"a bottleneck: {sizes}, then {widest.numbers:,}"
            labels = ((_span(widest.link), f"gives {widest.shape}"),)
            hint = "a convolution with the same stride beside the pooling, concatenated, loses less"
            yield Diagnostic("W301", message, _span(here.link), labels, hint)


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
        if isinstance(link.node, ast.Aux):
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


# ---------------------------------------------------------------------------- large kernels (W302)
def _large_kernels(scope: Scope, seen: set[int]) -> Iterator[Diagnostic]:
    """Square convolutions of 5x5 and more, beside stacks of 3x3 and pairs of 1xk and kx1 with as many
    channels."""
    if id(scope) in seen:
        return
    seen.add(id(scope))
    for link in links_of(scope.region):
        what, x = link.what, link.inputs[0].shape if link.inputs else None
        if isinstance(what, Scope):
            yield from _large_kernels(what, seen)
        elif isinstance(what, Applied) and what.layer.family == "convolution" and x is not None:
            k = _square_kernel(what.layer, x)
            if k >= 5 and k % 2:
                stack = f"{(k - 1) // 2} of 3x3 see as much for {_less(9 * (k - 1) // 2, k)} % less"
                pair = f"1x{k} and {k}x1 for {_less(2 * k, k)} % less"
                message = f"a {k}x{k} convolution, where {stack}"
                yield Diagnostic("W302", message, _span(link), (), f"or {pair}")


def _square_kernel(layer: Layer, x: Shape) -> int:
    """The side of the kernel of a convolution of maps that reads all channels everywhere; else 0."""
    window, weights = layer.window(x), [t for t in layer.tensors(x) if t.learned]
    if window is None or not weights or set(window.stride) != {1}:
        return 0
    _, channels, *sides = weights[0].shape
    whole = channels == x.channels and len(sides) == 2 and tuple(sides) == window.kernel
    return sides[0] if whole and sides[0] == sides[1] else 0


def _less(cost: int, k: int) -> int:
    return round(100 * (1 - cost / k**2))


def _span(link: Link) -> Span:
    return link.node.step.span if isinstance(link.node, ast.Link) else link.node.span
