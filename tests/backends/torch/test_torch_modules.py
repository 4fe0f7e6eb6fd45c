"""What the emitted module does beyond what the zoo and the random programs show."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import pytest
import torch
from torch import nn
from work import growth

import netdsl
from netdsl.elaborate.attributes import DICT_NAMES, MODULE_NAMES, SEQUENTIAL_NAMES


def module_of(network: netdsl.Network) -> nn.Module:
    names: dict[str, object] = {"__name__": "emitted"}
    exec(network.torch_source(), names)  # noqa: S102
    made = names[network.torch_class]
    assert isinstance(made, type) and issubclass(made, nn.Module)
    return made()


@pytest.mark.parametrize("name", ["Tensor", "nn", "F", "torch", "Sequence", "range"])
def test_name_of_a_network_that_the_file_needs_itself(name: str) -> None:
    network = netdsl.loads(f"net {name} {{\n input image: 3x4x4\n conv(2, 3x3) -> relu\n}}")
    assert f"class {network.torch_class}(nn." in network.torch_source()
    assert module_of(network)(torch.zeros(2, 3, 4, 4)).shape == (2, 2, 2, 2)


@pytest.mark.parametrize(
    "word", ["from", "lambda", "class", "self", "x", "range", "torch", "in_channels"]
)
def test_arguments_called_as_words_of_python(word: str) -> None:
    text = f"block b({word}, scale=0.5) {{\n residual(scale=scale) {{ c: conv({word}, 1x1) }}\n}}\n"
    text += "net Net {\n input image: 4x3x3\n b(4) -> b(4, scale=0.25)\n}"
    network = netdsl.loads(text)
    module = module_of(network)
    assert [tuple(p.shape) for p in module.parameters()] == [(4, 4, 1, 1), (4,)] * 2
    x = torch.randn(2, 4, 3, 3)
    first, second = module.b1, module.b2
    y = x + 0.5 * first.c(x)  # type: ignore[operator,union-attr]
    torch.testing.assert_close(module(x), y + 0.25 * second.c(y))  # type: ignore[operator,union-attr]


def shapes_with(text: str, **values: int) -> tuple[dict[str, tuple[int, ...]], list[str]]:
    """The `state_dict` of the emitted class made with other arguments, and the arguments that it takes."""
    network = netdsl.loads(text)
    kind = type(module_of(network))
    taken = [name for name in inspect.signature(kind).parameters]
    made = kind(**{name: value for name, value in values.items() if name in taken})
    return {name: tuple(tensor.shape) for name, tensor in made.state_dict().items()}, taken


def test_parameters_that_decide_inside_a_block_are_no_arguments() -> None:
    """With `k=1` the first cell has no shortcut: a class that was emitted for `k=2` cannot serve it."""
    text = """
    block cell(width) {
      residual { conv(width, 3x3, padding=1) } shortcut if in.channels != width { conv(width, 1x1) }
    }
    block stage(width) { cell(width) -> cell(width) }
    net Net(k=2, classes=3) {
      input image: 3x8x8
      conv(8, 1x1) -> stage(8 * k) -> global_avgpool -> flatten -> linear(classes)
    }"""
    shapes, taken = shapes_with(text, classes=5)
    assert taken == ["classes"]
    assert shapes == netdsl.loads(text, classes=5).state_dict_shapes()
    assert len(netdsl.loads(text, k=1).state_dict_shapes()) == len(shapes) - 2


def test_default_in_terms_of_another_parameter_follows_it() -> None:
    text = """net Net(growth=4, start=2 * growth) {
      input image: 3x8x8
      conv(start, 1x1) -> conv(growth, 1x1)
    }"""
    shapes, taken = shapes_with(text, growth=6)
    assert taken == ["growth"]
    assert shapes == netdsl.loads(text, growth=6).state_dict_shapes()
    shapes, taken = shapes_with(text + "\nnet Other = Net(start=5)", growth=6)
    assert taken == ["growth", "start"]
    assert shapes["conv1.weight"] == (5, 3, 1, 1) and shapes["conv2.weight"] == (6, 5, 1, 1)


def test_names_that_modules_have_are_kept_from_labels() -> None:
    def public(module: nn.Module) -> set[str]:
        return {name for name in dir(module) if not name.startswith("_")}

    assert public(nn.Module()) <= MODULE_NAMES
    assert public(nn.Sequential()) <= MODULE_NAMES | SEQUENTIAL_NAMES
    assert public(nn.ModuleDict()) <= MODULE_NAMES | DICT_NAMES


PUBLISHED = """net Net {
  input image: 3x8x8
  features: { conv(4, 3x3) -> bn -> relu }
  global_avgpool -> flatten -> fc: linear(5)
  keys { features: "backbone.body"  "features.0": "conv"  fc: "" }
}"""


def test_checkpoint_with_other_names() -> None:
    network = netdsl.loads(PUBLISHED)
    assert list(network.published.items()) == [
        ("features.0", "conv"),
        ("fc", ""),
        ("features", "backbone.body"),
    ]
    module, other = module_of(network), module_of(network)
    assert type(module).published == network.published  # type: ignore[attr-defined]
    called = {"features.0": "conv", "features.1": "backbone.body.1", "fc": ""}
    theirs = {}
    for name, tensor in other.state_dict().items():
        layer, _, last = name.rpartition(".")
        theirs[f"{called[layer]}.{last}".lstrip(".")] = torch.randn(tensor.shape).to(tensor.dtype)
    assert {"conv.weight", "backbone.body.1.running_mean", "bias"} < set(theirs)
    module.load_published(theirs)  # type: ignore[operator]
    torch.testing.assert_close(module.features[0].weight, theirs["conv.weight"])  # type: ignore[index]
    torch.testing.assert_close(module.fc.bias, theirs["bias"])
    torch.testing.assert_close(
        module.state_dict()["features.1.running_mean"], theirs["backbone.body.1.running_mean"]
    )
    with pytest.raises(KeyError, match="more"):
        module.load_published({**theirs, "more": theirs["bias"]})  # type: ignore[operator]
    del theirs["conv.bias"]
    with pytest.raises(RuntimeError, match=r"features\.0\.bias"):
        module.load_published(theirs)  # type: ignore[operator]


def test_networks_without_other_names_have_no_such_method() -> None:
    text = PUBLISHED.replace("keys", "meta")
    assert "published" not in netdsl.loads(text).torch_source()
    assert netdsl.loads(text).published == {}


def test_side_outputs_in_training_only() -> None:
    network = netdsl.loads(
        """net Net {
          input image: 3x8x8
          stem: conv(4, 3x3)
          aux side(weight=0.3) { global_avgpool -> flatten -> linear(2) }
          aux far = conv(1, 1x1)
          global_avgpool -> flatten -> fc: linear(5)
        }"""
    )
    module = module_of(network)
    assert module.aux_weights == {"side": 0.3, "far": 1.0}
    x = torch.zeros(2, 3, 8, 8)
    given = module(x)
    assert type(given).__name__ == "NetOutput" and given._fields == ("output", "side", "far")
    assert given.side.shape == (2, 2) and given.far.shape == (2, 1, 6, 6)
    assert module.eval()(x).shape == (2, 5)
    assert sum(p.numel() for p in module.parameters()) == network.parameters
    assert network.parameters - network.parameters_used == 4 * 2 + 2 + 4 + 1


def test_several_outputs_are_a_named_tuple() -> None:
    network = netdsl.loads(
        """net Net {
          input image: 3x8x8
          body: { conv(4, 3x3) -> map: relu -> conv(2, 3x3) }
          output body, body.map
        }"""
    )
    given = module_of(network)(torch.zeros(1, 3, 8, 8))
    assert given._fields == ("body", "body_map")
    assert given.body.shape == (1, 2, 4, 4) and given.body_map.shape == (1, 4, 6, 6)


def test_several_inputs_and_a_shared_module() -> None:
    network = netdsl.loads(
        """net Net {
          input left: 3x5x7
          input right: 3x5x7
          module tower = { conv(4, 3x3, padding=1) -> relu }
          @left -> a: tower
          @right -> b: tower
          (abs(@a - @b))
        }"""
    )
    module = module_of(network)
    left, right = torch.randn(2, 3, 5, 7), torch.randn(2, 3, 5, 7)
    tower = module.tower
    assert isinstance(tower, nn.Module)
    torch.testing.assert_close(module(left, right), (tower(left) - tower(right)).abs())
    assert list(module.state_dict()) == ["tower.0.weight", "tower.0.bias"]
    assert "Input: left (N, 3, 5, 7), right (N, 3, 5, 7)." in network.torch_source()


def test_open_sides() -> None:
    network = netdsl.loads(
        """net Net {
          input image: 3x?x?
          conv(4, 3x3, stride=2, padding=1) -> relu
          add { | conv(4, 3x3, padding=1) | identity }
          global_avgpool -> flatten -> fc: linear(2)
        }"""
    )
    module = module_of(network)
    for height, width in [(7, 9), (32, 16), (1, 1)]:
        assert module(torch.zeros(2, 3, height, width)).shape == (2, 2)
    assert "Input: (N, 3, H, W)." in network.torch_source()


def test_learned_tensors_and_their_starts() -> None:
    network = netdsl.loads(
        """net Net {
          input image: 3x4x4
          param gain: [3] = 2
          param shift: [3]
          (@gain * @image + @shift)
          c: conv(2, 1x1)
          init { shift: normal(0.1)  c.weight: constant(0.5)  c.bias: zeros }
        }"""
    )
    module = module_of(network)
    state = module.state_dict()
    assert list(state) == ["gain", "shift", "c.weight", "c.bias"]
    assert (state["gain"] == 2).all() and state["shift"].std() > 0
    assert (state["c.weight"] == 0.5).all() and (state["c.bias"] == 0).all()


def test_a_deep_network_compiles_with_work_in_proportion() -> None:
    def compiled(depth: int) -> Callable[[], object]:
        return lambda: netdsl.load("zoo:resnet50", depths=[3, 4, depth, 3]).torch_source()

    assert growth(compiled, 20) < 1.2
    network = netdsl.load("zoo:resnet50", depths=[3, 4, 390, 3])
    source = network.torch_source()
    assert network.layers == 1202
    assert len(source.splitlines()) < 120  # loops are loops
    with torch.device("meta"):
        assert len(list(module_of(network).parameters())) > 3600


def test_layer_of_the_users_own() -> None:
    network = netdsl.loads(
        """extern layer Blur(width, factor=2) -> [in.channels, in.height, in.width] = "torch.nn:Identity"
        net Net {
          input image: 3x4x4
          conv(4, 1x1)
          Blur(3, factor=4)
        }"""
    )
    source = network.torch_source()
    assert "from torch.nn import Identity" in source
    assert re.search(r"Identity\(width=3, factor=4\)", source)


def test_docstrings_say_shapes() -> None:
    network = netdsl.loads(
        """block down(width, stride=2) { conv(width, 3x3, stride=stride, padding=1) -> bn -> relu }
        net Net { input image: 3x32x32
          down(8) -> down(16) -> down(16, stride=1)
        }"""
    )
    source = network.torch_source()
    assert (
        '"""Input: (N, in_channels, H, W). Output: (N, width, H / stride, W / stride)."""' in source
    )
    assert '"""Input: (N, 3, 32, 32). Output: (N, 16, 8, 8)."""' in source


def test_docstrings_of_blocks_for_some_sizes_only() -> None:
    """Many uses keep their size, the last halves it; its branches agree for even sizes, which is a warning."""
    source = netdsl.loads(
        """block unit(stride=1) {
          residual { conv(4, 3x3, stride=stride, padding=1) } shortcut { avgpool([stride, stride]) }
          relu
        }
        net Net { input image: 4x32x32
          repeat 20 { unit }
          unit(stride=2)
        }"""
    ).torch_source()
    assert "Output: (N, 4, H / stride, W / stride)." in source


def test_permute_of_open_sides() -> None:
    """The channels come first all the same: the sides, which have no number, are not asked for."""
    text = "block turned { permute([0, 2, 1]) -> relu }\n"
    net = netdsl.loads(text + "net A {\n  input x: 8x?x?\n  turned\n  conv(4, 3x3, padding=1)\n}")
    with torch.no_grad():
        assert net.module()(torch.zeros(1, 8, 5, 9)).shape == (1, 4, 9, 5)


def test_the_type_of_a_size_that_is_computed() -> None:
    """A list beside numbers or sizes is a size, and torch takes a tuple there; a list alone is a sequence."""
    source = netdsl.loads(
        """block unit(channels, size) { conv(channels, size, padding="same") -> relu }
        block both(n) { unit(4, 1x1) -> unit(4, [1, n]) -> unit(4, [n, 1]) }
        block all(widths) { for width in widths { conv(width, 1x1) -> relu } }
        net Net { input image: 4x9x9
          both(3) -> both(5) -> all([4, 5]) -> all([4, 8])
        }"""
    ).torch_source()
    assert "size: int | tuple[int, int]" in source
    assert "widths: Sequence[int]" in source
