"""The steps that predict: layers that the compiler writes, and the boxes that they predict for."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from netdsl.design import Applied, HeadEvent, Link, Predicted, Region, Scope, Value
from netdsl.diagnostics import Mistake
from netdsl.elaborate import steps, written
from netdsl.elaborate.advice import changes_sides, parting
from netdsl.elaborate.causes import changing
from netdsl.elaborate.expressions import with_arguments
from netdsl.elaborate.names import Names, meant_target
from netdsl.elaborate.placing import argument_span, options
from netdsl.elaborate.sentences import check_complete
from netdsl.elaborate.values import LayerDef, Silent, Target
from netdsl.elaborate.ways import fork, shown_ways
from netdsl.heads.predictors import Anchors, Boxes, Cells, Multibox, Predictor
from netdsl.layers.base import Layer
from netdsl.shapes import Open, Shape
from netdsl.source import Span
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run

LISTED = ("scores", "offsets")  # what every bar has one of


class Lists:
    """What the bars of a head predict with: two lists, one entry a bar."""

    def __init__(self, run: Run, scope: Scope, node: ast.Head, names: Names) -> None:
        self.run, self.scope, self.node, self.names = run, scope, node, names
        self.scopes: dict[str, Scope] = {}

    def add(self, name: str, link: Link) -> None:
        """A step that gets the next number of a list."""
        scope = self.scopes.get(name)
        if scope is None:
            scope, _ = self.run.scope("list", name, self.node, None, self.names)
            scope.numbered = True
            self.scopes[name] = scope
        scope.naming.add(link, None, False)

    def close(self) -> None:
        """The lists as children of the head, behind what its bars hold."""
        for name, scope in self.scopes.items():
            self.run.close(scope, Region(self.node.body, None, scope.frame))
            link = Link(self.node, scope.frame)
            link.word = name
            link.what = scope
            link.label = name
            self.scope.naming.add(link, name, False)


# ------------------------------------------------------------------------------------------- steps
def bar_step(
    run: Run,
    event: HeadEvent,
    predictor: type[Predictor],
    node: ast.Link,
    value: Value,
    names: Names,
    lists: Lists,
) -> Link:
    """`multibox(...)`, `boxes(...)` or `cells(...)` at the end of a bar."""
    said, target = _said(predictor, node, names)
    step = _link(node, names, said.word, value)
    what = step.what
    assert isinstance(what, Predicted) and value.shape is not None
    classes = event.kind.classes
    if isinstance(said, Multibox):
        _of_map(value, said.word, node)
        try:
            said.check()
        except Mistake as mistake:
            raise mistake.at(argument_span(target, "ratios", "min") or node.span) from None
        what.boxes = said.boxes()
        what.count = _places(value.shape, what.boxes)
        columns = {"scores": classes + 1, "offsets": 4}
        for name in LISTED:
            channels = written.channels(node.span, what.boxes, name, event, 1)
            call = written.step(node.span, target, written.wide, channels)
            part = _part(run, call, value, names)
            lists.add(name, part)
            _give(what, name, part, columns[name], names)
    elif isinstance(said, Boxes):
        _of_map(value, said.word, node)
        what.boxes = said.boxes()
        what.count = _places(value.shape, what.boxes)
        _check_channels(value.shape, what.boxes, classes, node)
        _give(what, "predictions", None, 5 + classes, names)
    else:
        assert isinstance(said, Cells)
        rows, columns_ = said.grid
        _check_cells(value.shape, said, classes, node)
        what.boxes = said.boxes
        what.count = rows * columns_ * said.boxes
        what.values["predictions"] = Value(value.shape, names.frame.scope)
    what.predictor = said
    return _with_output(step)


def map_step(
    run: Run,
    event: HeadEvent,
    predictor: type[Predictor],
    node: ast.Link,
    value: Value,
    names: Names,
    number: int,
) -> Link:
    """`anchors(...)` at the end of a body, on one map."""
    said, target = _said(predictor, node, names)
    assert isinstance(said, Anchors)
    step = _link(node, names, said.word, event.maps[number])
    what = step.what
    assert isinstance(what, Predicted)
    try:
        what.boxes = said.boxes(len(event.maps))
    except Mistake as mistake:
        raise mistake.at(argument_span(target, "sizes") or node.span) from None
    what.predictor = said
    classes = getattr(event.kind, "classes", 1)
    columns = {"scores": classes, "offsets": 4}
    read = {name: _read(said, name, value) for name in LISTED}
    for name, of in read.items():
        if of.shape is None:
            raise Silent
        _of_map(of, said.word, node)
        if of.shape.sides != (event.maps[number].shape or of.shape).sides:
            place = argument_span(target, name) or node.step.span
            raise _other_sides(name, of, event.maps[number], place)
        each = 2 if said.softmax and name == "scores" else 1
        channels = written.channels(node.span, what.boxes * each, name, event, 0)
        call = written.step(node.span, target, written.small, channels)
        part = _part(run, call, of, names)
        _own_name(part, name, names)
        what.count = _places(of.shape, what.boxes)
        _give(what, name, part, columns[name], names)
    return _with_output(step)


def vector_step(run: Run, event: HeadEvent, value: Value, names: Names) -> Link:
    """The two layers that read the vector of a region: `scores`, `offsets`."""
    span = event.node.name.span
    node = ast.Link(
        span, None, written.step(span, None, written.linear, ast.Number(span, 1, "1")), None
    )
    step = _link(node, names, event.word, value)
    what = step.what
    assert isinstance(what, Predicted)
    background = 1 if event.word == "rcnn" else 0
    classes: Any = event.classes
    rows = written.plus(span, classes, background)
    for name, times in zip(LISTED, (1, 4)):
        channels = rows if times == 1 else written.times(span, times, rows)
        part = _part(run, written.step(span, None, written.linear, channels), value, names)
        _own_name(part, name, names)
        what.parts[name] = part
        if part.output is None or part.output.shape is None:
            raise Silent
        what.values[name] = part.output
    what.predictor = None
    return _with_output(step)


def pooled(node: ast.Link, layer: Layer, maps: Sequence[Value], scope: Scope, names: Names) -> Link:
    """The step that cuts regions out of maps."""
    link = Link(node, names.frame)
    link.word = layer.word
    link.what = Applied(layer)
    link.inputs = list(maps)
    assert maps[0].shape is not None
    link.output = Value(layer.output(maps[0].shape), scope)
    link.output.maker = link
    return link


# -------------------------------------------------------------------------------------------- parts
def _said(predictor: type[Predictor], node: ast.Link, names: Names) -> tuple[Any, Target]:
    """A predicting step with its arguments."""
    step = node.step
    assert isinstance(step, ast.Call)
    target = with_arguments(Target(LayerDef(predictor), {}), step.args, names)  # type: ignore[arg-type]
    check_complete(target, step)
    return options(predictor, target, step), target


def _link(node: ast.Link, names: Names, word: str, value: Value) -> Link:
    link = Link(node, names.frame)
    link.word = word
    link.what = Predicted(None, value)
    link.inputs = [value]
    return link


def _with_output(step: Link) -> Link:
    what = step.what
    assert isinstance(what, Predicted)
    step.output = next(iter(what.values.values()))
    step.output.maker = step
    return step


def _part(run: Run, call: ast.Call, value: Value, names: Names) -> Link:
    """A layer or block that makes numbers of a value."""
    run.budget.count(1, call.span)
    link = Link(ast.Link(call.span, None, call, None), names.frame)
    target = meant_target(run, call.name, names)
    if not isinstance(target, Target):
        raise Mistake("E112", "`predict` is a layer or a block with some arguments", call.span)
    link.word = call.name.text
    try:
        steps.apply(run, link, with_arguments(target, call.args, names), call, value, names)
    except Mistake as mistake:
        if mistake.diagnostic.code == "E216":  # a vector has no places to predict for
            example = "what predicts reads a map, like `conv(kernel_size=3x3, padding=1)`"
            raise Mistake("E216", mistake.diagnostic.message, call.span, hint=example) from None
        if mistake.diagnostic.code == "E111" and call.name.text == "conv":
            example = "write `predict=conv(kernel_size=3x3, padding=1)`"
            raise Mistake("E111", mistake.diagnostic.message, call.span, hint=example) from None
        raise mistake.at(call.span) from None
    if link.output is None or link.output.shape is None:
        raise Silent
    link.output.maker = link
    return link


def _own_name(part: Link, name: str, names: Names) -> None:
    scope = names.frame.scope
    assert scope is not None
    part.label = name
    scope.naming.claim(name, ast.Computed(part.node.span, (name,)))
    scope.naming.add(part, name, False)


def _give(what: Predicted, name: str, part: Link | None, columns: int, names: Names) -> None:
    """What comes out: a row for every box."""
    if part is not None:
        what.parts[name] = part
        shape = part.output.shape if part.output is not None else None
        wanted = what.map.shape
        if shape is not None and wanted is not None and shape.sides != wanted.sides:
            message = f"what predicts gives {shape}, but every place of {wanted} has its boxes"
            hint = "it must keep height and width, like `conv(kernel_size=3x3, padding=1)`"
            found = changing(part, changes_sides)
            said = f"turns {Shape(*wanted.sides)} into {Shape(*shape.sides)}"
            labels = [(found.node.span, said)] if found is not part else []
            raise Mistake("E235", message, part.node.span, hint=hint, labels=labels)
    length = Open.symbol("boxes") if what.count is None else what.count
    what.values[name] = Value(Shape(length, columns), names.frame.scope)


def _other_sides(name: str, value: Value, map_: Value, place: Span) -> Mistake:
    """The mistake of a value whose places are not those of the map that it was made of."""
    assert map_.shape is not None
    message = f"`{name}` are made of {value.shape}, but the map is {map_.shape}"
    hint, fix, ways, labels = "every place of the map has its anchors", (), None, []
    both = fork(value, map_)
    parted = parting(both.one, both.other, map_.shape, map_.shape, True, beside=True)
    if parted is not None:
        hint, fix = f"{hint}; {parted.hint}", parted.fix
        ways = shown_ways(both, (f"`{name}`", "map"), parted.link)
        labels = [(parted.link.span, "here its sides change")]
    return Mistake("E235", message, place, labels=labels, hint=hint, ways=ways, fix=fix)


def _read(said: Anchors, name: str, value: Value) -> Value:
    return getattr(said, name) or value


def _places(shape: Shape, boxes: int) -> int | None:
    """How many boxes a map has."""
    sides = [side for side in shape.sides if isinstance(side, int)]
    return boxes * prod(sides) if len(sides) == len(shape.sides) else None


def _of_map(value: Value, word: str, node: ast.Link) -> None:
    if value.shape is not None and len(value.shape) != 3:
        message = f"`{word}` predicts on a map (CxHxW), not on {value.shape.said}"
        hint = "a vector has no places: leave `flatten` out"
        raise Mistake("E211", message, node.step.span, hint=hint)


def _check_channels(shape: Shape, boxes: int, classes: int, node: ast.Link) -> None:
    wanted = boxes * (5 + classes)
    if shape.channels != wanted:
        message = (
            f"this map has {shape.channels} channels; {boxes} anchors and {classes} classes need "
            f"{boxes} * (5 + {classes}) = {wanted}"
        )
        hint = "four offsets, objectness, and the classes, for every anchor"
        raise Mistake("E237", message, node.step.span, hint=hint)


def _check_cells(shape: Shape, said: Cells, classes: int, node: ast.Link) -> None:
    rows, columns = said.grid
    wanted = rows * columns * (said.boxes * 5 + classes)
    if tuple(shape) != (wanted,):
        message = (
            f"`cells` needs a vector of {rows} * {columns} * ({said.boxes} * 5 + {classes}) = "
            f"{wanted} numbers, not {shape}"
        )
        steps = f"linear({wanted})" if len(shape) == 1 else f"flatten -> linear({wanted})"
        hint = f"`{steps}` before it gives so many"
        raise Mistake("E237", message, node.step.span, hint=hint)
