"""What names stand for: numbers, sizes, lists, layers and blocks with some arguments given, values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netdsl.design import Link, SharedModule, Value
from netdsl.diagnostics import Mistake, did_you_mean, surely
from netdsl.layers.base import Layer, source_text
from netdsl.record import Record
from netdsl.shapes import Shape, Size
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.program import File


class Silent(Exception):
    """What is wrong here has been reported already."""


class Unknown:
    """What a name stands for after a mistake."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN = Unknown()


class BlockDef(Record):
    """A block of some file."""

    node: ast.Block
    file: File

    @property
    def name(self) -> str:
        return self.node.name.text

    @property
    def params(self) -> tuple[ast.Param, ...]:
        return self.node.params


class NetDef(Record):
    """A net of some file, or a variant of one."""

    node: ast.Net | ast.Variant
    file: File

    @property
    def name(self) -> str:
        return self.node.name.text


class ExternDef(Record):
    """`extern layer Name(params) -> shape = "package.module:Class"`."""

    node: ast.Extern
    file: File

    @property
    def name(self) -> str:
        return self.node.name.text

    @property
    def params(self) -> tuple[ast.Param, ...]:
        return self.node.params


class LayerDef(Record):
    """A layer of the language."""

    layer: type[Layer]

    @property
    def name(self) -> str:
        return self.layer.word


class Form(Record):
    """`residual`, `dense`: words that take a body and are neither layer nor block."""

    name: str


class Bound(Record):
    """An argument that was given: its value, the expression it was written as, and where it was evaluated."""

    value: Any
    node: ast.Expr | None
    positional: bool
    frame: Any = None


class Target(Record):
    """What a step can be: a layer, a block or an extern layer, with the arguments given so far."""

    definition: BlockDef | LayerDef | ExternDef | Form
    bound: dict[str, Bound]

    @property
    def name(self) -> str:
        return self.definition.name

    def __str__(self) -> str:
        given = ", ".join(f"{n}={source_text(b.value)}" for n, b in self.bound.items())
        return f"{self.name}({given})" if given else self.name

    def identity(self) -> tuple[Any, ...]:
        return (
            "target",
            id_of(self.definition),
            tuple((n, freeze(b.value)) for n, b in sorted(self.bound.items())),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Target) and self.identity() == other.identity()

    def __hash__(self) -> int:
        return hash(self.identity())


def id_of(definition: BlockDef | LayerDef | ExternDef | Form) -> Any:
    """What makes two definitions the same: a block that is imported twice is one block."""
    if isinstance(definition, LayerDef):
        return definition.layer.word
    if isinstance(definition, Form):
        return definition.name
    return id(definition.node)


class Tapped(Record):
    """What `@label` or `@body.layer2` gives: a value, and the steps down to the one that gave it."""

    value: Value
    links: tuple[Link, ...] = ()
    path: tuple[str, ...] = ()  # labels below the first link


class InputFacts(Record):
    """`in`: `in.channels`, `in.height`, ..."""

    shape: Shape
    value: Value


def freeze(value: Any) -> Any:
    """A key for a value that tells 1, 1.0 and true apart and holds no tensors' identities."""
    if isinstance(value, Tapped):
        value = value.value
    if isinstance(value, Value):
        return ("value", value.shape, value.tensor)
    if isinstance(value, SharedModule):
        return ("module", id(value))
    if isinstance(value, Size):
        return ("size", *value)
    if isinstance(value, (list, tuple)):
        return ("list", *(freeze(v) for v in value))
    if isinstance(value, Target):
        return value.identity()
    return (type(value).__name__, value)


def kind_of(value: Any) -> str:
    """What a value is, for messages."""
    if isinstance(value, bool):
        return "a flag"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, Size):
        return "a size"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, Target):
        return {
            BlockDef: "a block",
            LayerDef: "a layer",
            ExternDef: "a layer",
            Form: "a word that takes a body",
        }[type(value.definition)]
    if isinstance(value, (Tapped, Value)):
        return "a value"
    if isinstance(value, SharedModule):
        return "a module"
    if isinstance(value, InputFacts):
        return "the block's input"
    return "none" if value is None else type(value).__name__


def shown_number(value: Any) -> str:
    """A number as it is, anything else as what it is."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return source_text(value)
    return kind_of(value)


def bind(
    word: str,
    parameters: dict[str, bool],
    positional: int,
    already: dict[str, Bound],
    arguments: list[tuple[ast.Argument, Any]],
    frame: Any,
    shown: str,
    report: Callable[[Mistake], None],
) -> dict[str, Bound]:
    """Parameters and the arguments they got. `parameters` says of each whether it must be given; that is
    not checked here, for a layer or block may get its arguments in several steps.

    Every mistake is reported. `Silent` is raised after one, but for a name whose meaning is clear.
    """
    bound = dict(already)
    here: dict[str, ast.Argument] = {}
    names = list(parameters)
    free = [n for n in names[:positional] if n not in already]
    failed = surplus = False
    for node, value in arguments:
        mistake: Mistake | None = None
        if node.name is not None:
            name = node.name.text
            if name not in parameters:
                mistake = unknown_argument(word, name, names, shown, node)
                meant = surely(name, [n for n in names if n not in here])
                if meant is not None:
                    report(mistake)
                    mistake, name = None, meant
            if name in free:
                free.remove(name)
        elif any(a.name is not None for a in here.values()):
            message = "an argument without a name stands after one with a name"
            mistake = Mistake("E114", message, node.span, hint=f"it is `{shown}`")
        elif not free:
            failed = True
            if not surplus:
                report(_surplus(word, names, positional, already, node, shown))
            surplus = True
            continue
        else:
            name = free.pop(0)
        if mistake is None and name in here:
            message, first = f"`{name}` of `{word}` is given twice", (here[name].span, "first here")
            mistake = Mistake("E113", message, node.span, labels=[first])
        if mistake is not None:
            report(mistake)
            failed = True
            continue
        here[name] = node
        bound[name] = Bound(value, node.value, node.name is None, frame)
    if failed:
        raise Silent
    return bound


def _surplus(
    word: str,
    names: list[str],
    positional: int,
    already: dict[str, Bound],
    node: ast.Argument,
    shown: str,
) -> Mistake:
    """The mistake of one argument without a name too many."""
    most = len([n for n in names[:positional] if n not in already])
    rest = [n for n in names[positional:] if n not in already]
    hint = f"name it: `{rest[0]}={_short(node.value.span.text)}`" if rest else f"it is `{shown}`"
    said = "no argument without a name"
    if not names:
        said, hint = "no arguments", None
    elif most:
        said = f"at most {most} argument{'s' * (most != 1)} without a name"
    return Mistake("E114", f"`{word}` takes {said}", node.span, hint=hint)


def _short(text: str) -> str:
    return text if len(text) < 20 and "\n" not in text else "..."


def unknown_argument(
    word: str, name: str, known: list[str], shown: str, node: ast.Argument
) -> Mistake:
    assert node.name is not None
    hint = did_you_mean(name, known) or (f"it is `{shown}`" if known else f"`{word}` takes none")
    return Mistake("E110", f"`{word}` has no argument `{name}`", node.name.span, hint=hint)
