"""A level: a panel with what is in it, or one box."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.backends.diagram import boxes, forms
from netdsl.backends.diagram.canvas import Ends
from netdsl.backends.diagram.figure import Child, Panel
from netdsl.backends.diagram.items import DenseItem, Fold, Item, Op, Sub, only_group
from netdsl.backends.diagram.levels import BLOCKS, levels_in
from netdsl.backends.diagram.text import clean, shape_text
from netdsl.design import Value
from netdsl.walks import inner_value

if TYPE_CHECKING:
    from netdsl.backends.diagram.draw import Drawer

PANELS = ("block", "aux", "module", "dense")


def level(d: Drawer, item: Sub, ends: Ends, into: list[Child], role: str, number: int = 1) -> None:
    """A level: a panel with what is in it, or one box."""
    title, *notes = item.titles(number)
    if item.shared is not None:
        name = clean(item.shared.name)
        notes += [name] if name != title else []
        notes += [d.shared_text(item.shared)] if len(item.shared.uses) > 1 else []
    block = item.scope.kind in BLOCKS
    inside = levels_in(item.plan, d.inside, block or d.within > 0)
    path = ".".join((*d.path, *item.path))
    way = d.within > 0 and not block  # how a block is written is no level of its own
    if d.depth == 0 or not (way or d.level.opens(path, inside)):
        same = (v is not None and d.same(v) for v in (item.output, item.enters))
        if len(set(map(id, same))) == 1 and not d.steps.item(item):
            return  # it does nothing
        boxes.many(d, item, ends, into, role, item.path[0], title, *notes, number=number)
        return
    kind = item.scope.kind if item.scope.kind in PANELS else "group"
    outer, treated = d.path, d.treated
    d.treated = d.treated_of(item)
    label = (title, tuple(notes), number, d.aux > 0, d.treated)
    assert item.output is not None
    shape = shape_text(item.output.shape)
    panel = Panel(d.name(*item.path), kind, [], *label, shape)
    d.path = (*outer, *item.path)
    d.depth -= 1
    d.within += block
    inner, panel = content(d, item, ends, panel, role)
    ends[item.output] = inner[item.plan.result]
    for names, value in item.link.exports.items():
        within = inner_value(item.scope, names)
        assert within is not None
        # of equal iterations one is drawn for all: its bar stands for what is in the others
        ends[value] = inner.find(d.same(within)) or inner[item.plan.result]
    d.depth += 1
    d.within -= block
    d.path, d.treated = outer, treated
    if panel.children:  # a level may do nothing
        into.append(panel)


def content(d: Drawer, item: Sub, ends: Ends, panel: Panel, role: str) -> tuple[Ends, Panel]:
    """Draw what a level has in it into its panel; the ends are those of the values inside."""
    items = item.plan.items
    while (group := only_group(items)) is not None:  # all that there is: it needs no panel
        items = group.plan.items
        d.path = (*d.path, *group.path)
    inner, entry = ends, item.enters
    if item.scope.outer is None:
        inner, entry = ends.inside(), item.scope.input
        for value, own in item.binding:
            inner[own] = ends[d.same(value)]
    if entry is not None:
        inner = _entrance(d, items, inner, d.same(entry), panel.children, role)
    only = items[0] if len(items) == 1 else None
    if isinstance(only, DenseItem) and only.equal and d.level.joins:
        return inner, forms.dense_panel(d, only, inner, panel)
    d.chain(items, inner, panel.children, entry)
    return inner, panel


def _entrance(
    d: Drawer, items: list[Item], ends: Ends, entry: Value, into: list[Child], role: str
) -> Ends:
    """One place where a value enters a panel in which several things read it."""
    readers = [item for item in items if any(v is entry for v in item.reads)]
    if len(readers) < 2:
        return ends
    end = d.add(into, "fork", "in", (), entry)
    d.edge(ends, entry, end, role)
    return ends.starting(entry, end)


def folded(d: Drawer, item: Fold, ends: Ends, into: list[Child], current: Value | None) -> None:
    """Equal runs: the first of them, and how many there are."""
    d.factor *= item.times
    first = item.items[0]
    role = "flow" if first.enters is current else "tap"
    if len(item.items) == 1 and isinstance(first, Op):
        boxes.layer(d, first, ends, into, role, item.times)
    elif len(item.items) == 1 and isinstance(first, Sub):
        level(d, first, ends, into, role, item.times)
    else:
        training = d.aux > 0
        panel = Panel(d.name("repeat"), "repeat", [], times=item.times, training=training)
        d.chain(item.items, ends, panel.children, current)
        if panel.children:
            into.append(panel)
    d.factor //= item.times
    assert item.output is not None
    ends[item.output] = ends[d.same(item.first)]
