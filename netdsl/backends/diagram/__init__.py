"""Design -> a figure, through Graphviz.

| step    | from -> to                                                               |
|---------|--------------------------------------------------------------------------|
| plan    | Design -> items: steps that are drawn as one fused, equal ones folded     |
| levels  | how deep is drawn, by the number of nodes                                |
| draw    | items -> Figure: named nodes, edges, panels; knows no output format;     |
|         | forms.py merges, residuals and dense blocks, heads.py detection heads    |
| dot     | Figure -> DOT: boxes and panels; lines.py draws what connects them       |
| columns | long figures in columns, turns.py leads from one to the next             |
| render  | DOT -> SVG, PDF, PNG in a child process; svg.py finishes an SVG          |
"""

from __future__ import annotations

from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError, did_you_mean

FORMATS = ("dot", "svg", "pdf", "png")


def diagram(design: Design, format: str = "dot") -> str | bytes:
    """The figure of a network: `format` is dot or svg (texts), pdf or png (bytes).

    Raises `NetError` for another format (E404), without Graphviz (E401), if it takes too long (E402) or
    fails (E403). DOT needs no Graphviz.
    """
    if format not in FORMATS:
        hint = did_you_mean(format, FORMATS) or f"there are {', '.join(FORMATS)}"
        raise NetError([Diagnostic("E404", f"there is no figure format `{format}`", hint=hint)])
    from netdsl.backends.diagram.dot import dot_source
    from netdsl.backends.diagram.draw import figure

    drawn = figure(design)
    source = dot_source(drawn)
    if format == "dot":
        return source
    from netdsl.backends.diagram.render import render

    rendered = render(source, format)
    if format == "png":
        return Png(rendered)
    if format == "pdf":
        return rendered
    from netdsl.backends.diagram.svg import finished

    return Svg(finished(rendered, drawn.name, drawn.description))


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
