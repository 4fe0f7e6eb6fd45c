"""A figure as SVG: at its printed size, nothing in it but shapes and texts, so that any program can edit it and any
page can hold several."""

from __future__ import annotations

import re
from base64 import b64encode

from netdsl.backends.diagram.formats.outline import Outline, outline, round_corner, short
from netdsl.backends.diagram.formats.typeface import FAMILY, font_data
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.paint import Painted, Strokes, painted
from netdsl.backends.diagram.scene.scene import INCH, Circle, Path, Rect, Scene, Text
from netdsl.backends.diagram.scene.themes import Theme
from netdsl.escaping.markup import markup

FAMILIES = "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', 'TeX Gyre Heros', sans-serif"
TIGHT = 0.9  # of its room: texts that fill more of it say how wide they may get


def svg(scene: Scene, theme: Theme, *, embed_font: bool = False) -> str:
    """The figure in a theme. Letters are Helvetica's or those of a clone, which browsers have;
    `embed_font` puts them into the text (45 kB) where that is not sure."""
    width, height = short(scene.width), short(scene.height)
    left, top = short(scene.left), short(scene.top)
    name = _name(scene.title)
    families = f"'{FAMILY}', {FAMILIES}" if embed_font else FAMILIES
    size = f'width="{scene.width / INCH:.6g}in" height="{scene.height / INCH:.6g}in"'
    box = f'viewBox="{left} {top} {width} {height}"'
    role = f'role="img" aria-labelledby="{name}-title {name}-desc"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} {role}>',
        f'<title id="{name}-title">{markup(scene.title)}</title>',
        f'<desc id="{name}-desc">{markup(scene.description)}</desc>',
    ]
    if embed_font:
        lines.append(f"<style>{_face(False)}{_face(True)}</style>")
    paper = theme["paper"]
    lines += [
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="{paper}"/>',
        f'<g font-family="{families}" text-anchor="middle" stroke-linejoin="round">',
    ]
    pen = _Pen()
    lines += [pen.drawn(item) for item in painted(scene, theme)]
    return "\n".join([*lines, "</g>", "</svg>", ""])


def _name(title: str) -> str:
    """What the two identifiers begin with: the net's name, in letters that any program takes."""
    name = re.sub(r"[^A-Za-z0-9_]+", "-", title).strip("-")[:60]
    return name if name[:1].isalpha() else f"net-{name}".rstrip("-")


def _face(bold: bool) -> str:
    data = b64encode(font_data(bold)).decode("ascii")
    weight = "bold" if bold else "normal"
    source = f"url(data:font/ttf;base64,{data}) format('truetype')"
    return f"@font-face{{font-family:'{FAMILY}';font-weight:{weight};src:{source}}}"


# ------------------------------------------------------------------------------------------- elements
class _Pen:
    """Writes shapes. How they look is said by few attributes again and again: these are written once."""

    def __init__(self) -> None:
        self.looks: dict[tuple[object, ...], str] = {}

    def drawn(self, item: Painted) -> str:
        if isinstance(item, Path):
            look = self.look(item.fill, item.stroke, item.line, item.dash)
            if item.closed or not item.radius or len(item.points) < 3:  # most lines: straight ones
                way = "L".join([f"{short(x)} {short(y)}" for x, y in item.points])
                return f'<path d="M{way}{"Z" if item.closed else ""}"{look}/>'
        elif isinstance(item, Text):
            return _text(item)
        elif isinstance(item, Rect):
            radius = round_corner(item)
            corner = f' rx="{short(radius)}"' if radius else ""
            return (
                f'<rect x="{short(item.x)}" y="{short(item.y)}" width="{short(item.width)}"'
                f' height="{short(item.height)}"{corner}'
                f"{self.look(item.fill, item.stroke, item.line, item.dash)}/>"
            )
        elif isinstance(item, Circle):
            return (
                f'<circle cx="{short(item.x)}" cy="{short(item.y)}" r="{short(item.radius)}"'
                f"{self.look(item.fill, item.stroke, item.line, None)}/>"
            )
        elif isinstance(item, Strokes):
            way = "".join(f"M{_at(a)}L{_at(b)}" for a, b in item.lines)
            return f'<path d="{way}"{self.look(None, item.stroke, item.line, None)}/>'
        else:
            look = self.look(None, item.stroke, item.line, item.dash)
        return f'<path d="{_way(outline(item))}"{look}/>'

    def look(self, fill: str | None, stroke: str | None, line: float, dash: str | None) -> str:
        """The attributes that say how a shape looks."""
        key = (fill, stroke, line, dash)
        found = self.looks.get(key)
        if found is None:
            found = f' fill="{fill or "none"}"'
            if stroke and line:
                found += f' stroke="{stroke}" stroke-width="{short(line)}"'
                if dash:
                    found += f' stroke-dasharray="{dash}"'
            self.looks[key] = found
        return found


def _at(point: tuple[float, float]) -> str:
    return f"{short(point[0])} {short(point[1])}"


def _way(line: Outline) -> str:
    parts = ["M", _at(line.start)]
    for step in line.steps:
        parts += ("L", _at(step[0])) if len(step) == 1 else ("C", " ".join(map(_at, step)))
    if line.closed:
        parts.append("Z")
    return "".join(parts)


def _text(item: Text) -> str:
    """A line of text. Where it has little room it says its width: letters of another font are squeezed."""
    x, y = short(item.x), short(item.y)
    more = "" if item.anchor == "middle" else f' text-anchor="{item.anchor}"'
    if item.bold:
        more += ' font-weight="bold"'
    if item.turned:
        more += f' transform="rotate(-90 {x} {y})"'
    if item.room:
        wide = text_width(item.text, item.size, item.bold)
        if wide > TIGHT * item.room:
            room = short(min(wide, item.room))
            more += f' textLength="{room}" lengthAdjust="spacingAndGlyphs"'
    return (
        f'<text x="{x}" y="{y}" font-size="{short(item.size)}" fill="{item.fill}"{more}>'
        f"{markup(item.text)}</text>"
    )
