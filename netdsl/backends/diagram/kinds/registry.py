"""Which kind of figure draws a network, and the scene that it draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import clean
from netdsl.design import Applied, Design, Scope
from netdsl.layers.base import Layer
from netdsl.walks import every_scope, links_of, used

ABOVE, BETWEEN = 16.0, 18.0  # room for the name of a figure, and between figures

# Settings that a network's figure heeds and other kinds may not, and those that each of them does.
OPTIONS = ("level", "expand", "sizes", "unroll", "repeats", "fuse", "labels", "direction")
HEEDED = {
    "cell": OPTIONS,
    "columns": ("level", "expand", "unroll", "fuse", "labels"),
    "ladder": ("level", "expand", "fuse", "labels"),
    "volumes": ("sizes", "unroll"),
}


def scene_of(designs: Sequence[Design], settings: Settings) -> tuple[Scene, str]:
    """The figure of a network, or of several, and a sentence that says what was chosen."""
    kind = settings.kind if settings.kind != "auto" else chosen(designs, settings)
    if kind == "network":
        from netdsl.backends.diagram.drawing import draw

        scene, said = draw(designs[0], settings)
        return scene, f"{said}, smallest label {scene.smallest:.1f} pt"
    scene = _maker(kind)(designs, settings)
    said = f"kind {kind}, {scene.size}, smallest label {scene.smallest:.1f} pt"
    vain = unheeded(kind, settings)
    return scene, f"{said}; {', '.join(vain)} not heeded by this kind" if vain else said


def unheeded(kind: str, settings: Settings) -> list[str]:
    """The options that were given and change nothing in a kind of figure."""
    usual, heeded = Settings(), HEEDED.get(kind, ())
    asked = [name for name in OPTIONS if getattr(settings, name) != getattr(usual, name)]
    return [f"--{name}" for name in asked if name not in heeded]


def chosen(designs: Sequence[Design], settings: Settings) -> str:
    """The kind of figure that suits: what papers print of such networks."""
    if settings.only:
        return "cell"
    if len(designs) > 1:
        return "columns"
    (design,) = designs
    plain = settings.level is None and not settings.expand and settings.direction == "down"
    if not plain or settings.unroll or settings.fuse != "all" or settings.sizes != "auto":
        return "network"  # which is the kind that these are about
    if design.heads:
        return "pipeline"
    if not _widens(design.net):
        return "network"
    from netdsl.backends.diagram.kinds.ladder.figure import is_ladder

    return "ladder" if is_ladder(design) else "network"


def _widens(net: Scope) -> bool:
    """Whether maps become larger somewhere, without which there is no ladder."""
    for scope in every_scope(net):
        for link in links_of(scope.region):
            what = used(link)
            layer = what.layer if isinstance(what, Applied) else what
            if isinstance(layer, Layer) and layer.look() == "up":
                return True
    return False


def _maker(kind: str) -> Callable[[Sequence[Design], Settings], Scene]:
    if kind == "cell":
        from netdsl.backends.diagram.kinds.cells import cells

        return cells
    if kind == "columns":
        from netdsl.backends.diagram.kinds.columns import columns

        return columns
    if kind == "timeline":
        from netdsl.backends.diagram.kinds.timeline import timeline

        return timeline
    of_one = _of_one(kind)
    return lambda designs, settings: stacked([of_one(d, settings) for d in designs], designs)


def stacked(scenes: Sequence[Scene], designs: Sequence[Design]) -> Scene:
    """Figures of several networks below each other, each with its name."""
    if len(scenes) == 1:
        return scenes[0]
    title = ", ".join(clean(design.name).replace("_", " ") for design in designs)
    whole = Scene(title, " ".join(scene.description for scene in scenes))
    widest, y = max(scene.width for scene in scenes), 0.0
    for number, (scene, design) in enumerate(zip(scenes, designs)):
        name = clean(design.name).replace("_", " ")
        whole.text(0.0, y + pen.TIMES / 2, name, pen.TIMES, "start", bold=True)
        left = (widest - scene.width) / 2 - scene.left
        whole.add(named_apart(scene, f"{number}."), left, y + ABOVE - scene.top)
        y += ABOVE + scene.height + BETWEEN
    whole.crop()
    return whole


def named_apart(scene: Scene, prefix: str) -> Scene:
    """The scene with a prefix before all names, which several figures may share."""
    scene.nodes = [n._replace(name=prefix + n.name) for n in scene.nodes]
    scene.routes = [r._replace(tail=prefix + r.tail, head=prefix + r.head) for r in scene.routes]
    scene.clusters = [
        c._replace(name=prefix + c.name, members=tuple(prefix + m for m in c.members))
        for c in scene.clusters
    ]
    return scene


def _of_one(kind: str) -> Callable[[Design, Settings], Scene]:
    if kind == "volumes":
        from netdsl.backends.diagram.kinds.volumes import volumes

        return volumes
    if kind == "ladder":
        from netdsl.backends.diagram.kinds.ladder.figure import ladder

        return ladder
    if kind == "dense":
        from netdsl.backends.diagram.kinds.dense.figure import dense

        return dense
    if kind == "pipeline":
        from netdsl.backends.diagram.kinds.pipeline.figure import pipeline

        return pipeline
    if kind == "unravelled":
        from netdsl.backends.diagram.kinds.unravelled import unravelled

        return unravelled
    assert kind == "boxes", kind
    from netdsl.backends.diagram.kinds.boxes import boxes

    return boxes
