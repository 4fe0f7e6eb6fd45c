"""Networks that start from the checkpoints of others."""

from __future__ import annotations

import pytest
import torch

import netdsl
from netdsl import NetError, Network

# net, the one it starts from, how many of its first and last layers: what is expected of the parts
BY_ORDER = [
    (
        *("vgg16", "vgg11", 4, 3),
        {
            "features.0": "features.0",
            "features.5": "features.3",
            "features.10": "features.6",
            "features.12": "features.8",
            "classifier": "classifier",
        },
    ),
    (
        *("vgg13_bn", "vgg11_bn", 2, 1),
        {
            "features.0": "features.0",
            "features.1": "features.1",
            "features.7": "features.4",
            "features.8": "features.5",
            "classifier.6": "classifier.6",
        },
    ),
]


def started(net: Network, other: Network) -> None:
    """Take a step: what the net says it takes is what its module takes, and nothing else."""
    source, model = other.module(), net.module()
    theirs = source.state_dict()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.start_from(theirs)  # type: ignore[operator]
    assert net.design.start is not None
    for name, tensor in model.state_dict().items():
        taken = net.design.start.tensors.get(name)
        assert torch.equal(tensor, before[name] if taken is None else theirs[taken]), name


@pytest.mark.parametrize(("name", "other", "first", "last", "parts"), BY_ORDER)
def test_by_order(name: str, other: str, first: int, last: int, parts: dict[str, str]) -> None:
    source = netdsl.load(f"zoo:{other}")
    net = netdsl.load(f"zoo:{name}").start_from(source, first=first, last=last)
    assert net.started_from == parts


@pytest.mark.parametrize("name", ["vgg13", "vgg16", "vgg16_c", "vgg19"])
def test_deeper_nets_start_from_net_a(name: str) -> None:
    """Simonyan and Zisserman, section 3.1: its first four convolutions and its last three layers."""
    source = netdsl.load("zoo:vgg11")
    net = netdsl.load(f"zoo:{name}").start_from(source, first=4, last=3)
    assert net.design.start is not None
    theirs = list(source.state_dict_shapes())
    assert list(net.design.start.tensors.values()) == [*theirs[:8], *theirs[-6:]]
    if name == "vgg16":
        started(net, source)


def test_by_names_and_shapes() -> None:
    source = netdsl.load("zoo:resnet34")
    net = netdsl.load("zoo:resnet18", classes=5).start_from(source)
    same = ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4")
    assert net.started_from == dict.fromkeys(same) | {name: name for name in same}
    started(net, source)


SMALL = """\
net Plain {
  input image: 3x8x8
  body: { conv(8, 3x3) -> bn -> relu -> conv(8, 3x3) }
  flatten -> fc: linear(4)
}

net Wrapped {
  input image: 3x8x8
  backbone: { stem: { conv(8, 3x3) -> bn -> relu -> conv(8, 3x3) } }
  param scale: [8] = ones
  (@backbone * @scale)
  flatten -> fc: linear(4)
}

net Narrow {
  input image: 3x8x8
  conv(7, 3x3)
}
"""


def test_other_beginnings_of_names() -> None:
    source = netdsl.loads(SMALL, "Plain")
    net = netdsl.loads(SMALL, "Wrapped")
    assert net.start_from(source).started_from == {"fc": "fc"}
    both = net.start_from(source, names={"backbone.stem": "body"})
    assert both.started_from == {"backbone.stem": "body", "fc": "fc"}
    started(both, source)
    numbered = netdsl.loads(
        "net Body {\n  input image: 3x8x8\n  all: { body: { conv(8, 3x3) -> bn -> relu } }\n}\n"
    )
    assert numbered.start_from(source, names={"all": ""}).started_from == {"all.body": "body"}
    assert source.start_from(numbered, names={"": "all"}).started_from == {
        "body.0": "all.body.0",
        "body.1": "all.body.1",
    }
    none = net.start_from(source, names={"backbone.stem": "body", "fc": "head"})
    assert none.started_from == {"backbone.stem": "body"}


def test_the_whole_net() -> None:
    source = netdsl.loads(SMALL, "Wrapped")
    net = netdsl.loads(SMALL, "Wrapped").start_from(source)
    assert net.started_from == {"scale": "scale", "backbone": "backbone", "fc": "fc"}
    started(net, source)


def test_another_net_of_a_file() -> None:
    net = netdsl.load("zoo:vgg16").start_from("zoo:vgg16", "VGG19", first=1)
    assert net.started_from == {"features.0": "features.0"}


def test_the_network_stays_as_it_was() -> None:
    net = netdsl.loads(SMALL, "Plain")
    net.start_from(net).freeze("body")
    assert (net.started_from, net.frozen) == ({}, ())
    assert "started_from" not in net.torch_source()


def test_by_names_or_by_order() -> None:
    net = netdsl.loads(SMALL, "Plain")
    for given in ({"first": -1}, {"names": {"body": "body"}, "last": 1}):
        with pytest.raises(ValueError, match="by names, or by order"):
            net.start_from(net, **given)  # type: ignore[arg-type]


def said(error: pytest.ExceptionInfo[NetError]) -> tuple[str, str]:
    (diagnostic,) = error.value.diagnostics
    return diagnostic.code, diagnostic.message


def test_what_does_not_fit() -> None:
    net, narrow = netdsl.loads(SMALL, "Plain"), netdsl.loads(SMALL, "Narrow")
    with pytest.raises(NetError) as error:
        net.start_from(narrow)
    code, message = said(error)
    assert (code, message) == ("E144", "no weights of Narrow fit Plain: no name and shape agree")
    with pytest.raises(NetError) as error:
        net.start_from(narrow, first=1)
    assert said(error) == ("E144", "Plain has no layer for Narrow's `conv.weight`: 7x3x3x3")
    with pytest.raises(NetError) as error:
        net.start_from(net, first=2, last=2)
    assert said(error) == ("E144", "Plain has 3 convolutions and linear layers, not 4")
    with pytest.raises(NetError) as error:
        net.start_from(net, names={"bodi": "x"})
    assert said(error)[0] == "E142" and error.value.diagnostics[0].hint == "did you mean `body`?"


def test_a_checkpoint_that_is_another() -> None:
    """What is missing or has another shape is an error, and nothing is loaded."""
    source = netdsl.loads(SMALL, "Plain")
    model = source.start_from(source).module()
    state = source.module().state_dict()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(KeyError, match="fc.bias"):
        model.start_from({n: t for n, t in state.items() if n != "fc.bias"})  # type: ignore[operator]
    assert all(torch.equal(t, before[n]) for n, t in model.state_dict().items())
    with pytest.raises(RuntimeError, match="size mismatch for fc.bias"):
        model.start_from({**state, "fc.bias": torch.zeros(3)})  # type: ignore[operator]
