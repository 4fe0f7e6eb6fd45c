"""Widths of texts and boxes in points, so that boxes in a column are equally wide in every figure.

Graphviz measures with whatever font the machine has; a box only grows where that font is wider than
what is usual.
"""

from __future__ import annotations

import re

from netdsl.backends.diagram.figure import BARS, Child, Node, Panel, Split

# Helvetica's widths in thousandths of the size, from the space (32) to the tilde (126): Adobe's font
# metrics, Core 14.
_WIDTHS = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
    *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
    *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
    *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
)
_OTHER = {"\N{MULTIPLICATION SIGN}": 584, "\N{MINUS SIGN}": 584, "\N{HORIZONTAL ELLIPSIS}": 1000}
_BOLD = 1.08  # Helvetica Bold is wider by about this
WIDER = 1.2  # the usual fallback, DejaVu Sans, by this (bold by still more): boxes have room for it

MAIN, SMALL = 9.0, 7.5  # sizes of the first line and of the others
LINE, SMALL_LINE = 12.0, 9.0
CIRCLE = 13.0
BAR_HEIGHT = 14.0
GAP = 9.0  # between boxes side by side
ROW = 12.0  # between boxes above each other
MARGIN = 7.0  # of a panel, around what is in it
LANE = 14.0  # a line beside a body
NARROWEST = 46.0


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width of a text in Helvetica, in points."""
    total = 0
    for letter in text:
        code = ord(letter)
        total += (
            _WIDTHS[code - 32]
            if 32 <= code < 127
            else _OTHER.get(letter, 600 if code < 0x2E80 else 1000)
        )
    return total * size / 1000 * (_BOLD if bold else 1)


def wrapped(text: str, size: float, most: float) -> list[str]:
    """A text in lines of at most `most` points, if possible at its commas. Words that are too long alone
    are cut."""
    lines: list[str] = []
    for part in re.split(r"(?<=[,:;]) ", text):
        whole = WIDER * text_width(part, size) <= most
        for word in [part] if whole else part.split():
            while WIDER * text_width(word, size) > most and len(word) > 2:
                word = word.rstrip("\N{HORIZONTAL ELLIPSIS}")[:-1] + "\N{HORIZONTAL ELLIPSIS}"
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and WIDER * text_width(longer, size) <= most:
                lines[-1] = longer
            else:
                lines.append(word)
    return lines


def node_lines(node: Node) -> list[tuple[str, float]]:
    """The lines of a box with their sizes; how often it stands there is part of the first."""
    lines = []
    for i, text in enumerate(node.lines):
        if i == 0 and node.times > 1:
            text = f"{text}  \N{MULTIPLICATION SIGN}{node.times}"
        lines.append((text, MAIN if i == 0 else SMALL))
    return lines


def natural_width(node: Node) -> float:
    """How wide a box must be for its text."""
    if node.kind in ("fork", "rail", "entry"):
        return 1.0
    if node.kind in BARS:
        return WIDER * text_width(node.lines[0], MAIN, bold=True) + 12 if node.lines else 20.0
    if not node.lines:
        return CIRCLE
    slanted = 10.0 if node.kind in ("pool", "up", "param", "stack") else 0.0
    widest = max(text_width(text, size) for text, size in node_lines(node))
    return max(NARROWEST, WIDER * widest + 10 + slanted)


def node_height(node: Node) -> float:
    if node.kind in ("rail", "fork", "entry"):
        return 3.0
    if node.kind in BARS:
        return BAR_HEIGHT
    if not node.lines:
        return CIRCLE
    if node.kind == "activation":
        return LINE + 1
    return 5.0 + LINE + SMALL_LINE * (len(node.lines) - 1)


class Widths:
    """The width of every box: one for the trunk, one or two for the branches of each merge."""

    def __init__(self, children: list[Child]) -> None:
        self.of: dict[str, float] = {}
        trunk: list[Node] = []
        self._collect(children, trunk)
        self._settle(trunk, most=3.0)

    def _collect(self, children: list[Child], level: list[Node]) -> None:
        """Boxes that stand above each other, and on the way those of the merges between them."""
        for child in children:
            if isinstance(child, Node):
                self._box(child, level)
            elif isinstance(child, Panel):
                self._collect(child.children, level)
            elif child.kind in ("merge", "fan"):
                beside: list[Node] = []
                for branch in child.branches:
                    self._collect(branch, beside)
                self._settle(beside)
            else:
                body, *around = child.branches
                self._collect(body, level)
                for branch in around:
                    beside = []
                    self._collect(branch, beside)
                    self._settle(beside)

    def _box(self, node: Node, level: list[Node]) -> None:
        if node.lines and node.kind not in ("compute", "param", *BARS):
            level.append(node)
        else:
            self.of[node.name] = natural_width(node)

    def _settle(self, nodes: list[Node], most: float = 1.45) -> None:
        """Equal widths; where they differ too much, in classes."""
        ordered = sorted(nodes, key=natural_width)
        group: list[Node] = []
        for node in [*ordered, None]:
            if node is not None and (
                not group or natural_width(node) <= most * natural_width(group[0])
            ):
                group.append(node)
                continue
            if group:
                width = natural_width(group[-1])
                for member in group:
                    self.of[member.name] = width
            group = [node] if node is not None else []

    # ------------------------------------------------------------------------------------- extents
    def extent(self, children: list[Child]) -> float:
        """How wide boxes that stand above each other are together."""
        return max((self._one(child) for child in children), default=LANE)

    def _one(self, child: Child) -> float:
        if isinstance(child, Node):
            return self.of.get(child.name, natural_width(child))
        if isinstance(child, Panel):
            left = self.left(child.children)
            more = max(self.title(child) + GAP - MARGIN - left, 0)  # keeps the title off the line
            return self.extent(child.children) + more + 2 * MARGIN
        parts = self.slots(child)
        return sum(parts) + (margin_left(child, parts) if child.kind == "merge" else 0)

    def left(self, children: list[Child]) -> float:
        """How far boxes that stand above each other reach to the left of their axis."""
        return max((self._left(child) for child in children), default=0)

    def _left(self, child: Child) -> float:
        if isinstance(child, Panel):
            return max(self.left(child.children), self.title(child) + GAP - MARGIN) + MARGIN
        if isinstance(child, Split) and child.kind != "merge":
            return self.left(child.branches[0])
        return self._one(child) / 2

    def title(self, panel: Panel) -> float:
        """The width of a panel's title."""
        first = panel.title + (f" \N{MULTIPLICATION SIGN}{panel.times}" if panel.times > 1 else "")
        notes = (WIDER * text_width(note, SMALL) for note in panel.notes)
        return max(1.13 * WIDER * text_width(first, MAIN + 1, bold=True), *notes, 0.0)

    def slots(self, split: Split) -> list[int]:
        """The widths of the branches of a split, with the gaps between them: odd, so that there is a
        middle."""
        return [2 * round((self.extent(branch) + GAP) / 2) + 1 for branch in split.branches]


def order(split: Split) -> list[int]:
    """The branches of a split from left to right: in the order of the text, but what comes from
    elsewhere stands to the right of the chain's own branch, where long lines can reach it."""
    numbers = list(range(len(split.branches)))
    if split.main is not None:
        numbers.remove(split.main)
        numbers.insert(0, split.main)
    return numbers


def margin_left(split: Split, parts: list[int]) -> int:
    """The room that a bar needs on its left for the chain's own branch to be in its middle."""
    return 0 if split.main is None else sum(parts) - parts[split.main]
