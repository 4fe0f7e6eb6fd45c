"""What was run: an event for every statement of a body, and what each step of a chain did."""

from __future__ import annotations

from typing import Any, TypeAlias, Union

from netdsl.design.scopes import Scope, Value
from netdsl.frames import Frame
from netdsl.layers.base import Layer
from netdsl.source import Span
from netdsl.syntax import ast


class Region:
    """A body that was run: what entered, an event for every statement, what came out."""

    __slots__ = ("body", "entry", "events", "exit", "frame")

    def __init__(self, body: ast.Body | ast.Chain, entry: Value | None, frame: Frame) -> None:
        self.body = body
        self.entry = entry
        self.exit: Value | None = entry
        self.frame = frame
        self.events: list[Event] = []


class Flow:
    """A chain that was run."""

    __slots__ = ("links", "node")

    def __init__(self, node: ast.Chain) -> None:
        self.node = node
        self.links: list[Link] = []


class Link:
    """One step of a chain: what was done (`what`), with which inputs, what came out.

    `key` is the step's name in its scope; None for what has no place there (`identity`, a merge).
    `exports` are values inside of it that are read from outside, by path (`@features.relu4_3`).
    """

    __slots__ = (
        *("exports", "frame", "inputs", "key", "label", "node"),
        *("origin", "output", "what", "word"),
    )

    def __init__(self, node: ast.Link | ast.Aux | ast.Module | ast.Head, frame: Frame) -> None:
        self.node = node
        self.origin = node  # as the text has it; a pass may have changed `node`
        self.frame = frame
        self.label: str | None = None
        self.key: str | None = None
        self.word = ""
        self.what: What = None
        self.inputs: list[Value] = []
        self.output: Value | None = None
        self.exports: dict[tuple[str, ...], Value] = {}

    @property
    def span(self) -> Span:
        """Where the step stands in the text, without its label."""
        return self.node.step.span if isinstance(self.node, ast.Link) else self.node.span

    @property
    def scope(self) -> Scope | None:
        """The level below this step, if it has one."""
        return self.what if isinstance(self.what, Scope) else None


class Applied:
    """A layer with its parameters."""

    __slots__ = ("layer",)

    def __init__(self, layer: Layer) -> None:
        self.layer = layer


class Shared:
    """One use of a `module`: its weights are those of `home`, whatever scope it is used in."""

    __slots__ = ("home", "scope")

    def __init__(self, home: SharedModule, scope: Scope | Layer) -> None:
        self.home = home
        self.scope = scope


class SharedModule:
    """`module tower = ...`: declared once; `first` is what its first use made of it."""

    __slots__ = ("file", "frame", "link", "name", "node", "owner", "uses")

    def __init__(self, node: ast.Module, frame: Frame, owner: Scope, file: Any) -> None:
        self.node = node
        self.file = file
        self.frame = frame
        self.owner = owner
        self.name = node.name.text
        self.link: Link | None = None
        self.uses: list[Link] = []

    def __repr__(self) -> str:
        return f"module {self.name}"


class Merge:
    """`concat`, `add`, `mul`: a bar is a region; `branches` are the values that meet, in order."""

    __slots__ = ("bars", "branches", "layer", "region")

    def __init__(self, layer: Layer, region: Region) -> None:
        self.layer = layer
        self.region = region  # the body, whose events are bars, loops, ifs and lets
        self.bars: list[BarEvent] = []
        self.branches: list[Value] = []


class Residual:
    """`residual { body } shortcut { ... }`; without `adds` just the body."""

    __slots__ = ("adds", "body", "scale", "shortcut", "survival")

    def __init__(self, body: Region) -> None:
        self.body = body
        self.adds = True
        self.shortcut: Region | None = None
        self.scale: float | None = None
        self.survival: float | None = None


class Dense:
    """`dense(n) { body }`: each iteration reads the concatenation of all before it."""

    __slots__ = ("iterations",)

    def __init__(self) -> None:
        self.iterations: list[Region] = []


class Inlined:
    """`inline block(...)`: the block's steps, in the scope around."""

    __slots__ = ("arguments", "definition", "region")

    def __init__(self, definition: Any, arguments: dict[str, Any], region: Region) -> None:
        self.definition = definition
        self.arguments = arguments
        self.region = region


class Taken:
    """`@label` at the start of a chain."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value


class Computed:
    """`(@a * @b)`: arithmetic on values."""

    __slots__ = ("values",)

    def __init__(self, values: list[Value]) -> None:
        self.values = values


class Predicted:
    """The last step of a bar or a body in a head. `parts` are the steps that make the numbers (scores,
    offsets), `values` what comes out by the same names; without weights of its own it has no parts.

    `boxes` is how many boxes a place of the map has, `count` how many there are, None while a size is
    open.
    """

    __slots__ = ("boxes", "count", "map", "parts", "predictor", "values")

    def __init__(self, predictor: Any, map: Value) -> None:
        self.predictor = predictor
        self.map = map
        self.parts: dict[str, Link] = {}
        self.values: dict[str, Value] = {}
        self.boxes = 1
        self.count: int | None = None


What: TypeAlias = Union[
    "Applied",
    "Scope",
    "Shared",
    "Merge",
    "Residual",
    "Dense",
    "Inlined",
    "Taken",
    "Computed",
    "Predicted",
    None,
]


class BarEvent:
    """One bar of a merge. `scope` is the level it makes, if it makes one."""

    __slots__ = ("flow", "link", "node", "number", "value")

    def __init__(self, node: ast.Bar) -> None:
        self.node = node
        self.flow: Flow | None = None  # its steps belong to the scope around
        self.link: Link | None = None  # it is a scope of its own
        self.number = 0
        self.value: Value | None = None


class Loop:
    """`for` or `repeat`, one region an iteration."""

    __slots__ = ("iterations", "node")

    def __init__(self, node: ast.For | ast.Repeat) -> None:
        self.node = node
        self.iterations: list[Region] = []


class Branch:
    """`if`: the outcome, and the arm that was taken."""

    __slots__ = ("node", "outcome", "region")

    def __init__(self, node: ast.If, outcome: bool) -> None:
        self.node = node
        self.outcome = outcome
        self.region: Region | None = None


class AuxEvent:
    """A side output in training: a link whose output is returned beside the network's own."""

    __slots__ = ("link", "node", "weight")

    def __init__(self, node: ast.Aux, link: Link, weight: float) -> None:
        self.node = node
        self.link = link
        self.weight = weight


class HeadEvent:
    """A detection head. `kind` has its arguments (netdsl.heads.kinds), `link` the scope of its steps.

    `maps` are the values of `features`, to all of which the same weights are applied: `link` is the use
    on the first of them, `others` are those on the rest. `predicted` are its predicting steps, bar by
    bar or map by map; `outputs` what the network gives of it.
    """

    __slots__ = (
        "classes",
        "kind",
        "link",
        "maps",
        "node",
        "others",
        "outputs",
        "pool",
        "predicted",
        "strides",
    )

    def __init__(self, node: ast.Head, kind: Any, link: Link) -> None:
        self.node = node
        self.kind = kind
        self.link = link
        self.classes: ast.Expr | None = None  # what the text says of their number
        self.maps: list[Value] = []
        self.others: list[Link] = []
        self.predicted: list[Link] = []
        self.outputs: dict[str, Value] = {}
        self.pool: Link | None = None  # the step that cuts regions out
        self.strides: list[int] = []  # pixels between places of each map

    @property
    def word(self) -> str:
        return self.kind.word

    @property
    def scope(self) -> Scope:
        scope = self.link.scope
        assert scope is not None
        return scope

    @property
    def count(self) -> int | None:
        """How many boxes it predicts; None while a size is open."""
        counts = [link.what.count for link in self.predicted if isinstance(link.what, Predicted)]
        return None if None in counts else sum(c for c in counts if c is not None)


class WeightEvent:
    """`param scale: [channels] = ones`."""

    __slots__ = ("frame", "name", "node", "start", "value")

    def __init__(self, node: ast.Weight, name: str, value: Value, start: Any, frame: Frame) -> None:
        self.node = node
        self.name = name
        self.value = value
        self.start = start  # how it is filled: a netdsl.elaborate.initial.Start
        self.frame = frame


class Note:
    """A statement that moves no value: `let`, `input`, `output`, `module`, `init`, `meta`, ..."""

    __slots__ = ("frame", "node")

    def __init__(self, node: ast.Statement, frame: Frame) -> None:
        self.node = node
        self.frame = frame


Event: TypeAlias = Flow | BarEvent | Loop | Branch | AuxEvent | HeadEvent | WeightEvent | Note
