"""The name of a step in its scope: a constant, or computed where a loop makes several."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.symbols import At
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal
from netdsl.design import Link
from netdsl.frames import Frame
from netdsl.syntax import ast


def key_expr(links: Sequence[Link], at: At) -> Expr:
    """The name of a step in its scope: a constant, or computed in a loop."""
    keys = [link.key or "" for link in links]
    node = links[0].node
    label = node.label if isinstance(node, (ast.Link, ast.Aux)) else None
    if all(k == keys[0] for k in keys):
        for part in label.parts if label is not None else ():
            if not isinstance(part, str):  # it decides how a step is called
                at.scene.wanted |= at.expr(part).names
        return Literal(keys[0])
    if label is not None and links[0].label == links[0].key:
        if label.plain is None:
            pieces: list[str | Expr] = [
                p if isinstance(p, str) else at.expr(p) for p in label.parts
            ]
            return code.text_of(pieces)
        return code.text_of([label.plain, _round_number(at) + 1])
    return _numbered_key(keys, at)


def _numbered_key(keys: Sequence[str], at: At) -> Expr:
    """`unit1`, `unit2`, ...: the word and a number that grows evenly with the rounds."""
    word = keys[0].rstrip("0123456789")
    rounds = [_round_of_frame(f) for f in at.rows.frames]
    try:
        numbers = [int(k[len(word) :]) for k in keys]
    except ValueError:
        raise Differ(at.rows, list(keys), "names without a rule") from None
    if any(not k.startswith(word) for k in keys) or at.rows.base.parent is None:
        raise Differ(at.rows, list(keys), "names without a rule")
    pairs = sorted(set(zip(rounds, numbers)))
    steps = {b - a for (_, a), (_, b) in pairwise(pairs)}
    if len({r for r, _ in pairs}) != len(pairs) or len(steps) > 1:
        raise Differ(at.rows, list(keys), "names without a rule")
    step = steps.pop() if steps else 1
    first = pairs[0][1] - step * (pairs[0][0] - 1)
    return code.text_of([word, step * _round_number(at) + first])


def _round_number(at: At) -> Expr:
    """The number of the round, from 0, of the innermost loop."""
    found = at.env.find("round ")
    if not isinstance(found, Expr):
        raise Differ(at.rows, list(range(len(at.rows))), "the number of the round is not known")
    return found


def _round_of_frame(frame: Frame) -> int:
    """The round, from 1, of the innermost loop around a frame of the same scope."""
    at: Frame | None = frame
    while at is not None and at.kind not in ("repeat", "for"):
        if at.kind == "scope":
            return 0
        at = at.host if at.kind == "inline" else at.parent
    return at.iteration if at is not None else 0
