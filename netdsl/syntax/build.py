"""The parser's tree -> the syntax tree of `ast`. Sentences only: nothing is looked up or judged."""

from __future__ import annotations

import re
from typing import Any

from netdsl.source import Span
from netdsl.syntax import ast
from netdsl.syntax.build_expr import ExpressionBuilder, unquote
from netdsl.syntax.machine import Token, Tree

MISSING = "missing__step"  # stands where a step could not be read


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


class Builder(ExpressionBuilder):
    """Definitions, chains and statements, round the expressions; one method a rule, as there."""

    # -------------------------------------------------------------------------- definitions
    def on_start(self, tree: Tree) -> ast.File:
        parts = [c for c in tree.children if c is not None]
        doc = self._take_doc(parts)
        whole = Span(self.source, 0, len(self.source.text))
        return ast.File(whole, self.source, doc, self.all(parts))

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

    def _body_of(self, tree: Tree, parts: list[Any]) -> ast.Body:
        parts = [p for p in parts if p is not None]
        doc = self._take_doc(parts)
        return ast.Body(self.span(tree), doc, self.all(parts))

    def _take_doc(self, parts: list[Any]) -> str | None:
        if parts and isinstance(parts[0], Tree) and parts[0].data == "doc":
            return unquote(str(parts.pop(0).children[0]))
        return None

    # --------------------------------------------------------------------------------- flow
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

    def on_value(self, tree: Tree) -> ast.Compute:
        return ast.Compute(self.span(tree), self.build(tree.children[0]))

    # --------------------------------------------------------------------------- statements
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
