"""The networks of the zoo: every layer is in the figure, every edge is a line, and it can be printed untouched.

Figures are drawn for a page (6.9 x 9.4 in) and for a column of one (3.25 x 9.4 in).
"""

from __future__ import annotations

from functools import cache

import pytest
from diagram_oracle import census
from layout_proof import foreign_lines, meant, missing_lines, steps_of
from svg_facts import svg_facts

import netdsl
from netdsl.backends.diagram.drawing import draw
from netdsl.backends.diagram.formats.svg import svg
from netdsl.backends.diagram.kinds.registry import chosen, scene_of
from netdsl.backends.diagram.scene.lint import INCH, lint
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.scene.straight import straightness
from netdsl.backends.diagram.scene.theme_file import theme
from netdsl.backends.diagram.settings import DIRECTIONS, LEVELS, Settings
from netdsl.design import Design
from netdsl.zoo import entries

SIZES = ((6.9, 9.4), (3.25, 9.4))  # inches
LEAST = 7.0  # points: the smallest letters
SHOWN = (
    *("alexnet", "alexnet_two_gpu", "vgg16", "googlenet", "googlenet_bn", "inception_v3", "nin"),
    *("inception_v4", "inception_resnet_v2", "resnet18", "resnet50", "resnet1202_cifar", "unet"),
    *("resnext50_32x4d", "densenet121", "squeezenet1_1", "mobilenet_v2", "lenet5", "zfnet"),
    *("highway19_cifar", "stochasticdepth110_cifar", "fcn8s_voc", "ssd300", "yolov3", "retinanet"),
    *("faster_rcnn", "fastrcnnvgg16"),
)
NAMES = [
    name if name in SHOWN else pytest.param(name, marks=pytest.mark.slow) for name, _ in entries()
]


@cache
def design_of(name: str) -> Design:
    return netdsl.load(f"zoo:{name}").design


def on(size: tuple[float, float], **settings: str | None) -> Settings:
    return Settings(width=size[0] * INCH, height=size[1] * INCH, **settings)


def fits(scene: Scene, size: tuple[float, float]) -> bool:
    return scene.width <= size[0] * INCH + 0.01 and scene.height <= size[1] * INCH + 0.01


def check_printed(scene: Scene, size: tuple[float, float], said: str) -> None:
    """No faults, letters of a size that is read, and no larger than the page or it says so: as the scene has
    it, and as the SVG does."""
    assert lint(scene, theme("light")) == []
    facts = svg_facts(svg(scene, theme("light")))
    assert facts.smallest >= LEAST - 1e-6
    assert (facts.width, facts.height) == pytest.approx(
        (scene.width / INCH, scene.height / INCH), abs=0.006
    )
    assert f"{scene.width / INCH:.2f} x {scene.height / INCH:.2f} in" in said
    assert fits(scene, size) != ("larger than asked for" in said)
    assert f"smallest label {scene.smallest:.1f} pt" in said or said.startswith("level")


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_is_in_the_figure(name: str) -> None:
    """At every level: as a box, in one that is folded, or fused with the one before it. And every edge is
    a line from box to box, and no line is more than that."""
    design = design_of(name)
    wanted = census(design)
    for level in LEVELS:
        for size in SIZES:
            settings = on(size, level=level)
            scene, said = draw(design, settings)
            assert steps_of(scene) == wanted, (level, size)
            figure = meant(design, settings, said)
            assert missing_lines(scene, figure) == [], (level, size)
            assert foreign_lines(scene, figure) == [], (level, size)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", NAMES)
def test_a_figure_can_be_printed(name: str, direction: str) -> None:
    design = design_of(name)
    for size in SIZES:
        scene, said = draw(design, on(size, direction=direction))
        check_printed(scene, size, said)
        trunk = straightness(scene)
        if not design.heads:  # which have several ends, and regions come from elsewhere
            assert trunk.straight and len(trunk.trunk) > 1, trunk


@pytest.mark.parametrize("name", NAMES)
def test_the_figure_that_suits_can_be_printed(name: str) -> None:
    """Detectors as pipelines, U-Nets as ladders: no layer is left out, and they always fit."""
    design = design_of(name)
    for size in SIZES:
        kind = chosen((design,), on(size))
        if kind == "network":
            assert not design.heads
            continue
        scene, said = scene_of((design,), on(size))
        assert said.startswith(f"kind {kind}, ") and fits(scene, size)
        check_printed(scene, size, said)
        assert steps_of(scene) == census(design)


def test_a_page_shows_every_layer_where_there_is_room() -> None:
    """How deep figures are drawn: papers print the layers of these."""
    for name in (
        "vgg16",
        "googlenet",
        "resnet50",
        "resnet1202_cifar",
        "densenet121",
        "inception_v4",
    ):
        _, said = draw(design_of(name), on(SIZES[0]))
        assert said.startswith("level layer, "), (name, said)
    _, said = draw(design_of("resnet50"), on(SIZES[1]))
    assert said.startswith("level layer, ")
    _, said = draw(design_of("googlenet"), on(SIZES[1]))
    assert said.startswith("level block, ")
