"""The options that say what a figure is to be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from netdsl.backends.diagram.settings import (
    DIRECTIONS,
    FUSED,
    KINDS,
    LABELS,
    LEVELS,
    REPEATS,
    SIZES,
    Settings,
    page,
)
from netdsl.choices import OneOf

if TYPE_CHECKING:
    from netdsl.backends.diagram import Drawing
    from netdsl.network import Network

_OPTIONS: Sequence[Callable[[Any], Any]] = (
    click.option(
        "--kind",
        type=OneOf(KINDS),
        default="auto",
        help="Figures: what is drawn; else what suits the network.",
    ),
    click.option("--fit", metavar="SIZE", help="Figures: 3.25in, 6.9in, 6.9x9.4in (the default)."),
    click.option(
        "--level", type=OneOf(LEVELS), help="Figures: how deep; else the deepest that fits."
    ),
    click.option(
        "--expand",
        multiple=True,
        metavar="PATH",
        help="Figures: show the inside of this block, whatever the level.",
    ),
    click.option(
        "--only", multiple=True, metavar="PATH", help="Figures: this part alone; may be repeated."
    ),
    click.option(
        "--beside",
        multiple=True,
        metavar="FILE",
        help="Figures, and tables with --like: another network beside it (zoo:name or a file).",
    ),
    click.option(
        "--sizes", type=OneOf(SIZES), default="auto", help="Figures: shapes beside boxes."
    ),
    click.option("--unroll", is_flag=True, help="Figures: repeat what is repeated."),
    click.option(
        "--repeats",
        type=OneOf(REPEATS),
        default="proved",
        help="Figures: brackets hold what is equal, or the first of a stage too, as papers count.",
    ),
    click.option(
        "--fuse",
        type=OneOf(FUSED),
        default="all",
        help="Figures: what stands in the box of the layer before it.",
    ),
    click.option(
        "--labels",
        type=OneOf(LABELS),
        default="paper",
        help="Figures: whose words boxes use.",
    ),
    click.option(
        "--direction",
        type=OneOf(DIRECTIONS),
        default="down",
        help="Figures: where the flow leads.",
    ),
    click.option(
        "--theme",
        default="light",
        metavar="NAME|FILE",
        help="Figures: light, dark, print, stage, or a file.",
    ),
    click.option("--no-legend", is_flag=True, help="Figures: leave the legend out."),
    click.option("--dpi", type=click.FloatRange(36, 1200), default=192, help="Figures: of a PNG."),
    click.option(
        "--engine",
        type=OneOf(["dot", "neato"]),
        help="Figures: have Graphviz draw the graph.",
    ),
    click.option("--embed-font", is_flag=True, help="Figures: put the font into an SVG."),
)
_NAMES = (
    *(
        "kind",
        "fit",
        "level",
        "expand",
        "only",
        "beside",
        "sizes",
        "unroll",
        "repeats",
        "fuse",
        "labels",
    ),
    *("direction", "theme", "no_legend", "dpi", "engine", "embed_font"),
)


def of_figure(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options; it is called with `figure`, a `Wanted`."""

    @wraps(command)
    def run(*args: Any, **given: Any) -> Any:
        own = {name: given.pop(name) for name in _NAMES}
        return command(*args, figure=Wanted(own), **given)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run


class Wanted:
    """What the options say of a figure."""

    def __init__(self, own: dict[str, Any]) -> None:
        self.own = own

    @property
    def settings(self) -> Settings:
        own = self.own
        width, height = page(own["fit"]) if own["fit"] is not None else (None, None)
        names = (
            "kind",
            "level",
            "expand",
            "only",
            "sizes",
            "unroll",
            "repeats",
            "fuse",
            "labels",
            "direction",
        )
        chosen = {name: own[name] for name in names}
        return Settings(width=width, height=height, legend=not own["no_legend"], **chosen)

    def drawing(self, network: Network) -> Drawing:
        """The figure of a network, to be rendered."""
        from netdsl.backends.diagram import Drawing
        from netdsl.network import load

        others = [load(file).design for file in self.own["beside"]]
        return Drawing(network.design, self.settings, beside=others)

    def looks(self, target: str) -> dict[str, Any]:
        """How it is rendered; `graphviz` has Graphviz do it."""
        own = self.own
        return {
            "theme": own["theme"],
            "dpi": own["dpi"],
            "engine": own["engine"] or ("dot" if target == "graphviz" else ""),
            "embed_font": own["embed_font"],
        }
