"""The columns: against live modules where these know better, against published numbers, and their sums."""

from __future__ import annotations

import json
from math import prod
from typing import Any

import pytest
import torch
from table_networks import NAMES, live, network, output_shapes
from torch import nn

import netdsl
from netdsl.backends.table.columns import COLUMNS, Whole
from netdsl.backends.table.data import nested
from netdsl.backends.table.measures import Measures
from netdsl.backends.table.model import Row
from netdsl.backends.table.numbers import number_text, sides_text
from netdsl.backends.table.rows import rows_of, totals_of
from netdsl.backends.table.settings import Settings
from netdsl.backends.table.view import view_of
from netdsl.receptive import levels_of, receptive_fields

torch.set_num_threads(1)
every = pytest.mark.parametrize("name", NAMES)
MEASURED = ("parameters", "fixed", "macs", "connections", "neurons", "activations")


def rows(name: str, fold: bool = False) -> list[Row]:
    measures = Measures({measure: measure for measure in MEASURED})
    return rows_of(network(name).design, fold, None, measures, fields=True)


def cell(row: Row, column: str) -> Any:
    return COLUMNS[column].cell(row, Whole(1, 1, Settings()))


def table(net: netdsl.Network, **settings: Any) -> dict[str, Any]:
    """The JSON of a table, its rows by their names and keys."""
    data = json.loads(net.table("json", **settings))
    return {"totals": data["totals"]} | {row["key"] or row["name"]: row for row in data["rows"]}


# ----------------------------------------------------------------------------------------- geometry
@every
def test_windows_are_those_of_the_modules(name: str) -> None:
    """Kernel, stride, padding, dilation and groups of every convolution, as torch's own module has them."""
    modules = dict(live(name).named_modules())
    compared = 0
    for _, row in nested(rows(name)):
        module = modules.get(row.key) if row.key else None
        if row.declared or not isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            continue
        assert cell(row, "kernel") == module.kernel_size
        assert cell(row, "stride") == module.stride
        assert cell(row, "padding") == module.padding, row
        assert cell(row, "dilation") == ("" if module.dilation == (1, 1) else module.dilation)
        assert cell(row, "groups") == ("" if module.groups == 1 else module.groups)
        assert cell(row, "input").channels == module.in_channels
        assert cell(row, "output").channels == module.out_channels
        compared += 1
    assert compared >= 1


def test_windows_of_pooling() -> None:
    found = table(
        netdsl.loads(
            "net N { input x: 3x20x21\n a: maxpool(3x3, stride=2, padding=1) -> b: avgpool(2x1) ->"
            " c: global_avgpool -> flatten -> d: linear(2) }"
        ),
        columns="all",
    )
    assert [found["a"][c] for c in ("kernel", "stride", "padding")] == [[3, 3], [2, 2], [1, 1]]
    assert [found["b"][c] for c in ("kernel", "stride", "padding")] == [[2, 1], [2, 1], [0, 0]]
    assert found["c"]["kernel"] == [5, 11]
    assert found["d"]["kernel"] is found["d"]["stride"] is found["d"]["padding"] is None


# ------------------------------------------------------------------------------------------- sums
@every
def test_every_quantity_adds_up(name: str) -> None:
    """A row's amounts are those of the rows below it, and the network's those of its rows."""

    def check(row: Row) -> None:
        for child in row.children:
            check(child)
        if row.children:
            for measure, amount in row.amounts.items():
                below = [child.amounts[measure] for child in row.children]
                assert amount == sum(below) * row.count, (row, measure)

    for fold in (False, True):
        top = rows(name, fold)
        for row in top:
            check(row)
        used = Measures({measure: measure for measure in MEASURED}).used(network(name).design)
        for measure, amount in used.items():
            assert amount == sum(r.amounts[measure] for r in top if not r.auxiliary), measure


@every
def test_sums_are_those_of_the_totals(name: str) -> None:
    design = network(name).design
    measures = Measures({measure: measure for measure in MEASURED})
    used, totals = measures.used(design), totals_of(design)
    assert used["parameters"] == totals.parameters
    assert measures.scope(design.net)["parameters"] == totals.with_auxiliary
    assert measures.scope(design.net)["fixed"] == totals.buffers
    assert (used["macs"], used["connections"]) == (totals.macs, totals.connections)


@every
def test_activations_are_the_outputs_of_modules(name: str) -> None:
    shapes = output_shapes(name)
    compared = 0
    for _, row in nested(rows(name)):
        if row.kind != "layer" or row.shared or row.declared:
            continue  # a module that is used again is remembered with its last use
        if row.key and row.key in shapes:
            assert row.amounts["activations"] == prod(shapes[row.key])
            compared += 1
    assert compared >= 1
    flat = [row for _, row in nested(rows(name)) if row.word in ("flatten", "dropout")]
    assert all(row.amounts["activations"] == 0 for row in flat)


def test_bytes_are_those_of_the_batch_and_the_type() -> None:
    net = netdsl.loads("net N { input x: 3x8x8\n a: conv(4, 1x1) -> relu -> flatten }")
    for settings, size in (({}, 4), ({"dtype": "float16"}, 2), ({"batch": 32}, 128)):
        found = table(net, columns="name,activations", **settings)
        assert found["a"]["activations"] == 4 * 8 * 8 * size
        assert found["totals"]["activations"] == 2 * 4 * 8 * 8 * size


def test_shares_are_parts_of_the_whole() -> None:
    data = json.loads(
        netdsl.load("zoo:googlenet").table("json", 1, columns="parameters_share,macs_share")
    )
    for column in ("parameters_share", "macs_share"):
        assert sum(row[column] or 0 for row in data["rows"]) == pytest.approx(1, abs=1e-4)
        assert {row[column] for row in data["rows"] if row["auxiliary"]} == {None}
    row = next(row for row in data["rows"] if row["name"] == "conv3")
    assert row["macs_share"] == pytest.approx(346_816_512 / 1_582_671_872, abs=1e-6)


@pytest.mark.parametrize("name", ["zoo:googlenet", "zoo:resnet50", "merges", "shared"])
def test_without_biases(name: str) -> None:
    """Nothing but the biases of convolutions and linear layers is gone, by torch's own names."""
    found = table(network(name), columns="all", bias=False, count="macs+bias")
    biases = {
        f"{path}.bias": module.bias.numel()
        for path, module in live(name).named_modules()
        if isinstance(module, (nn.Conv2d, nn.Linear, nn.ConvTranspose2d))
        and module.bias is not None
    }
    assert biases
    parameters = network(name).parameters - sum(biases.values())
    assert found["totals"]["parameters_with_auxiliary"] == parameters
    assert found["totals"]["macs"] == network(name).macs
    assert found["totals"]["connections"] == network(name).macs
    for key, row in found.items():
        if f"{key}.bias" in biases and not row["shared"]:
            module = live(name).get_submodule(key)
            assert row["parameters"] == module.weight.numel()


# ------------------------------------------------------------------------------- published numbers
def test_lenet() -> None:
    """LeCun et al., 1998: connections in the text of II.B, which add up to 340,908; outputs by hand."""
    found = table(netdsl.load("zoo:lenet5"), columns="connections,neurons")
    stated = {"c1": 122_304, "s2": 5_880, "c3": 151_600, "s4": 2_000, "c5": 48_120, "f6": 10_164}
    assert {key: found[key]["connections"] for key in stated} == stated
    assert found["totals"]["connections"] == sum(stated.values()) + 840 == 340_908
    neurons = {"c1": 4704, "s2": 1176, "c3": 1600, "s4": 400, "c5": 120, "f6": 84}
    assert {key: found[key]["neurons"] for key in neurons} == neurons
    assert found["scaled_tanh1"]["neurons"] == 0


def test_receptive_fields_of_vgg() -> None:
    data = json.loads(netdsl.load("zoo:vgg16").table("json", columns="receptive,jump,offset"))
    pools = [row for row in data["rows"] if row["word"] == "maxpool"]
    assert [row["receptive"] for row in pools] == [[n, n] for n in (6, 16, 44, 100, 212)]
    assert [row["jump"] for row in pools] == [[n, n] for n in (2, 4, 8, 16, 32)]
    assert pools[-1]["offset"] == [-90, -90]  # 212 pixels around 15.5, the middle of 32
    assert data["rows"][0]["receptive"] == [1, 1]


@pytest.mark.parametrize(("name", "size"), [("resnet18", 435), ("resnet50", 427)])
def test_receptive_fields_where_values_meet(name: str, size: int) -> None:
    """Sums have no name of their own: their rows have fields nevertheless."""
    found = [row for row in json.loads(netdsl.load(f"zoo:{name}").table("json", columns="receptive"))["rows"]]  # fmt: skip
    sums = [row["receptive"] for row in found if row["kind"] == "residual"]
    assert sums[-1] == [size, size]
    assert sums == sorted(sums) and None not in sums


@every
def test_fields_are_the_same_with_and_without_names(name: str) -> None:
    design = network(name).design
    by_name = receptive_fields(design)
    assert levels_of(design).fields
    compared = 0
    for _, row in nested(rows(name)):
        if row.key in by_name and not row.shared and not row.declared and row.kind != "param":
            assert row.field == by_name[row.key], row
            compared += 1
    assert compared >= 1


def test_fields_by_gradients() -> None:
    """What a place in the middle depends on, by torch, in a network with branches, a sum and dilation."""
    net = netdsl.loads(
        "net N { input x: 1x41x41\n a: conv(2, 3x3, stride=2)\n"
        " b: concat { | conv(2, 3x3, padding=1) | conv(2, 3x3, padding=2, dilation=2) }\n"
        " residual { conv(4, 3x3, padding=1) } -> end: conv(1, 3x3) }"
    )
    row = table(net, columns="receptive,jump,offset")["end"]
    module = net.module().double()
    for parameter in module.parameters():
        nn.init.uniform_(parameter, 0.1, 1.0)
    x = torch.rand(1, 1, 41, 41, dtype=torch.float64, requires_grad=True)
    at = 8
    module(x)[0, 0, at, at].backward()
    assert x.grad is not None
    seen = x.grad[0, 0].nonzero()
    begin = row["offset"][0] + at * row["jump"][0]
    assert seen.min(0).values.tolist() == [begin, begin]
    assert seen.max(0).values.tolist() == [begin + row["receptive"][0] - 1] * 2


def test_fields_that_cannot_be_told() -> None:
    net = netdsl.loads("net N { input x: 1x8x8\n a: conv(2, 3x3) -> up: upsample(2) -> relu }")
    text = net.table(columns="name,receptive")
    assert [line.split()[-1] for line in text.splitlines()[4:8]] == ["1", "3", "?", "?"]
    assert "where maps are made larger" in text


# ---------------------------------------------------------------------------------------- numbers
@pytest.mark.parametrize(
    ("number", "exact", "thousands", "binary"),
    [
        (0, "0", "0", "0"),
        (999, "999", "999", "999"),
        (1000, "1,000", "1.00 k", "1000"),
        (1024, "1,024", "1.02 k", "1.00 Ki"),
        (9_995, "9,995", "10.0 k", "9.76 Ki"),
        (999_499, "999,499", "999 k", "976 Ki"),
        (999_999, "999,999", "1.00 M", "977 Ki"),
        (25_557_032, "25,557,032", "25.6 M", "24.4 Mi"),
        (4_089_184_256, "4,089,184,256", "4.09 G", "3.81 Gi"),
        (-1_500, "-1,500", "-1.50 k", "-1.46 Ki"),
        (10**33, f"{10**33:,}", "1000 Q", "789 Qi"),
    ],
)
def test_numbers(number: int, exact: str, thousands: str, binary: str) -> None:
    assert number_text(number) == exact
    assert number_text(number, 1000) == thousands
    assert number_text(number, 1024) == binary


def test_other_numbers_are_written_as_they_are() -> None:
    assert number_text("12 H W", 1000) == "12 H W"
    assert number_text(3_211_264, 1000, "B") == "3.21 MB"
    assert number_text(512, 1024, "B") == "512 B"
    assert (sides_text((3, 3)), sides_text((3, 3), True), sides_text((1, 7))) == ("3", "3x3", "1x7")


# ----------------------------------------------------------------------------------------- choosing
def test_columns_stand_in_the_order_that_was_chosen() -> None:
    net = netdsl.load("zoo:lenet5")
    view = view_of(net.design, Settings(columns=("macs", "name", "kernel")))
    assert view.head == ("MACs", "name", "kernel")
    assert [c["name"] for c in json.loads(net.table("json", columns="macs,name,kernel"))["columns"]] == [
        "macs",
        "name",
        "kernel",
    ]  # fmt: skip
    assert (
        "macs,name,kernel" in net.table("csv", columns=["MACs", " name", "kernel"]).split("\r")[0]
    )


def test_another_rule_has_its_column() -> None:
    design = netdsl.load("zoo:lenet5").design
    assert view_of(design, Settings(count="flops")).head[-1] == "FLOPs"
    both = view_of(design, Settings(count="flops", columns=("name", "macs")))
    assert both.head == ("name", "MACs", "FLOPs")
    total = both.totals[0]
    assert (total["macs"], total["count"]) == ("326,520", "653,040")
    everything = view_of(design, Settings(columns=tuple(COLUMNS)))
    assert len(everything.columns) == len(COLUMNS) - 1  # MACs are there once


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        ({"columns": "name,parameter"}, "E450", "did you mean `parameters`"),
        ({"columns": "name,zzz"}, "E450", "columns are name, layer"),
        ({"columns": ""}, "E450", "columns are name"),
        ({"columns": "all,name"}, "E450", "column `all`"),
        ({"count": "flop"}, "E451", "did you mean `flops`"),
        ({"count": "keras"}, "E451", "tools are torchinfo"),
        ({"dtype": "float31"}, "E452", "did you mean"),
        ({"kilo": 100}, "E453", "1000 or 1024"),
        ({"batch": 0}, "E453", "at least one sample"),
        ({"depth": 0}, "E453", "at least one level"),
    ],
)
def test_what_cannot_be(settings: dict[str, Any], code: str, said: str) -> None:
    with pytest.raises(netdsl.NetError) as error:
        netdsl.load("zoo:lenet5").table(**settings)
    assert [d.code for d in error.value.diagnostics] == [code]
    assert said in str(error.value)
