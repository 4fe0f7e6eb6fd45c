"""What a figure is asked to be."""

from __future__ import annotations

from netdsl.record import Record

LEVELS = ("layer", "block", "stage", "net")  # deepest first
SIZES = ("auto", "all", "none")
FUSED = ("all", "bn", "none")
LABELS = ("paper", "torch")
DIRECTIONS = ("down", "right")


class Settings(Record):
    """`level` is how deep blocks are drawn, None for the deepest that fits; `expand` are paths of blocks
    that are drawn with their inside whatever the level, `only` are paths of parts that are drawn alone.
    `width` and `height` are the most that the figure may measure, in points. `sizes` says where shapes
    stand, `unroll` that nothing equal is folded, `fuse` what stands inside of the box of the layer before
    it, `labels` in whose words layers are named, `direction` where the flow leads."""

    level: str | None = None
    expand: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    width: float | None = None
    height: float | None = None
    sizes: str = "auto"
    unroll: bool = False
    fuse: str = "all"
    labels: str = "paper"
    direction: str = "down"
    legend: bool = True
