"""The layers of the language, by family. A family is imported when a word of it is first used."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from netdsl.layers.base import REGISTRY, Layer
from netdsl.layers.checked import Refused

# What each module of this folder defines, so that it need not be imported to be known.
FAMILIES: dict[str, tuple[str, ...]] = {
    "convolution": ("conv",),
    "transposed": ("conv_transpose",),
    "linear": ("linear",),
    "rbf": ("rbf",),
    "pooling": (
        "maxpool",
        "avgpool",
        "adaptive_maxpool",
        "adaptive_avgpool",
        "global_maxpool",
        "global_avgpool",
    ),
    "subsampling": ("subsample",),
    "batchnorm": ("bn", "frozen_bn"),
    "normalization": (
        "groupnorm",
        "layernorm",
        "instancenorm",
        "lrn",
        "l2norm",
    ),
    "preparing": ("normalize",),
    "rectifier": ("relu", "relu6", "leaky_relu", "prelu"),
    "activation": (
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
    ),
    "dropout": ("dropout", "channel_dropout", "drop_path"),
    "reshaping": (
        "identity",
        "flatten",
        "reshape",
        "permute",
        "channel_shuffle",
        "pixel_shuffle",
        "space_to_depth",
    ),
    "resizing": ("upsample", "pad", "pad_channels"),
    "cropping": ("crop", "center_crop", "slice"),
    "merge": ("concat", "add", "mul"),
}
_FAMILY_OF = {word: family for family, words in FAMILIES.items() for word in words}
WORDS = tuple(_FAMILY_OF)


def find(word: str) -> type[Layer] | None:
    """The layer called `word`, or None."""
    family = _FAMILY_OF.get(word)
    if family is None:
        return None
    if word not in REGISTRY:
        import_module(f"netdsl.layers.{family}")
    return REGISTRY[word]


@cache
def is_text_of_a_layer(text: str) -> bool:
    """Whether some layer takes this text as an argument, as `upsample` does "bilinear"."""
    for layer in load_all().values():
        for field in layer.fields.values():
            try:
                field.check(text)
            except Refused:
                continue
            return True
    return False


def load_all() -> dict[str, type[Layer]]:
    """Every layer, by its word, in the order of `FAMILIES`."""
    return {word: layer for word in WORDS if (layer := find(word)) is not None}
