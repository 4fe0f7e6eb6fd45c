"""Drawings in characters: as wide as asked, all of the figure in them, and lines where its edges are."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import pytest
from graph_networks import ONE_EACH, REST, SMALL, drawn

from netdsl.backends.diagram.figure import Child, Edge, Figure, Node, Panel, Split
from netdsl.backends.diagram.formats.plain import plain
from netdsl.backends.diagram.formats.seen import UNSEEN
from netdsl.backends.diagram.formats.terminal.page import Page, in_ascii, length, wrapped
from netdsl.backends.diagram.formats.terminal.texts import BARS, LONG, SIGNS
from netdsl.backends.diagram.formats.terminal.wiring import (
    Run,
    Wired,
    WiredPanel,
    WiredSplit,
    Wiring,
)

WIDE = 1000  # nothing is broken


def columns(text: str) -> int:
    """Cells of a line, counted by the Unicode database alone."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


# ------------------------------------------------------------------------------------- whole drawings
def test_branches_stand_side_by_side() -> None:
    """A rail, branches that end on one level, and a bar as wide as they are."""
    text = plain(drawn("merges"))
    assert (
        """\
           ╭────────────────┼────────────────╮
           │         [ 1×1 conv, 4 ]         │
           │         [  BN, ReLU   ]  ╲ 3×3 max pool ╱
           │                │                │
    [ 1×1 conv, 8 ]  [ 3×3 conv, 8 ]  [ 1×1 conv, 6  ]
    [  BN, ReLU   ]  [  BN, ReLU   ]  [   BN, ReLU   ]
    ━━━━━━━┷━━━━━━━━━━━━━ 22×9×9 ━━━━━━━━━━━━┷━━━━━━━━
"""
        in text
    )


def test_shortcuts_are_lines_on_the_right() -> None:
    """Solid if they carry what entered, dashed if it is changed on the way."""
    assert """\
│   │              │                         ╎                 │         │
│   │ [   1×1 conv, 256 · BN    ]            ╎                 │         │
│   │              ⊕╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╯ ReLU            │         │   256×56×56
│   └──────────────┼───────────────────────────────────────────┘         │
│   ┌─ bottleneck ─┼───────────────────────────────────────────┐ ┓       │
│   │              ├───────────────╮                           │ ┃       │
│   │ [ 1×1 conv, 64 · BN, ReLU ]  │                           │ ┃       │
│   │              │               │                           │ ┃       │
│   │ [ 3×3 conv, 64 · BN, ReLU ]  │                           │ ┃ ×2    │
│   │              │               │                           │ ┃       │
│   │ [   1×1 conv, 256 · BN    ]  │                           │ ┃       │
│   │              ⊕───────────────╯ ReLU                      │ ┃       │
│   └──────────────┼───────────────────────────────────────────┘ ┛       │
└──────────────────┼─────────────────────────────────────────────────────┘
""" in plain(drawn("resnet50"), 100)


def test_a_branch_of_training_stands_beside_the_chain() -> None:
    text = plain(drawn("aux"))
    assert (
        """\
            ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╮
            │  [         1×1 conv, 4          ]
            │                 │
            │  ( last 4×26×26 · loss weight 1 )
            │
 ╲   global avg pool   ╱                               16"""
        in text
    )


def test_what_is_read_elsewhere_is_named_at_both_ends() -> None:
    assert (
        plain(drawn("taps"))
        == """\
(   image 1×32×32    )
          │
[    3×3 conv, 4     ] @down0  4×32×32
          │
╲  2×2 max pool, /2  ╱         4×16×16
          │
[    3×3 conv, 8     ] @down1  8×16×16
          │
╲  2×2 max pool, /2  ╱           8×8×8
          │
[    3×3 conv, 16    ]          16×8×8
          │
╱ 2×2 up-conv, 8, ×2 ╲
          │
  @down1  │
  ━━┷━ 16×16×16 ━
          │
[    3×3 conv, 8     ]         8×16×16
          │
╱ 2×2 up-conv, 4, ×2 ╲
          │
  @down0  │
  ━━┷━ 8×32×32 ━
          │
[    1×1 conv, 2     ]
          │
(   output 2×32×32   )

Taps: 3.3 k parameters, 561.2 k multiply-adds
"""
    )


def test_branches_that_are_too_wide_stand_below_each_other() -> None:
    """A line on the left leads to them, one on the right from them."""
    assert """\
┌─ naive inception ┼───────────────┐
│     ╭────────────╯               │
│     ├────────────╮               │
│     │ [ 1×1 conv, 64 · ReLU ]    │
│     │            ╰─────────────╮ │
│     ├────────────╮             │ │
│     │ [ 3×3 conv, 128 · ReLU ] │ │
│     │            ╰─────────────┤ │
│     ├────────────╮             │ │
│     │ [ 5×5 conv, 32 · ReLU ]  │ │
│     │            ╰─────────────┤ │
│     ╰────────────╮             │ │
│       ╲    3×3 max pool     ╱  │ │
│                  ╰─────────────┤ │
│     ━━━━━━━━ 416×28×28 ━━━━━━━━┷ │
└──────────────────┼───────────────┘
""" in plain(drawn("inception_naive"), width=40)


def test_ascii() -> None:
    text = plain(drawn("taps"), ascii=True)
    assert "\\  2x2 max pool, /2  /" in text and "==+= 16x16x16 =" in text
    assert text.count("\n") == plain(drawn("taps")).count("\n")


# ---------------------------------------------------------------------------------------- everything
def labelled(text: str) -> Counter[str]:
    """Texts of boxes of one line, by what stands around them."""
    found: Counter[str] = Counter()
    for inner in re.findall(
        r"(?:\[\[|[\[(╲╱┊]) +(.*?) +(?:\]\]|[\])╱╲┊])(?= |$)", text, re.MULTILINE
    ):
        found[inner] += 1
    return found


def check_complete(figure: Figure) -> None:
    text = plain(figure, WIDE)
    boxes = labelled(text)
    wanted: Counter[str] = Counter()
    for node in figure.nodes:
        if node.kind in (*UNSEEN, *BARS, *SIGNS):
            continue
        joined = " · ".join(node.told)
        wanted.update([joined] if length(joined) <= LONG else node.told)
    assert {t: boxes[t] for t in wanted} == dict(wanted)
    kinds = Counter(node.kind for node in figure.nodes)
    for kind, sign in SIGNS.items():
        assert text.count(sign) == kinds[kind]
    bars = Counter(" ".join(n.lines) for n in figure.nodes if n.kind in BARS)
    for words, number in bars.items():
        assert len(re.findall(rf"[━┷] {re.escape(words)}(?: @\S+)? [━┷┯]", text)) == number
    sizes = Counter(edge.shape for edge in figure.edges if edge.shape)
    for size, number in sizes.items():
        if length(size) <= 24:
            assert text.count(size) >= number


@pytest.mark.parametrize("name", [*SMALL, *ONE_EACH])
def test_everything_is_drawn_once(name: str) -> None:
    check_complete(drawn(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", REST)
def test_everything_of_the_zoo_is_drawn_once(name: str) -> None:
    check_complete(drawn(name))
    check_widths(drawn(name), (88, 60, 40))


@pytest.mark.parametrize("name", [*SMALL, *ONE_EACH])
def test_every_edge_is_a_line_or_a_reference(name: str) -> None:
    """Lines by the tree of what is drawn, references by name: together they are the figure's edges."""
    figure = drawn(name)
    wiring = Wiring(figure)
    assert Counter(lines_of(wiring)) + Counter(references_of(wiring)) == Counter(
        (tail, edge.head)
        for edge in wiring.edges
        if wiring.kinds[edge.head] not in UNSEEN
        for tail in wiring.sources(edge)
    )
    named = set(re.findall(r"(?<![\w.])@([\w.…']+)", plain(figure, WIDE)))
    shown = {n if len(n) <= 28 else "…" + n[-24:] for n in wiring.named}
    assert {n.rstrip("'") for n in named} == shown


def lines_of(wiring: Wiring) -> list[tuple[str, str]]:
    """Seen nodes between which a line is drawn, by a walk through the tree: what is above each part."""
    found: list[tuple[str, str]] = []

    def run(run: Run, above: list[str]) -> list[str]:
        for i, step in enumerate(run.steps):
            start = above if i == 0 or step.linked else []
            after = part(step.part, start if i == 0 or step.linked else [])
            for side in step.sides:
                run_(side.run, after if side.linked else [])
            above = after
        return above

    run_ = run

    def part(wired: Wired, above: list[str]) -> list[str]:
        if isinstance(wired, Node):
            found.extend((tail, wired.name) for tail in above)
            return [wired.name]
        if isinstance(wired, WiredPanel):
            return run(wired.run, above)
        return split(wired, above)

    def split(wired: WiredSplit, above: list[str]) -> list[str]:
        fork, join = wired.split.fork, wired.split.join
        if fork is not None and fork.kind != "entry" and not above:
            edges = wiring.references.get(fork.name, [])
            above = [name for edge in edges for name in wiring.sources(edge)]
        ends: list[str] = []
        for inner, start, end, froms in zip(wired.runs, wired.starts, wired.ends, wired.froms):
            begun = [name for edge in froms for name in wiring.sources(edge)]
            last = run(inner, [*(above if start else []), *begun])
            ends += last if end else []
        if join is None:
            return []
        found.extend((tail, join.name) for tail in ends)
        return [join.name]

    run(wiring.run, [])
    return found


def references_of(wiring: Wiring) -> list[tuple[str, str]]:
    return [
        (tail, edge.head)
        for head, edges in wiring.references.items()
        if wiring.kinds[head] not in UNSEEN
        for edge in edges
        for tail in wiring.sources(edge)
    ]


# -------------------------------------------------------------------------------------------- widths
def check_widths(figure: Figure, widths: tuple[int, ...]) -> None:
    for width in widths:
        for ascii in (False, True):
            text = plain(figure, width, ascii)
            assert max(map(columns, text.splitlines())) <= width
            assert text.isascii() or not ascii
            assert all(line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("name", [*SMALL, *ONE_EACH])
def test_no_line_is_wider_than_asked(name: str) -> None:
    check_widths(drawn(name), (88, 40))


def test_a_page_is_no_narrower_than_forty_columns() -> None:
    with pytest.raises(ValueError, match="40"):
        plain(drawn("plain"), 39)


def nested(levels: int) -> Figure:
    """Panels in panels, each with branches in which the next ones stand."""
    names = iter(range(10_000))
    inner: list[Child] = [Node("leaf", "conv", ("1×1 conv, 1",))]
    for _ in range(levels):
        n = next(names)
        fork = Node(f"f{n}", "rail", slots=2, used=(0, 1))
        join = Node(f"j{n}", "concat", ("2×2×2",), slots=2)
        split = Split("merge", fork, [inner, [Node(f"c{n}", "pool", ("3×3 max pool, /2",))]], join)
        inner = [Panel(f"p{n}", "block", [split], title=f"level {n} of many", notes=("x" * 40,))]
    return Figure("deep", inner, [])


@pytest.mark.parametrize("levels", [3, 12, 40])
def test_what_is_nested_deeply_has_room(levels: int) -> None:
    check_widths(nested(levels), (88, 40))
    assert labelled(plain(nested(levels), 2000))["3×3 max pool, /2"] == levels


# ------------------------------------------------------------------------------------ hostile texts
HOSTILE = (
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b1m",
    "\u202eturned\u202c \u2066isolated\u2069 \u200bzero\ufeff",
    "\N{CJK UNIFIED IDEOGRAPH-5377}\N{CJK UNIFIED IDEOGRAPH-7A4D}" * 30,
    "e\u0301 a\u0308\u0323 combining",
    "line\nbreak\r\ttab\x00nul \ud800",
    "│ ┼ [ ] ( ) @name ×3 ━━━",
    "long" * 100,
    "",
)


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_texts(text: str, ascii: bool) -> None:
    nodes = [
        Node("a", "input", (text,)),
        Node(text + "b", "conv", (text, text), times=3, shape=text),
        Node("c", "pool", (text,)),
        Node("d", "sum"),
        Node("e", "concat", (text,)),
    ]
    edges = [Edge("a", text + "b"), Edge(text + "b", "c", shape=text), Edge("c", "d")]
    edges += [Edge("a", "d", "shortcut"), Edge(text + "b", "e", "tap"), Edge("d", "e")]
    panel = Panel("p", "block", [*nodes[1:3]], title=text, notes=(text,), times=2)
    figure = Figure(text, [nodes[0], panel, *nodes[3:]], edges, (text,), text)
    for width in (88, 40):
        drawing = plain(figure, width, ascii)
        assert all(c == "\n" or c.isprintable() for c in drawing)
        assert max(map(columns, drawing.splitlines())) <= width
        drawing.encode("ascii" if ascii else "utf-8")


def test_wide_letters_take_two_columns() -> None:
    word = "\N{CJK UNIFIED IDEOGRAPH-5377}" * 4
    children: list[Child] = [Node("a", "conv", (word,)), Node("b", "conv", ("12345678",))]
    rows = plain(Figure("f", children, [Edge("a", "b")])).splitlines()
    assert rows == [f"[ {word} ]", "     │", "[ 12345678 ]"]
    assert columns(rows[0]) == columns(rows[2])


def test_in_ascii() -> None:
    assert in_ascii("3×3 · é ≈ − … \N{GREEK SMALL LETTER ALPHA}") == "3x3 - e ~ - ... ?"


def test_wrapped() -> None:
    assert wrapped("a bc def", 4) == ["a bc", "def"]
    assert wrapped("abcdefgh", 3) == ["abc", "def", "gh"]
    assert wrapped("\N{CJK UNIFIED IDEOGRAPH-5377}" * 3, 4) == [
        "\N{CJK UNIFIED IDEOGRAPH-5377}" * 2,
        "\N{CJK UNIFIED IDEOGRAPH-5377}",
    ]


def test_lines_join_where_they_meet() -> None:
    page = Page()
    page.vertical(1, 0, 2)
    page.horizontal(1, 0, 2)
    page.bar(3, 0, 2)
    page.vertical(1, 2, 3)
    page.frame(4, 0, 6, 2)
    page.horizontal(3, 4, 6, dashed=True)
    assert page.rows() == [" │  ┌─┐", "─┼─ │ │", " │  └─┘", "━┷━ ─╌─"]
    assert page.rows(ascii=True) == [" |  +-+", "-+- | |", " |  +-+", "=+= -.-"]


def test_the_same_every_time() -> None:
    for name in ("googlenet", "ssd300"):
        assert plain(drawn(name), 60) == plain(drawn(name), 60)
