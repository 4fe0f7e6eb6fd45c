"""`breaking` beside PyTorch's own `load_state_dict(strict=True)` on emitted modules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import torch
from edited import BASE, edited

import netdsl
from netdsl.comparing.breaking import Breaking
from netdsl.comparing.breaking_output import breaking_text, keys_lines


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for each other cost more than such small networks."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def loads(old: Any, new: Any) -> bool:
    try:
        new.load_state_dict(old.state_dict(), strict=True)
    except RuntimeError:
        return False
    return True


def scrambled(module: Any, seed: int = 0) -> Any:
    """Weights and statistics that are all different, so that an exchange shows."""
    chance = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in module.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape, generator=chance) + 0.1)
    return module.eval()


def outputs(module: Any, net: netdsl.Network) -> torch.Tensor:
    chance = torch.Generator().manual_seed(1)
    inputs = [torch.rand(2, *shape, generator=chance) for shape in net.input_shapes.values()]
    with torch.no_grad():
        return module.eval()(*inputs)


def telling(found: Breaking) -> list[Any]:
    """The warnings that concern evaluation."""
    return [w for w in found.warnings if not w.training and not w.initial]


def check(old: netdsl.Network, new: netdsl.Network, text: str = "") -> str:
    """One pair beside PyTorch; what came of it."""
    found = old.breaking(new)
    before, after = scrambled(old.module()), new.module()
    assert loads(before, after) == found.loads == (not found)
    if found.loads:
        same = old.input_shapes == new.input_shapes and old.output_shapes == new.output_shapes
        if same and not torch.allclose(outputs(before, old), outputs(after, new), atol=1e-4):
            assert telling(found), "computes something else, and nothing tells it"
            return "warned"
        return "loads"
    if found.mended and text:
        lines = "\n".join(keys_lines(found.renamed))
        end = text.rstrip().rindex("}")
        mended = netdsl.loads(f"{text[:end]}  keys {{\n{lines}\n}}\n}}\n", new.name).module()
        mended.load_published(before.state_dict())
        if not telling(found):
            theirs, ours = outputs(before, old), outputs(mended, new)
            assert torch.allclose(theirs, ours, atol=1e-4), "a wrong rename"
        return "mended"
    return "breaks"


def sweep(seeds: Iterable[int]) -> dict[str, int]:
    old = netdsl.loads(BASE)
    found: dict[str, int] = {}
    for seed in seeds:
        text = edited(seed)
        try:
            new = netdsl.loads(text, "Edited")
        except netdsl.NetError:
            continue
        said = check(old, new, text)
        found[said] = found.get(said, 0) + 1
    return found


def test_random_edits() -> None:
    found = sweep(range(60))
    assert set(found) == {"loads", "warned", "mended", "breaks"}
    assert min(found.values()) >= 3


@pytest.mark.slow
def test_many_random_edits() -> None:
    found = sweep([*range(1000, 1400), 1939])
    assert set(found) == {"loads", "warned", "mended", "breaks"}
    assert min(found.values()) >= 20


PAIRS = [
    ("resnet18", "resnet34", False),
    ("resnet50", "resnet50_v1", True),
    ("vgg11", "vgg11_lrn", False),
    ("googlenet", "googlenet_bn", False),
    ("resnet20_cifar", "resnet20_cifar_b", False),
    ("densenet40_k12_cifar", "densenet40_k12_full_cifar", False),
    ("preresnet110_cifar", "resnet110_cifar", False),
    ("inception_v3", "inception_v4", False),
    ("alexnet_two_gpu", "alexnet_merged", False),
    ("alexnet_merged", "alexnet_merged_224", True),
    ("alexnet_two_gpu", "caffenet", True),
    ("lenet5", "lenet5_modern", False),
]


@pytest.mark.parametrize(("old", "new", "fits"), PAIRS)
def test_pairs_of_the_zoo(old: str, new: str, fits: bool) -> None:
    nets = [netdsl.load(f"zoo:{name}") for name in (old, new)]
    found = nets[0].breaking(nets[1])
    with torch.device("meta"):
        modules = [net.module() for net in nets]
    try:
        modules[1].load_state_dict(modules[0].state_dict(), strict=True, assign=True)
        loaded = True
    except RuntimeError:
        loaded = False
    assert found.loads == loaded == fits
    assert bool(telling(found)) or not fits


# -------------------------------------------------------------------------------------------- renames
def breaks(old: str, new: str, size: str = "3x8x8") -> Breaking:
    nets = [netdsl.loads(f"net T {{\n input x: {size}\n {body}\n}}") for body in (old, new)]
    return nets[0].breaking(nets[1])


def test_a_renamed_group_is_one_line() -> None:
    body = "{ conv(4, 3x3) -> bn -> relu -> conv(4, 3x3) }"
    found = breaks(f"features: {body}", f"backbone: {body}")
    assert found.renamed == {"backbone": "features"}
    assert found.mended
    assert found.tensors == 9
    assert keys_lines(found.renamed) == ['backbone: "features"']


def test_a_renamed_group_with_something_else_in_it() -> None:
    found = breaks("f: { conv(4, 3x3) -> relu }", "b: { conv(4, 3x3) -> tanh }")
    assert found.renamed == {"b": "f"}
    assert [(w.kind, w.what, w.how) for w in found.warnings] == [
        ("changed", "relu", (("layer", "relu", "tanh"),))
    ]


def test_steps_that_moved_up_are_renamed() -> None:
    found = breaks(
        "f: { conv(4, 3x3) -> relu -> conv(8, 3x3) }",
        "f: { conv(4, 3x3) -> relu -> dropout(0.5) -> conv(8, 3x3) }",
    )
    assert found.renamed == {"f.3": "f.2"}
    assert keys_lines(found.renamed) == ['"f.3": "f.2"']


def test_a_guess_is_no_rename() -> None:
    """Which of two equal convolutions the old one is, nobody knows."""
    found = breaks("a: conv(3, 1x1)", "b: conv(3, 1x1) -> c: conv(3, 1x1)")
    assert not found.renamed
    assert [t.name for t in found.missing] == ["b.weight", "b.bias", "c.weight", "c.bias"]
    assert [t.name for t in found.unexpected] == ["a.weight", "a.bias"]


def test_what_stands_elsewhere_is_no_rename() -> None:
    found = breaks("a: conv(3, 1x1) -> m: conv(3, 3x3)", "m: conv(3, 3x3) -> z: conv(3, 1x1)")
    assert not found.renamed
    assert [t.name for t in found.missing] == ["z.weight", "z.bias"]


def test_shapes() -> None:
    found = breaks("a: conv(4, 3x3)", "a: conv(8, 3x3)")
    assert [(c.name, c.old, c.new) for c in found.changed] == [
        ("a.weight", (4, 3, 3, 3), (8, 3, 3, 3)),
        ("a.bias", (4,), (8,)),
    ]


def test_what_loads_but_is_something_else() -> None:
    found = breaks("a: conv(4, 3x3) -> relu", "a: conv(4, 3x3, stride=2) -> tanh")
    assert found.loads
    assert [change.what for change in found.warnings] == ["conv", "relu"]
    assert breaking_text(found) == (
        "T -> T: old checkpoints load, all 2 tensors\n"
        "\n"
        "Loads, but computes something else\n"
        "\n"
        "  ~ a: conv: stride 1 -> 2\n"
        "  ~ relu -> tanh: relu -> tanh\n"
    )


def test_training_and_first_weights_are_marked() -> None:
    found = breaks("a: conv(4, 3x3) -> dropout(0.1)", "a: conv(4, 3x3) -> dropout(0.2)")
    assert [(w.training, w.initial) for w in found.warnings] == [(True, False)]
    found = breaks("a: conv(4, 3x3) -> l2norm(20)", "a: conv(4, 3x3) -> l2norm(10)")
    assert [(w.training, w.initial) for w in found.warnings] == [(False, True)]


def test_the_order_of_keys_breaks_nothing() -> None:
    found = breaks("a: conv(3, 1x1) -> b: conv(3, 1x1)", "b: conv(3, 1x1) -> a: conv(3, 1x1)")
    assert found.loads
    assert telling(found)


def test_layers_from_elsewhere_are_not_known() -> None:
    text = 'extern layer Mine(k=1) -> in.shape = "a.b:Mine"\nnet T {\n input x: 3x8x8\n m: Mine\n}'
    found = netdsl.loads(text).breaking(netdsl.loads(text))
    assert found.loads
    assert found.unknown == ("m",)
    assert "Not known: the tensors of layers from elsewhere" in breaking_text(found)


def test_json() -> None:
    found = breaks("features: { conv(4, 3x3) -> bn }", "body: { conv(4, 3x3) -> bn }")
    data = json.loads(breaking_text(found, "json"))
    assert data["schema"] == "netdsl-breaking/1"
    assert (data["loads"], data["mended"]) == (False, True)
    assert data["renamed"] == [{"new": "body", "old": "features"}]
    assert data["keys"] == 'body: "features"'
    assert data["missing"] == data["unexpected"] == data["changed"] == data["warnings"] == []
