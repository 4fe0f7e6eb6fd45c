"""The line rules, between lexer and parser: which newlines end a statement.

A newline is dropped inside `( )` and `[ ]`, before `->`, `::` and `}`, after `{`, at both ends of the
text, and after another newline. An unclosed bracket is reset at the next `{`: a body never stands
inside brackets, so one was left open, and the rest of the text can still be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netdsl.syntax.machine import Token

CONTINUES = frozenset({"->", "::"})


def statements(tokens: Iterable[Token]) -> Iterator[Token]:
    """The tokens without the newlines that end nothing."""
    depth = 0
    pending: Token | None = None
    last: str | None = None
    for token in tokens:
        if token.type == "_NL":
            if depth == 0 and last not in (None, "LBRACE"):
                pending = pending or token
            continue
        if token.type == "LBRACE":
            depth = 0
        elif token.type in ("LPAR", "LSQB"):
            depth += 1
        elif token.type in ("RPAR", "RSQB"):
            depth = max(0, depth - 1)
        if pending is not None and token.type != "RBRACE" and token not in CONTINUES:
            yield pending
        pending, last = None, token.type
        yield token
