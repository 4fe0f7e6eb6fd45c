"""What becomes of weights, as a figure shows it: those that start from another net's checkpoint, and
those that stay frozen."""

from __future__ import annotations

from netdsl.backends.diagram.text import clean
from netdsl.design import Design, Link, Scope
from netdsl.weights import FROZEN, PARTLY, Treatment

STARTED = "started"


class Treated:
    """Of every step whose weights are all treated alike, in all uses of its block: "", "started",
    "frozen" or both."""

    def __init__(self, design: Design) -> None:
        self._weights = Treatment(design)
        self._found: dict[int, set[str]] = {}
        if design.start is not None or design.frozen:
            self._visit(design.net, "")

    def of(self, link: Link) -> str:
        found = self._found.get(id(link), ())
        return next(iter(found)) if len(found) == 1 else ""

    def _visit(self, scope: Scope, path: str) -> None:
        for key, link in scope.children.items():
            name = f"{path}{key}"
            states = [STARTED] if self._weights.origin(name) not in ("", PARTLY) else []
            states += [FROZEN] if self._weights.frozen(name) == FROZEN else []
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
