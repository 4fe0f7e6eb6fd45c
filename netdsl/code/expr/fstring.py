"""f-strings: texts with expressions in them, as names of modules in a loop need (`f"conv{i}"`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from netdsl.code.expr.arithmetic import Expr, Literal
from netdsl.code.expr.literals import escaped, quote_for


class Text(Expr):
    """An f-string: strings and expressions in turn."""

    pieces: tuple[str | Expr, ...]

    def _text(self) -> str:
        quote = quote_for("".join(p for p in self.pieces if isinstance(p, str)))
        inner = ""
        for piece in self.pieces:
            if isinstance(piece, str):
                inner += escaped(piece, quote).replace("{", "{{").replace("}", "}}")
            else:
                inner += f"{{{_hole(piece, quote)}}}"
        return f"f{quote}{inner}{quote}"

    def parts(self) -> Iterable[Expr]:
        return [p for p in self.pieces if isinstance(p, Expr)]

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return text_of([p if isinstance(p, str) else change(p) for p in self.pieces])


def _hole(expr: Expr, quote: str) -> str:
    """The text of an expression in an f-string: without the string's own quote and backslashes,
    which Python 3.11 does not take there."""
    other = "'" if quote == '"' else '"'
    text = expr.text
    if other not in text:
        text = text.replace(quote, other)
    if quote in text or "\\" in text or text.startswith("{"):
        raise ValueError(f"cannot stand in an f-string: {expr.text}")
    return text


def text_of(pieces: Sequence[str | Expr]) -> Expr:
    """A text with holes; without holes a plain string."""
    merged: list[str | Expr] = []
    for piece in pieces:
        if isinstance(piece, Literal):
            piece = str(piece.value)
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    if all(isinstance(p, str) for p in merged):
        return Literal("".join(p for p in merged if isinstance(p, str)))
    return Text(tuple(merged))
