"""What to say of a name in an expression that stands for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netdsl.diagnostics import Mistake, did_you_mean, nearest
from netdsl.elaborate.functions import FUNCTIONS
from netdsl.elaborate.lookup import FACTS, block_input, body_around
from netdsl.elaborate.names import Names
from netdsl.elaborate.naming import is_repeat, loop_around
from netdsl.elaborate.values import Silent
from netdsl.layers import WORDS, is_text_of_a_layer
from netdsl.syntax import ast

COUNTERS = ("i", "j", "k", "n", "idx", "index")
MOST_SHOWN = 8  # names that a hint lists
NO_VALUES = (ast.Block, ast.Extern, ast.Import, ast.Net, ast.Variant)
PYTHONISMS = {"True": "true", "False": "false", "None": "none"}
CHANNELS = (
    "in_channels",
    "num_channels",
    "input_channels",
    "n_channels",
    "inplanes",
    "in_features",
)
INPUTS = ("input", "inputs", "image", "x")


def _bound_below(node: ast.Ref, names: Names) -> str | None:
    """What is said where a `let` further down in the block has such a name."""
    body = body_around(names.frame.scope)
    if body is None:
        return None
    lets = names.run.lets.get(body)
    if lets is None:
        found = (n for n in ast.below(body) if isinstance(n, ast.Let))
        lets = names.run.lets[body] = {n.name.text: n.name.span for n in found}
    name = nearest(node.name, [n for n, span in lets.items() if span.start > node.span.start])
    if name is None:
        return None
    slip = "" if name == node.name else f"did you mean `{name}`? "
    return f"{slip}`let {name}` stands further down, in line {lets[name].place[0]}: move it up"


def no_name(node: ast.Ref, names: Names) -> Mistake:
    """The mistake of a name that stands for nothing."""
    name = node.name
    known = names.visible()
    if names.lost:  # this may be one of the parameters that could not be read
        raise Silent
    if name in PYTHONISMS:
        hint: str | None = f"write `{PYTHONISMS[name]}`"
    elif names.gives(name, node.span):
        hint = (
            f"what a step gave is reached with `@`: `@{name}`; its channels are `@{name}.channels`"
        )
    elif nearest(name, known) is None and (called := _of_input(node, names)) is not None:
        hint = called
    elif name in FUNCTIONS:
        hint = f"`{name}` is a function: {name}(...)"
    elif name not in known and is_text_of_a_layer(name):
        hint = f'if the text is meant, write "{name}"'
    else:
        hint = did_you_mean(name, known) or _bound_below(node, names)
        hint = hint or _counter(name, names) or did_you_mean(name, WORDS)
        function = nearest(name, FUNCTIONS, 0.75)
        if hint is None and function is not None:
            hint = f"did you mean `{function}`?"
        values = sorted(
            n for n in known if not isinstance(names.file.definitions.get(n), NO_VALUES)
        )
        if hint is None and 0 < len(values) <= MOST_SHOWN:
            hint = f"names here: {', '.join(values)}"
    return Mistake("E102", f"there is no name `{name}`", hint=hint)


def _of_input(node: ast.Ref, names: Names) -> str | None:
    """What is said of `channels`, which are those of what flows in, and of `image.channels` in a block. (`width`
    would be that of a layer, a parameter.)"""
    scope = names.frame.scope
    if scope is None or scope.block.kind != "block" and block_input(names.frame) is None:
        return None
    fact = "channels" if node.name in CHANNELS else node.name
    if fact in FACTS and fact != "width":
        return f"what flows in has it: `in.{fact}`"
    called = re.match(rf"\.({'|'.join(FACTS)})\b", node.span.source.text[node.span.end :][:20])
    if called is None or node.name not in (*INPUTS, *_inputs_of_nets(names)):
        return None
    return f"what flows in is called `in`: `in.{called[1]}`"


def _inputs_of_nets(names: Names) -> Iterator[str]:
    for net in names.file.nets:
        body = getattr(net, "body", None)
        for statement in body.statements if body is not None else ():
            if isinstance(statement, ast.Input):
                yield statement.name.text


def _counter(name: str, names: Names) -> str | None:
    """What is said of `i` in a loop that does not count."""
    if name not in COUNTERS or not is_repeat(loop_around(names.frame)):
        return None
    return f"`repeat` does not count; `for {name} in range(n) {{ ... }}` does"
