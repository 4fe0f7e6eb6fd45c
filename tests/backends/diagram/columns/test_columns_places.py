"""Where columns put things: stages at one height, sums apart from what follows, everything on the page."""

from __future__ import annotations

import pytest
from column_scenes import COMPARED, compared, design, of_column

import netdsl
from netdsl.backends.diagram.kinds.column_parts import Subject
from netdsl.backends.diagram.kinds.column_rows import column
from netdsl.backends.diagram.kinds.column_stages import stages
from netdsl.backends.diagram.kinds.columns import columns
from netdsl.backends.diagram.scene import themes
from netdsl.backends.diagram.scene.lint import lint
from netdsl.backends.diagram.scene.scene import Rect, Text
from netdsl.backends.diagram.settings import Settings

FAMILY = "resnet18 resnet34 resnet50 resnet101 resnet152"
VGG = "vgg11 vgg13 vgg16_c vgg16 vgg19"


@pytest.mark.parametrize("names", COMPARED)
@pytest.mark.parametrize("theme", themes.NAMES)
def test_nothing_overlaps(names: str, theme: str) -> None:
    assert lint(compared(names), themes.named(theme)) == []


@pytest.mark.parametrize("names", [FAMILY, VGG])
@pytest.mark.parametrize("theme", themes.NAMES)
def test_five_networks_fit_a_page(names: str, theme: str) -> None:
    scene = compared(names, 496.8)
    assert scene.width <= 496.8
    assert scene.height <= 676.8
    assert scene.smallest >= 7.0
    assert lint(scene, themes.named(theme)) == []
    assert len(scene.clusters) >= 5


def test_the_three_of_the_paper_are_drawn_layer_by_layer_on_one_page() -> None:
    scene = compared("vgg19 plain34 resnet34")
    assert scene.height <= 676.8
    assert scene.smallest >= 7.0
    kinds = {
        name: [n.kind for n in of_column(scene, name)] for name in ("VGG19", "Plain34", "ResNet34")
    }
    assert [k.count("conv") for k in kinds.values()] == [16, 33, 33]
    assert [k.count("sum") for k in kinds.values()] == [0, 0, 16]
    assert kinds["ResNet34"].count("conv1") == 3  # projections stand in the margin
    assert all(cluster.times == 1 for cluster in scene.clusters)


def test_stages_begin_at_one_height() -> None:
    """The first row of a size of maps is at one height in all networks that have one."""
    names = ("vgg19", "plain34", "resnet34")
    scene = compared(" ".join(names))
    places = {node.name: node for node in scene.nodes}
    tops: dict[str, set[float]] = {}
    for name in names:
        title = design(name).name
        own = column(Subject(design(name), title, "all"), Settings(), False, False)
        seen: set[str] = set()
        for row in own.rows:
            size = "x".join(map(str, row.shape.sides)) or "1x1"
            if size not in seen:
                seen.add(size)
                tops.setdefault(size, set()).add(places[row.name].top)
    assert {size: len(found) for size, found in tops.items()} == dict.fromkeys(tops, 1)
    order = [max(found) for found in tops.values()]
    assert order == sorted(order)
    assert list(tops) == ["224x224", "112x112", "56x56", "28x28", "14x14", "7x7", "1x1"]


def test_a_plain_network_stands_beside_the_residual_one_row_by_row() -> None:
    scene = compared("vgg19 plain34 resnet34")
    kinds = ("conv", "pool", "linear")
    plain, residual = (
        [node.top for node in of_column(scene, name) if node.kind in kinds]
        for name in ("Plain34", "ResNet34")
    )
    assert plain == residual


def test_sizes_that_are_about_the_same_are_one_stage() -> None:
    """55 and 55 of 227 and 224, 27 and 26: a stage is a power of two."""
    found = [
        column(Subject(design(name), name, "all"), Settings(), False, False)
        for name in ("alexnet_merged", "zfnet")
    ]
    shown = [(stage.power, stage.sizes) for stage in stages(found)]
    assert shown == [
        (1, ("110\xd7110",)),
        (2, ("55\xd755",)),
        (3, ("27\xd727", "26\xd726")),
        (4, ("13\xd713",)),
        (5, ("6\xd76",)),
        (99, ("1\xd71",)),
    ]


def test_maps_that_grow_again_get_stages_of_their_own() -> None:
    own = column(Subject(design("unet"), "unet", "all"), Settings(), False, False)
    powers = [stage.power for stage in stages([own])]
    assert powers == [0, 1, 2, 3, 4, 3, 2, 1, 0]


def test_a_shortcut_ends_and_the_next_begins_at_lines_of_their_own() -> None:
    """In the paper's figure they share a line."""
    scene = compared("vgg19 plain34 resnet34")
    sums = [node for node in scene.nodes if node.kind == "sum"]
    into = {route.head: route for route in scene.routes if route.role == "shortcut"}
    leaving = {route.tail: route for route in scene.routes if route.role == "shortcut"}
    followed = [node.name for node in sums if node.name in leaving]
    assert len(sums) == 16 and len(followed) == 15
    for name in followed:
        end, start = into[name].points[-1], leaving[name].points[0]
        assert start[1] - end[1] >= 2.4


def test_shortcuts_that_change_the_shape_are_dashed_and_say_how() -> None:
    scene = compared("vgg19 plain34 resnet34")
    dashed = [r for r in scene.routes if r.role == "shortcut" and r.dashed]
    names = {node.name: node for node in scene.nodes}
    inside = [names[r.head].lines for r in dashed if r.head in names and names[r.head].lines]
    assert inside == [(f"1\xd71, {width}, /2",) for width in (128, 256, 512)]
    solid = [r for r in scene.routes if r.role == "shortcut" and not r.dashed]
    assert len(solid) == 13


def test_bands_alternate_behind_everything() -> None:
    scene = compared("vgg19 plain34 resnet34")
    bands = [item for item in scene.under if isinstance(item, Rect) and item.fill == "band"]
    assert len(bands) == 4
    assert len({(band.x, band.width) for band in bands}) == 1
    labels = [i for i in scene.items if isinstance(i, Text) and i.bold and i.anchor == "start"]
    assert [label.text for label in labels][:2] == ["224\xd7224", "112\xd7112"]


def test_a_narrow_page_is_kept_to() -> None:
    for name in ("resnet18", "vgg16", "alexnet"):
        scene = compared(name, 234.0)
        assert scene.width <= 234.0
        assert scene.smallest >= 7.0


def test_columns_move_apart_on_a_wide_page() -> None:
    names = "plain20_cifar resnet20_cifar"
    narrow, wide = compared(names), compared(names, 400.0)
    assert narrow.width < wide.width <= 400.0


def test_long_titles_are_broken_and_keep_apart() -> None:
    scene = compared("resnet110_relu_only_preactivation plain20_cifar")
    said = [item.text for item in scene.items if isinstance(item, Text) and item.size == 9.0]
    assert said[:2] == ["ResNet110_ReLU_", "only_preactivation"]
    assert lint(scene, themes.named("light")) == []


def test_texts_of_sources_are_only_texts() -> None:
    """A network may call its parts anything: nothing moves a cursor, nothing is longer than its box."""
    name = "a" * 96
    text = f"""block {name}(c) {{ concat {{ | conv(c, 1x1) | conv(c, 3x3, padding=1) }} }}
        net {name.upper()} {{ input {name}_: 3x8x8
        {name}: {name}(4)
        meta {{ name: "<b>&\\"'%$#_{{}}~^" }} }}"""
    scene = columns([netdsl.loads(text).design])
    assert scene.title == "<b>&\"'%$#_{}~^"
    assert lint(scene, themes.named("light")) == []


def test_the_same_figure_every_time() -> None:
    first, second = (
        columns([design("resnet18"), design("vgg11")], Settings(width=400.0)) for _ in range(2)
    )
    assert first.items == second.items and first.under == second.under
    assert first.nodes == second.nodes and first.routes == second.routes
