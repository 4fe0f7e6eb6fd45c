"""Ruff as the judge of emitted text; netdsl itself never calls it."""

from __future__ import annotations

import difflib
import re
import subprocess
import sys
from collections.abc import Sequence

RUFF = (sys.executable, "-m", "ruff")  # that of this environment, whatever PATH says
_MARK = "# MARK {}"


def formatted(text: str, width: int) -> str:
    """What `ruff format` makes of a text."""
    command = [*RUFF, "format", "--isolated", "--line-length", str(width)]
    return _run([*command, "--stdin-filename", "emitted.py", "-"], text)


def complaints(text: str, *options: str) -> str:
    """What `ruff check` says about a text; its defaults, and `options`."""
    command = [*RUFF, "check", "--isolated", "--output-format", "concise", "--no-cache", *options]
    return _run([*command, "--stdin-filename", "emitted.py", "-"], text, may_fail=True)


def _run(command: list[str], text: str, may_fail: bool = False) -> str:
    data = text.encode()
    result = subprocess.run(command, input=data, capture_output=True, check=False)
    assert may_fail or result.returncode == 0, result.stderr.decode()[:2000]
    return result.stdout.decode() + (result.stderr.decode() if may_fail else "")


def first_change(texts: Sequence[str], width: int) -> str:
    """The shortest of the texts that `ruff format` changes, and how; empty if it changes none.

    All go through one run, each under a comment with its number.
    """
    joined = "".join(f"{_MARK.format(i)}\n{text}\n\n\n" for i, text in enumerate(texts))
    before, after = _chunks(joined), _chunks(formatted(joined, width))
    changed = [i for i, text in before.items() if after[i] != text]
    if not changed:
        return ""
    worst = min(changed, key=lambda i: len(before[i]))
    lines = difflib.unified_diff(
        before[worst].split("\n"), after[worst].split("\n"), "netdsl", "ruff"
    )
    return f"{len(changed)} of {len(texts)} change, the shortest:\n" + "\n".join(lines)


def _chunks(text: str) -> dict[int, str]:
    parts = re.split(r"^# MARK (\d+)\n", text, flags=re.MULTILINE)
    return {int(i): chunk.strip("\n") for i, chunk in zip(parts[1::2], parts[2::2])}
