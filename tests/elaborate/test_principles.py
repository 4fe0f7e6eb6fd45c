"""Principles of design: what `netdsl check --principles` advises.

Szegedy et al., "Rethinking the Inception architecture for computer vision", 2015, sections 2, 3 and 5.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from netdsl.cli import main
from netdsl.compiler import Compilation
from netdsl.data import data_file
from netdsl.diagnostics import Diagnostic
from netdsl.reading import read_text
from netdsl.source import Source

INCEPTION = """
block inception(c) {
  concat {
    | conv(c // 2, 1x1) -> relu
    | conv(c // 4, 1x1) -> relu -> conv(c // 2, 3x3, padding=1) -> relu
  }
}
"""
# Figures 9 and 10: d x d maps of k channels become d/2 x d/2 maps of 2k channels.
POOL_FIRST = "maxpool(3x3, stride=2) -> inception(640)"
CONV_FIRST = "inception(640) -> maxpool(3x3, stride=2)"
PARALLEL = """
  concat {
    | maxpool(3x3, stride=2)
    | conv(320, 3x3, stride=2)
  }
  inception(640)"""


def advised(text: str, path: Path | None = None) -> list[Diagnostic]:
    return Compilation(Source("text.net", text), path).check(principles=True)


def net(body: str) -> str:
    return f"{INCEPTION}\nnet N {{\n  input image: 320x35x35\n  inception(320)\n  {body}\n}}\n"


def test_pooling_first_is_a_bottleneck() -> None:
    (found,) = advised(net(POOL_FIRST))
    assert found.code == "W301" and found.severity == "warning"
    assert found.message == "a bottleneck: 392,000 numbers become 92,480 here, then 184,960"
    assert found.span is not None and found.span.text == "maxpool(3x3, stride=2)"
    assert [text for _, text in found.labels] == ["gives 640x17x17"]


@pytest.mark.parametrize("body", [CONV_FIRST, PARALLEL])
def test_no_bottleneck(body: str) -> None:
    assert advised(net(body)) == []


def test_said_once_of_a_text_that_several_nets_run() -> None:
    text = net(POOL_FIRST) + "net M = N {}\n"
    assert [d.code for d in advised(text)] == ["W301"]


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("conv(8, 5x5, padding=2)", "a 5x5 convolution, where 2 of 3x3 see as much for 63 % less"),
        ("conv(8, 7x7, padding=3)", "a 7x7 convolution, where 3 of 3x3 see as much for 81 % less"),
        # as many channels before as after: the paper's 28 %
        (
            "conv(320, 5x5, padding=2)",
            "a 5x5 convolution, where 2 of 3x3 see as much for 28 % less",
        ),
        # 5 * 320 * 640 + 5 * 640^2 for 25 * 320 * 640; a stack of 3x3 with 640 between costs more
        (
            "conv(640, 5x5, padding=2)",
            "a 5x5 convolution, where 1x5 and 5x1 see as much for 40 % less",
        ),
        ("conv(1280, 5x5, padding=2)", None),
        ("conv(8, 3x3, padding=1)", None),
        ("conv(8, 3x3, padding=2, dilation=2)", None),
        ("conv(320, 5x5, padding=2, groups=320)", None),
        ("conv(8, 7x7, stride=2, padding=3)", None),
        ("conv(8, 1x7, padding=0x3)", None),
        ("conv(8, 5x5, padding=2, weights=[1] * 25, trainable=false)", None),
    ],
)
def test_large_convolutions(layer: str, said: str | None) -> None:
    text = f"net N {{\n  input image: 320x35x35\n  {layer}\n}}\n"
    found = [d for d in advised(text) if d.code == "W302"]
    assert [d.message for d in found] == ([said] if said else [])
    assert not any(d.severity == "error" for d in advised(text)) or "weights" in layer


def test_the_zoo() -> None:
    """GoogLeNet's 5x5 are what the paper factorises; Inception-v3's own reductions are no bottlenecks."""

    def codes(name: str) -> set[tuple[str, str]]:
        path = data_file("zoo") / f"{name}.net"
        found = Compilation(Source(path.name, read_text(path)), path).check(principles=True)
        return {(d.code, d.span.text) for d in found if d.span is not None}

    assert {code for code, _ in codes("googlenet")} == {"W301", "W302"}
    reductions = {text for code, text in codes("inception_v3") if code == "W301"}
    assert reductions == {"maxpool(3x3, stride=2)"}  # of the stem


def test_command_line(tmp_path: Path) -> None:
    path = tmp_path / "net.net"
    path.write_text(net(POOL_FIRST))
    assert "no errors\n" in CliRunner().invoke(main, ["check", str(path)]).output
    result = CliRunner().invoke(main, ["check", "--principles", str(path)])
    assert result.exit_code == 0
    assert "warning[W301]: a bottleneck" in result.output
