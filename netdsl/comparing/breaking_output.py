"""What breaks, as people and programs read it.

`json` is one object:

    schema      "netdsl-breaking/1"; the number grows when something here changes its meaning
    old, new    the names of the networks
    loads       whether checkpoints of the old one load as they are
    mended      whether `keys` would make them load: all that differs are names
    missing     [{name, shape}]: what old checkpoints lack
    unexpected  [{name, shape}]: what the new network does not know
    changed     [{name, old, new}]: shapes
    renamed     [{new, old}]: parts that are called otherwise now, with what they hold
    keys        the lines of `keys` that mend them, or ""
    unknown     layers from elsewhere, of whose tensors nothing is known
    warnings    what loads but computes something else: changes as `netdsl-diff/1` has them
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from netdsl.comparing.breaking import Breaking
from netdsl.comparing.diff_output import change_data, line
from netdsl.comparing.words import columns, counted
from netdsl.escaping.letters import plain

FORMATS = ("text", "json")
MOST = 20  # lines of a section; JSON has all


def breaking_text(found: Breaking, format: str = "text") -> str:
    """What breaks, in one of `FORMATS`."""
    return {"text": _text, "json": _json}[format](found)


def keys_lines(renamed: dict[str, str]) -> list[str]:
    """The lines of `keys { ... }` that say where the old names are."""

    def path(name: str) -> str:
        return name if all(p.isidentifier() for p in name.split(".")) else f'"{name}"'

    return [f'{path(ours)}: "{theirs}"' for ours, theirs in renamed.items()]


# --------------------------------------------------------------------------------------------- text
def _text(found: Breaking) -> str:
    names = f"{plain(found.old)} -> {plain(found.new)}"
    return "\n".join([f"{names}: {_verdict(found)}", *_sections(found), ""])


def _verdict(found: Breaking) -> str:
    every = [len(found.missing), len(found.unexpected), len(found.changed)]
    if found.loads:
        return f"old checkpoints load, all {counted(found.shared, 'tensor')}"
    if found.mended:
        return (
            f"old checkpoints do not load as they are: {counted(found.tensors, 'tensor')} renamed"
        )
    words = ("missing", "unexpected", "of another shape")
    said = [f"{n:,} {word}" for n, word in zip(every, words) if n]
    said += [f"{found.tensors:,} renamed"] if found.renamed else []
    return f"old checkpoints do not load: {counted(sum(every) + found.tensors, 'tensor')}, {', '.join(said)}"


def _sections(found: Breaking) -> Iterator[str]:
    missing = [(t.name, shape_text(t.shape)) for t in found.missing]
    yield from _section("Missing from old checkpoints", "+", missing)
    unexpected = [(t.name, shape_text(t.shape)) for t in found.unexpected]
    yield from _section("Unexpected in old checkpoints", "-", unexpected)
    changed = [(c.name, f"{shape_text(c.old)} -> {shape_text(c.new)}") for c in found.changed]
    yield from _section("Of another shape", "~", changed)
    renamed = [(old, f"-> {new}") for new, old in found.renamed.items()]
    yield from _section("Renamed", "~", renamed)
    if found.renamed:
        yield from ("", "In the new net these lines, and `load_published` in the place of")
        yield from ("`load_state_dict`, take the old names:", "")
        yield from ("  keys {", *(f"    {each}" for each in keys_lines(found.renamed)), "  }")
    if found.unknown:
        yield from ("", "Not known: the tensors of layers from elsewhere", "")
        yield from (f"  {plain(name)}" for name in found.unknown)
    if found.warnings:
        loads = (
            "Loads, but computes something else" if found.loads else "Computes something else too"
        )
        yield from ("", loads, "")
        yield from (f"  {line(change)}" for change in found.warnings)


def _section(title: str, sign: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    if not rows:
        return
    yield from ("", title, "")
    shown = columns([(plain(name), what) for name, what in rows[:MOST]], left=2)
    yield from (f"  {sign} {row}" for row in shown)
    if len(rows) > MOST:
        yield f"    and {len(rows) - MOST:,} more; `--output-format json` lists all"


def shape_text(shape: Iterable[int]) -> str:
    """`64x3x7x7`; of a single number `a number`."""
    return "x".join(map(str, shape)) or "a number"


# --------------------------------------------------------------------------------------------- JSON
def _json(found: Breaking) -> str:
    data = {
        "schema": "netdsl-breaking/1",
        "old": found.old,
        "new": found.new,
        "loads": found.loads,
        "mended": found.mended,
        "missing": [{"name": t.name, "shape": list(t.shape)} for t in found.missing],
        "unexpected": [{"name": t.name, "shape": list(t.shape)} for t in found.unexpected],
        "changed": [
            {"name": c.name, "old": list(c.old), "new": list(c.new)} for c in found.changed
        ],
        "renamed": [{"new": new, "old": old} for new, old in found.renamed.items()],
        "keys": "\n".join(keys_lines(found.renamed)),
        "unknown": list(found.unknown),
        "warnings": [change_data(change) for change in found.warnings],
    }
    return json.dumps(data, indent=2, allow_nan=False) + "\n"
