"""Uses of blocks: as a level of their own, or inlined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.design import Inlined, Link, Scope, Value
from netdsl.diagnostics import Mistake, Use
from netdsl.elaborate import naming
from netdsl.elaborate.edits import Edits, inside
from netdsl.elaborate.expressions import evaluate, with_arguments
from netdsl.elaborate.functions import ENTRIES
from netdsl.elaborate.names import Names, step_target
from netdsl.elaborate.paths import value_of
from netdsl.elaborate.sentences import check_complete, inlined_block
from netdsl.elaborate.values import (
    BlockDef,
    Silent,
    Tapped,
    Target,
    freeze,
    id_of,
)
from netdsl.frames import Frame
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run

from netdsl.elaborate.initial import resolve_init


def apply_block(
    run: Run,
    link: Link,
    target: Target,
    definition: BlockDef,
    step: ast.Call,
    current: Value | None,
    names: Names,
) -> None:
    check_recursion(run, definition, step)
    check_complete(target, step)
    if current is not None and current.shape is None:
        raise Silent
    scope = block_scope(run, target, definition, step, current, names, inside(link))
    link.what = scope
    link.inputs = [current] if current is not None else []
    for (
        param
    ) in definition.params:  # in the order in which the scope knows them (walks.value_inputs)
        bound = target.bound.get(param.name.text)
        for value in values_in(bound.value) if bound is not None else ():
            link.inputs.append(value_of(value))
    if scope.result is None:
        raise Mistake("E126", f"block `{definition.name}` gives no value", step.span)
    if scope.result.shape is None:
        raise Silent
    link.output = Value(scope.result.shape, names.frame.scope, link.label)


def check_recursion(run: Run, definition: BlockDef, step: ast.Node) -> None:
    """A block that is being run cannot be used."""
    if definition.node not in run.blocks:
        return
    around = run.blocks[run.blocks.index(definition.node) :]
    names = [node.name.text for node in around if isinstance(node, (ast.Block, ast.Module))]
    way = f"{' -> '.join([*names, definition.name])}; " if len(names) > 1 else ""
    hint = f"{way}repetition is written `repeat n {{ ... }}`"
    raise Mistake("E108", f"block `{definition.name}` uses itself", step.span, hint=hint)


def values_in(value: Any) -> list[Any]:
    """The values that an argument holds."""
    if isinstance(value, (Tapped, Value)):
        return [value]
    if isinstance(value, tuple):
        return [v for entry in value for v in values_in(entry)]
    return []


def block_scope(
    run: Run,
    target: Target,
    definition: BlockDef,
    step: ast.Node,
    current: Value | None,
    names: Names,
    edits: Edits | None = None,
) -> Scope:
    """The scope of a use of a block; equal uses have one."""
    shape = current.shape if current is not None else None
    run.compute(target.extent.size // ENTRIES, step.span)
    given = tuple((n, freeze(b.value)) for n, b in sorted(target.bound.items()))
    key = (id_of(definition), given, shape, id(edits))
    known = run.memo.get(key)
    if known is not None:
        run.budget.reuse(known.steps, step.span)
        return known
    before = run.budget.steps
    scope = Scope("block", definition.name, definition, None)
    scope.edits = edits
    scope.input = Value(shape, scope) if current is not None else None
    run.guesses.inherit(scope.input, [current])
    frame = Frame(None, "scope", scope)
    scope.frame = frame
    scope.naming = naming.Naming(scope)
    inner = Names(run, definition.file, frame)
    run.uses.append(Use(f"block `{definition.name}`", step.span))
    run.blocks.append(definition.node)
    run.given.append({n: b.node.span for n, b in target.bound.items() if b.node is not None})
    try:
        bind_parameters(run, scope, definition, target, inner)
        body = definition.node.body
        scope.numbered = not run.texts.is_named(body, inner)
        region = run.body(body, scope.input, inner)
        run.close(scope, region)
        resolve_init(run, scope)
    finally:
        run.uses.pop()
        run.blocks.pop()
        run.given.pop()
    scope.steps = run.budget.steps - before
    run.memo[key] = scope
    return scope


def bind_parameters(
    run: Run, scope: Scope, definition: BlockDef, target: Target, names: Names
) -> None:
    """Give the parameters their arguments or defaults; values become inputs of the block."""
    failed = False
    for param in definition.params:
        name = param.name.text
        if name in target.bound:
            argument = localize(target.bound[name].value, scope, name)
        else:
            assert param.default is not None
            try:
                argument = evaluate(param.default, names)
            except Mistake as mistake:
                run.report_mistake(mistake)
                failed = True
                continue
            except Silent:
                failed = True
                continue
        scope.frame.names[name] = argument
        scope.arguments[name] = argument
    if failed:
        raise Silent


def localize(value: Any, scope: Scope, name: str) -> Any:
    """An argument as the block sees it: values are inputs of its own."""
    if isinstance(value, (Tapped, Value)):
        outer = value_of(value)
        if outer.shape is None:
            raise Silent
        inner = Value(outer.shape, scope, name)
        inner.tensor = outer.tensor
        scope.values.setdefault(name, inner)
        return inner
    if isinstance(value, tuple) and values_in(value):
        return tuple(localize(v, scope, f"{name}{i}") for i, v in enumerate(value))
    return value


def inline(run: Run, link: Link, step: ast.Inline, current: Value | None, names: Names) -> None:
    """The steps of a block, in the scope around."""
    target = step_target(names, step.name)
    definition = inlined_block(step, target)
    assert isinstance(target, Target)
    target = with_arguments(target, step.args, names)
    check_complete(target, step)
    check_recursion(run, definition, step)
    frame = Frame(None, "inline", host=names.frame, iteration=step.span.start)
    frame.names["file "] = definition.file  # no name of a text has a space
    if current is not None:
        frame.names["in"] = current
    inner = Names(run, definition.file, frame)
    arguments: dict[str, Any] = {}
    for param in definition.params:
        name = param.name.text
        if name in target.bound:
            value = target.bound[name].value
        else:
            assert param.default is not None
            value = evaluate(param.default, inner)
        frame.names[name] = arguments[name] = value
    run.uses.append(Use(f"block `{definition.name}`", step.span))
    run.blocks.append(definition.node)
    try:
        region = run.body(definition.node.body, current, inner)
    finally:
        run.uses.pop()
        run.blocks.pop()
    link.what = Inlined(definition, arguments, region)
    link.word = step.name.text
    link.inputs = [current] if current is not None else []
    link.output = region.exit
    if link.label is not None:
        raise Mistake(
            "E116",
            "an inlined block has no level of its own, so it cannot have a label",
            step.span,
            hint=f"`{link.label}: {step.name.text}(...)` gives it one",
        )
