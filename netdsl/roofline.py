"""How long a network would take at best: the roofline model.

Each operation takes the longer of two times: that of its arithmetic at the device's highest rate, and
that of moving its inputs, outputs and weights once at the device's bandwidth. Real runs take longer:
nothing is lost here by starting kernels, by caches that are too small, or by shapes that do not fill the
device. Source: Williams, Waterman and Patterson, "Roofline: An Insightful Visual Performance Model for
Multicore Architectures", 2009.
"""

from __future__ import annotations

from typing import NamedTuple

from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError, did_you_mean
from netdsl.lifetimes import every, tape_of
from netdsl.memory import BYTES, check_known
from netdsl.record import Record


class Device(Record):
    """A device: floating-point operations a second by the type of numbers, bytes a second of its memory."""

    name: str
    flops: dict[str, float]
    bandwidth: float


def _device(name: str, single: float, half: float, brain: float, bandwidth: float) -> Device:
    rates = {"float32": single, "float16": half, "bfloat16": brain}
    return Device(name, {t: rate * 1e12 for t, rate in rates.items() if rate}, bandwidth * 1e9)


# Peak rates in TFLOP/s (dense matrices; float16 and bfloat16 on tensor cores where there are any, float32
# not in TF32), bandwidth in GB/s, as the manufacturer publishes them.
DEVICES = {
    # GeForce GTX 580 specifications, 2010: 1581 GFLOPS, 192.4 GB/s. What AlexNet was trained on, twice.
    "gtx580": _device("GeForce GTX 580", 1.581, 0, 0, 192.4),
    # Tesla K40 board specification BD-06902-001, 2013.
    "k40": _device("Tesla K40", 4.29, 0, 0, 288),
    # Tesla P100 data sheet, 2016: SXM2.
    "p100": _device("Tesla P100 SXM2", 10.6, 21.2, 0, 732),
    # Tesla V100 data sheet, 2018: SXM2.
    "v100": _device("Tesla V100 SXM2", 15.7, 125, 0, 900),
    # T4 data sheet, 2018.
    "t4": _device("T4", 8.1, 65, 0, 320),
    # Ampere GA102 whitepaper, 2020, table 2 (float16 with float32 accumulation).
    "rtx3090": _device("GeForce RTX 3090", 35.6, 71, 71, 936),
    # A100 80GB data sheet, 2021: SXM4.
    "a100": _device("A100 80GB SXM", 19.5, 312, 312, 2039),
    # Ada GPU architecture whitepaper, 2022, appendix A (float16 with float32 accumulation).
    "rtx4090": _device("GeForce RTX 4090", 82.6, 165.2, 165.2, 1008),
    # H100 data sheet, 2023: SXM5; half of the rates there, which are for sparse matrices.
    "h100": _device("H100 SXM", 67, 989.5, 989.5, 3350),
    # H200 data sheet, 2024: SXM; likewise.
    "h200": _device("H200 SXM", 67, 989.5, 989.5, 4800),
}


class Timed(NamedTuple):
    """One operation: its multiply-adds and bytes for the batch, and the two times in seconds."""

    path: str
    macs: int
    bytes: int
    computing: float
    moving: float

    @property
    def seconds(self) -> float:
        return max(self.computing, self.moving)

    @property
    def bound(self) -> str:
        """What takes the longer: "compute" or "memory"."""
        return "compute" if self.computing > self.moving else "memory"


class Estimate(Record):
    """An estimate, and never a measurement: operations in the order in which they run."""

    device: Device
    batch: int
    dtype: str
    steps: tuple[Timed, ...]

    @property
    def seconds(self) -> float:
        """For the whole batch, one operation after another."""
        return sum(step.seconds for step in self.steps)

    def bound_by(self, what: str) -> tuple[Timed, ...]:
        """The operations that "compute" or "memory" bounds."""
        return tuple(step for step in self.steps if step.bound == what)


def estimate(
    design: Design, device: str | Device, batch: int = 1, dtype: str = "float32"
) -> Estimate:
    """The least time of a network in evaluation. `device` is a name of `DEVICES`, or
    `flops=312e12,bandwidth=2.0e12`. Raises `NetError` where a size is open (E457), for another type of
    numbers (E458) and for devices that nobody knows (E459)."""
    found = device if isinstance(device, Device) else device_of(device)
    if dtype not in BYTES:
        hint = did_you_mean(dtype, list(BYTES)) or f"there are {', '.join(BYTES)}"
        raise NetError(
            [Diagnostic("E458", f"there is no type of numbers `{dtype}`", None, hint=hint)]
        )
    rate = found.flops.get(dtype)
    if rate is None:
        known = ", ".join(found.flops)
        message = f"no rate of {found.name} for {dtype} is published"
        raise NetError([Diagnostic("E459", message, None, hint=f"there are those for {known}")])
    check_known(design, "time")
    tape = tape_of(design, training=False)
    each = BYTES[dtype]
    steps = []
    for step in tape.steps:
        if step.view:
            continue
        read = sum(tape.sizes[storage] for storage in every(step.reads))
        moved = each * (batch * (read + tape.sizes[step.made]) + step.weights)
        macs = batch * step.macs
        steps.append(Timed(step.path, macs, moved, 2 * macs / rate, moved / found.bandwidth))
    return Estimate(found, batch, dtype, tuple(steps))


def device_of(text: str) -> Device:
    """A device by its name, or by `flops=312e12,bandwidth=2.0e12`. Raises `NetError` (E459)."""
    name = text.strip().lower().replace(" ", "").replace("-", "").replace("_", "")
    if name in DEVICES:
        return DEVICES[name]
    if "=" not in text:
        hint = did_you_mean(name, list(DEVICES)) or f"there are {', '.join(DEVICES)}"
        said = f"{hint}; any other is `flops=312e12,bandwidth=2.0e12`"
        raise NetError([Diagnostic("E459", f"there is no device `{text}`", None, hint=said)])
    numbers: dict[str, float] = {}
    for part in text.split(","):
        key, _, value = (piece.strip() for piece in part.partition("="))
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if key not in ("flops", "bandwidth") or key in numbers or not 0 < number < float("inf"):
            raise _no_device(text)
        numbers[key] = number
    if len(numbers) < 2:
        raise _no_device(text)
    rates = dict.fromkeys(BYTES, numbers["flops"])
    return Device("the given device", rates, numbers["bandwidth"])


def _no_device(text: str) -> NetError:
    hint = "operations and bytes a second: `flops=312e12,bandwidth=2.0e12`"
    return NetError([Diagnostic("E459", f"`{text}` is no device", None, hint=hint)])
