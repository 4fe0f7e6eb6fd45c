"""Queries: what a compiled network says of itself, put off until a test asks.

`shape("alexnet", "features.0")` is a Query; called, it compiles the network (once) and gives what its table of
layers (`Network.table("json")`) or its Design has. A network is a name of the zoo, a `variant(...)` of one,
or a text in the language, such as `chain(...)` writes. A step is named as in the table: its names from the
outermost inwards, joined by dots. Shapes are lists, channels first.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache, cached_property, wraps
from typing import Any, NamedTuple

import netdsl
from netdsl.design import Applied, Design, Link, Scope
from netdsl.follow import Follower, Path
from netdsl.layers.base import Layer, Window
from netdsl.network import Network
from netdsl.totals import link_cost

ASKED: set[str] = set()  # the networks that queries have read
LEARNS = ("conv", "linear")
COUNTED = (*LEARNS, "rbf", "maxpool", "avgpool", "subsample")  # what LeNet's lectures call a layer


# ------------------------------------------------------------------------------------------ networks
class Variant(NamedTuple):
    """A network of the zoo with other parameters or another input."""

    name: str
    settings: tuple[tuple[str, Any], ...]


Net = str | Variant


def variant(name: str, **settings: Any) -> Variant:
    return Variant(name, tuple(settings.items()))


def chain(size: str, *steps: str) -> str:
    """The text of a small network."""
    return "\n".join(["net Example {", f"input x: {size}", *steps, "}"])


class Step(NamedTuple):
    link: Link
    layers: int  # convolutions and linear layers on the longest path to its output
    convolutions: int


class Longest(Follower[tuple[int, int]]):
    """Every step with the longest path that leads to it."""

    def __init__(self) -> None:
        super().__init__(aux=True)
        self.steps: dict[str, Step] = {}

    def layer(
        self, layer: Layer, link: Link, state: tuple[int, int], path: Path
    ) -> tuple[int, int]:
        return state[0] + (layer.word in LEARNS), state[1] + (layer.word == "conv")

    def meet(self, states: list[tuple[int, int]]) -> tuple[int, int]:
        return max(s[0] for s in states), max(s[1] for s in states)

    def seen(self, path: Path, link: Link, state: tuple[int, int]) -> None:
        if isinstance(link.what, (Applied, Scope)):
            self.steps[".".join(path)] = Step(link, *state)


class Paths(Follower[Counter[int]]):
    """How many paths lead to a value, by the number of convolutions and linear layers on them."""

    def layer(self, layer: Layer, link: Link, state: Counter[int], path: Path) -> Counter[int]:
        by = layer.word in LEARNS
        return Counter({length + by: number for length, number in state.items()})

    def meet(self, states: list[Counter[int]]) -> Counter[int]:
        return sum(states, Counter())


class Compiled:
    """A network with its table of layers."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.design: Design = network.design
        self.table = json.loads(network.table("json"))
        self.rows: dict[str, list[dict[str, Any]]] = {}
        path: list[str] = []
        for row in self.table["rows"]:
            path[row["depth"] :] = [row["name"]]
            row["path"] = ".".join(path)
            self.rows.setdefault(row["path"], []).append(row)

    def row(self, step: str) -> dict[str, Any]:
        (row,) = self.rows[step]
        return row

    @cached_property
    def longest(self) -> tuple[int, int]:
        return max(self._followed[1])

    @property
    def steps(self) -> dict[str, Step]:
        return self._followed[0]

    @cached_property
    def _followed(self) -> tuple[dict[str, Step], list[tuple[int, int]]]:
        follower = Longest()
        ends = follower.follow(self.design, (0, 0))
        return follower.steps, ends

    @cached_property
    def layers(self) -> list[dict[str, Any]]:
        """The rows of layers that work in evaluation, in the order of the text."""
        return [r for r in self.table["rows"] if r["kind"] == "layer" and not r["auxiliary"]]

    def below(self, step: str | None) -> list[dict[str, Any]]:
        """The layers of a step, or of the whole network."""
        if step is None:
            return self.layers
        return [r for r in self.layers if f"{r['path']}.".startswith(f"{step}.")]

    def of(self, *words: str) -> list[dict[str, Any]]:
        return [r for r in self.layers if r["word"] in words]

    def behind(self, step: str) -> list[dict[str, Any]]:
        """The layers after one, up to the next that learns a map."""
        found = []
        for row in self.layers[self.layers.index(self.row(step)) + 1 :]:
            if row["word"] in LEARNS:
                break
            found.append(row)
        return found

    def window(self, step: str) -> Window:
        link = self.steps[step].link
        assert isinstance(link.what, Applied)
        shape = link.inputs[0].shape
        assert shape is not None
        window = link.what.layer.window(shape)
        assert window is not None
        return window


@cache
def _compiled(net: Net) -> Compiled:
    if isinstance(net, Variant):
        return Compiled(netdsl.load(f"zoo:{net.name}", **dict(net.settings)))
    return Compiled(netdsl.loads(net) if "{" in net else netdsl.load(f"zoo:{net}"))


def read(net: Net) -> Compiled:
    ASKED.add(str(net))
    return _compiled(net)


# ------------------------------------------------------------------------------------------- queries
class Query:
    """A question to a network, with its text; sums, ratios and entries of queries are queries."""

    def __init__(self, text: str, ask: Callable[[], Any]) -> None:
        self.text = text
        self.ask = ask

    def __repr__(self) -> str:
        return self.text

    def __call__(self) -> Any:
        return self.ask()

    def _with(self, sign: str, other: Any, do: Callable[[Any, Any], Any]) -> Query:
        return Query(f"({self} {sign} {other!r})", lambda: do(self(), value_of(other)))

    def __add__(self, other: Any) -> Query:
        return self._with("+", other, lambda a, b: a + b)

    def __sub__(self, other: Any) -> Query:
        return self._with("-", other, lambda a, b: a - b)

    def __truediv__(self, other: Any) -> Query:
        return self._with("/", other, lambda a, b: a / b)

    def __floordiv__(self, other: Any) -> Query:
        return self._with("//", other, lambda a, b: a // b)

    def __getitem__(self, index: Any) -> Query:
        return Query(f"{self}[{index!r}]", lambda: self()[index])


def value_of(given: Any) -> Any:
    return given() if isinstance(given, Query) else given


def query(function: Callable[..., Any]) -> Callable[..., Query]:
    """A function of values as one that gives queries, of values and queries."""

    @wraps(function)
    def put_off(*given: Any, **named: Any) -> Query:
        words = [*map(repr, given), *(f"{name}={value!r}" for name, value in named.items())]
        text = f"{function.__name__}({', '.join(words)})"
        return Query(text, lambda: function(*map(value_of, given), **named))

    return put_off


def one(sides: Iterable[int]) -> int | list[int]:
    """Equal sides as one number."""
    sides = list(sides)
    return sides[0] if len(set(sides)) == 1 else sides


# shapes
@query
def shape(net: Net, step: str | None = None) -> list[int]:
    """Of a step's output, or of the network's."""
    compiled = read(net)
    return compiled.row(step)["shape"] if step else list(compiled.network.output_shape)


@query
def incoming(net: Net, step: str) -> list[int]:
    """The shape that enters a step."""
    return list(read(net).steps[step].link.inputs[0].shape or ())


@query
def side(shape: list[int]) -> int | list[int]:
    """Of a square map."""
    return one(shape[1:])


@query
def column(shape: list[int]) -> list[int]:
    """A flat vector as maps of one place."""
    (length,) = shape
    return [length, 1, 1]


@query
def channels(net: Net, step: str) -> int:
    return read(net).row(step)["shape"][0]


@query
def split(shape: list[int], parts: int) -> list[int]:
    """One of equal parts of the maps."""
    assert shape[0] % parts == 0
    return [shape[0] // parts, *shape[1:]]


@query
def places(shape: list[int]) -> int:
    return math.prod(shape[1:])


@query
def numbers(shape: list[int]) -> int:
    return math.prod(shape)


# costs
@query
def params(net: Net, step: str | None = None) -> int:
    compiled = read(net)
    return compiled.row(step)["parameters"] if step else compiled.network.parameters_used


@query
def macs(net: Net, step: str | None = None) -> int:
    compiled = read(net)
    return compiled.row(step)["macs"] if step else compiled.network.macs


@query
def weights(net: Net, step: str | None = None) -> int:
    """Of convolutions and linear layers, without biases."""
    compiled = read(net)
    shapes = compiled.network.state_dict_shapes()
    rows = [r for r in compiled.below(step) if r["word"] in LEARNS]
    return sum(math.prod(shapes[f"{row['key']}.weight"]) for row in rows)


@query
def tensor(net: Net, key: str) -> list[int]:
    """The shape of an entry of the `state_dict`."""
    return list(read(net).network.state_dict_shapes()[key])


@query
def connections(net: Net, step: str | None = None) -> int | None:
    compiled = read(net)
    if step is None:
        return compiled.network.connections
    return link_cost(compiled.steps[step].link).connections


# layers
@query
def layers(net: Net, step: str | None = None, after: str | None = None) -> int:
    """Convolutions and linear layers on the longest path: of the network, or from a step to a step."""
    compiled = read(net)
    end = compiled.steps[step].layers if step else compiled.network.layers
    return end - (compiled.steps[after].layers if after else 0)


@query
def frozen(net: Net, step: str) -> int:
    """How many layers stay as they are where weights are frozen up to a step."""
    return len(read(net).network.freeze(step).frozen)


@query
def convolutions(net: Net) -> int:
    """Convolutions on the longest path."""
    return read(net).longest[1]


@query
def counted(net: Net) -> int:
    """Layers as LeNet's are counted: pooling is one."""
    return len(read(net).of(*COUNTED))


@query
def count(net: Net, word: str, under: str = "") -> int:
    """Uses of a layer or a block, side outputs left out."""
    rows = read(net).table["rows"]
    return sum(
        row["word"] == word and not row["auxiliary"] and row["path"].startswith(under)
        for row in rows
    )


@query
def kinds(net: Net, kind: str) -> int:
    """Rows of a kind: residual, dense, merge, ..."""
    return sum(row["kind"] == kind for row in read(net).table["rows"])


@query
def auxiliary(net: Net) -> int:
    """Side outputs of training."""
    return len(read(net).design.net.aux)


@query
def attached(net: Net, word: str) -> list[int]:
    """After how many blocks `word` each side output stands."""
    rows = [row for row in read(net).table["rows"] if row["depth"] == 0]
    marks = [i for i, row in enumerate(rows) if row["auxiliary"]]
    return [sum(row["word"] == word for row in rows[:i]) for i in marks]


@query
def word(net: Net, step: str) -> str:
    return read(net).row(step)["word"]


@query
def behind(net: Net, step: str, word: str | None = None) -> str:
    """The layer after one, or the next `word` before other weights; "none"."""
    rows = read(net).behind(step)
    found = [r["word"] for r in rows if word in (None, r["word"])]
    return found[0] if found else "none"


@query
def rate(net: Net, step: str) -> float | str:
    """Of the dropout that comes after a step, before other weights."""
    found = [r["arguments"]["p"] for r in read(net).behind(step) if r["word"] == "dropout"]
    return found[0] if found else "none"


@query
def last(net: Net) -> str:
    return read(net).layers[-1]["word"]


@query
def order(net: Net, step: str) -> str:
    """A convolution and what comes after it."""
    compiled = read(net)
    words = [r["word"].replace("maxpool", "pool") for r in compiled.behind(step)]
    return "-".join([compiled.row(step)["word"], *words])


@query
def pooled(net: Net) -> str:
    """The convolutions after which a max pool comes."""
    compiled = read(net)
    rows = compiled.of("conv")
    return ",".join(
        row["name"]
        for row in rows
        if "maxpool" in [r["word"] for r in compiled.behind(row["path"])]
    )


@query
def label(net: Net, step: str) -> str:
    """A layer in a paper's words."""
    return read(net).row(step)["layer"]


@query
def argument(net: Net, step: str, name: str) -> Any:
    return read(net).row(step)["arguments"][name]


@query
def settings(net: Net, step: str) -> int:
    """How many numbers set a layer; flags are none."""
    given = read(net).row(step)["arguments"].values()
    return sum(isinstance(v, (int, float)) and not isinstance(v, bool) for v in given)


@query
def arguments_of(net: Net, word: str, name: str) -> list[Any]:
    """An argument of all layers `word`, in their order."""
    return [row["arguments"][name] for row in read(net).of(word)]


@query
def every(net: Net, of: Callable[[Net, str], Query], word: str = "conv") -> Any:
    """What all layers `word` have alike, or the list."""
    found = [of(net, row["path"])() for row in read(net).of(word)]
    return found[0] if all(value == found[0] for value in found) else found


@query
def meta(net: Net, name: str) -> Any:
    return read(net).table["meta"][name]


@query
def emitted(net: Net, text: str, answer: str) -> str:
    """`answer` where the class that is written for PyTorch has `text`, "none" elsewhere."""
    ASKED.add(str(net))
    return answer if text in read(net).network.torch_source() else "none"


# windows
@query
def kernel(net: Net, step: str) -> int | list[int]:
    return one(read(net).window(step).kernel)


@query
def stride(net: Net, step: str) -> int | list[int]:
    return one(read(net).window(step).stride)


@query
def padding(net: Net, step: str) -> int | list[int]:
    return one(read(net).window(step).padding)


@query
def window(net: Net, step: str) -> list[Any]:
    """Kernel and stride."""
    found = read(net).window(step)
    return [one(found.kernel), one(found.stride)]


@query
def pool_words(net: Net, step: str) -> str:
    """A pool as "3x3/2 ceil"."""
    found, rule = read(net).window(step), read(net).row(step)["arguments"]["ceil_mode"]
    return f"{'x'.join(map(str, found.kernel))}/{one(found.stride)}{' ceil' if rule else ''}"


@query
def spec(net: Net, step: str, form: str = "{c}@{k} s{s} p{p}") -> str:
    """A convolution as "256@5x5 s1 p2"."""
    compiled = read(net)
    kernel, stride, padding = compiled.window(step)
    size = "x".join(map(str, kernel))
    return form.format(c=compiled.row(step)["shape"][0], k=size, s=one(stride), p=one(padding))


@query
def kernels(net: Net, distinct: bool = True) -> list[int]:
    """The kernel sizes of the convolutions, in the order in which they come; all are squares."""
    sides = [row["arguments"]["kernel_size"].split("x") for row in read(net).of("conv")]
    assert all(height == width for height, width in sides)
    found = [int(height) for height, _ in sides]
    return list(dict.fromkeys(found)) if distinct else found


@query
def receptive(net: Net, step: str) -> int | list[int]:
    return one(read(net).network.receptive_fields()[step].size)


@query
def jump(net: Net, step: str) -> int | list[int]:
    """How far apart in the input two places that lie side by side look."""
    return one(read(net).network.receptive_fields()[step].jump)


@query
def paths(net: Net) -> Counter[int]:
    (found,) = Paths(aux=False).follow(read(net).design, Counter({0: 1}))
    return found


# of values
@query
def same(*values: Any) -> Any:
    """What all are, or the list."""
    return values[0] if all(value == values[0] for value in values) else list(values)


@query
def both(*values: Any) -> list[Any]:
    return list(values)


@query
def rounded(value: float, digits: int) -> float:
    return round(value, digits)


@query
def say(form: str, *values: Any) -> str:
    return form.format(*values)


@query
def joined(values: Iterable[Any], mark: str = ",") -> str:
    return mark.join(map(str, values))


@query
def distinct(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


@query
def largest(values: Iterable[Any]) -> Any:
    return max(values)


@query
def ordinal(value: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(value, "th")
    return f"{value}{ending}"


@query
def without(values: Iterable[Any], others: Iterable[Any]) -> list[Any]:
    return [value for value in values if value not in list(others)]


@query
def known(value: Any, words: dict[Any, str]) -> Any:
    """The word for a value, else the value."""
    return words.get(value, value)


@query
def formula(text: str, ours: Callable[..., Query], cases: list[dict[str, int]]) -> str:
    """The formula itself where it holds in all cases, else the first case where it does not."""
    assert cases
    for case in cases:
        found, stated = ours(**case)(), eval(text, {"floor": math.floor}, dict(case))
        if found != stated:
            return f"{text} is {stated} for {case}, not {found}"
    return text
