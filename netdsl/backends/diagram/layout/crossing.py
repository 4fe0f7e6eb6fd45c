"""Lines between parts of a figure that do not follow each other: which chain's lane each takes, on which side.

A line leaves below the node that it comes from, runs in a lane of the chain that holds both ends, and ends at a
box from the side, or from above where nothing else comes from there. A line that would have to cross boxes (out
of the middle of a branch that stands between others) becomes a pair of circled letters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netdsl.backends.diagram.figure import Edge
from netdsl.backends.diagram.layout.chain import Chain
from netdsl.backends.diagram.layout.frames import Repeat
from netdsl.backends.diagram.layout.pieces import Leaf, Piece
from netdsl.backends.diagram.layout.splits import Residual, Split

LEFT, RIGHT = -1, 1
SIGNS = (
    "abcdefghijknopqrstuvxyz123456789ABCDEFGHJKLNPQRSTUVXYZ"  # that are narrow, and no two alike
)
NARROW = "acekrsvxyz"  # of which two fit into a circle
PAIRS = (
    *(letter + digit for letter in NARROW for digit in "23456789"),
    *(digit + letter for digit in "23456789" for letter in NARROW),
    *(first + second for first in NARROW for second in NARROW),
)


class Crossing:
    """One line: `first` and `last` are the pieces of the lane's chain that hold its ends; `letter` stands
    for a line that is not drawn. An `inner` line leaves the body of a residual for the way around it."""

    __slots__ = ("edge", "first", "inner", "last", "letter", "side")

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.first = self.last = 0
        self.inner = False
        self.side = RIGHT
        self.letter = ""


class Lane:
    """Room beside a chain from one piece to another. `offset` is where it runs, from the axis. Lines from
    one node share a lane."""

    __slots__ = ("by", "crossings", "first", "last", "offset", "side")

    def __init__(self, crossing: Crossing) -> None:
        self.first, self.last, self.side = crossing.first, crossing.last, crossing.side
        self.crossings = [crossing]
        self.offset = 0.0
        self.by = 0

    def moved(self, by: int) -> Lane:
        """The same lane where the chain begins elsewhere."""
        other = Lane(self.crossings[0])
        other.first, other.last = self.first + by, self.last + by
        other.side = self.side
        other.crossings = self.crossings
        other.by = by
        return other

    def add(self, crossing: Crossing) -> None:
        self.first = min(self.first, crossing.first)
        self.last = max(self.last, crossing.last)
        self.crossings.append(crossing)


class Letters:
    """Letters for lines that are not drawn: one for each node they come from. `origin` tells whose line passes
    a point."""

    def __init__(self, origin: Callable[[str], str]) -> None:
        self.origin = origin
        self.known: dict[str, int] = {}

    def of(self, node: str) -> str:
        """Letters, digits, large letters, numbers, then pairs: what fits into a circle. Behind the last of
        three hundred pairs come letters with primes."""
        number = self.known.setdefault(self.origin(node), len(self.known))
        if number < len(SIGNS):
            return SIGNS[number]
        number -= len(SIGNS)
        if number < 90:
            return str(10 + number)
        number -= 90
        if number < len(PAIRS):
            return PAIRS[number]
        rounds, at = divmod(number - len(PAIRS), len(SIGNS))
        return SIGNS[at] + "'" * (1 + rounds)


def climb(piece: Piece) -> list[tuple[Chain, Piece]]:
    """The chains around a piece, innermost first, each with the piece of it that this is in."""
    found = []
    at: Piece | None = piece
    while at is not None and at.chain is not None:
        found.append((at.chain, at))
        at = at.chain.owner
    return found


def route(crossings: Iterable[tuple[Crossing, Piece, Piece]], letters: Letters) -> list[Crossing]:
    """Give every crossing its lane; the result are those that have none."""
    lost = []
    for crossing, tail, head in crossings:
        outer = {id(chain): piece for chain, piece in climb(tail)}
        for chain, piece in climb(head):
            start = outer.get(id(chain))
            if start is not None:
                break
        else:  # into a side output, which stands apart
            crossing.letter = letters.of(crossing.edge.tail)
            crossing.side = _free_side(head)
            lost.append(crossing)
            continue
        sides = _sides(tail, chain, True) & _sides(head, chain, False)
        if start is piece and isinstance(piece, Residual) and 1 in piece.opened:
            crossing.inner = piece.opened[1] is crossing
        if crossing.inner:
            continue
        if start is piece or start.number > piece.number or not sides:
            crossing.letter = letters.of(crossing.edge.tail)
            crossing.side = _free_side(head)
            lost.append(crossing)
            continue
        crossing.first, crossing.last = start.number, piece.number
        crossing.side = RIGHT if RIGHT in sides else LEFT
        for lane in chain.lanes:
            same = lane.crossings[0].edge.tail == crossing.edge.tail
            if same and lane.side == crossing.side:
                lane.add(crossing)
                break
        else:
            chain.lanes.append(Lane(crossing))
    return lost


def _free_side(piece: Piece) -> int:
    """On which side of a piece a letter can stand."""
    taken = isinstance(piece, Residual)  # by the shortcut
    sized = isinstance(piece, Leaf) and piece.outside and piece.node.resized
    return LEFT if taken or sized else RIGHT


def _sides(piece: Piece, lane: Chain, leaving: bool) -> set[int]:
    """On which sides a line can leave (or reach) a piece for a lane of a chain without crossing boxes."""
    sides = {LEFT, RIGHT}
    if not leaving and isinstance(piece, Residual):
        sides = {LEFT}  # the shortcut comes from the right
    if not leaving and isinstance(piece, Leaf) and piece.outside and piece.node.resized:
        sides = {LEFT}  # its size stands on the right
    at = piece
    chain = at.chain
    lowest = True
    while chain is not None and chain is not lane:
        owner = chain.owner
        lowest = lowest and at is chain.pieces[-1] and not at.framed
        if isinstance(owner, Repeat) and LEFT in sides:
            sides = {LEFT}  # on the right is how often it is repeated
        if isinstance(owner, Split):
            # below the last box and above the first one there is a row without boxes
            free = lowest if leaving else at is chain.pieces[0] and at.edge is None
            if isinstance(owner, Residual):
                lowest = lowest and chain.branch == 0  # the shortcut's boxes end above the body's
                if not (free and leaving and chain.branch == 0):
                    sides &= {LEFT} if chain.branch == 0 else {RIGHT}
                else:
                    sides &= {LEFT}
            elif not free:
                sides &= {LEFT} if chain.branch == 0 else sides
                sides &= {RIGHT} if chain.branch == len(owner.branches) - 1 else {LEFT}
                if 0 < chain.branch < len(owner.branches) - 1:
                    return set()
        assert owner is not None
        at, chain = owner, owner.chain
    if not leaving and at.number - 1 in lane.asides and LEFT in sides:
        sides = {LEFT}  # on the right stands a side output
    return sides
