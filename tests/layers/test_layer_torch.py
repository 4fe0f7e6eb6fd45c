"""Every layer against PyTorch: shapes, names and shapes in the `state_dict`, costs, numbers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from layer_oracle import (
    CASES,
    EXAMPLES,
    Tap,
    batch,
    case_id,
    function,
    layer,
    literal,
    module,
    run,
    sizes,
    symbolic,
)
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from netdsl.code.expr import Name, evaluate
from netdsl.layers import load_all
from netdsl.layers.base import Layer
from netdsl.shapes import Shape

each_case = pytest.mark.parametrize(("word", "arguments", "x"), CASES, ids=case_id)


def references(made: Layer) -> list[torch.Tensor]:
    return [batch(value.shape, seed=1) for value in made.references().values()]


def test_every_layer_with_one_input_has_examples() -> None:
    assert [word for word, kind in load_all().items() if not kind.many] == list(EXAMPLES)


@each_case
def test_output_shape(word: str, arguments: dict[str, Any], x: Shape) -> None:
    made = layer(word, **arguments)
    y = made.output(x)
    assert all(type(side) is int for side in y)
    given = [batch(x), *references(made)]
    if made.module(literal(made, x)) is not None:
        assert module(made, x)(given[0]).shape == (2, *y)
    else:
        assert made.references()
        assert function(made, *given).shape == (2, *y)


@each_case
def test_state_dict(word: str, arguments: dict[str, Any], x: Shape) -> None:
    made = layer(word, **arguments)
    if made.references():
        assert made.tensors(x) == ()
        return
    built = module(made, x)
    found = {name: tuple(tensor.shape) for name, tensor in built.state_dict().items()}
    assert {t.name: t.shape for t in made.tensors(x)} == found
    assert [t.name for t in made.tensors(x)] == list(found)
    learned = dict(built.named_parameters())
    assert {t.name for t in made.tensors(x) if t.learned} == set(learned)
    cost = made.cost(x, made.output(x))
    assert cost.parameters == sum(p.numel() for p in learned.values())
    assert not made.tensors(x) or (made.weighted and made.module_only)


@each_case
def test_macs(word: str, arguments: dict[str, Any], x: Shape) -> None:
    made = layer(word, **arguments)
    macs = made.cost(x, made.output(x)).macs
    if word == "rbf" or "connections" in arguments:
        return  # subtractions on the way, zeros in the kernels: torch counts otherwise
    if word not in ("conv", "conv_transpose", "linear"):
        assert macs == 0
        return
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        module(made, x)(torch.empty(sizes(x, samples=1)))
    assert macs == counter.get_total_flops() // 2


@each_case
def test_function_gives_what_the_module_gives(
    word: str, arguments: dict[str, Any], x: Shape
) -> None:
    made = layer(word, **arguments)
    if made.module_only:
        assert made.function(literal(made, x), Name("x")) is None
        return
    if made.references() or made.function(literal(made, x), Name("x")) is None:
        return
    assert torch.equal(function(made, batch(x)), module(made, x)(batch(x)))


@each_case
def test_arguments_may_be_names(word: str, arguments: dict[str, Any], x: Shape) -> None:
    """The calls with names for numbers give what the calls with the numbers give."""
    made = layer(word, **arguments)
    a, names = symbolic(made, arguments, x)
    assert evaluate(made.out_channels(a), names) == made.output(x).channels
    assert evaluate(made.out_channels(literal(made, x)), {}) == made.output(x).channels
    call = made.module(a)
    if call is not None:
        torch.manual_seed(0)
        named: nn.Module = run(call, names)
        torch.manual_seed(0)
        plain = module(made, x)
        assert type(plain) is type(named)
        torch.manual_seed(0)
        expected = plain(batch(x))
        torch.manual_seed(0)
        assert torch.equal(named(batch(x)), expected)
    values = {f"v{i}": v for i, v in enumerate([batch(x), *references(made)])}
    expr = made.function(a, *(Name(n) for n in values))
    if expr is not None:
        assert torch.equal(run(expr, {**names, **values}), function(made, *values.values()))


@pytest.mark.parametrize("mode", ["bilinear", "nearest"])
def test_upsample_like(mode: str) -> None:
    made = layer("upsample", like=Tap(3, 12, 14), mode=mode)
    x, like = batch(Shape(6, 9, 8)), batch(Shape(3, 12, 14))
    assert torch.equal(
        function(made, x, like), nn.functional.interpolate(x, size=(12, 14), mode=mode)
    )


def test_crop_like_is_the_fixed_one() -> None:
    x, like = torch.randn(2, 6, 9, 8), torch.randn(2, 3, 4, 6)
    corner = {"top": 3, "left": 1}
    fixed = module(layer("crop", size=[4, 6], **corner), Shape(6, 9, 8))
    cropped = function(layer("crop", size=Tap(3, 4, 6), **corner), x, like)
    assert torch.equal(cropped, fixed(x))
    assert torch.equal(cropped, x[:, :, 3:7, 1:7])


def test_center_crop_like_is_the_fixed_one() -> None:
    x, like = batch(Shape(6, 9, 8)), batch(Shape(3, 4, 6))
    fixed = module(layer("center_crop", size=[4, 6]), Shape(6, 9, 8))
    cropped = function(layer("center_crop", size=Tap(3, 4, 6)), x, like)
    assert torch.equal(cropped, fixed(x))
    assert torch.equal(cropped, x[:, :, 2:6, 1:7])
