"""The table of all figures (benchmarks/figures.py) says what it was given, and fails where a figure does."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from drawn_scenes import Drawing

from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.scene.themes import Theme
from netdsl.backends.diagram.settings import Settings
from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError

ROOT = Path(__file__).resolve().parents[4]
CHOSEN = "level block, 2 columns, short labels, 1.00 x 1.00 in, smallest label 7.2 pt"


@pytest.fixture(scope="module")
def figures() -> ModuleType:
    spec = importlib.util.spec_from_file_location("figures", ROOT / "benchmarks" / "figures.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["figures"] = module
    spec.loader.exec_module(module)
    return module


def picture(scene: Scene, size: float) -> str:
    """An SVG with one letter of that size."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{scene.width / 72}in" height="{scene.height / 72}in" '
        f'viewBox="0 0 {scene.width} {scene.height}"><text font-size="{size}">{scene.title}</text></svg>'
    )


def run(
    figures: ModuleType,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    drawing: Drawing,
    size: float = 7.2,
    *more: str,
    failing: Exception | None = None,
) -> tuple[int, str]:
    """The table of one network that is drawn like this, and in a column fails like that."""
    asked: list[tuple[str, float | None]] = []

    def drawn(design: Design, settings: Settings, theme: Theme) -> tuple[Scene, str, str]:
        asked.append((design.name, settings.width))
        if failing is not None and settings.width == 3.25 * 72:
            raise failing
        return drawing, CHOSEN, picture(drawing, size)

    monkeypatch.setattr(figures, "drawn", drawn)
    drawing.crop()
    status = figures.main(["--only", "lenet5", *more])
    assert asked[0] == ("LeNet5", 6.9 * 72) and asked[1:] in ([("LeNet5", 3.25 * 72)], [])
    return status, capsys.readouterr().out


def test_figures_without_faults(
    figures: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing = Drawing()
    drawing.chain(3)
    status, said = run(figures, capsys, monkeypatch, drawing)
    assert status == 0
    rows = [line.split() for line in said.splitlines()[:3]]
    assert rows[0][:4] == ["network", "size", "level", "columns"]
    for cells, size in zip(rows[1:], ("page", "column")):
        assert cells[:4] == ["lenet5", size, "block", "2"]
        assert cells[7:12] == ["7.2", "3", "0", "0", "0"]
    assert (
        "2 of 2 figures drawn, 2 without a fault" in said and "column block 1, page block 1" in said
    )


def test_figures_with_faults(
    figures: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing = Drawing()
    drawing.put("a", 0, 0)
    drawing.put("b", 5, 5)
    status, said = run(figures, capsys, monkeypatch, drawing, 7.2, "--size", "page", "--markdown")
    assert status == 1 and "faults: boxes overlap 1" in said
    assert "\nlenet5, page:\n  boxes overlap: `a` and `b`" in said
    assert said.splitlines()[1].startswith("|---|---|---|--:|---|--:|")


def test_small_labels_and_wide_figures_are_faults(
    figures: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The size is that of the SVG, whatever the scene says."""
    small = Drawing()
    small.chain(2)
    status, said = run(figures, capsys, monkeypatch, small, 6.9)
    assert status == 1 and "a label of 6.9 pt" in said and "smallest label 6.9 pt" in said
    wide = Drawing()
    wide.put("a", 0, 0, width=300)
    status, said = run(figures, capsys, monkeypatch, wide)
    assert status == 1 and "lenet5, column:\n  larger than 3.25 x 9.4 in" in said
    assert "lenet5, page" not in said


@pytest.mark.parametrize(
    ("failing", "why"),
    [
        (NetError([Diagnostic("E420", "there is no room")]), "E420 there is no room"),
        (AssertionError("a box without a place"), "AssertionError: a box without a place"),
    ],
)
def test_figures_that_cannot_be_drawn(
    figures: ModuleType,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    failing: Exception,
    why: str,
) -> None:
    drawing = Drawing()
    drawing.chain(2)
    status, said = run(figures, capsys, monkeypatch, drawing, failing=failing)
    assert status == 1 and "1 of 2 figures drawn, 1 without a fault" in said
    assert f"lenet5, column:\n  not drawn: {why}" in said


def test_pictures_are_kept(
    figures: ModuleType,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    drawing = Drawing()
    drawing.chain(2)
    run(figures, capsys, monkeypatch, drawing, 7.2, "--save", str(tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "lenet5_column.svg",
        "lenet5_page.svg",
    ]
