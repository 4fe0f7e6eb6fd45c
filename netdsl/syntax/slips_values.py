"""Slips in arithmetic: what stands outside of parentheses, and steps that are multiplied."""

from __future__ import annotations

import re

from netdsl.syntax.brackets import ARROWS, end_of, placed, start_of
from netdsl.syntax.functions import ON_VALUES
from netdsl.syntax.place import LONGEST, SIZES_OF_VALUES, Fix, Found, Place

ARITHMETIC = ("PLUS", "MINUS", "TIMES", "POWER", "COMPARE")


def arithmetic_without_brackets(p: Place) -> Found | None:
    """`@a + @b`, `(@a - 1) / 2`, `2 * @a`, `-@a`."""
    if p.in_brackets():
        return None
    first, begins = p.step, p.index == p.step
    if p.type not in (("NUMBER", "MINUS", "NAME") if begins else ARITHMETIC):
        return None
    if any(p.kind(i) == "EQUAL" for i in range(p.start, p.index)):
        return None
    stop = next((i for i in range(p.index, p.stop) if p.word(i) in ARROWS), p.stop)
    if not _on_values(p, first, stop if begins else p.index):
        return None
    if begins and not any(p.kind(i) in ARITHMETIC for i in range(first, stop)):
        return None
    start, end = start_of(p.tokens[first]), end_of(p.tokens[stop - 1])
    inner = [placed("LPAR", "(", start), *p.tokens[first:stop], placed("RPAR", ")", end)]
    written = " ".join(p.source.text[start:end].split())
    hint = "put them round all of it"
    if len(written) <= 2 * LONGEST:
        hint = f"write `({written})`"
    message = "arithmetic on values must stand in parentheses"
    return p.says("E015", message, hint, fix=Fix(first, stop, inner))


def _on_values(p: Place, start: int, stop: int) -> bool:
    """Whether what stands from `start` to `stop` reads values, and calls nothing that runs."""
    reads = False
    for i in range(start, stop):
        kind, before = p.kind(i), p.kind(i - 1)
        if kind == "NAME" and before not in ("AT", "DOT") and p.kind(i + 1) == "LPAR":
            if p.word(i) not in ON_VALUES:
                return False
        elif kind in ("COLON", "EQUAL", "STRING"):
            return False
        reads |= kind == "AT" and p.word(i + 3) not in SIZES_OF_VALUES
    return reads


def several_times(p: Place) -> Found | None:
    """`unit(16) x 3`, `unit(16) * 3`, `unit(16) x3`, `3 x unit(16)`, `0.5 * relu`."""
    times = p.type == "NUMBER" and p.index == p.step and p.word(p.index + 1) in ("x", "*")
    if times and p.kind(p.index + 2) in ("NAME", "LBRACE", "INLINE"):
        hint = f"to run a step {p.text} times, write `repeat {p.text} {{ ... }}` around it"
        if not p.text.isdecimal():
            hint = f"label the step, `a: ...`, and multiply its value: `({p.text} * @a)`"
        return p.says("E009", "a step is not multiplied", hint, fix=Fix(p.index, p.index + 2))
    if p.before not in ("NAME", "RPAR", "RBRACE") or "__ANON_0" not in p.accepts:
        return None
    if p.kind(p.step) in ("AT", "LPAR"):
        return None  # a value
    glued = re.fullmatch(r"x([0-9]+)", p.text)
    apart = p.text in ("x", "*") and p.kind(p.index + 1) == "NUMBER"
    if p.in_brackets() or not (glued or apart):
        return None
    count = glued[1] if glued is not None else p.word(p.index + 1)
    stop = p.index + (1 if glued else 2)
    step = p.shown(p.step, p.index)
    hint = f"to run it {count} times: `repeat {count} {{ {step} }}`, on a line of its own"
    if p.word(stop) == "->":
        hint += ", what follows on the next"
    if not count.isdecimal():
        hint = f"label it, `a: {step}`, and multiply its value: `(@a * {count})`"
    found = p.says("E009", "a step is not multiplied", hint, fix=Fix(p.index, stop))
    return Found(found.diagnostic.but(span=p.span.to(p.at(stop - 1))), found.fix)
