"""The commands `compare`, `diff` and `breaking`: arguments, git, exit status."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from command import run

BLOCKS = "block unit(width) { conv: conv(width, 3x3, padding=1) -> norm: bn -> relu }\n"
NET = """\
import unit from "parts/blocks.net"
net Net(classes=10) {
  input image: 3x16x16
  stem: unit(8)
  global_avgpool -> flatten -> fc: linear(classes)
}
net Wide {
  input image: 3x16x16
  conv(64, 3x3)
}
"""


def git(*arguments: str) -> None:
    settings = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *settings, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with `net.net` and a file that it imports, both changed since the commit `v1`."""
    monkeypatch.chdir(tmp_path)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "parts").mkdir()
    (tmp_path / "net.net").write_text(NET)
    (tmp_path / "parts" / "blocks.net").write_text(BLOCKS)
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    git("tag", "v1")
    return tmp_path


# ---------------------------------------------------------------------------------------------- diff
def test_diff_of_the_zoo() -> None:
    assert "+ layer1.2: basic(64)" in run("diff", "zoo:resnet18", "zoo:resnet34").stdout
    run("diff", "zoo:resnet18", "zoo:resnet34", "--exit-code", status=1)
    assert run("diff", "zoo:vgg16", "zoo:vgg16", "--exit-code").stdout.endswith("no differences\n")


def test_diff_writes_files(tmp_path: Path) -> None:
    for suffix, begins in (("md", "**ResNet18"), ("json", "{"), ("txt", "ResNet18 ->")):
        out = tmp_path / f"out.{suffix}"
        run("diff", "zoo:resnet18", "zoo:resnet34", "-o", str(out))
        assert out.read_text().startswith(begins)
    run("diff", "zoo:resnet18", "zoo:resnet34", "-o", str(tmp_path / "out.csv"), status=2)


def test_nets_of_files(repository: Path) -> None:
    shown = run("diff", "net.net:Net", "net.net:Wide", "--output-format", "json").stdout
    assert (json.loads(shown)["old"], json.loads(shown)["new"]) == ("Net", "Wide")
    assert "E109" in run("diff", "net.net:Net", "net.net:Nobody", status=1).stderr


def test_against_git(repository: Path) -> None:
    assert "no differences" in run("diff", "net.net", "--against", "git:HEAD").stdout
    (repository / "parts" / "blocks.net").write_text(BLOCKS.replace("3x3", "5x5"))
    shown = run("diff", "net.net", "--against", "git:v1").stdout
    assert "~ stem.conv: conv: kernel_size 3x3 -> 5x5" in shown
    assert shown == run("diff", "git:v1:net.net", "net.net").stdout
    assert shown == run("diff", "git:v1:net.net:Net", "net.net:Net").stdout


# ------------------------------------------------------------------------------------------ breaking
def test_breaking(repository: Path) -> None:
    assert "load, all 9 tensors" in run("breaking", "net.net", "--against", "git:HEAD").stdout
    (repository / "net.net").write_text(NET.replace("stem:", "entry:"))
    shown = run("breaking", "net.net", "--against", "git:HEAD", status=1).stdout
    assert '    entry: "stem"\n' in shown
    mended = NET.replace("stem:", "entry:").replace(
        "\n}\nnet", '\n  keys { entry: "stem" }\n}\nnet'
    )
    (repository / "net.net").write_text(mended)
    data = json.loads(
        run("breaking", "git:v1:net.net", "net.net", "--format", "json", status=1).stdout
    )
    assert (data["mended"], data["keys"]) == (True, 'entry: "stem"')
    assert "load" in run("breaking", "git:HEAD:net.net", "git:v1:net.net").stdout


def test_the_folder_does_not_matter(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "parts")
    assert "load" in run("breaking", "../net.net", "--against", "git:v1").stdout
    monkeypatch.chdir("/")
    assert "load" in run("breaking", str(repository / "net.net"), "--against", "git:v1").stdout


def test_imports_of_then(repository: Path) -> None:
    """What a file imported then is read from then, though it is gone now."""
    (repository / "parts" / "blocks.net").unlink()
    (repository / "net.net").write_text(
        NET.replace('import unit from "parts/blocks.net"\n', BLOCKS)
    )
    assert "no differences" in run("diff", "net.net", "--against", "git:v1").stdout


def test_git_that_fails(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    for revision in ("nowhere", "--help", "-h", "HEAD:net.net", "", "a b", "HEAD\n"):
        said = run("breaking", "net.net", "--against", f"git:{revision}", status=1).stderr
        assert "E461" in said, revision
    (repository / "new.net").write_text(NET)
    assert "E462" in run("breaking", "new.net", "--against", "git:v1", status=1).stderr
    assert "E463" in run("diff", "git:v1:parts", "net.net", status=1).stderr
    assert "E461" in run("diff", "git:v1", "net.net", status=1).stderr
    outside = tmp_path_factory.mktemp("plain")
    (outside / "net.net").write_text(NET)
    said = run("breaking", str(outside / "net.net"), "--against", "git:v1", status=1).stderr
    assert "E460" in said


def test_links_are_not_followed(repository: Path) -> None:
    os.symlink("/etc/passwd", repository / "link.net")
    git("add", "link.net")
    git("commit", "-q", "-m", "link")
    (repository / "link.net").unlink()
    (repository / "link.net").write_text(NET)
    assert "E463" in run("breaking", "link.net", "--against", "git:HEAD", status=1).stderr


def test_imports_stay_inside(repository: Path) -> None:
    """A path that leads out of the folder is refused as in any file, and nothing of it is read."""
    (repository / "net.net").write_text(NET.replace("parts/blocks.net", "../../etc/passwd"))
    git("add", ".")
    git("commit", "-q", "-m", "out")
    (repository / "net.net").write_text(NET)
    assert "E133" in run("breaking", "net.net", "--against", "git:HEAD", status=1).stderr


def test_no_program_of_the_repository_runs(repository: Path) -> None:
    """Filters and text conversions that a repository names are left alone."""
    (repository / ".gitattributes").write_text("*.net diff=evil filter=evil\n")
    git("config", "diff.evil.textconv", "touch ran; cat")
    git("config", "filter.evil.smudge", "touch ran; cat")
    git("config", "core.pager", "touch ran; cat")
    run("diff", "net.net", "--against", "git:HEAD")
    assert not (repository / "ran").exists()


def test_wrong_use() -> None:
    for arguments in (
        ("breaking", "zoo:vgg16"),
        ("breaking", "zoo:vgg16", "zoo:vgg16", "--against", "git:HEAD"),
        ("breaking", "zoo:vgg16", "--against", "git:HEAD"),
        ("breaking", "a.net", "--against", "HEAD"),
        ("diff",),
        ("compare",),
        ("compare", "--steps", "conv(4, 3x3)"),
        ("compare", "nowhere.net"),
    ):
        run(*arguments, status=2)
    assert "E109" in run("compare", "zoo:nowhere", status=1).stderr


# ------------------------------------------------------------------------------------------- compare
def test_compare_steps() -> None:
    direct, reduced = "conv(32, 5x5, padding=2)", "conv(16, 1x1) -> conv(32, 5x5, padding=2)"
    shown = run("compare", "--input", "192x28x28", "--steps", direct, "--steps", reduced).stdout
    assert "MACs                                     120,422,400  12,443,648\n" in shown
    assert "E2" in run("compare", "--input", "3x2x2", "--steps", "conv(4, 5x5)", status=1).stderr


def test_compare_writes_files(tmp_path: Path) -> None:
    for suffix, begins in (("md", "|"), ("json", "{"), ("csv", "name,"), ("tex", "%")):
        out = tmp_path / f"out.{suffix}"
        run("compare", "zoo:alexnet", "zoo:vgg16", "-o", str(out))
        assert out.read_text().startswith(begins)


def test_settings_hold_for_all() -> None:
    arguments = ("zoo:resnet18", "zoo:resnet34", "--set", "classes=7", "--input", "3x64x64")
    data = json.loads(run("compare", *arguments, "--format", "json").stdout)
    assert [n["outputs"] for n in data["networks"]] == [["7"], ["7"]]
    assert [n["inputs"] for n in data["networks"]] == [["3x64x64"], ["3x64x64"]]
