"""Where a head can stand: its kind, its net, the image that it needs, and its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.design import HeadEvent, Scope, Value
from netdsl.diagnostics import Mistake, did_you_mean
from netdsl.elaborate.applying import plain_value
from netdsl.elaborate.attributes import DETECTOR_NAMES, check_label
from netdsl.elaborate.expressions import with_arguments
from netdsl.elaborate.names import Names
from netdsl.elaborate.paths import value_of
from netdsl.elaborate.sentences import listed
from netdsl.elaborate.values import LayerDef, Silent, Tapped, Target, kind_of
from netdsl.heads.kinds import KINDS, Kind
from netdsl.layers.arguments import Made, create
from netdsl.layers.fields import ArgumentMistake
from netdsl.shapes import Shape
from netdsl.source import Span
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run

DETECTORS = ("ssd", "yolo", "retina", "rcnn", "fcn", "svm")  # of which a net has one
LAID_ONCE = ("ssd", "yolo")  # their boxes are made with the network, for images of one size
OWN = {"features": "@map", "classes": "20"}  # what a head may have to be given, with an example
VALUES = ("scores", "offsets")  # arguments that are values
KEPT = ("predict", "features")  # arguments that are read by who runs the head


# --------------------------------------------------------------------------------------------- nets
def find_kind(run: Run, node: ast.Head, net: Scope) -> type[Kind]:
    """What kind of head it is, and whether its net can have it. Raises `Mistake`."""
    word, span = node.name.text, node.name.span
    kind = KINDS.get(word)
    if kind is None:
        hint = did_you_mean(word, KINDS) or f"there are {', '.join(KINDS)}"
        raise Mistake("E150", f"there is no head `{word}`", span, hint=hint)
    before: dict[str, Span] = dict(net.naming.heads)
    net.naming.heads.setdefault(word, span)
    if word in before:
        message = f"net `{net.name}` has a `head {word}` already"
        raise Mistake("E150", message, span, labels=[(before[word], "here")])
    other = next((w for w in before if w in DETECTORS), None)
    if other is not None and (word in DETECTORS or word == "rpn"):
        message = f"a net has one detector, and this one has `head {other}`"
        hint = "make a net of each"
        if word == "rpn":
            message, hint = "`head rpn` stands below the head that its proposals go to", None
            if other == "rcnn":
                hint = "write it above `head rcnn`"
            else:
                message = f"the proposals of `head rpn` go to `head rcnn`, not to `head {other}`"
        raise Mistake("E150", message, span, labels=[(before[other], "here")], hint=hint)
    if word in DETECTORS and word != "rcnn" and "rpn" in before:
        message = f"the proposals of `head rpn` go to `head rcnn`, not to `head {word}`"
        raise Mistake("E150", message, span, labels=[(before["rpn"], "`head rpn`")])
    for name in sorted(DETECTOR_NAMES & net.naming.taken.keys()) if not before else ():
        try:  # labels above the head; for those below, the head is known
            check_label(name, ast.Computed(net.naming.taken[name], (name,)), net)
        except Mistake as mistake:
            run.report_mistake(mistake)
    return kind


def check_net(node: ast.Head, kind: type[Kind], net: Scope, given: bool) -> None:
    """A net with a head has one image, and no other outputs. `given`: its sizes come from outside, where the
    text has others. Raises `Mistake`."""
    word, span = node.name.text, node.name.span
    if len(net.values) != 1:
        message = f"a net with a head has one input, the image; this one has {len(net.values)}"
        raise Mistake("E150", message, span)
    image = _image(net)
    if len(image) != 3:
        message = f"`head {word}` needs an image (CxHxW), and the input is {image.said}"
        hint = "an image has three numbers, like `input image: 3x300x300`"
        raise Mistake("E239", message, span, hint=hint)
    if word in LAID_ONCE and not image.known:
        message = f"`head {word}` needs an image of known size, and this one is {image}"
        usual = "3x416x416" if word == "yolo" else "3x300x300"
        hint = (
            f"write the size, like `input image: {usual}` (from outside `--input {usual}`): "
            f"`head {word}` lays its boxes over the image once; `head retina` and `head rpn` make "
            "theirs for every image"
        )
        if given and _written(net):
            hint = f"its size was opened from outside; the text has one: leave `--input {_open_text(image)}` out"
        raise Mistake("E239", message, span, hint=hint)
    if net.aux or any(len(path) != 2 or path[0] not in net.heads for path in net.outputs):
        wanted = ast.Aux if net.aux else ast.Output
        body = net.definition.node.body
        found = next((n for n in ast.below(body) if isinstance(n, wanted)), node.name)
        raise no_outputs("side outputs" if net.aux else "outputs", found.span)


def no_outputs(what: str, span: Span) -> Mistake:
    """The mistake of `output` or `aux` in a net with a head."""
    hint = "a head says itself what the network gives and which losses it has"
    return Mistake("E150", f"a net with a head has no {what}", span, hint=hint)


def _written(net: Scope) -> bool:
    """Whether the text gives every size of the image."""
    body = net.definition.node.body
    lines = [n for n in body.statements if isinstance(n, ast.Input)]
    sizes = [line.shape for line in lines if isinstance(line.shape, ast.SizeLiteral)]
    return len(sizes) == 1 and None not in sizes[0].sides


def _open_text(image: Shape) -> str:
    return "x".join(str(side) if isinstance(side, int) else "?" for side in image)


def _image(net: Scope) -> Shape:
    shape = next(iter(net.values.values())).shape
    if shape is None:
        raise Silent
    return shape


def check_heads(run: Run, net: Scope) -> None:
    """What can be said of heads when the whole net has been run."""
    if "rpn" not in net.heads or "rcnn" in net.naming.heads:
        return
    if any(word in DETECTORS for word in net.naming.heads):
        return  # a mistake of its own
    hint = (
        "its proposals go to a head below it: "
        "`head rcnn(features=..., classes=...) { roi_align(7x7) -> flatten -> ... }`"
    )
    message = "`head rpn` proposes regions, and no head takes them"
    run.report_mistake(Mistake("E150", message, net.heads["rpn"].node.name.span, hint=hint))


# ---------------------------------------------------------------------------------------- arguments
def read_arguments(
    node: ast.Head, kind: type[Kind], names: Names
) -> tuple[list[Value], Kind, ast.Expr | None]:
    """The maps of a head, its arguments, and what the text says of its classes. Raises `Mistake`."""
    target = with_arguments(Target(LayerDef(kind), {}), node.args, names)  # type: ignore[arg-type]
    word = f"head {kind.word}"
    required = [n for n, f in kind.fields.items() if f.required]
    missing = [name for name in required if name not in target.bound]
    if missing:
        given = ", ".join(f"{name}={OWN[name]}" for name in missing)
        hint = f"write `{word}({given}, ...)`"
        raise Mistake("E111", f"`{word}` needs {listed(missing)}", node.name.span, hint=hint)
    maps = _maps(target, word)
    classes = target.bound.get("classes")
    said = classes.node if classes is not None else None
    return maps, options(kind, target, node), said


def _maps(target: Target, word: str) -> list[Value]:
    """The values of `features`: maps, of equally many channels."""
    bound = target.bound.get("features")
    if bound is None:
        return []
    whole = bound.value if isinstance(bound.value, tuple) else (bound.value,)
    if not whole or not all(isinstance(value, (Tapped, Value)) for value in whole):
        message = f"`features` of `{word}` must be a value or a list of values, like `@conv5`"
        raise Mistake("E112", message, bound.node.span if bound.node else None)
    maps = [value_of(value) for value in whole]
    if any(value.shape is None for value in maps):
        raise Silent
    for number, value in enumerate(maps):
        shape, first = value.shape, maps[0].shape
        assert shape is not None and first is not None
        if len(shape) != 3:
            message = f"`features` of `{word}` are maps (CxHxW), and this is {shape.said}"
            raise Mistake("E211", message, place_of_map(bound.node, number, len(maps)))
        if shape.channels != first.channels:
            message = f"the maps of `{word}` must have equally many channels, and this is {shape} beside {first}"
            hint = "its body is applied to all of them with the same weights; "
            hint += f"`conv({first.channels}, 1x1)` gives a map {first.channels} channels"
            raise Mistake("E206", message, place_of_map(bound.node, number, len(maps)), hint=hint)
    return maps


def place_of_map(node: ast.Expr | None, number: int, count: int) -> Span | None:
    """Where one of the maps of `features` stands."""
    if isinstance(node, ast.ListLiteral) and len(node.items) == count:
        return node.items[number].span
    return node.span if node is not None else None


def features_of(event: HeadEvent) -> ast.Expr | None:
    """What the text says of `features`."""
    found = [a.value for a in event.node.args if a.name is not None and a.name.text == "features"]
    return found[0] if found else None


def options(kind: type[Made], target: Target, node: ast.Node) -> Made:
    """A head or predictor with its arguments. Raises `Mistake` where one is wrong."""
    arguments: dict[str, Any] = {}
    for name, bound in target.bound.items():
        value = bound.value
        if name in VALUES and not isinstance(value, (Tapped, Value)):
            message = f"`{name}` of `{kind.word}` is a value like `@label`, not {kind_of(value)}"
            raise Mistake("E112", message, bound.node.span if bound.node else None)
        arguments[name] = value if name in KEPT else plain_value(name, value, target)
    try:
        return create(kind, arguments)
    except ArgumentMistake as mistake:
        raise mistake.at(argument_span(target, mistake.argument or "") or node.span) from None


def argument_span(target: Target, *names: str) -> Span | None:
    """Where the first of these arguments stands."""
    found = [target.bound[name].node for name in names if name in target.bound]
    return found[0].span if found and found[0] is not None else None
