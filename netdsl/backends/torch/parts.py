"""Pieces that constructors are made of: the module of a step, keys, loops' headers, lets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from netdsl.backends.torch.arguments import with_arguments
from netdsl.backends.torch.given import given_to, layer_of, taint_of, target_of
from netdsl.backends.torch.names import distinct, safe
from netdsl.backends.torch.rows import Differ, Rows
from netdsl.backends.torch.scene import Env, Sym, SymTarget, Val, concrete
from netdsl.backends.torch.symbols import At
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.stmt import Assign, Augment, Statement
from netdsl.design import Applied, Frame, Inlined, Link, Region, Scope, Value
from netdsl.elaborate.values import Silent
from netdsl.layers.base import Given, Layer
from netdsl.record import Record
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.backends.torch.builder import Builder


FEW_TRIPS = 8  # rounds of a loop that are rather written out


class Made(Record):
    """The module of a step: its constructor call, what it gives, statements that come first."""

    expr: Expr
    val: Val
    before: tuple[Statement, ...] = ()
    sets: tuple[Statement, ...] = ()
    layer: Layer | None = None
    given: Given | None = None
    helper: Any = None  # values that forward must pass beside the running one
    exports: tuple[tuple[str, ...], ...] = ()
    places: tuple[int, ...] = ()  # which of the returned values the result and each export are
    takes_input: bool = True


# ------------------------------------------------------------------------------------------ modules
def module_of(b: Builder, links: Sequence[Link], val: Val, at: At) -> Made | None:
    """The module that a step is, for all rows; None for `identity`."""
    from netdsl.backends.torch import groups

    kinds = [_kind(link) for link in links]
    if any(k != kinds[0] for k in kinds):
        raise Differ(at.rows, kinds, "different layers")
    what = links[0].what
    if isinstance(what, Applied):
        if what.layer.word == "identity":
            return None
        return layer_module(b, links, val, at)
    if isinstance(what, Scope) and what.kind == "block":
        return groups.block_call(b, links, val, at)
    if isinstance(what, Scope):
        return groups.group_module(b, links, val, at)
    raise TypeError(f"{type(what).__name__} is no module")


def _kind(link: Link) -> Any:
    what = link.what
    if isinstance(what, Applied):
        return ("layer", what.layer.word)
    if isinstance(what, Scope):
        return (what.kind, what.numbered)
    return type(what).__name__


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
    if layer.inplace and all(b.emitter.readers.may_overwrite(link, _owner(link)) for link in links):
        call = code.Call(call.function, call.positional, (*call.named, ("inplace", Literal(True))))
    out, call_expr, sets = named_channels(b, layer_channels(layer, given, links), call, at)
    result = result_val(b, links, out, at, taint_of(b, layer, given, val))
    return Made(call_expr, result, (), tuple(sets), layer, given)


def _owner(link: Link) -> Scope:
    owner = link.frame.scope
    assert owner is not None
    return owner


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


def named_channels(
    b: Builder, channels: Expr | None, call: Expr, at: At
) -> tuple[Expr | None, Expr, list[Statement]]:
    """Channels that are computed by a function get a name first, and are computed once."""
    if (
        channels is None
        or not _has_call(channels)
        or replace_text(call, channels, Name("_")) == call
    ):
        return channels, call, []
    wanted = "last_channels" if "channels" in b.locals else "channels"
    name = b.fresh_at("out_channels" if at.looping else wanted, at)
    b.deps[name] = b.dependencies(channels)
    b.meanings[name] = channels
    return Name(name), replace_text(call, channels, Name(name)), [Assign(name, channels)]


def _has_call(expr: Expr) -> bool:
    return isinstance(expr, code.Call) or any(_has_call(p) for p in expr.parts())


def replace_text(expr: Expr, old: Expr, new: Expr) -> Expr:
    if expr == old:
        return new
    return expr.map(lambda part: replace_text(part, old, new))


# --------------------------------------------------------------------------------------------- keys
def key_expr(b: Builder, links: Sequence[Link], at: At) -> Expr:
    """The name of a step in its scope: a constant, or computed in a loop."""
    keys = [link.key or "" for link in links]
    if all(k == keys[0] for k in keys):
        return Literal(keys[0])
    node = links[0].node
    label = node.label if isinstance(node, (ast.Link, ast.Aux)) else None
    if label is not None and links[0].label == links[0].key:
        if label.plain is None:
            pieces: list[str | Expr] = [
                p if isinstance(p, str) else at.expr(p) for p in label.parts
            ]
            return code.text_of(pieces)
        return code.text_of([label.plain, _round_number(b, at) + 1])
    return _numbered_key(b, keys, at)


def _round_number(b: Builder, at: At) -> Expr:
    """The number of the round, from 0, of the innermost loop."""
    found = at.env.find("round ")
    if not isinstance(found, Expr):
        raise Differ(at.rows, list(range(len(at.rows))), "the number of the round is not known")
    return found


def _round_of_frame(frame: Frame) -> int:
    """The round, from 1, of the innermost loop around a frame of the same scope."""
    at: Frame | None = frame
    while at is not None and at.kind not in ("repeat", "for"):
        if at.kind == "scope":
            return 0
        at = at.host if at.kind == "inline" else at.parent
    return at.iteration if at is not None else 0


def _numbered_key(b: Builder, keys: Sequence[str], at: At) -> Expr:
    """`unit1`, `unit2`, ...: the word and a number that grows evenly with the rounds."""
    word = keys[0].rstrip("0123456789")
    rounds = [_round_of_frame(f) for f in at.rows.frames]
    try:
        numbers = [int(k[len(word) :]) for k in keys]
    except ValueError:
        raise Differ(at.rows, list(keys), "names without a rule") from None
    if any(not k.startswith(word) for k in keys) or at.rows.base.parent is None:
        raise Differ(at.rows, list(keys), "names without a rule")
    pairs = sorted(set(zip(rounds, numbers)))
    steps = {b - a for (_, a), (_, b) in pairwise(pairs)}
    if len({r for r, _ in pairs}) != len(pairs) or len(steps) > 1:
        raise Differ(at.rows, list(keys), "names without a rule")
    step = steps.pop() if steps else 1
    first = pairs[0][1] - step * (pairs[0][0] - 1)
    return code.text_of([word, step * _round_number(b, at) + first])


# --------------------------------------------------------------------------------------------- lets
def let(b: Builder, node: ast.Let, at: At) -> list[Statement]:
    """A `let` with a number becomes a variable, unless it is one already; others are just known."""
    name = node.name.text
    try:
        found = at.sym(node.value)
    except Differ:
        if _are_values(at.values_of(node.value)[0]):
            return []  # a value that nobody reads from here is not known here
        raise
    if isinstance(found, tuple) and all(isinstance(f, Expr) for f in found):
        found = code.sequence(found)
    if not isinstance(found, Expr) or isinstance(found, (Literal, Name)):
        at.env.names[name] = found
        return []
    wanted = safe(name)
    python = b.fresh_at(wanted, at) if b.origins.get(wanted) == name else b.fresh(wanted)
    b.origins[python] = name
    b.deps[python] = b.dependencies(found)
    b.meanings[python] = found
    at.env.names[name] = Name(python)
    return [Assign(python, found)]


def inlined(b: Builder, links: Sequence[Link], val: Val | None, at: At) -> tuple[At, list[Region]]:
    """The place inside an inlined block: its parameters are the caller's expressions."""
    what = links[0].what
    assert isinstance(what, Inlined)
    node = links[0].node
    assert isinstance(node, ast.Link) and isinstance(node.step, ast.Inline)
    step = node.step
    definition = what.definition
    target = at.env.find(step.name.text)
    base = target if isinstance(target, SymTarget) else SymTarget(definition, {}, frozenset())
    full = with_arguments(base, step.args, partial(_if_read, at))
    regions = [link.what.region for link in links]  # type: ignore[union-attr]
    rows = at.rows.reframed([r.frame for r in regions])
    env = Env()
    inner = at.inside(rows, env)
    inner.file, inner.input = definition.file, val
    for param in definition.params:
        name = param.name.text
        if name not in full.bound:
            assert param.default is not None
            env.names[name] = inner.sym(param.default)
        elif full.bound[name] is not UNREAD:
            env.names[name] = full.bound[name]
    return inner, regions


UNREAD = Literal(None)  # an argument that is a value which nobody reads


def _if_read(at: At, node: ast.Expr) -> Sym:
    """An argument of an inlined block; a value that is not known here is looked up where it is read."""
    try:
        return at.sym(node)
    except Differ:
        if _are_values(at.values_of(node)[0]):
            return UNREAD
        raise


def _are_values(found: Any) -> bool:
    found = concrete(found)
    return isinstance(found, Value) or (
        isinstance(found, tuple) and any(_are_values(f) for f in found)
    )


# -------------------------------------------------------------------------------------------- loops
def loop_header(
    b: Builder, node: ast.For | ast.Repeat, at: At, inner: At
) -> tuple[tuple[str, ...], Expr]:
    """The variables of a loop and what it goes through. `round` is known inside, if it has a name."""
    if isinstance(node, ast.Repeat):
        count = at.expr(node.count)
        name = loop_name(b, "i", at)
        inner.loops = (*at.loops, name)
        inner.env.names["round "] = Name(name)
        b.deps[name] = b.dependencies(count)
        return (name,), code.call("range", count)
    iterable = at.sym(node.iterable)
    if not isinstance(iterable, Expr):
        raise Differ(inner.rows, list(range(len(inner.rows))), "a loop over values")
    targets = []
    parts = _component_dependencies(b, iterable, len(node.names))
    for target, deps in zip(node.names, parts):
        python = loop_name(b, safe(target.text), at, target.text)
        inner.env.names[target.text] = Name(python)
        b.origins[python] = target.text
        b.deps[python] = deps
        targets.append(python)
    inner.loops = (*at.loops, *targets)
    counter = _round_of(iterable, targets)
    if counter is not None:
        inner.env.names["round "] = counter
    return tuple(targets), iterable


def loop_name(b: Builder, wanted: str, at: At, source: str | None = None) -> str:
    """A loop's variable: a name of a loop that has ended may be taken again."""
    taken = {n for n in b.locals if n not in b.loop_names} | set(at.loops)
    taken |= {n for n, o in b.origins.items() if o != source}
    names = [wanted, "j", "k", "m", "n"] if source is None else [wanted]
    name = next((n for n in names if n not in taken), None) or distinct(wanted, taken)
    b.locals.add(name)
    b.loop_names.add(name)
    return name


def _round_of(iterable: Expr, targets: Sequence[str]) -> Expr | None:
    """The number of the round in terms of the loop's variables, where they tell it."""
    if isinstance(iterable, code.Call):
        if iterable.function.text == "range" and len(iterable.positional) == 1:
            return Name(targets[0])
        if iterable.function.text == "enumerate":
            return Name(targets[0])
    return None


def _component_dependencies(b: Builder, iterable: Expr, count: int) -> list[frozenset[str]]:
    """What each variable of a loop depends on: of `zip((64, 128), depths)` only the second on `depths`."""
    if (
        isinstance(iterable, code.Call)
        and iterable.function.text == "zip"
        and len(iterable.positional) == count
    ):
        return [b.dependencies(p) for p in iterable.positional]
    if isinstance(iterable, code.Call) and iterable.function.text == "enumerate" and count == 2:
        return [frozenset(), b.dependencies(iterable)]
    return [b.dependencies(iterable)] * count


def loop_dependencies(b: Builder, node: ast.For | ast.Repeat, at: At) -> frozenset[str]:
    through = node.count if isinstance(node, ast.Repeat) else node.iterable
    first = at.values_of(through)[0]
    if isinstance(first, tuple) and first and isinstance(concrete(first[0]), Value):
        return frozenset()
    found = at.sym(through)
    return b.dependencies(found) if isinstance(found, Expr) else frozenset()


def count_of(iterable: Expr) -> Expr:
    """n of `range(n)`."""
    return iterable.positional[0] if isinstance(iterable, code.Call) else iterable


def bind_round(b: Builder, node: ast.For | ast.Repeat, j: int, inner: At, at: At) -> None:
    """The names of a loop in its round `j`, which is written out."""
    inner.env.names["round "] = Literal(j)
    if isinstance(node, ast.Repeat):
        return
    entry = _entry(at, node.iterable, j)
    if len(node.names) == 1:
        values: Sequence[Sym | None] = [entry]
    elif isinstance(entry, Literal) and isinstance(entry.value, tuple):
        values = [Literal(v) for v in entry.value]
    elif isinstance(entry, code.Tuple):
        values = entry.items
    elif isinstance(entry, tuple):
        values = entry
    elif isinstance(entry, Expr):
        values = [code.subscript(entry, Literal(k)) for k in range(len(node.names))]
    else:
        values = [None] * len(node.names)
    for target, value in zip(node.names, values):
        if value is None:
            found = [f.find(target.text) for f in inner.rows.frames]
            if isinstance(concrete(found[0]), Value):
                continue  # looked up where it is read
            value = inner.from_value(inner.rows.uniform(found, target.text))
        inner.env.names[target.text] = value


def _entry(at: At, node: ast.Expr, j: int) -> Sym | None:
    """Entry `j` of what a loop goes through, as an expression; None if only its value is known."""
    if isinstance(concrete(at.values_of(node)[0][j]), Value):
        return None
    if isinstance(node, ast.ListLiteral):
        return at.sym(node.items[j])
    if (
        isinstance(node, ast.Apply)
        and isinstance(node.of, ast.Ref)
        and at.env.find(node.of.name) is None
    ):
        name = node.of.name
        arguments = [a.value for a in node.args]
        if name == "zip":
            entries = [_entry(at, a, j) for a in arguments]
            return None if any(e is None for e in entries) else tuple(entries)
        if name == "enumerate":
            entry = _entry(at, arguments[0], j)
            return None if entry is None else (Literal(j), entry)
        if name == "range" and len(arguments) == 1:
            return Literal(j)
        if name == "reversed":
            lengths = [len(v) for v in at.values_of(arguments[0])]
            if len(set(lengths)) == 1:
                return _entry(at, arguments[0], lengths[0] - 1 - j)
    found = at.sym(node)
    if isinstance(found, Literal) and isinstance(found.value, tuple):
        return Literal(found.value[j])
    if isinstance(found, code.Tuple):
        return found.items[j]
    if isinstance(found, tuple):
        return found[j]
    if isinstance(found, Name):
        return code.subscript(found, Literal(j))
    return None


def folded(b: Builder, condition: ast.Expr, at: At) -> None:
    """A condition with one outcome is not emitted: what it depends on is no free parameter of a net."""
    try:
        expr = at.sym(condition)
    except (Differ, KeyError, TypeError, LookupError, ArithmeticError, Silent):
        return
    if isinstance(expr, Expr):
        b.scene.wanted |= b.dependencies(expr)


def relocated(val: Val, rows: Rows) -> Val:
    """The same value, known in enclosing rows (where each has one inner row)."""
    if val.rows.base is rows.base:
        return val
    return Val(val.channels, val.concretes, rows, val.taint, val.var)


def settled(b: Builder, channels: Expr, exits: Sequence[Value], at: At, every: bool) -> Expr:
    """Channels after a loop: a number, if no parameter of the class can change it."""
    numbers = {v.shape.channels for v in exits if v.shape is not None}
    if every and len(numbers) == 1 and not b.dependencies(channels) and len(exits) == len(at.rows):
        return Literal(numbers.pop())
    return channels


def assign_channels(name: str, value: Expr) -> Statement:
    """`channels = width`, or `channels += growth`."""
    if isinstance(value, code.Op) and value.op == "+" and value.left == Name(name):
        return Augment(name, "+", value.right)
    return Assign(name, value)
