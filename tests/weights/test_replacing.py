"""Other steps in the place of some."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import netdsl
from netdsl import NetError

NET = """\
block unit(width) { conv: conv(width, 3x3, padding=1) -> relu }

net Small(classes=10) {
  input image: 3x8x8
  stem: unit(8)                                :: 8x8x8
  body: { conv(8, 3x3) -> relu -> conv(8, 3x3) }
  repeat 2 { conv(8, 1x1) }
  if classes > 5 { pick: conv(8, 1x1) }
  maxpool(2x2) -> flatten
  linear(16) -> relu
  head: linear(classes)
  expect layers == 8
}

net Wide = Small(classes=20)
"""


def test_a_head_is_what_pytorch_users_put_there() -> None:
    net = netdsl.load("zoo:alexnet", replace={"classifier.6": "linear(20)"})
    theirs = netdsl.load("zoo:alexnet").module()
    theirs.classifier[6] = nn.Linear(theirs.classifier[6].in_features, 20)  # type: ignore[index]
    ours = net.module()
    ours.load_state_dict(theirs.state_dict())
    images = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        assert torch.equal(ours.eval()(images), theirs.eval()(images))
    assert str(net.output_shape) == "20"
    assert "nn.Linear(4096, 20)" in net.torch_source()


@pytest.mark.parametrize(
    ("steps", "names"),
    [
        ({"head": "linear(3)"}, ["linear", "head"]),
        ({"head": "top: linear(3)"}, ["linear", "top"]),
        ({"head": "dropout(0.5) -> linear(3)"}, ["linear", "head.1"]),
        ({"linear": "linear(5)"}, ["linear", "head"]),
        ({"linear": "linear(5) -> relu -> linear(4)"}, ["linear.0", "linear.2", "head"]),
        ({"stem": "conv(4, 1x1)"}, ["stem", "linear", "head"]),
        ({"stem": "{\n  a: conv(4, 1x1)\n  relu\n}"}, ["stem.a", "linear", "head"]),
        ({"body.2": "conv(4, 1x1)", "head": "linear(2)"}, ["body.2", "linear", "head"]),
        ({"body": "unit(4)"}, ["body.conv", "linear", "head"]),
        ({"pick": "conv(2, 1x1)"}, ["pick", "linear", "head"]),
        ({"maxpool": "conv(2, 2x2, stride=2)"}, ["maxpool", "linear", "head"]),
        ({"relu": "prelu"}, ["linear", "relu", "head"]),
    ],
)
def test_names(steps: dict[str, str], names: list[str]) -> None:
    """A step keeps its name; several are a level under it, as in `model.fc = nn.Sequential(...)`."""
    net = netdsl.loads(NET, "Small", replace=steps)
    model = net.module()
    state = list(net.state_dict_shapes())
    assert list(model.state_dict()) == state
    assert {f"{name}.weight" for name in names} <= set(state)
    result = model(torch.randn(2, 3, 8, 8))
    assert tuple(result.shape[1:]) == net.output_shape
    assert set(net.design.replaced) <= {name.rpartition(".")[0] for name in state} | {
        *("stem", "body", "head", "linear")
    }


def test_of_a_variant_with_parameters(tmp_path: Path) -> None:
    path = tmp_path / "nets.net"
    path.write_text('import Small, Wide from "zoo_small.net"\nnet Mine = Wide(classes=7)\n')
    (tmp_path / "zoo_small.net").write_text(NET)
    net = netdsl.load(path, "Mine", replace={"stem": "unit(3) -> bn"})
    assert net.state_dict_shapes()["stem.0.conv.weight"] == (3, 3, 3, 3)
    assert str(net.output_shape) == "7"
    assert netdsl.load(path, "Mine").state_dict_shapes()["stem.conv.weight"] == (8, 3, 3, 3)


def test_new_steps_take_nothing_from_a_checkpoint() -> None:
    """Even where name and shape agree: the head is new."""
    net = netdsl.loads(NET, "Small", replace={"head": "linear(10)"})
    assert "head" not in net.start_from(netdsl.loads(NET, "Wide")).started_from
    same = netdsl.loads(NET, "Small", replace={"head": "linear(20)"})
    assert "head" not in same.start_from(netdsl.loads(NET, "Wide")).started_from
    assert "head" not in same.start_from(netdsl.loads(NET, "Wide"), first=2).started_from
    with pytest.raises(NetError, match="has no layer for"):
        same.start_from(netdsl.loads(NET, "Wide"), last=1)


def failing(steps: dict[str, str]) -> list[tuple[str, str]]:
    with pytest.raises(NetError) as error:
        netdsl.loads(NET, "Small", replace=steps)
    return [(d.code, str(d.span)) for d in error.value.diagnostics]


@pytest.mark.parametrize(
    ("steps", "code", "place"),
    [
        ({"heat": "linear(2)"}, "E142", "None"),
        ({"stem.conv": "conv(2, 1x1)"}, "E143", "<text>:1:21"),
        ({"conv1": "conv(2, 1x1)"}, "E143", "<text>:7:14"),
        ({"body": "relu", "body.0": "relu"}, "E143", "<text>:6:11"),
        ({"head": "linear("}, "E007", "--replace head:1:7"),
        ({"head": ""}, "E024", "--replace head:1:1"),
        ({"head": "output x"}, "E024", "--replace head:1:1"),
        ({"head": "linaer(2)"}, "E101", "--replace head:1:1"),
        ({"head": "conv(2, 3x3)"}, "E211", "--replace head:1:1"),
        ({"stem": "conv(8, 9x9)"}, "E213", "--replace stem:1:1"),
    ],
)
def test_what_cannot_be(steps: dict[str, str], code: str, place: str) -> None:
    found = failing(steps)
    assert found[0] == (code, place)


def test_a_shared_module_is_not_replaced_in_part() -> None:
    text = """\
net Twin {
  input left: 1x8x8
  module tower = { conv(4, 3x3) -> flatten }
  tower -> fc: linear(2)
}
"""
    with pytest.raises(
        NetError, match="`tower.0` cannot be replaced: it stands in the shared module"
    ):
        netdsl.loads(text, replace={"tower.0": "conv(2, 3x3)"})
    assert netdsl.loads(text, replace={"fc": "linear(3)"}).output_shape == (3,)
