"""`head ssd(...) { ... }`: a head's arguments, its bars or its body, and the steps that predict.

Two forms. In one every bar has its own predicting step; in the other a body is applied to all maps of
`features` with the same weights. What predicts is a layer like any other, `conv(4 * (classes + 1), 3x3)`,
written by the compiler: so its shapes are checked and its code is emitted as that of all steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.design import BarEvent, Flow, HeadEvent, Link, Predicted, Region, Scope, Value
from netdsl.diagnostics import Mistake, did_you_mean
from netdsl.elaborate import merging, naming, predicting
from netdsl.elaborate.applying import nothing_flows
from netdsl.elaborate.blocks import values_in
from netdsl.elaborate.expressions import with_arguments
from netdsl.elaborate.geometry import check_geometry, check_pool, check_steps, stride_of
from netdsl.elaborate.initial import resolve_init
from netdsl.elaborate.lookup import value_of
from netdsl.elaborate.names import Names
from netdsl.elaborate.sentences import check_complete, check_place
from netdsl.elaborate.values import LayerDef, Silent, Target
from netdsl.heads.kinds import KINDS, Kind, Options
from netdsl.heads.predictors import PREDICTORS
from netdsl.heads.regions import REGIONS
from netdsl.layers.arguments import ArgumentMistake, create
from netdsl.shapes import Open, Shape, equal_when
from netdsl.syntax import ast
from netdsl.totals import tensors_of
from netdsl.walks import reads_around

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run

# Attributes and methods of an emitted detector, which no step of its net can be called.
DETECTOR_NAMES = frozenset(
    [
        *("size", "mean", "std", "variances", "priors", "strides", "default_boxes", "predict"),
        *("anchors", "detect", "classify", "region_loss"),
    ]
)
DETECTORS = ("ssd", "yolo", "retina", "rcnn", "fcn", "svm")  # of which a net has one


def head(
    run: Run, node: ast.Head, current: Value | None, names: Names, region: Region
) -> Value | None:
    """Run a head. It moves no value."""
    net = names.frame.scope
    assert net is not None
    check_place(node, names.frame)
    event = HeadEvent(node, _kind(node, net, names), Link(node, names.frame))
    link, word = event.link, node.name.text
    link.word = link.label = link.key = word
    label = ast.Computed(node.name.span, (word,))
    net.naming.claim(word, label)
    maps, event.kind, event.classes = _arguments(node, event.kind, names)
    event.maps = maps
    _FORMS[event.kind.form](run, event, current, names)
    net.naming.add(link, word, False)
    net.heads[word] = event
    for name, value in event.outputs.items():
        net.outputs[(word, name)] = value
    region.events.append(event)
    check_geometry(run, event, net)
    return current


def _kind(node: ast.Head, net: Scope, names: Names) -> type[Kind]:
    """What kind of head it is, and whether it can stand here."""
    word, span = node.name.text, node.name.span
    kind = KINDS.get(word)
    if kind is None:
        hint = did_you_mean(word, KINDS) or f"there are {', '.join(KINDS)}"
        raise Mistake("E150", f"there is no head `{word}`", span, hint=hint)
    if word in net.heads:
        message = f"net `{net.name}` has a `head {word}` already"
        label = (net.heads[word].node.name.span, "here")
        raise Mistake("E150", message, span, labels=[label])
    other = next((w for w in net.heads if w in DETECTORS), None)
    if word in DETECTORS and other is not None:
        label = (net.heads[other].node.name.span, "here")
        message = f"a net has one detector, and this one has `head {other}`"
        raise Mistake("E150", message, span, labels=[label], hint="make a net of each")
    if word == "rpn" and other is not None:
        message = "`head rpn` stands before the head that its proposals go to"
        raise Mistake("E150", message, span)
    if len(net.values) != 1:
        message = f"a net with a head has one input, the image; this one has {len(net.values)}"
        raise Mistake("E150", message, span)
    if net.aux or any(len(path) != 2 or path[0] not in net.heads for path in net.outputs):
        what = "side outputs" if net.aux else "outputs"
        hint = "a head says itself what the network gives and which losses it has"
        raise Mistake("E150", f"a net with a head has no {what}", span, hint=hint)
    for name in sorted(DETECTOR_NAMES & net.naming.taken.keys()):
        hint = f"every emitted detector has its own `{name}`; call it `{name}_` or better"
        raise Mistake("E106", f"`{name}` cannot be a label", net.naming.taken[name], hint=hint)
    return kind


def _arguments(
    node: ast.Head, kind: type[Kind], names: Names
) -> tuple[list[Value], Kind, ast.Expr | None]:
    """The maps of a head, its arguments, and what the text says of its classes."""
    target = with_arguments(Target(LayerDef(kind), {}), node.args, names)  # type: ignore[arg-type]
    check_complete(target, node.name)
    maps: list[Value] = []
    features = target.bound.get("features")
    if features is not None:
        found = values_in(features.value)
        whole = features.value if isinstance(features.value, tuple) else (features.value,)
        if not found or len(found) != len(whole):
            message = "`features` of a head is a value or a list of values, like `@conv5`"
            raise Mistake("E112", message, features.node.span if features.node else None)
        maps = [value_of(value) for value in found]
        if any(value.shape is None for value in maps):
            raise Silent
    classes = target.bound.get("classes")
    said = classes.node if classes is not None else None
    return maps, options(kind, target, node), said  # type: ignore[return-value]


def options(kind: type[Options], target: Target, node: ast.Node) -> Options:
    """A head or predictor with its arguments. Raises `Mistake` where one is wrong."""
    arguments = {name: bound.value for name, bound in target.bound.items()}
    try:
        return create(kind, arguments)  # type: ignore[arg-type, return-value]
    except ArgumentMistake as mistake:
        bound = target.bound.get(mistake.argument or "")
        at = bound.node if bound is not None and bound.node is not None else node
        raise mistake.at(at.span) from None


# -------------------------------------------------------------------------------------------- bars
def _bars(run: Run, event: HeadEvent, current: Value | None, names: Names) -> None:
    """Every bar predicts for itself: `| @conv4_3 -> multibox(...)`."""
    node, link = event.node, event.link
    word = f"head {node.name.text}"
    if not node.body.bars:
        hint = f"put each map behind a bar: `{word}(...) {{ | @map -> ... | ... }}`"
        raise Mistake("E150", f"`{word}` has no bars", node.name.span, hint=hint)
    scope, inner = run.scope("head", node.name.text, node, current, names)
    region = Region(node.body, current, inner.frame)
    lists = predicting.Lists(run, scope, node, inner)
    failed = False

    def take(bar: ast.Bar, at: Names) -> BarEvent:
        *before, last = bar.chain.links
        predictor = _predictor(event, last)
        found = BarEvent(bar)
        value = current
        if before:
            shorter = bar.but(chain=bar.chain.but(links=tuple(before)))
            found = merging.bar(run, shorter, current, at)
            value = found.value
        else:
            scope.naming.bars += 1
            found.number = scope.naming.bars
        if found.flow is None:
            found.flow = Flow(bar.chain)
            found.flow.links = [found.link] if found.link is not None else []
            found.link = None
        if value is None:
            raise nothing_flows(last.step.name.text).at(last.span)  # type: ignore[union-attr]
        step = predicting.bar_step(run, event, predictor, last, value, at, lists)
        found.flow.links.append(step)
        event.predicted.append(step)
        return found

    def lost() -> None:
        nonlocal failed
        failed = True

    merging.bars(run, word, node.body, current, inner, region, take, lost)
    lists.close()
    run.close(scope, region)
    resolve_init(run, scope)
    link.what = scope
    link.inputs = [current] if current is not None else []
    if failed:
        raise Silent
    if not event.predicted:
        message = f"`{word}` has no bar here: every condition around its bars is false"
        raise Mistake("E150", message, node.name.span)
    event.maps = [step.what.map for step in event.predicted if isinstance(step.what, Predicted)]
    _together(event, scope)
    check_steps(run, event)


def _predictor(event: HeadEvent, last: ast.Link) -> type[Options]:
    """What ends a bar or a body."""
    word = event.kind.word
    fitting = [w for w, p in PREDICTORS.items() if word in p.heads]
    step = last.step
    if isinstance(step, ast.Call):
        found = PREDICTORS.get(step.name.text)
        if found is not None and word in found.heads:
            if last.label is not None or step.body is not None:
                message = f"`{step.name.text}` takes no label and no body"
                raise Mistake("E150", message, last.span)
            return found
    ends = " or ".join(f"`{w}(...)`" for w in fitting)
    what = "a bar" if event.kind.form == "bars" else "the body"
    raise Mistake("E150", f"{what} of `head {word}` ends in {ends}", last.step.span)


def _together(event: HeadEvent, scope: Scope) -> None:
    """What the network gives of a head: the values of all its predicting steps, one after the other."""
    first = event.predicted[0].what
    assert isinstance(first, Predicted)
    for name, value in first.values.items():
        assert value.shape is not None
        count = event.count
        length = Open.symbol("boxes") if count is None else count
        shape = Shape(length, *value.shape[1:]) if len(value.shape) > 1 else value.shape
        together = Value(shape, scope.outer, f"{event.word}_{name}")  # type: ignore[arg-type]
        together.maker = event.link
        event.outputs[name] = together
    event.link.output = next(iter(event.outputs.values()))
    scope.result = event.link.output


# -------------------------------------------------------------------------------------------- maps
def _maps(run: Run, event: HeadEvent, current: Value | None, names: Names) -> None:
    """A body that is applied to every map: each use is run for its shapes, and has the same weights."""
    node = event.node
    if node.body.bars:
        hint = "the body is applied to every map of `features`"
        raise Mistake("E150", f"`head {event.word}` takes no bars", node.body.span, hint=hint)
    last_statement = node.body.statements[-1] if node.body.statements else None
    if not isinstance(last_statement, ast.Chain):
        raise Mistake(
            "E150", f"the body of `head {event.word}` ends in `anchors(...)`", node.name.span
        )
    predictor = _predictor(event, last_statement.links[-1])
    for number, value in enumerate(event.maps):
        link = event.link if number == 0 else Link(node, names.frame)
        link.word = link.label = link.key = event.word
        step = _on_map(run, event, link, predictor, value, names, number)
        event.predicted.append(step)
        if number > 0:
            _check_same(event, link, value)
            event.others.append(link)
    _together(event, event.scope)


def _on_map(
    run: Run,
    event: HeadEvent,
    link: Link,
    predictor: type[Options],
    value: Value,
    names: Names,
    number: int,
) -> Link:
    """The use of the body on one map."""
    node = event.node
    *before, last_statement = node.body.statements
    assert isinstance(last_statement, ast.Chain)
    *links, last = last_statement.links
    if links:
        before.append(last_statement.but(links=tuple(links)))
    scope, inner = run.scope("head", event.word, node, value, names)
    inner.frame.names["in"] = value
    region = run.body(node.body.but(statements=tuple(before)), value, inner)
    run.program.reached.add(id(node.body))
    if region.exit is None or region.exit.shape is None:
        raise Silent
    step = predicting.map_step(run, event, predictor, last, region.exit, inner, number)
    flow = Flow(last_statement)
    flow.links.append(step)
    region.events.append(flow)
    _finish(run, event, link, scope, region, [value])
    return step


def _finish(
    run: Run, event: HeadEvent, link: Link, scope: Scope, region: Region, inputs: list[Value]
) -> None:
    run.close(scope, region)
    resolve_init(run, scope)
    link.what, link.inputs = scope, inputs
    scope.result = link.output = region.exit
    if event.kind.form in ("maps", "regions") and reads_around(scope):
        hint = "it is a function of the map that flows in: `in`, `@in`"
        message = f"the body of `head {event.word}` reads values from around it"
        raise Mistake("E150", message, event.node.name.span, hint=hint)


def _check_same(event: HeadEvent, link: Link, value: Value) -> None:
    """Maps that share weights have as many channels."""
    mine, first = tensors_of(link), tensors_of(event.link)
    if mine == first:
        return
    reference = event.maps[0]
    message = f"`head {event.word}` cannot take {value.shape}: its weights were made for {reference.shape}"
    hint = "the maps of `features` have equally many channels"
    raise Mistake("E206", message, event.node.name.span, hint=hint)


# ----------------------------------------------------------------------------------------- regions
def _regions(run: Run, event: HeadEvent, current: Value | None, names: Names) -> None:
    """`roi_align(7x7) -> ...`: regions of the maps, a body that makes vectors of them."""
    node = event.node
    first = node.body.statements[0] if node.body.statements else None
    step = first.links[0].step if isinstance(first, ast.Chain) else None
    if not isinstance(step, ast.Call) or step.name.text not in REGIONS:
        at = step.span if step is not None else node.name.span
        either = " or ".join(f"`{word}(7x7)`" for word in REGIONS)
        raise Mistake("E150", f"the body of `head rcnn` begins with {either}", at)
    assert isinstance(first, ast.Chain)
    target = with_arguments(Target(LayerDef(REGIONS[step.name.text]), {}), step.args, names)
    check_complete(target, step)
    layer: Any = options(REGIONS[step.name.text], target, step)  # type: ignore[arg-type]
    channels = {value.shape.channels for value in event.maps if value.shape is not None}
    if len(channels) > 1:
        message = f"the maps of `features` have {', '.join(map(str, sorted(channels)))} channels"
        raise Mistake("E206", message, node.name.span, hint="regions of all of them look alike")
    check_pool(run, event, layer, step)
    value = event.maps[0]
    scope, inner = run.scope("head", event.word, node, None, names)
    pooled = predicting.pooled(first.links[0], layer, event.maps, scope, inner)
    event.pool = pooled
    scope.input = pooled.output
    assert pooled.output is not None
    inner.frame.names["in"] = pooled.output
    rest = list(node.body.statements[1:])
    if len(first.links) > 1:
        rest.insert(0, first.but(links=first.links[1:]))
    _vector(run, event, scope, inner, rest, pooled.output, [value])
    event.strides = [stride_of(event, map, names) for map in event.maps]


def _vectors(run: Run, event: HeadEvent, current: Value | None, names: Names) -> None:
    """A body on the features of one region."""
    if current is None:
        raise nothing_flows("head svm")
    scope, inner = run.scope("head", event.word, event.node, current, names)
    event.maps = [current]
    _vector(run, event, scope, inner, list(event.node.body.statements), current, [current])


def _vector(
    run: Run,
    event: HeadEvent,
    scope: Scope,
    inner: Names,
    statements: list[ast.Statement],
    value: Value,
    inputs: list[Value],
) -> None:
    """The rest of a body, and the two layers that read the vector which it gives."""
    node = event.node
    region = run.body(node.body.but(statements=tuple(statements)), value, inner)
    run.program.reached.add(id(node.body))
    if region.exit is None or region.exit.shape is None:
        raise Silent
    if len(region.exit.shape) != 1:
        message = f"the body of `head {event.word}` gives {region.exit.shape}, not a vector"
        hint = "`flatten` makes one of a map"
        raise Mistake("E211", message, node.name.span, hint=hint)
    step = predicting.vector_step(run, event, region.exit, inner)
    event.predicted.append(step)
    flow = Flow(ast.Chain(node.span, ()))
    flow.links.append(step)
    region.events.append(flow)
    _finish(run, event, event.link, scope, region, inputs)
    if event.pool is not None:
        cut = Flow(ast.Chain(event.pool.node.span, ()))
        cut.links.append(event.pool)
        region.events.insert(0, cut)
    what = step.what
    assert isinstance(what, Predicted)
    for name, found in what.values.items():
        out = Value(found.shape, scope.outer, f"{event.word}_{name}")
        out.maker = event.link
        event.outputs[name] = out
    scope.result = event.link.output = next(iter(event.outputs.values()))


# ------------------------------------------------------------------------------------------- plain
def _plain(run: Run, event: HeadEvent, current: Value | None, names: Names) -> None:
    """`head fcn`: scores for every pixel."""
    node, link = event.node, event.link
    net = names.frame.scope
    assert net is not None
    scope, inner = run.scope("head", event.word, node, current, names)
    scope.numbered = not naming.is_named(node.body.statements, inner)
    region = run.body(node.body, current, inner)
    if region.exit is None or region.exit.shape is None:
        raise Silent
    run.close(scope, region)
    resolve_init(run, scope)
    link.what = scope
    link.inputs = [current] if current is not None else []
    shape, image = region.exit.shape, next(iter(net.values.values())).shape
    classes = event.kind.classes
    if shape.channels != classes:
        message = f"`head fcn` has {classes} classes, but its body gives {shape.channels} channels"
        raise Mistake("E237", message, node.name.span)
    if len(shape) != len(image) or any(
        equal_when(a, b) is None for a, b in zip(shape.sides, image.sides)
    ):
        message = f"`head fcn` gives {shape}, but the image is {image}: every pixel has a class"
        name = next(iter(net.values))
        raise Mistake("E237", message, node.name.span, hint=f"end it with `upsample(like=@{name})`")
    out = Value(shape, net, "fcn_scores")
    out.maker = link
    link.output = out
    event.outputs["scores"] = out


_FORMS = {
    "bars": _bars,
    "maps": _maps,
    "regions": _regions,
    "vector": _vectors,
    "plain": _plain,
}
