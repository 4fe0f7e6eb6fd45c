"""What a figure must hold, counted without the figure's own code: by a walk over the Design."""

from __future__ import annotations

from collections import Counter, defaultdict
from graphlib import TopologicalSorter

from netdsl import design as d
from netdsl.backends.diagram import levels, plan
from netdsl.backends.diagram.draw import figure
from netdsl.backends.diagram.figure import Figure, panels_of
from netdsl.layers.base import Layer
from netdsl.walks import links_of


def census(design: d.Design) -> Counter[str]:
    """Every step of the unrolled network by word, with merges, sums and arithmetic."""
    known: dict[int, Counter[str]] = {}

    def of_scope(scope: d.Scope) -> Counter[str]:
        if id(scope) not in known:
            total = Counter({"param": len(scope.weights)}) if scope.weights else Counter()
            for link in links_of(scope.region):
                total.update(of_link(link))
            known[id(scope)] = total
        return known[id(scope)]

    def of_link(link: d.Link) -> Counter[str]:
        what = link.what.scope if isinstance(link.what, d.Shared) else link.what
        if isinstance(what, d.Applied):
            what = what.layer
        if isinstance(what, Layer):
            return Counter() if what.word == "identity" else Counter({what.word: 1})
        if isinstance(what, d.Scope):
            return of_scope(what)
        if isinstance(what, d.Merge):
            return Counter({what.layer.word: 1}) if len(what.branches) > 1 else Counter()
        if isinstance(what, d.Residual):
            return Counter({"residual": 1}) if what.adds else Counter()
        if isinstance(what, d.Dense):
            return Counter({"dense": 1}) if what.iterations else Counter()
        return Counter({"compute": 1}) if isinstance(what, d.Computed) else Counter()

    return of_scope(design.net)


def drawn(picture: Figure) -> Counter[str]:
    """The steps that the nodes of a figure say they stand for."""
    total: Counter[str] = Counter()
    for node in picture.nodes:
        total.update(dict(node.steps))
    return total


def check_figure(picture: Figure, design: d.Design) -> None:
    """The figure is complete, and a graph in which everything hangs together."""
    assert drawn(picture) == census(design)
    names = [node.name for node in picture.nodes]
    panels = [panel.name for panel in panels_of(picture.children)]
    assert len(set(names)) == len(names)
    assert len(set(panels)) == len(panels)
    assert all(panel.children for panel in panels_of(picture.children))
    into, out = Counter(e.head for e in picture.edges), Counter(e.tail for e in picture.edges)
    assert set(into) | set(out) <= set(names)
    for node in picture.nodes:
        if node.kind in ("concat", "gather", "rail", "entry"):
            ends = [e.head_slot or 0 for e in picture.edges if e.head == node.name]
            starts = [e.tail_slot or 0 for e in picture.edges if e.tail == node.name]
            if node.kind in ("concat", "gather"):
                assert sorted(ends) == list(range(node.slots)), node
            elif node.kind == "entry":
                assert sorted(ends) == sorted(starts) == list(range(node.slots)), node
            else:
                assert sorted(set(starts)) == sorted(node.used), node
        if node.kind == "input":
            assert not into[node.name]
        elif node.kind != "param":
            assert into[node.name], node
        if node.kind in ("fork", "rail"):
            assert out[node.name] > 1 or node.kind == "rail", node
    given = len(design.outputs)
    if {"rpn", "rcnn"} <= set(design.heads):  # whose proposals go on inside
        given -= len(design.heads["rpn"].outputs)
    assert sum(node.kind == "output" and not node.training for node in picture.nodes) == given


def unfolded(design: d.Design, monkeypatch) -> Figure:
    """The figure with nothing folded and nothing collapsed: a node for every step."""
    dense = plan.Planner._dense

    def unequal(self, link, what):
        items = dense(self, link, what)
        for item in items:
            item.equal = False  # type: ignore[attr-defined]
        return items

    with monkeypatch.context() as patch:
        patch.setattr(plan, "fold", lambda items, *_: items)
        patch.setattr(plan, "fold_branches", lambda branches, *_: branches)
        patch.setattr(plan.Planner, "_dense", unequal)
        return figure(design, levels.Level(1000, None, True, 0, True))


WEIGHING = ("conv", "conv_transpose", "linear", "rbf")


def depth_of(picture: Figure) -> int:
    """Convolutions and linear layers on the longest way from an input to an output."""
    own = {
        node.name: sum(n for word, n in node.steps if word in WEIGHING) for node in picture.nodes
    }
    before: dict[str, list[str]] = defaultdict(list)
    for edge in picture.edges:
        if edge.role != "size":
            before[edge.head].append(edge.tail)
    longest: dict[str, int] = {}
    for name in TopologicalSorter({name: before[name] for name in own}).static_order():
        longest[name] = own[name] + max((longest[b] for b in before[name]), default=0)
    return max(longest[n.name] for n in picture.nodes if n.kind == "output" and not n.training)
