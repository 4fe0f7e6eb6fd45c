"""Records: what `dataclasses` gives, without generating and compiling code at every import.

Forty frozen dataclasses cost 40 ms of a start that should take 150; these cost nothing. Type
checkers treat a `Record` as a frozen dataclass.
"""

from __future__ import annotations

from typing import Any, ClassVar, dataclass_transform


def own_fields(cls: type) -> dict[str, Any]:
    """The annotated names of a class that are no constants, without those of its bases, with their types."""
    own = cls.__dict__.get("__annotations__", {})  # noqa: RUF063 -- not inherited
    return {name: said for name, said in own.items() if "ClassVar" not in str(said)}


@dataclass_transform(frozen_default=True, eq_default=False)
class Record:
    """Named fields from the class's annotations; compared by identity; not to be changed."""

    _fields: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        own = own_fields(cls)
        cls._fields = (*cls._fields, *(n for n in own if n not in cls._fields))
        cls._defaults = {**cls._defaults, **{n: cls.__dict__[n] for n in own if n in cls.__dict__}}

    def __init__(self, *values: Any, **named: Any) -> None:
        slots = self.__dict__
        if len(values) == len(self._fields) and not named:  # most are made so, and many
            slots.update(zip(self._fields, values))
            return
        if self._defaults:
            slots.update(self._defaults)
        slots.update(zip(self._fields, values))
        if named:
            slots.update(named)
        if len(slots) != len(self._fields) or len(values) > len(self._fields):
            wrong = set(self._fields) ^ set(slots)
            raise TypeError(f"{type(self).__name__}: fields missing or unknown: {sorted(wrong)}")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __repr__(self) -> str:
        shown = ", ".join(f"{n}={getattr(self, n)!r}" for n in self._fields if n != "span")
        return f"{type(self).__name__}({shown})"

    def but(self, **changes: Any) -> Any:
        """A copy with some fields changed."""
        kept = {n: self.__dict__[n] for n in self._fields}
        return type(self)(**{**kept, **changes})
