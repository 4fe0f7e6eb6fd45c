"""`head ssd(...) { ... }`: a head's arguments, its bars or its body, and the steps that predict.

Two forms. In one every bar has its own predicting step; in the other a body is applied to all maps of
`features` with the same weights. What predicts is a layer like any other, `conv(4 * (classes + 1), 3x3)`,
written by the compiler: so its shapes are checked and its code is emitted as that of all steps.
"""

from __future__ import annotations

from math import lcm
from typing import TYPE_CHECKING

from netdsl.design import BarEvent, Flow, HeadEvent, Link, Predicted, Region, Scope, Value
from netdsl.diagnostics import Mistake
from netdsl.elaborate import merging, predicting
from netdsl.elaborate.alike import unlike
from netdsl.elaborate.applying import nothing_flows, under_condition
from netdsl.elaborate.causes import steps_of
from netdsl.elaborate.enlarging import Label, kept_map
from netdsl.elaborate.geometry import check_geometry, check_steps
from netdsl.elaborate.head_sentences import (
    check_alone,
    check_no_bars,
    end_of,
    predictor_of,
    split_body,
)
from netdsl.elaborate.initial import resolve_init
from netdsl.elaborate.names import Names
from netdsl.elaborate.placing import (
    check_net,
    features_of,
    find_kind,
    place_of_map,
    read_arguments,
)
from netdsl.elaborate.regions import finish_body, run_regions, run_vectors
from netdsl.elaborate.sentences import check_place
from netdsl.elaborate.values import Silent
from netdsl.heads.predictors import Predictor
from netdsl.shapes import Open, Shape, equal_when
from netdsl.syntax import ast
from netdsl.totals import tensors_of
from netdsl.walks import outer_module

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run


def head(
    run: Run, node: ast.Head, current: Value | None, names: Names, region: Region
) -> Value | None:
    """Run a head. It moves no value."""
    try:
        _head(run, node, current, names, region)
    except (Mistake, Silent):
        run.lost_heads.add(node.name.text)
        raise
    return current


def _head(run: Run, node: ast.Head, current: Value | None, names: Names, region: Region) -> None:
    net = names.frame.scope
    assert net is not None
    check_place(node, names.frame)
    event = HeadEvent(node, find_kind(run, node, net), Link(node, names.frame))
    link, word = event.link, node.name.text
    link.word = link.label = link.key = word
    label = ast.Computed(node.name.span, (word,))
    net.naming.claim(word, label)
    check_net(node, event.kind, net, run.overridden)
    event.maps, event.kind, event.classes = read_arguments(node, event.kind, names)
    before = run.guesses.made
    try:
        _FORMS[event.kind.form](run, event, current, names)
        check_geometry(run, event, names)
    except Mistake as mistake:
        if run.guesses.made > before and mistake.diagnostic.code.startswith("E2"):
            raise Silent from None  # a step of the head has a mistake
        raise unless_doubtful(run, mistake, current, *event.maps) from None
    net.naming.add(link, word, False)
    net.heads[word] = event
    for name, value in event.outputs.items():
        net.outputs[(word, name)] = value
    region.events.append(event)


def unless_doubtful(run: Run, mistake: Mistake, *values: Value | None) -> Mistake | Silent:
    """A mistake, or silence where it may be a consequence of another: shapes are guesses there."""
    doubtful = mistake.diagnostic.code.startswith("E2") and run.guesses.of(*values)
    return Silent() if doubtful else mistake


# -------------------------------------------------------------------------------------------- bars
def _bars(run: Run, event: HeadEvent, current: Value | None, names: Names) -> None:
    """Every bar predicts for itself: `| @conv4_3 -> multibox(...)`."""
    node, link = event.node, event.link
    word = f"head {node.name.text}"
    if not node.body.bars:
        hint = f"begin with a bar for each map: `{word}(...) {{ | @map -> ... | ... }}`"
        raise Mistake("E150", f"`{word}` has no bars", node.name.span, hint=hint)
    scope, inner = run.scope("head", node.name.text, node, current, names)
    region = Region(node.body, current, inner.frame)
    lists = predicting.Lists(run, scope, node, inner)
    failed = False

    def take(bar: ast.Bar, at: Names) -> BarEvent:
        *before, last = bar.chain.links
        predictor = predictor_of(event, bar.chain.links)
        check_alone(event, predictor, last)
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
        if value.shape is None:
            raise Silent
        try:
            step = predicting.bar_step(run, event, predictor, last, value, at, lists)
        except Mistake as mistake:
            raise unless_doubtful(run, mistake, value) from None
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
    check_steps(run, event, not failed)
    if failed:
        raise Silent
    if not event.predicted:
        hint = "loops around its bars have no round, or conditions are false"
        raise Mistake("E150", f"`{word}` has no bar here", node.name.span, hint=hint)
    outer = outer_module(scope)
    if outer is not None and outer.module is not None:
        step, module = outer.link.node, outer.module.name
        place = step.step.span if isinstance(step, ast.Link) else node.name.span
        message = f"`{word}` cannot use the module `{module}` of its net"
        hint = f"use it above the head, `@... -> below: {module}`, and begin the bar with `| @below -> ...`"
        raise Mistake("E150", message, place, hint=hint)
    event.maps = [step.what.map for step in event.predicted if isinstance(step.what, Predicted)]
    _together(event, scope)


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
    check_no_bars(event, "they are applied to every map of `features`")
    _, last_statement = split_body(node)
    predictor = predictor_of(event, last_statement.links)
    for number, value in enumerate(event.maps):
        link = event.link if number == 0 else Link(node, names.frame)
        link.word = link.label = link.key = event.word
        step = _on_map(run, event, link, predictor, value, names, number)
        event.predicted.append(step)
        if number > 0:
            _check_same(run, event, link, value)
            event.others.append(link)
    _together(event, event.scope)


def _on_map(
    run: Run,
    event: HeadEvent,
    link: Link,
    predictor: type[Predictor],
    value: Value,
    names: Names,
    number: int,
) -> Link:
    """The use of the body on one map."""
    node = event.node
    before, last_statement = split_body(node)
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
    finish_body(run, event, link, scope, region, [value])
    return step


def _check_same(run: Run, event: HeadEvent, link: Link, value: Value) -> None:
    """Maps that share weights have as many channels, and the same is done with them."""
    mine, first = tensors_of(link), tensors_of(event.link)
    node, maps = features_of(event), event.maps
    place = place_of_map(node, maps.index(value), len(maps))
    if mine == first:
        beside = place_of_map(node, 0, len(maps))
        labels = [(beside, str(maps[0].shape))] if beside is not None and beside != place else []
        hint = (
            "all maps have one body with the same weights: use the same steps for each, "
            "or move what is meant for one map only above the head"
        )
        refusal = unlike(run, f"`head {event.word}`", link, event.link, hint, labels)
        if refusal is not None:
            raise refusal.at(place or event.node.name.span)
        return
    message = (
        f"`head {event.word}` cannot take {value.shape}: its weights were made for {maps[0].shape}"
    )
    hint = "some of them depend on height and width"
    raise Mistake("E206", message, place or event.node.name.span, hint=hint)


# ------------------------------------------------------------------------------------------- plain
def _plain(run: Run, event: HeadEvent, current: Value | None, names: Names) -> None:
    """`head fcn`: scores for every pixel."""
    node, link = event.node, event.link
    net = names.frame.scope
    assert net is not None
    check_no_bars(event, "they give the scores of every pixel")
    scope, inner = run.scope("head", event.word, node, current, names)
    scope.numbered = not run.texts.is_named(node.body, inner)
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
        hint = (
            f"give `classes={shape.channels}`, or make {classes} channels: `conv({classes}, 1x1)`"
        )
        raise Mistake("E237", message, end_of(event), hint=hint)
    if len(shape) != len(image):
        message = (
            f"`head fcn` gives {shape.said}, but the image is {image}: every pixel has a class"
        )
        hint, fix = f"`conv({classes}, 1x1)` gives scores and keeps the places of a map", ()
        name, value = next(iter(net.values.items()))
        kept = kept_map(steps_of(region), image, Label(f"@{name}", value))
        if kept is not None:
            hint, fix = kept.said, kept.fix
        raise Mistake("E237", message, end_of(event), hint=hint, fix=fix)
    multiples = [equal_when(a, b) for a, b in zip(shape.sides, image.sides)]
    if None in multiples:
        message = f"`head fcn` gives {shape}, but the image is {image}: every pixel has a class"
        name = next(iter(net.values))
        raise Mistake("E237", message, end_of(event), hint=f"end it with `upsample(like=@{name})`")
    multiple = lcm(*(m for m in multiples if m))
    under_condition(run, multiple, [shape, image], "`head fcn` takes", node.name)
    out = Value(shape, net, "fcn_scores")
    out.maker = link
    link.output = out
    event.outputs["scores"] = out


_FORMS = {
    "bars": _bars,
    "maps": _maps,
    "regions": run_regions,
    "vector": run_vectors,
    "plain": _plain,
}
