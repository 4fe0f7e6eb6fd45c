"""Functions and modules that PyTorch lacks: copied from templates/torch/helpers.py where they are used."""

from __future__ import annotations

import ast as python
from collections.abc import Iterable
from functools import cache

from netdsl.code.layout import lines
from netdsl.code.stmt import Class
from netdsl.data import data_file


class Helper:
    """A definition copied as it stands in templates/torch/helpers.py."""

    def __init__(self, name: str, text: str, names: frozenset[str]) -> None:
        self.name = name
        self.text = text
        self.names = names
        self.statement = Class(f"Helper{name}", (), "Placeholder.", ())
        self.placeholder = "\n".join(lines(self.statement))


@cache
def all_helpers() -> dict[str, Helper]:
    """Every definition of the helpers' file, by name, with the names that it reads."""
    text = data_file("templates/torch/helpers.py").read_text(encoding="utf-8")
    source = text.splitlines()
    found: dict[str, Helper] = {}
    for node in python.parse(text).body:
        if not isinstance(node, (python.FunctionDef, python.ClassDef)):
            continue
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        piece = "\n".join(source[first - 1 : node.end_lineno])
        names = {n.id for n in python.walk(node) if isinstance(n, python.Name)}
        names |= {
            f"{n.value.id}.{n.attr}"
            for n in python.walk(node)
            if isinstance(n, python.Attribute) and isinstance(n.value, python.Name)
        }
        found[node.name] = Helper(node.name, piece, frozenset(names))
    return found


def helper_sources(used: Iterable[str]) -> list[Helper]:
    """The helpers that these names need, those that they need themselves first."""
    helpers = all_helpers()
    found: dict[str, Helper] = {}

    def visit(name: str) -> None:
        helper = helpers.get(name)
        if helper is None or name in found:
            return
        for other in sorted(helper.names):
            if other != name:
                visit(other)
        found[name] = helper

    for name in sorted(used):
        visit(name)
    order = list(helpers)
    return sorted(found.values(), key=lambda h: order.index(h.name))
