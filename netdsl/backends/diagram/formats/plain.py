"""Figure -> a drawing in characters, for a terminal or a commit message: the flow downwards, branches side by
side where the width allows it and one below the other where it does not, shortcuts on the right, sizes at the
right of the page. `terminal` has the parts of it."""

from __future__ import annotations

from netdsl.backends.diagram.figure import Figure
from netdsl.backends.diagram.formats.terminal.blocks import Block
from netdsl.backends.diagram.formats.terminal.fit import Fit, TooNarrow
from netdsl.backends.diagram.formats.terminal.page import Page, length, shown, wrapped
from netdsl.backends.diagram.formats.terminal.texts import Texts
from netdsl.backends.diagram.formats.terminal.wiring import Wiring
from netdsl.escaping.workflow import quiet

LEAST = 40  # columns of a page
APART = 2  # columns between the drawing and sizes


def plain(figure: Figure, width: int = 88, ascii: bool = False) -> str:
    """A figure as text, no line of which takes more than `width` columns (at least 40). With `ascii` it has
    no characters but those of ASCII."""
    if width < LEAST:
        raise ValueError(f"a drawing takes at least {LEAST} columns")
    try:
        rows = _drawn(figure, width, ascii, sides=True)
    except TooNarrow:
        rows = _drawn(figure, width, ascii, sides=False)
    size = (f"{figure.name}: {figure.size}",) if figure.size else ()
    said = [line for text in (*size, *figure.notes) for line in wrapped(shown(text, ascii), width)]
    return quiet("\n".join([*rows, *([""] if said else []), *said, ""]))


def _drawn(figure: Figure, width: int, ascii: bool, sides: bool, fused: bool = True) -> list[str]:
    """The rows of a drawing; `sides` is whether chains may stand beside others."""
    wiring = Wiring(figure, sides)
    texts = Texts(figure, wiring, ascii, fused)
    reserve = texts.widest_size + APART if texts.widest_size else 0
    rows = _page(texts, width, Fit(texts).fit_run(wiring.run, False, width, reserve))
    if rows is None:  # sizes need columns of their own
        rows = _page(texts, width, Fit(texts).fit_run(wiring.run, False, width - reserve))
    if rows is None and fused:  # what else is in the boxes takes too much room
        return _drawn(figure, width, ascii, sides, fused=False)
    if rows is None:  # sizes that have no room even so are left out
        root = Fit(texts).fit_run(wiring.run, False, width - reserve)
        rows = _page(texts, width, root, least=True)
    assert rows is not None
    return rows


def _page(texts: Texts, width: int, root: Block, least: bool = False) -> list[str] | None:
    """The rows of a drawing with sizes at their right; None if those do not fit into `width`, where `least`
    leaves out those that do not."""
    page = Page()
    root.paint(page, root.left, 0)
    rows = page.rows(texts.ascii)
    said = page.notes
    rows += [""] * (max(said, default=0) + 1 - len(rows))
    long = [y for y, text in said.items() if length(rows[y]) + APART + length(text) > width]
    if long and not least:
        return None
    said = {y: text for y, text in said.items() if y not in long}
    right = max(map(length, rows), default=0) + APART + max(map(length, said.values()), default=0)
    for y, text in said.items():
        rows[y] += " " * (min(width, right) - length(rows[y]) - length(text)) + text
    return rows
