"""What stages are called, and what they do, in a few lines: `3 x (3x3, 256)`, `bottleneck x3`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from os.path import commonprefix
from typing import TYPE_CHECKING

from netdsl.backends.diagram import labels
from netdsl.backends.diagram.items import Fold, Item, Join, Op, Sub
from netdsl.backends.diagram.steps import Steps, summary
from netdsl.backends.diagram.text import TIMES, clean, kind_of

if TYPE_CHECKING:
    from netdsl.backends.diagram.kinds.pipeline.opened import Unit

# kinds of which a stage with others says nothing
SILENT = (
    "norm",
    "activation",
    "dropout",
    "shape",
)
MOST_LINES = 5


def lines_of(items: Sequence[Item], steps: Steps, most: int = MOST_LINES) -> list[str]:
    """What a stage does, a line for every kind of step: `3 x (3x3, 256)`, `bottleneck x3`."""
    words = _words(items, steps)
    words = [word for word in words if word[1]] or words
    lines = _shown(_folded([word for word, _ in words]))
    if len(lines) <= most:
        return lines
    first = [line for line in lines[:1] if "max" in line or "avg" in line]
    total = steps.items(list(items))
    return [*first, summary(total)]


def _words(items: Sequence[Item], steps: Steps) -> list[tuple[str, bool]]:
    """A text for every step, and whether it says more than that the step is there."""
    out: list[tuple[str, bool]] = []
    for item in items:
        if isinstance(item, Op):
            kind = kind_of(item.layers[0])
            out.append((brief(item), kind not in SILENT))
        elif isinstance(item, Fold):
            out += _words(item.items, steps) * min(item.times, 99)
        elif isinstance(item, Sub) and _levels(item):
            out += _words(item.plan.items, steps)
        elif isinstance(item, Sub):
            out.append((f"\n{clean(item.scope.name, 22)}", True))
        elif isinstance(item, Join):
            inner = [w for chain in item.branches for w, _ in _words(chain.items, steps)]
            out += [(word, True) for word in inner]
            out.append((item.word, True))
        else:
            out.append((item.word or "arithmetic", True))
    return out


def brief(item: Op) -> str:
    """A layer in as few letters as say what it is: `3x3 dil 6, 1024`."""
    text = labels.short(item.layers[0])
    if kind_of(item.layers[0]) in labels.CONVOLUTIONS:
        text = text.replace(" conv ", " ")
    return text


def _levels(item: Sub) -> bool:
    """Whether a level is a stage of blocks or layers, and not a block that a name says enough about."""
    return bool(item.label) or item.scope.kind != "block"


def _folded(words: Sequence[str]) -> list[tuple[tuple[str, ...], int]]:
    """Runs of equal words, or of equal pairs."""
    out: list[tuple[tuple[str, ...], int]] = []
    at = 0
    while at < len(words):
        best = (1, 1)
        for period in (1, 2):
            run, times = tuple(words[at : at + period]), 1
            while tuple(words[at + times * period : at + (times + 1) * period]) == run:
                times += 1
            if times > 1 and times * period > best[0] * best[1] and len(run) == period:
                best = (period, times)
        period, times = best
        out.append((tuple(words[at : at + period]), times))
        at += period * times
    return out


def _shown(runs: list[tuple[tuple[str, ...], int]]) -> list[str]:
    lines: list[str] = []
    for words, times in runs:
        names = [word.removeprefix("\n") for word in words]
        if times == 1:
            lines += names
        elif len(words) == 1 and words[0].startswith("\n"):
            lines.append(f"{names[0]} {TIMES}{times}")
        elif len(words) == 1:
            lines.append(f"{times} {TIMES} ({names[0]})")
        else:
            lines += [f"{times} {TIMES} ({names[0]}", f"{names[1]})"]
    return lines


def title_of(units: Sequence[Unit], number: int, tapped: bool = False) -> str:
    """What a stage is called: by the labels in it, else by its number, as VGG's stages are. If its map is
    `tapped`, it has the name of that."""
    names: list[str] = []
    for unit in units:
        if unit.light and any(not other.light for other in units):
            continue
        name = _label(unit.item)
        if name and name not in names:
            names.append(name)
    if not names:
        plain = all(isinstance(_first(unit.item), Op) for unit in units)
        return f"{'conv' if plain else 'stage'}{number}"
    common = commonprefix(names).rstrip("_.")
    if len(names) > 1 and all(re.fullmatch(re.escape(common) + r"[_.]\d+", n) for n in names):
        return clean(common, 18)
    if len(names) == 1 or tapped:
        return clean(names[-1], 18)
    both = f"{names[0]}, {names[1]}" if len(names) == 2 else f"{names[0]} to {names[-1]}"
    return both if len(both) <= 18 else clean(names[-1], 18)


def _first(item: Item) -> Item:
    return _first(item.items[0]) if isinstance(item, Fold) else item


def _label(item: Item) -> str:
    """The part of an item's name that a person wrote, "" if it has only a number."""
    if isinstance(item, Fold):
        inner = _label(item.items[0])
        return re.sub(r"_\d+$", "", inner)
    if isinstance(item, (Op, Sub)):
        return next((part for part in item.path if not part[:1].isdigit()), "")
    return item.word
