"""What to write instead, where shapes do not fit: the step at which ways part, and an argument that would
give what was wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from netdsl.design import Link
from netdsl.diagnostics import Edit
from netdsl.elaborate.causes import cause
from netdsl.elaborate.repairs import Repair, keeping_pool, padded, repair
from netdsl.elaborate.trials import replayed, sides_fit
from netdsl.elaborate.ways import step_text
from netdsl.shapes import Shape


class Parting(NamedTuple):
    """The step at which a way leaves another one, what is said of it, and what would mend it.
    `comes_back`: what shrinks there is enlarged again further on, as in a U-Net, where one may crop too.
    `divides`: it shrinks by a stride, so that no padding would have kept the sides.
    `trunk`: another chain starts behind it, so that it is not there for this way only."""

    link: Link
    said: str
    repair: Repair | None = None
    comes_back: bool = False
    divides: bool = False
    trunk: bool = False

    @property
    def hint(self) -> str:
        return f"{self.said}; {self.repair.said}" if self.repair is not None else self.said

    @property
    def fix(self) -> tuple[Edit, ...]:
        return self.repair.fix if self.repair is not None else ()


def parting(
    odd: list[Link],
    other: list[Link],
    entry: Shape,
    end: Shape,
    only_sides: bool,
    others: bool = False,
    beside: bool = False,
) -> Parting | None:
    """The step at which one way (`odd`) leaves what another one does; `end` is what that one gives.

    `only_sides`: channels may differ. `others`: more ways end as the other one does, so it is `odd` that must
    change. `beside`: the ways stand beside each other in the text, where a pool is not there to shrink. None if
    no step can be blamed.
    """
    outs = [out for out in map(_out, odd) if out is not None]
    sides = entry.sides != end.sides or any(out.sides != end.sides for out in outs)
    if not only_sides and sides_fit(_last(odd, entry), end):
        return _of_channels(odd, entry, end)
    if not sides:
        return None
    ways = [
        _leaving(odd, other, entry, end, beside),
        _leaving(other, odd, entry, _last(odd, entry), beside),
    ]
    if others and ways[1] is not None:
        ways[1] = ways[1]._replace(repair=None)
    found = [way for way in ways if way is not None]
    return next((way for way in found if way.repair is not None), found[0] if found else None)


def _leaving(
    way: list[Link], other: list[Link], entry: Shape, wanted: Shape, beside: bool
) -> Parting | None:
    """The first step of a way that gives sides which the other one never has, and what would let the way
    have the sides that are wanted at its end."""
    known = {entry.sides, *(shape.sides for shape in map(_out, other) if shape is not None)}
    comes_back = any(_enlarges(link) for link in way)
    for i, link in enumerate(way):
        out, before = _out(link), _in(link)
        if out is None or before is None or out.sides in known or not changes_sides(link):
            continue
        divides = _divides(before, out)
        if comes_back and divides:
            continue  # a step further on multiplies again
        said = f"`{step_text(link)}` turns {_sides(before)} into {_sides(out)}{cause(link, changes_sides)}"
        if out.sides == _last(way, entry).sides:
            shape = (out.channels, *wanted.sides)
            advice = repair(link, shape) or (keeping_pool(link, shape) if beside else None)
            if advice is not None and not _mends(advice, link, way, entry, wanted):
                advice = None
        else:
            advice = padded(way, entry, wanted)
        trunk = any(step.output is not None and step.output.taken for step in way[i:-1])
        return Parting(link, said, advice, comes_back, divides, trunk)
    return None


def _mends(advice: Repair, link: Link, way: list[Link], entry: Shape, wanted: Shape) -> bool:
    """Whether a way has the sides that are wanted at its end with a change of one of its steps."""
    end = replayed(way, entry, {link: advice.layer}) if advice.layer is not None else None
    return end is not None and end.sides == wanted.sides


def _of_channels(odd: list[Link], entry: Shape, end: Shape) -> Parting | None:
    """The step that gives the channels in which one way differs."""
    link = _changer(odd, lambda s: s.channels)
    if link is None:
        return None
    out = _out(link)
    assert out is not None
    advice = repair(link, (end.channels, *out.sides)) if out == _last(odd, entry) else None
    counted = "channels" if len(out) > 1 else "numbers"
    return Parting(link, f"`{step_text(link)}` gives {out.channels} {counted}", advice)


def keeps_sides(way: list[Link], entry: Shape, end: Shape) -> Parting | None:
    """What to say of a way that keeps the sides where the other one, with `end`, does not: the argument
    of one of its steps that would do the same."""
    if _last(way, entry).sides != entry.sides or entry.sides == end.sides:
        return None
    for link in way:
        out = _out(link)
        advice = repair(link, (out.channels, *end.sides)) if out is not None else None
        if advice is not None:
            return Parting(link, f"`{step_text(link)}` keeps {_sides(entry)}", advice)
    return None


def changes_sides(link: Link) -> bool:
    out, before = _out(link), _in(link)
    return out is not None and before is not None and out.sides != before.sides


def _enlarges(link: Link) -> bool:
    out, before = _out(link), _in(link)
    return out is not None and before is not None and _divides(out, before)


def _divides(larger: Shape, smaller: Shape) -> bool:
    """Whether the sides of one are those of the other, a whole number of times."""
    pairs = list(zip(larger.sides, smaller.sides))
    return len(larger) == len(smaller) > 1 and all(
        isinstance(n, int) and isinstance(m, int) and n > m > 0 and n % m == 0 for n, m in pairs
    )


def _sides(shape: Shape) -> str:
    return str(Shape(*shape.sides)) if len(shape) > 1 else "a vector"


def _out(link: Link) -> Shape | None:
    return link.output.shape if link.output is not None else None


def _in(link: Link) -> Shape | None:
    return link.inputs[0].shape if link.inputs else None


def _last(links: list[Link], entry: Shape) -> Shape:
    """What a way gives."""
    return next((s for s in map(_out, reversed(links)) if s is not None), entry)


def _changer(links: list[Link], fact: Callable[[Shape], Any]) -> Link | None:
    """The last step that changed a fact of the shape."""
    for link in reversed(links):
        out, before = _out(link), _in(link)
        if out is not None and before is not None and fact(out) != fact(before):
            return link
    return None
