"""Coverage-guided fuzzing: `make fuzz`, or `python tests/attacks/mutation/fuzz.py --minutes 10`.

Texts are kept that reach lines which none before reached, and changed further (`mutations.mutated`, and pieces of two
texts put together). With atheris installed (`pip install "netdsl[fuzz]"`) libFuzzer chooses instead (`--engine`). The
corpus is a folder, so that the next run begins where this one ended; what fails is written beside it and named at the
end. Exit status 1 if there was any.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
import traceback
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Self

from everything import checked, through_backends
from mutations import museum_texts, mutated, reference_texts, zoo_texts

import netdsl

PACKAGE = str(Path(netdsl.__file__).parent)
LONGEST = 4_000  # characters of a text; more take time and reach no more
CALLS = 6  # of a function that are followed in one text, where Python has no cheaper way
RARELY = 0.1  # of the texts go through the backends too, which take ten times as long
SECONDS = 10.0  # of processor time, with coverage; longer is a failure


class Lines:
    """The lines of the package that ran: each is reported once, so that running becomes fast again."""

    def __init__(self) -> None:
        self.seen: set[tuple[CodeType, int]] = set()
        self._left: dict[CodeType, set[int]] = {}  # lines of functions that never ran
        self._calls: dict[CodeType, int] = {}  # of this text
        self._events = getattr(sys, "monitoring", None)

    def __enter__(self) -> Self:
        if self._events is None:  # before Python 3.12
            sys.settrace(self._call)
            return self
        tool, events = self._events.COVERAGE_ID, self._events.events
        self._events.use_tool_id(tool, "netdsl-fuzz")
        self._events.register_callback(tool, events.LINE, self._line)
        self._events.set_events(tool, events.LINE)
        return self

    def __exit__(self, *_: object) -> None:
        if self._events is None:
            sys.settrace(None)
        else:
            self._events.free_tool_id(self._events.COVERAGE_ID)

    def _line(self, code: CodeType, number: int) -> Any:
        assert self._events is not None
        if code.co_filename.startswith(PACKAGE):
            self.seen.add((code, number))
        return self._events.DISABLE

    def _call(self, frame: FrameType, event: str, _: Any) -> Any:
        code = frame.f_code
        left = self._left.get(code)
        if left is None:
            ours = code.co_filename.startswith(PACKAGE)
            lines = {line for *_, line in code.co_lines() if line is not None} if ours else set()
            left = self._left[code] = lines
        if not left:
            return None
        calls = self._calls[code] = self._calls.get(code, 0) + 1
        return self._trace if calls <= CALLS else None

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            code, line = frame.f_code, frame.f_lineno
            self.seen.add((code, line))
            self._left[code].discard(line)
        return self._trace

    def begin(self) -> None:
        """The next text."""
        self._calls.clear()


def run(text: str, backends: bool) -> None:
    checked(text)
    if backends:
        through_backends(text)


def spliced(rng: random.Random, one: str, other: str) -> str:
    """The beginning of one text and the end of another, at ends of lines."""
    a, b = one.splitlines(keepends=True), other.splitlines(keepends=True)
    return "".join([*a[: rng.randrange(len(a) + 1)], *b[rng.randrange(len(b) + 1) :]])


def seeds(corpus: Path) -> list[str]:
    kept = [p.read_text(encoding="utf-8") for p in sorted(corpus.glob("*.net"))]
    found = [*reference_texts(), *museum_texts(), *zoo_texts(), *kept]
    return [text for text in found if 0 < len(text) <= LONGEST]


def own_loop(corpus: Path, crashes: Path, minutes: float, backends: bool, seed: int) -> int:
    rng, failed, tried = random.Random(seed), 0, 0
    ends = time.monotonic() + 60 * minutes
    pool: list[str] = []
    with Lines() as lines:
        waiting = seeds(corpus)
        while time.monotonic() < ends:
            first = bool(waiting)
            if waiting:
                text = waiting.pop()
            else:
                text = rng.choice(pool)
                if rng.random() < 0.2:
                    text = spliced(rng, text, rng.choice(pool))
                text = mutated(rng, text)[0][:LONGEST]
            lines.begin()
            before, clock = len(lines.seen), time.process_time()
            try:
                run(text, backends and rng.random() < RARELY)
                why = "slow" if time.process_time() - clock > SECONDS else ""
            except Exception:  # noqa: BLE001 -- whatever it is
                why = traceback.format_exc(limit=-3)
            tried += 1
            if why:
                failed += 1
                print(f"failed: {_kept(crashes, text)}\n{why}", flush=True)
            elif first or len(lines.seen) > before:
                pool.append(text)
                if not first:
                    _kept(corpus, text)
    print(
        f"{tried:,} texts, {len(lines.seen):,} lines reached, {len(pool):,} kept, {failed} failed"
    )
    return 1 if failed else 0


def _kept(folder: Path, text: str) -> Path:
    data = text.encode("utf-8", "surrogatepass")
    path = folder / f"{hashlib.sha256(data).hexdigest()[:16]}.net"
    path.write_bytes(data)
    return path


def with_atheris(corpus: Path, crashes: Path, minutes: float, backends: bool, seed: int) -> int:
    import atheris  # pyright: ignore

    for name in [n for n in sys.modules if n.partition(".")[0] in ("netdsl", "everything")]:
        del sys.modules[name]  # to be read once more, with its branches counted
    for text in seeds(corpus):
        _kept(corpus, text)

    def one(data: bytes) -> None:
        from everything import checked, through_backends

        text = data.decode("utf-8", "replace")
        checked(text)
        if backends and rng.random() < RARELY:
            through_backends(text)

    def changed(data: bytes, most: int, number: int) -> bytes:
        rng = random.Random(number)
        text = data.decode("utf-8", "replace")
        if rng.random() < 0.2:
            return atheris.Mutate(data, most)
        return mutated(rng, text)[0].encode("utf-8", "replace")[:most]

    options = [f"-max_total_time={round(60 * minutes)}", f"-seed={seed + 1}", f"-max_len={LONGEST}"]
    options += [f"-artifact_prefix={crashes}/", "-timeout=30", "-rss_limit_mb=2048", str(corpus)]
    rng = random.Random(seed)
    with atheris.instrument_imports(include=["netdsl"]):
        one(b"net A {\n  input x: 3x8x8\n  conv(8, 1x1) -> relu\n}\n")
    atheris.Setup([sys.argv[0], *options], one, custom_mutator=changed)
    atheris.Fuzz()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--folder", type=Path, default=Path("out/fuzz"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-backends", action="store_true", help="parse and check only")
    parser.add_argument("--engine", choices=("auto", "atheris", "own"), default="auto")
    given = parser.parse_args()
    corpus, crashes = given.folder / "corpus", given.folder / "crashes"
    for folder in (corpus, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    wanted = given.engine == "atheris" or (given.engine == "auto" and find_spec("atheris"))
    loop = with_atheris if wanted else own_loop
    return loop(corpus, crashes, given.minutes, not given.no_backends, given.seed)


if __name__ == "__main__":
    sys.exit(main())
