"""How long texts are, counted alike.

A `.net` source counts every line with something on it but comments, documentation, `meta`, `init`, `keys` and
`expect`; a `}` alone is a line. A net's own lines are those of the net and of every definition that it reaches,
in its file and in those that it imports from; lines that import what it reaches count too.

Python counts every line with code on it: no blank lines, comments or documentation. Both sides are laid out
by `ruff format` first, so that lines of 120 columns do not count for less than lines of 88.
"""

from __future__ import annotations

import ast as python
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Collection, Iterator

from netdsl.data import data_file
from netdsl.diagnostics import Report
from netdsl.source import Source
from netdsl.syntax import ast
from netdsl.syntax.parse import parse


# ------------------------------------------------------------------------------------------- .net
def net_lines(text: str, net: str | None = None) -> int:
    """Lines of a `.net` source that count, or those of one net and of all that it uses, wherever it stands."""
    if net is None:
        return len(_Counted(text).rows)
    return len(_reached("", text, {net}))


def lines_with_imports(text: str) -> int:
    """Lines of a whole source, and of all that it uses from other files."""
    counted = _Counted(text)
    return len(_reached("", text, set(counted.definitions)) | {("", row) for row in counted.rows})


class _Counted:
    """A source, the rows of it that count, and its definitions."""

    def __init__(self, text: str) -> None:
        report = Report()
        tree = parse(Source("counted.net", text), report)
        report.check()
        assert tree is not None
        self.text = text
        self.imports = [d for d in tree.definitions if isinstance(d, ast.Import)]
        self.definitions = {
            d.name.text: d for d in tree.definitions if not isinstance(d, ast.Import)
        }
        left = text
        for start, end in _uncounted(tree):
            left = left[:start] + re.sub(r"[^\n]", " ", left[start:end]) + left[end:]
        left = re.sub(r'""".*?"""', lambda doc: "\n" * doc[0].count("\n"), left, flags=re.DOTALL)
        lines = enumerate(left.splitlines())
        self.rows = {row for row, line in lines if re.sub(r"#.*", "", line).strip()}

    def rows_of(self, node: ast.Node) -> set[int]:
        first, last = (self.text.count("\n", 0, at) for at in (node.span.start, node.span.end))
        return self.rows & set(range(first, last + 1))


def _reached(file: str, text: str, names: set[str]) -> set[tuple[str, int]]:
    """(file, row) of the definitions with these names and of all that they use."""
    counted, found, waiting, seen = _Counted(text), set[tuple[str, int]](), list(names), set[str]()
    while waiting:
        name = waiting.pop()
        if name in counted.definitions and name not in seen:
            definition = counted.definitions[name]
            found |= {(file, row) for row in counted.rows_of(definition)}
            waiting += _used(definition)
        seen.add(name)
    for line in counted.imports:
        if wanted := seen & {name.text for name in line.names}:
            found |= {(file, row) for row in counted.rows_of(line)}
            other = line.path.value.removeprefix("zoo:")
            path = data_file("zoo") / f"{other}.net"
            found |= _reached(other, path.read_text(encoding="utf-8"), wanted)
    return found


def _used(definition: ast.Node) -> Iterator[str]:
    """Names that a definition mentions. A parameter's may be one of a definition, which then counts: too many
    lines rather than too few."""
    if isinstance(definition, ast.Variant):
        yield definition.base.text
    for node in ast.below(definition):
        if isinstance(node, ast.Ref):
            yield node.name
        elif isinstance(node, (ast.Call, ast.Inline)):
            yield node.name.text


def _uncounted(node: object) -> Iterator[tuple[int, int]]:
    if isinstance(node, (ast.Meta, ast.Init, ast.Expect, ast.Keys)):
        yield node.span.start, node.span.end
    elif isinstance(node, ast.Node):
        for field in node._fields:
            yield from _uncounted(getattr(node, field))
    elif isinstance(node, tuple):
        for entry in node:
            yield from _uncounted(entry)


# ----------------------------------------------------------------------------------------- Python
def python_lines(text: str, classes: Collection[str] | None = None) -> int:
    """Lines of code of a Python file, or of these of its classes and functions."""
    text = _laid_out(text)
    tree = python.parse(text)
    counted: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.string.strip() and token.type != tokenize.COMMENT:
            counted |= set(range(token.start[0], token.end[0] + 1))
    for node in python.walk(tree):
        if isinstance(node, (python.Module, python.ClassDef, python.FunctionDef)):
            counted -= _documentation(node)
    if classes is None:
        return len(counted)
    return sum(
        len(counted & set(range(node.lineno, (node.end_lineno or 0) + 1)))
        for node in tree.body
        if isinstance(node, (python.ClassDef, python.FunctionDef)) and node.name in classes
    )


def class_names(text: str) -> list[str]:
    return [node.name for node in python.parse(text).body if isinstance(node, python.ClassDef)]


def _documentation(node: python.Module | python.ClassDef | python.FunctionDef) -> set[int]:
    first = node.body[0] if node.body else None
    if python.get_docstring(node) is None or first is None:
        return set()
    return set(range(first.lineno, (first.end_lineno or 0) + 1))


def _laid_out(text: str) -> str:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "format",
        "--isolated",
        "--stdin-filename",
        "x.py",
        "-",
    ]
    command += ["--config", "format.skip-magic-trailing-comma=true"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
