"""Random programs: what is emitted is the network, in every respect, whatever stands in the text.

200 programs are drawn that are valid by construction (drawing/, strategies.py), the same on every
machine. Names, shapes and numbers of weights, multiply-adds and the shape of every value are compared
with those of the module, outputs with an interpreter of the Design (reference.py), gradients with
those of the text without `inplace=True`; tables and figures hold its layers; other spellings and other
sizes are the same network; nothing may need the exact form that emits a class for every use of a
block. A census shows that every construct and layer of the language took part.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import hashing
import pytest
import torch
from drawing.layer_texts import TEXTS
from drawing.programs import Program
from hypothesis import given, settings
from oracle import EVERY, Case, judged
from program_checks import check_exact, check_frozen, check_on_meta, emitted
from strategies import EACH_ONCE, programs
from sweep import Sweep
from wanted import LAYERS, WANTED

import netdsl
from netdsl.layers import WORDS

PROGRAMS = 200
SWEEP = range(100_000, 102_000)
SAMPLE = 8  # texts that pyright reads: it is slow
RARELY = 0.02  # of 200 programs, chance leaves some layers out; the sweep asks for each in 1 %


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def drawn() -> list[Program]:
    """The programs that Hypothesis draws, each once."""
    found: list[Program] = []

    @settings(EACH_ONCE, max_examples=PROGRAMS)
    @given(programs())
    def take(program: Program) -> None:
        found.append(program)

    take()
    return found


@pytest.fixture(scope="module")
def all_cases() -> list[Case]:
    """The programs, compiled. One that cannot be compiled fails here, with its text."""
    found: list[Case] = []
    for program in drawn():
        try:
            found.append(Case(program))
        except Exception as error:
            raise AssertionError(f"seed {program.seed}\n{program.text}") from error
    return found


@pytest.fixture(scope="module")
def cases(all_cases: list[Case]) -> list[Case]:
    """Those that are no detectors."""
    return [case for case in all_cases if not case.program.detects]


def every(cases: list[Case], check: Callable[[Case], None]) -> None:
    """Check all programs; the first that fails is shown."""
    for case in cases:
        try:
            check(case)
        except Exception as error:
            raise AssertionError(
                f"{case.program.seed}\n{case.program.text}\n\n{case.text}"
            ) from error


def test_every_layer_has_arguments() -> None:
    """A new layer needs a rule by which its arguments are drawn (drawing/layer_texts.py)."""
    assert {*TEXTS, "concat", "add", "mul"} == set(WORDS)


def test_census(all_cases: list[Case]) -> None:
    """Nearly every construct and layer of the language is in use; the sweep has all of them."""
    assert len(all_cases) >= PROGRAMS
    total: Counter[str] = Counter()
    for case in all_cases:
        total.update(case.constructs.keys())
    missing = {name for name in WANTED if not total[name]}
    assert missing <= set(LAYERS) and len(missing) <= RARELY * len(WANTED), missing


def test_against_torch(all_cases: list[Case]) -> None:
    """Everything that oracle.py checks."""
    done: Counter[str] = Counter()

    def check(case: Case) -> None:
        done.update(judged(case, sum(done.values()), {**EVERY, "open": 1}))

    every(all_cases, check)
    assert done["values with their shapes"] > 20 * PROGRAMS
    assert done["modules with their shapes"] > 5 * PROGRAMS
    assert done["open: yy"] >= 20 and done["open: ny"] + done["open: yn"] + done["open: nn"] < 20


def test_on_the_meta_device(cases: list[Case]) -> None:
    every(cases[::10], lambda case: check_on_meta(case.network, case.text))


def test_what_is_frozen(cases: list[Case]) -> None:
    checked = []
    plain = [case for case in cases if "extern layer" not in case.program.text]
    every(plain[::5], lambda case: checked.append(check_frozen(case.network, case.text)))
    assert sum(checked) > PROGRAMS // 5


def test_exact_form(cases: list[Case]) -> None:
    """The form that is taken where no other holds gives the same network."""
    every(cases[::10], lambda case: check_exact(case.network, case.text))


def test_imports(cases: list[Case], tmp_path: Path) -> None:
    """Blocks that stand in another file make the same code."""
    checked = 0
    for number, case in enumerate(cases[::3]):
        head, mark, net = case.program.text.partition("\nnet ")
        names = re.findall(r"^(?:block|let|extern layer) (\w+)", head, flags=re.MULTILINE)
        if not names or "block" not in head or '"""A file' in head:
            continue
        checked += 1
        (tmp_path / f"blocks{number}.net").write_text(head, encoding="utf-8")
        main = tmp_path / f"main{number}.net"
        line = f'import {", ".join(names)} from "blocks{number}.net"\n'
        main.write_text(f"{line}{mark}{net}", encoding="utf-8")
        network = netdsl.load(main, case.program.net)
        assert emitted(network.design) == case.text, case.program.text
    assert checked >= 10


def test_the_same_bytes_under_any_hash_seed(all_cases: list[Case]) -> None:
    """Python, tables and figures of a batch, made by processes with other hashes."""
    batch = [(case.program.text, case.program.net) for case in all_cases[::10]]
    script = Path(hashing.__file__)
    found = []
    for seed in ("0", "1"):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        command = [sys.executable, str(script)]
        done = subprocess.run(
            command,
            check=False,
            input=json.dumps(batch),
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        found.append(done.stdout.splitlines())
    assert len(found[0]) == len(batch)
    assert found[0] == found[1]


def test_ruff(cases: list[Case], tmp_path: Path) -> None:
    """No rule of ruff's defaults is broken, and its formatter changes nothing."""
    write(cases, tmp_path)  # detectors have them in tests/detection
    run("ruff", "check", "--isolated", "--no-cache", tmp_path)
    run("ruff", "format", "--isolated", "--no-cache", "--check", tmp_path)


def test_pyright(cases: list[Case], tmp_path: Path) -> None:
    """Types hold in a sample: the longest of every so many texts."""
    step = len(cases) // SAMPLE
    longest = [
        max(cases[i : i + step], key=lambda c: len(c.text)) for i in range(0, len(cases), step)
    ]
    write(longest, tmp_path)
    settings = {"typeCheckingMode": "basic", "extraPaths": [str(Path(__file__).parent)]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
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
    """Two thousand more, with a census; all that fail are shown."""
    sweep = Sweep(EVERY)
    for seed in SWEEP:
        sweep.take(seed)
    shown = "\n\n".join(f"seed {seed}: {why}\n{text}" for seed, why, text in sweep.failures)
    assert not sweep.failures, f"{len(sweep.failures)} fail:\n{shown}"
    assert not sweep.rare, sweep.report()
