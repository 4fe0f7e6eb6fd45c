"""The same network is the same bytes in every output, whatever surrounds the program: locale, line ends of the
source, working directory, order of hashes, Python's UTF-8 mode, a folder that cannot be written."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
NET = '''"""Ein Netz: \u00fc \u0130 \u0131 \u03b1 \u7573 \U0001f642."""
extern layer Odd(a="I\u0130i\u0131") -> in.shape = "pkg.part:Odd"
block Inception(width, name="\u00df") {
  concat {
    | conv(width, 1x1)
    | conv(width, 3x3, padding=1) -> bn -> relu
  }
  Odd(name)
}
net INPUT_title(classes=10) {
  """Titel: INI i\u0307."""
  input image: 3x16x16
  IN: Inception(4)
  repeat 2 { Inception(6, "I") }
  global_avgpool -> flatten
  linear(classes)
  meta { year: 2026 paper: "\u00c4 \u0130" TITLE_i: "I\u0131" top1_error: 7.5 }
}
'''


def run(where: Path, file: str, out: Path, **environment: str) -> dict[str, str]:
    """Digests of all outputs, by their names."""
    out.mkdir()
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-B", str(HERE / "write_all.py"), file, str(out)],
        cwd=where,
        env={**plain, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", **environment},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(out.iterdir())}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("same")
    (found / "net.net").write_bytes(NET.encode())
    (found / "crlf.net").write_bytes(NET.replace("\n", "\r\n").encode())
    (found / "cr.net").write_bytes(NET.replace("\n", "\r").encode())
    (found / "mark.net").write_bytes(b"\xef\xbb\xbf" + NET.encode())
    return found


@pytest.fixture(scope="module")
def usual(folder: Path) -> dict[str, str]:
    found = run(folder, "net.net", folder / "usual", LC_ALL="C.UTF-8")
    assert len(found) > 25
    return found


SURROUNDINGS = {
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONHASHSEED": "1"},
    "POSIX": {"LC_ALL": "POSIX", "PYTHONHASHSEED": "12345"},
    "Turkish": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "7"},
    "Latin-1": {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "latin-1", "PYTHONHASHSEED": "99"},
}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n == "C" else pytest.mark.slow) for n in SURROUNDINGS]
)
def test_locales_and_hashes(name: str, folder: Path, usual: dict[str, str]) -> None:
    assert run(folder, "net.net", folder / name, **SURROUNDINGS[name]) == usual


@pytest.mark.parametrize(
    "file",
    [
        "crlf",
        pytest.param("cr", marks=pytest.mark.slow),
        pytest.param("mark", marks=pytest.mark.slow),
    ],
)
def test_line_ends(file: str, folder: Path, usual: dict[str, str]) -> None:
    (folder / file).mkdir()
    (folder / file / "net.net").write_bytes((folder / f"{file}.net").read_bytes())
    assert run(folder / file, "net.net", folder / f"out-{file}", LC_ALL="C.UTF-8") == usual


def test_from_elsewhere(folder: Path, usual: dict[str, str]) -> None:
    """By its whole path, from a folder where nothing can be written."""
    away = folder / "away"
    away.mkdir()
    away.chmod(0o555)
    found = run(away, str(folder / "net.net"), folder / "out-away", LC_ALL="C.UTF-8")
    assert found == usual
    assert not list(away.iterdir())


def test_no_letter_depends_on_a_locale() -> None:
    """Where there is no Turkish locale: nothing in the package asks for one."""
    words = ("import locale", "setlocale", "strcoll", "getpreferredencoding")
    for path in (ROOT / "netdsl").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not any(word in text for word in words), path


@pytest.mark.parametrize(
    "environment",
    [SURROUNDINGS["C"], pytest.param({"PYTHONIOENCODING": "latin-1"}, marks=pytest.mark.slow)],
)
def test_standard_output_is_the_file(
    environment: dict[str, str], folder: Path, usual: dict[str, str]
) -> None:
    """What the command writes to a pipe is what it writes to a file, in UTF-8."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-m", "netdsl", "compile", "--to", "torch", "net.net"],
        cwd=folder,
        env={**plain, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert hashlib.sha256(done.stdout).hexdigest() == usual["torch"]
