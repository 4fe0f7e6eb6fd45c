"""Cells -> a ladder, if they are one: a pass down to small maps, a pass up again, and rungs between them.

Recognised by structure alone: at least two values of the pass down meet, at their own stride, values that come
up; everything else hangs from the pass up or from the deepest maps.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from netdsl.backends.diagram.kinds.ladder.cells import Cell
from netdsl.backends.diagram.kinds.ladder.graph import Graph
from netdsl.record import Record

FEWEST_RUNGS = 2


class Rung(NamedTuple):
    """From `source` on the pass down through `cells` to `merge` on the pass up."""

    source: Cell
    cells: tuple[Cell, ...]
    merge: Cell


class Tail(NamedTuple):
    """Cells one after another that hang from `anchor`."""

    anchor: Cell
    cells: tuple[Cell, ...]


class Ladder(Record):
    """`down` leads from the input to the deepest map, `up` from the first step that makes a map larger to
    the last merge. `tails` are what hangs from them, `heads` the detection heads, `outs` the cells
    whose values leave, finest first."""

    graph: Graph
    down: tuple[Cell, ...]
    up: tuple[Cell, ...]
    rungs: tuple[Rung, ...]
    tails: tuple[Tail, ...]
    heads: tuple[Cell, ...]
    outs: tuple[Cell, ...]

    @property
    def cells(self) -> list[Cell]:
        """All cells but the heads."""
        return [cell for cell in self.graph.cells if cell.kind != "head"]

    def rung_at(self, merge: Cell) -> Rung | None:
        return next((rung for rung in self.rungs if rung.merge is merge), None)

    def tails_of(self, anchor: Cell) -> list[Tail]:
        return [tail for tail in self.tails if tail.anchor is anchor]


class NotOne(Exception):
    """These cells are no ladder."""


def recognised(graph: Graph) -> Ladder | None:
    """The ladder that a network is, or None."""
    try:
        return _ladder(graph)
    except NotOne:
        return None


def _ladder(graph: Graph) -> Ladder:
    heads = tuple(cell for cell in graph.cells if cell.kind == "head")
    cells = [cell for cell in graph.cells if cell.kind != "head"]
    _want(not any(part.kind == "head" for cell in cells for part in cell.reads))
    first = _first_up(cells)
    down = _chain_to(first.reads[0])
    strides = [_stride(cell) for cell in (*down, first)]
    _want(strides[:-1] == sorted(strides[:-1]) and strides[-1] < strides[-2])
    above = _from([first], cells)
    merges = [cell for cell in cells if cell.index in above and len(cell.reads) > 1]
    _want(bool(merges))
    up = _pass_up(first, merges, above)
    rungs = tuple(rung for merge in merges for rung in _rungs(merge, down, above))
    _want(len(rungs) >= FEWEST_RUNGS and len({rung.merge.stride for rung in rungs}) == len(rungs))
    deepest = strides[-2]
    anchors = [*up, *(cell for cell in down if cell.stride == deepest)]
    placed = {cell.index for cell in (*down, *up, *(c for rung in rungs for c in rung.cells))}
    tails = _tails([cell for cell in cells if cell.index not in placed], anchors)
    outs = _outs(graph, heads)
    allowed = {cell.index for cell in (*anchors, *(c for tail in tails for c in tail.cells))}
    _want(all(cell.index in allowed for cell in outs))
    return Ladder(graph, tuple(down), tuple(up), rungs, tails, heads, outs)


def _want(holds: bool) -> None:
    if not holds:
        raise NotOne


def _stride(cell: Cell) -> Fraction:
    if cell.stride is None:
        raise NotOne
    return cell.stride


def _first_up(cells: list[Cell]) -> Cell:
    """The only step that makes a map larger of which none has been made larger before."""
    ups = [
        cell
        for cell in cells
        if len(cell.reads) == 1
        and cell.stride is not None
        and cell.reads[0].stride is not None
        and cell.stride < cell.reads[0].stride
    ]
    known = {cell.index for cell in ups}
    first = [cell for cell in ups if not _reaches(cell.reads[0], known)]
    _want(len(first) == 1)
    return first[0]


def _reaches(cell: Cell, known: set[int]) -> bool:
    """Whether a cell or one before it is among these."""
    stack, seen = [cell], set[int]()
    while stack:
        at = stack.pop()
        if at.index in known:
            return True
        if at.index not in seen:
            seen.add(at.index)
            stack += at.reads
    return False


def _from(starts: list[Cell], cells: list[Cell]) -> set[int]:
    """The numbers of these cells and of all that work on what they give."""
    found = {cell.index for cell in starts}
    for cell in cells:  # in an order in which each comes after what it reads
        if any(part.index in found for part in cell.reads):
            found.add(cell.index)
    return found


def _chain_to(last: Cell) -> list[Cell]:
    """The chain from the input to a cell."""
    chain = [last]
    while chain[-1].kind != "input":
        _want(len(chain[-1].reads) == 1)
        chain.append(chain[-1].reads[0])
    return chain[::-1]


def _pass_up(first: Cell, merges: list[Cell], above: set[int]) -> list[Cell]:
    """The chain from the first larger map to the last merge, through all merges."""
    chain = [merges[-1]]
    while chain[-1] is not first:
        before = [part for part in chain[-1].reads if part.index in above]
        _want(len(before) == 1)
        chain.append(before[0])
    chain.reverse()
    on_it = {cell.index for cell in chain}
    _want(all(merge.index in on_it for merge in merges))
    strides = [_stride(cell) for cell in chain]
    _want(strides == sorted(strides, reverse=True))
    return chain


def _rungs(merge: Cell, down: list[Cell], above: set[int]) -> list[Rung]:
    """What a merge reads beside what comes up."""
    found: list[Rung] = []
    sources = {cell.index for cell in down}
    for part in merge.reads:
        if part.index in above:
            continue
        cells: list[Cell] = []
        at = part
        while at.index not in sources:
            _want(len(at.reads) == 1)
            cells.append(at)
            at = at.reads[0]
        _want(all(_stride(cell) == merge.stride for cell in (at, *cells)))
        found.append(Rung(at, tuple(cells[::-1]), merge))
    _want(len(found) == 1)
    return found


def _tails(rest: list[Cell], anchors: list[Cell]) -> tuple[Tail, ...]:
    """What hangs from the ladder, as chains: a chain ends where it forks."""
    known = {cell.index for cell in anchors}
    chains: list[list[Cell]] = []
    forks = {}
    for cell in rest:
        _want(len(cell.reads) == 1)
        at = cell.reads[0].index
        forks[at] = forks.get(at, 0) + 1
    for cell in rest:
        before = cell.reads[0]
        chain = next((chain for chain in chains if chain[-1] is before), None)
        if chain is not None and forks[before.index] == 1:
            chain.append(cell)
        else:
            _want(before.index in known)
            chains.append([cell])
        known.add(cell.index)
    return tuple(Tail(chain[0].reads[0], tuple(chain)) for chain in chains)


def _outs(graph: Graph, heads: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Whose values the heads read, but for the input, of which they read the size; and the network's own
    outputs."""
    found: list[Cell] = []
    read = [part for head in heads for part in head.reads if part.kind != "input"]
    for cell in (*read, *graph.outputs.values()):
        if cell not in found and cell.kind != "head":
            found.append(cell)
    return tuple(sorted(found, key=lambda cell: (cell.stride or 0, cell.index)))
