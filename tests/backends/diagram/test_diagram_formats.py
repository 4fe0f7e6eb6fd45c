"""Figures in every format, from Python: what comes out, what it needs, and a clear word where it cannot be made."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from networks import network

import netdsl
from netdsl.backends.diagram import FORMATS, Drawing, Png, Svg
from netdsl.backends.diagram.draw import figure
from netdsl.backends.diagram.scene.themes import NAMES as THEMES
from netdsl.backends.diagram.settings import Settings
from netdsl.diagnostics import NetError
from netdsl.network import Network

ROOT = Path(netdsl.__file__).parent.parent
SVG = "{http://www.w3.org/2000/svg}"
MAGIC = {
    "svg": b"<svg ",
    "pdf": b"%PDF-",
    "png": b"\x89PNG\r\n\x1a\n",
    "tex": b"% ",
    "dot": b"digraph ",
    "mermaid": b"%%{init",
    "text": b"(",
}


def codes(error: pytest.ExceptionInfo[NetError]) -> list[str]:
    return [d.code for d in error.value.diagnostics]


def bytes_of(figure: str | bytes) -> bytes:
    return figure.encode() if isinstance(figure, str) else figure


def texts_of(svg: str) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(svg).iter(f"{SVG}text")]


# ----------------------------------------------------------------------------------- what comes out
@pytest.mark.parametrize("format", FORMATS)
def test_every_format(format: str) -> None:
    figure = network("residuals").diagram(format)
    assert isinstance(figure, bytes if format in ("pdf", "png") else str)
    assert bytes_of(figure).lstrip().startswith(MAGIC[format])
    assert figure == network("residuals").diagram(format)


def test_notebooks_show_pictures() -> None:
    svg, png = network("plain").diagram("svg"), network("plain").diagram("png")
    assert isinstance(svg, Svg) and svg._repr_svg_() == svg == network("plain")._repr_svg_()
    assert isinstance(png, Png) and png._repr_png_() == png


def test_a_png_is_as_large_as_it_is_printed() -> None:
    root = ElementTree.fromstring(str(network("plain").diagram("svg")))
    wide, high = (float(root.get(side, "").removesuffix("in")) for side in ("width", "height"))
    for dpi in (72, 300):
        png = network("plain").diagram("png", dpi=dpi)
        assert isinstance(png, bytes)
        assert struct.unpack(">II", png[16:24]) == pytest.approx((wide * dpi, high * dpi), abs=1)


@pytest.mark.parametrize("theme", THEMES)
def test_themes_change_colours_and_nothing_else(theme: str) -> None:
    light, other = (str(network("merges").diagram("svg", theme=t)) for t in ("light", theme))
    assert (light == other) == (theme == "light")
    assert texts_of(light) == texts_of(other)
    sizes = [
        {ElementTree.fromstring(s).get(side) for side in ("width", "viewBox")}
        for s in (light, other)
    ]
    assert sizes[0] == sizes[1]


def test_the_font_can_be_embedded() -> None:
    plain, own = (network("plain").diagram("svg", embed_font=on) for on in (False, True))
    assert "@font-face" in str(own) and "@font-face" not in str(plain)


def test_one_drawing_gives_several_formats_and_says_what_it_chose() -> None:
    drawing = Drawing(network("residuals").design, Settings(width=234))
    assert drawing.said == ""
    svg = str(drawing.rendered("svg"))
    said = drawing.said
    assert said.startswith("level ") and said.endswith(" in, smallest label 7.0 pt")
    assert svg == network("residuals").diagram("svg", fit="3.25in")
    assert bytes_of(drawing.rendered("pdf")).startswith(b"%PDF") and drawing.said == said


def test_networks_stand_beside_each_other() -> None:
    svg = network("zoo:vgg16").diagram("svg", beside=[netdsl.load("zoo:vgg11")])
    assert {"VGG16", "VGG11"} <= set(texts_of(str(svg)))


@pytest.mark.parametrize("engine", ["dot", "neato"])
def test_graphviz_draws_the_same_boxes(engine: str) -> None:
    ours = str(network("merges").diagram("svg"))
    svg = str(network("merges").diagram("svg", engine=engine))
    lines = {line for node in figure(network("merges").design).nodes for line in node.lines}
    boxes = lines & set(texts_of(ours))
    shown = {text.replace("\N{NO-BREAK SPACE}", " ") for text in texts_of(svg)}
    assert len(boxes) > 8 and boxes <= shown
    assert ElementTree.fromstring(svg).tag == f"{SVG}svg" and svg != ours


# ------------------------------------------------------------------------------------- what it needs
def test_figures_need_nothing_but_the_core() -> None:
    """No torch, no numpy, no Graphviz; Pillow for a PNG only."""
    code = (
        "import sys, netdsl\n"
        "for name in ('torch', 'numpy', 'PIL', 'pygraphviz', 'graphviz'):\n"
        "    sys.modules[name] = None\n"
        "net = netdsl.load('zoo:resnet50')\n"
        "for format in ('svg', 'pdf', 'tex', 'dot', 'mermaid', 'text'):\n"
        "    assert net.diagram(format), format\n"
        "try:\n"
        "    net.diagram('png')\n"
        "except netdsl.NetError as error:\n"
        "    print([d.code for d in error.diagnostics])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.stdout == "['E425']\n"


# ------------------------------------------------------------------------------------ what goes wrong
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ({"format": "jpg"}, "E404", "no figure format `jpg`"),
        ({"format": "svg", "theme": "lihgt"}, "E420", "`light`"),
        ({"format": "tex", "engine": "dot"}, "E404", "Graphviz draws no TikZ"),
        ({"kind": "volume"}, "E441", "`volumes`"),
        ({"level": "layers"}, "E441", "`layer`"),
        ({"fuse": "some"}, "E441", "all, bn, none"),
        ({"sizes": "some"}, "E441", "auto, all, none"),
        ({"labels": "keras"}, "E441", "paper, torch"),
        ({"direction": "up"}, "E441", "down, right"),
        ({"fit": "A4"}, "E440", "`A4` is no size"),
        ({"only": ("fatures",)}, "E436", "did you mean"),
        ({"kind": "ladder"}, "E438", ""),
        ({"kind": "dense"}, "E437", ""),
        ({"kind": "pipeline"}, "E435", ""),
    ],
)
def test_what_there_is_not(arguments: dict[str, object], code: str, said: str) -> None:
    with pytest.raises(NetError) as error:
        network("aux").diagram(**arguments)  # type: ignore[arg-type]
    assert codes(error) == [code] and said in str(error.value)


def test_settings_that_there_are_not() -> None:
    with pytest.raises(TypeError, match="colour"):
        network("plain").diagram(colour="red")


# -------------------------------------------------------------------------------------- hostile texts
HOSTILE = (
    "<script>alert(1)</script>",
    'say "hi" &amp; & <b>',
    "back\\\\slash \\\\input{x} % $x$ #1 {",
    "]]> --> <!-- {} | :",
    "\N{CJK UNIFIED IDEOGRAPH-5377}\N{CJK UNIFIED IDEOGRAPH-7A4D} \N{GREEK SMALL LETTER ALPHA} \N{SNOWMAN}",
    "\N{RIGHT-TO-LEFT OVERRIDE}reversed\N{ZERO WIDTH SPACE}",
    "</text></svg>",
)


def spoken(text: str) -> Network:
    """A network that says a text wherever one can say anything."""
    quoted = text.replace('"', '\\"')
    return netdsl.loads(
        f'''extern layer Own(name) -> in.shape = "a.b:C"
        net Net {{
          """{text}"""
          meta {{ title: "{quoted}" }}
          input image: 3x9x9
          Own("{quoted}") -> conv(4, 3x3) -> Own("{quoted}")
        }}'''
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_texts(text: str) -> None:
    """Whatever a network says: formats are what they should be, and the figure is as it is without."""
    net, calm = spoken(text), spoken("calm")
    root = ElementTree.fromstring(str(net.diagram("svg")))
    kinds = [e.tag for e in ElementTree.fromstring(str(calm.diagram("svg"))).iter()]
    assert [e.tag for e in root.iter()] == kinds
    for format in FORMATS:
        made = bytes_of(net.diagram(format))
        if format not in ("text", "dot"):  # where it means nothing
            assert b"<script" not in made
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in made.decode("utf-8", "replace")
    tex, other = str(net.diagram("tex")), str(calm.diagram("tex"))
    assert tex.count("\\input") == other.count("\\input")
    assert tex.count("\n") == other.count("\n")
