"""Training and evaluation in Python: what is learned, what is told, when it ends."""

from __future__ import annotations

import math

import pytest
import torch
from small_detector import SmallDetector
from torch import nn

from netdsl.detecting.digits import make_digits
from netdsl.detecting.evaluation import detect, evaluate
from netdsl.detecting.pictures import Pictures, prepared
from netdsl.detecting.training import (
    LEAST_RATE,
    WARM_UP,
    Step,
    best_device,
    schedule,
    train,
    usable,
)
from netdsl.diagnostics import NetError


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    """Few and small ones, with large digits."""
    return make_digits(48, side=64, sizes=(36, 48))


def fresh(seed: int = 0) -> SmallDetector:
    torch.manual_seed(seed)
    return SmallDetector()


def test_pictures_are_learned(pictures: Pictures) -> None:
    """A detector that sees the same few pictures often finds their digits; a fresh one does not."""
    model = fresh()
    before = evaluate(model, pictures).at(0.5)
    steps: list[Step] = []
    result = train(model, pictures, epochs=40, batch=16, rate=1e-2, report=steps.append)
    after = evaluate(model, pictures).at(0.5)
    assert before < 0.1 and after > 0.5
    assert (result.steps, result.epochs, result.interrupted) == (120, 40, False)
    assert [s.number for s in steps] == list(range(1, 121))
    assert [s.epoch for s in steps[:7]] == [1, 1, 1, 2, 2, 2, 3]
    assert steps[-1].done == 1 and steps[-1].seconds_left == 0
    assert list(steps[0].losses) == ["classification", "boxes"]
    assert steps[-1].loss < steps[0].loss / 3
    assert steps[-1].loss == sum(result.losses.values())
    assert result.cpu_seconds > 0 and result.seconds >= steps[-1].seconds


def test_a_seed_means_the_same_weights(pictures: Pictures) -> None:
    results = []
    for seed in (1, 1, 2):
        model = fresh()
        train(model, pictures, epochs=2, batch=16, seed=seed, device="cpu")
        results.append(model.head.weight.detach().clone())
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


# --------------------------------------------------------------------------------------- its length
def test_minutes_are_of_the_clock(pictures: Pictures) -> None:
    """The clock says when to end, and the rate follows it, however many steps there are."""
    now = iter(x * 6.0 for x in range(10_000))  # six seconds between two looks at the clock
    steps: list[Step] = []
    result = train(
        fresh(), pictures, minutes=5, batch=16, clock=lambda: next(now), report=steps.append
    )
    assert not result.interrupted and 300 <= result.seconds <= 312
    assert len(steps) == result.steps == 25  # the clock is looked at twice a step
    rates = [s.rate for s in steps]
    assert max(rates) == pytest.approx(2e-3, rel=0.02) and rates[-1] < 1e-4
    assert rates.index(max(rates)) == 1


def test_the_nearer_end_counts(pictures: Pictures) -> None:
    result = train(fresh(), pictures, epochs=1, minutes=60, batch=16)
    assert result.steps == 3


def test_the_rate() -> None:
    """LEAST_RATE, up to 1 at the end of the warm-up, down to LEAST_RATE."""
    assert schedule(0) == pytest.approx(LEAST_RATE)
    assert schedule(WARM_UP) == pytest.approx(1)
    middle = WARM_UP + (1 - WARM_UP) / 2
    assert schedule(middle) == pytest.approx(LEAST_RATE + (1 - LEAST_RATE) / 2)
    assert schedule(1) == pytest.approx(LEAST_RATE)
    rising = [schedule(WARM_UP * i / 10) for i in range(11)]
    assert rising == sorted(rising)


def test_a_key_ends_it(pictures: Pictures) -> None:
    """What was learned until Ctrl-C stays."""
    model = fresh()

    def report(step: Step) -> None:
        if step.number == 4:
            raise KeyboardInterrupt

    result = train(model, pictures, epochs=100, batch=16, report=report)
    assert result.interrupted and result.steps == 4
    assert not torch.equal(model.head.weight, fresh().head.weight)


# ----------------------------------------------------------------------------------------- weights
def test_what_shrinks_and_what_is_frozen(pictures: Pictures) -> None:
    """With no gradients decay alone acts: on kernels, not on vectors, not on what is frozen."""

    class Still(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = nn.Parameter(torch.ones(2, 2))
            self.vector = nn.Parameter(torch.ones(2))
            self.frozen = nn.Parameter(torch.ones(2, 2), requires_grad=False)

        def forward(self, images: object, targets: object) -> dict[str, torch.Tensor]:
            return {"nothing": self.kernel.sum() * 0 + self.vector.sum() * 0}

    model = Still()
    train(model, pictures, epochs=2, batch=16, rate=1e-2, decay=1.0)
    assert (model.kernel < 1).all()
    assert (model.vector == 1).all() and (model.frozen == 1).all()


def test_what_a_model_is_given(pictures: Pictures) -> None:
    """Floats in 0..1, targets of these pictures, labels from 1 or from 0."""
    seen = []

    class Looking(SmallDetector):
        def forward(self, images: torch.Tensor, targets: object = None) -> object:
            seen.append((images, targets))
            return super().forward(images, targets)

    torch.manual_seed(0)
    train(Looking(), pictures, epochs=1, batch=48)
    images, targets = seen[0]
    assert images.shape == (48, 3, 64, 64) and images.dtype == torch.float32
    assert 0 <= images.min() and 0.9 < images.max() <= 1
    known = {tuple(t["boxes"].flatten().tolist()): t["labels"] for t in pictures.targets}
    for image, target in zip(images, targets):
        assert torch.equal(known[tuple(target["boxes"].flatten().tolist())], target["labels"])
        assert any(torch.equal((image * 255).round().byte(), p) for p in pictures.images)
    _, moved = prepared(pictures.images[:2], pictures.targets[:2], torch.device("cpu"), 0)
    assert torch.equal(moved[0]["labels"], pictures.targets[0]["labels"] - 1)
    assert int(pictures.targets[0]["labels"].min()) >= 1


def test_mirrored_pictures(pictures: Pictures) -> None:
    """About half of them; the boxes go with what is in them."""
    seen: list[tuple[torch.Tensor, dict[str, torch.Tensor]]] = []

    class Looking(SmallDetector):
        def forward(self, images: torch.Tensor, targets: object = None) -> object:
            seen.extend(zip(images, targets))
            return super().forward(images, targets)

    train(Looking(), pictures, epochs=3, batch=16, mirror=True)
    turned = 0
    for image, target in seen:
        pixels = (image * 255).round().byte()
        same = [i for i, p in enumerate(pictures.images) if torch.equal(p, pixels)]
        other = [i for i, p in enumerate(pictures.images) if torch.equal(p.flip(-1), pixels)]
        boxes = pictures.targets[(same or other)[0]]["boxes"]
        if not same:
            turned += 1
            x1, y1, x2, y2 = boxes.T
            boxes = torch.stack([64 - x2, y1, 64 - x1, y2], dim=1)
        assert torch.equal(target["boxes"], boxes)
    assert len(seen) == 144 and 40 < turned < 104


def test_labels_from_zero_come_back_from_one(pictures: Pictures) -> None:
    model = fresh().train()
    with_background = detect(model, pictures.images[:5])
    shifted = detect(model, pictures.images[:5], labels_from=0)
    assert model.training
    for one, other in zip(with_background, shifted):
        assert torch.equal(one["labels"] + 1, other["labels"])


def test_detecting_in_batches(pictures: Pictures) -> None:
    """The size of a batch changes nothing, nor does a list instead of a tensor."""
    model = fresh()
    told: list[int] = []
    whole = detect(model, pictures.images[:10], batch=10)
    parts = detect(model, list(pictures.images[:10]), batch=4, report=told.append)
    assert told == [4, 8, 10]
    for one, other in zip(whole, parts):
        torch.testing.assert_close(one["boxes"], other["boxes"])
        assert torch.equal(one["labels"], other["labels"])


# ---------------------------------------------------------------------------------------- mistakes
def test_a_loss_that_is_not_finite(pictures: Pictures) -> None:
    with pytest.raises(NetError, match="not finite at step 1: classification") as error:
        model = fresh()
        with torch.no_grad():
            model.head.weight.fill_(math.inf)
        train(model, pictures, epochs=1)
    assert error.value.diagnostics[0].code == "E415"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"epochs": 0}, "epochs=0 is not a number above 0"),
        ({"minutes": math.inf}, "minutes=inf"),
        ({"rate": math.nan}, "rate=nan"),
        ({"batch": 0}, "batch=0"),
    ],
)
def test_numbers_that_mean_nothing(
    pictures: Pictures, given: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        train(fresh(), pictures, **given)
    with pytest.raises(ValueError, match="no pictures"):
        train(fresh(), Pictures([], [], ("a",)))
    with pytest.raises(ValueError, match="2 pictures, but 1 targets"):
        Pictures(pictures.images[:2], pictures.targets[:1], ("a",))


def test_devices() -> None:
    assert usable("cpu") and not usable("meta") and not usable("tpu9")
    assert usable(str(best_device()))
