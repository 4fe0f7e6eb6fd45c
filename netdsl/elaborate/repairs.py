"""Arguments that would give the wanted shape. Each has been tried: the layer with it gives the shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from netdsl.design import Applied, Link, Note, Region
from netdsl.diagnostics import Edit, Mistake
from netdsl.elaborate.sentences import listed
from netdsl.elaborate.trials import replayed
from netdsl.elaborate.ways import step_text
from netdsl.layers.arguments import source_text
from netdsl.layers.base import Layer
from netdsl.shapes import Dim, Shape, Size
from netdsl.source import Span
from netdsl.syntax import ast
from netdsl.walks import own_links


class Repair(NamedTuple):
    """What is said, and the changes of the text that it means (none where they would change more than
    this step, or are no change of one place)."""

    said: str
    fix: tuple[Edit, ...] = ()
    layer: Layer | None = None  # of the step with the change, if it is one step


def repair(link: Link, wanted: Sequence[Dim | None]) -> Repair | None:
    """The argument of a step's layer that would make its output `wanted` (None fits anything)."""
    if not isinstance(link.what, Applied):
        return None
    return _first_that_gives(wanted, link, link.what.layer, _changes(link.what.layer, wanted))


def keeping_pool(link: Link, wanted: Sequence[Dim | None]) -> Repair | None:
    """The arguments of a pool whose window moves place by place and keeps the sides: the next odd one."""
    layer = link.what.layer if isinstance(link.what, Applied) else None
    kernel = getattr(layer, "kernel_size", None)
    if layer is None or layer.family != "pooling" or kernel is None:
        return None
    sides = kernel if isinstance(kernel, tuple) else (kernel,)
    odd = sides[0] // 2 * 2 + 1
    window = Size((odd,) * len(sides)) if isinstance(kernel, tuple) else odd
    change = {"kernel_size": window, "stride": 1, "padding": odd // 2}
    return _first_that_gives(wanted, link, layer, [change])


def _first_that_gives(
    wanted: Sequence[Dim | None], link: Link, layer: Layer, changes: Iterable[dict[str, Any]]
) -> Repair | None:
    """The first change of a step's arguments that makes its output `wanted`."""
    before = link.inputs[0].shape if link.inputs else None
    if before is None:
        return None
    for change in changes:
        try:
            changed = layer.but(**change)
            shape = changed.output(before)
        except (Mistake, TypeError, ValueError):
            continue
        if len(shape) == len(wanted) and all(w is None or w == d for w, d in zip(wanted, shape)):
            said = ", ".join(f"{name}={source_text(value)}" for name, value in change.items())
            edits = edits_of(link, layer, change)
            if _unnamed(link) & {edit.span for edit in edits}:  # its name does not stand there
                said = _changed(link, edits)
            return Repair(f"`{said}` would give {shape.said}", edits, changed)
    return None


def _unnamed(link: Link) -> set[Span]:
    """The arguments of a step that stand without a name."""
    step = link.node.step if isinstance(link.node, ast.Link) else None
    args = step.args if isinstance(step, ast.Call) else ()
    return {argument.value.span for argument in args if argument.name is None}


def _changed(link: Link, edits: Sequence[Edit]) -> str:
    """The text of a step with changes."""
    assert isinstance(link.node, ast.Link)
    span = link.node.step.span
    text = span.text
    for edit in sorted(edits, key=lambda e: e.span.start, reverse=True):
        start, end = edit.span.start - span.start, edit.span.end - span.start
        text = text[:start] + edit.text + text[end:]
    return " ".join(text.split())


def padded(way: Sequence[Link], entry: Shape, wanted: Shape) -> Repair | None:
    """The padding of all steps of a way that shrink what they get by their kernels only, if the way then
    has the wanted sides at its end."""
    before = entry
    shrinking: dict[str, list[str]] = {}  # the texts of steps, by the padding that they need
    changed: dict[Link, Layer] = {}
    edits: list[Edit] = []
    for link in way:
        out = link.output.shape if link.output is not None else None
        if out is None:
            return None
        layer = link.what.layer if isinstance(link.what, Applied) else None
        change = (
            _keeping(layer, before) if layer is not None and out.sides != before.sides else None
        )
        if change is not None and layer is not None:
            shrinking.setdefault(source_text(change["padding"]), []).append(step_text(link))
            edits += edits_of(link, layer, change)
            changed[link] = layer.but(**change)
        before = out
    end = replayed(way, entry, changed)
    if not changed or end is None or end.sides != wanted.sides:
        return None
    said = " and ".join(f"`padding={n}` in {_these(steps)}" for n, steps in shrinking.items())
    whole = len(edits) == len(changed)
    return Repair(f"{said} would keep the sides", tuple(edits) if whole else ())


def _keeping(layer: Layer, before: Shape) -> dict[str, Any] | None:
    """The padding with which a layer keeps the sides, if it is all that it needs."""
    for change in _changes(layer, before):
        try:
            sides = layer.but(**change).output(before).sides
        except Mistake:
            continue
        if change.keys() == {"padding"} and sides == before.sides:
            return change
    return None


def _these(steps: list[str]) -> str:
    """Several steps by their texts, which may all be one."""
    if len(steps) == 1 or len(set(steps)) > 1:
        return listed(steps)
    return f"{'both' if len(steps) == 2 else f'all {len(steps)}'} `{steps[0]}`"


def appended(span: Span, steps: str) -> tuple[Edit, ...]:
    """The change that lets steps follow what stands at a place."""
    return (Edit(Span(span.source, span.end, span.end), steps),)


def _changes(layer: Layer, wanted: Sequence[Dim | None]) -> Iterator[dict[str, Any]]:
    """Arguments that are often forgotten or mistaken, alone and then in pairs."""
    fields = type(layer).fields
    options: list[tuple[str, list[Any]]] = []
    if "padding" in fields and "kernel_size" in fields:
        kernel = layer.kernel_size  # type: ignore[attr-defined]
        dilation = getattr(layer, "dilation", 1)
        if isinstance(kernel, int) and isinstance(dilation, int):
            kernel = (kernel,)
        if isinstance(kernel, tuple) and isinstance(dilation, int):
            halves = [dilation * (k - 1) // 2 for k in kernel]
            if len({*halves}) == 1:
                options.append(("padding", sorted({*halves, 0})))
            else:
                options.append(("padding", [tuple(halves), 0]))
    if "stride" in fields:
        options.append(("stride", [1, 2, 4]))
    if "ceil_mode" in fields:
        options.append(("ceil_mode", [not layer.ceil_mode]))  # type: ignore[attr-defined]
    for name in ("channels", "features"):
        if name in fields and wanted and isinstance(wanted[0], int):
            options.append((name, [wanted[0]]))
    single = [{name: value} for name, values in options for value in values]
    single = [c for c in single if any(getattr(layer, n) != v for n, v in c.items())]
    yield from single
    for i, first in enumerate(single):
        for second in single[i + 1 :]:
            if first.keys() != second.keys():
                yield {**first, **second}
    yield from _odd_kernel(layer)


def _odd_kernel(layer: Layer) -> Iterator[dict[str, Any]]:
    """An even kernel cannot keep the sides; the next odd one can."""
    kernel = getattr(layer, "kernel_size", None)
    ones = (1, Size((1,) * len(kernel))) if isinstance(kernel, tuple) else (1,)
    if layer.word != "conv" or layer.stride not in ones or layer.dilation not in ones:  # type: ignore[attr-defined]
        return
    sides = kernel if isinstance(kernel, tuple) else (kernel,)
    if len({*sides}) == 1 and isinstance(sides[0], int) and sides[0] % 2 == 0:
        odd = sides[0] + 1
        window = Size((odd,) * len(sides)) if isinstance(kernel, tuple) else odd
        yield {"kernel_size": window, "padding": odd // 2}


def in_words(region: Region, name: str, value: int) -> str:
    """A number as the text of a body says it where a convolution (or, for `features`, a linear layer) is given
    it: `width`, `stride=stride`. Else the number, which may be right for this use of a block only."""
    word = "linear" if name == "features" else "conv"
    if any(isinstance(event, Note) for event in region.events):
        return str(value)  # what a body calls its numbers is not known behind it
    for link in reversed([*own_links(region)]):
        layer = link.what.layer if isinstance(link.what, Applied) else None
        if layer is None or layer.word != word or link.frame is not region.frame:
            continue
        said = (_arguments(link, layer) or {}).get(name)
        if said is not None and getattr(layer, name) == value:
            return said.span.text
    return str(value)


def _arguments(link: Link, layer: Layer) -> dict[str, ast.Expr] | None:
    """The arguments of a step by name, as written; None if the step is a layer by another name."""
    step = link.node.step if isinstance(link.node, ast.Link) else None
    if not isinstance(step, ast.Call) or step.name.text != layer.word or step.body is not None:
        return None
    names = list(type(layer).fields)[: layer.positional]
    return {
        argument.name.text if argument.name is not None else names[i]: argument.value
        for i, argument in enumerate(step.args)
        if argument.name is not None or i < len(names)
    }


def edits_of(link: Link, layer: Layer, change: dict[str, Any]) -> tuple[Edit, ...]:
    """The arguments of a step with changes. Nothing if the step is a layer by another name, or if an
    argument is computed: its parts may be meant for other places too."""
    step = link.node.step if isinstance(link.node, ast.Link) else None
    written = _arguments(link, layer)
    if written is None or not isinstance(step, ast.Call):
        return ()
    edits, added = [], []
    for name, value in change.items():
        text = source_text(value)
        if name not in written:
            added.append(f"{name}={text}")
        elif isinstance(written[name], (ast.Constant, ast.Number, ast.SizeLiteral)):
            edits.append(Edit(written[name].span, text))
        else:
            return ()
    if added:
        end = step.span.end
        said = ", ".join(added)
        if step.span.text.endswith(")"):
            said, end = f", {said}" if step.args else said, end - 1
        else:
            said = f"({said})"
        edits.append(Edit(Span(step.span.source, end, end), said))
    return tuple(edits)
