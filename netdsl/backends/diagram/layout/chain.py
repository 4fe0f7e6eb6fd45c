"""Chains: pieces on one axis, the lines between them, and lanes beside them for lines that pass some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.backends.diagram.layout.brush import LETTER, Brush, Source
from netdsl.backends.diagram.layout.pieces import TAPS, Leaf, Piece, Through
from netdsl.backends.diagram.layout.style import PITCH, TAP, Style

if TYPE_CHECKING:
    from netdsl.backends.diagram.layout.crossing import Lane
    from netdsl.backends.diagram.layout.frames import LetterMark, Token

ASIDE = 20.0  # what stands beside the end of a chain reaches so far below it


class Chain:
    """Pieces one after another. `owner` is the piece that the chain is part of and `branch` its number
    there. `lanes` run beside it, `asides` are tokens of side outputs by the piece they leave."""

    __slots__ = (
        "a",
        "asides",
        "b",
        "branch",
        "gaps",
        "lanes",
        "length",
        "owner",
        "pieces",
        "turns",
    )

    def __init__(self, pieces: list[Piece], owner: Piece | None = None, branch: int = 0) -> None:
        self.pieces = pieces
        self.owner = owner
        self.branch = branch
        self.turns = False  # its line goes on in another column
        self.lanes: list[Lane] = []
        self.asides: dict[int, list[Token | LetterMark]] = {}
        self.gaps: list[float] = []
        self.a = self.b = self.length = 0.0
        for number, piece in enumerate(pieces):
            piece.chain, piece.number = self, number

    @classmethod
    def of(cls, pieces: list[Piece]) -> Chain:
        """A chain for those who look at pieces, which stay where they are."""
        chain = cls([])
        chain.pieces = pieces
        return chain

    @property
    def empty(self) -> bool:
        return not self.pieces

    def measure(self, style: Style) -> None:
        for piece in self.pieces:
            piece.measure(style)
        self.arrange(style)

    def arrange(self, style: Style) -> None:
        """Measure the chain, whose pieces are measured."""
        self.gaps = [self._gap(number, style) for number in range(len(self.pieces))]
        self.a = max((piece.a for piece in self.pieces), default=0.0)
        self.b = max((piece.b for piece in self.pieces), default=0.0)
        self.length = sum(self.gaps) + sum(piece.length for piece in self.pieces)
        for number, tokens in self.asides.items():
            near = self.pieces[number : number + 2]
            least = max((piece.a for piece in near), default=0.0)
            most = max((piece.b for piece in near), default=0.0)
            for token in tokens:
                token.measure(style)
                # the line goes on to the right
                last = self.turns and number == len(self.pieces) - 1
                if last and token.below:
                    token.offset = -((near[0].a if near else 0.0) / 2 + PITCH + token.width / 2)
                    least = max(least, token.width / 2 - token.offset)
                elif last or token.side < 0:
                    token.offset = -least - PITCH - token.width / 2
                    least = token.width / 2 - token.offset
                else:
                    token.offset = most + PITCH + token.width / 2
                    most = token.width / 2 + token.offset
            self.a, self.b = max(self.a, least), max(self.b, most)
        if len(self.pieces) - 1 in self.asides:
            self.length += ASIDE
        self._place_lanes()

    def _gap(self, number: int, style: Style) -> float:
        """The room above a piece."""
        piece = self.pieces[number]
        room = style.gap if number else 0.0
        point = number if isinstance(piece, Through) else number - 1
        if point >= 0 and isinstance(self.pieces[point], Through):
            return style.gap / 2 if point else 0.0  # half before it, half behind
        if piece.edge is None and piece.crossings:
            room += 2 * TAP  # a line from elsewhere turns in above it
            room += 2 * LETTER * any(crossing.letter for crossing in piece.crossings)
        return room

    def _place_lanes(self) -> None:
        """The shortest lanes are the innermost: each stands outside of all that it passes."""
        taken: list[tuple[Lane, float]] = []
        for lane in sorted(self.lanes, key=lambda lane: (lane.last - lane.first, lane.first)):
            passed = self.pieces[lane.first : lane.last + 1]
            reach = [piece.b if lane.side > 0 else piece.a for piece in passed]
            if lane.side > 0:
                for number, tokens in self.asides.items():
                    if lane.first <= number <= lane.last:
                        reach += [token.offset + token.width / 2 for token in tokens]
            out = max(reach) + PITCH
            beside = sorted(
                at
                for other, at in taken
                if other.side == lane.side and other.first <= lane.last and lane.first <= other.last
            )
            for at in beside:
                while abs(out - at) < PITCH:
                    out += PITCH / 2
            taken.append((lane, out))
            lane.offset = out * lane.side
            if lane.side > 0:
                self.b = max(self.b, out)
            else:
                self.a = max(self.a, out)

    def _tap(self, number: int) -> float:
        """How far below a piece lines leave sideways: those of the branches of one split not on one row."""
        last = number == len(self.pieces) - 1
        first = self.branch == 0 and self.owner is not None and len(self.owner.chains()) > 1
        return TAP + (0.8 * TAPS if last and first else 0.0)

    def place(self, brush: Brush, u: float, v: float, source: Source | None) -> Source | None:
        """Paint the chain with its axis at `u` from `v` on; the result is the line that goes on."""
        current = source
        for number, piece in enumerate(self.pieces):
            v += self.gaps[number]
            for lane in self.lanes:
                for crossing in lane.crossings:
                    if crossing.last + lane.by == number:
                        brush.wait(crossing, u + lane.offset)
            end = piece.place(brush, u, v, current if piece.edge is not None else None)
            v += piece.length
            if piece.exit is not None:
                if end is not None and not (
                    isinstance(piece, Leaf) and piece.node.kind == "output"
                ):
                    current = end
                brush.tapped(piece.exit, u, v, self._tap(number))
            start = end.points[-1] if end is not None else None
            goes_on = number < len(self.pieces) - 1
            for token in self.asides.get(number, ()):
                tail = brush.origin(piece.exit or "")
                beside = any(lane.first == number and lane.side > 0 for lane in self.lanes)
                row = v + beside * TAP
                token.place(brush, u + token.offset, u, row, tail, start, goes_on)
        return current
