"""A quantity that follows the values of a network from its inputs: changed by layers, joined by merges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from netdsl.design import (
    Applied,
    Computed,
    Dense,
    Design,
    Inlined,
    Link,
    Merge,
    Predicted,
    Region,
    Residual,
    Scope,
    Shared,
    Value,
)
from netdsl.layers.base import Layer
from netdsl.syntax import ast
from netdsl.walks import inner_value, own_links, value_inputs

S = TypeVar("S")
Path = tuple[str, ...]


class Follower(Generic[S]):
    """Subclasses say what a layer and a meeting of values do to the quantity. Values that come from no
    input have none, but what `learned` says of learned tensors.

    Paths are names from the net inwards. Where a shared module is used they are those of the use.
    """

    def __init__(self, aux: bool) -> None:
        self.aux = aux  # side outputs are followed too
        self._modules: dict[int, Path] = {}  # shared modules, where they are declared
        self._homes: dict[Path, Path] = {}  # uses of shared modules -> where they are declared

    def layer(self, layer: Layer, link: Link, state: S, path: Path) -> S:
        """What a layer makes of it; `link` has the shapes of its inputs and of its output."""
        raise NotImplementedError

    def meet(self, states: list[S]) -> S:
        """What values that meet have together; there is at least one."""
        raise NotImplementedError

    def learned(self, path: Path) -> S | None:
        """What a learned tensor (`param`) has; None if it has none."""

    def seen(self, path: Path, link: Link, state: S) -> None:
        """A step, and what its output has."""

    def enter(self, link: Link) -> None:
        """Into the level below a step; `leave` comes after it."""

    def leave(self, link: Link) -> None:
        """Out of the level below a step."""

    def met(self, value: Value, state: S) -> None:
        """A value that a meeting has made, the output of a step or not."""

    def home(self, path: Path) -> Path:
        """Where the weights of a step are: its own path, but below the use of a shared module."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._homes:
                return self.home((*self._homes[path[:length]], *path[length:]))
        return path

    def follow(self, design: Design, start: S) -> list[S]:
        """From all inputs to all outputs."""
        net = design.net
        known: dict[int, S] = {id(v): start for v in net.values.values()}
        if net.input is not None:
            known[id(net.input)] = start
        self._level(net, known, ())
        ends = list(net.outputs.values()) or [net.result]
        return [known[id(v)] for v in ends if id(v) in known]

    # ------------------------------------------------------------------------------------- inside
    def _level(self, scope: Scope, known: dict[int, S], path: Path) -> None:
        for name, weight in scope.weights.items():
            state = self.learned((*path, name))
            if state is not None:
                known[id(weight.value)] = state
        for name, shared in scope.shared.items():
            self._modules[id(shared)] = (*path, name)
        self._region(scope.region, known, path)

    def _region(self, region: Region, known: dict[int, S], path: Path) -> None:
        for link in own_links(region):
            if self.aux or not isinstance(link.node, ast.Aux):
                self._link(link, known, path)
                if isinstance(link.node, ast.Head) and isinstance(link.what, Scope):
                    self._head(link.what, known, path)

    def _head(self, scope: Scope, known: dict[int, S], path: Path) -> None:
        """The body of a head on its other maps, and what the network gives of all."""
        net = scope.outer
        event = net.heads.get(scope.name) if net is not None and scope.kind == "head" else None
        if event is None:
            return
        for other in event.others:
            self._link(other, known, path)
        ends = [step.output for step in event.predicted] or [scope.result]
        for value in event.outputs.values():
            self._set(value, ends, known)
        output = event.link.output
        if output is not None and id(output) in known:
            self.seen((*path, event.word), event.link, known[id(output)])

    def _link(self, link: Link, known: dict[int, S], path: Path) -> None:
        what, name = link.what, link.key or link.label
        if isinstance(what, Shared):
            # A use without a name of its own; a step beside it may be called as the module is.
            name = name or f"{what.home.name}()"
            use, home = (*path, name), self._modules[id(what.home)]
            if use != home:
                self._homes[use] = home
        inside = (*path, name) if name is not None else path
        ends: Iterable[Value | None] = ()
        if isinstance(what, Applied):
            self._layer(what.layer, link, known, inside)
        elif isinstance(what, Shared) and isinstance(what.scope, Layer):
            self._layer(what.scope, link, known, inside)
        elif isinstance(what, Scope):
            self._scope(link, what, known, inside)
        elif isinstance(what, Shared):
            assert isinstance(what.scope, Scope)
            self._scope(link, what.scope, known, inside)
        elif isinstance(what, Inlined):
            self._region(what.region, known, path)
        elif isinstance(what, Computed):
            ends = link.inputs
        elif isinstance(what, Predicted):
            for part_name, part in what.parts.items():  # of bars they stand in lists
                self._link(part, known, path if part.key == part_name else (*path, part_name))
            ends = [part.output for part in what.parts.values()] or link.inputs
        elif isinstance(what, Merge):
            self._region(what.region, known, path)
            ends = what.branches
        elif isinstance(what, Residual):
            ends = self._residual(link, what, known, path)
        elif isinstance(what, Dense):
            ends = link.inputs
            for region in what.iterations:
                self._set(region.entry, ends, known)
                self._region(region, known, path)
                ends = (region.entry, region.exit)
        self._set(link.output, ends, known)
        if link.output is not None and id(link.output) in known:
            self.seen(inside, link, known[id(link.output)])

    def _set(self, value: Value | None, ends: Iterable[Value | None], known: dict[int, S]) -> None:
        """Values that meet in one, if any."""
        states = [known[id(v)] for v in ends if v is not None and id(v) in known]
        if states and value is not None:
            state = self.meet(states) if len(states) > 1 else states[0]
            known[id(value)] = state
            self.met(value, state)

    def _layer(self, layer: Layer, link: Link, known: dict[int, S], path: Path) -> None:
        inputs = link.inputs if layer.many else link.inputs[:1]
        states = [known[id(v)] for v in inputs if id(v) in known]
        if states and link.output is not None:
            state = self.meet(states) if len(states) > 1 else states[0]
            known[id(link.output)] = self.layer(layer, link, state, path)

    def _residual(
        self, link: Link, what: Residual, known: dict[int, S], path: Path
    ) -> list[Value | None]:
        self._region(what.body, known, path)
        if not what.adds:
            return [what.body.exit]
        if what.shortcut is None:
            return [what.body.exit, link.inputs[0]]
        self._region(what.shortcut, known, path)
        return [what.body.exit, what.shortcut.exit]

    def _scope(self, link: Link, scope: Scope, known: dict[int, S], path: Path) -> None:
        """Through a level: a block's values are its own, a group's are those around it."""
        inner = known
        if scope.outer is None:
            inner = {}  # what is around it, a block reads as its arguments only
            own = [*([scope.input] if scope.input is not None else []), *value_inputs(scope)]
            for outside, inside in zip(link.inputs, own):
                self._copy(outside, known, inside, inner)
        elif link.inputs and scope.input is not None:
            self._copy(link.inputs[0], known, scope.input, inner)
        self.enter(link)
        self._level(scope, inner, path)
        self.leave(link)
        for names, value in link.exports.items():
            self._copy(inner_value(scope, names), inner, value, known)
        self._copy(scope.result, inner, link.output, known)

    def _copy(
        self, of: Value | None, there: dict[int, S], to: Value | None, here: dict[int, S]
    ) -> None:
        if of is not None and to is not None and id(of) in there:
            here[id(to)] = there[id(of)]
