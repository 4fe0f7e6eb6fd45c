"""Table 1 of ResNet and of ResNeXt: blocks in brackets by the size of their maps, networks side by side.

He et al., "Deep residual learning for image recognition", 2015; Xie et al., "Aggregated residual
transformations for deep neural networks", 2016, whose C is the number of groups. A bracket has the convolutions of a
residual block and how many such blocks follow each other; as there, a first block with a stride or a projection
counts as equal. FLOPs are multiply-adds, as there. Rows go by how often the image was halved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netdsl.backends.table.papers import phrases
from netdsl.backends.table.papers.fitting import (
    Reading,
    Wanted,
    every_item,
    left_out,
    scores,
    unfit,
)
from netdsl.backends.table.papers.measures import steps
from netdsl.backends.table.papers.reading import Chain, Fork, Growth, Item, Residue, Step
from netdsl.backends.table.papers.sheet import (
    Bracket,
    Cell,
    Column,
    Line,
    Part,
    Sheet,
    Values,
    cell,
    joined_cells,
)
from netdsl.backends.table.papers.vgg import columns_of
from netdsl.record import Record

END = 99  # the stage of a single place


class Stage(Record):
    """What a network has where its maps have one size."""

    sizes: tuple[str, ...]
    parts: tuple[Part, ...]


def sheet(readings: Sequence[Reading], wanted: Wanted) -> Sheet:
    if not any(isinstance(i, Residue) for r in readings for i in every_item(r.items)):
        unfit("resnet", readings[0], "it has no residual blocks")
    shown = [_stages(reading) for reading in readings]
    columns = (
        Column("layer name"),
        Column("output size"),
        *(Column(name, centre=True) for name in columns_of(readings)),
    )
    lines: list[Line] = []
    values: Values = {}
    for place, number in enumerate(sorted({number for own in shown for number in own})):
        name = _name(place, [own[number] for own in shown if number in own], number)
        lines += _lines(name, [own.get(number) for own in shown])
        for reading, own in zip(readings, shown):
            if number in own:
                values |= _values(reading, name, own[number])
    for key, numbers in (
        ("# params.", [reading.parameters for reading in readings]),
        ("FLOPs", [reading.macs for reading in readings]),
    ):
        cells = phrases.powers(numbers, 6 if key == "# params." else 9)
        shown_numbers = (cell(text, value=n) for text, n in zip(cells, numbers))
        lines.append(Line(key, (cell(key), Cell(), *shown_numbers), rule=True, strong=True))
        values |= {(r.design.name, key, ""): n for r, n in zip(readings, numbers)}
    names = tuple(reading.name for reading in readings)
    head = (tuple(cell(column.key) for column in columns),)
    title = f"{', '.join(names)}: stages and blocks"
    notes = tuple(_notes(readings))
    return Sheet("resnet", title, names, columns, head, tuple(lines), notes, values)


# -------------------------------------------------------------------------------------------- stages
def _stages(reading: Reading) -> dict[int, Stage]:
    """What stands at each size, by how often the image was halved."""
    sizes: dict[int, dict[str, None]] = {}
    parts: dict[int, list[Part]] = {}
    number = 0
    for item in reading.items:
        shown = list(_parts(item))
        if not shown:
            continue
        own = phrases.stage(reading.image, item.y) if phrases.is_map(item.y) else END
        if own < number:
            unfit(
                "resnet", reading, "its maps grow again, and the rows go from large to small ones"
            )
        number = own
        sizes.setdefault(own, {}).setdefault(phrases.sides_text(item.y))
        _add(parts.setdefault(own, []), shown)
    found = scores(list(steps(reading.items)))
    if found is not None:
        sizes.setdefault(END, {}).setdefault("1x1")
        parts.setdefault(END, []).append("softmax")
    if END in parts:
        parts[END] = _line_of_texts(parts[END])
    return {n: Stage(tuple(sizes[n]), tuple(parts[n])) for n in parts}


def _parts(item: Item) -> Iterator[Part]:
    """What the table says of an item; nothing of normalisation and the like."""
    if isinstance(item, Residue):
        yield Bracket(tuple(_block(item.body)))
    elif isinstance(item, Growth):
        for layer in item.layers:
            yield Bracket(tuple(_block(layer)))
    elif isinstance(item, Fork):
        yield Bracket(tuple(_block((item,))))
    elif item.layer.family == "convolution":
        over = f", stride {phrases.one(phrases.stride(item))}" if phrases.steps_over(item) else ""
        yield f"{convolution(item)}{over}"
    elif phrases.is_whole(item):
        yield "average pool" if "avg" in phrases.pool_word(item) else phrases.pool_word(item)
    elif item.layer.family == "pooling" and not phrases.is_idle(item):
        size, over = phrases.size_text(phrases.kernel(item)), phrases.one(phrases.stride(item))
        yield f"{size} {phrases.pool_word(item)}, stride {over}"
    elif item.layer.family == "linear":
        yield f"{item.y.channels}-d fc"
    elif item.layer.word == "softmax":
        yield "softmax"


def _add(parts: list[Part], new: Sequence[Part]) -> None:
    """Put parts behind others; what is equal is counted."""
    for part in new:
        last = parts[-1] if parts else None
        if isinstance(part, str) and last == part:
            parts[-1] = Bracket((part,), 2)
        elif isinstance(last, Bracket) and last.lines == _lines_of(part):
            parts[-1] = last.but(times=last.times + 1)
        else:
            parts.append(part)


def _lines_of(part: Part) -> tuple[str, ...]:
    return (part,) if isinstance(part, str) else part.lines


def _line_of_texts(parts: list[Part]) -> list[Part]:
    if all(isinstance(part, str) for part in parts):
        return [", ".join(part for part in parts if isinstance(part, str))]
    return parts


# -------------------------------------------------------------------------------------------- blocks
def _block(chain: Chain) -> Iterator[str]:
    """The lines of a bracket: the convolutions of a block, and the branches of what forks in it."""
    lines = list(_block_lines(chain))
    yield from lines or ["identity"]


def _block_lines(chain: Chain) -> Iterator[str]:
    for item in chain:
        if isinstance(item, Step):
            if item.layer.family == "convolution":
                yield convolution(item)
            elif item.layer.family == "linear":
                yield f"fc, {item.y.channels}"
        elif isinstance(item, Residue):
            yield from _block_lines(item.body)
        elif isinstance(item, Growth):
            for layer in item.layers:
                yield from _block_lines(layer)
        else:
            yield from _branches(item)


def _branches(fork: Fork) -> Iterator[str]:
    """One line a branch; equal ones are counted."""
    found: dict[str, int] = {}
    for branch in fork.branches:
        text = " - ".join(_block_lines(branch)) or ("pool" if branch else "identity")
        found[text] = found.get(text, 0) + 1
    for text, times in found.items():
        yield f"{times} paths: {text}" if times > 1 else text


def convolution(step: Step) -> str:
    """`3x3, 64`; in groups `3x3, 128, C=32`."""
    groups = getattr(step.layer, "groups", 1)
    text = f"{phrases.size_text(phrases.kernel(step))}, {step.y.channels}"
    if groups > 1:
        text += ", depthwise" if groups == step.x.channels else f", C={groups}"
    return text


# --------------------------------------------------------------------------------------------- lines
def _name(place: int, found: Sequence[Stage], number: int) -> str:
    if number == END:
        return ""
    blocks = any(isinstance(part, Bracket) for stage in found for part in stage.parts)
    return f"conv{place + 1}{'_x' if blocks else ''}"


def _lines(name: str, stages: Sequence[Stage | None]) -> Iterator[Line]:
    """A stage is one row; parts that all networks have as many of stand in lines of their own."""
    sizes = dict.fromkeys(size for stage in stages if stage is not None for size in stage.sizes)
    stacks = [stage.parts if stage is not None else () for stage in stages]
    first = (cell(name), cell(", ".join(sizes)))
    key = name or "end"
    if len(set(map(len, stacks))) == 1:
        for i in range(len(stacks[0])):
            cells = joined_cells([cell(stack[i]) for stack in stacks])
            start = first if i == 0 else (Cell(), Cell())
            yield Line(key if i == 0 else f"{key}, {i + 1}", (*start, *cells), rule=i == 0)
    else:
        yield Line(key, (*first, *(cell(*stack) for stack in stacks)), rule=True)


def _values(reading: Reading, name: str, stage: Stage) -> Values:
    net = reading.design.name
    values: Values = {(net, name or "end", "output size"): ", ".join(stage.sizes)}
    for i, part in enumerate(stage.parts):
        values[net, name or "end", f"part {i + 1}"] = part if isinstance(part, str) else part.flat
    return values


def _notes(readings: Sequence[Reading]) -> Iterator[str]:
    yield (
        "[...] x n: n residual blocks with these convolutions, one below the other; the first of a stage may "
        "have a stride and a projection."
    )
    if any("C=" in convolution(s) for r in readings for s in steps(r.items) if _grouped(s)):
        yield "C: groups of a convolution."
    yield "FLOPs: multiply-adds for one image. # params.: biases and normalisation included."
    for reading in readings:
        yield from left_out(reading)


def _grouped(step: Step) -> bool:
    return step.layer.family == "convolution" and getattr(step.layer, "groups", 1) > 1
