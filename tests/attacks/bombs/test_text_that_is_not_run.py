"""Text that is not run in a round of a loop or a use of a block is read once, however often that one is run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from work import lines

from netdsl.compiler import Compilation
from netdsl.source import Source

NET = "net A {\n input a: 3x8x8\n%s\n}\n"
LOOP = NET % "for i in range(%d) {\n%s\n}"
STEPS = "relu -> relu\n"

TEXTS: dict[str, Callable[[int, str], str]] = {
    "a loop without rounds": lambda n, long: LOOP % (n, f"repeat 0 {{\n{long}}}\nrelu"),
    "in a block": lambda n, long: (
        f"block b(i) {{ repeat 0 {{\n{long}}}\nrelu }}\n" + LOOP % (n, "b(i)")
    ),
    "a condition in a group": lambda n, long: LOOP % (n, f"{{ if false {{\n{long}}}\nrelu }}"),
    "a condition in a block": lambda n, long: (
        f"block b(i) {{ if i > 99 {{\n{long}}}\nrelu }}\n" + LOOP % (n, "b(i)")
    ),
    "a condition in a residual of a bar": lambda n, long: (
        NET
        % f"add {{ for i in range({n}) {{\n| residual {{ if false {{\n{long}}}\nrelu }} }}\n| relu }}"
    ),
    "a block that is inlined": lambda n, long: (
        f"block b {{\n{long}}}\n"
        + LOOP % (n, "{ if false { inline b }\nrelu }\nrepeat 0 { inline b }")
    ),
    "a block that is given": lambda n, long: (
        f"block b {{\n{long}}}\nblock c(x, i) {{ if i > 99 {{ inline x }}\nrepeat 0 {{ inline x }}\nrelu }}\n"
        + LOOP % (n, "c(b, i)")
    ),
}


def _work(text: str) -> int:
    return lines(Compilation(Source("a.net", text)).check)


@pytest.mark.parametrize("name", list(TEXTS))
def test_read_once(name: str) -> None:
    text = TEXTS[name]
    assert not [d for d in Compilation(Source("a.net", text(3, STEPS))).check() if d.code < "W"]
    _work(text(2, STEPS))  # what is imported or remembered at a first call

    def of_the_long_text(rounds: int) -> int:
        return _work(text(rounds, STEPS * 300)) - _work(text(rounds, STEPS))

    assert of_the_long_text(40) < 1.2 * of_the_long_text(2)


def test_names_of_blocks_that_are_given_cost_work() -> None:
    """Whether they name a scope is found out for every use: it counts as computing."""
    count = 800
    blocks = "\n".join(f"block b{i} {{ relu }}" for i in range(count))
    lets = "\n".join(f"let x{i} = b{i}" for i in range(count))
    inlined = "\n".join(f"inline x{i}" for i in range(count))
    body = f"{lets}\nfor i in range(2000) {{ {{ if false {{\n{inlined}\n}}\nrelu }} }}"
    found = Compilation(Source("a.net", f"{blocks}\n{NET % body}")).check()
    assert [d.code for d in found] == ["E136"]
