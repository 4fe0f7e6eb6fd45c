"""`head rcnn`, `head svm`: a body on a region of maps, or on its features, and what reads its vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.design import Flow, HeadEvent, Link, Predicted, Region, Scope, Value
from netdsl.diagnostics import Mistake
from netdsl.elaborate import predicting
from netdsl.elaborate.applying import nothing_flows
from netdsl.elaborate.expressions import with_arguments
from netdsl.elaborate.geometry import check_pool, stride_of
from netdsl.elaborate.head_sentences import check_no_bars, end_of, pooling_step
from netdsl.elaborate.initial import resolve_init
from netdsl.elaborate.names import Names
from netdsl.elaborate.placing import features_of, options, place_of_map
from netdsl.elaborate.sentences import check_complete
from netdsl.elaborate.values import LayerDef, Silent, Target
from netdsl.heads.regions import REGIONS
from netdsl.syntax import ast
from netdsl.walks import outer_reader

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run


def run_regions(run: Run, event: HeadEvent, current: Value | None, names: Names) -> None:
    """`roi_align(7x7) -> ...`: regions of the maps, a body that makes vectors of them."""
    node = event.node
    check_no_bars(event, "they are applied to every region")
    first, step = pooling_step(event)
    _check_proposed(event, names)
    target = with_arguments(Target(LayerDef(REGIONS[step.name.text]), {}), step.args, names)
    check_complete(target, step)
    layer: Any = options(REGIONS[step.name.text], target, step)  # type: ignore[arg-type]
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
    for number, map in enumerate(event.maps):
        place = place_of_map(features_of(event), number, len(event.maps))
        event.strides.append(stride_of(map, names, place or node.name.span))


def _check_proposed(event: HeadEvent, names: Names) -> None:
    """Regions are cut out of the maps that they were proposed on."""
    net = names.frame.scope
    proposing = net.heads.get("rpn") if net is not None else None
    for number, value in enumerate(event.maps if proposing is not None else ()):
        assert proposing is not None
        if not any(value is other for other in proposing.maps):
            place = place_of_map(features_of(event), number, len(event.maps))
            message = "this map is not among the `features` of `head rpn`"
            label = (proposing.node.name.span, "`head rpn`")
            hint = "regions are cut out of maps that they were proposed on"
            raise Mistake("E150", message, place, labels=[label], hint=hint)


def run_vectors(run: Run, event: HeadEvent, current: Value | None, names: Names) -> None:
    """A body on the features of one region."""
    if current is None:
        raise nothing_flows("head svm").at(event.node.name.span)
    check_no_bars(event, "they read the features of one region")
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
        hint = "`flatten` turns a map into one"
        raise Mistake("E211", message, end_of(event), hint=hint)
    step = predicting.vector_step(run, event, region.exit, inner)
    event.predicted.append(step)
    flow = Flow(ast.Chain(node.span, ()))
    flow.links.append(step)
    region.events.append(flow)
    finish_body(run, event, event.link, scope, region, inputs)
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


def finish_body(
    run: Run, event: HeadEvent, link: Link, scope: Scope, region: Region, inputs: list[Value]
) -> None:
    """Close the scope of a body, which is a function of what flows into it."""
    run.close(scope, region)
    resolve_init(run, scope)
    link.what, link.inputs = scope, inputs
    scope.result = link.output = region.exit
    outer = outer_reader(scope)
    if outer is not None:
        step = outer.link.node
        place = step.step.span if isinstance(step, ast.Link) else event.node.name.span
        read = "a value" if outer.module is None else f"module `{outer.module.name}`"
        message = f"the body of `head {event.word}` reads {read} from around it"
        hint = "only what stands above flows in: do this step above the head too"
        if features_of(event) is not None:
            hint = "only `features` flow in, as `@in`: do this step above the head, and list its value there"
        raise Mistake("E150", message, place, hint=hint)
