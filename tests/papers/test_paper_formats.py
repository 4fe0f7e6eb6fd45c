"""The formats of papers' tables: what each of them is for, and that hostile texts stay texts."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

import netdsl
from netdsl.backends.table.papers import FORMATS, LAYOUTS, paper_table
from netdsl.cli import main
from netdsl.diagnostics import NetError
from netdsl.paper_options import NAMES

SHOWN = {
    "googlenet": ["googlenet"],
    "vgg": ["vgg11", "vgg11_lrn", "vgg16_c"],
    "resnet": ["resnet18", "resnet50_v1"],
    "densenet": ["densenet121", "densenet161"],
    "inception": ["inception_v3"],
    "alexnet": ["zfnet_big"],
    "lenet": ["lenet5"],
    "comparison": ["alexnet_two_gpu", "vgg19"],
    "priors": ["ssd300"],
}


def table(like: str, format: str) -> str:
    first, *others = [netdsl.load(f"zoo:{name}") for name in SHOWN[like]]
    return first.table(format, like=like, beside=others)


def test_all_layouts_are_shown() -> None:
    assert SHOWN.keys() == LAYOUTS.keys()
    assert tuple(LAYOUTS) == NAMES


def test_a_start_imports_no_layouts() -> None:
    """The command line knows of papers' tables without the model of networks."""
    code = "import sys, netdsl.cli; print(*[m for m in sys.modules if m.startswith('netdsl.backends.table')])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("like", LAYOUTS)
@pytest.mark.parametrize("format", FORMATS)
def test_every_table_in_every_format(like: str, format: str) -> None:
    text = table(like, format)
    assert text == table(like, format)
    assert text.endswith("\n")
    assert "None" not in text and "Size(" not in text


@pytest.mark.parametrize("like", LAYOUTS)
def test_text_is_no_wider_than_a_page(like: str) -> None:
    lines = table(like, "text").splitlines()
    assert max(map(len, lines)) <= 125
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize("like", LAYOUTS)
def test_csv_has_exact_numbers(like: str) -> None:
    rows = list(csv.reader(io.StringIO(table(like, "csv"))))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert rows[0][0] == "row"
    assert len({row[0] for row in rows}) == len(rows)


def test_csv_of_googlenet() -> None:
    rows = {row["row"]: row for row in csv.DictReader(io.StringIO(table("googlenet", "csv")))}
    assert rows["inception (3a)"]["params"] == "163328"
    assert rows["total"]["ops"] == "1582671872"


@pytest.mark.parametrize("like", LAYOUTS)
def test_json_is_as_documented(like: str) -> None:
    data = json.loads(table(like, "json"))
    assert list(data) == [
        "schema",
        "layout",
        "title",
        "networks",
        "columns",
        "notes",
        "differences",
        "rows",
    ]
    assert data["schema"] == "netdsl-paper-table/1"
    assert len(data["networks"]) == len(SHOWN[like])
    for row in data["rows"]:
        assert list(row["cells"]) == data["columns"]
    for difference in data["differences"]:
        assert list(difference) == ["network", "row", "column", "printed", "computed", "kind"]


@pytest.mark.parametrize("like", LAYOUTS)
def test_markdown_has_one_table(like: str) -> None:
    lines = [line for line in table(like, "markdown").splitlines() if line.startswith("|")]
    bars = {line.replace("\\|", "").count("|") for line in lines}
    assert len(bars) == 1


class _Cells(HTMLParser):
    """How many columns each row has, spans counted."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[int] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append(0)
        elif tag in ("td", "th"):
            self.rows[-1] += int(dict(attrs).get("colspan") or 1)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("like", LAYOUTS)
def test_html_is_well_formed(like: str) -> None:
    cells = _Cells()
    cells.feed(table(like, "html"))
    assert cells.open == []
    assert len(set(cells.rows)) == 1


HOSTILE = """
net Hostile {
  input x: 3x32x32
  conv(8, 3x3, padding=1) -> relu -> maxpool(2x2) -> flatten -> linear(4)
  meta { year: "=1+1 <script>alert(1)</script> \\\\input{x} | **b** & $x$ #\\u001b[31m" }
}
"""


@pytest.mark.parametrize("format", FORMATS)
def test_hostile_texts_stay_texts(format: str) -> None:
    text = paper_table(netdsl.loads(HOSTILE).design, "comparison", format)
    assert "\x1b" not in text
    if format == "html":
        assert "<script>" not in text
    if format == "latex":
        assert r"\textbackslash{}input\{x\}" in text and r"{\char36}x{\char36}" in text
    if format == "markdown":
        assert "\\<script\\>" in text and "\\|" in text
    if format == "csv":
        assert "'=1+1" in text


def test_an_unknown_format() -> None:
    with pytest.raises(NetError) as caught:
        netdsl.load("zoo:vgg16").table("pdf", like="vgg")
    assert caught.value.diagnostics[0].code == "E404"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.slow
def test_latex_compiles(tmp_path: Path) -> None:
    """Every layout, in one document with nothing but booktabs."""
    parts = [
        r"\documentclass{article}\usepackage[a3paper,landscape,margin=1cm]{geometry}\usepackage{booktabs}"
    ]
    parts.append(r"\begin{document}")
    parts += [f"{{\\small {table(like, 'latex')}}}\\newpage" for like in LAYOUTS]
    parts.append(paper_table(netdsl.loads(HOSTILE).design, "comparison", "latex"))
    (tmp_path / "tables.tex").write_text("\n".join([*parts, r"\end{document}"]), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "tables.tex"]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull \\hbox" not in done.stdout


# ------------------------------------------------------------------------------------------ commands
def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["compile", *arguments, "--to", "table"])
    return done.exit_code, done.output


def test_the_command(tmp_path: Path) -> None:
    assert run("zoo:googlenet", "--like", "googlenet") == (0, table("googlenet", "text"))
    output = tmp_path / "table.html"
    assert run("zoo:googlenet", "--like", "googlenet", "-o", str(output))[0] == 0
    assert output.read_text(encoding="utf-8") == table("googlenet", "html")


def test_nets_of_one_file_stand_beside_each_other(tmp_path: Path) -> None:
    body = "input x: 3x32x32\n conv(8, 3x3) -> relu -> conv(8, 3x3) -> flatten -> linear(2)"
    path = tmp_path / "two.net"
    path.write_text(f"net One {{ {body} }}\nnet Two {{ {body} }}\n", encoding="utf-8")
    status, text = run(str(path), "--net", "One", "--like", "vgg", "--beside", "Two")
    assert status == 0 and "One, Two: layers side by side" in text


@pytest.mark.parametrize(
    "arguments, status, said",
    [
        (["zoo:vgg16", "--like", "resnet"], 1, "error[E471]: `--like resnet` cannot show `VGG16`"),
        (["zoo:vgg16", "--like", "vgg", "--depth", "2"], 2, "--like has its own rows"),
        (["zoo:vgg16", "--beside", "zoo:vgg19"], 2, "with --like"),
        (["zoo:vgg16", "--like", "vgg", "--beside", "zoo:nothing"], 1, "E109"),
    ],
)
def test_wrong_use(arguments: list[str], status: int, said: str) -> None:
    found, text = run(*arguments)
    assert found == status
    assert said in text and "Traceback" not in text
