"""What else is in boxes, as sentences of the legend: `BN and ReLU follow every convolution inside its box`."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.diagram.figure import Figure, Node

GROUPS = (
    (("conv", "conv1", "grouped", "fixed", "up"), "convolution"),
    (("linear",), "fully connected layer"),
    (("pool",), "pooling"),
)
LAST, SUMS = "but the last", "but those before a sum"


def fused_notes(figures: Sequence[Figure]) -> list[str]:
    """What follows convolutions, linear layers and pooling inside of their boxes, and where it does not."""
    said: list[tuple[dict[str, list[str]], str]] = []
    for kinds, what in GROUPS:
        boxes = [n for f in figures for n in f.nodes if n.kind in kinds and not n.training]
        summed = {name for f in figures for name in _before_sums(f)}
        found = _parts(boxes, summed)
        if found and not (kinds == ("pool",) and list(found) != [""]):
            said.append((found, what))
    return _sentences(said)


def _before_sums(figure: Figure) -> set[str]:
    """The nodes whose line leads to a sum."""
    sums = {node.name for node in figure.nodes if node.kind == "sum"}
    return {edge.tail for edge in figure.edges if edge.head in sums}


def _parts(boxes: Sequence[Node], summed: set[str]) -> dict[str, list[str]]:
    """What follows boxes, by the exception that there is: "" for none, "most" or "some" if there are many."""
    counted: dict[str, int] = {}
    for node in boxes:
        for part in node.fused.split(", "):
            if part and part != "flatten":
                counted[part] = counted.get(part, 0) + 1
    found: dict[str, list[str]] = {}
    for part, count in counted.items():
        missing = [node for node in boxes if part not in node.fused.split(", ")]
        found.setdefault(_exception(missing, boxes, summed, count), []).append(part)
    return found


def _exception(missing: Sequence[Node], boxes: Sequence[Node], summed: set[str], count: int) -> str:
    before = [node for node in boxes if node.name in summed]
    if not missing:
        return ""
    if list(missing) == list(boxes[-1:]):
        return LAST
    if list(missing) == before:
        return SUMS
    if list(missing) == [*before, boxes[-1]]:
        return f"{SUMS} and the last"
    return "most" if count > len(boxes) / 2 else "some"


def _sentences(said: Sequence[tuple[dict[str, list[str]], str]]) -> list[str]:
    out: list[str] = []
    waiting = list(said)
    while waiting:
        found, what = waiting.pop(0)
        if len(found) == 1 and "" in found and waiting:  # the next may say the same
            other, also = waiting[0]
            if len(other) == 1 and next(iter(other)) in ("", LAST):
                exception, parts = next(iter(other.items()))
                if parts == found[""]:
                    waiting[0] = ({exception: parts}, f"{what} and {also}")
                    continue
        out.append(_sentence(found, what))
    return out


def _sentence(found: dict[str, list[str]], what: str) -> str:
    clauses = []
    for exception, parts in sorted(
        found.items(), key=lambda e: (e[0] != "", e[0] in ("most", "some"))
    ):
        words = " and ".join(parts)
        follow = "follows" if len(parts) == 1 else "follow"
        if clauses:
            rest = f"{exception} of them" if exception in ("most", "some") else f"all {exception}"
            clauses.append(f"{words} {rest}")
        elif exception in ("most", "some"):
            clauses.append(f"{words} {follow} {exception} {what}s inside their boxes")
        else:
            but = f" {exception}" if exception else ""
            clauses.append(f"{words} {follow} every {what}{but} inside its box")
    return ", ".join(clauses)
