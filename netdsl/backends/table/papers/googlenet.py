"""Table 1 of GoogLeNet: a row for each convolution, pool and inception module, with the widths of its branches.

Szegedy et al., "Going deeper with convolutions", 2014; Ioffe and Szegedy, "Batch normalization", 2015, whose
figure 5 has the columns of double 3x3 convolutions. A module is a concatenation of branches; a 1x1 convolution
before others in a branch is their reduction; a branch that begins with a pool is the pool projection. Modules are
numbered as in the paper: how often the image was halved before, and a letter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netdsl.backends.table.papers import phrases
from netdsl.backends.table.papers.fitting import Reading, Wanted, left_out, scores, unfit
from netdsl.backends.table.papers.measures import convolutions, depth, steps, sums
from netdsl.backends.table.papers.reading import Chain, Fork, Item, Step
from netdsl.backends.table.papers.sheet import Cell, Column, Line, Sheet, Values, cell
from netdsl.record import Record
from netdsl.shapes import Shape

POOL = "pool proj"
NUMBERS = ("output", "depth")


class Width(Record):
    """What a module's branch is in the table: the column of its widest number, and its numbers by column."""

    numbers: dict[str, int]
    text: str = ""  # of the pool projection: "max + 32"


class Row(Record):
    key: str
    type: str
    patch: str
    output: Shape
    items: Chain
    widths: dict[str, int]
    texts: dict[str, str]


def sheet(readings: Sequence[Reading], wanted: Wanted) -> Sheet:
    (reading,) = readings
    rows = list(_rows(reading))
    widths = _columns(rows)
    kilo = wanted.kilo or 1024
    columns = (
        Column("type"),
        Column("patch size/stride"),
        Column("output"),
        Column("depth", right=True),
        *(Column(name, right=True) for name in widths),
        Column("params", right=True),
        Column("ops", right=True),
    )
    values: Values = {}
    lines = []
    # where every pool of the paper is of one kind, it prints the channels alone
    pools = {text for row in rows for text in row.texts.values()}
    plain = all(text.startswith("max") and "pass" not in text for text in pools)
    for row in rows:
        total = sums(row.items)
        known = {
            "output": phrases.map_text(row.output),
            "depth": depth(row.items),
            "params": total.weights,
            "ops": total.macs,
            **row.widths,
        }
        values |= {(reading.design.name, row.key, name): known[name] for name in known}
        cells = [
            cell(row.type),
            cell(row.patch),
            cell(phrases.map_text(row.output)),
            cell(str(known["depth"]), value=known["depth"]),
            *(_width(row, name, plain) for name in widths),
            _number(total.weights, phrases.kilo_text(total.weights, kilo)),
            _number(total.macs, phrases.mega_text(total.macs)),
        ]
        lines.append(Line(row.key, tuple(cells)))
    lines.append(_total(reading, rows, widths, kilo))
    for row in rows:
        for step in row.items:
            if isinstance(step, Step) and step.layer.word == "dropout":
                values[reading.design.name, row.key, "rate"] = step.layer.p  # type: ignore[attr-defined]
    head = tuple(cell(column.key) for column in columns)
    notes = tuple(_notes(reading, kilo))
    title = f"{reading.name}: layers and inception modules"
    return Sheet("googlenet", title, (reading.name,), columns, (head,), tuple(lines), notes, values)


# ---------------------------------------------------------------------------------------------- rows
def _rows(reading: Reading) -> Iterator[Row]:
    items = reading.items
    modules = [i for i in items if isinstance(i, Fork)]
    if not any(f.word == "concat" and len(f.branches) > 1 for f in modules):
        unfit("googlenet", reading, "it has no modules whose branches are concatenated")
    branched = {name for f in modules for name in _module(f)[0]}
    seen: dict[str, int] = {}
    held: list[Item] = []  # a 1x1 convolution that the next one has as its reduction

    def row(
        word: str,
        output: Shape,
        chain: Sequence[Item],
        patch: str = "",
        type: str = "",
        **more: dict,
    ) -> Row:
        seen[word] = seen.get(word, 0) + 1
        key = type or f"{word} {seen[word]}"
        return Row(
            key,
            type or word,
            patch,
            output,
            tuple(chain),
            more.get("widths", {}),
            more.get("texts", {}),
        )

    last: Step | None = None
    for at, item in enumerate(items):
        if isinstance(item, Fork) and item.word == "concat":
            number = phrases.stage(reading.image, item.x)
            letter = seen[f"stage {number}"] = seen.get(f"stage {number}", 0) + 1
            widths, texts = _module(item)
            patch = "" if item.x.sides == item.y.sides else f"stride {_shrinks(item)}"
            name = f"inception ({number}{_letter(letter)})"
            yield row("inception", item.y, (item,), patch, name, widths=widths, texts=texts)
        elif not isinstance(item, Step):
            what = "sums of branches" if isinstance(item, Fork) else "residual or dense blocks"
            unfit("googlenet", reading, f"it has {what}, for which the table has no columns")
        elif item.layer.family == "convolution":
            name = f"#{phrases.size_text(phrases.kernel(item))}"
            if _reduces(item, items[at + 1 :], branched):
                held.append(item)
                continue
            widths = {}
            if held:
                widths = {f"{name} reduce": held[0].y.channels, name: item.y.channels}
            yield row("convolution", item.y, (*held, item), phrases.patch(item), widths=widths)
            held = []
        elif item.layer.family == "pooling" and not phrases.is_idle(item):
            yield row(phrases.pool_word(item), item.y, (item,), phrases.patch(item))
        elif item.layer.family == "linear":
            yield row("linear", item.y, (item,))
        elif item.layer.word == "dropout":
            rate = f"dropout ({item.layer.p:.0%})"  # type: ignore[attr-defined]
            yield row("dropout", item.y, (item,)).but(type=rate)
        elif item.layer.word == "softmax":
            yield row("softmax", item.y, (item,)).but(key="softmax")
        last = item if isinstance(item, Step) else None
    found = scores(list(steps(items))) if last is not None else None
    if found is not None:
        yield row("softmax", found.y, ()).but(key="softmax")


def _letter(number: int) -> str:
    return chr(ord("a") + number - 1) if number <= 26 else f".{number}"


def _shrinks(fork: Fork) -> int:
    x, y = (max(int(d) for d in shape.sides) for shape in (fork.x, fork.y))  # type: ignore[arg-type]
    return round(x / y)


def _reduces(step: Step, after: Sequence[Item], branched: set[str]) -> bool:
    """Whether a 1x1 convolution is the reduction of the next one, in a column that modules have."""
    if set(phrases.kernel(step)) != {1} or phrases.steps_over(step):
        return False
    for item in after:
        if not isinstance(item, Step) or item.layer.family in ("pooling", "linear"):
            return False
        if item.layer.family == "convolution":
            name = f"#{phrases.size_text(phrases.kernel(item))}"
            return {name, f"{name} reduce"} <= branched
    return False


# ------------------------------------------------------------------------------------------- modules
def _module(fork: Fork) -> tuple[dict[str, int], dict[str, str]]:
    """The numbers of a module by column, and what stands there if it is no plain number."""
    widths: dict[str, int] = {}
    texts: dict[str, str] = {}
    for branch in fork.branches:
        if not branch:
            widths[_free("pass", widths)] = fork.x.channels
            continue
        first, out = branch[0], _width_of(branch)
        if isinstance(first, Step) and first.layer.family == "pooling":
            name = _free(POOL, widths)
            pool = phrases.pool_word(first).split()[0]
            projected = convolutions(branch)
            widths[name] = out
            texts[name] = f"{pool} + {out if projected else 'pass'}"
            continue
        body = [item for item in branch if not isinstance(item, Step) or item.learns]
        reduce = body[0] if len(body) > 1 and _is_1x1(body[0]) else None
        name = _free(_named(body[1:] if reduce is not None else body), widths)
        if isinstance(reduce, Step):
            widths[f"{name} reduce"] = reduce.y.channels
        widths[name] = out
    return widths, texts


def _is_1x1(item: Item) -> bool:
    return isinstance(item, Step) and set(phrases.kernel(item)) == {1}


def _width_of(branch: Chain) -> int:
    return branch[-1].y.channels


def _named(body: Sequence[Item]) -> str:
    """`#3x3`, `double #3x3`, `#1x7-7x1`, `#3x3-(1x3, 3x1)`."""
    words = [_word(item) for item in body]
    if len(words) == 2 and words[0] == words[1]:
        return f"double #{words[0]}"
    return f"#{'-'.join(words)}"


def _word(item: Item) -> str:
    if isinstance(item, Step):
        return phrases.size_text(phrases.kernel(item)) or item.layer.word
    if isinstance(item, Fork):
        branches = (
            "-".join(_word(s) for s in b if not isinstance(s, Step) or s.learns)
            for b in item.branches
        )
        return f"({', '.join(branches)})"
    return "block"


def _free(name: str, known: dict[str, int]) -> str:
    """The name, or with a number where the module has it already."""
    number, own = 1, name
    while own in known:
        number += 1
        own = f"{name} ({number})"
    return own


def _columns(rows: Sequence[Row]) -> list[str]:
    """The columns of widths: 1x1 first, pools last, the rest as they come, reductions before what they
    reduce for."""
    found: dict[str, None] = {}
    for row in rows:
        for name in row.widths:
            found.setdefault(name)
    plain = [n for n in found if not n.startswith(POOL)]
    plain.sort(key=lambda n: n != "#1x1")
    return [*plain, *(n for n in found if n.startswith(POOL))]


# --------------------------------------------------------------------------------------------- cells
def _width(row: Row, name: str, plain: bool) -> Cell:
    number = row.widths.get(name)
    if number is None:
        return Cell()
    return cell(str(number) if plain else row.texts.get(name, str(number)), value=number)


def _number(number: int, text: str) -> Cell:
    return cell(text, value=number) if number else Cell()


def _total(reading: Reading, rows: Sequence[Row], widths: Sequence[str], kilo: int) -> Line:
    every = sums([item for row in rows for item in row.items])
    cells = (
        cell("total"),
        *(Cell(), Cell()),
        cell(str(depth(reading.items)), value=depth(reading.items)),
        *(Cell() for _ in widths),
        _number(every.weights, phrases.kilo_text(every.weights, kilo)),
        _number(every.macs, phrases.mega_text(every.macs)),
    )
    return Line("total", cells, rule=True, strong=True)


def _notes(reading: Reading, kilo: int) -> Iterator[str]:
    yield (
        f"params: weights without biases, K = {kilo}. ops: multiply-adds for one image, M = 10^6. "
        "depth: layers with weights on the longest way."
    )
    yield f"All in all {phrases.comma(reading.parameters)} parameters, biases and normalisation included."
    yield "softmax is applied by the loss." if scores(list(steps(reading.items))) else ""
    yield from left_out(reading)
