"""What holds for every test."""

from __future__ import annotations

from netdsl.data import data_file
from netdsl.syntax import lalr, tables


def pytest_configure() -> None:
    """The parser's tables are those of this grammar, as in a fresh installation."""
    grammar = data_file("grammars/netdsl.lark").read_text(encoding="utf-8")
    text = lalr.dump(grammar)
    if not tables.TABLES.is_file() or tables.TABLES.read_text(encoding="utf-8") != text:
        tables.TABLES.write_text(text, encoding="utf-8")
