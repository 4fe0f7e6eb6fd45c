"""The levels of a network, and what flows between its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.frames import Frame
from netdsl.layers.base import Cost
from netdsl.layers.fields import Value as LayerValue
from netdsl.shapes import Shape

if TYPE_CHECKING:
    from netdsl.design.events import AuxEvent, HeadEvent, Link, Region, SharedModule, WeightEvent


class Value(LayerValue):
    """What flows: one tensor. `shape` is None after a mistake; what reads it stays silent.

    `maker` is the step that gave it (None for inputs), `owner` the scope in which it was made. `taken`: a
    chain starts at it, `@stem -> ...`.
    """

    __slots__ = ("label", "maker", "owner", "shape", "taken", "tensor")

    def __init__(
        self, shape: Shape | None, owner: Scope | None = None, label: str | None = None
    ) -> None:
        self.shape = shape  # type: ignore[assignment]
        self.owner = owner
        self.label = label
        self.maker: Link | None = None
        self.taken = False
        self.tensor = False  # a learned tensor (`param`), which has no batch dimension

    def __repr__(self) -> str:
        return f"Value({self.label or ''}: {self.shape})"


class Scope:
    """One level of the `state_dict`: a net, a use of a block, a group, a bar, a labelled merge.

    `kind` is "net", "block", "group", "bar", "merge", "residual", "dense", "aux", "module",
    "head", or "list" (what its bars predict with). `children` are its own learned tensors and its steps by key, in the order of the text.
    """

    __slots__ = (
        "arguments",
        "aux",
        "children",
        "cost_",
        "definition",
        "edits",
        "frame",
        "heads",
        "init",
        "input",
        "kind",
        "labels",
        "lost",
        "name",
        "naming",
        "numbered",
        "outer",
        "outputs",
        "region",
        "result",
        "shared",
        "steps",
        "values",
        "weights",
    )

    def __init__(self, kind: str, name: str, definition: Any, outer: Scope | None) -> None:
        self.kind = kind
        self.name = name
        self.definition = definition  # the block or net; for other kinds their syntax node
        self.outer = outer  # the scope of the same block around it; None for nets and blocks
        self.edits: Any = None  # steps that passes changed: a netdsl.elaborate.edits.Edits
        self.arguments: dict[str, Any] = {}
        self.frame: Frame
        self.input: Value | None = None
        self.values: dict[str, Value] = {}  # value parameters and inputs, by name
        self.numbered = False
        self.naming: Any = None  # the elaborator's notes while the scope is being made
        self.region: Region
        self.result: Value | None = None
        self.outputs: dict[tuple[str, ...], Value] = {}
        self.children: dict[str, Link] = {}
        self.weights: dict[str, WeightEvent] = {}
        self.shared: dict[str, SharedModule] = {}
        self.labels: dict[str, Link] = {}
        self.lost = False  # labels of it could not be read
        self.aux: dict[str, AuxEvent] = {}
        self.heads: dict[str, HeadEvent] = {}
        self.init: list[Any] = []
        self.cost_: Cost | None = None
        self.steps = 0  # of a block, with every use of other blocks counted

    def __repr__(self) -> str:
        return f"Scope({self.kind} {self.name})"

    @property
    def block(self) -> Scope:
        """The block (or net) that this scope stands in."""
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope
