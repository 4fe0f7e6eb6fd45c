"""Training of detectors: AdamW, a warm-up and a cosine, as long as so many epochs or minutes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from netdsl.detecting.pictures import Pictures, Target, mirrored, prepared
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.record import Record

WARM_UP = 0.05  # the share of training in which the rate rises
LEAST_RATE = 0.01  # of the full rate, where it begins and ends
LARGEST_GRADIENT = 10.0  # its norm; longer ones are shortened to it
SMOOTHING = 0.95  # of the losses that are told: what a mean keeps at a step


class Step(Record):
    """Where training stands after a step: `done` is 0..1, `losses` are running means."""

    number: int
    epoch: int
    done: float
    rate: float
    losses: dict[str, float]
    seconds: float
    pictures: int

    @property
    def loss(self) -> float:
        return sum(self.losses.values())

    @property
    def pictures_per_second(self) -> float:
        return self.pictures / max(self.seconds, 1e-9)

    @property
    def seconds_left(self) -> float:
        return self.seconds * (1 - self.done) / max(self.done, 1e-9)


@dataclass
class Training:
    """What came of it. `seconds` are of the clock, `cpu_seconds` of all processors."""

    steps: int = 0
    epochs: float = 0.0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    interrupted: bool = False
    losses: dict[str, float] = field(default_factory=dict)


def train(
    model: nn.Module,
    pictures: Pictures,
    *,
    epochs: float | None = None,
    minutes: float | None = None,
    batch: int = 16,
    rate: float = 2e-3,
    decay: float = 1e-3,
    mirror: bool = False,
    seed: int = 0,
    device: str | torch.device | None = None,
    labels_from: int = 1,
    clock: Callable[[], float] = time.monotonic,
    report: Callable[[Step], None] | None = None,
) -> Training:
    """Train a detector until `epochs` or `minutes` are over, whichever is first (10 minutes if neither).

    The model is called as `model(images, targets)`, images (3, H, W) in 0..1, and gives a dictionary of
    losses, whose sum is minimised by AdamW (Loshchilov and Hutter, 2019). Its rate rises to `rate` in
    the first twentieth, then falls as a cosine; where it stands follows what is over, so a slower
    machine takes fewer steps and ends as low. `decay` shrinks weights, but no biases, nor what
    normalises. Frozen weights stay as they are. With `mirror` left and right are exchanged in half of
    the pictures, which is right for things, but not for digits. `labels_from=0` is for models without a background column.

    `clock` counts the minutes: `time.process_time` does not count what other processes take. `report`
    is called after every step. Ctrl-C ends training as if it were over. The model is moved to `device`
    (else cuda where there is one) and stays there, in training mode.

    Raises `NetError` (E415) where a loss is not finite any more, `ValueError` without pictures or for
    numbers that mean nothing.
    """
    if epochs is None and minutes is None:
        minutes = 10.0
    _require(pictures, epochs, minutes, batch, rate)
    place = torch.device(device) if device is not None else best_device()
    model.to(place).train()
    optimizer = torch.optim.AdamW(_groups(model, decay), lr=rate)
    weights = [p for group in optimizer.param_groups for p in group["params"]]
    torch.manual_seed(seed)
    batch = min(batch, len(pictures))
    each = len(pictures) // batch  # steps of an epoch
    result = Training()
    started, cpu = clock(), time.process_time()
    done = 0.0
    try:
        for images, targets in _batches(pictures, batch, mirror, seed):
            result.seconds = clock() - started
            done = _share(result, each, epochs, minutes)
            if done >= 1:
                break
            for group in optimizer.param_groups:
                group["lr"] = rate * schedule(done)
            losses = model(*prepared(images, targets, place, labels_from))
            optimizer.zero_grad()
            torch.stack(list(losses.values())).sum().backward()
            nn.utils.clip_grad_norm_(weights, LARGEST_GRADIENT)
            _note(result, losses)
            optimizer.step()
            result.steps += 1
            result.epochs = result.steps / each
            if report is not None:
                result.seconds = clock() - started
                report(_told(result, each, batch, optimizer, _share(result, each, epochs, minutes)))
    except KeyboardInterrupt:
        result.interrupted = True
    result.seconds, result.cpu_seconds = clock() - started, time.process_time() - cpu
    return result


def schedule(done: float) -> float:
    """The share of the full rate when so much (0..1) of training is over."""
    if done < WARM_UP:
        share = done / WARM_UP
    else:
        share = (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP))) / 2
    return LEAST_RATE + (1 - LEAST_RATE) * share


def best_device() -> torch.device:
    """cuda where there is one, else cpu."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def usable(device: str) -> bool:
    """Whether PyTorch can compute there: "cpu", "cuda:1"."""
    try:
        torch.zeros(1, device=device).add(1).item()
    except (
        RuntimeError,
        AssertionError,
        NotImplementedError,
    ):  # no such name, not built, no such card
        return False
    return True


def _require(
    pictures: Pictures, epochs: float | None, minutes: float | None, batch: int, rate: float
) -> None:
    if len(pictures) == 0:
        raise ValueError("there are no pictures to train with")
    for name, value in (("epochs", epochs), ("minutes", minutes), ("batch", batch), ("rate", rate)):
        if value is not None and not 0 < value < math.inf:
            raise ValueError(f"{name}={value} is not a number above 0")


def _groups(model: nn.Module, decay: float) -> list[dict[str, object]]:
    """What learns: kernels and matrices, which shrink, and vectors, which do not."""
    learned = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in learned if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in learned if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def _batches(
    pictures: Pictures, batch: int, mirror: bool, seed: int
) -> Iterator[tuple[Sequence[Tensor], Sequence[Target]]]:
    """Batches without end, every epoch in another order. The last pictures of an order that fill no
    batch are left out: batch normalisation would suffer from a small one."""
    order = torch.Generator().manual_seed(seed)

    def collected(items: list[tuple[Tensor, Target]]) -> tuple[list[Tensor], list[Target]]:
        turned = torch.rand(len(items), generator=order) < (0.5 if mirror else 0.0)
        chosen = [mirrored(*item) if turn else item for item, turn in zip(items, turned)]
        return [image for image, _ in chosen], [target for _, target in chosen]

    loader = DataLoader(
        pictures,
        batch_size=batch,
        shuffle=True,
        drop_last=True,
        collate_fn=collected,
        generator=order,
    )
    while True:
        yield from loader


def _share(result: Training, each: int, epochs: float | None, minutes: float | None) -> float:
    """How much of training is over, 0..1, by what is nearer to its end."""
    by_epochs = result.steps / (epochs * each) if epochs is not None else 0.0
    by_minutes = result.seconds / (60 * minutes) if minutes is not None else 0.0
    return min(1.0, max(by_epochs, by_minutes))


def _note(result: Training, losses: dict[str, Tensor]) -> None:
    """Keep running means of the losses. Raises `NetError` (E415)."""
    now = {name: loss.item() for name, loss in losses.items()}
    if not all(map(math.isfinite, now.values())):
        told = ", ".join(f"{name} {value:g}" for name, value in now.items())
        message = f"a loss is not finite at step {result.steps + 1}: {told}"
        raise NetError([Diagnostic("E415", message, hint="a smaller --rate diverges less easily")])
    keep = min(SMOOTHING, result.steps / (result.steps + 1))  # a plain mean at the beginning
    old = result.losses
    result.losses = {n: keep * old.get(n, v) + (1 - keep) * v for n, v in now.items()}


def _told(
    result: Training, each: int, batch: int, optimizer: torch.optim.Optimizer, done: float
) -> Step:
    return Step(
        number=result.steps,
        epoch=(result.steps - 1) // each + 1,
        done=done,
        rate=optimizer.param_groups[0]["lr"],
        losses=dict(result.losses),
        seconds=result.seconds,
        pictures=result.steps * batch,
    )
