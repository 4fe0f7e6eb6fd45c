"""Words -> the outline.

Of the grammar this knows brackets, separators and arrows, and no more: the text was read before, and
what means what makes no difference to its layout.
"""

from __future__ import annotations

from netdsl.formatting.outline import Body, Group, Link, Part, Statement, last
from netdsl.formatting.spacing import NAMES
from netdsl.formatting.words import Comment, Word


class Outliner:
    """Reads words. Bodies and brackets in each other are limited (`syntax.parse.DEEPEST`)."""

    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self.at = 0

    def file(self) -> list[Statement]:
        """The definitions of a file."""
        found = []
        while self.at < len(self.words) - 1:
            found.append(self.statement(False))
        return found

    def body(self, facts: bool) -> Body:
        open = self.words[self.at]
        self.at += 1
        statements = []
        while (word := self.words[self.at]).kind != "RBRACE":
            statements.append(self.statement(facts))
        self.at += 1
        return Body(open, statements, word, facts)

    def statement(self, fact: bool) -> Statement:
        word = self.words[self.at]
        bar = word if word.kind == "VBAR" else None
        self.at += bar is not None
        found = Statement(bar)
        link = found.links[0]
        parts = link.parts
        begin, previous = self.at, ""
        while True:
            word = self.words[self.at]
            kind = word.kind
            if self.at > begin and (word.starts or (fact and self.at > begin + 2 and self.key())):
                break
            if kind == "RBRACE" and not word.hole or kind in ("VBAR", "$END"):
                break
            if kind == "LBRACE":
                parts.append(self.body(previous in ("META", "INIT", "KEYS")))
            elif kind in ("LPAR", "LSQB"):
                parts.append(self.group())
            elif kind == "__ANON_0":
                link = Link(word)
                found.links.append(link)
                parts = link.parts
                self.at += 1
            elif kind == "__ANON_1":
                link.colons, parts = word, link.belief
                self.at += 1
            else:
                parts.append(word)
                self.at += 1
            previous = kind
        return found

    def key(self) -> bool:
        """Whether an entry of `meta`, `init` or `keys` begins here: `a.b:` or `"a.b":`."""
        words, at = self.words, self.at
        if words[at - 1].kind in ("COLON", "DOT"):
            return False
        if words[at].kind == "STRING":
            return words[at + 1].kind == "COLON"
        while words[at].kind in NAMES:
            if words[at + 1].kind != "DOT":
                return words[at + 1].kind == "COLON"
            at += 2
        return False

    def group(self) -> Group:
        open = self.words[self.at]
        self.at += 1
        items: list[list[Part]] = [[]]
        loops = False
        while (word := self.words[self.at]).kind not in ("RPAR", "RSQB"):
            if word.kind == "COMMA":
                self.comma(word, items[-1])
                items.append([])
                self.at += 1
            elif word.kind in ("LPAR", "LSQB"):
                items[-1].append(self.group())
            else:
                loops |= word.kind == "FOR"
                items[-1].append(word)
                self.at += 1
        self.at += 1
        if not items[-1]:
            items.pop()
        return Group(open, items, word, _kind(open, loops))

    def comma(self, comma: Word, item: list[Part]) -> None:
        """A comma stands right behind its item: comments between the two come after it."""
        end, own = last(item[-1]), list(comma.before)
        if comma.after:
            if end.after or own:
                own.append(Comment(comma.after, False))
            else:
                end.after = comma.after
        if own:
            following = self.words[self.at + 1]
            following.before = (*own, *following.before)


def _kind(open: Word, loops: bool) -> str:
    if open.kind == "LPAR":
        return "args" if open.joined else "value"
    return "index" if open.joined or loops else "list"
