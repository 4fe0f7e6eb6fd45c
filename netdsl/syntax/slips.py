"""What a syntax mistake probably was meant to be: one function a slip, the first that fits is told.

A slip also says how to go on reading, if that is certain enough: `Fix`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from netdsl.diagnostics import Diagnostic, did_you_mean
from netdsl.source import Source, Span
from netdsl.syntax.brackets import ARROWS, end_of, placed, start_of
from netdsl.syntax.build import MISSING
from netdsl.syntax.machine import Token
from netdsl.syntax.wanted import expected

RESERVED = [
    "net",
    "import",
    "extern",
    "let",
    "for",
    "in",
    "if",
    "else",
    "repeat",
    "and",
    "or",
    "not",
    "init",
    "meta",
    "keys",
    "expect",
    "inline",
    "true",
    "false",
    "none",
]
DEFINITIONS = ("net", "block", "import", "let", "extern")
STATEMENTS = ("input", "output", "aux", "head", "param", "module", "let", "init", "meta", "keys")
ARITHMETIC = ("PLUS", "MINUS", "TIMES", "POWER", "COMPARE")
ENDS = ("_NL", "VBAR", "LBRACE", "RBRACE")  # what a statement cannot reach over


class Fix(NamedTuple):
    """Read `tokens` in place of those from `start` to `stop`."""

    start: int
    stop: int
    tokens: Sequence[Token] = ()


class Found(NamedTuple):
    diagnostic: Diagnostic
    fix: Fix | None = None


def span_of(source: Source, tokens: list[Token], index: int) -> Span:
    """The place of a token; past the last one, the end of the text."""
    if index < len(tokens):
        token = tokens[index]
        start = start_of(token)
        if token.type == "_NL":
            return Span(source, start, start)
        return Span(source, start, max(end_of(token), start))
    end = len(source.text.rstrip())
    return Span(source, end, end)


class Place:
    """Where the parser stopped: `type` and `text` are those of the token that it could not use, and
    `accepts` the kinds of tokens that it could have used."""

    def __init__(
        self, source: Source, tokens: list[Token], index: int, accepts: Iterable[str]
    ) -> None:
        self.source, self.tokens, self.index = source, tokens, index
        self.accepts = frozenset(accepts)
        self.span = span_of(source, tokens, index)
        self.type = self.kind(index)
        self.text = str(tokens[index]) if index < len(tokens) else ""
        self.before = self.kind(index - 1)
        start = index
        while self.kind(start - 1) not in ("_NL", "LBRACE", "VBAR"):
            start -= 1
        self.start = start  # of the statement
        self.statement = tokens[start:index]

    def kind(self, index: int) -> str:
        if index < 0:
            return "_NL"
        return self.tokens[index].type if index < len(self.tokens) else "$END"

    def word(self, index: int) -> str:
        return str(self.tokens[index]) if 0 <= index < len(self.tokens) else ""

    def at(self, index: int) -> Span:
        return span_of(self.source, self.tokens, index)

    def line(self, index: int) -> int:
        return self.at(index).place[0]

    def new(self, kind: str, text: str, index: int) -> Token:
        """A token that takes the place of another one."""
        span = self.at(index)
        return Token(kind, text, span.start, end_pos=span.end)

    def insert(self, kind: str, text: str, index: int) -> Fix:
        """Read a token before the one at `index`."""
        at = end_of(self.tokens[index - 1]) if index else 0
        return Fix(index, index, (placed(kind, text, at),))

    def replace(self, kind: str, text: str, index: int) -> Fix:
        return Fix(index, index + 1, (self.new(kind, text, index),))

    def depth(self) -> int:
        """How many bodies are open here."""
        depth = names = 0
        for token in self.tokens[: self.index]:
            if token.type == "OPEN_NAME":
                names += 1
            elif token.type == "END_NAME" or (token.type == "RBRACE" and names):
                names -= 1
            else:
                depth += (token.type == "LBRACE") - (token.type == "RBRACE")
        return depth

    def opener(self) -> int | None:
        """The brace whose body this place stands in."""
        depth = 0
        for i in range(self.index - 1, -1, -1):
            depth += (self.kind(i) == "RBRACE") - (self.kind(i) == "LBRACE")
            if depth < 0:
                return i
        return None

    def in_brackets(self) -> bool:
        depth = 0
        for token in self.statement:
            depth += token.type in ("LPAR", "LSQB")
            depth -= token.type in ("RPAR", "RSQB")
        return depth > 0

    def says(
        self,
        code: str,
        message: str,
        hint: str | None = None,
        at: int | None = None,
        fix: Fix | None = None,
    ) -> Found:
        span = self.span if at is None else self.at(at)
        return Found(Diagnostic(code, message, span, hint=hint), fix)


Slip: TypeAlias = Callable[[Place], Found | None]


# ------------------------------------------------------------------------------------------ comments
def _comment(p: Place) -> Found | None:
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


def _text(p: Place) -> Found | None:
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


# ------------------------------------------------------------------------------------------- clauses
def _else_on_own_line(p: Place) -> Found | None:
    if p.type == "ELSE" and p.before in ("_NL", "LBRACE"):
        fix = Fix(p.index - 1, p.index) if p.kind(p.index - 2) == "RBRACE" else None
        message = "`else` must stand on the line of the `}` before it"
        return p.says("E013", message, "write `} else {`", fix=fix)
    if p.text in ("elif", "elseif", "elsif") and p.before in ("RBRACE", "_NL"):
        start = p.index - (p.before == "_NL")
        fix = Fix(start, p.index + 1, (p.new("ELSE", "else", p.index), p.new("IF", "if", p.index)))
        return p.says("E013", f"there is no `{p.text}`", "write `} else if ... {`", fix=fix)
    return None


def _chained_after_loop(p: Place) -> Found | None:
    if p.text != "->" or p.before != "RBRACE":
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
    return p.says("E014", f"`->` cannot follow the body of `{word}`", hint, fix=fix)


# ---------------------------------------------------------------------------------------- arithmetic
def _arithmetic_without_brackets(p: Place) -> Found | None:
    if p.type not in ARITHMETIC or p.in_brackets():
        return None
    first = next((i for i in range(p.start, p.index) if p.kind(i) == "AT"), None)
    if first is None or any(p.kind(i) == "EQUAL" for i in range(p.start, p.index)):
        return None
    stop = p.index
    while p.kind(stop) not in (*ENDS, "$END") and p.word(stop) not in ARROWS:
        stop += 1
    start, end = start_of(p.tokens[first]), end_of(p.tokens[stop - 1])
    inner = [placed("LPAR", "(", start), *p.tokens[first:stop], placed("RPAR", ")", end)]
    return p.says(
        "E015",
        "arithmetic on values must stand in parentheses",
        f"write `({p.source.text[start:end]})`",
        fix=Fix(first, stop, inner),
    )


def _size_or_number(p: Place) -> Found | None:
    """`3 x 3`, `.5`, `3.`."""
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


# ------------------------------------------------------------------------------------------- entries
def _commas_in_entries(p: Place) -> Found | None:
    if p.type != "COMMA":
        return None
    opener = p.opener()
    word = p.word(opener - 1) if opener else ""
    if word not in ("meta", "init", "keys"):
        return None
    message = f"entries of `{word}` have no commas between them"
    return p.says("E016", message, "leave the comma out", fix=Fix(p.index, p.index + 1))


def _assignment(p: Place) -> Found | None:
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
    fix = Fix(name, name, (placed("LET", "let", start_of(p.tokens[name])),))
    return p.says(
        "E017", "a value must be bound with `let`", f"write `let {p.word(name)} = ...`", at, fix
    )


# -------------------------------------------------------------------------------------------- labels
def _label(p: Place) -> Found | None:
    if p.type == "_NL" and p.before == "COLON":
        return p.says(
            "E019",
            "the step of a label must stand on the same line",
            "write the step behind the colon",
            at=p.index - 1,
            fix=Fix(p.index, p.index + 1),
        )
    if p.type != "COLON":
        return None
    if p.in_brackets() and p.before == "NAME":
        fix = p.replace("EQUAL", "=", p.index)
        message = "an argument is given with `=`"
        return p.says("E019", message, f"write `{p.word(p.index - 1)}=...`", fix=fix)
    first = p.word(p.start)
    if p.index - p.start > 1 and first in ("for", "repeat", "if", "else", "while", "net", "block"):
        return p.says("E024", "a body must stand in braces", f"write `{first} ... {{ ... }}`")
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


def _reserved(p: Place) -> Found | None:
    """A word of the language where a name stands."""
    if p.type == "COLON" and p.word(p.index - 1) in RESERVED:
        word, at = p.word(p.index - 1), p.index - 1
        return p.says(
            "E020",
            f"`{word}` is a word of the language and cannot be a label",
            f"call it `{word}_`",
            at,
            p.replace("NAME", f"{word}_", at),
        )
    if p.text not in RESERVED or "NAME" not in p.accepts or p.type == "CONSTANT":
        return None
    if p.type == "NET" and not p.statement and p.kind(p.index + 1) == "NAME":
        return None
    follows = p.word(p.index + 1)
    if p.text == "in" and not (follows in (":", ",", ")", "=")):
        hint = "`@in` is the value that entered; `in.channels` is a number of it"
        if not p.statement or p.word(p.index - 1) in ("->", "|", ":"):
            return p.says("E020", "`in` is no step", hint)
        return None
    label = follows == ":"
    if label or follows in (")", ",", "=", "->", "(", "{", "\n", ""):
        what = "a label" if label else "a name"
        fix = p.replace("NAME", f"{p.text}_", p.index)
        message = f"`{p.text}` is a word of the language and cannot be {what}"
        return p.says("E020", message, f"call it `{p.text}_`", fix=fix)
    return None


# --------------------------------------------------------------------------------------- definitions
def _definition(p: Place) -> Found | None:
    depth = p.depth()
    if depth and not p.statement and p.text in ("net", "import", "extern"):
        message = f"`{p.text}` cannot stand inside a body"
        return p.says("E021", message, "is a `}` missing before it?")
    if depth and p.before == "BLOCK" and p.type == "NAME" and len(p.statement) == 1:
        hint = "move it out, before or after"
        return p.says("E021", "a block cannot be defined inside a body", hint, p.index - 1)
    if depth or p.statement or p.type in ("$END", "RBRACE"):
        return None
    rest = [i for i in range(p.index, len(p.tokens)) if p.kind(i) in (*ENDS, "VBAR")]
    stop = rest[0] if rest else len(p.tokens)
    named = p.type in ("NAME", "MODULE", "LAYER", "HEAD") and p.kind(p.index + 1) == "NAME"
    if named and (p.kind(stop) == "LBRACE" or "EQUAL" in [p.kind(i) for i in range(p.index, stop)]):
        meant = did_you_mean(p.text, DEFINITIONS) or MEANT_WORDS.get(p.text.lower())
        right = re.findall(r"`(\w+)", meant or "")
        word = right[0] if right and right[0] in ("net", "block") else "block"
        return p.says(
            "E021",
            "a definition must begin with `net`, `block`, `let`, `import` or `extern`, "
            f"not with `{p.text}`",
            meant,
            fix=p.replace(word.upper(), word, p.index),
        )
    hint = did_you_mean(p.text, DEFINITIONS) if named else "write `net Name { ... }` around them"
    if p.text in ("def", "class", "function", "func"):
        hint = "write `block name(parameters) { ... }`"
    return p.says(
        "E021",
        "steps must stand inside a `net` or a `block`, not at the top of a file",
        hint,
        fix=Fix(p.index, _next_definition(p)),
    )


MEANT_WORDS = {
    **dict.fromkeys(("network", "model"), "write `net Name { ... }`"),
    **dict.fromkeys(
        ("module", "layer", "def", "class", "function", "cell"), "write `block name(...) { ... }`"
    ),
    **dict.fromkeys(("const", "var", "val", "define"), "write `let name = ...`"),
}


def _next_definition(p: Place) -> int:
    """Where the next definition begins, after a run of lines that are none."""
    depth = 0
    for i in range(p.index, len(p.tokens)):
        depth += (p.kind(i) == "LBRACE") - (p.kind(i) == "RBRACE")
        if depth <= 0 and p.kind(i) == "_NL" and p.word(i + 1) in DEFINITIONS:
            return i + 1
    return len(p.tokens)


# ---------------------------------------------------------------------------------------------- flow
def _nothing(p: Place) -> Found | None:
    """A bar without steps, an arrow without one before or after it."""
    if p.before == "VBAR" and p.type in ("RBRACE", "VBAR", "_NL"):
        hint = "a bar that passes its input through is `| identity`"
        return p.says(
            "E022", "this bar is empty", hint, p.index - 1, p.insert("NAME", MISSING, p.index)
        )
    if p.text == "->" and p.before in ("_NL", "LBRACE", "VBAR"):
        hint = "the first step takes what entered; leave the arrow out"
        return p.says("E010", "nothing stands before `->`", hint, fix=Fix(p.index, p.index + 1))
    arrow = p.word(p.index - 1)
    if arrow in ARROWS and p.type in ("_NL", "RBRACE", "VBAR", "$END", "__ANON_0", "__ANON_1"):
        what = "a step" if arrow == "->" else "a shape"
        fix = p.insert("NAME", MISSING, p.index)
        return p.says("E010", f"{what} is missing after `{arrow}`", None, p.index - 1, fix)
    return None


def _other_arrow(p: Place) -> Found | None:
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
    shown = p.source.text[p.span.start : p.at(stop - 1).end]
    token = Token("__ANON_0", "->", p.span.start, end_pos=p.at(stop - 1).end)
    return p.says(
        "E009", f"steps are chained with `->`, not with `{shown}`", fix=Fix(p.index, stop, (token,))
    )


def _two_steps(p: Place) -> Found | None:
    """A missing arrow or a missing comma."""
    values = ("NAME", "NUMBER", "SIZE", "STRING", "AT", "CONSTANT", "LPAR", "LSQB")
    if p.type in values and p.in_brackets() and {"COMMA"} & p.accepts:
        fix = p.insert("COMMA", ",", p.index)
        return p.says("E008", f"a comma is missing before `{p.text}`", fix=fix)
    starts = ("NAME", "AT", "LPAR", "LBRACE", "OPEN_NAME", "INLINE")
    ends = ("NAME", "RPAR", "RBRACE", "SIZE", "NUMBER", "CONSTANT", "RSQB")
    if p.type in starts and p.before in ends and "_NL" in p.accepts and not p.in_brackets():
        if len(p.statement) == 1 and p.before == "NAME" and p.type == "NAME":
            word = did_you_mean(p.word(p.index - 1), STATEMENTS)
            if word is not None:
                return p.says("E009", f"`->` is missing before `{p.text}`", word)
        chained = "__ANON_0" in p.accepts
        fix = p.insert("__ANON_0", "->", p.index) if chained else p.insert("_NL", "\n", p.index)
        what = "`->` or a new line" if chained else "a new line"
        return p.says("E009", f"{what} is missing before `{p.text}`", fix=fix)
    return None


def _bar(p: Place) -> Found | None:
    if p.type != "VBAR":
        return None
    if p.in_brackets() or "OR" in p.accepts and "_NL" not in p.accepts:
        return p.says("E003", "`|` means nothing here", "write `or`")
    hint = "each bar begins with `|` and stands in the body of a merge: `concat { | a | b }`"
    return p.says("E023", "a bar cannot stand here", hint)


def _loop(p: Place) -> Found | None:
    """`for i = 0 to 3`, `for (i in range(3))`, `while`."""
    word = p.word(p.start)
    if word == "for" and p.index - p.start <= 2:
        if p.type == "LPAR":
            shut = (
                next((i for i in range(p.index, len(p.tokens)) if p.kind(i) in ENDS), len(p.tokens))
                - 1
            )
            fix = None
            if p.kind(shut) == "RPAR":
                fix = Fix(p.index, shut + 1, p.tokens[p.index + 1 : shut])
            return p.says(
                "E024",
                "`for` takes no parentheses",
                "write `for i in range(4) { ... }`",
                fix=fix,
            )
        return p.says(
            "E024",
            f"`for` goes through a list, and {_shown(p)} stands here",
            "write `for i in range(4) { ... }`",
        )
    if word in ("while", "loop", "foreach", "switch", "match", "try") and p.kind(
        p.start + 1
    ) not in ("LPAR", "COLON"):
        hint = "there are `repeat n { ... }`, `for x in list { ... }` and `if c { ... }`"
        return p.says("E024", f"there is no `{word}`", hint, p.start)
    if p.type == "EQUAL" and word in ("if", "expect", "repeat"):
        fix = p.replace("COMPARE", "==", p.index)
        return p.says("E024", "`=` gives an argument; it does not compare", "write `==`", fix=fix)
    return None


def _shown(p: Place) -> str:
    return f"`{p.text}`" if p.text.strip() else "the end of the line"


SLIPS: tuple[Slip, ...] = (
    _comment,
    _else_on_own_line,
    _chained_after_loop,
    _arithmetic_without_brackets,
    _commas_in_entries,
    _size_or_number,
    _assignment,
    _text,
    _label,
    _nothing,
    _definition,
    _reserved,
    _loop,
    _other_arrow,
    _bar,
    _two_steps,
)


def diagnose(source: Source, tokens: list[Token], index: int, accepts: Iterable[str]) -> Found:
    """The message for a token that the parser cannot use, and how to go on."""
    place = Place(source, tokens, index, accepts)
    for slip in SLIPS:
        found = slip(place)
        if found is not None:
            return found
    return Found(expected(place))


__all__ = ["Fix", "Found", "Place", "diagnose", "span_of"]
