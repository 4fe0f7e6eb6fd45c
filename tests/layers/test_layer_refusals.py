"""What cannot be is refused, with a code; PyTorch refuses it too, or there is a reason."""

from __future__ import annotations

from typing import Any

import pytest
from layer_oracle import FLAT, IMAGE, LINE, VOLUME, Tap, batch, case_id, layer, module, s

from netdsl.diagnostics import Mistake
from netdsl.shapes import Open, Shape

H, W = Open.symbol("H"), Open.symbol("W")

# The layer can be made, but not for this input; PyTorch raises as well.
BOTH: list[tuple[str, dict[str, Any], Shape, str]] = [
    ("conv", {"channels": 4, "kernel_size": 9}, IMAGE, "E213"),
    ("conv", {"channels": 4, "kernel_size": 3, "dilation": 4}, IMAGE, "E213"),
    ("conv", {"channels": 4, "kernel_size": 3, "groups": 4}, IMAGE, "E214"),
    ("conv", {"channels": 4, "kernel_size": 3, "groups": 3}, IMAGE, "E214"),
    ("conv_transpose", {"channels": 4, "kernel_size": 3, "output_padding": 1}, IMAGE, "E215"),
    ("conv_transpose", {"channels": 4, "kernel_size": 3, "padding": 6}, IMAGE, "E213"),
    ("conv_transpose", {"channels": 5, "kernel_size": 3, "groups": 2}, IMAGE, "E214"),
    ("maxpool", {"kernel_size": 3, "padding": 2}, IMAGE, "E217"),
    ("maxpool", {"kernel_size": 3, "padding": 2, "dilation": 2}, IMAGE, "E217"),
    ("maxpool", {"kernel_size": 3, "padding": "full"}, VOLUME, "E217"),
    ("maxpool", {"kernel_size": 9}, IMAGE, "E213"),
    ("maxpool", {"kernel_size": 12, "ceil_mode": True, "stride": 2}, IMAGE, "E213"),
    ("avgpool", {"kernel_size": 3, "padding": 2}, LINE, "E217"),
    ("avgpool", {"kernel_size": 6, "padding": 1, "stride": 1}, VOLUME, "E213"),
    ("adaptive_avgpool", {"output_size": s(7, 6)}, LINE, "E210"),
    ("groupnorm", {"num_groups": 4}, IMAGE, "E214"),
    ("instancenorm", {}, Shape(6, 1, 1), "E229"),
    ("prelu", {"num_parameters": 3}, IMAGE, "E228"),
    ("hardtanh", {"min_val": 1, "max_val": 1}, IMAGE, "E230"),
    ("reshape", {"shape": s(4, 2)}, FLAT, "E219"),
    ("reshape", {"shape": [4, -1]}, FLAT, "E219"),
    ("permute", {"order": [0, 2]}, IMAGE, "E220"),
    ("permute", {"order": [0, 1, 1]}, IMAGE, "E220"),
    ("permute", {"order": [1, 2, 3]}, IMAGE, "E220"),
    ("channel_shuffle", {"groups": 4}, IMAGE, "E214"),
    ("channel_shuffle", {"groups": 2}, FLAT, "E211"),
    ("pixel_shuffle", {"factor": 2}, IMAGE, "E223"),
    ("space_to_depth", {"factor": 2}, IMAGE, "E223"),
    ("upsample", {}, IMAGE, "E221"),
    ("upsample", {"scale": 2, "mode": "bilinear"}, LINE, "E222"),
    ("upsample", {"scale": 2, "mode": "linear"}, IMAGE, "E222"),
    ("upsample", {"scale": 2, "mode": "trilinear"}, IMAGE, "E222"),
    ("upsample", {"scale": 2, "mode": "bicubic"}, VOLUME, "E222"),
    ("upsample", {"scale": 2, "align_corners": False}, IMAGE, "E225"),
    ("upsample", {"scale": 2, "mode": "area", "align_corners": True}, IMAGE, "E225"),
    ("upsample", {"scale": 0.1}, IMAGE, "E213"),
    ("upsample", {"scale": s(2, 1)}, LINE, "E210"),
    ("pad", {"padding": 8, "mode": "reflect"}, IMAGE, "E224"),
    ("pad", {"padding": [0, 0, 0, 9], "mode": "circular"}, IMAGE, "E224"),
]

THREE = {"channels": 3, "kernel_size": 3}
GIVEN = {**THREE, "trainable": False, "weights": [[1] * 3] * 3}

# PyTorch takes these: the reason why we do not.
STRICTER: list[tuple[str, dict[str, Any], Shape, str, str]] = [
    ("linear", {"features": 4}, IMAGE, "E216", "it would mix the width only"),
    ("conv_transpose", {"channels": 4, "kernel_size": 1, "padding": 4}, IMAGE, "E213", "0 places"),
    ("conv", {"channels": 4, "kernel_size": 3}, FLAT, "E211", "which sides?"),
    ("conv", {"channels": 4, "kernel_size": 3}, Shape(6, 2, 2, 2, 2), "E211", "4 sides"),
    ("conv", {"channels": 4, "kernel_size": 2, "padding": "same"}, IMAGE, "E212", "lopsided"),
    ("maxpool", {"kernel_size": 2, "padding": "same"}, IMAGE, "E212", "lopsided"),
    ("conv", {"channels": 4, "kernel_size": s(3, 3)}, LINE, "E210", "emitted as one number"),
    ("maxpool", {"kernel_size": 3, "stride": s(1, 1, 1)}, IMAGE, "E210", "emitted as one number"),
    ("upsample", {"scale": 2, "size": 7}, IMAGE, "E221", "only one can be emitted"),
    ("maxpool", {"kernel_size": 2}, FLAT, "E211", "PyTorch takes it for one sample"),
    ("adaptive_avgpool", {"output_size": 1}, FLAT, "E211", "PyTorch takes it for one sample"),
    ("frozen_bn", {}, LINE, "E211", "torchvision's is for images"),
    ("lrn", {}, FLAT, "E211", "a neighbourhood of one sample's features"),
    ("channel_dropout", {}, FLAT, "E211", "it would drop numbers"),
    ("pixel_shuffle", {"factor": 2}, Shape(4, 3, 4, 4), "E211", "it would mix depth and channels"),
    ("space_to_depth", {"factor": 2}, Shape(2, 2, 4, 4), "E211", "it would mix depth, channels"),
    ("pad", {"padding": 1}, FLAT, "E211", "it would add features"),
    ("pad", {"padding": 1, "mode": "reflect", "value": 2}, IMAGE, "E225", "value is ignored"),
    ("pad", {"padding": [1, 2, 3, 4]}, LINE, "E210", "it would add channels"),
    ("pad_channels", {"channels": 4}, IMAGE, "E227", "it would cut channels off"),
    ("conv", {**THREE, "connections": [[0], [1]]}, IMAGE, "E231", "which rows?"),
    ("conv", {**THREE, "connections": [[0], [1], []]}, IMAGE, "E231", "it would be its bias"),
    ("conv", {**THREE, "connections": [[0], [1], [1, 6]]}, IMAGE, "E231", "there is no map 6"),
    ("conv", {**THREE, "connections": [[0], [1], [2, 3, 2]]}, IMAGE, "E231", "two kernels"),
    (
        "conv",
        {**THREE, "connections": [[0], [1], [2]], "groups": 3},
        IMAGE,
        "E231",
        "two answers to which maps are read",
    ),
    ("conv", {**THREE, "connections": [[0], [1], [2]]}, LINE, "E231", "there is no such class"),
    ("conv", {**THREE, "weights": [[1] * 3] * 3}, IMAGE, "E233", "learned or given?"),
    ("conv", {**THREE, "trainable": False}, IMAGE, "E233", "which kernels?"),
    ("conv", {**GIVEN, "bias": True}, IMAGE, "E233", "a bias is learned"),
    ("conv", {**GIVEN, "weights": [[1] * 3] * 2}, IMAGE, "E233", "2x3 is not 3x3"),
    ("conv", {**GIVEN, "weights": [[[1] * 3] * 3] * 2}, IMAGE, "E233", "2 kernels for 3 maps"),
    ("conv", {**GIVEN, "weights": [[[[1] * 3] * 3] * 5] * 3}, IMAGE, "E233", "5 of 6 inputs"),
    ("conv", GIVEN, LINE, "E233", "kernels of images"),
    ("conv", {**GIVEN, "connections": [[0], [1], [2]]}, IMAGE, "E233", "zeros say that"),
    (
        "conv",
        {**THREE, "flip": True, "connections": [[0], [1], [2]]},
        IMAGE,
        "E233",
        "there is no such class",
    ),
    ("conv", {**THREE, "flip": True}, VOLUME, "E233", "there is no such class"),
    ("lrn", {"within": True, "size": 4}, IMAGE, "E212", "lopsided"),
    ("lrn", {"within": True}, LINE, "E211", "there is no such class"),
    ("normalize", {"mean": [0.5, 0.5]}, IMAGE, "E234", "whose are they?"),
    ("normalize", {"mean": 0, "std": [1, 2]}, IMAGE, "E234", "whose are they?"),
    ("normalize", {"mean": "image", "std": 2}, IMAGE, "E234", "no network does that"),
    ("subsample", {"kernel_size": 2}, LINE, "E211", "LeNet's are images"),
    ("subsample", {"kernel_size": 9}, IMAGE, "E213", "0 places"),
    ("rbf", {"features": 4}, IMAGE, "E216", "it would compare rows"),
    ("rbf", {"features": 10, "codes": "bitmap"}, FLAT, "E232", "the bitmaps have 84 places"),
    ("rbf", {"features": 9, "codes": "bitmap"}, Shape(84), "E232", "which digit is missing?"),
    ("rbf", {"features": 4, "codes": "random"}, FLAT, "E232", "the text says which codes"),
    ("rbf", {"features": 4, "seed": 1}, FLAT, "E232", "learned codes have no seed"),
    ("crop", {"size": 6, "top": 4}, IMAGE, "E226", "it would be smaller"),
    ("center_crop", {"size": 10}, IMAGE, "E226", "it would be smaller"),
    ("slice", {"start": 2, "stop": 8}, IMAGE, "E226", "it would be smaller"),
    ("slice", {"start": 4, "stop": 4}, IMAGE, "E226", "nothing is left"),
    ("slice", {"start": 6}, IMAGE, "E226", "nothing is left"),
]

# What an open size makes impossible.
OPEN: list[tuple[str, dict[str, Any], Shape, str]] = [
    ("flatten", {}, Shape(6, H, W), "E218"),
    ("layernorm", {}, Shape(6, H, 3), "E218"),
    ("reshape", {"shape": [3, -1]}, Shape(6, H, W), "E218"),
    ("reshape", {"shape": [-1, 3]}, Shape(6, H), "E218"),
    ("reshape", {"shape": [3, 4]}, Shape(6, H), "E219"),
    ("reshape", {"shape": [4, -1]}, Shape(6, H), "E219"),
    ("permute", {"order": [1, 0, 2]}, Shape(6, H, W), "E218"),
    ("upsample", {"scale": 0.3}, Shape(6, H, W), "E218"),
    ("space_to_depth", {"factor": 2}, Shape(6, 2 * H + 1, W), "E223"),
    ("conv", {"channels": 4, "kernel_size": s(3, 9)}, Shape(6, H, 7), "E213"),
]


# PyTorch's checks raise all of these.
ERRORS = (
    RuntimeError,
    ValueError,
    TypeError,
    IndexError,
    AssertionError,
    NotImplementedError,
)


def refused(word: str, arguments: dict[str, Any], x: Shape, code: str) -> None:
    with pytest.raises(Mistake) as caught:
        layer(word, **arguments).output(x)
    assert caught.value.diagnostic.code == code
    assert f"`{word}" in caught.value.diagnostic.message


@pytest.mark.parametrize(("word", "arguments", "x", "code"), BOTH, ids=case_id)
def test_refused_by_both(word: str, arguments: dict[str, Any], x: Shape, code: str) -> None:
    refused(word, arguments, x, code)
    with pytest.raises(ERRORS):
        y = module(layer(word, **arguments), x)(batch(x))
        assert y.numel() > 0, "PyTorch gives an empty tensor"


@pytest.mark.parametrize(("word", "arguments", "x", "code", "why"), STRICTER, ids=case_id)
def test_refused_for_a_reason(
    word: str, arguments: dict[str, Any], x: Shape, code: str, why: str
) -> None:
    assert why
    refused(word, arguments, x, code)


@pytest.mark.parametrize(("word", "arguments", "x", "code"), OPEN, ids=case_id)
def test_refused_while_open(word: str, arguments: dict[str, Any], x: Shape, code: str) -> None:
    refused(word, arguments, x, code)


def test_like_needs_as_many_sides() -> None:
    refused("upsample", {"like": Tap(6, 3)}, IMAGE, "E210")
    refused("center_crop", {"size": Tap(6)}, IMAGE, "E210")
    refused("center_crop", {"size": Tap(6, 3, 30)}, IMAGE, "E226")
    refused("crop", {"size": Tap(6)}, IMAGE, "E210")
    refused("crop", {"size": Tap(6, 3, 3), "left": 30}, IMAGE, "E226")


def test_the_numbers_stand_in_the_message() -> None:
    with pytest.raises(Mistake) as caught:
        layer("conv", channels=10, kernel_size=1, groups=4).output(Shape(12, 5, 5))
    assert caught.value.diagnostic.message == (
        "`conv` cannot divide its 10 output channels into 4 groups"
    )
    hint = "the number of groups must divide 12 and 10: 2 would do"
    assert caught.value.diagnostic.hint == hint
    with pytest.raises(Mistake) as caught:
        layer("conv", channels=10, kernel_size=7, dilation=2, padding=1).output(Shape(12, 5, 5))
    assert caught.value.diagnostic.message == (
        "the 7x7 kernel of `conv`, which spans 13x13 with dilation 2x2, is larger than its input, "
        "5x5 with padding 1x1"
    )
