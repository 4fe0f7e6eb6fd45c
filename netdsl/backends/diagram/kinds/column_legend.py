"""The legend of columns: the kinds that occur, and one line about what boxes hold beside their layer."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.diagram.kinds.column_parts import Column
from netdsl.backends.diagram.legends import TEXTS
from netdsl.backends.diagram.scene.legend import Entry

KINDS = {
    **TEXTS,
    "dropout": "dropout",
    "shape": "reshaping",
    "extern": "extern layer",
    "compute": "arithmetic",
}


def entries(columns: Sequence[Column]) -> list[Entry]:
    """The kinds of boxes, then of signs and lines."""
    kinds: set[str] = set()
    signs: set[str] = set()
    for column in columns:
        kinds |= {row.kind for row in column.rows}
        kinds |= {row.kind for arc in column.arcs for row in arc.boxes}
        signs |= {"@changes" if arc.changes else "@shortcut" for arc in column.arcs}
        signs |= {"@sum"} if column.arcs else set()
        signs |= {"@training"} if column.sides else set()
        signs |= {"@repeat"} if column.spans else set()
    found = [Entry(kind, text) for kind, text in KINDS.items() if kind in kinds]
    found += [Entry("softmax", "side output")] if "@training" in signs else []
    then = [word for column in columns for word in column.then]
    shown = {
        "@sum": f"sum, then {' or '.join(dict.fromkeys(then))}" if then else "sum",
        "@shortcut": "identity shortcut",
        "@changes": "shape changes",
        "@training": "in training only",
        "@repeat": "repeated",
    }
    return found + [Entry(sign, text) for sign, text in shown.items() if sign in signs]


def notes(columns: Sequence[Column]) -> list[str]:
    """What stands inside of boxes, network by network where that differs."""
    told: dict[tuple[str, ...], list[str]] = {}
    for column in columns:
        if column.inside:
            told.setdefault(tuple(column.inside), []).append(column.title)
    out = []
    if told:
        many = len(told) > 1 or sum(map(len, told.values())) < len(columns)
        said = [
            f"{', '.join(words)} ({', '.join(names)})" if many else _listed(words)
            for words, names in told.items()
        ]
        out.append(f"in boxes, behind their layer: {'; '.join(said)}")
    out += dict.fromkeys(remark for column in columns for remark in column.remarks)
    if any(column.left_out for column in columns):
        out.append("adaptive pooling that changes no size is left out")
    return out


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
