"""What a step does: layers, groups, and which room other words belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.design import (
    Flow,
    Link,
    Region,
    Scope,
    SharedModule,
    Value,
)
from netdsl.diagnostics import Mistake
from netdsl.elaborate.again import layer_step
from netdsl.elaborate.applying import apply_layer, at_argument, looped, make_layer, place
from netdsl.elaborate.beliefs import believe
from netdsl.elaborate.blocks import apply_block
from netdsl.elaborate.edits import inside as inside_of
from netdsl.elaborate.expressions import with_arguments
from netdsl.elaborate.external import external_layer
from netdsl.elaborate.forms import dense, residual
from netdsl.elaborate.functional import check_flow, label_of
from netdsl.elaborate.initial import resolve_init
from netdsl.elaborate.merging import merge
from netdsl.elaborate.names import Names, meant_target, step_target
from netdsl.elaborate.sentences import check_body, check_module, is_merge, takes_body
from netdsl.elaborate.texts import is_single_step
from netdsl.elaborate.values import (
    BlockDef,
    ExternDef,
    Form,
    LayerDef,
    Silent,
    Target,
)
from netdsl.layers.fields import ArgumentMistake
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run


def call(
    run: Run, link: Link, step: ast.Call, current: Value | None, names: Names, fixed: str | None
) -> None:
    """A word with its arguments, and its body if it is a form that takes one."""
    target = meant_target(run, step.name, names, step)
    link.word = step.name.text
    check_flow(step, target, names, label_of(link.node))
    if isinstance(target, SharedModule):
        check_module(step)
        from netdsl.elaborate.shared import use_shared

        use_shared(run, link, target, current, names)
        return
    check_body(step, target, names)
    if isinstance(target.definition, LayerDef) and not is_merge(target):
        layer_step(run, link, target, step, current, names)
        place(link, names, fixed)
        return
    target = with_arguments(target, step.args, names)
    definition = target.definition
    if takes_body(target):
        if link.label is None:
            form(run, link, step, target, current, names)
        else:
            kind = "merge" if is_merge(target) else definition.name
            scope, inner = run.scope(kind, link.label, step, current, names, inside_of(link))
            inside = Link(link.node, inner.frame)
            inside.word = link.word
            try:
                form(run, inside, step, target, current, inner)
            except (Mistake, Silent):
                link.what = inside.what  # what a guess goes by
                raise
            finally:
                flow = Flow(
                    ast.Chain(step.span, (link.node,) if isinstance(link.node, ast.Link) else ())
                )
                flow.links.append(inside)
                region = Region(flow.node, current, inner.frame)
                region.events.append(flow)
                region.exit = inside.output
                run.close(scope, region)
            link.what, link.output = scope, scope.result
            link.inputs = [current] if current is not None else []
            names.frame.scope.naming.add(link, link.label, looped(names))  # type: ignore[union-attr]
        return
    apply(run, link, target, step, current, names)
    place(link, names, fixed)


def apply(
    run: Run, link: Link, target: Target, step: ast.Call, current: Value | None, names: Names
) -> None:
    """Use a layer or a block on the current value."""
    definition = target.definition
    if isinstance(definition, BlockDef):
        apply_block(run, link, target, definition, step, current, names)
        return
    if isinstance(definition, LayerDef):
        layer = make_layer(definition.layer, target, step)
    else:
        assert isinstance(definition, ExternDef)
        layer = external_layer(run, definition, target, step, current)
    try:
        apply_layer(run, link, layer, current, names.frame.scope)
    except ArgumentMistake as mistake:
        raise at_argument(mistake, target, step) from None


def group(
    run: Run, link: Link, step: ast.Group, current: Value | None, names: Names, fixed: str | None
) -> None:
    link.word = "group"
    scope_with_body(run, link, "group", step, step.body, current, names, link.label or fixed)


def scope_with_body(
    run: Run,
    link: Link,
    kind: str,
    node: ast.Node,
    body: ast.Body,
    current: Value | None,
    names: Names,
    name: str | None,
) -> None:
    """A level of its own with the steps of a body."""
    if current is not None and current.shape is None:
        current = Value(None)
    scope, inner = run.scope(kind, name or link.word, node, current, names, inside_of(link))
    scope.numbered = not run.texts.is_named(body, inner)
    region = run.body(body, current, inner)
    _finish_scope(run, link, scope, region, current, names, name)


def _finish_scope(
    run: Run,
    link: Link,
    scope: Scope,
    region: Region,
    current: Value | None,
    names: Names,
    name: str | None,
) -> None:
    run.close(scope, region)
    resolve_init(run, scope)
    link.what, link.output = scope, scope.result
    link.inputs = [current] if current is not None else []
    outer = names.frame.scope
    assert outer is not None
    outer.naming.add(link, name, looped(names))
    if link.output is None:
        raise Mistake("E126", "this group gives no value")


def chain_as_step(
    run: Run,
    link: Link,
    kind: str,
    chain: ast.Chain,
    current: Value | None,
    names: Names,
    name: str,
) -> None:
    """`aux x = step`, `module x = step`: the step itself, or a level with the steps of a longer chain."""
    if is_single_step(chain) and len(chain.links) == 1 and chain.links[0].label is None:
        only = chain.links[0]
        if isinstance(only.step, ast.Call) and only.step.name.text != "identity":
            target = step_target(names, only.step.name)
            check_flow(only.step, target, names, None)
            if isinstance(target, Target) and not isinstance(target.definition, Form):
                link.word = only.step.name.text
                apply(
                    run,
                    link,
                    with_arguments(target, only.step.args, names),
                    only.step,
                    current,
                    names,
                )
                scope = names.frame.scope
                assert scope is not None
                if kind != "module":
                    scope.naming.add(link, name, False)
                if only.belief is not None and link.output is not None:
                    believe(run, only.belief, link.output, names)
                return
        elif isinstance(only.step, ast.Group):
            scope_with_body(run, link, kind, only.step, only.step.body, current, names, name)
            return
    scope, inner = run.scope(kind, name, chain, current, names, inside_of(link))
    scope.numbered = not run.texts.is_named(chain, inner)
    flow, result = run.chain(chain, current, inner)
    region = Region(chain, current, inner.frame)
    region.events.append(flow)
    region.exit = result
    run.close(scope, region)
    link.what, link.output = scope, result
    link.inputs = [current] if current is not None else []
    if kind != "module":
        outer = names.frame.scope
        assert outer is not None
        outer.naming.add(link, name, False)


def form(
    run: Run, link: Link, step: ast.Call, target: Target, current: Value | None, names: Names
) -> None:
    if isinstance(target.definition, LayerDef):
        merge(run, link, step, target, current, names)
    elif target.name == "residual":
        residual(run, link, step, target, current, names)
    else:
        dense(run, link, step, target, current, names)
