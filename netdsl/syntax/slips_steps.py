"""Slips between steps: other arrows, commas, sums, nothing at all."""

from __future__ import annotations

from netdsl.diagnostics import did_you_mean
from netdsl.syntax.machine import Token
from netdsl.syntax.place import LIBRARIES, MERGES, Fix, Found, Place
from netdsl.syntax.slips_flow import STATEMENTS
from netdsl.syntax.slips_labels import STARTS


def other_arrow(p: Place) -> Found | None:
    """`=> relu`, `> relu`, `- relu`, `|> relu`, `>> relu`, `. relu()` after a step."""
    if p.in_brackets() or p.before not in ("NAME", "RPAR", "RBRACE") or "__ANON_0" not in p.accepts:
        return None
    stop = p.index
    while p.word(stop) in ("=", ">", "-", ">=", "+", "|", ".") and stop < p.index + 3:
        stop += 1
    if stop == p.index or p.kind(stop) != "NAME" or p.word(p.index) == "|" and stop == p.index + 1:
        return None
    if p.type == "EQUAL" and stop == p.index + 1:
        return None
    if p.word(p.index - 1) in LIBRARIES and p.text == "." and stop == p.index + 1:
        return _of_a_library(p)
    shown = p.source.text[p.span.start : p.at(stop - 1).end]
    token = Token("__ANON_0", "->", p.span.start, end_pos=p.at(stop - 1).end)
    message = f"steps are chained with `->`, not with `{shown}`"
    found = p.says("E009", message, "write `->`", fix=Fix(p.index, stop, (token,)))
    return Found(found.diagnostic.but(span=p.span.to(p.at(stop - 1))), found.fix)


def comma(p: Place) -> Found | None:
    """`conv(16, 3x3), relu`."""
    ended = p.before in ("NAME", "RPAR", "RBRACE") and "__ANON_0" in p.accepts
    if p.type != "COMMA" or not ended or p.in_brackets():
        return None
    opener = p.opener()
    if opener is not None and opener == p.start - 1 and p.word(opener - 1) in MERGES:
        fix = p.replace("VBAR", "|", p.index)
        hint = f"each one begins with a bar: `{p.word(opener - 1)} {{ | a | b }}`"
        return p.says("E023", "branches are not divided by `,`", hint, fix=fix)
    following = p.index + 1 + (p.kind(p.index + 1) == "_NL")
    if p.kind(following) == "VBAR":
        fix = Fix(p.index, p.index + 1)
        return p.says("E023", "bars have no commas between them", "leave it out", fix=fix)
    goes_on = p.kind(p.index + 1) in STARTS
    fix = p.replace("__ANON_0", "->", p.index) if goes_on else Fix(p.index, p.index + 1)
    hint = "write `->`" if goes_on else "leave it out: the next step begins on a line of its own"
    return p.says("E009", "steps are chained with `->`, not with `,`", hint, fix=fix)


def sum_of_steps(p: Place) -> Found | None:
    """`conv(3, 3x3) + skip`."""
    ended = p.before in ("NAME", "RPAR", "RBRACE") and "__ANON_0" in p.accepts
    if p.text != "+" or p.in_brackets() or not ended:
        return None
    hint = "what steps give is added in bars, `add { | a | b }`, or by labels, `(@a + @b)`"
    return p.says("E009", "steps are not added with `+`", hint, fix=Fix(p.index, p.stop))


def _of_a_library(p: Place) -> Found:
    """`nn.ReLU()`, `torch.nn.ReLU()`."""
    first, stop = p.index - 1, p.index + 1
    while p.word(stop) in LIBRARIES and p.word(stop + 1) == ".":
        stop += 2
    span = p.at(first).to(p.at(stop - 1))
    found = p.says("E009", f"layers have no `{span.text}` before them", "leave it out")
    return Found(found.diagnostic.but(span=span), Fix(first, stop))


def two_steps(p: Place) -> Found | None:
    """A missing arrow or a missing comma."""
    values = ("NAME", "NUMBER", "SIZE", "STRING", "AT", "CONSTANT", "LPAR", "LSQB")
    if p.type in values and p.in_brackets() and {"COMMA"} & p.accepts:
        fix = p.insert("COMMA", ",", p.index)
        return p.says("E008", f"a comma is missing before `{p.text}`", fix=fix)
    ends = ("NAME", "RPAR", "RBRACE", "SIZE", "NUMBER", "CONSTANT", "RSQB")
    if p.type in STARTS and p.before in ends and "_NL" in p.accepts and not p.in_brackets():
        if len(p.statement) == 1 and p.before == "NAME" and p.type == "NAME":
            word = did_you_mean(p.word(p.index - 1), STATEMENTS)
            if word is not None:
                return p.says("E009", f"`->` is missing before `{p.text}`", word)
        chained = "__ANON_0" in p.accepts
        fix = p.insert("__ANON_0", "->", p.index) if chained else p.insert("_NL", "\n", p.index)
        what = "`->` or a new line" if chained else "a new line"
        hint = f"steps of a chain are written `... -> {p.text}`" if chained else None
        return p.says("E009", f"{what} is missing before `{p.text}`", hint, fix=fix)
    return None
