"""Expressions: what is written means the tree, folding keeps the value, literals come back."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

import judge
import pytest
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st
from random_code import Maker

from netdsl.code import reading
from netdsl.code.doc import columns
from netdsl.code.expr import (
    ATOM,
    Attribute,
    Bool,
    Call,
    Choose,
    Compare,
    Comprehension,
    Expr,
    ListOf,
    Literal,
    Minus,
    Name,
    Not,
    Op,
    Product,
    Range,
    Star,
    Subscript,
    Text,
    Tuple,
    call,
    choose,
    evaluate,
    literal_text,
    logical,
    number_text,
    quoted,
    rename,
    subscript,
    text_of,
    total,
)

NAMES = {"a": 2, "b": 7, "c": -3, "t": (4, 5, 6), "f": max}

# ------------------------------------------------------------------------------------- random trees
leaf = st.one_of(
    st.integers(-20, 20).map(Literal), st.sampled_from("abc").map(Name), st.just(Literal(1))
)


orders = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])


def numbers(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    """Trees whose value is a number, of trees whose value is one."""
    some = st.lists(inner, min_size=2, max_size=3).map(tuple)
    order = st.one_of(st.builds(Compare, orders, inner, inner), st.booleans().map(Literal))
    both = st.builds(Bool, st.sampled_from(["and", "or"]), st.tuples(order, order))
    condition = st.one_of(order, st.builds(Not, order), both, st.builds(Not, both))
    return st.one_of(
        st.builds(Op, st.sampled_from(["+", "-", "*", "//", "%"]), inner, inner),
        st.builds(Op, st.just("**"), inner, st.integers(0, 3).map(Literal)),
        st.builds(Product, some),
        st.builds(Minus, inner),
        st.builds(Choose, inner, condition, inner),
        st.builds(Subscript, st.just(Name("t")), st.integers(-3, 2).map(Literal)),
        st.builds(Subscript, st.builds(Tuple, some), st.just(Literal(1))),
        st.builds(Call, st.just(Name("f")), some),
        inner.map(lambda x: Call(Name("f"), (Comprehension(x, ("a",), Name("t")),))),
    )


trees = st.recursive(leaf, numbers, max_leaves=12)


def folded(expr: Expr) -> Expr:
    """The expression, built again from its leaves with the functions that fold."""
    return expr.map(folded)


def value(expr: Expr) -> int:
    """The value of a tree, where it has one."""
    try:
        return evaluate(expr, NAMES)
    except (ArithmeticError, TypeError):
        reject()


@given(trees)
@example(Op("**", Minus(Name("a")), Literal(2)))
@example(Minus(Op("**", Name("a"), Literal(2))))
@example(Op("-", Name("a"), Op("-", Name("b"), Literal(-3))))
def test_the_text_means_the_tree(expr: Expr) -> None:
    assert value(expr) == eval(expr.text, dict(NAMES))


@settings(max_examples=300)
@given(trees)
@example(Op("//", Op("*", Name("a"), Literal(3)), Literal(3)))
@example(Op("*", Op("*", Name("a"), Literal(3)), Literal(-2)))
@example(Choose(Name("a"), Bool("or", (Literal(True), Literal(False))), Name("b")))
def test_folding_keeps_the_value(expr: Expr) -> None:
    assert value(expr) == evaluate(folded(expr), NAMES)


@given(st.lists(leaf, max_size=8))
def test_a_total_is_the_sum(items: list[Expr]) -> None:
    assert evaluate(total(items), NAMES) == sum(evaluate(i, NAMES) for i in items)


def bracketed_everywhere(expr: Expr) -> str:
    """The text with brackets round every part, which needs no precedence to be right."""
    text: Callable[[Expr], str] = bracketed_everywhere
    match expr:
        case Op() | Compare():
            return f"({text(expr.left)} {expr.op} {text(expr.right)})"
        case Product():
            found = text(expr.items[0])
            for item in expr.items[1:]:
                found = f"({found} * {text(item)})"
            return found
        case Minus():
            return f"(-{text(expr.of)})"
        case Not():
            return f"(not {text(expr.of)})"
        case Bool():
            return f"({f' {expr.op} '.join(map(text, expr.items))})"
        case Choose():
            return f"({text(expr.then)} if {text(expr.condition)} else {text(expr.other)})"
        case Attribute():
            return f"({text(expr.of)}).{expr.name}"
        case Range():
            ends = ("" if e is None else text(e) for e in (expr.start, expr.stop))
            return ":".join(ends)
        case Subscript(index=Tuple() as index) if index.items:
            return f"({text(expr.of)})[{''.join(f'{text(i)},' for i in index.items)}]"
        case Subscript():
            return f"({text(expr.of)})[{text(expr.index)}]"
        case Tuple():
            return f"({''.join(f'{text(i)},' for i in expr.items)})"
        case ListOf():
            return f"[{''.join(f'{text(i)},' for i in expr.items)}]"
        case Star():
            return f"*({text(expr.of)})"
        case Comprehension():
            tail = "" if expr.condition is None else f" if {text(expr.condition)}"
            loop = f"for {', '.join(expr.targets)} in {text(expr.iterable)}"
            return f"{expr.brackets[0]}{text(expr.item)} {loop}{tail}{expr.brackets[1]}"
        case Call():
            named = "".join(f"{n}={text(a)}," for n, a in expr.named)
            given = f"{','.join(map(text, expr.positional))}"
            if len(expr.positional) == 1 and not named:
                return f"({text(expr.function)})({given})"
            return f"({text(expr.function)})({given}{',' if given else ''}{named})"
    return f"({expr.text})" if expr.level < ATOM else expr.text


def normal(text: str) -> str:
    """The tree of a text, with `a and (b and c)` as it stands."""
    return ast.dump(ast.parse(text, mode="eval"))


def test_brackets_are_right_and_no_more_than_needed() -> None:
    maker = Maker(1)
    for _ in range(3000):
        expr = maker.value()
        assert normal(expr.text) == normal(bracketed_everywhere(expr)), expr.text
        assert (
            reading.expression(ast.parse(expr.text, mode="eval").body, expr.text).text == expr.text
        )


def test_ruff_leaves_the_text() -> None:
    maker = Maker(2)
    texts = [f"x = {text}" for text in (*POWERS, *(maker.expr(2).text for _ in range(3000)))]
    texts = [text for text in texts if columns(text) <= 320]
    assert not (change := judge.first_change(texts, 320)), change


a, b = Name("a"), Name("b")
POWERS = {
    Op("**", a, Literal(2)).text: "a**2",
    Op("**", a, Literal(-2)).text: "a**-2",
    Op("**", a, Minus(b)).text: "a**-b",
    Op("**", Literal(-2), a).text: "(-2) ** a",
    Op("**", Minus(a), b).text: "(-a) ** b",
    Op("**", Op("**", a, b), a).text: "(a**b) ** a",
    Op("**", a, Op("**", b, a)).text: "a**b**a",
    Op("**", a, Op("**", Minus(b), a)).text: "a ** (-b) ** a",
    Minus(Op("**", a, b)).text: "-(a**b)",
    Op("**", Attribute(Name("self"), "n"), Literal(1e-3)).text: "self.n**1e-3",
    Op("**", Subscript(a, b), a).text: "a[b] ** a",
    Op("*", Op("**", a, b), a).text: "a**b * a",
    Op("**", Literal(math.inf), a).text: 'float("inf") ** a',
}


def test_powers() -> None:
    for found, expected in POWERS.items():
        assert found == expected


def test_slices() -> None:
    def sliced(start: Expr | None, stop: Expr | None) -> str:
        return Subscript(Name("x"), Range(start, stop)).text

    assert sliced(None, None) == "x[:]"
    assert sliced(a, None) == "x[a:]"
    assert sliced(Minus(a), Literal(-1)) == "x[-a:-1]"
    assert sliced(a + 1, b) == "x[a + 1 : b]"
    assert sliced(None, a * 2) == "x[: a * 2]"
    assert sliced(Name("self.n"), None) == "x[self.n :]"


# ------------------------------------------------------------------------------------- literals
@given(st.text())
@example('"')
@example("'\"")
@example("\\")
@example("\ud800\u2028\x00")
def test_strings_come_back(text: str) -> None:
    written = quoted(text)
    assert ast.literal_eval(written) == text
    assert written.isprintable()
    assert "\n" not in written


@given(st.floats())
@example(1e22)
@example(5e-324)
@example(-0.0)
@example(0.01)
def test_numbers_come_back(number: float) -> None:
    text = number_text(number)
    back = eval(text, {"float": float})
    assert type(back) is float
    assert back == number or (math.isnan(back) and math.isnan(number))
    assert math.copysign(1, back) == math.copysign(1, number) or math.isnan(number)


def test_numbers_as_people_write_them() -> None:
    expected = {0.3: "0.3", 5e-4: "5e-4", 1e-3: "1e-3", 0.01: "0.01", 2.0: "2.0", 1e-5: "1e-5"}
    expected |= {
        2.5e-4: "2.5e-4",
        1.5e-3: "0.0015",
        1e22: "1e22",
        -5e-4: "-5e-4",
        0.9: "0.9",
        100.0: "100.0",
    }
    assert {n: number_text(n) for n in expected} == expected


plain = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.text(),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    lambda inner: st.one_of(
        st.lists(inner).map(tuple), st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(plain)
def test_literals_come_back(value: Any) -> None:
    assert ast.literal_eval(literal_text(value)) == value


@given(
    st.lists(st.one_of(st.text(), st.sampled_from([a, a + b, Subscript(Name("t"), Literal(1))])))
)
@example(['say "hi" ', a])
@example(["'\"", a, "{}"])
def test_f_strings(pieces: list[str | Expr]) -> None:
    expr = text_of(pieces)
    assert eval(expr.text, dict(NAMES)) == evaluate(expr, NAMES)
    assert expr.text.isprintable()


def test_strings_inside_f_strings() -> None:
    item = Subscript(Name("names"), Literal("first"))
    assert Text(("layer ", item)).text == "f\"layer {names['first']}\""
    assert Text(('say "hi" ', item)).text == 'f\'say "hi" {names["first"]}\''
    with pytest.raises(ValueError):
        _ = Text((Subscript(Name("names"), Literal("it's")),)).text


# ------------------------------------------------------------------------------------- construction
def test_what_is_folded() -> None:
    n = Name("n")
    assert (Literal(64) + 128).text == "192"
    assert (n * 1).text == (1 * n).text == (n + 0).text == (n // 1).text == "n"
    assert (n * 8 // 8).text == "n"
    assert (n * 2 * 3).text == "n * 6"
    assert (n + 1 + 2).text == "n + 1 + 2"
    assert choose(n, Literal(True), a).text == "n"
    assert choose(n, Name("it"), n).text == "n"
    assert logical("and", [Literal(True), n, n]).text == "n"
    assert logical("or", [n, Literal(True)]).text == "True"
    assert total([n, n, Literal(2), Literal(3)]).text == "2 * n + 5"
    assert total([n, Literal(2), 3 * n, total([Name("m"), n, n])]).text == "6 * n + 2 + m"
    many = total([Name(f"n{i}") for i in range(20_000)])  # no tree as deep as it is long
    assert many.text.endswith(" + n19999") and len(many.names) == 20_000
    assert evaluate(many, {f"n{i}": 1 for i in range(20_000)}) == 20_000
    assert rename(many, {f"n{i}": n for i in range(20_000)}).text == "20000 * n"
    assert subscript(Literal((3, 4)), Literal(1)).text == "4"


def test_names_and_renaming() -> None:
    expr = call("f", Name("x") + 1, key=Comprehension(Name("i") * Name("n"), ("i",), Name("n")))
    assert expr.names == {"f", "x", "n"}
    assert rename(expr, {"x": Literal(2), "i": Name("j")}).text == "f(3, key=(i * n for i in n))"
    assert rename(expr, {"n": Name("m")}).names == {"f", "x", "m"}
