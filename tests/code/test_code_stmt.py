"""What statements know about their names."""

from __future__ import annotations

import textwrap

from netdsl.code import reading
from netdsl.code.expr import Attribute, Comprehension, Name, Subscript, Text, call
from netdsl.code.stmt import Assign, Augment, Class, For, Function, Statement, names_in, needed


def body(source: str) -> tuple[Statement, ...]:
    """The statements of a function with this body."""
    text = "def f(a, b, c):\n" + textwrap.indent(textwrap.dedent(source), "    ")
    [function] = reading.module(text).body
    assert isinstance(function, Function)
    return function.body


def one(source: str) -> Statement:
    [statement] = body(source)
    return statement


def test_reads_and_binds() -> None:
    cases = {
        "x = a + b": ({"a", "b"}, {"x"}),
        "x += a": ({"x", "a"}, {"x"}),
        "x[i] = a": ({"x", "i", "a"}, set()),
        "self.conv = a": ({"self", "a"}, {"self.conv"}),
        "x, y = a": ({"a"}, {"x", "y"}),
        "x: list[Tensor] = a": ({"list", "Tensor", "a"}, {"x"}),
        "x.append(a)": ({"x", "a"}, set()),
        "return x": ({"x"}, set()),
        "for i, w in zip(a, b):\n    x = i": ({"zip", "a", "b", "i"}, {"i", "w", "x"}),
        "if a:\n    x = b\nelif c:\n    y = 1\nelse:\n    z = x": (
            {"a", "b", "c", "x"},
            {"x", "y", "z"},
        ),
        "x = [i for i in a if i > b]": ({"a", "b"}, {"x"}),
        "x = f'{a}{b + 1}'": ({"a", "b"}, {"x"}),
    }
    for source, (reads, binds) in cases.items():
        statement = one(source)
        assert (statement.reads(), statement.binds()) == (reads, binds), source


def test_targets_as_text() -> None:
    assert Assign("x, y", Name("a")).binds() == {"x", "y"}
    assert Assign("self.conv", Name("a")).reads() == {"a"}
    assert Augment("x", "+", Name("a")).reads() == {"x", "a"}
    target = Subscript(Name("features"), Text(("block", Name("i"))))
    assert Assign(target, Attribute(Name("nn"), "ReLU")).reads() == {"features", "i", "nn"}


def test_walk_is_in_text_order() -> None:
    statement = one("if a:\n    x = 1\n    for i in b:\n        y = 2\nelse:\n    z = 3")
    names = [sorted(s.own_binds()) for s in statement.walk()]
    assert names == [[], ["x"], ["i"], ["y"], ["z"]]


def test_needed() -> None:
    cases = {
        "x = a\nreturn x": {"a"},
        "x = a\nx = b\nreturn x": {"a", "b"},  # what is not needed still reads
        "if a:\n    x = b\nreturn x": {"a", "b", "x"},
        "if a:\n    x = b\nelse:\n    x = c\nreturn x": {"a", "b", "c"},
        "for i in a:\n    x = f(x, i)\nreturn x": {"a", "x", "f"},
        "for i in a:\n    y = x\n    x = b\nreturn y": {"a", "b", "x", "y"},
        "x += a\nreturn x": {"x", "a"},
        "if a:\n    return b\nreturn c": {"a", "b", "c"},
        "return a\nreturn b": {"a"},
    }
    for source, names in cases.items():
        assert needed(body(source)) == names, source


def test_variables_without_use() -> None:
    """How an emitter finds them: bound, and not needed by what follows."""
    statements = body("x = a\ny = b\nz = x\nreturn z")
    unused = [s.own_binds() - needed(statements[i + 1 :]) for i, s in enumerate(statements)]
    assert unused == [set(), {"y"}, set(), set()]


def test_parameters_without_use() -> None:
    source = """
        def f(a, b, c, d, e=x):
            c = a
            for d in b:
                e = d
            return c
    """
    [function] = reading.module(textwrap.dedent(source)).body
    assert isinstance(function, Function)
    assert function.unused() == ("c", "d", "e")
    assert function.needs() == {"x"}
    assert function.own_binds() == {"f"}


def test_classes_and_files() -> None:
    source = """
        from torch import nn

        TABLE = (1, 2)


        class Net(nn.Module):
            rates: ClassVar[dict[str, float]] = RATES

            def forward(self, x: Tensor) -> Tensor | None:
                return helper(x)
    """
    module = reading.module(textwrap.dedent(source))
    names = {"nn.Module", "ClassVar", "dict", "str", "float", "RATES", "Tensor", "helper", "x"}
    assert module.reads() == names
    net = module.body[-1]
    assert isinstance(net, Class)
    assert net.needs() == names - {"x"}
    assert module.reads() - {b for s in module.body for b in s.binds()} >= {"nn.Module", "helper"}


def test_loops_with_comprehensions() -> None:
    blocks = Comprehension(call("Block", Name("i")), ("i",), call("range", Name("n")))
    loop = For(("n",), Name("depths"), (Assign("x", blocks),))
    assert loop.needs() == {"depths", "Block", "range"}


def test_names_in() -> None:
    assert names_in("dict[str, nn.Module] | None") == {"dict", "str", "nn.Module"}
    assert names_in("Literal['same', \"full\"]") == {"Literal"}
    assert names_in(None) == set()
