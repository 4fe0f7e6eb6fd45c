"""One scene is one picture, in whatever format and process it is made."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from format_scenes import everything
from PIL import Image, ImageChops

from netdsl.backends.diagram.formats.pdf import pdf
from netdsl.backends.diagram.formats.png import png
from netdsl.backends.diagram.formats.svg import svg
from netdsl.backends.diagram.formats.tikz import tikz
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import SHARES, Scene, Text
from netdsl.backends.diagram.scene.themes import NAMES, named
from netdsl.escaping.letters import western

HERE = Path(__file__).parent
DPI = 144
WRITE = """
import sys, hashlib
sys.path.insert(0, sys.argv[1])
from test_format_same import written
print(hashlib.sha256(b"".join(written())).hexdigest())
"""


def written() -> list[bytes]:
    """All formats of all themes."""
    files = []
    for theme in map(named, NAMES):
        scene = everything()
        files += [svg(scene, theme).encode(), svg(scene, theme, embed_font=True).encode()]
        files += [pdf(scene, theme), tikz(scene, theme).encode(), png(scene, theme, 72)]
    return files


@pytest.mark.parametrize("seed", ["0", "77"])
def test_every_process_writes_the_same(seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    command = [sys.executable, "-c", WRITE, str(HERE)]
    done = subprocess.run(command, check=True, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == hashlib.sha256(b"".join(written())).hexdigest()


def without_texts() -> Scene:
    """Other programs draw texts in other fonts."""
    scene = everything()
    for items in (scene.under, scene.items):
        items[:] = [item for item in items if not isinstance(item, Text)]
    return scene


def run(*command: str, cwd: Path) -> None:
    subprocess.run(command, check=True, cwd=cwd, capture_output=True)


def of_svg(scene: Scene, theme: str, folder: Path) -> Image.Image:
    (folder / "figure.svg").write_text(svg(scene, named(theme)), encoding="utf-8")
    run("rsvg-convert", "-d", str(DPI), "-p", str(DPI), "figure.svg", "-o", "svg.png", cwd=folder)
    return Image.open(folder / "svg.png").convert("RGB")


def of_pdf(scene: Scene, theme: str, folder: Path) -> Image.Image:
    (folder / "figure.pdf").write_bytes(pdf(scene, named(theme)))
    run("pdftoppm", "-r", str(DPI), "-png", "-singlefile", "figure.pdf", "pdf", cwd=folder)
    return Image.open(folder / "pdf.png").convert("RGB")


def of_tikz(scene: Scene, theme: str, folder: Path) -> Image.Image:
    (folder / "tikz.tex").write_text(tikz(scene, named(theme)), encoding="ascii")
    run("pdflatex", "-interaction=batchmode", "-halt-on-error", "tikz.tex", cwd=folder)
    run("pdftoppm", "-r", str(DPI), "-png", "-singlefile", "tikz.pdf", "tikz", cwd=folder)
    return Image.open(folder / "tikz.png").convert("RGB")


def furthest(first: Image.Image, second: Image.Image) -> tuple[float, float]:
    """How far two pictures are from each other in squares of eight pixels, of 255: the mean, and the most."""
    size = (min(first.width, second.width) // 8 * 8, min(first.height, second.height) // 8 * 8)
    assert abs(first.width - second.width) <= 1 and abs(first.height - second.height) <= 1
    small = [image.crop((0, 0, *size)).reduce(8) for image in (first, second)]
    apart = ImageChops.difference(*small).convert("L")
    counts = apart.histogram()
    mean = sum(i * n for i, n in enumerate(counts)) / sum(counts)
    return mean, max(i for i, n in enumerate(counts) if n)


@pytest.mark.parametrize("theme", NAMES)
@pytest.mark.parametrize(
    ("made", "programs"),
    [
        (of_svg, ("rsvg-convert",)),
        (of_pdf, ("pdftoppm",)),
        (of_tikz, ("pdftoppm", "pdflatex")),
    ],
)
def test_shapes_are_the_same(made, programs: tuple[str, ...], theme: str, tmp_path: Path) -> None:
    """Lines, fills, round corners, dashes, hatches and arrowheads: PNG's against everyone else's."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        pytest.skip(f"there is no {missing[0]}")
    scene = without_texts()
    own = Image.open(io.BytesIO(png(scene, named(theme), DPI))).convert("RGB")
    mean, most = furthest(own, made(scene, theme, tmp_path))
    assert mean < 1.3 and most < 40, (mean, most)


@pytest.mark.skipif(not shutil.which("pdftoppm"), reason="there is no pdftoppm")
def test_letters_are_the_same(tmp_path: Path) -> None:
    """PDF and PNG have the same font."""
    own = Image.open(io.BytesIO(png(everything(), named("light"), DPI))).convert("RGB")
    mean, most = furthest(own, of_pdf(everything(), "light", tmp_path))
    assert mean < 1.5 and most < 40, (mean, most)


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="there is no pdftotext")
def test_texts_are_where_the_scene_has_them(tmp_path: Path) -> None:
    """What another program finds in the PDF: words with their places, level and turned."""
    scene = everything()
    path = tmp_path / "figure.pdf"
    path.write_bytes(pdf(scene, named("light")))
    run("pdftotext", "-bbox", str(path), str(tmp_path / "words.html"), cwd=tmp_path)
    words = (tmp_path / "words.html").read_text(encoding="utf-8")
    found = [
        (word.replace("&gt;", ">"), *(float(v) for v in box))
        for *box, word in re.findall(
            r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*)</word>',
            words,
        )
    ]
    texts = [item for item in (*scene.under, *scene.items) if isinstance(item, Text)]
    assert len(texts) > 60
    for item in texts:
        if item.text != western(item.text):
            continue  # it became longer and is squeezed
        width = text_width(item.text, item.size, item.bold)
        before = SHARES[item.anchor] * width
        first = item.text.split()[0]
        if item.turned:
            x, y = item.x - scene.left, item.y + before - scene.top
            near = [w for w in found if w[0] == first and w[1] <= x <= w[3] and abs(w[4] - y) < 0.3]
        else:
            x, y = item.x - before - scene.left, item.y - scene.top
            near = [w for w in found if w[0] == first and abs(w[1] - x) < 0.3 and w[2] <= y <= w[4]]
        assert near, (item, [w for w in found if w[0] == first])
