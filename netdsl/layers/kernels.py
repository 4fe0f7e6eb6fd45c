"""Kernels that a text gives: for every pair of an output and an input map, for every output map, or one
for all, as nested lists of numbers."""

from __future__ import annotations

from typing import Annotated, Any

from netdsl.layers.checked import Refused
from netdsl.layers.fields import ArgumentMistake, is_list, is_number
from netdsl.shapes import Shape, Size


def _nested(value: Any) -> Any:
    """Lists as tuples, so that they can be compared; None for what is no list of equal lists."""
    if is_number(value):
        return value
    if not is_list(value) or not value:
        return None
    parts = tuple(_nested(part) for part in value)
    return None if None in parts or len({lengths_of(part) for part in parts}) > 1 else parts


def _kernels(value: Any) -> Any:
    nested = _nested(value)
    if not 2 <= len(lengths_of(nested)) <= 4:
        raise Refused("a kernel like [[1, 2], [3, 4]], or a list of such kernels")
    return nested


Kernels = Annotated[Any, _kernels]


def lengths_of(nested: Any) -> tuple[int, ...]:
    """How long nested lists are, outermost first; () for a number."""
    return (len(nested), *lengths_of(nested[0])) if isinstance(nested, tuple) else ()


def check_kernels(word: str, nested: Any, x: Shape, weight: tuple[int, ...]) -> None:
    """Given kernels must fit a weight of this shape: outputs, inputs, height, width."""
    if len(x) != 3:
        message = f"`weights` of `{word}` are for images (CxHxW), but it gets {x}"
        raise ArgumentMistake("E233", message, "weights")
    found = lengths_of(nested)
    wanted = (*weight[: len(found) - 2], *weight[2:])
    if found != wanted:
        raise ArgumentMistake(
            "E233",
            f"`weights` of `{word}` are {Size(found)} numbers, but must be {Size(wanted)}",
            "weights",
            hint=f"for all maps {Size(weight[2:])}, for every output map {Size((weight[0], *weight[2:]))}, "
            f"for every output and input map {Size(weight)}",
        )
