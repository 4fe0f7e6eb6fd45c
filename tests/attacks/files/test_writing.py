"""Files are replaced whole or not at all, several together, and nothing is left lying about."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from netdsl import files
from netdsl.files import holds, write_atomically, write_together

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of Unix")

HERE = Path(__file__).parent
NET = "net Small {\n  input image: 3x16x16\n  conv(8, 3x3) -> relu\n}\n"
GRID = """\
net Grid(classes=20) {
  input image: 3x128x128
  stem: { conv(16, 3x3, stride=8, padding=1) -> relu }
  head yolo(classes, ignore=0.5) {
    | @stem -> conv(3 * (5 + classes), 1x1) -> boxes(anchors=[8x14, 20x34, 46x46], stride=8)
  }
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("small.net", NET), ("grid.net", GRID), ("wrong.net", NET[:-4])):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def netdsl(folder: Path, *arguments: str, **how: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "netdsl", *arguments]
    done = subprocess.run(command, cwd=folder, stderr=subprocess.PIPE, check=False, **how)  # type: ignore[call-overload]
    assert b"Traceback" not in done.stderr, done.stderr
    return done


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix != ".net"}


# --------------------------------------------------------------------------------------- together
def test_all_or_none_when_one_cannot_be_prepared(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "folder").mkdir()
    for wrong in (tmp_path / "folder", tmp_path / "missing" / "c", tmp_path / ("n" * 300)):
        with pytest.raises(OSError) as error:
            write_together([(tmp_path / "a", "new"), (tmp_path / "b", "new"), (wrong, "new")])
        assert error.value.filename == str(wrong)
        assert (tmp_path / "a").read_text() == "old"
        assert names(tmp_path) == {"a", "folder"}


@pytest.mark.parametrize("at", [1, 2, 3])
def test_all_or_none_when_a_rename_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """What took its place gets its old content back, or is gone if it was not there."""
    real, calls = os.replace, 0
    (tmp_path / "a").write_text("old a")
    (tmp_path / "c").write_text("old c")

    def replace(source: str, target: object) -> None:
        nonlocal calls
        calls += 1
        if calls == at:
            raise OSError(5, "input/output error", str(target))
        real(source, target)  # type: ignore[arg-type]

    monkeypatch.setattr(files.os, "replace", replace)
    with pytest.raises(OSError, match="output error"):
        write_together([(tmp_path / n, f"new {n}") for n in "abc"])
    assert calls >= at
    assert names(tmp_path) == {"a", "c"}
    assert (tmp_path / "a").read_text() == "old a"
    assert (tmp_path / "c").read_text() == "old c"


def test_together_they_appear(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    os.chmod(tmp_path / "a", 0o640)
    write_together([(tmp_path / "a", "new"), (tmp_path / "b", b"\x00")])
    assert (tmp_path / "a").read_text() == "new"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "b").read_bytes() == b"\x00"
    assert names(tmp_path) == {"a", "b"}


def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(handle: int) -> None:
        raise KeyboardInterrupt

    (tmp_path / "a").write_text("old")
    monkeypatch.setattr(files.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == {"a"}


def test_a_name_of_the_longest_kind(tmp_path: Path) -> None:
    for name in ("n" * 255, "é" * 127):
        write_atomically(tmp_path / name, "new")
        write_atomically(tmp_path / name, "newer")
        assert (tmp_path / name).read_text() == "newer"
    assert len(names(tmp_path)) == 2


# ------------------------------------------------------------------------------------ the command
def test_a_detector_and_what_it_needs_appear_together(folder: Path) -> None:
    (folder / "taken").mkdir()
    done = netdsl(folder, "compile", "grid.net", "--to", "torch", "-o", "taken", "--format", "py")
    assert done.returncode == 2
    assert names(folder) == {"taken"}  # the shared file has not come alone
    assert netdsl(folder, "compile", "grid.net", "--to", "torch", "-o", "g.py").returncode == 0
    shared = sorted(names(folder) - {"taken", "g.py"})
    assert shared
    beside = shared[-1]
    # another file in its place is left, whatever it is, and nothing else is written
    for name in (*shared, "g.py"):
        (folder / name).unlink()
    for make in (os.mkfifo, os.mkdir, lambda p: os.symlink("nowhere", p)):
        make(folder / beside)  # type: ignore[operator]
        done = netdsl(folder, "compile", "grid.net", "--to", "torch", "-o", "g.py", timeout=120)
        assert done.returncode == 2
        assert b"left as it is" in done.stderr
        assert names(folder) == {"taken", beside}
        path = folder / beside
        path.rmdir() if path.is_dir() else path.unlink()


def test_the_machine_fails_with_2_and_the_file_with_1(folder: Path) -> None:
    def status(*arguments: str, **how: object) -> int:
        return netdsl(folder, "compile", *arguments, "--to", "torch", **how).returncode

    assert status("wrong.net") == 1
    for output in ("missing/x.py", "n" * 300 + ".py", "/proc/x.py", "small.net/x.py"):
        assert status("small.net", "-o", output) == 2
    with open("/dev/full", "wb") as full:
        assert status("small.net", stdout=full) == 2
        assert netdsl(folder, "check", "small.net", stdout=full).returncode == 2
    assert status("small.net", "-o", "/dev/full") == 2
    assert names(folder) == set()


def test_a_full_disk_by_a_limit(folder: Path) -> None:
    """No file of this process may have more than 100 bytes."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    (folder / "out.py").write_text("old")
    arguments = ("compile", "small.net", "--to", "torch", "-o", "out.py")
    done = netdsl(folder, *arguments, preexec_fn=limited)
    assert done.returncode == 2
    assert b"out.py: " in done.stderr
    assert (folder / "out.py").read_text() == "old"
    assert names(folder) == {"out.py"}
    done = netdsl(folder, "compile", "grid.net", "--to", "torch", "-o", "g.py", preexec_fn=limited)
    assert done.returncode == 2
    assert names(folder) == {"out.py"}


def test_a_full_disk(folder: Path) -> None:
    """A disk of 8 KiB, where one can be mounted."""
    disk = folder / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("no file system can be mounted here")
    try:
        (disk / "out.svg").write_text("old")
        done = netdsl(folder, "compile", "zoo:alexnet", "--to", "diagram", "-o", "disk/out.svg")
        assert done.returncode == 2
        assert (disk / "out.svg").read_text() == "old"
        assert names(disk) == {"out.svg"}
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_closed_pipe_is_quiet(folder: Path) -> None:
    for arguments in (("zoo", "list"), ("compile", "zoo:alexnet", "--to", "diagram")):
        reading, writing = os.pipe()
        os.close(reading)
        try:
            done = netdsl(folder, *arguments, stdout=writing)
        finally:
            os.close(writing)
        assert done.returncode == 1
        assert b"rror" not in done.stderr
        assert b"pipe" not in done.stderr.lower()


# ------------------------------------------------------------------------------------------ kills
@pytest.mark.parametrize("count", [30, pytest.param(500, marks=pytest.mark.slow)])
def test_kills_tear_nothing(tmp_path: Path, count: int) -> None:
    command = [sys.executable, str(HERE / "kills.py"), str(tmp_path), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["kills"] == count
    assert found["torn"] == 0
    assert found["amid"] > 0  # some really died while they wrote


def test_what_a_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("text")
    assert holds(path, "text")
    assert not holds(path, "tex")
    assert not holds(path, "texts")
    assert not holds(tmp_path / "b", "text")
    (tmp_path / "link").symlink_to("a")
    assert not holds(tmp_path / "link", "text")
    os.mkfifo(tmp_path / "pipe")
    assert not holds(tmp_path / "pipe", "")
