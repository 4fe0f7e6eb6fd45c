"""What a build adds: the parser's tables.

Making them from grammars/netdsl.lark takes longer than checking a file, so a wheel (and an editable
installation) carries them as netdsl/syntax/tables.json. lark is all that this needs: the package
itself is not imported, for a build has none of what it depends on.
"""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TablesHook(BuildHookInterface):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a wheel is put together; a source distribution gets no tables."""
        if self.target_name == "wheel":
            write_tables(Path(self.root))

    def clean(self, versions: list[str]) -> None:
        tables_of(Path(self.root)).unlink(missing_ok=True)


def write_tables(root: Path) -> None:
    """Make the tables of the checkout at `root`."""
    spec = spec_from_file_location("lalr", root / "netdsl" / "syntax" / "lalr.py")
    assert spec is not None and spec.loader is not None
    lalr = module_from_spec(spec)
    spec.loader.exec_module(lalr)
    grammar = (root / "grammars" / "netdsl.lark").read_text(encoding="utf-8")
    tables_of(root).write_text(lalr.dump(grammar), encoding="utf-8")


def tables_of(root: Path) -> Path:
    return root / "netdsl" / "syntax" / "tables.json"
