"""The end of every class: its constructor and parameters are settled, and what callers must know."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.docs import shape_lines, text_of
from netdsl.backends.torch.names import distinct
from netdsl.backends.torch.row_values import row_values
from netdsl.backends.torch.scene import FREE, INPUT, Val
from netdsl.backends.torch.symbols import At
from netdsl.backends.torch.template import Param, annotation_of
from netdsl.backends.torch.tidy import inline_once, names_in_text_order, without_unused
from netdsl.code import expr as code
from netdsl.code.change import renamed
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.stmt import Do, needed
from netdsl.design import Scope


def close(b: Builder, scopes: Sequence[Scope], val: Val | None, result: Val | None, at: At) -> Val:
    """Drop what is not used, find out what callers must know, write the documentation."""
    template = b.template
    if template.base != "nn.Sequential":  # that one says what it holds in the call itself
        b.ctor.insert(0, Do(code.call(code.Attribute(code.call("super"), "__init__"))))
    if b.is_list:
        template.base = "nn.ModuleList"
    template.ctor = without_unused(inline_once(b.ctor, b), b)
    if b.outer is not None:
        said = result.channels if result is not None else None
        _take_free_names(b, needed(template.ctor), said.names if said is not None else frozenset())
    template.fixed_sides = b.fixed_sides or INPUT in b.scene.wanted
    reads = needed(template.ctor)
    # As Python wants it; a default that callers must compute is none.
    template.params = sorted(b.params, key=lambda p: p.default is not None)
    template.kept = [p for p in template.params if p.name in reads]
    out = result.channels if result is not None else None
    out = None if out is None else in_own_words(b, out, result, at)
    template.out_channels = None if out is None else _shown(code.rename(out, b.passed))
    template.doc = [*text_of(b, scopes[0]), *shape_lines(b, scopes, val, result)]
    final = result if result is not None else val
    assert final is not None
    return Val(out, final.concretes, final.rows, final.taint, final.var)


def _shown(channels: Expr) -> Expr | None:
    """Channels as the documentation says them: a name from around says nothing there."""
    return None if any(n.startswith(FREE) for n in channels.names) else channels


def _take_free_names(b: Builder, reads: frozenset[str], kept: frozenset[str]) -> None:
    """Names from around that the constructor of a helper reads become its parameters. Its own ones
    give their names up, unless they are read too or say (`kept`) what channels come out."""
    b.params = [p for p in b.params if p.name in reads or p.name in kept]
    taken = {p.name for p in b.params}
    taken |= {n for s in b.template.ctor for n in s.binds()}
    taken |= kept  # a variable that says what comes out may be read by nobody here
    names: dict[str, Expr] = {}
    for name in dict.fromkeys(names_in_text_order(b.template.ctor)):
        if name.startswith(FREE):
            own = distinct(name.lstrip(FREE), taken)
            taken.add(own)
            names[name] = Name(own)
            b.params.append(Param(own, "free", name[1:], _annotation_of_name(b, name)))
    if names:
        b.template.ctor = [renamed(s, names) for s in b.template.ctor]
        b.passed = names


def _annotation_of_name(b: Builder, name: str) -> str:
    source = b.origin(name)
    try:
        return "int" if source is None else annotation_of([f.find(source) for f in b.rows.frames])
    except KeyError:
        return "int"


def in_own_words(b: Builder, out: Expr, result: Val | None, at: At) -> Expr | None:
    """The channels of the result in terms of the constructor's parameters."""
    out = b.spelled_out(out)
    own = {p.name for p in b.params}
    if all(n in own or n.startswith(FREE) or not b.is_local(n) for n in out.names):
        return out
    if result is None:
        return None
    wanted = [v.shape.channels for v in result.concretes if v.shape is not None]
    for p in b.params:
        if p.role == "free" and len(set(wanted)) == 1:
            continue  # a parameter of the class around: that it is the same number says nothing
        candidates: list[Expr] = [Name(p.name)]
        if p.annotation.startswith("Sequence"):
            candidates = [
                code.Subscript(Name(p.name), Literal(-1)),
                code.Subscript(Name(p.name), Literal(0)),
            ]
        for candidate in candidates:
            if row_values(b, candidate, at) == wanted:
                return candidate
    return None
