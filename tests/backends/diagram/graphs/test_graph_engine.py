"""Graphviz as the engine: by the `dot` program or by pygraphviz, and a clear word where it cannot be."""

from __future__ import annotations

import os
import struct
import sys
import time
from pathlib import Path

import pytest

from netdsl.backends.diagram.formats import engine
from netdsl.backends.diagram.formats.engine import rendered
from netdsl.diagnostics import NetError

PLACED = """digraph "a {b}" {
  graph [bb="0,0,200,100"];
  node [shape=box, fixedsize=true, width=0.5, height=0.2];
  a [pos="150,80"]; b [pos="40,20"];
  a -> b [pos="e,40,28 150,72 150,40 40,60 40,32"];
}
"""


def codes(error: pytest.ExceptionInfo[NetError]) -> list[str]:
    return [d.code for d in error.value.diagnostics]


def fake_dot(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A `dot` program that does what a script says."""
    program = folder / "dot"
    program.write_text(f"#!{sys.executable}\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


# --------------------------------------------------------------------------------- what is drawn
def test_neato_keeps_positions_and_dot_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.shutil, "which", lambda name: None)
    kept, anew = (rendered(PLACED, "svg", e).decode() for e in ("neato", "dot"))
    size = 'viewBox="0.00 0.00 154.00 8'  # of two boxes, 110 apart and 60, and of margins
    assert size in kept and size not in anew
    assert "M128,-59.2C128,-27.2 18,-47.2 18,-19.2" in kept


def test_png_has_its_resolution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.shutil, "which", lambda name: None)
    png = rendered(PLACED, "png", "neato")
    width, height = struct.unpack(">II", png[16:24])
    assert width == pytest.approx(154 * 192 / 72, abs=4)
    assert height == pytest.approx(82.4 * 192 / 72, abs=4)


def test_pdf_has_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.shutil, "which", lambda name: None)
    pdf = rendered(PLACED, "pdf", "dot")
    assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
    assert b"(D:1970" in pdf or b"CreationDate" not in pdf


def test_the_program_is_taken_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the `graphviz` package, which gives it the text and whether positions are kept."""
    fake_dot(tmp_path, monkeypatch, "import sys; print(sys.argv[1:], sys.stdin.read())")
    said = rendered(PLACED, "svg", "neato").decode()
    assert "'-Kneato', '-Tsvg', '-n2'" in said and 'pos="150,80"' in said
    said = rendered(PLACED, "png", "dot").decode()
    assert "'-Kdot', '-Tpng'" in said and "-n" not in said.split("]")[0]
    assert said.rstrip().endswith("dpi=192;\n}")


# ------------------------------------------------------------------------------ what goes wrong
def test_no_graphviz(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine, "_has_library", lambda: False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NetError) as error:
        rendered(PLACED, "svg", "dot")
    assert codes(error) == ["E401"]
    assert "netdsl[diagram]" in str(error.value.diagnostics[0].hint)


def test_a_layout_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all that it started."""
    mark = tmp_path / "child"
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(mark)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)"
    )
    fake_dot(tmp_path, monkeypatch, script)
    for seconds in (2.0, 6.0, 18.0):  # a busy machine needs longer to start the program at all
        start = time.monotonic()
        with pytest.raises(NetError) as error:
            rendered(PLACED, "svg", "dot", seconds=seconds)
        assert codes(error) == ["E402"] and time.monotonic() - start < 50
        if mark.exists():
            break
    for _ in range(50):
        status = Path(f"/proc/{mark.read_text()}/stat")
        if not status.exists() or " Z " in status.read_text():
            break
        time.sleep(0.1)
    else:
        pytest.fail("what the program started still runs")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import sys; sys.exit('Error: no such thing')", "Error: no such thing"),
        ("import os; os.kill(os.getpid(), 11)", "it crashed (signal 11)"),
        ("import sys; sys.stdin.read()", "exit status 0"),
    ],
)
def test_a_layout_that_fails(
    script: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_dot(tmp_path, monkeypatch, script)
    with pytest.raises(NetError) as error:
        rendered(PLACED, "svg", "dot")
    assert codes(error) == ["E403"] and str(error.value.diagnostics[0].message).endswith(reason)


def test_a_text_that_is_no_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.shutil, "which", lambda name: None)
    with pytest.raises(NetError) as error:
        rendered("digraph {", "svg", "dot")
    assert codes(error) == ["E403"]
