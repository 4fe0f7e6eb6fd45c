"""Labels in the chain of a module, and those that a mistake leaves unknown, are no second mistakes."""

from __future__ import annotations

import pytest

from netdsl.compiler import Compilation
from netdsl.source import Source

BLOCK = """\
block unread {
  module tower = add {
    | c: relu -> conv(4, 1x1) -> (relu(@c) + @c)
    if in.length <= in.height { | relu } else { | (@c * 0.5 + @c) }
  }
  tower
}
"""
ONCE = [
    "if 1 { a: relu } else { identity }\n  (@a + @a)",
    "for i in 7 { a{i}: relu }\n  (@a3 + @a3)",
    "nowhere9 -> a: residual { b: relu -> relu } :: 4x8x8\n  (@a.b + @a.b)",
    'conv("wide", 1x1) -> residual { conv(7, 1x1) }',
    'module m = conv(4, 1x1)\n  conv("wide", 1x1) -> m\n  conv(9, 1x1) -> m',
    "nowhere9(2) -> conv(5, 3x3, stride=4) -> conv(5, 3x3)",
]


def said(text: str) -> list[str]:
    return [d.message for d in Compilation(Source("", text)).check() if d.severity == "error"]


def test_labels_of_a_module_that_is_not_run() -> None:
    assert said(f"{BLOCK}net N {{\n  input image: 4x8x8\n  relu\n}}\n") == []


@pytest.mark.parametrize("steps", ONCE)
def test_one_message(steps: str) -> None:
    found = said(f"net N {{\n  input image: 4x8x8\n  {steps}\n}}\n")
    assert len(found) == 1, found
