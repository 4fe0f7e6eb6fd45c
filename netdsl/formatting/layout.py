"""The outline -> lines. What fits on a line stands on one; of what does not, the author's breaks before
`->` are kept, and others are added where they are needed."""

from __future__ import annotations

from netdsl.formatting.brackets import write_parts
from netdsl.formatting.outline import WIDTH, Body, Link, Part, Statement, first, flat, last
from netdsl.formatting.page import Line, Page
from netdsl.formatting.rows import rows
from netdsl.formatting.words import Word


def lay_out(definitions: list[Statement], end: Word) -> list[Line]:
    """The lines of a file."""
    page = Page()
    for number, definition in enumerate(definitions):
        page.part = number
        if number == 1 and _is_text(definitions[0]):
            (definition.first.before or (definition.first,))[0].blank = True
        _write_statement(page, definition, 0)
    page.own(end.before, 0)
    return page.lines


def _is_text(statement: Statement) -> bool:
    """Whether it is the text that documents a file."""
    return statement.first.kind == "STRING"


def _write_statement(page: Page, statement: Statement, indent: int) -> None:
    head = statement.first
    page.own(head.before, indent)
    head.before = ()
    if head.blank:
        page.blank()
    page.begin(indent)
    text, shape = statement.flat, statement.links[-1].shape
    several = len(statement.links) > 1
    if text is not None and (statement.links[-1].colons is None or shape is not None):
        beyond = len(shape) + 2 if shape is not None and several else 0
        if indent + len(text) + beyond <= WIDTH:
            page.put(text, False)
            if shape is not None:
                page.believe(shape)
            _note_arrow(page, statement)
            page.comment(statement.last.after)
            return
    if statement.bar is not None:
        page.word(statement.bar, indent)
        page.base = indent + 2
        first(statement.links[0].parts[0]).space = True
    _Chain(page, statement, indent).write()


def _note_arrow(page: Page, statement: Statement) -> None:
    """Remember where the first arrow stands, if only the name of a value is before it."""
    if len(statement.links) > 1 and statement.first.kind in ("AT", "VBAR"):
        start, *rest = statement.links[0].parts
        if first(start).kind == "AT" and all(isinstance(p, Word) or p.kind for p in rest):  # type: ignore[union-attr]
            page.line.arrow = page.line.text.index(" -> ") + 1


class _Chain:
    """A statement that takes several lines. Its continuation lines are indented by two."""

    def __init__(self, page: Page, statement: Statement, indent: int) -> None:
        self.page = page
        self.links = statement.links
        self.base = page.base
        self.further = indent + 2
        for number, link in enumerate(self.links):
            own = self.further + 3 if number else self.base
            _open_bodies(link, WIDTH - own)

    def write(self) -> None:
        page = self.page
        begins: list[bool] = []
        row = 0  # the link with which the links begin that `begins` tells of
        for number, link in enumerate(self.links):
            if number == row + len(begins):
                row, begins = number, self._rows(number)
            arrow = link.arrow
            if arrow is not None:
                if begins[number - row] and not page.ended and not arrow.before:
                    page.begin(self.further)
                page.word(arrow, self.further)
                if page.base == self.further:
                    self.base = self.further
            self._write_link(link)

    def _rows(self, start: int) -> list[bool]:
        """Which links begin a line, from one on up to one with a body on lines of its own."""
        page, sizes, breaks = self.page, [], []
        forced = False
        for number in range(start, len(self.links)):
            link = self.links[number]
            arrow = link.arrow
            text = self._begin_of(link)
            broken = any(b.broken for b in link.bodies)
            size = WIDTH if text is None else len(text) + (3 if arrow is not None else 0)
            if link.colons is not None and not broken:
                size += 2 + len(link.shape or "")
            sizes.append(size)
            breaks.append(arrow is not None and arrow.breaks)
            forced |= text is None or (number > start and self._breaks_before(number))
            if broken:
                break
        column = page.column + 1 if start else page.column
        if not forced and column + sum(sizes) + len(sizes) - 1 <= WIDTH:
            return [False] * len(sizes)
        if not start:
            sizes[0] += self.base - self.further  # it is less indented than what follows
            return [False, *rows(sizes, breaks, WIDTH - self.further, 1, 0)[1:]]
        if breaks[0] or column + sizes[0] > WIDTH:
            return rows(sizes, breaks, WIDTH - self.further, 1, 0)
        sizes[0] += column - self.further
        return [False, *rows(sizes, breaks, WIDTH - self.further, 1, 0)[1:]]

    def _write_link(self, link: Link) -> None:
        page = self.page
        rest: list[Part] = []
        for part in link.parts:
            if isinstance(part, Body) and part.broken:
                if rest:
                    write_parts(page, rest, self.further, 2)
                _write_body(page, part, self.base, self.further)
                rest = []
            else:
                rest.append(part)
        if rest:
            self._write_rest(rest)
        self._write_belief(link)

    def _write_rest(self, parts: list[Part]) -> None:
        """What needs no lines for a body: brackets may be broken, bodies are on one line."""
        page = self.page
        run: list[Part] = []
        for part in parts:
            if isinstance(part, Body):
                if run:
                    write_parts(page, run, self.further, 2)
                page.word(part.open, self.further)
                page.put((part.flat or "{}")[1:], False)
                page.comment(part.close.after)
                run = []
            else:
                run.append(part)
        if run:
            write_parts(page, run, self.further)

    def _write_belief(self, link: Link) -> None:
        page = self.page
        if link.colons is None:
            return
        if link.colons.before:
            page.own(link.colons.before, self.further, blanks=False)
            link.colons.before = ()
        if page.ended:
            page.begin(self.further)
        if link.shape is not None:
            page.believe(link.shape)
            page.comment(link.last.after)
        else:
            page.word(link.colons, self.further)
            write_parts(page, link.belief, self.further)

    def _breaks_before(self, number: int) -> bool:
        """Whether a comment ends the line before a link."""
        arrow = self.links[number].arrow
        return bool(self.links[number - 1].last.after or (arrow is not None and arrow.before))

    def _begin_of(self, link: Link) -> str | None:
        """A link up to the `{` of its first body on lines of its own."""
        parts: list[Part] = []
        for part in link.parts:
            if isinstance(part, Body) and part.broken:
                text = flat(parts)
                if text is None or (parts and last(parts[-1]).after):
                    return None
                return f"{text} {{" if parts else "{"
            parts.append(part)
        return flat(parts)


def _open_bodies(link: Link, room: int) -> None:
    """Give the bodies of a link lines of their own, if the link does not fit on one; and `else` what `if`
    has."""
    bodies = link.bodies
    if not bodies:
        return
    text = link.flat
    broken = any(b.broken for b in bodies)
    if not broken and (text is None or len(text) > room):
        for body in bodies:
            body.broken |= bool(body.statements)
        if not any(b.broken for b in bodies):
            return
    if any(b.broken for b in bodies):
        words = [p.kind for p in link.parts if isinstance(p, Word)]
        for body in bodies:
            whole = body.flat
            if "ELSE" in words or (not body.broken and whole is None):
                body.broken |= bool(body.statements)


def _write_body(page: Page, body: Body, indent: int, further: int) -> None:
    """A body on lines of its own."""
    page.word(body.open, further)
    page.opened = True
    for statement in body.statements:
        _write_statement(page, statement, indent + 2)
    page.own(body.close.before, indent + 2)
    page.begin(indent)
    page.put(body.close.text, False)
    page.comment(body.close.after)
