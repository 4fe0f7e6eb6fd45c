"""What papers and lectures print in their tables, beside what the networks have.

The folder `printed` has a file for each of them: numbers as they stand there, by row and column of our table
(`netdsl/backends/table/papers/printed/README.md` says how). They are compared with the network of that name,
if nothing of it was set from outside; a note below the table names every one that differs.

A printed `159K` was rounded, so it stands for all numbers less than a whole last digit away: within that it is
"rounding", where the number itself differs, and beyond it an "error".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from netdsl.backends.table.papers.phrases import comma
from netdsl.backends.table.papers.sheet import Difference, Sheet, Value
from netdsl.design import Design
from netdsl.record import Record

FOLDER = Path(__file__).with_name("printed")
ROUNDED = re.compile(r"(\d+(?:\.(\d+))?)([KMG])")


class Source(Record):
    """A printed table of one network: `where` it stands, and its `numbers` by row and column. `kilo` is what
    its K means; `why` are remarks on single numbers, `notes` on all of them."""

    where: str
    kilo: int
    numbers: dict[tuple[str, str], Any]
    why: dict[tuple[str, str], str]
    notes: tuple[str, ...]


def compared(sheet: Sheet, designs: Sequence[Design]) -> Sheet:
    """The sheet with what printed tables of its networks say otherwise, as notes and for programs."""
    found: dict[str, list[tuple[Source, list[Difference]]]] = {}
    for design in designs:
        for source in sources(sheet.layout, design):
            differences = list(differing(sheet, source, design.name))
            found.setdefault(source.where, []).append((source, differences))
    notes = [note for own in found.values() for note in notes_on(own, len(designs) > 1)]
    every = [d for own in found.values() for _, differences in own for d in differences]
    return sheet.but(notes=(*sheet.notes, *notes), differences=tuple(every))


def sources(layout: str, design: Design) -> list[Source]:
    """The printed tables of a network in a layout; none for one that was changed from outside."""
    if design.overridden or design.replaced:
        return []
    paper = design.meta.get("paper")
    return [
        source
        for net, doc, source in _tables(layout)
        if net == design.name and doc in (None, paper)
    ]


@cache
def _tables(layout: str) -> tuple[tuple[str, str | None, Source], ...]:
    """The printed tables of a layout: (net, paper, source)."""
    import tomllib

    path = FOLDER / f"{layout}.toml"
    if not path.exists():
        return ()
    with path.open("rb") as file:
        data = tomllib.load(file)
    return tuple((table["net"], table.get("paper"), _source(table)) for table in data["table"])


def _source(table: dict[str, Any]) -> Source:
    numbers = _placed(table["rows"])
    notes = tuple(table.get("notes", ()))
    return Source(
        table["where"], table.get("kilo", 1000), numbers, _placed(table.get("why", {})), notes
    )


def _placed(rows: dict[str, dict[str, Any]]) -> dict[tuple[str, str], Any]:
    return {(row, column): value for row, cells in rows.items() for column, value in cells.items()}


# ------------------------------------------------------------------------------------------ comparing
def differing(sheet: Sheet, source: Source, network: str) -> Iterator[Difference]:
    """The printed numbers that the network does not have; its table may lack whole rows ("missing")."""
    for (row, column), printed in source.numbers.items():
        computed = sheet.values.get((network, row, column))
        kind = "missing" if computed is None else verdict(printed, computed, source.kilo)
        if kind != "same":
            yield Difference(network, row, column, str(printed), computed, kind)


def verdict(printed: Any, computed: Value, kilo: int = 1000) -> str:
    """ "same", "rounding" or "error"."""
    if printed == computed:
        return "same"
    if isinstance(printed, float) and isinstance(computed, float):
        return (
            "same" if round(computed, len(str(printed).partition(".")[2])) == printed else "error"
        )
    match = ROUNDED.fullmatch(printed) if isinstance(printed, str) else None
    if match is None or not isinstance(computed, (int, float)):
        return "error"
    unit = {"K": kilo, "M": 10**6, "G": 10**9}[match[3]]
    value, last = float(match[1]) * unit, unit / 10 ** len(match[2] or "")
    if value == computed:
        return "same"
    # the last bits of a float are no digits of the paper
    return "rounding" if abs(value - computed) <= last * (1 + 1e-9) else "error"


# ---------------------------------------------------------------------------------------------- notes
def notes_on(found: Sequence[tuple[Source, list[Difference]]], several: bool) -> Iterator[str]:
    """What is said below the table of one printed source: what it has otherwise, with the reasons known,
    then what is rounded otherwise, then that the rest agrees. `several` networks need their names."""
    where = found[0][0].where
    groups: dict[tuple[str, str], list[str]] = {}
    rounded: list[str] = []
    missing: list[str] = []
    for source, differences in found:
        for own in differences:
            place = f"{own.network}, {own.row}" if several else own.row
            if own.kind == "error":
                why = source.why.get((own.row, own.column), "")
                text = f"{place}: {_grouped(own.printed)} (here {_shown(own, source.kilo)})"
                groups.setdefault((own.column, why), []).append(text)
            elif own.kind == "missing":
                missing.append(", ".join(filter(None, (place, own.column))))
            elif _reads_otherwise(own, source.kilo):
                place = ", ".join(filter(None, (place, own.column)))
                rounded.append(f"{place}: {own.printed} (here {_in_unit(own, source.kilo)})")
    for (column, why), texts in groups.items():
        what = f"Other {column}" if column else "Otherwise"
        yield f"{what} in {where}: {'; '.join(texts)}.{f' {why}' if why else ''}"
    if rounded:
        yield f"Rounded otherwise in {where}: {'; '.join(rounded)}."
    if missing:
        yield f"In {where}, but not in this network: {'; '.join(dict.fromkeys(missing))}."
    rest = "other " if groups or rounded or missing else ""
    yield f"All {rest}numbers of {where} are as here."
    yield from dict.fromkeys(note for source, _ in found for note in source.notes)


def _grouped(printed: str) -> str:
    """`37,748,736`."""
    return comma(int(printed)) if printed.isdigit() and len(printed) > 4 else printed


def _shown(difference: Difference, kilo: int) -> str:
    """The network's own, exactly, and in the printed unit if that is another."""
    value = difference.computed
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value) if value != "" else "none"
    inside = _in_unit(difference, kilo)
    return comma(value) if inside == comma(value) else f"{inside}, {comma(value)}"


def _in_unit(difference: Difference, kilo: int) -> str:
    match = ROUNDED.fullmatch(difference.printed)
    value = difference.computed
    if match is None or not isinstance(value, (int, float)):
        return comma(value) if isinstance(value, int) else str(value)
    unit = {"K": kilo, "M": 10**6, "G": 10**9}[match[3]]
    digits = len(match[2] or "") + 1
    return f"{value / unit:.{digits}f}{match[3]}"


def _reads_otherwise(difference: Difference, kilo: int) -> bool:
    """Whether the number, rounded to the printed digits, is not what is printed."""
    match = ROUNDED.fullmatch(difference.printed)
    assert match is not None and isinstance(difference.computed, (int, float))
    unit = {"K": kilo, "M": 10**6, "G": 10**9}[match[3]]
    digits = len(match[2] or "")
    scaled = difference.computed / unit * 10**digits
    return int(scaled + 0.5) != round(float(match[1]) * 10**digits)
