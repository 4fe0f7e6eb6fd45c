"""Panels around a chain, brackets beside one, side outputs, and letters for lines that are not drawn."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.diagram.figure import Node, Panel
from netdsl.backends.diagram.layout.brush import LETTER, Brush, Source
from netdsl.backends.diagram.layout.chain import Chain
from netdsl.backends.diagram.layout.pieces import Leaf, Piece
from netdsl.backends.diagram.layout.style import STRIP, TAP, Style
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Point


class Holder(Piece):
    """A piece with one chain, on its own axis."""

    __slots__ = ("inner", "panel")

    def __init__(self, panel: Panel, inner: Chain) -> None:
        super().__init__()
        self.panel = panel
        self.inner = inner
        inner.owner = self

    def chains(self) -> Sequence[Chain]:
        return (self.inner,)

    def measure(self, style: Style) -> None:
        self.inner.measure(style)
        self.a, self.b, self.length = self.inner.a, self.inner.b, self.inner.length

    def place(self, brush: Brush, u: float, v: float, source: Source | None) -> Source | None:
        return self.inner.place(brush, u, v, source)


class Frame(Holder):
    """A panel with its title on the left and the shape of what it gives on the right."""

    __slots__ = ("before", "begin", "note", "title", "words")

    def __init__(self, panel: Panel, inner: Chain, title: str = "", note: str = "") -> None:
        super().__init__(panel, inner)
        self.title = title
        self.note = note
        told = [n for n in panel.notes if panel.kind == "head" or "shared" in n]
        self.words = ", ".join(told)  # muted behind the title
        self.before = 0.0
        self.begin = ""  # the node that stands elsewhere for what enters

    @property
    def framed(self) -> bool:
        return True

    def measure(self, style: Style) -> None:
        super().measure(style)
        pad = style.panel + 0.8
        strip = STRIP if self.title or self.note else 0.0
        title = text_width(self.title, pen.TITLE, bold=True)
        words = text_width(self.words, pen.SMALL) + 3 if self.words else 0.0
        note = text_width(self.note, pen.SMALL)
        need = title + words + (note + 8 if note else 0) + 6.4
        if style.right:
            self.a, self.b = self.a + pad + strip, self.b + pad
            self.before = pad + style.gap / 2
            self.length += self.before + pad + style.gap / 2
            self.length = max(self.length, need)
            return
        self.before = pad + strip
        self.a, self.b, self.length = self.a + pad, self.b + pad, self.length + self.before + pad
        if self.title:
            self.a = max(self.a, title + words + 3.2 + 3.5)  # the title never touches the trunk
        if note:
            self.b = max(self.b, note + 3.2 + 3.5)
        self.b = max(self.b, need - self.a)

    def place(self, brush: Brush, u: float, v: float, source: Source | None) -> Source | None:
        if source is not None:
            source = source._replace(span=None)
            brush.gate(source, u, v)
        elif self.begin and not isinstance(self.inner.pieces[0], Leaf):
            source = Source(self.begin, ((u, v + self.before),), "training", cut=True)
        brush.begin()
        brush.depth += 1
        result = self.inner.place(brush, u, v + self.before, source)
        brush.depth -= 1
        across = self.a + self.b
        brush.panel(
            self.panel.name,
            *(u - self.a, v, across, self.length),
            self.title,
            self.note,
            self.panel.training,
            self.words,
            self.panel.times,
        )
        if result is not None:
            result = result._replace(span=None)
        return result


class Repeat(Holder):
    """A bracket beside what is repeated, and how often."""

    __slots__ = ("replaced", "text")

    def __init__(self, panel: Panel, inner: Chain) -> None:
        super().__init__(panel, inner)
        self.replaced: str | None = None  # the node that it ends with where papers count
        self.text = f"\N{MULTIPLICATION SIGN}{panel.times:,}".replace(",", "\N{NO-BREAK SPACE}")

    def measure(self, style: Style) -> None:
        super().measure(style)
        room = 16.0 if style.right else 7 + text_width(self.text, pen.TIMES, bold=True)
        self.b += room

    def place(self, brush: Brush, u: float, v: float, source: Source | None) -> Source | None:
        result = self.inner.place(brush, u, v, source)
        if self.replaced is not None and result is not None:
            brush.stands_for(self.replaced, result)
        brush.bracket(u + self.inner.b + 5, v + 0.5, v + self.length - 0.5, self.text)
        return result


class Token:
    """A side output beside the chain: a small box with its name. `node` stands for it, `first` is where its
    own panel begins, "" if it has none; `letter` stands for the line to it, if it comes from afar."""

    __slots__ = ("first", "letter", "node", "offset", "width")
    side = 1
    below = True  # what it leaves, not beside it

    def __init__(self, node: Node, first: str) -> None:
        self.node = node
        self.first = first
        self.letter = ""
        self.offset = self.width = 0.0

    def measure(self, style: Style) -> None:
        self.width = max(24.0, text_width(self.node.lines[0], style.size, bold=True) + 6)

    def place(
        self,
        brush: Brush,
        u: float,
        axis: float,
        v: float,
        tail: str,
        start: Point | None = None,
        goes_on: bool = True,
    ) -> None:
        """Beside the line of the node `tail` at `axis`, `v`; `start` is where that line begins, which `goes_on`
        or ends here."""
        row, top = v + TAP, v + TAP + 5
        high = 11.0
        points = ((axis, row), (u, row))
        if start is not None:
            points = (start, *points)
        begin = 1 if start is not None and goes_on else 0
        line = Source(tail, points, "training", pen.TRAINING, begin=begin)
        if self.letter:
            brush.letters.append((u, row, self.letter))
            line = Source(tail, ((u, row + LETTER),), "training", pen.TRAINING, cut=True)
            top += LETTER
        across, along = (high, self.width) if brush.right else (self.width, high)
        brush.arrive(line, self.node.name, (u, top))
        brush.token(self.node, u, top + along / 2, across, along)
        if self.first:
            brush.scene_route(self.node.name, self.first)


class Mark(Piece):
    """A letter on the line below what a line leaves that is not drawn."""

    __slots__ = ("letter",)

    def __init__(self, letter: str, after: Piece) -> None:
        super().__init__()
        self.letter = letter
        self.exit = after.exit

    def measure(self, style: Style) -> None:
        self.a = self.b = LETTER
        self.length = 2 * LETTER

    def place(self, brush: Brush, u: float, v: float, source: Source | None) -> Source | None:
        if source is not None:  # the line goes on under the letter
            source = source.to((u, v + self.length))._replace(span=None)
        brush.letters.append((u, v + self.length / 2, self.letter))
        return source


class LetterMark:
    """A letter beside the chain for a line that goes on in another column."""

    __slots__ = ("letter", "offset", "side", "tail", "width")
    below = False

    def __init__(self, letter: str, tail: str, side: int = 1) -> None:
        self.letter = letter
        self.tail = tail
        self.side = side
        self.offset = 0.0
        self.width = 2 * LETTER

    def measure(self, style: Style) -> None:
        """It is as large as its letter."""

    def place(
        self,
        brush: Brush,
        u: float,
        axis: float,
        v: float,
        tail: str,
        start: Point | None = None,
        goes_on: bool = True,
    ) -> None:
        """Beside the chain, at the height where lines leave its own node."""
        tap = brush.taps[self.tail][brush.shared.get(self.tail, 0) :]
        row = tap[-1][1]
        edge = u - LETTER if u > axis else u + LETTER
        line = brush.points([*tap, (edge, row)])
        pen.arrow(brush.scene, line, head=False)
        brush.letters.append((u, row, self.letter))
