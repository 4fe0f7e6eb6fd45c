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
    run: Run, name: str, use: Link, first: Link, hint: str, labels: Sequence[Label] = ()
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
    found = [(link, shape) for link, shape in steps if link is not None]
    more: list[Label] = [(link.node.span, f"done for {shape} only") for link, shape in found]
    if len({span for span, _ in more}) < len(more):  # one text that means two things
        said = [f"{_layer_label(link)} for {shape}" for link, shape in found]
        alike = _layer_label(found[0][0]) == _layer_label(found[1][0])
        both = f"not the same for {here} as for {there}" if alike else " and ".join(said[::-1])
        more = [(more[0][0], both)]
    message = f"{name} would not do the same for {here} as for {there}"
    return Mistake("E145", message, labels=[*labels, *more], hint=hint, mark=str(here))


def _layer_label(link: Link) -> str:
    return f"`{link.what.layer.label()}`" if isinstance(link.what, Applied) else ""


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
