"""Tables as programs read them: CSV and JSON hold everything, and add up."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from table_networks import NAMES, every_row, network

import netdsl
from netdsl.backends.table.columns import DEFAULT
from netdsl.backends.table.data import AFTER, BEFORE, json_value
from netdsl.escaping.sheet import harmless
from netdsl.shapes import Size

every = pytest.mark.parametrize("name", NAMES)


def records(net: netdsl.Network) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(net.table("csv"), newline="")))


@every
def test_csv(name: str) -> None:
    net = network(name)
    text = net.table("csv")
    assert text.count("\r\n") == text.count("\n") == len(list(every_row(net))) + 2
    rows = records(net)
    assert tuple(rows[0]) == (*BEFORE, *DEFAULT, *AFTER)
    assert (rows[0]["kind"], rows[0]["name"], rows[0]["depth"]) == ("net", net.name, "0")
    assert int(rows[0]["parameters"]) == net.parameters_used
    leaves = [r for r in rows if r["kind"] in ("layer", "param") and r["auxiliary"] == "false"]
    assert sum(int(r["parameters"]) for r in leaves) == net.parameters_used
    assert sum(int(r["macs"]) for r in leaves) == net.macs
    keys = {r["key"] for r in rows}
    for tensor in net.state_dict_shapes():
        assert tensor in keys or tensor.rpartition(".")[0] in keys


def test_csv_lists_every_repeat() -> None:
    rows = records(netdsl.load("zoo:resnet152"))
    assert sum(r["layer"] == "bottleneck" for r in rows) == 50
    assert "layer3.35.conv2" in {r["key"] for r in rows}


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert harmless(start) == f"'{start.strip()}"
    assert harmless(f"a{start}") == " ".join(f"a{start}".split())
    assert harmless("") == ""


def test_costs_of_open_sizes_are_formulas() -> None:
    net = netdsl.loads("net N { input x: 3x?x?\n conv(8, 3x3) }")
    assert [(r["parameters"], r["macs"]) for r in records(net)] == [
        ("224", "216*(H-2)*(W-2)"),
        ("0", "0"),
        ("224", "216*(H-2)*(W-2)"),
    ]
    data = json.loads(net.table("json"))
    assert data["totals"]["macs"] == "216*(H-2)*(W-2)"
    assert data["rows"][1]["macs"] == "216*(H-2)*(W-2)"
    assert data["rows"][1]["shape"] == [8, "H-2", "W-2"]
    assert data["inputs"] == [{"name": "x", "shape": [3, "H", "W"]}]


# -------------------------------------------------------------------------------------------- JSON
ROW = {
    "depth": int,
    "kind": str,
    "name": str,
    "word": str,
    "arguments": dict,
    "layer": str,
    "shape": (list, type(None)),
    "key": (str, type(None)),
    "parameters": (int, type(None)),
    "buffers": int,
    "macs": (int, str, type(None)),
    "from": (str, type(None)),
    "auxiliary": bool,
    "declared": bool,
    "shared": bool,
    "start": (str, type(None)),
    "frozen": (str, type(None)),
    "output": (list, type(None)),
}
KINDS = {
    "input",
    "output",
    "layer",
    "extern",
    "block",
    "group",
    "branch",
    "merge",
    "residual",
    "dense",
    "param",
    "expression",
}


def parsed(net: netdsl.Network) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(net.table("json"), parse_constant=refuse)


@every
def test_json(name: str) -> None:
    net = network(name)
    data = parsed(net)
    parts = ["schema", "name", "doc", "meta", "inputs", "outputs", "columns", "convention"]
    parts += ["totals", "heads", "rows"]
    assert list(data) == parts
    assert data["heads"] == []  # tests/detection has those that have some
    assert data["schema"] == "netdsl-table/1"
    assert data["totals"] == {
        "parameters": net.parameters_used,
        "parameters_with_auxiliary": net.parameters,
        "buffers": data["totals"]["buffers"],
        "macs": net.macs,
        "connections": net.connections,
        "layers": net.layers,
        "extern": False,
        "parts": {},
    }
    assert [row["depth"] for row in data["rows"]] == [depth for depth, _ in every_row(net)]
    for row in data["rows"]:
        assert list(row) == list(ROW)
        for column, kind in ROW.items():
            assert isinstance(row[column], kind), (column, row)
        assert row["kind"] in KINDS


def test_json_arguments() -> None:
    data = parsed(
        netdsl.loads(
            "block unit(c, k=3x3, norm=bn(eps=1e-3), widths=[1, 2x2], skip=none) { conv(c, k) -> norm }\n"
            "net N { input x: 3x8x8\n a: relu\n unit(4, widths=[0.5, relu], skip=@a) }"
        )
    )
    block, conv, norm = data["rows"][2:5]
    assert block["word"] == "unit"
    assert block["arguments"] == {
        "c": 4,
        "k": "3x3",
        "norm": "bn(eps=1e-3)",
        "widths": [0.5, "relu"],
        "skip": block["arguments"]["skip"],
    }
    assert block["arguments"]["skip"].startswith("@")
    assert conv["word"] == "conv"
    assert conv["arguments"]["channels"] == 4 and conv["arguments"]["kernel_size"] == "3x3"
    assert norm["arguments"]["eps"] == 1e-3


def test_json_meta() -> None:
    net = netdsl.loads(
        "net N { input x: 3x8x8\n relu\n"
        ' meta { paper: "a \\"b\\" \\\\ c"  year: 2014  top5: 6.7  list: [1, "x", 3x3, true, none] } }'
    )
    assert parsed(net)["meta"] == {
        "paper": 'a "b" \\ c',
        "year": 2014,
        "top5": 6.7,
        "list": [1, "x", "3x3", True, None],
    }


def test_json_values() -> None:
    assert json_value((1, Size((3, None)), float("nan"))) == [1, "3x?", "nan"]
