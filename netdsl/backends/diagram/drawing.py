"""Design -> scene: the figure of a network at its printed size."""

from __future__ import annotations

from netdsl.backends.diagram.draw import Drawer
from netdsl.backends.diagram.figure import Figure
from netdsl.backends.diagram.layout.brush import Brush
from netdsl.backends.diagram.layout.build import build
from netdsl.backends.diagram.layout.fit import MARGIN, PAGE, Plan, fitting, plans
from netdsl.backends.diagram.layout.style import Style
from netdsl.backends.diagram.legends import Keys
from netdsl.backends.diagram.levels import level, names_of
from netdsl.backends.diagram.parts import part
from netdsl.backends.diagram.plan import Planner
from netdsl.backends.diagram.scene.legend import legend as draw_legend
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import plural
from netdsl.design import Design

MOST_PAINTED = 3  # plans: lines that go around need some points that are not planned
ROUNDING = 0.01  # points


def draw(design: Design, settings: Settings | None = None) -> tuple[Scene, str]:
    """The figure of a network, and a sentence that says how it was made to fit."""
    settings = settings or Settings()
    width, height = settings.width or PAGE[0], settings.height or PAGE[1]
    planner = Planner(design, settings)
    plan = planner.scope(design.net)
    for path in settings.expand:
        part(planner, path)  # it is there, or an error
    wanted = [settings.level] if settings.level else names_of(plan)
    found: list[tuple[str, Plan, Figure]] = []
    for name in wanted:
        drawn = Drawer(planner, level(plan, name, settings.expand)).draw()
        tried: list[Plan] = []
        for free in (False, True):
            built = build(
                drawn, hidden(design, drawn), repeats=settings.repeats, fuses=settings.fuse == "all"
            )
            keys = Keys([drawn], settings)
            style = Style(right=settings.direction == "right", sizes=settings.sizes)
            tried += plans(built, width, height, keys.height, style, free)
            for chosen in fitting(tried)[:MOST_PAINTED]:
                scene = _painted(drawn, chosen, keys, width)
                if scene.width <= width + ROUNDING and scene.height <= height + ROUNDING:
                    return scene, said(name, chosen, scene)
            if not built.trunk.lanes:
                break
        nearest = min(tried, key=lambda plan: plan.rank)
        found.append((name, nearest, drawn))
    name, nearest, drawn = min(found, key=lambda entry: entry[1].rank)
    scene = _painted(drawn, nearest, Keys([drawn], settings), width)
    told = said(name, nearest, scene)
    return scene, f"{told} (larger than asked for: nothing smaller can be read)"


def _painted(drawn: Figure, chosen: Plan, keys: Keys, width: float) -> Scene:
    scene = Scene(drawn.name, drawn.description)
    brush = Brush(scene, chosen.style)
    chosen.columns().place(brush)
    left, _, right, bottom = scene.bounds()
    if keys.entries or keys.notes:
        room = max(right - left, min(0.7 * width, width - 2 * MARGIN))
        middle = (left + right) / 2
        draw_legend(scene, middle - room / 2, bottom + 8, room, keys.entries, keys.notes)
    scene.crop(MARGIN)
    return scene


def said(name: str, plan: Plan, scene: Scene) -> str:
    """`level layer, 3 columns, short labels, 6.72 x 5.06 in, smallest label 7.0 pt`."""
    parts = plural(len(plan.breaks) + 1, "row" if plan.style.right else "column")
    return f"level {name}, {parts}, {plan.style.words} labels, {scene.size}"


def hidden(design: Design, drawn: Figure) -> frozenset[str]:
    """The end of a network that gives one thing, and has no name for it, is not drawn."""
    if design.net.outputs or design.heads or design.net.aux and len(drawn.nodes) < 3:
        return frozenset()
    return frozenset(n.name for n in drawn.nodes if n.kind == "output" and not n.training)
