"""The examples of docs/comparing.md are what the program says. `NETDSL_ACCEPT=1` writes the outputs anew."""

from __future__ import annotations

import doctest
import os
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

import netdsl
from netdsl.cli import main

PAGE = Path(netdsl.__file__).parents[1] / "docs" / "comparing.md"
CONSOLE = re.compile(r"```console\n\$ (netdsl [^\n]*)\n(.*?)```\n", re.DOTALL)
EXAMPLES = CONSOLE.findall(PAGE.read_text(encoding="utf-8"))


def said(command: str) -> str:
    return CliRunner().invoke(main, shlex.split(command)[1:]).stdout


@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[c[:50] for c, _ in EXAMPLES])
def test_command(command: str, output: str) -> None:
    shown = said(command)
    assert shown
    if os.environ.get("NETDSL_ACCEPT"):
        page, old = PAGE.read_text(encoding="utf-8"), f"$ {command}\n{output}```"
        PAGE.write_text(page.replace(old, f"$ {command}\n{shown}```"), encoding="utf-8")
        return
    assert output == shown


def test_python() -> None:
    # One session from the first block to the last.
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    test = doctest.DocTestParser().get_doctest("".join(blocks), {}, "comparing.md", None, 0)
    results = doctest.DocTestRunner(verbose=False).run(test)
    assert results.attempted > 8
    assert not results.failed
