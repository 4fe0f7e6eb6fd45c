"""What an SVG is on paper, read from its text and nothing else: an independent look at what a format wrote."""

from __future__ import annotations

import math
import re
from typing import NamedTuple
from xml.etree import ElementTree

INCHES = {
    "in": 1.0,
    "pt": 1 / 72,
    "pc": 1 / 6,
    "cm": 1 / 2.54,
    "mm": 1 / 25.4,
    "px": 1 / 96,
    "": 1 / 96,
}

Matrix = tuple[
    float, float, float, float
]  # a, b, c, d of SVG's matrix; where things are moved is no matter


class SvgFacts(NamedTuple):
    """The size of the smallest letters in points as they are printed (0 without texts), width and height
    in inches, and the texts in the order of painting."""

    smallest: float
    width: float
    height: float
    texts: tuple[str, ...]


def svg_facts(text: str) -> SvgFacts:
    """Raises `ValueError` for what is no SVG with a width, a height and, if it is scaled, a `viewBox`."""
    root = ElementTree.fromstring(text)
    if _name(root) != "svg":
        raise ValueError("this is no SVG")
    width, height = (_inches(root.get(side, "")) for side in ("width", "height"))
    found: list[tuple[float, str]] = []
    scale = _viewed(root, width, height)  # points a unit
    _walk(root, (scale, 0.0, 0.0, scale), 16.0, found)
    smallest = min((size for size, _ in found), default=0.0)
    return SvgFacts(smallest, width, height, tuple(said for _, said in found))


def _viewed(root: ElementTree.Element, width: float, height: float) -> float:
    """Points a unit of the drawing: the box that is shown is fitted into the size as a whole."""
    box = root.get("viewBox")
    if box is None:
        return 72 / 96
    _, _, across, down = map(float, re.split(r"[\s,]+", box.strip()))
    return min(72 * width / across, 72 * height / down)


def _walk(
    element: ElementTree.Element, matrix: Matrix, size: float, found: list[tuple[float, str]]
) -> None:
    matrix = _times(matrix, element.get("transform", ""))
    size = _size(element, size)
    if _name(element) == "text":
        # each piece by itself, for pieces can have sizes of their own
        pieces = list(_pieces(element, matrix, size))
        said = "".join(piece for _, piece in pieces)
        smallest = min((one for one, piece in pieces if piece.strip()), default=None)
        if smallest is not None:
            found.append((smallest, said))
        return
    for child in element:
        if _name(child) not in ("defs", "title", "desc", "style", "metadata"):
            _walk(child, matrix, size, found)


def _pieces(element: ElementTree.Element, matrix: Matrix, size: float) -> list[tuple[float, str]]:
    up = math.hypot(matrix[2], matrix[3])  # how long an upright unit is on paper
    out = [(round(size * up, 4), element.text or "")]
    for child in element:
        out += _pieces(child, matrix, _size(child, size))
        out.append((round(size * up, 4), child.tail or ""))
    return out


def _size(element: ElementTree.Element, inherited: float) -> float:
    style = re.search(r"(?:^|;)\s*font-size\s*:\s*([^;]+)", element.get("style", ""))
    said = style[1].strip() if style else element.get("font-size")
    if said is None:
        return inherited
    number = re.fullmatch(r"([\d.]+)\s*(px|em|%|pt)?", said.strip())
    if number is None:
        raise ValueError(f"an unknown font-size: {said}")
    value, unit = float(number[1]), number[2]
    if unit == "em":
        return value * inherited
    if unit == "%":
        return value * inherited / 100
    return value * 96 / 72 if unit == "pt" else value  # a unit of the drawing is called a pixel


def _times(matrix: Matrix, transforms: str) -> Matrix:
    for name, inside in re.findall(r"(\w+)\s*\(([^)]*)\)", transforms):
        numbers = [float(n) for n in re.split(r"[\s,]+", inside.strip()) if n]
        if name == "scale":
            other = (numbers[0], 0.0, 0.0, numbers[-1])
        elif name == "rotate":
            turn = math.radians(numbers[0])
            other = (math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn))
        elif name == "matrix":
            other = (numbers[0], numbers[1], numbers[2], numbers[3])
        elif name == "translate":
            continue
        else:
            raise ValueError(f"an unknown transform: {name}")
        a, b, c, d = matrix
        e, f, g, h = other
        matrix = (a * e + c * f, b * e + d * f, a * g + c * h, b * g + d * h)
    return matrix


def _inches(said: str) -> float:
    number = re.fullmatch(r"\s*([\d.]+)\s*([a-z]*)\s*", said)
    if number is None or number[2] not in INCHES:
        raise ValueError(f"no size on paper: {said!r}")
    return float(number[1]) * INCHES[number[2]]


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
