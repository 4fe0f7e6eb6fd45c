"""What makes two values fit that do not: a step behind one of them."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from netdsl.diagnostics import Edit
from netdsl.elaborate.advice import Parting
from netdsl.elaborate.repairs import appended
from netdsl.shapes import Shape, ceil_div
from netdsl.source import Span

Advice: TypeAlias = tuple[str, tuple[Edit, ...]]  # what is said, and the changes that it means


class End(NamedTuple):
    """Where a way ends: what the message calls it, where more steps could follow, and what it gives."""

    name: str
    place: Span
    shape: Shape


def joined(parted: Parting | None, odd: End, usual: End, word: str, others: bool) -> Advice:
    """What to do where `odd` meets `usual`: an argument of the step at which they part, else a step behind
    one of them. `others`: more ways end as `usual` does, so it is `odd` that must change."""
    if parted is not None and parted.repair is not None:
        crop = _cropped(odd, usual, word) if parted.comes_back else None
        return f"{parted.hint}, or {crop}" if crop else parted.hint, parted.fix
    shrinks = parted is not None and not parted.divides
    said, steps, where = _after(odd, usual, word, others, shrinks)
    if parted is not None and len(odd.shape) == len(usual.shape):
        said = f"{parted.said}; {said}"
    return said, appended(where.place, f" -> {steps}") if steps else ()


def _after(odd: End, usual: End, word: str, others: bool, shrinks: bool) -> tuple[str, str, End]:
    """What is said, the steps that would mend it, and after which of both. `shrinks`:
    one of them has lost its sides to a kernel."""
    a, b = odd.shape, usual.shape
    if len(a) != len(b):
        return _of_ranks(a, b, word), "", odd
    if a.sides == b.sides:
        steps = f"conv({b.channels}, 1x1)" if len(b) > 1 else f"linear({b.channels})"
        return _at_end(odd, steps, b), steps, odd
    larger, smaller = (odd, usual) if _is_larger(a, b) else (usual, odd)
    stride = stride_between(larger.shape, smaller.shape)
    if stride is not None and others and larger is usual:
        return _enlarged(odd, usual, stride, word)
    if stride is not None:
        steps = f"conv({smaller.shape.channels}, 1x1, stride={stride})"
        target = smaller.shape
        if word == "concat":
            steps = f"maxpool(1x1, stride={stride})"
            target = larger.shape.with_sides(smaller.shape.sides)
        return _at_end(larger, steps, target), steps, larger
    if not (a.known and b.known):
        return (
            f"{b} and {a} are not equal for every size; pad, or write the sizes after `input`",
            "",
            odd,
        )
    crop = _cropped(odd, usual, word)
    if crop is None:
        said = "padding keeps the sides as they are" if shrinks else "their sides must be equal"
    else:
        said = f"padding would keep the sides, or {crop}" if shrinks else crop
    return said, "", odd


def _at_end(end: End, steps: str, gives: Shape) -> str:
    """What is said of steps that should follow a way."""
    return f"`{steps}` at the end of {end.name} would turn {end.shape.said} into {gives.said}"


def _cropped(odd: End, usual: End, word: str) -> str | None:
    """What is said of cutting the larger one to the sides of the smaller; None if that does not make them fit."""
    larger, smaller = (odd, usual) if _is_larger(odd.shape, usual.shape) else (usual, odd)
    a, b = larger.shape, smaller.shape
    if not (a.known and b.known and _is_larger(a, b)):
        return None
    if word != "concat" and a.channels != b.channels:
        return None
    return _at_end(larger, f"center_crop({Shape(*b.sides)})", a.with_sides(b.sides))


def _enlarged(odd: End, usual: End, scale: int, word: str) -> tuple[str, str, End]:
    """The way that is smaller than all others is brought to their size."""
    exact = all(
        isinstance(n, int) and n * scale == m for n, m in zip(odd.shape.sides, usual.shape.sides)
    )
    if not exact:
        said = f"all others have {Shape(*usual.shape.sides)}; `upsample(like=@label)` fits any size"
        return said, "", odd
    steps, target = f"upsample(scale={scale})", odd.shape.with_sides(usual.shape.sides)
    if word != "concat" and odd.shape.channels != usual.shape.channels:
        steps, target = f"conv({usual.shape.channels}, 1x1) -> {steps}", usual.shape
    return _at_end(odd, steps, target), steps, odd


def _of_ranks(odd: Shape, usual: Shape, word: str) -> str:
    said = f"{usual} and {odd} have different numbers of sides"
    if 1 not in (len(odd), len(usual)):
        return said
    flat, other = (odd, usual) if len(odd) == 1 else (usual, odd)
    if word == "mul" and flat.channels == other.channels:
        return "one number per channel multiplies in arithmetic: label both and write `(@map * @weights)`"
    return f"{flat} is a flat vector and {other} a map: `flatten` turns a map into a vector"


def _is_larger(a: Shape, b: Shape) -> bool:
    pairs = zip(a.sides, b.sides)
    return all(n >= m for n, m in pairs if isinstance(n, int) and isinstance(m, int))


def stride_between(larger: Shape, smaller: Shape) -> int | None:
    """The stride of a 1x1 kernel that would bring the sides of one to those of the other."""
    if len(larger) != len(smaller):
        return None
    for stride in range(2, 33):
        if all(ceil_div(n, stride) == m for n, m in zip(larger.sides, smaller.sides)):
            return stride
    return None
