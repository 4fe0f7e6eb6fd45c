"""Themes of one's own: a file of lines `role = #RRGGBB`, laid over one of the themes that netdsl has.

    # colours of the institute
    base = light
    paper = #FFFDF5
    conv = #A8D5F2  # fill; outline and sides are derived from it
    conv.s = #205080

A theme in which a text could not be read is refused.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import NamedTuple

from netdsl.backends.diagram.scene.readable import Pair, unreadable
from netdsl.backends.diagram.scene.theme_colours import made, nearest_readable
from netdsl.backends.diagram.scene.themes import (
    LEAST_CONTRAST,
    NAMES,
    Theme,
    named,
)
from netdsl.backends.diagram.text import clean
from netdsl.diagnostics import Diagnostic, NetError, Report, did_you_mean
from netdsl.source import Source, Span

MOST_NAMED = 6  # roles in a hint
MOST_BYTES = 64 * 1024  # every role on a line of its own is 5

_LINE = re.compile(r"\s*([^=\s](?:[^=]*[^=\s])?)\s*=\s*(.*)")
_COMMENT = re.compile(r"(?:\s\s+|\t)#.*")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


class Entry(NamedTuple):
    """A line of the file: what it sets and to what, and where both stand."""

    role: str
    value: str
    at: Span
    value_at: Span


def theme(name_or_path: str) -> Theme:
    """One of netdsl's themes by name, or that of a file.

    Raises `NetError`: there is none (E420), the file cannot be read (E421), a line sets no colour (E422), a
    role is unknown (E423), a text could not be read (E424).
    """
    if name_or_path in NAMES:
        return named(name_or_path)
    path = Path(name_or_path)
    if not _is_path(name_or_path):
        raise NetError([_no_theme(name_or_path, None)])
    return read_theme(Source(name_or_path, _text(path)), clean(path.stem))


def read_theme(source: Source, name: str) -> Theme:
    """The theme of a text; `name` is what it is called unless it says so itself. Raises `NetError`."""
    report = Report()
    entries = _entries(source, report)
    base = "light"
    if (said := entries.pop("base", None)) is not None:
        if said.value in NAMES:
            base = said.value
        else:
            report.add(_no_theme(said.value, said.value_at))
    if (called := entries.pop("name", None)) is not None:
        name = clean(called.value)
    known = named(base).colours
    for entry in entries.values():
        if entry.role not in known and f"{entry.role}.f" not in known:
            report.add(_unknown(entry, list(known)))
        elif not _COLOUR.fullmatch(entry.value):
            report.add(_no_colour(entry))
    report.check()
    _check_contrast(base, entries, report)
    report.check()
    found = made(base, {entry.role: entry.value for entry in entries.values()})
    return Theme(name, found.colours, hatched=found.hatched, staged=found.staged)


# --------------------------------------------------------------------------------------------- files
def _is_path(text: str) -> bool:
    """Whether this is meant as a file: it is there, or no name of a theme would look like it."""
    if os.sep in text or "/" in text or "." in text:
        return True
    try:
        return bool(text) and Path(text).exists()
    except (OSError, ValueError):  # too long, or with a character that no path has
        return False


def _text(path: Path) -> str:
    """The text of a file, with one kind of line end. Raises `NetError` (E421)."""
    from netdsl.elaborate.program import reason_of

    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for, a device has no end
            raise NetError([_unread(path, "it is a folder" if path.is_dir() else "it is no file")])
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise NetError([_unread(path, f"it has more than {MOST_BYTES // 1024} KiB")])
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = f"it is not UTF-8 text (byte {error.start})"
        raise NetError([_unread(path, why)]) from None
    except OSError as error:
        raise NetError([_unread(path, reason_of(error))]) from None
    except ValueError:
        raise NetError([_unread(path, "this is no path")]) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unread(path: Path, why: str) -> Diagnostic:
    hint = f"a theme is one of {', '.join(NAMES)}, or a file of lines `role = #RRGGBB`"
    return Diagnostic("E421", f"{clean(str(path), 200)}: {why}", hint=hint)


# --------------------------------------------------------------------------------------------- lines
def _entries(source: Source, report: Report) -> dict[str, Entry]:
    """What the lines set, by role."""
    found: dict[str, Entry] = {}
    offset = 0
    for line in source.text.split("\n"):
        start, offset = offset, offset + len(line) + 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            first = start + len(line) - len(line.lstrip())
            span = Span(source, first, start + len(line.rstrip()))
            hint = "a line is `role = #RRGGBB`, such as `conv = #A8D5F2`"
            report.add(Diagnostic("E422", "this line sets nothing", span, hint=hint))
            continue
        value = _COMMENT.sub("", match[2]).rstrip()
        first = start + match.start(2)
        entry = Entry(
            match[1],
            value.upper() if _COLOUR.fullmatch(value) else value,
            Span(source, start + match.start(1), start + match.end(1)),
            Span(source, first, first + max(1, len(value))),
        )
        if entry.role in found:
            report.add(_twice(entry, found[entry.role]))
        else:
            found[entry.role] = entry
    return found


def _twice(entry: Entry, first: Entry) -> Diagnostic:
    labels = ((first.at, "here first"),)
    return Diagnostic("E422", f"`{entry.role}` is set twice", entry.at, labels)


def _no_colour(entry: Entry) -> Diagnostic:
    said = entry.value
    hint = "a colour is `#RRGGBB`, such as `#A8D5F2`"
    if _COLOUR.fullmatch(f"#{said}"):
        hint = f"write `#{said.upper()}`"
    elif re.fullmatch(r"#[0-9A-Fa-f]{3}", said):
        hint = f"write `#{''.join(2 * digit for digit in said[1:]).upper()}`"
    message = f"`{said}` is no colour" if said else "there is no colour here"
    return Diagnostic("E422", message, entry.value_at, hint=hint)


def _unknown(entry: Entry, known: list[str]) -> Diagnostic:
    kinds = list(dict.fromkeys(role.partition(".")[0] for role in known if "." in role))
    plain = [role for role in known if "." not in role]
    hint = did_you_mean(entry.role, [*known, *kinds, "base", "name"])
    if hint is None:
        hint = f"there are {', '.join(plain)}, and kinds of boxes: {', '.join(kinds)}"
    return Diagnostic("E423", f"there is no role `{entry.role}`", entry.at, hint=hint)


def _no_theme(name: str, at: Span | None) -> Diagnostic:
    hint = did_you_mean(name, NAMES) or f"there are {', '.join(NAMES)}"
    if at is None and not hint.startswith("did"):
        hint += ", and files of one's own"
    return Diagnostic("E420", f"there is no theme `{name}`", at, hint=hint)


# ------------------------------------------------------------------------------------------ contrast
def _check_contrast(base: str, entries: dict[str, Entry], report: Report) -> None:
    """Say of each line by which a text could not be read what would do instead."""
    colours = {entry.role: entry.value for entry in entries.values()}
    theme = made(base, colours)
    blamed: dict[str, list[Pair]] = {}
    for pair in unreadable(theme):
        entry = _blamed(pair, entries)
        assert entry is not None, "a theme of ours has a text that cannot be read"
        blamed.setdefault(entry.role, []).append(pair)
    for role, bad in blamed.items():
        entry = entries[role]
        worst = min(bad, key=lambda pair: pair.ratio)
        text, ground = (f"`{name}` {theme[name]}" for name in (worst.text, worst.ground))
        message = f"{text} on {ground} has a contrast of {worst.ratio:.2f}:1"
        if len(bad) > 1:
            message += f", and {len(bad) - 1} more {'is' if len(bad) == 2 else 'are'} below 4.5:1"
        labels = tuple(
            (other.value_at, f"the {word}")
            for word, of in (("text", worst.text), ("ground", worst.ground))
            if (other := _setting(of, entries)) is not None and other.role != role
        )
        others = {(p.text, p.ground) for at, ps in blamed.items() if at != role for p in ps}
        hint = f"a text needs {LEAST_CONTRAST}:1"
        if better := nearest_readable(base, colours, role, others):
            hint += f": `{role} = {better}` is the nearest that would do"
        else:
            grounds = list(dict.fromkeys(pair.ground.removesuffix(".f") for pair in bad))
            more = [f"`{ground}`" for ground in grounds if ground != role]
            hint += f", and no other `{role}` alone would do"
            if 0 < len(more) <= MOST_NAMED:
                hint += f": set {', '.join(more)}, too"
        report.add(Diagnostic("E424", message, entry.value_at, labels, hint))


def _setting(role: str, entries: dict[str, Entry]) -> Entry | None:
    """The line that sets a colour, by itself or by its kind."""
    return entries.get(role) or entries.get(role.removesuffix(".f"))


def _blamed(pair: Pair, entries: dict[str, Entry]) -> Entry | None:
    """The line that a text cannot be read for: what sets its ground, else the text, else what either is
    mixed from."""
    own = _setting(pair.ground, entries) or _setting(pair.text, entries)
    return own or entries.get("ink") or entries.get("paper")
