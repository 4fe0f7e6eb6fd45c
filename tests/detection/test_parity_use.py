"""Every detector of the zoo trains a step and detects, whatever the images are like."""

from __future__ import annotations

import copy
import inspect
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import pytest
import torch
from detector_oracle import Found, close, emitted_class, network, objects, photographs
from torch import Tensor

LIGHT = ("digitsssd", "digitsfasterrcnn", "digitsretinanet", "digitsyolo")
# Other input sizes where the text allows them: what happens does not depend on them.
HEAVY = {
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
# These have the code of another one with other numbers in it.
VARIANTS = {
    "ssd300torchvision",
    "ssd512",
    "ssdlitemobilenetv2",
    "fasterrcnnvgg16",
    "fastrcnnvgg16",
    "yolov2_coco",
    "yolov2_darknet",
    "fcn16s_voc",
    "fcn32s_voc",
}
GIVEN = ("fastrcnnzf", "fastrcnnvgg16", "rcnn")  # proposals are an argument


EVERY_SIZE = (12, 9)  # how many objects two images have if every map is to have some


def ladders(images: Sequence[Tensor], classes: int, first: int) -> list[Found]:
    """Objects from small to the whole image: in the middle of one image, in a corner of the other."""
    targets = []
    for image, count, centred in zip(images, EVERY_SIZE, (True, False), strict=True):
        whole = torch.tensor([image.shape[2], image.shape[1]])
        side = torch.arange(1, count + 1)[:, None] / count * whole
        corner = (whole - side) / 2 if centred else torch.zeros_like(side)
        boxes = torch.cat([corner, corner + side], dim=1).to(image.dtype)
        targets.append({"boxes": boxes, "labels": torch.arange(count) % classes + first})
    return targets


class Case(NamedTuple):
    name: str
    net: Any
    classes: int

    @property
    def first(self) -> int:
        """The first label."""
        return 0 if "retinanet" in self.name or self.name.startswith("fcn") else 1

    def targets(self, images: Sequence[Tensor], counts: Sequence[int]) -> list[Found]:
        if not self.name.startswith("fcn"):
            if tuple(counts) == EVERY_SIZE:
                return ladders(images, self.classes, self.first)
            return objects(images, counts, self.classes, seed=1, start=self.first)
        generator = torch.Generator().manual_seed(1)
        found = []
        for image, count in zip(images, counts):
            label = torch.full(image.shape[1:], 255)
            if count > 0:
                label = torch.randint(0, self.classes, label.shape, generator=generator)
            found.append({"labels": label})
        return found

    def proposals(self, images: Sequence[Tensor]) -> list[Tensor]:
        """Near objects and far from them."""
        near = [t["boxes"] + 1 for t in objects(images, [4] * len(images), 1, seed=1)]
        far = [t["boxes"] for t in objects(images, [4] * len(images), 1, seed=2)]
        return [torch.cat(pair).to(image.dtype) for *pair, image in zip(near, far, images)]

    def losses(self, images: Sequence[Tensor], counts: Sequence[int]) -> Found:
        targets = self.targets(images, counts)
        given = (self.proposals(images),) if self.name in GIVEN else ()
        return self.net.train()(images, *given, targets)

    def detect(self, images: Sequence[Tensor], proposals: Any = None) -> list[Found]:
        given = (proposals or self.proposals(images),) if self.name in GIVEN else ()
        with torch.no_grad():
            return self.net.eval()(images, *given)


def _cases(heavy: Iterable[str]) -> pytest.MarkDecorator:
    names = [*LIGHT, *(pytest.param(n, marks=pytest.mark.slow) for n in heavy)]
    return pytest.mark.parametrize("case", names, indirect=True, scope="module")


every = _cases(HEAVY)
most = _cases(n for n in HEAVY if n not in VARIANTS)


@pytest.fixture(scope="module")
def case(request: pytest.FixtureRequest) -> Case:
    name = request.param
    torch.manual_seed(0)
    net = emitted_class(name, HEAVY.get(name))()
    for weight in net.parameters():
        if (
            weight.dim() == 4 and not weight.any()
        ):  # FCN's scores start at 0, and stop all gradients
            torch.nn.init.normal_(weight, std=0.01)
    return Case(name, net, inspect.signature(type(net)).parameters["classes"].default)


@pytest.fixture(autouse=True)
def no_gradients(case: Case) -> Iterator[None]:
    """A test leaves none behind: the largest networks have a gigabyte of them."""
    yield
    case.net.zero_grad()


def images() -> list[Tensor]:
    """Two parts of photographs: of two sizes, which are no multiples of anything."""
    a, b, *_ = photographs(2)
    return [a[:, 30:147, 75:200].clone(), b[:, 20:150, 40:141].clone()]


# ---------------------------------------------------------------------------------------- training
@every
@pytest.mark.parametrize("counts", [EVERY_SIZE, (0, 9), (0, 0)])
def test_a_step(case: Case, counts: tuple[int, int]) -> None:
    """All losses are finite; every parameter has a gradient where there are objects."""
    case.net.zero_grad()
    losses = case.losses(images(), counts)
    assert all(v.shape == () and v.isfinite() and v >= 0 for v in losses.values())
    total = torch.stack(list(losses.values())).sum()
    assert total.dtype == torch.float32
    total.backward()
    gradients = {n: p.grad for n, p in case.net.named_parameters()}
    finite = {n for n, g in gradients.items() if g is not None and g.isfinite().all()}
    assert finite == set(gradients)
    if counts == EVERY_SIZE:
        assert total > 0
        still = [n for n, g in gradients.items() if g is not None and not g.any()]
        assert not still, still


@most
def test_without_targets_is_an_error(case: Case) -> None:
    given = (case.proposals(images()),) if case.name in GIVEN else ()
    with pytest.raises(ValueError, match="training needs targets"):
        case.net.train()(images(), *given)


# --------------------------------------------------------------------------------------- detecting
def well_formed(case: Case, found: Sequence[Found], given: Sequence[Tensor]) -> None:
    assert len(found) == len(given)
    for result, image in zip(found, given):
        height, width = image.shape[1:]
        labels = result["labels"]
        assert labels.dtype == torch.int64 and result["scores"].isfinite().all()
        assert ((case.first <= labels) & (labels < case.classes + case.first)).all()
        if case.name.startswith("fcn"):
            assert labels.shape == result["scores"].shape == (height, width)
            continue
        boxes, scores = result["boxes"], result["scores"]
        assert boxes.shape == (len(labels), 4) and scores.shape == (len(labels),)
        assert boxes.dtype == scores.dtype == image.dtype
        assert (boxes >= 0).all() and (boxes <= torch.tensor([width, height] * 2) + 1e-3).all()
        assert (boxes[:, 2:] >= boxes[:, :2]).all()
        assert (scores.diff() <= 0).all()


@every
def test_images_of_several_sizes(case: Case) -> None:
    given = images()
    well_formed(case, case.detect(given), given)


@most
def test_a_blank_image(case: Case) -> None:
    blank = [torch.zeros(3, 90, 70)]
    well_formed(case, case.detect(blank), blank)


@most
def test_nothing_found(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores that no threshold lets through."""
    if case.name.startswith("fcn"):
        return
    name = "classify" if hasattr(case.net, "classify") else "predict"
    method: Callable[..., Any] = getattr(case.net, name)

    def silent(*given: Any) -> Any:
        out = method(*given)
        if isinstance(out, Tensor):  # YOLO: objectness, or confidences
            return out * 0 if out.dim() == 2 else out - 100
        if hasattr(case.net, "retina"):
            maps, scores, offsets = out
            return maps, [s - 100 for s in scores], offsets
        scores, offsets = out
        background = torch.zeros(scores.shape[-1])
        background[0] = 100
        return (scores - 100 if case.name == "rcnn" else scores + background), offsets

    monkeypatch.setattr(case.net, name, silent)
    for result in case.detect(images()):
        assert result["boxes"].shape == (0, 4)
        assert result["labels"].shape == result["scores"].shape == (0,)


@most
def test_without_proposals(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """No region is left, or none was given: nothing is found, and training goes on."""
    if not hasattr(case.net, "rcnn") and case.name != "rcnn":
        return
    none = [torch.zeros(0, 4)] * 2
    if case.name not in GIVEN:
        predict = case.net.predict

        def shrunken(x: Tensor) -> Any:
            maps, scores, offsets = predict(x)
            return maps, scores, [o - 50 for o in offsets]

        monkeypatch.setattr(case.net, "predict", shrunken)
    for result in case.detect(images(), none):
        assert result["boxes"].shape == (0, 4)
    targets = case.targets(images(), (0, 2))
    given = (none,) if case.name in GIVEN else ()
    losses = case.net.train()(images(), *given, targets)
    assert all(v.isfinite() for v in losses.values())
    torch.stack(list(losses.values())).sum().backward()


# ------------------------------------------------------------------------------------------- forms
@most
def test_bfloat16(case: Case) -> None:
    # Of a map of 3x2 torch 2.13 makes NaN where a CPU has bfloat16 of its own (a convolution with stride
    # 2 reads past it), so the batch is 128x128.
    given = [image[:, :117, :101] for image in images()]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        losses = case.losses(given, (5, 0))
        found = case.detect(given)
    assert all(v.isfinite() and v.dtype == torch.float32 for v in losses.values())
    torch.stack(list(losses.values())).sum().backward()
    well_formed(case, found, given)


@most
def test_layouts_of_memory(case: Case) -> None:
    """Images that are views of (H, W, 3), and a network in `channels_last`."""
    plain = images()
    views = [image.permute(1, 2, 0).contiguous().permute(2, 0, 1) for image in plain]
    assert not views[0].is_contiguous()
    for one, other in zip(case.detect(plain), case.detect(views), strict=True):
        for name in one:
            close(one[name], other[name], atol=1e-3, rtol=1e-4)
    batch = torch.rand(2, 3, *getattr(case.net, "size", (96, 64)))
    case.net.eval()
    with torch.no_grad():
        expected = case.net.predict(batch)
        last = copy.deepcopy(case.net).to(memory_format=torch.channels_last)
        found = last.predict(batch.contiguous(memory_format=torch.channels_last))
        for one, other in zip(_tensors(found), _tensors(expected), strict=True):
            close(one, other, atol=1e-4 * float(other.abs().max()), rtol=1e-4)


def _tensors(out: Any) -> list[Tensor]:
    if isinstance(out, Tensor):
        return [out]
    return [x for part in out for x in _tensors(part)]


@most
def test_double(case: Case) -> None:
    net = copy.deepcopy(case.net).double()
    double = Case(case.name, net, case.classes)
    given = [image.double() for image in images()]
    torch.manual_seed(1)
    losses = double.losses(given, (3, 2))
    assert all(v.dtype == torch.float64 and v.isfinite() for v in losses.values())
    torch.stack(list(losses.values())).sum().backward()
    well_formed(double, double.detect(given), given)


@every
def test_state(case: Case) -> None:
    """Default boxes are no part of the state; copies and saved states say the same."""
    state = case.net.state_dict()
    assert set(state) == set(network(case.name, HEAVY.get(case.name)).state_dict_shapes())
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    loaded = type(case.net)().eval()
    loaded.load_state_dict(torch.load(file, weights_only=True))
    batch = torch.rand(1, 3, *getattr(case.net, "size", (96, 64)))
    case.net.eval()
    with torch.no_grad():
        expected = _tensors(case.net.predict(batch))
        for net in (loaded, copy.deepcopy(case.net)):
            assert all(map(torch.equal, _tensors(net.predict(batch)), expected))
