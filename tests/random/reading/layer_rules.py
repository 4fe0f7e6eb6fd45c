"""What random programs know of layers: the shape that each gives. Said anew, not netdsl's own rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import floor, prod
from typing import Any

Shape = tuple[int, ...]


class Invalid(Exception):
    """A piece of a program that would be a mistake in the language."""


class Size(tuple[int, ...]):
    """`3x3`: unlike a list, a value of its own kind."""


POSITIONAL = {
    "conv": ("channels", "kernel_size"),
    "conv_transpose": ("channels", "kernel_size"),
    "linear": ("features",),
    "rbf": ("features",),
    "subsample": ("kernel_size",),
    "normalize": ("mean", "std"),
    "groupnorm": ("num_groups",),
    "lrn": ("size",),
    "l2norm": ("scale",),
    "leaky_relu": ("negative_slope",),
    "prelu": ("num_parameters",),
    "elu": ("alpha",),
    "hardtanh": ("min_val", "max_val"),
    "upsample": ("scale",),
    "pad": ("padding",),
    "slice": ("start", "stop"),
    "crop": ("size",),
    "center_crop": ("size",),
    "reshape": ("shape",),
    "permute": ("order",),
    "channel_shuffle": ("groups",),
    "pixel_shuffle": ("factor",),
    "space_to_depth": ("factor",),
    "pad_channels": ("channels",),
    "dropout": ("p",),
    "channel_dropout": ("p",),
    "drop_path": ("p",),
    **dict.fromkeys(("maxpool", "avgpool"), ("kernel_size",)),
    **dict.fromkeys(("adaptive_maxpool", "adaptive_avgpool"), ("output_size",)),
}
SAME = frozenset(
    [
        "identity",
        "bn",
        "frozen_bn",
        "groupnorm",
        "layernorm",
        "instancenorm",
        "lrn",
        "l2norm",
        "normalize",
        "relu",
        "relu6",
        "leaky_relu",
        "prelu",
        "elu",
        "selu",
        "gelu",
        "silu",
        "mish",
        "hardswish",
        "softplus",
        "sigmoid",
        "hardsigmoid",
        "tanh",
        "hardtanh",
        "scaled_tanh",
        "softsign",
        "softmax",
        "log_softmax",
        "dropout",
        "channel_dropout",
        "drop_path",
        "channel_shuffle",
    ]
)
# Arguments that none of these takes, whatever word it is called by.
SAMPLING = frozenset(["channels", "kernel_size", "stride", "padding", "dilation"])
MAPS_ONLY = frozenset(["instancenorm", "lrn", "channel_dropout", "channel_shuffle"])
IMAGES_ONLY = frozenset(
    ["frozen_bn", "pixel_shuffle", "space_to_depth", "crop", "center_crop", "subsample"]
)


def need(condition: bool) -> None:
    if not condition:
        raise Invalid


def spread(value: Any, sides: int) -> Sequence[int]:
    """One number a side."""
    if isinstance(value, (tuple, list)):
        need(len(value) == sides)
        return value
    need(isinstance(value, int))
    return (value,) * sides


def whole(value: Any, least: int = 1) -> int:
    need(isinstance(value, int) and not isinstance(value, bool) and value >= least)
    return value


def layer_shape(word: str, a: dict[str, Any], x: Shape) -> Shape:
    """The shape of what a layer gives, or `Invalid`."""
    sides = x[1:]
    if word in MAPS_ONLY:
        need(bool(sides))
    if word in IMAGES_ONLY:
        need(len(sides) == 2)
    if word in SAME:
        need(not SAMPLING & a.keys())
        _same(word, a, x)
        return x
    return _RULES[word](a, x, sides)


def _same(word: str, a: dict[str, Any], x: Shape) -> None:
    if word == "lrn":
        need(not a.get("within") or len(x) == 3)
    elif word == "groupnorm":
        need(x[0] % whole(a["num_groups"]) == 0)
    elif word == "channel_shuffle":
        need(x[0] % whole(a["groups"]) == 0)
    elif word == "prelu":
        need(a.get("num_parameters", 1) in (1, x[0]))
    elif word == "instancenorm":
        need(prod(x[1:]) > 1)
    elif word == "normalize":
        _normalize(a, x)
    elif word in ("dropout", "channel_dropout", "drop_path"):
        need(word != "drop_path" or "p" in a)
        need(0 <= a.get("p", 0.5) <= 1)


def _normalize(a: dict[str, Any], x: Shape) -> None:
    mean, std = a["mean"], a.get("std", 1.0)
    for value in (mean, std):
        need(not isinstance(value, list) or len(value) == x[0])
    need(mean != "image" or std == 1)
    need(min(std if isinstance(std, list) else [std]) > 0)


def _padding(value: Any, kernel: Sequence[int], dilation: Sequence[int]) -> Sequence[int]:
    if value == "same":
        need(all(k % 2 for k in kernel))
        return [d * (k - 1) // 2 for k, d in zip(kernel, dilation)]
    if value in ("valid", "full"):
        return [d * (k - 1) * (value == "full") for k, d in zip(kernel, dilation)]
    return spread(value, len(kernel))


def _window(a: dict[str, Any], sides: Shape, stride: Any) -> Shape:
    need(bool(sides))
    n = len(sides)
    kernel, steps = spread(a["kernel_size"], n), spread(stride, n)
    dilation = spread(a.get("dilation", 1), n)
    padding = _padding(a.get("padding", 0), kernel, dilation)
    out = []
    for side, k, s, p, d in zip(sides, kernel, steps, padding, dilation):
        need(k >= 1 and s >= 1 and p >= 0 and d >= 1)
        rest = side + 2 * p - d * (k - 1) - 1
        if a.get("ceil_mode"):
            rest = rest + s - 1
            if rest // s * s >= side + p:  # the last window would start in the right padding
                rest -= s
        need(rest >= 0)
        out.append(rest // s + 1)
    return tuple(out)


def _conv(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    out = _window(a, sides, a.get("stride", 1))
    groups = whole(a.get("groups", 1))
    need(x[0] % groups == 0 and whole(a["channels"]) % groups == 0)
    rows, kernels = a.get("connections"), a.get("weights")
    need((kernels is not None) == (a.get("trainable", True) is False))
    if rows is not None:
        need(len(sides) == 2 and groups == 1 and len(rows) == a["channels"])
        need(kernels is None and not a.get("flip"))
        need(all(row and len(set(row)) == len(row) and max(row) < x[0] for row in rows))
    if kernels is not None:
        lengths = _lengths(kernels)
        weight = (a["channels"], x[0] // groups, *spread(a["kernel_size"], 2))
        need(len(sides) == 2 and "bias" not in a)
        need(2 <= len(lengths) <= 4)
        need(lengths == (*weight[: len(lengths) - 2], *weight[2:]))
    need(not a.get("flip") or len(sides) == 2)
    return (a["channels"], *out)


def _lengths(nested: Any) -> Shape:
    return (len(nested), *_lengths(nested[0])) if isinstance(nested, list) else ()


def _subsample(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    return (x[0], *_window(a, sides, a["kernel_size"]))


def _rbf(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    need(not sides)
    codes = a.get("codes", "learned")
    need(codes != "bitmap" or (x[0], a["features"]) == (84, 10))
    need((codes == "random") == ("seed" in a))
    return (whole(a["features"]),)


def _conv_transpose(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    need(bool(sides))
    n = len(sides)
    kernel, stride = spread(a["kernel_size"], n), spread(a.get("stride", 1), n)
    padding, extra = spread(a.get("padding", 0), n), spread(a.get("output_padding", 0), n)
    groups = whole(a.get("groups", 1))
    need(x[0] % groups == 0 and whole(a["channels"]) % groups == 0)
    out = [
        (d - 1) * s - 2 * p + k + e for d, s, p, k, e in zip(sides, stride, padding, kernel, extra)
    ]
    need(all(o >= 1 for o in out) and all(e < s for e, s in zip(extra, stride)))
    return (a["channels"], *out)


def _pool(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    stride = a.get("stride")
    out = _window(a, sides, a["kernel_size"] if stride is None else stride)
    kernel = spread(a["kernel_size"], len(sides))
    dilation = spread(a.get("dilation", 1), len(sides))
    padding = _padding(a.get("padding", 0), kernel, dilation)
    need(all(2 * p <= k for p, k in zip(padding, kernel)))
    need(len(sides) < 3 or all(k <= s for k, s in zip(kernel, sides)))
    return (x[0], *out)


def _adaptive(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    out = spread(a["output_size"], len(sides))
    need(bool(sides) and min(out) >= 1)
    return (x[0], *out)


def _global(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    need(bool(sides))
    return (x[0], *(1 for _ in sides))


def _linear(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    need(not sides)
    return (whole(a["features"]),)


def _reshape(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    wanted = list(a["shape"])
    if -1 in wanted:
        rest = prod(s for s in wanted if s != -1)
        need(prod(x) % rest == 0)
        wanted[wanted.index(-1)] = prod(x) // rest
    need(prod(wanted) == prod(x))
    return tuple(wanted)


def _permute(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    need(sorted(a["order"]) == list(range(len(x))))
    return tuple(x[i] for i in a["order"])


def _pixel_shuffle(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    f = whole(a["factor"])
    need(x[0] % (f * f) == 0)
    return (x[0] // (f * f), *(s * f for s in sides))


def _space_to_depth(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    f = whole(a["factor"])
    need(all(s % f == 0 for s in sides))
    return (x[0] * f * f, *(s // f for s in sides))


def _upsample(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    need(bool(sides))
    mode = a.get("mode", "nearest")
    rank = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}.get(mode)
    need(rank in (None, len(sides)))
    if a.get("like") is not None:
        need(len(a["like"].shape) == len(x))
        return (x[0], *a["like"].shape[1:])
    if a.get("size") is not None:
        return (x[0], *spread(a["size"], len(sides)))
    scale = a["scale"]
    if isinstance(scale, float):
        out = tuple(floor(s * scale) for s in sides)
        need(all(s >= 1 for s in out))
        return (x[0], *out)
    return (x[0], *(s * f for s, f in zip(sides, spread(scale, len(sides)))))


def _pad(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    need(bool(sides))
    padding = a["padding"]
    if isinstance(padding, list) and len(padding) == 2 * len(sides):
        pairs = [(padding[2 * i], padding[2 * i + 1]) for i in range(len(sides))]
    else:
        pairs = [(p, p) for p in spread(padding, len(sides))]
    need(all(min(pair) >= 0 for pair in pairs))
    if a.get("mode") in ("reflect", "circular"):
        most = 1 if a["mode"] == "reflect" else 0
        need(all(max(pair) <= s - most for pair, s in zip(pairs, sides)))
    return (x[0], *(s + sum(pair) for s, pair in zip(sides, pairs)))


def _pad_channels(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    need(whole(a["channels"]) >= x[0])
    return (a["channels"], *sides)


def _crop(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    size = spread(a["size"], 2)
    corner = (a.get("top", 0), a.get("left", 0))
    need(min(size) >= 1 and all(c + k <= s for c, k, s in zip(corner, size, sides)))
    return (x[0], *size)


def _center_crop(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    size = a["size"].shape[1:] if hasattr(a["size"], "shape") else spread(a["size"], 2)
    need(len(size) == 2 and all(1 <= k <= s for k, s in zip(size, sides)))
    return (x[0], *size)


def _slice(a: dict[str, Any], x: Shape, sides: Shape) -> Shape:
    stop = x[0] if a.get("stop") is None else a["stop"]
    need(0 <= a["start"] < stop <= x[0])
    return (stop - a["start"], *sides)


_RULES: dict[str, Callable[[dict[str, Any], Shape, Shape], Shape]] = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "linear": _linear,
    "rbf": _rbf,
    "subsample": _subsample,
    "maxpool": _pool,
    "avgpool": _pool,
    "adaptive_maxpool": _adaptive,
    "adaptive_avgpool": _adaptive,
    "global_maxpool": _global,
    "global_avgpool": _global,
    "flatten": lambda a, x, sides: (prod(x),),
    "reshape": _reshape,
    "permute": _permute,
    "pixel_shuffle": _pixel_shuffle,
    "space_to_depth": _space_to_depth,
    "upsample": _upsample,
    "pad": _pad,
    "pad_channels": _pad_channels,
    "crop": _crop,
    "center_crop": _center_crop,
    "slice": _slice,
}
WORDS = (*sorted(SAME), *_RULES)


def weights_of(word: str, a: dict[str, Any], x: Shape) -> tuple[Any, ...]:
    """What decides the shapes of a layer's weights: two uses with the same can share them."""
    match word:
        case "conv":
            rows = a.get("connections")
            kernels = x[0] // a.get("groups", 1) if rows is None else sum(map(len, rows))
            kernel = tuple(spread(a["kernel_size"], len(x) - 1))
            return (word, a["channels"], kernels, kernel, a.get("bias", True))
        case "conv_transpose":
            kernel = tuple(spread(a["kernel_size"], len(x) - 1))
            return (word, a["channels"], a.get("groups", 1), x[0], kernel, a.get("bias", True))
        case "linear" | "rbf":
            return (word, a["features"], x[0], a.get("bias", True))
        case "normalize":
            return (word, x if a["mean"] == "image" else None)
        case "prelu":
            return (word, a.get("num_parameters", 1))
        case "layernorm":
            return (word, x, a.get("affine", True))
        case "bn" | "frozen_bn" | "groupnorm" | "instancenorm" | "l2norm":
            return (
                word,
                x[0],
                a.get("affine", word != "instancenorm"),
                a.get("track_running_stats"),
            )
        case "subsample":
            return (word, x[0])
    return ()
