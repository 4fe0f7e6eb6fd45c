"""What stands below a table about memory and time: sentences for people, data for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from netdsl.memory import Peak
from netdsl.record import Record
from netdsl.roofline import Estimate, Timed

SLOWEST = 5  # operations that a footer names


class Footer(Record):
    """Notes for below a table, and the same as JSON."""

    notes: tuple[str, ...] = ()
    data: dict[str, Any] = {}  # noqa: RUF012 -- of a frozen record


def memory_footer(evaluation: Peak, training: Peak) -> Footer:
    """The memory of a run and of a step of training."""
    return Footer(
        tuple(_memory_notes(evaluation, training)),
        {"memory": {"inference": _peak(evaluation), "training": _peak(training)}},
    )


def _memory_notes(run: Peak, step: Peak) -> Iterator[str]:
    what = f"a batch of {run.batch}, {run.dtype}"
    yield (
        f"Memory in inference ({what}): {size(run.total())} = weights and buffers "
        f"{size(run.parameters + run.buffers)} + activations {size(run.activations)} at their peak"
        f"{_place(run)}."
    )
    yield (
        f"Memory in training ({what}): {size(step.total())} with SGD, {size(step.total('momentum'))} "
        f"with momentum, {size(step.total('adam'))} with Adam = weights and buffers "
        f"{size(step.parameters + step.buffers)} + activations and gradients "
        f"{size(max(step.activations, step.gradients))} at their peak{_place(step)} + the optimiser's "
        f"state. {size(step.saved)} are saved for the backward pass."
    )
    yield (
        "Memory is computed from the order in which the emitted code runs; workspaces of convolutions "
        "and what an allocator adds are not in it."
    )
    if run.unknown:
        yield "What extern layers need inside is not known: of them only inputs and outputs count."


def _place(peak: Peak) -> str:
    return f" (at `{peak.at}`)" if peak.at else ""


def _peak(peak: Peak) -> dict[str, Any]:
    names = ("batch", "dtype", "parameters", "buffers", "activations", "at", "saved", "gradients")
    found = {name: getattr(peak, name) for name in names}
    return {**found, "optimizers": dict(peak.optimizers), "extern": peak.unknown}


# ------------------------------------------------------------------------------------------ roofline
def time_footer(found: Estimate) -> Footer:
    """The estimate of time."""
    slowest = sorted(found.steps, key=lambda step: -step.seconds)[:SLOWEST]
    data = {
        "device": found.device.name,
        "batch": found.batch,
        "dtype": found.dtype,
        "seconds": found.seconds,
        "steps": [
            {
                "name": step.path,
                "macs": step.macs,
                "bytes": step.bytes,
                "seconds": step.seconds,
                "bound": step.bound,
            }
            for step in found.steps
        ],
    }
    return Footer(tuple(_time_notes(found, slowest)), {"roofline": data})


def _time_notes(found: Estimate, slowest: Sequence[Timed]) -> Iterator[str]:
    total, device = found.seconds, found.device
    yield (
        f"Time on {device.name}, an estimate: at least {seconds(total)} for a batch of {found.batch} in "
        f"{found.dtype}, {found.batch / total:,.0f} samples a second."
        if total
        else f"Time on {device.name}, an estimate: nothing is computed."
    )
    rate = device.flops[found.dtype]
    yield (
        f"Roofline: every operation takes the longer of computing at {rate / 1e12:,.4g} TFLOP/s and of "
        f"moving its inputs, outputs and weights once at {device.bandwidth / 1e9:,.4g} GB/s. No "
        "measurement: real runs take longer."
    )
    parts = []
    for what in ("compute", "memory"):
        steps = found.bound_by(what)
        share = sum(step.seconds for step in steps) / total if total else 0
        parts.append(
            f"{what} {len(steps)} of {len(found.steps)} operations, {share:.0%} of the time"
        )
    yield f"Bound by {'; by '.join(parts)}."
    names = (f"`{s.path}` {seconds(s.seconds)} ({s.bound})" for s in slowest if s.path)
    yield f"Slowest: {', '.join(names)}."


# --------------------------------------------------------------------------------------------- texts
def size(number: int) -> str:
    """Bytes with a unit: `23.7 MB` (of a million bytes)."""
    for unit, name in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if number >= unit:
            return f"{number / unit:,.1f} {name}"
    return f"{number} B"


def seconds(time: float) -> str:
    """`2.91 ms`."""
    for unit, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if time >= unit:
            return f"{time / unit:.3g} {name}"
    return f"{time / 1e-9:.3g} ns"
