"""How papers count repetitions: a stage of one block that strides (or projects) and two that do not is said to
be that block three times. Drawn is the first one; what only it has is dashed, and the bracket says so."""

from __future__ import annotations

import re

from netdsl.backends.diagram.layout.chain import Chain
from netdsl.backends.diagram.layout.frames import Frame, Holder, Repeat
from netdsl.backends.diagram.layout.pieces import Leaf, Piece, added
from netdsl.backends.diagram.layout.splits import Residual

_STRIDE = re.compile(r", /\d+(×\d+)?$")


def as_papers(chain: Chain) -> None:
    """Put the first member of a stage into the bracket behind it, in a chain and in all below."""
    waiting = [chain]
    while waiting:
        at = waiting.pop()
        for number in range(len(at.pieces) - 1, 0, -1):
            first, rest = at.pieces[number - 1], at.pieces[number]
            if _unmarked(at, number) and isinstance(rest, Repeat) and _same(first, rest):
                _join(at, number)
        waiting += [inner for piece in at.pieces for inner in piece.chains()]


def _unmarked(chain: Chain, number: int) -> bool:
    """Whether no line to elsewhere leaves between two pieces."""
    lanes = any(lane.first == number - 1 or lane.last == number for lane in chain.lanes)
    return not lanes and number - 1 not in chain.asides


def _same(first: Piece, rest: Repeat) -> bool:
    """Whether two pieces are one block, but for strides and what is on the way around."""
    if not isinstance(first, Holder) or isinstance(first, (Frame, Repeat)):
        return False
    mine, its = _boxes(first), _boxes(rest)
    if len(mine) != len(its) or not mine:
        return False
    return all(a.node.kind == b.node.kind and _plain(a) == _plain(b) for a, b in zip(mine, its))


def _plain(leaf: Leaf) -> str:
    return _STRIDE.sub("", leaf.node.lines[0]) if leaf.node.lines else ""


def _boxes(piece: Piece) -> list[Leaf]:
    """The boxes of a piece but for those on ways around bodies."""
    found: list[Leaf] = []
    waiting = [piece]
    while waiting:
        at = waiting.pop()
        if isinstance(at, Leaf):
            found.append(at)
            continue
        chains = at.chains()[:1] if isinstance(at, Residual) else at.chains()
        for chain in reversed(chains):
            waiting += reversed(chain.pieces)
    return found


def _residuals(piece: Piece) -> list[Residual]:
    found: list[Residual] = []
    waiting = [piece]
    while waiting:
        at = waiting.pop()
        if isinstance(at, Residual):
            found.append(at)
        for chain in at.chains():
            waiting += chain.pieces
    return found


def _join(chain: Chain, number: int) -> None:
    first, rest = chain.pieces[number - 1], chain.pieces[number]
    assert isinstance(rest, Repeat)
    for mine, its in zip(_boxes(first), _boxes(rest)):
        mine.node = mine.node.but(steps=added(mine.node.steps, its.node.steps))
    for mine, its in zip(_residuals(first), _residuals(rest)):
        if mine.join is not None and its.join is not None:
            steps = added(mine.join.steps, its.join.steps)
            mine.join = mine.join.but(steps=steps)
    inner = Chain([first])
    times = rest.panel.times + 1
    joined = Repeat(rest.panel.but(times=times), inner)
    joined.edge, joined.exit = first.edge, rest.exit
    joined.replaced = rest.exit
    chain.pieces[number - 1 : number + 1] = [joined]
    for lane in chain.lanes:
        lane.first -= lane.first >= number
        lane.last -= lane.last >= number
        for crossing in lane.crossings:
            crossing.first -= crossing.first >= number
            crossing.last -= crossing.last >= number
    chain.asides = {k - (k >= number): v for k, v in chain.asides.items()}
    for at, piece in enumerate(chain.pieces):
        piece.chain, piece.number = chain, at
