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


def stride_of(event: HeadEvent, value: Value, names: Names) -> int:
    """The stride of a map against the image."""
    image = image_of(names)
    assert image is not None and value.shape is not None
    return pixels(image[-1], value.shape[-1])


# ------------------------------------------------------------------------------------------- checks
def check_steps(run: Run, event: HeadEvent) -> None:
    """Bars whose `step` or `stride` does not lay their places over the image; boxes that leave a gap."""
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
        if isinstance(said, (Multibox, Boxes)) and step is not None:
            _check_step(run, event, link, step, what.map, image)
        if isinstance(said, Multibox):
            if last is not None and last[0] != said.min:
                word = "overlap" if last[0] > said.min else "leave a gap"
                message = (
                    f"the boxes of two bars {word}: `max={last[0]:g}`, then `min={said.min:g}`"
                )
                hint = "SSD lets the largest of a map be the smallest of the next"
                run.warn("W204", message, link.node.span, hint)
            last = said.max, link


def _check_step(
    run: Run, event: HeadEvent, link: Link, step: float, value: Value, image: Shape
) -> None:
    assert value.shape is not None
    word = "stride" if isinstance(link.what.predictor, Boxes) else "step"  # type: ignore[union-attr]
    for size, side in zip(image.sides, value.shape.sides):
        if not isinstance(size, int) or not isinstance(side, int):
            real = pixels(size, side)
            if real != step:
                _refuse(run, link, f"{word}={step:g}, but this map is 1/{real} of the input", None)
            continue
        cells = -int(-size // step)
        if cells == side:
            continue
        if word == "stride":
            real = pixels(size, side)
            message = f"stride={step:g}, but this map is 1/{real} of the input"
            _refuse(run, link, message, f"{side} places over {size} pixels")
            return
        message = f"step={step:g} lays {cells} cells over {size} pixels, but this map is {value.shape.sides[0]}x{value.shape.sides[1]}"
        _refuse(run, link, message, _ceiling(event, side, cells))
        return


def _refuse(run: Run, link: Link, message: str, hint: str | None) -> None:
    if run.overridden:  # another size of the input: the numbers are those of the file
        run.skipped.append(link.node.span)
        return
    run.report_mistake(Mistake("E235", message, link.node.span, hint=hint))


def _ceiling(event: HeadEvent, side: int, wanted: int) -> str | None:
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
            up = layer.model_copy(update={"ceil_mode": True}).output(shape)
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
            message = f"`{layer.word}` {height}x{width} of a {rows}x{columns} map: places repeat"
            hint = f"drop that map, or pool {min(height, _least(rows, height))}x{min(width, _least(columns, width))}"
            if run.overridden:
                run.skipped.append(step.span)
                return
            raise Mistake("E238", message, step.span, hint=hint)


def _least(side: Dim, other: int) -> int:
    return side if isinstance(side, int) else other


def check_geometry(run: Run, event: HeadEvent, net: Scope) -> None:
    """Anchors that are larger than the image in every position."""
    image = next(iter(net.values.values())).shape
    if image is None or run.overridden or len(image) != 3:
        return
    rows, columns = image.sides
    if not isinstance(rows, int) or not isinstance(columns, int):
        return
    told = False
    for number, link in enumerate(event.predicted):
        said = link.what.predictor if isinstance(link.what, Predicted) else None
        if not isinstance(said, Anchors) or told:
            continue
        for width, height in said.sides(said.of_maps(len(event.maps))[number]):
            if width > columns and height > rows:
                message = (
                    f"anchor {width:.0f}x{height:.0f} is larger than the input "
                    f"{columns}x{rows} in every position"
                )
                run.report_mistake(Mistake("E236", message, link.node.span))
                told = True
                break
