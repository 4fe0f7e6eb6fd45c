"""A figure as PDF: one page of its printed size, its letters embedded, nothing in it that tells when or where it was
made."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

from netdsl.backends.diagram.formats.letters import squeeze, start
from netdsl.backends.diagram.formats.outline import Outline, outline, short
from netdsl.backends.diagram.formats.typeface import FAMILY, font_data, measures
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.paint import Painted, Strokes, painted
from netdsl.backends.diagram.scene.scene import Circle, Curve, Path, Point, Rect, Scene, Text
from netdsl.backends.diagram.scene.themes import Theme
from netdsl.escaping.letters import visible, western

LARGEST = 14400  # points: of a page; larger ones have a larger unit
STEMS = {False: 88, True: 140}  # how thick stems are, which PDF wants to know


def pdf(scene: Scene, theme: Theme) -> bytes:
    """The figure in a theme. Texts can be marked and copied; letters that are not in code page 1252 are
    written in others (`letters.western`)."""
    width, height = max(scene.width, 1.0), max(scene.height, 1.0)
    unit = max(1.0, width / LARGEST, height / LARGEST)
    page = Page(unit)
    page.background(theme["paper"], width, height)
    page.turn_over(scene.left, scene.top + height)
    for item in painted(scene, theme):
        page.paint(item)

    objects: list[bytes] = []

    def add(body: str | bytes) -> int:
        objects.append(body if isinstance(body, bytes) else body.encode("ascii"))
        return len(objects)

    contents = add(_stream("", page.contents))
    fonts = [f"/{_resource(bold)} {_font(add, bold)} 0 R" for bold in page.fonts]
    parent = len(objects) + 2
    larger = f"/UserUnit {unit:.5g}" if unit > 1 else ""
    own = add(
        f"<</Type/Page/Parent {parent} 0 R{larger}/Contents {contents} 0 R"
        f"/MediaBox[0 0 {short(width / unit)} {short(height / unit)}]"
        f"/Resources<</Font<<{''.join(fonts)}>>>>>>"
    )
    pages = add(f"<</Type/Pages/Kids[{own} 0 R]/Count 1>>")
    root = add(
        f"<</Type/Catalog/Pages {pages} 0 R/Lang(en)/ViewerPreferences<</DisplayDocTitle true>>>>"
    )
    title, subject = _string(scene.title), _string(scene.description)
    info = add(f"<</Title {title}/Subject {subject}/Producer(netdsl)>>")
    return _file("1.6" if unit > 1 else "1.4", objects, root, info)


# ---------------------------------------------------------------------------------------- the page
class Page:
    """What a page paints: colours and pens are said when they change."""

    def __init__(self, unit: float) -> None:
        self.parts: list[str] = []
        self.said: dict[str, str] = {}
        self.fonts: list[bool] = []  # that occur: regular, bold
        if unit > 1:
            self.parts.append(f"{1 / unit:.8f} 0 0 {1 / unit:.8f} 0 0 cm")

    @property
    def contents(self) -> bytes:
        return "\n".join(self.parts).encode("latin-1")

    def background(self, paper: str, width: float, height: float) -> None:
        self._say("rg", _colour(paper))
        self.parts.append(f"0 0 {short(width)} {short(height)} re f")

    def turn_over(self, left: float, bottom: float) -> None:
        """From here on `y` goes down, as in a scene; lines meet in round corners."""
        self.parts.append(f"1 0 0 -1 {short(-left)} {short(bottom)} cm 1 j")

    def _say(self, operator: str, value: str) -> None:
        if self.said.get(operator) != value:
            self.said[operator] = value
            self.parts.append(f"{value} {operator}")

    def paint(self, item: Painted) -> None:
        if isinstance(item, Text):
            self._text(item)
        elif isinstance(item, Strokes):
            way = " ".join(f"{_at(a)} m {_at(b)} l" for a, b in item.lines)
            self._shape(way, None, item.stroke, item.line, None)
        elif isinstance(item, (Path, Rect)):
            self._shape(_way(outline(item)), item.fill, item.stroke, item.line, item.dash)
        elif isinstance(item, Curve):
            self._shape(_way(outline(item)), None, item.stroke, item.line, item.dash)
        elif isinstance(item, Circle):
            self._shape(_way(outline(item)), item.fill, item.stroke, item.line, None)

    def _shape(
        self, way: str, fill: str | None, stroke: str | None, line: float, dash: str | None
    ) -> None:
        stroke = stroke if line else None  # PDF's thinnest line is not none
        if fill:
            self._say("rg", _colour(fill))
        if stroke:
            self._say("RG", _colour(stroke))
            self._say("w", short(line))
            self._say("d", f"[{dash or ''}] 0")
        if way and (fill or stroke):
            self.parts.append(f"{way} {'B' if fill and stroke else 'f' if fill else 'S'}")

    def _text(self, item: Text) -> None:
        shown = western(item.text)
        if not shown:
            return
        if item.bold not in self.fonts:
            self.fonts = sorted([*self.fonts, item.bold])
        narrower = squeeze(item, shown)
        before = start(item, text_width(shown, item.size, item.bold) * narrower)
        x, y, turn = item.x - before, item.y, "1 0 0 -1"
        if item.turned:
            x, y, turn = item.x, item.y + before, "0 -1 -1 0"
        self._say("rg", _colour(item.fill))
        self._say("Tz", f"{100 * narrower:.4g}")
        self.parts.append(
            f"BT /{_resource(item.bold)} {short(item.size)} Tf {turn} {_at((x, y))} Tm"
            f" {_literal(shown)} Tj ET"
        )


def _colour(colour: str) -> str:
    """`#FF8000` as `1 .502 0`."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return " ".join(f"{part:.3f}".rstrip("0").rstrip(".") for part in parts)


def _at(point: Point) -> str:
    return f"{short(point[0])} {short(point[1])}"


def _way(line: Outline) -> str:
    parts = [f"{_at(line.start)} m"]
    for step in line.steps:
        parts.append(" ".join(map(_at, step)) + (" l" if len(step) == 1 else " c"))
    return " ".join(parts) + (" h" if line.closed else "")


# ---------------------------------------------------------------------------------- texts and fonts
def _literal(text: str) -> str:
    """A text of code page 1252 as a string in round brackets, in ASCII."""
    return "(" + "".join(map(_escaped, text.encode("cp1252"))) + ")"


def _escaped(code: int) -> str:
    letter = chr(code)
    return f"\\{code:03o}" if letter in "()\\" or not 32 <= code < 127 else letter


def _string(text: str) -> str:
    """A text that is no part of the page, in any letters."""
    shown = visible(text)
    if shown.isascii():
        return _literal(shown)
    return "<FEFF" + shown.encode("utf-16-be").hex().upper() + ">"


def _resource(bold: bool) -> str:
    return "B" if bold else "R"


def _font(add: Callable[[str | bytes], int], bold: bool) -> int:
    """Add what a font consists of; the result is its number."""
    data, known = font_data(bold), measures(bold)
    name = f"{'NETDSB' if bold else 'NETDSR'}+{FAMILY.replace(' ', '')}-{'Bold' if bold else 'Regular'}"
    file = add(_stream(f"/Length1 {len(data)}", data))
    box = " ".join(map(str, known.box))
    descriptor = add(
        f"<</Type/FontDescriptor/FontName/{name}/Flags 32/FontBBox[{box}]/ItalicAngle 0"
        f"/Ascent {known.ascent}/Descent {known.descent}/CapHeight {known.capitals}"
        f"/StemV {STEMS[bold]}/FontFile2 {file} 0 R>>"
    )
    widths = " ".join(map(str, known.widths))
    return add(
        f"<</Type/Font/Subtype/TrueType/BaseFont/{name}/Encoding/WinAnsiEncoding/FirstChar 32"
        f"/LastChar 255/Widths[{widths}]/FontDescriptor {descriptor} 0 R>>"
    )


# ---------------------------------------------------------------------------------------- the file
def _stream(entries: str, data: bytes) -> bytes:
    packed = zlib.compress(data, 6)
    head = f"<<{entries}/Filter/FlateDecode/Length {len(packed)}>>stream\n"
    return head.encode("ascii") + packed + b"\nendstream"


def _file(version: str, objects: Sequence[bytes], root: int, info: int) -> bytes:
    """The objects, numbered from one, and where each begins."""
    out = bytearray(f"%PDF-{version}\n".encode("ascii") + b"%\xe2\xe3\xcf\xd3\n")
    places: list[int] = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\n" % (len(objects) + 1, root, info)
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % table
