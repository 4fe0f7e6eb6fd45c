"""What one layer counts under each rule, told apart by why: exact MACs, biases, norms, ..."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from netdsl import conventions
from netdsl.conventions import TOOLS
from netdsl.counting.operations import operations
from netdsl.layers.base import Layer
from netdsl.shapes import Shape

RULES = (*conventions.RULES, *TOOLS)

MACS = "exact MACs"
BIASES = "biases, 1 per output"
TRANSPOSED = "transposed convolutions, by the places of their output"
TABLES = "connection tables, as if every map were read"
UNSEEN = "not seen: layers that PyTorch has no module for"

# A number of operations; with open sizes a formula, or None where there is none.
Count = Any
Parts = dict[str, Count]


def counted(layer: Layer, inputs: Sequence[Shape], output: Shape, rule: str) -> Count:
    """What one application of a layer to one sample counts under a rule of `RULES`. None where it cannot
    be told: for layers from elsewhere, and while a size is open."""
    return total_of(parts(layer, inputs, output, rule))


def parts(layer: Layer, inputs: Sequence[Shape], output: Shape, rule: str) -> Parts | None:
    """The same by what is counted: `exact MACs`, and what comes on top or is missing. Parts of zero
    are left out. None for a layer from elsewhere, of which nothing is known."""
    if rule not in RULES:
        raise ValueError(f"there is no rule {rule!r} to count by: there are {', '.join(RULES)}")
    if layer.family == "extern":
        return None
    found = _RULES[rule](layer, inputs[0], output, len(inputs))
    return {what: count for what, count in found.items() if count is None or count != 0}


def total_of(found: Parts | None) -> Count:
    """The sum of parts; None if one is not known."""
    if found is None or any(count is None for count in found.values()):
        return None
    return sum(found.values())


def many(places: Count, each: int) -> Count:
    """A number of places times what each counts; None for a number of places that is not known."""
    return None if places is None else places * each


def less(a: Count, b: Count) -> Count:
    return None if a is None or b is None else a + b * -1


# ------------------------------------------------------------------------------------------- ours
def _exact(layer: Layer, x: Shape, y: Shape, inputs: int) -> Parts:
    return {MACS: layer.macs(x, y)}


def _with_bias(layer: Layer, x: Shape, y: Shape, inputs: int) -> Parts:
    biased = layer.family in ("convolution", "linear") and _has(layer, x, "bias")
    return {MACS: layer.macs(x, y), BIASES: y.elements if biased else 0}


def _flops(layer: Layer, x: Shape, y: Shape, inputs: int) -> Parts:
    macs = layer.macs(x, y)
    return {MACS: macs, "additions: a multiply-add is two operations": macs}


def _all(layer: Layer, x: Shape, y: Shape, inputs: int) -> Parts:
    return operations(layer, x, y, inputs)


# ------------------------------------------------------------------------------------------ torchinfo
def _torchinfo(layer: Layer, x: Shape, y: Shape, inputs: int) -> Parts:
    """Its `LayerInfo.calculate_macs`: parameters called `weight` and `bias`, in classes with `Conv` in
    their name times the places of the output."""
    macs = layer.macs(x, y)
    tensors = {t.name: prod(t.shape) for t in layer.tensors(x) if t.learned}
    weight, bias = tensors.get("weight", 0), tensors.get("bias", 0)
    if layer.family == "convolution":
        places = y.with_channels(1).elements
        seen = many(places, weight)
        why = TRANSPOSED if weight else UNSEEN
        return {MACS: macs, why: less(seen, macs), BIASES: many(places, bias)}
    if layer.family == "linear":
        return {MACS: macs, UNSEEN: less(weight, macs), BIASES: bias}
    return {f"parameters of {layer_kind(layer)}": weight + bias}


# --------------------------------------------------------------------------------------------- fvcore
def _fvcore(layer: Layer, x: Shape, y: Shape, inputs: int) -> Parts:
    """The handles of its `FlopCountAnalysis`, on a traced network in evaluation."""
    found = _traced_macs(layer, x, y)
    kind = layer_kind(layer)
    if layer.word == "bn":
        found[f"{kind}, 2 per number"] = many(x.elements, 2 if layer.affine else 1)  # type: ignore[attr-defined]
    elif layer.word in ("groupnorm", "layernorm", "instancenorm"):
        found[f"{kind}, 5 per number"] = many(x.elements, 5 if layer.affine else 4)  # type: ignore[attr-defined]
    elif _averages_adaptively(layer) and len(x.sides) == 2:
        found[f"{kind}s, 1 per input"] = x.elements
    elif layer.word == "upsample" and len(x.sides) == 2:
        each = {"nearest": 1, "bilinear": 4}.get(layer.mode, 0)  # type: ignore[attr-defined]
        found[f"upsampling, {each} per output"] = many(y.elements, each)
    return found


# -------------------------------------------------------------------------------------------- ptflops
def _ptflops(layer: Layer, x: Shape, y: Shape, inputs: int) -> Parts:
    """The operators of its `aten_ops`: products of matrices and convolutions, with their biases."""
    found = _traced_macs(layer, x, y)
    if layer.family in ("convolution", "linear") and _has(layer, x, "bias"):
        found[BIASES] = y.elements
    return found


# ----------------------------------------------------------------------------------------------- thop
_THOP_UPSAMPLING = {"nearest": 1, "linear": 5, "bilinear": 11, "bicubic": 259}


def _thop(layer: Layer, x: Shape, y: Shape, inputs: int) -> Parts:
    """The hooks of its `register_hooks`, by the class of modules."""
    macs, kind = layer.macs(x, y), layer_kind(layer)
    if layer.word == "conv_transpose":
        return {MACS: macs, TRANSPOSED: less(_as_output(layer, x, y), macs)}
    if layer.family in ("convolution", "linear"):
        known = layer.form in (None, "plain") and layer.word != "rbf"
        return {MACS: macs, UNSEEN: 0 if known else many(macs, -1)}
    if layer.word in ("bn", "layernorm", "instancenorm"):
        return {f"{kind}, 4 per number": many(x.elements, 4 if layer.affine else 2)}  # type: ignore[attr-defined]
    if layer.word == "avgpool":
        return {f"{kind}s, 1 per output": y.elements}
    if layer.word in ("adaptive_avgpool", "global_avgpool"):
        # (places it reads / places it gives + 1) * outputs, rounded down
        read: Count = x.elements
        more = None if read is None or y.elements is None else read + y.elements
        return {f"{kind}s, 1 per input and output": more}
    if layer.word == "upsample":
        each = _THOP_UPSAMPLING.get(layer.mode, 0)  # type: ignore[attr-defined]
        return {f"upsampling, {each} per output": many(y.elements, each)}
    if layer.word == "prelu":
        return {"prelu, 1 per number": x.elements}
    if layer.word == "softmax":
        places = x.with_channels(1).elements
        return {"softmax, 3 per class without 1": many(places, 3 * x.channels - 1)}
    return {}


# --------------------------------------------------------------------------------------- torchprofile
# Multiplications of values, `aten::mul`, in what is emitted for a layer.
_PRODUCTS = {"scaled_tanh": 2, "l2norm": 1}


def _torchprofile(layer: Layer, x: Shape, y: Shape, inputs: int) -> Parts:
    """The handlers of its `HANDLER_MAP`, on a traced network in evaluation."""
    word, kind = layer.word, layer_kind(layer)
    if word == "conv_transpose":
        macs = layer.macs(x, y)
        # It takes the first side of the weight for the outputs where the numbers agree.
        first, second = layer.tensors(x)[0].shape[:2]
        each = second if y.channels == first else first
        seen = many(y.elements, each * prod(layer.per_side("kernel_size", len(x.sides))))
        return {MACS: macs, TRANSPOSED: less(seen, macs)}
    found = _traced_macs(layer, x, y)
    if word in ("bn", "groupnorm", "layernorm", "instancenorm"):
        found[f"{kind}, 1 per number"] = x.elements if layer.affine else 0  # type: ignore[attr-defined]
    elif word == "frozen_bn":
        more = None if x.elements is None else x.elements + 2 * x.channels
        found[f"{kind}, its multiplications"] = more
    elif word == "lrn":
        # Within channels an average pool and a product, across them two products and a pool.
        found[f"{kind}, {2 if layer.form else 3} per number"] = many(
            x.elements, 2 if layer.form else 3
        )
    elif word == "subsample":
        found[f"{kind}, 2 per output"] = many(y.elements, 2)
    elif word == "avgpool" or _averages_adaptively(layer):
        found[f"{kind}s, 1 per output"] = y.elements
    elif word == "upsample" and layer.mode == "bilinear":  # type: ignore[attr-defined]
        found["upsampling, 4 per output"] = many(y.elements, 4)
    elif word == "leaky_relu":
        found["leaky relu, 1 per number"] = x.elements
    elif word == "mul":
        found["products of values"] = many(y.elements, inputs - 1)
    elif word in _PRODUCTS:
        found[f"{kind}, its multiplications"] = many(x.elements, _PRODUCTS[word])
    return found


# --------------------------------------------------------------------------------------------- shared
def _traced_macs(layer: Layer, x: Shape, y: Shape) -> Parts:
    """What a trace shows of convolutions and linear layers: exact MACs, but no sums of squares, and a
    connection table as the dense kernel that it becomes."""
    macs = layer.macs(x, y)
    found: Parts = {MACS: macs}
    if layer.word == "rbf":
        found[UNSEEN] = many(macs, -1)
    elif layer.family == "convolution" and layer.form == "table":
        found[TABLES] = less(_as_output(layer, x, y), macs)
    return found


def _as_output(layer: Any, x: Shape, y: Shape) -> Count:
    """Every output reading a window of all maps of its group."""
    area = prod(layer.per_side("kernel_size", len(x.sides)))
    return many(y.elements, x.channels // layer.groups * area)


def _has(layer: Layer, x: Shape, name: str) -> bool:
    return any(tensor.name == name for tensor in layer.tensors(x))


def _averages_adaptively(layer: Layer) -> bool:
    """Whether PyTorch runs `adaptive_avg_pool`: resizing by area does."""
    if layer.word == "upsample":
        return layer.mode == "area"  # type: ignore[attr-defined]
    return layer.word in ("adaptive_avgpool", "global_avgpool")


_KINDS = {
    "bn": "batch norm",
    "frozen_bn": "frozen batch norm",
    "groupnorm": "group norm",
    "layernorm": "layer norm",
    "instancenorm": "instance norm",
    "lrn": "local response norm",
    "l2norm": "L2 norm",
    "avgpool": "average pool",
    "adaptive_avgpool": "adaptive average pool",
    "global_avgpool": "global average pool",
    "maxpool": "max pool",
    "adaptive_maxpool": "adaptive max pool",
    "global_maxpool": "global max pool",
    "subsample": "subsampling",
    "scaled_tanh": "scaled tanh",
    "upsample": "resizing by area",
}


def layer_kind(layer: Layer) -> str:
    """What a layer is called in an explanation."""
    return _KINDS.get(layer.word, layer.word)


_RULES: dict[str, Callable[[Any, Shape, Shape, int], Parts]] = {
    "macs": _exact,
    "macs+bias": _with_bias,
    "flops": _flops,
    "all": _all,
    "torchinfo": _torchinfo,
    "fvcore": _fvcore,
    "ptflops": _ptflops,
    "thop": _thop,
    "torchprofile": _torchprofile,
}
