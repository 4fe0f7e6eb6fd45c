"""What the pages name of this repository is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# A section may name its places from the room that it is about.
TOPS = [ROOT, ROOT / "netdsl", ROOT / "netdsl" / "backends" / "diagram"]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PLACE = re.compile(r"`((?:tests|benchmarks|zoo|grammars|templates|editors)/[\w./-]+)[`\s]")
ROOM = re.compile(r"`(?:netdsl/)?([a-z_]+/[a-z_/]+\.py)`")


def _missing(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    places = [place for place in PLACE.findall(text) if not (ROOT / place).exists()]
    rooms = [room for room in ROOM.findall(text) if not any((top / room).exists() for top in TOPS)]
    return places + rooms


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_places_are_there(page: Path) -> None:
    assert not _missing(page)


def test_pages_name_places() -> None:
    found = [p for page in PAGES for p in PLACE.findall(page.read_text(encoding="utf-8"))]
    assert len(found) > 20
