"""Statements of the Python that is emitted, as data. `layout` writes them down.

Every statement knows its expressions, the names that it reads and binds, and the bodies inside it.
A name is what `Expr.names` says: `nn.Conv2d` is one name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from netdsl.code.expr import Attribute, Expr, Name, Tuple
from netdsl.record import Record

Names: TypeAlias = frozenset[str]
NO_NAMES: Names = frozenset()


class Statement(Record):
    """One statement, with all that is inside it."""

    def expressions(self) -> Iterable[Expr]:
        """The expressions of the statement itself, without those in its bodies."""
        return ()

    def bodies(self) -> Iterable[Body]:
        """The blocks of statements directly inside."""
        return ()

    def walk(self) -> Iterator[Statement]:
        """The statement and every statement inside it, in text order."""
        yield self
        for body in self.bodies():
            for inner in body:
                yield from inner.walk()

    def own_reads(self) -> Names:
        """Names that the statement itself reads, without its bodies."""
        return _union(e.names for e in self.expressions())

    def own_binds(self) -> Names:
        """Names that the statement itself gives a value, without its bodies."""
        return NO_NAMES

    def reads(self) -> Names:
        """Every name that is read somewhere in it, annotations and base classes included."""
        return _union(s.own_reads() for s in self.walk())

    def binds(self) -> Names:
        """Every name that is given a value somewhere in it."""
        return _union(s.own_binds() for s in self.walk())

    def needs(self, after: Names = NO_NAMES) -> Names:
        """The names whose values the statement, and what comes after it, may still read."""
        return (after - self.own_binds()) | self.own_reads()


Body: TypeAlias = tuple[Statement, ...]


class Assign(Statement):
    """`target = value`, `target: annotation = value`, with a comment at the end of the line."""

    target: Expr | str
    value: Expr
    annotation: str | None = None
    comment: str | None = None

    def expressions(self) -> Iterable[Expr]:
        return (*_inside_target(self.target), self.value)

    def own_reads(self) -> Names:
        return super().own_reads() | names_in(self.annotation)

    def own_binds(self) -> Names:
        return _bound(self.target)


class Augment(Statement):
    """`channels += n`, `features += [...]`: `op` is `+`, `*` and so on."""

    target: Expr | str
    op: str
    value: Expr

    def expressions(self) -> Iterable[Expr]:
        target = Name(self.target) if isinstance(self.target, str) else self.target
        return (target, self.value)

    def own_binds(self) -> Names:
        return _bound(self.target)


class Do(Statement):
    """An expression for its effect: `features.append(...)`."""

    of: Expr
    comment: str | None = None

    def expressions(self) -> Iterable[Expr]:
        return (self.of,)


class Return(Statement):
    value: Expr | None = None

    def expressions(self) -> Iterable[Expr]:
        return () if self.value is None else (self.value,)

    def needs(self, after: Names = NO_NAMES) -> Names:
        return self.own_reads()


class Raise(Statement):
    value: Expr

    def expressions(self) -> Iterable[Expr]:
        return (self.value,)

    def needs(self, after: Names = NO_NAMES) -> Names:
        return self.own_reads()


class For(Statement):
    """`for targets in iterable:`"""

    targets: tuple[str, ...]
    iterable: Expr
    body: Body

    def expressions(self) -> Iterable[Expr]:
        return (self.iterable,)

    def bodies(self) -> Iterable[Body]:
        return (self.body,)

    def own_binds(self) -> Names:
        return frozenset(self.targets)

    def needs(self, after: Names = NO_NAMES) -> Names:
        # What one round leaves is what the next may read; two rounds reach all that is needed.
        again = after | needed(self.body, after)
        inside = needed(self.body, again) - self.own_binds()
        return after | inside | self.own_reads()


class If(Statement):
    """`if condition:`; an `other` that is one `If` is written `elif`."""

    condition: Expr
    then: Body
    other: Body = ()

    def expressions(self) -> Iterable[Expr]:
        return (self.condition,)

    def bodies(self) -> Iterable[Body]:
        return (self.then, self.other) if self.other else (self.then,)

    def needs(self, after: Names = NO_NAMES) -> Names:
        return needed(self.then, after) | needed(self.other, after) | self.own_reads()


class Parameter(Record):
    name: str
    annotation: str | None = None
    default: Expr | None = None


class Function(Statement):
    """`def name(parameters) -> returns:`"""

    name: str
    parameters: tuple[Parameter, ...]
    returns: str | None
    doc: str | None
    body: Body
    decorators: tuple[Expr, ...] = ()

    def expressions(self) -> Iterable[Expr]:
        defaults = (p.default for p in self.parameters if p.default is not None)
        return (*self.decorators, *defaults)

    def bodies(self) -> Iterable[Body]:
        return (self.body,)

    def own_reads(self) -> Names:
        annotated = _union(names_in(p.annotation) for p in self.parameters)
        return super().own_reads() | annotated | names_in(self.returns)

    def own_binds(self) -> Names:
        return frozenset([self.name])

    def needs(self, after: Names = NO_NAMES) -> Names:
        inside = needed(self.body) - {p.name for p in self.parameters}
        return (after - self.own_binds()) | self.own_reads() | inside

    def unused(self) -> tuple[str, ...]:
        """The parameters that the body never reads."""
        read = needed(self.body)
        return tuple(p.name for p in self.parameters if p.name not in read)


class Field(Statement):
    """`name: annotation = value` in a class body."""

    name: str
    annotation: str | None
    value: Expr | None = None

    def expressions(self) -> Iterable[Expr]:
        return () if self.value is None else (self.value,)

    def own_reads(self) -> Names:
        return super().own_reads() | names_in(self.annotation)

    def own_binds(self) -> Names:
        return frozenset([self.name])


class Class(Statement):
    """`class name(bases):`; the body holds fields, functions and other statements."""

    name: str
    bases: tuple[str, ...]
    doc: str | None
    body: Body

    def bodies(self) -> Iterable[Body]:
        return (self.body,)

    def own_reads(self) -> Names:
        return _union(names_in(b) for b in self.bases)

    def own_binds(self) -> Names:
        return frozenset([self.name])

    def needs(self, after: Names = NO_NAMES) -> Names:
        return (after - self.own_binds()) | self.own_reads() | needed(self.body)


class Constant(Statement):
    """A constant of a module, under the lines of its comment."""

    name: str
    value: Expr
    annotation: str | None = None
    comment: str | None = None

    def expressions(self) -> Iterable[Expr]:
        return (self.value,)

    def own_reads(self) -> Names:
        return super().own_reads() | names_in(self.annotation)

    def own_binds(self) -> Names:
        return frozenset([self.name])


class Import(Record):
    """`import module`, or `from module import name, other as alias`."""

    module: str
    names: tuple[str, ...] = ()


class Module(Record):
    """A file. Its imports need no order: they are sorted, joined and grouped when written."""

    doc: str | None
    imports: tuple[Import, ...]
    body: Body

    def walk(self) -> Iterator[Statement]:
        for statement in self.body:
            yield from statement.walk()

    def reads(self) -> Names:
        """Every name that is read somewhere in the file: what must be imported or defined."""
        return _union(s.own_reads() for s in self.walk())


def needed(body: Sequence[Statement], after: Iterable[str] = NO_NAMES) -> Names:
    """The names whose values a body may read, where `after` are those that are read after it.

    What a statement binds and nobody needs after it is a variable without use.
    """
    names: Names = frozenset(after)
    for statement in reversed(body):
        names = statement.needs(names)
    return names


def names_in(annotation: str | None) -> Names:
    """The names in an annotation or a base class: `dict[str, nn.Module]` has three."""
    text = re.sub(r"\"[^\"]*\"|'[^']*'", "", annotation or "")
    return frozenset(re.findall(r"[^\W\d][\w.]*", text)) - {"None"}


def _union(sets: Iterable[Names]) -> Names:
    return frozenset().union(*sets)


def _bound(target: Expr | str) -> Names:
    """The names that an assignment to `target` gives a value: variables, `self.conv1`."""
    if isinstance(target, str):
        return frozenset(part.strip() for part in target.split(","))
    if isinstance(target, Tuple):
        return _union(_bound(i) for i in target.items)
    return frozenset([target.text]) if isinstance(target, (Name, Attribute)) else NO_NAMES


def _inside_target(target: Expr | str) -> Iterable[Expr]:
    """The expressions that are read in order to assign: `features` in `features[i] = ...`."""
    if isinstance(target, (str, Name)):
        return ()
    if isinstance(target, Tuple):
        return [e for i in target.items for e in _inside_target(i)]
    return (target.of,) if isinstance(target, Attribute) else (target,)
