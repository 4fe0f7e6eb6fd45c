"""Steps that are blocks or groups: an attribute and a call of it, with what it must be passed.

A group without weights is written out instead; a numbered one whose inner values are read is cut into
slices, `self.features[:23](x)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netdsl.backends.torch import blocks, groups
from netdsl.backends.torch.builder import Builder, Captured
from netdsl.backends.torch.chains import is_chain
from netdsl.backends.torch.given import target_of
from netdsl.backends.torch.loops import folded, loop_dependencies
from netdsl.backends.torch.modules import Made, always_sayable
from netdsl.backends.torch.scene import SymModule, Val, Var
from netdsl.backends.torch.symbols import At
from netdsl.code import expr as code
from netdsl.code.expr import Expr, ListOf, Literal
from netdsl.design import (
    Applied,
    Branch,
    Link,
    Loop,
    Scope,
    Shared,
)
from netdsl.walks import inner_value, links_of

if TYPE_CHECKING:
    from netdsl.backends.torch.flow import Walker


def module(w: Walker, links: list[Link], val: Val | None, at: At) -> Val:
    """A block or a group: an attribute and a call of it."""
    b = w.b
    here = _written_here(w, links, val, at) or _sliced(w, links, val, at)
    if here is not None:
        return here
    if isinstance(links[0].what, Scope) and links[0].what.kind == "block":
        made = blocks.block_call(b, links, val, at)
        arguments = block_arguments(w, links, val, at)
    else:
        made = groups.group_module(b, links, val, at)
        arguments = [w.var_of(val).expr] if val is not None and made.takes_input else []
        arguments += captured_arguments(w, made, at)
    w.attribute(links, made, at)
    outs = outputs_of(w, links, made, at)
    w.op(outs, w.call(links, at, arguments))
    return made.val


def outputs_of(w: Walker, links: Sequence[Link], made: Made, at: At) -> list[Var]:
    """Variables for what a module gives: its result, and inner values that are read from here."""
    places = made.places or tuple(range(1 + len(made.exports)))
    outs = [Var(branch=w.branch) for _ in range(max(places) + 1)]
    made.val.var = outs[places[0]]
    said = made.export_channels or (None,) * len(made.exports)
    for path, place, channels in zip(made.exports, places[1:], said):
        values = [link.exports.get(path) for link in links]
        if not all(v is not None for v in values):
            continue
        var = outs[place]
        var.label, var.tapped = path[-1], True
        known = made.val.channels if place == places[0] else channels
        taint = frozenset(taint_all(w))
        w.b.scene.know(Val(known, values, at.rows, taint, var))  # type: ignore[arg-type]
    return outs


def _written_here(w: Walker, links: list[Link], val: Val | None, at: At) -> Val | None:
    """A labelled merge or group that has no weights needs no class: its functions are written out."""
    b = w.b
    scopes = [link.scope for link in links if link.scope is not None]
    if b.is_list or any(
        s.kind == "block" or s.shared or s.weights or _has_modules(s) for s in scopes
    ):
        return None
    restore = b.snapshot()
    before, group = len(b.ctor), w.group
    inner = at.inside(at.rows.reframed([s.frame for s in scopes]))
    out = w.region(scopes[0].region.body, [s.region for s in scopes], val, inner)
    if len(b.ctor) > before or out is None:
        restore()
        w.group = group
        return None
    out = w.relocate(out, at)
    assert out is not None
    for path in b.emitter.exports_of_link(links):
        values = [link.exports.get(path) for link in links]
        inside = [inner_value(s, path) for s in scopes]
        if all(v is not None for v in values):
            found = w.resolve(at, inside)  # type: ignore[arg-type]
            b.scene.know(found.but(concretes=values, rows=at.rows, var=w.var_of(found)))
    return out


def captured_arguments(w: Walker, made: Made, at: At) -> list[Expr]:
    """What a class for a group must be passed of what stands around it."""
    found: list[Expr] = []
    for entry in made.helper or ():
        if entry.module is not None:
            found.append(module_expr(w, entry.module))
            continue
        val = w.resolve(at, entry.val.concretes)
        var = w.var_of(val)
        var.tapped = True
        found.append(var.expr)
    return found


def module_expr(w: Walker, module: SymModule) -> Expr:
    """A shared module as this class reaches it: its own attribute, or an argument of `forward`."""
    b = w.b
    own = b.instead.get(module.var.id)
    if own is not None:
        return own
    if any(var is module.var for var, _ in b.captured_inputs):
        return module.var.expr
    for entry in b.captured:
        if entry.module is not None and entry.module.var is module.var:
            return entry.var.expr
    var = Var(label=module.shared.name)
    b.captured.append(Captured(None, module, var, module.shared.name, "nn.Module"))
    return var.expr


def taint_all(w: Walker) -> set[str]:
    return {p.name for p in w.b.block().params}


def block_arguments(w: Walker, links: Sequence[Link], val: Val | None, at: At) -> list[Expr]:
    """What the call of a block passes: the running value and its value parameters."""
    target = target_of(at, links)
    template = w.b.emitter.template_of(links[0].scope)
    arguments = [w.var_of(val).expr] if val is not None and template.takes_input else []
    for argument in template.forward_params:
        arguments.append(_passed(w, target.bound[argument.source]))
    return arguments


def _passed(w: Walker, sym: Any) -> Expr:
    if isinstance(sym, Val):
        var = w.var_of(sym)
        var.tapped = True
        return var.expr
    if isinstance(sym, SymModule):
        return module_expr(w, sym)
    assert isinstance(sym, tuple)
    return ListOf(tuple(_passed(w, s) for s in sym))


def _sliced(w: Walker, links: list[Link], val: Val | None, at: At) -> Val | None:
    """A numbered group whose inner values are read: `self.features[:23](x)`."""
    scopes = [link.scope for link in links if link.scope is not None]
    exports = w.b.emitter.exports_of_link(links)
    if not exports or val is None or scopes[0].kind == "block":
        return None
    if any(len(path) > 1 for path in exports) or not all(is_chain(w.b.emitter, s) for s in scopes):
        return None
    cuts: list[tuple[int, tuple[str, ...]]] = []
    for path in exports:
        places = [_position(s, path[0]) for s in scopes]
        if any(p is None for p in places) or len(set(places)) > 1:
            return None
        cuts.append((places[0], path))  # type: ignore[arg-type]
    made = groups.sequential(w.b, links, scopes, val, at)
    read = _dependencies(w.b, made)
    w.attribute(links, made, at)
    w.b.scene.wanted |= _position_dependencies(w, scopes, at)
    cuts.sort(key=lambda c: c[0])
    child = w.child(links, at)
    x = w.var_of(val).expr
    start: int | None = None
    for place, path in cuts:
        var = Var(label=path[-1])
        var.tapped = True
        if start is None or place > start:
            piece = code.Subscript(
                child, code.Range(None if start is None else Literal(start), Literal(place))
            )
            w.op([var], code.Call(piece, (x,)))
        x = var.expr
        start = place
        values = [link.exports.get(path) for link in links]
        if all(v is not None for v in values):
            inside = [v for s in scopes if (v := inner_value(s, path)) is not None]
            found = w.b.scene.peek(at.rows.reframed([s.frame for s in scopes]), inside)
            cut = Val(None, values, at.rows, made.val.taint, var, read)  # type: ignore[arg-type]
            if found is not None and found.channels is not None:
                said = w.b.spelled_out(found.channels)
                cut.channels = said if always_sayable(w.b, said) else None
            w.b.scene.know(cut)
    made.val.var = Var(branch=w.branch)
    total = len(scopes[0].children)
    if start is not None and start >= total:
        made.val.var = var
        return made.val
    piece = code.Subscript(child, code.Range(Literal(start), None))
    w.op([made.val.var], code.Call(piece, (x,)))
    return made.val


def _dependencies(b: Builder, made: Made) -> frozenset[str]:
    """The parameters on which anything in a module depends."""
    return b.below({*made.expr.names, *(n for s in made.before for n in s.reads())})


def _position_dependencies(w: Walker, scopes: Sequence[Scope], at: At) -> set[str]:
    """The places of modules depend on every loop and condition of the group."""
    found: set[str] = set()
    for event in scopes[0].region.events:
        if isinstance(event, Loop):
            found |= loop_dependencies(w.b, event.node, at)
        elif isinstance(event, Branch):
            folded(w.b, event.node.condition, at)
    return found


def _has_modules(scope: Scope) -> bool:
    """Whether something in a scope can only be a module: weights, dropout."""
    for link in links_of(scope.region):
        what = link.what
        if isinstance(what, Applied) and what.layer.module_only:
            return True
        if isinstance(what, (Scope, Shared)):
            return True
    return False


def _position(scope: Scope, label: str) -> int | None:
    """How many modules of a numbered chain stand up to a labelled step, itself included."""
    target = scope.labels.get(label)
    if target is None:
        return None
    for index, link in enumerate(scope.children.values(), 1):
        if link is target:
            return index
    return None
