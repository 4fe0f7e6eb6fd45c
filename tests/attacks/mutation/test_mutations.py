"""No text makes a traceback: what comes out is a network, or diagnostics with their places, soon."""

from __future__ import annotations

import gc
import random
import time
from pathlib import Path

import pytest
from mutations import (
    MUTATIONS,
    bombs,
    museum_texts,
    mutated,
    reference_texts,
    zoo_texts,
)

from netdsl.compiler import Compilation
from netdsl.diagnostics import Diagnostic, NetError, render
from netdsl.reading import read_text
from netdsl.source import Source

# Bombs that take a second or more, for they are long.
HEAVY = [
    "inlined_blocks",
    "closed_braces",
    "long_line",
    "long_wrong_line",
    "many_unknown_layers",
    "many_unknown_taps",
    "same_params",
    "many_arguments",
    "many_nets",
    "many_labels",
    "blocks_of_blocks",
    "many_params",
    "sum",
    "comment",
]
SECONDS = 2.5  # of CPU for one text on a machine as fast as `STICK` says; most take milliseconds
TRIES = 3
STICK = 0.045  # seconds of CPU for a million rounds of a loop


def machine() -> float:
    """How many times slower than the stick this machine is now: throttled ones are up to ten times."""
    started = time.process_time()
    total = 0
    for i in range(100_000):
        total += i & 3
    return max(1.0, (time.process_time() - started) / (STICK / 10))


def check(text: str) -> list[Diagnostic]:
    """What is said about a text; it must be said well, and soon."""
    for _ in range(TRIES):  # others on the machine can hold up any one
        started = time.process_time()
        found = Compilation(Source("text.net", text)).check()
        took = time.process_time() - started
        if took < SECONDS or took / machine() < SECONDS:
            break
        gc.collect()
    else:
        pytest.fail(f"{took:.1f} s")
    for diagnostic in found:
        well_said(diagnostic, text)
    return found


def well_said(diagnostic: Diagnostic, text: str) -> None:
    """A place inside the text, and a message that a terminal can show."""
    for span in (diagnostic.span, *(span for span, _ in diagnostic.labels)):
        if span is None:
            assert diagnostic.code == "E109"  # a text that defines nothing has no place
            continue
        inside = span.source.text
        assert inside == text or span.source.name != "text.net"
        assert 0 <= span.start <= span.end <= len(inside), diagnostic
        line, column = span.place
        assert 1 <= line <= inside.count("\n") + 1
        assert column >= 1
    said = render(diagnostic)
    assert len(said) < 20_000
    assert all(c.isprintable() or c == "\n" for c in said)
    assert max(map(len, said.splitlines())) < 400


def both_ways(text: str) -> None:
    """`check` finds an error if and only if compiling the default net raises one, or finds more."""
    errors = [d for d in check(text) if d.severity == "error"]
    try:
        Compilation(Source("text.net", text)).design()
    except NetError as error:
        assert error.diagnostics
        assert errors or [d.code for d in error.diagnostics] in (["E109"], ["E111"])


def sweep(seed: int, count: int, texts: list[str]) -> None:
    rng = random.Random(seed)
    for i in range(count):
        original = rng.choice(texts)
        text, what = mutated(rng, original)
        try:
            both_ways(text)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the text must be seen
            pytest.fail(f"{what} (text {i} of seed {seed}): {error!r}\n{text}", pytrace=True)


def test_the_texts_are_good_and_the_changes_are_changes() -> None:
    assert len(zoo_texts()) >= 10
    assert len(reference_texts()) > 20
    assert len(museum_texts()) > 150
    rng = random.Random(0)
    text = zoo_texts()[0]
    assert not Compilation(Source("text.net", text)).check()
    for name, mutation in MUTATIONS.items():
        assert any(mutation(rng, text) != text for _ in range(20)), name
    wrong = [mutated(rng, text)[0] for _ in range(60)]
    faulty = [w for w in wrong if Compilation(Source("text.net", w)).check()]
    assert 30 <= len(faulty) < 60, len(faulty)


@pytest.mark.parametrize("seed", range(2))
def test_mutations(seed: int) -> None:
    sweep(seed, 15, zoo_texts())
    sweep(100 + seed, 50, reference_texts())
    sweep(200 + seed, 60, museum_texts())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1020))
def test_many_mutations(seed: int) -> None:
    sweep(seed, 200, zoo_texts())
    sweep(seed, 300, reference_texts())
    sweep(seed, 400, museum_texts())


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow if n in HEAVY else ()) for n in bombs()],
)
def test_bombs(name: str) -> None:
    found = check(bombs()[name])
    good = {
        *(["spaces", "newlines", "comment", "empty", "nothing"]),
        *(["carriage_returns", "tabs", "many_labels"]),
    }
    if name in good:
        assert [d.code for d in found] in ([], ["E109"]), "\n".join(map(render, found))


def test_mistakes_in_a_loop_take_no_memory() -> None:
    """Every round's guess rested on those of all rounds before: 4.9 GB for three lines."""
    import tracemalloc

    tracemalloc.start()
    check(bombs()["repeat_of_mistakes"])
    assert tracemalloc.get_traced_memory()[1] < 150e6
    tracemalloc.stop()


def test_every_prefix_of_a_text() -> None:
    """As it is typed, letter by letter."""
    text = max(reference_texts(), key=len)[:600]
    for end in range(0, len(text), 3):
        check(text[:end])


def test_random_bytes(tmp_path: Path) -> None:
    """A file is text or it is not; if it is, it is read."""
    rng = random.Random(5)
    read = 0
    for i in range(60):
        path = tmp_path / f"{i}.net"
        path.write_bytes(bytes(rng.randrange(256 if i % 2 else 128) for _ in range(300)))
        try:
            text = read_text(path)
        except OSError as error:
            assert "UTF-8" in str(error)
            continue
        read += 1
        assert [d for d in check(text) if d.severity == "error"]
    assert read >= 20
