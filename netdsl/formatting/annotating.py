"""Shapes behind `::`, written and refreshed: what `netdsl fmt --annotate` does.

A line gets one if it is a chain of steps that stands on a line of its own (no bar, no body on one line)
and gives the same shape everywhere it runs: in all nets of the file, in all uses of its block, in all
rounds of its loops. A shape that is stated and wrong is replaced, with `?` for the sides in which uses
differ, or taken away where that leaves nothing to write; one that holds stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from netdsl.compiler import Compilation
from netdsl.depth import with_room
from netdsl.design import Link, Predicted
from netdsl.formatting import formatted
from netdsl.source import Source
from netdsl.syntax import ast
from netdsl.syntax.tables import grammar
from netdsl.walks import every_scope, links_of

Sides = tuple[int | None, ...]


@with_room
def annotated(
    text: str, name: str = "<text>", path: Path | None = None, root: Path | None = None
) -> str:
    """A text in its canonical form, with shapes. `path` is its file, by which imports are found. Raises
    `NetError` where it cannot be read or compiled."""
    text = formatted(text, name)
    source = Source(name, text)
    compilation = Compilation(source, path, root)
    shapes: dict[ast.Link, list[Sides | None]] = {}
    wrong: set[int] = set()
    for design, verdicts in compilation.judged():
        wrong |= {
            v.span.start for v in verdicts.in_order() if not v.met and v.span.source is source
        }
        for scope in every_scope(design.net):
            for link in links_of(scope.region):
                if isinstance(link.origin, ast.Link):
                    shapes.setdefault(link.origin, []).append(_sides(link))
    assert compilation.file is not None
    tree = compilation.file.tree
    edits = sorted(_edits(text, tree, shapes, wrong), reverse=True)
    for start, end, shape in edits:
        text = text[:start] + shape + text[end:]
    return formatted(text, name)


def _edits(
    text: str, tree: ast.File, shapes: dict[ast.Link, list[Sides | None]], wrong: set[int]
) -> Iterator[tuple[int, int, str]]:
    """What to write where: characters `start` to `end` become a text."""
    for node in ast.below(tree):
        if isinstance(node, ast.Link) and node.belief is not None:
            if node.belief.span.start in wrong:
                common = _common(shapes.get(node, ()))
                if common is not None:
                    yield node.belief.span.start, node.belief.span.end, _written(common)
                else:
                    yield from _without(text, node)
        elif isinstance(node, ast.Chain) and _begins_line(text, node.span.start):
            last = node.links[-1]
            found = set(shapes.get(last, ()))
            if last.belief is None and len(found) == 1:
                (sides,) = found
                if sides is not None and sides != (None,):
                    yield last.span.end, last.span.end, f" :: {_written(sides)}"


def _without(text: str, node: ast.Link) -> Iterator[tuple[int, int, str]]:
    """Nothing in the place of `:: shape`, unless a comment stands there."""
    for token in grammar().lex(text, node.step.span.end):
        if token == "::":
            if "#" not in text[token.start_pos : node.span.end]:
                yield token.start_pos, node.span.end, ""
            return


def _begins_line(text: str, start: int) -> bool:
    return not text[text.rfind("\n", 0, start) + 1 : start].strip()


def _common(found: Iterable[Sides | None]) -> Sides | None:
    """The shape of all uses, open where they differ; None if that cannot be written."""
    every = set(found)
    if not every or None in every:
        return None
    shapes = [sides for sides in every if sides is not None]
    if len({len(sides) for sides in shapes}) > 1:
        return None
    common = tuple(side[0] if len(set(side)) == 1 else None for side in zip(*shapes))
    return None if common == (None,) else common


def _written(sides: Sides) -> str:
    return "x".join("?" if side is None else str(side) for side in sides)


def _sides(link: Link) -> Sides | None:
    """The shape that a step gives; None if it gives no single value."""
    value = link.output
    if value is None or value.shape is None or isinstance(link.what, Predicted):
        return None
    return tuple(side if isinstance(side, int) else None for side in value.shape)
