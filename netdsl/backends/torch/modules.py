"""The module of a step: its constructor call, and the channels that it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.changed import same_edits
from netdsl.backends.torch.given import given_to, layer_of, taint_of, target_of
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import FREE, Val
from netdsl.backends.torch.symbols import At
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.stmt import Assign, Statement
from netdsl.design import Applied, Link, Scope
from netdsl.layers.base import Given, Layer
from netdsl.record import Record


class Made(Record):
    """The module of a step: its constructor call, what it gives, statements that come first."""

    expr: Expr
    val: Val
    before: tuple[Statement, ...] = ()
    sets: tuple[Statement, ...] = ()
    layer: Layer | None = None
    helper: Any = None  # values that forward must pass beside the running one
    exports: tuple[tuple[str, ...], ...] = ()
    places: tuple[int, ...] = ()  # which of the returned values the result and each export are
    export_channels: tuple[Expr | None, ...] = ()
    takes_input: bool = True


def module_of(b: Builder, links: Sequence[Link], val: Val, at: At) -> Made | None:
    """The module that a step is, for all rows; None for `identity`."""
    from netdsl.backends.torch import blocks, groups

    kinds = [_kind(link) for link in links]
    if any(k != kinds[0] for k in kinds):
        raise Differ(at.rows, kinds, "different layers")
    same_edits(links, at)
    what = links[0].what
    if isinstance(what, Applied):
        if what.layer.passes:
            return _placeholder(links, val)
        return layer_module(b, links, val, at)
    if isinstance(what, Scope) and what.kind == "block":
        return blocks.block_call(b, links, val, at)
    if isinstance(what, Scope):
        return groups.group_module(b, links, val, at)
    raise TypeError(f"{type(what).__name__} is no module")


def _placeholder(links: Sequence[Link], val: Val) -> Made | None:
    """What stands for a dropped step that keeps its number; nothing for one without, and `identity`."""
    return None if links[0].key is None else Made(code.call("nn.Identity"), val)


def _kind(link: Link) -> Any:
    what = link.what
    if isinstance(what, Applied):
        return ("layer", what.layer.word, what.layer.form)
    if isinstance(what, Scope):
        return (what.kind, what.numbered)
    return type(what).__name__


# ------------------------------------------------------------------------------------------ layers
def layer_parts(b: Builder, links: Sequence[Link], val: Val, at: At) -> tuple[Layer, Given]:
    """A layer and what it says about itself in the code."""
    layer = layer_of(links[0])
    given = given_to(b, at, target_of(at, links), links, [val])
    if isinstance(getattr(layer, "padding", None), str):
        # Where no formula holds, a layer says its own numbers for "full" and "same".
        modules = [layer_of(link).module(given) for link in links]
        said = [m.text for m in modules if m is not None]
        if len(set(said)) > 1:
            raise Differ(at.rows, said, "the padding differs")
    return layer, given


def layer_module(b: Builder, links: Sequence[Link], val: Val, at: At) -> Made:
    layer, given = layer_parts(b, links, val, at)
    call = layer.module(given)
    if call is None:
        raise TypeError(f"{layer.word} is no module")
    channels, expr, sets = named_channels(
        b, layer_channels(layer, given, links), in_place(b, layer, links, call), at
    )
    result = result_val(b, links, channels, at, taint_of(b, layer, given, val))
    return Made(expr, result, (), tuple(sets), layer)


def in_place(b: Builder, layer: Layer, links: Sequence[Link], call: Expr) -> Expr:
    """The call of a layer with `inplace=True`, where nobody else needs what it overwrites."""
    if not layer.inplace or not isinstance(call, code.Call):
        return call
    if not all(b.emitter.overwriting.may_overwrite(link, _owner(link)) for link in links):
        return call
    return code.Call(call.function, call.positional, (*call.named, ("inplace", Literal(True))))


def _owner(link: Link) -> Scope:
    owner = link.frame.scope
    assert owner is not None
    return owner


# ---------------------------------------------------------------------------------------- channels
def layer_channels(layer: Layer, given: Given, links: Sequence[Link]) -> Expr | None:
    """The channels that a layer gives. A number of its own (`reshape`'s) may be another in other rows."""
    channels = layer.out_channels(given)
    if isinstance(channels, Literal) and channels != given.in_channels:
        shapes = [link.output.shape for link in links if link.output is not None]
        if any(s is not None and s.channels != channels.value for s in shapes):
            return None
    return channels


def result_val(
    b: Builder, links: Sequence[Link], channels: Expr | None, at: At, taint: frozenset[str]
) -> Val:
    """What a step gives."""
    concretes = [link.output for link in links]
    return b.scene.know(Val(channels, concretes, at.rows, taint))  # type: ignore[arg-type]


def said_channels(b: Builder, channels: Expr | None, known: Mapping[str, Expr]) -> Expr | None:
    """Channels in words of another class, in those of this one, if it has them."""
    if channels is None:
        return None
    free = {n: Name(n[1:]) for n in channels.names if n.startswith(FREE)}
    said = code.rename(channels, {**known, **free})
    return said if sayable(b, said) else None


def sayable(b: Builder, expr: Expr) -> bool:
    """Whether the constructor can say an expression: it knows every name in it."""
    return all(b.is_local(n) or _is_function(n) for n in expr.names)


def always_sayable(b: Builder, expr: Expr) -> bool:
    """Whether an expression is the same anywhere in the constructor: a variable may have another value later."""
    known = {p.name for p in b.params}
    return all(n in known or _is_function(n) for n in expr.names)


def _is_function(name: str) -> bool:
    functions = ("int", "min", "max", "round", "abs", "len", "sum", "make_divisible")
    return name in functions or name.startswith("math.")


def named_channels(
    b: Builder, channels: Expr | None, call: Expr, at: At
) -> tuple[Expr | None, Expr, list[Statement]]:
    """Channels that are computed by a function get a name first, and are computed once."""
    if channels is None or not _has_call(channels) or _replaced(call, channels, Name("_")) == call:
        return channels, call, []
    wanted = "last_channels" if "channels" in b.locals else "channels"
    name = b.fresh_at("out_channels" if at.looping else wanted, at)
    b.deps[name] = b.dependencies(channels)
    b.meanings[name] = channels
    return Name(name), _replaced(call, channels, Name(name)), [Assign(name, channels)]


def _has_call(expr: Expr) -> bool:
    return isinstance(expr, code.Call) or any(_has_call(p) for p in expr.parts())


def _replaced(expr: Expr, old: Expr, new: Expr) -> Expr:
    if expr == old:
        return new
    return expr.map(lambda part: _replaced(part, old, new))
