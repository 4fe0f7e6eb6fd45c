"""docs/passes.md is true: its commands run, its Python runs, its message is what is said."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from netdsl.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "passes.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(m["kind"], m["text"]) for m in FENCE.finditer(PAGE)]
COMMANDS = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]


@pytest.mark.parametrize("line", COMMANDS)
def test_commands(line: str) -> None:
    program, *words = shlex.split(line)
    assert program == "netdsl"
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert result.output


def test_python(capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = [text for kind, text in BLOCKS if kind == "python"]
    exec(compile(text, "passes.md", "exec"), {})  # noqa: S102 -- our own page
    assert f"{2**16} {2**14}" in capsys.readouterr().out


def test_message() -> None:
    (text,) = [text for kind, text in BLOCKS if kind == ""]
    result = CliRunner().invoke(main, ["check", "zoo:vgg16", "--drop", "features.0"])
    assert text.strip() in result.output


def test_methods() -> None:
    """Every name of the table is one of `Paths`."""
    from netdsl.ensembles import Paths

    rows = re.findall(r"^\| (`.+?) \|", PAGE, re.MULTILINE)
    names = [n for row in rows for n in re.findall(r"`(\w+)", row)]
    assert {"count", "lengths", "share", "effective"} <= set(names)
    assert all(n in Paths._fields or hasattr(Paths, n) for n in names if n != "net")
