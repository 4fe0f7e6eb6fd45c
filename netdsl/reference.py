"""What `netdsl layers` and `netdsl zoo` print."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from netdsl.compiler import Compilation
from netdsl.heads.kinds import KINDS, Kind
from netdsl.heads.predictors import PREDICTORS
from netdsl.heads.regions import REGIONS
from netdsl.layers import FAMILIES, WORDS, find
from netdsl.layers.arguments import signature
from netdsl.reading import read_text
from netdsl.source import Source
from netdsl.syntax import ast

FORMS = {
    "residual": (
        "residual(scale=none, survival=none) { body } shortcut { ... }",
        (
            "The body's value plus what came in, or plus the shortcut's value.\n\n"
            "`residual if c { }` is just the body where the condition is false; `shortcut if c { }` stands on\n"
            "the line of the `}`. `scale` multiplies the body's value (Szegedy et al., Inception-v4, 2016, 3.3);\n"
            "`survival` is the chance that the body counts in a training step, and its factor otherwise\n"
            "(Huang et al., Stochastic Depth, 2016). Shapes must be equal.\n\n"
            "Source: He et al., Deep Residual Learning, 2015."
        ),
    ),
    "dense": (
        "dense(n) { body }",
        (
            "The body n times; each time it reads the concatenation of the input and all earlier outputs.\n\n"
            "The value is the concatenation of the input and all outputs. The body must keep height and width.\n"
            "A label in the body gets the iteration's number, from 1.\n\n"
            "Source: Huang et al., Densely Connected Convolutional Networks, 2016."
        ),
    ),
}


# How the body of a head is written, by the form of its kind.
BODIES = {
    "bars": "{ | @map -> ... }",
    "maps": "{ ... }",
    "regions": "{ ... }",
    "vector": "{ ... }",
    "plain": "{ ... }",
}


def words() -> list[str]:
    """Every word that `netdsl layers` describes."""
    return [*WORDS, *FORMS, *KINDS, *PREDICTORS, *REGIONS]


def list_layers() -> str:
    """Every word that can be a step, by family, with its parameters; and the heads with the steps that
    stand in them."""
    lines: list[str] = []
    for family, names in FAMILIES.items():
        if names:
            lines.append(f"{family}:")
        for word in names:
            layer = find(word)
            assert layer is not None
            lines += _listed(signature(layer), len(word))
    lines.append("forms:")
    lines += [f"  {shown}" for shown, _ in FORMS.values()]
    lines.append("heads:")
    for word, kind in KINDS.items():
        lines += _listed(f"{_head(kind)} {BODIES[kind.form]}", len(f"head {word}"))
    lines.append("in heads:")
    for word, step in _steps_of_heads().items():
        lines += _listed(signature(step), len(word))
    return "\n".join([*lines, "", "`netdsl layers NAME` describes one."])


def _listed(shown: str, indent: int) -> list[str]:
    return textwrap.wrap(
        shown,
        96,
        initial_indent="  ",
        subsequent_indent=" " * (indent + 3),
        break_on_hyphens=False,
    )


def describe_layer(word: str) -> str | None:
    """Parameters, shapes and source of a layer, a form, a head or a step of heads; None if there is none
    of that name."""
    if word in FORMS:
        shown, text = FORMS[word]
    elif word in KINDS:
        kind = KINDS[word]
        shown, text = f"{_head(kind)} {BODIES[kind.form]}", _doc(kind)
    else:
        layer: Any = find(word) or _steps_of_heads().get(word)
        if layer is None:
            return None
        shown, text = signature(layer), _doc(layer)
        if word in PREDICTORS:
            heads = " or ".join(f"`head {w}`" for w in PREDICTORS[word].heads)
            ends = "a bar" if KINDS[PREDICTORS[word].heads[0]].form == "bars" else "the body"
            text = f"{text}\n\nIt ends {ends} of {heads}."
    return f"{shown}\n\n{textwrap.indent(text, '  ')}"


def _head(kind: type[Kind]) -> str:
    return f"head {signature(kind)}"  # type: ignore[arg-type]


def _steps_of_heads() -> dict[str, Any]:
    """The words that are steps in heads only."""
    return {**PREDICTORS, **REGIONS}


def _doc(described: type) -> str:
    import inspect

    return inspect.cleandoc(described.__doc__ or "")


# --------------------------------------------------------------------------------------------- zoo
def zoo_table() -> str:
    """Every network of the zoo with its input, parameters, multiply-adds and file."""
    from netdsl.compiler import zoo_files
    from netdsl.elaborate.program import open_parameters
    from netdsl.network import Network
    from netdsl.zoo import zoo_name

    rows = [("name", "input", "parameters", "MACs", "file")]
    for path in zoo_files():
        # One compilation a file: what its nets share is parsed once.
        compilation = Compilation(Source(f"zoo/{path.name}", read_text(path)), path)
        file = compilation.file
        for net in file.nets if file is not None else ():
            assert file is not None
            if isinstance(net, ast.Net) and open_parameters(file, net):
                continue
            network = Network(compilation.design(net.name.text))
            shape = ", ".join(str(s) for s in network.input_shapes.values())
            macs = f"{network.macs:,}" if isinstance(network.macs, int) else "?"
            name = zoo_name(net.name.text, path)
            rows.append((name, shape, f"{network.parameters_used:,}", macs, path.name))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = [
        "  ".join(
            cell.rjust(width) if i in (2, 3) else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, "", "Parameters without side outputs, which exist in training only."])


def zoo_sources(path: Path) -> list[Path]:
    """A file of the zoo and those that it imports."""
    found = [path]
    for at in found:
        file = Compilation(Source(at.name, read_text(at)), at).file
        for definition in file.tree.definitions if file is not None else ():
            if isinstance(definition, ast.Import):
                other = at.parent / definition.path.value
                if other not in found and other.exists():
                    found.append(other)
    return found
