"""The unravelled view: each path of the tree is one of the network, and all of them are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from math import comb

import pytest
from column_scenes import design

import netdsl
from netdsl.backends.diagram.kinds.residual_blocks import residual_blocks
from netdsl.backends.diagram.kinds.unravelled import unravelled
from netdsl.backends.diagram.scene import themes
from netdsl.backends.diagram.scene.lint import lint
from netdsl.backends.diagram.scene.scene import Scene, Text
from netdsl.backends.diagram.settings import Settings
from netdsl.diagnostics import NetError
from netdsl.totals import depth


@cache
def scene_of(name: str, only: tuple[str, ...] = (), width: float | None = None) -> Scene:
    return unravelled(design(name), Settings(only=only, width=width))


def texts(scene: Scene) -> list[str]:
    return [item.text for item in scene.items if isinstance(item, Text)]


def paths(scene: Scene) -> Iterator[tuple[str, ...]]:
    """The blocks on every way from the input of the tree to its output."""
    after: dict[str, list[str]] = {}
    for route in scene.routes:
        after.setdefault(route.tail, []).append(route.head)
    waiting: list[tuple[str, tuple[str, ...]]] = [("tree in", ())]
    while waiting:
        node, seen = waiting.pop()
        if node == "tree out":
            yield seen
        for head in after.get(node, ()):
            own = (head.split()[1].split(".")[0],) if head.startswith("tree f") else ()
            waiting.append((head, (*seen, *own)))


@pytest.mark.parametrize(
    ("name", "only", "n"),
    [
        ("resnet110_cifar", (), 3),
        ("resnet50", ("layer2",), 4),
        ("resnet18", ("layer1",), 2),
        ("resnet18", ("layer1.0",), 1),
    ],
)
def test_every_path_is_there_once(name: str, only: tuple[str, ...], n: int) -> None:
    found = sorted(paths(scene_of(name, only)))
    assert len(found) == len(set(found)) == 2**n
    lengths = Counter(map(len, found))
    assert lengths == {k: comb(n, k) for k in range(n + 1)}
    for path in found:
        assert list(path) == sorted(path)


def test_the_tree_has_a_copy_of_a_block_for_every_way_into_it() -> None:
    kinds = Counter(
        node.name.split()[1].split(".")[0]
        for node in scene_of("resnet110_cifar").nodes
        if node.name.startswith("tree f")
    )
    assert kinds == {"f1": 4, "f2": 2, "f3": 1}
    sums = [n for n in scene_of("resnet110_cifar").nodes if n.name.startswith("tree sum")]
    assert len(sums) == 7


def test_paths_are_named_above_their_lines() -> None:
    """In the order of the lines: the last block changes last."""
    said = texts(scene_of("resnet110_cifar"))
    wanted = ["\N{EN DASH}", "f1", "f2", "f1 f2", "f3", "f1 f3", "f2 f3", "f1 f2 f3"]
    first = said.index(wanted[0])
    assert said[first : first + 8] == wanted


def test_numbers_of_all_blocks() -> None:
    said = texts(scene_of("resnet110_cifar"))
    assert "all 54 blocks: 2" in said and "54" in said
    assert "27 of 54 blocks on the mean path" in said
    assert f"{2**54:,}".replace(",", " ") + " paths" in said
    first = said.index("paths by length") + 1
    assert said[first : first + 8] == [
        "1",
        "0",
        "3",
        "1",
        "3",
        "2",
        "1",
        "3",
    ]  # over and below bars


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet110_cifar", "preresnet50"])
def test_blocks_are_those_of_the_network(name: str) -> None:
    """A network of b blocks of k layers, with one before and one behind them, is 2 + b k deep."""
    found = residual_blocks(design(name))
    deep = sum(len(block.layers) for block in found)
    assert depth(design(name)) == 2 + deep
    names = [block.name for block in found]
    assert len(set(names)) == len(names)
    known = {path for block in found for path in (block.name,)}
    assert "layer1.0" in known


def test_blocks_have_their_names_and_what_is_in_them() -> None:
    scene = scene_of("resnet18", ("layer2",))
    said = texts(scene)
    assert "layer2.0" in said and "layer2.1" in said
    times = "\N{MULTIPLICATION SIGN}"
    assert any(f"f1: [3{times}3, 128, /2; 3{times}3, 128]" in text for text in said)
    assert any("ReLU behind the sums is left out" in text for text in said)
    dashed = [route.head for route in scene.routes if route.dashed]
    assert dashed.count("ResNet18.layer2.0 sum") == 1
    assert sum(head.startswith("tree sum1") for head in dashed) == 2  # of four paths


def test_a_network_without_shortcuts_has_one_path() -> None:
    for wanted in (Settings(), Settings(only=("features",))):
        with pytest.raises(NetError) as caught:
            unravelled(design("vgg16"), wanted)
        (found,) = caught.value.diagnostics
        assert found.code == "E433" and "one path" in found.message


def test_a_part_without_shortcuts() -> None:
    with pytest.raises(NetError) as caught:
        unravelled(design("resnet18"), Settings(only=("fc",)))
    (found,) = caught.value.diagnostics
    assert found.code == "E433" and "layer1, layer2, layer3, layer4" in (found.hint or "")


def test_a_sum_of_branches_is_no_residual_but_a_body_alone_counts_not() -> None:
    text = """net T { input x: 4x8x8
        residual if false { conv(4, 3x3, padding=1) }
        residual { residual { conv(4, 1x1) } -> conv(4, 1x1) }
        residual { conv(4, 3x3, padding=1) } }"""
    found = residual_blocks(netdsl.loads(text).design)
    assert [len(block.layers) for block in found] == [2, 1]
    assert [block.name for block in found] == ["residual 1", "residual 2"]


@pytest.mark.parametrize("theme", themes.NAMES)
@pytest.mark.parametrize(
    ("name", "only", "width"),
    [
        ("resnet110_cifar", (), None),
        ("resnet34", ("layer2",), 496.8),
        ("resnet50", ("layer3",), 234.0),
        ("inception_resnet_v2", (), 300.0),
        ("resnet1202_cifar", (), None),
    ],
)
def test_figures_are_without_faults(
    name: str, only: tuple[str, ...], width: float | None, theme: str
) -> None:
    scene = scene_of(name, only, width)
    assert lint(scene, themes.named(theme)) == []
    assert scene.width <= (width or 496.8)
    assert scene.smallest >= 7.0
