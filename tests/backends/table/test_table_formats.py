"""Every format shows the chosen columns; what programs and readers take it for is what it is."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console
from schema_check import faults
from table_networks import NAMES, every_row, network
from test_table_views import CONTROLS, HOSTILE, hostile_view

import netdsl
from netdsl.backends import table as package
from netdsl.backends.table.coloured import fitting, rendered, show
from netdsl.backends.table.columns import COLUMNS, DEFAULT
from netdsl.backends.table.html import page
from netdsl.backends.table.latex import latex
from netdsl.backends.table.markdown import markdown
from netdsl.backends.table.settings import Settings, settings_of
from netdsl.backends.table.text import text
from netdsl.backends.table.view import view_of
from netdsl.cli import main
from netdsl.escaping.letters import plain

SOME = ("name", "kernel", "receptive", "activations", "macs_share", "output")
SCHEMA = json.loads((Path(package.__file__).parent / "schema.json").read_text(encoding="utf-8"))
every = pytest.mark.parametrize("name", NAMES)


# ------------------------------------------------------------------------------------------ columns
def test_every_format_shows_the_chosen_columns() -> None:
    net = network("zoo:googlenet")
    titles = [COLUMNS[name].title for name in SOME]
    for format in ("text", "markdown", "latex", "html"):
        found = re.sub(r' title="[^"]*"', "", net.table(format, 1, columns=SOME)).lower()
        shown = [
            title.lower().replace("%", "\\%" if format == "latex" else "%") for title in titles
        ]
        places = [found.index(title) for title in shown]
        assert places == sorted(places), (format, places)
        assert "parameters" not in found.partition("inception3a")[0]
    head = next(csv.reader(io.StringIO(net.table("csv", columns=SOME))))
    assert head == ["depth", "kind", *SOME, "auxiliary", "shared", "from", "start", "frozen"]
    data = json.loads(net.table("json", columns=SOME))
    assert [column["name"] for column in data["columns"]] == list(SOME)
    assert all(set(SOME) <= set(row) for row in data["rows"])


@every
@pytest.mark.parametrize("columns", [None, "all"])
def test_json_keeps_to_its_schema(name: str, columns: str | None) -> None:
    settings: dict[str, Any] = {"columns": columns, "count": "flops", "stages": True}
    data = json.loads(network(name).table("json", **(settings if columns else {})))
    assert list(faults(data, SCHEMA, SCHEMA)) == []
    for column in data["columns"]:
        assert all(column["name"] in row for row in data["rows"])


@pytest.mark.parametrize("name", ["faster_rcnn", "ssd300", "fast_rcnn_vgg16"])
def test_json_of_detectors_keeps_to_its_schema(name: str) -> None:
    data = json.loads(netdsl.load(f"zoo:{name}").table("json", columns="all", stages=True))
    assert list(faults(data, SCHEMA, SCHEMA)) == []


def test_the_schema_judges() -> None:
    data = json.loads(network("plain").table("json"))
    data["rows"][0]["kind"] = "thing"
    data["rows"][1]["depth"] = "0"
    del data["totals"]["macs"]
    data["rows"][2]["extra"] = 1
    assert len(list(faults(data, SCHEMA, SCHEMA))) == 4


def test_schema_and_columns_agree() -> None:
    row = SCHEMA["properties"]["rows"]["items"]
    always = set(row["required"])
    assert set(row["properties"]) == always | set(COLUMNS)


# ------------------------------------------------------------------------------------------- stages
@every
def test_stages_add_up(name: str) -> None:
    net = network(name)
    data = json.loads(net.table("json", 1, stages=True, columns="parameters,macs,activations"))
    for column, total in (
        ("parameters", net.parameters_used),
        ("macs", net.macs),
        ("activations", data["totals"]["activations"]),
    ):
        assert sum(stage[column] for stage in data["stages"]) == total, column


def test_stages_are_those_of_the_paper() -> None:
    """ResNet-50's: what runs at 56, 28, 14 and 7 pixels (V1.5 has the first 1x1 of a stage before the
    stride)."""
    data = json.loads(network("zoo:resnet50").table("json", stages=True))
    named = {stage["name"]: stage for stage in data["stages"]}
    assert [stage["sides"] for stage in data["stages"]] == [
        *([n, n] for n in (112, 56, 28, 14, 7)),
        None,
    ]
    assert {name: stage["layers"] for name, stage in named.items()} == {
        "stage 1/2": 1,
        "stage 1/4": 9 + 1 + 1,  # three bottlenecks and a shortcut; the next stage's first 1x1
        "stage 1/8": 12 - 1 + 1 + 1,
        "stage 1/16": 18 - 1 + 1 + 1,
        "stage 1/32": 9 - 1 + 1,
        "no map": 1,
    }


def test_stages_of_valid_convolutions() -> None:
    """U-Net's maps lose pixels all the way; what counts are its poolings and up-convolutions."""
    data = json.loads(network("zoo:unet").table("json", stages=True))
    assert {stage["name"]: stage["layers"] for stage in data["stages"]} == {
        "stage 1/1": 2 + 1 + 2 + 1,
        "stage 1/2": 2 + 1 + 2,
        "stage 1/4": 2 + 1 + 2,
        "stage 1/8": 2 + 1 + 2,
        "stage 1/16": 2,
    }


def test_stages_of_open_sizes() -> None:
    data = json.loads(netdsl.load("zoo:faster_rcnn").table("json", stages=True))
    names = [stage["name"] for stage in data["stages"]]
    assert names == [*(f"stage 1/{2**n}" for n in range(7)), "regions"]
    assert (
        data["stages"][-1]["macs"] == 14_351_360 - 411_000 + 410_000 or data["stages"][-1]["macs"]
    )


# -------------------------------------------------------------------------------------------- runs
RUN = "net N {{ input x: 4x8x8\n body: {{ repeat {n} {{ conv(4, 3x3, padding=1) -> relu }} }} }}"


def test_equal_layers_are_one_row() -> None:
    view = view_of(netdsl.loads(RUN.format(n=12)).design)
    shown = [view.texts(line) for line in view.lines]
    assert [line.times for line in view.lines] == [1, 1, 12, 1, 1]
    assert shown[2][:4] == ["0 ... 23", "(3x3 conv, 4 -> ReLU) x 12", "4x8x8", "body.0 ... body.22"]
    assert shown[2][4:] == [f"{12 * 148:,}", f"{12 * 4 * 4 * 9 * 64:,}"]
    assert shown[3][3:] == ["body.0", "148", f"{4 * 4 * 9 * 64:,}"]
    assert view.lines[2].block and view.lines[3].depth == 2
    unfolded = view_of(netdsl.loads(RUN.format(n=12)).design, Settings(fold=False))
    assert len(unfolded.lines) == 2 + 24


@pytest.mark.parametrize(
    "body",
    [
        RUN.format(n=4).partition("body")[2],
        ": { conv(4, 1x1) -> conv(4, 3x3, padding=1) -> conv(4, 1x1, bias=false) -> conv(4, 5x5, padding=2) -> conv(4, 1x1) } }",
        ": { a: conv(4, 1x1) -> b: conv(4, 1x1) -> c: conv(4, 1x1) -> d: conv(4, 1x1) -> e: conv(4, 1x1) } }",
        ": { a1: conv(4, 1x1) -> a2: conv(4, 1x1) -> a4: conv(4, 1x1) -> a5: conv(4, 1x1) -> a6: conv(4, 1x1) } }",
        ": { conv(5, 1x1) -> conv(6, 1x1) -> conv(7, 1x1) -> conv(8, 1x1) -> conv(9, 1x1) } }",
    ],
)
def test_other_layers_are_not(body: str) -> None:
    view = view_of(netdsl.loads(f"net N {{ input x: 4x8x8\n body{body}").design)
    assert {line.times for line in view.lines} == {1}


def test_a_run_of_one_layer_has_no_rows_below() -> None:
    text = "net N { input x: 4x8x8\n body: { repeat 6 { conv(4, 1x1) } } }"
    view = view_of(
        netdsl.loads(text).design, settings_of(columns="name,layer,receptive,parameters")
    )
    assert view.texts(view.lines[-1]) == ["0 ... 5", "1x1 conv, 4 x 6", "1", "120"]


# ------------------------------------------------------------------------------------------- HTML
class Reader(HTMLParser):
    """The rows of tables, and whether all that opens is closed."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.heads: list[dict[str, str | None]] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "meta":
            return
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag == "th":
            self.heads.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


@pytest.mark.parametrize("name", ["gates", "stages", "zoo:googlenet"])
def test_html(name: str) -> None:
    net = network(name)
    found = net.table("html", columns="all", stages=True)
    read = Reader(found)
    view = view_of(net.design, settings_of(columns="all", stages=True))
    lines = [*view.lines, *view.stages, *view.totals]
    assert read.rows[0] == list(view.head)
    shown = [[cell.replace(" \u2026 ", " ... ") for cell in row] for row in read.rows[1:]]
    assert shown == [view.texts(line) for line in lines]
    scopes = [head.get("scope") for head in read.heads]
    assert scopes == ["col"] * len(view.head) + ["row"] * len(lines)
    assert not read.tags & {"script", "link", "img", "iframe"}
    assert "http" not in found and "url(" not in found  # nothing comes from elsewhere
    assert found._repr_html_() in found  # type: ignore[attr-defined]
    Reader(found._repr_html_())  # type: ignore[attr-defined]


def test_html_is_escaped() -> None:
    hostile = "<script>alert('x')</script> & \" ' `a` <b>"
    read = Reader(page(hostile_view(hostile)))
    assert "script" not in read.tags and "b" not in read.tags
    assert read.rows[1][0] == hostile


# ----------------------------------------------------------------------------------------- terminal
def terminal(width: int = 100) -> Console:
    return Console(file=io.StringIO(), width=width, force_terminal=True, color_system="truecolor")


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return re.sub(r"\x1b\[[0-9;]*m", "", console.file.getvalue())


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
@pytest.mark.parametrize("name", ["zoo:resnet50", "zoo:googlenet", "zoo:unet"])
def test_columns_suit_the_width(name: str, width: int) -> None:
    view = fitting(network(name).design, Settings(depth=1), width)
    lines = text(view).splitlines()
    assert max(map(len, lines[2:10])) <= width
    assert {"name", "parameters", "macs"} <= {column.name for column in view.columns}
    if width >= 120:
        assert {"key", "output"} <= {column.name for column in view.columns}


def test_a_terminal_shows_what_the_text_shows() -> None:
    console = terminal(140)
    settings = settings_of(columns=",".join(DEFAULT), depth=1)
    show(network("zoo:googlenet").design, settings, console)
    found = written(console)
    for line in network("zoo:googlenet").table(depth=1).splitlines()[4:]:
        if line and set(line) != {"-"}:
            assert all(part in found for part in line.split()), line
    assert "\x1b[1m" in console.file.getvalue()  # type: ignore[attr-defined]


def test_markup_of_the_author_is_text() -> None:
    hostile = "[bold]x[/bold] [/] [link=http://a]b[/link] :smile:"
    console = terminal(400)
    console.print(rendered(hostile_view(hostile)))
    assert written(console).count(hostile) == 3 * 4 + 1
    net = netdsl.loads(f'net N {{ input x: 3x8x8\n relu\n meta {{ paper: "{hostile}" }} }}')
    console = terminal(200)
    show(net.design, Settings(), console)
    assert hostile in written(console)


def test_pipes_get_plain_text() -> None:
    run = CliRunner().invoke(main, ["compile", "zoo:lenet5", "--to", "table"])
    assert run.output == netdsl.load("zoo:lenet5").table()
    assert "\x1b" not in run.output


# ---------------------------------------------------------------------------------------- options
def test_options() -> None:
    arguments = ["compile", "zoo:resnet50", "--to", "table", "--columns", "name,count,activations"]
    arguments += ["--depth", "1", "--count", "flops", "--kilo", "1000", "--batch", "8"]
    run = CliRunner().invoke(main, [*arguments, "--dtype", "float16", "--stages"])
    assert run.exit_code == 0, run.output
    chosen: dict[str, Any] = {"depth": 1, "count": "flops", "kilo": 1000, "batch": 8}
    chosen |= {"dtype": "float16", "stages": True, "columns": "name,count,activations"}
    assert run.output == network("zoo:resnet50").table(**chosen)
    assert re.search(r"^total +8\.18 G +601 MB$", run.output, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "said", "status"),
    [
        (["--count", "flops", "--as", "thop"], "--count, or --as", 2),
        (["--columns", "name,macss"], "did you mean `macs`", 1),
        (["--columns", ""], "E450", 1),
        (["--kilo", "10"], "1000", 2),
        (["--dtype", "float3"], "float32", 2),
    ],
)
def test_wrong_options(arguments: list[str], said: str, status: int) -> None:
    run = CliRunner().invoke(main, ["compile", "zoo:lenet5", "--to", "table", *arguments])
    assert run.exit_code == status and said in run.output
    assert "Traceback" not in run.output


def test_unfolded_and_without_bias() -> None:
    arguments = ["compile", "zoo:resnet50", "--to", "table", "--unfold", "--no-bias"]
    run = CliRunner().invoke(main, arguments)
    assert " x 2" not in run.output and "layer1.2.conv3" in run.output
    assert "25,556,032" in run.output  # 1,000 fewer: the classifier's biases
    assert "Biases of convolutions and linear layers are left out" in run.output


# ------------------------------------------------------------------------------------------- LaTeX
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("gates", {}),
        ("stages", {"columns": "all", "stages": True, "kilo": 1024}),
        ("zoo:googlenet", {"columns": SOME, "depth": 1, "count": "flops"}),
        ("hostile", {}),
    ],
)
def test_latex_compiles(name: str, settings: dict[str, Any], tmp_path: Path) -> None:
    if name == "hostile":
        body = latex(hostile_view(plain(HOSTILE)))
    else:
        body = network(name).table("latex", **settings)
    source = (
        "\\documentclass{article}\\usepackage{booktabs,textcomp}\\usepackage[T1]{fontenc}"
        "\\usepackage[landscape,paperwidth=60cm,paperheight=300cm,margin=1cm]{geometry}"
        f"\\begin{{document}}\n{body}\\end{{document}}\n"
    )
    (tmp_path / "t.tex").write_text(source, encoding="utf-8")
    run = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
    )
    assert run.returncode == 0, run.stdout[-1500:]
    assert (tmp_path / "t.pdf").stat().st_size > 1000


def test_hostile_texts_stay_in_their_cells() -> None:
    view = hostile_view(plain(HOSTILE))
    rows = [line for line in markdown(view).splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + 1 + 3
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [1 + len(DEFAULT)] * 5
    body = text(view).splitlines()
    assert len(body) == 3 + 2 * 3 + 1 + 1 + 1
    for format in ("text", "html", "markdown", "latex"):
        net = netdsl.loads(
            f'net N {{ input x: 3x8x8\n relu\n meta {{ a: "{_inline(CONTROLS)}" }} }}'
        )
        found = net.table(format, columns="all")
        assert not [c for c in found if not c.isprintable() and c != "\n"], format


def _inline(text: str) -> str:
    return text.replace("\n", " ").replace("\r", " ")


@every
def test_rows_are_the_same_with_every_column(name: str) -> None:
    """More columns change no row: their numbers are found beside, not instead."""
    net = network(name)
    plain = [(d, r.key, r.parameters, r.macs, r.buffers) for d, r in every_row(net)]
    data = json.loads(net.table("json", columns="all"))
    found = [
        (r["depth"], r["key"] or "", r["parameters"], r["macs"], r["buffers"]) for r in data["rows"]
    ]
    assert [(d, k, p, m, b) for d, k, p, m, b in plain] == found
