"""Pieces: what a layout is made of. The base, boxes, points that lines pass, and rows of boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from netdsl.backends.diagram.figure import BARS, Edge, Node
from netdsl.backends.diagram.layout.brush import LETTER, Brush, Source, lettered
from netdsl.backends.diagram.layout.style import TAP, Style
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width

if TYPE_CHECKING:
    from netdsl.backends.diagram.layout.chain import Chain
    from netdsl.backends.diagram.layout.crossing import Crossing

NOTE = 3.5  # between a box and what stands beside it
TAPS = 3.0  # between lines that leave a row of boxes sideways
TURN = 4.0  # between lines that turn above a row of boxes
STUB = 3.0  # from a box to a letter below it
LETTERED = 9.0  # the middle of a letter above a box


class Piece:
    """A part of a figure that a chain has on its axis.

    `a` and `b` are how far it reaches to the left and right of the axis, `length` is how long it is, all in
    points. `edge` is the edge that leads into it along the chain, None if what stands before it does not;
    `exit` is the node that goes on, by name. `number` is its place in its `chain`.
    """

    __slots__ = ("a", "b", "chain", "crossings", "edge", "exit", "length", "number")

    def __init__(self) -> None:
        self.a = self.b = self.length = 0.0
        self.edge: Edge | None = None
        self.exit: str | None = None
        self.chain: Chain | None = None
        self.number = 0
        self.crossings: list[Crossing] = []  # lines from elsewhere that end at it

    def measure(self, style: Style) -> None:
        raise NotImplementedError

    def place(self, brush: Brush, u: float, v: float, source: Source | None) -> Source | None:
        """Paint it with its axis at `u`, from `v` on; `source` is the line that comes along the chain,
        the result the one that goes on."""
        raise NotImplementedError

    def chains(self) -> Sequence[Chain]:
        """The chains in it."""
        return ()

    @property
    def framed(self) -> bool:
        """Whether lines enter and leave it at its axis only."""
        return False


class Leaf(Piece):
    """A box, or a circle with a sign. `width` is what it measures with a text, where boxes above each
    other are made equal."""

    __slots__ = ("narrow", "node", "outside", "width")

    def __init__(self, node: Node, outside: bool = False) -> None:
        super().__init__()
        self.node = node
        self.outside = outside  # of all panels, which say sizes otherwise
        self.width = 0.0
        self.narrow = False  # on a way around a body: its text stands in two lines

    @property
    def is_sign(self) -> bool:
        return self.node.kind in pen.SIGNS and not self.node.lines

    def lines(self, style: Style) -> tuple[str, ...]:
        """The text of the box in the style's words."""
        node = self.node
        found = node.lines
        if self.narrow and node.cell:
            found = (*node.cell, *node.lines[1:])
        elif style.words in ("short", "brief") and node.short:
            found = (node.short, *node.lines[1:])
        elif style.words == "brief" and node.kind == "stack":
            found = node.lines[:1]
        elif style.words == "cell" and node.cell:
            found = (*node.cell, *node.lines[1:])
        if node.times > 1 and found:
            found = (f"{found[0]}  \N{MULTIPLICATION SIGN}{node.times}", *found[1:])
        return found

    def natural(self, style: Style) -> float:
        """How wide its text wants it to be."""
        bold = self.node.kind == "stack"
        lines = self.lines(style)
        widths = [
            text_width(line, style.size, bold and i == 0 and len(lines) > 1)
            for i, line in enumerate(lines)
        ]
        wide = max(widths, default=0.0) * style.slack + style.padding
        if self.node.kind in ("input", "output"):  # round ends
            wide += 0.3 * style.height
        return max(style.narrowest, wide)

    def high(self, style: Style) -> float:
        return style.height + style.line * (len(self.lines(style)) - 1)

    def measure(self, style: Style) -> None:
        if self.is_sign:
            left, right = lettered(self.beside)
            self.a, self.b = pen.CIRCLE + left, pen.CIRCLE + right
            self.length = 2 * pen.CIRCLE
            return
        wide = self.width or self.natural(style)
        if style.right and self.sized(style):  # the shape stands below: lines pass beside it
            wide = max(wide, text_width(self.node.size, pen.SMALL))
        high = self.high(style)
        plate = pen.PLATE if self.node.kind == "stack" else 0.0
        across, self.length = (high, wide + plate) if style.right else (wide, high + plate)
        self.a = self.b = across / 2
        self._measure_notes(style, plate)

    def _measure_notes(self, style: Style, plate: float) -> None:
        """Room for what stands beside the box."""
        left, right = lettered(self.beside)
        half = self.a
        if left:
            self.a = half + left
        if style.right:
            self.a += plate
            self.b += (6 + pen.SMALL / 2) * self.sized(style)
        else:
            self.b += plate
            if self.sized(style):
                self.b += NOTE + text_width(self.node.size, pen.SMALL)
        if right:
            self.b = max(self.b, half + right)

    @property
    def beside(self) -> list[Crossing]:
        """Lines from elsewhere that end at a side."""
        above = self.edge is None and (not self.is_sign or len(self.crossings) > 1)
        return self.crossings[1:] if above else self.crossings

    def half(self, style: Style) -> float:
        """Half of the box across the flow."""
        if self.is_sign:
            return pen.CIRCLE
        return (self.high(style) if style.right else self.width or self.natural(style)) / 2

    def sized(self, style: Style) -> bool:
        """Whether the shape of what it gives stands beside it."""
        node = self.node
        if node.kind == "input":
            return style.words == "cell" and node.shape not in node.lines[0]
        if node.kind == "output" or not node.size or self.is_sign or node.size in node.lines:
            return False
        return style.sizes == "all" or (style.sizes == "auto" and node.resized and self.outside)

    def place(self, brush: Brush, u: float, v: float, source: Source | None) -> Source | None:
        style, node = brush.style, self.node
        across, along, middle = 2 * self.half(style), self.length, v + self.length / 2
        if node.kind == "stack" and not self.is_sign:
            along -= pen.PLATE
            middle += -pen.PLATE / 2 if style.right else pen.PLATE / 2
        plate = pen.PLATE if node.kind == "stack" and not style.right else 0.0
        others = self.crossings
        if source is None and len(self.beside) < len(others):
            up = LETTERED if brush.is_letter(others[0]) else style.gap / 2
            source, others = brush.entering(others[0], u, v - up), others[1:]
        if source is not None:
            brush.arrive(
                brush.typed(source, self.edge), node.name, (u, v), length=brush.head(source, v)
            )
        if self.is_sign:
            brush.sign(node, u, middle)
            if node.fused and style.words == "cell":
                brush.word(u - pen.CIRCLE - 2.5, middle, node.fused)
        else:
            brush.box(node, u, middle, across, along, self.lines(style))
        for crossing in others:
            brush.from_side(crossing, u, middle, across / 2)
        if self.sized(style):
            brush.size_note(node, u + across / 2 + plate, middle)
        return Source(node.name, ((u, v + self.length),))


class Through(Piece):
    """A point that lines pass, where values enter a panel."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        super().__init__()
        self.node = node

    def measure(self, style: Style) -> None:
        letter = self.edge is None and any(crossing.letter for crossing in self.crossings)
        self.length = 2.0 + (2 * LETTER + 1 if letter else 0.0)

    def place(self, brush: Brush, u: float, v: float, source: Source | None) -> Source | None:
        if source is None and self.crossings:
            letter = brush.is_letter(self.crossings[0])
            source = brush.entering(self.crossings[0], u, v + LETTER if letter else v)
            v += 2 * LETTER + 1 if letter else 0.0
        if source is None:
            return None
        brush.stands_for(self.node.name, source)
        brush.passed(self.node.name, source, u, v)
        return source._replace(points=(*source.points, (u, v)))


class Arrow(Piece):
    """An output as the end of a line, with the shape of what it gives."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        super().__init__()
        self.node = node

    def measure(self, style: Style) -> None:
        wide = text_width(self.node.shape, pen.SMALL)
        if style.right:
            self.a = self.b = pen.SMALL
            self.length = 4 + wide
        else:
            self.a = self.b = wide / 2
            self.length = 4 + pen.SMALL

    def place(self, brush: Brush, u: float, v: float, source: Source | None) -> Source | None:
        if source is not None:
            brush.arrive(brush.typed(source, self.edge), self.node.name, (u, v + 3))
        brush.end(self.node, u, v + 3, self.length - 3)
        return source


class Row(Piece):
    """Boxes side by side that begin or end a chain: inputs, outputs. The chain's line meets the one that is
    `main`; lines from elsewhere come to the others, each at a height of its own above them. `letters` stand
    below those whose lines are not drawn, `broken` below those whose lines columns break, which `free` leaves
    room for."""

    __slots__ = ("broken", "free", "leaves", "letters", "main", "offsets", "rows")

    def __init__(self, leaves: list[Leaf], main: int) -> None:
        super().__init__()
        self.leaves = leaves
        self.main = main
        self.offsets: list[float] = []
        self.letters: dict[str, str] = {}
        self.broken: dict[str, str] = {}
        self.free = False
        self.rows: dict[str, float] = {}  # heights of lines that turn above the boxes, by box

    def measure(self, style: Style) -> None:
        at, axes = 0.0, []
        for leaf in self.leaves:
            leaf.measure(style)
            axes.append(at + leaf.a)
            at += leaf.a + leaf.b + 2 * style.beside
        whole = at - 2 * style.beside
        middle = axes[self.main]
        self.offsets = [axis - middle for axis in axes]
        self.a, self.b = middle, whole - middle
        self._rows(style)
        self.length = self.above(style) + max(leaf.length for leaf in self.leaves)
        if self.leaves[0].node.kind != "output":
            self.length += TAPS * (len(self.leaves) - 1)
            self.length += (2 * LETTER + STUB) * (bool(self.letters) or self.free)

    def _rows(self, style: Style) -> None:
        """Lines from the right turn the higher the farther they go to the left, and the other way around, so
        that they do not cross."""
        places = {leaf.node.name: offset for leaf, offset in zip(self.leaves, self.offsets)}
        turning = [(c.side, places[c.edge.head], c.edge.head) for c in self.crossings]
        for leaf, offset in zip(self.leaves, self.offsets):
            if leaf.edge is not None and abs(offset) > 0.1:
                turning.append((1 if offset < 0 else -1, offset, leaf.node.name))
        turning.sort(key=lambda line: (line[0], line[0] * line[1]))
        self.rows = {name: TURN * number for number, (_, _, name) in enumerate(turning)}

    def above(self, style: Style) -> float:
        """The room above the boxes, in which lines turn."""
        letters = 2 * TURN * any(crossing.letter for crossing in self.crossings)
        return TURN * len(self.rows) + letters

    def place(self, brush: Brush, u: float, v: float, source: Source | None) -> Source | None:
        result = None
        crossings = {crossing.edge.head: crossing for crossing in self.crossings}
        first = v - brush.style.gap / 2
        for number, (leaf, offset) in enumerate(zip(self.leaves, self.offsets)):
            top = v + self.above(brush.style)
            name, at = leaf.node.name, u + offset
            fed = source if leaf.edge is not None else None
            if fed is not None and abs(offset) > 0.1:
                row = first + self.rows[name]
                fed = fed.to((u, row), (at, row))
            elif name in crossings:
                crossing = crossings[name]
                row = top - LETTERED if brush.is_letter(crossing) else first + self.rows[name]
                fed = brush.entering(crossing, at, row)
            end = leaf.place(brush, at, top, fed)
            assert end is not None
            if number == self.main:
                result = end.to((u, v + self.length))
            end_of_box = top + leaf.length
            below = v + self.length - end_of_box if number == self.main else self._below(number)
            brush.tapped(name, at, end_of_box, TAP + below)
            letter = self.letters.get(name) or self.broken.get(name)
            if letter:
                brush.ends_at(letter, at, end_of_box, end_of_box + STUB)
        return result

    def _below(self, number: int) -> float:
        """Lines that leave sideways have heights of their own, those of the boxes behind above it."""
        return TAPS * sum(n > number and n != self.main for n in range(len(self.leaves)))


def bar_text(node: Node, style: Style) -> str:
    """What stands in a bar."""
    if node.kind not in BARS or not node.lines:
        return ""
    return node.cell[0] if style.words == "cell" and node.cell else node.lines[0]


def added(
    one: tuple[tuple[str, int], ...], other: tuple[tuple[str, int], ...]
) -> tuple[tuple[str, int], ...]:
    """The steps of two boxes."""
    both = dict(one)
    for word, count in other:
        both[word] = both.get(word, 0) + count
    return tuple(sorted(both.items()))


def all_leaves(chain: Chain) -> Iterator[Leaf]:
    """The boxes of a chain, in its order, with those of all chains inside."""
    waiting: list[Piece] = list(reversed(chain.pieces))
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, Leaf):
            yield piece
        elif isinstance(piece, Row):
            yield from piece.leaves
        else:
            for inner in reversed(piece.chains()):
                waiting += reversed(inner.pieces)
