"""Slips in labels: a colon in the wrong place, and labels that are no names."""

from __future__ import annotations

import re

from netdsl.syntax.machine import Token
from netdsl.syntax.place import LONGEST, Fix, Found, Place
from netdsl.syntax.slips_entries import entries_of
from netdsl.syntax.slips_statements import RESERVED

STARTS = ("NAME", "AT", "LPAR", "LBRACE", "OPEN_NAME", "INLINE")  # of a step


def label(p: Place) -> Found | None:
    if p.type == "_NL" and p.before == "COLON":
        return p.says(
            "E019",
            "the step of a label must stand on the same line",
            "write the step after the colon",
            at=p.index - 1,
            fix=Fix(p.index, p.index + 1),
        )
    if p.type != "COLON":
        return None
    if p.in_brackets() and p.before == "NAME":
        fix = p.replace("EQUAL", "=", p.index)
        message = "an argument is given with `=`"
        return p.says("E019", message, f"write `{p.word(p.index - 1)}=...`", fix=fix)
    if p.before in ("RPAR", "RBRACE"):
        return p.says(
            "E019",
            "`:` cannot stand here",
            "a shape to be checked follows `::`; a label stands before its step",
            fix=p.replace("__ANON_1", "::", p.index) if p.kind(p.index + 1) == "SIZE" else None,
        )
    if any(t.type == "COLON" for t in p.statement):
        return p.says("E019", "a step has one label", "a group has a second one: `a: { b: ... }`")
    return None


def computed(p: Place) -> Found | None:
    """`stage {i}: ...`, `stage[i]: ...`."""
    if p.type == "COLON" and p.before == "RBRACE":
        opener, stop = p.opener(p.index - 1), p.index
    elif p.type == "LSQB" and p.before == "NAME" and p.index == p.step + 1:
        opener, stop = p.index, p.index + 1
        while p.kind(stop) not in ("RSQB", "_NL", "LBRACE", "$END"):
            stop += 1
        stop += 1
    else:
        return None
    if opener is None or p.kind(opener - 1) != "NAME" or p.kind(stop) != "COLON":
        return None
    if p.kind(opener - 2) not in ("_NL", "LBRACE", "VBAR", "__ANON_0"):
        return None
    inside = p.tokens[opener + 1 : stop - 1]
    if not inside or any(t.type in ("COLON", "_NL", "VBAR") or t == "->" for t in inside):
        return None
    name = f"{p.word(opener - 1)}{{{p.shown(opener + 1, stop - 1)}}}"
    message = "a computed label has braces that touch its word"
    begins = p.at(opener - 1).start
    left = Token("OPEN_NAME", f"{p.word(opener - 1)}{{", begins, end_pos=p.at(opener).end)
    tokens = (left, *inside, p.new("RBRACE", "}", stop - 1))
    return p.says("E012", message, f"write `{name}: ...`", opener, Fix(opener - 1, stop, tokens))


def no_name(p: Place) -> Found | None:
    """`conv.2: relu`, `"conv3": relu`, `conv-1: relu`, `1x1: relu`."""
    first = p.step
    if p.index - first > 1 or p.in_brackets() or entries_of(p):
        return None
    stop = first
    while p.kind(stop) in ("NAME", "NUMBER", "SIZE", "DOT", "MINUS", "TIMES", "STRING"):
        touches = stop == first or p.at(stop).start == p.at(stop - 1).end
        if not touches:
            return None
        stop += 1
    if stop <= p.index or p.kind(stop) != "COLON" or p.kind(stop + 1) not in STARTS:
        return None
    if p.kind(first) == "NAME" and stop == first + 1:
        return None  # a name; what is wrong is something else
    whole = p.at(first).to(p.at(stop - 1))
    written = whole.text
    quoted = re.fullmatch(r'f?"([A-Za-z_]\w*)\{([A-Za-z_]\w*)\}"', written)
    if quoted is not None:
        name, number = quoted.groups()
        opening = Token("OPEN_NAME", f"{name}{{", whole.start, end_pos=whole.end)
        tokens = (opening, p.new("NAME", number, first), p.new("RBRACE", "}", stop - 1))
        hint = f"write `{name}{{{number}}}: ...`"
        found = p.says("E019", "a label has no quotes", hint, fix=Fix(first, stop, tokens))
        return Found(found.diagnostic.but(span=whole), found.fix)
    if "STRING" in [p.kind(i) for i in range(first, stop)] and stop > first + 1:
        return None
    name = re.sub(r"\W+", "_", written.strip('"')).strip("_")
    if not name or len(name) > LONGEST:
        return None
    name += "_" * (name in RESERVED)
    message = "a label has letters, digits and `_`"
    hint = f"write `{name}: ...`"
    if not re.match(r"[A-Za-z_]", name):
        message, name = "a label begins with a letter", f"_{name}"
        hint = f"write `layer{name}: ...`, for example"
    token = Token("NAME", name, whole.start, end_pos=whole.end)
    found = p.says("E019", message, hint, fix=Fix(first, stop, (token,)))
    return Found(found.diagnostic.but(span=whole), found.fix)
