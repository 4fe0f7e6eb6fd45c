"""Figures from Python: what the arguments of `Network.diagram` do."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from networks import network

import netdsl
from netdsl.backends.diagram import Drawing, Png, Svg
from netdsl.backends.diagram.draw import figure
from netdsl.backends.diagram.scene.themes import NAMES as THEMES
from netdsl.backends.diagram.settings import Settings
from netdsl.diagnostics import NetError

SVG = "{http://www.w3.org/2000/svg}"


def texts_of(svg: str) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_notebooks_show_pictures() -> None:
    svg, png = network("plain").diagram("svg"), network("plain").diagram("png")
    assert isinstance(svg, Svg) and svg._repr_svg_() == svg == network("plain")._repr_svg_()
    assert isinstance(png, Png) and png._repr_png_() == png


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
    assert drawing.rendered("pdf") and drawing.said == said


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


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ({"format": "svg", "theme": "lihgt"}, "E420", "`light`"),
        ({"format": "tex", "engine": "dot"}, "E404", "Graphviz draws no TikZ"),
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
    assert [d.code for d in error.value.diagnostics] == [code] and said in str(error.value)


def test_settings_that_there_are_not() -> None:
    with pytest.raises(TypeError, match="colour"):
        network("plain").diagram(colour="red")
