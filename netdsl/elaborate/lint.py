"""Warnings: what a text says rightly, but its author probably did not mean.

They are read off the text of a file without errors: W101 a tap before the activation, W102 `in` where
it is not what enters the body, W103 names that nothing uses, W105 groups labelled like a word that takes
a body, W106 bodies without steps, W107 values in the middle of a chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netdsl.diagnostics import Diagnostic, Report
from netdsl.elaborate.names import FORMS, MERGES
from netdsl.elaborate.program import File
from netdsl.layers import find
from netdsl.source import Span
from netdsl.syntax import ast

Misread = tuple[Span, str]  # an `in`, and the word of the body that it stands in


def lint(report: Report, file: File) -> None:
    """Add the warnings about a file to `report`."""
    for definition in file.tree.definitions:
        if isinstance(definition, (ast.Block, ast.Net)):
            for found in (
                *_early_taps(definition),
                *_inputs_of_others(definition),
                *_labels_for_words(definition),
                *_empty_bodies(definition),
                *_cut_chains(definition),
            ):
                report.add(found)
    for found in _unused(file):
        report.add(found)


# --------------------------------------------------------------------------------- taps (W101)
def _early_taps(definition: ast.Block | ast.Net) -> Iterator[Diagnostic]:
    """`conv1: conv(...) -> relu`, and `@conv1` elsewhere: the value before the relu."""
    nodes = list(ast.below(definition))
    tapped = {name: span for name, span in reversed(list(_tapped(nodes)))}  # the first of each
    for chain in nodes:
        if not isinstance(chain, ast.Chain):
            continue
        for i, link in enumerate(chain.links):
            label, step = link.label, link.step
            if not isinstance(step, ast.Call) or label is None or label.plain not in tapped:
                continue
            after = _activation(chain.links[i + 1 :])
            if step.body is None and after is not None and _on_one_line(link, after):
                word = after.name.text
                yield Diagnostic(
                    "W101",
                    f"`@{label.plain}` is the value before `{word}`",
                    label.span,
                    ((after.name.span, "comes after it"), (tapped[label.plain], "read here")),
                    f"for the value after it write `... -> {label.plain}: {word}`; if this one is "
                    f"meant, put `{word}` on a line of its own",
                )


def _tapped(nodes: Iterable[ast.Node]) -> Iterator[tuple[str | None, Span]]:
    for node in nodes:
        if isinstance(node, (ast.Tap, ast.Attribute)):
            yield node.name.plain if node.name is not None else None, node.span
        elif isinstance(node, ast.Output):
            for path in node.paths:
                yield path[-1].plain, path[-1].span


def _activation(links: tuple[ast.Link, ...]) -> ast.Call | None:
    """The activation that follows, at once or behind a normalization."""
    for link in links:
        layer = find(link.step.name.text) if isinstance(link.step, ast.Call) else None
        if layer is None or link.label is not None:
            return None
        if layer.family == "activation":
            assert isinstance(link.step, ast.Call)
            return link.step
        if layer.family != "normalization":
            return None
    return None


def _on_one_line(link: ast.Link, step: ast.Call) -> bool:
    return link.span.place[0] == step.span.place[0]


# ------------------------------------------------------------------------- values in chains (W107)
def _cut_chains(definition: ast.Block | ast.Net) -> Iterator[Diagnostic]:
    """`conv(8, 1x1) -> @a -> relu`: what flows into a value goes nowhere."""
    for chain in ast.below(definition):
        if not isinstance(chain, ast.Chain):
            continue
        for before, link in zip(chain.links, chain.links[1:]):
            if isinstance(link.step, (ast.From, ast.Compute)) and before.label is None:
                text = link.step.span.text
                if isinstance(link.step, ast.From):
                    hint = (
                        f"to join both write `concat {{ | identity | {text} }}`; else start a new "
                    )
                    hint += "line with it, and label what the line before gives"
                else:
                    hint = "to compute with what flows in, label the step before it: "
                    hint += "`x: ... -> (@x + @y)`"
                what = (before.step.span, "nothing reads what this gives")
                said = f"`{text}` does not take what flows into it"
                yield Diagnostic("W107", said, link.step.span, (what,), hint)


# ---------------------------------------------------------------------------------- `in` (W102)
def _inputs_of_others(definition: ast.Block | ast.Net) -> Iterator[Diagnostic]:
    """`in.channels` in a body that the block's own input does not enter."""
    around = "net" if isinstance(definition, ast.Net) else "block"
    for place, word in _bodies_below(definition.body.statements, False)[0]:
        yield Diagnostic(
            "W102",
            f"`in` is what enters the {around}, not what enters this `{word}`",
            place,
            hint=f"make the body a block of its own, where `in` is its input; if the {around}'s is "
            "meant, bind it before: `let entering = in.channels`",
        )


def _bodies_below(statements: Iterable[ast.Statement], moved: bool) -> tuple[list[Misread], bool]:
    """The warnings in some statements, and whether a step stands among them. `moved`: one stands before."""
    found: list[Misread] = []
    for statement in statements:
        if isinstance(statement, ast.Repeat):
            found += _uses_of_in(statement.body, "repeat") if moved else []
        bodies: list[ast.Body] = []
        if isinstance(statement, (ast.For, ast.Repeat)):
            bodies = [statement.body]
        elif isinstance(statement, ast.If):
            bodies = [b for b in (statement.then, statement.other) if b is not None]
        inner_moved = moved
        for body in bodies:
            inner, after = _bodies_below(body.statements, moved)
            found += inner
            inner_moved = inner_moved or after
        moved = inner_moved
        if isinstance(statement, (ast.Chain, ast.Bar)):
            chain = statement if isinstance(statement, ast.Chain) else statement.chain
            inner, after = _chain(chain, moved)
            found += inner
            moved = moved or (after and isinstance(statement, ast.Chain))
    return found, moved


def _chain(chain: ast.Chain, moved: bool) -> tuple[list[Misread], bool]:
    found: list[Misread] = []
    for link in chain.links:
        step = link.step
        word = step.name.text if isinstance(step, ast.Call) else "group"
        bodies = [step.body] if isinstance(step, ast.Group) else []
        if isinstance(step, ast.Call) and step.body is not None:
            bodies = [step.body, *(clause.body for clause in step.clauses)]
        for body in bodies:
            if moved and word in ("residual", "dense", "group"):
                found += _uses_of_in(body, word)
            else:
                found += _bodies_below(body.statements, moved)[0]
        moved = not _takes_in(step)
    return found, moved


def _takes_in(step: ast.Step) -> bool:
    """`@in`: what comes next is entered by it."""
    value = step.value if isinstance(step, ast.From) else None
    return isinstance(value, ast.Tap) and value.name is None


def _uses_of_in(body: ast.Body, word: str) -> Iterator[Misread]:
    return ((node.span, word) for node in ast.below(body) if isinstance(node, ast.In))


# ---------------------------------------------------------------------------- labels (W105)
def _labels_for_words(definition: ast.Block | ast.Net) -> Iterator[Diagnostic]:
    """`residual: { ... }`, a group without a skip. A group `dense` that ends a classifier is none such."""
    for node in ast.below(definition):
        if not isinstance(node, ast.Link) or not isinstance(node.step, ast.Group):
            continue
        word = node.label.plain if node.label is not None else None
        if word not in (*FORMS, *MERGES) or (word == "dense" and _calls("linear", node.step.body)):
            continue
        assert node.label is not None
        count = "(n)" if word == "dense" else ""
        bars = "| ... | ..." if word in MERGES else "..."
        yield Diagnostic(
            "W105",
            f"`{word}:` is a label: this is a group, and nothing is {DONE[word]}",
            node.label.span,
            hint=f"without the colon it is the word: `{word}{count} {{ {bars} }}`; a group has "
            "another label",
        )


DONE = {
    "residual": "added",
    "dense": "concatenated",
    "concat": "concatenated",
    "add": "added",
    "mul": "multiplied",
}


def _calls(word: str, body: ast.Body) -> bool:
    return any(isinstance(node, ast.Call) and node.name.text == word for node in ast.below(body))


# --------------------------------------------------------------------------- bodies (W106)
def _empty_bodies(definition: ast.Block | ast.Net) -> Iterator[Diagnostic]:
    """`residual { }`, which adds what came in to itself."""
    for step in ast.below(definition):
        if not isinstance(step, ast.Call) or step.body is None or step.body.statements:
            continue
        word = step.name.text
        if word in EMPTY and not step.clauses:
            shown = f"{word}{'(n)' if word == 'dense' else ''} {{ conv(...) -> ... }}"
            yield Diagnostic(
                "W106",
                f"the body of `{word}` is empty: {EMPTY[word]}",
                step.body.span,
                hint=f"put its steps between the braces: `{shown}`",
            )


EMPTY = {
    "residual": "what came in is added to itself",
    "dense": "what came in is concatenated to itself",
}


# ------------------------------------------------------------------------------- unused (W103)
def _unused(file: File) -> Iterator[Diagnostic]:
    """Names that are defined and never used. A file without nets defines them for others."""
    users: dict[str, set[int]] = {}  # which definitions mention a name
    for i, definition in enumerate(file.tree.definitions):
        for name in _used([definition]):
            users.setdefault(name, set()).add(i)
    has_nets = bool(file.nets)
    handed = {node.name for node in ast.below(file.tree) if isinstance(node, ast.Ref)}
    for i, definition in enumerate(file.tree.definitions):
        if isinstance(definition, ast.Import):
            for name in definition.names:
                if name.text not in users:
                    yield _never("import", name)
        elif has_nets and isinstance(definition, (ast.Let, ast.Extern)):
            if definition.name.text not in users:
                word = "value" if isinstance(definition, ast.Let) else "extern layer"
                yield _never(word, definition.name)
        elif isinstance(definition, ast.Block) and has_nets:
            others = users.get(definition.name.text, set()) - {i}
            if not others:
                yield _never("block", definition.name)
        if isinstance(definition, (ast.Block, ast.Net)):
            shared = isinstance(definition, ast.Block) and definition.name.text in handed
            yield from _unused_inside(definition, shared or not has_nets)


def _unused_inside(definition: ast.Block | ast.Net, shared: bool) -> Iterator[Diagnostic]:
    """`shared`: the parameters are not the block's choice, for it is handed on like others are."""
    used = set(_used([definition]))
    for param in definition.params:
        if param.name.text not in used and not shared:
            yield _never("parameter", param.name)
    inputs = [s for s in definition.body.statements if isinstance(s, ast.Input)]
    if len(inputs) > 1 and not _computed_taps(definition):
        taps = set(_tapped(ast.below(definition)))
        yield from (_never("input", n.name) for n in inputs if n.name.text not in used | taps)
    for node in ast.below(definition.body):
        if isinstance(node, (ast.Let, ast.Module, ast.Weight)):
            if node.name.text not in used:
                yield _never(WHAT[type(node)], node.name)
        elif isinstance(node, ast.For) and len(node.names) == 1:
            (name,) = node.names
            if name.text not in used and not name.text.startswith("_"):
                hint = "`repeat n { ... }` needs no name for the iteration"
                yield _never("variable", name).but(hint=hint)


def _computed_taps(definition: ast.Block | ast.Net) -> bool:
    """Whether some `@name{i}` may be any value."""
    taps = (node for node in ast.below(definition) if isinstance(node, ast.Tap))
    return any(tap.name is not None and tap.name.plain is None for tap in taps)


def _used(nodes: Iterable[ast.Node]) -> Iterator[str]:
    """Every name that some expression or step mentions."""
    for top in nodes:
        for node in (top, *ast.below(top)):
            if isinstance(node, ast.Ref):
                yield node.name
            elif isinstance(node, (ast.Call, ast.Inline, ast.Tap)):
                yield node.name.text if node.name is not None else "in"
            elif isinstance(node, ast.Variant):
                yield node.base.text


WHAT = {ast.Let: "value", ast.Module: "module", ast.Weight: "tensor"}


def _never(what: str, name: ast.Name) -> Diagnostic:
    return Diagnostic("W103", f"the {what} `{name.text}` is never used", name.span)
