"""Figures as users get them: by name and suffix, the same every time, hostile texts in them, and a clear word
where there are none."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from networks import BASIC, network

import netdsl
from netdsl.backends.diagram import FORMATS, Drawing
from netdsl.backends.diagram.settings import Settings, page
from netdsl.cli import main
from netdsl.diagnostics import NetError

SVG = "{http://www.w3.org/2000/svg}"
ROOT = Path(netdsl.__file__).parent.parent
MAGIC = {
    "svg": b"<svg",
    "pdf": b"%PDF",
    "png": b"\x89PNG",
    "tex": b"%",
    "dot": b"digraph",
    "mermaid": b"%%{init:",
    "text": b"(",
}


def codes(error: pytest.ExceptionInfo[NetError]) -> list[str]:
    return [d.code for d in error.value.diagnostics]


# ------------------------------------------------------------------------------------------ formats
def test_svg_is_a_document_of_its_own() -> None:
    svg = network("residuals").diagram("svg")
    assert isinstance(svg, str) and svg._repr_svg_() == svg  # type: ignore[attr-defined]
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg" and root.get("role") == "img"
    title, description = root[0], root[1]
    assert (title.tag, title.text) == (f"{SVG}title", "Residuals")
    assert "7 residual sums" in (description.text or "")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    for element in root.iter():
        assert not any("href" in a or a.startswith("on") for a in element.attrib)


def test_png_is_as_large_as_its_resolution_says() -> None:
    svg = ElementTree.fromstring(str(network("plain").diagram("svg")))
    inches = [float(svg.get(side, "").removesuffix("in")) for side in ("width", "height")]
    for dpi in (96, 300):
        png = network("plain").diagram("png", dpi=dpi)
        assert isinstance(png, bytes) and png._repr_png_() == png  # type: ignore[attr-defined]
        size = struct.unpack(">II", png[16:24])
        assert size == pytest.approx([dpi * inch for inch in inches], abs=2)


@pytest.mark.parametrize("format", FORMATS)
def test_the_suffix_chooses_the_format(format: str, tmp_path: Path) -> None:
    source = tmp_path / "small.net"
    source.write_text("net Small { input x: 3x9x9\n conv(4, 3x3) -> relu }")
    suffix = {"mermaid": "mmd", "text": "txt"}.get(format, format)
    for out, more in ((f"a.{suffix}", []), ("b", ["--format", suffix])):
        path = tmp_path / out
        result = CliRunner().invoke(
            main, ["compile", str(source), "--to", "diagram", "-o", str(path), *more]
        )
        assert result.exit_code == 0, result.output
        assert path.read_bytes().strip().startswith(MAGIC[format])
    first, second = (tmp_path / f"a.{suffix}").read_bytes(), (tmp_path / "b").read_bytes()
    assert first == second


def test_the_same_every_time(tmp_path: Path) -> None:
    """Whatever order sets have in a process, and whatever language it speaks; without torch."""
    source = tmp_path / "small.net"
    source.write_text(
        BASIC + "\nnet Small { input x: 3x9x9\n basic(4) -> basic(4)\n basic(8, stride=2) }"
    )
    code = (
        "import netdsl, sys, hashlib\n"
        f"net = netdsl.load({str(source)!r})\n"
        f"for f in {FORMATS}:\n"
        "    out = net.diagram(f)\n"
        "    print(hashlib.sha256(out.encode() if isinstance(out, str) else out).hexdigest())\n"
        "sys.exit('torch' in sys.modules)"
    )
    said = set()
    for seed, language in (("0", "C"), ("77", "C.UTF-8")):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "LC_ALL": language,
            "PYTHONPATH": str(ROOT),
        }
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        said.add(done.stdout)
    assert len(said) == 1


def test_pictures_need_neither_torch_nor_graphviz() -> None:
    """But for PNG no package is needed that netdsl does not depend on, and no program."""
    code = (
        "import sys, netdsl\n"
        "for name in ('pygraphviz', 'graphviz', 'PIL', 'numpy'):\n"
        "    sys.modules[name] = None\n"
        "net = netdsl.load('zoo:resnet50')\n"
        "for format in ('svg', 'pdf', 'tex', 'dot', 'mermaid', 'text'):\n"
        "    assert net.diagram(format)\n"
        "sys.exit('torch' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": ""}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


# ----------------------------------------------------------------------------------------- settings
@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("3.25in", (234.0, None)),
        ("6.9x9.4in", (496.8, 676.8)),
        ("6.9in x 240pt", (496.8, 240.0)),
        ("84mm", (238.11, None)),
        ("10cm×12cm", (283.46, 340.16)),
        ("5", (360.0, None)),
    ],
)
def test_sizes_of_pages(text: str, points: tuple[float, float | None]) -> None:
    width, height = page(text)
    assert (round(width, 2), round(height, 2) if height else None) == points


@pytest.mark.parametrize("text", ["", "wide", "0.5in", "3x", "1x2x3in", "-3in", "9e9in", "3.25 ft"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(NetError) as error:
        page(text)
    assert codes(error) == ["E440"]


@pytest.mark.parametrize(
    ("name", "value", "near"),
    [("kind", "netwrok", "network"), ("level", "blok", "block"), ("fuse", "some", "all")],
)
def test_settings_that_there_are_not(name: str, value: str, near: str) -> None:
    with pytest.raises(NetError) as error:
        network("plain").diagram("svg", **{name: value})  # type: ignore[arg-type]
    assert codes(error) == ["E441"] and near in str(error.value.diagnostics[0].hint)


def test_unknown_formats_and_parts() -> None:
    with pytest.raises(NetError) as error:
        network("plain").diagram("jpg")
    assert codes(error) == ["E404"] and "png" in str(error.value)
    with pytest.raises(NetError) as error:
        network("zoo:googlenet").diagram("svg", only=("inception3z",))
    assert codes(error) == ["E436"] and "inception3" in str(error.value.diagnostics[0].hint)


def test_what_was_chosen_is_true() -> None:
    """The sentence has the size that the SVG has, and the level that fits."""
    for width in (3.25, 6.9):
        drawing = Drawing(network("zoo:googlenet").design, Settings(width=72 * width))
        root = ElementTree.fromstring(str(drawing.rendered("svg")))
        w, h = (float(root.get(side, "").removesuffix("in")) for side in ("width", "height"))
        assert f"{w:.2f} x {h:.2f} in" in drawing.said
        assert w <= width + 0.01
        assert f"level {'layer' if width > 6 else 'block'}" in drawing.said
        sizes = [float(e.get("font-size", "9")) for e in root.iter(f"{SVG}text")]
        assert f"smallest label {min(sizes):.1f} pt" in drawing.said and min(sizes) >= 7


# -------------------------------------------------------------------------------------- hostile texts
def test_hostile_arguments_of_a_network() -> None:
    text = """extern layer L(name) -> in.shape = "a.b:C"
        net N { input image: 3x9x9
          L("<img src=x> & </svg>") -> L("<script>") -> L("\\\\end{document} %&#_^~$ {") }"""
    net = netdsl.loads(text)
    root = ElementTree.fromstring(str(net.diagram("svg")))
    shown = [e.text or "" for e in root.iter(f"{SVG}text")]
    assert not [e for e in root.iter() if e.tag.endswith(("img", "script"))]
    assert sum(line.startswith("L") for line in shown) == 3, shown
    latex = str(net.diagram("tex"))
    assert latex.count("\\end{document}") == 1
    for format in ("pdf", "png", "dot", "mermaid", "text"):
        assert net.diagram(format)


def test_descriptions_say_the_size() -> None:
    for name in ("zoo:alexnet", "zoo:resnet18"):
        said = str(network(name).diagram("svg")).partition("<desc")[2].partition("</desc>")[0]
        assert f"{network(name).parameters / 1e6:.1f} M parameters" in said
