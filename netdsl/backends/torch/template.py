"""One emitted class: its constructor's parameters and what callers must know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netdsl.code.expr import Expr, Name, literal_text
from netdsl.code.stmt import Statement
from netdsl.record import Record
from netdsl.shapes import Size


class Param:
    """A parameter of a constructor. `role` says what a caller passes: "in" the input's channels,
    "channels" those of a value, "fact" a side of the input, "argument" what the text passes, "changed"
    a number that passes changed."""

    def __init__(
        self, name: str, role: str, source: str, annotation: str, default: Expr | None = None
    ) -> None:
        self.name = name
        self.role = role
        self.source = source  # the parameter (or value, or side) of the text
        self.annotation = annotation
        self.default = default  # what Python takes if it is not passed
        self.computed: Expr | None = None  # a default in terms of other parameters: callers pass it


class Argument(Record):
    """An argument of `forward` beside the running value; `source` is what the text calls it."""

    name: str
    annotation: str
    source: str


class Template:
    """A class to be emitted."""

    def __init__(self, wanted: str, kind: str) -> None:
        self.wanted = wanted  # the name it should have
        self.name = wanted
        self.kind = kind  # net, block, or helper
        self.base = "nn.Module"
        self.params: list[Param] = []
        self.changed: dict[str, dict[int, Any]] = {}  # of `changed.py`: numbers by their scopes
        self.kept: list[Param] = []  # those that the constructor reads
        self.reference = Name(f"@{id(self)}")  # stands for the class until it has its name
        self.forward_params_all: list[tuple[str, str]] = []
        self.fields: list[Statement] = []
        self.ctor: list[Statement] = []
        self.buffers: list[Statement] = []  # at the end of the constructor: tables, no weights
        self.forward: list[Statement] | None = None
        self.forward_name = "forward"  # a detector's is `predict`
        self.forward_doc: str | None = None
        self.methods: list[Statement] = []  # after `forward`
        self.forward_params: list[Argument] = []
        self.returns = "Tensor"
        self.doc: list[str] = []
        self.out_channels: Expr | None = None
        self.output_channels: list[
            Expr | None
        ] = []  # of the outputs of a net, if it says what they are
        self.exports: list[tuple[str, ...]] = []
        self.export_channels: list[Expr | None] = []
        self.places: list[int] = []  # which returned value the result and each export are
        self.fixed_sides = False  # heights and widths of what flows in are constants in it
        self.takes_input = True  # `forward` reads the running value
        self.uses: list[Template] = []
        self.parent: Template | None = None  # the class for whose group a helper was made
        self.decided: set[str] = set()  # parameters that decided what the class is like: not free
        self.extra: list[Statement] = []  # definitions before it: a NamedTuple of its outputs

    def variables(self) -> set[str]:
        """The parameters and variables of the constructor."""
        found = {p.name for p in self.kept}
        for statement in self.ctor:
            found |= {n for n in statement.binds() if "." not in n}
        return found


def annotation_of(values: Sequence[Any]) -> str:
    """The type of a parameter that has these values. A list beside numbers or sizes is a size."""
    kinds: dict[str, None] = {}
    is_size = any(type(value) in (int, Size) for value in values)
    for value in values:
        for kind in _kinds(value, is_size):
            kinds[kind] = None
    order = ["bool", "int", "float", "str"]
    found = sorted(kinds, key=lambda k: (order.index(k) if k in order else 9, k))
    if "float" in found and "int" in found:
        found.remove("int")
    if "None" in found:
        found.remove("None")
        found.append("None")
    return " | ".join(found)


def _kinds(value: Any, is_size: bool) -> list[str]:
    if value is None:
        return ["None"]
    if isinstance(value, Size) and len(set(value)) == 1:
        return ["int"]
    if isinstance(value, Size) or (is_size and isinstance(value, tuple)):
        return [f"tuple[{', '.join(['int'] * len(value))}]"]
    if isinstance(value, tuple):
        inner = annotation_of(value) if value else "int"
        return [f"Sequence[{inner}]"]
    return [type(value).__name__]


def same_value(a: Any, b: Any) -> bool:
    """Whether two arguments are emitted as the same text."""
    return literal_text(a) == literal_text(b) and type(a) is type(b)
