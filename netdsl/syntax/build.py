"""The parser's tree -> the syntax tree of `ast`. Sentences only: nothing is looked up or judged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from netdsl.source import Source, Span
from netdsl.syntax import ast
from netdsl.syntax.machine import Token, Tree

_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
MISSING = "missing__step"  # stands where a step could not be read


def unquote(text: str) -> str:
    """The value of a string as written."""
    if text.startswith('"""'):
        return text[3:-3].strip()
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), text[1:-1])


def _whole(digits: str) -> int:
    """A number; past all bounds it is only known to be too large."""
    return int(digits) if len(digits) <= 30 else 10**30


def missing(span: Span) -> ast.Missing:
    """The step for a text that could not be read, with what it would have defined."""
    text = re.sub(r"#.*|\"[^\"\n]*\"", "", span.text)
    labels = re.findall(r"\b([A-Za-z_]\w*)\s*:(?!:)", text)
    names = re.findall(r"\b(?:let|module|for|block)\s+([A-Za-z_]\w*)", text)
    word = re.match(r"\w*", text)
    return ast.Missing(
        span,
        tuple(labels),
        tuple(names),
        re.search(r"\}\w*\s*:(?!:)", text) is not None,
        word[0] if word else "",
    )


class Builder:
    """One method a sentence shape: `on_` and the name of its rule in the grammar."""

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

    def token(self, token: Token) -> ast.Expr:
        span, text = self.span(token), str(token)
        if token.type == "NUMBER":
            plain = text.replace("_", "")
            value = _whole(plain) if plain.isdigit() else float(plain)
            return ast.Number(span, value, text)
        if token.type == "SIZE":
            sides = tuple(None if s == "?" else _whole(s) for s in text.split("x"))
            return ast.SizeLiteral(span, sides)
        if token.type == "STRING":
            return ast.String(span, unquote(text))
        return ast.Constant(span, {"true": True, "false": False, "none": None}[text])

    # ---------------------------------------------------------------------------- definitions
    def on_start(self, tree: Tree) -> ast.File:
        parts = [c for c in tree.children if c is not None]
        doc = self._take_doc(parts)
        whole = Span(self.source, 0, len(self.source.text))
        return ast.File(whole, self.source, doc, self.all(parts))

    def _take_doc(self, parts: list[Any]) -> str | None:
        if parts and isinstance(parts[0], Tree) and parts[0].data == "doc":
            return unquote(str(parts.pop(0).children[0]))
        return None

    def _body_of(self, tree: Tree, parts: list[Any]) -> ast.Body:
        parts = [p for p in parts if p is not None]
        doc = self._take_doc(parts)
        return ast.Body(self.span(tree), doc, self.all(parts))

    def on_import(self, tree: Tree) -> ast.Import:
        *names, path = tree.children
        return ast.Import(self.span(tree), self.all(names), self.build(path))

    def on_extern(self, tree: Tree) -> ast.Extern:
        name, params, shape, target = tree.children
        return ast.Extern(
            self.span(tree),
            self.build(name),
            self.build(params),
            self.build(shape),
            self.build(target),
        )

    def on_let(self, tree: Tree) -> ast.Let:
        name, value = tree.children
        return ast.Let(self.span(tree), self.build(name), self.build(value))

    def on_block(self, tree: Tree) -> ast.Block:
        name, params, *rest = tree.children
        return ast.Block(
            self.span(tree), self.build(name), self.maybe(params) or (), self._body_of(tree, rest)
        )

    def on_net(self, tree: Tree) -> ast.Net:
        name, params, *rest = tree.children
        return ast.Net(
            self.span(tree), self.build(name), self.maybe(params) or (), self._body_of(tree, rest)
        )

    def on_variant(self, tree: Tree) -> ast.Variant:
        name, base, args, *rest = tree.children
        body = self._body_of(tree, rest) if any(r is not None for r in rest) else None
        return ast.Variant(
            self.span(tree), self.build(name), self.build(base), self.maybe(args) or (), body
        )

    def on_params(self, tree: Tree) -> tuple[ast.Param, ...]:
        return self.all(tree.children)

    def on_param(self, tree: Tree) -> ast.Param:
        name, default = tree.children
        return ast.Param(self.span(tree), self.build(name), self.maybe(default))

    # ---------------------------------------------------------------------------------- names
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

    # ------------------------------------------------------------------------------------ flow
    def on_body(self, tree: Tree) -> ast.Body:
        return self._body_of(tree, list(tree.children))

    def on_bar(self, tree: Tree) -> ast.Bar:
        return ast.Bar(self.span(tree), self.build(tree.children[0]))

    def on_chain(self, tree: Tree) -> ast.Chain:
        return ast.Chain(self.span(tree), self.all(tree.children))

    def on_link(self, tree: Tree) -> ast.Link:
        label, step, belief = tree.children
        return ast.Link(self.span(tree), self.maybe(label), self.build(step), self.maybe(belief))

    def on_call(self, tree: Tree) -> ast.Call | ast.Missing:
        name, args, *rest = tree.children
        if str(name.children[0]) == MISSING:
            return missing(self.span(tree))
        condition, body, *clauses = rest or (None, None)
        return ast.Call(
            self.span(tree),
            self.build(name),
            self.maybe(args) or (),
            self.maybe(condition),
            self.maybe(body),
            self.all(clauses),
        )

    def on_condition(self, tree: Tree) -> ast.Expr:
        return self.build(tree.children[0])

    def on_clause(self, tree: Tree) -> ast.Clause:
        name, args, condition, body = tree.children
        return ast.Clause(
            self.span(tree),
            self.build(name),
            self.maybe(args) or (),
            self.maybe(condition),
            self.build(body),
        )

    def on_inline(self, tree: Tree) -> ast.Inline:
        name, args = tree.children
        return ast.Inline(self.span(tree), self.build(name), self.maybe(args) or ())

    def on_group(self, tree: Tree) -> ast.Group:
        return ast.Group(self.span(tree), self.build(tree.children[0]))

    def on_source(self, tree: Tree) -> ast.From:
        return ast.From(self.span(tree), self._tap_path(tree))

    def _tap_path(self, tree: Tree) -> ast.Expr:
        first, *rest = tree.children
        value: ast.Expr = self._tap(first, self.span(tree))
        for part in rest:
            span = Span(self.source, self.span(tree).start, self.span(part).end)
            if isinstance(part, Tree) and part.data == "computed":
                value = ast.Attribute(span, value, self.build(part))
            else:
                value = ast.Index(span, value, self.build(part))
        return value

    def _tap(self, name: Tree, span: Span) -> ast.Tap:
        if name.data == "input_value":
            return ast.Tap(Span(self.source, span.start, self._end(name, span.start + 3)), None)
        return ast.Tap(Span(self.source, span.start, self.span(name).end), self.build(name))

    def _end(self, tree: Tree, otherwise: int) -> int:
        return otherwise if tree.end_pos is None else tree.end_pos

    def on_tap(self, tree: Tree) -> ast.Tap:
        return self._tap(tree.children[0], self.span(tree))

    def on_value(self, tree: Tree) -> ast.Compute:
        return ast.Compute(self.span(tree), self.build(tree.children[0]))

    # ------------------------------------------------------------------------------ statements
    def on_input(self, tree: Tree) -> ast.Input:
        name, shape = tree.children
        return ast.Input(self.span(tree), self.build(name), self.build(shape))

    def on_output(self, tree: Tree) -> ast.Output:
        return ast.Output(self.span(tree), self.all(tree.children))

    def on_module(self, tree: Tree) -> ast.Module:
        name, chain = tree.children
        return ast.Module(self.span(tree), self.build(name), self.build(chain))

    def on_weight(self, tree: Tree) -> ast.Weight:
        name, shape, value = tree.children
        return ast.Weight(self.span(tree), self.build(name), self.build(shape), self.maybe(value))

    def on_aux(self, tree: Tree) -> ast.Aux:
        label, args, what = tree.children
        is_body = what.data == "body"
        return ast.Aux(
            self.span(tree),
            self.build(label),
            self.maybe(args) or (),
            self.build(what) if is_body else None,
            None if is_body else self.build(what),
        )

    def on_head(self, tree: Tree) -> ast.Head:
        name, args, body = tree.children
        return ast.Head(self.span(tree), self.build(name), self.maybe(args) or (), self.build(body))

    def on_repeat(self, tree: Tree) -> ast.Repeat:
        count, body = tree.children
        return ast.Repeat(self.span(tree), self.build(count), self.build(body))

    def on_for(self, tree: Tree) -> ast.For:
        *names, iterable, body = tree.children
        return ast.For(self.span(tree), self.all(names), self.build(iterable), self.build(body))

    def on_if(self, tree: Tree) -> ast.If:
        condition, then, other = tree.children
        if other is not None and other.data == "if":
            nested = self.build(other)
            other_body: ast.Body | None = ast.Body(nested.span, None, (nested,))
        else:
            other_body = self.maybe(other)
        return ast.If(self.span(tree), self.build(condition), self.build(then), other_body)

    def _entries(self, tree: Tree) -> tuple[ast.Entry, ...]:
        return self.all(tree.children)

    def on_entry(self, tree: Tree) -> ast.Entry:
        *keys, value = tree.children
        quoted = isinstance(keys[0], Token)
        path = (unquote(str(keys[0])),) if quoted else tuple(str(k.children[0]) for k in keys)
        return ast.Entry(self.span(tree), path, self.build(value), quoted)

    def on_init(self, tree: Tree) -> ast.Init:
        return ast.Init(self.span(tree), self._entries(tree))

    def on_meta(self, tree: Tree) -> ast.Meta:
        return ast.Meta(self.span(tree), self._entries(tree))

    def on_keys(self, tree: Tree) -> ast.Keys:
        return ast.Keys(self.span(tree), self._entries(tree))

    def on_expect(self, tree: Tree) -> ast.Expect:
        return ast.Expect(self.span(tree), self.build(tree.children[0]))

    # ----------------------------------------------------------------------------- expressions
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

    def on_in(self, tree: Tree) -> ast.In:
        return ast.In(self.span(tree))

    def on_ref(self, tree: Tree) -> ast.Ref:
        return ast.Ref(self.span(tree), str(tree.children[0].children[0]))

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
