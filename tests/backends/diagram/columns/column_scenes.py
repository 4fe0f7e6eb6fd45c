"""Scenes of networks side by side, made once, and what is asked of each."""

from __future__ import annotations

from collections import Counter
from functools import cache

import netdsl
from netdsl.backends.diagram.kinds.columns import columns
from netdsl.backends.diagram.scene.scene import Placed, Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.design import Design

# What papers and lectures compare, and what no column was made for.
COMPARED = (
    "vgg19 plain34 resnet34",
    "resnet18 resnet50",
    "alexnet_merged zfnet",
    "plain20_cifar resnet20_cifar",
    "vgg11 vgg13 vgg16_c vgg16 vgg19",
    "mobilenet_v2 vgg16",
    "googlenet inception_v4",
    "inception_resnet_v2",
    "densenet121 preresnet50",
    "unet",
    "ssd300 yolov3",
    "stochasticdepth110_cifar",
    "resnet34_c resnet34_a",
    "highway19_cifar squeezenet1_0",
)


@cache
def design(name: str, size: str | None = None) -> Design:
    return netdsl.load(f"zoo:{name}", input=size).design


@cache
def compared(names: str, width: float | None = None, height: float | None = None) -> Scene:
    settings = Settings(width=width, height=height)
    return columns([design(name) for name in names.split()], settings)


def steps(scene: Scene) -> Counter[str]:
    """The steps that the nodes of a scene say they stand for."""
    total: Counter[str] = Counter()
    for node in scene.nodes:
        total.update(dict(node.steps))
    return total


def of_column(scene: Scene, name: str) -> list[Placed]:
    """The nodes of one network."""
    return [node for node in scene.nodes if node.name.startswith(f"{name}.")]
