"""What must occur among random programs: every layer, head and construct that the language has.

The lists are read from the language itself: its layers, heads and syntax tree. So what is added to it
and not to the programs fails the census.
"""

from __future__ import annotations

from netdsl.heads.kinds import KINDS
from netdsl.heads.predictors import PREDICTORS
from netdsl.heads.regions import REGIONS
from netdsl.layers import WORDS
from netdsl.syntax import ast

ABSTRACT = frozenset(["Node", "Missing", "Import"])  # `Missing` only stands in broken texts
# `Import` is in programs whose blocks are moved to another file (test_random_programs.test_imports).


def _nodes(base: type) -> list[str]:
    return [n for c in base.__subclasses__() for n in (c.__name__, *_nodes(c))]


NODES = sorted({*_nodes(ast.Node)} - ABSTRACT)
LAYERS = [f"layer {word}" for word in WORDS if word not in ("concat", "add", "mul")]
HEADS = [f"head {word}" for word in KINDS]
STEPS_OF_HEADS = [f"step {word}" for word in (*PREDICTORS, *REGIONS)]
# What the syntax tree does not tell apart.
USES = [
    *("concat", "add", "mul", "residual", "dense", "shortcut", "chain", "label", "belief", "else"),
    *("computed label", "residual if", "residual(scale)", "residual(survival)", "shortcut if"),
    *("several inputs", "several outputs", "open sizes", "parameters of the net", "nested bars"),
    *("parameter with default", "required parameter", "named scope", "numbered scope"),
    *("block scope", "group scope", "bar scope", "merge scope", "residual scope", "dense scope"),
    *("aux scope", "module scope", "head scope", "inner value read from outside"),
    *("value as argument", "values as argument", "module as argument", "size as argument"),
    *("list as argument", "int as argument", "float as argument", "bool as argument"),
    *("str as argument", "layer as argument", "layer with arguments as argument"),
    *("block as argument", "vectors", "sequences", "images", "volumes", "remarks", "documentation"),
    *("connections", "given kernels", "flip"),
]
WANTED = [*NODES, *LAYERS, *HEADS, *STEPS_OF_HEADS, *USES]
EVERYWHERE = 0.01  # the share of the programs that must have each
