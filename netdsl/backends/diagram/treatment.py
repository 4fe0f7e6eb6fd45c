"""What becomes of weights, as a figure shows it: those that start from another net's checkpoint, and
those that stay frozen."""

from __future__ import annotations

from netdsl.backends.diagram.text import clean
from netdsl.design import Design, Link, Scope
from netdsl.weights import PARTLY, place_in

STARTED, FROZEN = "started", "frozen"


class Treatment:
    """Of every step whose weights are all treated alike, in all uses of its block: "", "started",
    "frozen" or both."""

    def __init__(self, design: Design) -> None:
        start = design.start.parts if design.start is not None else {}
        self._parts = ((STARTED, start), (FROZEN, dict.fromkeys(design.frozen, FROZEN)))
        self._found: dict[int, set[str]] = {}
        if start or design.frozen:
            self._visit(design.net, "")

    def of(self, link: Link) -> str:
        found = self._found.get(id(link), ())
        return next(iter(found)) if len(found) == 1 else ""

    def _visit(self, scope: Scope, path: str) -> None:
        for key, link in scope.children.items():
            name = f"{path}{key}"
            states = [s for s, parts in self._parts if place_in(parts, name) not in ("", PARTLY)]
            self._found.setdefault(id(link), set()).add(" ".join(states))
            if isinstance(link.what, Scope):
                self._visit(link.what, f"{name}.")


def legend(design: Design) -> list[str]:
    """What the looks of treated steps mean."""
    found = []
    if design.start is not None:
        found.append(f"thick outline: starts from {clean(design.start.source)}")
    if design.frozen:
        found.append("grey: frozen")
    return found
