"""Detection heads: the maps fan into a panel, side by side in the order of the text; what predicts on
each, or the body that all share, stands in it, and below it what the head gives."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from netdsl.backends.diagram import boxes
from netdsl.backends.diagram.canvas import End, Ends
from netdsl.backends.diagram.figure import Child, Panel, Split
from netdsl.backends.diagram.head_texts import (
    boxes_text,
    layer_words,
    place_text,
    proposals_text,
    sides_text,
    total,
)
from netdsl.backends.diagram.items import Chain, HeadItem, Op, Predictor
from netdsl.backends.diagram.steps import own_steps
from netdsl.backends.diagram.text import clean, kind_of, layer_text, plural, shape_text
from netdsl.design import Applied, HeadEvent, Value

if TYPE_CHECKING:
    from netdsl.backends.diagram.draw import Drawer


class Meetings:
    """What heads hand on: the bars at which maps met, and the proposals."""

    def __init__(self) -> None:
        self.bars: list[tuple[list[Value], End]] = []
        self.proposals: End | None = None
        # results that another head takes, or that stand in a panel, by identity
        self.inner: set[int] = set()


def head(d: Drawer, item: HeadItem, ends: Ends, into: list[Child], current: Value | None) -> None:
    """A head as a panel; as a box where no inside of blocks is drawn."""
    event = item.event
    title = event.kind.title
    regions = _regions(d, event, ends, into)
    if d.depth == 0:
        whole(d, item, ends, into, current, title, regions)
        return
    classes = getattr(event.kind, "classes", None)
    notes = (plural(classes, "class", "classes"),) if classes else ()
    label = (title, notes, 1, d.aux > 0, d.treated_of(item))
    panel = Panel(d.name(event.word), "head", [], *label)
    path, treated = d.path, d.treated
    d.path, d.treated = (*path, event.word), d.treated_of(item)
    d.depth -= 1
    inner, inside = ends, panel.children
    if event.kind.form == "bars":
        bars(d, item, ends, inside, current)
    elif event.kind.form == "maps":
        inner = maps(d, item, ends, inside, current)
    elif event.kind.form == "regions":
        regions_of(d, item, ends, inside, current, regions)
    if item.stem or item.ends:
        flow = event.maps[0] if event.maps else current
        if event.pool is not None:
            flow = event.pool.output
        body(d, item, inner, inside, flow)
    d.depth += 1
    d.path, d.treated = path, treated
    if event.kind.form == "plain":
        value = event.scope.region.exit
        assert value is not None
        ends.set_all(event.outputs.values(), inner[d.same(value)])
    if inside:
        into.append(panel)


def whole(
    d: Drawer,
    item: HeadItem,
    ends: Ends,
    into: list[Child],
    current: Value | None,
    title: str,
    regions: End | None,
) -> None:
    """One box for a head."""
    event = item.event
    item.enters = current if any(value is current for value in item.reads) else None
    lines = [total(event.count)] if event.count else []
    role = "flow" if item.enters is not None else "tap"
    boxes.many(d, item, ends, into, role, event.word, title, *lines)
    end = next(ends[value] for value in event.outputs.values())
    if regions is not None:
        d.link(regions, end, "tap")
    if event.word == "rpn" and _followed(d, event):
        _hand_on(d, event, end)


# --------------------------------------------------------------------------------------------- bars
def bars(d: Drawer, item: HeadItem, ends: Ends, into: list[Child], current: Value | None) -> None:
    """What predicts on each map, side by side, and all boxes together."""
    event = item.event
    several = len(item.predictors) > 1
    fork = joined = None
    if several:
        text = total(event.count)
        fork, joined = _ends(d, item, "concat", "boxes", text)
    branches: list[list[Child]] = []
    for number, predictor in enumerate(in_order(d, item, ends, current)):
        children: list[Child] = []
        chain, inner, flow = predictor.chain, ends, current
        d.beside += several
        if fork is not None and chain.entry is not None:
            inner, flow = _enter(d, chain, ends, End(fork.node, number), current), chain.entry
        d.chain(chain.items, inner, children, flow)
        end = predicting(d, predictor, children)
        own = chain.items or chain.result is flow
        d.edge(inner, chain.result, end, "flow" if own else "tap")
        d.beside -= several
        if joined is not None:
            d.link(end, End(joined.node, number), "flow")
        else:
            into += children
            ends.set_all(event.outputs.values(), end)
        branches.append(children)
    if fork is not None and joined is not None:
        into.append(Split("fan", d.nodes[fork.node], branches, d.nodes[joined.node]))
        ends.set_all(event.outputs.values(), joined)


def in_order(d: Drawer, item: HeadItem, ends: Ends, current: Value | None) -> list[Predictor]:
    """The maps from left to right, in the order of the text or against it, so that their lines need not
    cross. If the chain leads to the last map, that one stands first, below the chain, and long lines
    reach the others from the right; unless other long lines pass there, as those of a U-Net."""
    entries = [predictor.chain.entry for predictor in item.predictors]
    tails = [ends[value].node for value in entries if value is not None]
    if current is None or tails[-1] != ends[current].node or _passed(d, tails[:-1]):
        return item.predictors
    return item.predictors[::-1]


def _passed(d: Drawer, nodes: list[str]) -> bool:
    """Whether a line passes one of these nodes, from an earlier part of the network to a later one."""
    place: dict[str, int] = {}
    for name in d.nodes:
        place.setdefault(name.split(".")[0], len(place))

    def at(name: str) -> int:
        return place[name.split(".")[0]]

    long = [edge for edge in d.edges if edge.role in ("tap", "shortcut")]
    return any(at(e.tail) < at(node) < at(e.head) for e in long for node in nodes)


def _ends(d: Drawer, item: HeadItem, kind: str, name: str, text: str) -> tuple[End, End]:
    """Where the maps of a head come in, and the bar below what stands for each."""
    number = len(item.predictors)
    used = tuple(range(number))
    return (
        d.add(None, "entry", "in", (), slots=number, used=used),
        d.add(None, kind, name, (text,), slots=number),
    )


def _enter(d: Drawer, chain: Chain, ends: Ends, place: End, current: Value | None) -> Ends:
    """A map comes in at its place."""
    assert chain.entry is not None
    flows = current is not None and ends[chain.entry] == ends[current]
    d.edge(ends, chain.entry, place, "flow" if flows else "tap")
    return ends.starting(chain.entry, place)


def predicting(d: Drawer, predictor: Predictor, into: list[Child]) -> End:
    """One box: the size of the map, the boxes at a place of it, and the layers that predict."""
    what = predictor.predicted
    lines = [place_text(what), *boxes_text(what)]
    steps: Counter[str] = Counter()
    treated, kind = set(), "shape"
    for name, layer in zip(what.parts, predictor.layers):
        lines.append(f"{name}: {layer_words(layer)}")
        steps.update(d.steps.item(layer))
        treated.add(d.treated_of(layer))
        kind = kind_of(layer.layers[0]) if isinstance(layer, Op) else "stack"
    said = next(iter(treated)) if len(treated) == 1 else ""
    name = type(what.predictor).word or "predict"
    return d.add(into, kind, name, tuple(map(clean, lines)), steps=steps, treated=said)


# --------------------------------------------------------------------------------------------- maps
def maps(d: Drawer, item: HeadItem, ends: Ends, into: list[Child], current: Value | None) -> Ends:
    """The maps side by side, and the bar below which one body stands for all."""
    event = item.event
    several = len(item.predictors) > 1
    first = d.same(event.maps[0])
    fork = joined = None
    branches: list[list[Child]] = []
    if several:
        text = f"shared by {len(item.predictors)} maps"
        if event.count is not None:
            text += f": {total(event.count)}"
        fork, joined = _ends(d, item, "gather", "maps", text)
    for number, predictor in enumerate(in_order(d, item, ends, current)):
        what, chain = predictor.predicted, predictor.chain
        lines = tuple(map(clean, (place_text(what), *boxes_text(what))))
        children: list[Child] = []
        end = d.add(children, "shape", "map", lines)
        if fork is None or joined is None:
            d.edge(ends, chain.result, end, "flow" if chain.result is current else "tap")
            into += children
            return ends.starting(first, end)
        d.beside += 1
        _enter(d, chain, ends, End(fork.node, number), current)
        d.beside -= 1
        d.link(End(fork.node, number), end, "flow")
        d.link(end, End(joined.node, number), "flow")
        branches.append(children)
    assert fork is not None and joined is not None
    into.append(Split("fan", d.nodes[fork.node], branches, d.nodes[joined.node]))
    d.meetings.bars.append(([d.same(value) for value in event.maps], joined))
    return ends.starting(first, joined)


# ------------------------------------------------------------------------------------------ regions
def _regions(d: Drawer, event: HeadEvent, ends: Ends, into: list[Child]) -> End | None:
    """Where the regions come from that a head cuts out: an earlier head, or from outside."""
    if event.kind.form != "regions":
        return None
    return d.meetings.proposals or d.add(into, "input", "proposals", ("proposals",))


def regions_of(
    d: Drawer,
    item: HeadItem,
    ends: Ends,
    into: list[Child],
    current: Value | None,
    regions: End | None,
) -> None:
    """The step that cuts regions out of the maps."""
    event = item.event
    pool = event.pool
    assert pool is not None and isinstance(pool.what, Applied) and regions is not None
    lines = [layer_text(pool.what.layer)]
    values = [d.same(value) for value in event.maps]
    if len(values) > 1:
        lines.append(f"of {', '.join(sides_text(value.shape) for value in values)}")
    end = d.add(into, "pool", pool.word, tuple(lines), pool.output, own_steps(item), changes=True)
    known = d.meetings.bars if len(values) > 1 else []
    bar = next((b for met, b in known if all(v in met for v in values)), None)
    proposed = d.meetings.proposals is not None
    if proposed:
        d.link(regions, end, "flow")
    if bar is not None:
        d.link(bar, end, "tap")
    else:
        for value in values:
            flows = value is current and not proposed
            d.edge(ends, value, end, "flow" if flows else "tap")
    if not proposed:
        d.link(regions, end, "tap")
    assert pool.output is not None
    ends[pool.output] = end


def _followed(d: Drawer, event: HeadEvent) -> bool:
    """Whether the proposals of a head go to another one."""
    heads = list(d.design.heads.values())
    return any(h.kind.form == "regions" for h in heads[heads.index(event) + 1 :])


def _hand_on(d: Drawer, event: HeadEvent, end: End) -> None:
    """Results that go to another head and are no end of the figure."""
    d.meetings.proposals = end
    d.meetings.inner.update(id(value) for value in event.outputs.values())


# -------------------------------------------------------------------------------------------- bodies
def body(d: Drawer, item: HeadItem, ends: Ends, into: list[Child], flow: Value | None) -> None:
    """What all maps share: a chain, and below it those that give scores and offsets, side by side."""
    event = item.event
    d.chain(item.stem, ends, into, flow)
    if not item.ends:
        return
    chains = list(item.ends.items())
    entry = d.same(chains[0][1].entry) if chains[0][1].entry is not None else None
    split = len(chains) > 1
    fork = joined = None
    if split and entry is not None and all(chain.entry is entry for _, chain in chains):
        used = tuple(range(len(chains)))
        fork = d.add(None, "rail", "rail", (), entry, slots=len(chains), used=used)
        d.edge(ends, entry, fork)
    if event.word == "rpn" and _followed(d, event):
        joined = d.add(None, "gather", "proposals", (proposals_text(event),), slots=len(chains))
    d.beside += 1
    branches: list[list[Child]] = []
    for number, (name, chain) in enumerate(chains):
        inner = ends
        if fork is not None and entry is not None:
            inner = ends.starting(entry, End(fork.node, number))
        children: list[Child] = []
        end = ending(d, name, chain, inner, children)
        if joined is not None:
            d.link(end, End(joined.node, number), "flow")
        elif split:  # in the panel, straight below what gives it: no bar leads out
            given(d, event, name, end, children)
            d.meetings.inner.add(id(event.outputs[name]))
        ends[event.outputs[name]] = end
        branches.append(children)
    d.beside -= 1
    if joined is not None:
        _hand_on(d, event, joined)
    point = d.nodes[fork.node] if fork is not None else None
    bar = d.nodes[joined.node] if joined is not None else None
    into.append(Split("merge", point, branches, bar))


def ending(d: Drawer, name: str, chain: Chain, ends: Ends, into: list[Child]) -> End:
    """The steps that only one of the results needs, and the layer that gives it."""
    *before, last = chain.items
    d.chain(before, ends, into, chain.entry)
    if isinstance(last, Op):
        boxes.layer(d, last, ends, into, "flow", notes=(name,))
    else:
        d.item(last, ends, into, last.enters)
    return ends[chain.result]


# ------------------------------------------------------------------------------------------- outputs
def outputs(d: Drawer, ends: Ends, into: list[Child]) -> None:
    """What a detector gives: below the layers that give it, or side by side below one bar."""
    for event in d.design.heads.values():
        left = {n: v for n, v in event.outputs.items() if id(v) not in d.meetings.inner}
        tails = {ends[value] for value in left.values()}
        fork = None
        if len(left) > 1 and len(tails) == 1:
            used = tuple(range(len(left)))
            fork = d.add(None, "rail", "outputs", slots=len(left), used=used)
            d.link(next(iter(tails)), fork, "flow")
        branches: list[list[Child]] = []
        for number, (name, value) in enumerate(left.items()):
            branch: list[Child] = []
            tail = End(fork.node, number) if fork is not None else ends[value]
            given(d, event, name, tail, branch)
            branches.append(branch)
        point = d.nodes[fork.node] if fork is not None else None
        if len(branches) > 1:
            into.append(Split("merge", point, branches, None))
        elif branches:
            into += branches[0]


def given(d: Drawer, event: HeadEvent, name: str, tail: End, into: list[Child]) -> None:
    """One of the results of a head."""
    value = event.outputs[name]
    lines = [f"{name} {shape_text(value.shape)}"]
    if event.kind.form in ("regions", "vector"):
        lines.append("a region")
    d.link(tail, d.add(into, "output", f"{event.word}_{name}", tuple(lines), value), "flow")
