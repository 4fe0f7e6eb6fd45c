"""Heads -> items: what predicts on each map, the body that all maps share, and the layers that end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.backends.diagram.items import Chain, HeadItem, Item, Predictor
from netdsl.backends.diagram.keys import Numbering
from netdsl.design import BarEvent, HeadEvent, Predicted, Scope, Value
from netdsl.walks import bars_of

if TYPE_CHECKING:
    from netdsl.backends.diagram.plan import Planner


def head_item(planner: Planner, event: HeadEvent) -> HeadItem:
    """The item of a head."""
    item = HeadItem(event, planner.clock.done(event.link))
    item.treated = planner.treatment.of(event.link)
    form = event.kind.form
    if form == "bars":
        item.predictors = [_bar(planner, bar) for bar in bars_of(event.scope.region)]
    else:
        _body(planner, item)
    if form == "maps":
        for value, link in zip(event.maps, event.predicted, strict=True):
            value = planner.clock.same(value)
            assert isinstance(link.what, Predicted)
            item.predictors.append(Predictor(Chain(value, [], value), link.what, []))
    _close(planner, item)
    return item


def _bar(planner: Planner, bar: BarEvent) -> Predictor:
    """A bar: its own steps, and the layers that predict, which one box stands for."""
    assert bar.flow is not None
    *before, last = bar.flow.links
    items: list[Item] = []
    for link in before:
        if isinstance(link.what, Scope) and link.what.kind == "bar":  # its place says which it is
            items += planner.region(link.what.region)
        else:
            items += planner.link(link)
    assert isinstance(last.what, Predicted)
    result = planner.clock.same(last.what.map)
    entry = items[0].enters if items else result
    layers = planner.finish(planner.links(last.what.parts.values()))
    return Predictor(planner.chain(items, entry, result), last.what, layers)


def _body(planner: Planner, item: HeadItem) -> None:
    """The body of a head, in which what only one of its ends needs stands above that end."""
    event = item.event
    body = planner.region(event.scope.region)
    if event.pool is not None:  # it is drawn where maps and proposals meet
        body = [step for step in body if step.output is not event.pool.output]
    first = event.predicted[0].what if event.predicted else None
    ends: dict[str, list[Item]] = {}
    if isinstance(first, Predicted):
        ends = {name: planner.link(part) for name, part in first.parts.items()}
    needed = {name: _needed(body, last) for name, last in ends.items()}
    only: dict[str, list[Item]] = {name: [] for name in ends}
    for step in body:
        users = [name for name, ids in needed.items() if id(step) in ids]
        (only[users[0]] if len(users) == 1 and len(ends) > 1 else item.stem).append(step)
    item.stem = planner.finish(item.stem)
    for name, last in ends.items():
        value = last[-1].output
        assert value is not None
        items = [*planner.finish(only[name]), *last]
        item.ends[name] = planner.chain(items, items[0].enters, value)


def _needed(body: list[Item], last: list[Item]) -> set[int]:
    """The steps of a body whose results, by whatever way, reach the last ones."""
    wanted = {id(value) for step in last for value in step.reads}
    found = set()
    for step in reversed(body):
        if any(id(value) in wanted for value in (step.output, *step.made)):
            found.add(id(step))
            wanted |= {id(value) for value in step.reads}
    return found


def _close(planner: Planner, item: HeadItem) -> None:
    """Key, reads and results of a head. What regions give is made inside of it."""
    event, numbering = item.event, Numbering(planner.clock)
    for predictor in item.predictors:
        numbering.chain(predictor.chain)
        for layer in predictor.layers:
            numbering.item(layer)
    if event.kind.form != "bars":
        for value in event.maps:
            numbering.read(value)
    if event.pool is not None:
        numbering.make(event.pool.output)
    for step in item.stem:
        numbering.item(step)
    for chain in item.ends.values():
        numbering.chain(chain)
    key = planner.keys.number("head", event.word, *numbering.parts)
    numbering.close(item, key, *_results(item))


def _results(item: HeadItem) -> list[Value]:
    return list(item.event.outputs.values())
