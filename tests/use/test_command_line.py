"""The command line as a user meets it: what it prints, where, and how it ends."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from command import run

from netdsl.terminal import TARGETS

NET = """\
net Small(width=8, classes=10) {
  input image: 3x16x16
  conv: conv(width, 3x3, padding=1) -> relu -> maxpool(2x2)
  flatten -> fc: linear(classes)
}

net Large = Small(64)
"""
WRONG = "net Wrong {\n  input image: 3x8x8\n  cov(4, 3x3)\n  linear(5)\n}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `small.net` and `wrong.net`, where the commands run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.net").write_text(NET, encoding="utf-8")
    (tmp_path / "wrong.net").write_text(WRONG, encoding="utf-8")
    return tmp_path


# ---------------------------------------------------------------------------------------- compiling
def test_standard_output_without_a_name() -> None:
    assert run("compile", "small.net", "--to", "torch").stdout.endswith(
        "return self.fc(x.flatten(1))\n"
    )
    assert run("compile", "small.net", "--to", "diagram").stdout.startswith("<svg")
    assert run("compile", "small.net", "--to", "graphviz").stdout.startswith("digraph")
    assert run("compile", "small.net", "--to", "table").stdout.startswith("Small\n")


@pytest.mark.parametrize(
    ("target", "suffix"), [(t, s) for t, formats in TARGETS.items() for s in formats]
)
def test_the_suffix_picks_the_format(target: str, suffix: str) -> None:
    starts = {
        "py": b"from torch import",
        "dot": b"digraph",
        "gv": b"digraph",
        "svg": b"<",
        "pdf": b"%PDF-",
        "png": b"\x89PNG",
        "txt": b"Small\n",
        "md": b"**Small**",
        "csv": b"depth,kind,",
        "json": b"{",
        "tex": b"%",
        "tikz": b"%",
        "mmd": b"%%{init:",
        "html": b"<!DOCTYPE html>",
        "htm": b"<!DOCTYPE html>",
    }
    if target == "diagram":
        starts |= {"txt": b"( ", "md": b"%%{init:"}
    result = run("compile", "small.net", "--to", target, "-o", f"x.{suffix}")
    pictured = target == "graphviz" or (target == "diagram" and suffix not in ("txt", "md", "mmd"))
    assert result.stdout == ""
    assert ("smallest label" in result.stderr) == pictured  # what was chosen to make it fit
    written = Path(f"x.{suffix}").read_bytes()
    assert written.startswith(starts[suffix])
    run("compile", "small.net", "--to", target, "--format", suffix, "-o", "no_suffix")
    assert Path("no_suffix").read_bytes() == written


def test_a_suffix_of_another_target() -> None:
    result = run("compile", "small.net", "--to", "torch", "-o", "x.svg", status=2)
    assert "--to torch writes .py, not `.svg`" in result.stderr
    assert not Path("x.svg").exists()
    assert (
        "has the formats"
        in run("compile", "small.net", "--to", "table", "--format", "yaml", status=2).stderr
    )


def test_which_net() -> None:
    def keys(*options: str) -> int:
        table = run("compile", "small.net", "--to", "table", "--format", "json", *options).stdout
        return json.loads(table)["totals"]["parameters"]

    small, large = (3 * 9 * w + w + (w * 64 + 1) * 10 for w in (8, 64))
    assert keys() == keys("--net", "Small") == small  # the one that is called like the file
    assert keys("--net", "Large") == large
    assert keys("--set", "width=64") == large
    assert keys("--net", "Large", "--set", "classes=1") == large - 9 * (64 * 64 + 1)
    assert keys("--input", "3x32x32") == small + 8 * 192 * 10
    missing = run("compile", "small.net", "--to", "table", "--net", "Smal", status=1)
    assert "error[E109]" in missing.stderr and "`Small`" in missing.stderr


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--set", "width"], 2, "--set takes name=value"),
        (["--set", "width=1", "--set", "width=2"], 2, "given twice"),
        (["--set", "witdh=1"], 1, "did you mean `width`?"),
        (["--set", "width=(("], 1, "--set width:1:"),
        (["--set", "width=0"], 1, "error[E112]"),
        (["--input", "3x16"], 1, "error[E208]"),
        (["--input", "three"], 1, "is no size"),
        (["--input", "picture=3x16x16"], 1, "it has image"),
        (["--input", "3x8x8", "--input", "3x9x9"], 2, "twice"),
        (["--width", "5"], 2, "--width"),
    ],
)
def test_wrong_settings(options: list[str], status: int, said: str) -> None:
    result = run("compile", "small.net", "--to", "torch", "-o", "x.py", *options, status=status)
    assert said in result.stderr
    assert result.stdout == "" and not Path("x.py").exists()


def test_standard_input() -> None:
    result = run("compile", "-", "--to", "table", stdin="\ufeff" + NET.replace("\n", "\r\n"))
    assert result.stdout.startswith("Large\n")  # no file, so the last net
    wrong = run("compile", "-", "--to", "table", stdin=WRONG, status=1)
    assert "--> <stdin>:3:3" in wrong.stderr
    assert "not UTF-8" in run("compile", "-", "--to", "table", stdin=b"\xff\xfe", status=2).stderr


def test_zoo_names() -> None:
    shown = run("compile", "zoo:wide_resnet50_2", "--to", "table", "--depth", "1").stdout
    assert "68,883,240" in shown and "bottleneck" not in shown
    result = run("compile", "zoo:resnet5", "--to", "table", status=1)
    assert "did you mean `resnet50`?" in result.stderr


# -------------------------------------------------------------------------------------- what can fail
def test_mistakes_leave_a_file_alone() -> None:
    Path("kept.py").write_text("mine", encoding="utf-8")
    result = run("compile", "wrong.net", "--to", "torch", "-o", "kept.py", status=1)
    assert result.stdout == ""
    assert "error[E101]" in result.stderr and "error[E216]" in result.stderr
    assert Path("kept.py").read_text(encoding="utf-8") == "mine"
    assert sorted(os.listdir()) == ["kept.py", "small.net", "wrong.net"]


def test_files_that_cannot_be_read(folder: Path) -> None:
    (folder / "bytes.net").write_bytes(b"net \xff")
    assert "nosuch.net: there is no such file" in run("check", "nosuch.net", status=2).stderr
    assert "it is a folder" in run("check", ".", status=2).stderr
    result = run("check", "bytes.net", "small.net", status=2)
    assert "bytes.net: it is not UTF-8 text (byte 4)" in result.stderr
    assert "1 file, no errors" in result.output  # the others are checked all the same


def test_files_that_cannot_be_written(folder: Path) -> None:
    for target in ("nosuch/x.py", "small.net/x.py", "."):
        result = run(
            "compile", "small.net", "--to", "torch", "--format", "py", "-o", target, status=2
        )
        assert result.stderr.startswith(f"netdsl: {target}: ")
    assert (folder / "small.net").read_text(encoding="utf-8") == NET


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_a_file_keeps_its_permissions_and_links(folder: Path) -> None:
    (folder / "real.py").write_text("", encoding="utf-8")
    (folder / "real.py").chmod(0o600)
    (folder / "link.py").symlink_to("real.py")
    run("compile", "small.net", "--to", "torch", "-o", "link.py")
    assert (folder / "link.py").is_symlink()
    assert "class Small" in (folder / "real.py").read_text(encoding="utf-8")
    assert stat.S_IMODE((folder / "real.py").stat().st_mode) == 0o600


def test_a_reader_that_goes_away() -> None:
    program = [sys.executable, "-m", "netdsl", "compile", "zoo:resnet152", "--to", "table"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.wait()
    assert "Traceback" not in said and "Error" not in said


# ----------------------------------------------------------------------------------- other commands
def test_check() -> None:
    assert run("check", "small.net").output == "1 file, no errors\n"
    result = run("check", "small.net", "wrong.net", status=1)
    assert "2 files, 2 errors" in result.output
    assert "--> wrong.net:3:3" in result.stderr and "--> wrong.net:4:3" in result.stderr
    assert "Missing argument" in run("check", status=2).stderr


def test_check_of_what_is_asked_for() -> None:
    """One net, with values and sizes from outside; warnings and passes are of that one too."""
    text = """net A(width=8, n=1) {
      input x: 3x?x?
      repeat n { conv(width, 3x3) -> relu -> maxpool(2x2) }
      a: conv(4, 1x1) -> bn
      @a -> global_avgpool
    }
    net B {
      input x: 3x4x4
      conv(8, 5x5)
    }
    """
    Path("asked.net").write_text(text, encoding="utf-8")
    assert "E213" in run("check", "asked.net", status=1).stderr
    fine = run("check", "asked.net", "--net", "A", "--input", "3x64x64", "--set", "n=4")
    assert "W104" in fine.stderr and fine.output.endswith("1 file, no errors, 1 warning\n")
    small = run(
        *["check", "asked.net", "--net", "A", "--set", "n=3", "--input", "3x16x16"], status=1
    )
    assert "3x22x22 is large enough" in small.stderr
    assert (
        "E213"
        not in run(
            *["check", "asked.net", "--net", "A", "--set", "n=3", "--input", "3x22x22"]
        ).stderr
    )
    assert "E135" in run("check", "asked.net", "--net", "A", "--set", "widht=3", status=1).stderr
    assert "E109" in run("check", "asked.net", "--net", "C", status=1).stderr
    passed = run(*["check", "asked.net", "--net", "A", "--set", "n=2", "--drop", "relu3"], status=1)
    assert "relu3" in passed.stderr
    run(*["check", "asked.net", "--net", "A", "--set", "n=3", "--drop", "relu3"])
    assert "--set takes" in run("check", "asked.net", "--set", "width", status=2).stderr


STATES = """\
block unit(width) {
  conv(width, 3x3, padding=1) -> relu :: ?x16x16
}

net States(width=8) {
  input image: 3x16x16
  unit(width) -> unit(2 * width) :: 16x16x16
  maxpool(2x2) -> unit(4) :: 5x8x8
  flatten -> linear(10)
  expect parameters == 4_570 and layers == 4
  expect macs < 1_000
}
"""


def test_verify() -> None:
    """Every statement with what is found; one of a block is met if it is in every use."""
    Path("states.net").write_text(STATES, encoding="utf-8")
    lines = run("verify", "states.net", status=1).stdout.splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "States (states.net)",
        "line 2 :: ?x16x16 4x8x8 NOT MET",
        "line 7 :: 16x16x16 16x16x16 met",
        "line 8 :: 5x8x8 4x8x8 NOT MET",
        "line 10 expect parameters == 4_570 parameters are 4_542 NOT MET",
        "line 10 expect layers == 4 layers are 4 met",
        "line 11 expect macs < 1_000 macs are 389_632 NOT MET",
        "",
        "1 file, 1 net, 6 statements, 2 met, 4 NOT met",
    ]


def test_verify_a_folder() -> None:
    result = run("verify", ".", status=1)
    assert "Small  (small.net)\n  states nothing" in result.stdout
    assert "--> wrong.net:3:3" in result.stderr
    assert result.stdout.endswith("1 file, 2 nets, 0 statements, 0 met, 1 more file with errors\n")
    Path("empty").mkdir()
    assert "no .net file" in run("verify", "empty", status=2).stderr
    assert "no such file" in run("verify", "nowhere.net", status=2).stderr
    assert (
        "1 statement, 1 met"
        in run(
            "verify",
            "-",
            stdin=NET.replace("relu", "relu :: 8x16x16", 1).replace("net Large = Small(64)", ""),
        ).stdout
    )


def test_explain() -> None:
    text = run("explain", "e203").stdout
    assert text.startswith("E203: ") and "concat" in text
    assert "E999" in run("explain", "E999", status=2).stderr


def test_layers() -> None:
    everything = run("layers").stdout
    assert "  conv(channels, kernel_size, stride=1" in everything
    assert "kernel_size" in run("layers", "maxpool").stdout
    assert "did you mean `conv`?" in run("layers", "conw", status=2).stderr


def test_zoo(folder: Path) -> None:
    assert run("zoo").stdout == run("zoo", "list").stdout
    assert run("zoo", "show", "unet").stdout.startswith('"""')
    run("zoo", "copy", "unet")
    copied = (folder / "unet.net").read_text(encoding="utf-8")
    assert copied == run("zoo", "show", "unet").stdout
    (folder / "unet.net").write_text("mine", encoding="utf-8")
    assert "exists already" in run("zoo", "copy", "unet", status=2).stderr
    assert (folder / "unet.net").read_text(encoding="utf-8") == "mine"
    assert "did you mean" in run("zoo", "show", "unett", status=1).stderr


def test_help() -> None:
    for words in ([], ["compile"], ["check"], ["explain"], ["layers"], ["zoo"], ["zoo", "copy"]):
        assert run(*words, "--help").stdout.startswith("Usage:")
    assert run("--version").stdout.startswith("netdsl, version ")
    assert "No such command" in run("compil", status=2).stderr


@pytest.mark.parametrize(
    "command",
    [
        ["check", "small.net"],
        ["compile", "small.net", "--to", "torch"],
        ["compile", "small.net", "--to", "table"],
        ["compile", "small.net", "--to", "diagram", "-o", "x.svg"],
        ["zoo", "list"],
        ["layers"],
    ],
)
def test_nothing_imports_torch(command: list[str]) -> None:
    program = (
        "import sys\nfrom netdsl.cli import main\n"
        f"main({command!r}, standalone_mode=False)\n"
        "assert 'netdsl.cli' in sys.modules\n"
        "sys.exit(any(m in sys.modules for m in ('torch', 'numpy', 'torchvision')))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
