"""What all emitted detectors share: files that stand beside them, or what is reached of them in one file.

The files are the same for every network. `detection_ops.py` takes torchvision's operators where they are,
else those of `detection_fallback.py`; that is chosen once, when it is imported.
"""

from __future__ import annotations

import ast as python
from collections.abc import Iterable
from functools import cache

from netdsl.code.stmt import Import
from netdsl.data import data_file
from netdsl.record import Record

OPS = "detection_ops"
FALLBACK = "detection_fallback"


@cache
def shared_files() -> dict[str, str]:
    """Their texts by their names, `detection_ops.py` first."""
    names = (f"{OPS}.py", f"{FALLBACK}.py")
    return {n: data_file(f"templates/torch/{n}").read_text(encoding="utf-8") for n in names}


class Piece(Record):
    """A definition of a file: its text, and the names that it reads."""

    name: str
    text: str
    reads: frozenset[str]
    is_definition: bool  # a function or class, not a constant


@cache
def _pieces(file: str) -> dict[str, Piece]:
    """The definitions of a file, in its order."""
    text = shared_files()[f"{file}.py"]
    lines = text.splitlines()
    found: dict[str, Piece] = {}
    for node in python.parse(text).body:
        named = isinstance(node, (python.FunctionDef, python.ClassDef))
        if named:
            name = node.name  # type: ignore[union-attr]
        elif isinstance(node, python.Assign) and isinstance(node.targets[0], python.Name):
            name = node.targets[0].id
        else:
            continue
        if name == "__all__":
            continue
        start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        reads = {n.id for n in python.walk(node) if isinstance(n, python.Name)}
        piece = "\n".join(lines[start - 1 : node.end_lineno])
        found[name] = Piece(name, piece, frozenset(reads - {name}), named)
    return found


@cache
def public_names() -> frozenset[str]:
    """What a network may import of `detection_ops.py`."""
    tree = python.parse(shared_files()[f"{OPS}.py"])
    for node in tree.body:
        if isinstance(node, python.Assign) and python.unparse(node.targets[0]) == "__all__":
            return frozenset(python.literal_eval(node.value))
    raise ValueError(f"{OPS}.py has no __all__")


def inlined(used: Iterable[str]) -> tuple[str, str, list[Import]]:
    """What a file needs that holds all it uses: constants for its top, definitions for its end, imports.

    torchvision's operators take the place of their plain forms where they are.
    """
    ops, plain = _pieces(OPS), _pieces(FALLBACK)
    reached = _reached(used, {**plain, **ops})
    found = [p for pieces in (ops, plain) for name, p in pieces.items() if name in reached]
    constants = "\n".join(p.text for p in found if not p.is_definition)
    definitions = [p.text for p in found if p.is_definition]
    operators = sorted(reached & set(_operators()))
    if operators:
        definitions.append(_chosen(operators))
    names = frozenset().union(*(p.reads for p in found))
    imports = [Import("torch"), Import("torch", ("Tensor", "nn"))]
    if "F" in names:
        imports.append(Import("torch.nn", ("functional as F",)))
    if "math" in names:
        imports.append(Import("math"))
    for module, known in (
        ("collections.abc", ("Callable", "Sequence")),
        ("typing", ("NamedTuple",)),
    ):
        imports += [Import(module, (name,)) for name in known if name in names]
    return constants, "\n\n\n".join(definitions), imports


def _reached(used: Iterable[str], known: dict[str, Piece]) -> set[str]:
    waiting = [name for name in used if name in known]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [n for n in known[name].reads if n in known]
    return found


@cache
def _operators() -> tuple[str, ...]:
    """What `detection_ops.py` takes from torchvision."""
    for node in python.walk(python.parse(shared_files()[f"{OPS}.py"])):
        if isinstance(node, python.ImportFrom) and node.module == "torchvision.ops":
            return tuple(alias.name for alias in node.names)
    raise ValueError(f"{OPS}.py takes nothing from torchvision")


def _chosen(operators: list[str]) -> str:
    """`try: from torchvision.ops import ...`, which takes the place of the plain forms above."""
    line = f"    from torchvision.ops import {', '.join(operators)}"
    if len(line) > 88:
        line = "\n".join(
            ["    from torchvision.ops import (", *(f"        {n}," for n in operators), "    )"]
        )
    return f"try:  # torchvision's own are quicker\n{line}\nexcept (ImportError, RuntimeError):\n    pass"
