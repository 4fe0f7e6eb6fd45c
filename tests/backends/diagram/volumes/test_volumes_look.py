"""How volumes look: true to scale, no faults at any width, names as in papers."""

from __future__ import annotations

import math
from functools import cache

import pytest
from volume_facts import (
    HALF_COLUMN,
    TOWER,
    accents,
    design,
    dotted,
    drawn,
    figure,
    fronts,
    names_below,
    node,
    texts,
)

from netdsl.backends.diagram.kinds.volumes import volumes
from netdsl.backends.diagram.scene.lint import lint
from netdsl.backends.diagram.scene.scene import Rect, Text
from netdsl.backends.diagram.scene.themes import NAMES, named
from netdsl.backends.diagram.settings import Settings

# Channels and sides of every tensor, from the papers.
LENET = [(1, 32), (6, 28), (6, 14), (16, 10), (16, 5), (120, 1), (84, 1), (10, 1)]
VGG16 = [
    *[(3, 224), (64, 224), (64, 224), (64, 112), (128, 112), (128, 112), (128, 56)],
    *[(256, 56), (256, 56), (256, 56), (256, 28), (512, 28), (512, 28), (512, 28), (512, 14)],
    *[(512, 14), (512, 14), (512, 14), (512, 7), (4096, 1), (4096, 1), (1000, 1)],
]
ALEXNET_HALF = [(48, 55), (48, 27), (128, 27), (128, 13), (192, 13), (192, 13), (128, 13)]
ALEXNET_HALF += [(128, 6), (2048, 1), (2048, 1)]
THINNEST = 0.9  # of a plate

LINTED = (
    *("lenet5", "lenet5modern", "alexnet", "alexnet_two_gpu", "zfnet", "vgg16", "vgg16_c"),
    *("vgg19", "nin", "nin_cifar", "fcn32s", "fcn32s_voc", "rcnn", "yolov1", "yolov2", "yolov3"),
    *("ssd300", "ssdlitemobilenetv3", "googlenet", "resnet50", "densenet121", "mobilenet_v2"),
    *("squeezenet1_1", "unet", "highway10_mnist", "inception_naive"),
)


@pytest.mark.parametrize("name", LINTED)
@pytest.mark.parametrize("width", [None, 360.0, HALF_COLUMN])
def test_no_fault_and_no_wider_than_asked_for(name: str, width: float | None) -> None:
    scene = figure(name, width)
    for theme in NAMES if width is None else ("light",):
        assert [str(fault) for fault in lint(scene, named(theme))] == []
    assert scene.width <= (width or 496.8) + 0.01
    assert scene.smallest >= 7.0
    assert {item.size for item in scene.items if isinstance(item, Text)} <= {7.0, 7.2, 7.5}


def scales(sizes: list[tuple[float, float]], channels: list[int], sides: list[int]) -> None:
    """One factor for all sides, and one for all channels."""
    tall = [height / math.sqrt(side) for (_, height), side in zip(sizes, sides, strict=True)]
    wide = [
        width / math.sqrt(count)
        for (width, _), count in zip(sizes, channels, strict=True)
        if width > THINNEST
    ]
    assert len(wide) >= len(sizes) - 1
    assert max(tall) == pytest.approx(min(tall), rel=0.01)
    assert max(wide) == pytest.approx(min(wide), rel=0.01, abs=0.01)


@pytest.mark.parametrize(
    ("name", "width", "paper"),
    [
        ("lenet5", None, LENET),
        ("lenet5", HALF_COLUMN, LENET),
        ("vgg16", None, VGG16),
        ("vgg16", 400.0, VGG16),
        ("vgg16", HALF_COLUMN, VGG16),
    ],
)
def test_edges_are_square_roots(
    name: str, width: float | None, paper: list[tuple[int, int]]
) -> None:
    found = fronts(figure(name, width))
    channels, sides = zip(*paper)
    scales([(front.width, front.height) for front in found], list(channels), list(sides))


def test_edges_of_towers_are_square_roots_of_half_the_channels() -> None:
    found = fronts(figure("alexnet_two_gpu"))
    first = [front for front in found if not front.name.endswith(TOWER)]
    channels = [3, *(channels for channels, _ in ALEXNET_HALF), 1000]
    sides = [227, *(side for _, side in ALEXNET_HALF), 1]
    scales([(front.width, front.height) for front in first], channels, sides)


@cache
def stage_names(name: str, width: float | None = None) -> list[str]:
    return names_below(figure(name, width))


def test_stages_are_numbered_as_in_the_papers() -> None:
    vgg = ["image", *(f"conv{n}" for n in range(1, 6)), "fc6", "fc7", "fc8"]
    for name in ("vgg11", "vgg16", "vgg16_c", "vgg19", "vgg16_bn"):
        assert stage_names(name) == vgg, name
        assert stage_names(name, HALF_COLUMN) == vgg, name
    for name in ("alexnet", "alexnet_two_gpu", "caffenet", "zfnet", "zfnet_big"):
        assert stage_names(name) == vgg, name
        assert stage_names(name, HALF_COLUMN) == vgg, name


def test_stages_have_their_authors_names() -> None:
    assert stage_names("lenet5") == ["digit", "c1", "s2", "c3", "s4", "c5", "f6", "output"]
    assert stage_names("nin") == ["image", "mlp1", "mlp2", "mlp3", "mlp4"]
    assert stage_names("fcn32s")[:6] == ["image", "conv1", "conv2", "conv3", "conv4", "conv5"]
    assert stage_names("resnet50")[2:6] == ["layer1", "layer2", "layer3", "layer4"]
    assert stage_names("ssd300")[-4:] == ["conv8", "conv9", "conv10", "conv11"]


def test_captions_fold_what_repeats() -> None:
    assert texts(figure("vgg16")).count("3 × (3×3, 512)") == 2
    told = texts(figure("yolov1"))
    at = told.index("4 × (1×1, 256")
    assert told[at : at + 4] == ["4 × (1×1, 256", "3×3, 512)", "1×1, 512", "3×3, 1024"]


def test_the_legend_says_what_holds_for_all() -> None:
    told = texts(figure("vgg16_bn"))
    assert "3×3 convolution + BN + ReLU" in told
    assert "2×2 max pooling, /2" in told
    assert "no ReLU" in told, "of the last layer"
    assert "pooling (3×3 max, /2 unless stated)" in texts(figure("nin"))
    bare = volumes(design("vgg16"), Settings(legend=False, sizes="none"))
    assert not any("pooling" in text or "224" in text for text in texts(bare) if text != "image")


# ------------------------------------------------------------------------------- kernels and arrows
def test_kernels_are_drawn_where_there_is_room() -> None:
    for name in ("lenet5", "alexnet", "alexnet_two_gpu", "zfnet", "vgg16", "vgg19"):
        assert dotted(figure(name)), name
        assert not dotted(figure(name, HALF_COLUMN)), name


def test_a_kernel_is_as_large_as_it_is_but_for_small_ones() -> None:
    def window(scene: object) -> float:
        return max(y for _, y in scene) - min(y for _, y in scene)  # type: ignore[attr-defined]

    for side, kernel, share in ((32, 16, 0.5), (32, 8, 0.25), (64, 3, 0.16)):
        scene = drawn(f"net K {{ input x: 3x{side}x{side}\n conv(8, {kernel}x{kernel}) -> relu }}")
        (front, *_) = fronts(scene)
        painted = [
            i for i in scene.items if getattr(i, "fill", None) == "paper" and hasattr(i, "points")
        ]
        (corners,) = [item.points for item in painted]  # type: ignore[union-attr]
        edge = abs(corners[1][1] - corners[2][1])
        assert edge == pytest.approx(share * front.height, abs=0.03)
        small = any("at least 16 % wide" in text for text in texts(scene))
        assert small == (kernel / side < 0.16)


def test_a_stride_stands_below_its_kernel() -> None:
    assert "/4" in texts(figure("alexnet"))
    assert "/2" in texts(figure("zfnet"))
    assert "/2" not in texts(figure("vgg16"))


# ------------------------------------------------------------------------------------------- towers
def test_two_towers_mirror_each_other() -> None:
    scene = figure("alexnet_two_gpu")
    by_name = {front.name: front for front in fronts(scene)}
    pairs = [(f, by_name[f.name + TOWER]) for f in by_name.values() if f.name + TOWER in by_name]
    assert len(pairs) == len(ALEXNET_HALF)
    for first, second in pairs:
        assert (first.width, first.height) == (second.width, second.height)
    apart = [second.middle - first.middle for first, second in pairs]
    assert max(apart) - min(apart) < 0.05
    assert len(accents(scene)) == 6, "conv3, fc6 and fc7 read both"
    assert {"tower 1", "tower 2", "48", "2048", "1000"} <= set(texts(scene))
    crossed = [r for r in scene.routes if r.tail.endswith(TOWER) and not r.head.endswith(TOWER)]
    assert [route.head for route in crossed] == ["conv3", "fc6", "fc7", "fc8"]
    counted = dict(node(scene, "conv2" + TOWER).steps)
    assert not counted, "what is split counts once"


TWO = """net Halves {
  input photo: 3x64x64
  one: conv(16, 5x5, stride=2) -> relu -> maxpool(2x2)
  two: conv(32, 3x3%s) -> relu
  three: conv(32, 3x3) -> relu -> flatten
  four: linear(64) -> relu
  five: linear(10)
}"""


@pytest.mark.parametrize(
    ("text", "towers"),
    [
        (TWO % ", groups=2", True),
        (TWO % "", False),
        (TWO % ", groups=4", False),
        (TWO.replace("conv(16, ", "conv(15, ").replace("linear(64)", "linear(63)") % "", False),
        (TWO.replace("linear(64)", "linear(63)") % ", groups=2", False),
        (
            TWO.replace("three:", "residual { conv(32, 3x3, padding=1) }\n three:") % ", groups=2",
            False,
        ),
    ],
)
def test_towers_are_a_matter_of_structure(text: str, towers: bool) -> None:
    scene = drawn(text)
    assert ("tower 1" in texts(scene)) == towers
    assert len(accents(scene)) == (4 if towers else 0), "three and four read both"


@pytest.mark.parametrize("name", ["alexnet", "alexnet_merged", "vgg16", "mobilenet_v2"])
def test_other_networks_have_no_towers(name: str) -> None:
    assert "tower 1" not in texts(figure(name))
    assert not accents(figure(name))


def test_without_room_for_towers_groups_are_named() -> None:
    scene = figure("alexnet_two_gpu", HALF_COLUMN)
    assert "tower 1" not in texts(scene)
    assert "5×5, 256, g2" in texts(scene)
    assert "grouped convolution + ReLU" in texts(scene)


# -------------------------------------------------------------------------------------------- sizes
def test_a_lower_figure_if_it_is_asked_for() -> None:
    usual = figure("vgg16")
    low = figure("vgg16", None, 140.0)
    assert low.height <= 140.0 < usual.height
    assert names_below(low) == names_below(usual)


@pytest.mark.parametrize("width", [500.0, 300.0, 180.0, 100.0, 40.0])
def test_any_width(width: float) -> None:
    """What cannot be narrower is wider than asked for, but nothing breaks."""
    for name in ("vgg16", "ssd300", "unet", "alexnet_two_gpu"):
        scene = figure(name, width)
        assert scene.width <= max(width, 200.0)
        assert lint(scene, named("light")) == [] or width < 150


def test_hostile_names_are_cut() -> None:
    long = "a" * 96
    scene = drawn(
        f"block {long}(c) {{ residual {{ conv(c, 3x3, padding=1) }} }}\n"
        f"net N {{ input {long}: 8x32x32\n {long}b: {{ repeat 3 {{ {long}(8) }} }}\n conv(9, 3x3) }}"
    )
    assert lint(scene, named("light")) == []
    assert max(map(len, texts(scene))) < 110
    assert scene.width < 497


def test_a_thousand_layers_are_drawn_in_a_moment() -> None:
    body = "\n".join(f"conv({8 + i * 37 % 50}, 3x3, padding=1)" for i in range(1000))
    scene = drawn(f"net Deep {{ input x: 3x32x32\n{body} }}")
    assert scene.width <= 496.8
    assert len(scene.nodes) < 30
    assert "1000 layers" in texts(scene)


def test_tints_follow_the_size_of_maps() -> None:
    """In a theme that tints by stage, layers with maps of one size have one colour."""
    rects = [item for item in figure("googlenet").items if isinstance(item, Rect)]
    tints = [r.fill.partition("@")[2] for r in rects if r.fill and "@" in r.fill]
    assert tints == sorted(tints, key=int)
    assert tints.count("3") == 5, "inception4a to inception4e"
