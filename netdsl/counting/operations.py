"""Every operation of a layer in evaluation: the rule `all`.

One operation is an addition, subtraction, multiplication, division, comparison, or a function (a root, a
power, an exponential) of one number. Padding counts as what it pads, moving numbers counts nothing.

| layer | operations |
|---|---|
| convolution, linear | 2 per multiply-add, 1 per output with a bias |
| squared distances (`rbf`) | 3 per number of a code |
| max pooling | places of the window - 1, per output |
| average pooling | places of the window, per output |
| subsampling | places of the window + 1, per output |
| batch norm | 2 per number: in evaluation it is a factor and a shift; so is `normalize`, and 1 for an image's mean |
| group, layer, instance norm | 5 per number (two sums, a difference, a square, a factor), 2 more with affine |
| local response norm | places of the neighbourhood + 4, per number |
| L2 norm | 4 per number |
| activations | 1 per number; leaky relu, prelu, relu6 and hardtanh 2, scaled tanh and softmax 3, log softmax 4 |
| linear, bilinear, trilinear upsampling | 3, 7, 15 per output; bicubic 35; by area as average pooling |
| sums and products of n values | n - 1 per number |
| dropout, reshaping, concatenation, padding, cropping | none |
"""

from __future__ import annotations

from math import prod
from typing import Any

from netdsl.layers.base import Layer
from netdsl.shapes import Shape

_PER_NUMBER = {
    "bn": 2,
    "frozen_bn": 2,
    "l2norm": 4,
    **dict.fromkeys(("leaky_relu", "prelu", "relu6", "hardtanh"), 2),
    **dict.fromkeys(("scaled_tanh", "softmax"), 3),
    "log_softmax": 4,
}
_INTERPOLATION = {"linear": 3, "bilinear": 7, "trilinear": 15, "bicubic": 35}
NAMES = {
    "convolution": "convolutions",
    "linear": "linear layers",
    "pooling": "pooling",
    "normalization": "normalisation",
    "activation": "activations",
    "shape": "resizing",
    "merge": "sums and products",
}


def operations(layer: Layer, x: Shape, y: Shape, inputs: int) -> dict[str, Any]:
    """What a layer does, by its family: additions and multiplications beside exact MACs."""
    name = NAMES.get(layer.family, layer.family)
    if layer.family not in ("convolution", "linear"):
        return {f"operations of {name}": _operations(layer, x, y, inputs)}
    macs = layer.macs(x, y)
    if layer.word == "rbf":
        return {"exact MACs": macs, f"operations of {name}": _times(macs, 2)}
    biased = any(tensor.name == "bias" for tensor in layer.tensors(x))
    return {
        "exact MACs": macs,
        "additions: a multiply-add is two operations": macs,
        "biases, 1 per output": y.elements if biased else 0,
    }


def _operations(layer: Any, x: Shape, y: Shape, inputs: int) -> Any:
    if layer.family == "pooling":
        return _pooling(layer, x, y)
    if layer.word == "upsample":
        if layer.mode == "area":
            return _adaptive(x, y, 0)
        return _times(y.elements, _INTERPOLATION.get(layer.mode, 0))
    if layer.family == "merge":
        return 0 if layer.word == "concat" else _times(y.elements, inputs - 1)
    if layer.family == "normalization":
        return _times(x.elements, _norm(layer))
    if layer.family == "activation":
        return _times(x.elements, _PER_NUMBER.get(layer.word, 1))
    return 0


def _norm(layer: Any) -> int:
    if layer.word == "normalize":
        return 1 if layer.form == "image" else 2
    if layer.word == "lrn":
        return (layer.size**2 if layer.within else layer.size) + 4
    if layer.word in _PER_NUMBER or getattr(layer, "track_running_stats", False):
        return _PER_NUMBER.get(layer.word, 2)
    return 7 if layer.affine else 5


def _pooling(layer: Any, x: Shape, y: Shape) -> Any:
    saved = 1 if "max" in layer.word else 0
    if layer.word in ("maxpool", "avgpool", "subsample"):
        area = prod(layer.per_side("kernel_size", len(x.sides)))
        return _times(y.elements, area + (layer.word == "subsample") - saved)
    return _adaptive(x, y, saved)


def _adaptive(x: Shape, y: Shape, saved: int) -> Any:
    """Windows that share a map out: place i reads floor(i n / m) to ceil((i + 1) n / m)."""
    if y.elements == y.channels:  # one window, whatever its size
        return None if x.elements is None else x.elements + -saved * x.channels
    if not (x.known and y.known):
        return None
    places = 1
    for n, m in zip(x.sides, y.sides):
        assert isinstance(n, int) and isinstance(m, int)
        places *= sum(-(-(i + 1) * n // m) - i * n // m for i in range(m))
    elements = y.elements
    assert elements is not None
    return places * x.channels - saved * elements


def _times(places: Any, each: int) -> Any:
    return None if places is None else places * each
