"""How long texts are, counted alike.

A `.net` source counts every line with something on it but comments, documentation, `meta`, `init` and
`expect`; a `}` alone is a line.

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

from netdsl.diagnostics import Report
from netdsl.source import Source
from netdsl.syntax import ast
from netdsl.syntax.parse import parse


# ------------------------------------------------------------------------------------------- .net
def net_lines(text: str) -> int:
    """Lines of a `.net` source that count."""
    report = Report()
    tree = parse(Source("counted.net", text), report)
    report.check()
    assert tree is not None
    for start, end in _uncounted(tree):
        text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
    text = re.sub(r'""".*?"""', lambda doc: "\n" * doc[0].count("\n"), text, flags=re.DOTALL)
    return sum(bool(re.sub(r"#.*", "", line).strip()) for line in text.splitlines())


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
