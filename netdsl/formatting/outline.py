"""The outline of a text: bodies of statements, chains of links, brackets with items; and what each is
on one line, where it fits on one."""

from __future__ import annotations

from functools import cached_property
from typing import TypeAlias

from netdsl.formatting.words import Word

WIDTH = 100  # columns of a line


class Group:
    """`( ... )` or `[ ... ]`: items between commas. `kind` is "args", "list", "index" or "value"."""

    def __init__(self, open: Word, items: list[list[Part]], close: Word, kind: str) -> None:
        self.open = open
        self.items = items
        self.close = close
        self.kind = kind

    @property
    def takes_comma(self) -> bool:
        """Whether a comma may stand after the last item."""
        return self.kind in ("args", "list") and bool(self.items)

    @cached_property
    def flat(self) -> str | None:
        """The group on one line; None if that is too long, or a comment in it ends a line."""
        if self.open.after or self.close.before:
            return None
        texts = [flat(item) for item in self.items]
        if None in texts or any(
            first(item[0]).before or last(item[-1]).after for item in self.items
        ):
            return None
        return within(f"{self.open.text}{', '.join(t for t in texts if t)}{self.close.text}")

    @cached_property
    def commented(self) -> bool:
        """Whether a comment stands in it, at any depth."""
        return (
            bool(self.open.after or self.close.before)
            or any(first(part).before or last(part).after for item in self.items for part in item)
            or any(isinstance(p, Group) and p.commented for item in self.items for p in item)
        )


class Body:
    """`{ ... }`. One that its author began on a line of its own stays `broken`."""

    def __init__(self, open: Word, statements: list[Statement], close: Word, facts: bool) -> None:
        self.open = open
        self.statements = statements
        self.close = close
        self.facts = facts  # entries of `meta`, `init` or `keys`
        self.broken = bool(
            (statements and (statements[0].first.breaks or close.breaks))
            or open.after
            or close.before
            or any(s.first.starts for s in statements[1:])
        )

    @cached_property
    def flat(self) -> str | None:
        if self.broken:
            return None
        if not self.statements:
            return "{}"
        texts = [s.whole for s in self.statements]
        if None in texts or any(s.last.after or s.first.before for s in self.statements):
            return None
        return within(f"{{ {('  ' if self.facts else ' ').join(t for t in texts if t)} }}")


Part: TypeAlias = Word | Group | Body


class Link:
    """A step of a chain, or a whole statement that has no arrows: `arrow` is the `->` before it, `belief`
    what follows its `::`."""

    def __init__(self, arrow: Word | None) -> None:
        self.arrow = arrow
        self.parts: list[Part] = []
        self.colons: Word | None = None
        self.belief: list[Part] = []

    @cached_property
    def flat(self) -> str | None:
        return flat(self.parts)

    @cached_property
    def shape(self) -> str | None:
        """What is believed of it, on one line: `:: 64x7x7`."""
        if self.colons is None or self.colons.after or first(self.belief[0]).before:
            return None
        found = flat(self.belief)
        return None if found is None else f":: {found}"

    @property
    def bodies(self) -> list[Body]:
        return [part for part in self.parts if isinstance(part, Body)]

    @property
    def last(self) -> Word:
        return last((self.belief or self.parts)[-1])


class Statement:
    """One line of a body, as far as it is up to its author: a chain, a bar, a definition, an entry."""

    def __init__(self, bar: Word | None) -> None:
        self.bar = bar
        self.links: list[Link] = [Link(None)]

    @property
    def first(self) -> Word:
        return self.bar or first(self.links[0].parts[0])

    @property
    def last(self) -> Word:
        return self.links[-1].last

    @cached_property
    def flat(self) -> str | None:
        """The statement on one line, but for a belief at its end."""
        texts: list[str] = []
        end = self.links[-1]
        for link in self.links:
            text = link.flat
            if text is None:
                return None
            if link.arrow is not None:
                if link.arrow.before or link.arrow.after or first(link.parts[0]).before:
                    return None
                text = f"-> {text}"
            if link.colons is not None and (last(link.parts[-1]).after or link.colons.before):
                return None
            if link is not end:
                if link.last.after:
                    return None
                if link.colons is not None:
                    if link.shape is None:
                        return None
                    text = f"{text} {link.shape}"
            texts.append(text)
        joined = texts[0] if len(texts) == 1 else " ".join(texts)
        if self.bar is not None:
            if self.bar.after or first(self.links[0].parts[0]).before:
                return None
            joined = f"| {joined}"
        return within(joined)

    @cached_property
    def whole(self) -> str | None:
        """The statement on one line, with all beliefs."""
        end = self.links[-1]
        if end.colons is None or self.flat is None:
            return self.flat
        return None if end.shape is None else within(f"{self.flat} {end.shape}")


def within(text: str) -> str | None:
    return text if len(text) <= WIDTH else None


def first(part: Part) -> Word:
    return part if isinstance(part, Word) else part.open


def last(part: Part) -> Word:
    return part if isinstance(part, Word) else part.close


def flat(parts: list[Part]) -> str | None:
    """Parts on one line; None if that is too long, or if something in them ends a line."""
    if len(parts) == 1 and isinstance(parts[0], Word):
        return parts[0].text if "\n" not in parts[0].text else None
    text = ""
    end = len(parts) - 1
    for i, part in enumerate(parts):
        if isinstance(part, Word):
            word = after = part
            own: str | None = part.text
        else:
            word, after, own = part.open, part.close, part.flat
        if own is None or (i and word.before) or (i < end and after.after):
            return None
        text = f"{text} {own}" if i and word.space else text + own
        if len(text) > WIDTH:
            return None
    return None if "\n" in text else text
