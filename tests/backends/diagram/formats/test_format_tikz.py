"""TikZ: plain ASCII that LaTeX takes, alone and in a paper, and that has the size of the scene."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from format_scenes import HOSTILE, everything, hostile

from netdsl.backends.diagram.formats.tikz import tikz
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.scene.themes import NAMES, named
from netdsl.diagnostics import NetError

LATEX = pytest.mark.skipif(
    not shutil.which("pdflatex")
    or subprocess.run(["kpsewhich", "tikz.sty"], capture_output=True, check=False).returncode != 0,
    reason="there is no LaTeX with tikz",
)
CLASS = pytest.mark.skipif(
    not shutil.which("kpsewhich")
    or subprocess.run(["kpsewhich", "standalone.cls"], capture_output=True, check=False).returncode
    != 0,
    reason="there is no class `standalone` for LaTeX",
)
# A paper in which a language has made commands of characters, and whose own drawings look otherwise.
PAPER = r"""\documentclass{article}
\usepackage[paperwidth=9in,paperheight=9in,margin=0.5in]{geometry}
\usepackage{standalone,tikz}
\tikzset{every node/.append style={draw,circle},every path/.append style={ultra thick}}
\begin{document}
\catcode`\;=\active \def;{\error}
\catcode`\:=\active \def:{\error}
\catcode`\"=\active \def"{\error}
\catcode`\==\active \def={\error}
%s
\end{document}
"""


def compiled(folder: Path, name: str, text: str) -> str:
    """The log of a document that LaTeX took."""
    (folder / f"{name}.tex").write_text(text, encoding="ascii")
    command = ["pdflatex", "-interaction=batchmode", "-halt-on-error", f"{name}.tex"]
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True)
    log = (folder / f"{name}.log").read_text(encoding="latin-1")
    assert done.returncode == 0, log[-3000:]
    return log


def told(*command: str, cwd: Path) -> str:
    return subprocess.run(command, check=True, cwd=cwd, capture_output=True, text=True).stdout


@pytest.mark.parametrize("theme", NAMES)
@pytest.mark.parametrize("scene", [everything(), hostile()])
def test_colours_are_there_before_they_are_used(scene: Scene, theme: str) -> None:
    text = tikz(scene, named(theme))
    assert text.isascii() and "\t" not in text
    defined = re.findall(r"\\definecolor\{(net(\w{6}))\}\{HTML\}\{(\w{6})\}%", text)
    assert all(name == value for _, name, value in defined)
    used = set(re.findall(r"(?:fill|draw|text)=(net\w+)|\\fill\[(net\w+)\]", text))
    assert {a or b for a, b in used} == {name for name, _, _ in defined}
    assert len(defined) == len(set(defined))


def test_texts_have_no_commands() -> None:
    """What a label holds are letters and the commands that stand for letters; brackets are even."""
    text = tikz(hostile(), named("light"))
    labels = re.findall(r"\\node\[.*?\{\\netlabel\{[\d.]+\}\{[\d.]+\}\{(.*)\}\};\n", text)
    assert len(labels) == len(HOSTILE)
    for label in labels:
        plain = re.sub(r"\\[{}]", "", label)
        assert plain.count("{") == plain.count("}")
        assert not set(re.findall(r"\\([A-Za-z]+)", label)) & {"end", "input", "script", "write"}
        assert not re.search(r"(?<!\\)[$&#%_~^]", re.sub(r"\\[~^]\{", "", label))
    assert "\n\\end{document}\n" in text and text.count("\\end{document}") == 1


def test_labels_may_be_a_little_wider_than_planned() -> None:
    scene = Scene("Room")
    scene.text(0, 0, "7x1, 192")
    scene.text(0, 9, "7x1, 192", room=20)
    scene.crop()
    widths = [
        float(w) for w in re.findall(r"netlabel\{7.2\}\{([\d.]+)\}", tikz(scene, named("light")))
    ]
    assert widths == [pytest.approx(1.06 * text_width("7x1, 192", 7.2), abs=0.006), 20]


def test_what_tex_cannot_measure_is_refused() -> None:
    scene = Scene("Huge")
    scene.rect(0, 0, 100, 20_000, "ink")
    scene.crop()
    with pytest.raises(NetError) as caught:
        tikz(scene, named("light"))
    assert [d.code for d in caught.value.diagnostics] == ["E426"]
    assert "1 x 278 inches" in str(caught.value)


@LATEX
@CLASS
@pytest.mark.parametrize("scene", [everything(), hostile()])
def test_a_figure_compiles_alone(scene: Scene, tmp_path: Path) -> None:
    log = compiled(tmp_path, "figure", tikz(scene, named("light")))
    assert "(1 page," in log and "Missing character" not in log
    if shutil.which("pdfinfo"):
        size = re.search(
            r"Page size: +([\d.]+) x ([\d.]+) pts", told("pdfinfo", "figure.pdf", cwd=tmp_path)
        )
        assert size and [float(v) for v in size.groups()] == pytest.approx(
            [scene.width, scene.height], abs=0.02
        )


@LATEX
@CLASS
def test_a_paper_takes_all_of_them(tmp_path: Path) -> None:
    """Documents and pictures, in a paper that makes it hard; none leaves a space or a definition behind."""
    inputs = []
    for i, theme in enumerate(NAMES):
        scene = hostile() if theme in ("dark", "print") else everything()
        (tmp_path / f"part{i}.tex").write_text(
            tikz(scene, named(theme), i % 2 == 0), encoding="ascii"
        )
        inputs.append(
            f"\\setbox0\\hbox{{\\itshape\\bfseries\\input{{part{i}}}}}"
            f"\\typeout{{size{i} \\the\\wd0 \\the\\ht0 \\the\\dp0}}\\box0\\newpage"
        )
    inputs.append(r"\ifdefined\netlabel\error\fi \ifcat\noexpand;\noexpand a\error\fi")
    log = compiled(tmp_path, "paper", PAPER % "\n".join(inputs))
    for i, theme in enumerate(NAMES):
        scene = hostile() if theme in ("dark", "print") else everything()
        found = re.search(rf"size{i} ([\d.]+)pt([\d.]+)pt([\d.]+)pt", log)
        assert found
        width, height, depth = (float(v) / 72.27 * 72 for v in found.groups())
        assert (width, height, depth) == pytest.approx((scene.width, scene.height, 0), abs=0.02)
    if shutil.which("pdffonts"):
        assert "Type 3" not in told("pdffonts", "paper.pdf", cwd=tmp_path)
