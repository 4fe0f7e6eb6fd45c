"""What `netdsl explain E203` tells: every code with its kind of mistake, a wrong and a right example.

codes.toml is the book; the tests run each of its examples and compare its codes with the source's.
"""

from __future__ import annotations

import textwrap
from functools import cache
from pathlib import Path
from typing import Any

from netdsl.diagnostics import wrapped

BOOK = Path(__file__).with_name("codes.toml")
WIDTH = 88


@cache
def book() -> dict[str, dict[str, Any]]:
    """The entries of codes.toml by code.

    `title` and `text` say what the mistake is. `wrong` and `right` are whole files, `more` the other
    files (by name) that they need, `net`, `set` and `input` what is asked for on the command line.
    Where no text can show it, `command` is what gives the mistake and `instead` what does not.
    """
    from tomllib import loads

    return loads(BOOK.read_text(encoding="utf-8"))


def codes() -> list[str]:
    """Every code, in order."""
    return sorted(book())


def explain(code: str) -> str:
    """The page of a code, as a terminal shows it. KeyError if there is none."""
    entry = book()[code]
    parts = [f"{code}: {entry['title']}"]
    parts += [_filled(paragraph) for paragraph in _paragraphs(entry)]
    parts += [f"{what}:\n\n{_quoted(text)}" for what, text in _examples(entry)]
    return "\n\n".join(parts)


def markdown(code: str) -> str:
    """The page of a code in Markdown. KeyError if there is none."""
    entry = book()[code]
    parts = [f"**{code}: {entry['title']}**", *_paragraphs(entry)]
    for what, text in _examples(entry):
        lines = text.strip("\n")
        parts.append(f"{what}:\n\n```\n{lines}\n```")
    return "\n\n".join(parts)


def _paragraphs(entry: dict[str, Any]) -> list[str]:
    return entry["text"].strip().split("\n\n")


def _examples(entry: dict[str, Any]) -> list[tuple[str, str]]:
    """What is shown below the text, with what is said about it."""
    found = [
        (f"With this file beside it, {name}", text) for name, text in entry.get("more", {}).items()
    ]
    command = _command(entry)
    wrong = "Wrong" if not command else f"Wrong, with `{command}`"
    headings = {"wrong": wrong, "command": "What gives it", "right": "Right", "instead": "Instead"}
    found += [(what, entry[name]) for name, what in headings.items() if name in entry]
    return found


def _filled(paragraph: str) -> str:
    """A paragraph in lines of equal length; what stands indented is left as it is."""
    return paragraph if paragraph.startswith("  ") else "\n".join(wrapped(paragraph, WIDTH))


def _quoted(text: str) -> str:
    return textwrap.indent(text.strip("\n"), "    ")


def _command(entry: dict[str, Any]) -> str:
    """The options that an example is compiled with."""
    options = [f"--set {name}={value}" for name, value in entry.get("set", {}).items()]
    options += [f"--input {entry['input']}"] if "input" in entry else []
    options += [f"--net {entry['net']}"] if "net" in entry else []
    return " ".join(options)
