"""Slips in words and numbers: comments, texts, sizes, what is bound and entered."""

from __future__ import annotations

import itertools
import re

from netdsl.source import Span
from netdsl.syntax.brackets import end_of, placed, start_of
from netdsl.syntax.functions import OF_NUMBERS
from netdsl.syntax.machine import Token
from netdsl.syntax.place import ENDS, SIZES_OF_VALUES, Fix, Found, Place


def comment(p: Place) -> Found | None:
    """`// a small image`."""
    line = p.line(p.index)
    first = next(
        (i for i in range(p.start, p.index + 1) if p.word(i) == "//" and p.line(i) == line), None
    )
    if first is None:
        return None
    following = [p.kind(i) for i in range(first + 1, first + 3)]
    if first > p.start and first < p.index and following != ["NAME", "NAME"]:
        return None
    stop = first
    while stop < len(p.tokens) and p.line(stop) == line and p.kind(stop) not in ("_NL", "RBRACE"):
        stop += 1
    if first == p.start and p.kind(stop) == "_NL" and first and p.kind(first - 1) != "RBRACE":
        stop += 1  # the whole line
    message, hint = "`//` does not begin a comment", "comments begin with `#`"
    return p.says("E011", message, hint, first, Fix(first, stop))


def text(p: Place) -> Found | None:
    """A text among the steps."""
    if p.type == "STRING" and not p.statement:
        stop = p.index + 1
        stop += p.kind(stop) in ("_NL", "__ANON_0")
        return p.says(
            "E018",
            "a text by itself can only be the first thing in a file, a net or a block",
            "comments begin with `#`",
            fix=Fix(p.index, stop),
        )
    if p.text == "->" and p.before == "STRING":
        return p.says(
            "E018", "a text is no step", at=p.index - 1, fix=Fix(p.index - 1, p.index + 1)
        )
    return None


def size_or_number(p: Place) -> Found | None:
    """`3 x 3`, `.5`, `3.`, `1..4`."""
    if p.type == "DOT" and p.before == "DOT" and p.kind(p.index - 2) == "NUMBER":
        return _range(p)
    if p.before == "NUMBER" and re.fullmatch(r"x([0-9]+(x[0-9]+)*)?", p.text):
        start = start_of(p.tokens[p.index - 1])
        spread = re.compile(r"[0-9?]+(?:[ \t]*x[ \t]*[0-9?]+)+").match(p.source.text, start)
        if spread is not None:
            stop = p.index
            while stop < len(p.tokens) and start_of(p.tokens[stop]) < spread.end():
                stop += 1
            size = re.sub(r"\s", "", spread[0])
            token = Token("SIZE", size, start, end_pos=spread.end())
            found = p.says(
                "E006",
                "a size must be one word",
                f"write {size}",
                fix=Fix(p.index - 1, stop, (token,)),
            )
            span = Span(p.source, start, spread.end())
            return Found(found.diagnostic.but(span=span), found.fix)
    if p.type == "DOT" and p.kind(p.index + 1) == "NUMBER":
        number = p.word(p.index + 1)
        span = p.span.to(p.at(p.index + 1))
        token = Token("NUMBER", f"0.{number}", span.start, end_pos=span.end)
        found = p.says("E006", "a number must start with a digit", f"write 0.{number}")
        fix = Fix(p.index, p.index + 2, (token,)) if number.isdigit() else None
        return Found(found.diagnostic.but(span=span), fix)
    if p.before == "DOT" and p.kind(p.index - 2) == "NUMBER":
        number = p.word(p.index - 2)
        hint = f"write {number}.0 or {number}"
        return p.says(
            "E006",
            "a number does not end with a point",
            hint,
            p.index - 1,
            Fix(p.index - 1, p.index),
        )
    return None


def _range(p: Place) -> Found | None:
    """`64..128`, as a range is written elsewhere."""
    stop = p.index
    while p.kind(stop) in ("DOT", "NUMBER", "NAME"):
        stop += 1
    start = p.index - 2
    first, last = p.word(start), p.word(stop - 1)
    end = str(int(last) + 1) if last.isdigit() else "..."
    hint = f"write `range({first}, {end})`: the end is not among them"
    span = p.at(start).to(p.at(stop - 1))
    bracketed = p.kind(start - 1) == "LSQB" and p.kind(stop) == "RSQB"
    at = span.start
    tokens = (
        placed("NAME", "range", at),
        placed("LPAR", "(", at),
        p.tokens[start],
        placed("COMMA", ",", at),
        placed("NUMBER", end if last.isdigit() else first, span.end),
        placed("RPAR", ")", span.end),
    )
    fix = Fix(start - bracketed, stop + bracketed, tokens)
    found = p.says("E006", "there are no ranges with points", hint, fix=fix)
    return Found(found.diagnostic.but(span=span), found.fix)


def _depth(kind: str) -> int:
    return {"LPAR": 1, "RPAR": -1}.get(kind, 0)


def _step_assigned(p: Place, at: int, end: int) -> Found | None:
    """`a = conv(8, 3x3)`: what `let` would bind runs nothing."""
    said, first = p.word(at - 1), p.word(at + 1)
    values = any(p.kind(i) == "AT" and p.word(i + 3) not in SIZES_OF_VALUES for i in range(at, end))
    called = p.kind(at + 1) == "NAME" and p.kind(at + 2) == "LPAR"
    if values and not called:  # arithmetic
        written = " ".join(p.source.text[p.at(at + 1).start : p.at(end - 1).end].split())
        depths = list(itertools.accumulate(_depth(p.kind(i)) for i in range(at + 1, end)))
        bare = 0 in depths[:-1]  # brackets stand round parts of it at most
        shown = f"({written})" if bare else written
        left, right = (
            placed("LPAR", "(", p.at(at + 1).start),
            placed("RPAR", ")", p.at(end - 1).end),
        )
        tokens = (left, *p.tokens[at + 1 : end], right) if bare else p.tokens[at + 1 : end]
    elif p.kind(end) == "LBRACE" and p.kind(at + 1) != "$END":
        shown, tokens = f"{first} {{ ... }}", p.tokens[at + 1 : end]
    elif called and p.kind(end - 1) == "RPAR" and first not in OF_NUMBERS:
        shown, tokens = f"{first}(...)", p.tokens[at + 1 : end]
    else:
        return None
    hint = f"write `{said}: {shown}`, and read it as `@{said}`"
    colon = placed("COLON", ":", p.at(at).start)
    message = "what a step gives is named by a label, not by `=`"
    return p.says("E017", message, hint, at, Fix(at, end, (colon, *tokens)))


def assignment(p: Place) -> Found | None:
    if p.type == "NAME" and not p.statement and p.kind(p.index + 1) == "EQUAL":
        name, at = p.index, p.index + 1  # at the top of a file
    elif p.type == "EQUAL" and len(p.statement) == 1 and p.before == "NAME":
        name, at = p.index - 1, p.index
    elif p.kind(p.index + 1) == "EQUAL" and p.type in ("PLUS", "MINUS", "TIMES"):
        return p.says(
            "E017", f"there is no `{p.text}=`", "a name keeps its value; bind a new one with `let`"
        )
    else:
        return None
    end = next(i for i in range(at, len(p.tokens) + 1) if p.kind(i) in (*ENDS, "$END"))
    arrows = [i for i in range(at, end) if p.word(i) == "->"]
    if arrows:  # a chain: what a label is for
        label, last = p.word(name), arrows[-1]
        hint = f"label the step that gives it, `-> {label}: ...`, and read it as `@{label}`"
        spot = end_of(p.tokens[last])
        named = (placed("NAME", label, spot), placed("COLON", ":", spot))
        labelled = named if p.kind(last + 2) != "COLON" else ()
        chain = (*p.tokens[at + 1 : last + 1], *labelled)
        return p.says("E017", "a chain is no value", hint, at, Fix(name, last + 1, chain))
    if p.statement and (step := _step_assigned(p, at, end)) is not None:
        return step
    said = p.word(name)
    hint = f"write `let {said} = ...`"
    if p.statement and p.kind(at + 1) == "NAME" and at + 2 == end:
        hint += f"; a step is named by a label: `{said}: {p.word(at + 1)}`, read as `@{said}`"
    fix = Fix(name, name, (placed("LET", "let", start_of(p.tokens[name])),))
    return p.says("E017", "a value must be bound with `let`", hint, at, fix)
