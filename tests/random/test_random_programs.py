"""Random programs: what is emitted is the network, in every respect, whatever stands in the text.

200 programs are drawn that are valid by construction (drawing/), the same on every machine: Hypothesis
would draw other ones with every module that happens to be loaded. Names, shapes and numbers
of weights are compared with the Design's, outputs with an interpreter of the Design (reference.py),
gradients with those of the text without `inplace=True`; nothing may need the exact form that emits a
class for every use of a block. A census shows that every construct of the language took part.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
import torch
from census import constructs
from drawing.programs import Program, program
from program_checks import (
    check_exact,
    check_frozen,
    check_numbers,
    check_on_meta,
    check_open,
    check_text,
    emitted,
)

import netdsl
from netdsl.compiler import Compilation
from netdsl.diagnostics import NetError
from netdsl.network import Network
from netdsl.source import Source

PROGRAMS = 200
SWEEP = range(100_000, 103_000)
SAMPLE = 8  # texts that pyright reads: it is slow

# Every one of them must be in at least so many of the programs.
CENSUS = dict.fromkeys(
    [
        "concat",
        "add",
        "mul",
        "residual",
        "dense",
        "shortcut",
        "chain",
        "label",
        "belief",
        "else",
        "Aux",
        "Block",
        "Bar",
        "Binary",
        "Call",
        "Chain",
        "Choose",
        "Compute",
        "Comprehension",
        "For",
        "From",
        "Group",
        "If",
        "In",
        "Index",
        "Init",
        "Inline",
        "Input",
        "Let",
        "Link",
        "ListLiteral",
        "Logical",
        "Module",
        "Net",
        "Number",
        "Output",
        "Param",
        "Ref",
        "Repeat",
        "SizeLiteral",
        "Slice",
        "String",
        "Tap",
        "Unary",
        "Variant",
        "Weight",
    ],
    2,
) | dict.fromkeys(
    [
        "computed label",
        "residual if",
        "residual(scale)",
        "residual(survival)",
        "shortcut if",
        "several inputs",
        "several outputs",
        "parameters of the net",
        "parameter with default",
        "required parameter",
        "named scope",
        "numbered scope",
        "block scope",
        "group scope",
        "bar scope",
        "merge scope",
        "residual scope",
        "dense scope",
        "aux scope",
        "module scope",
        "inner value read from outside",
        "value as argument",
        "values as argument",
        "module as argument",
        "size as argument",
        "list as argument",
        "int as argument",
        "float as argument",
        "bool as argument",
        "str as argument",
        "layer as argument",
        "layer with arguments as argument",
        "block as argument",
    ],
    1,
)


class Case:
    """A program with its network and its text in PyTorch."""

    def __init__(self, written: Program) -> None:
        self.program = written
        self.network: Network = netdsl.loads(written.text, written.net)
        self.text = emitted(self.network.design)


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """The programs, compiled. One that cannot be compiled fails here, with its text."""
    found: list[Case] = []
    for seed in SWEEP[:PROGRAMS]:
        written = program(Random(seed))
        try:
            found.append(Case(written))
        except Exception as error:
            raise AssertionError(f"seed {seed}\n{written.text}") from error
    return found


def every(cases: list[Case], check: Callable[[Case], None]) -> None:
    """Check all programs; the first that fails is shown."""
    for case in cases:
        try:
            check(case)
        except Exception as error:
            raise AssertionError(f"{case.program.text}\n\n{case.text}") from error


def test_census(cases: list[Case]) -> None:
    """Every construct of the language is in use."""
    total: Counter[str] = Counter()
    for case in cases:
        tree = Compilation(Source("", case.program.text)).file
        assert tree is not None
        total.update(constructs(case.network, tree.tree).keys())
    missing = {name: total[name] for name, least in CENSUS.items() if total[name] < least}
    assert not missing, f"{missing} of {dict(total.most_common())}"
    layers = [name for name in total if name.startswith("layer ")]
    assert len(layers) > 30, layers


def test_text(cases: list[Case]) -> None:
    """The text is Python, and nothing of the emitter's own is left in it."""
    every(cases, lambda case: check_text(case.text))


def test_names_shapes_and_numbers_of_weights(cases: list[Case]) -> None:
    every(cases, lambda case: check_on_meta(case.network, case.text))


def test_outputs_and_gradients(cases: list[Case]) -> None:
    every(cases, lambda case: check_numbers(case.network, case.text))


def test_what_is_frozen(cases: list[Case]) -> None:
    checked = []
    every(cases, lambda case: checked.append(check_frozen(case.network, case.text)))
    assert sum(checked) > PROGRAMS


def test_exact_form(cases: list[Case]) -> None:
    """The form that is taken where no other holds gives the same network."""
    every(cases[::10], lambda case: check_exact(case.network, case.text))


def test_open_sizes(cases: list[Case]) -> None:
    """With sides left open, where the network allows it, the code is as good for every size."""
    checked = 0
    for case in cases[::2]:
        opened = re.sub(
            r"^(  input \w+: \d+)((?:x\d+)+)", _open_sides, case.program.text, flags=re.MULTILINE
        )
        try:
            network = netdsl.loads(opened, case.program.net)
        except NetError:
            continue  # a side is needed: `linear`, `in.height`, a size in a condition
        checked += 1
        every([case], lambda case: check_open(case.network, case.text, network))  # noqa: B023
    assert checked >= 10


def _open_sides(match: re.Match[str]) -> str:
    return match[1] + re.sub(r"\d+", "?", match[2])


def test_imports(cases: list[Case], tmp_path: Path) -> None:
    """Blocks that stand in another file make the same code."""
    checked = 0
    for number, case in enumerate(cases[::3]):
        head, mark, net = case.program.text.partition("\nnet ")
        names = re.findall(r"^(?:block|let) (\w+)", head, flags=re.MULTILINE)
        if not names or "block" not in head:
            continue
        checked += 1
        (tmp_path / f"blocks{number}.net").write_text(head, encoding="utf-8")
        main = tmp_path / f"main{number}.net"
        line = f'import {", ".join(names)} from "blocks{number}.net"\n'
        main.write_text(f"{line}{mark}{net}", encoding="utf-8")
        network = netdsl.load(main, case.program.net)
        assert emitted(network.design) == case.text, case.program.text
    assert checked >= 10


def test_deterministic(cases: list[Case]) -> None:
    for case in cases[::20]:
        assert Case(case.program).text == case.text


def test_ruff(cases: list[Case], tmp_path: Path) -> None:
    """No rule of ruff's defaults is broken, and its formatter changes nothing."""
    write(cases, tmp_path)
    run("ruff", "check", "--isolated", "--no-cache", tmp_path)
    run("ruff", "format", "--isolated", "--no-cache", "--check", tmp_path)


def test_pyright(cases: list[Case], tmp_path: Path) -> None:
    """Types hold in a sample: the longest of every so many texts."""
    step = len(cases) // SAMPLE
    longest = [
        max(cases[i : i + step], key=lambda c: len(c.text)) for i in range(0, len(cases), step)
    ]
    write(longest, tmp_path)
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "basic"}')
    run("pyright", "--pythonpath", sys.executable, "-p", tmp_path)


def write(cases: list[Case], folder: Path) -> None:
    for number, case in enumerate(cases):
        (folder / f"program{number}.py").write_text(case.text, encoding="utf-8")


def run(tool: str, *arguments: object) -> None:
    command = [sys.executable, "-m", tool, *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


@pytest.mark.slow
def test_sweep() -> None:
    """Three thousand more; all that fail are shown."""
    failed: list[str] = []
    for seed in SWEEP:
        written = program(Random(seed))
        try:
            case = Case(written)
            check_text(case.text)
            check_on_meta(case.network, case.text)
            check_numbers(case.network, case.text)
        except Exception as error:  # noqa: BLE001
            failed.append(f"seed {seed}: {type(error).__name__}: {error}\n{written.text}")
    assert not failed, f"{len(failed)} fail:\n" + "\n\n".join(failed)
