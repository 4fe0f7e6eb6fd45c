"""What a detector consists of: its backbone, its neck, its heads, and what each of them costs.

The heads are said in the text. If some step reads several maps (a feature pyramid), the backbone ends
with the last step before it that makes the map smaller; else with the first step whose value a head
reads. What lies between the backbone and the heads is the neck.
"""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.design import Computed, Design, Flow, HeadEvent, Link, Merge, Region, Scope, Taken
from netdsl.layers.base import Cost
from netdsl.totals import link_cost, scope_cost
from netdsl.walks import links_of, own_links, reads_around


def parts_of(design: Design) -> dict[str, Cost]:
    """The costs of `backbone`, `neck` (if there is one) and `head`; nothing for a net without heads.

    MACs are those of one image, but for a head on regions those of one region.
    """
    if not design.heads:
        return {}
    whole = scope_cost(design.net)
    heads = Cost()
    for event in design.heads.values():
        heads += head_cost(event)
    steps = [link for link in _steps(design.net.region) if not isinstance(link.what, Taken)]
    end = _end(design, steps)
    neck = Cost()
    for link in steps[end:]:
        for inner in (link, *_inside(link)):
            neck += link_cost(inner)
    parts = {"backbone": whole - heads - neck, "neck": neck, "head": heads}
    return {name: cost for name, cost in parts.items() if name != "neck" or end < len(steps)}


def head_cost(event: HeadEvent) -> Cost:
    """The cost of a head: its weights once, its work on all its maps."""
    total = link_cost(event.link)
    for link in event.others:
        total += link_cost(link)._replace(parameters=0)
    return total


def _steps(region: Region) -> Iterator[Link]:
    """The steps of a net without its heads."""
    heads = {id(e.link) for e in region.events if isinstance(e, HeadEvent)}
    for link in own_links(region):
        if id(link) not in heads:
            yield link


def _end(design: Design, steps: list[Link]) -> int:
    """How many steps the backbone has."""
    joins = next((i for i, link in enumerate(steps) if _reads_several(link)), None)
    if joins is not None:
        chain = steps[:joins]
        smaller = [i for i, link in enumerate(chain) if _makes_smaller(link)]
        return smaller[-1] + 1 if smaller else joins
    read = {id(value) for event in design.heads.values() for value in _read(event)}
    for i, link in enumerate(steps):
        if id(link.output) in read:
            return i + 1
    return len(steps)


def _read(event: HeadEvent) -> Iterator[object]:
    """The values of the net that a head reads."""
    yield from event.maps
    yield from event.link.inputs if event.kind.form != "bars" else ()
    for link in links_of(event.scope.region):
        yield from link.inputs


def _reads_several(link: Link) -> bool:
    what = link.what
    if isinstance(what, Merge):
        return len(what.branches) > 1
    if isinstance(what, Computed):
        return len(what.values) > 1
    if isinstance(what, Scope) and what.outer is not None and what.kind in ("group", "merge"):
        return reads_around(what)
    return len(link.inputs) > 1


def _makes_smaller(link: Link) -> bool:
    if not link.inputs or link.output is None:
        return False
    before, after = link.inputs[0].shape, link.output.shape
    return before is not None and after is not None and before.sides != after.sides


def _inside(link: Link) -> Iterator[Link]:
    """Steps of the same scope inside of a merge or a residual."""
    if not isinstance(link.what, (Scope, Flow)):
        region = getattr(link.what, "region", None)
        if isinstance(region, Region):
            yield from links_of(region)
