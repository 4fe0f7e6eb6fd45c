"""What papers' tables say of layers and numbers: `3x3/2`, `112x112x64`, `112K`, `360M`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log2

from netdsl.backends.table.papers.reading import Step
from netdsl.layers.base import Window
from netdsl.shapes import Shape


def size_text(numbers: Iterable[object]) -> str:
    return "x".join(map(str, numbers))


def one(numbers: Sequence[int]) -> str:
    """Equal numbers as one."""
    return str(numbers[0]) if len(set(numbers)) == 1 else size_text(numbers)


def sides_text(shape: Shape) -> str:
    """`56x56`; of a vector `1x1`."""
    return size_text(shape.sides) or "1x1"


def map_text(shape: Shape) -> str:
    """`112x112x64`, as papers write maps: height, width, channels. A vector is a map of one place."""
    return size_text((*(shape.sides or (1, 1)), shape.channels))


def is_map(shape: Shape) -> bool:
    """Whether it has more than one place."""
    return any(side != 1 for side in shape.sides)


def window(step: Step) -> Window | None:
    return step.layer.window(step.x)


def kernel(step: Step) -> tuple[int, ...]:
    """The kernel without its dilation; () for what has none."""
    own = window(step)
    if step.layer.family == "convolution":
        return step.layer.per_side("kernel_size", len(step.x.sides))
    return own.kernel if own is not None else ()


def stride(step: Step) -> tuple[int, ...]:
    own = window(step)
    return own.stride if own is not None else ()


def padding(step: Step) -> tuple[int, ...]:
    own = window(step)
    return own.padding if own is not None else ()


def steps_over(step: Step) -> bool:
    """Whether its stride is larger than 1."""
    return any(s != 1 for s in stride(step))


def is_whole(step: Step) -> bool:
    """Whether it pools a map to one place."""
    return step.layer.family == "pooling" and is_map(step.x) and not is_map(step.y)


def is_idle(step: Step) -> bool:
    """Whether it pools to the size that the map has."""
    return step.layer.word.startswith("adaptive") and step.x == step.y


def pool_word(step: Step) -> str:
    """`max pool`, `avg pool`, `subsampling`."""
    if step.layer.word == "subsample":
        return "subsampling"
    return "max pool" if "max" in step.layer.word else "avg pool"


def patch(step: Step) -> str:
    """`7x7/2`. What pools everything takes one step."""
    size = kernel(step)
    if not size:
        return ""
    return f"{size_text(size)}/{1 if is_whole(step) else one(stride(step))}"


def stage(image: Shape, shape: Shape) -> int:
    """How often the image was halved, to the nearest whole number: 56x56 of 224 and 55x55 of 227 are twice."""
    whole = max((d for d in image.sides if isinstance(d, int)), default=1)
    side = max((d for d in shape.sides if isinstance(d, int)), default=1)
    return round(log2(whole / side))


# ------------------------------------------------------------------------------------------ numbers
def comma(number: int) -> str:
    return f"{number:,}"


def kilo_text(number: int, kilo: int) -> str:
    """`9.2K`, `112K`: thousands (of 1000 or 1024) to the nearest, one decimal below ten."""
    value = number / kilo
    return f"{value:.1f}K" if value < 10 else f"{_nearest(value)}K"


def mega_text(number: int) -> str:
    """`360M`: millions to the nearest, one decimal below ten unless it is 0."""
    value = number / 10**6
    return f"{value:.1f}M".replace(".0M", "M") if value < 10 else f"{_nearest(value)}M"


def _nearest(value: float) -> int:
    return int(value + 0.5)


def powers(numbers: Sequence[int], power: int, digits: int = 1) -> list[str]:
    """`3.9x10^9`; thousandths of it where one of them would be nothing else: `69.1x10^6`."""
    while power > 3 and any(0 < number < 0.5 * 10 ** (power - digits) for number in numbers):
        power -= 3
    return [f"{number / 10**power:,.{digits}f}x10^{power}" for number in numbers]


def counted(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"
