"""The `input` lines of a net: their shapes, in the text and from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netdsl.design import Scope, Value
from netdsl.diagnostics import Diagnostic, Mistake, did_you_mean
from netdsl.elaborate.expressions import evaluate
from netdsl.elaborate.names import Names
from netdsl.elaborate.run import Run
from netdsl.elaborate.values import Silent, shown_number
from netdsl.layers.arguments import source_text
from netdsl.layers.fields import LIMIT
from netdsl.shapes import SIDE_NAMES, Open, Shape, Size
from netdsl.syntax import ast

SMALLEST_IMAGE = 16  # pixels on a side of what may be an image with its channels last


class NoPlace(Exception):
    """A mistake that stands in no text: what was asked for does not fit the net."""

    def __init__(self, code: str, message: str, hint: str | None) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(code, message, None, hint=hint)


def read_inputs(
    run: Run, body: ast.Body, scope: Scope, names: Names, sizes: Mapping[str, Size]
) -> None:
    """Read the `input` lines. Open sides are symbols: H, W for the first input, H2, W2 for the next."""
    nodes = [s for s in body.statements if isinstance(s, ast.Input)]
    lost = [s for s in missing_steps(body) if s.word == "input"]
    if not nodes and not lost:
        message = f"net `{scope.name}` has no input"
        raise Mistake("E126", message, hint="write `input image: 3x224x224` as its first line")
    for step in lost:
        for name in step.labels:
            scope.values[name] = Value(None, scope, name)
    known = [n.name.text for n in nodes]
    for wanted in sizes:
        if wanted and wanted not in known:
            hint = did_you_mean(wanted, known) or f"it has {', '.join(known)}"
            raise NoPlace("E135", f"net `{scope.name}` has no input `{wanted}`", hint)
    if "" in sizes and len(nodes) > 1:
        message = f"net `{scope.name}` has {len(nodes)} inputs: {', '.join(known)}"
        raise NoPlace("E135", message, "say which: `--input left=3x64x64`")
    for number, node in enumerate(nodes, 1):
        name = node.name.text
        if name in scope.values:
            first = next(other.name for other in nodes if other.name.text == name)
            message, labels = f"two inputs are called `{name}`", [(first.span, "first here")]
            hint = "each is an argument of `forward`, and has a name of its own"
            names.run.report_mistake(
                Mistake("E105", message, node.name.span, labels=labels, hint=hint)
            )
            continue
        shape: Shape | None = None
        try:
            declared = _input_shape(node, names)
            given = sizes.get(name, sizes.get(""))
            if given is not None:
                _check_given(node, declared, given)
            shape = open_shape(declared if given is None else given, number)
            if given is None:
                _warn_of_channels_last(run, node, declared)
        except Mistake as mistake:
            run.report_mistake(mistake.at(node.span))
        except Silent:
            pass
        scope.values[name] = Value(shape, scope, name)


def _warn_of_channels_last(run: Run, node: ast.Input, shape: Size) -> None:
    """Images of other libraries have their colours last: here they would be a map one or three wide."""
    if len(shape) != 3 or None in shape or min(shape[:2]) < SMALLEST_IMAGE:  # type: ignore[type-var]
        return
    high, wide, last = shape
    if last == 3 or (last == 1 and high == wide):
        message = f"`{shape}` is {high} channels of {wide}x{last}"
        hint = f"channels come first: is `{last}x{high}x{wide}` meant?"
        run.warn("W205", message, node.shape.span, hint)


def missing_steps(body: ast.Body) -> list[ast.Missing]:
    """What could not be read directly in a body."""
    chains = [s for s in body.statements if isinstance(s, ast.Chain)]
    return [
        s for chain in chains for link in chain.links if isinstance(s := link.step, ast.Missing)
    ]


def _input_shape(node: ast.Input, names: Names) -> Size:
    found = evaluate(node.shape, names)
    if isinstance(found, int) and not isinstance(found, bool):
        found = Size((found,))
    if (
        not isinstance(found, tuple)
        or not 1 <= len(found) <= 4
        or not all(s is None or (isinstance(s, int) and not isinstance(s, bool)) for s in found)
    ):
        shown = str(found) if isinstance(found, Size) else shown_number(found)
        if isinstance(found, tuple):
            shown = source_text(found)
        message = f"an input's shape is channels and sides like 3x224x224, not {shown}"
        hint = "CxHxW is an image, CxL a sequence, CxDxHxW a volume, a number a flat vector"
        raise Mistake("E208", message, node.shape.span, hint=hint)
    if found[0] is None:
        raise Mistake(
            "E208",
            "the channels of an input cannot be open",
            node.shape.span,
            hint="sides can: 3x?x?",
        )
    if any(s is not None and s < 1 for s in found):
        message = "an input has at least one channel and no empty side"
        raise Mistake("E208", message, node.shape.span)
    if any(s is not None and s >= LIMIT for s in found):
        raise Mistake("E208", "channels and sides stay below 2**31", node.shape.span)
    return Size(found)


def _check_given(node: ast.Input, declared: Size, given: Size) -> None:
    if len(given) != len(declared):
        raise Mistake(
            "E208",
            f"the input `{node.name.text}` is {declared}; {given} has another number of sides",
            node.span,
            hint=f"give the size {len(declared)} numbers, like {declared}",
        )
    if given[0] is None or any(s is not None and s < 1 for s in given):
        raise Mistake("E208", f"{given} is no shape for the input `{node.name.text}`", node.span)


def open_shape(sides: Size, number: int) -> Shape:
    """Open sides as symbols."""
    suffix = "" if number == 1 else str(number)
    letters = SIDE_NAMES.get(len(sides) - 1, ())
    dims: list[Any] = [sides[0]]
    for letter, side in zip(letters, sides[1:]):
        dims.append(Open.symbol(f"{letter}{suffix}") if side is None else side)
    return Shape(*dims)
