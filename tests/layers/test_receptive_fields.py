"""Receptive fields beside what autograd finds, and beside the papers' numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import netdsl

BODIES = {
    "windows": "conv(2, 5x3, stride=2, padding=2x1) -> relu -> avgpool(3x3, stride=2) -> conv(2, 3x3, padding=1)",
    "dilation": "conv(2, 3x3, dilation=2, padding=2) -> conv(2, 3x3, dilation=3, padding=3)",
    "branches": """concat {
      | conv(2, 1x1)
      | conv(2, 3x3, padding=1) -> conv(2, 3x3, padding=1)
      | avgpool(5x5, stride=1, padding=2) -> conv(2, 1x1)
    } -> conv(2, 3x3, stride=2)""",
    "residual": """conv(2, 3x3, padding=1)
      repeat 2 { residual { conv(2, 3x3, padding=1) -> relu -> conv(2, 3x3, padding=1) } }""",
    "dense": "dense(3) { conv(2, 3x3, padding=1) } -> avgpool(2x2)",
    "blocks": "half(4) -> half(2)",
    "shared": "module m = conv(3, 3x3, padding=1)\n m -> m -> maxpool(1x1, stride=2) -> m",
    "taps": """a: conv(2, 3x3, padding=1) -> b: conv(2, 3x3, padding=1)
      both: (@a * 2 + @b) -> crop(9x9, top=3, left=5)""",
    "rearranged": "pad(2) -> space_to_depth(2) -> conv(4, 3x3) -> channel_shuffle(2)",
}


def positive(module: nn.Module) -> nn.Module:
    """With weights above 0 no gradient is 0 by accident."""
    with torch.no_grad():
        for tensor in module.parameters():
            tensor.uniform_(0.5, 1)
    return module


def seen(output: Tensor, x: Tensor, place: tuple[int, int]) -> tuple[list[int], list[int]]:
    """The first place that an output place sees, and behind the last, by side."""
    (gradient,) = torch.autograd.grad(output[0, :, place[0], place[1]].sum(), x, retain_graph=True)
    hit = (gradient[0] != 0).any(0).nonzero()
    return hit.min(0).values.tolist(), (hit.max(0).values + 1).tolist()


@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
def test_what_autograd_sees(body: str) -> None:
    text = f"""block half(width) {{ conv(width, 3x3, stride=2, padding=1) -> relu }}
    net Net {{\n input image: 3x40x36\n end: {{ {body} }}\n}}"""
    network = netdsl.loads(text)
    field = network.receptive_fields()["end"]
    x = torch.rand(1, 3, 40, 36, requires_grad=True)
    output = positive(network.module())(x)
    places = [(i, j) for i in range(output.shape[2]) for j in range(output.shape[3])]
    inside = 0
    for place in places[:: max(1, len(places) // 50)]:
        starts = [a + p * j for a, p, j in zip(field.start, place, field.jump)]
        ends = [start + size for start, size in zip(starts, field.size)]
        first, last = seen(output, x, place)
        assert all(a >= b for a, b in zip(first + ends, starts + last))
        if min(starts) >= 0 and ends[0] <= 40 and ends[1] <= 36:
            inside += 1  # at a border, padding between the layers hides a part
            assert (first, last) == (starts, ends)
    assert inside


def test_numbers_of_the_papers() -> None:
    """1x3 and 3x1 see 3x3; the last pool of VGG16 sees 212."""
    text = "net Net {\n input image: 3x64x64\n end: { conv(3, 1x3) -> conv(3, 3x1) }\n}"
    assert netdsl.loads(text).receptive_fields()["end"].size == (3, 3)
    assert netdsl.load("zoo:vgg16").receptive_fields()["features.30"].size == (212, 212)


def test_what_cannot_be_told_is_left_out() -> None:
    text = "net Net {\n input image: 3x?x?\n a: conv(3, 3x3)\n b: upsample(scale=2)\n c: global_avgpool\n}"
    assert list(netdsl.loads(text).receptive_fields()) == ["a"]
    text = "net Net {\n input image: 3x9x9\n a: conv(3, 3x3)\n b: global_avgpool -> flatten\n}"
    found = netdsl.loads(text).receptive_fields()
    assert (found["a"].size, found["b"].size) == ((3, 3), (9, 9))
