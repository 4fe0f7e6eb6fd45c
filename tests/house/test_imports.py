"""Imports of the compiler: they point one way, and a name comes from the module that defines it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import netdsl

PACKAGE = Path(netdsl.__file__).parent

# The rooms, lowest first: a room imports what stands before it (docs/architecture.md).
ROOMS = [
    "depth",
    "record",
    "version",
    "conventions",
    "data",
    "escaping",
    "files",
    "reading",
    "limits",
    "source",
    "excerpts",
    "diagnostics",
    "shapes",
    "formulas",
    "code",
    "syntax",
    "layers",
    "heads",
    "frames",
    "design",
    "walks",
    "readers",
    "follow",
    "totals",
    "counting",
    "anatomy",
    "open_sizes",
    "saved",
    "receptive",
    "weights",
    "unread",
    "idle",
    "principles",
    "ensembles",
    "elaborate",
    "verify",
    "evaluation",
    "verification",
    "larger",
    "compiler",
    "formatting",
    "backends.table",
    "backends.torch",
    "emitted",
    "lifetimes",
    "memory",
    "roofline",
    "footers",
    "backends.diagram",
    "passes",
    "live",
    "zoo",
    "comparing",
    "asked",
    "loading",
    "network",
    "reference",
    "explain",
    "detecting",
    "choices",
    "terminal",
    "reporting",
    "pass_options",
    "options",
    "figure_options",
    "cost_options",
    "table_options",
    "comparing_cli",
    "formatting_cli",
    "training_cli",
    "reference_cli",
    "paper_options",
    "cli",
    "__main__",
]
# Packages whose `__init__` is the one place from which their names are taken.
FRONTS = ("netdsl", "netdsl.code.expr", "netdsl.counting", "netdsl.design")


def _module(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_module(path): ast.parse(path.read_text()) for path in PACKAGE.rglob("*.py")}


def _imports(module: str) -> Iterator[tuple[str, str, int]]:
    """What a module imports of the package when it runs, in functions too: module, name, line."""
    tree = MODULES[module]
    unseen = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and id(node) not in unseen:
            for alias in node.names:
                if f"{node.module}.{alias.name}" in MODULES:
                    yield f"{node.module}.{alias.name}", "", node.lineno
                elif node.module in MODULES:
                    yield node.module, alias.name, node.lineno


def _room(module: str) -> str:
    parts = module.split(".")[1:]
    return ".".join(parts[: 2 if parts[0] == "backends" else 1])


def _defined(module: str) -> set[str]:
    """The names that a module gives itself, not those that it imports."""
    found: set[str] = set()
    waiting: list[ast.stmt] = list(MODULES[module].body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
        elif isinstance(node, ast.If):
            waiting += [*node.body, *node.orelse]
    return found


def test_imports_point_one_way() -> None:
    wrong = [
        f"{module}:{line} imports {other}"
        for module in MODULES
        if module not in ("netdsl", "netdsl.backends")
        for other, _, line in _imports(module)
        if _room(module) != _room(other) and ROOMS.index(_room(other)) > ROOMS.index(_room(module))
    ]
    assert not wrong, "\n".join(wrong)


def test_every_room_has_its_place() -> None:
    rooms = {_room(m) for m in MODULES if m not in ("netdsl", "netdsl.backends")}
    assert rooms == set(ROOMS)


def test_names_come_from_their_home() -> None:
    """A module that hands on what it imports hides where a thing lives."""
    homes = {module: _defined(module) for module in MODULES if module not in FRONTS}
    wrong = [
        f"{module}:{line} takes {name} from {other}"
        for module in MODULES
        for other, name, line in _imports(module)
        if name and other in homes and name not in homes[other]
    ]
    assert not wrong, "\n".join(wrong)


def test_torch_is_imported_where_modules_live_only() -> None:
    """One place makes live modules, one room uses detectors, and neither is imported at a start."""
    found = {
        module
        for module, tree in MODULES.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and any(a.name == "torch" for a in node.names))
    }
    assert {m for m in found if not m.startswith("netdsl.detecting.")} == {"netdsl.live"}
    above = {
        module
        for module, tree in MODULES.items()
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        if "netdsl.detecting" in ast.unparse(node) and not module.startswith("netdsl.detecting")
    }
    assert not above
