"""Slips in `meta`, `init` and `keys`: signs that their entries do not have, and paths with numbers."""

from __future__ import annotations

from netdsl.syntax.machine import Token
from netdsl.syntax.place import Fix, Found, Place

ENTRIES = ("INIT", "META", "KEYS")


def entries_of(p: Place) -> str:
    """The word whose entries this place stands among; nothing if it stands elsewhere."""
    opener = p.opener()
    return p.word(opener - 1) if opener and p.kind(opener - 1) in ENTRIES else ""


def _path(p: Place, stop: int) -> int:
    """Where the path begins that ends before a token: `layer1.0.conv`."""
    first = stop - 1
    while p.kind(first - 1) == "DOT" and first > p.start + 1:
        first -= 2
    return first


def comma(p: Place) -> Found | None:
    word = entries_of(p) if p.type == "COMMA" else ""
    if not word:
        return None
    message = f"entries of `{word}` have no commas between them"
    return p.says("E016", message, "leave the comma out", fix=Fix(p.index, p.index + 1))


def equals(p: Place) -> Found | None:
    """`meta { year = 2026 }`."""
    word = entries_of(p) if p.type == "EQUAL" else ""
    if not word:
        return None
    path = p.at(_path(p, p.index)).to(p.at(p.index - 1)).text
    hint = f"write `{path}: {p.first_word(p.index + 1)}`"
    message = f"entries of `{word}` are written with `:`, not with `=`"
    return p.says("E016", message, hint, fix=p.replace("COLON", ":", p.index))


def colon(p: Place) -> Found | None:
    """`init: { ... }`, `expect: parameters == 10`."""
    if p.type != "COLON" or p.before not in (*ENTRIES, "EXPECT") or p.index != p.start + 1:
        return None
    word, following = p.word(p.start), p.index + 1
    if p.before == "EXPECT":
        stop = p.stop
        if not any(p.kind(i) == "COMPARE" for i in range(following, stop)):
            return None
        shown = f"write `{word} {p.shown(following, stop)}`"
    else:
        inside = following + 1
        while p.kind(inside) in ("NAME", "DOT", "NUMBER", "STRING"):
            inside += 1
        if p.kind(following) != "LBRACE" or p.kind(inside) not in ("COLON", "EQUAL", "RBRACE"):
            return None
        shown = f"write `{word} {{ ... }}`"
    return p.says("E016", f"`{word}` has no colon", shown, fix=Fix(p.index, p.index + 1))


def number_in_a_path(p: Place) -> Found | None:
    """`keys { layer1.0: "a" }`, `init { features.0: xavier }`, `widths.0`."""
    if p.type != "NUMBER" or p.before != "DOT":
        return None
    word = entries_of(p)
    first = _path(p, p.index + 1)
    if word == "keys":
        stop = p.index + 1
        while p.kind(stop) == "DOT":
            stop += 2
        span = p.at(first).to(p.at(stop - 1))
        message, hint = "a path with numbers stands in quotes", f'write `"{span.text}"`'
        quoted = Token("STRING", f'"{span.text}"', span.start, end_pos=span.end)
        return p.says("E016", message, hint, fix=Fix(first, stop, (quoted,)))
    fix = Fix(p.index - 1, p.index + 1)
    if word == "init":
        head = p.at(first).to(p.at(p.index - 2)).text
        hint = f"steps without a label go by their kind: `{head}.conv`, or give the step a label"
        return p.says("E016", "`init` names steps by label or kind, not by number", hint, fix=fix)
    reads = any(p.kind(i) == "AT" for i in (first - 1, first))
    if reads or p.word(p.start) == "output":
        hint = "give the step a label, and read it by that"
        return p.says("E024", "a path has labels, not numbers", hint, fix=fix)
    if p.kind(p.index - 2) not in ("NAME", "RPAR", "RSQB") or not p.text.isdecimal():
        return None
    shown = f"{p.word(p.index - 2)}[{p.text}]" if p.kind(p.index - 2) == "NAME" else f"[{p.text}]"
    brackets = (p.new("LSQB", "[", p.index - 1), p.tokens[p.index], p.new("RSQB", "]", p.index))
    message = "the index of a list stands in square brackets"
    return p.says("E024", message, f"write `{shown}`", fix=Fix(fix.start, fix.stop, brackets))
