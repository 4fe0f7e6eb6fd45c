"""Which constructs of the language a program uses: read off its syntax tree and its network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from netdsl import design as d
from netdsl.heads.predictors import PREDICTORS
from netdsl.heads.regions import REGIONS
from netdsl.layers import find
from netdsl.network import Network
from netdsl.shapes import Size
from netdsl.syntax import ast

SIDES = {1: "vectors", 2: "sequences", 3: "images", 4: "volumes"}
STEPS_OF_HEADS = (*PREDICTORS, *REGIONS)
MERGES = ("concat", "add", "mul")


def nodes(tree: Any) -> Iterator[ast.Node]:
    """A syntax tree, node by node."""
    if isinstance(tree, ast.Node):
        yield tree
        for field in tree._fields:
            if field != "span":
                yield from nodes(getattr(tree, field))
    elif isinstance(tree, (tuple, list)):
        for item in tree:
            yield from nodes(item)
    elif isinstance(tree, dict):
        for item in tree.values():
            yield from nodes(item)


def constructs(network: Network, tree: ast.Node) -> Counter[str]:
    """How often each construct stands in a program; what the text does not show, from the network."""
    found: Counter[str] = Counter()
    for node in nodes(tree):
        found.update(_of_node(node))
    found.update(_of_scopes(network.design))
    net = network.design.net
    text = tree.span.source.text
    found["remarks"] = text.count("#")
    found["documentation"] = text.count('"""') // 2
    found["open sizes"] = sum(not shape.known for shape in network.input_shapes.values())
    for shape in network.input_shapes.values():
        found[SIDES[len(shape)]] += 1
    for event in network.design.heads.values():
        found[f"head {event.word}"] += 1
    found["several inputs"] += len(network.input_shapes) > 1
    found["several outputs"] += len(network.output_shapes) > 1
    found["parameters of the net"] += bool(net.arguments)
    found["net without weights"] += network.parameters == 0
    return +found


def _of_node(node: ast.Node) -> Iterator[str]:
    yield type(node).__name__
    if isinstance(node, ast.Chain) and len(node.links) > 1:
        yield "chain"
    if isinstance(node, ast.Call) and node.name.text == "identity":
        yield "layer identity"  # it has no place in a network
    if isinstance(node, ast.Call) and node.name.text in STEPS_OF_HEADS:
        yield f"step {node.name.text}"
    if isinstance(node, ast.Call) and node.body is not None and node.name.text in MERGES:
        inside = [n for n in nodes(node.body) if isinstance(n, ast.Bar)]
        if any(isinstance(n, ast.Bar) for bar in inside for n in nodes(bar.chain)):
            yield "nested bars"
    if isinstance(node, ast.Argument) and node.name is not None:
        yield from {"connections": ["connections"], "weights": ["given kernels"]}.get(
            node.name.text, [node.name.text] if node.name.text == "flip" else []
        )
    if isinstance(node, ast.Call) and node.name.text in (*MERGES, "residual", "dense"):
        yield node.name.text
        if node.condition is not None:
            yield "residual if"
        if node.clauses:
            yield "shortcut"
            if node.clauses[0].condition is not None:
                yield "shortcut if"
        if node.args and node.name.text == "residual":
            yield f"residual({node.args[0].name.text if node.args[0].name else ''})"
    if isinstance(node, ast.Link) and node.label is not None:
        yield "label" if node.label.plain is not None else "computed label"
    if isinstance(node, ast.Link) and node.belief is not None:
        yield "belief"
    if isinstance(node, ast.If) and node.other is not None:
        yield "else"
    if isinstance(node, ast.Param):
        yield "parameter with default" if node.default is not None else "required parameter"


def _of_scopes(design: d.Design) -> Iterator[str]:
    """Blocks with their kinds of arguments, each use once."""
    seen: set[int] = set()

    def visit(scope: d.Scope) -> Iterator[str]:
        if id(scope) in seen:
            return
        seen.add(id(scope))
        yield f"{scope.kind} scope"
        yield "numbered scope" if scope.numbered else "named scope"
        if scope.kind == "block":
            for value in scope.arguments.values():
                yield _kind_of(value)
        for link in scope.children.values():
            what = link.what.scope if isinstance(link.what, d.Shared) else link.what
            if link.exports:
                yield "inner value read from outside"
            if isinstance(what, d.Scope):
                yield from visit(what)
            elif isinstance(what, d.Applied):
                yield f"layer {what.layer.word}"

    yield from visit(design.net)


def _kind_of(value: Any) -> str:
    if isinstance(value, d.Value):
        return "value as argument"
    if isinstance(value, d.SharedModule):
        return "module as argument"
    if isinstance(value, Size):
        return "size as argument"
    if isinstance(value, tuple):
        return (
            "values as argument" if value and isinstance(value[0], d.Value) else "list as argument"
        )
    if isinstance(value, (bool, int, float, str)):
        return f"{type(value).__name__} as argument"
    bound = getattr(value, "bound", None)
    if bound is None:
        return "none as argument"
    kind = "layer" if find(value.name) is not None else "block"
    return f"{kind} with arguments as argument" if bound else f"{kind} as argument"
