"""Which tensors a network makes, in the order in which the emitted code runs, and how long each lives.

A tensor is a *storage*: views of it (flatten, crop, dropout in evaluation) and what overwrites it (a
`relu` with `inplace=True`) are no further ones. It lives until its last reader, and as long as a
variable of the emitted code has it: the input of a module until its `forward` returns, what enters a
line of up to three calls until the line is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod

from netdsl.backends.torch.inplace import Overwriting
from netdsl.design import (
    Applied,
    AuxEvent,
    BarEvent,
    Branch,
    Computed,
    Dense,
    Design,
    Flow,
    HeadEvent,
    Inlined,
    Link,
    Loop,
    Merge,
    Predicted,
    Region,
    Residual,
    Scope,
    Shared,
    Value,
    WeightEvent,
)
from netdsl.emitted import is_call, is_sequence, named_values, tensors_at_once
from netdsl.layers.base import Layer
from netdsl.readers import Readers
from netdsl.saved import Kept, kept_by, scratch_of
from netdsl.shapes import Shape
from netdsl.walks import inner_value, read_from_outside, value_inputs

MOST_CALLS = 3  # of a line of emitted code (backends.torch.lines)


class Step:
    """One operation: the storages that it reads and makes, and what it needs while it runs only.

    `made` is -1 where it makes none. Sizes are in numbers of the network's type but for `bytes`, those
    of indices and masks, which have types of their own. `kept` is what its backward pass needs, `macs`
    and `weights` are the multiply-adds of a sample and the numbers of the `state_dict` it reads, `learned`
    those of them that get a gradient. With `shares` what it makes is a view of what it reads (`view`),
    or overwrites it.
    """

    __slots__ = (
        *("kept", "learned", "macs", "made", "path", "reads", "scratch", "scratch_bytes", "shares"),
        *("view", "weights"),
    )

    def __init__(self, path: str, reads: Sequence[int], made: int, shares: bool) -> None:
        self.path = path
        self.reads = tuple(reads)
        self.made = made
        self.shares = shares
        self.scratch = 0
        self.scratch_bytes = 0
        self.kept = Kept()
        self.macs = 0
        self.weights = self.learned = 0
        self.view = False


class Tape:
    """The operations of one run, and the storages: `sizes` in numbers, `until` the last step (its
    number) at which each is still there."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.sizes: list[int] = []
        self.until: list[int] = []
        self.results: list[int] = []
        self.unknown = False  # extern layers: what they need inside nobody knows

    def storage(self, shape: Shape | None) -> int:
        self.sizes.append(prod(d for d in shape or () if isinstance(d, int)))
        self.until.append(len(self.steps))
        return len(self.sizes) - 1

    def hold(self, storage: int, step: int) -> None:
        self.until[storage] = max(self.until[storage], step)


def tape_of(design: Design, training: bool) -> Tape:
    """Run a network whose sizes are known, without numbers."""
    walk = _Walk(design, training)
    net = design.net
    known: dict[int, int] = {id(v): walk.tape.storage(v.shape) for v in net.values.values()}
    if net.input is not None and id(net.input) not in known:
        known[id(net.input)] = next(iter(known.values()))
    first = list(known.values())
    walk.level(net, known, ())
    tape = walk.tape
    ends = [*design.outputs.values(), *(e.link.output for e in net.aux.values() if training)]
    tape.results = [known[id(v)] for v in ends if v is not None and id(v) in known]
    for storage in (*first, *tape.results):  # whoever calls the network has them
        tape.hold(storage, len(tape.steps))
    return tape


class _Walk:
    def __init__(self, design: Design, training: bool) -> None:
        self.training = training
        self.tape = Tape()
        self.counted: set[int] = set()
        self.overwriting = Overwriting(Readers(read_from_outside(design.net)))

    # ----------------------------------------------------------------------------------- statements
    def level(self, scope: Scope, known: dict[int, int], path: tuple[str, ...]) -> None:
        for weight in scope.weights.values():
            known[id(weight.value)] = -1  # a parameter, which is there anyhow
        self.region(scope.region, known, path, is_sequence(scope.region))
        for value in named_values(scope):
            if known.get(id(value), -1) >= 0:
                self.tape.hold(known[id(value)], len(self.tape.steps) - 1)

    def region(
        self, region: Region, known: dict[int, int], path: tuple[str, ...], sequence: bool = False
    ) -> None:
        for event in region.events:
            if isinstance(event, Flow):
                self.flow(event, known, path, sequence)
            elif isinstance(event, BarEvent):
                if event.flow is not None:
                    self.flow(event.flow, known, path, False)
                elif event.link is not None:
                    self.link(event.link, known, path)
            elif isinstance(event, Loop):
                for inner in event.iterations:
                    self.region(inner, known, path, sequence)
            elif isinstance(event, Branch):
                if event.region is not None:
                    self.region(event.region, known, path, sequence)
            elif isinstance(event, AuxEvent):
                if self.training:
                    self.link(event.link, known, path)
            elif isinstance(event, HeadEvent):
                self.head(event, known, path)
            elif isinstance(event, WeightEvent):
                known[id(event.value)] = -1

    def flow(
        self, flow: Flow, known: dict[int, int], path: tuple[str, ...], sequence: bool
    ) -> None:
        """A chain: what enters a line of it stays until the line is done."""
        calls = [link for link in flow.links if is_call(link)]
        pieces = -(-len(calls) // MOST_CALLS) or 1
        length = 1 if sequence else -(-len(calls) // pieces) or 1
        entered: set[int] = set()
        done = 0
        for link in flow.links:
            if is_call(link):
                if done % length == 0:
                    entered = {known[id(v)] for v in link.inputs if id(v) in known}
                done += 1
            self.link(link, known, path)
            for storage in entered:
                if storage >= 0:
                    self.tape.hold(storage, len(self.tape.steps) - 1)

    def head(self, event: HeadEvent, known: dict[int, int], path: tuple[str, ...]) -> None:
        self.link(event.link, known, path)
        for other in event.others:
            self.link(other, known, path)
        ends = [step.output for step in event.predicted] or [event.scope.result]
        found = [known[id(v)] for v in ends if v is not None and id(v) in known]
        for value in event.outputs.values():
            known[id(value)] = found[0] if len(found) == 1 else self.made(value, found, path)

    # ---------------------------------------------------------------------------------------- steps
    def link(self, link: Link, known: dict[int, int], path: tuple[str, ...]) -> None:
        what, name = link.what, link.key or link.label
        inside = (*path, name) if name else path
        if isinstance(what, Shared) and isinstance(what.scope, Layer):
            self.layer(what.scope, link, known, inside)
        elif isinstance(what, Applied):
            self.layer(what.layer, link, known, inside)
        elif isinstance(what, (Scope, Shared)):
            scope = what if isinstance(what, Scope) else what.scope
            assert isinstance(scope, Scope)
            self.scope(link, scope, known, inside)
        elif isinstance(what, Inlined):
            self.region(what.region, known, path)
            self.same(what.region.exit, link.output, known)
        elif isinstance(what, Computed):
            self.compute(link, known, inside)
        elif isinstance(what, Predicted):
            for part in what.parts.values():
                self.link(part, known, path)
            ends = [part.output for part in what.parts.values()] or link.inputs
            self.same(ends[-1], link.output, known)
        elif isinstance(what, Merge):
            self.region(what.region, known, path)
            self.merge(what.layer, what.branches, link.output, known, inside)
        elif isinstance(what, Residual):
            self.residual(link, what, known, path)
        elif isinstance(what, Dense):
            self.dense(link, what, known, path)

    def layer(self, layer: Layer, link: Link, known: dict[int, int], path: tuple[str, ...]) -> None:
        """A layer's own operation."""
        x, y = link.inputs[0], link.output
        if y is None or layer.passes:
            return self.same(x, y, known)
        reads = [known[id(v)] for v in link.inputs if known.get(id(v), -1) >= 0]
        dropping = layer.family == "dropout"
        view = layer.is_view and not (dropping and self.training)
        owner = link.frame.scope
        over = layer.inplace and owner is not None and self.overwriting.may_overwrite(link, owner)
        shares = view or over
        storage = known[id(x)] if shares and id(x) in known else self.tape.storage(y.shape)
        self.tape.unknown |= layer.family == "extern"
        step = self.add(path, reads, storage, shares)
        known[id(y)] = storage
        step.view = view
        if x.shape is not None and y.shape is not None:
            macs = layer.macs(x.shape, y.shape)
            step.macs = macs if isinstance(macs, int) else 0
            tensors = layer.tensors(x.shape)
            step.weights = sum(prod(tensor.shape) for tensor in tensors)
            step.learned = sum(prod(tensor.shape) for tensor in tensors if tensor.learned)
            if id(layer) in self.counted and isinstance(link.what, Shared):
                step.learned = 0  # of a module that is used again: added to what is there
            self.counted.add(id(layer))
        step.scratch, step.scratch_bytes = scratch_of(layer, y.shape)
        if self.training:
            step.kept = kept_by(layer, over, x.shape, y.shape)
        return None

    def scope(self, link: Link, scope: Scope, known: dict[int, int], path: tuple[str, ...]) -> None:
        """A level: what enters is there until its `forward` returns."""
        inner = known
        entered = [known[id(v)] for v in link.inputs if known.get(id(v), -1) >= 0]
        if scope.outer is None:
            inner = dict(known) if scope.kind != "block" else {}
            own = [*([scope.input] if scope.input is not None else []), *value_inputs(scope)]
            for outside, value in zip(link.inputs, own):
                self.copy(outside, known, value, inner)
        elif link.inputs and scope.input is not None:
            self.copy(link.inputs[0], known, scope.input, inner)
        self.level(scope, inner, path)
        for storage in entered:
            self.tape.hold(storage, len(self.tape.steps) - 1)
        for names, value in link.exports.items():
            self.copy(inner_value(scope, names), inner, value, known)
        self.copy(scope.result, inner, link.output, known)

    def compute(self, link: Link, known: dict[int, int], path: tuple[str, ...]) -> None:
        """Arithmetic on values: one tensor for what comes out, and one beside it on the way."""
        found = [known[id(v)] for v in link.inputs if known.get(id(v), -1) >= 0]
        if link.output is not None:
            known[id(link.output)] = self.made(link.output, found, path)
            step = self.tape.steps[-1]
            node = getattr(link.node, "step", None)
            step.scratch = self.tape.sizes[step.made] * max(0, tensors_at_once(node)[0] - 1)
            step.kept = Kept(inputs=True, outputs=True) if self.training else Kept()

    def merge(
        self,
        layer: Layer,
        branches: Sequence[Value],
        output: Value | None,
        known: dict[int, int],
        path: tuple[str, ...],
    ) -> None:
        if len(branches) == 1:
            return self.same(branches[0], output, known)
        found = [known[id(v)] for v in branches if known.get(id(v), -1) >= 0]
        if output is not None:
            known[id(output)] = self.made(output, found, path)
            step = self.tape.steps[-1]
            if layer.word == "mul" and self.training:
                step.kept = Kept(inputs=True)
        return None

    def residual(
        self, link: Link, what: Residual, known: dict[int, int], path: tuple[str, ...]
    ) -> None:
        self.region(what.body, known, path)
        ends: list[Value | None] = [what.body.exit]
        if what.adds:
            ends.append(link.inputs[0] if what.shortcut is None else what.shortcut.exit)
            if what.shortcut is not None:
                self.region(what.shortcut, known, path)
        found = [known[id(v)] for v in ends if v is not None and known.get(id(v), -1) >= 0]
        if not what.adds or link.output is None:
            return self.same(what.body.exit, link.output, known)
        known[id(link.output)] = self.made(link.output, found, path)
        step = self.tape.steps[-1]
        if what.scale is not None or what.survival is not None:
            step.scratch = self.tape.sizes[step.made]  # the body times a number
        self.tape.hold(found[0], len(self.tape.steps) - 1)
        return None

    def dense(self, link: Link, what: Dense, known: dict[int, int], path: tuple[str, ...]) -> None:
        """Every round copies what came before into a longer tensor."""
        before: Value | None = link.inputs[0]
        for i, region in enumerate(what.iterations):
            if i:
                before = region.entry
            elif region.entry is not None:
                self.copy(before, known, region.entry, known)
            self.region(region, known, path)
            after = what.iterations[i + 1].entry if i + 1 < len(what.iterations) else link.output
            ends = [region.entry or before, region.exit]
            found = [known[id(v)] for v in ends if v is not None and id(v) in known]
            if after is not None:
                known[id(after)] = self.made(after, found, path)
        if not what.iterations:
            self.same(before, link.output, known)

    # -------------------------------------------------------------------------------------- storages
    def add(self, path: tuple[str, ...], reads: Sequence[int], made: int, shares: bool) -> Step:
        step = Step(".".join(path), reads, made, shares)
        number = len(self.tape.steps)
        self.tape.steps.append(step)
        for storage in (*reads, made):
            if storage >= 0:
                self.tape.hold(storage, number)
        return step

    def made(self, value: Value, reads: Sequence[int], path: tuple[str, ...]) -> int:
        """A tensor of its own that several values become."""
        storage = self.tape.storage(value.shape)
        self.add(path, [r for r in reads if r >= 0], storage, False)
        return storage

    def same(self, of: Value | None, to: Value | None, known: dict[int, int]) -> None:
        self.copy(of, known, to, known)

    def copy(
        self,
        of: Value | None,
        there: Mapping[int, int],
        to: Value | None,
        here: dict[int, int],
    ) -> None:
        if of is not None and to is not None and id(of) in there:
            here[id(to)] = there[id(of)]


def every(storages: Iterable[int]) -> set[int]:
    """Storages without those of parameters."""
    return {s for s in storages if s >= 0}
