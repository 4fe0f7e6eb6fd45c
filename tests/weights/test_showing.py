"""What tables, figures and the command line show of weights."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import command
import pytest

import netdsl
from netdsl.backends.diagram.drawing import draw
from netdsl.backends.diagram.scene.scene import Rect, Text
from netdsl.network import Network

GOLDENS = Path(__file__).parent / "emitted"
NETWORKS = {
    "vgg16_from_vgg11": lambda: netdsl.load("zoo:vgg16").start_from("zoo:vgg11", first=4, last=3),
    "resnet50_head": lambda: (
        netdsl.load("zoo:resnet50", replace={"fc": "dropout(0.5) -> linear(20)"})
        .start_from("zoo:resnet50")
        .freeze("layer3.2")
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_golden(name: str) -> None:
    path = GOLDENS / f"{name}.py"
    found = NETWORKS[name]().torch_source()
    if os.environ.get("NETDSL_ACCEPT"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def test_the_emitted_files_are_clean(tmp_path: Path) -> None:
    for name, network in NETWORKS.items():
        (tmp_path / f"{name}.py").write_text(network().torch_source(), encoding="utf-8")
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "basic"}')
    for words in (
        ("ruff", "check", "--isolated"),
        ("ruff", "format", "--isolated", "--check"),
        ("pyright", "--pythonpath", sys.executable),
    ):
        run = subprocess.run(
            [sys.executable, "-m", *words, "."],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr


# ----------------------------------------------------------------------------------------- tables
def test_columns_of_the_table() -> None:
    text = NETWORKS["vgg16_from_vgg11"]().freeze("features.12").table()
    head, *lines = text.splitlines()[2:]
    assert head.split() == [
        *("name", "layer", "output", "key", "from", "VGG11", "frozen", "parameters", "MACs")
    ]
    rows: dict[str, list[str]] = {}
    for line in lines:
        rows.setdefault(line[:4].strip(), line.split())
    assert rows["5"][5:8] == ["features.5", "features.3", "frozen"]
    assert rows["14"][5:] == ["features.14", "590,080", "1,849,688,064"]
    assert "124,603,752 of 138,357,544 parameters start there." in text
    assert "frozen: not trained; the other 137,212,136 of 138,357,544 parameters are." in text


def test_blocks_that_are_treated_differently_are_not_one_row() -> None:
    table = NETWORKS["resnet50_head"]().table(depth=2)
    (first,) = [line for line in table.splitlines() if "layer3.1 ... layer3.2" in line]
    (second,) = [line for line in table.splitlines() if "layer3.3 ... layer3.5" in line]
    assert "frozen" in first and "frozen" not in second


def test_tables_for_programs() -> None:
    network = NETWORKS["resnet50_head"]()
    rows = {row["key"]: row for row in json.loads(network.table("json"))["rows"] if row["key"]}
    assert (rows["layer1"]["start"], rows["layer1"]["frozen"]) == ("layer1", "frozen")
    assert (rows["layer3"]["start"], rows["layer3"]["frozen"]) == ("layer3", "partly")
    assert (rows["fc.1"]["start"], rows["fc.1"]["frozen"]) == (None, None)
    lines = list(csv.DictReader(StringIO(network.table("csv"))))
    found = {line["key"]: (line["start"], line["frozen"]) for line in lines}
    assert found["layer3.2.conv1"] == ("layer3.2.conv1", "frozen")
    assert found["layer3.3.conv1"] == ("layer3.3.conv1", "")


@pytest.mark.parametrize("format", ["markdown", "latex"])
def test_tables_for_papers(format: str) -> None:
    table = NETWORKS["vgg16_from_vgg11"]().table(format)
    assert "from VGG11" in table or "From VGG11" in table
    plain = netdsl.load("zoo:vgg16").table(format)
    assert "VGG11" not in plain and "frozen" not in plain


# ---------------------------------------------------------------------------------------- figures
def drawn(network: Network) -> tuple[list[Rect], str]:
    """The boxes of a network's figure, and what its legend says."""
    scene, _ = draw(network.design)
    boxes = [item for item in scene.items if isinstance(item, Rect)]
    return boxes, " ".join(item.text for item in scene.items if isinstance(item, Text))


def test_figures() -> None:
    boxes, said = drawn(netdsl.load("zoo:vgg16"))
    assert not any(box.line > 1 for box in boxes) and "outline" not in said
    boxes, said = drawn(NETWORKS["vgg16_from_vgg11"]())
    assert sum(box.line > 1 for box in boxes) == 4 + 3  # convolutions and linear layers
    assert "thick outline: starts from VGG11" in said
    boxes, said = drawn(NETWORKS["resnet50_head"]())
    assert "thick outline: starts from ResNet50" in said and "grey: frozen" in said
    # the stem; the blocks of layer1 and 2 and two of three in layer3: folded, with a shortcut in the first
    assert sum(box.fill == "band" for box in boxes) == 1 + 3 * (4 + 3)


# ------------------------------------------------------------------------------- the command line
def run(*arguments: str, status: int = 0) -> str:
    return command.run("compile", *arguments, status=status).output


def test_command_line() -> None:
    given = ["zoo:vgg16", "--to", "torch", "--start-from", "zoo:vgg11", "--first", "4"]
    found = run(*given, "--last", "3")
    assert found == (GOLDENS / "vgg16_from_vgg11.py").read_text(encoding="utf-8")
    given = ["zoo:resnet50", "--to", "torch", "--start-from", "zoo:resnet50"]
    found = run(*given, "--replace", "fc=dropout(0.5) -> linear(20)", "--freeze", "layer3.2")
    assert found.endswith((GOLDENS / "resnet50_head.py").read_text(encoding="utf-8"))


def test_other_names_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "nets.net"
    path.write_text(
        "net A {\n  input x: 3x8x8\n  body: { conv(8, 3x3) }\n}\n"
        "net B {\n  input x: 3x8x8\n  trunk: { conv(8, 3x3) }\n}\n"
    )
    both = [str(path), "--net", "B", "--to", "torch", "--start-from", str(path)]
    found = run(*both, "--start-net", "A", "--start-name", "trunk=body")
    assert '{"trunk": "body"}' in found


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--first", "2"], 2, "need --start-from"),
        (["--start-net", "VGG11"], 2, "need --start-from"),
        (["--start-from", "zoo:vgg11", "--first", "1", "--start-name", "a=b"], 2, "by order"),
        (["--start-from", "zoo:vgg12"], 1, "the zoo has no network `vgg12`"),
        (["--start-from", "no.net"], 2, "no.net: there is no such file"),
        (["--start-from", "zoo:vgg11", "--start-name", "features"], 2, "takes ours=theirs"),
        (["--replace", "classifier.6"], 2, "takes step=steps"),
        (["--freeze", "features.99"], 1, "error[E142]: `features` has no step `99`"),
        (["--start-from", "zoo:resnet18"], 1, "error[E144]"),
    ],
)
def test_mistakes_on_the_command_line(arguments: list[str], status: int, said: str) -> None:
    assert said in run("zoo:vgg16", "--to", "torch", *arguments, status=status)
