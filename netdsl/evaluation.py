"""A network with open sizes at one size: the formulas of its shapes, evaluated.

What comes out is a `Design` like that of the same text compiled with this input, so that tables, costs
and whatever else reads a Design need not know of it. The steps are not run again, but every layer is
asked whether it takes what arrives: a kernel may be larger than its input, and two maps that are equal
for even sizes only may meet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from netdsl import design as of
from netdsl.design import Applied, Dense, Design, HeadEvent, Link, Merge, Predicted, Residual
from netdsl.diagnostics import Diagnostic, Mistake, NetError, did_you_mean
from netdsl.elaborate.values import Bound, InputFacts, Tapped, Target
from netdsl.formulas import multiple_for, shortened
from netdsl.frames import Frame
from netdsl.layers import find
from netdsl.layers.base import Layer
from netdsl.shapes import Dim, Open, Shape, Size
from netdsl.walks import all_links, every_scope

# What a Design is made of, and what names in frames stand for; the rest is of the text, and shared.
_PARTS: tuple[type, ...] = (
    *(of.Value, of.Region, of.Flow, of.Link, of.Applied, of.Shared, of.SharedModule, of.Merge),
    *(of.Residual, of.Dense, of.Inlined, of.Taken, of.Computed, of.Predicted, of.BarEvent, of.Loop),
    *(of.Branch, of.AuxEvent, of.HeadEvent, of.WeightEvent, of.Note, of.Scope, Frame),
)
_RECORDS = (Tapped, InputFacts, Bound, Target)


def at_sizes(design: Design, sizes: Mapping[str, Size]) -> Design:
    """The network where its inputs have these sizes, by name, or "" for the only one; `512x512`, or
    `3x512x512` with the channels. Sides that are given in the text must be as they are there.

    Raises `NetError` for sizes that are not those of the inputs (E455), and where a step does not take
    them (E456).
    """
    values = _symbols(design, sizes)
    found = mapped(design, lambda shape: shape.at(values))
    _check(found, values)
    _check_conditions(design, values)
    return found


def shorter(design: Design) -> Design:
    """The network with the shorter formulas that hold where all open sizes are multiples of the least
    number for which nothing is rounded: its `multiple`."""
    dims: dict[Dim, None] = {}

    def seen(shape: Shape) -> Shape:
        dims.update(dict.fromkeys(shape))
        return shape

    mapped(design, seen)
    multiple = multiple_for(dims)
    found = mapped(design, lambda shape: shortened(shape, multiple))
    found.multiple = multiple
    return found


# --------------------------------------------------------------------------------------- the sizes
def _symbols(design: Design, sizes: Mapping[str, Size]) -> dict[str, Dim]:
    """What H, W, ... are."""
    inputs = {name: value.shape for name, value in design.inputs.items() if value.shape is not None}
    known = ", ".join(f"{name}={_written(shape)}" for name, shape in inputs.items())
    opened = [name for name, shape in inputs.items() if _open(shape)] or list(inputs)
    if "" in sizes and len(opened) > 1:
        message = f"`{design.name}` has {len(inputs)} inputs: {', '.join(inputs)}"
        raise _wrong(message, f"say which size is whose: `--at {opened[0]}=512x512`")
    values: dict[str, Dim] = {}
    for name, size in sizes.items():
        if name and name not in inputs:
            hint = did_you_mean(name, list(inputs)) or f"it has {', '.join(inputs)}"
            raise _wrong(f"`{design.name}` has no input `{name}`", hint)
        name = name or opened[0]
        shape = inputs[name]
        given = Size((shape.channels, *size)) if len(size) == len(shape) - 1 else size
        fits = len(given) == len(shape) and all(
            isinstance(n, int) and n > 0 and (isinstance(d, Open) or d == n)
            for d, n in zip(shape, given)
        )
        if not fits:
            raise _wrong(
                f"the input `{name}` of `{design.name}` is {_written(shape)}, and cannot be {size}",
                "sides that are open can have any size, the others are what the text says; "
                "`--input` compiles the network for other sizes",
            )
        for dim, n in zip(shape, given):
            if isinstance(dim, Open) and n is not None:
                values[str(dim)] = n
    missing = [n for n, s in inputs.items() if any(str(d) not in values for d in _open(s))]
    if missing:
        raise _wrong(
            f"the size of the input `{missing[0]}` of `{design.name}` is open",
            f"every input needs its size: {known}",
        )
    return values


def _open(shape: Shape) -> list[Open]:
    return [d for d in shape if isinstance(d, Open)]


def _written(shape: Shape) -> str:
    return "x".join("?" if isinstance(d, Open) else str(d) for d in shape)


def _wrong(message: str, hint: str) -> NetError:
    return NetError([Diagnostic("E455", message, None, hint=hint)])


# ----------------------------------------------------------------------------------------- copying
def mapped(design: Design, change: Callable[[Shape], Shape]) -> Design:
    """A copy of a network with all shapes changed. Nothing of the text is copied."""
    found = object.__new__(Design)
    copier = _Copier(change)
    for name, value in vars(design).items():
        setattr(found, name, copier.of(value) if name == "net" else value)
    copier.finish()
    return found


class _Copier:
    """Copies a graph of parts. Those that refer to each other are copied one after another, not one
    inside the other: networks are deeper than Python's stack."""

    def __init__(self, change: Callable[[Shape], Shape]) -> None:
        self.change = change
        self.made: dict[int, Any] = {}
        self.waiting: list[tuple[Any, Any]] = []
        self.kept: list[Any] = []  # ids are those of things that live

    def of(self, value: Any) -> Any:
        kind = type(value)
        if kind in _PARTS or kind in _RECORDS:
            found = self.made.get(id(value))
            if found is None:
                found = self.made[id(value)] = object.__new__(kind)
                self.waiting.append((value, found))
            return found
        if kind is Shape:
            return self.change(value)
        if kind is dict:
            return {k: self.of(v) for k, v in value.items()}
        if kind is list:
            return [self.of(v) for v in value]
        if kind is tuple:
            return tuple(self.of(v) for v in value)
        if isinstance(value, Layer):
            return self._layer(value)
        return value

    def _layer(self, layer: Layer) -> Layer:
        """A layer that knows a value, as `upsample(like=@x)`, or its own output."""
        changed = {name: self.of(value) for name, value in layer.references().items()}
        if layer.family == "extern":
            changed["gives"] = self.of(vars(layer)["gives"])
        if not changed:
            return layer
        found = self.made.get(id(layer))
        if found is None:
            found = self.made[id(layer)] = layer.but(**changed)
        return found

    def finish(self) -> None:
        """Fill all that was begun."""
        done: list[Any] = []
        while self.waiting:
            old, new = self.waiting.pop()
            if isinstance(old, _RECORDS):
                new.__dict__.update({n: self.of(v) for n, v in vars(old).items()})
                continue
            for kind in type(old).__mro__:
                for name in getattr(kind, "__slots__", ()):
                    if name == "cost_":
                        new.cost_ = None  # another at other sizes
                    elif hasattr(old, name):
                        setattr(new, name, self.of(getattr(old, name)))
            done.append(new)
        for new in done:
            if isinstance(new, Predicted):
                _count(new)
        for new in done:
            if isinstance(new, HeadEvent):
                _boxes(new.outputs, new.count)


def _count(what: Predicted) -> None:
    """How many boxes there are, now that the map's sides may be known."""
    if what.count is None and what.map.shape is not None and what.map.shape.known:
        what.count = what.boxes * prod(d for d in what.map.shape.sides if isinstance(d, int))
        _boxes(what.values, what.count)


def _boxes(values: Mapping[str, of.Value], count: int | None) -> None:
    """`boxes` is the open length of what a head predicts."""
    if count is not None:
        for value in values.values():
            value.shape = value.shape.at({"boxes": count})


# ---------------------------------------------------------------------------------------- checking
def _check(design: Design, values: Mapping[str, Dim]) -> None:
    """Have every layer judge its inputs again, as they are now."""
    for scope in every_scope(design.net):
        for link in all_links(scope):
            try:
                _judge(link)
            except Mistake as mistake:
                raise _refused(design, link, mistake.diagnostic, values) from None


def _check_conditions(design: Design, values: Mapping[str, Dim]) -> None:
    """Have the sizes be those for which the text was compiled. A step may take others that it happens to
    fit, but what is emitted for open sizes does not."""
    if design.heads:
        return  # a detector makes images as large as they must be
    for multiple, node, names in design.conditions:
        sizes = {name: values[name] for name in names}
        wrong = [f"{k} = {n}" for k, n in sizes.items() if isinstance(n, int) and n % multiple]
        if wrong:
            message = (
                f"`{design.name}` takes open sizes that are multiples of {multiple} only, not "
            )
            hint = "`--input` compiles the network for one size, which may be another"
            text = message + " and ".join(wrong)
            raise NetError([Diagnostic("E456", text, node.span, hint=hint)])


def _judge(link: Link) -> None:
    what, shapes = link.what, [value.shape for value in link.inputs]
    output = link.output.shape if link.output is not None else None
    if isinstance(what, of.Shared) and isinstance(what.scope, Layer):
        what = Applied(what.scope)
    if isinstance(what, Applied) and not what.layer.passes:
        _same(what.layer.output(shapes[0]), output)
        step = what.layer.condition(shapes[0]) if not what.layer.references() else 1
        assert step == 1  # known sizes have no conditions
    elif isinstance(what, Merge):
        _same(what.layer.output(*(value.shape for value in what.branches)), output)
    elif isinstance(what, Residual) and what.adds:
        other = link.inputs[0] if what.shortcut is None else what.shortcut.exit
        assert what.body.exit is not None and other is not None
        _same(_made("add").output(what.body.exit.shape, other.shape), output)
    elif isinstance(what, Dense):
        for region in what.iterations:
            assert region.entry is not None and region.exit is not None
            _made("concat").output(region.entry.shape, region.exit.shape)


def _made(word: str) -> Any:
    layer = find(word)
    assert layer is not None
    return layer()


def _same(found: Shape, said: Shape | None) -> None:
    """The formula must have said what the rule says: it is a mistake of ours if it did not."""
    if found != said:
        from netdsl.verify import BrokenDesign

        raise BrokenDesign(f"netdsl contradicts itself: a formula gave {said}, the rule {found}")


def _refused(design: Design, link: Link, said: Diagnostic, values: Mapping[str, Dim]) -> NetError:
    sizes = ", ".join(f"{name} = {n}" for name, n in values.items())
    message = f"`{design.name}` does not take {sizes}: {said.message}"
    labels = tuple(said.labels)
    conditions = [
        text for node, text in _conditions(design) if node is link.node or node is _name(link)
    ]
    hint = f"it takes {conditions[0]}" if conditions else said.hint
    return NetError([Diagnostic("E456", message, said.span or link.node.span, labels, hint)])


def _name(link: Link) -> Any:
    return getattr(getattr(link.node, "step", None), "name", None)


def _conditions(design: Design) -> list[tuple[Any, str]]:
    return [
        (node, f"open sizes that are multiples of {multiple}")
        for multiple, node, _ in design.conditions
    ]
