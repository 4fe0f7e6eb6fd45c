"""A formatted text says what the text said: the same tokens in the same order, the same comments, and
statements that end at the same places. Checked every time, before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netdsl.source import Source
from netdsl.syntax.machine import Token
from netdsl.syntax.parse import well_formed


class Changed(Exception):
    """A mistake of the formatter: it would have changed what a text says."""


def check_same(text: str, tokens: list[Token], result: str) -> None:
    """Raises `Changed`, or `NetError` where the result cannot be read. `tokens` are those of `text`, with the newlines that end statements."""
    again = well_formed(Source("the formatted text", result))
    if _said(tokens) != _said(again) or _comments(text, tokens) != _comments(result, again):
        raise Changed("the formatter would change what the text says")


_UNSAID = {("VBAR", "\n"), ("RPAR", ","), ("RSQB", ",")}


def _said(tokens: Iterable[Token]) -> list[str]:
    """The texts of tokens, without what the layout decides: newlines between bars and between facts, and
    commas before a bracket that closes."""
    found: list[str] = []
    facts = False
    last = ""
    for token in tokens:
        kind = token.type
        if kind == "_NL":
            if not facts:
                found.append("\n")
            continue
        if kind == "LBRACE":
            facts = last in ("META", "INIT", "KEYS")
        elif kind == "RBRACE" and facts:
            facts = False
        if (kind, found[-1] if found else "") in _UNSAID:
            found.pop()
        found.append(token)
        last = kind
    return found


def _comments(text: str, tokens: Iterable[Token]) -> list[str]:
    return list(_between(text, tokens))


def _between(text: str, tokens: Iterable[Token]) -> Iterator[str]:
    """The comments of a text."""
    position = 0
    for token in (*tokens, Token("", "", len(text), len(text))):
        if token.start_pos - position > 1 and "#" in text[position : token.start_pos]:
            for line in text[position : token.start_pos].split("\n"):
                if line.strip():
                    yield line.strip(" \t\f")
        position = token.end_pos
