"""What layers give must survive PyTorch's tools: compile, export, autocast, script."""

from __future__ import annotations

import ast
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from layer_oracle import CASES, Tap, batch, case_id, helpers, layer, literal, module, run
from torch import Tensor, nn

from netdsl.code.expr import Name
from netdsl.data import data_file
from netdsl.layers.base import Layer
from netdsl.shapes import Shape


class Calls(nn.Module):
    """A layer as a method of an emitted class calls it: the module, then the function."""

    def __init__(self, made: Layer, x: Shape) -> None:
        super().__init__()
        a = literal(made, x)
        self.inner = module(made, x) if made.module(a) is not None else nn.Identity()
        function = made.function(a, Name("x"), *(Name("like") for _ in made.references()))
        text = "x" if function is None else function.text
        self.call = eval(f"lambda x, like: {text}", vars(helpers))

    def forward(self, x: Tensor, like: Tensor | None = None) -> list[Tensor]:
        return [self.inner(x), self.call(x, like)]


def one_of_each() -> list[Any]:
    """One example a word, an image where it can be, and one with a value: tracing is slow."""
    chosen: dict[Any, Any] = {}
    for word, arguments, x in sorted(CASES, key=lambda case: len(case[2]) != 3):
        value = any(isinstance(v, Tap) for v in arguments.values())
        chosen.setdefault((word, value), (word, arguments, x))
    return list(chosen.values())


each = pytest.mark.parametrize(("word", "arguments", "x"), one_of_each(), ids=case_id)


def prepared(word: str, arguments: dict[str, Any], x: Shape) -> tuple[Calls, tuple[Tensor, ...]]:
    made = layer(word, **arguments)
    like = [batch(value.shape) for value in made.references().values()]
    return Calls(made, x).eval(), (batch(x), *like)


class Family(nn.Module):
    """All layers of a family side by side: one graph, because tracing one takes PyTorch long."""

    def __init__(self, family: str) -> None:
        super().__init__()
        chosen = [
            prepared(*case) for case in one_of_each() if layer(case[0], **case[1]).family == family
        ]
        self.members = nn.ModuleList(calls for calls, _ in chosen)
        self.inputs = [inputs for _, inputs in chosen]

    def forward(self, inputs: list[tuple[Tensor, ...]]) -> list[Tensor]:
        return [y for member, xs in zip(self.members, inputs) for y in member(*xs)]


each_family = pytest.mark.parametrize(
    "family",
    ["convolution", "linear", "pooling", "normalization", "activation", "dropout", "shape"],
)


@each_family
def test_compiles_in_one_graph(family: str) -> None:
    layers = Family(family)
    torch.compiler.reset()  # else every family counts as a recompilation of the last
    compiled = torch.compile(layers, fullgraph=True, backend="eager")
    for training in (False, True):
        layers.train(training)
        torch.manual_seed(0)
        expected = layers(layers.inputs)
        torch.manual_seed(0)
        assert len(expected) >= 2
        for found, wanted in zip(compiled(layers.inputs), expected, strict=True):
            torch.testing.assert_close(found, wanted)


@each_family
def test_exports_with_any_batch(family: str) -> None:
    layers = Family(family).eval()
    batches = torch.export.Dim("batch", min=2)
    shapes = ([tuple({0: batches} for _ in xs) for xs in layers.inputs],)
    exported = torch.export.export(layers, (layers.inputs,), dynamic_shapes=shapes).module()
    five = [tuple(x.repeat(3, *[1] * (x.dim() - 1))[:5] for x in xs) for xs in layers.inputs]
    for found, wanted in zip(exported(five), layers(five), strict=True):
        torch.testing.assert_close(found, wanted)


@each
def test_autocast_and_channels_last(word: str, arguments: dict[str, Any], x: Shape) -> None:
    calls, inputs = prepared(word, arguments, x)
    expected = calls(*inputs)
    if x.sides:
        last = [value.contiguous(memory_format=torch.channels_last) for value in inputs]
        for found, wanted in zip(calls(*last), expected):
            torch.testing.assert_close(found, wanted)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        for found, wanted in zip(calls(*inputs), expected):
            torch.testing.assert_close(found.float(), wanted, atol=0.1, rtol=0.1)


@each
def test_no_device_is_built_in(word: str, arguments: dict[str, Any], x: Shape) -> None:
    calls, inputs = prepared(word, arguments, x)
    calls.train()
    outputs = calls.to("meta")(*(value.to("meta") for value in inputs))
    assert {value.device.type for value in outputs} == {"meta"}


# ------------------------------------------------------------------------------------- the helpers
SOURCE = data_file("templates/torch/helpers.py").read_text()
DEFINITIONS = {
    n.name: n for n in ast.parse(SOURCE).body if isinstance(n, (ast.ClassDef, ast.FunctionDef))
}


def names_in(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


IMPORTS = SOURCE[SOURCE.index("from ") : SOURCE.index("# ---")]


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_helper_stands_alone(name: str, tmp_path: Path) -> None:
    """It can be copied into a file with the imports of this one and the helpers that it names."""
    needed = names_in(DEFINITIONS[name]) & set(DEFINITIONS)
    copied = [n for n in DEFINITIONS if n in needed | {name}]
    texts = [ast.get_source_segment(SOURCE, DEFINITIONS[n]) or "" for n in copied]
    path = tmp_path / "copied.py"
    path.write_text(IMPORTS + "\n\n\n".join(texts) + "\n")
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821", str(path)]
    done = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert ast.get_docstring(DEFINITIONS[name])


def test_every_helper_that_a_layer_names_is_there() -> None:
    named: set[str] = set()
    for word, arguments, x in CASES:
        made = layer(word, **arguments)
        a = literal(made, x)
        values = (Name("x"), *(Name("like") for _ in made.references()))
        for call in (made.module(a), made.function(a, *values)):
            named |= set() if call is None else {n for n in call.names if "." not in n}
    assert {"L2Norm", "pad_channels"} < named
    assert named - {"x", "like"} <= set(DEFINITIONS)


HELPER_MODULES = [
    "FixedConv2d(4, 2, ((0.5, 1.0),), padding=1)",
    "FlippedConv2d(4, 2, 3)",
    "Subsample2d(4, 2)",
    "Normalize((0.1, 0.2, 0.3, 0.4), 2.0)",
    "SubtractImage(4, 5, 6)",
    "LocalResponseNormWithin(3)",
    "FrozenBatchNorm2d(4)",
    "L2Norm(4, scale=20.0)",
    "ScaledTanh()",
    "DropPath(0.5)",
    "Reshape(2, -1)",
    "Permute(0, 2, 3, 1)",
    "PadChannels(7)",
    "ChannelSlice(1)",
    "Crop(2, 3, top=1)",
    "CenterCrop(2, 3)",
]


@pytest.mark.parametrize("text", HELPER_MODULES)
def test_helpers_can_be_scripted(text: str) -> None:
    built = run(Name(text)).eval()
    x = batch(Shape(4, 5, 6))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        scripted = torch.jit.script(built)
    assert torch.equal(scripted(x), built(x))
