"""Flowcharts in Mermaid: a grammar of our own for what is written, all of a figure in it, GitHub's limits."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from graph_networks import ONE_EACH, REST, SMALL, design, drawn

import netdsl
from netdsl.backends.diagram.figure import Edge, Figure, Node, Panel, panels_of
from netdsl.backends.diagram.formats import mermaid as module
from netdsl.backends.diagram.formats.mermaid import MOST_EDGES, MOST_LETTERS, mermaid, mermaid_of
from netdsl.backends.diagram.formats.seen import UNSEEN, seen_edges
from netdsl.backends.diagram.scene.themes import contrast
from netdsl.backends.diagram.text import clean
from netdsl.diagnostics import NetError

QUOTED = r'"((?:[^"#;<>`\[\]{}|%&$\\*:!?@^~]|#\d+;|<br/>)*)"'  # no letter that Mermaid could read
SHAPES = [
    (r"\(\(", r"\)\)"),
    (r"\(\[", r"\]\)"),
    (r"\[\[", r"\]\]"),
    (r"\[\\", r"/\]"),
    (r"\[/", r"\\\]"),
    (r"\[", r"\]"),
    (r"\(", r"\)"),
]
NODE = re.compile("|".join(f"(n\\d+){a}{QUOTED}{b}" for a, b in SHAPES))
PANEL = re.compile(rf"subgraph (g\d+)\[{QUOTED}\]")
EDGE = re.compile(rf"(n\d+) (-->|-\.->)(?:\|{QUOTED}\|)? (n\d+)")
CLASS = re.compile(r"class ([ng]\d+(?:,[ng]\d+)*) (\w+)")
LOOK = re.compile(r"classDef (\w+) (?:[a-z-]+:(?:#[0-9A-Fa-f]{6,8}|\d+px|\d+ \d+),?)+")


class Chart:
    """What a flowchart says; a line that is none of its statements is an error."""

    def __init__(self, text: str) -> None:
        self.nodes: dict[str, str] = {}
        self.inside: dict[str, str | None] = {}  # of nodes and subgraphs
        self.titles: dict[str, str] = {}
        self.edges: list[tuple[str, str, str, str | None]] = []
        self.classes: dict[str, list[str]] = {}
        self.looks: dict[str, str] = {}
        first, second, *lines = text.splitlines()
        assert (
            first.startswith("%%{init: {") and first.endswith("}}%%") and "flowchart TB" == second
        )
        open_: list[str] = []
        for line in (line.strip() for line in lines):
            if match := NODE.fullmatch(line):
                name, label = [g for g in match.groups() if g is not None]
                assert name not in self.nodes
                self.nodes[name] = label
                self.inside[name] = open_[-1] if open_ else None
            elif match := PANEL.fullmatch(line):
                assert match[1] not in self.titles
                self.titles[match[1]] = match[2]
                self.inside[match[1]] = open_[-1] if open_ else None
                open_.append(match[1])
            elif line == "end":
                open_.pop()
            elif match := EDGE.fullmatch(line):
                assert match[1] in self.nodes and match[4] in self.nodes
                self.edges.append((match[1], match[4], match[2], match[3]))
            elif match := CLASS.fullmatch(line):
                for name in match[1].split(","):
                    self.classes.setdefault(name, []).append(match[2])
            elif match := LOOK.fullmatch(line):
                assert match[1] not in self.looks
                self.looks[match[1]] = line.split(" ", 2)[2]
            else:
                assert re.fullmatch(r"accDescr: [\w ,./()+\-=_'×·]+", line), line
        assert not open_
        used = {name for names in self.classes.values() for name in names}
        assert used == set(self.looks)
        assert set(self.classes) == {*self.nodes, *self.titles}


def read(label: str) -> str:
    """A label as a reader sees it."""
    return re.sub(r"#(\d+);", lambda m: chr(int(m[1])), label.replace("<br/>", "\n"))


def check(figure: Figure) -> Chart:
    """That a chart says what the figure says: each node with its text, in its panel, and each edge."""
    chart = Chart(mermaid(figure))
    wanted = [node for node in figure.nodes if node.kind not in UNSEEN]
    assert len(chart.nodes) == len(wanted) and len(chart.titles) == len(
        list(panels_of(figure.children))
    )
    names = {}
    for (number, label), node in zip(chart.nodes.items(), wanted, strict=True):
        names[node.name] = number
        for line in node.lines if node.kind not in module.SIGNS else ():
            assert clean(line, 200) in read(label).replace("\u2060", "")
        assert node.times == 1 or f"×{node.times}" in label
    edges = Counter((names[e.tail], names[e.head]) for e in seen_edges(figure))
    assert Counter((a, b) for a, b, _, _ in chart.edges) == edges
    return chart


@pytest.mark.parametrize("name", [*SMALL, *ONE_EACH])
def test_a_chart_says_what_the_figure_says(name: str) -> None:
    chart = check(drawn(name))
    text = mermaid_of(design(name))
    assert len(text) < MOST_LETTERS and Chart(text).edges
    if len(chart.edges) < MOST_EDGES:
        assert text == mermaid(drawn(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", REST)
def test_all_charts_of_the_zoo_can_be_drawn(name: str) -> None:
    check(drawn(name))
    text = mermaid_of(design(name))
    assert len(text) < MOST_LETTERS and 0 < len(Chart(text).edges) < MOST_EDGES


@pytest.mark.parametrize("name", [*SMALL, "googlenet", "ssd300"])
def test_lines_through_unseen_nodes_lead_to_the_same_ends(name: str) -> None:
    figure = drawn(name)
    kinds = {node.name: node.kind for node in figure.nodes}

    def reached(edge: Edge) -> set[str]:
        if kinds[edge.head] not in UNSEEN:
            return {edge.head}
        after = [e for e in figure.edges if e.tail == edge.head]
        if kinds[edge.head] == "entry":  # every place of it leads on by itself
            after = [e for e in after if e.tail_slot == edge.head_slot]
        return {end for more in after for end in reached(more)}

    starts = [edge for edge in figure.edges if kinds[edge.tail] not in UNSEEN]
    wanted = {(edge.tail, head) for edge in starts for head in reached(edge)}
    assert {(e.tail, e.head) for e in seen_edges(figure)} == wanted


# -------------------------------------------------------------------------------------------- looks
def test_looks_of_kinds_lines_and_panels() -> None:
    chart = check(drawn("residuals"))
    by_text = {read(label): name for name, label in chart.nodes.items()}
    first = next(n for t, n in by_text.items() if t.startswith("3×3 conv, 16"))
    assert chart.classes[first] == ["conv"]
    dotted = [(a, b) for a, b, arrow, _ in chart.edges if arrow == "-.->"]
    around = [n for n, label in chart.nodes.items() if label.startswith("1×1 conv, 32, /2")]
    assert len(around) == 1 and {a for a, _ in dotted} >= set(around) and len(dotted) == 2
    assert sum(label == "+" for label in chart.nodes.values()) == 5  # of seven, three are one
    assert any("×3" in title or "×2" in title for title in chart.titles.values())


def test_training_is_dashed_and_frozen_is_grey() -> None:
    chart = check(drawn("aux"))
    training = [n for n, names in chart.classes.items() if "training" in names]
    assert len(training) >= 5 and any(arrow == "-.->" for *_, arrow, _ in chart.edges)
    picture = Figure("t", [Node("a", "conv", ("x",), treated="frozen")], [])
    assert Chart(mermaid(picture)).classes["n0"] == ["conv", "frozen"]


def test_text_is_readable_on_its_fill_on_every_page() -> None:
    """Nodes have a fill and a colour of text of their own; panels have neither, only a haze of grey."""
    chart = Chart(mermaid(drawn("googlenet")))
    for name, look in chart.looks.items():
        found = dict(part.split(":") for part in look.split(","))
        if name == "panel":
            assert len(found["fill"]) == 9 and "color" not in found
        elif "fill" in found and "color" in found:
            assert contrast(found["fill"], found["color"]) > 4.5
        else:
            assert name == "training"


# -------------------------------------------------------------------------------------------- limits
def test_a_large_network_is_drawn_less_deep(monkeypatch: pytest.MonkeyPatch) -> None:
    deepest = mermaid_of(design("googlenet"))
    monkeypatch.setattr(module, "MOST_EDGES", 60)
    fewer = mermaid_of(design("googlenet"))
    assert len(Chart(fewer).edges) < 60 < len(Chart(deepest).edges)
    monkeypatch.setattr(module, "MOST_LETTERS", 1500)
    assert len(mermaid_of(design("googlenet"))) < 1500 < len(fewer)


def test_what_cannot_be_made_small_is_refused() -> None:
    outputs = ", ".join(f"y{i}" for i in range(MOST_EDGES + 10))
    layers = "\n".join(f"@x -> y{i}: conv(1, 1x1)" for i in range(MOST_EDGES + 10))
    net = netdsl.loads(f"net Wide {{ input x: 1x4x4\n {layers}\n output {outputs} }}")
    with pytest.raises(NetError) as error:
        mermaid_of(net.design)
    assert [d.code for d in error.value.diagnostics] == ["E425"]


# ------------------------------------------------------------------------------------ hostile texts
HOSTILE = (
    "<script>alert(1)</script>",
    'say "hi" &amp; & <b>',
    "back\\slash \\N \\n",
    "]]> --> <!-- {} | :",
    "\N{CJK UNIFIED IDEOGRAPH-5377}\N{GREEK SMALL LETTER ALPHA} \N{SNOWMAN}",
    "end",
    'click n0 href "javascript:alert(1)"',
    "`code` **b** _i_ ~~s~~ [x](javascript:alert(1))",
    "$$x^2$$ fa:fa-car",
    "%%{init: {'theme':'dark'}}%%",
    "a;b#35;c style x:#f; classDef conv fill:#f00;",
    "n0 & n1@{ shape: x }",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_texts(text: str) -> None:
    nodes = [
        Node("graph", "input", (text,)),
        Node("end", "conv", (text, text), times=3),
        Node("click", "pool", (text,), shape=text, changes=True),
        Node("add", "sum"),
        Node("o", "concat", (text,)),
    ]
    edges = [Edge("graph", "end", shape=text), Edge("end", "click"), Edge("click", "add")]
    edges += [Edge("graph", "add", "shortcut"), Edge("add", "o")]
    panel = Panel("p", "block", [nodes[1]], title=text, notes=("note",))
    chart = check(Figure(text, [nodes[0], panel, *nodes[2:]], edges, (text,), text))
    assert read(chart.titles["g0"]).replace("\u2060", "").startswith(f"{text} \xb7 note")
    assert read(chart.edges[0][3] or "").replace("\u2060", "") == text
    raw = mermaid(Figure(text, [nodes[0]], [], (), text)).splitlines()[2:]
    assert not re.search(r"[<>`$%&\\;](?!\d)", re.sub(r"#\d+;", "", "\n".join(raw)))


def test_controls_are_left_out() -> None:
    text = "\x1b[31mred\u202eturned\x00 \ud800"
    written = mermaid(Figure(text, [Node("a", "conv", (text,))], [], (text,), text))
    assert written.isascii() or not re.search(r"[\x00-\x09\x0b-\x1f\u202e\ud800]", written)
    assert "\x1b" not in written and "\u202e" not in written
    written.encode("utf-8")
