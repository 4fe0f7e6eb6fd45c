"""Tables of papers and lectures are reproduced: what they print differs from the networks exactly where the
facts call it an error.

`table_facts.json` has every fact that stands in a table: where it stands in ours, what is printed (`stated`), and the
verdict on it (ok, rounding, typo, inconsistent), judged by hand before these tables were made.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import netdsl
from netdsl.backends.table.papers import LAYOUTS, paper_sheet
from netdsl.backends.table.papers.printed import sources
from netdsl.backends.table.papers.sheet import Sheet

FACTS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("table_facts.json").read_text(encoding="utf-8")
)
NETS = sorted({(fact["layout"], fact["net"]) for fact in FACTS})
SUM = re.compile(r"[\d.+*×() ]+")


# Where a fact says in other words what stands in a cell.
SPELLED = {
    "F102": 100,  # 4 * (Classes + 4), with 21 classes
    "F103": 218300,
    "F105": 6,
    "F538": 2,
    "F539": 2,
    "F540": 1,
    "F667": "96*27**27",
    "F691": "conv-pool-lrn",
    "F760": "conv3",
    "F761": "conv3",
}
# What is not printed but needed to get what is: the facts state the size, our tables show where it comes from.
FROM_SIZE = {"F498": "conv", "F704": "none", "F706": "floor", "F708": 1, "F710": "floor"}


@cache
def network(name: str) -> netdsl.network.Network:
    return netdsl.load(f"zoo:{name}")


@cache
def sheet(layout: str, net: str) -> Sheet:
    return paper_sheet(network(net).design, layout)


@cache
def printed(layout: str, net: str) -> dict[tuple[str, str], tuple[Any, int]]:
    """Everything that is printed of a network, with what K means there."""
    return {
        place: (value, source.kilo)
        for source in sources(layout, network(net).design)
        for place, value in source.numbers.items()
    }


def number(value: Any, kilo: int) -> float | None:
    """A printed number without its unit."""
    if isinstance(value, (int, float)):
        return value
    match = re.fullmatch(r"([\d.]+)([KMG]?)", value)
    if match is None:
        return None
    return float(match[1]) * {"": 1, "K": kilo, "M": 10**6, "G": 10**9}[match[2]]


def stands(fact: dict[str, Any]) -> bool:
    """Whether the printed data have what the fact states."""
    value, kilo = printed(fact["layout"], fact["net"])[fact["row"], fact["column"]]
    stated = SPELLED.get(fact["id"], fact["stated"])
    if value == stated:
        return True
    if isinstance(stated, list):
        return str(value) == "x".join(map(str, stated))
    if isinstance(stated, str) and "**" not in stated and SUM.fullmatch(stated):
        stated = eval(stated.replace("×", "*"))
    if isinstance(stated, str):
        return stated.rstrip("%").replace(",", ", ") == str(value)
    found = number(value, kilo)
    if found is None:  # a side of a square map, a number in a text
        return str(stated) in re.findall(r"\d+", str(value))
    # what is printed as 2.7K is stated as 2700
    return found in (stated, stated / 1000 * kilo)


@pytest.mark.parametrize("fact", FACTS, ids=[f"{f['id']}-{f['net']}-{f['row']}" for f in FACTS])
def test_the_fact_is_printed(fact: dict[str, Any]) -> None:
    if fact["id"] in FROM_SIZE:
        value, _ = printed(fact["layout"], fact["net"])[fact["row"], fact["column"]]
        assert value == FROM_SIZE[fact["id"]]
    else:
        assert stands(fact), (
            fact,
            printed(fact["layout"], fact["net"])[fact["row"], fact["column"]],
        )


@pytest.mark.parametrize("layout, net", NETS)
def test_differences_are_the_errors(layout: str, net: str) -> None:
    """The facts of a network whose numbers differ are those that are called errors, and what was rounded is
    called so."""
    found = {(d.row, d.column): d.kind for d in sheet(layout, net).differences}
    assert "missing" not in found.values()
    places: dict[str, set[str]] = {}
    for fact in FACTS:
        if (fact["layout"], fact["net"]) == (layout, net):
            kind = found.get((fact["row"], fact["column"]), "same")
            places.setdefault(fact["id"], set()).add(kind)
    verdicts = {f["id"]: f["verdict"] for f in FACTS}
    errors = {id for id, kinds in places.items() if "error" in kinds}
    rounded = {id for id, kinds in places.items() if "rounding" in kinds}
    assert errors == {id for id in places if verdicts[id] in ("typo", "inconsistent")}
    assert rounded == {id for id in places if verdicts[id] == "rounding"}


@pytest.mark.parametrize("layout, net", NETS)
def test_no_difference_but_of_facts(layout: str, net: str) -> None:
    """What is printed and is no fact (the paper's own tables of totals) has no errors."""
    known = {(f["row"], f["column"]) for f in FACTS if (f["layout"], f["net"]) == (layout, net)}
    others = [d for d in sheet(layout, net).differences if (d.row, d.column) not in known]
    assert all(d.kind == "rounding" for d in others), others


@pytest.mark.parametrize("layout, net", NETS)
def test_every_error_stands_below_the_table(layout: str, net: str) -> None:
    own = sheet(layout, net)
    below = "\n".join(own.notes)
    for difference in own.differences:
        if difference.kind == "error":
            shown = difference.printed
            assert shown in below or f"{int(shown):,}" in below, difference
            assert difference.row in below
    if not own.differences:
        assert "All numbers of" in below


def test_the_facts_are_of_all_layouts() -> None:
    """Every layout but ResNet's, of which the lectures have no table, has facts."""
    assert {fact["layout"] for fact in FACTS} == LAYOUTS.keys() - {"resnet"}
    assert len({fact["id"] for fact in FACTS}) == 453


@pytest.mark.parametrize(
    "net",
    [
        "resnet18",
        "resnet34",
        "resnet50_v1",
        "resnet101_v1",
        "resnet152_v1",
        "resnet50",
        "resnext50_32x4d",
    ],
)
def test_costs_of_residual_networks_are_the_papers(net: str) -> None:
    """ResNet's and ResNeXt's tables 1, to the digits that they print."""
    own = sheet("resnet", net)
    assert printed("resnet", net)
    assert {d.kind for d in own.differences} <= {"rounding"}


def test_a_wrong_number_is_seen() -> None:
    """Of every number that is printed, a neighbour of what the network has is an error."""
    from netdsl.backends.table.papers.printed import verdict

    for layout, net in NETS:
        values = sheet(layout, net).values
        for (row, column), (value, kilo) in printed(layout, net).items():
            ours = values[network(net).design.name, row, column]
            wrong = ours + "!" if isinstance(ours, str) else ours * 4 + 9  # type: ignore[operator]
            assert verdict(value, wrong, kilo) == "error", (net, row, column)
