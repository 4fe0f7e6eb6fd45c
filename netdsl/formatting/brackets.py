"""Brackets that do not fit on a line.

Arguments stand below the first one, as in

    head rpn(features=pyramid, match=[0.3, 0.7], samples=256, positive=0.5,
             nms=0.7, candidates=[2000, 1000], proposals=[2000, 1000]) {

Lists, and arguments that have no room there or comments among them, stand on lines of their own, each
with a comma behind it. Where the author began a line with an item, it begins a line.
"""

from __future__ import annotations

from netdsl.formatting.outline import WIDTH, Body, Group, Part, first, flat, last
from netdsl.formatting.page import Page
from netdsl.formatting.rows import rows
from netdsl.formatting.spacing import BINDING
from netdsl.formatting.words import Word

DEEP = 48  # columns: arguments that would begin farther right stand on lines of their own


def write_parts(page: Page, parts: list[Part], indent: int, after: int = 0) -> None:
    """Words and brackets of one sentence; `after` characters must fit behind them on the last line. Where
    a line can be broken, what follows is indented by `indent`."""
    units = _units(parts)
    deeper = len(units) > 1
    for number, unit in enumerate(units):
        is_last = number == len(units) - 1
        room = WIDTH - page.column - (after if is_last else 0)
        text = flat(unit)
        head = first(unit[0])
        size = None if text is None else len(text) + (head.space and not page.fresh)
        if number and not page.fresh and not page.ended and _moves(unit, size, room):
            page.begin(indent)
            size = None if text is None else len(text)
            room = WIDTH - indent - (after if is_last else 0)
        if text is not None and size is not None and size <= room and not head.before:
            if page.ended:
                page.begin(indent)
            page.put(text, head.space)
            page.comment(last(unit[-1]).after)
            continue
        if deeper and any(isinstance(p, Word) and p.breakable for p in unit[1:]):
            write_parts(page, unit, indent, after if is_last else 0)
            continue
        for i, part in enumerate(unit):
            _write_part(page, part, indent, _tail(unit, i, after if is_last else 0))


def _moves(unit: list[Part], size: int | None, room: int) -> bool:
    """Whether parts go to the next line: if they are too long, but not if their first word ends a line."""
    if size is None:
        return not (isinstance(unit[0], Word) and unit[0].after)
    return size > room


def _units(parts: list[Part]) -> list[list[Part]]:
    """Parts between which a line can be broken: before what binds least, and not at the beginning."""
    found = [BINDING[p.kind] for p in parts[1:] if isinstance(p, Word) and p.breakable]
    least = min(found, default=None)
    units: list[list[Part]] = [[]]
    for part in parts:
        if units[-1] and isinstance(part, Word) and part.breakable and BINDING[part.kind] == least:
            units.append([])
        units[-1].append(part)
    return units


def _tail(parts: list[Part], at: int, after: int) -> int:
    """How much must stand on the line behind part `at`: what has no bracket to be broken at."""
    size = 0
    for part in parts[at + 1 :]:
        size += first(part).space
        if not isinstance(part, Word):
            return size + (1 if isinstance(part, Body) or part.items else 2)
        size += len(part.text)
    return size + after


def _write_part(page: Page, part: Part, indent: int, after: int) -> None:
    if isinstance(part, Word):
        page.word(part, indent)
        return
    assert isinstance(part, Group)  # bodies stand in no brackets
    write_group(page, part, indent, after)


def write_group(page: Page, group: Group, indent: int, after: int) -> None:
    """A bracket with its items, on one line if it fits."""
    text = group.flat
    if text is not None and not page.ended and not group.open.before:
        spaced = group.open.space and not page.fresh
    else:
        text, spaced = None, False
    if text is not None and page.column + spaced + len(text) + after <= WIDTH:
        page.put(text, group.open.space)
        page.comment(group.close.after)
        return
    page.word(group.open, indent)
    base = page.base
    if _below(group, page.column, after):
        _write_rows(page, group, page.column, 1 + after, False)
        page.word(group.close, indent)
        page.base = base
        return
    joined = _joined(group, base + 2)
    if joined is not None:
        page.begin(base + 2)
        page.put(joined, False)
    else:
        page.ended = True
        _write_rows(page, group, base + 2, 1 if group.takes_comma else 0, group.takes_comma)
        page.own(group.close.before, base + 2, blanks=False)
    page.begin(base)
    page.put(group.close.text, False)
    page.comment(group.close.after)


def _below(group: Group, column: int, after: int) -> bool:
    """Whether the items stand one below the other, behind the bracket."""
    if group.commented or not group.items:
        return False
    if group.kind == "list":
        return False
    if group.kind != "args":
        return True
    texts = [flat(item) for item in group.items]
    widest = max(WIDTH if t is None else len(t) for t in texts)
    return column <= DEEP and column + widest + 1 + after <= WIDTH


def _joined(group: Group, indent: int) -> str | None:
    """All items on one line below the bracket, if they fit there."""
    if group.commented:
        return None
    texts = [flat(item) for item in group.items]
    if None in texts:
        return None
    text = ", ".join(t for t in texts if t) + ("," if group.takes_comma else "")
    return text if indent + len(text) <= WIDTH else None


def _write_rows(page: Page, group: Group, indent: int, after: int, comma: bool) -> None:
    """The items in rows. `after` characters stand behind the last one, a `comma` among them or not."""
    if not group.items:
        return
    end = len(group.items) - 1
    deeper = indent + 2 if end else indent
    texts = [flat(item) for item in group.items]
    sizes = [WIDTH if text is None else len(text) + 1 for text in texts]
    sizes[end] -= 1
    breaks = [first(item[0]).breaks for item in group.items]
    begins = rows(sizes, breaks, WIDTH - indent, 1, after)
    for i, item in enumerate(group.items):
        head, tail = first(item[0]), last(item[-1])
        if i and begins[i] and not page.ended:
            page.begin(indent)
        page.own(head.before, indent, blanks=False)
        if page.ended:
            page.begin(indent)
        comment, tail.after, head.before = tail.after, None, ()  # it stands behind the comma
        head.space = i > 0
        write_parts(page, item, deeper, 1 if i < end else after)
        if i < end or comma:
            page.put(",", False)
        page.comment(comment)
