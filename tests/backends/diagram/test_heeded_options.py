"""What a kind of figure does not heed is said, and it changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

import netdsl
from netdsl.backends.diagram.formats.svg import svg
from netdsl.backends.diagram.kinds.registry import HEEDED, OPTIONS, scene_of
from netdsl.backends.diagram.scene.themes import named
from netdsl.backends.diagram.settings import Settings

OTHER: dict[str, Any] = {
    "level": "block",
    "expand": ("layer1",),
    "sizes": "none",
    "unroll": True,
    "repeats": "paper",
    "fuse": "none",
    "labels": "torch",
    "direction": "right",
}
SAMPLES = [
    *[
        ("volumes", "vgg16"),
        ("volumes", "alexnet"),
        ("columns", "vgg19"),
        ("columns", "resnet34_b"),
    ],
    *[("ladder", "unet"), ("dense", "densenet121"), ("pipeline", "ssd300"), ("cell", "googlenet")],
    *[("pipeline", "faster_rcnn"), ("unravelled", "resnet18"), ("boxes", "ssd300")],
    ("timeline", "resnet50"),
]


@pytest.mark.parametrize(("kind", "name"), SAMPLES)
def test_options_that_a_kind_does_not_heed(kind: str, name: str) -> None:
    design = netdsl.load(f"zoo:{name}").design
    usual, said = scene_of((design,), Settings(kind=kind))
    assert "heeded" not in said
    vain = [option for option in OPTIONS if option not in HEEDED.get(kind, ())]
    given = {option: OTHER[option] for option in vain}
    scene, said = scene_of((design,), Settings(kind=kind, **given))
    assert svg(scene, named("light")) == svg(usual, named("light"))
    assert said.endswith(
        "; " + ", ".join(f"--{n}" for n in vain) + " not heeded by this kind"
    ) == bool(vain)


@pytest.mark.parametrize(
    ("kind", "name", "option"),
    [
        *[
            ("volumes", "vgg16", "sizes"),
            ("columns", "vgg19", "fuse"),
            ("columns", "vgg19", "labels"),
        ],
        *[
            ("columns", "resnet34_b", "level"),
            ("ladder", "unet", "level"),
            ("cell", "googlenet", "fuse"),
        ],
        *[("cell", "googlenet", "labels"), ("cell", "resnet50", "direction")],
    ],
)
def test_options_that_a_kind_heeds(kind: str, name: str, option: str) -> None:
    design = netdsl.load(f"zoo:{name}").design
    scenes = [
        scene_of((design,), Settings(kind=kind, **more))[0]
        for more in ({}, {option: OTHER[option]})
    ]
    first, second = (svg(scene, named("light")) for scene in scenes)
    assert first != second
