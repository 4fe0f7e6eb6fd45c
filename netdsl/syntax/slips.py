"""What a syntax mistake probably was meant to be: one function a slip, the first that fits is told.

A slip also says how to go on reading, if that is certain enough: `Fix`.
"""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.source import Source
from netdsl.syntax import slips_control as control
from netdsl.syntax import slips_entries as entries
from netdsl.syntax import slips_flow as flow
from netdsl.syntax import slips_heads as heads
from netdsl.syntax import slips_imports as imports
from netdsl.syntax import slips_labels as labels
from netdsl.syntax import slips_python as python
from netdsl.syntax import slips_statements as statements
from netdsl.syntax import slips_steps as steps
from netdsl.syntax import slips_values as values
from netdsl.syntax import slips_words as words
from netdsl.syntax.machine import Token
from netdsl.syntax.place import Found, Place, Slip
from netdsl.syntax.wanted import expected

SLIPS: tuple[Slip, ...] = (
    words.comment,
    labels.computed,
    labels.no_name,
    python.of_itself,
    python.reshaped,
    heads.base_class,
    heads.brace_below,
    heads.definition,
    heads.module,
    control.else_on_own_line,
    control.chained_after_loop,
    control.chained_to_loop,
    control.filler,
    control.repeat_with_a_name,
    control.is_,
    control.choice_without_else,
    control.condition_behind_a_step,
    control.behind_a_step,
    values.arithmetic_without_brackets,
    entries.comma,
    entries.equals,
    entries.colon,
    entries.number_in_a_path,
    words.size_or_number,
    words.assignment,
    words.text,
    statements.nameless_input,
    statements.shape,
    labels.label,
    statements.output,
    flow.nothing,
    statements.result,
    imports.imported,
    statements.definition,
    statements.reserved,
    control.loop,
    values.several_times,
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
