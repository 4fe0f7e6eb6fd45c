"""The parser's tree of an expression -> the syntax tree: numbers, names, arguments, operators."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from netdsl.source import Source, Span
from netdsl.syntax import ast
from netdsl.syntax.machine import Token, Tree

_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def unquote(text: str) -> str:
    """The value of a string as written."""
    if text.startswith('"""'):
        return text[3:-3].strip()
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), text[1:-1])


def _as_python(text: str) -> str:
    """A number as written, but for what Python does not take or its formatters change: `007`, `1__0`, `1E3`."""
    single = re.sub(r"_+", "_", text.lower()).replace("_.", ".").replace("_e", "e").rstrip("_")
    return re.sub(r"^[0_]+(?=\d)", "", single)


def _whole(digits: str) -> int:
    """A number; past all bounds it is only known to be too large."""
    return int(digits) if len(digits) <= 30 else 10**30


class ExpressionBuilder:
    """One method a rule of the grammar: `on_` and the rule's name. `build` finds it."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def span(self, node: Tree | Token) -> Span:
        return Span(self.source, node.start_pos or 0, node.end_pos or 0)

    def build(self, node: Any) -> Any:
        if isinstance(node, Token):
            return self.token(node)
        method: Callable[[Tree], Any] = getattr(self, f"on_{node.data.rstrip('_')}")
        return method(node)

    def all(self, nodes: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(self.build(n) for n in nodes if n is not None)

    def maybe(self, node: Any) -> Any:
        return None if node is None else self.build(node)

    # -------------------------------------------------------------------------------- names
    def on_name(self, tree: Tree) -> ast.Name:
        return ast.Name(self.span(tree), str(tree.children[0]))

    def on_computed(self, tree: Tree) -> ast.Computed:
        parts: list[str | ast.Expr] = []
        for child in tree.children:
            if isinstance(child, Token) and child.type in ("OPEN_NAME", "MID_NAME", "END_NAME"):
                parts.append(str(child).strip("{}"))
            elif isinstance(child, Tree) and child.data == "name":
                parts.append(str(child.children[0]))
            else:
                parts.append(self.build(child))
        return ast.Computed(self.span(tree), tuple(p for p in parts if p != ""))

    def on_path(self, tree: Tree) -> tuple[ast.Computed, ...]:
        return self.all(tree.children)

    def on_args(self, tree: Tree) -> tuple[ast.Argument, ...]:
        return tuple(
            self.on_named(c)
            if isinstance(c, Tree) and c.data == "named"
            else ast.Argument(self.span(c), None, self.build(c))
            for c in tree.children
            if c is not None
        )

    def on_named(self, tree: Tree) -> ast.Argument:
        name, value = tree.children
        return ast.Argument(self.span(tree), self.build(name), self.build(value))

    # ------------------------------------------------------------------------------- values
    def token(self, token: Token) -> ast.Expr:
        span, text = self.span(token), str(token)
        if token.type == "NUMBER":
            plain = text.replace("_", "")
            value = _whole(plain) if plain.isdigit() else float(plain)
            return ast.Number(span, value, _as_python(text))
        if token.type == "SIZE":
            sides = tuple(None if s == "?" else _whole(s) for s in text.split("x"))
            return ast.SizeLiteral(span, sides)
        if token.type == "STRING":
            return ast.String(span, unquote(text))
        return ast.Constant(span, {"true": True, "false": False, "none": None}[text])

    def on_in(self, tree: Tree) -> ast.In:
        return ast.In(self.span(tree))

    def on_ref(self, tree: Tree) -> ast.Ref:
        return ast.Ref(self.span(tree), str(tree.children[0].children[0]))

    def _tap(self, name: Tree, span: Span) -> ast.Tap:
        if name.data == "input_value":
            return ast.Tap(Span(self.source, span.start, self._end(name, span.start + 3)), None)
        return ast.Tap(Span(self.source, span.start, self.span(name).end), self.build(name))

    def _end(self, tree: Tree, otherwise: int) -> int:
        return otherwise if tree.end_pos is None else tree.end_pos

    def on_tap(self, tree: Tree) -> ast.Tap:
        return self._tap(tree.children[0], self.span(tree))

    def on_list(self, tree: Tree) -> ast.ListLiteral:
        return ast.ListLiteral(self.span(tree), self.all(tree.children))

    def on_comprehension(self, tree: Tree) -> ast.Comprehension:
        item, *names, iterable, condition = tree.children
        return ast.Comprehension(
            self.span(tree),
            self.build(item),
            self.all(names),
            self.build(iterable),
            self.maybe(condition),
        )

    # ---------------------------------------------------------------------------- operators
    def on_choose(self, tree: Tree) -> ast.Choose:
        then, condition, other = self.all(tree.children)
        return ast.Choose(self.span(tree), then, condition, other)

    def on_or(self, tree: Tree) -> ast.Logical:
        return ast.Logical(self.span(tree), "or", self.all(tree.children))

    def on_and(self, tree: Tree) -> ast.Logical:
        return ast.Logical(self.span(tree), "and", self.all(tree.children))

    def on_not(self, tree: Tree) -> ast.Unary:
        return ast.Unary(self.span(tree), "not", self.build(tree.children[0]))

    def on_compare(self, tree: Tree) -> ast.Binary:
        return self._binary(tree)

    def on_power(self, tree: Tree) -> ast.Binary:
        return self._binary(tree)

    def on_sum(self, tree: Tree) -> ast.Binary:
        return self._binary(tree)

    def on_product(self, tree: Tree) -> ast.Binary:
        return self._binary(tree)

    def _binary(self, tree: Tree) -> ast.Binary:
        first, *rest = tree.children
        left = self.build(first)
        for op, right in zip(rest[::2], rest[1::2]):
            built = self.build(right)
            left = ast.Binary(left.span.to(built.span), str(op), left, built)
        return left

    def on_unary(self, tree: Tree) -> ast.Unary:
        return ast.Unary(self.span(tree), "-", self.build(tree.children[1]))

    def on_postfix(self, tree: Tree) -> ast.Expr:
        first, *rest = tree.children
        value = self.build(first)
        for part in rest:
            span = Span(self.source, value.span.start, self.span(part).end)
            if part.data == "attribute":
                value = ast.Attribute(span, value, self.build(part.children[0]))
            elif part.data == "index":
                value = ast.Index(span, value, self.build(part.children[0]))
            elif part.data == "slice":
                start, stop = part.children
                value = ast.Slice(span, value, self.maybe(start), self.maybe(stop))
            else:
                value = ast.Apply(span, value, self.build(part.children[0]))
        return value
