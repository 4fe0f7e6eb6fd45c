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
    for paragraph in entry["text"].strip().split("\n\n"):
        parts.append(_filled(paragraph))
    for name, text in entry.get("more", {}).items():
        parts.append(f"With this file beside it, {name}:\n\n{_quoted(text)}")
    command = _command(entry)
    if "wrong" in entry:
        wrong = "Wrong" if not command else f"Wrong, with `{command}`"
        parts.append(f"{wrong}:\n\n{_quoted(entry['wrong'])}")
    if "command" in entry:
        parts.append(f"What gives it:\n\n{_quoted(entry['command'])}")
    if "right" in entry:
        parts.append(f"Right:\n\n{_quoted(entry['right'])}")
    if "instead" in entry:
        parts.append(f"Instead:\n\n{_quoted(entry['instead'])}")
    return "\n\n".join(parts)


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
