"""The colours of our themes: texts can be read, kinds can be told apart with any colour vision, or else by what is
not colour."""

from __future__ import annotations

import math
import re
from itertools import combinations

import pytest

import netdsl
from netdsl.backends.diagram.labels import long, short
from netdsl.backends.diagram.scene.readable import pairs
from netdsl.backends.diagram.scene.themes import KINDS, NAMES, STAGES, contrast, named
from netdsl.backends.diagram.text import TIMES, kind_of

# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
# 2009: the matrices for severity 1.0, of linear RGB.
VISIONS = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
LEAST = 7.0  # CIE 1976 difference that is seen at once between neighbours of the size of a box


def linear(colour: str) -> tuple[float, ...]:
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return tuple(s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)


def seen(colour: str, vision: str | None) -> tuple[float, ...]:
    """CIELAB under D65, as somebody with this colour vision sees it."""
    rgb = linear(colour)
    if vision is not None:
        rgb = tuple(
            min(1.0, max(0.0, sum(a * b for a, b in zip(row, rgb)))) for row in VISIONS[vision]
        )
    r, g, b = rgb
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047
    y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883
    fx, fy, fz = (
        t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z)
    )
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def difference(first: str, second: str) -> float:
    """The smallest difference of two colours in any colour vision."""
    return min(math.dist(seen(first, vision), seen(second, vision)) for vision in (None, *VISIONS))


def test_the_simulation_itself() -> None:
    """Known values: white stays white, grey stays grey, and pure red and a green that only protans and
    deutans confuse come together."""
    assert seen("#FFFFFF", None) == pytest.approx((100, 0, 0), abs=0.05)
    assert seen("#FF0000", None) == pytest.approx((53.24, 80.09, 67.20), abs=0.05)
    for vision in VISIONS:
        for grey in ("#FFFFFF", "#808080", "#000000"):
            assert seen(grey, vision) == pytest.approx(seen(grey, None), abs=0.2)
    red, green = "#B04020", "#607020"
    normal = math.dist(seen(red, None), seen(green, None))
    deutan = math.dist(seen(red, "deutan"), seen(green, "deutan"))
    assert normal > 50 and deutan < 20


@pytest.mark.parametrize("name", NAMES)
def test_every_text_can_be_read(name: str) -> None:
    found = pairs(named(name))
    assert len(found) >= 3 + len(KINDS) + 3 + 1
    low = {(pair.text, pair.ground): round(pair.ratio, 2) for pair in found if pair.ratio < 4.5}
    assert low == {}


def test_what_the_design_promises_of_texts() -> None:
    """Labels in boxes have 9.3:1 in light, 5.4:1 in dark; small grey texts 4.98:1 on panels."""
    least = {
        name: min(pair.ratio for pair in pairs(named(name)) if pair.ground.endswith(".f"))
        for name in NAMES
    }
    assert least["light"] > 9.2 and least["dark"] > 5.3
    assert contrast(named("light")["muted"], named("light")["panel"]) > 4.9


@pytest.mark.parametrize("name", NAMES)
def test_lines_can_be_seen(name: str) -> None:
    """Lines and outlines have 3:1 with the paper, as graphics need (WCAG 2.1, 1.4.11); outlines of boxes
    that are not filled are all that is seen of them."""
    theme = named(name)
    roles = ["edge", "ink", "bar", "accent", *(f"{kind}.s" for kind in KINDS)]
    low = {role: round(contrast(theme[role], theme["paper"]), 2) for role in roles}
    assert {role: ratio for role, ratio in low.items() if ratio < 3} == {}


# ------------------------------------------------------------------------------------ kinds by colour
# What has no hue of its own: white or nearly so by intention, told apart by outlines and labels.
PLAIN = ("dropout", "shape", "extern", "param", "compute", "input", "output")
HUED = [kind for kind in KINDS if kind not in PLAIN]

# Pairs of kinds that somebody cannot tell apart by their fills, and what tells them apart instead: the shape
# of their boxes, or their labels, which say `1x1`, `3x3`, `g32`, or the name of a norm or an activation.
LIGHT = {
    ("conv", "grouped"): "label",
    ("conv1", "fixed"): "shape",
    ("conv1", "norm"): "label",
    ("conv1", "activation"): "label",
    ("conv1", "stack"): "shape",
    ("grouped", "linear"): "shape",
    ("fixed", "norm"): "shape",
    ("fixed", "activation"): "shape",
    ("fixed", "stack"): "shape",
    ("norm", "activation"): "label",
    ("norm", "stack"): "shape",
    ("activation", "stack"): "shape",
}
DARK = {
    ("conv1", "grouped"): "label",
    ("conv1", "fixed"): "shape",
    ("conv1", "norm"): "label",
    ("conv1", "activation"): "label",
    ("conv1", "linear"): "shape",
    ("conv1", "stack"): "shape",
    ("grouped", "fixed"): "shape",
    ("grouped", "norm"): "label",
    ("fixed", "norm"): "shape",
    ("fixed", "activation"): "shape",
    ("fixed", "linear"): "shape",
    ("fixed", "stack"): "shape",
    ("norm", "activation"): "label",
    ("norm", "stack"): "shape",
    ("activation", "stack"): "shape",
}
# Convolutions that are in no stage are grey there, which is what the legend shows.
STAGE = {
    ("conv", "grouped"): "label",
    ("conv", "norm"): "label",
    ("conv", "activation"): "label",
    ("conv", "stack"): "shape",
    ("conv1", "activation"): "label",
    ("conv1", "stack"): "shape",
    ("grouped", "norm"): "label",
    ("grouped", "linear"): "shape",
    ("fixed", "norm"): "shape",
    ("fixed", "activation"): "shape",
    ("fixed", "stack"): "shape",
    ("norm", "activation"): "label",
    ("norm", "stack"): "shape",
    ("activation", "stack"): "shape",
}
BY_OTHER_MEANS = {"light": LIGHT, "dark": DARK, "stage": STAGE}


@pytest.mark.parametrize("name", BY_OTHER_MEANS)
def test_kinds_differ_by_colour_or_are_listed(name: str) -> None:
    theme = named(name)
    alike = [
        (a, b)
        for a, b in combinations(HUED, 2)
        if difference(theme[f"{a}.f"], theme[f"{b}.f"]) < LEAST
    ]
    assert alike == list(BY_OTHER_MEANS[name])
    for (a, b), means in BY_OTHER_MEANS[name].items():
        assert (means == "shape") == (KINDS[a].shape != KINDS[b].shape)


def test_stages_that_follow_one_another_differ() -> None:
    """And convolutions of a stage differ from what stands between them by shape or label."""
    theme = named("stage")
    fills = [theme[f"stage{i}.f"] for i in range(len(STAGES))]
    assert min(difference(a, b) for a, b in zip(fills, (*fills[1:], fills[0]))) > 2 * LEAST
    others = {
        kind
        for kind in HUED
        if kind not in ("conv", "conv1", "grouped", "stack")
        and any(difference(theme[f"{kind}.f"], fill) < LEAST for fill in fills)
    }
    square = {kind for kind in others if KINDS[kind].shape == "square"}
    assert square == {"norm"} and others - square == {"pool", "up", "linear", "softmax"}


def test_kinds_in_print_differ_by_grey_hatch_shape_or_are_listed() -> None:
    theme = named("print")
    looks = {kind: (theme[f"{kind}.f"], look.hatch, look.shape) for kind, look in KINDS.items()}
    same = [(a, b) for a, b in combinations(KINDS, 2) if looks[a] == looks[b]]
    assert set(same) == {
        *(("conv1", "activation"), ("conv1", "shape"), ("activation", "shape")),  # by label
        *(("fixed", "dropout"), ("param", "compute"), ("input", "output")),
    }


# What a label begins with and no label of another kind.
CONV = rf"(?!1{TIMES}1\b)\d+{TIMES}\d+(?!.*, g\d)"
SAYS = {
    "conv": CONV,
    "conv1": rf"1{TIMES}1\b(?!.*, g\d)",
    "grouped": rf"\d+{TIMES}\d+.*, g\d+",
    "norm": r"(BN|LRN|.*norm)\b",
    "activation": r"(?!BN|LRN|.*norm)[A-Za-z]",
}
STEPS = {
    "conv": ["conv(32, 3x3, padding=1)", "conv(8, 1x7)", "conv(8, 3x3, stride=2)"],
    "conv1": ["conv(32, 1x1)", "conv(64, 1x1, stride=2)"],
    "grouped": ["conv(32, 3x3, groups=32)", "conv(64, 1x1, groups=4)"],
    "norm": ["bn", "lrn", "groupnorm(2)", "layernorm"],
    "activation": ["relu", "sigmoid", "prelu", "tanh"],
}


def test_labels_tell_apart_what_colours_do_not() -> None:
    """Long and short labels of every kind that is listed as told apart by label."""
    by_label = {
        kind
        for pairs_ in BY_OTHER_MEANS.values()
        for pair, means in pairs_.items()
        if means == "label"
        for kind in pair
    }
    assert by_label == set(STEPS)
    for kind, steps in STEPS.items():
        for step in steps:
            design = netdsl.loads(f"net One {{ input x: 32x16x16\n {step} }}").design
            links = [
                link for event in design.net.region.events for link in getattr(event, "links", ())
            ]
            layer = links[-1].what.layer
            assert kind_of(layer) == kind
            for label in (long(layer), short(layer)):
                assert [k for k, says in SAYS.items() if re.match(says, label)] == [kind], label
