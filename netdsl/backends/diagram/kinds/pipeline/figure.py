"""The figure of a detector as papers draw it: backbone, what predicts, and what is made of it."""

from __future__ import annotations

from netdsl.backends.diagram.kinds.pipeline.column import beside
from netdsl.backends.diagram.kinds.pipeline.fan import fan, fits
from netdsl.backends.diagram.kinds.pipeline.pyramid import on_pyramid, reads_pyramid
from netdsl.backends.diagram.kinds.pipeline.row import few, in_row
from netdsl.backends.diagram.kinds.pipeline.stages import Backbone
from netdsl.backends.diagram.kinds.pipeline.units import size_text
from netdsl.backends.diagram.kinds.sheet import Sheet
from netdsl.backends.diagram.plan import Planner
from netdsl.backends.diagram.scene.scene import Scene, Text
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import clean, plural
from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError

PAGE = 496.8
WIDE = 330.0  # from here on parts stand side by side


def pipeline(design: Design, settings: Settings) -> Scene:
    """A network with heads, from the image to its detections.

    Raises `NetError` without heads (E435).
    """
    if not design.heads:
        message = f"{design.name} has no head, so there is no pipeline to draw"
        raise NetError([Diagnostic("E435", message, hint="other figures draw every network")])
    sheet = Sheet(clean(design.name))
    sheet.words |= {"softmax": "choosing boxes", "stack": "stage of layers"}
    planner = Planner(design)
    backbone = Backbone(design, planner, sheet.steps)
    sheet.scene.description = _said(backbone)
    width = (settings.width or PAGE) - 4
    heads = backbone.heads
    if (
        len(heads) == 1
        and heads[0].event.kind.form == "bars"
        and fits(backbone, heads[0], sheet, width)
    ):
        fan(sheet, backbone, heads[0], width)
    elif reads_pyramid(backbone):
        on_pyramid(sheet, design, backbone, width, width >= WIDE)
    elif few(backbone) and width >= WIDE:
        in_row(sheet, backbone, width)
    else:
        beside(sheet, backbone, width)
    if "@solid" in sheet.kinds:
        sheet.note("solids are maps; their edges are square roots of sides and channels")
    _open_sizes(sheet, backbone)
    return sheet.finish(settings.width, keyed=settings.legend)


def _open_sizes(sheet: Sheet, backbone: Backbone) -> None:
    """What letters and short sizes mean, where the image's size is open."""
    if all(isinstance(side, int) for stage in backbone.inputs for side in stage.value.shape or ()):
        return
    sheet.note("H, W: size of the image")
    written = {node.text for node in sheet.scene.items if isinstance(node, Text)}
    for stage in reversed(backbone.stages):
        size = size_text(stage)
        channels, comma, far = size.partition(", /")
        if comma and size in written and not any("at stride" in note for note in sheet.notes):
            sheet.note(f"{size}: {channels} channels at stride {far}")


def _said(backbone: Backbone) -> str:
    """A sentence for those who cannot see the figure."""
    images = " and ".join(f"{stage.title} {size_text(stage)}" for stage in backbone.inputs)
    many = plural(len(backbone.stages) - len(backbone.inputs), "stage")
    heads = " and ".join(head.event.kind.title for head in backbone.heads)
    return f"{clean(backbone.design.name)} leads {images} through {many} to its {heads}."
