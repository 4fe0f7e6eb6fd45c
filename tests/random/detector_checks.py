"""What must hold for every detector: weights, shapes of what it predicts, a step of training, detecting."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import torch
from program_checks import check_text, fill, module_of, seeded, state_of
from running import Watched, check_shapes
from torch import Tensor, nn

from netdsl.backends.torch.check import check
from netdsl.backends.torch.emitter import Emitter
from netdsl.backends.torch.page import in_order, page
from netdsl.network import Network

IMAGES = 2
SIDE = 32  # of images whose size is open
PER_REGION = ("rcnn", "svm")  # heads whose outputs are for one region


def emitted_detector(network: Network) -> str:
    """The text of the one form of emission, with what it needs of the shared files."""
    emitter = Emitter(network.design, 88, False)
    root = emitter.net()
    check(network.design, root, in_order(root))
    return page(emitter, root, 88, True)


def check_detector(network: Network, text: str) -> None:
    start = text.index(f"class {network.torch_class}(")  # helpers may stand behind it
    own = re.split(r"\n\n\n(?=def|@|class)", text[start:])[0]
    check_text(re.sub(r"^ +@\w.*\n", "", own, flags=re.MULTILINE))
    with seeded(3):
        module = module_of(text, network.torch_class)
        fill(module)
        assert list(state_of(module).items()) == list(network.state_dict_shapes().items())
        assert sum(p.numel() for p in module.parameters()) == network.parameters
        given = next(iter(network.input_shapes.values()))
        sides = [d if isinstance(d, int) else SIDE for d in given.sides]
        images = torch.rand(IMAGES, given.channels, *sides)
        at = (
            network.at("x".join(map(str, [given.channels, *sides]))) if not given.known else network
        )
        kinds = set(network.design.heads)
        if "svm" not in kinds:
            check_predicted(at, module, images)
        check_run(network, module, images, kinds)


def check_predicted(network: Network, module: nn.Module, images: Tensor) -> None:
    """Scores and offsets of all maps together have the shapes that the network says."""
    kept, heads = module.forward, network.design.heads
    module.forward = lambda x: module.predict(x)  # type: ignore[method-assign, operator]
    try:
        watched = Watched(module, [images])
    finally:
        module.forward = kept  # type: ignore[method-assign]
    found = set(_shapes(watched.results))
    for name, shape in network.output_shapes.items():
        if not name.startswith(PER_REGION):
            wanted = (IMAGES, *shape)
            squeezed = wanted[:-1] if wanted[-1] == 1 else wanted  # one score is a number
            assert found & {wanted, squeezed}, f"{name}: {shape} is not among {sorted(found)}"
    if not set(heads) & set(PER_REGION):
        assert network.macs == watched.macs, f"{network.macs} multiply-adds, {watched.macs} done"
    if not any(event.others for event in heads.values()):
        check_shapes(network.design, watched)


def _shapes(result: Any) -> Iterator[tuple[int, ...]]:
    """Shapes of tensors, of those beside each other put together, and of those of a list in a row."""
    if isinstance(result, Tensor):
        yield tuple(result.shape)
    elif isinstance(result, dict):
        yield from _shapes(tuple(result.values()))
    elif isinstance(result, (list, tuple)):
        for item in result:
            yield from _shapes(item)
        maps = [item for item in result if isinstance(item, Tensor) and item.dim() in (2, 3)]
        if len(maps) == len(result) and len({item.shape[2:] for item in maps}) == 1:
            yield tuple(torch.cat(maps, dim=1).shape)


def check_run(network: Network, module: nn.Module, images: Tensor, kinds: set[str]) -> None:
    """Losses of a training step are finite, and detecting gives boxes within the image."""
    boxes = torch.tensor([[2.0, 3.0, 14.0, 15.0], [8.0, 8.0, 30.0, 28.0]])
    first = int("labels, from 1" in (type(module).__doc__ or ""))
    labels = torch.tensor([first, first])
    targets: list[Any] = [{"boxes": boxes.clone(), "labels": labels.clone()} for _ in images]
    if "fcn" in kinds:
        targets = [torch.zeros(images.shape[2:], dtype=torch.long) for _ in images]
        targets = [{"labels": t} for t in targets]
    given: list[Any] = [list(images)]
    names = list(inspect.signature(module.forward).parameters)
    if "proposals" in names:
        given.append([boxes.clone() for _ in images])
    if "svm" not in kinds:
        losses = module.train()(*given, targets)
        total = sum(losses.values())
        assert isinstance(total, Tensor) and torch.isfinite(total)
        total.backward()
    with torch.no_grad():
        results = module.eval()(*given)
    assert len(results) == IMAGES
    for result in results:
        if "boxes" in result:
            assert result["boxes"].shape == (len(result["scores"]), 4)
            assert len(result["labels"]) == len(result["scores"])
