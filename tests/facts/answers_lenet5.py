"""LeNet-5: as it was published (`lenet5`), and as lectures show it (`lenet5modern`)."""

from __future__ import annotations

import math

import fact_queries as q
from fact_reasons import Answers

NET, LECTURE = "lenet5", "lenet5modern"
SQUASHING = {"scaled_tanh": "sigmoid", "tanh": "sigmoid"}  # as 1998 calls what is S-shaped


@q.query
def squashed_sum(net: str, step: str) -> str:
    """What a subsampling does to its window, from its size and its learned numbers."""
    places = math.prod(q.read(net).window(step).kernel)
    learned = {0: "sum{}", 1: "w*sum{}", 2: "w*sum{}+b"}
    inside = learned[(q.params(net, step) // q.channels(net, step))()].format(places)
    return f"{q.known(q.behind(net, step), SQUASHING)()}({inside})"


@q.query
def connected(net: str, step: str) -> str:
    return "full" if q.argument(net, step, "connections")() is None else "sparse matrix"


def area_ratio(step: str, of: str) -> q.Query:
    return q.places(q.shape(NET, step)) / q.places(q.shape(NET, of))


ANSWERS: Answers = {
    "LeNet-5": {
        "whole | layers": q.counted(NET),
        "whole | total params (derived)": q.params(NET),
        "whole | total connections (derived)": q.connections(NET),
        "input | size": q.side(q.shape(NET, "digit")),
        "C1 | neurons": q.numbers(q.shape(NET, "c1")),
        "S2 | neurons": q.numbers(q.shape(NET, "s2")),
        "S4 | neurons": q.numbers(q.shape(NET, "s4")),
        "S2 | area ratio": area_ratio("s2", "c1"),
        "S4 | area ratio": area_ratio("s4", "c3"),
        "S2 | input size": q.side(q.incoming(NET, "s2")),
        "S4 | input size": q.side(q.incoming(NET, "s4")),
        "S2 | function": squashed_sum(NET, "s2"),
        "S4 | function": squashed_sum(NET, "s4"),
        "C3 | params by formula": q.params(NET, "c3"),
        "C3 | connection": connected(NET, "c3"),
        "C5 | params = connections": q.same(q.params(NET, "c5"), q.connections(NET, "c5")),
        "F6 | params": q.params(NET, "f6"),
        "F6 | input": q.incoming(NET, "f6")[0],
        "F6 | activation": q.known(q.behind(NET, "f6"), SQUASHING),
        **{
            f"{s} | output size": q.side(q.shape(NET, s.lower()))
            for s in ("C1", "S2", "C3", "S4", "C5")
        },
        **{f"{s} | params": q.params(NET, s.lower()) for s in ("C1", "S2", "C3", "S4")},
        **{f"{s} | connections": q.connections(NET, s.lower()) for s in ("C1", "S2", "C3", "S4")},
        **{f"{s} | maps": q.channels(NET, s.lower()) for s in ("C1", "S2", "C3", "S4", "C5")},
        **{f"{s} | kernel": q.kernel(NET, s.lower()) for s in ("C1", "C3", "C5")},
        **{f"{s} | window": q.kernel(NET, s.lower()) for s in ("S2", "S4")},
    },
    "LeNet-5 (lecture)": {
        "whole | layers": q.counted(LECTURE),
        "input | shape": q.shape(LECTURE, "digit"),
        "all conv | spec": q.every(LECTURE, lambda net, s: q.spec(net, s, "{k} p{p} s{s}")),
        "S2,S4 | pooling type": q.say(
            "{}, {}",
            q.same(q.word(NET, "s2"), q.word(NET, "s4")),
            q.same(q.word(LECTURE, "maxpool1"), q.word(LECTURE, "maxpool2")),
        ),
        "C1 | output shape": q.same(q.shape(NET, "c1"), q.shape(LECTURE, "c1")),
        "S2 | output shape": q.same(q.shape(NET, "s2"), q.shape(LECTURE, "maxpool1")),
        "C3 | output shape": q.same(q.shape(NET, "c3"), q.shape(LECTURE, "c3")),
        "S4 | output shape": q.same(q.shape(NET, "s4"), q.shape(LECTURE, "maxpool2")),
        "C5 | output shape": q.same(q.shape(NET, "c5"), q.shape(LECTURE, "c5")),
        "F6 | output": q.same(q.channels(NET, "f6"), q.channels(LECTURE, "f6")),
        "RBF | output": q.channels(NET, "output"),
        "C3 | params implied by 16 full 5x5x6 kernels": q.params(NET, "c3"),
    },
}
