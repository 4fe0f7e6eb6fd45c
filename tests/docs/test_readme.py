"""The README is true: what it shows of an example is what the compiler makes of it.

`NETDSL_ACCEPT=1` writes the results anew, the picture too; whoever does so reads them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import netdsl
from netdsl.cli import main

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PICTURE = "docs/images/resnet20.svg"
BLOCK = re.compile(r"```(?P<language>\w+)\n(?P<text>.*?)```\n", re.DOTALL)
COMMAND = re.compile(
    r"^`netdsl (?P<arguments>compile [^`]*)`\n\n```\w+\n(?P<shown>.*?)```$",
    re.MULTILINE | re.DOTALL,
)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert isinstance(result.exception, (type(None), SystemExit)), result.exception
    return result.output


def is_shown(old: str, new: str) -> None:
    """That the README shows this; or it will."""
    if os.environ.get("NETDSL_ACCEPT"):
        text = README.read_text(encoding="utf-8")
        assert text.count(old) == 1
        README.write_text(text.replace(old, new), encoding="utf-8")
    else:
        assert old == new


def blocks(language: str) -> list[str]:
    found = BLOCK.finditer(README.read_text(encoding="utf-8"))
    return [match["text"] for match in found if match["language"] == language]


def test_the_source_is_the_file() -> None:
    is_shown(blocks("net")[0], (ROOT / "docs" / "resnet20.net").read_text(encoding="utf-8"))


def test_what_the_source_becomes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    commands = list(COMMAND.finditer(README.read_text(encoding="utf-8")))
    assert [c["arguments"].split()[3] for c in commands] == ["torch", "table"]
    for command in commands:
        is_shown(command["shown"], run(*command["arguments"].split()))


def test_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes on every machine."""
    monkeypatch.chdir(ROOT)
    drawn = netdsl.load("docs/resnet20.net").diagram("svg")
    assert isinstance(drawn, str)
    if os.environ.get("NETDSL_ACCEPT"):
        (ROOT / PICTURE).write_text(drawn, encoding="utf-8")
    assert PICTURE in README.read_text(encoding="utf-8")
    assert (ROOT / PICTURE).read_text(encoding="utf-8") == drawn


def test_the_mistakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = blocks("net")[1]
    Path("wrong.net").write_text(wrong, encoding="utf-8")
    messages = run("check", "wrong.net")
    is_shown(blocks("text")[1], messages)
    assert len(re.findall(r"^error\[E\d+\]", messages, re.MULTILINE)) == 3


def test_python() -> None:
    """The example runs as it stands."""
    names: dict[str, object] = {}
    example = next(block for block in blocks("python") if block.startswith("import netdsl"))
    exec(example, names)  # noqa: S102
    assert type(names["model"]).__name__ == "ResNet50"
