"""What a message suggests works: where the hint is a change of the text, the changed text is right."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from verdicts import said_about

from netdsl.diagnostics import Diagnostic, Edit, render

MUSEUM = Path(__file__).parent / "museum"
EXHIBITS = sorted(
    path
    for path in MUSEUM.rglob("*.net")
    if not path.read_text(encoding="utf-8").startswith("# --") and not path.name.startswith("_")
)
# Branches that fit in more than one way, or in none that a change of one place gives.
NO_CHANGE = {"two_inputs"}


def changed(text: str, edits: Iterable[Edit]) -> str:
    for edit in sorted(edits, key=lambda e: e.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def errors(text: str, path: Path) -> list[Diagnostic]:
    return [d for d in said_about(text, path) if d.severity == "error"]


def repaired(path: Path) -> tuple[str, int]:
    """The text after all changes that hints suggest, and how many these were. One mistake can hide
    another, so that it takes several rounds."""
    text, count = path.read_text(encoding="utf-8"), 0
    for _ in range(5):
        found = [d for d in errors(text, path) if d.changes]
        edits = [
            e
            for d in found
            for e in d.changes
            if all(c.span.source.text == text for c in d.changes)
        ]
        if not edits:
            break
        text, count = changed(text, edits), count + len(edits)
    return text, count


@pytest.mark.parametrize("path", EXHIBITS, ids=[f"{p.parent.name}/{p.stem}" for p in EXHIBITS])
def test_a_change_takes_its_mistake_away(path: Path) -> None:
    """Those that have no change are left, and no other comes in the place of the rest."""
    text, count = repaired(path)
    if not count:
        return
    before = errors(path.read_text(encoding="utf-8"), path)
    left = errors(text, path)
    others = [
        d for d in before if not d.changes or d.span is None or d.span.source.name != path.name
    ]
    assert len(left) <= len(others), "\n\n".join(map(render, left))
    assert {d.code for d in left} <= {d.code for d in others}


BRANCHES = sorted((MUSEUM / "branches").glob("*.net"))


@pytest.mark.parametrize("path", BRANCHES, ids=[p.stem for p in BRANCHES])
def test_branches_that_do_not_fit_have_a_repair_that_works(path: Path) -> None:
    text, count = repaired(path)
    left = errors(text, path)
    if path.stem in NO_CHANGE:
        assert count == 0
        assert len(left) == 1 and left[0].hint
        return
    assert count >= 1
    assert not left, "\n\n".join(map(render, left))


def test_many_hints_are_changes() -> None:
    """The count says that the tests above are about something."""
    assert sum(repaired(path)[1] > 0 for path in EXHIBITS) > 50
