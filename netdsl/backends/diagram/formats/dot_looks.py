"""How a scene's nodes look in Graphviz: shapes by kind, and the colours that they are painted in."""

from __future__ import annotations

from netdsl.backends.diagram.figure import BARS, POINTS
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import LEADING
from netdsl.backends.diagram.scene.scene import Path, Placed, Primitive, Rect, Scene, Text
from netdsl.backends.diagram.scene.themes import KINDS, Theme
from netdsl.escaping.dot import label, quoted

SIGNS = {"sum": "+", "product": "\xd7", "difference": "\u2212", "quotient": "\xf7", "power": "^"}
DOT_SIZE = 0.7  # points: as wide as a line, so that lines which meet in it have no gap
SLANT = 0.09  # how much narrower the lower edge of a pool is (Graphviz has no cut corners)
SIGN_SIZE = 6.0  # of letters, the largest whose line is no higher than the circle


def number(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def inches(points: float) -> str:
    return f"{points / 72:.4f}"


def settings(pairs: dict[str, str]) -> str:
    """Attributes whose values are quoted already where they need it."""
    return ", ".join(f"{key}={value}" for key, value in pairs.items())


# ------------------------------------------------------------------------------------------- looks
class Looks:
    """What a scene paints, by place: a node looks as what is painted where it stands, so that stages,
    dashes and frozen weights look here as they do there."""

    def __init__(self, scene: Scene, theme: Theme) -> None:
        self.theme = theme
        self.boxes: dict[tuple[int, int], list[Rect | Path]] = {}
        self.texts: dict[str, list[Text]] = {}
        for item in (*scene.under, *scene.items):
            self._note(item)

    def _note(self, item: Primitive) -> None:
        if isinstance(item, Text):
            self.texts.setdefault(item.text, []).append(item)
        elif isinstance(item, Rect) or (isinstance(item, Path) and item.closed):
            left, top, _, _ = _frame(item)
            self.boxes.setdefault((round(left), round(top)), []).append(item)

    def colour(self, role: str) -> str:
        return quoted(self.theme[role])

    def box(self, left: float, top: float, width: float, height: float) -> Rect | Path | None:
        """The last box painted with this frame."""
        wanted = (left, top, left + width, top + height)
        found = None
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                for item in self.boxes.get((round(left) + dx, round(top) + dy), ()):
                    if all(abs(a - b) < 0.05 for a, b in zip(_frame(item), wanted)):
                        found = item
        return found

    def letters(self, node: Placed) -> Text | None:
        """The first text that is painted inside a node and is one of its lines."""
        for line in node.lines:
            for text in self.texts.get(line, ()):
                inside = node.left <= text.x <= node.right
                if inside and node.top <= text.y <= node.bottom + text.size * LEADING:
                    return text
        return None

    def node(self, node: Placed) -> dict[str, str]:
        """Shape, size, colours and label of a node."""
        if node.kind in POINTS:
            size = inches(DOT_SIZE)
            found = {"shape": "point", "width": size, "height": size, "label": '""'}
            return found | {"color": self.colour("edge")}
        size = {"width": inches(node.width), "height": inches(node.height)}
        if node.kind in SIGNS:
            found = {"shape": "circle", **size, "label": label([SIGNS[node.kind]])}
            found |= {
                "fontsize": number(SIGN_SIZE),
                "labelloc": "b",
            }  # signs stand low in their line
            return found | {"fillcolor": self.colour("paper"), "color": self.colour("ink")}
        found = {**size, "label": label(node.lines)}
        letters = self.letters(node)
        if letters is not None and letters.size != pen.TEXT:
            found["fontsize"] = number(letters.size)
        painted = self.box(node.left, node.top, node.width, node.height)
        if node.kind in BARS:
            fill = painted.fill if painted is not None and painted.fill else "bar"
            ink = letters.fill if letters is not None else "bartext"
            found |= {"fillcolor": self.colour(fill), "color": self.colour("bar")}
            return found | {"fontcolor": self.colour(ink)}
        return found | self._box(node.kind, painted)

    def _box(self, kind: str, painted: Rect | Path | None) -> dict[str, str]:
        """Shape, colours and outline of a box of a kind (`themes.KINDS`)."""
        kind = kind if kind in KINDS else "shape"
        shape = KINDS[kind].shape
        found: dict[str, str] = {}
        if shape in ("narrow", "wide"):
            slant = SLANT if shape == "narrow" else -SLANT
            found |= {"shape": "polygon", "sides": "4", "distortion": number(slant)}
        elif shape == "stack":
            found |= {"shape": "box3d"}
        fill, stroke, line = f"{kind}.f", f"{kind}.s", pen.OUTLINE
        if painted is not None:
            fill, stroke = painted.fill or fill, painted.stroke or stroke
            line = painted.line or line
        found |= {"fillcolor": self.colour(fill), "color": self.colour(stroke)}
        style = ["filled"]
        if shape in ("round", "stadium"):
            style.append("rounded")
        if shape == "dashed" or (painted is not None and painted.dash):
            style.append("dashed")
        if len(style) > 1:
            found["style"] = quoted(",".join(style))
        if line > pen.OUTLINE:
            found["penwidth"] = number(line)
        return found


def _frame(item: Rect | Path) -> tuple[float, float, float, float]:
    if isinstance(item, Rect):
        return item.x, item.y, item.x + item.width, item.y + item.height
    xs, ys = [x for x, _ in item.points], [y for _, y in item.points]
    return min(xs), min(ys), max(xs), max(ys)
