"""Slips in the flow: bars, arrows that lead nowhere."""

from __future__ import annotations

from netdsl.syntax.brackets import ARROWS
from netdsl.syntax.build import MISSING
from netdsl.syntax.place import MERGES, Fix, Found, Place

STATEMENTS = ("input", "output", "aux", "head", "param", "module", "let", "init", "meta", "keys")


def nothing(p: Place) -> Found | None:
    """A bar without steps, an arrow without one before or after it."""
    if p.before == "VBAR" and p.type in ("RBRACE", "VBAR", "_NL"):
        hint = "a bar that passes its input through is `| identity`"
        return p.says(
            "E022", "this bar is empty", hint, p.index - 1, p.insert("NAME", MISSING, p.index)
        )
    if p.text == "->" and p.before in ("_NL", "LBRACE", "VBAR"):
        hint = "the first step takes what entered; leave the arrow out"
        return p.says("E010", "nothing stands before `->`", hint, fix=Fix(p.index, p.index + 1))
    if p.text == "->" and p.word(p.start) in STATEMENTS and "_NL" in p.accepts:
        hint = "the first step takes what entered; leave the arrow out"
        if p.line(p.start) == p.line(p.index):
            hint = "put the step on a line of its own"
        fix = p.replace("_NL", "\n", p.index)
        return p.says("E010", f"`->` cannot follow `{p.word(p.start)}`", hint, fix=fix)
    arrow = p.word(p.index - 1)
    if arrow == "->" and p.type == "_NL" and len(p.statement) > 1:
        hint = "to go on in the next line, begin that line with `->`"
        fix = Fix(p.index - 1, p.index)
        return p.says("E010", "a step is missing after `->`", hint, p.index - 1, fix)
    if arrow in ARROWS and p.type in ("_NL", "RBRACE", "VBAR", "$END", "__ANON_0", "__ANON_1"):
        what = "a step" if arrow == "->" else "a shape"
        fix = p.insert("NAME", MISSING, p.index)
        return p.says("E010", f"{what} is missing after `{arrow}`", None, p.index - 1, fix)
    return None


def bar(p: Place) -> Found | None:
    if p.type != "VBAR":
        return None
    if p.in_brackets() or "OR" in p.accepts and "_NL" not in p.accepts:
        stop = p.index + 1 + (p.kind(p.index + 1) == "VBAR")
        shown = "|" * (stop - p.index)
        fix = Fix(p.index, stop, (p.new("OR", "or", p.index),))
        return p.says("E003", f"`{shown}` means nothing here", "write `or`", fix=fix)
    opener = p.opener()
    if opener is not None and opener == p.start - 1 and p.word(opener - 1) in MERGES:
        word = p.word(opener - 1)
        hint = f"each branch begins with `|`, the first one too: `{word} {{ | a | b }}`"
        fix = p.insert("VBAR", "|", p.start)
        return p.says(
            "E023", f"`|` is missing before the first branch of `{word}`", hint, p.start, fix
        )
    merge, stop = _merge_closed(p), p.index
    while p.kind(stop) not in ("_NL", "RBRACE", "LBRACE", "$END"):
        stop += 1
    if p.kind(stop) == "LBRACE":
        fix = None
    elif merge is not None:
        fix = Fix(p.index - 1, stop, (*p.tokens[p.index : stop], p.tokens[p.index - 1]))
    else:
        fix = Fix(p.index, stop)
    if merge is not None:
        hint = f"all bars stand in one pair of braces: `{merge} {{ | a | b }}`"
        return p.says("E023", f"this bar stands behind the `}}` of `{merge}`", hint, fix=fix)
    hint = "each bar begins with `|` and stands in the body of a merge: `concat { | a | b }`"
    return p.says("E023", "a bar cannot stand here", hint, fix=fix)


def _merge_closed(p: Place) -> str | None:
    """The merge whose body ends right before this place."""
    opener = p.opener(p.index - 1) if p.before == "RBRACE" else None
    word = p.word(opener - 1) if opener is not None else ""
    return word if word in MERGES else None
