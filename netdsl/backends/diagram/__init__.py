"""Design -> a figure at its printed size.

| step    | from -> to                                                                     |
|---------|--------------------------------------------------------------------------------|
| plan    | Design -> items: steps that are drawn as one fused, equal ones folded           |
| levels  | how deep is drawn                                                               |
| draw    | items -> Figure: named nodes, edges, panels; knows neither places nor formats   |
| layout  | Figure -> scene: pieces on axes, lanes, columns; what fits the page (`drawing`) |
| kinds   | other figures: blocks, volumes, columns of networks, ladders, detectors, ...    |
| scene   | shapes and texts in points, with roles; themes give colours; lint               |
| formats | scene -> SVG, PDF, PNG, TikZ, DOT; Figure -> Mermaid and plain text             |
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netdsl.backends.diagram.settings import Settings, checked
from netdsl.diagnostics import Diagnostic, NetError, did_you_mean

if TYPE_CHECKING:
    from netdsl.backends.diagram.figure import Figure
    from netdsl.design import Design

FORMATS = ("svg", "pdf", "png", "tex", "dot", "mermaid", "text")
DPI = 192


def diagram(
    design: Design,
    format: str = "svg",
    settings: Settings | None = None,
    *,
    beside: Sequence[Design] = (),
    theme: str = "light",
    dpi: float = DPI,
    engine: str = "",
    embed_font: bool = False,
) -> str | bytes:
    """The figure of a network, with others `beside` it: svg, tex (TikZ), dot, mermaid and text are texts, pdf
    and png bytes. `theme` is a name or a file, `dpi` that of a PNG; `engine` ("dot", "neato") has Graphviz
    draw the graph instead.

    Raises `NetError` for what is not there (formats E404, themes, settings) and for kinds of figures that do
    not suit the network; E401-E403 if Graphviz is asked for and does not do it, E425 for a PNG without
    Pillow.
    """
    return Drawing(design, settings, beside=beside).rendered(
        format, theme=theme, dpi=dpi, engine=engine, embed_font=embed_font
    )


class Drawing:
    """A figure that can be had in several formats. `said` tells what was chosen to make it fit."""

    def __init__(
        self,
        design: Design,
        settings: Settings | None = None,
        *,
        beside: Sequence[Design] = (),
    ) -> None:
        self.design = design
        self.settings = checked(settings or Settings())
        self.beside = tuple(beside)
        self.said = ""

    def rendered(
        self,
        format: str,
        *,
        theme: str = "light",
        dpi: float = DPI,
        engine: str = "",
        embed_font: bool = False,
    ) -> str | bytes:
        if format not in FORMATS:
            hint = did_you_mean(format, FORMATS) or f"there are {', '.join(FORMATS)}"
            raise NetError([Diagnostic("E404", f"there is no figure format `{format}`", hint=hint)])
        if format == "mermaid":
            from netdsl.backends.diagram.formats.mermaid import mermaid, mermaid_of

            if self.settings.level is None:
                return mermaid_of(self.design)
            return mermaid(self._figure())
        if format == "text":
            from netdsl.backends.diagram.formats.plain import plain

            return plain(self._figure())
        return self._pictured(format, theme, dpi, engine, embed_font)

    def _figure(self) -> Figure:
        """The graph of the network at the level that is asked for."""
        from netdsl.backends.diagram.draw import Drawer
        from netdsl.backends.diagram.levels import level
        from netdsl.backends.diagram.parts import part
        from netdsl.backends.diagram.plan import Planner

        planner = Planner(self.design, self.settings)
        for path in self.settings.expand:
            part(planner, path)  # it is there, or an error
        name = self.settings.level or "layer"
        chosen = level(planner.scope(self.design.net), name, self.settings.expand)
        return Drawer(planner, chosen).draw()

    def _pictured(
        self, format: str, theme: str, dpi: float, engine: str, embed_font: bool
    ) -> str | bytes:
        from netdsl.backends.diagram.kinds.registry import scene_of
        from netdsl.backends.diagram.scene.themes import NAMES, named

        if theme in NAMES:
            colours = named(theme)
        else:
            from netdsl.backends.diagram.scene.theme_file import theme as of_file

            colours = of_file(theme)
        settings = self.settings
        if format == "dot" or engine:  # a graph shows the network, not a picture of it
            settings = settings.but(kind="network") if settings.kind == "auto" else settings
        scene, self.said = scene_of((self.design, *self.beside), settings)
        if format == "dot" or engine:
            from netdsl.backends.diagram.formats.dot import dot

            source = dot(scene, colours)
            if format == "dot":
                return source
            from netdsl.backends.diagram.formats.engine import rendered

            figure = rendered(source, _drawable(format), engine)  # type: ignore[arg-type]
            return Svg(figure.decode("utf-8")) if format == "svg" else figure
        if format == "svg":
            from netdsl.backends.diagram.formats.svg import svg

            return Svg(svg(scene, colours, embed_font=embed_font))
        if format == "tex":
            from netdsl.backends.diagram.formats.tikz import tikz

            return tikz(scene, colours)
        if format == "pdf":
            from netdsl.backends.diagram.formats.pdf import pdf

            return pdf(scene, colours)
        from netdsl.backends.diagram.formats.png import png

        return Png(png(scene, colours, dpi))


def _drawable(format: str) -> str:
    if format == "tex":
        message = "Graphviz draws no TikZ"
        hint = "leave `--engine` out, or ask it for svg, pdf or png"
        raise NetError([Diagnostic("E404", message, hint=hint)])
    return format


class Svg(str):
    """The text of an SVG; a notebook shows the picture."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)


class Png(bytes):
    """The bytes of a PNG; a notebook shows the picture."""

    __slots__ = ()

    def _repr_png_(self) -> bytes:
        return bytes(self)
