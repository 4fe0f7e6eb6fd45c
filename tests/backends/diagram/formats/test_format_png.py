"""PNG: a well-formed picture of the right size and colours, in any number of bands, the same every time."""

from __future__ import annotations

import io
import struct
import sys
import zlib
from typing import Any

import pytest
from format_scenes import everything, hostile, many
from PIL import Image

from netdsl.backends.diagram.formats import png as module
from netdsl.backends.diagram.formats import raster
from netdsl.backends.diagram.formats.png import png
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import SHARES, Scene
from netdsl.backends.diagram.scene.themes import NAMES, named
from netdsl.diagnostics import NetError

LIGHT = named("light")


def picture(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def chunks(data: bytes) -> dict[str, bytes]:
    found, at = {}, 8
    while at < len(data):
        (length,) = struct.unpack_from(">L", data, at)
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">L", data, at + 8 + length) == (zlib.crc32(name + body),)
        found[name.decode()] = body
        at += 12 + length
    return found


@pytest.mark.parametrize("theme", NAMES)
def test_a_picture_has_the_size_and_the_paper(theme: str) -> None:
    scene = everything()
    image = picture(png(scene, named(theme), 144))
    assert image.mode == "RGB"
    assert image.size == (2 * scene.width, pytest.approx(2 * scene.height, abs=1))
    dark, paper = (named(theme)[role] for role in ("ink", "paper"))
    corners = [(0, 0), (image.width - 1, 0), (0, image.height - 1)]
    assert {image.getpixel(corner) for corner in corners} == {rgb(paper)}
    colours = {colour for _, colour in image.getcolors(1 << 20) or ()}
    assert {rgb(dark), rgb(paper), rgb(named(theme)["softmax.f"])} <= colours


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def test_a_picture_says_what_it_is() -> None:
    found = chunks(png(everything("Tïtle"), LIGHT, 96))
    assert list(found) == ["IHDR", "sRGB", "pHYs", "iTXt", "IDAT", "IEND"]
    assert struct.unpack(">LLB", found["pHYs"]) == (3780, 3780, 1)
    assert picture(png(everything(), LIGHT)).info["dpi"] == pytest.approx((192, 192), abs=0.01)
    info = picture(png(everything("Tïtle"), LIGHT, 96)).info
    assert (info["Title"], info["Description"]) == ("Tïtle", everything().description)
    assert "\x00" not in picture(png(hostile(), LIGHT, 96)).info["Title"]


def test_bands_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """One band, many, and rows one by one give the same pixels."""
    scene = everything()
    whole = png(scene, LIGHT, 96)
    for band in (300_000, 1):
        monkeypatch.setattr(module, "BAND", band)
        assert png(scene, LIGHT, 96) == whole


def test_lines_are_as_thick_as_they_are() -> None:
    """How much ink there is on a level, an upright, a slanted and a bent line of 0.7 points, and on a disc."""
    for points, length in (
        ([(10, 10), (90, 10)], 80.0),
        ([(10.3, 10), (10.3, 90)], 80.0),
        ([(10, 10), (70, 90)], 100.0),
        ([(10, 10), (90, 35)], 83.8),
        ([(10, 10), (50, 10), (50, 90)], 120 - 2 * 8 + 8 * 3.1416 / 2),
    ):
        scene = Scene("Line")
        scene.path(points, None, "#000000", 0.7, closed=False, radius=8)
        assert ink(scene) == pytest.approx(0.7 * length, rel=0.08), points
    scene = Scene("Dashes")
    scene.path([(10, 10), (90, 40)], None, "#000000", 1, "3 2", closed=False)
    assert ink(scene) == pytest.approx(0.6 * 85.4, rel=0.08)
    scene = Scene("Disc")
    scene.circle(50, 50, 20, "#000000", None)
    assert ink(scene) == pytest.approx(3.1416 * 400, rel=0.01)
    scene = Scene("Box")
    scene.rect(10, 20, 60, 30, "#000000", "#000000", 2, 6)
    assert ink(scene) == pytest.approx(62 * 32 - (4 - 3.1416) * 49, rel=0.01)


def ink(scene: Scene) -> float:
    """How much is black, in square points."""
    scene.left = scene.top = 0.0
    scene.width = scene.height = 100.0
    image = picture(png(scene, LIGHT)).convert("L")
    dark = sum((255 - i) * n for i, n in enumerate(image.histogram())) / 255
    return dark / (192 / 72) ** 2


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("anchor", ["start", "middle", "end"])
def test_letters_are_where_they_belong(anchor: str, turned: bool) -> None:
    """A text's ink is between its ends and between its ascenders and descenders; turned, it runs upwards."""
    scene = Scene("Text")
    scene.text(50, 50, "Hxxxxxg", 10, anchor, turned=turned, fill="#000000")
    left, top, right, bottom = inked(scene)
    if turned:
        left, top, right, bottom = 100 - bottom, left, 100 - top, right
    width = text_width("Hxxxxxg", 10)
    first = 50 - SHARES[anchor] * width
    assert (left, right) == pytest.approx((first + 0.8, first + width - 0.7), abs=0.5)
    assert (top, bottom) == pytest.approx((46.4, 55.7), abs=0.5)


def inked(scene: Scene) -> tuple[float, ...]:
    """Left, top, right and bottom of what is dark, in points."""
    scene.left = scene.top = 0.0
    scene.width = scene.height = 100.0
    image = picture(png(scene, LIGHT)).convert("L").point([255] * 200 + [0] * 56)
    return tuple(side * 72 / 192 for side in image.getbbox() or ())


def test_little_room_keeps_letters_in() -> None:
    scene = Scene("Tight")
    scene.text(50, 50, "xxxxxxxxxx", 10, room=40, fill="#000000")
    left, _, right, _ = inked(scene)
    assert 29.5 < left < 31 and 69 < right < 70.5


def test_a_large_figure_is_drawn_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than a band of it is there at once, however large it is."""
    made: list[int] = []

    class Watched(raster.Canvas):
        def __init__(self, size: tuple[int, int], *others: Any) -> None:
            made.append(size[0] * size[1])
            super().__init__(size, *others)

    monkeypatch.setattr(raster, "Canvas", Watched)
    image = picture(png(many(500), LIGHT, 160))
    assert image.width * image.height > 3_000_000
    assert max(made) <= module.BAND and sum(made) == 16 * image.width * image.height


def test_a_huge_figure_is_refused() -> None:
    scene = Scene("Huge")
    scene.rect(0, 0, 20_000, 20_000, "ink")
    scene.crop()
    with pytest.raises(NetError) as caught:
        png(scene, LIGHT)
    assert [d.code for d in caught.value.diagnostics] == ["E426"]
    assert "53,344 x 53,344" in str(caught.value)


def test_without_pillow_there_is_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(NetError) as caught:
        png(everything(), LIGHT)
    assert [d.code for d in caught.value.diagnostics] == ["E425"]
    assert "netdsl[diagram]" in str(caught.value)
