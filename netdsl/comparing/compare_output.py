"""Networks side by side, as people and programs read them.

`text`, `markdown` and `latex` have a column for every network and, below a number, its ratio to the first
one's where they differ. `csv` (RFC 4180) has plain numbers, a line for every network. `json` is one object:

    schema    "netdsl-compare/1"; the number grows when something here changes its meaning
    networks  name, inputs, outputs   shapes as texts
              depth         convolutions and linear layers on the longest path
              convolutions  how many there are
              linear        linear layers
              kernels       {"3x3": number of convolutions}
              parameters    in evaluation, without side outputs
              parameters_with_auxiliary
              weights       parameters without biases
              macs          multiply-adds of convolutions and linear layers
              activations   numbers that these give
              receptive_field  of the last convolution, "212x212", or null
              meta          year and published errors, as texts
              ratios        {parameters, weights, macs, activations}: to the first network, or null
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from netdsl.comparing.diff_output import plain_number
from netdsl.comparing.sheets import Sheet
from netdsl.comparing.words import columns, number, ratio
from netdsl.escaping.latex import latex as tex
from netdsl.escaping.letters import plain
from netdsl.escaping.markdown import escaped
from netdsl.escaping.sheet import harmless
from netdsl.escaping.workflow import quiet

FORMATS = ("text", "markdown", "json", "csv", "latex")
COSTS = ("parameters", "weights", "macs", "activations")
NAMES = {"macs": "MACs", "weights": "weights without biases"}


def compare_text(sheets: Sequence[Sheet], format: str = "text") -> str:
    """The networks in one of `FORMATS`; there is at least one."""
    return _WRITERS[format](sheets)


# ---------------------------------------------------------------------------------------------- rows
def _rows(sheets: Sequence[Sheet]) -> Iterator[tuple[str, ...]]:
    """A quantity of every network a row; those that no network has are left out."""
    yield ("input", *("; ".join(s.inputs) for s in sheets))
    yield ("output", *("; ".join(s.outputs) for s in sheets))
    yield ("layers on the longest path", *(number(s.depth) for s in sheets))
    yield ("convolutions", *(number(s.convolutions) for s in sheets))
    for kernel in _kernels(sheets):
        yield (f"  {kernel}", *(number(s.kernels.get(kernel, 0)) for s in sheets))
    yield ("fully connected layers", *(number(s.linear) for s in sheets))
    for name in COSTS:
        values = [getattr(s, name) for s in sheets]
        if name == "weights" and values == [s.parameters for s in sheets]:
            continue
        yield (NAMES.get(name, name), *map(number, values))
        ratios = ["", *(ratio(values[0], value) for value in values[1:])]
        if any(ratios):
            yield ("", *ratios)
        if name == "parameters" and any(s.every != s.parameters for s in sheets):
            yield ("  with auxiliary", *(number(s.every) for s in sheets))
    if any(s.field for s in sheets):
        yield ("receptive field of the last convolution", *(s.field or "" for s in sheets))
    for name in dict.fromkeys(name for s in sheets for name in s.meta):
        yield (plain(name), *(s.meta.get(name, "") for s in sheets))


def _kernels(sheets: Sequence[Sheet]) -> list[str]:
    found = dict.fromkeys(kernel for s in sheets for kernel in s.kernels)
    sides = {kernel: tuple(map(int, kernel.split("x"))) for kernel in found}

    def area(kernel: str) -> tuple[int, tuple[int, ...]]:
        size = 1
        for side in sides[kernel]:
            size *= side
        return -size, sides[kernel]

    return sorted(found, key=area)


NOTE = (
    "Of one sample in evaluation; x and / are ratios to the first network. MACs are multiply-adds of",
    "convolutions and linear layers, activations the numbers that these give.",
)


# ----------------------------------------------------------------------------------------- for people
def _text(sheets: Sequence[Sheet]) -> str:
    head = ("", *(plain(s.name) for s in sheets))
    lines = columns([head, *_rows(sheets)])
    return quiet("\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:], "", *NOTE, ""]))


def _markdown(sheets: Sequence[Sheet]) -> str:
    rows = [
        ("", *(escaped(plain(s.name)) for s in sheets)),
        ("---", *("---:" for _ in sheets)),
        *([escaped(cell.strip()) for cell in row] for row in _rows(sheets)),
    ]
    return "\n".join([*(f"| {' | '.join(row)} |" for row in rows), "", *NOTE, ""])


def _latex(sheets: Sequence[Sheet]) -> str:
    def line(cells: Sequence[str]) -> str:
        return " & ".join(cells) + r" \\"

    rows = [[tex(cell.strip()) for cell in row] for row in _rows(sheets)]
    for cells, row in zip(rows, _rows(sheets)):
        cells[0] = (r"\quad " if row[0].startswith("  ") else "") + cells[0]
    return "\n".join(
        [
            "% needs \\usepackage{booktabs}",
            rf"\begin{{tabular}}{{l{'r' * len(sheets)}}}",
            r"\toprule",
            line(["", *(tex(plain(s.name)) for s in sheets)]),
            r"\midrule",
            *map(line, rows),
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


# --------------------------------------------------------------------------------------- for programs
def _json(sheets: Sequence[Sheet]) -> str:
    data = {
        "schema": "netdsl-compare/1",
        "networks": [{**_facts(s), "ratios": _ratios(sheets[0], s)} for s in sheets],
    }
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def _facts(one: Sheet) -> dict[str, Any]:
    return {
        "name": one.name,
        "inputs": list(one.inputs),
        "outputs": list(one.outputs),
        "depth": one.depth,
        "convolutions": one.convolutions,
        "linear": one.linear,
        "kernels": one.kernels,
        "parameters": one.parameters,
        "parameters_with_auxiliary": one.every,
        "weights": one.weights,
        "macs": plain_number(one.macs),
        "activations": plain_number(one.activations),
        "receptive_field": one.field,
        "meta": one.meta,
    }


def _ratios(first: Sheet, one: Sheet) -> dict[str, float | None]:
    pairs = {name: (getattr(first, name), getattr(one, name)) for name in COSTS}
    return {
        name: new / old if isinstance(old, int) and isinstance(new, int) and old else None
        for name, (old, new) in pairs.items()
    }


def _csv(sheets: Sequence[Sheet]) -> str:
    kernels = _kernels(sheets)
    facts = list(dict.fromkeys(name for s in sheets for name in s.meta))
    names = list(_facts(sheets[0]))
    plain_names = [name for name in names if name not in ("kernels", "meta")]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*plain_names, *(f"conv {k}" for k in kernels), *map(harmless, facts)])
    for one in sheets:
        values = _facts(one)
        cells = [values[name] for name in plain_names]
        cells += [one.kernels.get(kernel, 0) for kernel in kernels]
        cells += [one.meta.get(fact, "") for fact in facts]
        writer.writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = "; ".join(value) if isinstance(value, list) else str(value)
    return harmless(text)


_WRITERS: dict[str, Callable[[Sequence[Sheet]], str]] = {
    "text": _text,
    "markdown": _markdown,
    "json": _json,
    "csv": _csv,
    "latex": _latex,
}
