"""What to write instead, where shapes do not fit: the step at which branches part, and an argument
that would give what was wanted.

An advice is only given if it has been tried: the layer with the changed argument gives the shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from netdsl.design import Applied, BarEvent, Flow, Link, Region, Scope
from netdsl.diagnostics import Mistake
from netdsl.layers.arguments import source_text
from netdsl.layers.base import Layer
from netdsl.shapes import Dim, Shape
from netdsl.syntax import ast


def repair(link: Link, wanted: Sequence[Dim | None]) -> str | None:
    """The argument of a step's layer that would make its output `wanted` (None fits anything)."""
    if not isinstance(link.what, Applied) or not link.inputs or link.inputs[0].shape is None:
        return None
    layer = link.what.layer
    for change in _changes(layer, wanted):
        try:
            shape = layer.model_copy(update=change).output(link.inputs[0].shape)
        except (Mistake, TypeError, ValueError):
            continue
        if len(shape) == len(wanted) and all(w is None or w == d for w, d in zip(wanted, shape)):
            said = ", ".join(f"{name}={source_text(value)}" for name, value in change.items())
            return f"`{said}` would give {shape}"
    return None


def _changes(layer: Layer, wanted: Sequence[Dim | None]) -> Iterator[dict[str, Any]]:
    """Arguments that are often forgotten or mistaken, alone and then in pairs."""
    fields = type(layer).model_fields
    options: list[tuple[str, list[Any]]] = []
    if "padding" in fields and "kernel_size" in fields:
        kernel = layer.kernel_size  # type: ignore[attr-defined]
        dilation = getattr(layer, "dilation", 1)
        if isinstance(kernel, int) and isinstance(dilation, int):
            kernel = (kernel,)
        if isinstance(kernel, tuple) and isinstance(dilation, int):
            halves = {dilation * (k - 1) // 2 for k in kernel}
            options.append(("padding", sorted({*(h for h in halves if len(halves) == 1), 0})))
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


# ------------------------------------------------------------------------------------------ parting
def steps_of_bar(bar: BarEvent) -> list[Link]:
    """The steps of a bar, in order."""
    if bar.flow is not None:
        return bar.flow.links
    if bar.link is not None and isinstance(bar.link.what, Scope):
        return steps_of(bar.link.what.region)
    return []


def steps_of(region: Region) -> list[Link]:
    """The steps of a body that stand in its own chains."""
    return [link for event in region.events if isinstance(event, Flow) for link in event.links]


def parting(
    odd: list[Link], other: list[Link], entry: Shape, end: Shape, only_sides: bool
) -> str | None:
    """The step at which one way (`odd`) leaves what another one does; `end` is what that one gives.

    `only_sides`: channels may differ. None if no step can be blamed.
    """
    outs = [out for out in map(_out, odd) if out is not None]
    sides = entry.sides != end.sides or any(out.sides != end.sides for out in outs)
    if not only_sides and _last(odd, entry).sides == end.sides:
        link = _changer(odd, lambda s: s.channels)
        if link is None:
            return None
        out = _out(link)
        assert out is not None
        advice = repair(link, (end.channels, *out.sides)) if out == _last(odd, entry) else None
        said = f"`{_text(link)}` gives {out.channels} channels"
        return f"{said}; {advice}" if advice else said
    if not sides:
        return None
    for way, seen in ((odd, other), (other, odd)):
        known = {entry.sides, *(s.sides for s in map(_out, seen) if s is not None)}
        for link in way:
            out = _out(link)
            before = link.inputs[0].shape if link.inputs else None
            if out is None or before is None or out.sides in known or out.sides == before.sides:
                continue
            said = f"`{_text(link)}` makes {Shape(*out.sides)} of {Shape(*before.sides)}"
            target = end if way is odd else _last(odd, entry)
            advice = None
            if out.sides == _last(way, entry).sides:
                advice = repair(link, (out.channels, *target.sides))
            return f"{said}; {advice}" if advice else said
    return None


def keeps_sides(way: list[Link], entry: Shape, end: Shape) -> str | None:
    """What to say of a way that keeps the sides where the other one, with `end`, does not: the argument
    of one of its steps that would do the same."""
    if _last(way, entry).sides != entry.sides or entry.sides == end.sides:
        return None
    for link in way:
        out = _out(link)
        advice = repair(link, (out.channels, *end.sides)) if out is not None else None
        if advice is not None:
            return f"`{_text(link)}` keeps {Shape(*entry.sides)}; {advice}"
    return None


def _out(link: Link) -> Shape | None:
    return link.output.shape if link.output is not None else None


def _last(links: list[Link], entry: Shape) -> Shape:
    """What a way gives."""
    return next((s for s in map(_out, reversed(links)) if s is not None), entry)


def _changer(links: list[Link], fact: Any) -> Link | None:
    """The last step that changed a fact of the shape."""
    for link in reversed(links):
        out, before = _out(link), link.inputs[0].shape if link.inputs else None
        if out is not None and before is not None and fact(out) != fact(before):
            return link
    return None


def _text(link: Link) -> str:
    """A step as it is written, in a few words."""
    node = link.node
    text = node.step.span.text if isinstance(node, ast.Link) else node.span.text
    if (
        isinstance(node, ast.Link)
        and isinstance(node.step, ast.Call)
        and node.step.body is not None
    ):
        text = node.step.name.text
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:57]}..."
