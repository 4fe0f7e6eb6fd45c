"""The parser, from the grammar's LALR tables.

Building the tables costs more than everything else that `check` does, so a wheel carries them as
`tables.json` (written by hatch_build.py). Where they are missing, or made from another grammar or
another lark, they are built anew from grammars/netdsl.lark.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

from netdsl.data import data_file

TABLES = Path(__file__).with_name("tables.json")


def build(grammar: str) -> lark.Lark:
    """The parser, from the text of the grammar."""
    return lark.Lark(
        grammar, parser="lalr", lexer="basic", propagate_positions=True, maybe_placeholders=True
    )


def dump(grammar: str) -> str:
    """The tables as JSON, with what they were made from."""
    data, memo = build(grammar).memo_serialize([TerminalDef, Rule])
    return json.dumps({"made_from": _made_from(grammar), "data": data, "memo": memo})


def _made_from(grammar: str) -> list[str]:
    import zlib

    return [lark.__version__, f"{zlib.crc32(grammar.encode()):08x}"]


@cache
def parser() -> lark.Lark:
    """The parser of netdsl."""
    grammar = data_file("grammars/netdsl.lark").read_text(encoding="utf-8")
    try:
        tables = json.loads(TABLES.read_bytes())
        if tables["made_from"] == _made_from(grammar):
            return _load(tables)
    except (OSError, ValueError, KeyError):
        pass
    return build(grammar)


def _load(tables: dict[str, Any]) -> lark.Lark:
    data, memo = tables["data"], {int(k): v for k, v in tables["memo"].items()}
    lalr = data["parser"]["parser"]  # JSON has made strings of the state numbers
    lalr["states"] = {int(state): row for state, row in lalr["states"].items()}
    loaded = lark.Lark.__new__(lark.Lark)
    return loaded._load({"data": data, "memo": memo})
