"""The table of a network: every step with its output, its key, its parameters and its MACs.

Rows stand in the order of the text and are nested as the source is. A row's numbers are those of the
whole step: a block's parameters are the sum of its layers'. Parameters are learned numbers; MACs are
multiply-adds of convolutions and linear layers for one sample, without biases and normalisation. A
side output of training (`aux`) has its rows, but is no part of the totals. A `module`'s weights
stand where it is declared, its MACs where it is used. Keys are paths in the `state_dict` of the
emitted module; what has no weights has none.

The formats `text`, `markdown`, `latex` and `html` are for people: equal rows in a row are one, marked
"x N". `csv` and `json` are for programs and list everything.

Columns are chosen (`columns.py` has all of them and what they mean; docs/tables.md says it to users).
What adds up is measured once a scope (`measures.py`), rows carry it (`rows.py`), a view makes cells of
it (`view.py`), and the formats write views. Subtotals by resolution are in `stages.py`, repetitions in
`runs.py`, what stands below the table in `notes.py`.

The lines of `csv` (RFC 4180) have the columns

    depth, kind, name, layer, output, key, parameters, macs, auxiliary, shared, from, start, frozen

or others that were chosen, between kind and auxiliary. The first is the network itself with its totals at depth 0; what it consists of starts at depth 1.
Numbers are plain, formulas where sizes are open, empty where they are not known. The rows whose kind is `layer`, `extern` or `param`
and that are not auxiliary add up to the first one. Cells that a spreadsheet would take for a formula
(they begin with = + - @) begin with an apostrophe.

`json` is one object (schema.json says the same to programs):

    schema      "netdsl-table/1"; the number grows when something here changes its meaning
    name        the network's name
    doc         the text that documents it, or null
    meta        the facts of `meta { ... }`: texts, numbers, lists, true, false, null
    inputs      [{name, shape}]
    outputs     [{name, shape}]: what `output` names, else the last value as `output`
    columns     [{name, title, about}]: the chosen columns, each of which is a field of every row
    convention  {count, bias, samples, batch, dtype, notes}: what the numbers count
    totals      parameters                  in use: without side outputs
                parameters_with_auxiliary   all of them
                buffers                     numbers in the `state_dict` that are not learned
                macs                        a formula like "108*ceil(H/2)*W" while a size is open
                connections                 as LeCun et al. (1998) count; while open a formula too
                layers                      convolutions and linear layers on the longest path
                extern                      true if there are extern layers: their weights and MACs,
                                            which nobody knows, are left out
                parts                       of a detector {backbone, neck, head}: {parameters, macs},
                                            else {}
    heads       [{kind, boxes, levels: [{map, boxes_a_place, boxes}]}]: detection heads; boxes are null
                while a size is open
    rows        depth        how deep the row is nested, from 0
                kind         input, output; layer, extern; block, group, branch (levels, with the
                             rows of what they hold after them); merge, residual, dense (where
                             values meet); param (a learned tensor); expression; head, predictor
                             (what predicts on a map, above its layers)
                name         the label, else the name in the `state_dict`, else the word of the text
                word         the layer or block as the language calls it; "" for other rows
                arguments    the arguments of a layer (with its defaults) or block, by name; sizes and
                             layers as a text writes them
                layer        the layer in a paper's words
                shape        [channels, height, width]; an open size is a formula like "ceil(H/2)".
                             null where a module is declared
                key          the path in the `state_dict`, or null
                parameters   learned numbers; null for an extern layer
                buffers      other numbers in the `state_dict`
                macs         a formula while a size is open; null for an extern layer
                from         the value that a chain starts at (`in`, `features.relu4_3`), or null
                auxiliary    whether it belongs to a side output of training
                declared     whether it belongs to a `module` line: weights, but no work
                shared       whether it belongs to a use of a module: work, but no further weights;
                             `key` is where they are
                start        the name in the checkpoint from which its weights start, "partly" if only
                             some of them do, or null
                frozen       "frozen" if its weights are not trained, "partly" if only some are not,
                             or null
                ...          the other chosen columns: sizes and receptive fields as lists with one
                             number a side, shares from 0 to 1, null for what is not there
    stages      [{name, sides, layers, parameters, macs, ...}]: subtotals, where they are asked for
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netdsl.backends.table.settings import Settings, settings_of
from netdsl.diagnostics import Diagnostic, NetError, did_you_mean

if TYPE_CHECKING:
    from netdsl.design import Design

FORMATS = ("text", "markdown", "csv", "json", "latex", "html")


def table(design: Design, format: str = "text", depth: int | None = None, **settings: Any) -> str:
    """The table of a compiled network as text, markdown, csv, json, latex or html.

    `depth` is how many levels are shown, 1 for the network's own steps alone; their numbers count what
    is left out. `settings` are those of `netdsl.backends.table.settings.settings_of`. Lines end with a
    newline; those of csv with carriage return and newline, as RFC 4180 wants them. Raises `NetError` for
    another format (E404) and for settings that cannot be (E450 to E453).
    """
    chosen = settings_of(depth=depth, **settings)
    if format not in FORMATS:
        hint = did_you_mean(format, FORMATS) or f"there are {', '.join(FORMATS)}"
        raise NetError([Diagnostic("E404", f"there is no table format `{format}`", hint=hint)])
    return _writer(format)(design, chosen)


def _writer(format: str) -> Callable[[Design, Settings], str]:
    """The function that writes a format; only its module is imported."""
    if format in ("csv", "json"):
        from netdsl.backends.table import data

        return data.csv_text if format == "csv" else data.json_text
    from netdsl.backends.table.view import view_of

    if format == "latex":
        from netdsl.backends.table.latex import latex

        return lambda design, settings: latex(view_of(design, settings))
    if format == "markdown":
        from netdsl.backends.table.markdown import markdown

        return lambda design, settings: markdown(view_of(design, settings))
    if format == "html":
        from netdsl.backends.table.html import page

        return lambda design, settings: page(view_of(design, settings))
    from netdsl.backends.table.text import text

    return lambda design, settings: text(view_of(design, settings))
