"""Things with checked parameters: which argument is wrong, in which words, and what is kept."""

from __future__ import annotations

import copy
import pickle
from typing import Annotated, Any, ClassVar, Literal

import pytest

from netdsl.layers.checked import Checked, Refused
from netdsl.layers.fields import LIMIT, Number, Positive, Probability


def _even(value: Any) -> int:
    if value % 2:
        raise Refused("even")
    return value + 100


class Base(Checked):
    constant: ClassVar[int] = 7

    count: Positive
    rate: Number = 0.5
    mode: Literal["one", "two", "three"] = "one"


class Below(Base):
    rate: Probability = 0.25  # type: ignore[assignment]
    twice: Annotated[int, _even] | None = None
    text: str = ""


def refused(**arguments: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        Below(**arguments)
    return caught.value


def test_fields_are_those_of_base_classes_first() -> None:
    assert list(Base.fields) == ["count", "rate", "mode"]
    assert list(Below.fields) == ["count", "rate", "mode", "twice", "text"]
    assert [name for name, field in Below.fields.items() if field.required] == ["count"]
    assert Base.fields["rate"].default == 0.5
    assert Below.fields["rate"].default == 0.25


def test_what_is_kept() -> None:
    made = Below(count=3, twice=4, rate=1)
    assert (made.count, made.twice, made.rate, made.mode) == (3, 104, 1.0, "one")
    assert type(made.rate) is float
    assert made.given == {"count", "twice", "rate"}
    assert made.items()[0] == ("count", 3)
    assert repr(made) == "Below(count=3, rate=1.0, mode='one', twice=104, text='')"


@pytest.mark.parametrize(
    ("arguments", "name", "wanted"),
    [
        ({"count": 0}, "count", "at least 1"),
        ({"count": LIMIT}, "count", f"less than {LIMIT}"),
        ({"count": True}, "count", "a whole number"),
        ({"count": 2.0}, "count", "a whole number"),
        ({"count": 1, "rate": 1.5}, "rate", "at most 1"),
        ({"count": 1, "rate": float("nan")}, "rate", "a finite number"),
        ({"count": 1, "rate": 10**400}, "rate", "a finite number"),
        ({"count": 1, "rate": False}, "rate", "a number"),
        ({"count": 1, "mode": "four"}, "mode", '"one", "two" or "three"'),
        ({"count": 1, "mode": ["one"]}, "mode", '"one", "two" or "three"'),
        ({"count": 1, "twice": 3}, "twice", "even or `none`"),
    ],
)
def test_what_is_wrong(arguments: dict[str, Any], name: str, wanted: str) -> None:
    error = refused(**arguments)
    assert (error.problem, error.name, error.wanted) == ("wrong", name, wanted)


def test_the_first_mistake_is_told() -> None:
    """In the order of the fields; what has no field comes last."""
    assert refused(rate=2, nothing=1).problem == "missing"
    assert refused(nothing=1, rate=2, count=0).name == "count"
    assert refused(nothing=1, count=1, rate=2).name == "rate"
    error = refused(nothing=1, count=1)
    assert (error.problem, error.name) == ("unknown", "nothing")


def test_it_never_changes() -> None:
    made = Below(count=3)
    with pytest.raises(AttributeError):
        made.count = 4  # type: ignore[misc]
    other = made.but(count=4, twice=5)
    assert (made.count, other.count, other.twice) == (3, 4, 5)
    assert other.given == {"count", "twice"}


def test_equal_is_what_holds_the_same() -> None:
    assert Below(count=3) == Below(count=3, mode="one")
    assert hash(Below(count=3)) == hash(Below(count=3, mode="one"))
    assert Below(count=3) != Below(count=4)
    assert Base(count=3, rate=0.25) != Below(count=3)
    assert copy.deepcopy(Below(count=3)) == pickle.loads(pickle.dumps(Below(count=3)))


def test_what_the_compiler_gives_itself() -> None:
    """No text can be wrong there, so it is no message but a bug."""
    assert Below(count=1, text="a").text == "a"
    with pytest.raises(TypeError):
        Below(count=1, text=1)  # type: ignore[arg-type]
