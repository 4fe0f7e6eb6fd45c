"""DOT, SVG, PDF and PNG: well-formed, the same every time, and a clear word where they cannot be made."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pygraphviz
import pytest
from click.testing import CliRunner
from geometry import drawn
from networks import BASIC, GOLDENS, NAMES, network

import netdsl
from netdsl.backends.diagram import FORMATS
from netdsl.backends.diagram.dot import dot_source
from netdsl.backends.diagram.draw import figure
from netdsl.backends.diagram.figure import Edge, Figure, Node, Panel
from netdsl.backends.diagram.render import render as to_format
from netdsl.backends.diagram.svg import finished
from netdsl.cli import main
from netdsl.diagnostics import NetError

GOLDEN = ("plain", "aux", "taps", "siamese")
SVG = "{http://www.w3.org/2000/svg}"
ROOT = Path(netdsl.__file__).parent.parent


# ----------------------------------------------------------------------------------------------- DOT
@pytest.mark.parametrize("name", NAMES)
def test_dot_says_what_the_figure_says(name: str) -> None:
    """Read by Graphviz itself, a DOT text has the figure's nodes and panels, and its edges between them."""
    picture = figure(network(name).design)
    graph = pygraphviz.AGraph(string=dot_source(picture))
    assert {n for n in graph.nodes() if not n.startswith("~")} == {n.name for n in picture.nodes}
    after: dict[str, list[str]] = {}
    for edge in graph.edges_iter():
        tail, head, attributes = *edge[:2], edge.attr  # type: ignore[union-attr]
        if attributes["style"] != "invis":
            back = attributes["dir"] == "back"
            tail, head = (head, tail) if back else (tail, head)
            after.setdefault(tail, []).append(head)

    def reached(start: str) -> set[str]:
        """The nodes that lines lead to, through the points where they turn."""
        seen, todo = set(), list(after.get(start, ()))
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            seen.add(at)
            if at.startswith("~"):
                todo += after.get(at, ())
        return {at for at in seen if not at.startswith("~")}

    if not any(node.startswith("~column") for node in graph.nodes()):
        for node in picture.nodes:
            assert reached(node.name) == {e.head for e in picture.edges if e.tail == node.name}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name: str) -> None:
    """Reviewed texts; `UPDATE_GOLDENS=1 pytest` writes them anew."""
    path = GOLDENS / f"{name}.dot"
    text = str(network(name).diagram("dot"))
    if os.environ.get("UPDATE_GOLDENS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


# ------------------------------------------------------------------------------------- other formats
def test_svg_is_a_document_of_its_own() -> None:
    svg = network("residuals").diagram("svg")
    assert isinstance(svg, str) and svg._repr_svg_() == svg  # type: ignore[attr-defined]
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg" and root.get("role") == "img"
    title, description = root[0], root[1]
    assert (title.tag, title.text) == (f"{SVG}title", "Residuals")
    assert "7 residual sums" in (description.text or "")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in {
            *("svg", "title", "desc", "g", "polygon", "polyline", "path", "ellipse", "text")
        }
        assert not any("href" in a or a.startswith("on") for a in element.attrib)
    assert "Helvetica" in (root.get("font-family") or "")


def test_png_and_pdf() -> None:
    png, pdf = network("plain").diagram("png"), network("plain").diagram("pdf")
    assert isinstance(png, bytes) and png._repr_png_() == png  # type: ignore[attr-defined]
    assert png.startswith(b"\x89PNG\r\n\x1a\n") and png.endswith(b"IEND\xaeB`\x82")
    width, height = struct.unpack(">II", png[16:24])
    root = ElementTree.fromstring(str(network("plain").diagram("svg")))
    assert root.get("width", "").endswith("pt")
    assert width == pytest.approx(192 / 72 * float(root.get("width", "")[:-2]), abs=4)
    assert height == pytest.approx(192 / 72 * float(root.get("height", "")[:-2]), abs=4)
    assert isinstance(pdf, bytes)
    assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
    assert b"(D:1970" in pdf or b"CreationDate" not in pdf


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_suffix_chooses_the_format(suffix: str, tmp_path: Path) -> None:
    source = tmp_path / "small.net"
    source.write_text("net Small { input x: 3x9x9\n conv(4, 3x3) -> relu }")
    magic = {"dot": b"digraph", "svg": b"<svg", "pdf": b"%PDF", "png": b"\x89PNG"}[suffix]
    for out, more in ((f"a.{suffix}", []), ("b", ["--format", suffix])):
        path = tmp_path / out
        result = CliRunner().invoke(
            main, ["compile", str(source), "--to", "diagram", "-o", str(path), *more]
        )
        assert result.exit_code == 0, result.output
        assert path.read_bytes().startswith(magic)
    first, second = (tmp_path / f"a.{suffix}").read_bytes(), (tmp_path / "b").read_bytes()
    assert first == second


def test_the_same_every_time(tmp_path: Path) -> None:
    """Whatever order sets have in a process."""
    source = tmp_path / "small.net"
    source.write_text(
        BASIC + "\nnet Small { input x: 3x9x9\n basic(4) -> basic(4)\n basic(8, stride=2) }"
    )
    code = (
        "import netdsl, sys, hashlib\n"
        f"net = netdsl.load({str(source)!r})\n"
        "for f in ('dot', 'svg', 'pdf', 'png'):\n"
        "    out = net.diagram(f)\n"
        "    print(hashlib.sha256(out.encode() if isinstance(out, str) else out).hexdigest())\n"
        "sys.exit('torch' in sys.modules)"
    )
    said = set()
    for seed in ("0", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        said.add(done.stdout)
    assert len(said) == 1


def test_dot_needs_neither_torch_nor_graphviz() -> None:
    code = (
        "import sys, netdsl\n"
        "sys.modules['pygraphviz'] = None\n"
        "assert str(netdsl.load('zoo:resnet50').diagram()).startswith('digraph')\n"
        "sys.exit(any(m.split('.')[0] in ('torch', 'numpy', 'pygraphviz') and sys.modules[m]"
        " for m in list(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": ""}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


# ------------------------------------------------------------------------------------ what goes wrong
def codes(error: pytest.ExceptionInfo[NetError]) -> list[str]:
    return [d.code for d in error.value.diagnostics]


def test_no_renderer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(render_module(), "_has_pygraphviz", lambda: False)
    monkeypatch.setenv("PATH", str(tmp_path))
    for format in ("svg", "pdf", "png"):
        with pytest.raises(NetError) as error:
            network("plain").diagram(format)
        assert codes(error) == ["E401"]
        assert "netdsl[diagram]" in str(error.value.diagnostics[0].hint)
    source, out = tmp_path / "n.net", tmp_path / "n.png"
    source.write_text("net N { input x: 3x9x9\n conv(4, 3x3) }")
    result = CliRunner().invoke(main, ["compile", str(source), "--to", "diagram", "-o", str(out)])
    assert result.exit_code != 0 and "E401" in result.output and "Traceback" not in result.output
    assert not out.exists()


def fake_dot(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A `dot` program that does what a script says."""
    program = folder / "dot"
    program.write_text(f"#!{sys.executable}\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def test_a_layout_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "child"
    script = (
        "import os, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(mark)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)"
    )
    fake_dot(tmp_path, monkeypatch, script)
    for seconds in (1.0, 4.0, 16.0):  # a busy machine needs longer to start the program at all
        start = time.monotonic()
        with pytest.raises(NetError) as error:
            to_format("digraph {}", "svg", seconds=seconds)
        assert codes(error) == ["E402"] and time.monotonic() - start < 50
        if mark.exists():
            break
    for _ in range(50):
        status = Path(f"/proc/{mark.read_text()}/stat")
        if not status.exists() or " Z " in status.read_text():
            break
        time.sleep(0.1)
    else:
        pytest.fail("what the program started still runs")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import sys; sys.exit('Error: no such thing')", "no such thing"),
        ("import os; os.kill(os.getpid(), 11)", "crashed"),
        ("pass", "exit status 0"),
    ],
)
def test_a_layout_that_fails(
    script: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_dot(tmp_path, monkeypatch, script)
    with pytest.raises(NetError) as error:
        network("plain").diagram("svg")
    assert codes(error) == ["E403"] and reason in str(error.value)


def test_the_program_is_taken_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_dot(tmp_path, monkeypatch, "import sys; sys.stdin.read(); print('by', *sys.argv[1:])")
    assert network("plain").diagram("png") == b"by -Tpng -Gdpi=192\n"


def test_unknown_formats() -> None:
    with pytest.raises(NetError) as error:
        network("plain").diagram("jpg")
    assert codes(error) == ["E404"] and "png" in str(error.value)


def render_module():
    from importlib import import_module

    return import_module("netdsl.backends.diagram.render")


# -------------------------------------------------------------------------------------- hostile texts
HOSTILE = (
    "<script>alert(1)</script>",
    'say "hi" &amp; & <b>',
    "back\\slash \\N \\G \\n",
    "]]> --> <!-- {} | :",
    "\N{CJK UNIFIED IDEOGRAPH-5377}\N{CJK UNIFIED IDEOGRAPH-7A4D} \N{GREEK SMALL LETTER ALPHA} \N{SNOWMAN}",
    "</TD></TABLE>>",
    "node",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_texts(text: str) -> None:
    """A text stands in every place of a figure where one can stand, and comes out as it went in."""
    nodes = [
        Node("graph", "input", (text,)),
        Node("in.edge", "conv", (text, text), times=3),
        Node("strict", "pool", (text,), shape=text, changes=True),
        Node("N", "output", (text,)),
    ]
    edges = [Edge("graph", "in.edge"), Edge("in.edge", "strict"), Edge("strict", "N", shape=text)]
    panel = Panel("subgraph", "block", [nodes[1]], title=text, notes=(text,))
    picture = Figure("digraph", [nodes[0], panel, *nodes[2:]], edges, (text, text), text)
    source = dot_source(picture)
    svg = finished(to_format(source, "svg"), text, text)
    root = ElementTree.fromstring(svg)
    assert root[0].text == root[1].text == text
    assert all(e.tag != "script" and not e.tag.endswith("}script") for e in root.iter())
    shown = [" ".join((e.text or "").split()) for e in root.iter(f"{SVG}text")]
    wanted = " ".join(text.split())
    assert sum(wanted in line for line in shown) == 10, shown
    assert {box.name for box in drawn(svg)} == {"graph", "in.edge", "strict", "N"}


def test_hostile_arguments_of_a_network() -> None:
    text = """extern layer L(name) -> in.shape = "a.b:C"
        net N { input image: 3x9x9
          L("<img src=x> & </svg>") -> L("<script>") }"""
    svg = str(netdsl.loads(text).diagram("svg"))
    root = ElementTree.fromstring(svg)
    shown = [e.text or "" for e in root.iter(f"{SVG}text")]
    assert not [e for e in root.iter() if e.tag.endswith(("img", "script"))]
    assert any("L" in line for line in shown), shown


def test_captions_say_the_size() -> None:
    for name in ("zoo:alexnet", "zoo:resnet18"):
        svg = str(network(name).diagram("svg"))
        shown = " ".join(e.text or "" for e in ElementTree.fromstring(svg).iter(f"{SVG}text"))
        count = network(name).parameters / 1e6
        assert f"{count:.1f} M parameters" in " ".join(shown.split())
