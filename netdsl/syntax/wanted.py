"""What is said where no slip is recognised: what was found, and what could have stood there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.diagnostics import Diagnostic, did_you_mean
from netdsl.syntax.place import MERGES

if TYPE_CHECKING:
    from netdsl.syntax.place import Place

WORDS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "SIZE": "a size",
    "STRING": "a text",
    "CONSTANT": "`true`, `false` or `none`",
    "OPEN_NAME": "a name",
    "_NL": "the end of the line",
    "$END": "the end of the file",
    "COMPARE": "a comparison",
    "TIMES": "`*`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "COLON": "`:`",
    "COMMA": "`,`",
    "EQUAL": "`=`",
    "VBAR": "`|`",
    "AT": "`@`",
    "DOT": "`.`",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "POWER": "`**`",
    "END_NAME": "`}`",
    "MID_NAME": "`}`",
}
NAMED = ("NAME", "LBRACE", "EQUAL", "COLON", "COMMA", "RPAR", "RSQB", "IN", "STRING", "FROM")
STATEMENT_WORDS = (
    "net",
    "let",
    "for",
    "if",
    "repeat",
    "block",
    "module",
    "param",
    "input",
    "output",
)


def expected(p: Place) -> Diagnostic:
    """The message for the token at a place."""
    found = WORDS.get(p.type, f"`{p.text}`")
    if p.type in ("NAME", "NUMBER", "SIZE", "TIMES", "COMPARE", "STRING", "CONSTANT"):
        found = f"`{p.text}`"
    value = {"NUMBER", "NAME", "LSQB"} <= p.accepts
    step = {"NAME", "AT", "INLINE"} <= p.accepts
    empty = p.type in ("_NL", "RBRACE", "$END", "RPAR", "RSQB", "COMMA", "VBAR")
    if (value or step) and empty and p.index and p.before not in ("_NL", "LBRACE"):
        what = "a value" if value else "a step"
        last = p.at(p.index - 1)
        said = f"{what} is missing after `{p.word(p.index - 1).strip()}`"
        return Diagnostic("E024", said, last, hint=_hint(p))
    if p.type == "COMMA" and _single_brackets(p):
        hint = _without_brackets(p)
        return Diagnostic("E024", "a comma cannot stand here", p.span, hint=hint)
    wanted: list[str] = []
    if value and "COMMA" not in p.accepts:
        wanted = ["a value"]
    elif step and "_NL" not in p.accepts:
        wanted = ["a step"]
    elif "_NL" not in p.accepts:
        wanted = [WORDS.get(kind, f"`{kind.lower()}`") for kind in NAMED if kind in p.accepts][:3]
    if not wanted:
        return Diagnostic("E024", f"{found} cannot stand here", p.span, hint=_hint(p))
    said = f"{wanted[0]} is missing before {found}"
    if len(wanted) > 1:
        said = f"{', '.join(wanted[:-1])} or {wanted[-1]} is missing before {found}"
    return Diagnostic("E024", said, p.span, hint=_hint(p))


def _single_brackets(p: Place) -> bool:
    """Whether the innermost bracket is a `(` that no word stands before."""
    depth = 0
    for i in range(p.index - 1, p.start - 1, -1):
        if p.kind(i) in ("RPAR", "RSQB"):
            depth += 1
        elif p.kind(i) in ("LPAR", "LSQB"):
            depth -= 1
            if depth < 0:
                return p.kind(i) == "LPAR" and p.kind(i - 1) not in (
                    "NAME",
                    "RPAR",
                    "RSQB",
                    "RBRACE",
                )
    return False


def _without_brackets(p: Place) -> str:
    """What `(3, 32, 32)` is here: a size, or a list."""
    first = p.index
    while p.kind(first - 1) != "LPAR":
        first -= 1
        if first == p.start:
            break
    items = [p.word(first)]
    index = first + 1
    while p.kind(index) == "COMMA":
        items.append(p.word(index + 1))
        index += 2
    if p.kind(index) != "RPAR":
        return "a list stands in square brackets: `[a, b]`"
    written = f"[{', '.join(items)}]"
    if all(item.isdecimal() for item in items):
        return f"write the size `{'x'.join(items)}`, or the list `{written}`"
    return f"a list stands in square brackets: `{written}`"


def _hint(p: Place) -> str | None:
    if p.type == "LSQB" and p.word(p.index - 1) in MERGES:
        return f"branches stand in bars: `{p.word(p.index - 1)} {{ | a | b }}`"
    if p.type == "COMPARE" and any(t.type == "COMPARE" for t in p.statement):
        return "comparisons are joined with `and`: `a < b and b < c`"
    if p.type == "LSQB" and p.word(p.start) == "output":
        return "an output is a label, or a path to one: `output scores, body.stage2`"
    if p.type == "LBRACE" and p.before in ("EQUAL", "COLON", "COMMA", "LPAR"):
        return "values are numbers, sizes, texts, lists, layers and blocks"
    if p.type in ("NAME", "COLON") and p.before == "NAME" and len(p.statement) == 1:
        return did_you_mean(str(p.statement[0]), STATEMENT_WORDS)
    return None
