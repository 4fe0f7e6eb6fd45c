"""Heads in a Design: names, boxes, totals, and what stands around and inside of them.

The oracles are torch's own: the `state_dict` of the emitted module, what it gives for an image, and
the multiply-adds that FlopCounterMode counts while it does.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import netdsl
from netdsl.compiler import Compilation
from netdsl.diagnostics import NetError
from netdsl.formulas import Formula
from netdsl.network import Network
from netdsl.source import Source

MAPS = """
  input image: [3, side, side]
  fine: { conv(16, 3x3, stride=4, padding=1) -> relu }
  coarse: { conv(16, 3x3, stride=2, padding=1) -> relu }
"""

BARS = f"""
block separable(channels) {{
  conv(in.channels, 3x3, padding=1, groups=in.channels) -> conv(channels, 1x1)
}}
net Bars(classes=4, side=64, more=false) {{{MAPS}
  head ssd(classes=2 * classes) {{
    | @fine -> norm: l2norm(scale=20) -> multibox(min=5, max=10)
    | @fine -> conv(8, 1x1) -> relu -> multibox(min=10, max=15, ratios=[2, 3])
    | @coarse -> conv(12, 1x1) -> multibox(min=15, max=20)
    | @coarse -> multibox(min=20, max=30, predict=separable)
    for i in range(3) {{
      let size = 25 + 5 * i
      if i > 0 {{
        | @coarse -> extra{{i}}: conv(8, 3x3, stride=2, padding=1) -> multibox(min=size, max=size + 5)
      }}
    }}
    if more {{ | @coarse -> multibox(min=40, max=45) }}
  }}
  init {{
    conv: normal(0.02)
    ssd.scores.bias: constant(-2)
    ssd.norm.scale: constant(7)
  }}
  keys {{
    ssd.scores: "head.classification"
    "ssd.offsets.3.1": "head.last"
  }}
}}
"""

PYRAMID = f"""
net Pyramid(classes=5, side=64) {{{MAPS}
  head retina(features=[@fine, @coarse], classes=classes) {{
    tower: {{ repeat 2 {{ conv(16, 3x3, padding=1) -> relu }} }}
    @in -> conv(16, 3x3, padding=1)
    anchors(scores=@tower, sizes=[8, 16], octaves=3, ratios=[0.5, 1, 2])
    init {{ tower: zeros }}
  }}
}}
"""

REGIONS = f"""
net Regions(classes=5, side=64) {{{MAPS}
  head rpn(features=[@fine, @coarse]) {{
    conv(24, 3x3, padding=1) -> relu
    anchors(sizes=[8, 16], predict=conv(kernel_size=1x1))
  }}
  head rcnn(features=[@fine, @coarse], classes=classes) {{
    roi_align(4x4) -> flatten
    fc6: linear(32) -> relu
    linear(20) -> relu
  }}
}}
"""

GRID = f"""
net Grid(classes=3, side=64) {{{MAPS}
  head yolo(classes=classes) {{
    | @fine -> predict: conv(2 * (5 + classes), 1x1) -> boxes(anchors=[5x6, 9x8], stride=4)
    | @coarse -> {{ conv(8, 1x1) -> relu }} -> conv(5 + classes, 1x1) -> boxes(anchors=[20x20])
  }}
}}
"""

PIXELS = f"""
net Pixels(classes=3, side=64) {{{MAPS}
  head fcn(classes=classes) {{ @coarse -> score: conv(classes, 1x1) -> upsample(like=@image) }}
}}
"""
TEXTS = {"ssd": BARS, "retina": PYRAMID, "rpn": REGIONS, "yolo": GRID, "fcn": PIXELS}


@cache
def compiled(word: str) -> Network:
    return netdsl.loads(TEXTS[word])


@cache
def module(word: str) -> Any:
    torch.manual_seed(0)
    return compiled(word).module().eval()


def predicted(word: str) -> Any:
    with torch.no_grad():
        return module(word).predict(torch.rand(2, 3, 64, 64))


def children(network: Network, prefix: str) -> list[str]:
    """The modules below a name that hold tensors, in order."""
    names = (k.rpartition(".")[0] for k in network.state_dict_shapes() if k.startswith(prefix))
    return list(dict.fromkeys(name.removeprefix(prefix) for name in names))


def codes(text: str) -> list[str]:
    return [d.code for d in Compilation(Source("text.net", text)).check()]


# ------------------------------------------------------------------------------------------- names
def test_names_of_bars() -> None:
    """A label names a step of the head, a single step its bar, a chain a group; what predicts stands in
    two lists, in the order of the bars."""
    assert children(compiled("ssd"), "ssd.") == [
        "norm",
        "branch2.conv",
        "branch3",
        "extra1",
        "extra2",
        *("scores.0", "scores.1", "scores.2", "scores.3.0", "scores.3.1", "scores.4", "scores.5"),
        *("offsets.0", "offsets.1", "offsets.2", "offsets.3.0", "offsets.3.1"),
        *("offsets.4", "offsets.5"),
    ]


NAMES = {
    "retina": ("retina.", ["tower.0", "tower.2", "conv", "scores", "offsets"]),
    "rpn": ("rpn.", ["conv", "scores", "offsets"]),
    "rcnn": ("rcnn.", ["fc6", "linear", "scores", "offsets"]),
    "yolo": ("yolo.", ["predict", "branch2.group.0", "branch2.conv"]),
    "fcn": ("fcn.", ["score"]),
}


@pytest.mark.parametrize("word", NAMES)
def test_names(word: str) -> None:
    prefix, wanted = NAMES[word]
    assert children(compiled("rpn" if word == "rcnn" else word), prefix) == wanted


@pytest.mark.parametrize("word", TEXTS)
def test_the_emitted_module_has_these_tensors(word: str) -> None:
    found = {k: tuple(v.shape) for k, v in module(word).state_dict().items()}
    assert found == compiled(word).state_dict_shapes()
    assert list(found) == list(compiled(word).state_dict_shapes())


def test_keys_reach_into_heads() -> None:
    """A published checkpoint, made by hand from ours, loads whole."""
    detector = module("ssd")
    theirs = {}
    for name, tensor in detector.state_dict().items():
        name = name.replace("ssd.scores", "head.classification").replace(
            "ssd.offsets.3.1", "head.last"
        )
        theirs[name] = torch.full_like(tensor, 0.25)
    assert {
        "head.classification.3.1.weight",
        "head.last.bias",
        "ssd.offsets.3.0.bias",
    } <= theirs.keys()
    fresh: Any = compiled("ssd").module()
    fresh.load_published(theirs)
    assert all(bool((t == 0.25).all()) for t in fresh.state_dict().values())


def test_init_reaches_into_heads() -> None:
    state = module("ssd").state_dict()
    for i in (0, 1, 2, 4, 5):
        assert bool((state[f"ssd.scores.{i}.bias"] == -2).all())
        assert 0.018 < float(state[f"ssd.scores.{i}.weight"].std()) < 0.022
    assert bool((state["ssd.norm.scale"] == 7).all())
    assert not bool((state["ssd.offsets.0.bias"] == -2).any())
    assert 0.015 < float(state["fine.0.weight"].std()) < 0.025, "below the net's own line"


def test_a_head_has_its_own_init() -> None:
    state = module("retina").state_dict()
    assert not state["retina.tower.0.weight"].any()
    assert state["retina.conv.weight"].all()


# ------------------------------------------------------------------------------------------- boxes
def test_boxes_of_bars() -> None:
    """Places times 2 + 2 * len(ratios): 16x16 twice, 8x8 twice, 4x4 twice."""
    found = compiled("ssd").design.heads["ssd"]
    assert found.count == 256 * 4 + 256 * 6 + 64 * 4 + 64 * 4 + 16 * 4 + 16 * 4
    scores, offsets = predicted("ssd")
    assert scores.shape == (2, found.count, 2 * 4 + 1)
    assert offsets.shape == (2, found.count, 4)
    assert {k: str(v.shape) for k, v in compiled("ssd").design.outputs.items()} == {
        "ssd_scores": f"{found.count}x9",
        "ssd_offsets": f"{found.count}x4",
    }


def test_boxes_of_maps() -> None:
    found = compiled("retina").design.heads["retina"]
    assert found.count == (256 + 64) * 3 * 3
    _, scores, offsets = predicted("retina")
    assert [s.shape for s in scores] == [(2, 256 * 9, 5), (2, 64 * 9, 5)]
    assert [o.shape for o in offsets] == [(2, 256 * 9, 4), (2, 64 * 9, 4)]


def test_boxes_of_a_grid() -> None:
    assert compiled("yolo").design.heads["yolo"].count == 256 * 2 + 64
    assert predicted("yolo").shape == (2, 256 * 2 + 64, 5 + 3)


def test_pixels() -> None:
    assert predicted("fcn").shape == (2, 3, 64, 64)
    assert str(compiled("fcn").design.outputs["fcn_scores"].shape) == "3x64x64"


def test_boxes_of_two_heads_add_up() -> None:
    """Those of `head rpn` count; regions are as many as are proposed."""
    text = REGIONS.rstrip().removesuffix("}")
    assert codes(f"{text}  expect boxes == {(256 + 64) * 3}\n}}") == []
    assert codes(f"{text}  expect boxes == {(256 + 64) * 3 + 1}\n}}") == ["E202"]


# ------------------------------------------------------------------------------------------ totals
def operations(word: str) -> int:
    """Multiply-adds that torch counts in `predict`, of one image."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(word).predict(torch.rand(1, 3, 64, 64))
    return counter.get_total_flops() // 2


@pytest.mark.parametrize("word", ["ssd", "retina", "yolo", "fcn"])
def test_totals(word: str) -> None:
    network = compiled(word)
    assert network.parameters == sum(p.numel() for p in module(word).parameters())
    assert network.macs == operations(word)


def test_totals_of_regions() -> None:
    """`predict` proposes; the head of regions adds what it costs for one."""
    network, detector = compiled("rpn"), module("rpn")
    assert network.parameters == sum(p.numel() for p in detector.parameters())
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        detector.rcnn(torch.rand(1, 16, 4, 4))
    assert network.macs == operations("rpn") + counter.get_total_flops() // 2


def test_the_work_on_several_maps_is_summed() -> None:
    """One map more costs work and no parameters."""
    one = PYRAMID.replace("[@fine, @coarse]", "[@fine]").replace("sizes=[8, 16]", "sizes=[8]")
    two, alone = compiled("retina"), netdsl.loads(one)
    assert two.parameters == alone.parameters
    assert two.macs is not None and alone.macs is not None
    backbone = 16 * 3 * 9 * 256 + 16 * 16 * 9 * 64  # which reads 64x64 and 16x16
    assert (two.macs - backbone) * 4 == (alone.macs - backbone) * 5  # of 16x16 and 8x8


# ------------------------------------------------------------------------------ asked from outside
def test_other_classes() -> None:
    """`classes` may be an expression of a parameter."""
    other = netdsl.loads(BARS, classes=10)
    assert other.state_dict_shapes()["ssd.scores.0.weight"] == (4 * (2 * 10 + 1), 16, 3, 3)
    assert other.state_dict_shapes()["ssd.offsets.0.weight"] == (4 * 4, 16, 3, 3)
    assert other.design.heads["ssd"].kind.classes == 20
    torch.manual_seed(0)
    detector = other.module()
    assert [tuple(v.shape) for v in detector.state_dict().values()] == [
        *other.state_dict_shapes().values()
    ]


def test_no_classes_from_outside() -> None:
    with pytest.raises(NetError) as caught:
        netdsl.loads(BARS, classes=0)
    assert [d.code for d in caught.value.diagnostics] == ["E112"]


def test_bars_under_a_condition() -> None:
    more = netdsl.loads(BARS, more=True)
    assert len(more.design.heads["ssd"].predicted) == 7
    assert "ssd.scores.6.weight" in more.state_dict_shapes()
    assert more.design.heads["ssd"].count == (compiled("ssd").design.heads["ssd"].count or 0) + 256


def test_another_input() -> None:
    """Boxes follow the maps; what the text says of steps is skipped, for it is said of its own size."""
    head = netdsl.loads(BARS, input="3x128x128").design.heads["ssd"]
    assert head.count == 4 * (compiled("ssd").design.heads["ssd"].count or 0)
    text = GRID.rstrip().removesuffix("}")
    text += "  expect boxes == 576\n}"
    assert codes(text) == []
    compilation = Compilation(Source("text.net", text))
    design = compilation.design(None, {"side": "128"}, {})
    assert design.heads["yolo"].count == 4 * 576
    assert [d.code for d in compilation.report.diagnostics] == ["W202"]


def test_a_step_that_another_input_does_not_fit() -> None:
    text = BARS.replace("max=10)", "max=10, step=4)", 1)
    assert codes(text) == []
    compilation = Compilation(Source("text.net", text))
    compilation.design(None, {"side": "66"}, {})  # 17 places over 66 pixels: 4 * 17 = 68
    assert [d.code for d in compilation.report.diagnostics] == []
    text = text.replace("stride=4, padding=1", "stride=4")
    assert codes(text) == []
    compilation = Compilation(Source("text.net", text))
    compilation.design(None, {"side": "65"}, {})  # 16 places, where 17 are laid
    assert [d.code for d in compilation.report.diagnostics] == ["W202"]


def test_an_open_size() -> None:
    """Anchors of pyramids are made for every image, default boxes are laid once."""
    design = netdsl.loads(PYRAMID, input="3x?x?").design
    assert design.heads["retina"].count is None
    assert isinstance(netdsl.loads(PYRAMID, input="3x?x?").macs, Formula)
    for text in (BARS, GRID):
        with pytest.raises(NetError) as caught:
            netdsl.loads(text, input="3x?x?")
        assert [d.code for d in caught.value.diagnostics] == ["E239"]


# ------------------------------------------------------------------------------------------ inside
def test_beliefs_inside_of_heads() -> None:
    """`::` says what a step gives; in a body on several maps it holds on each."""
    right = GRID.replace("1x1) -> boxes(anchors=[5x6", "1x1) :: 16x16x16 -> boxes(anchors=[5x6")
    assert right != GRID and codes(right) == []
    assert codes(right.replace(":: 16x16x16", ":: 16x8x8")) == ["E201"]
    body = PYRAMID.replace("-> relu } }", "-> relu } } :: 16x?x?")
    assert body != PYRAMID and codes(body) == []
    assert codes(body.replace("16x?x?", "16x16x16")) == ["E201"]
    region = REGIONS.replace("fc6: linear(32)", "fc6: linear(32) :: 32")
    assert region != REGIONS and codes(region) == []
    assert codes(region.replace(":: 32", ":: 31")) == ["E201"]


def test_in_is_the_map_of_a_body() -> None:
    """`@in` and `in.channels` are what flows into a body, in bars what flows into the head."""
    assert compiled("retina").state_dict_shapes()["retina.conv.weight"] == (16, 16, 3, 3)
    text = REGIONS.replace("fc6: linear(32)", "fc6: linear(in.channels * in.height)")
    assert netdsl.loads(text).state_dict_shapes()["rcnn.fc6.weight"] == (16 * 4, 16 * 4 * 4)


def test_steps_below_a_head_go_on_with_the_net() -> None:
    text = BARS.replace("  init {", "  below: conv(6, 1x1)\n  init {", 1)
    assert netdsl.loads(text).state_dict_shapes()["below.weight"] == (6, 16, 1, 1)


def test_a_bar_without_a_start_reads_what_flows() -> None:
    text = f"net One(side=64) {{{MAPS}  head ssd(classes=2) {{ | multibox(min=5, max=9) }}\n}}"
    assert netdsl.loads(text).state_dict_shapes()["ssd.scores.0.weight"] == (12, 16, 3, 3)
    detector: Any = netdsl.loads(text).module()
    scores, _ = detector.predict(torch.rand(1, 3, 64, 64))
    assert scores.shape == (1, 256, 3)


def test_variants_of_detectors() -> None:
    text = f"{BARS}\nnet Wide = Bars(classes=7) {{ expect boxes == 3_200 }}\n"
    assert codes(text) == []
    wide = netdsl.loads(text, "Wide")
    assert wide.state_dict_shapes()["ssd.scores.0.bias"] == (4 * 15,)


def test_blocks_called_like_parts_of_detectors() -> None:
    """A block may have such a name; its step gets a number, as with names of torch's modules."""
    text = (
        "block predict { conv(16, 3x3, stride=4, padding=1) }\n"
        "net N {\n  input image: 3x64x64\n  predict\n"
        "  head ssd(classes=2) { | multibox(min=5, max=9) }\n}\n"
    )
    network = netdsl.loads(text)
    assert next(iter(network.state_dict_shapes())) == "predict1.0.weight"
    assert network.module().state_dict().keys() == network.state_dict_shapes().keys()
