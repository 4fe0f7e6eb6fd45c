"""How values came to where they do not fit: the steps behind each, back to what they have in common."""

from __future__ import annotations

from typing import NamedTuple

from netdsl.design import Link, Merge, Value
from netdsl.diagnostics import Way, Ways
from netdsl.shapes import Shape
from netdsl.syntax import ast

LONGEST_WAY = 400  # steps that are looked back; nobody reads more
MOST_ROWS = 6  # that are shown of a way
LONGEST_STEP = 60


class Fork(NamedTuple):
    """Two ways: the value that both start with (None if they start at different inputs), and the steps of
    each after it."""

    start: Value | None
    one: list[Link]
    other: list[Link]

    @property
    def entry(self) -> Shape | None:
        return self.start.shape if self.start is not None else None


def fork(one: Value, other: Value) -> Fork:
    """The ways to two values."""
    ones, others = _back(one), _back(other)
    seen = {id(value): i for i, (value, _) in enumerate(others)}
    for i, (value, _) in enumerate(ones):
        if id(value) in seen:
            return Fork(value, _steps(ones[:i]), _steps(others[: seen[id(value)]]))
    return Fork(None, _steps(ones), _steps(others))


def _back(value: Value) -> list[tuple[Value, Link | None]]:
    """A value and those that it was made of, with the step that made each, last first. Of several inputs
    of a step the first counts."""
    found: list[tuple[Value, Link | None]] = []
    at: Value | None = value
    while at is not None and len(found) < LONGEST_WAY:
        before = _before(at.maker) if at.maker is not None else None
        if before is at:  # an input that `identity` has handed on
            before = None
            found.append((at, None))
        else:
            found.append((at, at.maker))
        at = before
    return found


def _before(link: Link) -> Value | None:
    if isinstance(link.what, Merge):
        return link.what.region.entry
    return link.inputs[0] if link.inputs else None


def _steps(way: list[tuple[Value, Link | None]]) -> list[Link]:
    return [link for _, link in reversed(way) if link is not None]


# ------------------------------------------------------------------------------------------- shown
def shown_ways(found: Fork, names: tuple[str, str], parts: Link | None) -> Ways | None:
    """Both ways as messages show them; None where they say no more than the marked places do."""
    if max(len(found.one), len(found.other)) < 2:
        return None
    entry = found.entry
    start = str(entry) if entry is not None else None
    pairs = sorted(zip(names, (found.one, found.other)), key=lambda pair: (len(pair[0]), pair[0]))
    return Ways(start, tuple(_way(name, way, entry, parts) for name, way in pairs))


def _way(name: str, way: list[Link], entry: Shape | None, parts: Link | None) -> Way:
    """Steps that give the same shape stand together, but for the one at which the ways part."""
    rows: list[tuple[list[str], str]] = []
    at: int | None = None
    if entry is None and way and way[0].inputs:  # it starts at an input of its own
        first = way[0].inputs[0]
        rows.append(([f"@{first.label}" if first.label else "its input"], str(first.shape)))
    for link in way:
        shape = link.output.shape if link.output is not None else None
        text, gives = step_text(link), str(shape) if shape is not None else "?"
        fits = rows and len(" -> ".join([*rows[-1][0], text])) <= LONGEST_STEP
        if fits and rows[-1][1] == gives and link is not parts and at != len(rows) - 1:
            rows[-1][0].append(text)
            continue
        if link is parts:
            at = len(rows)
        rows.append(([text], gives))
    if not rows:
        return Way(name, (("the same value", str(entry)),))
    shown = [(" -> ".join(texts), gives) for texts, gives in rows]
    if len(shown) > MOST_ROWS:
        shown, at = _shortened(shown, at)
    return Way(name, tuple(shown), at)


def _shortened(
    rows: list[tuple[str, str]], at: int | None
) -> tuple[list[tuple[str, str]], int | None]:
    """The first rows, the one at which the ways part, and the last."""
    wanted = {0, 1, len(rows) - 2, len(rows) - 1}
    kept: list[int] = sorted(wanted if at is None else wanted | {at})
    found: list[tuple[str, str]] = []
    place, before = None, -1
    for i in kept:
        if i > before + 1:
            found.append(("...", ""))
        if i == at:
            place = len(found)
        found.append(rows[i])
        before = i
    return found, place


def step_text(link: Link) -> str:
    """A step as it is written, in a few words."""
    node = link.node
    text = node.step.span.text if isinstance(node, ast.Link) else node.span.text
    if isinstance(node, ast.Link) and isinstance(node.step, ast.Call) and node.step.body:
        text = f"{node.step.name.text} {{ ... }}"
    elif isinstance(node, ast.Link) and isinstance(node.step, ast.Group):
        text = f"{link.label}: {{ ... }}" if link.label else "{ ... }"
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_STEP else f"{text[: LONGEST_STEP - 3]}..."
