"""Networks by year and by what they do: a row for each task, detectors in one and in two stages apart.

Years are those of `meta { year: 2015 }`. `task` and `stages` of `meta` say in which row a network stands; without
them its head does: regions that are proposed first are a stage of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netdsl.backends.diagram.kinds.sheet import Sheet, fitted, tall
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import clean, plural
from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError

PAGE = 496.8
ONE, TWO = "one-stage detection", "two-stage detection"
ROWS = ("classification", "segmentation", TWO, ONE)
MEASURES = (  # what is said of a network, the first of these that its `meta` has
    ("voc2007_map", "VOC 2007"),
    ("coco_map", "COCO"),
    ("coco_map50", "COCO at 0.5"),
    ("voc2011_mean_iu", "VOC 2011 IoU"),
    ("top1_accuracy", "top 1"),
    ("cifar10_error", "CIFAR-10 error"),
)
PAD, LANE, ROW = 5.0, 4.0, 5.0  # in a row's band; between boxes above each other; between rows
TITLE = 13.0
AXIS = 12.0
EARLIEST, LATEST = 1900, 2200


def timeline(designs: Sequence[Design], settings: Settings) -> Scene:
    """Networks in rows, from left to right by their years.

    Raises `NetError` where none of them has a year (E439).
    """
    dated = [(year_of(design), design) for design in designs]
    known = sorted(
        ((year, design) for year, design in dated if year is not None),
        key=lambda pair: (pair[0], pair[1].name),
    )
    if not known:
        message = "none of these networks says its year"
        raise NetError([Diagnostic("E439", message, hint="write it down: meta { year: 2015 }")])
    sheet = Sheet("timeline", f"{plural(len(known), 'network')} by year.")
    width = (settings.width or PAGE) - 4
    rows = {row: [pair for pair in known if row_of(pair[1]) == row] for row in ROWS}
    for _, design in known:
        task = row_of(design)
        rows.setdefault(task, [pair for pair in known if row_of(pair[1]) == task])
    first, last = known[0][0], known[-1][0]
    widest = max(_width(design) for _, design in known)
    start, end = widest / 2 + 2 * PAD, width - widest / 2 - 2 * PAD

    def place(year: int) -> float:
        if first == last:
            return (start + end) / 2
        return start + (end - start) * (year - first) / (last - first)

    y = 0.0
    for title, found in rows.items():
        if found:
            y = _row(sheet, title, [(place(year), d) for year, d in found], y, width) + ROW
    _axis(sheet, [year for year, _ in known], place, y)
    if len(known) < len(designs):
        sheet.note(f"{plural(len(designs) - len(known), 'network')} without a year left out")
    return sheet.finish(settings.width, keyed=settings.legend)


def year_of(design: Design) -> int | None:
    """The year that `meta` says, if it is one."""
    year = design.meta.get("year")
    known = isinstance(year, int) and not isinstance(year, bool) and EARLIEST < year < LATEST
    return year if known else None


def row_of(design: Design) -> str:
    """The task of a network; of a detector also in how many stages."""
    task = design.meta.get("task")
    stages = design.meta.get("stages")
    if isinstance(task, str) and task and not task.startswith("detect"):
        return clean(task, 24)
    if stages in (1, 2):
        return ONE if stages == 1 else TWO
    words = set(design.heads)
    if words & {"rpn", "rcnn", "svm"}:
        return TWO
    if "fcn" in words:
        return "segmentation"
    return ONE if words else "classification"


def measure_of(design: Design) -> str:
    """`VOC 2007: 74.3`."""
    for key, said in MEASURES:
        value = design.meta.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return f"{said}: {value:g}"
    return ""


def _lines(design: Design) -> tuple[str, ...]:
    measured = measure_of(design)
    return (clean(design.name, 24), *((measured,) if measured else ()))


def _width(design: Design) -> float:
    return fitted(_lines(design), pen.TEXT, bold=(0,))


def _row(
    sheet: Sheet, title: str, found: Sequence[tuple[float, Design]], top: float, width: float
) -> float:
    """The networks of a row, each in the first lane where there is room at its year."""
    ends: list[float] = []
    boxes: list[tuple[float, int, Design]] = []
    for x, design in found:
        half = _width(design) / 2 + 2.0
        lane = next((n for n, end in enumerate(ends) if end <= x - half), len(ends))
        ends[lane : lane + 1] = [x + half]
        boxes.append((x, lane, design))
    high = tall(2)
    names: list[str] = []
    first = top + TITLE + high / 2
    for x, lane, design in boxes:
        y = first + (high + LANE) * lane
        lines = _lines(design)
        name = sheet.box(design.name, "shape", x, y, _width(design), high, lines, bold=(0,))
        names.append(name)
    bottom = first + (high + LANE) * (len(ends) - 1) + high / 2 + PAD
    sheet.panel(title, 0.0, top, width, bottom - top, title, names)
    sheet.kinds.pop("shape", None)
    return bottom


def _axis(sheet: Sheet, years: Sequence[int], place: Callable[[int], float], top: float) -> None:
    """The years below the rows, as many as there is room for."""
    first, last = place(years[0]), place(years[-1])
    y = top + 2.0
    pen.arrow(sheet.scene, [(first - 14, y), (last + 22, y)])
    reach = -1e9
    for year in range(years[0], years[-1] + 1):
        x = place(year)
        half = text_width(str(year), pen.SMALL) / 2 + 2
        sheet.scene.path([(x, y - 2), (x, y + 2)], None, "edge", pen.EDGE, closed=False)
        if x - half < reach:
            continue
        sheet.scene.text(x, y + AXIS / 2 + 2, str(year), pen.SMALL)
        reach = x + half
