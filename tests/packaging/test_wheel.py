"""The wheel works outside of the checkout: built, installed into a fresh environment, run in another folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: object, cwd: Path) -> str:
    """What a program prints; nothing of this process's environment leads it to the checkout."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(
        [str(c) for c in command],
        check=False,
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = "import sys, hatchling.build as b; print(b.build_wheel(sys.argv[1]))"
    name = run(sys.executable, "-c", build, folder, cwd=ROOT).splitlines()[-1]
    return folder / name


def works(python: Path, folder: Path) -> None:
    """Everything that reads a shipped file, in a folder of the user's."""
    where = run(python, "-c", "import netdsl; print(netdsl.__file__)", cwd=folder).strip()
    assert not Path(where).is_relative_to(ROOT)
    netdsl = (python, "-m", "netdsl")
    assert "resnet152" in run(*netdsl, "zoo", "list", cwd=folder)
    assert "60,192,808" in run(*netdsl, "compile", "zoo:resnet152", "--to", "table", cwd=folder)
    run(*netdsl, "zoo", "copy", "unet", cwd=folder)
    assert "no errors" in run(*netdsl, "check", "unet.net", cwd=folder)
    run(*netdsl, "compile", "unet.net", "--to", "torch", "-o", "unet.py", cwd=folder)
    compile((folder / "unet.py").read_text(encoding="utf-8"), "unet.py", "exec")
    assert "<svg" in run(*netdsl, "compile", "unet.net", "--to", "diagram", cwd=folder)
    assert "digraph" in run(*netdsl, "compile", "unet.net", "--to", "graphviz", cwd=folder)
    latex = run(*netdsl, "compile", "unet.net", "--to", "table", "--format", "latex", cwd=folder)
    assert "tabular" in latex
    assert "E203" in run(*netdsl, "explain", "E203", cwd=folder)


def test_what_a_wheel_holds(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(next(n for n in names if n.endswith("METADATA"))).decode()
    assert {"netdsl/_data/grammars/netdsl.lark", "netdsl/_data/zoo/resnet.net"} <= names
    assert {"netdsl/syntax/tables.json", "netdsl/codes.toml", "netdsl/py.typed"} <= names
    assert any(n.startswith("netdsl/_data/templates/torch/") for n in names)
    fonts = {f"netdsl/backends/diagram/fonts/{n}" for n in ("regular.ttf", "bold.ttf", "OFL.txt")}
    assert fonts <= names
    assert not any(n.startswith(("tests/", "docs/", "zoo/")) or n.endswith(".pyc") for n in names)
    assert "# netdsl" in metadata and "License-Expression: MIT" in metadata


def test_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Unpacked beside the libraries of this environment."""
    fresh, folder = tmp_path / "fresh", tmp_path / "folder"
    folder.mkdir()
    run(sys.executable, "-m", "venv", "--without-pip", fresh, cwd=tmp_path)
    site = next(fresh.glob("lib*/**/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    works(fresh / "bin" / "python", folder)


@pytest.mark.slow
def test_installed(wheel: Path, tmp_path: Path) -> None:
    """By pip, with what the wheel says that it needs, and nothing else."""
    fresh, folder = tmp_path / "fresh", tmp_path / "folder"
    folder.mkdir()
    run(sys.executable, "-m", "venv", fresh, cwd=tmp_path)
    python = fresh / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel, cwd=tmp_path)
    works(python, folder)
    assert "no errors" in run(fresh / "bin" / "netdsl", "check", "unet.net", cwd=folder)
    assert "torch" not in run(python, "-m", "pip", "list", cwd=folder)
