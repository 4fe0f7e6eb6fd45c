"""What a syntax mistake probably was meant to be: one function a slip, the first that fits is told.

A slip also says how to go on reading, if that is certain enough: `Fix`.
"""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.source import Source
from netdsl.syntax import slips_flow as flow
from netdsl.syntax import slips_statements as statements
from netdsl.syntax import slips_steps as steps
from netdsl.syntax import slips_words as words
from netdsl.syntax.machine import Token
from netdsl.syntax.place import Found, Place, Slip
from netdsl.syntax.wanted import expected

SLIPS: tuple[Slip, ...] = (
    words.comment,
    flow.else_on_own_line,
    flow.chained_after_loop,
    flow.chained_to_loop,
    words.arithmetic_without_brackets,
    words.commas_in_entries,
    words.size_or_number,
    words.assignment,
    words.text,
    statements.nameless_input,
    statements.label,
    flow.nothing,
    statements.result,
    statements.imported,
    statements.definition,
    statements.reserved,
    statements.loop,
    steps.several_times,
    steps.comma,
    steps.sum_of_steps,
    steps.other_arrow,
    flow.bar,
    steps.two_steps,
)


def diagnose(source: Source, tokens: list[Token], index: int, accepts: Iterable[str]) -> Found:
    """The message for a token that the parser cannot use, and how to go on."""
    place = Place(source, tokens, index, accepts)
    for slip in SLIPS:
        found = slip(place)
        if found is not None:
            return found
    return Found(expected(place))
