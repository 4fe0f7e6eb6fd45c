"""Names that mean something to Python, to PyTorch or to the emitted file itself, everywhere a name can stand."""

from __future__ import annotations

import builtins
import keyword
import random
import sys

import pytest

import netdsl
from netdsl.network import Network

DUNDERS = (
    *("__init__", "__import__", "__class__", "__dict__", "__name__", "__file__", "__builtins__", "_", "__"),
    *("__getattr__", "__call__", "__all__", "__doc__", "__annotations__", "__path__", "__loader__"),
)  # fmt: skip
OURS = (
    *("nn", "F", "torch", "Tensor", "math", "self", "super", "x", "forward", "in_channels", "channels", "cls"),
    *("module", "parameters", "state_dict", "training", "train", "eval", "children", "half", "type", "to"),
    *("published", "load_published", "aux_weights", "Sequential", "Module", "Conv2d", "ReLU", "OrderedDict"),
    *("NamedTuple", "ClassVar", "Iterable", "Mapping", "Sequence", "Any", "Self", "annotations", "os", "sys"),
    *("rename_published", "ConvBn", "Unit", "Clash", "input", "output", "layers", "stride", "bias", "out"),
    *("None", "True", "l", "I", "O", "i", "j", "k", "conv", "bn", "relu", "same", "identity", "exec", "print"),
)  # fmt: skip


def clashing() -> list[str]:
    reserved = "net import extern let for in if else repeat and or not init meta keys expect inline true false none"
    names = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *DUNDERS, *OURS}
    return sorted(n for n in names if n.isascii() and n not in reserved.split())


def built(text: str, net: str | None = None) -> Network | None:
    """The network, and its live module checked against it; None where the language refuses the name."""
    import torch

    try:
        network = netdsl.loads(text, net)
    except netdsl.NetError as error:
        assert all(d.hint or d.span for d in error.diagnostics)
        return None
    space: dict[str, object] = {"__name__": "emitted"}
    before = set(sys.modules)
    exec(compile(network.torch_source(), "emitted.py", "exec"), space)  # noqa: S102
    assert not {m.split(".")[0] for m in set(sys.modules) - before} & {
        "os",
        "subprocess",
        "antigravity",
    }
    with torch.device("meta"):
        made = space[network.torch_class]
        module = made()  # type: ignore[operator]
        given = module(torch.zeros(2, 3, 8, 8))
        assert (given[0] if isinstance(given, tuple) else given).shape[0] == 2
    found = {name: tuple(t.shape) for name, t in module.state_dict().items()}
    assert list(found.items()) == list(network.state_dict_shapes().items())
    return network


FORMS = {
    "net": "net {} {{ input image: 3x8x8\n conv(4, 1x1)\n meta {{ a: 1 }} }}",
    "block": "block {}(width) {{ conv(width, 3x3, padding=1) -> relu\n a: conv(width, 1x1) }}\n"
    "net Clash {{ input image: 3x8x8\n {}(4)\n b: {}(5) }}",
    "label": "net Clash {{ input image: 3x8x8\n {}: conv(4, 1x1)\n @{} -> b: conv(4, 1x1) }}",
    "relu": "net Clash {{ input image: 3x8x8\n conv(4, 1x1) -> {}: relu\n conv(4, 1x1) -> add {{ | identity | @{} }} }}",
    "group": "net Clash {{ input image: 3x8x8\n {}: {{ conv(4, 1x1) -> relu }} }}",
    "parameter": "block unit({}, stride=1) {{ conv({}, 3x3, stride=stride)\n side: conv({} * 2, 1x1) }}\n"
    "net Clash {{ input image: 3x8x8\n unit(4)\n unit(3) }}",
    "of the net": "net Clash({}=4) {{ input image: 3x8x8\n conv({}, 1x1) }}",
    "let": "let {} = 5\nnet Clash {{ input image: 3x8x8\n repeat 2 {{ conv({}, 1x1) }} }}",
    "loop": "net Clash {{ input image: 3x8x8\n for {} in [1, 2, 3] {{ conv(4 * {}, 1x1) -> relu }} }}",
    "input": "net Clash {{ input {}: 3x8x8\n conv(4, 1x1)\n conv(3, 1x1)\n add {{ | identity | @{} }} }}",
    "output": "net Clash {{ input image: 3x8x8\n {}: conv(4, 1x1)\n output {} }}",
    "aux": "net Clash {{ input image: 3x8x8\n conv(4, 1x1)\n aux {}(weight=0.1) {{ conv(2, 1x1) }}\n conv(4, 1x1) }}",
    "module": "net Clash {{ input image: 3x8x8\n module {} = conv(3, 1x1)\n {}\n {} }}",
    "param": "net Clash {{ input image: 3x8x8\n param {}: [3] = constant(1)\n (@image * @{}) }}",
    "block value": "block b(cell, {}=1) {{ cell(4)\n conv({}, 1x1) }}\nblock c(width) {{ conv(width, 1x1) -> relu }}\n"
    "net Clash {{ input image: 3x8x8\n b(c) }}",
}


@pytest.mark.parametrize("form", FORMS)
def test_names_that_mean_something(form: str) -> None:
    names = clashing()
    some = [*OURS, *DUNDERS, *random.Random(form).sample(names, 30)]
    taken = sum(
        built(FORMS[form].replace("{}", name).replace("{{", "{").replace("}}", "}")) is not None
        for name in some
    )
    assert taken > len(some) // 3


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_every_name_that_means_something(form: str) -> None:
    for name in clashing():
        built(FORMS[form].replace("{}", name).replace("{{", "{").replace("}}", "}"))


@pytest.mark.parametrize("target", ["a;import os:B", "a:B\n", "a:b()", ".:B", "a.:B", "a:B c", "a: B", "os:system as x", "a:1", "a", ":", "", "..a:B", "a:import", "a\u2028:B", "\uff41:B", "a:B#"])  # fmt: skip
def test_a_layer_from_elsewhere_is_a_path_and_a_name(target: str) -> None:
    from hostile_texts import literal

    text = f"extern layer Odd() -> in.shape = {literal(target)}\nnet N {{ input x: 3x8x8\n Odd }}"
    with pytest.raises(netdsl.NetError, match="E137"):
        netdsl.loads(text)


@pytest.mark.parametrize(
    "symbol", ["nn", "torch", "Tensor", "super", "range", "N", "F", "ClassVar"]
)
def test_a_layer_from_elsewhere_hides_nothing(symbol: str) -> None:
    """`from evil import nn` would put another thing in the place of PyTorch's."""
    import ast

    text = (
        f'extern layer Odd() -> in.shape = "pkg.part:{symbol}"\n'
        'net N { input x: 3x8x8\n conv(4, 3x3) -> relu -> Odd\n keys { "0": "a" } }'
    ).replace('keys { "0": "a" }', "")
    emitted = netdsl.loads(text).torch_source()
    bound = [
        alias.asname or alias.name
        for node in ast.walk(ast.parse(emitted))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    ]
    assert len(bound) == len(set(bound)), emitted
    foreign = [
        alias.asname or alias.name
        for node in ast.walk(ast.parse(emitted))
        if isinstance(node, ast.ImportFrom) and node.module == "pkg.part"
        for alias in node.names
    ]
    assert foreign and foreign[0] not in {
        "nn",
        "torch",
        "Tensor",
        "super",
        "range",
        "F",
        "ClassVar",
    }


def test_two_layers_from_elsewhere_of_one_name() -> None:
    text = (
        'extern layer A() -> in.shape = "one:Net"\nextern layer B() -> in.shape = "two:Net"\n'
        "net N { input x: 3x8x8\n A\n B }"
    )
    emitted = netdsl.loads(text).torch_source()
    assert "from one import Net" in emitted and "from two import Net as " in emitted, emitted
