"""Every code is explained, and its two examples are what they say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from verdicts import said_about

import netdsl
from netdsl.diagnostics import Diagnostic, render
from netdsl.explain import BOOK, book, codes, explain

PACKAGE = Path(netdsl.__file__).parent
SHOWN = [code for code in codes() if "wrong" in book()[code]]


def raised_codes() -> dict[str, list[str]]:
    """Every code that stands in the source as a text of its own, and the files it stands in."""
    found: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for code in re.findall(r"\"([EW]\d{3})\"", path.read_text(encoding="utf-8")):
            found.setdefault(code, []).append(path.name)
    return found


def test_the_book_has_the_codes_of_the_source() -> None:
    found = raised_codes()
    assert len(found) > 90
    assert {c: f for c, f in found.items() if c not in book()} == {}, "no entry in codes.toml"
    assert [c for c in codes() if c not in found] == [], "nothing raises these"


def test_the_book_is_in_order() -> None:
    text = BOOK.read_text(encoding="utf-8")
    order = re.findall(r"^\[([EW]\d{3})\]$", text, re.MULTILINE)
    assert order == codes()


def diagnose(entry: dict[str, Any], text: str, folder: Path) -> list[Diagnostic]:
    """What is said about an example, as a file in a folder with the files that it needs."""
    for name, more in entry.get("more", {}).items():
        (folder / name).write_text(more.lstrip("\n"), encoding="utf-8")
    path = folder / "example.net"
    path.write_text(text.lstrip("\n"), encoding="utf-8")
    return said_about(
        text.lstrip("\n"), path, entry.get("net"), entry.get("set"), entry.get("input")
    )


@pytest.mark.parametrize("code", SHOWN)
def test_the_wrong_example(code: str, tmp_path: Path) -> None:
    found = diagnose(book()[code], book()[code]["wrong"], tmp_path)
    said = "\n\n".join(map(render, found))
    assert [d.code for d in found] == [code], said
    assert found[0].span is not None or "set" in book()[code], said


@pytest.mark.parametrize("code", SHOWN)
def test_the_right_example(code: str, tmp_path: Path) -> None:
    found = diagnose(book()[code], book()[code]["right"], tmp_path)
    assert not found, "\n\n".join(map(render, found))


@pytest.mark.parametrize("code", codes())
def test_the_page(code: str) -> None:
    page = explain(code)
    assert page.startswith(f"{code}: {book()[code]['title']}\n\n")
    assert ("Wrong" in page and "Right" in page) or ("What gives it" in page and "Instead" in page)
    lines = page.splitlines()
    assert all(line == line.rstrip() for line in lines)
    told = [line for line in lines if not line.startswith("    ")]
    assert max(map(len, told)) <= 90


def test_a_page_reads_well() -> None:
    assert explain("E216") == (
        "E216: `linear` or `rbf` on a map that was not flattened\n"
        "\n"
        "They take a vector. `flatten` makes one of all numbers of the map,\n"
        "`global_avgpool -> flatten` one of the means of its channels. (A linear layer at each\n"
        "place is a `conv` with a 1x1 kernel.)\n"
        "\n"
        "Wrong:\n"
        "\n"
        "    net Tiny {\n"
        "      input image: 3x8x8\n"
        "      conv(8, 3x3) -> relu\n"
        "      linear(10)\n"
        "    }\n"
        "\n"
        "Right:\n"
        "\n"
        "    net Tiny {\n"
        "      input image: 3x8x8\n"
        "      conv(8, 3x3) -> relu\n"
        "      flatten\n"
        "      linear(10)\n"
        "    }"
    )
