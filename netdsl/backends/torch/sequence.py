"""Scopes that are one chain of modules: `nn.Sequential`, plain or from a list that loops fill.

The body is run with channels as expressions; what comes out are items.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netdsl.backends.torch.given import channels_of
from netdsl.backends.torch.items import (
    IfItem,
    Item,
    LoopItem,
    ModuleItem,
    SetItem,
    names_in,
    sunk,
)
from netdsl.backends.torch.keys import key_expr
from netdsl.backends.torch.lets import inlined, let
from netdsl.backends.torch.loops import (
    FEW_TRIPS,
    assign_channels,
    bind_round,
    count_of,
    folded,
    loop_dependencies,
    loop_header,
    relocated,
    settled,
)
from netdsl.backends.torch.modules import module_of
from netdsl.backends.torch.row_values import row_values
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import Val
from netdsl.backends.torch.symbols import At
from netdsl.code.expr import Call, Expr, Literal, Name
from netdsl.code.stmt import Assign
from netdsl.design import Branch, Flow, Inlined, Link, Loop, Note, Region
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.backends.torch.builder import Builder


class SequenceBuilder:
    """Runs one scope. `ordered` says whether children have names."""

    def __init__(self, builder: Builder, ordered: bool) -> None:
        self.b = builder
        self.ordered = ordered
        self.carried: str | None = None  # the variable that holds the running channels of a loop

    # -------------------------------------------------------------------------------------- bodies
    def region(
        self, body: ast.Body | ast.Chain, regions: Sequence[Region], val: Val, at: At
    ) -> tuple[list[Item], Val]:
        items: list[Item] = []
        count = len(regions[0].events)
        for k in range(count):
            events = [r.events[k] for r in regions]
            first = events[0]
            if isinstance(first, Flow):
                links = [e.links for e in events if isinstance(e, Flow)]
                found, val = self.links(links, val, at)
                items += found
            elif isinstance(first, Note):
                if isinstance(first.node, ast.Let):
                    items += [SetItem(s) for s in let(self.b, first.node, at)]
            elif isinstance(first, Loop):
                loops = [e for e in events if isinstance(e, Loop)]
                found, val = self.loop(loops, val, at)
                items += found
            elif isinstance(first, Branch):
                branches = [e for e in events if isinstance(e, Branch)]
                found, val = self.branch(branches, val, at)
                items += found
            else:
                raise TypeError(f"{type(first).__name__} is no part of a sequence")
        return items, val

    def links(self, rows: Sequence[Sequence[Link]], val: Val, at: At) -> tuple[list[Item], Val]:
        items: list[Item] = []
        for column in zip(*rows):
            links = list(column)
            what = links[0].what
            if isinstance(what, Inlined):
                inner, regions = inlined(links, val, at)
                found, val = self.region(what.region.body, regions, val, inner)
                items += found
                continue
            made = module_of(self.b, links, val, at)
            if made is None:  # identity
                continue
            val = made.val
            items += [SetItem(s) for s in made.sets]
            key = key_expr(links, at) if self.ordered else None
            items.append(ModuleItem(key, made.expr, tuple(made.before)))
        return items, val

    # --------------------------------------------------------------------------------------- loops
    def loop(self, events: list[Loop], val: Val, at: At) -> tuple[list[Item], Val]:
        trips = [len(e.iterations) for e in events]
        if not any(trips):
            self.b.scene.wanted |= loop_dependencies(self.b, events[0].node, at)
            return [], val
        if self.b.emitter.exact:
            return self._unrolled(events, trips, val, at)
        restore = self.b.snapshot()
        try:
            return self._rolled(events, trips, val, at)
        except Differ as differ:
            restore()
            outward = differ.outward() if differ.parent_base is at.rows.base else None
            if differ.rows.base is at.rows.base:
                outward = differ
            if outward is not None:
                raise outward from None
        return self._unrolled(events, trips, val, at)

    def _rolled(
        self, events: list[Loop], trips: list[int], val: Val, at: At
    ) -> tuple[list[Item], Val]:
        node = events[0].node
        regions = [r for e in events for r in e.iterations]
        owners = [i for i, t in enumerate(trips) for _ in range(t)]
        rows = at.rows.inside([r.frame for r in regions], owners)
        inner = at.inside(rows, looping=True)
        targets, iterable = loop_header(self.b, node, at, inner)
        was = self.carried
        restore = self.b.snapshot()
        try:
            entries = [r.entry for r in regions]
            entry = self.b.scene.know(Val(val.channels, entries, rows, val.taint))
            items, last = self.region(node.body, regions, entry, inner)
            before = None if val.channels is None else val.channels.text
            after = None if last.channels is None else last.channels.text
            carried: str | None = None
            sets: list[Item] = []
            if after is None or before is None or after != before:
                restore()
                carried, sets, items, last = self._carried(node, regions, rows, val, inner, at)
        finally:
            self.carried = was
        exits = [e.iterations[-1].exit if e.iterations else None for e in events]
        taint = last.taint | val.taint
        if _sides_change(regions):
            taint |= self.b.dependencies(iterable)
        channels = val.channels
        if carried is not None:
            known = [e for e in exits if e is not None]
            # Where a parameter counts the rounds, there may be none.
            counted = _is_range(iterable) and self.b.dependencies(iterable)
            sure = all(trips) and not counted
            channels = settled(self.b, Name(carried), known, at, sure)
        concretes = [x if x is not None else v for x, v in zip(exits, val.at(at.rows))]
        out = self.b.scene.know(Val(channels, concretes, at.rows, taint))
        if self._unroll_better(node, items, trips, carried, iterable):
            raise Differ(rows, list(range(len(regions))), "short")
        for name in targets:
            self.b.origins.setdefault(name, name)
        used = names_in(items)
        shown = tuple(t if t in used else "_" for t in targets)
        return [*sets, LoopItem(shown, iterable, tuple(items))], out

    def _carried(
        self, node: Any, regions: Sequence[Region], rows: Any, val: Val, inner: At, outer: At
    ) -> tuple[str, list[Item], list[Item], Val]:
        """Run the body with its running channels in a variable, which its end sets anew."""
        entries = [r.entry for r in regions]
        start = channels_of(self.b, inner, Val(val.channels, entries, rows))
        sets: list[Item] = []
        if isinstance(start, Name) and start.id in self.b.deps and start.id.startswith("channels"):
            name = start.id  # a variable of ours already
        else:
            name = self.b.fresh_at("channels", outer)
            self.b.deps[name] = self.b.dependencies(start)
            sets.append(SetItem(Assign(name, start)))
        self.b.meanings.pop(name, None)
        self.carried = name
        entry = self.b.scene.know(Val(Name(name), entries, rows, val.taint))
        items, last = self.region(node.body, regions, entry, inner)
        if last.channels is None:
            raise Differ(rows, [r.exit.shape.channels for r in regions], "channels differ")  # type: ignore[union-attr]
        if last.channels.text != name:
            self.b.deps[name] = self.b.deps[name] | self.b.dependencies(last.channels)
            items.append(SetItem(assign_channels(name, last.channels)))
            items = sunk(items, name)
        return name, sets, items, last

    def _unroll_better(
        self,
        node: Any,
        items: Sequence[Item],
        trips: Sequence[int],
        carried: str | None,
        iterable: Expr,
    ) -> bool:
        """A short `repeat` whose channels change is written out: VGG's two `linear(4096)`; and one of a
        single round anyway."""
        if not isinstance(node, ast.Repeat) or len(set(trips)) > 1:
            return False
        if not isinstance(count_of(iterable), Literal):
            return False
        if trips[0] == 1:
            return True
        if carried is None:
            return False
        plain = all(isinstance(i, (ModuleItem, SetItem)) for i in items)
        modules = sum(isinstance(i, ModuleItem) for i in items)
        return plain and modules * trips[0] <= FEW_TRIPS

    def _unrolled(
        self, events: list[Loop], trips: list[int], val: Val, at: At
    ) -> tuple[list[Item], Val]:
        if len(set(trips)) > 1:
            raise Differ(at.rows, trips, "different numbers of rounds")
        node = events[0].node
        self.b.scene.wanted |= loop_dependencies(self.b, node, at)
        items: list[Item] = []
        for j in range(trips[0]):
            regions = [e.iterations[j] for e in events]
            inner = at.inside(at.rows.reframed([r.frame for r in regions]))
            bind_round(node, j, inner, at)
            found, val = self.region(node.body, regions, val, inner)
            val = relocated(val, at.rows)
            items += found
        return items, self.b.scene.know(val)

    # ------------------------------------------------------------------------------------ branches
    def branch(self, events: list[Branch], val: Val, at: At) -> tuple[list[Item], Val]:
        outcomes = [e.outcome for e in events]
        node = events[0].node
        if len(set(outcomes)) == 1:
            folded(self.b, node.condition, at)
            if events[0].region is None:
                return [], val
            return self._arm(events, val, at, list(range(len(events))))
        condition = at.expr(node.condition)
        yes = [i for i, o in enumerate(outcomes) if o]
        no = [i for i, o in enumerate(outcomes) if not o]
        restore = self.b.snapshot()
        then, then_val = self._arm([events[i] for i in yes], val, at, yes)
        other, other_val = self._arm([events[i] for i in no], val, at, no)
        channels = self._join(then_val, other_val, yes, no, at)
        before: list[Item] = []
        if channels is None and val.channels is not None:
            # The arms leave different channels: they set a variable.
            restore()
            name = self.carried or self.b.fresh("channels")
            self.b.deps[name] = self.b.deps.get(name, frozenset()) | self.b.dependencies(
                val.channels
            )
            if val.channels.text != name:
                before.append(SetItem(assign_channels(name, val.channels)))
            channels = Name(name)
            val = val.but(channels=channels)
            then, then_val = self._arm([events[i] for i in yes], val, at, yes)
            other, other_val = self._arm([events[i] for i in no], val, at, no)
            for arm, out in ((then, then_val), (other, other_val)):
                if out.channels is None:
                    channels = None
                elif out.channels.text != name:
                    self.b.deps[name] |= self.b.dependencies(out.channels)
                    arm.append(SetItem(assign_channels(name, out.channels)))
        if not before and all(isinstance(i, SetItem) for i in (*then, *other)):
            return [], self._joined(val.channels, val.taint, val, events, at)
        item = IfItem(condition, tuple(then), tuple(other))
        taint = then_val.taint | other_val.taint | self.b.dependencies(condition)
        return [*before, item], self._joined(channels, taint, val, events, at)

    def _joined(
        self,
        channels: Expr | None,
        taint: frozenset[str],
        before: Val,
        events: list[Branch],
        at: At,
    ) -> Val:
        """What an `if` gives: in each row the result of its arm, or what came in."""
        concretes = [
            e.region.exit if e.region is not None else v for e, v in zip(events, before.at(at.rows))
        ]
        return self.b.scene.know(Val(channels, concretes, at.rows, taint))

    def _arm(
        self, events: list[Branch], val: Val, at: At, owners: list[int]
    ) -> tuple[list[Item], Val]:
        if events[0].region is None:
            rows = at.rows.inside([at.rows.frames[o] for o in owners], owners)
            return [], val.within(rows)
        regions = [e.region for e in events if e.region is not None]
        rows = at.rows.inside([r.frame for r in regions], owners)
        inner = at.inside(rows)
        items, out = self.region(regions[0].body, regions, val, inner)
        if len(owners) == len(at.rows):
            out = self.b.scene.know(relocated(out, at.rows))
        return items, out

    def _join(self, then: Val, other: Val, yes: list[int], no: list[int], at: At) -> Expr | None:
        """Channels after both arms, if one way to say them is right in all rows."""
        if then.channels is None or other.channels is None:
            return None
        if then.channels == other.channels:
            return then.channels
        actual = [v.shape.channels for v in _exits(then, other, yes, no)]
        for candidate in (then.channels, other.channels):
            if row_values(self.b, candidate, at) == actual:
                return candidate
        return None


def _exits(then: Val, other: Val, yes: list[int], no: list[int]) -> list[Any]:
    """What the arms give, in the order of the rows."""
    found = dict(zip(yes, then.at(then.rows))) | dict(zip(no, other.at(other.rows)))
    return [found[i] for i in sorted(found)]


def _sides_change(regions: Sequence[Region]) -> bool:
    def sides(value: Any) -> Any:
        return value.shape.sides if value is not None and value.shape is not None else None

    return any(sides(r.entry) != sides(r.exit) for r in regions)


def _is_range(iterable: Expr) -> bool:
    return isinstance(iterable, Call) and iterable.function == Name("range")
