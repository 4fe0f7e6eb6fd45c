"""Default boxes and anchors over the image: for every map of a detector its grid, one cell and the boxes of that cell
to scale (Liu et al., "SSD: single shot multibox detector", 2015, figure 1; Ren et al., 2015, figure 3), and a
region with the bins that it is pooled in."""

from __future__ import annotations

import math
from itertools import pairwise

from netdsl.backends.diagram.kinds.boxes_draw import (
    Frame,
    beyond,
    frame_of,
    level_panel,
    lines_below,
)
from netdsl.backends.diagram.kinds.boxes_texts import CAPTION, spaced
from netdsl.backends.diagram.kinds.priors import Level, image_size, levels
from netdsl.backends.diagram.kinds.rois import Region, pooled
from netdsl.backends.diagram.kinds.rois_draw import region_panel
from netdsl.backends.diagram.scene import legend
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import TIMES, clean, plural
from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError

MOST = 6  # maps that are drawn; more are said
PAGE = 496.8  # 6.9 inches
BESIDE, BELOW = 16.0, 12.0  # between panels
SMALLEST, LARGEST = 106.0, 190.0  # a panel's side: below it texts do not fit


def boxes(design: Design, settings: Settings | None = None) -> Scene:
    """A panel for every map on which a detector has boxes, at most six, and one for the pooling of regions.

    Raises `NetError` where there is no such head (E434), and where the image's size is open (E432).
    """
    settings = settings or Settings()
    if _neither(design):
        message = f"`{clean(design.name)}` has no head with boxes: there are no anchors to draw"
        hint = "heads with boxes are ssd, rpn, retina, yolo; rcnn has regions"
        raise NetError([Diagnostic("E434", message, hint=hint)])
    height, width = image_size(design)
    found, region = levels(design), pooled(design)
    shown = found[:MOST]
    name = clean(design.name)
    scene = Scene(f"{name}: boxes", _description(name, found, region, (height, width)))
    page = (settings.width or PAGE) - 4
    panels: list[Level | Region] = [*shown, *([region] if region is not None else [])]
    beside = _beside(len(panels), page)
    side = min(LARGEST, (page - BESIDE * (beside - 1)) / beside)
    frame = frame_of(shown, (height, width), side)
    y = 0.0
    for start in range(0, len(panels), beside):
        y = _row(scene, panels[start : start + beside], y, side, frame, (height, width), name)
    if settings.legend:
        wide = beside * side + (beside - 1) * BESIDE
        notes = _notes(found, region, frame, (height, width))
        legend.legend(scene, 0, y - 4, wide, [], notes)
    scene.crop()
    return scene


def _neither(design: Design) -> bool:
    """Whether no head has boxes at places or pools regions."""
    events = design.heads.values()
    return not any(
        event.pool is not None
        or any(getattr(link.what, "predictor", None) is not None for link in event.predicted)
        for event in events
    )


def _row(
    scene: Scene,
    row: list[Level | Region],
    y: float,
    side: float,
    frame: Frame,
    image: tuple[int, int],
    name: str,
) -> float:
    """Panels beside each other, their images and captions at one height; the result is where the next begin."""
    reach = [beyond(panel, image) for panel in row if isinstance(panel, Level)]
    above, under = (max((r[i] for r in reach), default=0.0) * frame.scale for i in (1, 3))
    top, below = y + above, y + above + frame.height + under + 2
    for i, panel in enumerate(row):
        x = i * (side + BESIDE)
        if isinstance(panel, Level):
            own = f"{name}.{panel.name}"
            level_panel(scene, panel, x, top, side, frame, below, own)
        else:
            own = f"{name}.{panel.word}"
            region_panel(scene, panel, x, top, side, frame.height, below, own)
    lines = [lines_below(panel, side) if isinstance(panel, Level) else CAPTION for panel in row]
    return below + max(lines) + BELOW


def _beside(count: int, page: float) -> int:
    """How many panels stand in a row: all of a few, else rows of about the same length."""
    most = min(4 if count == 4 else 3, int((page + BESIDE) / (SMALLEST + BESIDE)))
    most = max(1, most)
    return math.ceil(count / math.ceil(count / most))


def _notes(
    found: list[Level], region: Region | None, frame: Frame, image: tuple[int, int]
) -> list[str]:
    out = []
    if found:
        total = sum(level.count for level in found)
        many = f"{spaced(total)} box{'es' if total != 1 else ''}"
        out.append(f"{many} over an image of {image[1]}{TIMES}{image[0]} pixels")
    if len(found) > MOST:
        out.append(f"the first {MOST} of {len(found)} maps")
    if any(prior.dashed for level in found[:MOST] for prior in level.priors):
        out.append("dashed boxes are no squares")
    if any(level.priors and level.shift == 0 for level in found):
        out.append("boxes stand around the upper left corner of their cell")
    if frame.outside:
        out.append("what lies outside of the image is lighter")
    if frame.thinned:
        out.append("not every line of fine grids is drawn")
    if found and not any(level.priors for level in found):
        out.append("boxes have no sizes to begin with")
    if region is not None and not region.samples:
        shared = any(a[1] > b[0] for a, b in pairwise(region.columns))
        shared = shared or any(a[1] > b[0] for a, b in pairwise(region.rows))
        out.append("region: dashed as it is, solid in whole cells")
        out += ["tinted cells are in two bins"] if shared else []
    if region is not None and region.samples:
        out.append("a dot is a sample between the centres of four cells")
    return out


def _description(
    name: str, found: list[Level], region: Region | None, image: tuple[int, int]
) -> str:
    """What somebody would say who sees the figure."""
    each = "; ".join(
        f"{level.name}, {level.rows} by {level.columns}, {plural(level.boxes, 'box', 'boxes')} a cell"
        for level in found
    )
    said = (
        [f"The boxes of {name} over an image of {image[1]} by {image[0]} pixels: {each}."]
        if found
        else []
    )
    if region is not None:
        down, right = region.size
        said.append(f"A region of {name} in {down} by {right} bins on {region.name}.")
    return " ".join(said)
