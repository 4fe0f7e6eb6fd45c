"""The functions of the language, as far as slips are judged by them; a test holds these tables against
elaborate/functions.py."""

from __future__ import annotations

from netdsl.syntax.machine import Token

# Functions of numbers and lists, and how many arguments they take at most.
OF_NUMBERS = {
    "abs": 1,
    "ceil": 1,
    "enumerate": 1,
    "floor": 1,
    "int": 1,
    "len": 1,
    "log2": 1,
    "make_divisible": 2,
    "max": 99,
    "min": 99,
    "range": 3,
    "reversed": 1,
    "round": 1,
    "sqrt": 1,
    "sum": 1,
    "zip": 99,
}
# What may be called in arithmetic on values.
ON_VALUES = frozenset(
    ["abs", "exp", "log", "max", "mean", "min", "relu", "sigmoid", "sqrt", "tanh"]
)


def too_much(tokens: list[Token], start: int, stop: int) -> tuple[int, int] | None:
    """The first call of a function of numbers from `start` to `stop` that holds what it cannot take, a
    size, a named argument or one too many: where its `(` stands, and the comma before that."""
    open_calls: list[list[int]] = []  # of each bracket: where it stands, and its commas so far
    for i in range(start, stop):
        kind = tokens[i].type
        if kind in ("LPAR", "LSQB"):
            open_calls.append([i, 0])
        elif kind in ("RPAR", "RSQB") and open_calls:
            open_calls.pop()
        elif kind == "COMMA" and open_calls:
            opener, commas = open_calls[-1]
            open_calls[-1][1] = commas + 1
            most = OF_NUMBERS.get(tokens[opener - 1])
            if tokens[opener].type != "LPAR" or most is None:
                continue
            following = [t.type for t in tokens[i + 1 : min(i + 3, stop)]]
            alien = following[:1] == ["SIZE"] or following == ["NAME", "EQUAL"]
            if alien or commas + 2 > most:
                return opener, i
    return None
