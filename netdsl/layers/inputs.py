"""What layers demand of the shape that arrives, and what is said where it does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, isqrt, lcm

from netdsl.diagnostics import Mistake
from netdsl.layers.fields import sides_text
from netdsl.shapes import SIDE_NAMES, Dim, Shape, equal_when

MAP = (1, 2, 3)  # sequences, images and volumes
ANY = (0, *MAP)  # a flat vector too


def sides_of(x: Shape, word: str, allowed: tuple[int, ...] = MAP) -> int:
    """How many sides the input has beside its channels; a mistake if the layer cannot take that."""
    dims = len(x) - 1
    if dims not in allowed:
        forms = ["x".join(("C", *SIDE_NAMES.get(d, ()))) for d in allowed]
        *others, last = forms
        wanted = f"{', '.join(others)} or {last}" if others else last
        what = "a map" if 0 not in allowed else "a vector or a map"
        hint = "a vector has no sides: write `flatten` and `linear` after what works on maps"
        message = f"`{word}` needs {what} ({wanted}), but gets {x.said}"
        raise Mistake("E211", message, hint=hint if dims == 0 else None)
    return dims


def check_flat(word: str, x: Shape) -> None:
    """The input must be a vector."""
    if len(x) > 1:
        raise Mistake(
            "E216",
            f"`{word}` needs a flat vector, but gets the map {x}",
            hint="put `flatten` before it, or `global_avgpool -> flatten` for the means",
        )


def check_groups(word: str, groups: int, **channels: int) -> None:
    """All these numbers of channels (`input=64, output=128`) must fall into equal groups."""
    for what, number in channels.items():
        if number % groups:
            near = min(divisors(gcd(*channels.values())), key=lambda g: abs(g - groups))
            both = " and ".join(dict.fromkeys(str(n) for n in channels.values()))
            hint = f"the number of groups must divide {both}: {near} would do"
            if (
                4 < groups < number == channels.get("output")
            ):  # of a paper: the width is the mistake
                below = number // groups * groups
                hint = f"{groups} groups need {below} or {below + groups} channels; {near} groups divide {both}"
            raise Mistake(
                "E214",
                f"`{word}` cannot divide its {number} {what} channels into {groups} groups",
                hint=hint,
            )


def divisors(number: int) -> list[int]:
    """What divides `number`, ascending."""
    small = [d for d in range(1, isqrt(number) + 1) if number % d == 0]
    return [*small, *(number // d for d in reversed(small) if d * d != number)]


def elements_of(x: Shape, word: str) -> int:
    """All numbers of the input; a mistake while a side of it is open."""
    if x.elements is None:
        raise open_size(
            word, x, "must know every side of its input", "or put `global_avgpool` before it"
        )
    return x.elements


def open_size(word: str, x: Shape, why: str, way_out: str = "") -> Mistake:
    """The mistake of a size that is open where it cannot be."""
    hint = ", ".join(part for part in ("write the sizes in the `input` line", way_out) if part)
    return Mistake("E218", f"`{word}` gets {x}, but {why}", hint=hint)


def equal_shapes(a: Sequence[Dim], b: Sequence[Dim]) -> int | None:
    """What every open size must be a multiple of for the two to be equal: 1 if they always are,
    None if no such number is found."""
    if len(a) != len(b):
        return None
    conditions = [equal_when(left, right) for left, right in zip(a, b)]
    return None if None in conditions else lcm(*(c for c in conditions if c))


def sides_like(word: str, x: Shape, like: Shape) -> tuple[Dim, ...]:
    """The sides of another value, for an input that must have as many."""
    if len(like) != len(x):
        raise Mistake(
            "E210",
            f"`{word}` gets {x.said} and should be like {like.said}: {sides_text(len(x) - 1)} cannot become "
            f"{len(like) - 1}",
            hint="the value must have as many sides as the input",
        )
    return like.sides
