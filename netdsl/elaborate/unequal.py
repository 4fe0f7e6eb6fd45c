"""What to say of arithmetic on values whose shapes do not fit: `(@lateral + @upper)`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from netdsl.design import Value
from netdsl.diagnostics import Edit, Mistake
from netdsl.elaborate.advice import parting
from netdsl.elaborate.enlarging import label_of
from netdsl.elaborate.fitting import Advice, Behind, End, Meeting, joined, runs_often
from netdsl.elaborate.paths import value_of
from netdsl.elaborate.values import Tapped
from netdsl.elaborate.ways import fork, shown_ways
from netdsl.shapes import Shape
from netdsl.source import Span
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.names import Names

MERGES = {"+": "add", "*": "mul"}


def unequal(
    left: tuple[Shape, ast.Expr], right: tuple[Shape, ast.Expr], node: ast.Expr, names: Names
) -> Mistake:
    """The mistake of two parts whose shapes do not fit, and the step at which the ways to them part."""
    (a, first), (b, second) = left, right
    hint = "shapes must be equal, or 1 along a side"
    if len(a) != len(b) and 1 in (len(a), len(b)):
        flat, other = (a, b) if len(a) == 1 else (b, a)
        hint = f"a flat vector counts channel by channel: {other.channels} numbers, not {flat}"
    shown, fix = None, ()
    values = _read(first, names), _read(second, names)
    if values[0] is not None and values[1] is not None and len(a) == len(b):
        both = fork(values[0], values[1])
        parted = None
        if both.entry is not None:
            parted = parting(both.other, both.one, both.entry, a, False)
            shown = shown_ways(both, (first.span.text, second.span.text), parted and parted.link)
        ends = [
            End(f"`{part.span.text}`", part.span, shape, way, label_of(part, value))
            for part, shape, way, value in (
                (second, b, both.other, values[1]),
                (first, a, both.one, values[0]),
            )
        ]
        several = runs_often(names.frame)
        follows = partial(_follows, node, (first, second))
        word = "arithmetic"
        at = Meeting(word, node.span, ends[0], ends[1], both.entry, several=several, behind=follows)
        hint, fix = joined(parted, at)
    return Mistake(
        "E207",
        "these values do not have equal shapes",
        node.span,
        labels=[(first.span, a.said), (second.span, b.said)],
        hint=hint,
        ways=shown,
        fix=fix,
    )


def _follows(node: ast.Expr, parts: tuple[ast.Expr, ast.Expr], found: Behind) -> Advice:
    """What is said of steps behind a value that arithmetic reads, which has no place for steps: a merge has,
    if the arithmetic is a sum or a product and nothing else."""
    chain = f"{found.end.place.text} -> {found.steps}"
    place = _whole_step(node.span)
    if not isinstance(node, ast.Binary) or node.op not in MERGES or place is None:
        return f"label what `{chain}` gives, {found.gives.said}, and take that", ()
    bars = [chain if part.span is found.end.place else part.span.text for part in parts]
    text = f"{MERGES[node.op]} {{ | {' | '.join(bars)} }}"
    return f"`{text}` would give {found.gives.said}", (Edit(place, text),)


def _whole_step(span: Span) -> Span | None:
    """Arithmetic with its brackets, if it is all that stands in a step."""
    text = span.source.text
    start, end = len(text[: span.start].rstrip(" ")) - 1, span.end
    while text[end : end + 1] == " ":
        end += 1
    if text[start : start + 1] != "(" or text[end : end + 1] != ")":
        return None
    before = text[max(start - 200, 0) : start].rstrip(" ")
    after = text[end + 1 : end + 200].lstrip(" ")
    whole = (not before or before[-1] in "\n>|{:") and (not after or after[0] in "\n-}|:#")
    return Span(span.source, start, end + 1) if whole else None


def _read(node: ast.Expr, names: Names) -> Value | None:
    """The value that a part is, if it computes nothing."""
    from netdsl.elaborate.expressions import evaluate

    if isinstance(node, (ast.Unary, ast.Binary, ast.Apply, ast.Choose)):
        return None
    found = evaluate(node, names)
    return value_of(found) if isinstance(found, (Tapped, Value)) else None
