"""One box: a layer with what is fused into it, one box for many layers, tensors, arithmetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from netdsl.backends.diagram.arithmetic import Operation, operation
from netdsl.backends.diagram.canvas import End, Ends, resized
from netdsl.backends.diagram.figure import Child
from netdsl.backends.diagram.items import Arithmetic, Item, Op, Weight
from netdsl.backends.diagram.steps import own_steps, summary, times
from netdsl.backends.diagram.text import clean, kind_of, layer_text, part_of, shape_text
from netdsl.design import Value
from netdsl.layers.base import Layer

if TYPE_CHECKING:
    from netdsl.backends.diagram.draw import Drawer


def _with_more(lines: tuple[str, ...], added: str) -> tuple[str, ...]:
    """Lines of a box with something at the end of the last."""
    return (*lines[:-1], lines[-1] + added)


def layer(
    d: Drawer,
    item: Op,
    ends: Ends,
    into: list[Child],
    role: str,
    number: int = 1,
    notes: tuple[str, ...] = (),
) -> None:
    """The box of a layer, with those that say no more than a word beside it."""
    first, *others = item.layers
    shapes = [value.shape for value in item.reads]
    lines = [d.words.long(first, shapes)]
    kept = [x for x in others if part_of(x) not in (None, "flatten")]
    alone = kind_of(first) in ("norm", "activation")
    own = [x for x in kept if alone or _unusual(d, first, x)]
    added = "".join(f", {layer_text(layer)}" for layer in own if not d.words.torch)
    lines[0] += added
    if item.shared is not None and len(item.shared.uses) > 1:
        lines.append(d.shared_text(item.shared))
    lines += notes
    assert item.enters is not None and item.output is not None
    end = d.add(
        into,
        kind_of(first),
        item.path,
        tuple(lines),
        item.output,
        own_steps(item),
        treated=d.treated_of(item) if any(x.weighted for x in item.layers) else "",
        changes=d.changes(item.enters, item.output),
        resized=resized(item.enters, item.mapped or item.output),
        mapped=shape_text(item.mapped.shape) if item.mapped is not None else "",
        times=number,
        short="" if lines[1:] else d.words.short(first, shapes) + added,
        cell=() if lines[1:] else _with_more(d.words.cell(first, shapes), added),
        fused=", ".join(layer_text(x).partition(", ")[0] for x in kept if x not in own),
    )
    for value in item.reads:
        other = "size" if first.family == "shape" else "tap"
        d.edge(ends, value, end, role if value is item.enters else other)
    ends.set_all((item.output, *item.made), end)


def _unusual(d: Drawer, first: Layer, layer: Layer) -> bool:
    """Whether an activation is not the one that most such layers have."""
    usual = d.usual.get(first.family)
    return part_of(layer) == "activation" and layer_text(layer) != usual


def many(
    d: Drawer,
    item: Item,
    ends: Ends,
    into: list[Child],
    role: str,
    name: str,
    *lines: str,
    number: int = 1,
) -> None:
    """One box for all that an item does."""
    steps = d.steps.item(item)
    news = d.changes(item.enters, item.output)
    shown = shape_text(item.output.shape) if item.output is not None else ""
    text = (*lines, shown or summary(steps))
    told = {"changes": news, "times": number, "treated": d.treated_of(item)}
    told["resized"] = resized(item.enters, item.output)
    end = d.add(into, "stack", name, text, item.output, steps, **told)
    for value in item.reads:
        d.edge(ends, value, end, role if value is item.enters else "tap")
    ends.set_all(item.made, end)
    if item.output is not None:
        ends[item.output] = end


def several(
    d: Drawer,
    items: Sequence[Item],
    ends: Ends,
    into: list[Child],
    title: str,
    result: Value | None,
    copies: Sequence[int] | None = None,
    flow: Value | None = None,
    inside: Iterable[Value] = (),
) -> End:
    """One box for several items. `copies` says how often each of them occurs, `flow` is the value
    that comes along the chain, `inside` are values between the items."""
    steps: Counter[str] = Counter()
    for item, number in zip(items, copies or [1] * len(items), strict=True):
        steps.update(times(d.steps.item(item), number))
    end = d.add(into, "stack", "more", (title, summary(steps)), result, steps)
    made = [*inside, *(value for item in items for value in item.made)]
    known = {id(value) for value in made}
    tails: dict[End | tuple[str, int | None], Value] = {}
    for value in (v for item in items for v in item.reads):
        if id(value) not in known:
            tail = ends[d.same(value)]
            tails.setdefault((tail.node, tail.slot), value)
    for value in tails.values():
        d.edge(ends, value, end, "flow" if flow is None or value is flow else "tap")
    ends.set_all(made, end)
    return end


def tensor(d: Drawer, item: Weight, ends: Ends, into: list[Child]) -> None:
    """A learned tensor."""
    name, value = item.event.name, item.event.value
    text = (f"{clean(name)} {shape_text(value.shape)}",)
    ends[value] = d.add(into, "param", name, text, value, own_steps(item))


def arithmetic(d: Drawer, item: Arithmetic, ends: Ends, into: list[Child]) -> None:
    """A graph of operations; the last one gives the result."""

    def make(op: Operation, steps: dict[str, int]) -> End:
        before = [make(part, {}) if isinstance(part, Operation) else part for part in op.reads]
        lines = (op.text,) if op.kind == "compute" else ()
        end = d.add(into, op.kind, op.kind, lines, item.output, steps)
        role = "flow" if len(before) == 1 else "operand"
        for part in before:
            if isinstance(part, End):
                d.link(part, end, role)
            else:
                d.edge(ends, part, end, role)
        return end

    last = operation(d.design, item.link, item.computed.values)
    assert item.output is not None
    ends[item.output] = make(last, own_steps(item))
