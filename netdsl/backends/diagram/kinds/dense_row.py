"""The parts of a network with dense blocks, as they stand in a row: boxes, groups of boxes, dense blocks."""

from __future__ import annotations

from collections import Counter

from netdsl.backends.diagram.items import DenseItem, Fold, HeadItem, Item, Join, Op, Sub
from netdsl.backends.diagram.kinds.parts import Cell, cells, inside, plain, stack
from netdsl.backends.diagram.kinds.row import GAP
from netdsl.backends.diagram.kinds.sheet import Sheet, tall
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.steps import own_steps, times
from netdsl.backends.diagram.text import TIMES, clean, shape_text
from netdsl.design import Design, Value

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
        self.width = tight(cell.lines) + (7.0 if cell.kind == "input" else 0.0)
        self.up = self.down = tall(len(cell.lines)) / 2

    def paint(self, sheet: Sheet, left: float, axis: float) -> tuple[str, str]:
        cell, x = self.cell, left + self.width / 2
        height = self.up + self.down
        name = sheet.box(cell.name, cell.kind, x, axis, self.width, height, cell.lines, cell.steps)
        sheet.note(preparation(cell))
        return name, name


class JoinPart:
    """Where parts meet that stand in the row already: a bar, or a sign in a circle."""

    inset = 0.0

    def __init__(self, item: Join, name: str, steps: Counter[str]) -> None:
        self.item, self.name, self.steps = item, name, steps
        self.sign = {"add": "sum", "mul": "product"}.get(item.word, "")
        self.width = 2 * pen.CIRCLE if self.sign else pen.BAR
        self.up = self.down = pen.CIRCLE if self.sign else 15.0

    def paint(self, sheet: Sheet, left: float, axis: float) -> tuple[str, str]:
        x = left + self.width / 2
        if self.sign:
            name = sheet.sign(self.name, x, axis, self.sign, self.steps)
        else:
            name = sheet.wall(self.name, x, axis, 2 * self.down, self.steps)
        return name, name


class GroupPart:
    """Boxes one below the other in a panel. `size` stands above it."""

    inset = 0.0

    def __init__(self, cell: list[Cell], name: str = "", title: str = "", size: str = "") -> None:
        self.cells = cell
        self.name = name
        self.title = title
        self.size = size
        self.bracket = ""  # what a bracket beside the boxes says
        self.more: Counter[str] = Counter()
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

    def paint(self, sheet: Sheet, left: float, axis: float) -> tuple[str, str]:
        top = axis - self.down
        x = left + (self.width - (6.0 if self.bracket else 0.0)) / 2
        y = top + self._strip()
        names: list[str] = []
        for cell in self.cells:
            high = tall(len(cell.row))
            place = (x, y + high / 2, self.inner, high)
            name = sheet.box(cell.name, cell.kind, *place, cell.row, self._steps(cell))
            if names:
                sheet.edge(names[-1], name, [(x, y - STACKED), (x, y)], length=pen.TIGHT_HEAD)
            names.append(name)
            sheet.note(preparation(cell))
            y += high + STACKED
        if self.bracket:
            self._repeat(sheet, x, top)
        group = self.name or f"{names[0]}.group"
        group = sheet.panel(group, left, top, self.width, self.height, self.title, names)
        middle = left + self.width / 2
        sheet.scene.text(middle, top - 5, self.size, pen.SMALL, fill="muted")
        return group, group

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


def parts_of(
    design: Design, items: list[Item], prefix: str, sheet: Sheet, width: float
) -> tuple[list[Part], list[list[int]]]:
    """The parts of a network, and which parts each of them reads."""
    reader = _Reader(sheet)
    if not prefix:
        for name, value in design.inputs.items():
            reader.add(_input(name, value), [value], [])
    reader.items(items, f"{prefix}." if prefix else "", {})
    parts, reads = reader.parts, reader.reads
    for most, whole_start in ((1, False), (2, False), (MOST, False), (MOST, True)):
        parts, reads = grouped(reader.parts, reader.reads, most, whole_start)
        if sum(part.width for part in parts) + GAP * (len(parts) - 1) <= width:
            break
    return parts, reads


def _input(name: str, value: Value) -> BoxPart:
    shown = shape_text(value.shape)
    lines = (clean(name, 16), shown)
    return BoxPart(Cell(name, "input", " ".join(lines), lines, Counter()))


def grouped(
    parts: list[Part], reads: list[list[int]], most: int, whole_start: bool = False
) -> tuple[list[Part], list[list[int]]]:
    """Boxes that follow one another put into panels of at most so many; with `whole_start` the only input too."""
    out: list[Part] = []
    place: dict[int, int] = {}
    links: list[list[int]] = []
    inputs = sum(isinstance(part, BoxPart) and part.cell.kind == "input" for part in parts)
    starts = whole_start and inputs == 1
    read_far = {j for i, found in enumerate(reads) for j in found if j != i - 1}
    for i, part in enumerate(parts):
        last = out[-1] if out else None
        joins = (
            isinstance(part, BoxPart)
            and part.cell.kind != "input"
            and reads[i] == [i - 1]
            and i - 1 not in read_far
        )
        both = _both(last, part) if joins else None
        if both is not None:
            out[-1] = both
        elif (
            joins
            and most > 1
            and isinstance(last, BoxPart)
            and (starts or last.cell.kind != "input")
        ):
            assert isinstance(part, BoxPart)
            out[-1] = GroupPart([last.cell, part.cell])
        elif joins and type(last) is GroupPart and not last.title and len(last.cells) < most:
            assert isinstance(part, BoxPart)
            out[-1] = GroupPart([*last.cells, part.cell])
        else:
            out.append(part)
            links.append([place[j] for j in reads[i]])
        place[i] = len(out) - 1
    return out, links


def _both(last: Part | None, part: Part) -> BoxPart | None:
    """A normalisation and the activation behind it in one box."""
    if not isinstance(last, BoxPart) or not isinstance(part, BoxPart):
        return None
    a, b = last.cell, part.cell
    if a.kind != "norm" or b.kind != "activation" or len(a.lines) + len(b.lines) > 2:
        return None
    return BoxPart(
        Cell(a.name, a.kind, f"{a.text}, {b.text}", a.lines + b.lines, a.steps + b.steps)
    )


class _Reader:
    """Walks through items and makes parts of them."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.parts: list[Part] = []
        self.reads: list[list[int]] = []
        self.makers: dict[int, int] = {}

    def add(self, part: Part, makes: list[Value], reads: list[Value]) -> None:
        found: list[int] = []
        for value in reads:
            maker = self.makers.get(id(value))
            if maker is not None and maker not in found:
                found.append(maker)
        self.parts.append(part)
        self.reads.append(sorted(found))
        for value in makes:
            self.makers[id(value)] = len(self.parts) - 1

    def items(self, items: list[Item], prefix: str, known: dict[int, Value]) -> None:
        """The parts of items; `known` are the outer values by what the block calls them."""
        for item in items:
            reads = [known.get(id(value), value) for value in item.reads]
            makes = [*item.made, *([item.output] if item.output is not None else [])]
            if isinstance(item, DenseItem):
                part = DensePart(item, f"{prefix}dense", "dense", self.sheet)
                self.add(part, makes, reads)
            elif isinstance(item, Sub) and holds_dense(item):
                self._sub(item, prefix, known, makes, reads)
            elif isinstance(item, (Op, Sub, Fold)):
                self.add(self._group(item, prefix), makes, reads)
            elif isinstance(item, HeadItem):
                text = item.event.kind.title
                total = self.sheet.steps.item(item)
                self.add(
                    BoxPart(Cell(prefix + item.event.word, "softmax", text, (text,), total)),
                    makes,
                    reads,
                )
            elif isinstance(item, Join) and not any(chain.items for chain in item.branches):
                steps = self.sheet.steps.item(item)
                self.add(JoinPart(item, f"{prefix}{item.word}", steps), makes, reads)
            else:
                self.add(BoxPart(stack(item, self.sheet.steps, prefix)), makes, reads)

    def _sub(
        self,
        item: Sub,
        prefix: str,
        known: dict[int, Value],
        makes: list[Value],
        reads: list[Value],
    ) -> None:
        """A level with a dense block in it: its panel if it is nothing else, else its inside."""
        name = prefix + ".".join(item.path)
        only = item.plan.items[0] if len(item.plan.items) == 1 else None
        if isinstance(only, DenseItem):
            title = clean(" ".join(item.titles()[:1]), 16)
            self.add(DensePart(only, name, title, self.sheet), makes, reads)
            return
        inner = dict(known)
        for outer, own in item.binding:
            inner[id(own)] = known.get(id(outer), outer)
        self.items(item.plan.items, f"{name}.", inner)
        last = self.makers.get(id(item.plan.result), len(self.parts) - 1)
        for value in makes:
            self.makers.setdefault(id(value), last)

    def _group(self, item: Item, prefix: str) -> Part:
        """Boxes in a panel, or one box."""
        found = cells([item], self.sheet.steps, prefix)
        if isinstance(item, Sub) and plain(item.plan) and 1 < len(found) <= MOST:
            return GroupPart(found, prefix + ".".join(item.path), clean(item.titles()[0], 16))
        if len(found) == 1:
            return BoxPart(found[0])
        return BoxPart(stack(item, self.sheet.steps, prefix))


def holds_dense(item: Item) -> bool:
    """Whether a dense block stands in an item on its chain (and not in a branch, which is one box)."""
    if isinstance(item, Sub):
        return any(holds_dense(inner) for inner in item.plan.items)
    return isinstance(item, DenseItem)


def branches_hold_dense(item: Item) -> bool:
    """Whether one stands in it anywhere."""
    inner = (
        item.plan.items if isinstance(item, Sub) else [x for items in inside(item) for x in items]
    )
    return isinstance(item, DenseItem) or any(branches_hold_dense(x) for x in inner)
