"""What is known while a class is built: its values, what names stand for, its constants."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from netdsl.backends.torch.names import distinct
from netdsl.backends.torch.rows import Rows
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.design import SharedModule, Value
from netdsl.elaborate.values import Tapped, Target
from netdsl.record import Record
from netdsl.shapes import Open
from netdsl.syntax import ast
from netdsl.walks import holds

if TYPE_CHECKING:
    from netdsl.backends.torch.symbols import At

FREE = "^"  # before a name that a class reads from the one around it
EVERYTHING = "every parameter"  # among those that decide: what a number depends on is not known
INPUT = "the sides of the input"  # in a taint: they depend on what flows in


# ------------------------------------------------------------------------- what a text stands for
class Var:
    """A value in `forward`. Its name is found last; until then it is `%n` in expressions."""

    count = 0

    def __init__(self, label: str | None = None, branch: str | None = None) -> None:
        Var.count += 1
        self.id = f"%{Var.count}"
        self.label = label
        self.branch = branch
        self.tapped = False  # read by name from elsewhere

    @property
    def expr(self) -> Expr:
        return Name(self.id)


class Val:
    """A value of the network in one class: its channels as an expression, the concrete values of all
    rows, and the open parameters of the net on which its sides depend."""

    def __init__(
        self,
        channels: Expr | None,
        concretes: Sequence[Value | None],  # None has no shape and is not read
        rows: Rows,
        taint: frozenset[str] = frozenset(),
        var: Var | None = None,
        deciding: frozenset[str] = frozenset([EVERYTHING]),
    ) -> None:
        self.channels = channels  # None: no expression is right for all rows
        self.deciding = deciding  # the parameters on which channels depend that no expression says
        self.concretes: list[Any] = list(concretes)
        self.rows = rows
        self.taint = taint
        self.var = var

    def at(self, rows: Rows) -> list[Value]:
        return rows.lift(self.concretes, self.rows)

    def but(self, **changes: Any) -> Val:
        """The same value, with what is different where it is seen from."""
        found = copy(self)
        found.__dict__.update(changes)
        return found

    def within(self, rows: Rows) -> Val:
        """The same value as rows inside of its own see it."""
        return self.but(concretes=self.at(rows), rows=rows)


class SymTarget(Record):
    """A layer or block with the arguments given so far, as expressions; which were positional."""

    definition: Any
    bound: dict[str, Sym]
    positional: frozenset[str]


class SymModule(Record):
    """A shared module: how `forward` reaches it."""

    shared: SharedModule
    var: Var


Sym: TypeAlias = Union[Expr, SymTarget, SymModule, Val, "tuple[Any, ...]"]


class Unsayable(Exception):
    """This expression has no form of its own in Python; its value, if it is one, has."""


def joined(sym: Sym) -> Sym:
    """A list of expressions as one expression; anything else as it is, and a list with an open size."""
    if isinstance(sym, tuple) and not has_open_size(sym):
        items = [s for s in sym if isinstance(s, Expr)]
        if len(items) == len(sym):
            return code.sequence(items)
    return sym


def has_open_size(sym: Sym) -> bool:
    """Whether a list holds a size that no constructor knows."""
    return isinstance(sym, tuple) and any(
        has_open_size(s) or isinstance(s, Literal) and holds(s.value, Open) for s in sym
    )


def as_expr(sym: Sym) -> Expr:
    """An argument as an expression: a list as a tuple of its entries, whatever they are."""
    return sym if isinstance(sym, Expr) else code.sequence(sym)  # type: ignore[arg-type]


def holds_symbols(value: Any) -> bool:
    """Whether a value of the elaborated network is more than numbers: layers, values, modules."""
    return holds(value, Target, Tapped, Value, SharedModule)


def concrete(found: Any) -> Any:
    """The value that `@a.b` reaches, as the class that reads it knows it: an export of `a`."""
    if isinstance(found, Tapped):
        return found.links[0].exports.get(found.path, found.value) if found.path else found.value
    return found


def are_values(found: Any) -> bool:
    """Whether an expression is a value, or a list with one in it."""
    found = concrete(found)
    return isinstance(found, Value) or (
        isinstance(found, tuple) and any(are_values(f) for f in found)
    )


# ---------------------------------------------------------------------------------- what is known
class Env:
    """What names stand for in one class, innermost first. `freed` makes what a class around says
    readable in that of a group."""

    def __init__(
        self, parent: Env | None = None, freed: Callable[[Expr], Expr] | None = None
    ) -> None:
        self.parent = parent
        self.freed = freed
        self.names: dict[str, Sym] = {}

    def find(self, name: str) -> Sym | None:
        if name in self.names:
            return self.names[name]
        found = self.parent.find(name) if self.parent is not None else None
        return found if found is None or self.freed is None else _freed(found, self.freed)


def _freed(sym: Sym, freed: Callable[[Expr], Expr]) -> Sym:
    if isinstance(sym, Expr):
        return freed(sym)
    if isinstance(sym, tuple):
        return tuple(_freed(s, freed) for s in sym)
    if isinstance(sym, SymTarget):
        return sym.but(bound={name: _freed(s, freed) for name, s in sym.bound.items()})
    return sym  # values and modules are captured where they are read


class Constants:
    """Lists and numbers of the file's `let`s that the emitted code names: `TABLE`."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self.names: dict[int, str] = {}  # id of a definition -> its name
        self.entries: dict[str, tuple[Any, str | None]] = {}  # value, and the comment above it

    def name(self, node: ast.Let, value: Any) -> str:
        name = self.names.get(id(node))
        if name is None:
            name = distinct(node.name.text.upper(), self.taken)
            self.taken.add(name)
            self.names[id(node)] = name
            self.entries[name] = (value, _comment_above(node))
        return name


def _comment_above(node: ast.Let) -> str | None:
    """The comment lines directly above a definition."""
    source = node.span.source
    line, _ = node.span.place
    found: list[str] = []
    while line > 1 and source.line(line - 1).lstrip().startswith("#"):
        line -= 1
        found.insert(0, source.line(line).strip().lstrip("#").strip())
    return "\n".join(found) or None


class Scene:
    """What a class shares while it is built: values by their concrete ones, constants and helpers used.

    A concrete value may have several: what enters a loop is also what its first round starts from.
    `parent` is the scene of the class around a helper; `capture` makes a value of it known here.
    """

    def __init__(self, run: Any) -> None:
        self.run = run
        self.values: dict[int, tuple[Val, ...]] = {}
        self.kept: list[Value] = []  # so that ids stay taken
        self.constants = Constants()
        self.wanted: set[str] = set()  # parameters of the net that must be folded
        self.parent: Scene | None = None
        self.freed: Callable[[Expr], Expr] = lambda expr: expr  # what `parent` says, as read here
        self.capture: Callable[[At, Sequence[Value]], Val | None] | None = None

    def know(self, val: Val) -> Val:
        for value in val.concretes:
            known = self.values.get(id(value), ())
            if not known or known[-1] is not val:
                self.values[id(value)] = (*known, val)
                self.kept.append(value)
        return val

    def find(self, rows: Rows, concretes: Sequence[Value], read: bool = False) -> Val | None:
        """The value that these concrete ones are, one a row; the latest if there are several. Where
        it is `read`, one that has a variable: what a module passes through is not made by it."""
        for val in reversed(self.values.get(id(concretes[0]), ())):
            if read and val.var is None:
                continue
            if val.rows.encloses(rows) and all(a is b for a, b in zip(val.at(rows), concretes)):
                return val
        return None

    def peek(self, rows: Rows, concretes: Sequence[Value]) -> Val | None:
        """The same, of the classes around too: to ask about it, not to compute with it."""
        found = self.find(rows, concretes)
        if found is not None or self.parent is None:
            return found
        found = self.parent.peek(rows, concretes)
        if found is None or found.channels is None:
            return found
        return found.but(channels=self.freed(found.channels))

    def origin(self, value: Value) -> Hashable:
        """What tells values of different steps apart, whatever row they belong to."""
        known = self.values.get(id(value), ())
        return id(known[0]) if known else None
