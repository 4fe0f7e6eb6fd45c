"""Items -> the parts of a row: what is opened, what is one box, what stands together in a panel."""

from __future__ import annotations

from collections import Counter

from netdsl.backends.diagram.items import DenseItem, Fold, HeadItem, Item, Join, Op, Sub
from netdsl.backends.diagram.kinds.dense.row import (
    MOST,
    BoxPart,
    DensePart,
    GroupPart,
    JoinPart,
    Part,
)
from netdsl.backends.diagram.kinds.parts import Cell, cells, plain, stack
from netdsl.backends.diagram.kinds.row import GAP
from netdsl.backends.diagram.kinds.sheet import Sheet
from netdsl.backends.diagram.text import clean, shape_text
from netdsl.design import Design, Value


def parts_of(
    design: Design, items: list[Item], prefix: str, sheet: Sheet, width: float
) -> tuple[list[Part], list[list[int]]]:
    """The parts of a network, and which parts each of them reads."""
    reader = _Reader(sheet)
    if not prefix:
        for name, value in design.inputs.items():
            reader.add(_input(name, value), [value], [])
    reader.items(items, f"{prefix}." if prefix else "", {})
    for number, part in enumerate(p for p in reader.parts if isinstance(p, DensePart)):
        part.stage = number
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
