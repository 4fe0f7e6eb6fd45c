"""Which of several things stand on a line together."""

from __future__ import annotations

from collections.abc import Sequence

MOST = 400  # things that are laid out evenly; of more, each line takes as many as fit


def rows(
    sizes: Sequence[int], breaks: Sequence[bool], room: int, gap: int, last: int
) -> list[bool]:
    """Which things begin a line. `sizes` are their widths, `breaks` what their author wants, `room` is the
    width of a line, `gap` the width between two of them, `last` that behind the last one.

    The author's lines stay if all of them fit. Else there are as few lines as possible, of widths as even
    as possible.
    """
    ends = [*sizes[:-1], sizes[-1] + last]
    if any(breaks[1:]):
        wanted = [True, *breaks[1:]]
        if _fit(ends, wanted, room, gap):
            return wanted
    if len(sizes) > MOST:
        return _filled(ends, room, gap)
    return _even(ends, room, gap)


def _fit(sizes: Sequence[int], begins: Sequence[bool], room: int, gap: int) -> bool:
    width = 0
    for size, begin in zip(sizes, begins):
        width = size if begin else width + gap + size
        if width > room and not begin:
            return False
    return True


def _filled(sizes: Sequence[int], room: int, gap: int) -> list[bool]:
    found: list[bool] = []
    width = room
    for size in sizes:
        begins = not found or width + gap + size > room
        width = size if begins else width + gap + size
        found.append(begins)
    return found


def _even(sizes: Sequence[int], room: int, gap: int) -> list[bool]:
    """Fewest lines, then the least sum of squared widths."""
    best: list[tuple[int, int, int]] = [(0, 0, 0)]  # lines, squares, where the last line begins
    for end in range(1, len(sizes) + 1):
        width, found = -gap, None
        for begin in range(end - 1, -1, -1):
            width += gap + sizes[begin]
            if width > room and begin < end - 1:
                break
            lines, squares, _ = best[begin]
            here = (lines + 1, squares + width * width, begin)
            if found is None or here < found:
                found = here
        assert found is not None
        best.append(found)
    begins = [False] * len(sizes)
    end = len(sizes)
    while end:
        end = best[end][2]
        begins[end] = True
    return begins
