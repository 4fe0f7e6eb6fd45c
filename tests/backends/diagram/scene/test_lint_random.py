"""Random figures: what is drawn apart has no fault, and what is then moved has one."""

from __future__ import annotations

from collections.abc import Callable

from drawn_scenes import TALL, Drawing, kinds
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from work import growth

from netdsl.backends.diagram.scene import faults, pen
from netdsl.backends.diagram.scene.geometry import clipped, depth, inside
from netdsl.backends.diagram.scene.grid import Grid
from netdsl.backends.diagram.scene.lint import lint
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Scene, Text, moved, text_extent
from netdsl.backends.diagram.scene.themes import KINDS, NAMES, named

WORDS = ("conv", "3\N{MULTIPLICATION SIGN}3 conv, 64, /2", "fc, 1000", "pool", "Wgjpqy|")
CELL_WIDTH, CELL_HEIGHT = 110.0, 34.0

cells = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 8)), min_size=1, max_size=24, unique=True
)
places = st.lists(
    st.tuples(
        st.sampled_from(WORDS),
        st.sampled_from(list(KINDS)),
        st.floats(-8, 8),  # where in its cell
        st.floats(-6, 6),
        st.floats(3.2, 25),  # room beside the text
    ),
    min_size=24,
    max_size=24,
)


def scattered(
    spots: list[tuple[int, int]], how: list[tuple[str, str, float, float, float]]
) -> Drawing:
    """Boxes in cells of a grid, one each, with their text."""
    scene = Drawing()
    for (column, row), (text, kind, dx, dy, room) in zip(spots, how):
        x, y = column * CELL_WIDTH + dx, row * CELL_HEIGHT + dy
        scene.put(f"n{column}_{row}", x, y, text, text_width(text, pen.TEXT) + room, kind)
    return scene


@settings(max_examples=60, deadline=None)
@given(cells, places, st.sampled_from(NAMES))
def test_boxes_that_stand_apart(
    spots: list[tuple[int, int]], how: list[tuple[str, str, float, float, float]], theme: str
) -> None:
    assert kinds(scattered(spots, how), theme) == []


@settings(max_examples=60, deadline=None)
@given(cells, places, st.data())
def test_one_box_on_another(
    spots: list[tuple[int, int]],
    how: list[tuple[str, str, float, float, float]],
    data: st.DataObject,
) -> None:
    """A copy of one box with its text is put onto another, by at least a point."""
    scene = scattered(spots, how)
    node = data.draw(st.sampled_from(scene.nodes))
    across = data.draw(st.floats(-1, 1)) * (node.width - 1.1)
    down = data.draw(st.floats(-1, 1)) * (node.height - 1.1)
    x, y = node.left + node.width / 2 + across, node.top + node.height / 2 + down
    scene.put("moved", x, y, node.lines[0], node.width, node.kind)
    assert faults.BOX_BOX in kinds(scene)


@settings(max_examples=60, deadline=None)
@given(cells, places, st.data())
def test_one_text_onto_another(
    spots: list[tuple[int, int]],
    how: list[tuple[str, str, float, float, float]],
    data: st.DataObject,
) -> None:
    scene = scattered(spots, how)
    texts = [item for item in scene.items if isinstance(item, Text)]
    text = data.draw(st.sampled_from(texts))
    left, top, right, bottom = text_extent(text)
    dx = data.draw(st.floats(-1, 1)) * (right - left - 1)
    dy = data.draw(st.floats(-1, 1)) * (bottom - top - 1)
    scene.items.append(moved(text, dx, dy))
    assert faults.TEXT_TEXT in kinds(scene)


@settings(max_examples=60, deadline=None)
@given(cells, places, st.data())
def test_a_line_through_the_figure(
    spots: list[tuple[int, int]],
    how: list[tuple[str, str, float, float, float]],
    data: st.DataObject,
) -> None:
    """A line from edge to edge through the middle of some box; it crosses its text, too."""
    scene = scattered(spots, how)
    node = data.draw(st.sampled_from(scene.nodes))
    x, y = node.left + node.width / 2, node.top + node.height / 2
    slope = data.draw(st.floats(-0.2, 0.2))
    pen.arrow(scene, [(x - 900, y - 900 * slope), (x + 900, y + 900 * slope)], head=False)
    found = kinds(scene)
    assert faults.LINE_BOX in found and faults.LINE_TEXT in found


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 12), st.data())
def test_a_chain_without_one_of_its_boxes(count: int, data: st.DataObject) -> None:
    """A box that moves away leaves two loose ends, or one at the ends of the chain."""
    scene = Drawing()
    names = scene.chain(count)
    assert kinds(scene) == []
    gone = data.draw(st.integers(0, count - 1))
    scene.nodes[gone] = scene.nodes[gone]._replace(left=300.0, lines=())
    scene.crop()
    found = [fault for fault in lint(scene, named("light")) if fault.kind == faults.LOOSE]
    assert len(found) == (1 if gone in (0, count - 1) else 2)
    assert all(f"`{names[gone]}`" in fault.what for fault in found)


# ------------------------------------------------------------------------------------ what it rests on
boxes = st.tuples(*[st.floats(-100, 100)] * 2, *[st.floats(0, 90)] * 2).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@settings(max_examples=200, deadline=None)
@given(st.lists(boxes, max_size=30), boxes)
def test_the_grid_finds_what_a_search_of_all_finds(
    things: list[tuple[float, ...]], at: tuple[float, ...]
) -> None:
    grid: Grid[int] = Grid()
    for number, box in enumerate(things):
        grid.add(box, number)  # type: ignore[arg-type]
    wanted = [i for i, box in enumerate(things) if depth(box, at) >= 0]  # type: ignore[arg-type]
    assert grid.near(at) == wanted  # type: ignore[arg-type]


@settings(max_examples=200, deadline=None)
@given(boxes, st.tuples(*[st.floats(-120, 120)] * 4))
def test_a_clipped_line_is_what_lies_in_the_box(
    box: tuple[float, float, float, float], ends: tuple[float, float, float, float]
) -> None:
    """Against points of the line, looked at one by one."""
    left, top, right, bottom = box
    assume(right - left > 1 and bottom - top > 1)
    (x0, y0, x1, y1) = ends
    points = [(x0 + (x1 - x0) * i / 400, y0 + (y1 - y0) * i / 400) for i in range(401)]
    within = [(x, y) for x, y in points if left <= x <= right and top <= y <= bottom]
    part = clipped(((x0, y0), (x1, y1)), box)
    assert part is not None or not within
    if part is not None:
        step = max(abs(x1 - x0), abs(y1 - y0)) / 400 + 1e-6
        for x, y in part:
            assert left - 1e-6 <= x <= right + 1e-6 and top - 1e-6 <= y <= bottom + 1e-6
        for (x, y), (a, b) in zip(part, (within[0], within[-1]) if within else part):
            assert abs(x - a) <= step and abs(y - b) <= step


@settings(max_examples=100, deadline=None)
@given(st.tuples(st.floats(-60, 60), st.floats(-60, 60)))
def test_inside_of_a_polygon(point: tuple[float, float]) -> None:
    """A diamond, whose inside is known."""
    x, y = point
    assume(abs(abs(x) + abs(y) - 50) > 0.01)
    assert inside(point, [(0, -50), (50, 0), (0, 50), (-50, 0)]) == (abs(x) + abs(y) < 50)


# -------------------------------------------------------------------------------------------- speed
def large(columns: int = 10, rows: int = 200) -> Scene:
    """2,000 boxes with a text each, 4,000 lines."""
    scene = Drawing()
    for column in range(columns):
        for row in range(rows):
            x, y = 100.0 * column, 19.0 * row
            scene.put(f"{column}_{row}", x, y, WORDS[1], 80, "pool")
            if row:
                scene.line(
                    f"{column}_{row - 1}",
                    f"{column}_{row}",
                    [(x, y - 19 + TALL / 2), (x, y - TALL / 2)],
                )
            if row > 1 and row % 2 == 0:
                low, high = y - TALL / 2 - 3, y - 38 + TALL / 2 + 2
                way = [
                    (x, high - 2),
                    (x, high),
                    (x + 46, high),
                    (x + 46, low),
                    (x, low),
                    (x, low + 3),
                ]
                scene.line(f"{column}_{row - 2}", f"{column}_{row}", way, "shortcut")
    scene.crop()
    return scene


def test_thousands_of_boxes() -> None:
    """All pairs of texts alone would be two millions: work grows with the boxes, not with their pairs."""
    assert lint(large(), named("print")) == []

    def checked(rows: int) -> Callable[[], object]:
        scene = large(rows=rows)
        return lambda: lint(scene, named("print"))

    assert growth(checked, 10) < 1.3


def bus(lines: int) -> Scene:
    """So many lines from one box on one rail."""
    scene = Drawing()
    scene.put("top", 0, 0)
    for i in range(lines):
        scene.place(f"n{i}", "rail", 3.0 * i, 30, 2, 2)
        way = [(0, TALL / 2), (0, 20), (3.0 * i + 1, 20), (3.0 * i + 1, 30)]
        scene.line("top", f"n{i}", way, painted=False)
    return scene


def test_a_bus_of_many_lines() -> None:
    """2,000 lines are two millions of pairs, all of them fine."""
    assert kinds(bus(2000)) == []

    def checked(size: int) -> Callable[[], object]:
        scene = bus(size)
        return lambda: kinds(scene)

    assert growth(checked, 100) < 2  # 4.0 would be all pairs
