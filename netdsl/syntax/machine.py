"""The parser at work: a lexer and an LALR machine that run on the tables that lark made.

Lark builds the tables (`tables`); this runs them, as lark itself would, tree for tree. It is here
because a start should be quick: importing lark costs more than everything that `check` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Self, TypeAlias

END = "$END"


class Token(str):
    """A word of a text: its kind, and where it stands."""

    __slots__ = ("end_pos", "start_pos", "type")

    type: str
    start_pos: int
    end_pos: int

    def __new__(cls, type: str, value: str, start_pos: int = 0, end_pos: int = 0) -> Self:
        token = super().__new__(cls, value)
        token.type = type
        token.start_pos = start_pos
        token.end_pos = end_pos
        return token

    def __repr__(self) -> str:
        return f"Token({self.type}, {str(self)!r})"


class Tree:
    """A sentence: the name of its rule, and its parts. Where it stands is None if it is empty."""

    __slots__ = ("children", "data", "end_pos", "outer_end", "outer_start", "start_pos")

    def __init__(self, data: str, children: list[Node]) -> None:
        self.data = data
        self.children = children
        self.start_pos: int | None = None
        self.end_pos: int | None = None
        # with the brackets around it, which are no sentence of their own
        self.outer_start: int | None = None
        self.outer_end: int | None = None

    def __repr__(self) -> str:
        return f"Tree({self.data}, {self.children})"


Node: TypeAlias = Any  # Tree | Token | None, in what a sentence shape has at that place


class UnknownCharacter(Exception):
    """No word begins at `position`."""

    def __init__(self, position: int) -> None:
        super().__init__(f"no word begins at {position}")
        self.position = position


class Misfit(Exception):
    """A token that cannot stand where it stands."""

    def __init__(self, token: Token) -> None:
        super().__init__(f"{token!r} does not fit")
        self.token = token


class Rule:
    """How a sentence is put together from `size` parts.

    `keeps` says what becomes of them: 2 i is part i as it is, 2 i + 1 the children of part i, -1
    nothing (None) where something may stand; None keeps all. `single` hands on an only child. A rule
    that only hands on its part (`expr` of a number) is `idle`: most are, on the way up to an expression.
    """

    __slots__ = ("idle", "keeps", "name", "origin", "single", "size")

    def __init__(
        self, origin: str, name: str, size: int, single: bool, keeps: list[int] | None
    ) -> None:
        self.origin = origin
        self.name = name
        self.size = size
        self.single = single
        self.keeps = keeps
        self.idle = single and size == 1 and keeps is None

    def make(self, parts: list[Node]) -> Node:
        if self.keeps is None:
            children = parts
        else:
            children = []
            keeps = self.keeps
            if keeps and keeps[0] > 0 and keeps[0] & 1:
                # a row that grows: what it is so far belongs to nobody else, and is not copied
                children, keeps = parts[keeps[0] >> 1].children, keeps[1:]
            for keep in keeps:
                if keep < 0:
                    children.append(None)
                elif keep & 1:
                    children += parts[keep >> 1].children
                else:
                    children.append(parts[keep >> 1])
        node = children[0] if self.single and len(children) == 1 else Tree(self.name, children)
        if isinstance(node, Tree):
            _place(node, parts)
        return node


def _place(tree: Tree, parts: list[Node]) -> None:
    """A sentence begins with the first of its parts and ends with the last, brackets included."""
    for part in parts:
        start = part.start_pos if isinstance(part, Token) else part.outer_start
        if start is not None:
            tree.outer_start = start
            if tree.start_pos is None:
                tree.start_pos = start
            break
    for part in reversed(parts):
        end = part.end_pos if isinstance(part, Token) else part.outer_end
        if end is not None:
            tree.outer_end = end
            if tree.end_pos is None:
                tree.end_pos = end
            break


class Grammar:
    """The tables. In `states` a number n >= 0 goes on to state n, below 0 rule -1 - n ends here."""

    def __init__(self, tables: dict[str, Any]) -> None:
        self.pattern = re.compile(tables["pattern"])
        self.ignored = frozenset(tables["ignored"])
        self.words: dict[str, dict[str, str]] = tables["words"]
        self.terminals = frozenset(tables["terminals"])
        rows = tables["rows"]
        self.states: list[dict[str, int]] = [rows[i] for i in tables["states"]]
        self.start: int = tables["start"]
        self.end: int = tables["end"]
        self.rules = [Rule(*rule) for rule in tables["rules"]]

    def lex(self, text: str, start: int = 0) -> Iterator[Token]:
        """The tokens of a text from `start`. Raises `UnknownCharacter`."""
        match, ignored, words = self.pattern.match, self.ignored, self.words
        while start < len(text):
            found = match(text, start)
            if found is None:
                raise UnknownCharacter(start)
            kind, end = found.lastgroup or "", found.end()
            if kind not in ignored:
                value: str = found[0]
                if kind in words:
                    kind = words[kind].get(value, kind)
                yield Token(kind, value, start, end)
            start = end


class Machine:
    """A text that is being read. Without `build` it only looks whether tokens fit."""

    __slots__ = ("build", "grammar", "stack", "values")

    def __init__(
        self, grammar: Grammar, build: bool = True, stack: list[int] | None = None
    ) -> None:
        self.grammar = grammar
        self.build = build
        self.stack = [grammar.start] if stack is None else list(stack)
        self.values: list[Node] = []

    def feed(self, token: Token) -> None:
        """Read a token. Raises `Misfit`."""
        grammar, stack, kind = self.grammar, self.stack, token.type
        states = grammar.states
        while True:
            action = states[stack[-1]].get(kind)
            if action is None:
                raise Misfit(token)
            if action >= 0:
                stack.append(action)
                if self.build:
                    self.values.append(token)
                return
            rule = grammar.rules[-1 - action]
            if rule.idle:  # six of seven: not worth a call
                stack[-1] = states[stack[-2]][rule.origin]
            else:
                self._reduce(rule)

    def finish(self, last: Token | None = None) -> Node:
        """What all tokens together are. Raises `Misfit` if something is missing."""
        grammar, stack = self.grammar, self.stack
        while stack[-1] != grammar.end:
            action = grammar.states[stack[-1]].get(END)
            if action is None:
                at = last.end_pos if last is not None else 0
                raise Misfit(Token(END, "", at, at))
            self._reduce(grammar.rules[-1 - action])
        return self.values[-1] if self.build else None

    def _reduce(self, rule: Rule) -> None:
        stack, size = self.stack, rule.size
        if size:
            del stack[-size:]
        stack.append(self.grammar.states[stack[-1]][rule.origin])
        if not self.build or rule.idle:
            return
        parts = self.values[len(self.values) - size :]
        del self.values[len(self.values) - size :]
        self.values.append(rule.make(parts))

    def accepts(self) -> set[str]:
        """The kinds of tokens that could come next."""
        found = set()
        for kind in self.grammar.states[self.stack[-1]]:
            if kind in self.grammar.terminals:
                look = Machine(self.grammar, False, self.stack)
                try:
                    look.finish() if kind == END else look.feed(Token(kind, ""))
                except Misfit:
                    continue
                found.add(kind)
        return found
