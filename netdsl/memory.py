"""How much memory a network takes: its weights, and what lives at its worst moment.

An estimate of what PyTorch's allocator hands out when the emitted module runs, without workspaces of
convolutions, caches and what rounding up of blocks adds. `lifetimes` says what is made when; here it is
added up for a batch and a type of numbers.
"""

from __future__ import annotations

from math import prod

from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError, did_you_mean
from netdsl.lifetimes import Tape, every, tape_of
from netdsl.record import Record
from netdsl.totals import scope_tensors

BYTES = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8}
# How many numbers an optimiser keeps for each parameter. Kingma and Ba, 2014: two moments.
OPTIMIZERS = {"sgd": 0, "momentum": 1, "adam": 2}


class Peak(Record):
    """Bytes. `activations` are what lives at the worst moment, which is at the step `at`: inputs and
    outputs included, and in training gradients, as far as they are made then. `saved` is what the
    backward pass finds, `gradients` those of all parameters, `optimizers` the states that each
    optimiser would keep."""

    batch: int
    dtype: str
    training: bool
    parameters: int
    buffers: int
    activations: int
    at: str
    saved: int
    gradients: int
    optimizers: dict[str, int]
    unknown: bool  # extern layers, of which only the output is counted

    def total(self, optimizer: str = "sgd") -> int:
        """All of it together, at the worst moment of a run or a step of training."""
        state = self.optimizers.get(optimizer, 0) if self.training else 0
        return self.parameters + self.buffers + state + max(self.activations, self.gradients)


def peak(design: Design, batch: int = 1, dtype: str = "float32", training: bool = False) -> Peak:
    """The memory of a network for a batch of samples. Raises `NetError` where a size is open (E457) or
    there is no such type (E458)."""
    if dtype not in BYTES:
        hint = did_you_mean(dtype, list(BYTES)) or f"there are {', '.join(BYTES)}"
        raise NetError(
            [Diagnostic("E458", f"there is no type of numbers `{dtype}`", None, hint=hint)]
        )
    if batch < 1:
        raise ValueError(f"a batch has at least one sample, not {batch}")
    check_known(design, "memory")
    each = BYTES[dtype]
    tape = tape_of(design, training)
    sizes = [batch * each * size for size in tape.sizes]
    learned = fixed = 0
    for name, shape, learns in scope_tensors(design.net):
        if learns:
            learned += each * prod(shape)
        else:
            fixed += (8 if name.endswith("num_batches_tracked") else each) * prod(shape)
    worst = _Worst()
    saved = 0
    if training:
        worst, saved = _training(tape, sizes, batch, each)
    else:
        inputs = set(range(len(sizes))) - {step.made for step in tape.steps if not step.shares}
        _passed(tape, sizes, inputs, set(), worst, batch, each, [0] * len(tape.steps))
    return Peak(
        batch,
        dtype,
        training,
        learned,
        fixed,
        worst.bytes,
        worst.path,
        saved,
        learned if training else 0,
        {name: count * learned for name, count in OPTIMIZERS.items()} if training else {},
        tape.unknown,
    )


def check_known(design: Design, what: str) -> None:
    """Open sizes have no number of bytes or seconds."""
    for name, value in design.inputs.items():
        if value.shape is not None and not value.shape.known:
            message = (
                f"the {what} of `{design.name}` is not known while the size of `{name}` is open"
            )
            hint = "`--at 512x512` gives it one (in Python `network.at(...)`)"
            raise NetError([Diagnostic("E457", message, None, hint=hint)])


class _Worst:
    """The greatest number seen, and where."""

    def __init__(self) -> None:
        self.bytes = 0
        self.path = ""

    def see(self, number: int, path: str) -> None:
        if number > self.bytes:
            self.bytes, self.path = number, path


def _training(tape: Tape, sizes: list[int], batch: int, each: int) -> tuple[_Worst, int]:
    """The most that lives at once in a step of training, gradients of parameters included, and what the
    backward pass finds.

    Forward: what is saved stays. Backward: every operation, from the last, makes the gradients of its
    weights and of what it read, and lets go of its own and of what it saved.
    """
    beside = [batch * (step.kept.numbers * each + step.kept.bytes) for step in tape.steps]
    kept: list[set[int]] = []
    savers: dict[int, int] = {}  # storage -> how many operations saved it
    for step in tape.steps:
        found = every(step.reads) if step.kept.inputs else set()
        found |= every([step.made]) if step.kept.outputs else set()
        kept.append(found)
        for storage in found:
            savers[storage] = savers.get(storage, 0) + 1
    saved = sum(beside) + sum(sizes[storage] for storage in savers)
    worst = _Worst()
    inputs = set(range(len(sizes))) - {step.made for step in tape.steps if not step.shares}
    alive = _passed(tape, sizes, inputs, set(savers), worst, batch, each, beside)
    stays = inputs | set(tape.results)  # whoever called the network still has them
    gradients = {storage: sizes[storage] for storage in every(tape.results)}
    for number in range(len(tape.steps) - 1, -1, -1):
        step = tape.steps[number]
        made = 0
        if step.shares:  # a view's gradient is a view; that of what overwrites is made anew
            made = 0 if step.view else sizes[step.made]
        else:
            for storage in every(step.reads) - inputs:
                gradients.setdefault(storage, sizes[storage])
        alive += each * step.learned
        worst.see(alive + sum(gradients.values()) + made, f"{step.path} (backward)")
        if not step.shares:
            gradients.pop(step.made, None)
        alive -= beside[number]
        for storage in kept[number]:
            savers[storage] -= 1
            if not savers[storage] and storage not in stays:
                alive -= sizes[storage]
    return worst, saved


def _passed(
    tape: Tape,
    sizes: list[int],
    inputs: set[int],
    stay: set[int],
    worst: _Worst,
    batch: int,
    each: int,
    beside: list[int],
) -> int:
    """The pass from inputs to outputs, in which storages of `stay` do not end and every step leaves
    `beside`: what lives after it."""
    ends: dict[int, list[int]] = {}
    for storage, number in enumerate(tape.until):
        if storage not in stay:
            ends.setdefault(number, []).append(storage)
    made = set(inputs)
    alive = sum(sizes[storage] for storage in inputs)
    worst.see(alive, "")
    for number, step in enumerate(tape.steps):
        if step.made >= 0 and step.made not in made:
            made.add(step.made)
            alive += sizes[step.made]
        alive += beside[number]
        passing = 0 if beside[number] else step.scratch_bytes  # indices that are kept are counted
        worst.see(alive + batch * (step.scratch * each + passing), step.path)
        for storage in ends.get(number, ()):
            alive -= sizes[storage]
    return alive
