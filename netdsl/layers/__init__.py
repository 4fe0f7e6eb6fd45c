"""The layers of the language, by family. A family is imported when a word of it is first used."""

from __future__ import annotations

from importlib import import_module

from netdsl.layers.base import REGISTRY, Layer

FAMILIES: dict[str, tuple[str, ...]] = {
    "convolution": ("conv", "conv_transpose"),
    "linear": ("linear",),
    "pooling": (),
    "normalization": (),
    "activation": ("relu",),
    "dropout": (),
    "reshaping": (),
    "resizing": (),
    "merge": (),
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


def load_all() -> dict[str, type[Layer]]:
    """Every layer, by its word, in the order of `FAMILIES`."""
    return {word: layer for word in WORDS if (layer := find(word)) is not None}
