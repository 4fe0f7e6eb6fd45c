"""What changed from one network to another: steps, arguments, names, shapes and costs.

Trees are aligned level by level: first what is the same, then what has the same name, then what does the
same under another name, then what is of the same kind. Of what is left, a step that went from one place and
came at another is a move. Equal changes at several places are one.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

from netdsl.comparing.aligning import aligned
from netdsl.comparing.tree import INITIAL, LEVELS, TRAINING, Forest, Node
from netdsl.design import Design
from netdsl.formulas import Count
from netdsl.record import Record
from netdsl.totals import cost_used, depth, scope_cost


class Place(NamedTuple):
    """Where something changed: its path in the old and in the new network, "" where it is not there."""

    old: str
    new: str


class Change(Record):
    """One change, at one or more places.

    `kind` is added, removed, moved, renamed, or changed. `what` says what it is about (the step as the
    language writes it), `how` what became of it: (argument, old, new). Numbers are those of all places:
    parameters and MACs of what was added, less those of what was removed. `silent` marks what no name
    or shape of the `state_dict` tells, `training` what makes a difference in training only, `initial`
    what says no more than how weights start.
    """

    kind: str
    what: str
    how: tuple[tuple[str, str, str], ...]
    places: tuple[Place, ...]
    parameters: Count | None = 0
    macs: Count | None = 0
    silent: bool = False
    training: bool = False
    initial: bool = False


class Reshaped(NamedTuple):
    """Outputs that have another shape, though their steps are what they were, or changed elsewhere."""

    old: str
    new: str
    places: tuple[Place, ...]


class Cost(NamedTuple):
    """A quantity of both networks, or of a step of both."""

    name: str
    old: Count | None
    new: Count | None


class Part(NamedTuple):
    """A step of the network itself whose costs changed."""

    name: str
    parameters: Cost
    macs: Cost


class Differences(Record):
    """What changed from `old` to `new`."""

    old: str
    new: str
    changes: tuple[Change, ...]
    shapes: tuple[Reshaped, ...]
    totals: tuple[Cost, ...]
    parts: tuple[Part, ...]

    def __bool__(self) -> bool:
        """Whether the networks differ at all."""
        return bool(self.changes or self.shapes or any(c.old != c.new for c in self.totals))


def differences(old: Design, new: Design) -> Differences:
    """The differences of two compiled networks. What they are called makes none, nor their texts,
    facts, expectations and initial values."""
    forest = Forest()
    walk = _Walk()
    before, after = forest.nodes(old), forest.nodes(new)
    walk.level(before, after)
    found = [*walk.changes, *walk.loose()]
    changes = tuple(_folded(change for change in found if not _only_names(change, walk.names)))
    shapes = tuple(Reshaped(a, b, tuple(places)) for (a, b), places in walk.shapes.items())
    return Differences(
        old.name, new.name, changes, shapes, tuple(_totals(old, new)), tuple(walk.parts)
    )


def _totals(old: Design, new: Design) -> Iterable[Cost]:
    used = [cost_used(design) for design in (old, new)]
    every = [scope_cost(design.net).parameters for design in (old, new)]
    yield Cost("parameters", used[0].parameters, used[1].parameters)
    if every != [used[0].parameters, used[1].parameters]:
        yield Cost("parameters with auxiliary", *every)
    yield Cost("MACs", used[0].macs, used[1].macs)
    yield Cost("layers", depth(old), depth(new))


class _Walk:
    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.shapes: dict[tuple[str, str], list[Place]] = {}
        self.parts: list[Part] = []
        self.gone: list[Node] = []
        self.come: list[Node] = []
        self.names: dict[str, str] = {}  # labels that are called otherwise now

    def level(self, old: Sequence[Node], new: Sequence[Node], top: bool = True) -> None:
        for a, b in aligned(old, new):
            if a is not None and b is not None:
                if a.equal != b.equal:
                    self.pair(a, b)
                    self.cost(a, b, top)
                continue
            if a is not None:
                self.gone.append(a)
            elif b is not None:
                self.come.append(b)
            self.cost(a, b, top)

    def cost(self, a: Node | None, b: Node | None, top: bool) -> None:
        node = b or a
        if not top or node is None:
            return
        parameters, macs = (
            Cost(name, getattr(a, name, 0), getattr(b, name, 0)) for name in ("parameters", "macs")
        )
        if parameters.old != parameters.new or macs.old != macs.new:
            name = (
                node.path if a is None or b is None or a.path == b.path else f"{a.path} -> {b.path}"
            )
            self.parts.append(Part(name, parameters, macs))

    def pair(self, a: Node, b: Node) -> None:
        """Two steps that are taken for one."""
        place = Place(a.path, b.path)
        levels = (a.kind in LEVELS, b.kind in LEVELS)
        if levels[0] != levels[1] or (a.kind != b.kind and not levels[0]):
            silent = not a.weighted and not b.weighted
            self.add(place, a.text, [("step", _written(a), _written(b))], silent, b, a)
            return
        if a.name != b.name and (a.explicit or b.explicit):
            # Where the numbers or words around changed, names follow.
            silent = not a.weighted
            self.names[a.name] = b.name
            self.changes.append(Change("renamed", b.text, (), (place,), silent=silent))
        if all(levels):
            self.levels(a, b, place)
        elif a.kind in ("layer", "extern"):
            self.layers(a, b, place)
        elif a.kind == "param" or a.text != b.text:
            if a.text != b.text:
                self.add(place, a.text, [("step", a.text, b.text)], True)
            elif a.tensors != b.tensors:
                self.add(place, a.text, [("shape", a.shape or "", b.shape or "")], False, b, a)
        self.common(a, b, place)
        if a.shape != b.shape and a.kind != "param":
            self.shapes.setdefault((a.shape or "", b.shape or ""), []).append(place)
        self.level(a.children, b.children, top=False)

    def levels(self, a: Node, b: Node, place: Place) -> None:
        if a.kind == "block" == b.kind and a.word != b.word:
            self.add(place, f"block {a.word}", [("block", a.word, b.word)], False, called=True)
        elif a.kind != b.kind:
            before, after = (n.word if n.kind == "block" else n.kind for n in (a, b))
            self.add(place, before, [("level", before, after)], False, called=True)
        if a.kind == "head" or a.auxiliary:
            how = _changed(a.settings, b.settings)
            if how:
                self.add(place, a.word or a.name, how, True, training=a.auxiliary)

    def layers(self, a: Node, b: Node, place: Place) -> None:
        silent = a.tensors == b.tensors
        if a.word != b.word:
            self.add(place, a.text, [("layer", a.text, b.text)], silent, b, a)
            return
        how = [
            change
            for change in _changed(a.arguments, b.arguments)
            if a.canonical.get(change[0]) != b.canonical.get(change[0])
        ]
        if how:
            names = {(a.word, name) for name, _, _ in how}
            training, initial = names <= TRAINING, names <= INITIAL
            self.add(place, a.word, how, silent, b, a, training=training, initial=initial)

    def common(self, a: Node, b: Node, place: Place) -> None:
        """What holds for steps of all kinds."""
        if a.start != b.start:
            started = [("reads", a.start or "what is before", b.start or "what is before")]
            self.add(place, b.text, started, True)
        if a.auxiliary != b.auxiliary:
            before, after = ("in training only" if n.auxiliary else "always" for n in (a, b))
            self.add(place, b.text, [("runs", before, after)], True)

    def add(
        self,
        place: Place,
        what: str,
        how: list[tuple[str, str, str]],
        silent: bool,
        new: Node | None = None,
        old: Node | None = None,
        training: bool = False,
        initial: bool = False,
        called: bool = False,
    ) -> None:
        """A change of a step; with nodes the costs that it changed. Those that are only `called`
        something else make no difference to what is computed."""
        numbers = _less(new, old) if new is not None and old is not None else (0, 0)
        self.changes.append(
            Change(
                "renamed" if called else "changed",
                what,
                tuple(how),
                (place,),
                *numbers,
                silent=silent,
                training=training,
                initial=initial,
            )
        )

    def loose(self) -> Iterable[Change]:
        """What is left on either side: steps that moved, were removed, or added."""
        gone, come = _counted(self.gone), _counted(self.come)
        moved: dict[int, Node] = {}
        for alike, nodes in gone.items():
            others = come.get(alike, [])
            if len(nodes) == len(others) == 1 and nodes[0].weighted:
                moved[id(nodes[0])] = others[0]
        places = {id(node) for node in moved.values()}
        for node in self.gone:
            other = moved.get(id(node))
            if other is not None:
                yield Change(
                    "moved", _written(node), (), (Place(node.path, other.path),), silent=True
                )
            else:
                numbers = [None if n is None else -n for n in (node.parameters, node.macs)]
                yield Change(
                    *("removed", _written(node), (), (Place(node.path, ""),), *numbers),
                    silent=not node.weighted and node.kind != "extern",
                    training=node.auxiliary or _trains(node),
                )
        for node in self.come:
            if id(node) not in places:
                yield Change(
                    *("added", _written(node), (), (Place("", node.path),)),
                    *(node.parameters, node.macs),
                    silent=not node.weighted and node.kind != "extern",
                    training=node.auxiliary or _trains(node),
                )


def _only_names(change: Change, names: dict[str, str]) -> bool:
    """Whether a change is no more than that values have other labels now: `@side` and `@extra`."""

    def renamed(match: re.Match[str]) -> str:
        return "@" + ".".join(names.get(part, part) for part in match[0][1:].split("."))

    return change.kind == "changed" and all(
        name in ("step", "reads") and re.sub(r"@[\w.]+", renamed, old) == new
        for name, old, new in change.how
    )


def _trains(node: Node) -> bool:
    """Whether a step does nothing in evaluation."""
    return node.word in ("dropout", "channel_dropout", "drop_path")


def _written(node: Node) -> str:
    """A step in words: as the language writes it, else by what it holds."""
    return node.text if node.text else f"{node.kind} of {len(node.children)} steps"


def _changed(old: dict[str, str], new: dict[str, str]) -> list[tuple[str, str, str]]:
    pairs = ((n, old.get(n, ""), new.get(n, "")) for n in dict.fromkeys([*old, *new]))
    return [(name, before, after) for name, before, after in pairs if before != after]


def _less(new: Node, old: Node) -> tuple[Count | None, Count | None]:
    """What a step costs more than it did."""
    numbers = ((new.parameters, old.parameters), (new.macs, old.macs))
    a, b = (None if n is None or o is None else n - o for n, o in numbers)
    return a, b


def _counted(nodes: Iterable[Node]) -> dict[int, list[Node]]:
    found: dict[int, list[Node]] = {}
    for node in nodes:
        found.setdefault(node.alike, []).append(node)
    return found


# ---------------------------------------------------------------------------------------------- fold
def _folded(changes: Iterable[Change]) -> list[Change]:
    """Equal changes as one, where the first of them stands."""
    found: dict[Hashable, Change] = {}
    for change in changes:
        moves = change.kind == "moved" or (change.kind == "renamed" and not change.how)
        alone = change.places if moves else None
        key = (change.kind, change.what, change.how, change.silent, change.training, alone)
        first = found.get(key)
        if first is None:
            found[key] = change
        else:
            found[key] = first.but(
                places=(*first.places, *change.places),
                parameters=_sum(first.parameters, change.parameters),
                macs=_sum(first.macs, change.macs),
            )
    return list(found.values())


def _sum(a: Count | None, b: Count | None) -> Count | None:
    return None if a is None or b is None else a + b
