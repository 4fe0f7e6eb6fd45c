"""`meta { ... }` and `keys { ... }`: what is said about a net beside its steps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from netdsl import totals
from netdsl.design import Design
from netdsl.diagnostics import Mistake, did_you_mean
from netdsl.elaborate.expressions import evaluate
from netdsl.elaborate.names import Names
from netdsl.elaborate.run import Run
from netdsl.elaborate.values import Silent, Tapped, Target, kind_of
from netdsl.syntax import ast
from netdsl.weights import beginnings, path_of, renamed

_PREFIX = re.compile(r"[^\s.]+(\.[^\s.]+)*")


def read_entries(
    run: Run, design: Design, node: ast.Net | ast.Variant, names: Names
) -> dict[str, ast.Entry]:
    """Put what the body of a net or variant says into `design.meta` and `design.keys`; its lines of
    `keys` by their paths are returned."""
    found: dict[str, ast.Entry] = {}
    said: dict[tuple[type, str], ast.Entry] = {}
    for statement in node.body.statements if node.body is not None else ():
        if isinstance(statement, (ast.Meta, ast.Keys)):
            for entry in statement.entries:
                first = said.setdefault((type(statement), ".".join(entry.path)), entry)
                if first is not entry:
                    run.report_mistake(_said_twice(first, entry))
                    continue
                try:
                    _entry(design, statement, entry, evaluate(entry.value, names))
                except Mistake as mistake:
                    run.report_mistake(_as_text(mistake.at(entry.value.span), statement, entry))
                    continue
                except Silent:
                    continue
                if isinstance(statement, ast.Keys):
                    found[".".join(entry.path)] = entry
        elif isinstance(node, ast.Variant) and not isinstance(statement, ast.Expect):
            message = "a variant's body has `meta`, `keys` and `expect` only"
            hint = "what differs is an argument: `net B = A(width=64)`"
            run.report_mistake(Mistake("E120", message, statement.span, hint=hint))
    return found


def _said_twice(first: ast.Entry, entry: ast.Entry) -> Mistake:
    message = f"`{'.'.join(entry.path)}` is said twice"
    labels = [(first.span, "first here")]
    return Mistake("E107", message, entry.span, labels=labels, hint="leave one of them out")


def _as_text(mistake: Mistake, statement: ast.Meta | ast.Keys, entry: ast.Entry) -> Mistake:
    """The mistake of a name without quotes on the right side of `keys`: its letters are meant."""
    text = entry.value.span.text
    unknown = mistake.diagnostic.code == "E102" and isinstance(statement, ast.Keys)
    if unknown and _PREFIX.fullmatch(text):
        hint = f'names of a checkpoint are texts: write "{text}"'
        mistake.diagnostic = mistake.diagnostic.but(hint=hint)
    return mistake


def _entry(design: Design, statement: ast.Meta | ast.Keys, entry: ast.Entry, value: Any) -> None:
    key = ".".join(entry.path)
    if isinstance(statement, ast.Meta):
        if isinstance(value, (Target, Tapped)):
            message = f"a fact is a text, a number or a list, not {kind_of(value)}"
            raise Mistake("E122", message)
        if value is None:  # a variant takes a fact of its base away
            design.meta.pop(key, None)
        else:
            design.meta[key] = value
        return
    if not isinstance(value, str):
        hint = f'write `{key}: "..."`, the beginning of its names in the checkpoint'
        message = f"`keys` maps a path to a text, not to {kind_of(value)}"
        raise Mistake("E122", message, hint=hint)
    if value and not _PREFIX.fullmatch(value):
        hint = 'write parts without spaces, one dot between two of them: "backbone.body"'
        raise Mistake("E141", f'no name of a `state_dict` begins with "{value}"', hint=hint)
    design.keys[key] = value


def check_keys(run: Run, design: Design, said: Sequence[dict[str, ast.Entry]]) -> None:
    """Keep the lines of `keys` that rename something, the longest paths first. `said` are those of the
    net, then of the variants that lead to this one.

    Of lines that rename nothing only those of the last body are worth a warning: variants and other
    parameters may lack what a base names.
    """
    if not design.keys:
        return
    ours = [name for name, _, _ in totals.scope_tensors(design.net)]
    paths = beginnings(ours)
    for path, entry in said[-1].items():
        if path not in paths and not run.overridden:
            hint = did_you_mean(path, sorted(paths)) or "tables show every name: column `key`"
            theirs = design.keys[path]
            if theirs in paths:
                hint = f'the names of this network come first: `{theirs}: "{path}"`'
            message = f"`{path}` renames nothing: no name of the `state_dict` begins so"
            run.warn("W203", message, entry.span, hint)
    kept = sorted(paths & design.keys.keys(), key=lambda path: (-path.count("."), path))
    design.keys = {path: design.keys[path] for path in kept}
    entries = {path: entry for body in said for path, entry in body.items()}
    taken: dict[str, str] = {}
    for name in ours:
        theirs = renamed(name, design.keys)
        other = taken.setdefault(theirs, name)
        if theirs and other == name:
            continue
        both = f"`{other}` and `{name}` would both be `{theirs}`"
        message = f"{both if theirs else f'`{name}` would have no name'} in a published checkpoint"
        path = path_of(name, design.keys) or path_of(other, design.keys) or ""
        run.report_mistake(Mistake("E141", message, entries[path].span))
        return
