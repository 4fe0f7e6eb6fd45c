"""Knots: parts of a chain between which several lines run, laid out in layers.

Sugiyama, Tagawa and Toda (1981): layers by the longest path, lines that pass layers as points in them, an order
within layers by the mean place of neighbours, places that keep the order and come as near to their neighbours as
they can. Only the knot is laid out so; the chain around it stays straight.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from netdsl.backends.diagram.figure import Edge
from netdsl.backends.diagram.layout.brush import Brush, Source
from netdsl.backends.diagram.layout.chain import Chain
from netdsl.backends.diagram.layout.pieces import Leaf, Piece, Through
from netdsl.backends.diagram.layout.style import Style
from netdsl.backends.diagram.scene import pen

SWEEPS = 4
TRACK = 4.0  # between lines side by side
JOG = 6.0  # a line may meet a box so far from its middle, if it is straight then
NEAR = 14.0  # what stands so far from where its line would be straight is moved there
HOOK = 4.0  # from a circle to a line that turns into its side


class Arc(NamedTuple):
    """A line between two pieces, by number."""

    tail: int
    head: int
    edge: Edge


class Spot:
    """A piece in a layer, or a point that a line passes there (`piece` is None)."""

    __slots__ = ("after", "before", "half", "layer", "piece", "x")

    def __init__(self, piece: Piece | None, layer: int) -> None:
        self.piece = piece
        self.layer = layer
        self.half = 0.0
        self.x = 0.0
        self.before: list[Spot] = []
        self.after: list[Spot] = []


class Tangle(Piece):
    """Pieces in layers, and the lines between them."""

    __slots__ = ("arcs", "layers", "pieces", "rows", "spots", "tops", "tracks", "ways")

    def __init__(self, pieces: list[Piece], arcs: list[Arc]) -> None:
        super().__init__()
        self.pieces = pieces
        self.arcs = arcs
        self.spots: list[Spot] = []
        self.layers: list[list[Spot]] = []
        self.ways: dict[tuple[int, int], list[Spot]] = {}
        self.tops: list[float] = []
        self.rows: list[float] = []
        self.tracks: dict[tuple[int, int], int] = {}

    def chains(self) -> Sequence[Chain]:
        return (Chain.of(self.pieces),)

    # ---------------------------------------------------------------------------------- measuring
    def measure(self, style: Style) -> None:
        for piece in self.pieces:
            piece.measure(style)
        self._arrange()
        self._order()
        self._place(style)
        end = self.pieces[-1]
        # where nothing goes on, the axis is that of what comes in
        ends = isinstance(end, Leaf) and end.node.kind == "output"
        axis = self.spots[0 if ends else -1].x
        for layer in self.layers:
            for spot in layer:
                spot.x -= axis
        first = self.spots[0]
        if isinstance(first.piece, Through) and len(self.layers[0]) == 1:
            first.x = 0.0  # a point can stand on the axis
        self.a = max(spot.half - spot.x for layer in self.layers for spot in layer)
        self.b = max(spot.half + spot.x for layer in self.layers for spot in layer)
        self._rows(style)

    def _arrange(self) -> None:
        """Layers by the longest path, with points for lines that pass some."""
        level = [0] * len(self.pieces)
        for arc in sorted(self.arcs, key=lambda arc: arc.head):
            level[arc.head] = max(level[arc.head], level[arc.tail] + 1)
        level[-1] = max(level)  # the line goes on from it
        self.spots = [Spot(piece, level[n]) for n, piece in enumerate(self.pieces)]
        for spot in self.spots:
            piece = spot.piece
            assert piece is not None
            spot.half = max(piece.a, piece.b)
            if isinstance(piece, Leaf) and piece.is_sign:
                spot.half += HOOK + 1
        self.layers = [[] for _ in range(max(level) + 1)]
        for spot in self.spots:
            self.layers[spot.layer].append(spot)
        self.ways = {}
        for arc in self.arcs:
            before = self.spots[arc.tail]
            way = [before]
            for layer in range(before.layer + 1, self.spots[arc.head].layer):
                known = self.ways.get((arc.tail, -layer))
                point = known[0] if known else Spot(None, layer)
                if known is None:
                    self.ways[arc.tail, -layer] = [point]
                    self.layers[layer].append(point)
                    point.before.append(way[-1])
                    way[-1].after.append(point)
                way.append(point)
            head = self.spots[arc.head]
            way[-1].after.append(head)
            head.before.append(way[-1])
            self.ways[arc.tail, arc.head] = [*way, head]

    def _order(self) -> None:
        """The order within layers: by the mean place of what is above, then of what is below."""
        for sweep in range(SWEEPS):
            down = sweep % 2 == 0
            layers = self.layers[1:] if down else self.layers[-2::-1]
            for layer in layers:
                place = {
                    id(spot): number for other in self.layers for number, spot in enumerate(other)
                }

                def mean(spot: Spot, down: bool = down, place: dict[int, int] = place) -> float:
                    near = spot.before if down else spot.after
                    own = place[id(spot)]
                    return sum(place[id(s)] for s in near) / len(near) if near else own

                layer.sort(key=mean)

    def _place(self, style: Style) -> None:
        """Places across: as near to those of their neighbours as the order allows."""
        room = style.beside + 2
        for layer in self.layers:
            at = 0.0
            for spot in layer:
                spot.x = at + spot.half
                at += 2 * spot.half + room
        for sweep in range(2 * SWEEPS):
            down = sweep % 2 == 0
            for layer in self.layers if down else self.layers[::-1]:
                wanted = []
                for spot in layer:
                    near = spot.before if down else spot.after
                    near = near or spot.before or spot.after
                    wanted.append(sum(s.x for s in near) / len(near) if near else spot.x)
                _settle(layer, wanted, room)
        for layer in self.layers[1:]:
            _straighten(layer, room)

    def _rows(self, style: Style) -> None:
        """Heights of layers, and the tracks of lines between them: one for each piece that they come from."""
        self.tops, self.rows, self.tracks = [], [], {}
        at = style.gap
        for number, layer in enumerate(self.layers):
            self.tops.append(at)
            lengths = [spot.piece.length for spot in layer if spot.piece is not None]
            at += max(lengths, default=0.0)
            spans: dict[int, list[float]] = {}
            for arc in self.arcs:
                way = self.ways[arc.tail, arc.head]
                for above, below in pairwise(way):
                    port = below.x if below.piece is None else self._port(arc, below)
                    if above.layer == number and abs(above.x - port) > 0.1:
                        low, high = sorted((above.x, port))
                        span = spans.setdefault(arc.tail, [low, high])
                        span[0], span[1] = min(span[0], low), max(span[1], high)
            taken: list[list[tuple[float, float]]] = []
            for tail, (low, high) in sorted(spans.items(), key=lambda e: e[1][1] - e[1][0]):
                for track, others in enumerate(taken):
                    if all(high < a - 2 or b + 2 < low for a, b in others):
                        others.append((low, high))
                        break
                else:
                    track = len(taken)
                    taken.append([(low, high)])
                self.tracks[tail, number] = track
            self.rows.append(at + style.gap / 2 - 1)
            at += style.gap + TRACK * max(0, len(taken) - 1) + (2 if taken else 0)
        self.length = at - style.gap

    def _port(self, arc: Arc, spot: Spot) -> float:
        """Where across a line reaches a piece."""
        heads = [other for other in self.arcs if other.head == arc.head]
        if len(heads) == 1:
            above = self.ways[arc.tail, arc.head][-2].x
            if not isinstance(spot.piece, Leaf):
                return spot.x  # entered on its axis
            return above if abs(above - spot.x) <= min(JOG, spot.half - 4) else spot.x
        heads.sort(key=lambda other: (self.ways[other.tail, other.head][-2].x, other.tail))
        number = heads.index(arc)
        piece = spot.piece
        assert piece is not None
        if isinstance(piece, Leaf) and piece.is_sign:
            away = pen.CIRCLE + HOOK
            if len(heads) == 2:
                above = self.ways[arc.tail, arc.head][-2].x
                other = heads[1 - number]
                straight = abs(above - spot.x) < 0.1
                others = abs(self.ways[other.tail, other.head][-2].x - spot.x) < 0.1
                if straight and not others:
                    return spot.x
                return spot.x + (away if number else -away)
            return spot.x + away * min(1, max(-1, 2 * number / (len(heads) - 1) - 1))
        step = min(9.0, (piece.a + piece.b - 6) / len(heads))
        return spot.x + step * (number - (len(heads) - 1) / 2)

    # ----------------------------------------------------------------------------------- painting
    def place(self, brush: Brush, u: float, v: float, source: Source | None) -> Source | None:
        ends: dict[int, Source] = {}
        into: dict[int, list[Arc]] = defaultdict(list)
        for arc in self.arcs:
            into[arc.head].append(arc)
        if source is None and self.crossings:
            source = brush.entering(self.crossings[0], u, v)
        for number, (piece, spot) in enumerate(zip(self.pieces, self.spots)):
            x, top = u + spot.x, v + self.tops[spot.layer]
            lines = [self._line(brush, arc, u, v, ends[arc.tail]) for arc in into[number]]
            aside = len(lines) == 1 and abs(lines[0].points[-1][0] - x) > 0.1
            line = lines[0] if len(lines) == 1 and not aside else None
            if number == 0 and source is not None:
                bend = source.points[-1][0]
                row = v + 1
                line = source.to((bend, row), (x, row)) if abs(bend - x) > 0.1 else source
            end = piece.place(brush, x, top, line._replace(span=None) if line is not None else None)
            if len(lines) > 1 or aside:
                self._arrivals(brush, spot, x, top, into[number], lines)
            if end is not None:
                ends[number] = end
            if piece.exit is not None and not isinstance(piece, Through):
                brush.tapped(piece.exit, x, top + piece.length, 2.2)
        last = ends.get(len(self.pieces) - 1)
        return last._replace(span=None) if last is not None else None

    def _line(self, brush: Brush, arc: Arc, u: float, v: float, start: Source) -> Source:
        """A line from a piece to above another one, through the points between."""
        way = self.ways[arc.tail, arc.head]
        line = brush.typed(start._replace(span=None), arc.edge)
        for above, below in pairwise(way):
            port = below.x if below.piece is None else self._port(arc, below)
            if abs(above.x - port) > 0.1:
                row = v + self.rows[above.layer] + TRACK * self.tracks[arc.tail, above.layer]
                line = line.to((u + above.x, row), (u + port, row))
        return line

    def _arrivals(
        self,
        brush: Brush,
        spot: Spot,
        x: float,
        top: float,
        arcs: Sequence[Arc],
        lines: Sequence[Source],
    ) -> None:
        """Several lines into one piece: into the sides of a circle, side by side into a box."""
        piece = spot.piece
        assert piece is not None and piece.exit is not None
        round_one = isinstance(piece, Leaf) and piece.is_sign
        for arc, line in zip(arcs, lines):
            at = line.points[-1][0]
            if round_one and abs(at - x) > 0.1:
                middle = top + piece.length / 2
                side = pen.CIRCLE if at > x else -pen.CIRCLE
                brush.arrive(line, piece.exit, (at, middle), (x + side, middle), length=3.0)
            else:
                brush.arrive(line, arc.edge.head, (at, top))


def _straighten(layer: Sequence[Spot], room: float) -> None:
    """Move what stands almost below the piece that it follows to exactly there, where there is room."""
    for number, spot in enumerate(layer):
        above = min((s.x for s in spot.before), key=lambda x: abs(x - spot.x), default=spot.x)
        if not 0 < abs(above - spot.x) <= NEAR:
            continue
        for last, way in ((layer[0], -1), (layer[-1], 1)):  # lines outside of all make room
            edge = above + way * (spot.half + TRACK)
            if last.piece is None and last is not spot and way * (edge - last.x) > 0:
                last.x = edge
        beside = [*layer[max(0, number - 1) : number], *layer[number + 1 : number + 2]]
        if all(_apart(spot, above, other, room) for other in beside):
            spot.x = above


def _apart(spot: Spot, x: float, other: Spot, room: float) -> bool:
    """Whether a piece could stand at `x` beside another one, or beside a line that passes."""
    gap = room if spot.piece is not None and other.piece is not None else TRACK
    same_side = (x < other.x) == (spot.x < other.x)
    return same_side and abs(x - other.x) >= spot.half + other.half + gap


def _settle(layer: Sequence[Spot], wanted: Sequence[float], room: float) -> None:
    """Places that keep the order and the room between, with the least squares from what is wanted: blocks
    that would overlap are pooled (isotonic regression)."""
    offsets, at = [], 0.0
    for number, spot in enumerate(layer):
        if number:
            before = layer[number - 1]
            gap = room if spot.piece is not None or before.piece is not None else TRACK
            at += before.half + spot.half + gap
        offsets.append(at)
    blocks: list[list[float]] = []  # sum, count
    for want, offset in zip(wanted, offsets):
        blocks.append([want - offset, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    number = 0
    for total, count in blocks:
        for _ in range(int(count)):
            layer[number].x = total / count + offsets[number]
            number += 1
