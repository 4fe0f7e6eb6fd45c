"""The size of an input that would have been large enough, found by trying."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netdsl.diagnostics import NetError
from netdsl.shapes import Size

TOO_SMALL = "E213"
MOST = 1 << 12  # how much is added to each side


def with_larger_sizes(
    error: NetError, sizes: Mapping[str, Size], compile_at: Callable[[Mapping[str, Size]], object]
) -> NetError:
    """The mistakes of a net at sizes from outside; of those that come from too small a size, the hint is
    the size that does."""
    small = any(d.code == TOO_SMALL for d in error.diagnostics)
    found = _large_enough(sizes, compile_at) if sizes and small else None
    if found is None:
        return error
    shown = ", ".join(f"{name}={size}" if name else str(size) for name, size in found.items())
    hint = f"the input is too small for this step; {shown} is large enough"
    return NetError(d.but(hint=hint) if d.code == TOO_SMALL else d for d in error.diagnostics)


def _large_enough(
    sizes: Mapping[str, Size], compile_at: Callable[[Mapping[str, Size]], object]
) -> Mapping[str, Size] | None:
    """The sizes with as little added to all sides as it takes."""

    def does(more: int) -> bool:
        try:
            compile_at(_grown(sizes, more))
        except NetError:
            return False
        return True

    more = 1
    while not does(more):
        more *= 2
        if more > MOST:
            return None
    too_few = more // 2
    while more - too_few > 1:
        middle = (too_few + more) // 2
        too_few, more = (too_few, middle) if does(middle) else (middle, more)
    return _grown(sizes, more)


def _grown(sizes: Mapping[str, Size], more: int) -> dict[str, Size]:
    return {
        name: Size([size[0], *(side if side is None else side + more for side in size[1:])])
        for name, size in sizes.items()
    }
