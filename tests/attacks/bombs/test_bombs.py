"""Small texts that ask for much are refused soon and with little memory; long ones take time in proportion.

Times are of a machine as fast as `measure.STICK` says, so that a throttled one passes too, with room for
its moods; `benchmarks/limits.py` prints the strict numbers.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bomb_texts import BOMBS, SHAPES

import netdsl
from netdsl.compiler import Compilation
from netdsl.diagnostics import NetError
from netdsl.elaborate.budget import Budget
from netdsl.limits import Limits
from netdsl.source import Source

HERE = Path(__file__).parent
SECONDS = 0.5
MEGABYTES = 150.0
MOODS = 2.0  # how much a loaded machine may be off


def _measured(*arguments: str) -> list[dict[str, Any]]:
    command = [sys.executable, str(HERE / "measure.py"), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


FEW = [
    *("repeats in each other", "for that grows", "blocks twice", "modules", "bars in bars"),
    *("products", "exponent", "lists of lists", "blocks as arguments", "long lists as arguments"),
    *("lets deep", "groups deep", "import ring", "import tree", "large file", "many parameters"),
]


@pytest.mark.parametrize(
    "names", [FEW, pytest.param(list(BOMBS), marks=pytest.mark.slow)], ids=["few", "all"]
)
def test_bombs(names: list[str]) -> None:
    found = _measured("bombs", *names)
    assert [one["name"] for one in found] == names
    for one in found:
        said = f"{one['name']}: {one}"
        assert set(one["codes"]) & set(BOMBS[one["name"]].codes), said
        assert one["seconds"] / one["machine"] < SECONDS * MOODS, said
        assert one["megabytes"] < MEGABYTES, said


def test_enough_bombs_and_shapes() -> None:
    assert len(BOMBS) >= 60
    assert len(SHAPES) >= 60


SOME = ["steps", "lists", "unknown taps", "closed braces", "blank lines", "slips", "open labels"]


@pytest.mark.parametrize(
    ("sizes", "names"),
    [
        pytest.param("8,32", SOME, id="some"),
        pytest.param("16,64,256", list(SHAPES), id="all", marks=pytest.mark.slow),
    ],
)
def test_time_is_in_proportion(sizes: str, names: list[str]) -> None:
    """Four times the text takes at most 2.5 ** 2 times as long; what is done in no time is no matter."""
    for one in _measured("shapes", "2", sizes, *names):
        times = one["seconds"]
        for before, after in itertools.pairwise(times):
            assert after < 0.05 or after / before < 2.5**2 * 1.3, one


# ---------------------------------------------------------------------------------------- counting
def _checked(text: str, layers: int) -> list[str]:
    source = Source("a.net", text)
    return [d.code for d in Compilation(source, limits=Limits(layers)).check()]


NET = "net A(n=5) {\n input a: 3x8x8\n%s\n}"


@pytest.mark.parametrize(
    ("body", "steps"),
    [
        ("relu -> relu", 2),
        ("repeat n { relu -> bn }", 10),
        ("repeat 3 { }\nrelu", 4),
        ("for i in range(n) { repeat i { relu } }", 1 + 1 + 2 + 3 + 4),
        ("for i in range(n) { conv(i + 1, 1x1) }", 5),
        ("dense(3) { conv(4, 1x1) -> bn }", 7),
        ("add { | relu | identity\n repeat n { | bn } }", 8),
        ("residual { relu -> relu } shortcut { bn }", 4),
        ("residual { relu -> relu } shortcut if n > 5 { bn }", 3),
        ("g: { relu -> relu }\nif n > 5 { relu } else { bn -> bn }", 5),
        ("two\ntwo\ntwo -> two", 12),
        ("inline two", 3),
        ("more(2)\nmore(2)\nmore(n)", 3 + 2 * 3 + 2 * 3 + 5 * 3),
        ("module m = { relu -> relu }\nm -> m -> m", 9),
        ("let k = n * 2\nrepeat k { relu }", 10),
        ("repeat in.channels { relu }", 3),
        ("repeat in.height { shapely }", 8 * (1 + 3)),
    ],
)
def test_how_many_steps(body: str, steps: int) -> None:
    """What is counted before is what is run, and the limit is exact."""
    blocks = (
        "block two { relu -> bn }\nblock more(k) { repeat k { two } }\n"
        "block shapely { repeat in.channels { relu } }\n"
    )
    text = blocks + NET % body
    assert "E136" not in _checked(text, steps)
    assert "E136" in _checked(text, steps - 1)


def test_what_is_counted_before_is_what_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every net of the zoo: never more, and the same unless shapes or heads decide."""
    from netdsl.compiler import zoo_files
    from netdsl.elaborate import expansion
    from netdsl.reading import read_text

    counted: list[tuple[Budget, int, bool]] = []

    real = Budget.expect

    def expect(run: Budget, body: Any, file: Any, frame: Any, span: Any) -> None:
        counter = expansion.Expansion(run.program, run.most_steps)
        counted.append((run, counter.net(body, file, frame), counter.exact))
        real(run, body, file, frame, span)

    monkeypatch.setattr(Budget, "expect", expect)
    for path in zoo_files()[::2]:
        Compilation(Source(path.name, read_text(path)), path).check()
    assert len(counted) > 50
    assert all(before <= run.steps for run, before, _ in counted)
    same = sum(before == run.steps for run, before, exact in counted if exact)
    assert same > 0.8 * sum(exact for _, _, exact in counted)


def test_the_option_raises_the_limit() -> None:
    text = "net A { input a: 3x8x8\n repeat 300 { relu } }"
    with pytest.raises(NetError, match="more than 200 steps: 300"):
        netdsl.loads(text, max_layers=200)
    assert netdsl.loads(text, max_layers=300).layers == 0
    with pytest.raises(NetError, match="more than 200,000 steps: 200,001"):
        netdsl.loads(text.replace("300", "200001"))


def test_nothing_in_a_text_loosens_a_limit() -> None:
    for line in ("meta { max_layers: 999999999 }", "let max_layers = 999999999", ""):
        text = (
            f"net A(max_layers=999999999) {{ input a: 3x8x8\n repeat 200001 {{ relu }}\n{line} }}"
        )
        assert "E136" in _checked(text, 200_000)


def test_extern_layers_are_refused() -> None:
    text = (
        'extern layer X() -> in.shape = "os.path:join"\nnet A { input a: 3x8x8\n X }\n'
        'extern layer Unused() -> in.shape = "os:system"'
    )
    assert "from os.path import join" in netdsl.loads(text).torch_source()
    with pytest.raises(NetError) as error:
        netdsl.loads(text, extern=False)
    assert [d.code for d in error.value.diagnostics] == ["E497", "E497"]


def test_an_imported_extern_layer_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "x.net").write_text('extern layer X() -> in.shape = "os:system"\n')
    (tmp_path / "a.net").write_text('import X from "x.net"\nnet A { input a: 3x8x8\n X }\n')
    assert netdsl.load(tmp_path / "a.net").name == "A"
    with pytest.raises(NetError, match="E497"):
        netdsl.load(tmp_path / "a.net", extern=False)


@pytest.mark.slow
def test_200_000_layers() -> None:
    """The limit is no promise on paper: a network that large compiles, and has its table and its graph."""
    text = "net A { input a: 8x8x8\n repeat 100_000 { conv(8, 3x3, padding=1) -> relu } }"
    network = netdsl.loads(text)
    assert network.layers == 100_000
    assert network.parameters == 100_000 * (8 * 8 * 9 + 8)
    assert len(network.state_dict_shapes()) == 200_000
    assert "100,000" in network.table() or "100000" in network.table()
    assert str(network.diagram("dot")).startswith("digraph")
