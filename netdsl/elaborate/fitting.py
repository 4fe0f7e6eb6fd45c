"""What makes two values fit that do not: a step behind one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from netdsl.design import Applied, Link, Scope
from netdsl.diagnostics import Edit
from netdsl.elaborate.advice import Parting
from netdsl.elaborate.enlarging import Label, enlarged, kept_map
from netdsl.elaborate.entering import is_input
from netdsl.elaborate.repairs import appended
from netdsl.elaborate.trials import sides_fit
from netdsl.frames import Frame
from netdsl.shapes import Shape, ceil_div
from netdsl.source import Span
from netdsl.walks import all_links

Advice: TypeAlias = tuple[str, tuple[Edit, ...]]  # what is said, and the changes that it means


class End(NamedTuple):
    """Where a way ends: what the message calls it, where more steps could follow, what it gives, its steps
    from where it parted, and the name by which others read its value."""

    name: str
    place: Span
    shape: Shape
    way: Sequence[Link] = ()
    label: Label | None = None


class Behind(NamedTuple):
    """Steps that would follow one of the ends, and what they give. `loses`: they cut something off, which
    the author has to want."""

    steps: str
    end: End
    gives: Shape
    loses: bool = False


def at_end(found: Behind) -> Advice:
    """What is said of steps behind a bar or a body, where there is a place for them."""
    steps, end, gives, _ = found
    said = f"`{steps}` at the end of {end.name} would turn {end.shape.said} into {gives.said}"
    return said, appended(end.place, f" -> {steps}")


class Meeting(NamedTuple):
    """Two ends that do not fit at a step. `others`: more ways end as `usual` does, so it is `odd` that must
    change. `several`: the text is run for several sizes, or may be: a loop, a block. `beside`: both
    ways stand in the step itself. `behind` says how steps can follow an end."""

    word: str
    step: Span
    odd: End
    usual: End
    entry: Shape | None = None
    others: bool = False
    several: bool = False
    beside: bool = False
    behind: Callable[[Behind], Advice] = at_end

    @property
    def by_size(self) -> tuple[End, End]:
        """The larger one and the smaller one."""
        if _is_larger(self.odd.shape, self.usual.shape):
            return self.odd, self.usual
        return self.usual, self.odd


def runs_often(frame: Frame) -> bool:
    """Whether a place of the text is run for several sizes, or may be: in a block, in a loop."""
    at: Frame | None = frame
    while at is not None and at.kind not in ("repeat", "for"):
        at = at.parent
    return at is not None or frame.scope is not None and frame.scope.block.kind == "block"


def joined(parted: Parting | None, at: Meeting) -> Advice:
    """What to do where two ends meet: an argument of the step at which they part or of one that enlarges,
    else a step behind one of them."""
    odd, usual = at.odd, at.usual
    if len(odd.shape) != len(usual.shape):
        return _of_ranks(at)
    pooled = _pooled(at)
    if pooled is not None:
        return pooled
    scaled = _scaled(at) if parted is not None and parted.divides else None
    if scaled is not None and parted is not None and parted.trunk:
        return _after_all(at, parted, scaled)
    if parted is not None and parted.repair is not None:
        other = _cropped(at) if parted.comes_back else None if at.beside else scaled
        if other is None:
            return parted.hint, parted.fix
        return f"{parted.hint}, or {at.behind(other)[0]}", parted.fix
    back = _enlarged_back(at)
    if back is not None:
        return back
    if scaled is not None and at.word == "arithmetic":
        return _after_all(at, parted, scaled)
    return _after_all(at, parted, _after(at), None if at.beside else scaled)


def _after_all(
    at: Meeting, parted: Parting | None, found: Behind | str, other: Behind | None = None
) -> Advice:
    """The steps behind one of the ends; `other` are steps that would do as well."""
    said, fix = (found, ()) if isinstance(found, str) else at.behind(found)
    if isinstance(found, Behind) and found.loses:
        fix = ()
    if other is not None and isinstance(found, Behind) and found.end is not other.end:
        said += f", or `{other.steps}` at the end of {other.end.name}"
    cause = parted.said if parted is not None else _inputs(at)
    return f"{cause}; {said}" if cause else said, fix


def _inputs(at: Meeting) -> str:
    """What is said of two ways that do not start at one value, where the inputs are as unlike as the ends."""
    if at.entry is not None or not at.odd.way or not at.usual.way:
        return ""
    first = [end.way[0].inputs[0] for end in (at.usual, at.odd) if end.way[0].inputs]
    shapes = [value.shape for value in first]
    if len(first) < 2 or not all(map(is_input, first)):
        return ""
    if None in shapes or shapes[0].sides == shapes[1].sides:  # type: ignore[union-attr]
        return ""
    both = " and ".join(f"`{v.label}` is {shape}" for v, shape in zip(first, shapes))
    return f"their inputs differ: {both}"


def _enlarged_back(at: Meeting) -> Advice | None:
    """The argument of a step that enlarges on one of the ways."""
    if at.entry is None:
        return None
    for mine, other in ((at.odd, at.usual), (at.usual, at.odd))[: 1 if at.others else 2]:
        way, only_sides = mine.way, at.word == "concat"
        found = enlarged(way, at.entry, other.shape, other.label, only_sides)
        if found is not None:
            return found.said, found.fix
    return None


def _after(at: Meeting) -> Behind | str:
    """The steps that would mend it, or what is said where there are none."""
    a, b = at.odd.shape, at.usual.shape
    if sides_fit(a, b):
        return Behind(
            f"conv({b.channels}, 1x1)" if len(b) > 1 else f"linear({b.channels})",
            at.odd,
            a.with_channels(b.channels),
        )
    larger, smaller = at.by_size
    stride = stride_between(larger.shape, smaller.shape)
    if stride is not None and at.others and larger is at.usual:
        said = f"all others have {Shape(*b.sides)}; `upsample(like=@label)` fits any size"
        return _scaled(at) or said
    if stride is not None and at.word == "concat":
        pool = _strided_pool(stride, len(a.sides))
        return Behind(pool, larger, larger.shape.with_sides(smaller.shape.sides))
    if stride is not None:
        steps = f"conv({smaller.shape.channels}, 1x1, stride={stride})"
        return Behind(steps, larger, smaller.shape)
    if not (a.known and b.known):
        return f"{b} and {a} are not equal for every size; pad, or write the sizes after `input`"
    if _far_apart(larger.shape, smaller.shape):
        return _spread(at, larger, smaller) or "their sides must be equal"
    return _cropped(at) or "their sides must be equal"


def _strided_pool(stride: int, dims: int) -> str:
    """A pool that strides and leaves no place out."""
    kernel = stride // 2 * 2 + 1
    return f"maxpool({Shape(*(kernel,) * dims)}, stride={stride}, padding={kernel // 2})"


def _cropped(at: Meeting) -> Behind | None:
    """Cutting the larger one to the sides of the smaller; None if that does not make them fit. Where the
    text is run for several sizes it is cut to the other value, if that has a name."""
    larger, smaller = at.by_size
    a, b = larger.shape, smaller.shape
    if not (a.known and b.known and _is_larger(a, b)) or at.others and larger is at.usual:
        return None
    if _far_apart(a, b):
        return None
    if at.word != "concat" and a.channels != b.channels:
        return None
    if at.several and smaller.label is None:
        return None
    size = smaller.label.text if smaller.label is not None else str(Shape(*b.sides))
    return Behind(f"center_crop({size})", larger, a.with_sides(b.sides), loses=True)


def _far_apart(larger: Shape, smaller: Shape) -> bool:
    """Whether cutting one map to the other would throw most of it away."""
    pairs = zip(larger.sides, smaller.sides)
    return any(n > 2 * m - 2 for n, m in pairs if isinstance(n, int) and isinstance(m, int))


def _scaled(at: Meeting) -> Behind | None:
    """The smaller one is brought to the size of the other by a whole factor."""
    larger, smaller = at.by_size
    scale = _factor(larger.shape, smaller.shape)
    if scale is None or at.others and larger is at.odd:
        return None
    return _upsampled(at, f"scale={scale}", larger.shape, smaller)


def _factor(larger: Shape, smaller: Shape) -> int | None:
    """How many times the sides of one are those of the other."""
    n, m = larger[1], smaller[1]
    if not isinstance(n, int) or not isinstance(m, int) or n <= m or n % m:
        return None
    return n // m if all(b * (n // m) == a for a, b in zip(larger.sides, smaller.sides)) else None


def _upsampled(at: Meeting, how: str, larger: Shape, smaller: End) -> Behind:
    """The steps that enlarge a map to another's size."""
    steps = f"upsample({how})"
    if at.word != "concat" and smaller.shape.channels != larger.channels:
        return Behind(f"conv({larger.channels}, 1x1) -> {steps}", smaller, larger)
    return Behind(steps, smaller, smaller.shape.with_sides(larger.sides))


def _pooled(at: Meeting) -> Advice | None:
    """One number per channel beside a map: it is spread over the map, which is never shrunk to it."""
    larger, smaller = (at.odd, at.usual) if set(at.usual.shape.sides) == {1} else (at.usual, at.odd)
    a, b = larger.shape, smaller.shape
    if set(b.sides) != {1} or a.sides == b.sides or at.others and smaller is at.usual:
        return None
    if stride_between(a, b) is not None and not any(pools_all(link) for link in smaller.way):
        return None  # a kernel as large as its map
    if at.word in SIGNS and a.channels == b.channels:
        return _as_arithmetic(at, larger, smaller)
    found = _spread(at, larger, smaller)
    if found is not None:
        return at.behind(found)
    return (
        f"label a map with the other size and end {smaller.name} with `upsample(like=@label)`",
        (),
    )


def _spread(at: Meeting, larger: End, smaller: End) -> Behind | None:
    """The smaller one is brought to the size of the other, whatever that is."""
    if at.others and larger is at.odd:
        return None
    if larger.label is not None:
        return _upsampled(at, f"like={larger.label.text}", larger.shape, smaller)
    if larger.shape.known and not at.several:
        return _upsampled(at, f"size={Shape(*larger.shape.sides)}", larger.shape, smaller)
    return None


def pools_all(link: Link) -> bool:
    """Whether a step, or one inside of it, pools a whole map whatever its size."""
    steps = (link, *all_links(link.what)) if isinstance(link.what, Scope) else (link,)
    return any(
        isinstance(step.what, Applied)
        and step.what.layer.word.startswith(("global_", "adaptive_"))
        and step.output is not None
        and step.output.shape is not None
        and set(step.output.shape.sides) == {1}
        for step in steps
    )


SIGNS = {"add": "+", "mul": "*"}


def _as_arithmetic(at: Meeting, map_: End, numbers: End) -> Advice:
    """Arithmetic combines a map with one number per channel, which a merge does not."""
    does = "multiplies" if at.word == "mul" else "is added"
    if map_.label is not None and numbers.label is not None and not at.others:
        text = f"({map_.label.text} {SIGNS[at.word]} {numbers.label.text})"
        said = f"one number per channel {does} in arithmetic: `{text}`"
        return said, (Edit(at.step, text),)
    text = f"(@map {SIGNS[at.word]} @weights)"
    return f"one number per channel {does} in arithmetic: label both and write `{text}`", ()


def _of_ranks(at: Meeting) -> Advice:
    odd, usual = at.odd, at.usual
    said = f"{usual.shape} and {odd.shape} have different numbers of sides"
    if 1 not in (len(odd.shape), len(usual.shape)):
        return said, ()
    flat, other = (odd, usual) if len(odd.shape) == 1 else (usual, odd)
    if at.word in SIGNS and flat.shape.channels == other.shape.channels:
        return _as_arithmetic(at, other, flat)[0], ()
    if at.word in SIGNS:
        sum_ = f"(@map {SIGNS[at.word]} @weights)"
        said = f"one number per channel: `linear({other.shape.channels})`, then in arithmetic"
        return f"{said} `{sum_}`", ()
    kept = kept_map(flat.way, other.shape, other.label) if not at.several else None
    if kept is not None and not (at.others and flat is usual):
        return kept.said, kept.fix
    return f"{flat.shape} is a flat vector and {other.shape} a map: leave its `flatten` out", ()


def _is_larger(a: Shape, b: Shape) -> bool:
    pairs = zip(a.sides, b.sides)
    return all(n >= m for n, m in pairs if isinstance(n, int) and isinstance(m, int))


def stride_between(larger: Shape, smaller: Shape) -> int | None:
    """The stride of a 1x1 kernel that would bring the sides of one to those of the other."""
    if len(larger) != len(smaller):
        return None
    for stride in range(2, 33):
        if all(ceil_div(n, stride) == m for n, m in zip(larger.sides, smaller.sides)):
            return stride
    return None
