"""Write every output of a file into one folder: `write_all.py FILE FOLDER`. Run in many surroundings by the test."""

from __future__ import annotations

import sys
from pathlib import Path

import netdsl
from netdsl.diagnostics import NetError

TABLES = ("text", "markdown", "csv", "json", "latex", "html")
FIGURES = ("svg", "pdf", "png", "tex", "dot", "mermaid", "text")


def main(file: str, folder: Path) -> None:
    net = netdsl.load(file)
    made: dict[str, str | bytes] = {"torch": net.torch_source()}
    made |= {f"table.{f}": net.table(f, columns="all") for f in TABLES}
    made |= {f"papers.{f}": net.table(f, like="comparison") for f in TABLES}
    made |= {f"figure.{f}": net.diagram(f, dpi=40) for f in FIGURES}
    made |= {f"columns.{f}": net.diagram(f, kind="columns", dpi=40) for f in ("svg", "tex")}
    made |= {f"compare.{f}": netdsl.compare(net, net, format=f) for f in TABLES[:5]}
    try:
        netdsl.loads("net Wrong {\n  input \u00efmage: 3x8x8\n  cov(4)\n  relu(\n}\n")
    except NetError as error:
        made["message"] = str(error)
    for name, content in made.items():
        data = content.encode("utf-8") if isinstance(content, str) else content
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
