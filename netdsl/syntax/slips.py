"""What a syntax mistake probably was meant to be: one function a slip, the first that fits is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from lark import Token
from lark.exceptions import UnexpectedToken

from netdsl.diagnostics import Diagnostic, did_you_mean
from netdsl.source import Source, Span
from netdsl.syntax.build import MISSING

RESERVED = ["net", "import", "extern", "let", "for", "in", "if", "else", "repeat", "and", "or", "not", "init", "meta", "keys", "expect", "inline", "true", "false", "none"]
DEFINITIONS = ("net", "block", "import", "let", "extern")

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


def span_of(source: Source, tokens: list[Token], index: int) -> Span:
    """The place of a token; past the last one, the end of the text."""
    if index < len(tokens):
        token = tokens[index]
        start = token.start_pos or 0
        if token.type == "_NL":
            return Span(source, start, start)
        return Span(source, start, max(token.end_pos or start, start))
    end = len(source.text.rstrip())
    return Span(source, end, end)


# ------------------------------------------------------------------------------------------ letters
def lexical(source: Source, at: int) -> tuple[Diagnostic, int, str]:
    """What stands at a character that begins no word: the message, how many characters to pass over,
    and what to read instead of them."""
    text = source.text
    character = text[at]
    rest = text[at : text.find("\n", at) if "\n" in text[at:] else len(text)]

    def found(
        code: str, message: str, length: int, meant: str, hint: str | None = None
    ) -> tuple[Diagnostic, int, str]:
        return Diagnostic(code, message, Span(source, at, at + length), hint=hint), length, meant

    if character == "'":
        quoted = re.match(r"'([^'\n\"]*)'", rest)
        if quoted:
            return found(
                "E003",
                "texts stand in double quotes",
                len(quoted[0]),
                f'"{quoted[1]}"',
                f'write "{quoted[1]}"',
            )
        return found("E003", "texts stand in double quotes", 1, " ")
    if character == '"':
        return found(
            "E004",
            "this text is never closed",
            max(1, len(rest)),
            '""' if len(rest) > 1 else " ",
            'add the `"` at its end',
        )
    if character in "×✕⨯":
        return found(
            "E005",
            f"`{character}` is not the letter x",
            1,
            "x",
            "sizes are written with the letter x: 3x3",
        )
    if character == "." and re.match(r"\.\d", rest):
        number = re.match(r"\.\d+", rest)
        assert number is not None
        return found(
            "E006",
            "a number starts with a digit",
            len(number[0]),
            number[0][1:],
            f"write 0{number[0]}",
        )
    touching = re.match(r"(\d+)x([A-Za-z_][A-Za-z0-9_]*)", rest) or re.match(
        r"([0-9]+)([A-Za-z_][A-Za-z0-9_]*)", rest
    )
    if touching:
        hint = "put a letter first: names do not start with a digit"
        if re.match(r"\d+x[A-Za-z_]", rest):
            hint = (
                f"a size has digits only; with a computed side write [{touching[1]}, {touching[2]}]"
            )
        if re.match(r"\d+(x\d+)*x", rest) and not re.match(r"\d+x[A-Za-z_]", rest):
            hint = "a size has a number on both sides of every x: 3x3, 3x224x224"
        whole = re.match(r"[0-9A-Za-z_]+", rest)
        assert whole is not None
        return found("E006", f"a digit touches a letter in `{whole[0]}`", len(whole[0]), "1", hint)
    hints = {
        ";": "a statement ends at the end of its line, or chain steps with `->`",
        "&": "write `and`",
        "!": "write `not`, or `!=` for unequal",
        "–": "this is a dash; write `-`",
        "—": "this is a dash; write `-`",
        "→": "write `->`",
        "“": 'write `"`',
        "”": 'write `"`',
        "\\": "lines need no `\\`: a line goes on inside brackets and before `->`",
    }
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    length = 2 if rest.startswith(("&&", "||")) else 1
    return found("E005", f"`{shown}` means nothing here", length, " ", hints.get(character))


# ------------------------------------------------------------------------------------------- tokens
class Place:
    """Where the parser stopped: `token` is what it could not use."""

    def __init__(
        self,
        source: Source,
        tokens: list[Token],
        index: int,
        error: UnexpectedToken,
        closed: dict[int, int],
    ) -> None:
        self.source, self.tokens, self.index, self.closed = source, tokens, index, closed
        self.accepts = set(error.accepts or error.expected or ())
        self.span = span_of(source, tokens, index)
        self.type = tokens[index].type if index < len(tokens) else "$END"
        self.text = str(tokens[index]) if index < len(tokens) else ""
        self.before = tokens[index - 1].type if index else "_NL"
        self.statement = self._statement()

    def _statement(self) -> list[Token]:
        start = self.index
        while start and self.tokens[start - 1].type not in ("_NL", "LBRACE", "VBAR"):
            start -= 1
        return self.tokens[start : self.index]

    def open_brackets(self) -> list[int]:
        """Brackets and braces before this place that nothing before it closes."""
        closed = {o for c, o in self.closed.items() if c < self.index}
        kinds = ("LPAR", "LSQB", "LBRACE", "OPEN_NAME")
        ended = [i for i in range(self.index) if self.tokens[i].type == "END_NAME"]
        opened = [i for i in range(self.index) if self.tokens[i].type in kinds and i not in closed]
        return [
            i for i in opened if self.tokens[i].type != "OPEN_NAME" or not any(e > i for e in ended)
        ]

    def says(
        self,
        code: str,
        message: str,
        hint: str | None = None,
        labels: tuple[tuple[Span, str], ...] = (),
        span: Span | None = None,
    ) -> Diagnostic:
        return Diagnostic(code, message, span or self.span, labels, hint)


Slip: TypeAlias = Callable[[Place], Diagnostic | None]


def _comment(p: Place) -> Diagnostic | None:
    if p.text == "//":
        return p.says("E010", "`//` does not begin a comment", "comments begin with `#`")
    return None


def _touching_brace(p: Place) -> Diagnostic | None:
    opened = [t for t in p.statement if t.type == "OPEN_NAME"]
    if (
        not opened
        or (
            p.type not in ("VBAR", "_NL", "COLON", "RBRACE", "ARROW", "END_NAME", "MID_NAME")
            and p.text not in ("->", "::", "{")
        )
        and p.type != "NAME"
    ):
        return None
    name = opened[-1]
    word = str(name)[:-1]
    span = Span(p.source, name.start_pos or 0, name.end_pos or 0)
    return p.says(
        "E011",
        f"`{name}` opens a computed name",
        f"a body has a space before its brace: `{word} {{`",
        span=span,
    )


def _chained_after_loop(p: Place) -> Diagnostic | None:
    if p.text != "->" or p.before != "RBRACE" or p.index - 1 not in p.closed:
        return None
    start = p.closed[p.index - 1]
    while start and p.tokens[start - 1].type not in ("_NL", "LBRACE", "VBAR", "RBRACE"):
        start -= 1
    word = str(p.tokens[start])
    if word in ("for", "repeat", "if", "else"):
        return p.says(
            "E012",
            f"`->` cannot follow the body of `{word}`",
            "put the next step on a line of its own; it takes what the body gave",
        )
    return None


def _else_on_own_line(p: Place) -> Diagnostic | None:
    if p.type == "ELSE" and p.before in ("_NL", "LBRACE"):
        return p.says("E013", "`else` stands on the line of the `}` before it", "write `} else {`")
    if p.type in ("END_NAME", "MID_NAME"):
        return p.says("E013", f"`{p.text}` needs spaces", f"write `}} {p.text.strip('{}')} {{`")
    return None


def _arithmetic_without_brackets(p: Place) -> Diagnostic | None:
    if p.type in ("PLUS", "MINUS", "TIMES", "POWER", "COMPARE") and any(
        t.type == "AT" for t in p.statement
    ):
        start = next(t for t in p.statement if t.type == "AT")
        line = p.source.line(p.span.place[0])
        text = line[Span(p.source, start.start_pos or 0, 0).place[1] - 1 :].split("#")[0].strip()
        return p.says(
            "E014",
            "arithmetic on values stands in parentheses",
            f"write `({text})`" if "->" not in text else "put parentheses round it: `(@a + @b)`",
        )
    return None


def _unclosed(p: Place) -> Diagnostic | None:
    opened = p.open_brackets()
    if not opened:
        if p.type == "RBRACE":
            return p.says("E015", "this `}` closes nothing")
        return None
    last = p.tokens[opened[-1]]
    span = Span(p.source, last.start_pos or 0, last.end_pos or 0)
    if (
        last.type in ("LPAR", "LSQB")
        and p.type in ("LBRACE", "RBRACE", "$END", "VBAR", "NAME", "COLON")
        and {"RPAR", "RSQB"} & p.accepts
    ):
        shut = ")" if last.type == "LPAR" else "]"
        if p.type == "NAME" and p.span.place[0] == span.place[0]:
            return p.says("E016", f"a comma or `{shut}` is missing before `{p.text}`")
        return p.says("E015", f"this `{last}` is never closed", f"add `{shut}`", span=span)
    if p.type == "$END" and last.type == "LBRACE":
        return p.says("E015", "this `{` is never closed", "add `}`", span=span)
    return None


def _commas_in_entries(p: Place) -> Diagnostic | None:
    if p.type != "COMMA":
        return None
    for i in reversed(p.open_brackets()):
        if p.tokens[i].type == "LBRACE" and i and p.tokens[i - 1].type in ("META", "INIT", "KEYS"):
            word = p.tokens[i - 1]
            return p.says(
                "E017",
                f"entries of `{word}` are separated by spaces or new lines",
                "leave the comma out",
            )
    return None


def _spaced_size(p: Place) -> Diagnostic | None:
    if p.before == "NUMBER" and re.fullmatch(r"x(\d+(x\d+)*)?", p.text):
        return p.says("E006", "a size is one word", "write it without spaces: 3x3")
    if p.type == "DOT" and p.index + 1 < len(p.tokens) and p.tokens[p.index + 1].type == "NUMBER":
        return p.says("E006", "a number starts with a digit", f"write 0.{p.tokens[p.index + 1]}")
    return None


def _assignment(p: Place) -> Diagnostic | None:
    if p.type == "EQUAL" and len(p.statement) == 1 and p.statement[0].type == "NAME":
        name = p.statement[0]
        return p.says("E018", "a value is bound with `let`", f"write `let {name} = ...`")
    return None


def _text(p: Place) -> Diagnostic | None:
    if p.type == "STRING" and not p.statement:
        return p.says(
            "E019",
            "a text by itself can only be the first thing in a file, a net or a block",
            "comments begin with `#`",
        )
    if p.text == "->" and p.before == "STRING":
        return p.says("E019", "a text is no step")
    return None


def _label(p: Place) -> Diagnostic | None:
    if p.type == "_NL" and p.before == "COLON":
        return p.says(
            "E020",
            "a label names the step to its right, on the same line",
            "put the step on the line of its label",
        )
    if p.type == "COLON":
        if p.before in ("RPAR", "RBRACE"):
            return p.says(
                "E020",
                "`:` cannot stand here",
                "a shape to be checked follows `::`; a label stands before its step",
            )
        if any(t.type == "COLON" for t in p.statement):
            return p.says("E020", "a step has one label")
    if p.text == "::" and p.before == "_NL":
        return None
    return None


def _reserved(p: Place) -> Diagnostic | None:
    follows = str(p.tokens[p.index + 1]) if p.index + 1 < len(p.tokens) else ""
    if (
        p.text in RESERVED
        and ("NAME" in p.accepts)
        and p.text not in p.accepts
        and (follows in (":", ")", ",", "=", "->", "(", "{", "") or p.type in ("NOT", "AND", "OR"))
    ):
        return p.says("E021", f"`{p.text}` is a word of the language and cannot be a name here")
    if p.type == "COLON" and p.before in (w.upper() for w in RESERVED):
        word = p.tokens[p.index - 1]
        span = span_of(p.source, p.tokens, p.index - 1)
        return p.says(
            "E021",
            f"`{word}` is a word of the language and cannot be a label",
            f"call it `{word}_`",
            span=span,
        )
    return None


def _definition(p: Place) -> Diagnostic | None:
    if p.text in ("net", "block", "import", "extern") and p.before in ("_NL", "LBRACE") and p.index:
        return p.says(
            "E022", f"`{p.text}` stands outside of every body", "is a `}` missing before it?"
        )
    depth = len([i for i in p.open_brackets() if p.tokens[i].type == "LBRACE"])
    if depth == 0 and p.type == "NAME" and not p.statement:
        return p.says(
            "E022",
            f"a definition begins with `net`, `block`, `let`, `import` or `extern`, not with `{p.text}`",
            did_you_mean(p.text, DEFINITIONS),
        )
    if depth == 0 and not p.statement and p.type not in ("$END", "RBRACE"):
        return p.says("E022", "steps stand inside a `net` or a `block`, not at the top of a file")
    return None


def _two_steps(p: Place) -> Diagnostic | None:
    starts = ("NAME", "AT", "LPAR", "LBRACE", "OPEN_NAME")
    if (
        p.type in starts
        and p.before in ("NAME", "RPAR", "RBRACE", "SIZE", "NUMBER")
        and "_NL" in p.accepts
    ):
        return p.says("E023", f"`->` or a new line is missing before `{p.text}`")
    if (
        p.type in ("NAME", "NUMBER", "SIZE", "STRING", "AT", "CONSTANT")
        and "COMMA" in p.accepts
        and "RPAR" in p.accepts
    ):
        return p.says("E016", f"a comma is missing before `{p.text}`")
    return None


def _empty_bar(p: Place) -> Diagnostic | None:
    if p.before == "VBAR" and p.type in ("RBRACE", "VBAR", "_NL"):
        span = span_of(p.source, p.tokens, p.index - 1)
        return p.says(
            "E024",
            "this bar is empty",
            "a bar that passes its input through is `| identity`",
            span=span,
        )
    if p.text == "->" and p.before in ("_NL", "LBRACE", "VBAR"):
        return p.says("E025", "nothing stands before `->`")
    if p.index and (arrow := str(p.tokens[p.index - 1])) in ("->", "::"):
        span = span_of(p.source, p.tokens, p.index - 1)
        what = "a step" if arrow == "->" else "a shape"
        return p.says("E025", f"{what} is missing after `{arrow}`", span=span)
    return None


def _bar(p: Place) -> Diagnostic | None:
    if p.type == "VBAR":
        return p.says(
            "E026",
            "a bar cannot stand here",
            "bars stand in the body of a merge: `concat { | a | b }`",
        )
    return None


def _expected(p: Place) -> Diagnostic:
    found = WORDS.get(p.type, f"`{p.text}`")
    if p.type in ("NAME", "NUMBER", "SIZE", "TIMES", "COMPARE", "STRING"):
        found = f"`{p.text}`"
    wanted: list[str] = []
    if {"NUMBER", "NAME", "LSQB"} <= p.accepts and "COMMA" not in p.accepts:
        wanted = ["a value"]
    elif {"NAME", "AT", "LBRACE"} <= p.accepts and "_NL" not in p.accepts:
        wanted = ["a step"]
    else:
        order = (
            "NAME",
            "EQUAL",
            "COLON",
            "LBRACE",
            "COMMA",
            "RPAR",
            "RSQB",
            "IN",
            "STRING",
            "FROM",
            "_NL",
            "RBRACE",
        )
        wanted = [WORDS.get(k, f"`{k.lower()}`") for k in order if k in p.accepts][:3]
    said = (
        f"{' or '.join(wanted)} is missing before {found}"
        if wanted
        else f"{found} cannot stand here"
    )
    hint = None
    if p.type in ("NAME", "COLON") and p.before == "NAME" and len(p.statement) == 1:
        hint = did_you_mean(
            str(p.statement[0]), [*RESERVED, "block", "module", "param", "output", "input"]
        )
    return p.says("E027", said, hint)


SLIPS: tuple[Slip, ...] = (
    _comment,
    _else_on_own_line,
    _chained_after_loop,
    _arithmetic_without_brackets,
    _commas_in_entries,
    _spaced_size,
    _assignment,
    _text,
    _label,
    _empty_bar,
    _touching_brace,
    _definition,
    _reserved,
    _unclosed,
    _bar,
    _two_steps,
)


def diagnose(
    source: Source, tokens: list[Token], index: int, error: UnexpectedToken, closed: dict[int, int]
) -> Diagnostic:
    """The message for a token that the parser cannot use."""
    place = Place(source, tokens, index, error, closed)
    for slip in SLIPS:
        found = slip(place)
        if found is not None:
            return found
    return _expected(place)


__all__ = ["MISSING", "diagnose", "lexical", "span_of"]
