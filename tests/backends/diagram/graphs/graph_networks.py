"""Networks whose graphs are written: the small ones of every form, one of every file of the zoo, all of it."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import netdsl
from netdsl.backends.diagram.draw import figure
from netdsl.backends.diagram.figure import Figure
from netdsl.design import Design
from netdsl.zoo import entries

sys.path.insert(0, str(Path(__file__).parents[1]))

from networks import HEADS, TEXTS  # pyright: ignore[reportMissingImports]

SMALL = (*TEXTS, *HEADS)
ZOO = [name for name, _ in entries()]
ONE_EACH = list({path: name for name, path in reversed(entries())}.values())[::-1]
REST = [name for name in ZOO if name not in ONE_EACH]


@cache
def design(name: str) -> Design:
    """A network's design, compiled once."""
    text = TEXTS.get(name) or HEADS.get(name)
    return (netdsl.loads(text) if text else netdsl.load(f"zoo:{name}")).design


@cache
def drawn(name: str) -> Figure:
    return figure(design(name))
