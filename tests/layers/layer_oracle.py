"""How the tests ask PyTorch: the calls that layers give are run, and what comes out is compared."""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netdsl.code.expr import Call, Expr, Literal, Name, evaluate
from netdsl.data import data_file
from netdsl.layers import find
from netdsl.layers.arguments import create
from netdsl.layers.base import Given, Layer
from netdsl.layers.fields import Value
from netdsl.shapes import Open, Shape, Size

torch.set_num_threads(1)

# ------------------------------------------------------------------------------------ what is built
_PATH = data_file("templates/torch/helpers.py")
_spec = importlib.util.spec_from_file_location("torch_helpers", _PATH)
assert _spec is not None and _spec.loader is not None
helpers = sys.modules["torch_helpers"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(helpers)

NAMESPACE: dict[str, Any] = {**vars(helpers), "torch": torch, "nn": nn, "F": F, "math": math}


class Tap(Value):
    """A value that `@label` gives."""

    def __init__(self, *shape: int | Open) -> None:
        self.shape = Shape(*shape)

    def __repr__(self) -> str:
        return f"@{self.shape}"


def layer(word: str, **arguments: Any) -> Layer:
    """The layer, made as the compiler makes it."""
    kind = find(word)
    assert kind is not None, word
    return create(kind, arguments)


def literal(made: Layer, *xs: Shape) -> Given:
    """Every argument said as a literal."""
    fields = {
        name: Literal(value)
        for name in type(made).fields
        if not isinstance(value := getattr(made, name), Value)
    }
    return Given(fields, xs, [Literal(x.channels) for x in xs])


def symbolic(made: Layer, given: Mapping[str, Any], *xs: Shape) -> tuple[Given, dict[str, Any]]:
    """Every number that was given, and the channels, said as names; and what these names stand for.

    Flags and texts choose structure: they are literals always.
    """
    names: dict[str, Any] = {f"channels{i}": x.channels for i, x in enumerate(xs)}
    fields: dict[str, Expr] = {}
    for name in type(made).fields:
        value = getattr(made, name)
        if isinstance(value, Value):
            continue
        numeric = isinstance(value, (int, float, tuple)) and not isinstance(value, bool)
        if name in given and numeric:
            fields[name] = Name(name)
            names[name] = evaluate(Literal(given[name]), {})  # as the emitter writes it
        else:
            fields[name] = Literal(value)
    channels = [Name(f"channels{i}") for i in range(len(xs))]
    return Given(fields, xs, channels, one_number=lambda n: isinstance(names.get(n), int)), names


def run(expr: Expr, names: Mapping[str, Any] | None = None) -> Any:
    """The value of an expression of the emitted code."""
    return eval(expr.text, {**NAMESPACE, **(names or {})})


def module(made: Layer, *xs: Shape) -> nn.Module:
    """PyTorch's module for the layer."""
    text = made.module(literal(made, *xs))
    assert isinstance(text, Call)
    return run(text)


def function(made: Layer, *xs: Tensor) -> Any:
    """What the functional call gives."""
    names = [f"x{i}" for i in range(len(xs))]
    shapes = [Shape(*x.shape[1:]) for x in xs[: len(xs) - len(made.references())]]
    expr = made.function(literal(made, *shapes), *(Name(n) for n in names))
    assert expr is not None
    return run(expr, dict(zip(names, xs)))


def sizes(shape: Shape, samples: int = 2) -> tuple[int, ...]:
    """What PyTorch calls the shape: the batch comes first."""
    assert shape.known
    return (samples, *(d for d in shape if isinstance(d, int)))


def batch(shape: Shape, seed: int = 0) -> Tensor:
    """Two samples."""
    return torch.randn(sizes(shape), generator=torch.Generator().manual_seed(seed))


# ------------------------------------------------------------------------------------- the examples
def s(*sides: int | None) -> Size:
    return Size(sides)


FLAT, LINE, IMAGE, VOLUME = Shape(6), Shape(6, 9), Shape(6, 9, 8), Shape(6, 5, 6, 7)
EVERY = (FLAT, LINE, IMAGE, VOLUME)
MAPS = (LINE, IMAGE, VOLUME)

EDGE = [[0, 1, 0], [1, -4, 1]]
FIXED = {"kernel_size": s(2, 3), "trainable": False, "weights": EDGE}

# word -> (arguments, the inputs that it is tried with)
EXAMPLES: dict[str, list[tuple[dict[str, Any], tuple[Shape, ...]]]] = {
    "conv": [
        ({"channels": 4, "kernel_size": 3}, MAPS),
        ({"channels": 4, "kernel_size": 1, "bias": False}, MAPS),
        ({"channels": 12, "kernel_size": 3, "groups": 6, "padding": "same"}, MAPS),
        ({"channels": 4, "kernel_size": 3, "stride": 2, "padding": 1}, MAPS),
        ({"channels": 4, "kernel_size": s(1, 7), "padding": s(0, 3)}, (IMAGE,)),
        ({"channels": 4, "kernel_size": s(3, 3), "padding": "same", "dilation": 2}, (IMAGE,)),
        ({"channels": 4, "kernel_size": s(1, 5), "padding": "same", "stride": s(1, 2)}, (IMAGE,)),
        ({"channels": 4, "kernel_size": s(1, 5), "padding": "same"}, (IMAGE,)),
        ({"channels": 4, "kernel_size": [3, 1], "padding": "full", "dilation": s(2, 1)}, (IMAGE,)),
        ({"channels": 4, "kernel_size": 2, "padding": "full"}, MAPS),
        ({"channels": 4, "kernel_size": 5, "padding": "valid"}, MAPS),
        ({"channels": 4, "kernel_size": 1, "padding": 9}, MAPS),
        ({"channels": 3, "kernel_size": 3, "connections": [[0, 1], [5], [2, 0, 4]]}, (IMAGE,)),
        (
            {
                "channels": 2,
                "kernel_size": s(1, 3),
                "connections": [[3], [3, 5]],
                "stride": 2,
                "padding": s(0, 1),
                "dilation": s(1, 2),
                "bias": False,
            },
            (IMAGE,),
        ),
        ({**FIXED, "channels": 4}, (IMAGE,)),
        ({**FIXED, "channels": 12, "groups": 6, "padding": s(1, 1), "flip": True}, (IMAGE,)),
        ({**FIXED, "channels": 2, "weights": [EDGE, [[0.5] * 3] * 2], "stride": 2}, (IMAGE,)),
        ({**FIXED, "channels": 1, "weights": [[EDGE] * 6], "dilation": 2}, (IMAGE,)),
        ({"channels": 4, "kernel_size": 3, "flip": True, "padding": "same"}, (IMAGE,)),
        ({"channels": 12, "kernel_size": s(1, 3), "flip": True, "groups": 6}, (IMAGE,)),
        ({"channels": 4, "kernel_size": 3, "flip": True, "bias": False, "stride": 2}, (IMAGE,)),
    ],
    "conv_transpose": [
        ({"channels": 4, "kernel_size": 2, "stride": 2}, MAPS),
        ({"channels": 4, "kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1}, MAPS),
        ({"channels": 12, "kernel_size": 3, "groups": 3, "bias": False, "dilation": 2}, MAPS),
        ({"channels": 4, "kernel_size": s(2, 3), "stride": s(2, 1)}, (IMAGE,)),
        ({"channels": 4, "kernel_size": 3, "output_padding": 1, "dilation": 2}, (IMAGE,)),
    ],
    "linear": [({"features": 5}, (FLAT,)), ({"features": 5, "bias": False}, (FLAT,))],
    "rbf": [
        ({"features": 5}, (FLAT,)),
        ({"features": 10, "codes": "bitmap"}, (Shape(84),)),
        ({"features": 5, "codes": "random", "seed": 3}, (FLAT,)),
    ],
    "maxpool": [
        ({"kernel_size": 2}, MAPS),
        ({"kernel_size": 3, "stride": 2, "padding": 1}, MAPS),
        ({"kernel_size": 3, "stride": 2, "ceil_mode": True}, MAPS),
        ({"kernel_size": 2, "stride": 2}, MAPS),
        ({"kernel_size": 3, "stride": 1, "padding": "same"}, MAPS),
        ({"kernel_size": 2, "dilation": 2, "stride": 1}, MAPS),
        ({"kernel_size": s(1, 3), "stride": s(1, 2), "padding": "same"}, (IMAGE,)),
        ({"kernel_size": 1, "stride": 2}, MAPS),
        ({"kernel_size": 12, "stride": 11, "ceil_mode": True}, (IMAGE,)),
    ],
    "avgpool": [
        ({"kernel_size": 2}, MAPS),
        ({"kernel_size": 3, "stride": 1, "padding": 1, "count_include_pad": False}, MAPS),
        ({"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}, MAPS),
        ({"kernel_size": s(3, 1), "stride": s(2, 1), "padding": "same"}, (IMAGE,)),
    ],
    "adaptive_maxpool": [
        ({"output_size": 3}, MAPS),
        ({"output_size": s(3, 9)}, (IMAGE,)),
        ({"output_size": 12}, MAPS),
    ],
    "adaptive_avgpool": [
        ({"output_size": 3}, MAPS),
        ({"output_size": s(7, 7)}, (IMAGE,)),
        ({"output_size": 12}, MAPS),
    ],
    "global_maxpool": [({}, MAPS)],
    "global_avgpool": [({}, MAPS)],
    "subsample": [
        ({"kernel_size": 2}, (IMAGE,)),
        ({"kernel_size": s(3, 1)}, (IMAGE,)),
    ],
    "bn": [
        ({}, EVERY),
        ({"eps": 1e-3, "momentum": 0.01, "affine": False}, EVERY),
        ({"momentum": None}, EVERY),
    ],
    "frozen_bn": [({}, (IMAGE,)), ({"eps": 1e-3}, (IMAGE,))],
    "groupnorm": [({"num_groups": 2}, EVERY), ({"num_groups": 3, "affine": False}, EVERY)],
    "layernorm": [({}, EVERY), ({"affine": False, "eps": 1e-6}, EVERY)],
    "instancenorm": [
        ({}, MAPS),
        ({"affine": True, "track_running_stats": True, "momentum": 0.3}, MAPS),
        ({"track_running_stats": True, "eps": 1e-3}, MAPS),
    ],
    "lrn": [
        ({}, MAPS),
        ({"size": 3, "alpha": 2e-4, "beta": 0.5, "k": 1}, MAPS),
        ({"within": True}, (IMAGE,)),
        ({"within": True, "size": 3, "alpha": 2e-4, "beta": 0.5, "k": 1}, (IMAGE,)),
    ],
    "l2norm": [({}, EVERY), ({"scale": 10, "eps": 1e-6}, EVERY)],
    "normalize": [
        ({"mean": 0.5}, EVERY),
        ({"mean": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "std": 2}, EVERY),
        ({"mean": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "std": [0.5, 1, 2, 0.5, 1, 2]}, EVERY),
        ({"mean": "image"}, EVERY),
    ],
    "relu": [({}, EVERY)],
    "relu6": [({}, EVERY)],
    "leaky_relu": [({}, EVERY), ({"negative_slope": 0.1}, EVERY)],
    "prelu": [({}, EVERY), ({"num_parameters": 6, "init": 0.1}, EVERY)],
    "elu": [({}, EVERY), ({"alpha": 0.5}, EVERY)],
    "selu": [({}, EVERY)],
    "gelu": [({}, EVERY), ({"approximate": "tanh"}, EVERY)],
    "silu": [({}, EVERY)],
    "mish": [({}, EVERY)],
    "hardswish": [({}, EVERY)],
    "softplus": [({}, EVERY), ({"beta": 2, "threshold": 1}, EVERY)],
    "sigmoid": [({}, EVERY)],
    "hardsigmoid": [({}, EVERY)],
    "tanh": [({}, EVERY)],
    "hardtanh": [({}, EVERY), ({"min_val": 0, "max_val": 0.5}, EVERY), ({"max_val": 2}, EVERY)],
    "scaled_tanh": [({}, EVERY), ({"amplitude": 2, "slope": 0.5}, EVERY)],
    "softsign": [({}, EVERY)],
    "softmax": [({}, EVERY)],
    "log_softmax": [({}, EVERY)],
    "dropout": [({}, EVERY), ({"p": 0.2}, EVERY)],
    "channel_dropout": [({}, MAPS), ({"p": 0.2}, MAPS)],
    "drop_path": [({"p": 0.3}, EVERY)],
    "identity": [({}, EVERY)],
    "flatten": [({}, EVERY)],
    "reshape": [
        ({"shape": s(2, 3)}, (FLAT,)),
        ({"shape": s(3, 2, 72)}, (IMAGE,)),
        ({"shape": s(3, None)}, (IMAGE, LINE, FLAT)),
        ({"shape": [-1, 3, 1]}, (IMAGE, LINE, FLAT)),
        ({"shape": [54]}, (LINE,)),
        ({"shape": s(6, 6, 6)}, (Shape(216), Shape(8, 27))),
    ],
    "permute": [
        ({"order": [1, 2, 0]}, (IMAGE,)),
        ({"order": (0, 2, 1)}, (IMAGE,)),
        ({"order": [1, 0]}, (LINE,)),
        ({"order": [3, 1, 0, 2]}, (VOLUME,)),
    ],
    "channel_shuffle": [({"groups": 2}, MAPS), ({"groups": 6}, MAPS)],
    "pixel_shuffle": [({"factor": 2}, (Shape(8, 3, 5),)), ({"factor": 1}, (IMAGE,))],
    "space_to_depth": [({"factor": 2}, (Shape(3, 4, 6),)), ({"factor": 3}, (Shape(3, 3, 9),))],
    "upsample": [
        ({"scale": 2}, MAPS),
        ({"scale": 0.5}, MAPS),
        ({"scale": 1.75}, MAPS),
        ({"scale": s(2, 1), "mode": "bilinear"}, (IMAGE,)),
        ({"scale": 2, "mode": "bilinear", "align_corners": True}, (IMAGE,)),
        ({"size": 7, "mode": "nearest-exact"}, MAPS),
        ({"size": s(7, 12), "mode": "bicubic", "align_corners": False}, (IMAGE,)),
        ({"scale": 2, "mode": "linear"}, (LINE,)),
        ({"scale": 2, "mode": "trilinear"}, (VOLUME,)),
        ({"size": 3, "mode": "area"}, MAPS),
        ({"like": Tap(3, 12, 14), "mode": "bilinear", "align_corners": False}, (IMAGE,)),
        ({"like": Tap(3, 5)}, (LINE,)),
    ],
    "pad": [
        ({"padding": 1}, MAPS),
        ({"padding": s(1, 0)}, (IMAGE,)),
        ({"padding": [0, 1, 2, 3]}, (IMAGE,)),
        ({"padding": [0, 1]}, (LINE, IMAGE)),
        ({"padding": [1, 2, 3, 4, 0, 1]}, (VOLUME,)),
        ({"padding": 2, "value": 0.5}, MAPS),
        ({"padding": [0, 1, 2, 3], "mode": "reflect"}, (IMAGE,)),
        ({"padding": 2, "mode": "reflect"}, MAPS),
        ({"padding": 11, "mode": "replicate"}, MAPS),
        ({"padding": s(2, 4), "mode": "circular"}, (IMAGE,)),
        ({"padding": 0}, MAPS),
    ],
    "pad_channels": [({"channels": 16}, EVERY), ({"channels": 6}, EVERY)],
    "crop": [
        ({"size": 5}, (IMAGE,)),
        ({"size": s(2, 3), "top": 4, "left": 5}, (IMAGE,)),
        ({"size": s(9, 8)}, (IMAGE,)),
    ],
    "center_crop": [
        ({"size": 5}, (IMAGE,)),
        ({"size": s(4, 7)}, (IMAGE,)),
        ({"size": Tap(3, 4, 6)}, (IMAGE,)),
    ],
    "slice": [
        ({"start": 1, "stop": 4}, EVERY),
        ({"start": 2}, EVERY),
        ({"start": 0, "stop": 3}, EVERY),
    ],
}
CASES = [
    (word, arguments, x)
    for word, examples in EXAMPLES.items()
    for arguments, xs in examples
    for x in xs
]


def case_id(case: Any) -> str:
    """A readable name of a test: `maxpool-kernel_size=2`, `6x9x8`."""
    if isinstance(case, dict):
        return ",".join(f"{n}={v}" for n, v in case.items()) or "plain"
    return str(case)
