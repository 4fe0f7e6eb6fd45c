"""What names stand for: numbers, sizes, lists, layers and blocks with some arguments given, values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from netdsl.design import Link, SharedModule, Value
from netdsl.diagnostics import Mistake
from netdsl.layers.arguments import source_text
from netdsl.layers.base import Layer
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
PENDING = Unknown()  # of a `let` whose value is being computed


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


class Extent(NamedTuple):
    """How much a value holds: its entries, those of its entries included, and how deep they stand."""

    size: int
    depth: int


class Target(Record):
    """What a step can be: a layer, a block or an extern layer, with the arguments given so far."""

    definition: BlockDef | LayerDef | ExternDef | Form
    bound: dict[str, Bound]
    extent: Extent = Extent(1, 1)

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


LONGEST = 100_000  # entries of a list
DEEPEST = 64  # lists, and layers with arguments, in each other


def extent_of(value: Any) -> Extent:
    """The extent of a value. Raises `Mistake` if that is more than a value may have; what is held twice
    counts twice, for whoever goes through it meets it twice."""
    size, deepest = 1, 1
    waiting = [(value, 1)]
    while waiting:
        inner, depth = waiting.pop()
        if type(inner) is tuple:
            size += len(inner)
            waiting += [(v, depth + 1) for v in inner if type(v) is tuple or type(v) is Target]
        elif type(inner) is Target:
            size += inner.extent.size
            depth += inner.extent.depth - 1
        deepest = max(deepest, depth)
        if size > LONGEST + 1:
            raise Mistake("E127", "this list is too long", hint=f"at most {LONGEST:,} entries")
        if deepest > DEEPEST:
            message = f"this holds lists or arguments more than {DEEPEST} deep in each other"
            raise Mistake("E127", message)
    return Extent(size, deepest)


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

    def __str__(self) -> str:
        return "a value"


class InputFacts(Record):
    """`in`: `in.channels`, `in.height`, ..."""

    shape: Shape
    value: Value

    def __str__(self) -> str:
        return "in"


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
    return "`none`" if value is None else type(value).__name__


def shown_number(value: Any) -> str:
    """A number as it is, anything else as what it is."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return source_text(value)
    return kind_of(value)
