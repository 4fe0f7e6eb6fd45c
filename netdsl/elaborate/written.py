"""Steps that the compiler writes: `conv(4 * (classes + 1), 3x3, padding=1)`, at the place of what asks for
them. They are run and emitted as those of an author are.
"""

from __future__ import annotations

from typing import Any

from netdsl.design import HeadEvent
from netdsl.diagnostics import Mistake
from netdsl.elaborate.values import BlockDef, ExternDef, LayerDef, Target
from netdsl.source import Span
from netdsl.syntax import ast


def number(span: Span, value: int) -> ast.Number:
    return ast.Number(span, value, str(value))


def plus(span: Span, of: ast.Expr, more: int) -> ast.Expr:
    return ast.Binary(span, "+", of, number(span, more)) if more else of


def times(span: Span, factor: int, of: ast.Expr) -> ast.Expr:
    if isinstance(of, ast.Number):
        return number(span, factor * int(of.value))
    return ast.Binary(span, "*", number(span, factor), of)


def channels(span: Span, boxes: int, name: str, event: HeadEvent, background: int) -> ast.Expr:
    """How many channels predict something of `boxes` boxes: `4 * (classes + 1)`."""
    if name == "offsets":
        return number(span, 4 * boxes)
    if event.classes is None:
        return number(span, boxes)
    return times(span, boxes, plus(span, event.classes, background))


def _named(span: Span, name: str, value: ast.Expr) -> ast.Argument:
    return ast.Argument(span, ast.Name(span, name), value)


def wide(span: Span) -> tuple[str, tuple[ast.Argument, ...]]:
    size = ast.SizeLiteral(span, (3, 3))
    return "conv", (_named(span, "kernel_size", size), _named(span, "padding", number(span, 1)))


def small(span: Span) -> tuple[str, tuple[ast.Argument, ...]]:
    return "conv", (_named(span, "kernel_size", ast.SizeLiteral(span, (1, 1))),)


def linear(span: Span) -> tuple[str, tuple[ast.Argument, ...]]:
    return "linear", ()


def step(span: Span, target: Target | None, usual: Any, channels: ast.Expr) -> ast.Call:
    """The step that `predict` means, with its channels."""
    word, arguments = usual(span)
    bound = target.bound.get("predict") if target is not None else None
    if bound is not None and bound.node is not None and bound.value is not None:
        node = bound.node
        span = node.span
        of, arguments = (node.of, node.args) if isinstance(node, ast.Apply) else (node, ())
        _check_predict(bound.value, of, node)
        assert isinstance(of, ast.Ref)
        word = of.name
    first = ast.Argument(span, None, channels)
    return ast.Call(span, ast.Name(span, word), (first, *arguments), None, None, ())


def _check_predict(value: Any, of: ast.Expr, node: ast.Expr) -> None:
    """`predict` is a step whose first argument, how many channels it gives, is left out."""
    example = "write `predict=conv(kernel_size=3x3, padding=1)`: `channels` follows from boxes and classes"
    if not isinstance(value, Target):
        message = f"`predict` is a layer or a block with some arguments, not `{node.span.text}`"
        raise Mistake("E112", message, node.span, hint=example)
    if not isinstance(of, ast.Ref):
        message = "`predict` is the name of a layer or block, with or without arguments"
        hint = "give it a name: `let predictor = ...` above the head"
        raise Mistake("E112", message, node.span, hint=hint)
    definition = value.definition
    names: list[str] = []
    if isinstance(definition, LayerDef):
        names = list(definition.layer.fields)[: definition.layer.positional]
    elif isinstance(definition, (BlockDef, ExternDef)):
        names = [param.name.text for param in definition.params]
    if not names:
        message = f"`predict` is told how many channels to give, and `{value.name}` takes none"
        raise Mistake("E112", message, node.span, hint=example)
    given = value.bound.get(names[0])
    if given is not None:
        message = f"`{names[0]}` of `predict` follows from boxes and classes"
        place = given.node.span if given.node is not None else node.span
        raise Mistake("E112", message, place, hint="leave it out and name the other arguments")
