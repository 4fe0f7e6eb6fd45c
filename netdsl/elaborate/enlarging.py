"""Ways on which a map is made larger again, as in a U-Net: the argument of the step that does it with which
the sides come back to what they were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from netdsl.design import Applied, Link, Value
from netdsl.diagnostics import Edit, Mistake
from netdsl.elaborate.repairs import Repair, edits_of
from netdsl.elaborate.trials import fits, replayed
from netdsl.elaborate.ways import step_text
from netdsl.frames import Frame
from netdsl.layers.arguments import source_text
from netdsl.layers.base import Layer
from netdsl.shapes import Shape
from netdsl.source import Span
from netdsl.syntax import ast


class Label(NamedTuple):
    """A value by the name that a text reads it with, `@skip`."""

    text: str
    value: Value

    def is_read_by(self, link: Link) -> bool:
        """Whether a step could read it by this name: it stands below, in the same scope and round."""
        maker = self.value.maker
        here = link.frame
        if maker is None:
            return self.value.owner is here.scope
        return (
            "{" not in self.text
            and "[" not in self.text
            and maker.span.source is link.span.source
            and maker.span.end <= link.span.start
            and maker.frame.scope is here.scope
            and _is_around(maker.frame, here)
        )


def _is_around(outer: Frame, frame: Frame | None) -> bool:
    while frame is not None and frame is not outer:
        frame = frame.parent
    return frame is outer


def label_of(node: ast.Chain | ast.Expr, value: Value | None) -> Label | None:
    """The name by which a bar or a part of arithmetic reads a value, if it does nothing else."""
    if isinstance(node, ast.Chain):
        step = node.links[0].step
        if len(node.links) > 1 or not isinstance(step, ast.From):
            return None
        node = step.value
    return Label(node.span.text, value) if isinstance(node, ast.Tap) and value is not None else None


def enlarged(
    way: Sequence[Link], entry: Shape, wanted: Shape, like: Label | None, only_sides: bool
) -> Repair | None:
    """The change of a step that enlarges with which its way ends as it should; `like` has these sides."""
    for link in reversed(way):
        if not isinstance(link.what, Applied):
            continue
        layer = link.what.layer
        for change, edits in _changes(link, layer, like):
            try:
                other = layer.but(**change)
            except (Mistake, TypeError, ValueError):
                continue
            end = replayed(way, entry, {link: other})
            if end is None or not fits(end, wanted, only_sides):
                continue
            if "like" in change and like is not None:
                steps = f"upsample(like={like.text})"
                return Repair(f"`{steps}` would give {end.said}", edits)
            said = ", ".join(f"{name}={source_text(value)}" for name, value in change.items())
            return Repair(f"`{said}` in `{step_text(link)}` would give {end.said}", edits)
    return None


def _changes(
    link: Link, layer: Layer, like: Label | None
) -> Iterator[tuple[dict[str, Any], tuple[Edit, ...]]]:
    """What may be forgotten in a step that enlarges, as changes of its arguments and of the text."""
    if layer.word == "conv_transpose":
        for change in _of_transposed(layer):
            yield change, edits_of(link, layer, change)
    elif layer.word == "upsample" and like is not None and like.is_read_by(link):
        edits = _like_instead(link, like)
        if edits and getattr(layer, "like", None) is None:
            yield {"scale": None, "size": None, "like": like.value}, edits


def _of_transposed(layer: Layer) -> Iterator[dict[str, Any]]:
    kernel, stride, padding = (getattr(layer, n) for n in ("kernel_size", "stride", "padding"))
    strides = stride if isinstance(stride, tuple) else (stride,)
    kernels = kernel if isinstance(kernel, tuple) else (kernel,)
    halves = {(k - s + 1) // 2 for k in kernels for s in strides}
    spare = [{"output_padding": n} for n in range(1, min(max(strides), 4))]
    yield from spare
    if len(halves) == 1 and (half := halves.pop()) > 0 and half != padding:
        yield {"padding": half}
        for extra in spare:
            yield {"padding": half, **extra}


def _like_instead(link: Link, like: Label) -> tuple[Edit, ...]:
    """`like=@skip` instead of the factor of an `upsample`, or of its size."""
    step = link.node.step if isinstance(link.node, ast.Link) else None
    if not isinstance(step, ast.Call) or step.name.text != "upsample":
        return ()
    for argument in step.args:
        if argument.name is None or argument.name.text in ("scale", "size"):
            return (Edit(argument.span, f"like={like.text}"),)
    return ()


def kept_map(way: Sequence[Link], wanted: Shape, like: Label | None) -> Repair | None:
    """The steps in the place of `flatten -> linear(n)` with which a way stays a map, of the sides of another."""
    at = next((i for i, link in enumerate(way) if _word(link) == "flatten"), None)
    entered = way[at].inputs[0].shape if at is not None else None
    if at is None or entered is None or len(entered) != len(wanted):
        return None
    last, steps = way[at], []
    if at + 1 < len(way) and _word(way[at + 1]) == "linear":
        last = way[at + 1]
        call = last.node.step if isinstance(last.node, ast.Link) else None
        if not isinstance(call, ast.Call) or len(call.args) != 1:
            return None
        steps.append(f"conv({call.args[0].value.span.text}, 1x1)")
    if entered.sides != wanted.sides:
        if not (wanted.known or like is not None):
            return None
        steps.append(
            f"upsample(like={like.text})" if like else f"upsample(size={Shape(*wanted.sides)})"
        )
    first = way[at].span
    between = first.source.text[first.end : last.span.start] if last is not way[at] else "->"
    if not steps or last.span.source is not first.source or between.strip() != "->":
        return None
    place, text = Span(first.source, first.start, last.span.end), " -> ".join(steps)
    return Repair(f"`{text}` instead of `{place.text}` keeps the map", (Edit(place, text),))


def _word(link: Link) -> str:
    return link.what.layer.word if isinstance(link.what, Applied) else ""
