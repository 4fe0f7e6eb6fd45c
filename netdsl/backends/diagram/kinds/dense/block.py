"""One dense block with all its arcs: a dot for every tensor, a bar for every concatenation that a layer reads.

Bars stand above the layers and have as many places as tensors meet in them, so that no two arcs end together: the
nearest tensor comes in on the left, the farthest on the right, and arcs into one bar never cross. The number in
a bar is how many channels are read, that below a dot how many a layer adds.
"""

from __future__ import annotations

from collections import Counter

from netdsl.backends.diagram.items import Chain, DenseItem
from netdsl.backends.diagram.kinds.dense.slots import TO, Slot, channels, grid_of, slots
from netdsl.backends.diagram.kinds.parts import cells, chain_key, sentence
from netdsl.backends.diagram.kinds.sheet import Sheet, fitted
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.legend import folded
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Point, Route, rounded
from netdsl.backends.diagram.scene.themes import ACCENTS
from netdsl.backends.diagram.steps import own_steps
from netdsl.backends.diagram.text import TIMES, clean, shape_text
from netdsl.record import Record

DOT, BAR, LAYER = 4.2, 9.5, 17.0  # radius of dots; heights
DOWN = 26.0  # from the line of the dots to that of the layers
LIFT = 0.4  # how far arcs begin inside of dots
MARGIN, LINE = 9.0, 9.4


class Inset(Record):
    """A dense block that is drawn, its name and what it is called."""

    item: DenseItem
    name: str
    title: str


def inset(
    sheet: Sheet, chosen: Inset, left: float, top: float, width: float, *, counted: bool
) -> None:
    """Draw a dense block into a panel of that width. `counted` says that no other boxes of the figure stand
    for its steps."""
    item = chosen.item
    assert item.output is not None
    ending = text_width(shape_text(item.output.shape), pen.SMALL)
    room = width - 2 * MARGIN - 2 * DOT
    columns = slots(item, lambda n, pitch: grid_of(n, ending, room, pitch).width <= room)
    grid = grid_of(len(columns), ending, room)
    start = left + (width - grid.width) / 2 + DOT
    heading = _heading(chosen, width - 2 * MARGIN)
    tallest = 16 + 52 * min(1.0, grid.end / 330)
    line = top + 6 + LINE * len(heading) + tallest + BAR / 2
    for column, number in zip(columns, range(len(columns))):
        column.x = start + grid.lead + grid.pitch * number
        column.dot = (column.x + grid.pitch * 0.48, line)
    drawn = _Drawn(sheet, chosen, grid.wide, line, tallest, counted)
    drawn.all(columns, (start, line), start + grid.end)
    bottom = line + DOWN + LAYER / 2 + 7
    sheet.panel(f"{chosen.name}.block", left, top, width, bottom - top, "", drawn.members)
    _write(sheet, heading, left + MARGIN, top + 4 + LINE / 2)


# ---------------------------------------------------------------------------------------------- text
def _heading(chosen: Inset, width: float) -> list[str]:
    """The title and, behind it, what a layer does; the first line's title is before the bar."""
    item = chosen.item
    title = clean(chosen.title or chosen.name.rpartition(".")[2] or "dense", 24)
    text = _layers(item)
    first = text_width(title, pen.TITLE, True) + 5
    lines = folded([text], width - first)
    if len(lines) > 1:
        used = lines[0]
        lines = [used, *folded([text[len(used) :].strip()], width)]
    return [f"{title}\n{lines[0]}", *lines[1:]]


def _layers(item: DenseItem) -> str:
    """What the layers read and do, if it can be said in a line or two: equal ones together."""
    groups: list[tuple[int, int, Chain]] = []
    for number, chain in enumerate(item.iterations, 1):
        if groups and (item.equal or chain_key(groups[-1][2]) == chain_key(chain)):
            groups[-1] = (groups[-1][0], number, chain)
        else:
            groups.append((number, number, chain))
    said: list[str] = []
    for first, last, chain in groups:
        text = sentence(chain.items)
        if not text or len(groups) > 3:
            return "each layer H reads everything before it"
        who = f"H{first}" if first == last else f"H{first} to H{last}"
        said.append(f"{who}: {text}" if len(groups) > 1 else text)
    if len(said) == 1:
        return f"each layer H ({said[0]}) reads everything before it"
    return f"each layer reads everything before it; {'; '.join(said)}"


def _write(sheet: Sheet, heading: list[str], x: float, y: float) -> None:
    title, _, rest = heading[0].partition("\n")
    sheet.scene.text(x, y, title, pen.TITLE, "start", bold=True)
    beside = x + text_width(title, pen.TITLE, True) + 5
    sheet.scene.text(beside, y, rest, pen.SMALL, "start", fill="muted")
    for number, text in enumerate(heading[1:], 1):
        sheet.scene.text(x, y + LINE * number, text, pen.SMALL, "start", fill="muted")


# ------------------------------------------------------------------------------------------- drawing
class _Drawn:
    """The drawing of one block: `wide` is the width of bars and layers, `line` is the height of dots and bars, `tallest` that of the farthest arc."""

    def __init__(
        self,
        sheet: Sheet,
        chosen: Inset,
        wide: float,
        line: float,
        tallest: float,
        counted: bool,
    ) -> None:
        self.sheet, self.chosen, self.wide = sheet, chosen, wide
        self.line, self.tallest, self.counted = line, tallest, counted
        self.members: list[str] = []

    def all(self, columns: list[Slot], entry: Point, end: float) -> None:
        item = self.chosen.item
        name = self.chosen.name
        self.reach = max(1.0, end + self.wide / 2 - entry[0])
        source = Slot(0, 0, "", channels(item.iterations[0].entry))
        source.dot = entry
        source.tensor = self._tensor(f"{name}.input", source, 0)
        sources = [source]
        arcs: list[tuple[Slot, int, float, float]] = []
        for number, column in enumerate(columns, 1):
            reads = column.reads if self._fits(column.reads) else column.reads.partition(TO)[0]
            bar = self._bar(f"{name}.concat{column.first}", column.x, reads)
            arcs += self._arcs(sources, bar, column.x)
            self._layer(column, bar, number)
            sources.append(column)
        steps = Counter(own_steps(item)) if self.counted else Counter()
        shown = str(channels(item.output))
        bar = self._bar(f"{name}.concat", end, shown, steps)
        arcs += self._arcs(sources, bar, end)
        self._output(item, bar, end)
        self._paint(arcs, sources)

    def _fits(self, text: str) -> bool:
        return text_width(text, pen.SMALL, True) + 3 <= self.wide

    # ------------------------------------------------------------------------------------- tensors
    def _tensor(self, name: str, slot: Slot, number: int) -> str:
        """Note the dot of a tensor; it is painted after the arcs."""
        x, y = slot.dot
        name = self.sheet.placed(name, "tensor", (x - DOT, y - DOT, 2 * DOT, 2 * DOT))
        self.members.append(name)
        text = str(slot.channels * slot.many)
        if slot.many > 1 and self.wide > 24:
            text = f"{slot.many}{TIMES}{slot.channels}"
        if number:
            self.sheet.scene.text(x + 2.5, self.line + 11.2, text, pen.SMALL, "start", bold=True)
        else:
            self.sheet.scene.text(x, self.line + 11.2, text, pen.SMALL, bold=True)
            self.sheet.scene.text(x, self.line + 19.6, "input", pen.SMALL, fill="muted")
        return name

    def _bar(self, name: str, x: float, text: str, steps: Counter[str] | None = None) -> str:
        left, right = x - self.wide / 2, x + self.wide / 2
        name = self.sheet.bar(name, left, right, self.line, text, steps, BAR)
        self.members.append(name)
        return name

    def _layer(self, column: Slot, bar: str, number: int) -> None:
        """The box of a layer below its bar, and the line to the dot of what it gives."""
        x, y = column.x, self.line + DOWN
        chains = self.chosen.item.iterations[column.first - 1 : column.last]
        steps: Counter[str] = Counter()
        for chain in chains:
            steps.update(self.sheet.steps.items(chain.items))
        wide = max(self.wide, fitted((column.title,), pen.TEXT, least=self.wide))
        found = cells(chains[0].items, self.sheet.steps)
        kind = found[0].kind if column.many == 1 and len(found) == 1 else "stack"
        name = self.sheet.box(
            f"{self.chosen.name}.H{column.first}",
            kind,
            *(x, y, wide, LAYER),
            (column.title,),
            steps if self.counted else None,
        )
        self.members.append(name)
        if kind == "stack":
            self.sheet.words.setdefault("stack", "layer")
        down = [(x, self.line + BAR / 2), (x, y - LAYER / 2 - (0.9 if kind == "stack" else 0))]
        self.sheet.edge(bar, name, down, length=pen.TIGHT_HEAD)
        dot_x, dot_y = column.dot
        column.tensor = self._tensor(f"{self.chosen.name}.x{column.first}", column, number)
        right = x + wide / 2 + (pen.PLATE if kind == "stack" else 0)
        points = [(right, y), (dot_x, y), (dot_x, dot_y + DOT)]
        self.sheet.edge(name, column.tensor, points, length=pen.TIGHT_HEAD)

    def _output(self, item: DenseItem, bar: str, x: float) -> None:
        assert item.output is not None
        y = self.line + DOWN
        name = self.sheet.placed(f"{self.chosen.name}.output", "output", (x - 8, y - 6, 16, 12))
        self.members.append(name)
        points = [(x, self.line + BAR / 2), (x, y - LAYER / 2)]
        self.sheet.edge(bar, name, points, length=pen.TIGHT_HEAD)
        self.sheet.scene.text(x, y - 3.6, "output", pen.SMALL, fill="muted")
        shape = shape_text(item.output.shape)
        self.sheet.scene.text(x, y + 4.8, shape, pen.SMALL, fill="muted")

    # ---------------------------------------------------------------------------------------- arcs
    def _arcs(
        self, sources: list[Slot], bar: str, x: float
    ) -> list[tuple[Slot, int, float, float]]:
        """From every tensor so far into a bar: the nearest on the left."""
        count = len(sources)
        step = min(4.2, (self.wide - 4) / max(1, count - 1))
        first = x - step * (count - 1) / 2
        found: list[tuple[Slot, int, float, float]] = []
        for number, source in enumerate(sources):
            end = first + step * (count - 1 - number)
            found.append((source, number, end, self._height(end - source.dot[0])))
            x, y = source.dot
            points = rounded([(x, y - DOT + LIFT), (end, self.line - BAR / 2)])
            self.sheet.scene.routes.append(Route(source.tensor, bar, points, "operand"))
        return found

    def _height(self, span: float) -> float:
        """How high an arc's controls are: its highest point is three quarters of that."""
        return (12 + (self.tallest - 12) * (span / self.reach) ** 0.72) / 0.75

    def _paint(self, arcs: list[tuple[Slot, int, float, float]], sources: list[Slot]) -> None:
        """Arcs, the farthest first, and the dots over them."""
        for source, number, end, high in sorted(arcs, key=lambda arc: -arc[3]):
            x, y = source.dot
            start, stop = y - DOT + LIFT, self.line - BAR / 2
            points = [(x, start), (x, start - high), (end, stop - high), (end, stop)]
            many = source.many > 1
            role = "muted" if many else f"accent{number % len(ACCENTS)}"
            self.sheet.scene.curve(points, role, 1.5 if many else 0.9)
        for number, source in enumerate(sources):
            role = "muted" if source.many > 1 else f"accent{number % len(ACCENTS)}"
            self.sheet.scene.circle(*source.dot, DOT, role, "ink", 0.6)
