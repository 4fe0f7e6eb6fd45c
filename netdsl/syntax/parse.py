"""Text -> `ast.File`, with every syntax mistake that can be told apart reported in one go.

A mistake is reported by its line; the statement it stands in is replaced by a `Missing` step, and
parsing starts again, so that one slip does not hide the next one.
"""

from __future__ import annotations

from collections.abc import Iterator

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from netdsl.diagnostics import Diagnostic, Report
from netdsl.source import Source, Span
from netdsl.syntax import ast, slips
from netdsl.syntax.build import MISSING, Builder
from netdsl.syntax.lines import statements
from netdsl.syntax.tables import parser

MOST_MISTAKES = 20
DEEPEST = 64  # bodies and brackets in each other
LARGEST = 256 * 1024  # bytes of text
BOUNDARIES = ("_NL", "VBAR", "LBRACE", "RBRACE", "$END")


def parse(source: Source, report: Report) -> ast.File | None:
    """The syntax tree of `source`; None if nothing can be made of it. Mistakes go to `report`."""
    if len(source.text) > LARGEST:
        report.add(
            Diagnostic("E001", f"a text of {len(source.text):,} characters is too large", None)
        )
        return None
    tokens = list(statements(_lex(source, report)))
    too_deep = _too_deep(source, tokens)
    if too_deep is not None:
        report.add(too_deep)
        return None
    closers = _matches(tokens)
    reported: set[int] = {d.span.place[0] for d in report.errors if d.span}
    for _ in range(4 * MOST_MISTAKES):
        wrong = _attempt(source, tokens)
        if isinstance(wrong, ast.File):
            return wrong
        index, error = wrong
        line = slips.span_of(source, tokens, index).place[0]
        if line not in reported:
            reported.add(line)
            report.add(slips.diagnose(source, tokens, index, error, closers))
        if len(report.errors) >= MOST_MISTAKES or not _mend(tokens, index):
            return None
        closers = _matches(tokens)
    return None


def _attempt(source: Source, tokens: list[Token]) -> ast.File | tuple[int, UnexpectedToken]:
    machine = parser().parse_interactive("")
    i = 0
    try:
        for i, token in enumerate(tokens):
            machine.feed_token(token)
        i = len(tokens)
        tree = machine.feed_eof(tokens[-1] if tokens else None)
    except UnexpectedToken as error:
        return i, error
    return Builder(source).build(tree)


# ------------------------------------------------------------------------------------------ lexing
def _lex(source: Source, report: Report) -> Iterator[Token]:
    """The tokens; a character that no token has is reported and read as what was meant."""
    text = source.text
    for _ in range(MOST_MISTAKES):
        try:
            return iter(list(parser().lex(text)))
        except UnexpectedCharacters as error:
            at = error.pos_in_stream
            diagnostic, length, meant = slips.lexical(source, at)
            report.add(diagnostic)
            text = text[:at] + meant.ljust(length)[:length] + text[at + length :]
    blank = "".join(c if c == "\n" else " " for c in text[at:])
    return iter(list(parser().lex(text[:at] + blank)))


def _too_deep(source: Source, tokens: list[Token]) -> Diagnostic | None:
    depth, chain = 0, 0
    for token in tokens:
        if token.type in ("LBRACE", "LPAR", "LSQB", "OPEN_NAME"):
            depth += 1
        elif token.type in ("RBRACE", "RPAR", "RSQB", "END_NAME"):
            depth -= 1
        prefix = token.type in ("MINUS", "NOT", "POWER", "IF", "ELSE", "DOT")
        chain = chain + 1 if prefix else 0 if token.type in ("_NL", "COMMA", "LBRACE") else chain
        if depth > DEEPEST or chain > 4 * DEEPEST:
            what = f"more than {DEEPEST} bodies and brackets in each other"
            return Diagnostic("E002", what, Span(source, token.start_pos or 0, token.end_pos or 0))
    return None


# ---------------------------------------------------------------------------------------- recovery
def _matches(tokens: list[Token]) -> dict[int, int]:
    """For every closing brace (and bracket) the index of what it closes."""
    stack: list[int] = []
    closed: dict[int, int] = {}
    pairs = {"RBRACE": ("LBRACE", "OPEN_NAME", "MID_NAME"), "RPAR": ("LPAR",), "RSQB": ("LSQB",)}
    for i, token in enumerate(tokens):
        if token.type in ("LBRACE", "OPEN_NAME", "LPAR", "LSQB"):
            stack.append(i)
        elif token.type == "END_NAME" and stack and tokens[stack[-1]].type == "OPEN_NAME":
            stack.pop()
        elif token.type in pairs:
            while stack and token.type == "RBRACE" and tokens[stack[-1]].type in ("LPAR", "LSQB"):
                stack.pop()  # left open: a body's end closes it
            if stack and tokens[stack[-1]].type in pairs[token.type]:
                closed[i] = stack.pop()
    return closed


def _mend(tokens: list[Token], index: int) -> bool:
    """Replace the statement around token `index` by a step that is missing; False if that is no help."""
    closed = _matches(tokens)

    def boundary(i: int) -> bool:
        token = tokens[i]
        if token.type == "RBRACE":
            return i not in closed or tokens[closed[i]].type == "LBRACE"
        return token.type in BOUNDARIES

    touching = _touching(tokens, index)
    if touching is not None:  # `concat{`: read it as `concat {`
        token = tokens[touching]
        start = token.start_pos or 0
        word = Token("NAME", str(token)[:-1], start, end_pos=(token.end_pos or 1) - 1)
        brace = Token("LBRACE", "{", (token.end_pos or 1) - 1, end_pos=token.end_pos)
        tokens[touching : touching + 1] = [word, brace]
        return True
    start = index
    while start > 0 and not boundary(start - 1):
        start -= 1
    stop = index
    while stop < len(tokens) and not boundary(stop):
        stop += 1
    depth = sum(t.type == "LBRACE" for t in tokens[:start]) - sum(
        1 for i in range(start) if tokens[i].type == "RBRACE" and boundary(i)
    )
    before = tokens[start - 1].type if start else "_NL"
    after = tokens[stop].type if stop < len(tokens) else "$END"
    segment = tokens[start:stop]
    if not segment:
        if index >= len(tokens):
            end = tokens[-1].end_pos if tokens else 0
            tokens.append(Token("RBRACE", "}", end, end_pos=end))
        else:
            del tokens[index]
        return True
    if all(t == MISSING for t in segment if t.type == "NAME") and len(segment) == 1:
        del tokens[start:stop]
        return True
    missing = _token("NAME", MISSING, segment[0], segment[-1])
    if depth <= 0:
        if after == "LBRACE":
            names = [t for t in segment if t.type == "NAME"]
            name = names[-1] if names else missing
            tokens[start:stop] = [_token("BLOCK", "block", segment[0], segment[0]), name]
        else:
            end = stop + 1 if after == "_NL" else stop
            del tokens[start:end]
            if after == "$END" and start and tokens[-1].type == "_NL":
                tokens.pop()
        return True
    if before == "RBRACE":
        head = segment[0] if segment[0].type == "NAME" else missing
        tokens[start:stop] = [head] if after == "LBRACE" else []
    else:
        tokens[start:stop] = [missing]
    return True


def _touching(tokens: list[Token], index: int) -> int | None:
    """The `concat{` that opened a computed name where a body was meant."""
    if index < len(tokens) and tokens[index].type not in ("VBAR", "_NL", "COLON", "NAME"):
        return None
    start = index - 1
    while start >= 0 and tokens[start].type not in ("_NL", "LBRACE", "RBRACE", "VBAR"):
        if tokens[start].type == "OPEN_NAME":
            return start
        start -= 1
    return None


def _token(kind: str, text: str, first: Token, last: Token) -> Token:
    return Token(kind, text, first.start_pos, end_pos=last.end_pos)
