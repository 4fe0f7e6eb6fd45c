"""What enters a step, where the text took it for something else: `in`, which is what enters the block or the
net wherever it is read; an input with its batch; a map in a head.
"""

from __future__ import annotations

from netdsl.design import Value
from netdsl.diagnostics import Mistake
from netdsl.elaborate.lookup import block_input
from netdsl.frames import Frame
from netdsl.shapes import Shape
from netdsl.syntax import ast


def in_of_another(node: ast.Node, frame: Frame, entered: Shape, what: str) -> str | None:
    """What is said of a step that reads `in.channels`, where something else enters (`what`: here, this body);
    None if it does not, or if that is the same."""
    entry = block_input(frame)
    if entry is None or entry.shape is None or entry.shape[0] == entered[0]:
        return None
    if not any(_reads_channels(part) for part in (node, *ast.below(node))):
        return None
    block = frame.scope is not None and frame.scope.block.kind == "block"
    where = "the block" if block else "the net"
    enters = "flow in here" if what == "here" else f"enter {what}"
    return f"`in.channels` is {entry.shape[0]}, what enters {where}; {entered[0]} {enters}"


def _reads_channels(node: ast.Node) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.of, ast.In)
        and node.name.plain == "channels"
    )


def is_input(value: Value) -> bool:
    """Whether a value is an input of the net, as it came."""
    return value.owner is not None and value.owner.values.get(value.label or "") is value


def told_here(mistake: Mistake, current: Value | None, node: ast.Link, frame: Frame) -> Mistake:
    """A mistake of a layer, with the hint that its place asks for, where that is another than the layer's."""
    found = _HINTS.get(mistake.diagnostic.code)
    if found is None or current is None or current.shape is None:
        return mistake
    if isinstance(node.step, ast.Call):
        said = found(current, node.step, frame)
        if said is not None:
            mistake.diagnostic = mistake.diagnostic.but(hint=said)
    return mistake


def _of_groups(current: Value, step: ast.Call, frame: Frame) -> str | None:
    """Groups that are counted by what enters the block, not by what flows into the step."""
    named = [a.value for a in step.args if a.name is not None and a.name.text == "groups"]
    return in_of_another(named[0], frame, current.shape, "here") if named else None


def _of_vectors(current: Value, step: ast.Call, frame: Frame) -> str | None:
    """A layer on maps, where the image was written as one number."""
    if not is_input(current) or len(current.shape) != 1:
        return None
    return f"an image has three numbers, like `input {current.label}: 1x28x28`; on a vector use `linear`"


def _of_batches(current: Value, step: ast.Call, frame: Frame) -> str | None:
    """An input that is written with the batch, `1x3x224x224`."""
    if not is_input(current) or len(current.shape) != 4 or current.shape[0] != 1:
        return None
    return f"the batch is not written: `input {current.label}: {Shape(*current.shape.sides)}`"


def _in_heads(current: Value, step: ast.Call, frame: Frame) -> str | None:
    """`linear` where a head predicts for the places of a map."""
    scope = frame.scope
    while scope is not None and scope.kind == "bar":
        scope = scope.outer
    if scope is None or scope.kind != "head" or scope.name == "rcnn" or len(step.args) != 1:
        return None
    if step.name.text != "linear":
        return None
    kept = f"conv({step.args[0].value.span.text}, 1x1)"
    return f"a head predicts for the places of a map: `{kept}` keeps them"


_HINTS = {"E210": _of_batches, "E211": _of_vectors, "E214": _of_groups, "E216": _in_heads}
