"""Arguments for which no parameter is left: what is called, and what was meant."""

from __future__ import annotations

from math import prod
from typing import Any

from netdsl.diagnostics import Mistake
from netdsl.elaborate.values import BlockDef, Bound, ExternDef, Form, LayerDef
from netdsl.layers.arguments import SHOWN, call_text, signature
from netdsl.layers.base import Layer
from netdsl.layers.checked import Refused
from netdsl.layers.fields import is_int
from netdsl.layers.reshaping import volume
from netdsl.record import Record
from netdsl.shapes import Shape, Size
from netdsl.source import Span
from netdsl.syntax import ast

LARGE_KERNEL = 11  # the largest side that a number without a name is taken for
GROWTH = "the growth is the channels of the body's last convolution: `dense(n) { ... }`"


class Shown:
    """How a definition is called, for messages: few arguments come to one."""

    __slots__ = ("definition",)

    def __init__(self, definition: LayerDef | Form | BlockDef | ExternDef) -> None:
        self.definition = definition

    @property
    def is_dense(self) -> bool:
        return isinstance(self.definition, Form) and self.definition.name == "dense"

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
    given without theirs, what they were given before, the arguments with their values, and the shape that
    enters, if it is known."""

    word: str
    names: list[str]
    positional: int
    already: dict[str, Bound]
    arguments: list[tuple[ast.Argument, Any]]
    shown: str | Shown
    entering: Shape | None = None

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
    if called.layer is not None and not called.names:
        hint = f"write it alone: `{called.word}`"
    span = Span(surplus[0].span.source, surplus[0].span.start, surplus[-1].span.end)
    return Mistake("E114", f"`{called.word}` {said}", span, hint=hint)


def _meant(called: Called, left: list[str], surplus: list[ast.Argument]) -> str:
    """What to write. People bring the order of PyTorch: what flows in comes first there."""
    layer, nameless = called.layer, called.nameless
    if isinstance(called.shown, Shown) and called.shown.is_dense:
        return GROWTH
    first = next(value for node, value in nameless if node is surplus[0])
    if layer is not None and layer.family == "normalization" and is_int(first):
        return "the channels that flow in are known: leave the number out"
    kernel = _with_kernel(called)
    if kernel is not None:
        return kernel
    known = without_the_input(called)
    if known is not None and layer is not None:
        certain = called.entering is not None and nameless[0][1] == called.entering.channels
        sense = (
            len(left) > 0 and not certain and len(surplus) == 1 and _takes(layer, left[0], first)
        )
        named = f"; a {left[0]} has its name: `{left[0]}={short_text(surplus[0])}`" if sense else ""
        return known + named
    if layer is not None and not left and _takes(layer, called.names[0], [v for _, v in nameless]):
        order, rank = [value for _, value in nameless], len(called.entering or ())
        if layer.word == "permute" and order[0] == 0 and len(order) == rank + 1:
            sides = ", ".join(str(n - 1) for n in order[1:])
            return f"the batch is not counted: `permute([{sides}])`"
        if layer.word == "reshape" and order[0] == -1 and called.entering is not None:
            kept = [short_text(node) for node, _ in nameless[1:]]
            if prod(order[1:]) == volume(called.entering):
                call = "flatten" if len(kept) == 1 else f"reshape([{', '.join(kept)}])"
                return f"the batch is not counted: `{call}`"
        numbers = ", ".join(short_text(node) for node, _ in nameless)
        return f"the numbers stand in a list: `{called.word}([{numbers}])`"
    pairs = ", ".join(_named(called, left, surplus))
    if not pairs:
        return f"it is `{called.shown}`"
    return f"name {'it' if len(surplus) == 1 else 'them'}: `{pairs}`"


def _named(called: Called, left: list[str], surplus: list[ast.Argument]) -> list[str]:
    """Arguments with the names of parameters that take them; none if there is no such parameter."""
    layer, pairs, free = called.layer, [], list(left)
    values = {id(node): value for node, value in called.nameless}
    for node in surplus:
        taking = [n for n in free if layer is None or _takes(layer, n, values[id(node)])]
        if not taking:
            return []
        free.remove(taking[0])
        pairs.append(f"{taking[0]}={short_text(node)}")
    return pairs


def without_the_input(called: Called) -> str | None:
    """What is said where the channels of the input stand before those of the output, as in PyTorch."""
    layer, nameless = called.layer, called.nameless
    if layer is None or _first_field(called) not in ("channels", "features"):
        return None
    if len(nameless) < 2 or isinstance(nameless[1][1], Size) or _kernel_second(called):
        return None
    shown = _rewritten(called, layer, [short_text(node) for node, _ in nameless[1:]])
    return f"the {_first_field(called)} that flow in are known: `{shown}`"


def _kernel_second(called: Called) -> bool:
    """Whether the width stands first and the kernel second, `conv(16, 3, 3)`: PyTorch's order names first what
    enters, and second a width, which is seldom less than that."""
    layer, entering = called.layer, called.entering
    if layer is None or "kernel_size" not in layer.fields:
        return False
    (_, first), (_, second) = called.nameless[:2]
    if entering is None or not is_int(first) or not is_int(second):
        second = called.nameless[1][0].value
        return isinstance(second, ast.Number) and second.value <= LARGE_KERNEL
    return first != entering.channels and 0 < second <= LARGE_KERNEL and second < first


def _with_kernel(called: Called) -> str | None:
    """What is said of numbers behind the kernel: they are its other side, or have names."""
    layer, nameless = called.layer, called.nameless
    first = _first_field(called)
    if layer is None or first != "channels" or len(nameless) < 3 or not _kernel_second(called):
        return None
    if called.entering is None:
        return f"it is `{called.shown}`"  # what enters decides which order it is
    texts = [short_text(node) for node, _ in nameless]
    side, other = nameless[1][1], nameless[2][1]
    # A kernel with even sides strides by them mostly: `conv(96, 4, 4)`.
    if len(called.entering) == 3 and is_int(other) and side == other and side % 2 == 1:
        texts[1:3] = [f"{side}x{other}"]
        return f"a kernel is one number or a size: `{_rewritten(called, layer, texts)}`"
    return f"numbers behind the kernel have names: `{_rewritten(called, layer, texts)}`"


def _first_field(called: Called) -> str | None:
    layer = called.layer
    fields = layer.fields if layer is not None else ()
    return next((name for name in fields if name not in called.already), None)


def _rewritten(called: Called, layer: type[Layer], texts: list[str]) -> str:
    """A call of a layer with other arguments without a name, named where they must be."""
    free = [name for name in layer.fields if name not in called.already]
    parts = [
        text if i < layer.positional else f"{name}={text}"
        for i, (name, text) in enumerate(zip(free, texts))
    ]
    parts += [node.span.text for node, _ in called.arguments if node.name is not None]
    return f"{layer.word}({', '.join(parts)})"


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
