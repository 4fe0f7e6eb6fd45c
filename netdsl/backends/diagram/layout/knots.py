"""Where knots are: parts of a chain between which several lines run (`tangle` lays them out)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netdsl.backends.diagram.layout.chain import Chain
from netdsl.backends.diagram.layout.pieces import Piece, Row
from netdsl.backends.diagram.layout.splits import Split
from netdsl.backends.diagram.layout.tangle import Arc, Tangle

if TYPE_CHECKING:
    from netdsl.backends.diagram.layout.crossing import Crossing

MOST = 16  # pieces of a knot; longer ones keep their lanes


def untangle(chain: Chain) -> None:
    """Put the knots of a chain into pieces of their own."""
    for first, last in reversed(_knots(chain)):
        inside = chain.pieces[first : last + 1]
        pieces = [leaf for p in inside for leaf in (p.leaves if isinstance(p, Row) else [p])]
        rows = [piece for piece in inside if isinstance(piece, Row)]
        for row in rows:  # its boxes become pieces themselves, each with its line
            for leaf in row.leaves:
                leaf.crossings = [c for c in row.crossings if c.edge.head == leaf.node.name]
        arcs = _arcs(chain, pieces, first, last)
        if arcs is None:
            for leaf in (leaf for row in rows for leaf in row.leaves):
                leaf.crossings = []
            continue
        knot = Tangle(pieces, arcs)
        knot.edge, knot.exit = inside[0].edge, inside[-1].exit
        knot.crossings = [] if inside[0].edge is not None else inside[0].crossings
        chain.pieces[first : last + 1] = [knot]
        inner = [lane for lane in chain.lanes if first <= lane.first and lane.last <= last]
        chain.lanes = [lane for lane in chain.lanes if lane not in inner]
        gone = last - first
        for lane in chain.lanes:
            lane.first -= gone * (lane.first > last)
            lane.last -= gone * (lane.last > last)
            for crossing in lane.crossings:
                crossing.first -= gone * (crossing.first > last)
                crossing.last -= gone * (crossing.last > last)
        chain.asides = {k - gone * (k > last): v for k, v in chain.asides.items()}
        for piece in pieces:
            piece.crossings = []
        for number, piece in enumerate(chain.pieces):
            piece.chain, piece.number = chain, number


def _knots(chain: Chain) -> list[tuple[int, int]]:
    """The parts of a chain in which lanes overlap and pieces begin anew."""
    found: list[list[int]] = []
    for lane in sorted(chain.lanes, key=lambda lane: lane.first):
        if found and lane.first <= found[-1][1]:
            found[-1][1] = max(found[-1][1], lane.last)
        else:
            found.append([lane.first, lane.last])
    knots = []
    for first, last in found:
        inside = chain.pieces[first : last + 1]
        lanes = [lane for lane in chain.lanes if first <= lane.first and lane.last <= last]
        lines = sum(len(lane.crossings) for lane in lanes)
        begun = sum(piece.edge is None for piece in inside[1:])
        if len(inside) <= MOST and (lines >= 3 or (lines == 2 and begun)):
            knots.append((first, last))
    return knots


def _arcs(chain: Chain, pieces: Sequence[Piece], first: int, last: int) -> list[Arc] | None:
    """The lines between pieces; None if one of them ends inside of a piece, where its chain leads it."""
    if any(number in chain.asides for number in range(first, last + 1)):
        return None
    at = {piece.exit: number for number, piece in enumerate(pieces)}
    arcs = []
    for number, piece in enumerate(pieces):
        if piece.edge is not None and number > 0:
            if piece.edge.tail not in at:
                return None
            arcs.append(Arc(at[piece.edge.tail], number, piece.edge))
        for crossing in _entering(piece):
            if crossing.edge.tail in at:
                arcs.append(Arc(at[crossing.edge.tail], number, crossing.edge))
            elif number:
                return None
    lanes = [lane for lane in chain.lanes if first <= lane.first and lane.last <= last]
    wanted = sum(len(lane.crossings) for lane in lanes)
    if sum(len(_entering(piece)) for piece in pieces) != wanted:
        return None
    if any(arc.tail >= arc.head for arc in arcs):
        return None
    if any(len(_entering(p)) + (p.edge is not None) > 1 and _first(p) is not p for p in pieces):
        return None  # a panel is entered at one place
    for piece in pieces:
        _given(piece, _entering(piece))
    return arcs


def _first(piece: Piece) -> Piece:
    """What a line along the chain meets first in a piece."""
    while not isinstance(piece, Split) and piece.chains() and not piece.chains()[0].empty:
        piece = piece.chains()[0].pieces[0]
    return piece


def _entering(piece: Piece) -> list[Crossing]:
    """The lines from elsewhere that enter a piece where the chain's would."""
    return [*piece.crossings, *([] if _first(piece) is piece else _first(piece).crossings)]


def _given(piece: Piece, crossings: list[Crossing]) -> None:
    """A piece takes a line from elsewhere as if it came along its chain."""
    inner = _first(piece)
    if inner is piece or not inner.crossings or inner.edge is not None:
        return
    edge = inner.crossings.pop(0).edge
    at: Piece | None = inner
    while at is not None and at is not piece:
        at.edge = edge
        at = at.chain.owner if at.chain is not None else None
    piece.edge = piece.edge or edge
