"""Comments stay: one at every place of a text where one can stand, and many at once."""

from __future__ import annotations

import re
from random import Random

import pytest
from syntax_trees import tree_of

from netdsl.formatting import formatted
from netdsl.formatting.same import Changed, check_same
from netdsl.source import Source
from netdsl.syntax.parse import well_formed
from netdsl.syntax.tables import grammar

TEXTS = {
    "definitions": '"""Doc."""\n\nimport a, b from "zoo:resnet"\nlet a = 1\nnet O = N(4)\n',
    "extern": 'extern layer Own(size, width=64) -> [width, in.height // size] = "a:B"\n',
    "lists": "let a = [[2 * x, -x] for x in [16, 32][:1] if not (x > 16 and x != 3) or true]\n",
    "parameters": 'block a(b, act=relu,) {\n  """Doc."""\n  param c: [in.height] = f(1 if b else 0)\n}\n',
    "residual": (
        "block a { residual(scale=0.1) if b == 1 {\n    conv(1, 3x3) :: ?x3x? -> layer{b + 1}_x: c\n"
        "  } shortcut if b { @in -> conv(1) }\n}\n"
    ),
    "bars": "block a {\n  concat { | b | { c } -> d | @layer{(1)}.a[0] }\n  (@b * -@in + (1 - @in[0].b))\n}\n",
    "facts": 'block a {\n  init { conv.weight: zeros  "a.b": normal(0.1) }\n  keys {\n    a: "b"\n  }\n}\n',
    "conditions": "block a {\n  if b < 1 { c } else if b > 2 { d } else {\n    e\n  }\n  repeat 2 { {} }\n}\n",
    "loops": "net A {\n  inline b(3) -> concat {\n    | a\n    for k in [1] { | b }\n  } -> c :: 64\n}\n",
    "statements": (
        "net A {\n  input b: 3x?x?\n  module c = d -> e\n  aux f{1}(weight=0.3) { g }\n  output h, i.j{2}\n"
        "  expect macs == 3 * (1 + 2)\n}\n"
    ),
}
KINDS = ("# c\n", "\n# c\n", "\n\n  # c\n\n")


def check(text: str, tree: object) -> str:
    found = formatted(text)
    assert tree_of(found) == tree
    assert formatted(found) == found
    assert re.findall("#.*", found) == re.findall("#.*", text)
    return found


@pytest.mark.parametrize("name", TEXTS)
def test_one_comment_anywhere(name: str) -> None:
    text = TEXTS[name]
    tree = tree_of(text)
    starts = [token.start_pos for token in grammar().lex(text)]
    checked = 0
    for number, at in enumerate([*starts, len(text)]):
        for kind in KINDS[number % 2 :: 2]:
            new = text[:at] + kind + text[at:]
            if tree_of(new) == tree:  # a comment can stand there
                check(new, tree)
                checked += 1
    assert checked > 8


@pytest.mark.parametrize("name", TEXTS)
def test_many_comments(name: str) -> None:
    tree = tree_of(TEXTS[name])
    rng = Random(name)
    for _ in range(8):
        text = TEXTS[name]
        for number, token in enumerate(reversed(list(grammar().lex(text)))):
            if rng.random() < 0.4:
                more = rng.choice([*KINDS, "\n", "\n\n", "  "]).replace("# c", f"# c{number}")
                new = text[: token.start_pos] + more + text[token.start_pos :]
                text = new if tree_of(new) == tree else text
        check(text, tree)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("let a = 1 # c\n", "let a = 1\n"),
        ("let a = 1\nlet b = 2\n", "let a = 1\n"),
        ("block a { x: relu\n(@x) }", "block a { x: relu(@x) }"),
        ("block a { concat { | a | b } }", "block a { concat { | a } }"),
        ("let a = [1, 2]\n", "let a = [1 # c\n, 2]\n"),
    ],
)
def test_the_check_sees_what_is_changed(text: str, changed: str) -> None:
    """What stands between a mistake of the formatter and a file."""
    tokens = well_formed(Source("<text>", text))
    check_same(text, tokens, text)
    with pytest.raises(Changed):
        check_same(text, tokens, changed)
