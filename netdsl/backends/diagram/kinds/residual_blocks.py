"""The residual blocks of a network in the order of the flow, by their places in the `state_dict`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from netdsl.backends.diagram import labels
from netdsl.backends.diagram.text import clean
from netdsl.design import (
    Applied,
    Branch,
    Design,
    Flow,
    Inlined,
    Link,
    Loop,
    Region,
    Residual,
    Scope,
)
from netdsl.layers.base import Layer
from netdsl.walks import links_of, used

WEIGHING = ("convolution", "linear")


class Block(NamedTuple):
    """A residual: `name` is where it stands (`layer1.0`), `layers` are the convolutions and linear layers of its
    body, `way` those of its shortcut and what else stands there (nothing for the identity), `then` is the
    activation behind the sum, `steps` are all steps of both."""

    name: str
    layers: tuple[str, ...]
    way: tuple[str, ...]
    then: str
    steps: Counter[str]


def residual_blocks(design: Design) -> list[Block]:
    """All residuals that add something, but those inside of others and side outputs."""
    found = list(_of_region(design.net.region, ()))
    seen: Counter[str] = Counter()
    total = Counter(block.name for block in found)
    out = []
    for block in found:
        seen[block.name] += 1
        number = f" {seen[block.name]}" if total[block.name] > 1 else ""
        out.append(block._replace(name=f"{block.name}{number}"))
    return out


def _of_region(region: Region, path: tuple[str, ...]) -> Iterator[Block]:
    for event in region.events:
        if isinstance(event, Flow):
            for i, link in enumerate(event.links):
                yield from _of_link(link, event.links[i + 1 :], region, path)
        elif isinstance(event, Loop):
            for iteration in event.iterations:
                yield from _of_region(iteration, path)
        elif isinstance(event, Branch) and event.region is not None:
            yield from _of_region(event.region, path)


def _of_link(
    link: Link, following: list[Link], region: Region, path: tuple[str, ...]
) -> Iterator[Block]:
    what = used(link)
    if isinstance(what, Scope):
        yield from _of_region(what.region, (*path, link.key or link.word))
    elif isinstance(what, Inlined):
        yield from _of_region(what.region, path)
    elif isinstance(what, Residual) and what.adds:
        own = [link.label] if link.label else []
        name = clean(".".join([*path, *own])) or "residual"
        yield _block(name, what, _activation(link, following or _behind(link, region)))
    elif isinstance(what, Residual):  # a body alone
        yield from _of_region(what.body, path)


def _behind(link: Link, region: Region) -> list[Link]:
    """The first steps of the statement behind the one that ends with a step."""
    flows = [event for event in region.events if isinstance(event, Flow) and event.links]
    for flow, after in pairwise(flows):
        if flow.links[-1] is link:
            return after.links
    return []


def _activation(link: Link, following: list[Link]) -> str:
    """What is applied to a sum right away, if that is an activation."""
    step = following[0] if following else None
    if step is None or link.output is None or step.inputs[:1] != [link.output]:
        return ""
    layer = step.what.layer if isinstance(step.what, Applied) else None
    return layer.label() if layer is not None and layer.family == "activation" else ""


def _block(name: str, what: Residual, then: str) -> Block:
    body = list(_layers(what.body))
    way = list(_layers(what.shortcut)) if what.shortcut is not None else []
    said = tuple(labels.short(layer) for layer in body if layer.family in WEIGHING)
    past = tuple(labels.short(layer) for layer in way if layer.joins == "")
    steps = Counter(layer.word for layer in (*body, *way))
    return Block(name, said, past, then, steps + Counter({"residual": 1}))


def _layers(region: Region) -> Iterator[Layer]:
    """The layers of a region and of all levels below it."""
    for link in links_of(region):
        what = used(link)
        if isinstance(what, Applied):
            what = what.layer
        if isinstance(what, Layer):
            if not what.passes:
                yield what
        elif isinstance(what, Scope):
            yield from _layers(what.region)
