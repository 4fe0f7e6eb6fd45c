"""Which items of two sequences belong together: common subsequences, and those that are no guess."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher

Pairs = list[tuple[int, int]]
LARGE = 250_000  # a table of a longest common subsequence larger than this is not made
MOST_EDITS = 1_000


def common(old: Sequence[Hashable], new: Sequence[Hashable]) -> Pairs:
    """Positions of items that are equal, in order in both: a longest common subsequence, in which every
    item is matched as early as it can be. Of long sequences a good one."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    ends = [len(old), len(new)]
    while min(ends) > start and old[ends[0] - 1] == new[ends[1] - 1]:
        ends = [ends[0] - 1, ends[1] - 1]
    pairs = [(i, i) for i in range(start)]
    # What only one of them has is in no pair, and need not be looked at.
    known = set(old[start : ends[0]]) & set(new[start : ends[1]])
    left = [i for i in range(start, ends[0]) if old[i] in known]
    right = [j for j in range(start, ends[1]) if new[j] in known]
    if known:
        sides = [old[i] for i in left], [new[j] for j in right]
        small = len(left) * len(right) <= LARGE
        middle = _longest(*sides) if small else _shortest(*sides)
        pairs += [(left[i], right[j]) for i, j in middle]
    return pairs + list(zip(range(ends[0], len(old)), range(ends[1], len(new))))


def certain(old: Sequence[Hashable], new: Sequence[Hashable]) -> Pairs:
    """The pairs of `common` that hold from whichever end it is looked at: of three equal items, one of
    which is gone, nobody knows which."""
    backwards = common(old[::-1], new[::-1])
    found = {(len(old) - 1 - i, len(new) - 1 - j) for i, j in backwards}
    return [pair for pair in common(old, new) if pair in found]


def _longest(old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    rows = [[0] * (len(new) + 1)]
    for item in reversed(old):  # rows[-1 - i][j]: how much is common to old[i:] and new[j:]
        below, row = rows[-1], [0] * (len(new) + 1)
        for j in range(len(new) - 1, -1, -1):
            row[j] = below[j + 1] + 1 if item == new[j] else max(below[j], row[j + 1])
        rows.append(row)
    rows.reverse()
    i = j = 0
    while i < len(old) and j < len(new):
        if old[i] == new[j] and rows[i][j] == rows[i + 1][j + 1] + 1:
            yield i, j
            i, j = i + 1, j + 1
        elif rows[i + 1][j] >= rows[i][j + 1]:
            i += 1
        else:
            j += 1


def _shortest(old: Sequence[Hashable], new: Sequence[Hashable]) -> Pairs:
    """The same by the shortest edit script, which costs as much as there is to edit (Myers, "An O(ND)
    difference algorithm and its variations", 1986). Of what differs too much only equal blocks."""
    numbers: dict[Hashable, int] = {}
    a, b = ([numbers.setdefault(item, len(numbers)) for item in side] for side in (old, new))
    furthest = {1: 0}  # by diagonal: how far into `old` so many edits come
    trace: list[dict[int, int]] = []
    for edits in range(MOST_EDITS):
        trace.append(furthest)
        furthest = dict(furthest)
        for k in range(-edits, edits + 1, 2):
            down = k == -edits or (k != edits and furthest[k - 1] < furthest[k + 1])
            i = furthest[k + 1] if down else furthest[k - 1] + 1
            while i < len(a) and 0 <= i - k < len(b) and a[i] == b[i - k]:
                i += 1
            furthest[k] = i
            if i >= len(a) and i - k >= len(b):
                return _walked_back(trace, len(a), len(b))
    blocks = SequenceMatcher(None, a, b, autojunk=True).get_matching_blocks()
    return [(block.a + n, block.b + n) for block in blocks for n in range(block.size)]


def _walked_back(trace: list[dict[int, int]], i: int, j: int) -> Pairs:
    """The equal items on the way that the edits take, from its end."""
    pairs: Pairs = []
    for edits in range(len(trace) - 1, -1, -1):
        before, k = trace[edits], i - j
        down = k == -edits or (k != edits and before[k - 1] < before[k + 1])
        k = k + 1 if down else k - 1
        start = (before[k], before[k] - k) if edits else (0, 0)
        while i > start[0] and j > start[1]:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        i, j = start
    return pairs[::-1]
