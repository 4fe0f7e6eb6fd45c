"""The register: every word, its module, and what people read of it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from layer_oracle import EXAMPLES, case_id, layer

from netdsl.layers import FAMILIES, WORDS, find, load_all
from netdsl.layers.arguments import signature
from netdsl.layers.base import REGISTRY, Layer, Window
from netdsl.layers.checked import Refused
from netdsl.layers.rectifier import Activation
from netdsl.shapes import Shape

LAYERS = load_all()

# The words of the language that are layers with a module or a function of their own. Those of
# detection live elsewhere; residual and dense are forms of a body.
SPOKEN = [
    "conv",
    "conv_transpose",
    "linear",
    "rbf",
    "subsample",
    "normalize",
    "maxpool",
    "avgpool",
    "adaptive_maxpool",
    "adaptive_avgpool",
    "global_maxpool",
    "global_avgpool",
    "bn",
    "frozen_bn",
    "groupnorm",
    "layernorm",
    "instancenorm",
    "lrn",
    "l2norm",
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
    "hardsigmoid",
    "hardtanh",
    "sigmoid",
    "tanh",
    "scaled_tanh",
    "softplus",
    "softsign",
    "softmax",
    "log_softmax",
    "dropout",
    "channel_dropout",
    "drop_path",
    "flatten",
    "reshape",
    "permute",
    "upsample",
    "pixel_shuffle",
    "channel_shuffle",
    "space_to_depth",
    "pad",
    "pad_channels",
    "crop",
    "center_crop",
    "slice",
    "identity",
    "concat",
    "add",
    "mul",
]


def test_every_word_of_the_language_is_here() -> None:
    assert set(SPOKEN) <= set(WORDS)
    assert len(set(WORDS)) == len(WORDS)


def test_the_index_and_the_classes_agree() -> None:
    assert REGISTRY.keys() == LAYERS.keys() == set(WORDS)
    for module, words in FAMILIES.items():
        for word in words:
            kind = find(word)
            assert kind is not None and kind.word == word
            assert kind.__module__ == f"netdsl.layers.{module}"
    assert find("nothing") is None


def test_every_class_registers() -> None:
    def below(kind: type[Layer]) -> set[type[Layer]]:
        return {kind}.union(*(below(sub) for sub in kind.__subclasses__()))

    here = {kind for kind in below(Layer) if kind.__module__.startswith("netdsl.layers.")}
    registered = {kind for kind in here if "word" in kind.__dict__ and kind.word}
    assert registered == set(LAYERS.values())
    abstract = here - registered
    assert all(kind.__subclasses__() for kind in abstract), "a layer without a word"


def test_a_word_belongs_to_one_class() -> None:
    with pytest.raises(TypeError, match="two layers are called 'relu'"):
        type("Again", (Activation,), {"word": "relu", "__module__": __name__})


def test_a_rule_cannot_be_forgotten() -> None:
    with pytest.raises(TypeError, match="does not say its output"):
        type("Shapeless", (Layer,), {"word": "shapeless", "__module__": __name__})


@pytest.mark.parametrize("word", WORDS)
def test_what_people_read(word: str) -> None:
    kind = LAYERS[word]
    doc = kind.__doc__ or ""
    assert doc.strip(), "no docstring"
    assert ("Input" in doc and "utput" in doc) or issubclass(kind, Activation)
    assert kind.family in (
        "convolution",
        "pooling",
        "normalization",
        "activation",
        "linear",
        "dropout",
        "shape",
        "merge",
    )
    assert signature(kind).startswith(word)
    assert kind.positional <= len(kind.fields)
    if not kind.many:
        for arguments, _ in EXAMPLES[word]:
            label = layer(word, **arguments).label()
            assert label and label.isascii() and "None" not in label


@pytest.mark.parametrize("word", [w for w, kind in LAYERS.items() if kind.fields])
def test_fields_are_bounded(word: str) -> None:
    """Nothing but a layer's parameters is taken, and a layer never changes."""
    kind = LAYERS[word]
    with pytest.raises(Refused):
        kind(**{**EXAMPLES[word][0][0], "unknown": 1})
    made = layer(word, **EXAMPLES[word][0][0])
    with pytest.raises(AttributeError):
        setattr(made, next(iter(kind.fields)), 1)
    assert made == layer(word, **EXAMPLES[word][0][0])
    for name, field in kind.fields.items():
        assert name.isidentifier()
        annotation = field.annotation.removesuffix(" | None")
        assert annotation not in ("int", "float", "bool", "str", "Any"), f"{name} takes anything"


LABELS = [
    ("conv", {"channels": 64, "kernel_size": [7, 7], "stride": 2}, "7x7 conv, 64, /2"),
    ("conv", {"channels": 64, "kernel_size": 3, "groups": 32}, "3x3 conv, 64, g32"),
    ("conv", {"channels": 64, "kernel_size": [1, 7], "stride": [1, 2]}, "1x7 conv, 64, /1x2"),
    ("conv", {"channels": 64, "kernel_size": 3, "dilation": 6}, "3x3 conv dil 6, 64"),
    (
        "conv",
        {"channels": 3, "kernel_size": 5, "connections": [[0], [1, 2], [0, 2]]},
        "5x5 conv, 3, 5 kernels",
    ),
    (
        "conv",
        {"channels": 3, "kernel_size": 1, "trainable": False, "weights": [[2]], "groups": 3},
        "1x1 fixed conv, 3, g3",
    ),
    ("conv", {"channels": 3, "kernel_size": 5, "flip": True}, "5x5 flipped conv, 3"),
    ("lrn", {"within": True}, "LRN within"),
    ("normalize", {"mean": 0.5}, "normalize"),
    ("normalize", {"mean": "image"}, "minus mean image"),
    ("conv_transpose", {"channels": 64, "kernel_size": 2, "stride": 2}, "2x2 up-conv, 64, x2"),
    ("linear", {"features": 1000}, "fc, 1000"),
    ("rbf", {"features": 10, "codes": "bitmap"}, "RBF, 10, bitmap codes"),
    ("subsample", {"kernel_size": 2}, "2x2 subsampling, /2"),
    ("maxpool", {"kernel_size": 3, "stride": 2}, "3x3 max pool, /2"),
    ("maxpool", {"kernel_size": 2}, "2x2 max pool, /2"),
    ("avgpool", {"kernel_size": 3, "stride": 1}, "3x3 avg pool"),
    ("adaptive_avgpool", {"output_size": [7, 7]}, "adaptive avg pool, 7x7"),
    ("global_avgpool", {}, "global avg pool"),
    ("groupnorm", {"num_groups": 32}, "group norm, 32"),
    ("bn", {}, "BN"),
    ("lrn", {}, "LRN"),
    ("dropout", {"p": 0.4}, "dropout 0.4"),
    ("upsample", {"scale": 2, "mode": "bilinear"}, "upsample, x2, bilinear"),
    ("upsample", {"scale": 0.5}, "upsample, x0.5"),
    ("upsample", {"size": 7}, "upsample to 7x7"),
    ("pad", {"padding": [0, 1, 0, 1], "mode": "reflect"}, "reflect pad 0, 1, 0, 1"),
    ("slice", {"start": 3}, "channels 3:"),
    ("concat", {}, "concat"),
]


@pytest.mark.parametrize(("word", "arguments", "label"), LABELS, ids=case_id)
def test_labels(word: str, arguments: dict[str, object], label: str) -> None:
    assert layer(word, **arguments).label() == label


WINDOWS = [
    (
        "conv",
        {"channels": 4, "kernel_size": 3, "dilation": 2, "stride": 2},
        ((5, 5), (2, 2), (0, 0)),
    ),
    ("maxpool", {"kernel_size": 3, "stride": 2, "padding": 1}, ((3, 3), (2, 2), (1, 1))),
    ("avgpool", {"kernel_size": 2}, ((2, 2), (2, 2), (0, 0))),
    ("subsample", {"kernel_size": 2}, ((2, 2), (2, 2), (0, 0))),
    ("global_avgpool", {}, ((12, 8), (12, 8), (0, 0))),
    ("adaptive_avgpool", {"output_size": 4}, ((3, 2), (3, 2), (0, 0))),
    ("adaptive_avgpool", {"output_size": 5}, None),
    ("pad", {"padding": [1, 2, 3, 4]}, ((1, 1), (1, 1), (1, 3))),
    ("crop", {"size": 4, "top": 2, "left": 1}, ((1, 1), (1, 1), (-2, -1))),
    ("space_to_depth", {"factor": 2}, ((2, 2), (2, 2), (0, 0))),
    ("lrn", {"within": True}, ((5, 5), (1, 1), (2, 2))),
    ("lrn", {}, None),
    ("relu", {}, None),
    ("bn", {}, None),
]


@pytest.mark.parametrize(("word", "arguments", "window"), WINDOWS, ids=case_id)
def test_windows(word: str, arguments: dict[str, object], window: object) -> None:
    found = layer(word, **arguments).window(Shape(3, 12, 8))
    assert found == (None if window is None else Window(*window))  # type: ignore[misc]


def test_nothing_heavy_is_imported() -> None:
    heavy = ("torch", "numpy", "rich", "jinja2", "difflib")
    code = (
        "import sys; from netdsl.layers import load_all; load_all(); "
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
