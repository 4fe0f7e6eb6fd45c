"""What a figure is asked to be."""

from __future__ import annotations

import re

from netdsl.diagnostics import Diagnostic, NetError, did_you_mean
from netdsl.record import Record

KINDS = (
    *("auto", "network", "cell", "volumes", "columns", "ladder", "dense", "pipeline"),
    *("unravelled", "boxes", "timeline"),
)

LEVELS = ("layer", "block", "stage", "net")  # deepest first
SIZES = ("auto", "all", "none")
FUSED = ("all", "bn", "none")
REPEATS = ("proved", "paper")
LABELS = ("paper", "torch")
DIRECTIONS = ("down", "right")


class Settings(Record):
    """`kind` is one of `KINDS`. `level` is how deep blocks are drawn, None for the deepest that fits; `expand` are paths of blocks
    that are drawn with their inside whatever the level, `only` are paths of parts that are drawn alone.
    `width` and `height` are the most that the figure may measure, in points. `sizes` says where shapes
    stand, `unroll` that nothing equal is folded,
    `repeats` whether a bracket holds what is proved to be equal, or as papers count also the first of a
    stage, `fuse` what stands inside of the box of the layer before
    it, `labels` in whose words layers are named, `direction` where the flow leads."""

    level: str | None = None
    expand: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    kind: str = "auto"
    width: float | None = None
    height: float | None = None
    sizes: str = "auto"
    unroll: bool = False
    repeats: str = "proved"
    fuse: str = "all"
    labels: str = "paper"
    direction: str = "down"
    legend: bool = True


# ------------------------------------------------------------------------------------------- reading
UNITS = {"in": 72.0, "cm": 72 / 2.54, "mm": 7.2 / 2.54, "pt": 1.0, "": 72.0}
LEAST, MOST = 72.0, 72.0 * 200  # points
_LENGTH = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(in|cm|mm|pt|)\s*")


def page(text: str) -> tuple[float, float | None]:
    """A width, or width and height, in points: `3.25in`, `6.9x9.4in`, `84mm x 120mm`. Raises `NetError` (E440)
    for anything else."""
    parts = re.split(r"[x\N{MULTIPLICATION SIGN}]", text)
    found = [_LENGTH.fullmatch(part) for part in parts]
    if len(parts) > 2 or None in found:
        raise _no_page(text)
    lengths = []
    last = found[-1]
    assert last is not None
    for match in found:
        assert match is not None
        unit = match[2] or last[2]
        lengths.append(float(match[1]) * UNITS[unit])
    if not all(LEAST <= length <= MOST for length in lengths):
        raise _no_page(text)
    return lengths[0], lengths[1] if len(lengths) > 1 else None


def _no_page(text: str) -> NetError:
    message = f"`{text[:40]}` is no size of a figure"
    hint = "say a width, or width and height, from 1in on: 3.25in, 6.9x9.4in, 84mm"
    return NetError([Diagnostic("E440", message, hint=hint)])


def checked(settings: Settings) -> Settings:
    """The settings, if each is one that there is. Raises `NetError` (E441)."""
    for name, known in (
        ("kind", KINDS),
        ("level", LEVELS),
        ("sizes", SIZES),
        ("fuse", FUSED),
        ("repeats", REPEATS),
        ("labels", LABELS),
        ("direction", DIRECTIONS),
    ):
        value = getattr(settings, name)
        if value is not None and value not in known:
            message = f"there is no {name} `{value}` of figures"
            hint = did_you_mean(str(value), known) or f"there are {', '.join(known)}"
            raise NetError([Diagnostic("E441", message, hint=hint)])
    return settings
