"""docs/formatting.md is true: its example becomes what it says, and its commands are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from netdsl.cli import main
from netdsl.formatting import formatted

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "formatting.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(m["kind"], m["text"]) for m in FENCE.finditer(PAGE)]
LINES = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]


def test_example() -> None:
    before, after = [text for kind, text in BLOCKS if kind == "text"]
    assert formatted(before) == after != before


@pytest.mark.parametrize("line", LINES)
def test_commands(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zoo").mkdir()
    (tmp_path / "zoo" / "a.net").write_text("net A { input x: 3x8x8\n relu }")
    (tmp_path / "net.net").write_text("net A { input x: 3x8x8\n relu }")
    command = shlex.split(line.split("#")[0].split("|")[-1])
    assert command[0] == "netdsl"
    result = CliRunner().invoke(main, command[1:], input="let a=1")
    assert result.exit_code == (1 if "--check" in command else 0), result.output
    assert result.output


def test_hooks_are_there() -> None:
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    named = re.findall(r"- id: (\S+)", PAGE)
    assert named and set(named) <= set(re.findall(r"- id: (\S+)", hooks))
