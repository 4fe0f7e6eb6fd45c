"""Import statements in the order and the groups of isort, which ruff's I001 asks for."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import groupby

from netdsl.code.doc import columns
from netdsl.code.stmt import Import

BESIDE = frozenset({"detection_ops"})  # files that stand beside what is emitted


def import_lines(imports: Iterable[Import], width: int) -> list[str]:
    """The lines of a file's imports, with an empty one between groups."""
    names: dict[tuple[str, str], set[str]] = {}  # what has an alias gets a line of its own
    for i in imports:
        for name in i.names:
            names.setdefault((i.module, name if " as " in name else ""), set()).add(name)
    found = [
        (_section(m), False, (m.lower(), m, _import_order(m)), [f"import {m}"])
        for m in {i.module for i in imports if not i.names}
    ]
    for (module, _), some in names.items():
        ordered = sorted(some, key=_import_order)
        key = (module.lower(), module, _import_order(ordered[0]))
        found.append((_section(module), True, key, _from_import(module, ordered, width)))
    out: list[str] = []
    for _, section in groupby(sorted(found), key=lambda f: f[0]):
        out += [""] if out else []
        out += [line for *_, text in section for line in text]
    return out


def _section(module: str) -> int:
    root = module.partition(".")[0]
    if root in BESIDE:
        return 3
    return 0 if root == "__future__" else 1 if root in sys.stdlib_module_names else 2


def _import_order(name: str) -> tuple[int, str, str]:
    """Constants, then classes, then the rest."""
    plain = name.partition(" ")[0]
    kind = 0 if plain.isupper() and len(plain) > 1 else 1 if plain[0].isupper() else 2
    return kind, plain.lower(), plain


def _from_import(module: str, names: Sequence[str], width: int) -> list[str]:
    line = f"from {module} import {', '.join(names)}"
    if columns(line) <= width:
        return [line]
    return [f"from {module} import (", *(f"    {n}," for n in names), ")"]
