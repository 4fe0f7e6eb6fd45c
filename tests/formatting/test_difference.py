"""Diffs are right: `patch` would make the one text of the other, also of long ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

import pytest
from work import growth

from netdsl.formatting import difference, formatted
from netdsl.formatting.difference import difference as diff


def patched(before: str, lines: list[str]) -> str:
    """What a unified diff makes of a text."""
    old = re.findall(r"[^\n]*\n|[^\n]+$", before)
    text = "".join(lines)
    text = re.sub(r"\n\\ No newline at end of file\n", "\0\n", text)
    found, at = "", 0
    for line in text.split("\n")[:-1][2:]:
        line, end = line.rstrip("\0"), "" if line.endswith("\0") else "\n"
        if line.startswith("@@"):
            place = re.match(r"@@ -(\d+)(?:,(\d+))? ", line)
            assert place
            start = int(place[1]) - (place[2] != "0")
            found += "".join(old[at:start])
            at = start
        elif line[0] in " -":
            assert old[at] == line[1:] + end
            at += 1
        if line[0] in " +":
            found += line[1:] + end
    return found + "".join(old[at:])


def ugly(rng: Random, lines: int) -> str:
    parts = ["  relu\n", " relu\n", "\n", "\n\n", "# c\n", "  x,  # c\n", "conv(1,\n2)\n", "  bn\n"]
    return "".join(rng.choice(parts) for _ in range(lines)) + rng.choice(["", "let a=1", "\n"])


@pytest.mark.parametrize("few", [0, 1_000])
def test_a_diff_makes_the_one_of_the_other(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(difference, "FEW", few)
    for seed in range(200):
        rng = Random(seed)
        before, after = ugly(rng, rng.randrange(30)), ugly(rng, rng.randrange(30))
        for old, new in ((before, after), (before, re.sub(r"\n\n+|  +", "\n", before))):
            lines = list(diff(old, new, "x"))
            assert patched(old, lines) == new
            assert bool(lines) == (old != new)


def test_long_texts_take_work_in_proportion() -> None:
    """Unlike in difflib, for which lines that change in turns are the worst."""

    def texts(size: int) -> tuple[str, str]:
        text = "block a {\n" + "".join(f"  x{i}\n y\n" for i in range(size)) + "}\n"
        return text, formatted(text)

    text, after = texts(10_000)
    lines = list(diff(text, after, "x"))
    assert patched(text, lines) == after
    assert sum(line.startswith("-") for line in lines) == 10_000 + 1

    def compared(size: int) -> Callable[[], object]:
        before, after = texts(size)
        return lambda: list(diff(before, after, "x"))

    assert growth(compared, 500) < 1.2
