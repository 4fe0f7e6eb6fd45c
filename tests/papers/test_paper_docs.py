"""The page on papers' tables is true: its examples are what the commands print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from netdsl.backends.table.papers import LAYOUTS
from netdsl.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "paper_tables.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(
    r"^```console\n\$ netdsl (?P<command>(?:[^\n]*\\\n)*[^\n]*)\n(?P<output>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
EXAMPLES = [(m["command"].replace("\\\n", " "), m["output"]) for m in EXAMPLE.finditer(PAGE)]


@pytest.mark.parametrize(
    "command, output", EXAMPLES, ids=[command.split()[1] for command, _ in EXAMPLES]
)
def test_example(command: str, output: str) -> None:
    done = CliRunner().invoke(main, shlex.split(command))
    assert done.exit_code == 0, done.output
    assert done.output == output


def test_every_layout_has_an_example() -> None:
    assert {re.search(r"--like (\w+)", command)[1] for command, _ in EXAMPLES} == LAYOUTS.keys()  # type: ignore[index]
    assert all(f"| `{name}` |" in PAGE for name in LAYOUTS)
