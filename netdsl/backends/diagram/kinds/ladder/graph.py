"""Design -> cells: a network as a graph of its steps.

Blocks are opened where values lead in or out of their middle, or where a map grows inside; all others are
one cell. Nothing is folded. Uses of one block have cells of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from netdsl.backends.diagram.arithmetic import operation
from netdsl.backends.diagram.items import (
    Arithmetic,
    Around,
    Chain,
    DenseItem,
    HeadItem,
    Item,
    Join,
    Op,
    Plan,
    Sub,
    Weight,
)
from netdsl.backends.diagram.kinds.ladder.cells import Cell, Known, chains_of, is_plain, moved
from netdsl.backends.diagram.plan import Planner
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.steps import Steps, own_steps
from netdsl.backends.diagram.text import kind_of
from netdsl.design import Design, Value
from netdsl.walks import inner_value

MERGES = {"concat": "concat", "add": "sum", "mul": "product"}


class Graph:
    """The cells of a network in the order of its text; `plain` says that blocks which are chains of
    layers are opened too. `outputs` are the cells that give what the network gives, by name."""

    def __init__(
        self, design: Design, settings: Settings | None = None, plain: bool = False
    ) -> None:
        self.design = design
        self.plain = plain
        self.planner = Planner(design, (settings or Settings()).but(unroll=True))
        self.same = self.planner.clock.same
        self.cells: list[Cell] = []
        self._names: set[str] = set()
        self._steps = Steps()
        self._grows: dict[int, bool] = {}
        self._inside: tuple[Sub, ...] = ()
        self._path: tuple[str, ...] = ()
        self._training = False
        known = Known()
        for name, value in design.inputs.items():
            cell = self._cell("input", None, (name,))
            self._gives(known, cell, value, Fraction(1))
        self._chain(self.planner.scope(design.net).items, known, None)
        self.outputs = {
            name: found[0]
            for name, value in design.outputs.items()
            for found in [self._found(known, value)]
            if found is not None
        }

    def _found(self, known: Known, value: Value) -> tuple[Cell, Fraction | None] | None:
        try:
            return known[self.same(value)]
        except KeyError:
            return None

    # --------------------------------------------------------------------------------------- cells
    def _cell(self, kind: str, item: Item | None, path: tuple[str, ...]) -> Cell:
        full = (*self._path, *path)
        cell = Cell(len(self.cells), kind, item, self.unused(".".join(full)), full, self._inside)
        cell.training = self._training
        self.cells.append(cell)
        return cell

    def unused(self, wanted: str) -> str:
        """A name that nothing has yet: this one, or this one with a number."""
        name, number = wanted, 1
        while name in self._names:
            number += 1
            name = f"{wanted}_{number}"
        self._names.add(name)
        return name

    def _gives(self, known: Known, cell: Cell, value: Value, stride: Fraction | None) -> None:
        if cell.value is None:
            cell.value, cell.stride = value, stride
        known[self.same(value)] = cell, stride

    def _chain(self, items: Iterable[Item], known: Known, within: Cell | None) -> None:
        for item in items:
            self._item(item, known, within)

    def _item(self, item: Item, known: Known, within: Cell | None) -> None:
        """The cells of an item; `within` is the cell that all of it belongs to, if there is one."""
        before = self._training
        self._training = before or item.aux is not None
        self._cells_of(item, known, within)
        self._training = before

    def _cells_of(self, item: Item, known: Known, within: Cell | None) -> None:
        if isinstance(item, Op):
            self._op(item, known, within)
        elif isinstance(item, Sub):
            self._sub(item, known, within)
        elif isinstance(item, (Join, Around, DenseItem)):
            self._form(item, known, within)
        elif isinstance(item, Arithmetic):
            self._arithmetic(item, known, within)
        elif isinstance(item, HeadItem):
            cell = self._whole(item, known, "head", (item.event.word,))
            for value in item.made:
                self._gives(known, cell, value, None)
        elif isinstance(item, Weight):
            cell = within or self._cell("param", item, (item.event.name,))
            if within is None:
                cell.steps.update(own_steps(item))
            self._gives(known, cell, item.event.value, None)

    def _whole(self, item: Item, known: Known, kind: str, path: tuple[str, ...]) -> Cell:
        """One cell for all that an item does."""
        cell = self._cell(kind, item, path)
        cell.steps.update(self._steps.item(item))
        self._read(cell, item.reads, known)
        return cell

    def _read(self, cell: Cell, values: Iterable[Value], known: Known) -> None:
        for value in values:
            found = known[self.same(value)][0]
            if found is not cell and found not in cell.reads:
                cell.reads.append(found)

    # ---------------------------------------------------------------------------------------- items
    def _op(self, item: Op, known: Known, within: Cell | None) -> None:
        assert item.enters is not None and item.output is not None
        first = item.layers[0]
        measured = [v for v in item.reads if v is not item.enters and first.family == "shape"]
        cell = within
        if cell is None:
            cell = self._cell(kind_of(first), item, item.path)
            cell.steps.update(own_steps(item))
            self._read(cell, [v for v in item.reads if v not in measured], known)
        stride = known[self.same(item.enters)][1]
        likes = [known[self.same(v)][1] for v in measured]
        stride = moved(first, stride, item.enters, item.output, likes)
        for value in (item.output, *item.made):
            self._gives(known, cell, value, stride)

    def _sub(self, item: Sub, known: Known, within: Cell | None) -> None:
        cell = within
        if cell is None and not self._opens(item):
            cell = self._whole(item, known, "stack", item.path)
        inside, path = self._inside, self._path
        if cell is None:
            self._inside, self._path = (*inside, item), (*path, *item.path)
        inner = known
        if item.scope.outer is None:
            inner = Known(known)
            for value, own in item.binding:
                inner[own] = known[self.same(value)]
        self._chain(item.plan.items, inner, cell)
        self._inside, self._path = inside, path
        assert item.output is not None
        self._passes(inner, item.plan.result, known, item.output, cell)
        for names, value in item.link.exports.items():
            within_value = inner_value(item.scope, names)
            assert within_value is not None
            self._passes(inner, within_value, known, value, cell)

    def _passes(
        self, inner: Known, value: Value, known: Known, outer: Value, cell: Cell | None
    ) -> None:
        """What a block gives: the value `value` inside of it is `outer` around it."""
        found, stride = inner[self.same(value)]
        if cell is not None and (found is not cell or cell.value is not outer):
            cell.value, cell.stride, found = outer, stride, cell
        known[self.same(outer)] = found, stride

    def _form(self, item: Join | Around | DenseItem, known: Known, within: Cell | None) -> None:
        chains = chains_of(item)
        cell = within
        if cell is None and not self._crosses(item, chains):
            cell = self._whole(item, known, "stack", (item.word,))
        for chain in chains:
            if isinstance(item, DenseItem) and chain.entry is not None and cell is not None:
                # what enters an iteration is the concatenation of all before it
                assert item.enters is not None
                known[chain.entry] = cell, known[self.same(item.enters)][1]
            self._chain(chain.items, known, cell)
        ends = [known[self.same(chain.result)] for chain in chains]
        if cell is None:
            kind = MERGES.get(item.word, "sum") if not isinstance(item, DenseItem) else "concat"
            cell = self._cell(kind, item, (item.word,))
            cell.steps.update(own_steps(item))
            cell.reads = [found for found, _ in ends]
        assert item.output is not None
        stride = ends[0][1] if ends else None
        if within is None:
            cell.value = None
        self._gives(known, cell, item.output, stride)

    def _arithmetic(self, item: Arithmetic, known: Known, within: Cell | None) -> None:
        assert item.output is not None
        strides = [known[self.same(v)][1] for v in item.reads]
        found = [s for s in strides if s is not None]
        cell = within
        if cell is None:
            last = operation(self.design, item.link, item.computed.values)
            flat = all(isinstance(part, Value) for part in last.reads)
            cell = self._cell(last.kind if flat else "compute", item, ("compute",))
            cell.steps.update(own_steps(item))
            self._read(cell, item.reads, known)
        self._gives(known, cell, item.output, max(found, default=None))

    # --------------------------------------------------------------------------------- what is opened
    def _opens(self, item: Sub) -> bool:
        """Whether a block is more than one cell."""
        if item.link.exports or len(item.reads) > 1 or self._plan_grows(item.plan):
            return True
        return self.plain and is_plain(item.plan)

    def _crosses(self, item: Join | Around | DenseItem, chains: list[Chain]) -> bool:
        """Whether a merge joins values of different origin, or maps grow in it."""
        if isinstance(item, DenseItem) or any(chain.times > 1 for chain in chains):
            return False
        if isinstance(item, Around) and (item.scale is not None or item.survival is not None):
            return False
        if isinstance(item, Join) and len(item.reads) > 1:
            return True
        return any(self._grow(chain.items) for chain in chains)

    def _plan_grows(self, plan: Plan) -> bool:
        known = self._grows.get(id(plan))
        if known is None:
            known = self._grows[id(plan)] = self._grow(plan.items)
        return known

    def _grow(self, items: Iterable[Item]) -> bool:
        """Whether a map gets larger somewhere in these items."""
        for item in items:
            if isinstance(item, Op):
                if item.layers[0].look() == "up":
                    return True
            elif isinstance(item, Sub):
                if self._plan_grows(item.plan):
                    return True
            elif isinstance(item, (Join, Around, DenseItem)) and any(
                self._grow(chain.items) for chain in chains_of(item)
            ):
                return True
        return False
