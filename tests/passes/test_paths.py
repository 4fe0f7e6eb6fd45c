"""Paths through residual networks: exact numbers, worked by hand or counted one by one.

Veit, Wilber and Belongie, 2016; V41 of the requirements.
"""

from __future__ import annotations

import json
from itertools import product
from math import comb, isclose

import pytest
from click.testing import CliRunner

import netdsl
from netdsl.cli import main
from netdsl.diagnostics import NetError


def test_resnet110_of_the_paper() -> None:
    found = netdsl.load("zoo:resnet110_cifar").paths()
    assert (len(found.units), found.count) == (54, 18014398509481984)
    assert found.lengths == tuple(comb(54, k) for k in range(55))
    for (first, last), share in {
        (19, 35): 0.9801656733,
        (5, 17): 0.0045366702,
        (9, 18): 0.0099170941,
    }.items():
        assert isclose(found.share(first, last), share, abs_tol=1e-9)
    assert found.without() == 2**53
    assert (found.mean, round(found.deviation, 9)) == (27.0, round((54 / 4) ** 0.5, 9))
    assert found.most() == (20, 34) and found.share(20, 34) > 0.95 > found.share(20, 33)


def test_three_units() -> None:
    text = """
    net N { input x: 8x8x8
      repeat 3 { residual { conv(8, 3x3, padding=1) -> relu } } }"""
    found = netdsl.loads(text, name="n.net").paths()
    assert found.lengths == (1, 3, 3, 1)
    assert found.layers == (1, 3, 3, 1)


def counted(units: list[tuple[int, int]], around: int) -> dict[int, int]:
    """How many paths have how many layers, by going through all of them."""
    lengths: dict[int, int] = {}
    for choice in product((0, 1), repeat=len(units)):
        length = around + sum(unit[c] for unit, c in zip(units, choice))
        lengths[length] = lengths.get(length, 0) + 1
    return lengths


@pytest.mark.parametrize(
    ("name", "depths", "body", "first_projects"),
    [
        ("resnet18", [2, 2, 2, 2], 2, False),
        ("resnet50", [3, 4, 6, 3], 3, True),
        ("preresnet50", [3, 4, 6, 3], 3, True),
    ],
)
def test_projections_have_a_length(
    name: str, depths: list[int], body: int, first_projects: bool
) -> None:
    """Against every path, one by one: bodies of two or three layers, projections of one."""
    found = netdsl.load(f"zoo:{name}").paths()
    units = [
        (int(j == 0 and (i > 0 or first_projects)), body)
        for i, depth in enumerate(depths)
        for j in range(depth)
    ]
    expected = counted(units, around=2)
    assert {k: n for k, n in enumerate(found.layers) if n} == expected
    assert [(u.shortcut, u.body) for u in found.units] == units
    assert found.units[3].name == {"resnet18": "layer2.1"}.get(name, "layer2.0")


def test_side_by_side_is_one_way() -> None:
    """The branches of a unit are its body, not paths; side outputs are no paths at all."""
    text = """
    net N { input x: 8x8x8
      residual { concat { | conv(4, 1x1) | conv(4, 1x1) -> conv(4, 3x3, padding=1) } }
      aux side(weight=0.3) { residual { conv(8, 1x1) } }
      residual { conv(8, 1x1) -> residual { conv(8, 1x1) } } }"""
    found = netdsl.loads(text, name="n.net").paths()
    # (1 + z) for the first; 1 + z (1 + z) for the second, which has one inside
    assert found.lengths == (1, 2, 2, 1)
    assert [u.body for u in found.units] == [2, 2, 1]


def test_a_dropped_unit_leaves_half() -> None:
    net = netdsl.load("zoo:resnet50")
    whole = net.paths()
    for unit in ("layer1.0", "layer3.5"):
        assert net.drop(unit).paths().count == whole.without() == whole.count // 2


def test_effective_range() -> None:
    """A factor d a unit makes the lengths of what is left binomial with p = d / (1 + d)."""
    found = netdsl.load("zoo:resnet110_cifar").paths()
    first, last = found.effective(0.25)
    p = 0.2
    part = [comb(54, k) * p**k * (1 - p) ** (54 - k) for k in range(55)]
    assert sum(part[first : last + 1]) >= 0.95
    assert max(sum(part[i : i + last - first]) for i in range(55)) < 0.95
    assert found.effective(1.0) == found.most()


def test_thousands_of_layers() -> None:
    found = netdsl.load("zoo:resnet1202_cifar").paths()
    assert found.count == 2**600 and found.most() == (276, 324)


def test_no_units() -> None:
    with pytest.raises(NetError) as raised:
        netdsl.load("zoo:vgg16").paths()
    assert raised.value.diagnostics[0].code == "E482"


def test_command_line() -> None:
    result = CliRunner().invoke(main, ["paths", "zoo:resnet110_cifar"])
    assert result.exit_code == 0
    assert "54 residual units, 18,014,398,509,481,984 paths (2^54)" in result.output
    assert "    27   10.8 %  " + 40 * "█" in result.output
    data = json.loads(
        CliRunner().invoke(main, ["paths", "zoo:resnet50", "--format", "json"]).output
    )
    assert data["paths"] == sum(data["lengths_in_units"]) == sum(data["lengths_in_layers"]) == 2**16
    assert data["units"][0] == {"name": "layer1.0", "body": 3, "shortcut": 1}
    dropped = CliRunner().invoke(main, ["paths", "zoo:resnet50", "--drop", "layer3.2"])
    assert "32,768 paths (2^15)" in dropped.output
