"""What `netdsl train` does: data, training, evaluation, and the files that are left of it."""

from __future__ import annotations

import io
import json
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import torch
from rich.console import Console
from rich.text import Text
from torch import nn

from netdsl.detecting.digits import make_digits
from netdsl.detecting.display import Display, clock_text, precision_table
from netdsl.detecting.drawing import draw, sheet
from netdsl.detecting.evaluation import Found, detect
from netdsl.detecting.folder import read_folder, split
from netdsl.detecting.pictures import Pictures
from netdsl.detecting.precision import Precision, coco_precision
from netdsl.detecting.training import Training, best_device, train
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.escaping.terminal import line
from netdsl.files import write_atomically
from netdsl.record import Record
from netdsl.verification import counted
from netdsl.version import __version__

if TYPE_CHECKING:
    from netdsl.network import Network

DIGITS = "digits"
SHOWN = 16  # pictures that are drawn
WEIGHTS, PICTURE, RESULT = "weights.pt", "detections.png", "result.json"
# What detects by itself, one stage or two. A head of a retina has no column for background.
DETECTORS = ({"ssd"}, {"retina"}, {"yolo"}, {"rpn", "rcnn"})
FROM_ZERO = "retina"


class Choices(Record):
    """The options of the command."""

    data: str
    test: Path | None
    validate: bool
    pictures: int
    longest: int | None
    epochs: float | None
    minutes: float | None
    cpu_time: bool
    batch: int
    rate: float
    decay: float
    mirror: bool
    seed: int
    device: str | None
    weights: Path | None
    output: Path


def run(network: Network, choices: Choices, shown: Console, told: Console) -> Precision:
    """Train a network, and leave weights, pictures and figures in the folder `output`.

    Results go to the console `shown`, how it goes to `told`. Raises `NetError` for a network that does
    not detect (E411) or does not fit the data (E412), for data that cannot be used (E414), and where
    training diverges (E415), or begins with weights of another network (E416); `OSError` where files cannot be
    written.
    """
    classes, labels_from = check_heads(network)
    if choices.data == DIGITS:
        check_fit(network, classes, tuple("0123456789"))
        training, held_out = _digits(choices, told)
    else:
        training, held_out = _own(choices)
        check_fit(network, classes, training.classes)
    choices.output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(choices.seed)
    model = network.module()
    if choices.weights is not None:
        begin_with(model, network, choices.weights)
    device = choices.device or best_device()
    told.print(
        f"{network.name}, {network.parameters:,} parameters, learns {counted(len(training), 'picture')} "
        f"on {device}; {len(held_out):,} are held out. Ctrl-C ends it early.",
        soft_wrap=True,
    )
    with Display(told) as display:
        result = train(
            model,
            training,
            epochs=choices.epochs,
            minutes=choices.minutes,
            clock=time.process_time if choices.cpu_time else time.monotonic,
            batch=choices.batch,
            rate=choices.rate,
            decay=choices.decay,
            mirror=choices.mirror,
            seed=choices.seed,
            device=device,
            labels_from=labels_from,
            report=display,
        )
    told.print(_summary(result), soft_wrap=True)
    # First of all what was learned: an evaluation can be interrupted, too.
    _write(choices.output / WEIGHTS, weights_file(model))
    found = detect(model, held_out.images, labels_from=labels_from)
    precision = coco_precision(found, held_out.targets, range(1, len(held_out.classes) + 1))
    _write(choices.output / PICTURE, picture_file(held_out, found))
    figures = result_figures(network, choices, result, held_out, precision)
    _write(choices.output / RESULT, json.dumps(figures, indent=2) + "\n")
    title = f"{network.name} on {len(held_out):,} {figures['evaluated on']} pictures"
    objects = _objects(held_out)
    shown.print(precision_table(precision, held_out.classes, objects, title))
    written = f"wrote {WEIGHTS}, {PICTURE} and {RESULT} in {choices.output}"
    told.print(Text(line(written)), soft_wrap=True)
    return precision


# ------------------------------------------------------------------------------------------ checking
def check_heads(network: Network) -> tuple[int, int]:
    """How many classes the network detects, and the number of its first label.

    Raises `NetError` (E411) if it does not detect, or not by itself.
    """
    heads = network.design.heads
    words = {head.word for head in heads.values()}
    if words not in DETECTORS:
        known = "ssd, retina, yolo, or rpn and rcnn"
        hint = f"`netdsl train` trains networks with the heads {known}"
        if not words:
            message = f"{network.name} has no detection head"
        else:
            message = f"{network.name} does not detect by itself with the heads {', '.join(words)}"
        raise NetError([Diagnostic("E411", message, hint=hint)])
    classes = next(h.kind.classes for h in heads.values() if hasattr(h.kind, "classes"))
    return classes, 0 if FROM_ZERO in words else 1


def check_fit(network: Network, classes: int, names: tuple[str, ...]) -> None:
    """Raises `NetError` (E412) unless the network has these classes and takes pictures of three channels."""
    if classes != len(names):
        first = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        message = f"{network.name} has {classes} classes, the data has {len(names)}: {first}"
        hint = f"--set classes={len(names)}, if that is the parameter's name"
        raise NetError([Diagnostic("E412", message, hint=hint)])
    shapes = network.input_shapes
    name, shape = next(iter(shapes.items()))
    if len(shapes) != 1 or shape.channels != 3:
        message = f"pictures have 3 channels; {network.name} takes {name}: {shape}"
        hint = "a detector has one input, 3 x height x width"
        raise NetError([Diagnostic("E412", message, hint=hint)])


def begin_with(model: Any, network: Network, path: Path) -> None:
    """Load a checkpoint into the model: its own, one with published names, or that of the network from
    which it starts. Raises `NetError` if it cannot be read or does not fit (E416), `OSError`.
    """
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
        if network.design.start is not None:
            model.start_from(weights)
        elif hasattr(model, "load_published") and not set(weights) <= set(model.state_dict()):
            model.load_published(weights)
        else:
            model.load_state_dict(weights)
    except OSError:
        raise
    except Exception as error:  # what torch.load raises depends on what is wrong with the file
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = (lines[1:] or lines or [type(error).__name__])[0]
        message = f"{path} does not fit {network.name}: {said[:200]}"
        hint = "it is the `state_dict` of the same network, or with --start-from of that one"
        raise NetError([Diagnostic("E416", message, hint=hint)]) from error


# ----------------------------------------------------------------------------------------------- data
def _digits(choices: Choices, told: Console) -> tuple[Pictures, Pictures]:
    """Digits on photographs; an eighth as many are held out, 50 to 1,000."""
    with told.status("making pictures of digits"):
        training = make_digits(choices.pictures)
        count = min(1000, max(50, choices.pictures // 8))
        return training, make_digits(count, _part(choices))


def _own(choices: Choices) -> tuple[Pictures, Pictures]:
    """The pictures of a folder, and those of another, or a fifth of the same."""
    training = read_folder(Path(choices.data), choices.longest)
    if choices.test is None:
        try:
            return split(training)
        except ValueError:
            _data(f"{choices.data}: too few pictures ({len(training)}) to hold some out")
    test = read_folder(choices.test, choices.longest)
    if test.classes != training.classes:
        _data(f"{choices.test}: the categories are not those of {choices.data}, in their order")
    return training, test


def _data(message: str) -> NoReturn:
    raise NetError(
        [Diagnostic("E414", message, hint="--test names a folder with the same categories")]
    )


def _part(choices: Choices) -> str:
    return "validation" if choices.validate else "test"


def _objects(pictures: Pictures) -> dict[int, int]:
    """How many objects each label has."""
    counts: dict[int, int] = {}
    for target in pictures.targets:
        for label in target["labels"].tolist():
            counts[label] = counts.get(label, 0) + 1
    return counts


# -------------------------------------------------------------------------------------------- results
def weights_file(model: nn.Module) -> bytes:
    """The `state_dict` on the CPU, as `torch.load` reads it."""
    file = io.BytesIO()
    torch.save({name: value.cpu() for name, value in model.state_dict().items()}, file)
    return file.getvalue()


def picture_file(pictures: Pictures, found: list[Found]) -> bytes:
    """The first pictures with what was found in them, as PNG."""
    count = min(SHOWN, len(pictures))
    return sheet(
        [
            draw(pictures.images[i], found[i], pictures.targets[i], pictures.classes)
            for i in range(count)
        ]
    )


def result_figures(
    network: Network,
    choices: Choices,
    result: Training,
    held_out: Pictures,
    precision: Precision,
) -> dict[str, Any]:
    """What result.json says."""
    names = held_out.classes
    return {
        "network": network.name,
        "parameters": network.parameters,
        "data": choices.data,
        "evaluated on": _part(choices) if choices.data == DIGITS else "held-out",
        "pictures": len(held_out),
        "objects": sum(_objects(held_out).values()),
        "mAP": _number(precision.mean),
        "mAP@0.5": _number(precision.at(0.5)),
        "mAP@0.75": _number(precision.at(0.75)),
        "per class": {
            name: {
                "mAP": _number(precision.per_class()[label]),
                "mAP@0.5": _number(precision.per_class(0.5)[label]),
            }
            for label, name in enumerate(names, start=1)
        },
        "training": {
            "steps": result.steps,
            "epochs": round(result.epochs, 3),
            "seconds": round(result.seconds, 1),
            "cpu seconds": round(result.cpu_seconds, 1),
            "interrupted": result.interrupted,
            "losses": result.losses,
        },
        "options": {
            "pictures": choices.pictures if choices.data == DIGITS else None,
            "batch": choices.batch,
            "rate": choices.rate,
            "decay": choices.decay,
            "mirror": choices.mirror,
            "seed": choices.seed,
            "epochs": choices.epochs,
            "minutes": choices.minutes,
            "minutes are of": "processors" if choices.cpu_time else "the clock",
        },
        "versions": {"netdsl": __version__, "torch": torch.__version__},
        "date": time.strftime("%Y-%m-%d"),
    }


def _number(value: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(value) else round(value, 6)


def _summary(result: Training) -> str:
    ended = "ended early" if result.interrupted else "trained"
    losses = ", ".join(f"{name} {value:.3f}" for name, value in result.losses.items())
    return (
        f"{ended} after {counted(result.steps, 'step')}, {result.epochs:.1f} epochs, "
        f"{clock_text(result.seconds)} ({clock_text(result.cpu_seconds)} of processors); "
        f"losses: {losses}"
    )


def _write(path: Path, content: str | bytes) -> None:
    try:
        write_atomically(path, content)
    except OSError as error:
        error.filename = str(path)
        raise
