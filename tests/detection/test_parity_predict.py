"""`predict` of every detector of the zoo compiles as one graph and is exported for any batch, and where
the text leaves them open for any height and width."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from detector_oracle import close, emitted_class
from torch import Tensor, nn

LIGHT = "digitsssd"
# Other input sizes where the text allows them: graphs do not depend on them.
HEAVY = {
    "digitsfasterrcnn": None,
    "digitsretinanet": None,
    "digitsyolo": None,
    "ssd300": None,
    "ssd300torchvision": None,
    "ssd512": None,
    "ssdlitemobilenetv2": None,
    "ssdlitemobilenetv3": None,
    "faster_rcnn": None,
    "fasterrcnnzf": None,
    "fasterrcnnvgg16": None,
    "fastrcnnzf": None,
    "fastrcnnvgg16": None,
    "retinanet": None,
    "yolov1": None,
    "yolov2": "3x160x160",
    "yolov2_coco": "3x160x160",
    "yolov2_darknet": None,
    "yolov3": "3x160x160",
    "fcn8s_voc": "3x96x96",
    "fcn16s_voc": "3x96x96",
    "fcn32s_voc": "3x96x96",
    "rcnn": None,
}


class Predict(nn.Module):
    """`predict` as what a module does: only this is exported."""

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Any:
        return self.net.predict(x)


@pytest.fixture(
    scope="module",
    params=[LIGHT, *(pytest.param(n, marks=pytest.mark.slow) for n in HEAVY)],
)
def net(request: pytest.FixtureRequest) -> Any:
    torch.manual_seed(0)
    return emitted_class(request.param, HEAVY.get(request.param))().eval()


def images(net: Any, batch: int, size: tuple[int, int]) -> Tensor:
    return torch.rand(batch, 3, *getattr(net, "size", size))


def same(found: Any, expected: Any) -> None:
    assert type(found) is type(expected)
    if isinstance(expected, Tensor):
        close(found, expected, atol=1e-5 * float(expected.abs().max()))
        return
    for one, other in zip(found, expected, strict=True):
        same(one, other)


def test_compiled(net: Any) -> None:
    x = images(net, 1, (64, 96))
    torch.compiler.reset()
    with torch.no_grad():
        compiled = torch.compile(net.predict, fullgraph=True, backend="aot_eager")
        same(compiled(x), net.predict(x))


@pytest.mark.slow
def test_compiled_in_training(net: Any) -> None:
    """With gradients, which are those of the plain network."""
    x = images(net, 2, (64, 96))
    torch.compiler.reset()
    net.train()
    first = next(net.parameters())
    gradients = []
    for predict in (torch.compile(net.predict, fullgraph=True, backend="aot_eager"), net.predict):
        net.zero_grad()
        torch.manual_seed(0)  # of dropout
        total = torch.stack([x.square().mean() for x in tensors(predict(x))]).sum()
        total.backward()
        gradients.append(first.grad.clone())
    net.zero_grad(set_to_none=True)
    net.eval()
    close(gradients[0], gradients[1], atol=1e-4 * float(gradients[1].abs().max()))


def tensors(out: Any) -> list[Tensor]:
    if isinstance(out, Tensor):
        return [out]
    return [x for part in out for x in tensors(part)]


def test_exported(net: Any) -> None:
    """Exported with a batch of 2, the program runs others, and other sizes where they are open."""
    dims: dict[int, Any] = {0: torch.export.Dim("batch", min=1, max=64)}
    if not hasattr(net, "size"):
        # Multiples of 32, as batches of images have; from 160 on the coarsest map of five has more than
        # one cell, and torch says for one cell what it says for no other number.
        for axis, name in ((2, "rows"), (3, "columns")):
            dims[axis] = 32 * torch.export.Dim(name, min=5, max=40)
    with torch.no_grad():
        given = (images(net, 2, (160, 192)),)
        program = torch.export.export(Predict(net), given, dynamic_shapes=(dims,)).module()
        for batch, size in ((3, (160, 192)), (1, (256, 160))):
            x = images(net, batch, size)
            same(program(x), net.predict(x))
