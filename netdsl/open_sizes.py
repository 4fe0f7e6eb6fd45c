"""What is said to people about a network whose sizes are open: what its letters are, for which sizes
it works, and its cost in short."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netdsl.design import Design
from netdsl.formulas import Formula, atoms_of, multiple_for, shortened
from netdsl.shapes import Open

SIDES = {"L": "length", "D": "depth", "H": "height", "W": "width"}
GREATEST = 4096  # multiples of more tell a reader nothing


def symbols_of(design: Design) -> dict[str, tuple[str, str]]:
    """The letters of open sizes: of which input they are, and which side."""
    found: dict[str, tuple[str, str]] = {}
    for name, value in design.inputs.items():
        for dim in value.shape or ():
            if isinstance(dim, Open):
                found[str(dim)] = (name, SIDES[str(dim)[0]])
    return found


def formula_notes(design: Design, macs: Any) -> Iterator[str]:
    """Sentences for below a table."""
    symbols = symbols_of(design)
    if not symbols:
        return
    inputs: dict[str, list[str]] = {}
    for letter, (name, side) in symbols.items():
        inputs.setdefault(name, []).append(f"{letter} its {side}")
    shown = "; ".join(f"`{name}`: {', '.join(sides)}" for name, sides in inputs.items())
    size = "x".join(["512"] * len(next(iter(inputs.values()))))
    at = f"--at {size}" if len(inputs) == 1 else f"--at {next(iter(inputs))}={size} ..."
    if design.multiple > 1:
        letters = ", ".join(symbols)
        yield f"All of it holds for {letters} that are multiples of {design.multiple} only."
    yield f"Sizes are open ({shown}), so that costs are exact formulas of them; `{at}` evaluates them."
    if isinstance(macs, Formula):
        multiple = multiple_for(atoms_of(macs))
        if 1 < multiple <= GREATEST:
            letters = ", ".join(macs.symbols)
            short = shortened(macs, multiple)
            yield f"For {letters} that are multiples of {multiple} the MACs are {short:,}."
    yield from condition_notes(design)


def condition_notes(design: Design) -> Iterator[str]:
    """For which sizes the network works at all, as far as its merges say."""
    said: dict[str, None] = {}
    for multiple, node, _ in design.conditions:
        word = getattr(getattr(node, "name", None), "text", "") or getattr(node, "text", "")
        said[f"Multiples of {multiple} only: `{word}`, line {node.span.place[0]}."] = None
    yield from said
