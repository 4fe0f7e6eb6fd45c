"""Text -> `ast.File`, with every syntax mistake that can be told apart reported in one go.

Mistakes are reported by line. What follows depends on the slip: where it is clear what was meant,
that is read; else the statement is replaced by a `Missing` step. So one slip does not hide the next.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from netdsl.diagnostics import Diagnostic, Report
from netdsl.source import Source, Span
from netdsl.syntax import ast
from netdsl.syntax.brackets import settle
from netdsl.syntax.build import MISSING, Builder
from netdsl.syntax.letters import MOST_MISTAKES, lex
from netdsl.syntax.lines import statements
from netdsl.syntax.machine import END, Machine, Misfit, Token, UnknownCharacter
from netdsl.syntax.tables import grammar

DEEPEST = 64  # bodies and brackets in each other
LONGEST = 128  # operators, or `else if`, in a row
LARGEST = 256 * 1024  # characters of text
LONGEST_NAME = 100  # characters: names stand in every key below them

Words: TypeAlias = tuple[tuple[str, str], ...]  # kinds of tokens, and their texts


def parse(source: Source, report: Report) -> ast.File | None:
    """The syntax tree of `source`; None if nothing can be made of it. Mistakes go to `report`."""
    tokens = _tokens(source, report)
    tree = None if tokens is None else _tree(source, list(statements(tokens)), report)
    return tree.but(lost=_lost(tree)) if tree is not None and report.errors else tree


def well_formed(source: Source) -> list[Token]:
    """The tokens of a text without mistakes, and the newlines that end its statements: as `parse`, but
    nothing is built. Raises `NetError`."""
    if len(source.text) <= LARGEST:
        try:
            raw = list(grammar().lex(source.text))
            if _too_deep(source, raw) is None:
                tokens = list(statements(raw))
                machine = Machine(grammar(), build=False)
                for token in tokens:
                    machine.feed(token)
                if tokens:
                    machine.finish(tokens[-1])
                return tokens
        except (UnknownCharacter, Misfit):
            pass
    report = Report()
    parse(source, report)
    report.check()
    raise AssertionError("a text with mistakes has no messages")


def parse_expression(source: Source, report: Report) -> ast.Expr | None:
    """The expression that a text is; None after a mistake."""
    tokens = _tokens(source, report)
    if tokens is None:
        return None
    tokens = [t for t in tokens if t.type != "_NL"]
    before = (("LET", "let"), ("NAME", "_"), ("EQUAL", "="))
    definition = _within(source, tokens, before, (), "a value", report)
    return definition.value if isinstance(definition, ast.Let) else None


def parse_chain(source: Source, report: Report) -> ast.Chain | None:
    """The chain that a text is, `linear(256) -> relu`; None after a mistake."""
    tokens = _tokens(source, report)
    if tokens is None:
        return None
    before = (("BLOCK", "block"), ("NAME", "_"), ("LBRACE", "{"))
    lines = list(statements(tokens))
    definition = _within(source, lines, before, (("RBRACE", "}"),), "a step", report)
    if not isinstance(definition, ast.Block):
        return None
    (first, *more) = definition.body.statements
    if isinstance(first, ast.Chain) and not more:
        return first
    wrong = more[0] if isinstance(first, ast.Chain) else first
    message = "this is not a chain of steps"
    hint = "steps are written like `linear(256) -> relu -> linear(10)`"
    report.add(Diagnostic("E024", message, wrong.span, hint=hint))
    return None


def _within(
    source: Source,
    tokens: list[Token],
    before: Words,
    after: Words,
    what: str,
    report: Report,
) -> ast.Definition | None:
    """The definition that a text is between the words of one around it; None after a mistake. `what`
    is what misses where nothing stands."""
    end = len(source.text)
    try:
        if not tokens:
            raise Misfit(Token(END, "", end, end))
        machine = Machine(grammar())
        for kind, word in before:
            machine.feed(Token(kind, word, 0, 0))
        for token in (*tokens, *(Token(kind, word, end, end) for kind, word in after)):
            machine.feed(token)
        file = Builder(source).build(machine.finish(tokens[-1]))
    except Misfit as error:
        start, text = error.token.start_pos, str(error.token)
        found = f"`{text}` cannot stand here"
        if error.token.type == END or start == end:
            start, text, found = end, "", f"{what} is missing"
        report.add(Diagnostic("E024", found, Span(source, start, start + len(text))))
        return None
    (definition,) = file.definitions
    return definition


def _tokens(source: Source, report: Report) -> list[Token] | None:
    """The tokens, with brackets that match; None if nothing more can be said."""
    if len(source.text) > LARGEST:
        size = f"{len(source.text):,} characters"
        hint = f"a file has at most {LARGEST:,}; blocks can stand in files of their own"
        report.add(
            Diagnostic("E001", f"this text is too large: {size}", Span(source, 0, 0), hint=hint)
        )
        return None
    tokens = lex(source, report)
    if tokens is None:
        return None
    too_deep = _too_deep(source, tokens)
    if too_deep is not None:
        report.add(too_deep)
        return None
    return settle(source, tokens, report)


def _tree(source: Source, tokens: list[Token], report: Report) -> ast.File | None:
    machine = Machine(grammar())
    try:
        for token in tokens:
            machine.feed(token)
        if not tokens:
            return ast.File(Span(source, 0, len(source.text)), source, None, ())
        return Builder(source).build(machine.finish(tokens[-1]))
    except Misfit:
        return _tree(source, tokens, report) if _mended(source, tokens, report) else None


def _harmless(diagnostic: Diagnostic) -> bool:
    """Whether a text in single quotes is read as it was meant: nothing on its line follows from that."""
    return diagnostic.code == "E004" and diagnostic.hint is not None


def _mended(source: Source, tokens: list[Token], report: Report) -> bool:
    """Report what does not fit and change the tokens so that the rest can be read; False to give up."""
    from netdsl.syntax.place import span_of
    from netdsl.syntax.recovery import Reader, mend
    from netdsl.syntax.slips import diagnose

    reader = Reader()
    reported = {
        d.span.place[0]
        for d in report.errors
        if d.span and d.span.source is source and not _harmless(d)
    }
    changed = 0
    for _ in range(4 * MOST_MISTAKES):
        wrong = reader.read(tokens, changed)
        if wrong is None:
            return True
        index, accepts = wrong
        found = diagnose(source, tokens, index, accepts)
        place, span = span_of(source, tokens, index), found.diagnostic.span
        lines = {place.place[0], (span or place).place[0]}
        if not lines & reported:
            report.add(found.diagnostic)
        reported |= lines
        fix = found.fix
        if len(report.errors) >= MOST_MISTAKES:
            return False
        if fix is not None:
            tokens[fix.start : fix.stop] = fix.tokens
            changed = max(0, fix.start - 1)
        else:
            changed = mend(tokens, index)
        if not tokens:
            return False
    return False


OPERATORS = (
    "MINUS",
    "PLUS",
    "TIMES",
    "COMPARE",
    "NOT",
    "POWER",
    "IF",
    "ELSE",
    "DOT",
    "LPAR",
    "LSQB",
)


NAMES = ("NAME", "OPEN_NAME", "MID_NAME", "END_NAME")


def name_too_long(name: str, span: Span) -> Diagnostic:
    message = f"the name `{name[:20]}...` has {len(name):,} characters"
    hint = f"a name has at most {LONGEST_NAME}"
    return Diagnostic("E499", message, span, hint=hint)


def _too_deep(source: Source, tokens: list[Token]) -> Diagnostic | None:
    """Bodies and brackets in each other, and long rows of operators: what recursion cannot take."""
    brackets = 0
    rows = [0]  # operators since the last statement or comma began, one entry a body
    for token in tokens:
        kind = token.type
        if kind in ("LBRACE", "OPEN_NAME"):
            rows.append(0)
        elif kind in ("RBRACE", "END_NAME") and len(rows) > 1:
            rows.pop()
        if kind in ("LPAR", "LSQB"):
            brackets += 1
        elif kind in ("RPAR", "RSQB"):
            brackets = max(0, brackets - 1)
        elif kind in ("LBRACE", "RBRACE", "VBAR", "__ANON_0"):
            brackets = 0
        if kind in NAMES and len(token.strip("{}")) > LONGEST_NAME:
            span = Span(source, token.start_pos, token.end_pos)
            return name_too_long(str(token).strip("{}"), span)
        if kind in OPERATORS:
            rows[-1] += 1
        elif kind == "COMMA" or (kind == "_NL" and not brackets):
            rows[-1] = 0
        what = None
        if len(rows) + brackets > DEEPEST:
            what = f"more than {DEEPEST} bodies and brackets stand in each other here"
        elif rows[-1] > LONGEST:
            what = f"more than {LONGEST} operators stand in a row here"
        if what is not None:
            span = Span(source, token.start_pos or 0, token.end_pos or 0)
            hint = "split it with `let`, or make blocks of its parts"
            return Diagnostic("E002", what, span, hint=hint)
    return None


DEFINES = re.compile(
    r"^(?:let|[ \t]*(?:net|block|extern[ \t]+layer|def|class|function|func|module|layer))[ \t]+(\w+)"
    r"|^[ \t]*import[ \t]+([\w, \t]+?)[ \t]+from|^[ \t]*from[^\n]*?\bimport[ \t]+([\w, \t]+)",
    re.MULTILINE,
)


def _lost(tree: ast.File) -> frozenset[str]:
    """Names that the text seems to define, but whose definitions could not be read."""
    found: set[str] = set()
    for names in DEFINES.findall(tree.source.text):
        found.update(name.strip() for name in "".join(names).split(","))
    for definition in tree.definitions:
        if isinstance(definition, ast.Import):
            found -= {name.text for name in definition.names}
        elif not any(p.name.text == MISSING for p in getattr(definition, "params", ())):
            found.discard(definition.name.text)
    return frozenset(found)
