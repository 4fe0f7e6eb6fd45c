"""The command `netdsl`, also as `python -m netdsl`: a short process of its own, so a quick one."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from io import TextIOWrapper

# Before garbage is searched for: a network's table makes 50,000, a hundredth of them garbage.
OBJECTS = 200_000


def run() -> None:
    """Run the command line with the arguments of the process."""
    gc.set_threshold(OBJECTS)
    atexit.register(gc.freeze)  # nor at the end
    speak_utf8()
    from netdsl.cli import main

    main(prog_name="netdsl")


def process() -> None:
    """The command as a process of its own."""
    try:
        run()
    except SystemExit as end:
        leave(end.code)
        raise


def leave(status: object) -> None:
    """End the process at once: to take hundreds of modules apart is a twentieth of what a table costs. Where
    something else may still run, or what was written cannot be, the caller ends it as Python does."""
    if "torch" in sys.modules or not isinstance(status, int | None):
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return
    atexit._run_exitfuncs()
    os._exit(status or 0)


def speak_utf8() -> None:
    """Write the same bytes whatever the locale is: UTF-8 with one kind of line end, unless a person reads it,
    whose terminal gets what it can show. Nothing is torn apart because a letter has no code."""
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, TextIOWrapper):
            continue
        if stream.isatty():
            stream.reconfigure(errors="replace")
        else:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


if __name__ == "__main__":
    process()
