"""What PyTorch's operations need beside their inputs and outputs: while they run, and until their
backward pass.

The rules are those of PyTorch's `derivatives.yaml` for floating-point tensors; what a test of this
project asks PyTorch with `torch.autograd.graph.saved_tensors_hooks` agrees with them.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from netdsl.layers.base import Layer
from netdsl.shapes import Shape

INDEX = 8  # bytes of a place's number (int64)
STATISTIC = 4  # bytes: statistics of normalisation are float32 whatever the network's type


class Kept(NamedTuple):
    """What stays for the backward pass: the inputs, the output, further numbers of the network's type,
    and further bytes."""

    inputs: bool = False
    outputs: bool = False
    numbers: int = 0
    bytes: int = 0


def size_of(shape: Shape | None) -> int:
    return prod(d for d in shape or () if isinstance(d, int))


# Pooling that says where each maximum was.
_MAXIMA = ("maxpool", "adaptive_maxpool", "global_maxpool")
# Modules of the emitted file and functions that PyTorch writes in Python: so many tensors as large as the
# output stand beside it at their worst moment.
_SCRATCH = {"lrn": 2, "l2norm": 1, "subsample": 1, "scaled_tanh": 1, "softsign": 1}


def scratch_of(layer: Layer, y: Shape | None) -> tuple[int, int]:
    """Numbers and bytes that a layer needs only while it runs. Workspaces of convolutions are not known."""
    indices = INDEX * size_of(y) if layer.word in _MAXIMA else 0
    return _SCRATCH.get(layer.word, 0) * size_of(y), indices


def kept_by(layer: Layer, over: bool, x: Shape | None, y: Shape | None) -> Kept:
    """What a layer's backward pass needs; `over` says that it overwrites its input."""
    word, family = layer.word, layer.family
    if layer.is_view and family != "dropout":
        return Kept()
    if family == "dropout":
        return Kept(bytes=size_of(y))  # a mask of one byte a number
    if family in ("convolution", "linear", "extern"):
        return Kept(inputs=True)
    if word in ("bn", "instancenorm", "groupnorm", "layernorm"):
        return Kept(inputs=True, bytes=2 * STATISTIC * _statistics(layer, x))
    if word in _MAXIMA:
        return Kept(inputs=True, bytes=INDEX * size_of(y))
    if word == "avgpool" or (word == "adaptive_avgpool" and y is not None and set(y.sides) != {1}):
        return Kept(inputs=True)
    if family == "activation":
        if layer.saves_output and (word not in _INPUT_UNLESS_OVER or over):
            return Kept(outputs=True)
        # what overwrites its input has copied it before
        return Kept(numbers=size_of(x)) if over else Kept(inputs=True)
    if word == "lrn":
        return Kept(inputs=True, numbers=4 * size_of(y))
    return Kept(inputs=True) if family == "normalization" else Kept()


# Their backward pass reads the input, or the output where they overwrite the input.
_INPUT_UNLESS_OVER = ("leaky_relu", "elu", "selu")


def _statistics(layer: Layer, x: Shape | None) -> int:
    groups = getattr(layer, "num_groups", None)
    if layer.word == "layernorm":
        return 1
    return groups if groups is not None else (x.channels if x is not None else 0)
