"""Merges, residuals and dense blocks: chains side by side, and what joins them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from netdsl.backends.diagram import boxes
from netdsl.backends.diagram.canvas import End, Ends
from netdsl.backends.diagram.figure import Child, Node, Panel, Split, nodes_of
from netdsl.backends.diagram.items import Around, Chain, DenseItem, Item, Join, only_group
from netdsl.backends.diagram.levels import shortened
from netdsl.backends.diagram.steps import own_steps
from netdsl.backends.diagram.text import TIMES, layer_text, shape_text
from netdsl.design import Value

if TYPE_CHECKING:
    from netdsl.backends.diagram.draw import Drawer

MOST_TERMS = 4  # equal ones that a sum writes out
CIRCLES = {"add": "sum", "mul": "product"}


def after(item: Join | Around) -> str:
    """The activation behind a sum."""
    return ", ".join(layer_text(layer) for layer in item.after)


def survival_text(item: Around) -> str:
    """`survival 0.8`, or `survival 0.99 to 0.84` of several."""
    assert item.survival is not None
    until = "" if item.until is None else f" to {item.until:.3g}"
    return f"survival {item.survival:.3g}{until}"


def sum_text(item: Join) -> str:
    """`64 + 128 + 32 + 32 = 256`: the channels of a concatenation."""
    parts: list[str] = []
    for chain in item.branches:
        shape = chain.result.shape
        if shape is None:
            return ""
        parts += [str(shape.channels)] * chain.times
    assert item.output is not None and item.output.shape is not None
    terms = []
    for part, run in groupby(parts):
        count = len(list(run))
        terms += [f"{count} {TIMES} {part}"] if count > MOST_TERMS else [part] * count
    total = item.output.shape.channels
    if len(terms) > 2 * MOST_TERMS:
        return f"concat: {total}"
    return f"concat: {' + '.join(terms)} = {total}"


def branch(d: Drawer, chain: Chain, ends: Ends) -> list[Child]:
    """What a branch draws. One that is nothing but a group needs no panel: its place says it."""
    into: list[Child] = []
    path, items = d.path, chain.items
    group = only_group(items)
    if group is not None:
        d.path, items = (*path, *group.path), group.plan.items
    d.chain(items, ends, into, chain.entry)
    d.path = path
    return into


def begins(chain: Chain, entry: Value) -> bool:
    """Whether a branch starts with what enters the merge."""
    if not chain.items:
        return chain.result is entry
    first = chain.items[0]
    return any(v is entry for v in first.reads) if first.enters is None else first.enters is entry


# -------------------------------------------------------------------------------------------- merges
def join(d: Drawer, item: Join, ends: Ends, into: list[Child], role: str) -> None:
    """Branches side by side, between a rail and a bar (or circle)."""
    (head, tail), left_out = shortened(item.branches, d.level.length)
    entry, word = item.enters, item.layer.word
    assert item.output is not None
    # the branches as they are drawn; None for those that one box stands for
    shown: list[Chain | None] = [*head, *([None] if left_out else []), *tail]
    starts = [
        i for i, b in enumerate(shown) if b is not None and entry is not None and begins(b, entry)
    ]
    rail = None
    if entry is not None and len(starts) > 1:
        used = tuple(starts)
        rail = d.add(None, "rail", "rail", (), entry, slots=len(shown), used=used)
        d.edge(ends, entry, rail, role)
    kind = CIRCLES.get(word, "concat")
    lines = (shape_text(item.output.shape),) if kind == "concat" else ()
    summed = (sum_text(item),) if kind == "concat" and item.layer.word == "concat" else ()
    told = {"slots": len(shown), "fused": after(item), "cell": summed}
    joined = d.add(None, kind, word, lines, item.output, own_steps(item), **told)
    main = starts[0] if len(starts) == 1 else None
    branches: list[list[Child]] = []
    for i, chain in enumerate(shown):
        place = End(joined.node, i if kind == "concat" else None)
        inner = ends
        if rail is not None and entry is not None and i in starts:
            inner = ends.starting(entry, End(rail.node, i))
        if chain is None:
            branches.append(_more(d, item.branches[len(head) :][:left_out], ends, place))
        else:
            branches.append(_parallel(d, chain, inner, place, i == main))
    fork = d.nodes[rail.node] if rail is not None else None
    into.append(Split("merge", fork, branches, d.nodes[joined.node], main))
    ends[item.output] = joined
    if item.inner is not None:
        ends[item.inner] = joined


def _parallel(d: Drawer, chain: Chain, ends: Ends, joined: End, main: bool) -> list[Child]:
    """A branch, or several equal ones, and the edge to what joins them."""
    d.factor *= chain.times
    d.beside += 1
    children = branch(d, chain, ends)
    d.edge(ends, chain.result, joined, "flow" if chain.items or main else "shortcut")
    d.beside -= 1
    d.factor //= chain.times
    if chain.times == 1 or not children:
        return children
    title = f"{chain.times:,} side by side"
    return [Panel(d.name("repeat"), "repeat", children, title, training=d.aux > 0)]


def _more(d: Drawer, chains: list[Chain], ends: Ends, joined: End) -> list[Child]:
    """One box for the branches in the middle of a wide merge."""
    children: list[Child] = []
    items = [item for chain in chains for item in chain.items]
    copies = [chain.times for chain in chains for _ in chain.items]
    title = f"{len(chains):,} more side by side"
    d.link(boxes.several(d, items, ends, children, title, None, copies), joined, "flow")
    return children


# ----------------------------------------------------------------------------------------- residuals
def around(d: Drawer, item: Around, ends: Ends, into: list[Child], role: str) -> None:
    """A body on the chain's line and a way around it."""
    entry = item.enters
    assert entry is not None and item.output is not None
    fork, inner = None, ends
    if begins(item.body, entry) and begins(item.shortcut, entry):
        fork = d.add(None, "fork", "fork", (), entry)
        d.edge(ends, entry, fork, role)
        inner = ends.starting(entry, fork)
    news = d.changes(entry, item.output)
    joined = d.add(
        None, "sum", "add", (), item.output, own_steps(item), changes=news, fused=after(item)
    )
    d.bodies += 1
    body = branch(d, item.body, inner)
    end = inner[item.body.result]
    if item.scale not in (None, 1.0):
        end = _after(d, end, body, "compute", "scale", f"{TIMES} {item.scale:.4g}")
    if item.survival is not None:
        end = _after(d, end, body, "dropout", "survival", survival_text(item))
    d.link(end, joined, "flow")
    shortcut = branch(d, item.shortcut, inner)
    d.bodies -= 1
    d.edge(inner, item.shortcut.result, joined, "shortcut")
    if fork is not None:
        _as_shortcut(d, fork, shortcut)
    point = d.nodes[fork.node] if fork is not None else None
    into.append(Split("residual", point, [body, shortcut], d.nodes[joined.node], 0))
    ends[item.output] = joined
    if item.inner is not None:
        ends[item.inner] = joined


def _after(d: Drawer, end: End, into: list[Child], kind: str, name: str, text: str) -> End:
    """A small box behind a body."""
    box = d.add(into, kind, name, (text,))
    d.link(end, box, "flow")
    return box


def _as_shortcut(d: Drawer, fork: End, children: list[Child]) -> None:
    """The edges from a fork into its way around are a shortcut's."""
    inside = {node.name for node in nodes_of(children)}
    for i, edge in enumerate(d.edges):
        if edge.tail == fork.node and edge.head in inside:
            d.edges[i] = edge.but(role="shortcut")


# --------------------------------------------------------------------------------------------- dense
def dense(d: Drawer, item: DenseItem, ends: Ends, into: list[Child]) -> None:
    """Every iteration reads all before it: one stands for all if they do the same."""
    if item.equal:
        panel = Panel(d.name("dense"), "dense", [], training=d.aux > 0)
        into.append(dense_panel(d, item, ends, panel))
        return
    (head, _), left_out = shortened(item.iterations, d.level.length)
    results = [*(chain.entry for chain in item.iterations[1:]), item.output]
    for i, (chain, result) in enumerate(zip(item.iterations, results, strict=True)):
        assert result is not None
        if i == len(head) and left_out:
            chains = item.iterations[i : i + left_out]
            items: list[Item] = [x for c in chains for x in c.items]
            joins = [c.entry for c in chains[1:] if c.entry is not None]
            title = f"{left_out:,} more in a row"
            last = results[i + left_out - 1]
            assert last is not None
            boxes.several(d, items, ends, into, title, last, inside=[*joins, last])
        elif not len(head) <= i < len(head) + left_out:
            iteration(d, chain, ends, into, result, own_steps(item) if i == 0 else {})


def iteration(
    d: Drawer, chain: Chain, ends: Ends, into: list[Child], result: Value, steps: dict[str, int]
) -> Split:
    """The body and the way around it, joined by a bar."""
    assert chain.entry is not None
    entry = d.same(chain.entry)
    fork = d.add(None, "fork", "fork", (), entry)
    d.edge(ends, entry, fork)
    inner = ends.starting(entry, fork)
    shape = (shape_text(result.shape),)
    bar = d.add(None, "concat", "concat", shape, result, steps, slots=2)
    body = branch(d, chain, inner)
    d.edge(inner, chain.result, End(bar.node, 0))
    d.link(fork, End(bar.node, 1), "shortcut")
    split = Split("dense", d.nodes[fork.node], [body, []], d.nodes[bar.node], 0)
    into.append(split)
    ends[result] = bar
    return split


def dense_panel(d: Drawer, item: DenseItem, ends: Ends, panel: Panel) -> Panel:
    """One iteration that stands for all; the bar shows what comes out in the end."""
    number = len(item.iterations)
    assert item.output is not None
    d.factor *= number
    d.quiet += 1
    split = iteration(d, item.iterations[0], ends, panel.children, item.output, {})
    d.quiet -= 1
    d.factor //= number
    assert isinstance(split.join, Node)
    bar = d.change(End(split.join.name), steps=(("dense", d.factor),))
    body, way = split.branches
    title = panel.title
    if len(body) == 1 and isinstance(body[0], Panel):  # its own panel would say the same twice
        title, body = title or body[0].title, body[0].children
    panel.children[-1] = split.but(join=bar, branches=[body, way])
    notes = ("each reads all before it",)
    return panel.but(kind="dense", title=title or "dense", notes=notes, times=number)
