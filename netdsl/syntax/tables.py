"""The grammar's tables: `lalr` makes them from grammars/netdsl.lark, `machine` runs them.

Making them costs more than everything else that `check` does, so a wheel carries them as
`tables.json` (written by hatch_build.py). Where they are missing, or made from another text of the
grammar, they are made anew.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from netdsl.data import data_file
from netdsl.syntax.lalr import made_from, make
from netdsl.syntax.machine import Grammar

TABLES = Path(__file__).with_name("tables.json")


@cache
def grammar() -> Grammar:
    """The grammar of netdsl, ready to run."""
    text = data_file("grammars/netdsl.lark").read_text(encoding="utf-8")
    try:
        tables = json.loads(TABLES.read_bytes())
        if tables["made_from"] == made_from(text):
            return Grammar(tables)
    except (OSError, ValueError, KeyError):
        pass
    return Grammar(make(text))


@cache
def keywords() -> dict[str, str]:
    """The words of the language and the kinds of token that they are."""
    return {word: kind for kinds in grammar().words.values() for word, kind in kinds.items()}
