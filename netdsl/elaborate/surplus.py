"""Arguments for which no parameter is left: what is called, and what was meant."""

from __future__ import annotations

from typing import Any

from netdsl.diagnostics import Mistake
from netdsl.elaborate.values import BlockDef, Bound, ExternDef, Form, LayerDef
from netdsl.layers.arguments import SHOWN, call_text, signature
from netdsl.layers.base import Layer
from netdsl.layers.checked import Refused
from netdsl.layers.fields import is_int
from netdsl.record import Record
from netdsl.shapes import Size
from netdsl.source import Span
from netdsl.syntax import ast


class Shown:
    """How a definition is called, for messages: few arguments come to one."""

    __slots__ = ("definition",)

    def __init__(self, definition: LayerDef | Form | BlockDef | ExternDef) -> None:
        self.definition = definition

    def __str__(self) -> str:
        definition = self.definition
        if isinstance(definition, LayerDef):
            return signature(definition.layer, SHOWN)
        return definition.name if isinstance(definition, Form) else block_signature(definition)


def block_signature(definition: BlockDef | ExternDef) -> str:
    """`bottleneck(width, stride=1)`, from the text."""
    return call_text(definition.name, [p.span.text for p in definition.params], SHOWN)


class Called(Record):
    """What is called, with which arguments: the word, the names of its parameters, of which so many may be
    given without theirs, what they were given before, and the arguments with their values."""

    word: str
    names: list[str]
    positional: int
    already: dict[str, Bound]
    arguments: list[tuple[ast.Argument, Any]]
    shown: str | Shown

    @property
    def free(self) -> list[str]:
        """The parameters that were not given before."""
        return [name for name in self.names if name not in self.already]

    @property
    def nameless(self) -> list[tuple[ast.Argument, Any]]:
        return [(node, value) for node, value in self.arguments if node.name is None]

    @property
    def layer(self) -> type[Layer] | None:
        """The layer that is called; None for anything else, like a step that predicts."""
        definition = self.shown.definition if isinstance(self.shown, Shown) else None
        layer = definition.layer if isinstance(definition, LayerDef) else None
        return layer if layer is not None and issubclass(layer, Layer) else None


def too_many(called: Called, here: dict[str, ast.Argument], surplus: list[ast.Argument]) -> Mistake:
    """The mistake of arguments without a name for which no parameter is left; `here` are those that
    found one."""
    free = called.free
    left = [n for n in free if n not in here]
    unnamed = len([n for n in called.names[: called.positional] if n in free])
    more, s = "more " if called.already else "", "s" * (unnamed != 1)
    if not free:
        said = f"takes no {more}arguments"
    elif unnamed == len(free):
        said = f"has only {unnamed} {more}parameter{s}"
    elif unnamed:
        said = f"takes at most {unnamed} {more}argument{s} without a name"
    else:
        said = "takes no argument without a name"
    hint = _meant(called, left, surplus) if free else None
    span = Span(surplus[0].span.source, surplus[0].span.start, surplus[-1].span.end)
    return Mistake("E114", f"`{called.word}` {said}", span, hint=hint)


def _meant(called: Called, left: list[str], surplus: list[ast.Argument]) -> str:
    """What to write. People bring the order of PyTorch: what flows in comes first there."""
    layer, nameless = called.layer, called.nameless
    first = next(value for node, value in nameless if node is surplus[0])
    if layer is not None and layer.family == "normalization" and is_int(first):
        return "the channels that flow in are known: leave the number out"
    known = without_the_input(called)
    if known is not None and layer is not None:
        sense = left and _takes(layer, left[0], first)
        named = f"; a {left[0]} has its name: `{left[0]}={short_text(surplus[0])}`" if sense else ""
        return known + named
    if layer is not None and not left and _takes(layer, called.names[0], [v for _, v in nameless]):
        numbers = ", ".join(short_text(node) for node, _ in nameless)
        return f"the numbers stand in a list: `{called.word}([{numbers}])`"
    pairs = ", ".join(f"{name}={short_text(node)}" for name, node in zip(left, surplus))
    if not pairs:
        return f"it is `{called.shown}`"
    return f"name {'it' if len(surplus) == 1 else 'them'}: `{pairs}`"


def without_the_input(called: Called) -> str | None:
    """What is said where the channels of the input stand before those of the output, as in PyTorch."""
    layer, nameless = called.layer, called.nameless
    free = (
        [name for name in layer.fields if name not in called.already] if layer is not None else []
    )
    if layer is None or free[:1] not in (["channels"], ["features"]):
        return None
    if len(nameless) < 2 or isinstance(nameless[1][1], Size):
        return None
    parts = [
        short_text(node) if i < layer.positional else f"{name}={short_text(node)}"
        for i, (name, (node, _)) in enumerate(zip(free, nameless[1:]))
    ]
    parts += [node.span.text for node, _ in called.arguments if node.name is not None]
    return f"the {free[0]} that flow in are known: `{layer.word}({', '.join(parts)})`"


def _takes(layer: type[Layer], name: str, value: Any) -> bool:
    try:
        layer.fields[name].check(value)
    except Refused:
        return False
    return True


def short_text(node: ast.Argument) -> str:
    """The value of an argument as it is written, if it is short."""
    text = node.value.span.text
    return text if len(text) < 20 and "\n" not in text else "..."
