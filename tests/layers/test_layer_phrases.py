"""How layers are said in the emitted code, with literals and with names."""

from __future__ import annotations

from typing import Any

import pytest
from layer_oracle import FLAT, IMAGE, LINE, VOLUME, Tap, case_id, layer, literal, s

from netdsl.code.expr import Expr, Literal, Name, Tuple
from netdsl.layers.base import Given
from netdsl.shapes import Shape

CONV = {"channels": 64, "kernel_size": 3}

PHRASES: list[tuple[str, dict[str, Any], Shape, str | None, str | None]] = [
    ("conv", {**CONV, "kernel_size": s(7, 7)}, IMAGE, "nn.Conv2d(6, 64, kernel_size=7)", None),
    (
        "conv",
        {**CONV, "stride": 2, "padding": 1, "bias": False},
        LINE,
        "nn.Conv1d(6, 64, kernel_size=3, stride=2, padding=1, bias=False)",
        None,
    ),
    (
        "conv",
        {"channels": 64, "kernel_size": s(1, 7), "padding": "same"},
        IMAGE,
        "nn.Conv2d(6, 64, kernel_size=(1, 7), padding=(0, 3))",
        None,
    ),
    (
        "conv",
        {**CONV, "padding": "same", "dilation": 2, "groups": 2},
        IMAGE,
        "nn.Conv2d(6, 64, kernel_size=3, padding=2, dilation=2, groups=2)",
        None,
    ),
    ("conv", {**CONV, "padding": "valid"}, VOLUME, "nn.Conv3d(6, 64, kernel_size=3)", None),
    (
        "conv",
        {"channels": 2, "kernel_size": 5, "connections": [[0], [1, 2]], "padding": "same"},
        IMAGE,
        "TableConv2d(6, 2, kernel_size=5, connections=((0,), (1, 2)), padding=2)",
        None,
    ),
    (
        "conv",
        {**CONV, "trainable": False, "weights": [[0, 1, 0]] * 3, "padding": "same", "flip": True},
        IMAGE,
        "FixedConv2d(6, 64, weights=((0, 1, 0), (0, 1, 0), (0, 1, 0)), padding=1, flip=True)",
        None,
    ),
    (
        "conv",
        {**CONV, "flip": True, "bias": False},
        IMAGE,
        "FlippedConv2d(6, 64, kernel_size=3, bias=False)",
        None,
    ),
    (
        "lrn",
        {"within": True, "size": 3, "alpha": 1e-3},
        IMAGE,
        "LocalResponseNormWithin(3, alpha=1e-3)",
        "local_response_norm_within(x, 3, alpha=1e-3)",
    ),
    ("normalize", {"mean": 0.5, "std": 2}, IMAGE, "Normalize(0.5, std=2)", None),
    ("normalize", {"mean": [1, 2, 3, 4, 5, 6]}, FLAT, "Normalize((1, 2, 3, 4, 5, 6))", None),
    ("normalize", {"mean": "image"}, IMAGE, "SubtractImage(6, 9, 8)", None),
    (
        "conv_transpose",
        {"channels": 4, "kernel_size": 2, "stride": 2},
        IMAGE,
        "nn.ConvTranspose2d(6, 4, kernel_size=2, stride=2)",
        None,
    ),
    ("linear", {"features": 9, "bias": False}, FLAT, "nn.Linear(6, 9, bias=False)", None),
    ("rbf", {"features": 9}, FLAT, "RBF(6, 9)", None),
    ("rbf", {"features": 10, "codes": "bitmap"}, Shape(84), "BitmapRBF()", None),
    (
        "rbf",
        {"features": 9, "codes": "random", "seed": 1},
        FLAT,
        "RandomRBF(6, 9, seed=1)",
        None,
    ),
    ("subsample", {"kernel_size": 2}, IMAGE, "Subsample2d(6, 2)", None),
    ("subsample", {"kernel_size": s(2, 1)}, IMAGE, "Subsample2d(6, (2, 1))", None),
    ("maxpool", {"kernel_size": 2}, IMAGE, "nn.MaxPool2d(2)", "F.max_pool2d(x, 2)"),
    ("maxpool", {"kernel_size": 2, "stride": 2}, IMAGE, "nn.MaxPool2d(2)", "F.max_pool2d(x, 2)"),
    (
        "maxpool",
        {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
        IMAGE,
        "nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True)",
        "F.max_pool2d(x, 3, stride=2, padding=1, ceil_mode=True)",
    ),
    (
        "avgpool",
        {"kernel_size": 3, "stride": 1, "padding": "same", "count_include_pad": False},
        LINE,
        "nn.AvgPool1d(3, stride=1, padding=1, count_include_pad=False)",
        "F.avg_pool1d(x, 3, stride=1, padding=1, count_include_pad=False)",
    ),
    (
        "adaptive_avgpool",
        {"output_size": s(7, 7)},
        IMAGE,
        "nn.AdaptiveAvgPool2d(7)",
        "F.adaptive_avg_pool2d(x, 7)",
    ),
    ("global_avgpool", {}, IMAGE, "nn.AdaptiveAvgPool2d(1)", "F.adaptive_avg_pool2d(x, 1)"),
    ("bn", {}, IMAGE, "nn.BatchNorm2d(6)", None),
    (
        "bn",
        {"eps": 1e-3, "momentum": None},
        FLAT,
        "nn.BatchNorm1d(6, eps=1e-3, momentum=None)",
        None,
    ),
    ("frozen_bn", {}, IMAGE, "FrozenBatchNorm2d(6)", None),
    ("groupnorm", {"num_groups": 2}, IMAGE, "nn.GroupNorm(2, 6)", None),
    ("layernorm", {}, FLAT, "nn.LayerNorm(6)", None),
    ("layernorm", {"affine": False}, LINE, "nn.LayerNorm([6, 9], elementwise_affine=False)", None),
    ("instancenorm", {"affine": True}, IMAGE, "nn.InstanceNorm2d(6, affine=True)", None),
    (
        "lrn",
        {},
        IMAGE,
        "nn.LocalResponseNorm(5, alpha=5e-4, k=2.0)",
        "F.local_response_norm(x, 5, alpha=5e-4, k=2.0)",
    ),
    ("l2norm", {"scale": 20}, IMAGE, "L2Norm(6, scale=20.0)", None),
    ("relu", {}, IMAGE, "nn.ReLU()", "F.relu(x)"),
    ("leaky_relu", {}, IMAGE, "nn.LeakyReLU()", "F.leaky_relu(x)"),
    ("leaky_relu", {"negative_slope": 0.1}, IMAGE, "nn.LeakyReLU(0.1)", "F.leaky_relu(x, 0.1)"),
    ("hardtanh", {"max_val": 2}, IMAGE, "nn.Hardtanh(max_val=2.0)", "F.hardtanh(x, max_val=2.0)"),
    ("prelu", {"num_parameters": 6}, IMAGE, "nn.PReLU(6)", None),
    (
        "gelu",
        {"approximate": "tanh"},
        FLAT,
        'nn.GELU(approximate="tanh")',
        'F.gelu(x, approximate="tanh")',
    ),
    ("sigmoid", {}, FLAT, "nn.Sigmoid()", "torch.sigmoid(x)"),
    ("softmax", {}, FLAT, "nn.Softmax(dim=1)", "F.softmax(x, dim=1)"),
    ("scaled_tanh", {}, FLAT, "ScaledTanh()", "scaled_tanh(x)"),
    ("dropout", {"p": 0.5}, FLAT, "nn.Dropout(0.5)", None),
    ("channel_dropout", {}, LINE, "nn.Dropout1d(0.5)", None),
    ("drop_path", {"p": 0.2}, FLAT, "DropPath(0.2)", None),
    ("identity", {}, FLAT, "nn.Identity()", "x"),
    ("flatten", {}, IMAGE, "nn.Flatten()", "x.flatten(1)"),
    ("reshape", {"shape": s(2, 3)}, FLAT, "nn.Unflatten(1, (2, 3))", "x.unflatten(1, (2, 3))"),
    (
        "reshape",
        {"shape": s(8, None)},
        IMAGE,
        "Reshape(8, -1)",
        "x.flatten(1).unflatten(1, (8, -1))",
    ),
    ("permute", {"order": [1, 2, 0]}, IMAGE, "Permute(0, 2, 3, 1)", "x.permute(0, 2, 3, 1)"),
    (
        "upsample",
        {"scale": 2, "mode": "bilinear", "align_corners": False},
        IMAGE,
        'nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)',
        'F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)',
    ),
    (
        "upsample",
        {"size": s(7, 9)},
        IMAGE,
        "nn.Upsample(size=(7, 9))",
        "F.interpolate(x, size=(7, 9))",
    ),
    ("upsample", {"like": Tap(3, 5, 6)}, IMAGE, None, "F.interpolate(x, like.shape[-2:])"),
    ("channel_shuffle", {"groups": 3}, IMAGE, "nn.ChannelShuffle(3)", "F.channel_shuffle(x, 3)"),
    ("pixel_shuffle", {"factor": 1}, IMAGE, "nn.PixelShuffle(1)", "F.pixel_shuffle(x, 1)"),
    ("pad", {"padding": 1}, IMAGE, "nn.ZeroPad2d(1)", "F.pad(x, (1, 1, 1, 1))"),
    (
        "pad",
        {"padding": [0, 1, 2, 3], "mode": "reflect"},
        IMAGE,
        "nn.ReflectionPad2d((2, 3, 0, 1))",
        'F.pad(x, (2, 3, 0, 1), mode="reflect")',
    ),
    (
        "pad",
        {"padding": s(1, 0), "value": 0.5},
        IMAGE,
        "nn.ConstantPad2d((0, 0, 1, 1), 0.5)",
        "F.pad(x, (0, 0, 1, 1), value=0.5)",
    ),
    ("pad_channels", {"channels": 16}, IMAGE, "PadChannels(16)", "pad_channels(x, 16)"),
    (
        "crop",
        {"size": s(2, 3), "top": 4},
        IMAGE,
        "Crop(2, 3, top=4)",
        "x[..., 4:6, :3]",
    ),
    ("center_crop", {"size": 5}, IMAGE, "CenterCrop(5, 5)", None),
    ("center_crop", {"size": Tap(3, 5, 6)}, IMAGE, None, "center_crop(x, like)"),
    ("crop", {"size": Tap(3, 5, 6)}, IMAGE, None, "crop(x, like)"),
    ("crop", {"size": Tap(3, 5, 6), "left": 2}, IMAGE, None, "crop(x, like, left=2)"),
    ("slice", {"start": 1, "stop": 3}, IMAGE, "ChannelSlice(1, 3)", "x[:, 1:3]"),
    ("slice", {"start": 1}, IMAGE, "ChannelSlice(1)", "x[:, 1:]"),
]


@pytest.mark.parametrize(("word", "arguments", "x", "module", "function"), PHRASES, ids=case_id)
def test_said(
    word: str, arguments: dict[str, Any], x: Shape, module: str | None, function: str | None
) -> None:
    made = layer(word, **arguments)
    a = literal(made, x)
    constructor = made.module(a)
    call = made.function(a, Name("x"), *(Name("like") for _ in made.references()))
    assert (constructor and constructor.text, call and call.text) == (module, function)


def said(word: str, fields: dict[str, Expr], one_number: bool = True, **arguments: Any) -> str:
    """The module with names for some parameters."""
    made = layer(word, **arguments)
    literals = {n: Literal(getattr(made, n)) for n in type(made).fields}
    a = Given(
        {**literals, **fields}, [IMAGE], [Name("in_channels")], one_number=lambda _: one_number
    )
    module = made.module(a)
    assert module is not None
    return module.text


def test_padding_in_terms_of_the_kernel() -> None:
    kernel, dilation, same = Name("kernel_size"), Name("dilation"), {**CONV, "padding": "same"}

    def padding(fields: dict[str, Expr], one_number: bool = True, **more: Any) -> str:
        text = said("conv", fields, one_number, **{**same, **more})
        found = text.split("padding=")[1].split(", dilation=")[0]
        return found if found.count("(") == found.count(")") else found.removesuffix(")")

    assert padding({"kernel_size": kernel}) == "kernel_size // 2"
    assert padding({"kernel_size": kernel}, dilation=2) == "kernel_size - 1"
    both: dict[str, Expr] = {"kernel_size": kernel, "dilation": dilation}
    assert padding(both) == "dilation * (kernel_size - 1) // 2"
    assert padding({"dilation": dilation}) == "dilation"
    assert padding(both, padding="full") == "dilation * (kernel_size - 1)"
    pair = Tuple((Literal(1), Name("n")))
    assert padding({"kernel_size": pair}, kernel_size=s(1, 7)) == "(0, n // 2)"
    # what is a number here and a size there has no formula: PyTorch's word, or this one's number
    assert padding({"kernel_size": kernel}, False, kernel_size=s(1, 7)) == '"same"'
    assert padding({"kernel_size": kernel}, False, kernel_size=s(1, 7), stride=2) == "(0, 3)"
    assert "padding=(0, 3)" in said(
        "maxpool", {"kernel_size": kernel}, False, kernel_size=s(1, 7), padding="same", stride=1
    )


def test_names_elsewhere() -> None:
    n = Name("n")
    assert said("lrn", {"alpha": n}) == "nn.LocalResponseNorm(5, alpha=5 * n, k=2.0)"
    assert said("maxpool", {"kernel_size": n, "stride": n}, kernel_size=2) == "nn.MaxPool2d(n)"
    assert said("layernorm", {}) == "nn.LayerNorm([in_channels, 9, 8])"
    assert said("pad", {"padding": n}, padding=1) == "nn.ZeroPad2d(n)"
    ends = said("pad", {"padding": n}, False, padding=[1, 2, 3, 4])
    assert ends == "nn.ZeroPad2d((n[2], n[3], n[0], n[1]))"
    assert said("permute", {"order": n}, order=[0, 1, 2]) == "Permute(0, *(d + 1 for d in n))"
    text = said("reshape", {"shape": Tuple((n, Literal(-1)))}, shape=[2, -1])
    assert text == "Reshape(n, -1)"


def test_channels_in_the_words_of_the_code() -> None:
    def channels(word: str, fields: dict[str, Expr], **arguments: Any) -> str:
        made = layer(word, **arguments)
        literals = {n: Literal(getattr(made, n)) for n in type(made).fields}
        return made.out_channels(Given({**literals, **fields}, [IMAGE], [Name("c")])).text

    n = Name("n")
    assert channels("conv", {"channels": n}, **CONV) == "n"
    assert channels("maxpool", {}, kernel_size=2) == "c"
    assert channels("flatten", {}) == "c * 9 * 8"
    assert channels("space_to_depth", {}, factor=2) == "4 * c"
    assert channels("pixel_shuffle", {"factor": n}, factor=2) == "c // n**2"
    assert channels("slice", {"stop": n}, start=2, stop=5) == "n - 2"
    assert channels("slice", {}, start=2) == "c - 2"
    assert channels("permute", {}, order=[1, 0, 2]) == "9"
    assert channels("reshape", {"shape": Tuple((n, Literal(-1)))}, shape=[2, -1]) == "n"
