"""Linear layers as convolutions, for dense evaluation: `--convolutional`.

A linear layer behind `flatten` is a convolution whose kernel is the whole map: VGG's fc6 is 4096 kernels of
7x7, fc7 and fc8 are 1x1 (Sermanet et al., "OverFeat", 2013, section 3.5; Simonyan and Zisserman, 2014,
section 3.2; Long et al., 2014, section 3.1). At its own size the network gives the same numbers, as maps
of 1x1; larger images give a map of classes. Pooling that fixes the size of maps becomes the window that it
is at the network's own size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from netdsl.design import Applied, Design, Link, Passed
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.elaborate.edits import Edit
from netdsl.follow import Follower
from netdsl.layers.base import Layer
from netdsl.passes.editing import Decisions, Nodes, Path, call_of, compiled, shadowed
from netdsl.shapes import Shape, Size
from netdsl.source import Span
from netdsl.syntax import ast

FIXING = ("adaptive_avgpool", "adaptive_maxpool", "global_avgpool", "global_maxpool")


def convolutional(design: Design, sizes: Mapping[str, Size] | None = None) -> Design:
    """The network without flat vectors on the way to its outputs, for images of `sizes` (by the inputs'
    names; else those for which it is compiled), which may be open.

    Raises `NetError`: it has none (E478), or they are read by what cannot slide over a map (E479).
    """
    recipe = design.recipe
    own = design
    if recipe.sizes:  # windows are those of the size that the text declares
        own, _ = recipe.design(design.net.edits, {})
        own.passed, own.own_doc, own.replaced = design.passed, design.own_doc, design.replaced
    if set(own.heads) - {"fcn"}:
        what = " and ".join(f"`head {word}`" for word in own.heads)
        message = f"{own.name} is a detector: {what} reads regions or cells, not all of a map"
        raise NetError([Diagnostic("E479", message, own.net.definition.node.name.span)])
    follower = _Flat(Nodes())
    ends = follower.follow(own, State(None, frozenset(), frozenset()))
    follower.use(ends)
    decisions, notes = follower.decisions()
    if not decisions:
        hint = "it is fully convolutional already"
        message = f"{own.name} has no linear layer and no flat vector on the way to its outputs"
        raise NetError([Diagnostic("E478", message, hint=hint)])
    said = "Linear layers are convolutions: it can slide over larger images."
    passed = Passed((said,), notes, reshaped=follower.reshaped)
    return compiled(own, decisions, recipe.sizes if sizes is None else sizes, passed)


class State(NamedTuple):
    """What is known of a value: `sides` of the map that it is a row of (None for maps), the rows that it
    comes from, and the pooling that fixes the size of maps."""

    sides: tuple[int, ...] | None
    rows: frozenset[int]
    pools: frozenset[int]


class _Row:
    """One `flatten` and what reads it: the steps to change, or why they cannot be."""

    def __init__(self, span: Span, pools: frozenset[int]) -> None:
        self.span = span
        self.pools = pools
        self.edits: Decisions = {}
        self.wrong: Diagnostic | None = None
        self.gates = False  # it meets maps again, as in squeeze and excitation
        self.used = False  # an output comes from it


class _Pool:
    def __init__(self, key: tuple[Path, int], edit: Edit | None, note: str, span: Span) -> None:
        self.key = key
        self.edit = edit
        self.note = note
        self.span = span


class _Flat(Follower[State]):
    """Follows values from the inputs; aux outputs are followed too, for they get the same maps."""

    def __init__(self, nodes: Nodes) -> None:
        super().__init__(aux=True)
        self.nodes = nodes
        self.rows: list[_Row] = []
        self.pools: list[_Pool] = []
        self.reshaped = False

    def layer(self, layer: Layer, link: Link, state: State, path: Path) -> State:
        x = link.inputs[0].shape
        assert x is not None
        if layer.word == "flatten" and state.sides is None:
            return self._row(link, state, path, x)
        if state.sides is None:
            return self._maps(layer, link, state, path, x)
        if layer.passes or layer.family in ("activation", "dropout") or layer.word == "bn":
            return state
        key = self._key(path, link)
        if layer.word == "flatten":
            self._edit(state, key, Edit(drop=True))
            return state
        if layer.word == "linear" and isinstance(link.what, Applied):
            self._edit(state, key, Edit(node=self._kernels(link, state.sides)))
            self.reshaped = True
            return State((1,) * len(state.sides), state.rows, state.pools)
        message = f"`{layer.word}` reads a flat vector and cannot slide over a map"
        hint = "only linear layers, activations, dropout and `bn` can stand behind `flatten`"
        self._wrong(state, Diagnostic("E479", message, link.node.span, hint=hint))
        return state

    def meet(self, states: list[State]) -> State:
        flat = [s for s in states if s.sides is not None]
        maps = [s for s in states if s.sides is None]
        if flat and maps:
            for state in flat:
                for row in state.rows:
                    self.rows[row].gates = True
            return State(None, frozenset(), _common(maps))
        if flat:
            rows = frozenset().union(*(s.rows for s in flat))
            if len({s.sides for s in flat}) > 1:
                message = "flat vectors of maps of different sizes meet"
                first = self.rows[min(rows)].span
                self._wrong(State((), rows, frozenset()), Diagnostic("E479", message, first))
            return State(flat[0].sides, rows, frozenset().union(*(s.pools for s in flat)))
        return State(None, frozenset(), _common(maps))

    def use(self, ends: list[State]) -> None:
        """What the network gives comes from these."""
        for state in ends:
            for row in state.rows:
                self.rows[row].used = True

    # ------------------------------------------------------------------------------------ decisions
    def decisions(self) -> tuple[Decisions, tuple[str, ...]]:
        """What becomes of steps, and notes on pooling. Raises `NetError` (E479)."""
        found: Decisions = {}
        notes: dict[str, None] = {}
        for row in self.rows:
            pools = [self.pools[p] for p in sorted(row.pools)]
            if not row.used and pools and any(pool.edit is None for pool in pools):
                notes["side outputs read pooled maps of one size: they stay as they are"] = None
                continue
            if row.gates:
                if pools:  # of any size: it stays
                    continue
                message = "a flat vector of a whole map meets maps again"
                hint = "`global_avgpool` before `flatten` makes it one for maps of any size"
                raise NetError([Diagnostic("E479", message, row.span, hint=hint)])
            if row.wrong is not None:
                raise NetError([row.wrong])
            found.update(row.edits)
            for pool in pools:
                if pool.edit is None:
                    raise NetError([Diagnostic("E479", pool.note, pool.span)])
                found[pool.key] = pool.edit
                notes[pool.note] = None
        return found, tuple(notes)

    def _key(self, path: Path, link: Link) -> tuple[Path, int]:
        home = self.home(path)
        return home[: len(home) - (link.key is not None)], id(link)

    def _edit(self, state: State, key: tuple[Path, int], edit: Edit) -> None:
        for row in state.rows:
            self.rows[row].edits[key] = edit

    def _wrong(self, state: State, diagnostic: Diagnostic) -> None:
        for row in state.rows:
            self.rows[row].wrong = self.rows[row].wrong or diagnostic

    def _row(self, link: Link, state: State, path: Path, x: Shape) -> State:
        """`flatten` of maps: a row, of which it is known what map it was."""
        if not x.sides:
            return state._replace(sides=())
        row = _Row(link.node.span, state.pools)
        sides = tuple(side for side in x.sides if isinstance(side, int))
        row.edits[self._key(path, link)] = Edit(drop=True)
        self.rows.append(row)
        return State(sides, frozenset([len(self.rows) - 1]), state.pools)

    def _maps(self, layer: Layer, link: Link, state: State, path: Path, x: Shape) -> State:
        y = link.output.shape if link.output is not None else None
        if layer.word not in FIXING or y is None:
            return state
        edit, note = self._window(layer, link, x, y)
        pool = _Pool(self._key(path, link), edit, note, link.node.span)
        self.pools.append(pool)
        return State(None, frozenset(), frozenset([len(self.pools) - 1]))

    def _window(self, layer: Layer, link: Link, x: Shape, y: Shape) -> tuple[Edit | None, str]:
        """The window that pooling to a fixed size is at the network's own size."""
        kernel: list[int] = []
        for n, m in zip(x.sides, y.sides):
            if not isinstance(n, int) or not isinstance(m, int) or n % m:
                why = "whose size is open" if not isinstance(n, int) else "which is no multiple"
                word = layer.word
                return None, f"`{word}` turns {Shape(*x.sides)}, {why}, into {Shape(*y.sides)}"
            kernel.append(n // m)
        if set(kernel) == {1}:
            return Edit(drop=True), f"`{layer.word}` of maps of {Shape(*x.sides)} is left out"
        word = "avgpool" if layer.word.endswith("avgpool") else "maxpool"
        size = _size(tuple(kernel))
        stride = 1 if set(y.sides) == {1} else size
        node = self.nodes.other(link, word, kernel_size=size, stride=stride)
        shown = Size(kernel)
        return Edit(node=node), f"`{layer.word}` is `{word}({shown}, stride={stride})` now"

    def _kernels(self, link: Link, sides: tuple[int, ...]) -> ast.Link:
        """The convolution that a linear layer is on maps of `sides`."""
        assert isinstance(link.what, Applied)
        layer = link.what.layer
        _, step = call_of(link)
        plain = step.name.text == "linear" and not shadowed(link, "linear")
        given = [a.value for a in step.args if a.name is None or a.name.text == "features"]
        bias = {} if layer.bias else {"bias": False}  # type: ignore[attr-defined]
        size = {"kernel_size": _size(sides)}
        if plain and given:
            return self.nodes.other(link, "conv", given[0], **size, **bias)
        return self.nodes.other(link, "conv", channels=layer.features, **size, **bias)  # type: ignore[attr-defined]


def _size(sides: tuple[int, ...]) -> int | Size:
    """One number where all sides are equal."""
    return sides[0] if len(set(sides)) == 1 else Size(sides)


def _common(states: list[State]) -> frozenset[int]:
    """Pooling that all of these went through."""
    return frozenset.intersection(*(s.pools for s in states))
