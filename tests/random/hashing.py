"""Digests of everything that is made of some programs: run as a script, under any PYTHONHASHSEED.

`python hashing.py < programs.json` reads pairs of a text and a net, and prints a digest for each.
"""

from __future__ import annotations

import hashlib
import json
import sys

import netdsl


def digests(programs: list[tuple[str, str]]) -> list[str]:
    """One for each program: of its Python, its tables and its figures."""
    found = []
    for text, net in programs:
        network = netdsl.loads(text, net)
        made = [
            network.torch_source(),
            network.table("text"),
            network.table("json", fold=False),
            str(network.diagram("svg")),
            str(network.diagram("dot")),
            str(network.diagram("mermaid")),
        ]
        found.append(hashlib.sha256("\0".join(made).encode()).hexdigest())
    return found


if __name__ == "__main__":
    print("\n".join(digests(json.load(sys.stdin))))
