"""Things with checked parameters: layers, kinds of heads, steps that predict.

A class says its parameters as annotated fields, and each annotation says what may stand there:
`stride: Extent = 1`, where `Extent = Annotated[Any, check]` and `check` gives the value that is kept, or
raises `Refused`. Importing a library for this costs more than a whole table of ResNet-152
(benchmarks/startup.py), and its messages would have to be put into the words of the language afterwards.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from types import NoneType, SimpleNamespace, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    NoReturn,
    Self,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from netdsl.record import own_fields

Check = Callable[[Any], Any]
BOUNDS = ("at least", "at most", "less than", "more than")
_REQUIRED = object()


class Refused(ValueError):
    """An argument that is not what is `wanted`, which completes "`stride` of `conv` must be ...". `problem` is
    "wrong", "missing" or "unknown", `name` that of the parameter; `meant` is what should probably stand there."""

    def __init__(
        self, wanted: str, name: str = "", problem: str = "wrong", meant: str | None = None
    ) -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.name = name
        self.problem = problem
        self.meant = meant


class Field:
    """One parameter of a class: its default, and what may stand there."""

    def __init__(self, annotation: Any, module: str, default: Any = _REQUIRED) -> None:
        self.annotation = annotation
        self._module = module
        self.default = default

    @property
    def required(self) -> bool:
        return self.default is _REQUIRED

    @cached_property
    def check(self) -> Check:
        """What gives the value that is kept for an argument, or raises `Refused`. The annotation is read
        when the first argument comes: most layers are never used by a network."""
        described = SimpleNamespace(__annotations__={"field": self.annotation})
        names = vars(sys.modules[self._module])
        return _check_of(get_type_hints(described, names, include_extras=True)["field"])


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Checked:
    """Named parameters, each checked; compared by what they hold; not to be changed.

    `fields` are the parameters in the order of the text, those of base classes first; `given` are the
    names of the arguments that were not left out. The first `positional` may stand without name. Raises
    `Refused` for a missing, a wrong or an unknown argument, the first of them in this order.
    """

    word: ClassVar[str] = ""  # how a `.net` text calls it
    positional: ClassVar[int] = 0
    fields: ClassVar[Mapping[str, Field]] = {}
    given: ClassVar[frozenset[str]] = frozenset()  # of an instance, its own

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        own = cls.__dict__
        cls.fields = dict(cls.fields)
        for name, annotation in own_fields(cls).items():
            cls.fields[name] = Field(annotation, cls.__module__, own.get(name, _REQUIRED))

    def __init__(self, **arguments: Any) -> None:
        slots = self.__dict__
        for name, field in self.fields.items():
            if name in arguments:
                try:
                    slots[name] = field.check(arguments[name])
                except Refused as refused:
                    raise Refused(refused.wanted, name, meant=refused.meant) from None
            elif field.required:
                raise Refused("given", name, "missing")
            else:
                slots[name] = field.default
        unknown = next((name for name in arguments if name not in self.fields), None)
        if unknown is not None:
            raise Refused("left out", unknown, "unknown")
        slots["given"] = frozenset(arguments)

    def copy(self) -> Self:
        """Another one with the same parameters: steps are told apart by their layers."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        return copy

    def but(self, **changes: Any) -> Any:
        """A copy with some parameters changed, which are not checked."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__, given=self.__dict__["given"] | set(changes), **changes)
        return copy

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self.items() == other.items()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self), self.items()))

    def items(self) -> tuple[tuple[str, Any], ...]:
        """Every parameter with its value, in the order of `fields`."""
        held = self.__dict__
        return tuple([(name, held[name]) for name in self.fields])

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.items())
        return f"{type(self).__name__}({shown})"


def _check_of(annotation: Any) -> Check:
    """What an annotation checks."""
    parts = get_args(annotation)
    form = get_origin(annotation)
    if annotation is Any:
        return lambda value: value
    if form is Annotated:
        return parts[1]
    if form is Literal:
        return _one_of(parts)
    if form in (Union, UnionType) and len(parts) == 2 and parts[1] is NoneType:
        return _or_none(_check_of(parts[0]))
    kind: Any = form or annotation
    if not isinstance(kind, type):
        raise TypeError(f"{annotation} does not say what may stand there")
    return _instance_of(kind)


def _instance_of(kind: type) -> Check:
    """For what the compiler gives itself: no text can be wrong there."""

    def check(value: Any) -> Any:
        if not isinstance(value, kind):
            raise TypeError(f"{value!r} is no {kind.__name__}")
        return value

    return check


def _one_of(texts: tuple[str, ...]) -> Check:
    *most, last = [f'"{text}"' for text in texts]
    wanted = f"{', '.join(most)} or {last}" if most else last

    def check(value: Any) -> str:
        if isinstance(value, str) and value in texts:
            return value
        raise Refused(wanted)

    return check


def _or_none(inner: Check) -> Check:
    def check(value: Any) -> Any:
        if value is None:
            return None
        try:
            return inner(value)
        except Refused as refused:
            wanted = refused.wanted
            if wanted.startswith(BOUNDS):
                raise
            comma = "," if " or " in wanted else ""
            raise Refused(f"{wanted}{comma} or `none`", meant=refused.meant) from None

    return check
