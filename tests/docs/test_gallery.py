"""The gallery: what is committed is what the script makes now, and every figure can be printed as it is.

A few figures, one of every kind, are compared in the normal run, all of them in the long one.
`make gallery` writes them anew; whoever does so looks at them.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner

from netdsl.backends.diagram.kinds import registry
from netdsl.backends.diagram.scene.lint import lint
from netdsl.backends.diagram.scene.themes import NAMES, named
from netdsl.backends.diagram.settings import KINDS
from netdsl.cli import main

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "gallery"
SMALLEST = 7.0  # points


def module(path: Path) -> ModuleType:
    spec = util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    loaded = util.module_from_spec(spec)
    sys.modules[path.stem] = loaded
    spec.loader.exec_module(loaded)
    return loaded


gallery = module(ROOT / "docs" / "gallery.py")
facts = module(ROOT / "tests" / "backends" / "diagram" / "scene" / "svg_facts.py")

SECTIONS = gallery.sections()
ENTRIES = [entry for section in SECTIONS for entry in section.entries]
FILES = {n: a for entry in ENTRIES if not entry.shown for n, a in entry.files.items()}
TEXTS = {n: a for entry in ENTRIES if entry.shown for n, a in entry.files.items()}
# one of every kind that is chosen by itself, and of every kind that is small
NORMAL = {
    "googlenet.svg": "network",
    "unet-dark.svg": "ladder",
    "ssd300.svg": "pipeline",
    "alexnet-zfnet.svg": "columns",
    "inception-module.svg": "cell",
    "lenet5.svg": "volumes",
    "dense-block.svg": "dense",
    "unravelled.svg": "unravelled",
    "anchors.svg": "boxes",
    "timeline.svg": "timeline",
}
EACH = [pytest.param(n, marks=[] if n in NORMAL else [pytest.mark.slow]) for n in FILES]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Draws a figure as the gallery does: its text, its scene, and the kind that was chosen."""
    monkeypatch.chdir(ROOT)
    seen: dict[str, Any] = {}
    scene_of = registry.scene_of

    def looked_at(designs: Any, settings: Any) -> Any:
        kind = settings.kind
        seen["kind"] = registry.chosen(designs, settings) if kind == "auto" else kind
        seen["scene"], said = scene_of(designs, settings)
        return seen["scene"], said

    monkeypatch.setattr(registry, "scene_of", looked_at)

    def draw(name: str, folder: Path) -> tuple[str, Any, str]:
        text = gallery.draw(FILES[name], folder / name)
        return text, seen["scene"], seen["kind"]

    return draw


@pytest.mark.parametrize("name", EACH)
def test_a_figure(name: str, drawn: Callable[..., Any], tmp_path: Path) -> None:
    """It is the one that is committed, has no faults in any theme, and its letters can be read."""
    text, scene, kind = drawn(name, tmp_path)
    assert text == (FOLDER / name).read_text(encoding="utf-8"), "run `make gallery`, and look"
    assert NORMAL.get(name, kind) == kind
    for theme in NAMES:
        assert [str(fault) for fault in lint(scene, named(theme))] == []
    measured = facts.svg_facts(text)
    assert measured.smallest >= SMALLEST
    assert measured.texts
    inches = (measured.width, measured.height)  # made at its size, not scaled
    assert inches == pytest.approx((scene.width / 72, scene.height / 72), abs=1e-4)


def test_how_many() -> None:
    assert len(FILES) >= 40
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)
    assert len({entry.title for entry in ENTRIES}) == len(ENTRIES)


def test_every_kind_and_theme() -> None:
    commands = [entry.command for entry in ENTRIES]
    assert set(NORMAL.values()) == set(KINDS) - {"auto"}
    themes = {
        t for arguments in FILES.values() for t in re.findall(r"--theme (\S+)", " ".join(arguments))
    }
    assert themes | {"light"} > set(NAMES)  # and one from a file
    assert any("--direction right" in command for command in commands)


def test_the_page(drawn: Callable[..., Any], tmp_path: Path) -> None:
    texts = {name: gallery.draw(arguments, tmp_path / name) for name, arguments in TEXTS.items()}
    page = gallery.page(SECTIONS, texts)
    assert page == (FOLDER / "README.md").read_text(encoding="utf-8"), "run `make gallery`"


def test_nothing_else_is_there() -> None:
    assert {path.name for path in FOLDER.glob("*.svg")} == set(FILES)
    commands = " ".join(entry.command for entry in ENTRIES)
    for source in (FOLDER / "sources").glob("*.net"):
        assert f"docs/gallery/sources/{source.name}" in commands


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["0", "77"])
def test_the_same_bytes_elsewhere(seed: str, tmp_path: Path) -> None:
    """In another process, with another order of sets, another language and another home."""
    names = ["googlenet.svg", "ssd300.svg", "densenet121.svg", "resnet34.svg"]
    code = (
        "import sys; sys.path.insert(0, 'docs'); import gallery; from pathlib import Path\n"
        "files = {n: a for s in gallery.sections() for e in s.entries for n, a in e.files.items()}\n"
        f"for name in {names}: gallery.draw(files[name], Path(sys.argv[1]) / name)"
    )
    surroundings = os.environ | {"PYTHONHASHSEED": seed, "LC_ALL": "C", "HOME": str(tmp_path)}
    command = [sys.executable, "-c", code, str(tmp_path)]
    subprocess.run(command, cwd=ROOT, env=surroundings, check=True, capture_output=True)
    for name in names:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


# ---------------------------------------------------------------------------------- commands, links
def commands(page: Path) -> list[str]:
    """The commands that draw something, of a page that is no list of examples for other files."""
    blocks = re.findall(
        r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    lines = [line for block in blocks for line in block.splitlines()]
    return [line for line in lines if re.match("netdsl compile .*--to (diagram|graphviz)", line)]


RUN = [
    *(pytest.param(c) for c in commands(ROOT / "README.md")),
    *(pytest.param(c, marks=pytest.mark.slow) for c in commands(ROOT / "docs" / "figures.md")),
]


@pytest.mark.parametrize("command", RUN)
def test_commands_work(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each writes the file that it names, or a text."""
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    arguments = shlex.split(command, comments=True)
    result = CliRunner().invoke(main, arguments[1:])
    assert result.exit_code == 0, result.output
    if "-o" in arguments:
        assert Path(arguments[arguments.index("-o") + 1]).stat().st_size > 1000
    else:
        assert len(result.stdout.splitlines()) > 10


def test_python_of_the_page() -> None:
    """The example of figures.md runs as it stands."""
    text = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102
    assert names["cell"].startswith(b"%PDF")
    assert all(names[name].startswith("<svg") for name in ("svg", "pair", "dark"))


PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), FOLDER / "README.md"])
LINK = re.compile(r"\]\((?P<to>[^)\s]+)\)|(?:src|srcset|href)=\"(?P<other>[^\"]+)\"")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    for match in LINK.finditer(text):
        to = match["to"] or match["other"]
        if re.match(r"\w+:", to):
            continue
        path, _, part = to.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), to
        if part:
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert part in {gallery.anchor(heading) for heading in headings}, to
