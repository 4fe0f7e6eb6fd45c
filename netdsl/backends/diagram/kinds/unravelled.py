"""A residual network as the paths that run through it: with n blocks they are 2 to the power of n, for each block is
gone through or passed (Veit et al., "Residual Networks Behave Like Ensembles of Relatively Shallow Networks",
2016, figure 1)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import comb

from netdsl.backends.diagram.kinds.bars import Bars, bars
from netdsl.backends.diagram.kinds.residual_blocks import Block, residual_blocks
from netdsl.backends.diagram.kinds.unravelled_tree import (
    LEAST,
    chain,
    chain_width,
    foot,
    raised,
    step_for,
    tree,
    tree_width,
)
from netdsl.backends.diagram.scene import legend
from netdsl.backends.diagram.scene.legend import Entry
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import clean, plural
from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError

MOST, SHOWN = 4, 3  # blocks that are drawn as a tree; of more, the first
PAGE = 496.8  # 6.9 inches
BETWEEN, LETTER = 20.0, 14.0  # between parts; from the letter of a part to its title
TITLE = 8.5
MOST_DIGITS = 18


def unravelled(design: Design, settings: Settings | None = None) -> Scene:
    """The network's first residual blocks (those below `settings.only`) as a chain, the tree of the paths through
    them, and how many paths have which length.

    Up to four blocks are all drawn, of more the first three; fewer where the page is too narrow. Raises
    `NetError` (E433) where no block has a shortcut.
    """
    settings = settings or Settings()
    found = _chosen(design, settings)
    page = (settings.width or PAGE) - 4
    shown = found if len(found) <= MOST else found[:SHOWN]
    while len(shown) > 1 and step_for(len(shown), page) < LEAST:
        shown = shown[:-1]
    name, n = clean(design.name), len(shown)
    scene = Scene(f"{name}, unravelled", _description(name, found, shown))
    first = max(chain_width(shown), LETTER + text_width(name, TITLE, True)) + BETWEEN
    beside = step_for(n, page - first) >= LEAST
    left, top = (first, 0.0) if beside else (0.0, foot(n) + 30.0)
    step = step_for(n, page - left)
    chain(scene, shown, 0, name)
    _title(scene, 0, -12, "(a)", [(name, False)])
    tree(scene, shown, left, top, step)
    _title(scene, left, top - 12, "(b)", [("unravelled: 2", False), (str(n), True), _paths(2**n)])
    bottom = _lengths(
        scene, found, n, left if beside else min(first, page / 2), top + foot(n) + 16, page
    )
    if settings.legend:
        wide = max(left + tree_width(n, step), 180.0)
        bottom = legend.legend(scene, 0, bottom + 6, wide, _entries(shown), _notes(shown, found))
    scene.crop()
    return scene


def _paths(number: int) -> tuple[str, bool]:
    return f"= {plural(number, 'path')}", False


def _title(
    scene: Scene, x: float, y: float, letter: str, parts: Sequence[tuple[str, bool]]
) -> None:
    scene.text(x, y, letter, TITLE, "start", bold=True)
    raised(scene, x + LETTER, y, parts, TITLE)


def _chosen(design: Design, settings: Settings) -> list[Block]:
    """The blocks that are asked for."""
    every = residual_blocks(design)
    name = clean(design.name)
    if not every:
        message = f"`{name}` has no residual blocks: there is one path through it"
        hint = "the view is for networks with `residual { ... }`, like zoo:resnet18"
        raise NetError([Diagnostic("E433", message, hint=hint)])
    only = settings.only
    found = [b for b in every if not only or any(_below(b.name, path) for path in only)]
    if not found:
        parts = list(dict.fromkeys(block.name.split(".")[0] for block in every))
        hint = f"there are some in {', '.join(parts[:6])}{', ...' if len(parts) > 6 else ''}"
        message = f"`{clean(', '.join(only))}` of `{name}` has no residual blocks"
        raise NetError([Diagnostic("E433", message, hint=hint)])
    return found


def _below(name: str, path: str) -> bool:
    """Whether a block is the part at a path, or stands in it."""
    return name == path or name.startswith((f"{path}.", f"{path} "))


def _lengths(
    scene: Scene, found: list[Block], n: int, second: float, top: float, page: float
) -> float:
    """Bars for the paths that are drawn, and from `second` on for those of all blocks if there are more."""
    few = Bars([comb(n, k) for k in range(n + 1)], 16.0)
    _title(scene, 0, top, "(c)", [("paths by length", False)])
    bottom = bars(scene, LETTER, top + 11, few, ("blocks on the path",))
    total = len(found)
    if total > n:
        many = Bars(
            [comb(total, k) for k in range(total + 1)],
            min(16.0, min(190.0, page - second - LETTER - 4) / (total + 1)),
        )
        parts = [(f"all {total} blocks: 2", False), (str(total), True), ("paths", False)]
        _title(scene, second, top, "(d)", parts)
        said = [f"{total / 2:g} of {total} blocks on the mean path"]
        if len(str(2**total)) <= MOST_DIGITS:
            said.append(f"{_spaced(2**total)} paths")
        bottom = max(bottom, bars(scene, second + LETTER, top + 11, many, said))
    return bottom


def _entries(shown: list[Block]) -> list[Entry]:
    entries = [Entry("stack", "residual block"), Entry("@sum", "sum")]
    if any(not block.way for block in shown):
        entries.append(Entry("@shortcut", "identity"))
    if any(block.way for block in shown):
        ways = dict.fromkeys(" and ".join(block.way) for block in shown if block.way)
        entries.append(Entry("@changes", f"shape changes: {'; '.join(ways)}"))
    return entries


def _notes(shown: list[Block], found: list[Block]) -> list[str]:
    """What the blocks do, and what the view leaves out."""
    said = []
    for layers, group in groupby(enumerate(shown, 1), lambda pair: pair[1].layers):
        names = [f"f{i}" for i, _ in group]
        said.append(
            f"{' and '.join(filter(None, [', '.join(names[:-1]), names[-1]]))}: [{'; '.join(layers)}]"
        )
    said.append("above each line: the blocks on its path")
    then = list(dict.fromkeys(block.then for block in found if block.then))
    if then:
        said.append(f"{' and '.join(then)} behind the sums is left out, as in the paper")
    return said


def _description(name: str, found: list[Block], shown: list[Block]) -> str:
    """What somebody would say who sees the figure."""
    n, total = len(shown), len(found)
    names = ", ".join(block.name for block in shown)
    more = f" All {total} blocks have 2 to the power of {total} paths." if total > n else ""
    lengths = ", ".join(f"{comb(n, k)} of length {k}" for k in range(n + 1))
    return (
        f"{plural(n, 'residual block')} of {name} ({names}) as a chain with shortcuts, and as the tree "
        f"of the {2**n} paths through them: {lengths}.{more}"
    )


def _spaced(number: int) -> str:
    """`18 014 398`."""
    return f"{number:,}".replace(",", " ") if number >= 10_000 else str(number)
