"""Frames: what the names of a text stand for at a place of it, while it is run and when it is read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netdsl.design import Link, Scope
    from netdsl.source import Span


NOTHING = object()  # what a name stands for that is not known; None is a value


class Frame:
    """Names and what they stand for; `parent` is looked at next.

    `kind` is "scope" where a scope begins, "inline" for an inlined block (which sees nothing around
    it, but whose labels belong to `host`), "repeat" or "for" for one iteration of a loop, else "plain".
    `loop` is where the body of that loop stands.
    """

    __slots__ = ("host", "iteration", "kind", "labels", "lets", "loop", "names", "parent", "scope")

    def __init__(
        self,
        parent: Frame | None,
        kind: str = "plain",
        scope: Scope | None = None,
        host: Frame | None = None,
        iteration: int = 0,
        loop: Span | None = None,
    ) -> None:
        self.parent = parent
        self.kind = kind
        self.host = host
        self.iteration = iteration  # of a loop, from 1; of an inlined block, its use in the text
        self.loop = loop
        around = parent or host
        self.scope = scope if scope is not None else around.scope if around is not None else None
        self.names: dict[str, Any] = {}
        self.labels: dict[str, Link] = {}
        self.lets: dict[str, Span] = {}  # where in the text each `let` stands

    @property
    def file(self) -> Any:
        """The file of the text that is read here: an inlined block brings the one that it stands in."""
        at: Frame | None = self
        while at is not None:
            if "file " in at.names:
                return at.names["file "]
            at = at.parent
        assert self.scope is not None
        return self.scope.block.definition.file

    def find(self, name: str, place: int | None = None) -> Any:
        """What `name` stands for; KeyError if nothing. A `let` is not known at a `place` before it, where
        the text is read again after it was run."""
        found = self.get(name, place)
        if found is NOTHING:
            raise KeyError(name)
        return found

    def get(self, name: str, place: int | None = None) -> Any:
        """What `find` gives; NOTHING if nothing: most words of steps are no names of a frame."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names and (
                place is None or name not in frame.lets or frame.lets[name].start <= place
            ):
                return frame.names[name]
            frame = frame.parent
        return NOTHING
