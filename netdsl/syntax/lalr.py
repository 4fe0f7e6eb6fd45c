"""The grammar's tables, made by lark: for `tables`, and for the wheel (hatch_build.py).

This module imports nothing of netdsl: it runs where a wheel is built, which has lark only.
"""

from __future__ import annotations

import json
import zlib
from operator import itemgetter
from typing import Any

VERSION = 1  # of the tables' form
END = "$END"


def made_from(text: str) -> list[int]:
    """What tables and a text of the grammar have in common."""
    return [VERSION, zlib.crc32(text.encode())]


def dump(text: str) -> str:
    """The tables of a grammar as JSON."""
    return json.dumps(make(text), separators=(",", ":"))


def make(text: str) -> dict[str, Any]:
    """The tables of a grammar, as `Grammar` takes them."""
    import lark
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    made = lark.Lark(
        text, parser="lalr", lexer="basic", propagate_positions=True, maybe_placeholders=True
    )
    data, memo = made.memo_serialize([TerminalDef, Rule])
    table = data["parser"]["parser"]
    (start,), (end,) = table["start_states"].values(), table["end_states"].values()
    order = _order(table, start)
    numbers = {entry["@"]: i for i, entry in enumerate(data["rules"])}
    rows: dict[str, int] = {}  # many states have the same actions
    states = []
    for state in order:
        row = {
            symbol: -1 - numbers[to["@"]] if reduces else order[to]
            for symbol, (reduces, to) in _actions(table, state)
        }
        states.append(rows.setdefault(json.dumps(row), len(rows)))
    return {
        "made_from": made_from(text),
        **_lexer(made),
        "terminals": sorted([*(t.name for t in made.terminals), END]),
        "start": order[start],
        "end": order[end],
        "rules": [_rule(memo[entry["@"]]) for entry in data["rules"]],
        "states": states,
        "rows": [json.loads(row) for row in rows],
    }


def _actions(table: Any, state: int) -> list[tuple[str, Any]]:
    """What a state does at which symbol; lark's own order depends on the hashes of texts."""
    names = table["tokens"]
    actions = table["states"][state].items()
    return sorted(((names[symbol], action) for symbol, action in actions), key=itemgetter(0))


def _order(table: Any, start: int) -> dict[int, int]:
    """The states in the order in which they are reached, which is the same every time."""
    order = {start: 0}
    waiting = [start]
    for state in waiting:
        for _, (reduces, to) in _actions(table, state):
            if not reduces and to not in order:
                order[to] = len(order)
                waiting.append(to)
    return order


def _lexer(made: Any) -> dict[str, Any]:
    """The expression that reads one token, what it ignores, and the words among the names."""
    lexer = made._build_lexer()
    (scanner,) = lexer.scanner._mres
    words = {}
    for kind, callback in lexer.callback.items():
        (found,) = callback.scanner._mres
        texts = {t.name: t.pattern.value for t in callback.scanner.terminals}
        words[kind] = {text: found.fullmatch(text).lastgroup for text in texts.values()}
    return {"pattern": scanner.pattern, "ignored": sorted(lexer.ignore_types), "words": words}


def _rule(rule: dict[str, Any]) -> list[Any]:
    """A rule as `machine.Rule` takes it."""
    expansion, options = rule["expansion"], rule["options"]
    keeps: list[int] = []
    # empty_indices marks, before, between and after the parts, what may stand there and does not
    marks = options["empty_indices"] or [False] * len(expansion)
    part = 0
    for empty in marks:
        if empty:
            keeps.append(-1)
            continue
        symbol = expansion[part]
        terminal = symbol["__type__"] == "Terminal"
        if options["keep_all_tokens"] or not (terminal and symbol["filter_out"]):
            inlined = not terminal and symbol["name"].startswith("_")
            keeps.append(2 * part + inlined)
        part += 1
    whole = keeps == [2 * i for i in range(len(expansion))]
    origin = rule["origin"]["name"]
    single = options["expand1"] and not rule["alias"]
    return [origin, rule["alias"] or origin, len(expansion), single, None if whole else keeps]
