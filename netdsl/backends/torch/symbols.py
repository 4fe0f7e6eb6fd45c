"""Expressions of a `.net` text -> expressions of the emitted Python.

A class is emitted once for all uses of a block. Its rows are those uses; inside a loop that stays a
loop, the iterations of all of them. An expression of the text becomes one expression of the class; what
is equal in all rows may become a literal; what cannot be said for all rows at once raises `Differ`, and
who called decides whether to unroll a loop or to emit two classes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeAlias, Union

from netdsl.backends.torch.names import distinct, safe
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.design import Frame, SharedModule, Value
from netdsl.diagnostics import Mistake
from netdsl.elaborate.expressions import Names, evaluate
from netdsl.elaborate.functions import FUNCTIONS
from netdsl.elaborate.values import (
    BlockDef,
    ExternDef,
    InputFacts,
    LayerDef,
    Tapped,
    Target,
    freeze,
)
from netdsl.layers import find
from netdsl.record import Record
from netdsl.shapes import Open, Size
from netdsl.syntax import ast

FREE = "^"  # before a name that a class reads from the one around it


class Rows:
    """Instances that one piece of emitted code serves: their frames, and which row of the enclosing
    rows each belongs to. `same` rows are the enclosing ones, seen from frames further in."""

    def __init__(
        self,
        frames: Sequence[Frame],
        parent: Rows | None = None,
        owners: Sequence[int] = (),
        same: bool = False,
    ) -> None:
        self.frames = list(frames)
        self.parent = parent
        self.owners = list(owners)
        self.base: Rows = parent.base if same and parent is not None else self

    def __len__(self) -> int:
        return len(self.frames)

    def inside(self, frames: Sequence[Frame], owners: Sequence[int]) -> Rows:
        """Rounds of a loop, or the rows of one arm of a condition."""
        return Rows(frames, self, owners)

    def reframed(self, frames: Sequence[Frame]) -> Rows:
        """The same rows, seen from frames further in (an inlined block, a loop's round)."""
        return Rows(frames, self, range(len(frames)), True)

    def lift(self, entries: Sequence[Any], of: Rows) -> list[Any]:
        """Entries of enclosing rows `of`, one for each of these rows."""
        chain: list[Rows] = []
        at: Rows | None = self
        while at is not None and at.base is not of.base:
            chain.append(at.base)
            at = at.base.parent
        if at is None:
            raise KeyError("rows do not enclose each other")
        indices = list(range(len(of)))
        for rows in reversed(chain):
            indices = [indices[o] for o in rows.owners]
        return [entries[i] for i in indices]

    def encloses(self, other: Rows) -> bool:
        at: Rows | None = other
        while at is not None:
            if at.base is self.base:
                return True
            at = at.base.parent
        return False


class Differ(Exception):
    """The rows cannot be served by one piece of code; rows with equal keys can."""

    def __init__(self, rows: Rows, keys: Sequence[Hashable], why: str) -> None:
        super().__init__(why)
        self.rows = rows
        self.keys = list(keys)
        self.why = why

    @property
    def parent_base(self) -> Rows | None:
        """The rows around, as `Rows.base`."""
        parent = self.rows.base.parent
        return parent.base if parent is not None else None

    def outward(self) -> Differ | None:
        """The same for the enclosing rows; None if rows of one of them differ among themselves."""
        rows = self.rows.base
        parent = rows.parent
        assert parent is not None
        found: dict[int, Hashable] = {}
        for owner, key in zip(rows.owners, self.keys):
            if found.setdefault(owner, key) != key:
                return None
        keys = [found.get(i) for i in range(len(parent))]
        if len(set(keys)) < 2:
            return None
        return Differ(parent, keys, self.why)


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
    ) -> None:
        self.channels = channels  # None: no expression is right for all rows
        self.concretes: list[Any] = list(concretes)
        self.rows = rows
        self.taint = taint
        self.var = var

    def at(self, rows: Rows) -> list[Value]:
        return rows.lift(self.concretes, self.rows)


class SymTarget(Record):
    """A layer or block with the arguments given so far, as expressions; which were positional."""

    definition: Any
    bound: dict[str, Sym]
    positional: frozenset[str]
    concrete: Target | None = None


class SymModule(Record):
    """A shared module: how `forward` reaches it."""

    shared: SharedModule
    var: Var


Sym: TypeAlias = Union[Expr, SymTarget, SymModule, Val, "tuple[Any, ...]"]


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
        return Val(self.freed(found.channels), found.concretes, found.rows, found.taint, found.var)

    def origin(self, value: Value) -> Hashable:
        """What tells values of different steps apart, whatever row they belong to."""
        known = self.values.get(id(value), ())
        return id(known[0]) if known else None


class At:
    """A place in a class: its names, its rows, the file whose text is read."""

    def __init__(
        self,
        scene: Scene,
        env: Env,
        rows: Rows,
        file: Any,
        input: Val | None,
        facts: Callable[[str], Expr | None],
    ) -> None:
        self.scene = scene
        self.env = env
        self.rows = rows
        self.file = file
        self.input = input  # what `in` is
        self.facts = facts  # `in.height` and the like as parameters of the class
        self.looping = False  # inside of a loop of the emitted code
        self.loops: tuple[str, ...] = ()  # variables of the loops around

    def inside(self, rows: Rows | None = None, env: Env | None = None, looping: bool = False) -> At:
        found = At(
            self.scene, env or Env(self.env), rows or self.rows, self.file, self.input, self.facts
        )
        found.looping = self.looping or looping
        found.loops = self.loops
        return found

    # ------------------------------------------------------------------------------- concretely
    def names(self, row: int) -> Names:
        return Names(self.scene.run, self.file, self.rows.frames[row])

    def values_of(self, node: ast.Expr) -> list[Any]:
        """What an expression is in every row."""
        return [evaluate(node, self.names(i)) for i in range(len(self.rows))]

    def uniform(self, values: Sequence[Any], why: str) -> Any:
        """The one value of all rows, or `Differ`."""
        keys = [freeze(v) for v in values]
        if any(k != keys[0] for k in keys):
            raise Differ(self.rows, keys, why)
        return values[0]

    def resolve(self, concretes: Sequence[Value]) -> Val:
        """The value of the class that these concrete ones are, one a row."""
        val = self.scene.find(self.rows, concretes, read=True)
        if val is None and self.scene.capture is not None:
            val = self.scene.capture(self, concretes)
        if val is None:
            keys = [self.scene.origin(c) for c in concretes]
            raise Differ(self.rows, keys, "a value of another iteration is read")
        return val

    def literal(self, node: ast.Expr) -> Sym:
        """An expression as what it is in all rows."""
        return self.from_value(self.uniform(self.values_of(node), node.span.text))

    def from_value(self, value: Any) -> Sym:
        """A concrete value that is the same in all rows."""
        if isinstance(value, Target):
            bound: dict[str, Sym] = {}
            for name, b in value.bound.items():
                if isinstance(b.node, ast.Number):
                    bound[name] = Literal(b.value, b.node.text)
                else:
                    bound[name] = self.from_value(b.value)
            return SymTarget(
                value.definition,
                bound,
                frozenset(n for n, b in value.bound.items() if b.positional),
                value,
            )
        value = concrete(value)
        if isinstance(value, Value):
            return self.resolve([value] * len(self.rows))
        if isinstance(value, SharedModule):
            raise KeyError("a shared module is no constant")
        if isinstance(value, tuple) and not isinstance(value, Size) and _holds_symbols(value):
            return tuple(self.from_value(v) for v in value)
        return Literal(value)

    # ------------------------------------------------------------------------------ symbolically
    def expr(self, node: ast.Expr) -> Expr:
        """An expression of numbers, lists, texts, flags."""
        found = self.sym(node)
        if isinstance(found, Expr):
            return found
        if isinstance(found, tuple) and all(isinstance(f, Expr) for f in found):
            return code.sequence(found)
        raise TypeError(f"{node.span.text} is no expression")

    def sym(self, node: ast.Expr) -> Sym:
        try:
            return _SYMBOLS[type(node)](self, node)
        except _Unsayable:
            return self.literal(node)


class _Unsayable(Exception):
    """This expression has no form of its own in Python; its value, if it is one, has."""


def _holds_symbols(value: Any) -> bool:
    if isinstance(value, tuple):
        return any(_holds_symbols(v) for v in value)
    return isinstance(value, (Target, Tapped, Value, SharedModule))


def _number(at: At, node: ast.Number) -> Sym:
    return Literal(node.value, node.text)


def _size(at: At, node: ast.SizeLiteral) -> Sym:
    return Literal(Size(node.sides))


def definition_of(file: Any, name: str) -> Any:
    """What defines a name of a file, itself or the file that it is imported from; None if nothing."""
    definition = file.definitions.get(name)
    if isinstance(definition, ast.Import):
        other = file.imports.get(definition)
        return None if other is None else definition_of(other, name)
    return definition


def _ref(at: At, node: ast.Ref) -> Sym:
    found = at.env.find(node.name)
    if found is not None:
        return _here(at, found)
    definition = definition_of(at.file, node.name)
    value = evaluate(node, at.names(0))
    if isinstance(definition, ast.Let):
        if isinstance(definition.value, ast.Number):
            return Literal(value, definition.value.text)
        if isinstance(value, tuple) and not isinstance(value, Size) and not _holds_symbols(value):
            return Literal(value, at.scene.constants.name(definition, value))
    return at.from_value(value)


def _here(at: At, sym: Sym) -> Sym:
    """What a name stands for; values from around are captured."""
    if isinstance(sym, Val):
        return at.resolve(sym.at(at.rows))
    return tuple(_here(at, s) for s in sym) if isinstance(sym, tuple) else sym


def _comment_above(node: ast.Let) -> str | None:
    """The comment lines directly above a definition."""
    source = node.span.source
    line, _ = node.span.place
    found: list[str] = []
    while line > 1 and source.line(line - 1).lstrip().startswith("#"):
        line -= 1
        found.insert(0, source.line(line).strip().lstrip("#").strip())
    return "\n".join(found) or None


def _in(at: At, node: ast.In) -> Sym:
    raise _Unsayable


def _tap(at: At, node: ast.Expr) -> Sym:
    values = at.values_of(node)
    if isinstance(values[0], tuple):
        return _values_one_by_one(at, node)
    concretes = [concrete(v) for v in values]
    if not all(isinstance(c, Value) for c in concretes):
        raise _Unsayable
    return at.resolve(concretes)


def concrete(found: Any) -> Any:
    """The value that `@a.b` reaches, as the class that reads it knows it: an export of `a`."""
    if isinstance(found, Tapped):
        return found.links[0].exports.get(found.path, found.value) if found.path else found.value
    return found


def _attribute(at: At, node: ast.Attribute) -> Sym:
    of = at.values_of(node.of)
    first = of[0]
    plain = node.name.plain
    if isinstance(first, InputFacts) and at.input is not None:
        return _fact(at, at.input, plain or "", node)
    if isinstance(first, (Tapped, Value)) and plain in (
        "channels",
        "height",
        "width",
        "length",
        "shape",
    ):
        val = at.scene.peek(at.rows, [concrete(v) for v in of]) or at.scene.peek(
            at.rows, [v.value if isinstance(v, Tapped) else v for v in of]
        )
        if val is not None:
            return _fact(at, val, plain, node)
        raise _Unsayable
    return _tap(at, node)


def _fact(at: At, val: Val, name: str, node: ast.Expr) -> Sym:
    if name == "channels" and val.channels is not None:
        return val.channels
    if name == "shape":
        raise _Unsayable
    values = at.values_of(node)
    if any(isinstance(v, Open) for v in values):
        raise _Unsayable
    at.scene.wanted |= val.taint
    if len({freeze(v) for v in values}) > 1 and val is at.input:
        parameter = at.facts(name)
        if parameter is not None:
            return parameter
    return Literal(at.uniform(values, node.span.text))


def _list(at: At, node: ast.ListLiteral) -> Sym:
    return _sequence([at.sym(i) for i in node.items])


def _sequence(items: list[Sym]) -> Sym:
    if all(isinstance(i, Expr) for i in items):
        return code.sequence(items)  # type: ignore[arg-type]
    return tuple(items)


def _entries(at: At, of: Sym, node: ast.Expr) -> list[Sym] | None:
    """The entries of a list one by one, if it is written out."""
    if isinstance(of, Literal) and isinstance(of.value, tuple):
        return [Literal(v) for v in of.value]
    if isinstance(of, code.Tuple):
        return list(of.items)
    if isinstance(of, tuple):
        return list(of)
    return None


def _index(at: At, node: ast.Index) -> Sym:
    of = at.sym(node.of)
    index = at.expr(node.index)
    if isinstance(of, Literal) and isinstance(index, Literal):
        return Literal(of.value[index.value])
    if isinstance(of, code.Call):
        raise _Unsayable  # an entry of zip(...): its value, or nothing
    entries = _entries(at, of, node.of)
    if entries is not None and not isinstance(of, Expr):
        if not isinstance(index, Literal):
            index = Literal(at.uniform(at.values_of(node.index), node.index.span.text))
        return entries[index.value]
    if isinstance(of, Expr) and not _are_sizes(at, node.of):
        return code.subscript(of, index)
    raise _Unsayable


def _are_sizes(at: At, node: ast.Expr) -> bool:
    """Whether a list is a size: in the code it may be one number, which has no sides."""
    return any(isinstance(v, Size) for v in at.values_of(node))


def _slice(at: At, node: ast.Slice) -> Sym:
    of = at.sym(node.of)
    ends = [None if e is None else at.expr(e) for e in (node.start, node.stop)]
    if all(e is None or isinstance(e, Literal) for e in ends):
        start, stop = (None if e is None else e.value for e in ends)  # type: ignore[union-attr]
        if isinstance(of, Literal):
            return Literal(of.value[start:stop])
        entries = _entries(at, of, node.of)
        if entries is not None:
            return _sequence(entries[start:stop])
    if isinstance(of, Expr) and not isinstance(of, code.Call) and not _are_sizes(at, node.of):
        return code.Subscript(of, code.Range(ends[0], ends[1]))
    raise _Unsayable


def _comprehension(at: At, node: ast.Comprehension) -> Sym:
    try:
        values = at.values_of(node)
        if all(freeze(v) == freeze(values[0]) for v in values) and not _depends(at, node):
            return at.from_value(values[0])
    except KeyError:
        pass
    if _holds_symbols(at.values_of(node)[0]):
        return _values_one_by_one(at, node)
    iterable = at.expr(node.iterable)
    inner = at.inside()
    for name in node.names:
        inner.env.names[name.text] = Name(f"%{name.text}")
    try:
        item = inner.expr(node.item)
        condition = None if node.condition is None else inner.expr(node.condition)
    except (KeyError, TypeError):
        raise _Unsayable from None
    taken = item.names | (condition.names if condition is not None else frozenset())
    targets: dict[str, str] = {}  # names that hide nothing which is read inside
    for name in node.names:
        targets[f"%{name.text}"] = safe(name.text, [*taken, *targets.values()])
    names = {old: Name(new) for old, new in targets.items()}
    item = code.rename(item, names)
    condition = None if condition is None else code.rename(condition, names)
    return code.Comprehension(item, tuple(targets.values()), iterable, condition, "[]")


def _values_one_by_one(at: At, node: ast.Expr) -> Sym:
    """A list of values: resolved entry by entry."""
    columns = at.values_of(node)
    length = at.uniform([len(c) for c in columns], "lists of values have different lengths")
    found = []
    for i in range(length):
        concretes = [concrete(c[i]) for c in columns]
        if not all(isinstance(c, Value) for c in concretes):
            raise _Unsayable
        found.append(at.resolve(concretes))
    return tuple(found)


def _depends(at: At, node: ast.Expr) -> bool:
    """Whether an expression reads a parameter, a loop variable or what flows in."""
    if isinstance(node, ast.Ref):
        found = at.env.find(node.name)
        return found is not None and not (isinstance(found, Literal))
    if isinstance(node, (ast.In, ast.Tap)):
        return True
    if isinstance(node, ast.Node):
        return any(_depends(at, getattr(node, f)) for f in node._fields if f != "span")
    if isinstance(node, tuple):
        return any(_depends(at, n) for n in node)
    return False


def _unary(at: At, node: ast.Unary) -> Sym:
    of = at.expr(node.of)
    if node.op == "not":
        return code.negate(of)
    if isinstance(of, Literal) and of.written is not None:
        return Literal(-of.value, f"-{of.written}")
    return code.negative(of)


def _binary(at: At, node: ast.Binary) -> Sym:
    left, right = at.sym(node.left), at.sym(node.right)
    if isinstance(left, SymTarget) or isinstance(right, SymTarget):
        raise _Unsayable  # layers are compared before there is a class
    left, right = at.expr(node.left), at.expr(node.right)
    if node.op in ("==", "!=", "<", "<=", ">", ">="):
        return code.compare(node.op, left, right)
    if isinstance(left, Literal) and isinstance(right, Literal):
        return Literal(code.OPERATIONS[node.op](left.value, right.value))
    return code.binary(node.op, left, right)


def _logical(at: At, node: ast.Logical) -> Sym:
    items: list[Expr] = []
    decisive = node.op == "or"
    for item in node.items:
        try:
            found = at.expr(item)
        except Mistake:  # never looked at: what stands before it decides
            at.scene.wanted |= frozenset().union(*(i.names for i in items))
            raise _Unsayable from None
        items.append(found)
        if isinstance(found, Literal) and bool(found.value) is decisive:
            break  # the rest is not looked at, and may not even have a value
    return code.logical(node.op, items)


def _choose(at: At, node: ast.Choose) -> Sym:
    condition = at.expr(node.condition)
    if isinstance(condition, Literal):
        return at.sym(node.then if condition.value else node.other)
    outcomes = at.values_of(node.condition)
    if len(set(outcomes)) == 1:
        # One arm only is ever taken; the other may not even have a value.
        arm = at.sym(node.then if outcomes[0] else node.other)
        try:
            other = at.sym(node.other if outcomes[0] else node.then)
        except (Differ, Mistake, KeyError, TypeError, LookupError, ArithmeticError):
            other = None
        if isinstance(arm, Expr) and isinstance(other, Expr):
            return (
                code.choose(arm, condition, other)
                if outcomes[0]
                else code.choose(other, condition, arm)
            )
        at.scene.wanted |= condition.names
        return arm
    then, other = at.sym(node.then), at.sym(node.other)
    if isinstance(then, Expr) and isinstance(other, Expr):
        return code.choose(then, condition, other)
    raise _Unsayable


LOOPED = ("range", "zip", "enumerate", "reversed")  # what loops go through stays as written
_PYTHON = {"ceil": "math.ceil", "floor": "math.floor", "sqrt": "math.sqrt", "log2": "math.log2"}


def _apply(at: At, node: ast.Apply) -> Sym:
    if isinstance(node.of, ast.Ref) and at.env.find(node.of.name) is None:
        name = node.of.name
        if name in FUNCTIONS and name not in at.file.definitions:
            return _function(at, name, node)
        if name not in at.file.definitions:
            layer = find(name)
            if layer is not None:
                return with_arguments(at, SymTarget(LayerDef(layer), {}, frozenset()), node.args)
    of = at.sym(node.of)
    if isinstance(of, SymTarget):
        return with_arguments(at, of, node.args)
    raise _Unsayable


def _function(at: At, name: str, node: ast.Apply) -> Sym:
    found = [at.sym(a.value) for a in node.args]
    if name == "len" and not isinstance(found[0], Expr):
        return Literal(len(found[0]))  # type: ignore[arg-type]
    if not all(isinstance(f, Expr) for f in found):
        raise _Unsayable
    if all(isinstance(f, Literal) for f in found) and name not in LOOPED:
        return Literal(FUNCTIONS[name][0](*(f.value for f in found)))  # type: ignore[union-attr]
    if name == "len" and isinstance(found[0], code.Tuple):
        return Literal(len(found[0].items))
    return code.call(_PYTHON.get(name, name), *found)


def parameters_of(definition: Any) -> list[str]:
    """The names of what a layer or block takes, in order."""
    if isinstance(definition, LayerDef):
        return list(definition.layer.model_fields)
    if isinstance(definition, (BlockDef, ExternDef)):
        return [p.name.text for p in definition.params]
    return ["count"] if definition.name == "dense" else ["scale", "survival"]


def with_arguments(
    at: At,
    target: SymTarget,
    args: Sequence[ast.Argument],
    sym: Callable[[ast.Expr], Sym] | None = None,
) -> SymTarget:
    """The target with these arguments as well. `sym` reads them in another way than `at` does."""
    sym = sym or at.sym
    bound = dict(target.bound)
    positional = set(target.positional)
    free = [n for n in parameters_of(target.definition) if n not in bound]
    for argument in args:
        if argument.name is None:
            name = free.pop(0)
            positional.add(name)
        else:
            name = argument.name.text
            positional.discard(name)
            if name in free:
                free.remove(name)
        bound[name] = sym(argument.value)
    return SymTarget(target.definition, bound, frozenset(positional))


_SYMBOLS: dict[type, Callable[[At, Any], Sym]] = {
    ast.Number: _number,
    ast.SizeLiteral: _size,
    ast.String: lambda at, node: Literal(node.value),
    ast.Constant: lambda at, node: Literal(node.value),
    ast.Ref: _ref,
    ast.In: _in,
    ast.Tap: _tap,
    ast.ListLiteral: _list,
    ast.Comprehension: _comprehension,
    ast.Attribute: _attribute,
    ast.Index: _index,
    ast.Slice: _slice,
    ast.Apply: _apply,
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.Logical: _logical,
    ast.Choose: _choose,
}

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
