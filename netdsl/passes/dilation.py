"""Strides replaced by dilation: `--dilate layer4`, `--output-stride 8`.

A backbone's last strides make maps too coarse for dense prediction. Without the stride its maps are s times
as fine, and every later window must reach s times as far to see the same places: dilation and padding times
s (Chen et al., "DeepLab", 2014, section 3.1; Yu and Koltun, 2016). Weights stay what they are, and every
s-th place of the new maps is a place of the old ones: torchvision's `replace_stride_with_dilation`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netdsl.design import Applied, Design, Link, Passed
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.follow import Follower
from netdsl.layers.base import Layer
from netdsl.passes.editing import Path
from netdsl.passes.strides import Changes, simplest
from netdsl.shapes import Shape, Size
from netdsl.weights import step_at, tensor_shapes

DILATED = ("conv", "maxpool")  # what can be dilated
MOVED = (*DILATED, "avgpool")  # what has a stride that can be 1
HINT = "a stride further up, or further down, can be replaced"


def dilate(design: Design, steps: Sequence[str] = (), output_stride: int | None = None) -> Design:
    """The network without strides in `steps` (paths of labels, or of names in the `state_dict`), or beyond
    `output_stride`, the places of the input from one place of a map to the next.

    Raises `NetError`: no such step (E142), no stride to replace (E480), a layer that cannot be dilated
    (E481).
    """
    if output_stride is not None and output_stride < 1:
        raise ValueError("the output stride is a whole number above 0")
    inside = [step_at(design, step)[0] for step in steps]
    sides = {len(value.shape.sides) for value in design.inputs.values()}
    ones = (1,) * (sides.pop() if len(sides) == 1 else 2)
    rates = _Rates(inside, output_stride)
    rates.follow(design, State(ones, ones))
    if rates.wrong is not None:
        raise NetError([rates.wrong])
    missing = [step for step, path in zip(steps, inside) if path not in rates.replaced]
    if missing or not rates.changes:
        raise _nothing(design, missing, output_stride, rates.coarsest)
    what = [f"`{step}`" for step in steps]
    if output_stride is not None:
        what.append(f"whatever is beyond an output stride of {output_stride}")
    said = f"Dilation takes the place of strides in {' and '.join(what)}."
    try:
        dilated = simplest(design, rates.changes, Passed((said,)))
    except NetError as error:
        first = error.diagnostics[0]
        message = f"dilated, the network cannot be compiled: {first.message}"
        raise NetError([first.but(code="E481", message=message)]) from None
    _same_weights(design, dilated)
    return dilated


def _same_weights(before: Design, after: Design) -> None:
    """Raise `NetError` if finer maps change a weight, as that of a linear layer that reads all of one."""
    shapes = tensor_shapes(before)
    for name, shape in tensor_shapes(after).items():
        if shapes[name] != shape:
            sides = ["x".join(map(str, sides)) for sides in (shapes[name], shape)]
            message = f"dilated, `{name}` would be {sides[1]} in the place of {sides[0]}"
            hint = "with `--convolutional` it reads the same places of finer maps"
            raise NetError([Diagnostic("E481", message, hint=hint)])


def _nothing(
    design: Design, missing: Sequence[str], output_stride: int | None, coarsest: int
) -> NetError:
    if missing:
        message = f"`{missing[0]}` has no stride to replace"
        hint = "`--output-stride 8` finds the strides itself; tables show where maps get smaller"
    else:
        message = f"{design.name} has no stride beyond an output stride of {output_stride}"
        hint = f"its coarsest map has a place for every {coarsest} of the input"
    return NetError([Diagnostic("E480", message, hint=hint)])


class State(NamedTuple):
    """Of a map, one entry a side: the places of the input between two of its places, and how many of its
    places were one before."""

    jump: tuple[int, ...]
    rate: tuple[int, ...]


class _Rates(Follower[State | None]):
    """Follows values from the inputs; None is what no longer has places (a pooled or flat value)."""

    def __init__(self, inside: Sequence[Path], output_stride: int | None) -> None:
        super().__init__(aux=True)
        self.inside = inside
        self.most = output_stride
        self.changes: Changes = {}
        self.replaced: set[Path] = set()
        self.coarsest = 1
        self.wrong: Diagnostic | None = None

    def layer(self, layer: Layer, link: Link, state: State | None, path: Path) -> State | None:
        x, y = link.inputs[0].shape, link.output.shape if link.output is not None else None
        if state is None or x is None or y is None or layer.passes:
            return state
        if layer.word not in MOVED or not isinstance(link.what, Applied):
            return self._other(layer, link, state, x, y)
        return self._window(layer, link, state, path, x)

    def _other(self, layer: Layer, link: Link, state: State, x: Shape, y: Shape) -> State | None:
        """What is no window that could be dilated."""
        if len(y) != len(x) or layer.word.startswith(("global_", "adaptive_")):
            return None
        window = layer.window(x)
        moves = window is not None and (set(window.kernel) != {1} or set(window.stride) != {1})
        if (moves or x.sides != y.sides) and set(state.rate) != {1}:
            self._refuse(f"`{layer.word}` cannot be dilated", link)
        if window is None or layer.word == "conv_transpose":
            return state
        jump = tuple(j * s for j, s in zip(state.jump, window.stride))
        return state._replace(jump=jump)

    def _window(self, layer: Layer, link: Link, state: State, path: Path, x: Shape) -> State | None:
        dims = len(x.sides)
        kernel = layer.per_side("kernel_size", dims)
        window = layer.window(x)
        assert window is not None
        dilation = layer.per_side("dilation", dims) if layer.word in DILATED else (1,) * dims
        home = self.home(path)
        chosen = [place for place in self.inside if home[: len(place)] == place]
        stride, jump, rate = list(window.stride), [], []
        for i, s in enumerate(window.stride):
            beyond = self.most is not None and state.jump[i] * s > self.most
            if s > 1 and (chosen or beyond):
                stride[i] = 1
                self.replaced.update(chosen)
            jump.append(state.jump[i] * stride[i])
            rate.append(state.rate[i] * (s // stride[i]))
            self.coarsest = max(self.coarsest, jump[i])
        spread = tuple(d * r if k > 1 else d for d, r, k in zip(dilation, state.rate, kernel))
        padding = tuple(p * r for p, r in zip(window.padding, state.rate))
        if spread != dilation and layer.word not in DILATED:
            self._refuse(f"`{layer.word}` of {Size(kernel)} cannot be dilated", link)
            return State(tuple(jump), tuple(rate))
        changes: dict[str, object] = {}
        if tuple(stride) != window.stride:
            changes["stride"] = _size(stride)
        if spread != dilation:
            changes["dilation"] = _size(spread)
        if padding != window.padding and not isinstance(layer.padding, str):  # type: ignore[attr-defined]
            changes["padding"] = _size(padding)
        if changes:
            key = home[: len(home) - (link.key is not None)], id(link)
            if self.changes.setdefault(key, (link, changes))[1] != changes:
                self._refuse("a shared module is used before and behind a stride", link)
        return State(tuple(jump), tuple(rate))

    def meet(self, states: list[State | None]) -> State | None:
        known = [state for state in states if state is not None]
        return max(known, key=lambda state: state.rate) if known else None

    def _refuse(self, why: str, link: Link) -> None:
        message = f"{why}, and there is a stride to replace before it"
        self.wrong = self.wrong or Diagnostic("E481", message, link.node.span, hint=HINT)


def _size(sides: Sequence[int]) -> int | Size:
    """One number where all sides are equal."""
    return sides[0] if len(set(sides)) == 1 else Size(sides)
