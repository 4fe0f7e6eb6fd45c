"""Steps that a pass changed (`netdsl.passes`): what is run in the place of a step, use by use of its block.

A text says a step once, and many uses of a block run it. An edit belongs to one of them: the scope of the
use knows its `Edits`, by the step's place in the text and the rounds of the loops around it. Uses with
other edits are other scopes, so what is emitted, drawn and counted needs to know of nothing but scopes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.design import Applied, Link, Scope, Value
from netdsl.record import Record
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.names import Names

# The step as the text has it, and the rounds of the loops (the places of inlined blocks) around it.
Place = tuple[ast.Node, tuple[int, ...]]


class Edit(Record):
    """What becomes of one step: `drop` it, drop the `body` of its residual, run another `node`, or (in
    `inner`) change steps inside of it."""

    drop: bool = False
    body: bool = False
    node: ast.Link | None = None
    inner: Edits | None = None


class Edits(Record):
    """The changed steps of a scope, and the names that its steps had, which they keep."""

    steps: dict[Place, Edit]
    keys: dict[Place, str]


NOTHING = Edit()
DROPPED = "dropped"  # the word of what is left, which no text can say


def place_of(link: Link) -> Place:
    """Where a step stands in its scope."""
    rounds: list[int] = []
    frame = link.frame
    while frame is not None and frame.kind != "scope":
        if frame.kind in ("repeat", "for", "inline"):
            rounds.append(frame.iteration)
        frame = frame.host if frame.kind == "inline" else frame.parent
    return link.origin, tuple(rounds)


def edit_of(link: Link) -> Edit:
    """What becomes of a step."""
    scope = link.frame.scope
    edits = scope.edits if scope is not None else None
    return NOTHING if edits is None else edits.steps.get(place_of(link), NOTHING)


def inside(link: Link) -> Edits | None:
    """What becomes of the steps inside of a step."""
    return edit_of(link).inner


def kept_key(scope: Scope, link: Link) -> str | None:
    """The name that a step had before steps were changed."""
    return None if scope.edits is None else scope.edits.keys.get(place_of(link))


def drop(link: Link, current: Value | None, names: Names) -> None:
    """The step is not done: what enters comes out."""
    from netdsl.elaborate.dropped import Dropped  # a layer, which few networks need

    link.what = Applied(Dropped())
    link.inputs = [current] if current is not None else []
    link.output = current
    scope = names.frame.scope
    assert scope is not None
    if scope.numbered:
        scope.naming.add(link, None, False)


def is_dropped(link: Link) -> bool:
    """Whether a pass has dropped a step."""
    return isinstance(link.what, Applied) and link.what.layer.word == DROPPED


def holds_weights(link: Link) -> bool:
    """Whether a step can have a part of the `state_dict`: all but layers that never have."""
    return not isinstance(link.what, Applied) or link.what.layer.weighted
