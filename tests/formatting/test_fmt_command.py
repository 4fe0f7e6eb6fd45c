"""`netdsl fmt`: what it writes, says, and ends with."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path

import command
import pytest

import netdsl

UGLY = "net  A {input image:3x8x8\n conv(4,3x3)  # c\n}"
FINE = "net A {\n  input image: 3x8x8\n  conv(4, 3x3)   # c\n}\n"
WRONG = "net B {\n  conv(4, 3x3\n}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ugly.net").write_text(UGLY, encoding="utf-8")
    (tmp_path / "fine.net").write_text(FINE, encoding="utf-8")
    return tmp_path


run = partial(command.run, "fmt")


def test_files_are_formatted_in_place(folder: Path) -> None:
    os.chmod("ugly.net", 0o640)
    before = (folder / "fine.net").stat().st_mtime_ns
    result = run("ugly.net", "fine.net")
    assert (folder / "ugly.net").read_text() == FINE
    assert stat.S_IMODE(os.stat("ugly.net").st_mode) == 0o640
    assert (folder / "fine.net").stat().st_mtime_ns == before, "it was written without need"
    assert result.stderr == "formatted ugly.net\n1 file formatted, 1 file left as it is\n"
    assert result.stdout == ""
    assert run(".").stderr == "2 files left as they are\n"


def test_check_names_files_and_writes_nothing(folder: Path) -> None:
    result = run("--check", "fine.net", "ugly.net", status=1)
    assert result.stdout == "ugly.net\n"
    assert "1 file would be formatted" in result.stderr
    assert (folder / "ugly.net").read_text() == UGLY
    assert run("--check", "fine.net").stdout == ""


def test_diff_can_be_applied(folder: Path) -> None:
    result = run("--diff", "ugly.net", "fine.net")
    assert result.stdout.startswith(
        "--- ugly.net\n+++ ugly.net (formatted)\n@@ -1,3 +1,4 @@\n-net  A {"
    )
    assert "\\ No newline at end of file\n" in result.stdout
    assert (folder / "ugly.net").read_text() == UGLY
    (folder / "it.diff").write_text(result.stdout)
    if not subprocess.run(["which", "patch"], check=False, capture_output=True).returncode:
        subprocess.run(["patch", "-s", "ugly.net", "it.diff"], check=True)
        assert (folder / "ugly.net").read_text() == FINE
    run("--diff", "--check", "fine.net")


def test_diff_and_check_together(folder: Path) -> None:
    assert run("--diff", "--check", "ugly.net", status=1).stdout.startswith("--- ugly.net")


def test_standard_input() -> None:
    result = run("-", stdin=UGLY.replace("\n", "\r\n"))
    assert (result.stdout, result.stderr) == (FINE, "")
    assert run("-", "--check", stdin=UGLY, status=1).stdout == "<stdin>\n"
    assert "--- <stdin>" in run("-", "--diff", stdin=UGLY).stdout
    assert "not UTF-8" in run("-", stdin=b"\xff", status=2).stderr


def test_a_file_with_mistakes_is_left_alone_and_the_others_are_formatted(folder: Path) -> None:
    (folder / "wrong.net").write_text(WRONG, encoding="utf-8")
    result = run("wrong.net", "ugly.net", status=1)
    assert "error[E007]: this `(` is never closed" in result.stderr
    assert "  --> wrong.net:2:7" in result.stderr
    assert result.stderr.endswith("1 file formatted, 1 file with mistakes\n")
    assert (folder / "wrong.net").read_text() == WRONG
    assert (folder / "ugly.net").read_text() == FINE
    assert run("-", stdin=WRONG, status=1).stdout == ""


def test_what_cannot_be_read(folder: Path) -> None:
    (folder / "bytes.net").write_bytes(b"net \xff")
    result = run("bytes.net", "missing.net", "ugly.net", status=2)
    assert "netdsl: bytes.net: it is not UTF-8 text (byte 4)" in result.stderr
    assert "netdsl: missing.net: there is no such file or folder" in result.stderr
    assert (folder / "ugly.net").read_text() == FINE


def test_a_link_stays_a_link(folder: Path) -> None:
    (folder / "link.net").symlink_to("ugly.net")
    run("link.net")
    assert (folder / "link.net").is_symlink()
    assert (folder / "ugly.net").read_text() == FINE


def test_text_that_grows_too_large() -> None:
    nested = "{" * 60 + "relu" + "}" * 60 + "\n"
    result = run("-", stdin="block a {\n" + nested * 60 + "}", status=1)
    assert "error[E490]: laid out, this text would be too large" in result.stderr


def test_nothing_heavy_is_imported(folder: Path) -> None:
    code = (
        "import sys; sys.argv = ['netdsl', 'fmt', 'ugly.net']\n"
        "try:\n  from netdsl.__main__ import run; run()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'lark', 'rich', 'PIL', 'graphviz', 'netdsl.elaborate.run'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(netdsl.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout == "[]\n", done.stderr
    assert (folder / "ugly.net").read_text() == FINE


def test_in_python() -> None:
    assert netdsl.formatted(UGLY) == FINE
    with pytest.raises(netdsl.NetError, match="is never closed"):
        netdsl.formatted(WRONG)


def test_hooks() -> None:
    """The hooks for pre-commit run commands that there are, on what they are given."""
    hooks = (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    entries = [line.split(": ")[1] for line in hooks.splitlines() if "entry:" in line]
    assert entries == ["netdsl fmt", "netdsl check"]
    for entry in entries:
        command.run(*entry.split()[1:], "fine.net")
