"""Residual blocks as a chain, and as the tree of all paths through them. Both flow downwards, and a block stands at
the same height in both."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.diagram.kinds.residual_blocks import Block
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Placed, Point, Route, Scene

BOX, WIDE, NARROW = 12.5, 34.0, 20.0  # a block: its height, its width in the chain and in the tree
RISE = 44.0  # from block to block
FIRST = 34.0  # from the top to the first block
SUM = 11.0  # from a block to the middle of its sum
# from path to path: at most, at least, and with blocks by name
STEP, LEAST, ROOMY = (
    36.0,
    22.0,
    30.0,
)
ENTRY = 32.0  # from the left of the tree to the first path
PASS = 15.0  # from a block in the chain to its shortcut
AIR = 6.0


def top_of(level: int) -> float:
    """The top of the blocks of a level, from 0 on."""
    return FIRST + RISE * level


def foot(n: int) -> float:
    """Where drawings of so many blocks end."""
    return top_of(n - 1) + BOX + SUM + pen.CIRCLE + 8 + 9.4


def chain_width(blocks: Sequence[Block]) -> float:
    return PASS + WIDE + AIR + max(text_width(b.name, pen.SMALL) for b in blocks)


def tree_width(n: int, step: float) -> float:
    return ENTRY + step * (2**n - 1) + NARROW / 2 + pen.PLATE


def step_for(n: int, room: float) -> float:
    """How far apart paths stand in so much room; less than `LEAST` is too little."""
    return min(STEP, (room - tree_width(n, 0.0)) / (2**n - 1))


# ------------------------------------------------------------------------------------------- chain
def chain(scene: Scene, blocks: Sequence[Block], left: float, name: str) -> None:
    """The blocks one below the other, each with its shortcut on the left and its name on the right."""
    wide = WIDE
    x = left + PASS + wide / 2
    before = f"{name} in"
    _stadium(scene, x, 4.7, "x", before)
    y = 9.4
    for level, block in enumerate(blocks):
        top = top_of(level)
        fork, middle = top - 10.0, top + BOX + SUM
        node, meet = f"{name}.{block.name}", f"{name}.{block.name} sum"
        _line(scene, before, node, [(x, y), (x, top - pen.PLATE)])
        lane = left
        dash = pen.CHANGES if block.way else None
        points = [(x, fork), (lane, fork), (lane, middle), (x - pen.CIRCLE, middle)]
        _line(scene, before, meet, points, "shortcut", dash)
        _line(scene, node, meet, [(x, top + BOX), (x, middle - pen.CIRCLE)])
        pen.box(scene, x, top + BOX / 2, wide, BOX, "stack", (f"f{level + 1}",), pen.TITLE)
        scene.text(x + wide / 2 + AIR, top + BOX / 2, block.name, pen.SMALL, "start", fill="muted")
        pen.sign(scene, x, middle, "sum")
        steps = tuple(block.steps.items())
        _node(scene, node, "stack", x, top + BOX / 2, wide, BOX, (f"f{level + 1}",), steps)
        _node(scene, meet, "sum", x, middle, 2 * pen.CIRCLE, 2 * pen.CIRCLE)
        before, y = meet, middle + pen.CIRCLE
    end = f"{name} out"
    _line(scene, before, end, [(x, y), (x, y + 8)])
    _stadium(scene, x, y + 8 + 4.7, "y", end)


# -------------------------------------------------------------------------------------------- tree
def tree(scene: Scene, blocks: Sequence[Block], left: float, top: float, step: float) -> None:
    """The paths side by side. At every level two of them meet: the left one passes the block, the right one goes
    through it."""
    n = len(blocks)
    start = left + ENTRY
    xs = [start + step * i for i in range(2**n)]
    rail = top + 4.7 + 9
    _stadium(scene, left + 9, rail, "x", "tree in")
    for i, x in enumerate(xs):
        said = _path(i, n, step)
        scene.text(x, top + 3.5, said, pen.SMALL, fill="muted")
    scene.path([(left + 18, rail), (xs[-1], rail)], None, "edge", pen.EDGE, closed=False, radius=3)
    y = rail
    names = ["tree in"] * len(xs)
    for level, block in enumerate(blocks):
        box_top, said = top + top_of(level), (f"f{level + 1}",)
        middle = box_top + BOX + SUM
        dash = pen.CHANGES if block.way else None
        after: list[float] = []
        met: list[str] = []
        for i in range(0, len(xs), 2):
            over, through = xs[i], xs[i + 1]
            x = (over + through) / 2
            node, meet = f"tree f{level + 1}.{i // 2 + 1}", f"tree sum{level + 1}.{i // 2 + 1}"
            points = [(over, y), (over, middle), (x - pen.CIRCLE, middle)]
            _line(scene, names[i], meet, points, "shortcut", dash)
            _line(scene, names[i + 1], node, [(through, y), (through, box_top - pen.PLATE)])
            points = [(through, box_top + BOX), (through, middle), (x + pen.CIRCLE, middle)]
            _line(scene, node, meet, points)
            pen.box(scene, through, box_top + BOX / 2, NARROW, BOX, "stack", said, pen.TITLE)
            pen.sign(scene, x, middle, "sum")
            _node(scene, node, "stack", through, box_top + BOX / 2, NARROW, BOX, said)
            _node(scene, meet, "sum", x, middle, 2 * pen.CIRCLE, 2 * pen.CIRCLE)
            after.append(x)
            met.append(meet)
        xs, names, y = after, met, middle + pen.CIRCLE
    _line(scene, names[0], "tree out", [(xs[0], y), (xs[0], y + 8)])
    _stadium(scene, xs[0], y + 8 + 4.7, "y", "tree out")


def _path(number: int, n: int, step: float) -> str:
    """The blocks of a path, in the order in which it goes through them."""
    found = [i + 1 for i in range(n) if number >> i & 1]
    if not found:
        return "\N{EN DASH}"
    return " ".join(f"f{i}" for i in found) if n < 4 and step >= ROOMY else "".join(map(str, found))


# ------------------------------------------------------------------------------------------- parts
def raised(
    scene: Scene, x: float, y: float, parts: Sequence[tuple[str, bool]], size: float
) -> None:
    """Words from `x` on in bold letters, of which some are exponents: those stand higher and close."""
    for text, high in parts:
        own = pen.SMALL if high else size
        scene.text(x + high, y - 3.0 * high, text, own, "start", bold=True)
        x += _part_width(text, high, size)


def raised_width(parts: Sequence[tuple[str, bool]], size: float) -> float:
    return sum(_part_width(text, high, size) for text, high in parts)


def _part_width(text: str, high: bool, size: float) -> float:
    """How far the next part is; behind an exponent there is a space."""
    return text_width(text, pen.SMALL, True) + 4 if high else text_width(text, size, True)


def _stadium(scene: Scene, x: float, y: float, text: str, name: str) -> None:
    pen.box(scene, x, y, 18, 9.4, "input", (text,))
    _node(scene, name, "input", x, y, 18, 9.4, (text,))


def _line(
    scene: Scene,
    tail: str,
    head: str,
    points: Sequence[Point],
    role: str = "flow",
    dash: str | None = None,
) -> None:
    line = pen.SHORTCUT if role == "shortcut" else pen.EDGE
    pen.arrow(scene, points, line=line, dash=dash)
    spots = tuple((round(x, 2), round(y, 2)) for x, y in points)
    scene.routes.append(Route(tail, head, spots, role, dash is not None))


def _node(
    scene: Scene,
    name: str,
    kind: str,
    x: float,
    y: float,
    wide: float,
    high: float,
    lines: tuple[str, ...] = (),
    steps: tuple[tuple[str, int], ...] = (),
) -> None:
    spot = (round(x - wide / 2, 2), round(y - high / 2, 2))
    scene.nodes.append(Placed(name, kind, *spot, wide, high, lines, steps))
