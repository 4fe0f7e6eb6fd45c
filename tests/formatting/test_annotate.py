"""`netdsl fmt --annotate`: which lines get a shape, and which."""

from __future__ import annotations

from pathlib import Path

import pytest

from netdsl.compiler import Compilation
from netdsl.diagnostics import NetError
from netdsl.elaborate.program import read_text
from netdsl.formatting import formatted
from netdsl.formatting.annotating import annotated
from netdsl.source import Source

ZOO = Path(__file__).parents[2] / "zoo"
FILES = ["unet", "fcn8s", "digits", "resnext_forms", "inception_v4", "highway", "residual_units"]


def shapes(text: str) -> dict[str, str]:
    """The shapes that lines of a text have, by what stands before."""
    pairs = (line.split(" :: ") for line in text.splitlines() if " :: " in line)
    return {step.strip(): shape for step, shape in pairs}


def test_missing_shapes_are_written() -> None:
    text = """
block unit(width) {
  conv(width, 3x3, padding=1) -> relu
  maxpool(2x2)
  concat { | identity | conv(4, 1x1) }
}
net A {
  input image: 3x?x32
  first: { conv(8, 3x3) }
  unit(8)
  for width in [16, 16] {
    conv(width, 1x1)
    if width > 20 {
      tanh
    }
  }
  group: {
    global_avgpool
    flatten
  }
  aux side(weight=0.3) = linear(10)
  @first -> relu
}
block unused {
  relu
}
"""
    assert shapes(annotated(text)) == {
        "conv(width, 3x3, padding=1) -> relu": "8x?x30",
        "maxpool(2x2)": "8x?x15",
        "concat { | identity | conv(4, 1x1) }": "12x?x15",
        "first: { conv(8, 3x3) }": "8x?x30",
        "unit(8)": "12x?x15",
        "conv(width, 1x1)": "16x?x15",
        "global_avgpool": "16x1x1",
        "flatten": "16",
        "}": "16",
        "@first -> relu": "8x?x30",
    }


def test_uses_that_differ_get_none() -> None:
    text = """
block unit(width) {
  conv(width, 3x3)
  relu :: 5x5x5
}
net A {
  input image: 3x32x32
  unit(8)
  unit(16)
}
"""
    assert shapes(annotated(text)) == {
        "relu": "?x?x?",
        "unit(8)": "8x30x30",
        "unit(16)": "16x28x28",
    }


def test_shapes_are_refreshed_where_they_are_wrong() -> None:
    text = """
net A(width=8) {
  input image: 3x32x32
  conv(width, 3x3) :: ?x30x30
  conv(width, 3x3) :: 8x30x30 -> relu
  conv(width, 3x3) :: [width, 26, 26]
  conv(width, 3x3) :: [width, 26, 26]
  flatten :: 4   # behind
}
net B = A(16)
"""
    found = annotated(text)
    assert [line.split(" :: ", 1)[1] for line in found.splitlines() if " :: " in line] == [
        "?x30x30",
        "?x28x28 -> relu",
        "[width, 26, 26]",
        "?x24x24",
    ]
    assert "  flatten   # behind\n" in found  # what differs in its only side cannot be written
    assert annotated(found) == found


def test_other_mistakes_are_told() -> None:
    with pytest.raises(NetError, match="rleu"):
        annotated("net A { input image: 3x8x8\n rleu }")
    with pytest.raises(NetError, match="E203"):
        annotated("net A { input x: 3x8x8\n concat { | conv(1, 1x1) | conv(1, 3x3) } }")


@pytest.mark.parametrize("name", FILES)
def test_the_zoo(name: str) -> None:
    """The result is checked without an error, formatted, and annotated once more the same."""
    path = ZOO / f"{name}.net"
    text = read_text(path)
    found = annotated(text, name, path)
    assert formatted(found) == found
    assert annotated(found, name, path) == found
    errors = [d for d in Compilation(Source(name, found), path).check() if d.severity == "error"]
    assert not errors
    bare = "".join(f"{line.split(' :: ')[0].rstrip()}\n" for line in text.splitlines())
    if " :: " in text:
        again = annotated(bare, name, path)
        lines = [line for line in text.splitlines() if " :: " in line]
        assert sum(" :: " in line for line in again.splitlines()) >= len(lines) // 2


@pytest.mark.slow
def test_all_of_the_zoo() -> None:
    for path in sorted(ZOO.glob("*.net")):
        found = annotated(read_text(path), path.name, path)
        assert annotated(found, path.name, path) == found
        check = Compilation(Source(path.name, found), path).check()
        assert not [d for d in check if d.severity == "error"], path
