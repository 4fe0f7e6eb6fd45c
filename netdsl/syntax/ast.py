"""The syntax tree: what a `.net` text says, before any name in it means anything.

Every node carries its `span`. Nodes are compared by identity, so they can be keys of tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TypeAlias

from netdsl.record import Record
from netdsl.source import Source, Span


class Node(Record):
    span: Span


def parts(node: Node) -> list[Node]:
    """The nodes that a node consists of, in the order of the text."""
    found: list[Node] = []
    values = node.__dict__
    for field in node._fields:
        value = values[field]
        if isinstance(value, Node):
            found.append(value)
        elif value.__class__ is tuple and value:
            _add(value, found)
    return found


def _add(values: tuple[object, ...], found: list[Node]) -> None:
    """The nodes among some values; the grammar says how deep they stand (a list of paths of names)."""
    for value in values:
        if isinstance(value, Node):
            found.append(value)
        elif value.__class__ is tuple:
            _add(value, found)  # type: ignore[arg-type]


def below(node: Node) -> Iterator[Node]:
    """Every node inside of a node, at any depth, in the order of the text."""
    waiting = parts(node)
    waiting.reverse()
    while waiting:
        at = waiting.pop()
        yield at
        inner = parts(at)
        if inner:
            inner.reverse()
            waiting += inner


# ------------------------------------------------------------------------------------ expressions
class Number(Node):
    value: int | float
    text: str  # as written, where Python takes it: `1e-3` stays `1e-3` in what is emitted


class SizeLiteral(Node):
    """`3x3`, `3x?x?`: None where a size is open."""

    sides: tuple[int | None, ...]


class String(Node):
    value: str


class Constant(Node):
    value: bool | None


class Ref(Node):
    name: str


class In(Node):
    """`in`: what entered the block, as a thing with `channels`, `height`, `width`, `shape`."""


class Tap(Node):
    """`@name`, `@in`: a value that some step gave. `name` is None for `@in`."""

    name: Computed | None


class ListLiteral(Node):
    items: tuple[Expr, ...]


class Comprehension(Node):
    item: Expr
    names: tuple[Name, ...]
    iterable: Expr
    condition: Expr | None


class Attribute(Node):
    of: Expr
    name: Computed


class Index(Node):
    of: Expr
    index: Expr


class Slice(Node):
    of: Expr
    start: Expr | None
    stop: Expr | None


class Apply(Node):
    """`f(a, b=c)`: a function's result, or a layer or block with some arguments given."""

    of: Expr
    args: tuple[Argument, ...]


class Unary(Node):
    """`-a` and `not a`."""

    op: str
    of: Expr


class Binary(Node):
    """Arithmetic and comparisons."""

    op: str
    left: Expr
    right: Expr


class Logical(Node):
    """`a and b and c`, `a or b`."""

    op: str
    items: tuple[Expr, ...]


class Choose(Node):
    """`then if condition else other`."""

    then: Expr
    condition: Expr
    other: Expr


Expr: TypeAlias = (
    Number
    | SizeLiteral
    | String
    | Constant
    | Ref
    | In
    | Tap
    | ListLiteral
    | Comprehension
    | Attribute
    | Index
    | Slice
    | Apply
    | Unary
    | Binary
    | Logical
    | Choose
)


class Name(Node):
    text: str


class Computed(Node):
    """A name with holes: `layer{i + 1}`. A plain name is one string."""

    parts: tuple[str | Expr, ...]

    @property
    def plain(self) -> str | None:
        """The name, if nothing in it is computed."""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], str) else None

    @property
    def text(self) -> str:
        return self.span.text


class Argument(Node):
    name: Name | None
    value: Expr


# ------------------------------------------------------------------------------------------- flow
class Call(Node):
    """`conv(64, 3x3)`, or with a body: `residual { ... } shortcut { ... }`."""

    name: Name
    args: tuple[Argument, ...]
    condition: Expr | None = None
    body: Body | None = None
    clauses: tuple[Clause, ...] = ()


class Clause(Node):
    """`shortcut if c { ... }` on the line of the `}` before it."""

    name: Name
    args: tuple[Argument, ...]
    condition: Expr | None
    body: Body


class Inline(Node):
    name: Name
    args: tuple[Argument, ...]


class Group(Node):
    body: Body


class From(Node):
    """`@body.layer2`, `@maps[i]`: where a chain starts. The expression is a tap with its path."""

    value: Expr


class Compute(Node):
    """`(@gate * @h + (1 - @gate) * @in)`: a step that computes with values."""

    value: Expr


class Missing(Node):
    """A statement that could not be read; the mistake is already reported.

    `labels` and `names` are what it would have given (`conv1: ...`; `let width = ...`, `module tower`);
    `computed` says that there would have been labels with holes, `word` is its first word.
    """

    labels: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    computed: bool = False
    word: str = ""


Step: TypeAlias = Call | Inline | Group | From | Compute | Missing


class Link(Node):
    """One step of a chain, with its label before and the shape its author believes in after it."""

    label: Computed | None
    step: Step
    belief: Expr | None


class Chain(Node):
    links: tuple[Link, ...]


class Bar(Node):
    chain: Chain


# ------------------------------------------------------------------------------------- statements
class Input(Node):
    name: Name
    shape: Expr


class Output(Node):
    paths: tuple[tuple[Computed, ...], ...]


class Let(Node):
    name: Name
    value: Expr


class Module(Node):
    """`module tower = ...`: one module whose every use shares weights."""

    name: Name
    chain: Chain


class Weight(Node):
    """`param scale: [channels] = ones`: a learned tensor."""

    name: Name
    shape: Expr
    value: Expr | None


class Aux(Node):
    """`aux name(weight=0.3) { ... }` or `aux name(weight=0.3) = step`: a side output in training."""

    label: Computed
    args: tuple[Argument, ...]
    body: Body | None
    chain: Chain | None


class Head(Node):
    name: Name
    args: tuple[Argument, ...]
    body: Body


class Repeat(Node):
    count: Expr
    body: Body


class For(Node):
    names: tuple[Name, ...]
    iterable: Expr
    body: Body


class If(Node):
    condition: Expr
    then: Body
    other: Body | None


class Entry(Node):
    """One line of `init`, `meta` or `keys`. A string key is one part and `quoted`."""

    path: tuple[str, ...]
    value: Expr
    quoted: bool


class Init(Node):
    entries: tuple[Entry, ...]


class Meta(Node):
    entries: tuple[Entry, ...]


class Keys(Node):
    entries: tuple[Entry, ...]


class Expect(Node):
    condition: Expr


Statement: TypeAlias = (
    Chain
    | Bar
    | Input
    | Output
    | Let
    | Module
    | Weight
    | Aux
    | Head
    | Repeat
    | For
    | If
    | Init
    | Meta
    | Keys
    | Expect
)


class Body(Node):
    doc: str | None
    statements: tuple[Statement, ...]

    @cached_property
    def bars(self) -> bool:
        """Whether this is a body of bars (`for`, `if` and `let` may stand among them)."""
        return any(isinstance(statement, Bar) for statement in flat(self))


def flat(body: Body) -> Iterator[Statement]:
    """The statements of a body in the order of the text: instead of a loop those in it, and instead of a
    condition those of both arms."""
    waiting = list(reversed(body.statements))
    while waiting:
        statement = waiting.pop()
        if isinstance(statement, (For, Repeat)):
            waiting += reversed(statement.body.statements)
        elif isinstance(statement, If):
            for arm in (statement.other, statement.then):
                waiting += reversed(arm.statements) if arm is not None else ()
        else:
            yield statement


# ------------------------------------------------------------------------------------ definitions
class Param(Node):
    name: Name
    default: Expr | None


class Import(Node):
    names: tuple[Name, ...]
    path: String


class Extern(Node):
    name: Name
    params: tuple[Param, ...]
    shape: Expr
    target: String


class Block(Node):
    name: Name
    params: tuple[Param, ...]
    body: Body


class Net(Node):
    name: Name
    params: tuple[Param, ...]
    body: Body


class Variant(Node):
    """`net ResNet50 = ResNet(bottleneck, [3, 4, 6, 3])`."""

    name: Name
    base: Name
    args: tuple[Argument, ...]
    body: Body | None


Definition: TypeAlias = Import | Extern | Let | Block | Net | Variant


class File(Node):
    """`lost` are names whose definitions could not be read; the mistakes are reported."""

    source: Source
    doc: str | None
    definitions: tuple[Definition, ...]
    lost: frozenset[str] = frozenset()
