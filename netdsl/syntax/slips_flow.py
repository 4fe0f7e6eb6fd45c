"""Slips in the flow: arrows, clauses, bars, steps without anything between them."""

from __future__ import annotations

import re

from netdsl.diagnostics import did_you_mean
from netdsl.syntax.brackets import ARROWS
from netdsl.syntax.build import MISSING
from netdsl.syntax.machine import Token
from netdsl.syntax.place import ENDS, Fix, Found, Place

STARTS = ("NAME", "AT", "LPAR", "LBRACE", "OPEN_NAME", "INLINE")  # of a step
LONGEST_STEP = 40  # characters that a hint repeats
LIBRARIES = ("nn", "torch", "F", "functional", "tf", "keras", "layers")
MERGES = ("concat", "add", "mul")
STATEMENTS = ("input", "output", "aux", "head", "param", "module", "let", "init", "meta", "keys")


def else_on_own_line(p: Place) -> Found | None:
    if p.type == "ELSE" and p.before in ("_NL", "LBRACE"):
        fix = Fix(p.index - 1, p.index) if p.kind(p.index - 2) == "RBRACE" else None
        message = "`else` must stand on the line of the `}` before it"
        return p.says("E013", message, "write `} else {`", fix=fix)
    if p.type == "ELSE" and p.before == "RBRACE":
        stop, depth = p.index, 0
        while stop < len(p.tokens):
            depth += (p.kind(stop) == "LBRACE") - (p.kind(stop) == "RBRACE")
            stop += 1
            if p.kind(stop - 1) == "RBRACE" and depth <= 0:
                break
        message = "`else` cannot follow this body"
        return p.says(
            "E118", message, "it follows `if condition { ... }` only", fix=Fix(p.index, stop)
        )
    if p.text in ("elif", "elseif", "elsif") and p.before in ("RBRACE", "_NL"):
        start = p.index - (p.before == "_NL")
        fix = Fix(start, p.index + 1, (p.new("ELSE", "else", p.index), p.new("IF", "if", p.index)))
        return p.says("E013", f"there is no `{p.text}`", "write `} else if ... {`", fix=fix)
    return None


def chained_after_loop(p: Place) -> Found | None:
    if p.text not in ARROWS or p.before != "RBRACE":
        return None
    depth, start = 0, p.index - 1
    while start:
        depth += (p.kind(start) == "RBRACE") - (p.kind(start) == "LBRACE")
        if depth == 0 and p.kind(start - 1) in ("_NL", "LBRACE", "VBAR"):
            break
        start -= 1
    word = p.word(start)
    if word not in ("for", "repeat", "if"):
        return None
    hint = "put the next step on a line of its own; it takes what the body gave"
    fix = p.replace("_NL", "\n", p.index)
    if p.text == "::":
        hint = "`:: shape` follows a step: write it after the last step in the body"
        stop = p.index
        while p.kind(stop) not in (*ENDS, "$END"):
            stop += 1
        fix = Fix(p.index, stop)
    return p.says("E014", f"`{p.text}` cannot follow the body of `{word}`", hint, fix=fix)


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
    goes_on = p.kind(p.index + 1) in STARTS
    fix = p.replace("__ANON_0", "->", p.index) if goes_on else Fix(p.index, p.index + 1)
    return p.says("E009", "steps are chained with `->`, not with `,`", "write `->`", fix=fix)


def several_times(p: Place) -> Found | None:
    """`unit(16) x 3`, `unit(16) * 3`, `unit(16) x3`."""
    if p.before not in ("NAME", "RPAR", "RBRACE") or "__ANON_0" not in p.accepts:
        return None
    glued = re.fullmatch(r"x([0-9]+)", p.text)
    apart = p.text in ("x", "*") and p.kind(p.index + 1) == "NUMBER"
    if p.in_brackets() or not (glued or apart):
        return None
    count = glued[1] if glued is not None else p.word(p.index + 1)
    stop = p.index + (1 if glued else 2)
    first = p.index
    while first > p.start and p.word(first - 1) not in ("->", ":", "|"):
        first -= 1
    step = p.at(first).to(p.at(p.index - 1)).text
    hint = f"to run it so often, write `repeat {count} {{ {step} }}` on a line of its own"
    if "\n" in step or len(step) > LONGEST_STEP:
        hint = f"to run it so often, write `repeat {count} {{ ... }}` around it"
    found = p.says("E009", "a step is not multiplied", hint, fix=Fix(p.index, stop))
    return Found(found.diagnostic.but(span=p.span.to(p.at(stop - 1))), found.fix)


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


def _without_braces(p: Place) -> Found | None:
    """`if wide | conv(8, 1x1)`: a bar where the body of a condition begins."""
    stop = p.index
    while p.kind(stop) not in ("_NL", "$END", "LBRACE", "RBRACE"):
        stop += 1
    if p.kind(stop) == "LBRACE":
        return None
    bar = p.tokens[p.index : stop]
    tokens = (p.new("LBRACE", "{", p.index), *bar[1:], p.new("RBRACE", "}", stop - 1))
    hint = "write `if ... { ... }`"
    return p.says("E024", "a body must stand in braces", hint, fix=Fix(p.index, stop, tokens))


def bar(p: Place) -> Found | None:
    if p.type != "VBAR":
        return None
    if p.in_brackets() or "OR" in p.accepts and "_NL" not in p.accepts:
        stop = p.index + 1 + (p.kind(p.index + 1) == "VBAR")
        if p.word(p.start) == "if" and stop == p.index + 1 and not p.in_brackets():
            bodiless = _without_braces(p)
            if bodiless is not None:
                return bodiless
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
    stop = p.index
    while p.kind(stop) not in ("_NL", "RBRACE", "LBRACE", "$END"):
        stop += 1
    hint = "each bar begins with `|` and stands in the body of a merge: `concat { | a | b }`"
    fix = Fix(p.index, stop) if p.kind(stop) != "LBRACE" else None
    return p.says("E023", "a bar cannot stand here", hint, fix=fix)
