"""Whether two uses of what holds weights once do the same: in PyTorch they are one module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, zip_longest
from typing import TYPE_CHECKING, Any

from netdsl.design import Applied, Computed, Dense, Link, Merge, Residual, Scope, Value
from netdsl.diagnostics import Mistake
from netdsl.elaborate.compute import numbers_in
from netdsl.elaborate.names import Names
from netdsl.layers.base import Layer
from netdsl.source import Span
from netdsl.syntax import ast
from netdsl.walks import links_of, used

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run

Doing = tuple[Link, tuple[object, ...]]
Label = tuple[Span, str]


def unlike(
    run: Run, name: str, use: Link, first: Link, labels: Sequence[Label] = ()
) -> Mistake | None:
    """The mistake of a use that would not do the same as the first on what flows into it, if it is one.
    Shapes may differ, and what a head predicts from."""
    for mine, theirs in zip_longest(_doings(run, use), _doings(run, first)):
        if mine is None or theirs is None or mine[1] != theirs[1]:
            break
    else:
        return None
    here, there = use.inputs[0].shape, first.inputs[0].shape
    steps = [(mine and mine[0], here), (theirs and theirs[0], there)]
    found = [(link.node.span, _said(link), shape) for link, shape in steps if link is not None]
    more: list[Label] = [(span, f"{said}for {shape} only") for span, said, shape in found]
    if len(found) == 2 and found[0][0] == found[1][0]:
        same = found[0][1] == found[1][1]
        said = "not the same" if same else " and ".join(f"{s}for {x}" for _, s, x in found[::-1])
        more = [(found[0][0], said)]
    return Mistake(
        "E145",
        f"{name} would not do for {here} what it does for {there}",
        labels=[*labels, *more],
        hint="it is one module for all of its uses, so nothing in it may depend on height or width; a block is made anew for every use",
    )


def _said(link: Link) -> str:
    layer = link.what.layer if isinstance(link.what, Applied) else None
    return f"`{layer.label()}` " if layer is not None else ""


def _doings(run: Run, use: Link) -> Iterator[Doing]:
    """What is done, step by step. A value is known by when it was made last: uses of a block for equal shapes
    are the same steps, run again."""
    met: dict[int, int] = {}
    numbers = count()

    def made(value: Value | None) -> int:
        met[id(value)] = found = next(numbers)
        return found

    def number(value: Value | None) -> int:
        return met[id(value)] if id(value) in met else made(value)

    def steps(links: Iterator[Link]) -> Iterator[Doing]:
        for link in links:
            what = used(link)
            ways = [number(v) for v in link.inputs]
            yield link, (link.key, _doing(run, link, what), *ways, made(link.output))
            if isinstance(what, Scope):
                made(what.input)
                yield from steps(links_of(what.region))
                number(what.result)
            else:
                for value in _ends(what):
                    number(value)

    yield from steps(iter([use]))


def _ends(what: object) -> Iterator[Value | None]:
    """What is gathered at the end of a step with steps inside."""
    if isinstance(what, Merge):
        yield from what.branches
    elif isinstance(what, Residual):
        yield what.body.exit
        yield what.shortcut.exit if what.shortcut is not None else None
    elif isinstance(what, Dense):
        for region in what.iterations:
            yield region.exit


def _doing(run: Run, link: Link, what: object) -> object:
    layer = what.layer if isinstance(what, Applied) else what
    if isinstance(layer, Layer):
        return type(layer), [_plain(v) for name, v in layer.items() if name not in layer.shaped]
    if isinstance(what, Merge):
        return type(what.layer), len(what.branches)
    if isinstance(what, Residual):
        return "residual", what.adds, what.scale, what.survival
    if isinstance(what, Dense):
        return "dense", len(what.iterations)
    if isinstance(what, Scope):
        return what.kind, id(getattr(what.definition, "node", what.definition))
    if isinstance(what, Computed) and isinstance(link.node, ast.Link):
        step = link.node.step
        assert isinstance(step, ast.Compute)
        return numbers_in(step.value, Names(run, link.frame.file, link.frame))
    return type(what).__name__


def _plain(setting: Any) -> Any:
    """A setting of a layer; of a value its kind only, for it is an input too."""
    return Value if isinstance(setting, Value) else setting
