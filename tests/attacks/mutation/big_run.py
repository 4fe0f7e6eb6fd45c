"""The large runs of mutated texts, in processes of their own with a limit of memory:

    python tests/attacks/mutation/big_run.py check 200000
    python tests/attacks/mutation/big_run.py backends 20000

Each text is made by its number (`--first` continues where another run ended), so that one that fails can be made
again: `--only NUMBER`. Prints tracebacks with their texts, what took longest, and the memory at the peak. Exit
status 1 if anything failed, took longer than --seconds of processor time (a check, or one output of one backend) or
more than --megabytes above the start.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
import traceback

from everything import checked, through_backends
from mutations import gently, museum_texts, mutated, reference_texts, zoo_texts

from netdsl.compiler import Compilation
from netdsl.limits import Limits
from netdsl.source import Source


def texts_of(what: str) -> list[str]:
    """What is changed: everything for `check`, for backends what is right as it is, and small."""
    if what == "check":
        return reference_texts() + museum_texts() + zoo_texts()
    return reference_texts() + [t for t in zoo_texts() if len(t) < 2_000]


def text_of(number: int, texts: list[str], gentle: bool) -> tuple[str, str]:
    rng = random.Random(number)
    change = gently if gentle and rng.random() < 0.8 else mutated
    return change(rng, rng.choice(texts))


def size_of(text: str) -> str:
    """How many steps the networks of a text have: what is large takes its time, and is no attack."""
    for most in (100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000):
        found = Compilation(Source("text.net", text), limits=Limits(layers=most)).check()
        if any(d.code == "E136" for d in found):
            return f"more than {most:,} steps"
    return "at most 1,000 steps"


def peak() -> float:
    """MB that the process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("check", "backends"))
    parser.add_argument("count", type=int)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", type=int)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--megabytes", type=float, default=300.0)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so many")
    given = parser.parse_args()
    texts = texts_of(given.what)
    run = checked if given.what == "check" else through_backends
    if given.only is not None:
        text, how = text_of(given.only, texts, run is through_backends)
        print(text, f"# {how}", sep="\n")
        print(run(text))
        return 0
    for text in texts[::15]:  # what is imported and cached once is no text's own
        run(text)
    started, before, wrong, slow, good = time.monotonic(), peak(), 0, 0, 0
    together = 0.0  # all outputs of one text
    worst: list[tuple[float, int]] = []
    done = 0
    for number in range(given.first, given.first + given.count):
        if time.monotonic() - started > 60 * given.minutes:
            break
        text, how = text_of(number, texts, run is through_backends)
        clock, parts = time.process_time(), dict[str, float]()
        try:
            found = through_backends(text, parts) if given.what == "backends" else checked(text)
            good += bool(found) if given.what == "backends" else not found
        except BaseException as error:  # noqa: BLE001 -- whatever it is
            if isinstance(error, KeyboardInterrupt):
                break
            wrong += 1
            print(f"--- {number} ({how})", traceback.format_exc(limit=-6), sep="\n", flush=True)
        took = max(parts.values(), default=time.process_time() - clock)
        together = max(together, time.process_time() - clock)
        worst = sorted([*worst, (took, number)], reverse=True)[:5]
        if took > given.seconds:
            slow += 1
            print(f"--- {number} ({how}) took {took:.2f} s, {size_of(text)}", flush=True)
        done += 1
    print(
        f"{done:,} texts from {given.first:,} on through {given.what}, {good:,} of them without mistakes: "
        f"{wrong} tracebacks, {slow} above {given.seconds:g} s; longest "
        + ", ".join(f"{t:.2f} s ({n})" for t, n in worst)
        + f"; all outputs of one text {together:.2f} s at most; {peak():.0f} MB at the peak, {peak() - before:.0f} MB above the start; "
        f"{time.monotonic() - started:.0f} s"
    )
    return 1 if wrong or slow or peak() > given.megabytes else 0


if __name__ == "__main__":
    sys.exit(main())
