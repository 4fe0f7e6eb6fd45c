"""What a step made in one round is used in the next only where it is the same."""

from __future__ import annotations

import pytest
from work import lines

from netdsl.compiler import Compilation
from netdsl.design import Applied
from netdsl.source import Source
from netdsl.walks import all_links

NET = "net A(w=4) {\n input a: 4x8x8\n%s\n}\n"


def _codes(body: str) -> list[str]:
    return [d.code for d in Compilation(Source("a.net", NET % body)).check()]


def _layers(body: str) -> list[tuple[str, dict[str, object], str]]:
    design = Compilation(Source("a.net", NET % body)).design()
    found = []
    for link in all_links(design.net):
        if isinstance(link.what, Applied) and link.output is not None:
            layer = link.what.layer
            found.append((layer.word, dict(layer.items()), str(link.output.shape)))
    return found


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("for k in [3, 3, 0] { conv(4, k, padding=1) }", ["E112"]),
        ("for k in [3, 3, 2.0] { conv(4, k, padding=1) }", ["E112"]),
        ("for k in [1, true] { conv(4, k) }", ["E112"]),
        ("for k in [3, 3] { conv(4, k, padding=1) }", []),
        ("repeat 5 { conv(4, 3) }", ["E213"]),
        ("param s: [4, 8, 8] = zeros\nfor x in [@a, @s] { @x -> relu }", ["E207"]),
        ("param s: [4, 8, 8] = zeros\nfor x in [@s, @a] { @x -> relu }", ["E207"]),
    ],
)
def test_mistakes_of_later_rounds(body: str, codes: list[str]) -> None:
    assert [code for code in _codes(body) if code < "W"] == codes


def test_layers_of_rounds() -> None:
    found = _layers("for k in [1, 1, 3, 1] { conv(w * k, k) -> bn }\nmaxpool(2)")
    convs = [(values["channels"], shape) for word, values, shape in found if word == "conv"]
    assert convs == [(4, "4x8x8"), (4, "4x8x8"), (12, "12x6x6"), (4, "4x6x6")]


def test_every_round_has_its_own_layer() -> None:
    design = Compilation(Source("a.net", NET % "repeat 3 { conv(4, 1x1) }")).design()
    layers = [link.what.layer for link in all_links(design.net) if isinstance(link.what, Applied)]
    assert len({id(layer) for layer in layers}) == 3
    assert layers[0] == layers[1] == layers[2]
    assert {layer.dims for layer in layers} == {2}


def test_other_rounds_cost_less() -> None:
    """A round that is like the one before takes much less than a first one."""

    def work(text: str) -> int:
        compilation = Compilation(Source("a.net", NET % text))
        return lines(compilation.check)

    def step(number: int) -> str:
        return f"conv({4 + number % 2}, 3x3, padding=1, bias=false) -> bn -> relu\n"

    alike, other = "repeat 100 {\n" + step(0) + "}\n", "for i in range(100) {\n" + step(0) + "}\n"
    other = other.replace("conv(4", "conv(4 + i % 2")
    work(alike)
    assert work(alike) < 0.65 * work(other)
