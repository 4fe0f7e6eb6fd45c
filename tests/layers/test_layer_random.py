"""Random settings: PyTorch accepts what we accept and gives the sizes that we say."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_oracle import layer, sizes
from torch import nn
from torch.nn import functional as F

from netdsl.diagnostics import Mistake
from netdsl.shapes import Shape

settings.register_profile(
    "layers", derandomize=True, deadline=None, max_examples=150, database=None
)
settings.load_profile("layers")

small = st.integers(1, 5)


def ours(word: str, arguments: dict[str, Any], x: Shape) -> tuple[int, ...] | None:
    """The output shape, None where the layer refuses."""
    try:
        return tuple(d for d in layer(word, **arguments).output(x) if isinstance(d, int))
    except Mistake as mistake:
        assert mistake.diagnostic.code.startswith(("E1", "E2"))
        return None


def theirs(call: Any, x: Shape) -> tuple[int, ...] | None:
    """The output shape, None where PyTorch refuses or gives nothing."""
    try:
        y = call(torch.zeros(sizes(x)))
    except (RuntimeError, ValueError, AssertionError):
        return None
    return tuple(y.shape[1:]) if y.numel() else None


def drawn(draw: Any, dims: int, low: int, high: int) -> tuple[int, ...]:
    return tuple(draw(st.integers(low, high)) for _ in range(dims))


@given(st.data())
def test_conv(data: st.DataObject) -> None:
    draw = data.draw
    dims = draw(st.integers(1, 3))
    incoming, outgoing = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    x = Shape(incoming, *drawn(draw, dims, 1, 9))
    arguments = {
        "kernel_size": list(drawn(draw, dims, 1, 4)),
        "stride": list(drawn(draw, dims, 1, 3)),
        "padding": list(drawn(draw, dims, 0, 3)),
        "dilation": list(drawn(draw, dims, 1, 3)),
        "groups": draw(st.sampled_from([1, 1, 1, 2, 3])),
    }
    kind = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[dims - 1]
    expected = theirs(lambda t: kind(incoming, outgoing, **arguments)(t), x)
    assert ours("conv", {"channels": outgoing, **arguments}, x) == expected


@given(st.data())
def test_conv_transpose(data: st.DataObject) -> None:
    draw = data.draw
    dims = draw(st.integers(1, 3))
    incoming, outgoing = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    x = Shape(incoming, *drawn(draw, dims, 1, 5))
    arguments = {
        "kernel_size": list(drawn(draw, dims, 1, 4)),
        "stride": list(drawn(draw, dims, 1, 3)),
        "padding": list(drawn(draw, dims, 0, 2)),
        "output_padding": list(drawn(draw, dims, 0, 2)),
        "dilation": list(drawn(draw, dims, 1, 2)),
        "groups": draw(st.sampled_from([1, 1, 1, 2])),
    }
    kind = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[dims - 1]
    expected = theirs(lambda t: kind(incoming, outgoing, **arguments)(t), x)
    assert ours("conv_transpose", {"channels": outgoing, **arguments}, x) == expected


@settings(max_examples=500)
@given(st.data())
def test_pooling(data: st.DataObject) -> None:
    draw = data.draw
    dims = draw(st.integers(1, 3))
    word = draw(st.sampled_from(["maxpool", "avgpool"]))
    x = Shape(2, *drawn(draw, dims, 1, 12))
    arguments: dict[str, Any] = {
        "kernel_size": list(drawn(draw, dims, 1, 5)),
        "padding": list(drawn(draw, dims, 0, 2)),
        "ceil_mode": draw(st.booleans()),
    }
    if draw(st.booleans()):
        arguments["stride"] = list(drawn(draw, dims, 1, 4))
    if word == "maxpool":
        arguments["dilation"] = list(drawn(draw, dims, 1, 3))
    else:
        arguments["count_include_pad"] = draw(st.booleans())
    kind = getattr(nn, f"{'Max' if word == 'maxpool' else 'Avg'}Pool{dims}d")
    assert ours(word, arguments, x) == theirs(lambda t: kind(**arguments)(t), x)


@settings(max_examples=300)
@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 8), st.integers(0, 4))
def test_ceil_mode(side: int, kernel: int, stride: int, padding: int) -> None:
    arguments = {"kernel_size": kernel, "stride": stride, "padding": padding, "ceil_mode": True}
    x = Shape(1, side)
    expected = theirs(lambda t: F.max_pool1d(t, **arguments), x)
    assert ours("maxpool", arguments, x) == expected
    assert ours("avgpool", arguments, x) == theirs(lambda t: F.avg_pool1d(t, **arguments), x)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=3), st.floats(0.05, 3.0))
def test_upsample_by_a_fraction(sides: list[int], scale: float) -> None:
    x = Shape(1, *sides)
    expected = theirs(lambda t: F.interpolate(t, scale_factor=scale), x)
    assert ours("upsample", {"scale": scale}, x) == expected


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 14), st.data())
def test_pad(height: int, width: int, most: int, data: st.DataObject) -> None:
    top, bottom, left, right = ends = drawn(data.draw, 4, 0, most)
    mode = data.draw(st.sampled_from(["constant", "reflect", "replicate", "circular"]))
    x = Shape(2, height, width)
    expected = theirs(lambda t: F.pad(t, (left, right, top, bottom), mode=mode), x)
    assert ours("pad", {"padding": list(ends), "mode": mode}, x) == expected


@given(st.integers(1, 40), st.integers(1, 12))
def test_groups(channels: int, groups: int) -> None:
    x = Shape(channels, 3)
    expected = theirs(lambda t: nn.GroupNorm(groups, channels)(t), x)
    assert ours("groupnorm", {"num_groups": groups}, x) == expected
    expected = theirs(lambda t: F.channel_shuffle(t, groups), x)
    assert ours("channel_shuffle", {"groups": groups}, x) == expected


@given(st.integers(1, 40), small, small, st.integers(1, 4))
def test_between_channels_and_places(channels: int, high: int, wide: int, factor: int) -> None:
    x = Shape(channels, high, wide)
    expected = theirs(lambda t: F.pixel_shuffle(t, factor), x)
    assert ours("pixel_shuffle", {"factor": factor}, x) == expected
    expected = theirs(lambda t: F.pixel_unshuffle(t, factor), x)
    assert ours("space_to_depth", {"factor": factor}, x) == expected


@given(
    st.lists(small, min_size=1, max_size=3), st.lists(st.integers(-1, 6), min_size=1, max_size=3)
)
def test_reshape(sides: list[int], target: list[int]) -> None:
    x = Shape(*sides)
    valid = target.count(-1) <= 1 and 0 not in target
    expected = theirs(lambda t: t.reshape(2, *target), x) if valid else None
    assert ours("reshape", {"shape": target}, x) == expected


@given(st.permutations([0, 1, 2, 3]), st.integers(1, 4))
def test_permute(order: list[int], rank: int) -> None:
    x = Shape(*range(2, 2 + rank))
    order = order[: rank + 1] if rank < 4 else order
    expected = theirs(lambda t: t.permute(0, *(d + 1 for d in order)), x)
    assert ours("permute", {"order": order}, x) == expected
