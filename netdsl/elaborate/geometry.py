"""Maps, strides and boxes of a head against the image: what can be told before anything is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.design import Applied, HeadEvent, Link, Predicted, Scope, Value
from netdsl.diagnostics import Mistake
from netdsl.elaborate.names import Names
from netdsl.heads.predictors import Anchors, Boxes, Multibox
from netdsl.heads.regions import Region
from netdsl.layers.base import Layer
from netdsl.shapes import Dim, Open, Shape
from netdsl.source import Span
from netdsl.syntax import ast
from netdsl.walks import links_of

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run

FAR = 2**5 * 3 * 5 * 7 * 2**10  # what an open side is taken for: every usual stride divides it


def image_of(names: Names) -> Shape | None:
    """The shape of the only input."""
    scope = names.frame.scope
    assert scope is not None
    return next(iter(scope.block.values.values())).shape


def pixels(image: Dim, side: Dim) -> int:
    """How many pixels lie between two places of a map, by their sizes."""
    size = image if isinstance(image, int) else FAR
    many = side.at(dict.fromkeys(side.symbols, FAR)) if isinstance(side, Open) else side
    assert isinstance(many, int)
    if many < 1:
        return size
    if size % many == 0:
        return size // many
    power = 1
    while power * many * 4 < size * 3:  # the nearest power of two, as poolings round up or down
        power *= 2
    return power


def stride_of(value: Value, names: Names, place: Span) -> int:
    """The stride of a map against the image. Raises `Mistake` (E235) where it has two."""
    image = image_of(names)
    assert image is not None and value.shape is not None
    high, wide = (pixels(size, side) for size, side in zip(image.sides, value.shape.sides))
    if high != wide:
        message = f"the places of this map lie {high} pixels apart in height and {wide} in width"
        raise Mistake("E235", message, place, hint="regions are cut out of maps with one stride")
    return wide


# ------------------------------------------------------------------------------------------- checks
def check_steps(run: Run, event: HeadEvent, whole: bool) -> None:
    """Bars whose `step` or `stride` does not lay their places over the image; if all bars are there
    (`whole`), boxes that leave a gap."""
    net = event.scope.outer
    assert net is not None
    image = next(iter(net.values.values())).shape
    last: tuple[float, Link] | None = None
    for link in event.predicted:
        what = link.what
        if not isinstance(what, Predicted) or image is None or what.map.shape is None:
            continue
        said = what.predictor
        step = getattr(said, "step", None) or getattr(said, "stride", None)
        sure = not run.guesses.of(what.map)
        if isinstance(said, (Multibox, Boxes)) and step is not None and sure:
            _check_step(run, event, link, step, what.map, image)
        if isinstance(said, Multibox) and whole:
            if last is not None and last[0] != said.min:
                _warn(run, last, said.min, link)
            last = said.max, link


def _warn(run: Run, last: tuple[float, Link], smallest: float, link: Link) -> None:
    """Boxes that overlap those of the bar before, or leave a gap."""
    largest, before = last
    word = "overlap" if largest > smallest else "leave a gap"
    message = f"the boxes of two bars {word}: `max={largest:g}`, then `min={smallest:g}`"
    if before.node is link.node:  # of a loop, whose rounds have one text
        message += " in the round after it"
    hint = "SSD lets the largest of a map be the smallest of the next"
    run.warn("W204", message, _argument(link, "min"), hint)


def _argument(link: Link, name: str) -> Span:
    """Where an argument of a predicting step stands, else the step itself."""
    step = link.node.step if isinstance(link.node, ast.Link) else None
    given = step.args if isinstance(step, ast.Call) else ()
    found = [a.value.span for a in given if a.name is not None and a.name.text == name]
    return found[0] if found else link.node.span


def _check_step(
    run: Run, event: HeadEvent, link: Link, step: float, value: Value, image: Shape
) -> None:
    assert value.shape is not None
    word = "stride" if isinstance(link.what.predictor, Boxes) else "step"  # type: ignore[union-attr]
    cells = [-int(-size // step) for size in image.sides]  # type: ignore[operator]
    sides = value.shape.sides
    if cells == list(sides):
        return
    wrong = 0 if cells[0] != sides[0] else 1
    size, side = image.sides[wrong], sides[wrong]
    hint = _ceiling(event, side, cells[wrong]) or _fitting(word, size, side, _round(link) != "")
    message = (
        f"step={step:g} lays {cells[wrong]} cell{'' if cells[wrong] == 1 else 's'} over {size} pixels, "
        f"but this map is {sides[0]}x{sides[1]}"
    )
    if word == "stride":
        message = f"stride={step:g}, but this map is 1/{pixels(size, side)} of the input"
        hint = _fitting(word, size, side, _round(link) != "")
    _refuse(run, link, word, message + _round(link), hint)


def _round(link: Link) -> str:
    """Which round of a loop a step is of, as its text does not say it."""
    frame = link.frame
    while frame is not None and frame.kind not in ("repeat", "for"):
        frame = frame.parent
    return f", in round {frame.iteration} of the loop" if frame is not None else ""


def _fitting(word: str, size: Dim, side: Dim, looped: bool) -> str | None:
    """The whole number of pixels between the places of a map that has as many places as it should."""
    assert isinstance(size, int) and isinstance(side, int)
    fits = -(-size // side)
    lays = -(-size // fits)
    places = "1 place" if side == 1 else f"{side} places"
    if lays != side:
        return None
    if looped:
        each = f"give the loop a list with one for each map: `for map, {word} in [...]`"
        return f"{places} over {size} pixels: {word} {fits} in this round; {each}"
    return f"{places} over {size} pixels: `{word}={fits}`"


def _refuse(run: Run, link: Link, word: str, message: str, hint: str | None) -> None:
    place = _argument(link, word)
    if run.overridden:  # another size of the input: the numbers are those of the file
        run.skipped.append(place)
        return
    run.report_mistake(Mistake("E235", message, place, hint=hint))


def _ceiling(event: HeadEvent, side: Dim, wanted: int) -> str | None:
    """The pooling that would give the wanted side if it rounded up."""
    net = event.scope.outer
    assert net is not None
    found: str | None = None
    for link in _layers_below(net):
        assert isinstance(link.what, Applied)
        layer, shape = link.what.layer, link.inputs[0].shape
        if getattr(layer, "ceil_mode", None) is not False or shape is None:
            continue
        try:
            up = layer.but(ceil_mode=True).output(shape)
        except Mistake:
            continue
        down = link.output.shape if link.output is not None else None
        if down is not None and (down.sides[0], up.sides[0]) == (side, wanted):
            line = link.node.span.place[0]
            found = f"ceil_mode=true on the pool at line {line} gives {wanted}"
    return found


def _layers_below(scope: Scope) -> list[Link]:
    links: list[Link] = []
    region = getattr(scope, "region", None)
    regions = [region] if region is not None else []
    if region is None and scope.naming is not None:  # the net, which is still being run
        links = [link for link, _, _ in scope.naming.steps]
    for one in regions:
        links += list(links_of(one))
    found: list[Link] = []
    for link in links:
        if isinstance(link.what, Applied):
            found.append(link)
        elif isinstance(link.what, Scope):
            found += _layers_below(link.what)
    return found


def check_pool(run: Run, event: HeadEvent, layer: Layer, step: ast.Call) -> None:
    """Regions of more places than the smallest map has."""
    assert isinstance(layer, Region)
    height, width = layer.output_size
    for value in event.maps:
        assert value.shape is not None
        rows, columns = value.shape.sides
        small = (isinstance(rows, int) and rows < height) or (
            isinstance(columns, int) and columns < width
        )
        if small:
            message = (
                f"`{layer.word}` gives {height}x{width} places, but a map has only {rows}x{columns}"
            )
            less = f"{min(height, _least(rows, height))}x{min(width, _least(columns, width))}"
            hint = f"leave that map out of `features`, or write `{layer.word}({less})`"
            if run.overridden:
                run.skipped.append(step.span)
                return
            raise Mistake("E238", message, step.span, hint=hint)


def _least(side: Dim, other: int) -> int:
    return side if isinstance(side, int) else other


def check_geometry(run: Run, event: HeadEvent, names: Names) -> None:
    """Boxes that are larger than the image in every position; boxes to clip at an image with two sides."""
    image = image_of(names)
    if image is None or not image.known:
        return
    rows, columns = image.sides
    if getattr(event.kind, "clip", False) and rows != columns:
        message = f"`clip=true` is for square images, and this one is {rows}x{columns}"
        given = [a.span for a in event.node.args if a.name is not None and a.name.text == "clip"]
        place = given[0] if given else event.node.name.span
        raise Mistake("E239", message, place, hint="leave it out, or make the image square")
    for number, link in enumerate(event.predicted):
        what = link.what
        assert isinstance(what, Predicted)
        name, sides = _boxes_of(what.predictor, number, len(event.maps))
        for width, height in sides:
            if width > columns and height > rows:  # type: ignore[operator]
                message = (
                    f"this box is {width:.0f} wide and {height:.0f} high, larger than the input, which is "
                    f"{columns} wide and {rows} high"
                )
                if run.overridden:
                    run.skipped.append(_argument(link, name))
                else:
                    size, ratio = (width * height) ** 0.5, height / width
                    hint = f"a size of {size:.0f} with a ratio of {ratio:g} makes this box"
                    if name != "sizes" or size == width:
                        hint = "sizes are pixels of the input; are these those of larger images?"
                    run.report_mistake(Mistake("E236", message, _argument(link, name), hint=hint))
                break


def _boxes_of(said: object, number: int, maps: int) -> tuple[str, list[tuple[float, float]]]:
    """The argument that says how large boxes are, and (width, height) of those of a map."""
    if isinstance(said, Multibox):
        return "min", [(said.min, said.min)]
    if isinstance(said, Boxes):
        return "anchors", list(said.anchors)
    if isinstance(said, Anchors):
        return "sizes", said.sides(said.of_maps(maps)[number])
    return "", []
