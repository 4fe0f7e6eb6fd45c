"""Texts of users in docstrings, comments and strings: they never leave their place."""

from __future__ import annotations

import ast
import io
import tokenize
from random import Random

import judge
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netdsl.code import prose
from netdsl.code.doc import columns
from netdsl.code.expr import Literal
from netdsl.code.layout import lines, module_text
from netdsl.code.stmt import Assign, Class, Constant, Field, Function, Module, Return

HOSTILE = [
    '"',
    '""',
    '"""',
    '""""',
    "'",
    "'''",
    "\\",
    "\\\\",
    '\\"',
    '\\"""',
    '"""\\',
    "a\nb",
    "a\r\nb",
    "a\rb",
    "\x0c",
    "\x0b",
    "\x1c",
    "\x85",
    "\u2028",
    "\u2029",
    "\x00",
    "\ud800",
    "\udfff",
    "\u202e",
    "\u2066",
    "\u200b",
    "\ufeff",
    "\xa0",
    "\xad",
    "\t",
    "   ",
    "\N{COMBINING ACUTE ACCENT}",
    "\U0001f600",
    "图",
    "#",
    "# noqa",
    "noqa: F401",
    "type: ignore",
    "type: int",
    "fmt: off",
    "fmt: skip",
    "isort: skip_file",
    "ruff: noqa",
    "-*- coding: latin-1 -*-",
    "coding=utf-7",
    "!/bin/sh",
    "word",
    "another one",
    ". ",
    "{",
    "}",
    "%s",
    "\\N{BULLET}",
    "\\x41",
    "an-indented\n    line\n  and another",
    "x" * 90,
]


def drawn(seed: int, count: int) -> list[str]:
    """Texts put together from what could do harm."""
    random = Random(seed)
    return [
        random.choice(["", " "]).join(random.choices(HOSTILE, k=random.randint(1, 9)))
        for _ in range(count)
    ] + HOSTILE


def words(text: str) -> list[str]:
    """What is read of a text: its words, without what cannot be seen."""
    return "".join(
        " " if c.isspace() else c if c.isprintable() else "" for c in text.replace("\r\n", "\n")
    ).split()


def documented(text: str) -> list[str]:
    """The texts of statements with this docstring."""
    body = (Return(Literal(1)),)
    function = Function("f", (), None, text, body)
    statements = [
        function,
        Function("f", (), None, text, ()),
        Class("C", (), text, (function,)),
        Class("C", (), text, (Field("x", "int"),)),
        Class("C", (), text, ()),
    ]
    return ["\n".join(lines(s)) for s in statements]


def docstring_of(source: str) -> str | None:
    [node] = ast.parse(source).body
    assert isinstance(node, (ast.ClassDef, ast.FunctionDef))
    assert len(ast.unparse(node).split("\n")) >= 2
    return ast.get_docstring(node)


def assigned(source: str) -> str:
    """The string that the bytes of a file assign."""
    [node] = ast.parse(source.encode()).body
    assert isinstance(node, ast.Assign)
    return ast.literal_eval(node.value)


any_text = st.one_of(
    st.text(), st.lists(st.sampled_from(HOSTILE)).map("".join), st.text("\"'\\ a\n{}#")
)


# -------------------------------------------------------------------------------------- docstrings
@given(any_text)
@example('ends with "')
@example('"starts with')
@example('\\"\\"\\"')
def test_docstrings_say_what_the_text_says(text: str) -> None:
    for source in documented(text):
        assert (docstring_of(source) or "").split() == words(text)


def test_ruff_leaves_docstrings() -> None:
    texts = [source for text in drawn(1, 300) for source in documented(text)]
    assert not (change := judge.first_change(texts, 88)), change
    modules = [module_text(Module(t, (), (Constant("A", Literal(1)),))) for t in drawn(2, 60)]
    for source in modules:
        assert judge.formatted(source, 88) == source


@given(any_text, st.integers(20, 120))
def test_docstrings_are_wrapped(text: str, width: int) -> None:
    for line in prose.docstring(text, width):
        assert columns(line) <= width or len(line.split()) <= 3  # a word and its quotes


def test_docstrings_that_fit_stand_on_one_line() -> None:
    for length in range(1, 100):
        text = "x" * (length - 2) + " y" if length > 2 else "x" * length
        found = prose.docstring(text, 80)
        assert (found == [f'"""{text}"""']) == (length <= 74)
        assert len(found) == 1 or found[-1] == '"""'


def test_paragraphs_stay() -> None:
    text = "First line.\n\n  indented " + "word " * 20 + "\na  table\nlast"
    assert prose.docstring(text, 60) == [
        '"""First line.',
        "",
        "  indented word word word word word word word word word word",
        "  word word word word word word word word word word",
        "a  table",
        "last",
        '"""',
    ]


def test_no_text_no_docstring() -> None:
    for text in ("", " \n\t", "\x00\u202e", None):
        assert prose.docstring(text, 80) == []
        assert prose.comment(text) == ""
        assert prose.comment_lines(text, 80) == []


# -------------------------------------------------------------------------------------- comments
@given(any_text)
def test_comments_stay_comments(text: str) -> None:
    for statement in (
        Assign("x", Literal(1), None, text),
        Assign("x", Literal("x" * 90), None, text),
        Constant("x", Literal(1), None, text),
    ):
        source = "\n".join(lines(statement)) + "\n"
        plain = "\n".join(lines(statement.but(comment=None)))
        assert ast.dump(ast.parse(source)) == ast.dump(ast.parse(plain))
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        said = [t.string for t in tokens if t.type == tokenize.COMMENT]
        assert all(comment.startswith("# ") for comment in said)
        assert source.encode().decode() == source


def test_ruff_leaves_comments_and_hears_nothing() -> None:
    texts = []
    for text in drawn(3, 400):
        statements = (
            Constant("A", Literal((1, 2)), None, text),
            Assign("x", Literal(1), None, text),
            Assign("x", Literal("y" * 60), None, text),
        )
        texts += ["\n".join(lines(s)) for s in statements]
    assert not (change := judge.first_change(texts, 88)), change
    options = ["--extend-select", "RUF100,PGH,ERA,E,W,EXE,UP009,RUF028,PLR2044,PYI033", "--ignore"]
    said = judge.complaints("\n".join([*texts, ""]), *options, "E501,ERA001")
    assert said == "All checks passed!\n"


def test_a_comment_declares_no_encoding() -> None:
    for text in ("-*- coding: latin-1 -*-", "vim: set fileencoding=utf-7", "CODING: rot13"):
        source = module_text(Module(None, (), (Constant("A", Literal("ä"), None, text),)))
        assert assigned(source) == "ä"


def test_directives_are_quoted() -> None:
    assert prose.comment("noqa: F401") == "# `noqa`: F401"
    assert prose.comment("why # type: ignore") == "# why # `type`: ignore"
    assert prose.comment("types of blocks") == "# types of blocks"
    assert prose.comment("256x28x28") == "# 256x28x28"


# -------------------------------------------------------------------------------------- strings
def test_ruff_leaves_strings() -> None:
    texts = [
        "\n".join(lines(Assign(left, Literal(text))))
        for text in drawn(4, 600)
        for left in ("x", "a_name_that_takes_a_lot_of_the_line")
    ]
    assert not (change := judge.first_change(texts, 88)), change


@pytest.mark.parametrize("text", HOSTILE)
def test_strings_are_what_they_were(text: str) -> None:
    for width in (20, 88):
        assert assigned("\n".join(lines(Assign("x", Literal(text)), 0, width))) == text
