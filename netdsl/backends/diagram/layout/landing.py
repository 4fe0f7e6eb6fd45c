"""Lines for the edges that no chain takes: each lands at the piece that its head is in."""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.backends.diagram.figure import Edge
from netdsl.backends.diagram.layout.crossing import Crossing, Letters, route
from netdsl.backends.diagram.layout.frames import Mark, Token
from netdsl.backends.diagram.layout.homes import Homes
from netdsl.backends.diagram.layout.pieces import Piece, Row
from netdsl.backends.diagram.layout.splits import Split


class Landing:
    def __init__(self, homes: Homes) -> None:
        self.homes = homes
        self.home = homes.home

    def lines(self, afar: Iterable[tuple[Token, str]]) -> tuple[list[Crossing], Letters]:
        """The lines of the edges that wait, and the letters that stand for those no lane has room for;
        `afar` are side outputs of what is inside of something, which have letters too."""
        found = []
        for edge in self.homes.waiting():
            if edge.tail not in self.home or edge.head not in self.home:
                continue
            crossing = Crossing(edge)
            head = self.home[edge.head]
            if isinstance(head, Split):
                self._into_split(head, crossing)
            elif not self._into_branch(head, crossing):
                head.crossings.append(crossing)
            found.append((crossing, self.home[edge.tail], head))
        letters = Letters(self.homes.origin)
        for crossing in route(found, letters):
            self.mark(self.homes.origin(crossing.edge.tail), crossing.letter)
        for token, tail in afar:
            token.letter = letters.of(tail)
            self.mark(self.homes.origin(tail), token.letter)
        return [crossing for crossing, _, _ in found], letters

    def _into_branch(self, piece: Piece, crossing: Crossing) -> bool:
        """Whether a line enters the branch of a split that a piece begins."""
        at = piece
        passed = [at]
        while at.edge is None and at.chain is not None and at is at.chain.pieces[0]:
            owner = at.chain.owner
            if isinstance(owner, Split):
                if at.chain.branch in owner.opened:
                    return False
                owner.opened[at.chain.branch] = crossing
                for inner in passed:
                    inner.edge = crossing.edge
                return True
            if owner is None or owner.framed:
                return False
            at = owner
            passed.append(at)
        return False

    def _into_split(self, split: Split, crossing: Crossing) -> None:
        """A line into a split: into its rail, a branch, or what joins them."""
        edge = crossing.edge
        slot = edge.head_slot
        if split.join is not None and edge.head == split.join.name:
            number = slot
            if number is None:
                free = (
                    i
                    for i, (b, e) in enumerate(zip(split.branches, split.joins))
                    if e is None and b.empty
                )
                number = next((i for i in free if i not in split.opened), None)
            if number is not None and split.branches[number].empty and number not in split.opened:
                split.opened[number] = crossing
                split.joins[number] = edge
                return
        elif split.fork is not None and split.fork.kind == "entry" and slot is not None:
            split.opened[slot] = crossing
            return
        if (
            split.fork is None
            or edge.head != split.fork.name
            or not self._into_branch(split, crossing)
        ):
            split.crossings.append(crossing)

    def mark(self, name: str, letter: str) -> None:
        """A letter behind a node, once: on the chain's line, or on one of its own."""
        tail = self.home[name]
        chain = tail.chain
        assert chain is not None
        if isinstance(tail, Row) and name != tail.exit:
            tail.letters[name] = letter
            return
        at = chain.pieces.index(tail) + 1
        if at < len(chain.pieces) and isinstance(chain.pieces[at], Mark):
            return
        mark = Mark(letter, tail)
        mark.edge = Edge(tail.exit or "", tail.exit or "")
        chain.pieces.insert(at, mark)
        for number, piece in enumerate(chain.pieces):
            piece.chain, piece.number = chain, number
        for lane in chain.lanes:
            lane.first += lane.first >= at
            lane.last += lane.last >= at
            for crossing in lane.crossings:
                crossing.first += crossing.first >= at
                crossing.last += crossing.last >= at
        chain.asides = {k + (k >= at): v for k, v in chain.asides.items()}
