"""Steps with weights that nothing reads: PyTorch counts such weights, and nothing ever trains them (W104).

A step is read if an output, a side output or a head depends on it, in any net of a file; a layer that takes
no more than the size of a value does not read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from netdsl.design import Design, Link, Value
from netdsl.diagnostics import Diagnostic
from netdsl.follow import Follower, Path
from netdsl.layers.base import Layer
from netdsl.syntax import ast

Place = tuple[int, int]  # a step in the texts


class Need:
    """A value, and those that it is made from."""

    __slots__ = ("before",)

    def __init__(self, before: Sequence[Need]) -> None:
        self.before = before


class Step(Need):
    """What a layer gives; `home` is where its weights are."""

    __slots__ = ("home", "layer", "link")

    def __init__(self, before: Sequence[Need], layer: Layer, link: Link, home: Path) -> None:
        super().__init__(before)
        self.layer = layer
        self.link = link
        self.home = home


class _Needs(Follower[Need]):
    """Everything that a network computes, and what it gives."""

    def __init__(self) -> None:
        super().__init__(aux=True)
        self.steps: list[Step] = []
        self.made: dict[int, Need] = {}  # by the id of a value
        self.given: list[Need] = []

    def layer(self, layer: Layer, link: Link, state: Need, path: Path) -> Need:
        if layer.passes:
            return state
        self.steps.append(Step([state], layer, link, self.home(path)))
        return self.steps[-1]

    def learned(self, path: Path) -> Need:
        return Need([])

    def meet(self, states: list[Need]) -> Need:
        return Need(states)

    def met(self, value: Value, state: Need) -> None:
        self.made[id(value)] = state

    def seen(self, path: Path, link: Link, state: Need) -> None:
        if isinstance(link.node, (ast.Aux, ast.Head)):
            self.given.append(state)

    def run(self, design: Design) -> None:
        """Follow everything from the inputs on."""
        self.given += self.follow(design, Need([]))
        values = (value for event in design.heads.values() for value in event.outputs.values())
        self.given += (self.made[id(value)] for value in values if id(value) in self.made)


def idle_steps(design: Design) -> tuple[set[Step], set[Step]]:
    """The layers of a network on which nothing depends that it gives, and the others."""
    needs = _Needs()
    needs.run(design)
    live = _reached(needs.given)
    homes = {step.home for step in live if isinstance(step, Step)}
    idle = {step for step in needs.steps if step not in live and step.home not in homes}
    return idle, {step for step in needs.steps if step not in idle}


def idle(designs: Iterable[Design]) -> Iterator[Diagnostic]:
    """The warnings about the nets of a file: where a chain of steps ends that nothing reads."""
    read: set[Place] = set()  # what one use of a block reads, it has for all of them
    ends: list[Step] = []
    idle: set[Step] = set()
    for design in designs:
        dead, live = idle_steps(design)
        read |= {_place(step) for step in live}
        idle |= dead
        entered = _reached(below for step in dead for below in step.before)
        ends += (step for step in dead if step not in entered)
    told: set[Place] = set()
    for end in sorted(ends, key=_place):
        lost = {_place(s) for s in _reached([end]) if isinstance(s, Step) and s.layer.weighted}
        if lost - read and _place(end) not in told:
            told.add(_place(end))
            yield _warning(end, _early_label(end, idle))


def _place(step: Step) -> Place:
    """Where a step stands: of a net and of one made from it, this is the same."""
    return id(step.link.span.source), step.link.span.start


def _warning(end: Step, label: str | None) -> Diagnostic:
    link = end.link
    if label is not None:
        hint = f"`@{label}` is the step that its label stands at, not what follows: "
        hint += f"`... -> {label}: {link.span.text}` names the last one"
    else:
        name = f"`@{link.label}`" if link.label is not None else "it"
        hint = f"join {name} to what flows on, name it as an `output`, or leave the step out"
    said = "nothing reads what this gives: weights are counted that no training changes"
    return Diagnostic("W104", said, link.span, hint=hint)


def _early_label(end: Step, idle: set[Step]) -> str | None:
    """The label that is read of the chain that ends here: on its line, but before the last step."""
    at: Need = end
    while at in idle and len(at.before) == 1 and isinstance(at.before[0], Step):
        at = at.before[0]
    if not isinstance(at, Step) or at in idle or at.link.label is None:
        return None
    here = end.link.span
    same = at.link.span.source is here.source and at.link.span.place[0] == here.place[0]
    return at.link.label if same else None


def _reached(ends: Iterable[Need]) -> set[Need]:
    """These and all that they are made from."""
    found: set[Need] = set()
    waiting = list(ends)
    while waiting:
        need = waiting.pop()
        if need not in found:
            found.add(need)
            waiting += need.before
    return found
