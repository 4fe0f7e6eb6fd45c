"""What a step does: layers, blocks, groups, merges, residual and dense forms, shared modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.design import (
    Applied,
    BarEvent,
    Branch,
    Dense,
    Flow,
    Frame,
    Inlined,
    Link,
    Loop,
    Merge,
    Note,
    Region,
    Residual,
    Scope,
    Shared,
    SharedModule,
    Value,
)
from netdsl.diagnostics import Mistake, Use
from netdsl.elaborate import naming
from netdsl.elaborate.expressions import (
    Names,
    block_signature,
    evaluate,
    iterate,
    step_target,
    truth,
    unpack,
    with_arguments,
)
from netdsl.elaborate.external import external_layer
from netdsl.elaborate.lookup import value_of
from netdsl.elaborate.values import (
    BlockDef,
    ExternDef,
    Form,
    LayerDef,
    Silent,
    Tapped,
    Target,
    freeze,
    id_of,
    kind_of,
)
from netdsl.layers import find
from netdsl.layers.base import ArgumentMistake, Layer, create
from netdsl.shapes import Shape
from netdsl.source import Span
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run

FORM_PARAMETERS = {"residual": ("scale", "survival"), "dense": ("count",)}


def call(run: Run, link: Link, step: ast.Call, current: Value | None, names: Names, fixed: str | None) -> None:
    """A word with its arguments, and its body if it is a form that takes one."""
    target = step_target(names, step.name)
    link.word = step.name.text
    if isinstance(target, SharedModule):
        if step.args or step.body is not None:
            raise Mistake("E115", f"`{step.name.text}` is a module and takes no arguments", step.span)
        use_shared(run, link, target, current, names)
        return
    merge = isinstance(target.definition, LayerDef) and target.definition.layer.many
    takes_body = merge or isinstance(target.definition, Form)
    if step.body is not None and not takes_body:
        if step.name.text == "shortcut":
            raise Mistake("E120", "`shortcut` stands on the line of the `}` of its `residual`", step.name.span, hint="write `} shortcut { ... }`")
        raise Mistake("E117", f"`{step.name.text}` takes no body", step.name.span, hint=f"steps follow it: `{step.name.text} -> ...`; a group is `label: {{ ... }}`")
    if step.body is None and takes_body:
        example = f"{step.name.text} {{ | a | b }}" if merge else f"{step.name.text} {{ ... }}"
        raise Mistake("E117", f"`{step.name.text}` needs a body", step.name.span, hint=f"write `{example}`")
    target = with_arguments(target, step.args, names)
    definition = target.definition
    if takes_body:
        if link.label is None:
            form(run, link, step, target, current, names)
        else:
            kind = "merge" if merge else definition.name
            scope, inner = run.scope(kind, link.label, step, current, names)
            inside = Link(link.node, inner.frame)
            inside.word = link.word
            try:
                form(run, inside, step, target, current, inner)
            finally:
                flow = Flow(ast.Chain(step.span, (link.node,) if isinstance(link.node, ast.Link) else ()))
                flow.links.append(inside)
                region = Region(flow.node, current, inner.frame)
                region.events.append(flow)
                region.exit = inside.output
                run.close(scope, region)
            link.what, link.output = scope, scope.result
            link.inputs = [current] if current is not None else []
            names.frame.scope.naming.add(link, link.label, _looped(names))  # type: ignore[union-attr]
        return
    apply(run, link, target, step, current, names)
    place(link, names, fixed)


def _looped(names: Names) -> bool:
    from netdsl.elaborate.run import in_loop

    return in_loop(names.frame)


def place(link: Link, names: Names, fixed: str | None) -> None:
    """Give a step its place among the steps of its scope; `identity` has none."""
    if isinstance(link.what, Applied) and link.what.layer.word == "identity":
        return
    scope = names.frame.scope
    assert scope is not None
    scope.naming.add(link, link.label or fixed, _looped(names))


def apply(run: Run, link: Link, target: Target, step: ast.Call, current: Value | None, names: Names) -> None:
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
    apply_layer(run, link, layer, current, names.frame.scope)


def make_layer(layer: type[Layer], target: Target, step: ast.Call) -> Layer:
    arguments = {n: plain_value(n, b.value, target) for n, b in target.bound.items()}
    try:
        return create(layer, arguments)
    except ArgumentMistake as mistake:
        bound = target.bound.get(mistake.argument or "")
        raise mistake.at(bound.node.span if bound is not None and bound.node is not None else step.span) from None


def plain_value(name: str, value: Any, target: Target) -> Any:
    """An argument as a layer takes it."""
    if isinstance(value, (Tapped, Value)):
        return value_of(value)
    if isinstance(value, (Target, SharedModule)):
        bound = target.bound[name]
        raise Mistake("E112", f"`{name}` of `{target.name}` cannot be {kind_of(value)}", bound.node.span if bound.node else None)
    return value


def apply_layer(
    run: Run, link: Link, layer: Layer, current: Value | None, scope: Scope | None
) -> None:
    """Use a layer: its output shape, or a mistake of shapes."""
    references = layer.references()
    if current is None:
        raise nothing_flows(link.word)
    if current.shape is None or any(v.shape is None for v in references.values()):
        raise Silent
    if current.tensor:
        raise Mistake("E207", f"`{link.word}` works on what flows, not on a learned tensor", hint="combine it with a value first: `(@x * @scale)`")
    link.what = Applied(layer)
    link.inputs = [current, *references.values()]  # type: ignore[list-item]
    if layer.word == "identity":
        link.output = current
        return
    shape = layer.output(current.shape)
    if not layer.references():
        under_condition(run, layer.condition(current.shape), f"`{layer.word}` takes", link.node)
    link.output = Value(shape, scope, link.label)


def under_condition(run: Run, multiple: int, what: str, node: ast.Node) -> None:
    """What holds for some open sizes only is said once, and kept for who reads the Design."""
    if multiple > 1:
        run.conditions.append((multiple, node))
        run.warn("W201", f"{what} only open sizes that are multiples of {multiple}", node.span)


def nothing_flows(word: str) -> Mistake:
    return Mistake("E126", f"no value flows into `{word}`", hint="with several inputs a chain starts at one of them: `@left -> ...`")


# ------------------------------------------------------------------------------------------ blocks
def apply_block(run: Run, link: Link, target: Target, definition: BlockDef, step: ast.Call, current: Value | None, names: Names) -> None:
    if definition.node in run.blocks:
        chain = " -> ".join([*(b.name.text for b in run.blocks[run.blocks.index(definition.node) :]), definition.name])  # type: ignore[attr-defined]
        raise Mistake("E108", f"block `{definition.name}` uses itself", step.span, hint=f"{chain}; repeat with `repeat n {{ ... }}`")
    if current is not None and current.shape is None:
        raise Silent
    check_complete(target, definition, step)
    link.what = scope = block_scope(run, target, definition, step, current, names)
    link.inputs = [current] if current is not None else []
    for bound in target.bound.values():
        for value in values_in(bound.value):
            link.inputs.append(value_of(value))
    if scope.result is None:
        raise Mistake("E126", f"block `{definition.name}` gives no value", step.span)
    if scope.result.shape is None:
        raise Silent
    link.output = Value(scope.result.shape, names.frame.scope, link.label)


def check_complete(target: Target, definition: BlockDef | ExternDef, step: ast.Node) -> None:
    """Every parameter without a default must have been given."""
    missing = [p.name.text for p in definition.params if p.default is None and p.name.text not in target.bound]
    if missing:
        named = " and ".join(f"`{m}`" for m in missing)
        raise Mistake("E111", f"`{definition.name}` needs {named}", step.span, hint=f"it is `{block_signature(definition)}`")


def values_in(value: Any) -> list[Any]:
    """The values that an argument holds."""
    if isinstance(value, (Tapped, Value)):
        return [value]
    if isinstance(value, tuple):
        return [v for entry in value for v in values_in(entry)]
    return []


def block_scope(run: Run, target: Target, definition: BlockDef, step: ast.Node, current: Value | None, names: Names) -> Scope:
    """The scope of a use of a block; equal uses have one."""
    shape = current.shape if current is not None else None
    given = tuple((n, freeze(b.value)) for n, b in sorted(target.bound.items()))
    key = (id_of(definition), given, shape)
    known = run.memo.get(key)
    if known is not None:
        return known
    scope = Scope("block", definition.name, definition, None)
    scope.input = Value(shape, scope) if current is not None else None
    frame = Frame(None, "scope", scope)
    scope.frame = frame
    scope.naming = naming.Naming(scope)
    inner = Names(run, definition.file, frame)
    run.uses.append(Use(f"block `{definition.name}`", step.span))
    run.blocks.append(definition.node)
    try:
        bind_parameters(run, scope, definition, target, inner)
        body = definition.node.body
        scope.numbered = not naming.is_named(body.statements, inner)
        region = run.body(body, scope.input, inner)
        run.close(scope, region)
        steps_inside(run, scope, step)
    finally:
        run.uses.pop()
        run.blocks.pop()
    run.memo[key] = scope
    return scope


def steps_inside(run: Run, scope: Scope, step: ast.Node) -> None:
    """Initial values that the block states."""
    from netdsl.elaborate.initial import resolve_init

    resolve_init(run, scope)


def bind_parameters(run: Run, scope: Scope, definition: BlockDef, target: Target, names: Names) -> None:
    """Give the parameters their arguments or defaults; values become inputs of the block."""
    failed = False
    for param in definition.params:
        name = param.name.text
        if name in scope.frame.names:
            run.report_mistake(Mistake("E107", f"two parameters are called `{name}`", param.name.span))
            continue
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
    if not isinstance(target, Target) or not isinstance(target.definition, BlockDef):
        raise Mistake("E116", f"`inline` needs a block, and `{step.name.text}` is none", step.name.span)
    definition = target.definition
    target = with_arguments(target, step.args, names)
    check_complete(target, definition, step)
    if definition.node in run.blocks:
        raise Mistake("E108", f"block `{definition.name}` uses itself", step.span)
    frame = Frame(None, "inline", host=names.frame)
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
        raise Mistake("E117", "an inlined block has no level of its own, so it cannot have a label", step.span, hint=f"`{link.label}: {step.name.text}(...)` gives it one")


# ------------------------------------------------------------------------------------------ groups
def group(run: Run, link: Link, step: ast.Group, current: Value | None, names: Names, fixed: str | None) -> None:
    link.word = "group"
    scope_with_body(run, link, "group", step, step.body, current, names, link.label or fixed)


def scope_with_body(run: Run, link: Link, kind: str, node: ast.Node, body: ast.Body, current: Value | None, names: Names, name: str | None) -> None:
    """A level of its own with the steps of a body."""
    if current is not None and current.shape is None:
        current = Value(None)
    scope, inner = run.scope(kind, name or link.word, node, current, names)
    scope.numbered = not naming.is_named(body.statements, inner)
    region = run.body(body, current, inner)
    _finish_scope(run, link, scope, region, current, names, name)


def _finish_scope(run: Run, link: Link, scope: Scope, region: Region, current: Value | None, names: Names, name: str | None) -> None:
    run.close(scope, region)
    steps_inside(run, scope, scope.definition)
    link.what, link.output = scope, scope.result
    link.inputs = [current] if current is not None else []
    outer = names.frame.scope
    assert outer is not None
    outer.naming.add(link, name, _looped(names))
    if link.output is None:
        raise Mistake("E126", "this group gives no value")


def chain_as_step(run: Run, link: Link, kind: str, chain: ast.Chain, current: Value | None, names: Names, name: str) -> None:
    """`aux x = step`, `module x = step`: the step itself, or a level with the steps of a longer chain."""
    if naming.is_single_step(chain) and len(chain.links) == 1 and chain.links[0].label is None:
        only = chain.links[0]
        if isinstance(only.step, ast.Call) and only.step.name.text != "identity":
            target = step_target(names, only.step.name)
            if isinstance(target, Target) and not isinstance(target.definition, Form):
                link.word = only.step.name.text
                apply(run, link, with_arguments(target, only.step.args, names), only.step, current, names)
                scope = names.frame.scope
                assert scope is not None
                if kind != "module":
                    scope.naming.add(link, name, False)
                if only.belief is not None and link.output is not None:
                    run.believe(only.belief, link.output, names)
                return
        elif isinstance(only.step, ast.Group):
            scope_with_body(run, link, kind, only.step, only.step.body, current, names, name)
            return
    scope, inner = run.scope(kind, name, chain, current, names)
    scope.numbered = not naming.chain_is_named(chain, inner)
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


def use_shared(run: Run, link: Link, shared: SharedModule, current: Value | None, names: Names) -> None:
    """One use of a module: run again for its shapes; its weights must be those of the first use."""
    if current is None:
        raise nothing_flows(shared.name)
    if current.shape is None:
        raise Silent
    node = shared.node
    home = Names(run, shared.file, shared.frame)
    use = Link(node, shared.frame)
    use.word = use.label = shared.name
    if shared in [u for u in run.blocks if isinstance(u, SharedModule)]:
        raise Mistake("E108", f"module `{shared.name}` uses itself", link.node.span)
    run.blocks.append(shared)  # type: ignore[arg-type]
    kept = shared.owner.naming
    if kept is None:
        shared.owner.naming = naming.Naming(shared.owner)
    try:
        chain_as_step(run, use, "module", node.chain, current, home, shared.name)
    finally:
        run.blocks.pop()
        shared.owner.naming = kept
    assert shared.link is not None
    first = shared.link
    if first.what is None:
        first.what, first.inputs, first.output, first.word = use.what, use.inputs, use.output, use.word
    else:
        from netdsl.totals import tensors_of

        mine, theirs = tensors_of(use), tensors_of(first)
        if mine != theirs:
            different = next((n for n in theirs if mine.get(n) != theirs[n]), next(iter(mine), ""))
            raise Mistake(
                "E206",
                f"module `{shared.name}` cannot take {current.shape}: its weights were made for {first.inputs[0].shape}",
                labels=[(_node_span(shared.uses[0]), "first used here")] if shared.uses else [],
                hint=f"`{different}` is {_shown(theirs.get(different))} there and would be {_shown(mine.get(different))} here",
            )
    what = use.what
    assert isinstance(what, (Scope, Applied))
    link.what = Shared(shared, what if isinstance(what, Scope) else what.layer)
    link.inputs = [current]
    link.output = Value(use.output.shape if use.output is not None else None, names.frame.scope, link.label)
    shared.uses.append(link)


def _node_span(link: Link) -> Span:
    return link.node.span


def _shown(shape: tuple[int, ...] | None) -> str:
    return "missing" if shape is None else "x".join(map(str, shape)) or "a number"


# ------------------------------------------------------------------------------------------- forms
def form(run: Run, link: Link, step: ast.Call, target: Target, current: Value | None, names: Names) -> None:
    if isinstance(target.definition, LayerDef):
        merge(run, link, step, target, current, names)
    elif target.name == "residual":
        residual(run, link, step, target, current, names)
    else:
        dense(run, link, step, target, current, names)


def merge(run: Run, link: Link, step: ast.Call, target: Target, current: Value | None, names: Names) -> None:
    """`concat { | a | b }`: every bar starts from the value that entered."""
    assert step.body is not None
    definition = target.definition
    assert isinstance(definition, LayerDef)
    if step.clauses:
        raise Mistake("E120", f"`{step.clauses[0].name.text}` cannot follow `{step.name.text}`", step.clauses[0].span)
    if step.condition is not None:
        raise Mistake("E117", f"`{step.name.text}` takes no condition", step.condition.span, hint="put `if` around it, or among its bars")
    layer = make_layer(definition.layer, target, step)
    if not step.body.bars:
        if any(isinstance(s, ast.Chain) for s in step.body.statements):
            raise Mistake("E118", f"`{step.name.text}` has steps, but no bars", step.name.span, hint=f"put each branch behind a bar: `{step.name.text} {{ | ... | ... }}`")
        raise Mistake("E119", f"`{step.name.text}` has no bars", step.name.span, hint=f"write `{step.name.text} {{ | ... | ... }}`")
    inner = names.inside(Frame(names.frame))
    region = Region(step.body, current, inner.frame)
    found = Merge(layer, region)
    _bars(run, step, step.body, current, inner, region, found)
    link.what = found
    link.inputs = found.branches
    if any(v.shape is None for v in found.branches):
        raise Silent
    if not found.branches:
        raise Mistake("E119", f"`{step.name.text}` has no bar here: every condition around its bars is false", step.name.span)
    shapes = [v.shape for v in found.branches]
    try:
        shape = layer.output(*shapes)
    except Mistake as mistake:
        labels = [(_bar_span(bar), str(bar.value.shape)) for bar in found.bars if bar.value is not None and bar.value.shape is not None]
        raise Mistake(mistake.diagnostic.code, mistake.diagnostic.message, step.name.span, labels=labels[:6], hint=_merge_hint(mistake, step.name.text, shapes)) from None
    under_condition(run, layer.condition(*shapes), f"`{step.name.text}` takes", step.name)
    link.output = Value(shape, names.frame.scope, link.label)


def _merge_hint(mistake: Mistake, word: str, shapes: list[Shape]) -> str | None:
    return mistake.diagnostic.hint


def _bar_span(bar: BarEvent) -> Span:
    return bar.node.chain.span


def _bars(run: Run, step: ast.Call, body: ast.Body, current: Value | None, names: Names, region: Region, found: Merge) -> None:
    from netdsl.elaborate.run import bind_let, repeat_count

    for statement in body.statements:
        try:
            if isinstance(statement, ast.Bar):
                event = _bar(run, statement, current, names)
                region.events.append(event)
                found.bars.append(event)
                found.branches.append(event.value if event.value is not None else Value(None))
            elif isinstance(statement, (ast.For, ast.Repeat)):
                loop = Loop(statement)
                region.events.append(loop)
                entries: Any
                if isinstance(statement, ast.For):
                    entries = iterate(statement.iterable, names)
                else:
                    entries = range(repeat_count(statement, names))
                for i, entry in enumerate(entries):
                    run.count(1, statement.span)
                    kind = "for" if isinstance(statement, ast.For) else "repeat"
                    frame = Frame(names.frame, kind, iteration=i + 1)
                    if isinstance(statement, ast.For):
                        unpack(statement.names, entry, frame, statement.iterable)
                    inner = Region(statement.body, current, frame)
                    loop.iterations.append(inner)
                    _bars(run, step, statement.body, current, names.inside(frame), inner, found)
            elif isinstance(statement, ast.If):
                branch = Branch(statement, truth(statement.condition, names))
                region.events.append(branch)
                arm = statement.then if branch.outcome else statement.other
                if arm is not None:
                    inner_names = names.inside(Frame(names.frame))
                    branch.region = Region(arm, current, inner_names.frame)
                    _bars(run, step, arm, current, inner_names, branch.region, found)
            elif isinstance(statement, ast.Let):
                bind_let(run, statement, names)
                region.events.append(Note(statement, names.frame))
            else:
                raise Mistake("E118", f"bars and steps do not mix in `{step.name.text}`", statement.span, hint="put the step behind a bar, or before or after the merge")
        except Mistake as mistake:
            run.report_mistake(mistake.at(statement.span))
            found.branches.append(Value(None))
            region.events.append(Note(statement, names.frame))
        except Silent:
            found.branches.append(Value(None))
            region.events.append(Note(statement, names.frame))


def _bar(run: Run, node: ast.Bar, current: Value | None, names: Names) -> BarEvent:
    """One bar: the step itself if it is one, its scope's own steps if it has a label, else a scope."""
    scope = names.frame.scope
    assert scope is not None
    event = BarEvent(node)
    scope.naming.bars += 1
    event.number = scope.naming.bars
    name = f"branch{event.number}"
    chain = node.chain
    labelled = naming.has_label(chain)
    if labelled or not naming.countable_steps(chain) or naming.is_single_step(chain):
        event.flow, event.value = run.chain(chain, current, names, None if labelled else name)
        return event
    link = Link(chain.links[0], names.frame)
    link.word = name
    sub, inner = run.scope("bar", name, node, current, names)
    sub.numbered = not naming.chain_is_named(chain, inner)
    flow, result = run.chain(chain, current, inner)
    region = Region(chain, current, inner.frame)
    region.events.append(flow)
    region.exit = result
    run.close(sub, region)
    link.what, link.output = sub, result
    link.inputs = [current] if current is not None else []
    scope.naming.add(link, name, _looped(names))
    event.link, event.value = link, result
    return event


def residual(run: Run, link: Link, step: ast.Call, target: Target, current: Value | None, names: Names) -> None:
    """`residual { body } shortcut { ... }`: body + shortcut, or body + what came in."""
    assert step.body is not None
    if current is None:
        raise nothing_flows("residual")
    adds = step.condition is None or truth(step.condition, names)
    scale, survival = (_form_number(target, n) for n in ("scale", "survival"))
    if survival is not None and not 0 < survival <= 1:
        raise Mistake("E112", f"`survival` is a probability above 0, not {survival}", _bound_span(target, "survival"))
    for clause in step.clauses:
        if clause.name.text != "shortcut" or clause is not step.clauses[0]:
            hint = "a residual has one `shortcut { ... }`" if clause.name.text == "shortcut" else "did you mean `shortcut`?"
            raise Mistake("E120", f"`{clause.name.text}` cannot follow the body of `residual`", clause.span, hint=hint)
        if clause.args:
            raise Mistake("E115", "`shortcut` takes no arguments", clause.args[0].span)
    if step.body.bars:
        raise Mistake("E118", "the body of `residual` has bars", step.body.span, hint="bars belong into a merge: `residual { concat { | ... | ... } }`")
    body = run.body(step.body, current, names.inside(Frame(names.frame)))
    found = Residual(body)
    found.adds, found.scale, found.survival = adds, scale, survival
    link.what = found
    link.inputs = [current]
    shortcut_value = current
    clause = step.clauses[0] if step.clauses else None
    if adds and clause is not None and (clause.condition is None or truth(clause.condition, names)):
        found.shortcut = run.body(clause.body, current, names.inside(Frame(names.frame)))
        assert found.shortcut.exit is not None
        shortcut_value = found.shortcut.exit
    if body.exit is None or body.exit.shape is None or shortcut_value.shape is None:
        raise Silent
    if adds and body.exit.shape != shortcut_value.shape:
        add = find("add")
        assert add is not None
        try:
            condition = add().condition(body.exit.shape, shortcut_value.shape)
        except Mistake:
            condition = None
        if condition is None:
            raise _unequal_residual(step, clause, found, body.exit.shape, shortcut_value.shape)
        under_condition(run, condition, "`residual` takes", step.name)
    link.output = Value(body.exit.shape, names.frame.scope, link.label)


def _unequal_residual(step: ast.Call, clause: ast.Clause | None, found: Residual, body: Shape, shortcut: Shape) -> Mistake:
    labels = []
    last = [e for e in found.body.events if isinstance(e, Flow)]
    if last:
        labels.append((last[-1].node.span, f"the body gives {body}"))
    if found.shortcut is not None and clause is not None:
        labels.append((clause.name.span, f"the shortcut gives {shortcut}"))
        return Mistake("E204", "body and shortcut of `residual` must have equal shapes", step.name.span, labels=labels)
    hint = f"what came in is {shortcut}; "
    if clause is not None:
        hint += f"the condition of `shortcut` is false here: {clause.condition.span.text if clause.condition else ''}"
    elif body.sides == shortcut.sides:
        hint += f"give it a projection: `}} shortcut {{ conv({body.channels}, 1x1) }}`"
    else:
        hint += "give it a `shortcut { ... }` that strides like the body"
    return Mistake("E204", "body and input of `residual` must have equal shapes", step.name.span, labels=labels, hint=hint)


def _form_number(target: Target, name: str) -> float | None:
    bound = target.bound.get(name)
    if bound is None:
        return None
    if isinstance(bound.value, bool) or not isinstance(bound.value, (int, float)):
        raise Mistake("E112", f"`{name}` of `{target.name}` must be a number, not {kind_of(bound.value)}", _bound_span(target, name))
    return bound.value


def _bound_span(target: Target, name: str) -> Span | None:
    node = target.bound[name].node
    return node.span if node is not None else None


def dense(run: Run, link: Link, step: ast.Call, target: Target, current: Value | None, names: Names) -> None:
    """`dense(n) { body }`: every iteration reads the concatenation of the input and all earlier outputs."""
    assert step.body is not None
    if current is None:
        raise nothing_flows("dense")
    if step.clauses or step.condition is not None:
        raise Mistake("E120", "`dense` has a body and nothing after it", (step.clauses[0] if step.clauses else step).span)
    if "count" not in target.bound:
        raise Mistake("E111", "`dense` needs how many times its body runs", step.name.span, hint="write `dense(6) { ... }`")
    count = target.bound["count"].value
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise Mistake("E112", f"`dense` needs a whole number, not {kind_of(count) if not isinstance(count, (int, float)) else count}", _bound_span(target, "count"))
    if step.body.bars:
        raise Mistake("E118", "the body of `dense` has bars", step.body.span, hint="bars belong into a merge")
    found = Dense()
    link.what = found
    link.inputs = [current]
    concat = find("concat")
    assert concat is not None
    scope = names.frame.scope
    for i in range(count):
        run.count(1, step.span)
        frame = Frame(names.frame, "repeat", iteration=i + 1)
        region = run.body(step.body, current, names.inside(frame))
        found.iterations.append(region)
        if region.exit is None or region.exit.shape is None or current.shape is None:
            raise Silent
        try:
            shape = concat().output(current.shape, region.exit.shape)
        except Mistake:
            raise Mistake(
                "E205",
                f"the body of `dense` gives {region.exit.shape}, which cannot be joined to {current.shape}",
                step.name.span,
                hint="the body must keep height and width: a 3x3 `conv` needs padding=1",
            ) from None
        current = Value(shape, scope)
        current.maker = link
    link.output = current


__all__ = ["FORM_PARAMETERS", "apply_layer", "call", "group", "inline"]
