"""Parts of a network by their paths: `inception3a`, `layer1.0`."""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.backends.diagram.items import Around, DenseItem, Fold, HeadItem, Item, Join, Plan, Sub
from netdsl.backends.diagram.plan import Planner
from netdsl.diagnostics import Diagnostic, NetError, did_you_mean

MOST = 20_000  # paths that are looked through


def subs(items: list[Item]) -> Iterator[Sub]:
    """The parts among items of one scope, whatever chain of it they are in."""
    for item in items:
        if isinstance(item, Sub):
            yield item
        elif isinstance(item, Fold):
            yield from subs(item.items)
        elif isinstance(item, Join):
            for branch in item.branches:
                yield from subs(branch.items)
        elif isinstance(item, Around):
            yield from subs(item.body.items)
            yield from subs(item.shortcut.items)
        elif isinstance(item, DenseItem):
            for chain in item.iterations:
                yield from subs(chain.items)
        elif isinstance(item, HeadItem):
            for chain in item.chains:
                yield from subs(chain)


def paths(plan: Plan, before: tuple[str, ...] = ()) -> Iterator[tuple[str, Sub]]:
    """All parts with their paths, outer ones first."""
    waiting: list[tuple[Plan, tuple[str, ...]]] = [(plan, before)]
    while waiting:
        inside, path = waiting.pop(0)
        for item in subs(inside.items):
            own = (*path, *item.path)
            yield ".".join(own), item
            waiting.append((item.plan, own))


def part(planner: Planner, wanted: str) -> Sub:
    """The part at a path. Raises `NetError` (E436) if there is none."""
    seen: list[str] = []
    unrolled = Planner(planner.design, planner.settings.but(unroll=True))
    for tried in (planner, unrolled):  # the second one has what equal runs are folded into
        seen.clear()
        for number, (path, item) in enumerate(paths(tried.scope(planner.design.net))):
            if path == wanted:
                return item
            if number >= MOST:
                break
            seen.append(path)
    hint = did_you_mean(wanted, seen)
    if hint is None and seen:
        hint = f"there are {', '.join(seen[:6])}{', ...' if len(seen) > 6 else ''}"
    message = f"the network has no part `{wanted}`"
    raise NetError([Diagnostic("E436", message, hint=hint)])
