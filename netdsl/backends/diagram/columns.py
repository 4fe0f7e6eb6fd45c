"""A long figure in columns, as in the papers: down, up between the columns, and over the top.

A column ends only where a single line goes on, so that no other line has to cross the figure. A large
panel may end there too and continue in the next column.
"""

from __future__ import annotations

from netdsl.backends.diagram.figure import Child, Edge, Figure, Node, Panel, Split, nodes_of
from netdsl.backends.diagram.measure import MARGIN, ROW, SMALL_LINE, Widths, node_height
from netdsl.record import Record

PAGE = 660.0  # a figure of this height (in points) needs no columns
ASPECT = 1.3  # nor does one that is at most so much higher than wide
MOST_COLUMNS = 12
WORTHWHILE = 0.85  # more columns must make the figure lower than so much
# Lines that leave the chain: what hangs on them may stand to the right of the line to the next column
ASIDE = ("tap", "operand", "size")
GUTTER = 30.0  # between columns


class Part(Record):
    """What is never divided: a child of the figure, or of a panel (`panel`) that may be."""

    child: Child
    panel: Panel | None
    height: float
    width: float


class Arrangement(Record):
    """The children of each column, and the edges that lead from one to the next."""

    columns: list[list[Child]]
    turns: list[Edge]


def arrange(figure: Figure, widths: Widths) -> Arrangement:
    """Divide a figure into as few columns as make it fit a page, or nearly as wide as high."""
    parts = _parts(figure.children, widths)
    total = sum(p.height for p in parts)
    if total <= PAGE or any(edge.role in ASIDE for edge in figure.edges):
        return Arrangement([figure.children], [])
    cuts = _cuts(parts, figure.edges)
    best, lowest = [(0, len(parts))], total
    for number in range(1, MOST_COLUMNS + 1):
        found = _divide(parts, cuts, number)
        height = max(sum(p.height for p in parts[a:b]) for a, b in found)
        width = sum(max(p.width for p in parts[a:b]) + GUTTER for a, b in found)
        if height < WORTHWHILE * lowest:
            best, lowest = found, height
        if height <= PAGE or height <= ASPECT * width:
            break
    columns = [_gather(parts[a:b], parts[:a]) for a, b in best]
    return Arrangement(columns, [cuts[a] for a, _ in best[1:]])


def height_of(child: Child) -> float:
    """About how high a part will be, with the space above it."""
    if not isinstance(child, Split) and child.training:
        return 0.0  # it stands beside what follows
    if isinstance(child, Node):
        return node_height(child) + ROW
    if isinstance(child, Panel):
        title = 2 * MARGIN + 14.0 + SMALL_LINE * len(child.notes)
        return title + sum(height_of(c) for c in child.children)
    ends = sum(height_of(node) for node in (child.fork, child.join) if node is not None)
    return ends + max((sum(height_of(c) for c in branch) for branch in child.branches), default=0.0)


def _parts(children: list[Child], widths: Widths) -> list[Part]:
    parts = []
    for child in children:
        whole = (
            isinstance(child, Panel)
            and child.times == 1
            and child.kind in ("group", "block", "module")
        )
        inside = child.children if whole and isinstance(child, Panel) else []
        if len(inside) > 1 and height_of(child) > PAGE / 2:
            assert isinstance(child, Panel)
            for inner in inside:
                width = widths.extent([inner]) + 2 * MARGIN
                parts.append(Part(inner, child, height_of(inner), width))
        else:
            parts.append(Part(child, None, height_of(child), widths.extent([child])))
    return parts


def _cuts(parts: list[Part], edges: list[Edge]) -> dict[int, Edge]:
    """The places before which a column may end, with the one edge that crosses there."""
    place = {node.name: i for i, part in enumerate(parts) for node in nodes_of([part.child])}
    crossing: list[list[Edge]] = [[] for _ in range(len(parts) + 1)]
    for edge in edges:
        low, high = sorted((place[edge.tail], place[edge.head]))
        for at in range(low + 1, high + 1):
            if len(crossing[at]) < 2:  # more need not be known
                crossing[at].append(edge)
    return {
        at: found[0]
        for at, found in enumerate(crossing)
        if len(found) == 1 and found[0].role == "flow" and place[found[0].head] == at
    }


def _divide(parts: list[Part], cuts: dict[int, Edge], number: int) -> list[tuple[int, int]]:
    """At most `number` columns, the highest of them as low as possible."""
    low, high = max(p.height for p in parts), sum(p.height for p in parts)
    best = [(0, len(parts))]
    while high - low > 1:
        middle = (low + high) / 2
        found = _fill(parts, cuts, middle)
        if found is not None and len(found) <= number:
            best, high = found, middle
        else:
            low = middle
    return best


def _fill(parts: list[Part], cuts: dict[int, Edge], most: float) -> list[tuple[int, int]] | None:
    """Columns of at most this height, each as full as it can be; None if there are none."""
    columns: list[tuple[int, int]] = []
    start, height, last = 0, 0.0, None
    at = 0
    while at < len(parts):
        if at in cuts and at > start:
            last = at
        if height + parts[at].height > most:
            if last is None:
                return None
            columns.append((start, last))
            start = at = last
            height, last = 0.0, None
            continue
        height += parts[at].height
        at += 1
    return [*columns, (start, len(parts))]


def _gather(parts: list[Part], before: list[Part]) -> list[Child]:
    """The children of a column, with what belongs to one panel in a panel again."""
    begun = {p.panel.name for p in before if p.panel is not None}
    children: list[Child] = []
    open_panel: tuple[Panel, Panel] | None = None  # as it was, and as it stands here
    for part in parts:
        if part.panel is None:
            children.append(part.child)
            open_panel = None
            continue
        if open_panel is None or open_panel[0] is not part.panel:
            again = part.panel.name in begun
            name = f"{part.panel.name}:{len(before)}" if again else part.panel.name
            notes = ("continued",) if again else part.panel.notes
            continued = part.panel.but(name=name, notes=notes, children=[])
            open_panel = part.panel, continued
            children.append(continued)
        open_panel[1].children.append(part.child)
    return children
