"""`module tower = ...`: one module whose every use shares weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.design import (
    Applied,
    Link,
    Scope,
    Shared,
    SharedModule,
    Value,
)
from netdsl.diagnostics import Mistake
from netdsl.elaborate import naming
from netdsl.elaborate.alike import unlike
from netdsl.elaborate.names import (
    Names,
)
from netdsl.elaborate.values import (
    Silent,
)
from netdsl.source import Span

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run

from netdsl.elaborate.applying import nothing_flows
from netdsl.elaborate.steps import chain_as_step
from netdsl.walks import Around, modules_used, outer_reader


def use_shared(
    run: Run, link: Link, shared: SharedModule, current: Value | None, names: Names
) -> None:
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
    _check_alone(shared, use)
    assert shared.link is not None
    first = shared.link
    if first.what is None:
        first.what, first.inputs, first.output, first.word = (
            use.what,
            use.inputs,
            use.output,
            use.word,
        )
    else:
        from netdsl.totals import tensors_of

        labels = [(_node_span(shared.uses[0]), "first used here")] if shared.uses else []
        mine, theirs = tensors_of(use), tensors_of(first)
        if mine != theirs and run.guesses.of(*first.inputs):
            raise Silent  # its first use may have been for another shape
        if mine != theirs:
            different = next((n for n in theirs if mine.get(n) != theirs[n]), next(iter(mine), ""))
            raise Mistake(
                "E206",
                f"module `{shared.name}` cannot take {current.shape.said}: its weights were made for {first.inputs[0].shape.said}",
                labels=labels,
                hint=f"`{different}` is {_shown(theirs.get(different))} there and would be {_shown(mine.get(different))} here",
            )
        hint = (
            "all uses of a module are one: give it steps that do not depend on height or width, "
            "or make it a block above the net, which is made anew for every use"
        )
        refusal = unlike(run, f"module `{shared.name}`", use, first, hint, labels)
        if refusal is not None:
            raise Silent if run.guesses.of(*first.inputs) else refusal
    what = use.what
    assert isinstance(what, (Scope, Applied))
    link.what = Shared(shared, what if isinstance(what, Scope) else what.layer)
    link.inputs = [current]
    link.output = Value(
        use.output.shape if use.output is not None else None, names.frame.scope, link.label
    )
    shared.uses.append(link)


def _check_alone(shared: SharedModule, use: Link) -> None:
    """Refuse a module that reads more than what flows in: other places could not give it that."""
    if isinstance(use.what, Scope) and use.what.outer is not None:
        reader = outer_reader(use.what)
    else:
        module = next(iter(modules_used(use)), None)
        reader = Around(use, module) if module is not None or len(use.inputs) > 1 else None
    if reader is None:
        return
    name, module = shared.name, reader.module
    place = shared.node.span if reader.link is use else reader.link.node.span
    if module is None:
        message = f"module `{name}` reads values from around it"
        hint = (
            f"a module is a function of what flows into it; a block can be given more: `block {name}(x) "
            "{ ... }`, but each use of it has weights of its own"
        )
        raise Mistake("E140", message, place, hint=hint)
    message = f"module `{name}` uses module `{module.name}`, which is no part of it"
    labels = [(module.node.name.span, "defined here")]
    hint = (
        f"move `module {module.name} = ...` into the braces of `{name}`, as their first line: it is "
        f"a part of `{name}` then, and of nothing else"
    )
    raise Mistake("E140", message, place, labels=labels, hint=hint)


def _node_span(link: Link) -> Span:
    return link.node.span


def _shown(shape: tuple[int, ...] | None) -> str:
    return "missing" if shape is None else "x".join(map(str, shape)) or "a number"
