"""A figure as TikZ: a paper's LaTeX sets its letters, in the paper's sans serif font. Nothing but tikz and graphicx is
needed, and nothing but ASCII is in it.

The text is a document of the class `standalone`: it can be compiled alone, and a paper that says
`\\usepackage{standalone}` and `\\usepackage{tikz}` can `\\input` it as it is. Without the class
(`standalone=False`) it is the picture only, which any paper with tikz can `\\input`.
"""

from __future__ import annotations

import re

from netdsl.backends.diagram.formats.letters import ROUNDING
from netdsl.backends.diagram.formats.outline import outline, round_corner, short
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.paint import Painted, Strokes, painted
from netdsl.backends.diagram.scene.scene import Circle, Curve, Point, Rect, Scene, Text
from netdsl.backends.diagram.scene.themes import Theme
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.escaping.latex import SIGNS, latex
from netdsl.escaping.letters import western

LARGEST = 16000  # points: what TeX can still measure
WIDER = 1.06  # than planned: what a text may be in the paper's font before it is squeezed
A_LINE = 6  # so many steps of a path stand on a line

# Sans serif letters as wide as planned, if there are any; else those that can have any size.
_PREAMBLE = r"""% In a paper: \usepackage{standalone,tikz,graphicx}, and \input this file where the figure stands.
\documentclass[tikz,border=0pt]{standalone}
\usepackage{tikz,graphicx,textcomp}
\IfFileExists{tgheros.sty}{\usepackage[T1]{fontenc}\usepackage{tgheros}}{%
\IfFileExists{lmodern.sty}{\usepackage[T1]{fontenc}\usepackage{lmodern}}{\usepackage{fix-cm}}}
\begin{document}
"""
# Characters that a language of babel may have made commands are characters again. A label is set in the sans
# serif font of the document; if it is wider than its second argument it is squeezed. Signs are those of fonts
# that are known to have them as outlines: LaTeX would find them for others as bitmaps, which journals refuse.
_BEGIN = r"""\begingroup
\catcode33 12 \catcode34 12 \catcode39 12 \catcode42 12 \catcode43 12 \catcode45 12 \catcode46 12
\catcode47 12 \catcode58 12 \catcode59 12 \catcode60 12 \catcode61 12 \catcode62 12 \catcode63 12
\catcode64 12 \catcode96 12 \catcode124 12
\def\netlabel#1#2#3{\setbox0\hbox{\normalfont\sffamily\fontsize{#1bp}{#1bp}\selectfont #3}%
  \ifdim\wd0>#2bp \resizebox{#2bp}{\height}{\box0}\else\box0\fi}%
"""
_SIGNS = r"""\let\netsign\def \edef\netsans{\sfdefault}%
\def\nethas#1{\def\netfont{#1}\ifx\netfont\netsans\let\netsign\providecommand\fi}%
\nethas{phv}\nethas{qhv}\nethas{lmss}%
"""
_ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}


def tikz(scene: Scene, theme: Theme, standalone: bool = True) -> str:
    """The figure in a theme, as a document or (not `standalone`) as what stands in one.

    Raises `NetError` (E426) if it is larger than TeX can measure.
    """
    left, top = scene.left, scene.top
    right, bottom = left + scene.width, top + scene.height
    if max(right - min(left, 0), bottom - min(top, 0)) > LARGEST:
        size = f"{scene.width / 72:.0f} x {scene.height / 72:.0f} inches"
        hint = "draw it coarser (`--level block`), or as SVG or PDF"
        raise NetError([Diagnostic("E426", f"a figure of {size} is too large for TeX", hint=hint)])
    shapes = list(painted(scene, theme))
    frame = f"({short(left)},{short(top)}) rectangle ({short(right)},{short(bottom)})"
    styles = "every path/.style={},every node/.style={inner sep=0pt,outer sep=0pt,shape=rectangle}"
    drawn = [_drawn(item) for item in shapes]
    lines = [_BEGIN.rstrip("\n"), *_signs(drawn)]
    lines += [f"\\definecolor{{{_name(c)}}}{{HTML}}{{{c[1:]}}}%" for c in _colours(shapes, theme)]
    lines += [
        f"\\begin{{tikzpicture}}[x=1bp,y=-1bp,line join=round,{styles}]",
        f"\\useasboundingbox {frame};",
        f"\\fill[{_name(theme['paper'])}] {frame};",
        *drawn,
        "\\end{tikzpicture}%",
        "\\endgroup",
    ]
    picture = "\n".join(lines) + "\n"
    if not standalone:
        return picture
    title = re.sub(r"[^A-Za-z0-9 .,:()+/_-]", "", western(scene.title))
    return f"% {title}\n{_PREAMBLE}{picture}\\end{{document}}\n"


def _signs(drawn: list[str]) -> list[str]:
    """What stands for signs that occur, in a font that may not have them."""
    used = set(re.findall(r"\\([A-Za-z]+)", "\n".join(drawn)))
    found = [f"\\netsign\\{name}{{{other}}}%" for name, other in SIGNS.items() if name in used]
    return [*_SIGNS.splitlines(), *found] if found else []


def _name(colour: str) -> str:
    return f"net{colour[1:]}"


def _colours(shapes: list[Painted], theme: Theme) -> list[str]:
    """The colours that occur, in the order in which they do."""
    found = {theme["paper"]: None}
    for item in shapes:
        for colour in (getattr(item, "fill", None), getattr(item, "stroke", None)):
            if colour:
                found[colour] = None
    return list(found)


# ------------------------------------------------------------------------------------------- shapes
def _drawn(item: Painted) -> str:
    if isinstance(item, Text):
        return _text(item)
    if isinstance(item, Strokes):
        lines = [f"{_at(a)} -- {_at(b)}" for a, b in item.lines]
        return f"\\path[{_look(None, item.stroke, item.line, None)}] {_broken(lines)};"
    if isinstance(item, Circle):
        look = _look(item.fill, item.stroke, item.line, None)
        return f"\\path[{look}] {_at((item.x, item.y))} circle[radius={short(item.radius)}bp];"
    if isinstance(item, Rect) and not item.dash:
        look = _look(item.fill, item.stroke, item.line, None)
        radius = round_corner(item)
        if radius:
            look += f",rounded corners={short(radius)}bp"
        ends = _at((item.x, item.y)), _at((item.x + item.width, item.y + item.height))
        return f"\\path[{look}] {ends[0]} rectangle {ends[1]};"
    fill = None if isinstance(item, Curve) else item.fill
    line = outline(item)
    steps = [_at(line.start)]
    for step in line.steps:
        if len(step) == 1:
            steps.append(f"-- {_at(step[0])}")
        else:
            first, second, end = step
            steps.append(f".. controls {_at(first)} and {_at(second)} .. {_at(end)}")
    if line.closed:
        steps.append("-- cycle")
    return f"\\path[{_look(fill, item.stroke, item.line, item.dash)}] {_broken(steps)};"


def _broken(steps: list[str]) -> str:
    """Steps in lines that an editor can show."""
    rows = [" ".join(steps[i : i + A_LINE]) for i in range(0, len(steps), A_LINE)]
    return "\n  ".join(rows)


def _look(fill: str | None, stroke: str | None, line: float, dash: str | None) -> str:
    parts = [f"fill={_name(fill)}"] if fill else []
    if stroke and line:
        parts += [f"draw={_name(stroke)}", f"line width={short(line)}bp"]
        if dash:
            lengths = dash.split()
            words = (f"{('on', 'off')[i % 2]} {length}bp" for i, length in enumerate(lengths))
            parts.append(f"dash pattern={' '.join(words)}")
    return ",".join(parts)


def _at(point: Point) -> str:
    return f"({short(point[0])},{short(point[1])})"


# -------------------------------------------------------------------------------------------- texts
def _text(item: Text) -> str:
    """A label, and the most that it may be wide."""
    planned = text_width(item.text, item.size, item.bold)
    most = item.room if 0 < item.room < planned - ROUNDING else planned * WIDER
    look = f"anchor={_ANCHORS[item.anchor]},text={_name(item.fill)}"
    if item.turned:
        look += ",rotate=90"
    bold = "\\bfseries\\boldmath " if item.bold else ""
    label = f"\\netlabel{{{short(item.size)}}}{{{short(most)}}}{{{bold}{latex(item.text)}}}"
    return f"\\node[{look}] at {_at((item.x, item.y))} {{{label}}};"
