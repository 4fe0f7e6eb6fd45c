"""Slips in the heads of definitions and statements: what stands between their word and their body."""

from __future__ import annotations

from netdsl.syntax.place import Fix, Found, Place

BODIES = (
    "net",
    "block",
    "aux",
    "for",
    "repeat",
    "if",
    "residual",
    "dense",
    "init",
    "meta",
    "keys",
    "head",
)
NAMED = (["NET", "NAME"], ["BLOCK", "NAME"])


def _words(p: Place) -> list[str]:
    """The kinds of what stands before this place in its statement."""
    return [t.type for t in p.statement[:5]]


def brace_below(p: Place) -> Found | None:
    """A body whose `{` stands on the next line."""
    if p.type != "_NL" or "LBRACE" not in p.accepts or p.kind(p.index + 1) != "LBRACE":
        return None
    word = p.word(p.start)
    if word not in BODIES:
        return None
    hint = f"write `{p.shown(p.start, p.index)} {{`"
    message = f"the `{{` of a body stands on the line of its `{word}`"
    return p.says("E024", message, hint, p.index + 1, Fix(p.index, p.index + 1))


def base_class(p: Place) -> Found | None:
    """`net Tiny(nn.Module) {`, `net Tiny: Module {`."""
    named = _words(p)[:2] in NAMED
    if _words(p) in NAMED and (p.type == "COLON" or p.text == "extends"):
        if [p.kind(p.index + 1), p.kind(p.index + 2)] != ["NAME", "LBRACE"]:
            return None
        hint = f"write `{p.shown(p.start, p.index)} {{ ... }}`"
        fix = Fix(p.index, p.index + 2)
        return p.says("E021", f"a {p.word(p.start)} has no base class", hint, p.index + 1, fix)
    if p.type != "DOT" or not named or _words(p)[2:] != ["LPAR", "NAME"]:
        return None
    stop = p.index
    while p.kind(stop) not in ("RPAR", "_NL", "LBRACE", "$END"):
        stop += 1
    fix = Fix(p.start + 2, stop + 1) if p.kind(stop) == "RPAR" else None
    word = p.word(p.start)
    hint = f"write `{word} {p.word(p.start + 1)} {{ ... }}`"
    if p.kind(p.index + 2) == "COMMA":  # parameters follow
        fix, hint = Fix(p.start + 3, p.index + 3), "leave it out"
    return p.says("E021", f"a {word} has no base class", hint, p.index - 1, fix)


def definition(p: Place) -> Found | None:
    """`block u(w) = conv(w, 3x3)`, `block u w {`, `extern C(k) -> ...`, `m: module conv(8, 3x3)`."""
    word, name = p.kind(p.start), p.word(p.start + 1)
    if word == "EXTERN" and p.index == p.start + 1 and p.type == "NAME":
        hint = f"write `extern layer {p.first_word(p.index)}`"
        fix = p.insert("LAYER", "layer", p.index)
        return p.says("E021", "`layer` is missing after `extern`", hint, fix=fix)
    stop = p.stop
    if p.type == "EQUAL" and "LBRACE" in p.accepts and p.kind(p.index + 1) == "LBRACE":
        hint = f"leave it out: `{p.shown(p.start, p.index)} {{`"
        return p.says("E024", "no `=` stands before a body", hint, fix=Fix(p.index, p.index + 1))
    if word == "BLOCK" and p.type == "EQUAL" and not p.in_brackets() and p.kind(stop) == "_NL":
        head, body = p.shown(p.start, p.index), p.shown(p.index + 1, stop)
        if any(p.kind(i) == "IF" for i in range(p.index, stop)):
            return p.says("E024", "a body stands in braces", f"write `{head} {{ ... }}`")
        tokens = [p.new("LBRACE", "{", p.index), *p.tokens[p.index + 1 : stop]]
        fix = Fix(p.index, stop, [*tokens, p.new("RBRACE", "}", stop - 1)])
        return p.says("E024", "a body stands in braces", f"write `{head} {{ {body} }}`", fix=fix)
    bare = _words(p) in NAMED
    if bare and p.type == "NAME" and p.kind(p.index + 1) != "NAME" and p.kind(stop) == "LBRACE":
        shown = p.shown(p.index, stop)
        wrapped = [p.new("LPAR", "(", p.index), *p.tokens[p.index : stop]]
        fix = Fix(p.index, stop, [*wrapped, p.new("RPAR", ")", stop - 1)])
        hint = f"write `{p.word(p.start)} {name}({shown}) {{`"
        return p.says("E024", "parameters stand in parentheses", hint, fix=fix)
    return None


def module(p: Place) -> Found | None:
    """`m: module conv(8, 3x3)`, `module m: conv(8, 3x3)`, `module m conv(8, 3x3)`."""
    message = "a module is bound with `=`"
    if p.before in ("NAME", "MODULE") and p.word(p.index - 1) == "module":
        label = p.start
        if p.index != p.start + 3 or p.kind(label + 1) != "COLON" or p.type != "NAME":
            return None
        name, first, at = p.word(label), p.index, p.index - 1
    elif p.type in ("COLON", "NAME") and _words(p) == ["MODULE", "NAME"]:
        name, first, at = p.word(p.start + 1), p.index + (p.type == "COLON"), p.index
    else:
        return None
    named = p.tokens[p.start if at < p.index else p.start + 1]
    tokens = (p.new("MODULE", "module", p.start), named, p.new("EQUAL", "=", at))
    hint = f"write `module {name} = {p.first_word(first)}`"
    return p.says("E024", message, hint, at, Fix(p.start, first, tokens))
