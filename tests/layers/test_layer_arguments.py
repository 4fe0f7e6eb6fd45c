"""What is said about a wrong argument. Every line here is meant to be read."""

from __future__ import annotations

from typing import Any

import pytest
from layer_oracle import Tap, case_id, s

from netdsl.layers import find, load_all
from netdsl.layers.arguments import ArgumentMistake, create, signature, source_text

CONV = (
    "it is `conv(channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=true, ...)`"
)

FRACTION = "whole numbers have no point"
QUOTES = "numbers and sizes have no quotes: 2"
WHOLE, SIZE = "a whole number", "a whole number or a size like 3x3"
ROWS = "a list of lists of numbers of input maps or `none`"
KERNELS = "a kernel like [[1, 2], [3, 4]], or a list of such kernels, or `none`"
A_CHANNEL = "a number, a list with one per channel"
CALL = (
    "what flows in stands before a step: `@label -> conv(channels, 3x3)`; its channels are "
    "`@label.channels`"
)
WINDOW = {"channels": 4, "kernel_size": 3}  # what conv must be given

# A wrong argument: the layer, what is given, and "`name` of `layer` must be ..., not ...".
WRONG: list[tuple[str, dict[str, Any], str, str, str | None]] = [
    ("conv", {"channels": 4.5, "kernel_size": 3}, "channels", f"{WHOLE}, not 4.5", FRACTION),
    ("conv", {"channels": 0, "kernel_size": 3}, "channels", "at least 1, not 0", None),
    (
        "conv",
        {"channels": Tap(3), "kernel_size": 3},
        "channels",
        f"{WHOLE}, not a value",
        CALL,
    ),
    (
        "conv",
        {"channels": 4, "kernel_size": 3, "groups": Tap(3)},
        "groups",
        f"{WHOLE}, not a value",
        "`@label.channels` is a number of a value: so are `.height` and `.width`",
    ),
    ("linear", {"features": True}, "features", f"{WHOLE}, not true", None),
    ("linear", {"features": 2**31}, "features", "less than 2147483648, not 2147483648", None),
    ("slice", {"start": -1}, "start", "at least 0, not -1", None),
    ("slice", {"start": 0, "stop": "x"}, "stop", f'{WHOLE} or `none`, not "x"', None),
    ("slice", {"start": 0, "stop": 0}, "stop", "at least 1, not 0", None),
    # sizes
    ("conv", {"channels": 4, "kernel_size": 1.5}, "kernel_size", f"{SIZE}, not 1.5", FRACTION),
    (
        "conv",
        {"channels": 4, "kernel_size": [3, "a"]},
        "kernel_size",
        f'{SIZE}, not [3, "a"]',
        None,
    ),
    ("conv", {"channels": 4, "kernel_size": s(3, 0)}, "kernel_size", "at least 1, not 3x0", None),
    (
        "conv",
        {"channels": 4, "kernel_size": s(3, None)},
        "kernel_size",
        "a size without `?`, not 3x?",
        None,
    ),
    ("maxpool", {"kernel_size": 2, "stride": 0}, "stride", "at least 1, not 0", None),
    ("maxpool", {"kernel_size": 2, "stride": "2"}, "stride", f'{SIZE}, or `none`, not "2"', QUOTES),
    (
        "conv",
        {**WINDOW, "padding": "sam"},
        "padding",
        'a number, a size, "same", "valid" or "full", not "sam"',
        'did you mean "same"?',
    ),
    ("conv_transpose", {**WINDOW, "padding": "same"}, "padding", f'{SIZE}, not "same"', None),
    # flags, numbers, texts
    ("conv", {**WINDOW, "bias": 0}, "bias", "`true` or `false`, not 0", "write `false`"),
    ("dropout", {"p": 2}, "p", "at most 1, not 2", None),
    ("dropout", {"p": "half"}, "p", 'a number, not "half"', None),
    ("bn", {"eps": 0}, "eps", "more than 0, not 0", None),
    ("bn", {"eps": None}, "eps", "a number, not none", None),
    ("bn", {"momentum": "none"}, "momentum", 'a number or `none`, not "none"', None),
    ("bn", {"momentum": 1.5}, "momentum", "at most 1, not 1.5", None),
    ("softplus", {"beta": float("inf")}, "beta", "a finite number, not inf", None),
    (
        "gelu",
        {"approximate": "than"},
        "approximate",
        '"none" or "tanh", not "than"',
        'did you mean "tanh"?',
    ),
    ("upsample", {"scale": 0}, "scale", "more than 0, not 0", None),
    ("upsample", {"scale": -0.5}, "scale", "more than 0, not -0.5", None),
    (
        "upsample",
        {"scale": "2"},
        "scale",
        'a number or a size like 2x1, or `none`, not "2"',
        QUOTES,
    ),
    ("upsample", {"like": s(3, 3)}, "like", "a value like `@label` or `none`, not 3x3", None),
    (
        "rbf",
        {"features": 3, "codes": "bitmaps"},
        "codes",
        '"learned", "bitmap" or "random", not "bitmaps"',
        'did you mean "bitmap"?',
    ),
    ("conv", {**WINDOW, "weights": [1, 2]}, "weights", f"{KERNELS}, not [1, 2]", None),
    (
        "conv",
        {**WINDOW, "weights": [[1, 2], [3]]},
        "weights",
        f"{KERNELS}, not [[1, 2], [3]]",
        None,
    ),
    ("normalize", {"mean": "rgb"}, "mean", f'{A_CHANNEL}, or "image", not "rgb"', None),
    (
        "normalize",
        {"mean": 0, "std": [1, 0]},
        "std",
        "a number of more than 0, or a list with one per channel, not [1, 0]",
        None,
    ),
    # shapes and lists
    (
        "conv",
        {**WINDOW, "connections": [0, 1]},
        "connections",
        f"{ROWS}, not [0, 1]",
        None,
    ),
    (
        "conv",
        {**WINDOW, "connections": [[0, -1]]},
        "connections",
        f"{ROWS}, not [[0, -1]]",
        None,
    ),
    (
        "reshape",
        {"shape": 100},
        "shape",
        "a size like 64x7x7, or a list of whole numbers, not 100",
        None,
    ),
    (
        "reshape",
        {"shape": [-1, -1]},
        "shape",
        "a size with at most one open side, not [-1, -1]",
        None,
    ),
    ("reshape", {"shape": [0]}, "shape", "a size whose sides are at least 1, not [0]", None),
    (
        "permute",
        {"order": s(1, 2)},
        "order",
        "a list of whole numbers, from 0 for the channels, not 1x2",
        None,
    ),
    ("pad", {"padding": [0, -1]}, "padding", "at least 0, not [0, -1]", None),
    ("pad", {"padding": "same"}, "padding", f'{SIZE}, not "same"', None),
    ("center_crop", {"size": "all"}, "size", f'{SIZE}, or a value like `@label`, not "all"', None),
]


def mistake(word: str, arguments: dict[str, Any]) -> ArgumentMistake:
    kind = find(word)
    assert kind is not None
    with pytest.raises(ArgumentMistake) as caught:
        create(kind, arguments)
    return caught.value


@pytest.mark.parametrize(("word", "arguments", "name", "wanted", "hint"), WRONG, ids=case_id)
def test_wrong(
    word: str, arguments: dict[str, Any], name: str, wanted: str, hint: str | None
) -> None:
    found = mistake(word, arguments)
    assert found.diagnostic.code == "E112"
    assert found.diagnostic.message == f"`{name}` of `{word}` must be {wanted}"
    assert found.diagnostic.hint == hint
    assert found.argument == name


def test_missing() -> None:
    found = mistake("conv", {"channels": 4})
    assert found.diagnostic.code == "E111"
    assert found.diagnostic.message == "`conv` needs `kernel_size`"
    assert found.diagnostic.hint == CONV
    assert found.argument is None


def test_unknown() -> None:
    found = mistake("conv", {**WINDOW, "pading": 1})
    assert found.diagnostic.code == "E110"
    assert found.diagnostic.message == "`conv` has no argument `pading`"
    assert found.diagnostic.hint == "did you mean `padding`?"
    assert found.argument == "pading"
    assert mistake("relu", {"slope": 1}).diagnostic.hint == "it is `relu`"


def test_every_field_of_every_layer_says_what_it_wants() -> None:
    """No message shows words of Python's."""
    wrong: list[Any] = ["wrong", -7, 2.5, True, None, [], [1, "a"], s(0, 1), Tap(3), 1e400, 10**30]
    for word, kind in load_all().items():
        for name in kind.fields:
            for value in wrong:
                required = {n: 1 for n, f in kind.fields.items() if f.required}
                try:
                    create(kind, {**required, name: value})
                except ArgumentMistake as mistake:
                    message = mistake.diagnostic.message
                    assert f"of `{word}` must be " in message
                    assert "object at" not in message and "()" not in message


def test_signatures_and_texts() -> None:
    kinds = load_all()
    assert signature(kinds["relu"]) == "relu"
    assert signature(kinds["bn"]) == "bn(eps=1e-5, momentum=0.1, affine=true)"
    assert signature(kinds["scaled_tanh"]) == "scaled_tanh(amplitude=1.7159, slope=2 / 3)"
    assert signature(kinds["maxpool"]) == (
        "maxpool(kernel_size, stride=none, padding=0, ceil_mode=false, dilation=1)"
    )
    assert source_text(1 / 3) == "1 / 3"
    assert source_text([1, s(3, 3), "a", None, False]) == '[1, 3x3, "a", none, false]'
