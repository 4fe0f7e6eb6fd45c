"""Differences as people and programs read them.

`text` and `markdown` have a line for every change: `+` added, `-` removed, `~` changed, renamed or moved,
with what the places together cost more or less. `json` is one object:

    schema    "netdsl-diff/1"; the number grows when something here changes its meaning
    old, new  the names of the networks
    differ    whether they do
    changes   kind        added, removed, changed, renamed, moved
              what        the step as the language writes it, or its word
              how         [{name, old, new}]: arguments, or "layer", "step", "block", "reads", "runs"
              places      [{old, new}]: paths of steps; null where it is not there
              parameters  what the places together have more (or less, below 0); null if not known
              macs        the same of MACs
              tensors     whether names or shapes of the `state_dict` change
              training    whether it makes a difference in training only
              initial     whether it says no more than how weights start
    shapes    [{old, new, places}]: outputs of other shapes
    totals    {parameters, macs, layers, ...: {old, new}}
    parts     [{name, parameters: {old, new}, macs: {old, new}}]: steps of the network itself whose costs
              changed
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from netdsl.comparing.differences import Change, Cost, Differences, Place
from netdsl.comparing.words import (
    columns,
    difference,
    number,
    place,
    places,
    ratio,
    signed,
)
from netdsl.escaping.letters import plain
from netdsl.escaping.markdown import code, escaped

SIGNS = {"added": "+", "removed": "-"}
FORMATS = ("text", "markdown", "json")


def diff_text(found: Differences, format: str = "text") -> str:
    """The differences in one of `FORMATS`."""
    return {"text": _text, "markdown": _markdown, "json": _json}[format](found)


# -------------------------------------------------------------------------------------------- words
def said(change: Change) -> str:
    """What changed: `conv: stride 1 -> 2`."""
    if change.kind == "changed" or change.how:
        if len(change.how) == 1 and change.how[0][0] in ("layer", "step", "block", "level"):
            _, old, new = change.how[0]
            word = {"block": "block ", "level": ""}.get(change.how[0][0], "")
            return plain(f"{word}{old} -> {new}")
        parts = (
            f"{name} {old or 'nothing'} -> {new or 'nothing'}" for name, old, new in change.how
        )
        return plain(f"{change.what}: {', '.join(parts)}")
    if change.kind == "renamed":
        return "renamed" if not change.what else plain(f"{change.what}, renamed")
    return plain(f"{change.what}, moved" if change.kind == "moved" else change.what)


def _marks(change: Change) -> str:
    if change.initial:
        return "initial value"
    return "in training only" if change.training else ""


def line(change: Change) -> str:
    """`~ layer2.0.conv1: conv: stride 1 -> 2`."""
    mark = _marks(change)
    times = f" x {len(change.places)}" if len(change.places) > 1 else ""
    where = plain(places(change.places))
    sign = SIGNS.get(change.kind, "~")
    return f"{sign} {where}: {said(change)}{times}{f' ({mark})' if mark else ''}"


def _costs(change: Change) -> tuple[str, str]:
    """Parameters and MACs, or nothing where there are none."""
    pairs = ((change.parameters, "parameters"), (change.macs, "MACs"))
    first, second = (f"{signed(n)} {what}" if n != 0 else "" for n, what in pairs)
    return first, second


# --------------------------------------------------------------------------------------------- text
def _text(found: Differences) -> str:
    names = f"{plain(found.old)} -> {plain(found.new)}"
    if not found:
        return f"{names}: no differences\n"
    parts = [names, ""]
    rows = [(line(change), *_costs(change)) for change in found.changes]
    short = [row for row in rows if len(row[0]) <= 72]
    width = max((len(row[0]) for row in short), default=0)
    for what, *costs in rows:
        shown = ", ".join(filter(None, costs))
        parts.append(f"{what.ljust(width)}  {shown}".rstrip() if shown else what)
    if found.shapes:
        parts += ["", "Outputs of other shapes:"]
        for shape in found.shapes:
            parts.append(f"~ {shape.old} -> {shape.new}: {plain(places(shape.places))}")
    parts += ["", *columns([("", "old", "new", "", ""), *_totals(found)])]
    if len(found.parts) > 1:
        head = ("step", "parameters", "MACs")
        rows = [
            (plain(p.name), signed(_less(p.parameters)), signed(_less(p.macs))) for p in found.parts
        ]
        parts += ["", *columns([head, *rows])]
    return "\n".join([*parts, ""])


def _totals(found: Differences) -> Iterator[tuple[str, ...]]:
    for cost in found.totals:
        yield (
            cost.name,
            number(cost.old),
            number(cost.new),
            signed(_less(cost)),
            ratio(cost.old, cost.new),
        )


def _less(cost: Cost) -> Any:
    return difference(cost.old, cost.new)


# ----------------------------------------------------------------------------------------- Markdown
def _markdown(found: Differences) -> str:
    title = f"**{escaped(plain(found.old))} -> {escaped(plain(found.new))}**"
    if not found:
        return f"{title}\n\nNo differences.\n"
    parts = [title, ""]
    if found.changes:
        parts += ["| | where | what | parameters | MACs |", "|---|---|---|---:|---:|"]
    for change in found.changes:
        sign = SIGNS.get(change.kind, "~")
        shown = change.places[:3]
        where = ", ".join(code(plain(place(at))) for at in shown)
        more = len(change.places) - len(shown)
        where += f" and {more} more" if more else ""
        mark = f" ({_marks(change)})" if _marks(change) else ""
        numbers = [signed(n) if n != 0 else "" for n in (change.parameters, change.macs)]
        cells = [f"`{sign}`", where, f"{code(said(change))}{mark}", *numbers]
        parts.append(f"| {' | '.join(cells)} |")
    if found.shapes:
        parts += ["", "| old output | new output | where |", "|---|---|---|"]
        for shape in found.shapes:
            where = escaped(plain(places(shape.places)))
            parts.append(f"| {escaped(shape.old)} | {escaped(shape.new)} | {where} |")
    parts += ["", "| | old | new | difference | |", "|---|---:|---:|---:|---:|"]
    parts += [f"| {' | '.join(row)} |" for row in _totals(found)]
    return "\n".join([*parts, ""])


# --------------------------------------------------------------------------------------------- JSON
def _json(found: Differences) -> str:
    data = {
        "schema": "netdsl-diff/1",
        "old": found.old,
        "new": found.new,
        "differ": bool(found),
        "changes": [change_data(change) for change in found.changes],
        "shapes": [
            {"old": s.old, "new": s.new, "places": list(map(_place, s.places))}
            for s in found.shapes
        ],
        "totals": {c.name.lower().replace(" ", "_"): _pair(c) for c in found.totals},
        "parts": [
            {"name": p.name, "parameters": _pair(p.parameters), "macs": _pair(p.macs)}
            for p in found.parts
        ],
    }
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def change_data(change: Change) -> dict[str, Any]:
    """A change as JSON has it."""
    return {
        "kind": change.kind,
        "what": change.what,
        "how": [{"name": name, "old": old, "new": new} for name, old, new in change.how],
        "places": list(map(_place, change.places)),
        "parameters": plain_number(change.parameters),
        "macs": plain_number(change.macs),
        "tensors": not change.silent,
        "training": change.training,
        "initial": change.initial,
    }


def _place(at: Place) -> dict[str, str | None]:
    return {"old": at.old or None, "new": at.new or None}


def _pair(cost: Cost) -> dict[str, Any]:
    return {"old": plain_number(cost.old), "new": plain_number(cost.new)}


def plain_number(value: Any) -> Any:
    """A number as it is, a formula as a text."""
    return value if value is None or isinstance(value, (int, float)) else str(value)
