"""Codes that no file can show have a command line, a call or a line of a theme file: it gives the code, and
what is shown instead does not."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

import netdsl
from netdsl.cli import main
from netdsl.diagnostics import NetError
from netdsl.explain import book, codes

# What needs more than this machine surely has: Graphviz or its absence, a GPU's hours, another folder,
# a repository, packages that are missing; and what takes too long. Their own tests raise these codes.
ELSEWHERE = {
    *(
        "E001",
        "E132",
        "E401",
        "E402",
        "E403",
        "E405",
        "E411",
        "E412",
        "E413",
        "E414",
        "E415",
        "E416",
    ),
    *("E421", "E425", "E426", "E435", "E437", "E439", "E442", "E460", "E461", "E462", "E463"),
    *("E476", "E484", "E490", "E497", "E498", "E499", "W301", "W302", "W303", "W304", "W305"),
}
SHOWN = [code for code in codes() if "command" in book()[code] and code not in ELSEWHERE]


def said_of(example: str, folder: Path) -> str:
    """What an example says: a command, an expression of Python, or a line of a theme file."""
    if example.startswith("netdsl "):
        if not example.startswith("netdsl zoo ") and "zoo:" not in example:
            raise AssertionError(f"not a command of the zoo: {example}")
        return CliRunner().invoke(main, shlex.split(example)[1:]).output
    try:
        if "network." in example or "netdsl." in example:
            eval(example, {"netdsl": netdsl, "network": netdsl.load("zoo:lenet5")})
        else:
            (folder / "own.theme").write_text(f"{example}\n", encoding="utf-8")
            drawn = [
                "compile",
                "zoo:lenet5",
                "--to",
                "diagram",
                "--theme",
                str(folder / "own.theme"),
            ]
            return CliRunner().invoke(main, drawn).output
    except NetError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("code", SHOWN)
def test_what_gives_it(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = said_of(book()[code]["command"].strip(), tmp_path)
    assert re.findall(r"error\[(\w+)\]", said) == [code], said


@pytest.mark.slow
@pytest.mark.parametrize("code", SHOWN)
def test_what_is_shown_instead(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = said_of(book()[code]["instead"].strip(), tmp_path)
    assert "error[" not in said and "Error: " not in said, said


def test_every_code_is_shown_somehow() -> None:
    """By a wrong and a right file, or by what gives it and what does not."""
    for code, entry in book().items():
        by_files = {"wrong", "right"} <= set(entry)
        by_commands = {"command", "instead"} <= set(entry)
        assert by_files or by_commands, code
    assert set(codes()) >= ELSEWHERE
    assert len(SHOWN) > 35
