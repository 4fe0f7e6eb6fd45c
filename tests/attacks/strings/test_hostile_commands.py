"""What commands say of hostile file names, folders and arguments, and of hostile texts in wrong places."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from hostile_texts import hostile_texts, literal

import netdsl
from netdsl.cli import main
from netdsl.diagnostics import NetError
from netdsl.escaping import workflow
from netdsl.escaping.terminal import shown

NET = "net Small { input image: 3x8x8\n conv(4, 1x1) }\n"
WRONG = (
    "net N { input image: 3x8x8\n conv(4, 1x1, padding=%s) }",
    "net N { input image: 3x8x8\n conv(%s) }",
    "net N { input image: 3x8x8\n nope(%s)\n relu(%s) }",
    "import a from %s\nnet N { input image: 3x8x8\n relu }",
    "extern layer Odd() -> in.shape = %s\nnet N { input image: 3x8x8\n Odd }",
    "net N { input image: 3x8x8\n relu\n keys { a: %s } }",
    "net N { input image: 3x8x8\n if %s { relu } }",
    "net N { input image: 3x8x8\n relu\n init { %s: zeros } }",
    "net N { input image: 3x8x8\n relu\n expect parameters == %s }",
)


def seen(text: str) -> None:
    """Nothing but lines of letters."""
    wrong = {c for c in text if not (c.isprintable() or c == "\n")}
    assert not wrong, ascii(wrong)


def names(count: int) -> list[str]:
    """Names that a file can have."""
    found = (t.replace("/", "_").replace("\0", "_")[:60] for t in hostile_texts(3, count))
    return [name for name in found if len(name.encode()) < 200 and name not in (".", "..")]


def ran(*arguments: str) -> str:
    done = CliRunner().invoke(main, list(arguments))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output + (done.stderr or "")


@pytest.mark.parametrize("count", [60, pytest.param(2_000, marks=pytest.mark.slow)])
def test_names_of_files(count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for i, name in enumerate(names(count)):
        file = f"x{name}.net"
        Path(file).write_text(NET if i % 2 else NET.replace("conv", "cnov"), encoding="utf-8")
        seen(ran("check", file))
        seen(ran("check", f"absent {file}"))
        seen(ran("verify", file))
        seen(ran("compile", "--to", "table", file, "-o", f"{name}/out.txt"))
        os.unlink(file)


@pytest.mark.parametrize("count", [40, pytest.param(1_000, marks=pytest.mark.slow)])
def test_arguments(count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.net").write_text(NET)
    for text in (t.replace("\0", "") for t in hostile_texts(4, count)):
        for arguments in (
            ("compile", "--to", "table", "small.net", "--net", text),
            ("compile", "--to", "table", "small.net", "--set", text),
            ("compile", "--to", "table", "small.net", "--set", f"classes={text}"),
            ("compile", "--to", "table", "small.net", "--input", text),
            ("compile", "--to", "table", "small.net", "--columns", text),
            ("compile", "--to", "diagram", "small.net", "--theme", text),
            ("compile", "--to", text, "small.net"),
            ("compare", f"small.net:{text}"),
            ("explain", text),
            ("layers", text),
            (f"--{text}",),
            (f"x{text}",),
        ):
            seen(ran(*arguments))


@pytest.mark.parametrize("seeds", [range(1), pytest.param(range(10, 40), marks=pytest.mark.slow)])
def test_messages_about_hostile_texts(seeds: range) -> None:
    said = 0
    for seed in seeds:
        for text in hostile_texts(seed, 60):
            for wrong in WRONG:
                try:
                    netdsl.loads(wrong.replace("%s", literal(text)), name=text)
                except NetError as error:
                    said += 1
                    seen(str(error))
    assert said > 60 * len(seeds)


@pytest.mark.parametrize("seed", [1, 2])
def test_commands_of_a_log_hold_their_texts(seed: int) -> None:
    """What the log's own rules give back is the text, and there is one command."""
    for text in hostile_texts(seed, 300):
        line = f"::error file={workflow.property(text)},line=3::{workflow.data(text)}"
        assert "\n" not in line and "\r" not in line and "##[" not in line
        properties, _, message = line[2:].partition("::")
        fields = dict(p.split("=", 1) for p in properties.removeprefix("error ").split(","))
        assert set(fields) == {"file", "line"}
        back = message.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
        assert back.split("\n")[0][:1] == shown(text.replace("##[", "## [")).split("\n")[0][:1]
