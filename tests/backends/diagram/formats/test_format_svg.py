"""SVG: well-formed, plain, as large as the scene, whatever its texts hold."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from format_scenes import HOSTILE, everything, hostile, many
from work import growth

from netdsl.backends.diagram.formats.svg import svg
from netdsl.backends.diagram.formats.typeface import font_data
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.paint import painted
from netdsl.backends.diagram.scene.scene import Scene, Text
from netdsl.backends.diagram.scene.themes import NAMES, named
from netdsl.escaping.letters import visible

SVG = "{http://www.w3.org/2000/svg}"


def parsed(scene: Scene, theme: str = "light") -> ElementTree.Element:
    return ElementTree.fromstring(svg(scene, named(theme)).encode())


@pytest.mark.parametrize("theme", NAMES)
def test_a_figure_is_plain_svg(theme: str) -> None:
    """Shapes and texts with attributes, no more: nothing is referred to, nothing is styled from afar."""
    root = parsed(everything(), theme)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "g", "rect", "path", "circle", "text"}
    names = {name for element in root.iter() for name in element.attrib}
    assert not names & {"class", "style", "clip-path", "marker-end", "href"}
    assert [e.get("id") for e in root.iter() if e.get("id")] == [
        "Everything-title",
        "Everything-desc",
    ]
    assert root.get("aria-labelledby") == "Everything-title Everything-desc"
    assert root.get("role") == "img"
    shapes = list(painted(everything(), named(theme)))
    assert len(root.findall(f"{SVG}g")) == 1 and len(root[-1]) == len(shapes)


def test_a_figure_has_its_printed_size() -> None:
    scene = everything()
    root = parsed(scene)
    box = [float(n) for n in (root.get("viewBox") or "").split()]
    assert box == [scene.left, scene.top, scene.width, scene.height]
    for side, points in (("width", scene.width), ("height", scene.height)):
        size = root.get(side) or ""
        assert size.endswith("in") and float(size[:-2]) * 72 == pytest.approx(points, abs=0.005)
    paper = root[2]
    assert [float(paper.get(k, "")) for k in ("x", "y", "width", "height")] == box
    assert parsed(scene, "dark")[2].get("fill") == named("dark")["paper"]


def test_numbers_have_two_decimals_at_most() -> None:
    text = svg(everything(), named("print"))
    drawn = text[text.index("<g ") :]
    assert not re.search(r"\d\.\d{3}|\de-\d|-0[ \"]", drawn)


def test_hostile_texts_are_texts() -> None:
    root = parsed(hostile())
    shown = [element.text for element in root.iter(f"{SVG}text")]
    assert shown == [visible(text) for text in HOSTILE]
    assert root[0].text == visible(hostile().title) and root[1].text == visible(
        hostile().description
    )
    text = svg(hostile(), named("light"))
    assert "<script" not in text and "]]>" not in text
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff\uffff]", text)


@pytest.mark.parametrize("title", ["", "   ", "9", '"><x', "漢字", "a b", "x" * 500, "-", "\x00"])
def test_identifiers_are_names(title: str) -> None:
    root = parsed(everything(title))
    first, second = (root.get("aria-labelledby") or "").split(" ")
    assert [root[0].get("id"), root[1].get("id")] == [first, second]
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,80}", name) for name in (first, second))


def test_two_figures_stand_in_one_page() -> None:
    """Their identifiers are those of their networks."""
    page = svg(everything("First"), named("light")) + svg(everything("Second"), named("light"))
    found = re.findall(r' id="([^"]*)"', page)
    assert len(found) == len(set(found)) == 4


def test_tight_labels_say_how_wide_they_are() -> None:
    scene = Scene("Tight")
    scene.text(0, 0, "7×1, 192", room=30)
    scene.text(0, 9, "7×1, 192", room=200)
    scene.text(0, 18, "7×1, 192", room=20)
    scene.text(0, 27, "7×1, 192")
    scene.crop()
    texts = list(parsed(scene).iter(f"{SVG}text"))
    natural = round(text_width("7×1, 192", 7.2), 2)
    assert [t.get("textLength") for t in texts] == [str(natural), None, "20", None]
    assert texts[0].get("lengthAdjust") == "spacingAndGlyphs"


def test_each_hatch_is_one_path() -> None:
    scene = everything()
    light, hatched = (svg(scene, named(theme)).count("<path") for theme in ("light", "print"))
    hatches = sum(type(item).__name__ == "Strokes" for item in painted(scene, named("print")))
    assert hatches > 10 and hatched == light + hatches


def test_the_font_can_be_embedded() -> None:
    text = svg(everything(), named("light"), embed_font=True)
    root = ElementTree.fromstring(text)
    style = root.find(f"{SVG}style")
    assert style is not None and style.text is not None
    faces = re.findall(r"font-weight:(\w+);src:url\(data:font/ttf;base64,([^)]*)\)", style.text)
    assert {w: base64.b64decode(d) for w, d in faces} == {
        "normal": font_data(False),
        "bold": font_data(True),
    }
    family = re.search("font-family:'([^']*)'", style.text)
    assert family and root[-1].get("font-family", "").startswith(f"'{family[1]}', Helvetica, ")
    assert root[-1].get("font-family", "").endswith("sans-serif")


def test_texts_stand_where_the_scene_has_them() -> None:
    scene = everything()
    drawn = list(parsed(scene).iter(f"{SVG}text"))
    texts = [item for item in (*scene.under, *scene.items) if isinstance(item, Text)]
    assert len(drawn) == len(texts) > 60
    for element, item in zip(drawn, texts):
        assert (element.get("x"), element.get("y")) == (f"{item.x:g}", f"{item.y:g}")
        assert element.get("text-anchor", "middle") == item.anchor
        assert (element.get("font-weight") == "bold") == item.bold
        turned = element.get("transform")
        assert turned == (f"rotate(-90 {item.x:g} {item.y:g})" if item.turned else None)


def test_an_empty_scene_is_a_picture() -> None:
    scene = Scene("Empty")
    scene.crop()
    assert parsed(scene).get("viewBox") == "-2 -2 4 4"


def test_twenty_thousand_boxes() -> None:
    """80,000 shapes, and work in proportion."""
    assert svg(many(20_000), named("light")).count("<rect") == 20_001

    def written(boxes: int) -> Callable[[], object]:
        scene = many(boxes)
        return lambda: svg(scene, named("light"))

    assert growth(written, 300) < 1.2
