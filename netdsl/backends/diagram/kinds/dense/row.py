"""The parts of a network with dense blocks, as they stand in a row: boxes, groups of boxes, dense blocks."""

from __future__ import annotations

from collections import Counter

from netdsl.backends.diagram.items import DenseItem, Join
from netdsl.backends.diagram.kinds.parts import Cell, cells
from netdsl.backends.diagram.kinds.row import End, Ends
from netdsl.backends.diagram.kinds.sheet import Sheet, tall
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.steps import own_steps, times
from netdsl.backends.diagram.text import TIMES, shape_text

PAD, STRIP = 3.0, 11.5  # around what stands in a panel; above it for the title
STACKED = 5.6  # between boxes of a panel
ABOVE = 9.6  # for a size above a panel
MOST = 3  # boxes of a panel; more are one box


def tight(lines: tuple[str, ...]) -> float:
    """The width of a box in a row, which has little room."""
    widest = max((text_width(text, pen.TEXT) for text in lines), default=0.0)
    return max(22.0, 1.02 * widest + 4.4)


class BoxPart:
    """One box."""

    inset = 0.0

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.plate = pen.PLATE if cell.kind == "stack" else 0.0
        self.width = tight(cell.lines) + (7.0 if cell.kind == "input" else self.plate)
        self.down = tall(len(cell.lines)) / 2
        self.up = self.down + self.plate

    def paint(self, sheet: Sheet, left: float, axis: float, top: float) -> Ends:
        cell, wide = self.cell, self.width - self.plate
        place = (left + wide / 2, axis, wide, 2 * self.down)
        name = sheet.box(cell.name, cell.kind, *place, cell.lines, cell.steps, sideways=True)
        sheet.note(preparation(cell))
        return Ends((End(name),), End(name))


class JoinPart:
    """Where parts meet that stand in the row already: a bar, or a sign in a circle."""

    inset = 0.0

    def __init__(self, item: Join, name: str, steps: Counter[str]) -> None:
        self.item, self.name, self.steps = item, name, steps
        self.sign = {"add": "sum", "mul": "product"}.get(item.word, "")
        self.width = 2 * pen.CIRCLE if self.sign else pen.BAR
        self.up = self.down = pen.CIRCLE if self.sign else 15.0

    def paint(self, sheet: Sheet, left: float, axis: float, top: float) -> Ends:
        x = left + self.width / 2
        if self.sign:
            name = sheet.sign(self.name, x, axis, self.sign, self.steps)
        else:
            name = sheet.wall(self.name, x, axis, 2 * self.down, self.steps)
        return Ends((End(name),), End(name))


class GroupPart:
    """Boxes one below the other in a panel. `size` stands above it."""

    inset = 0.0

    def __init__(self, cell: list[Cell], name: str = "", title: str = "", size: str = "") -> None:
        self.cells = cell
        self.name = name
        self.title = title
        self.size = size
        self.bracket = ""  # what a bracket beside the boxes says
        self.stage: int | None = None  # for themes that tint by it
        self._fit()

    def _fit(self) -> None:
        self.inner = max(tight(c.row) + (5.0 if c.kind == "input" else 0.0) for c in self.cells)
        heading = text_width(self.title, pen.TITLE, True) + 6.4
        beside = 6.0 if self.bracket else 0.0
        self.width = max(self.inner + beside + 2 * PAD, heading)
        if self.size:
            self.width = max(self.width, text_width(self.size, pen.SMALL) - 1)
        below = 11.0 if self.bracket else 0.0
        strip = self._strip()
        high = sum(tall(len(c.row)) for c in self.cells) + STACKED * (len(self.cells) - 1)
        self.height = strip + high + PAD + below
        self.down = self.height / 2
        self.up = self.down + (ABOVE if self.size else 0.0)

    def paint(self, sheet: Sheet, left: float, axis: float, top: float) -> Ends:
        top = axis - self.down  # its own, below the size
        x = left + (self.width - (6.0 if self.bracket else 0.0)) / 2
        y = top + self._strip()
        names: list[str] = []
        middles: list[float] = []
        for cell in self.cells:
            high = tall(len(cell.row))
            place = (x, y + high / 2, self.inner, high)
            steps = self._steps(cell)
            name = sheet.box(cell.name, cell.kind, *place, cell.row, steps, stage=self.stage)
            if names:
                sheet.edge(names[-1], name, [(x, y - STACKED), (x, y)], length=pen.TIGHT_HEAD)
            names.append(name)
            middles.append(y + high / 2)
            sheet.note(preparation(cell))
            y += high + STACKED
        if self.bracket:
            self._repeat(sheet, x, top)
        group = self.name or f"{names[0]}.group"
        sheet.panel(group, left, top, self.width, self.height, self.title, names)
        middle = left + self.width / 2
        sheet.scene.text(middle, top - 5, self.size, pen.SMALL, fill="muted")
        inner = (x - self.inner / 2, x + self.inner / 2)
        into, out = left + 1.2, left + self.width - 1.2
        first, last = middles[0], middles[-1]
        way = ((into, axis), (into, first), (inner[0], first))
        back = ((inner[1], last), (out, last), (out, axis))
        return Ends((End(names[0], way),), End(names[-1], back))

    def _strip(self) -> float:
        """From the top to the first box, behind which a second plate may stand."""
        plate = pen.PLATE if self.cells[0].kind == "stack" else 0.0
        return (STRIP if self.title else PAD) + plate

    def _steps(self, cell: Cell) -> Counter[str]:
        return cell.steps

    def _repeat(self, sheet: Sheet, x: float, top: float) -> None:
        start = top + self._strip()
        end = top + self.height - PAD - 11
        pen.bracket(sheet.scene, x + self.inner / 2 + 4.6, start, end)
        sheet.scene.text(x, end + 7.2, self.bracket, pen.TIMES, bold=True)
        sheet.kinds["@repeat"] = None


class DensePart(GroupPart):
    """A dense block: one layer, and how many there are."""

    def __init__(self, item: DenseItem, name: str, title: str, sheet: Sheet) -> None:
        self.item = item
        first = item.iterations[0]
        found = cells(first.items, sheet.steps, f"{name}.")
        self.many = len(item.iterations)
        if not item.equal:
            total: Counter[str] = Counter()
            for chain in item.iterations:
                total.update(sheet.steps.items(chain.items))
            text = f"{self.many} layers"
            found, self.many = [Cell(f"{name}.layers", "stack", text, (text,), total)], 1
        elif not found:
            text = "nothing"
            found = [Cell(f"{name}.layer", "shape", text, (text,), Counter())]
        elif len(found) > MOST:
            found = [whole(found, f"{name}.layer", "layer")]
        assert item.output is not None
        super().__init__(found, name, title, shape_text(item.output.shape))
        self.bracket = f"{TIMES}{self.many}" if self.many > 1 else ""
        self._fit()

    def _steps(self, cell: Cell) -> Counter[str]:
        total = times(cell.steps, self.many)
        if cell is self.cells[-1]:
            total.update(own_steps(self.item))
        return total


Part = BoxPart | GroupPart | JoinPart


def whole(found: list[Cell], name: str, title: str) -> Cell:
    """One box for several."""
    total: Counter[str] = Counter()
    for cell in found:
        total.update(cell.steps)
    said = f"{title}, {sum(total.values())} steps"
    return Cell(name, "stack", said, (title, f"{sum(total.values())} steps"), total)


def preparation(cell: Cell) -> str:
    """What the legend says of boxes that hold what stands before their layer."""
    return f"{cell.prepared} before a layer are in its box" if cell.prepared else ""
