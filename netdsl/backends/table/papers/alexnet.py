"""The table of lectures on AlexNet and ZFNet: a line of layers with their numbers, and how they come about.

Every layer has its specification, stride and padding, what leaves it (channels first), its parameters and
multiply-adds as a product and its value: `96*(3*11*11+1) = 34,944`. Layers are numbered as lectures do: conv1, pool1,
..., and linear layers go on with the number of the last convolution (fc6). Krizhevsky et al., "ImageNet
classification with deep convolutional neural networks", 2012; Zeiler and Fergus, "Visualizing and understanding
convolutional networks", 2013.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from netdsl.backends.table.papers import phrases
from netdsl.backends.table.papers.fitting import Reading, Wanted, left_out, plain_chain, scores
from netdsl.backends.table.papers.reading import Step
from netdsl.backends.table.papers.sheet import Cell, Column, Line, Sheet, Value, Values, cell

COUNTED = {"conv": "conv", "lrn": "LRN", "linear": "fc", "bn": "BN", "conv_transpose": "deconv"}


def sheet(readings: Sequence[Reading], wanted: Wanted) -> Sheet:
    (reading,) = readings
    biased = wanted.bias
    columns = (
        Column("layer"),
        Column("specification"),
        Column("stride", right=True),
        Column("padding", right=True),
        Column("output"),
        Column("parameters", right=True),
        Column("multiply-adds", right=True),
    )
    chain = plain_chain("alexnet", reading)
    net = reading.design.name
    image = phrases.size_text(reading.image)
    lines = [Line("input", (cell("input"), *(Cell(),) * 3, cell(image), Cell(), Cell()))]
    values: Values = {
        (net, "input", "output"): image,
        (net, "input", "size"): phrases.one(reading.image.sides),  # type: ignore[arg-type]
    }
    params = macs = 0
    for key, step in _numbered(chain):
        lines.append(Line(key, _cells(key, step, biased)))
        values |= {(net, key, name): value for name, value in _known(step).items()}
        params += _params(step, biased)
        macs += step.macs
    for step in chain:
        if step.layer.word in ("flatten",) and len(step.x.sides) > 0:
            values[net, "flatten", "output"] = step.y.channels
    values[net, "order", ""] = _order(chain)
    total = (
        cell("total"),
        *(Cell(),) * 4,
        cell(phrases.comma(params), value=params),
        cell(phrases.comma(macs), value=macs),
    )
    lines.append(Line("total", total, rule=True, strong=True))
    head = (tuple(cell(column.key) for column in columns),)
    title = f"{reading.name}: layers, parameters and multiply-adds"
    notes = tuple(_notes(reading, chain, biased))
    return Sheet("alexnet", title, (reading.name,), columns, head, tuple(lines), notes, values)


def _numbered(chain: Sequence[Step]) -> Iterator[tuple[str, Step]]:
    """The layers that the table shows, with their names."""
    seen: dict[str, int] = {}
    for step in chain:
        word = COUNTED.get(step.layer.word)
        if step.layer.family == "pooling" and not phrases.is_idle(step):
            word = "pool" if "pool" in step.layer.word else "subsample"
        if word is None:
            continue
        if step.layer.family in ("convolution", "linear"):
            # convolutions and linear layers are counted on
            seen["weights"] = seen.get("weights", 0) + 1
            yield f"{word}{seen['weights']}", step
        else:
            seen[word] = seen.get(word, 0) + 1
            yield f"{word}{seen[word]}", step
    found = scores(chain)
    if found is not None:
        yield "softmax", found.but(parameters=0, weights=0, macs=0)


def _cells(key: str, step: Step, biased: bool) -> tuple[Cell, ...]:
    if key == "softmax":
        return (cell(key), *(Cell(),) * 3, cell(phrases.size_text(step.y)), Cell(), Cell())
    over, pad = phrases.stride(step), phrases.padding(step)
    params = _params(step, biased)
    return (
        cell(key),
        cell(_specification(step)),
        cell(phrases.one(over) if over else "", value=_number(over)),
        cell(_padding(step) if pad else "", value=_number(pad)),
        cell(phrases.size_text(step.y)),
        cell(_product(_weights_formula(step, biased), params), value=params),
        cell(_product(_macs_formula(step), step.macs), value=step.macs),
    )


def _specification(step: Step) -> str:
    size = phrases.size_text(phrases.kernel(step))
    if step.layer.family == "convolution":
        groups = getattr(step.layer, "groups", 1)
        return f"{step.y.channels} @ {size}{f', {groups} groups' if groups > 1 else ''}"
    if step.layer.family == "linear":
        return f"{step.x.channels} -> {step.y.channels}"
    if step.layer.word == "lrn":
        layer = step.layer
        return f"n={layer.size}"  # type: ignore[attr-defined]
    return " ".join(filter(None, (phrases.pool_word(step), size))) if size else step.layer.word


def _padding(step: Step) -> str:
    """The padding; of a pool that rounds up, that it does."""
    text = phrases.one(phrases.padding(step))
    return f"{text}, ceil" if getattr(step.layer, "ceil_mode", False) else text


def _number(numbers: tuple[int, ...]) -> Value:
    if not numbers:
        return None
    return numbers[0] if len(set(numbers)) == 1 else phrases.size_text(numbers)


def _params(step: Step, biased: bool) -> int:
    return step.parameters if biased or not step.learns else step.weights


def _product(formula: str, number: int) -> str:
    if not number:
        return "0"
    return f"{formula} = {phrases.comma(number)}" if formula else phrases.comma(number)


def _weights_formula(step: Step, biased: bool) -> str:
    """`96*(3*11*11+1)`, where that is what is counted; else nothing."""
    one = "+1" if biased and step.parameters > step.weights else ""
    if step.layer.word == "conv":
        incoming = step.x.channels // getattr(step.layer, "groups", 1)
        numbers = (incoming, *phrases.kernel(step))
    elif step.layer.word == "linear":
        numbers = (step.x.channels,)
    else:
        return ""
    if step.y.channels * prod(numbers) != step.weights:
        return ""  # a table of connections, or given kernels
    inner = "*".join(map(str, numbers))
    return f"{step.y.channels}*({inner}{one})" if one else f"{step.y.channels}*{inner}"


def _macs_formula(step: Step) -> str:
    """`96*55*55*3*11*11`."""
    if step.layer.word == "conv":
        incoming = step.x.channels // getattr(step.layer, "groups", 1)
        numbers = (*step.y, incoming, *phrases.kernel(step))
    elif step.layer.word == "linear":
        numbers = (step.y.channels, step.x.channels)
    else:
        return ""
    known = [n for n in numbers if isinstance(n, int)]
    return "*".join(map(str, known)) if prod(known) == step.macs else ""


def _known(step: Step) -> dict[str, Value]:
    size = phrases.kernel(step)
    return {
        "output": phrases.size_text(step.y),
        "maps": step.y.channels,
        "size": phrases.one(step.y.sides) if step.y.sides else "1",  # type: ignore[arg-type]
        "kernel": _number(size),
        "stride": _number(phrases.stride(step)),
        "padding": _number(phrases.padding(step)),
        "rounding": "ceil" if getattr(step.layer, "ceil_mode", False) else "floor",
        "parameters": step.parameters,
        "weights": step.weights,
        "multiply-adds": step.macs,
        "inputs": step.x.channels,
        "rate": getattr(step.layer, "p", None),
    }


def _order(chain: Sequence[Step]) -> str:
    """What follows the first convolution, up to the next: `conv-relu-lrn-pool`."""
    words: list[str] = []
    for step in chain:
        if step.layer.family == "convolution":
            if words:
                break
            words.append("conv")
        elif words:
            words.append("pool" if step.layer.family == "pooling" else step.layer.word)
    return "-".join(words)


def _notes(reading: Reading, chain: Sequence[Step], biased: bool) -> Iterator[str]:
    counted = "biases included" if biased else "weights alone, no biases"
    yield f"parameters: {counted}. multiply-adds: of convolutions and linear layers for one image."
    yield "output: channels, height, width. Activations, dropout and flattening are not shown."
    if any(getattr(step.layer, "ceil_mode", False) for step in chain):
        yield "ceil: the last window may reach over the rim."
    yield from left_out(reading)
