"""What `diff` says: alignment, renames, moves, folding, costs, and its three formats."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest
from work import growth

import netdsl
from netdsl.comparing.diff_output import diff_text, line
from netdsl.comparing.differences import Differences
from netdsl.comparing.matching import _longest, _shortest, certain, common
from netdsl.zoo import names


def compared(old: str, new: str, size: str = "3x16x16", other: str | None = None) -> Differences:
    nets = [
        netdsl.loads(f"net T {{\n input x: {at}\n {body}\n}}")
        for body, at in ((old, size), (new, other or size))
    ]
    return nets[0].diff(nets[1])


def lines(found: Differences) -> list[str]:
    return [line(change) for change in found.changes]


# ------------------------------------------------------------------------------------------ matching
def test_common_subsequences() -> None:
    assert common("abcbdab", "bdcaba") in (
        [(1, 0), (2, 2), (3, 4), (5, 5)],
        [(1, 0), (4, 1), (5, 3), (6, 4)],
        [(1, 0), (2, 2), (5, 3), (6, 4)],
    )
    assert common("abc", "abc") == [(0, 0), (1, 1), (2, 2)]
    assert common("", "abc") == common("abc", "xyz") == []


def test_certain_pairs() -> None:
    assert certain("xaay", "xay") == [(0, 0), (3, 2)]
    assert certain("ab", "ba") == []
    assert certain("abc", "ac") == [(0, 0), (2, 1)]


def test_long_sequences() -> None:
    old = [i * i % 97 for i in range(3000)]
    new = [99, *old[:1000], 98, 98, *old[1005:], 99]
    for a, b in ((old, new), (new, old), (old, old[::-1])):
        pairs = common(a, b)
        assert all(a[i] == b[j] for i, j in pairs)
        assert all(i < k and j < m for (i, j), (k, m) in pairwise(pairs))
        if b != old[::-1]:
            assert len(pairs) == 2995


def test_both_ways_find_as_much() -> None:
    chance = Random(3)
    for _ in range(200):
        a, b = ([chance.randrange(4) for _ in range(chance.randrange(1, 20))] for _ in "ab")
        pairs = _shortest(a, b)
        assert len(pairs) == len(list(_longest(a, b)))
        assert all(a[i] == b[j] for i, j in pairs)
        assert all(i < k and j < m for (i, j), (k, m) in pairwise(pairs))


# ------------------------------------------------------------------------------------------- changes
def test_nothing() -> None:
    for name in ("resnet50", "googlenet", "unet", "ssd300", "lenet5", "densenet121"):
        found = netdsl.load(f"zoo:{name}").diff(netdsl.load(f"zoo:{name}"))
        assert not found
        assert diff_text(found) == f"{found.old} -> {found.new}: no differences\n"


def test_texts_and_forms_make_no_difference() -> None:
    found = compared(
        'conv(4, 3, padding="same") -> maxpool(2x2)',
        "conv(4, [3, 3], padding=1) -> maxpool(2, stride=2)",
    )
    assert not found
    assert not compared("conv(4, 3x3)\n meta { year: 1 }", "conv(4, 3x3)\n meta { year: 2 }")


def test_an_argument() -> None:
    found = compared("a: conv(4, 3x3) -> relu", "a: conv(8, 3x3, stride=2) -> relu")
    assert lines(found) == ["~ a: conv: channels 4 -> 8, stride 1 -> 2"]
    change = found.changes[0]
    assert (change.parameters, change.silent) == (8 * 28 - 4 * 28, False)
    assert change.macs == 27 * (8 * 49 - 4 * 196)
    assert [(s.old, s.new, len(s.places)) for s in found.shapes] == [("4x14x14", "8x7x7", 2)]


def test_added_and_removed() -> None:
    found = compared("a: conv(4, 3x3) -> relu", "a: conv(4, 3x3) -> bn -> relu -> dropout(0.1)")
    assert lines(found) == ["+ bn: bn", "+ dropout: dropout(0.1) (in training only)"]
    assert [c.silent for c in found.changes] == [False, True]
    back = compared("a: conv(4, 3x3) -> bn -> relu", "a: conv(4, 3x3) -> relu")
    assert lines(back) == ["- bn: bn"]
    assert back.changes[0].parameters == -8


def test_an_insertion_shifts_no_names() -> None:
    found = netdsl.load("zoo:vgg16").diff(netdsl.load("zoo:vgg16_bn"))
    assert lines(found) == ["+ features.1, features.4, features.8 and 10 more: bn x 13"]
    assert found.changes[0].parameters == 8_448


def test_repeats_are_folded() -> None:
    found = netdsl.load("zoo:resnet18").diff(netdsl.load("zoo:resnet34"))
    assert lines(found) == [
        "+ layer1.2: basic(64)",
        "+ layer2.2, layer2.3: basic(128) x 2",
        "+ layer3.2, layer3.3, layer3.4, layer3.5: basic(256) x 4",
        "+ layer4.2: basic(512)",
    ]
    assert sum(c.parameters or 0 for c in found.changes) == 21_797_672 - 11_689_512
    assert sum(c.macs or 0 for c in found.changes) == 3_663_761_408 - 1_814_073_344


def test_the_stride_of_resnet() -> None:
    """V1.5 and V1: the stride moves from the 3x3 to the first 1x1."""
    found = netdsl.load("zoo:resnet50").diff(netdsl.load("zoo:resnet50_v1"))
    where = "layer2.0.{0}, layer3.0.{0}, layer4.0.{0}: conv"
    assert lines(found) == [
        f"~ {where.format('conv1')}: stride 1 -> 2 x 3",
        f"~ {where.format('conv2')}: stride 2 -> 1 x 3",
    ]
    assert [c.silent for c in found.changes] == [True, True]


def test_renamed_blocks() -> None:
    body = "{ conv(4, 3x3) -> bn }"
    found = compared(f"features: {body} -> relu", f"body: {body} -> relu")
    assert [(c.kind, c.places[0].old, c.places[0].new) for c in found.changes] == [
        ("renamed", "features", "body")
    ]
    assert not found.changes[0].silent


def test_a_label_that_is_read_elsewhere() -> None:
    step = "a: conv(4, 1x1)\n {0}: conv(4, 1x1)\n (@a + @{0})"
    assert lines(compared(step.format("b"), step.format("c"))) == [
        "~ b -> c: conv(4, 1x1), renamed"
    ]


def test_moved_blocks() -> None:
    first, second = "one: { conv(3, 1x1) -> bn }", "two: { conv(3, 3x3, padding=1) -> relu }"
    found = compared(f"{first}\n {second}", f"{second}\n {first}")
    assert [c.kind for c in found.changes] == ["moved"]
    assert found.changes[0].silent
    inside = compared(f"{first}\n g: {{ {second} }}", f"{second}\n {first}\n g: {{ relu }}")
    assert "moved" in [c.kind for c in inside.changes]


def test_what_is_read() -> None:
    text = "a: conv(3, 1x1)\n b: relu\n @{} -> c: conv(3, 1x1)"
    assert lines(compared(text.format("a"), text.format("b"))) == [
        "~ c: conv(3, 1x1): reads @a -> @b"
    ]


def test_residuals_and_expressions() -> None:
    step = "residual{} {{ conv(3, 3x3, padding=1) }}"
    assert lines(compared(step.format(""), step.format("(scale=0.1)"))) == [
        "~ residual: residual sum -> residual sum, scale 0.1"
    ]
    found = compared("a: relu\n (@a + @x)", "a: relu\n (@a - @x)")
    assert lines(found) == ["~ expression: (@a + @x) -> (@a - @x)"]
    assert lines(compared("residual { relu }", "relu")) == ["- residual: residual sum"]


def test_side_outputs_and_input() -> None:
    aux = "aux side(weight={}) = {{ flatten -> linear(4) }}\n relu"
    found = compared(aux.format(0.3), aux.format(0.5))
    assert lines(found) == ["~ side: side: weight 0.3 -> 0.5 (in training only)"]
    other = compared("conv(4, 3x3)", "conv(4, 3x3)", other="3x32x32")
    assert other and not other.changes
    assert [(s.old, s.new) for s in other.shapes] == [
        ("3x16x16", "3x32x32"),
        ("4x14x14", "4x30x30"),
    ]


def test_other_output() -> None:
    text = "a: conv(3, 1x1)\n {}output"
    found = [
        netdsl.loads(f"net T {{\n input x: 3x8x8\n {body}\n output y\n}}")
        for body in ("y: conv(3, 1x1) -> tanh", "conv(3, 1x1) -> y: tanh")
    ]
    assert found[0].diff(found[1]), text


def test_open_sizes() -> None:
    found = compared("conv(4, 3x3)", "conv(8, 3x3)", size="3x?x?")
    assert found.changes[0].parameters == 4 * 28
    assert "(H-2)" in diff_text(found)


# ------------------------------------------------------------------------------------------- formats
def test_text() -> None:
    old, new = (
        f"net {n} {{\n input x: 3x8x8\n a: conv({c}, 3x3)\n}}" for n, c in (("A", 4), ("B", 8))
    )
    assert diff_text(netdsl.loads(old).diff(netdsl.loads(new))) == (
        "A -> B\n"
        "\n"
        "~ a: conv: channels 4 -> 8  +112 parameters, +3,888 MACs\n"
        "\n"
        "Outputs of other shapes:\n"
        "~ 4x6x6 -> 8x6x6: a\n"
        "\n"
        "              old    new\n"
        "parameters    112    224    +112  x 2.00\n"
        "MACs        3,888  7,776  +3,888  x 2.00\n"
        "layers          1      1       0\n"
    )


def test_markdown() -> None:
    found = netdsl.load("zoo:vgg16").diff(netdsl.load("zoo:vgg16_bn"))
    shown = diff_text(found, "markdown")
    row = "| `+` | `features.1`, `features.4`, `features.8` and 10 more | `bn` | +8,448 |  |"
    assert row in shown.splitlines()
    assert len({text.count("|") for text in shown.splitlines() if text.startswith("| `")}) == 1


def test_json() -> None:
    found = netdsl.load("zoo:resnet50").diff(netdsl.load("zoo:resnet50_v1"))
    data = json.loads(diff_text(found, "json"))
    assert (data["schema"], data["differ"]) == ("netdsl-diff/1", True)
    assert data["changes"][0]["how"] == [{"name": "stride", "old": "1", "new": "2"}]
    assert data["changes"][0]["places"][0] == {"old": "layer2.0.conv1", "new": "layer2.0.conv1"}
    assert data["totals"]["macs"] == {"old": 4_089_184_256, "new": 3_857_973_248}
    assert [part["name"] for part in data["parts"]] == ["layer2", "layer3", "layer4"]


def test_hostile_texts() -> None:
    """What an author writes cannot leave its cell, its line, or its letters."""
    found = compared("a: relu\n (@a + 1)", "a: relu\n (@a +  # | \x1b[31m\n 2)")
    assert "\x1b" not in diff_text(found) + diff_text(found, "markdown")
    assert len(diff_text(found).splitlines()) == 8


@pytest.mark.slow
def test_the_whole_zoo_beside_its_neighbours() -> None:
    """The totals of changes are the differences of the totals, whatever is compared."""
    nets = []
    for name in names():
        try:
            nets.append(netdsl.load(f"zoo:{name}"))
        except netdsl.NetError:
            pass  # families without their numbers
    for old, new in pairwise(nets):
        found = old.diff(new)
        assert found or old.state_dict_shapes() == new.state_dict_shapes()
        for format in ("text", "markdown", "json"):
            assert diff_text(found, format)
        assert diff_text(found) == diff_text(old.diff(new))


def test_cost_grows_with_the_layers() -> None:
    def compared(layers: int) -> Callable[[], object]:
        steps = "\n".join("conv(4, 3x3, padding=1) -> relu" for _ in range(layers))
        text = "net T {{\n input x: 4x8x8\n g: {{ {}\n {}\n {} }}\n}}"
        one = netdsl.loads(text.format("", steps, ""))
        other = netdsl.loads(text.format("tanh", steps, "bn"))
        assert len(one.diff(other).changes) == 2
        return lambda: (one.diff(other), one.breaking(other))

    assert growth(compared, 100) < 1.5


def test_a_text_that_looks_like_a_value_is_a_text() -> None:
    """`"@a"` reads nothing, and quotes in a text count."""
    source = 'extern layer Odd(a) -> in.shape = "m:Odd"\n'
    source += "block b(name) { conv(4, 1x1) -> Odd(name) }\nnet N { input x: 3x4x4\n b(%s) }"
    old, new = (netdsl.loads(source % text) for text in ('"@a"', '"c"'))
    changes = old.diff(new).changes
    assert changes and not any(name == "reads" for c in changes for name, _, _ in c.how)
    one, other = (netdsl.loads(source % text) for text in ('"it\'s"', '"its"'))
    assert one.diff(other)
