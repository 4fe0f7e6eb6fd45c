"""What is done to an input before the first layer: its mean is taken off it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar
from typing import Literal as OneOf

from netdsl.code.expr import Call, call, given
from netdsl.layers.base import Given, Tensor
from netdsl.layers.batchnorm import WeightedNormalization
from netdsl.layers.checked import Refused
from netdsl.layers.fields import ArgumentMistake, is_list, is_number
from netdsl.layers.inputs import open_size
from netdsl.shapes import Shape


def _numbers(value: Any, wanted: str) -> Any:
    if is_number(value):
        return value
    if is_list(value) and value and all(is_number(v) for v in value):
        return tuple(value)
    raise Refused(wanted)


def _mean(value: Any) -> Any:
    wanted = 'a number, a list with one per channel, or "image"'
    return value if value == "image" else _numbers(value, wanted)


def _deviation(value: Any) -> Any:
    wanted = "a number of more than 0, or a list with one per channel"
    found = _numbers(value, wanted)
    if min(found if isinstance(found, tuple) else (found,)) <= 0:
        raise Refused(wanted)
    return found


Mean = Annotated[Any, _mean]
Deviation = Annotated[Any, _deviation]


class Normalize(WeightedNormalization):
    """The input minus a mean over a standard deviation, given for every channel or one for all.

    `mean="image"` takes off an image, one number a place: zeros until it is loaded from a checkpoint.
    Input and output: C, or C x H x W (or C x L, C x D x H x W). Buffer: as many as the input has
    numbers for an image; else none in the `state_dict`, for the text has the numbers.
    Source: Krizhevsky et al., 2012, 2 (an image); Simonyan and Zisserman, 2014, 2.1 (a channel's).
    """

    word: ClassVar[str] = "normalize"
    shown: ClassVar[str] = "normalize"
    positional: ClassVar[int] = 2

    mean: Mean
    std: Deviation = 1.0

    @property
    def form(self) -> OneOf["image", "channels"]:
        return "image" if self.mean == "image" else "channels"

    def output(self, x: Shape) -> Shape:
        for name in ("mean", "std"):
            value = getattr(self, name)
            if isinstance(value, tuple) and len(value) != x.channels:
                raise ArgumentMistake(
                    "E234",
                    f"`{name}` of `{self.word}` has {len(value)} numbers, but the input has "
                    f"{x.channels} channel{'' if x.channels == 1 else 's'}",
                    name,
                    hint="give one number per channel, or one for all",
                )
        if self.form == "image":
            if x.elements is None:
                raise open_size(self.word, x, "a mean image has a number for every place")
            if self.std != 1:
                raise ArgumentMistake(
                    "E234",
                    f"`{self.word}` takes off an image, and divides by `std` too",
                    "std",
                    hint="leave `std` out, or give the mean of every channel",
                )
        return super().output(x)

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        if self.form == "channels":
            return ()
        shape = tuple(d for d in x if isinstance(d, int))
        return (Tensor("mean", shape, learned=False),)

    def module(self, a: Given) -> Call:
        if self.form == "image":
            return call("SubtractImage", a.in_channels, *a.sides)
        return call("Normalize", a.mean, **given(std=(a.std, 1.0)))

    def label(self) -> str:
        return "minus mean image" if self.form == "image" else self.shown
