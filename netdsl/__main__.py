"""The command `netdsl`, also as `python -m netdsl`: a short process of its own, so a quick one."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from importlib import import_module
from io import TextIOWrapper
from types import ModuleType
from typing import Any

# Before garbage is searched for: a network's table makes 50,000, a hundredth of them garbage.
OBJECTS = 200_000


def run() -> None:
    """Run the command line with the arguments of the process."""
    gc.set_threshold(OBJECTS)
    atexit.register(gc.freeze)  # nor at the end
    skip_plugins()
    if len(sys.argv) > 2 and sys.argv[1] != "fmt":  # which needs none of it, like `--help`
        light_schemas()
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


def light_schemas() -> None:
    """Import pydantic's schemas with dictionaries in the place of their 88 `TypedDict`s, which only type
    checkers read and which take a twentieth of what a table costs to make."""
    module = import_module("typing_extensions" if sys.version_info < (3, 12) else "typing")
    real = vars(module)["TypedDict"]
    vars(module)["TypedDict"] = Described
    try:
        import_module("pydantic_core.core_schema")
    finally:
        vars(module)["TypedDict"] = real


class Described(dict[str, Any]):
    """A dictionary whose keys a class names."""

    def __init_subclass__(cls, **named: Any) -> None:
        """Whether all keys must be there is for type checkers."""


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


def skip_plugins() -> None:
    """Tell pydantic that it has no plugins, which a command has no use for.

    To look for them it imports importlib.metadata with all of `email`, a tenth of what a table costs;
    PYDANTIC_DISABLE_PLUGINS comes after that. Should pydantic want anything else of the module, it gets
    the real one.
    """
    name = "pydantic.plugin._loader"
    stub = ModuleType(name)

    def real(attribute: str) -> Any:
        if attribute.startswith("__"):  # the import system asks whether it is a package
            raise AttributeError(attribute)
        sys.modules.pop(name, None)
        return getattr(import_module(name), attribute)

    stub.__dict__.update(get_plugins=lambda: (), __getattr__=real)
    sys.modules.setdefault(name, stub)


if __name__ == "__main__":
    process()
