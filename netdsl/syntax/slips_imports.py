"""Slips in imports: files without quotes, other names for what is taken, the order of Python."""

from __future__ import annotations

import re
from typing import NamedTuple

from netdsl.syntax.machine import Token
from netdsl.syntax.place import LIBRARIES, Fix, Found, Place

ZOO = re.compile(r"zoo[:./]([\w./]+)")
FILE = re.compile(r"[\w./-]+\.net")


class Line(NamedTuple):
    """What a line takes from where: names, others that they are called here, a file in quotes."""

    names: list[Token]
    others: dict[str, Token]
    file: Token | None


def imported(p: Place) -> Found | None:
    """`import torch`, `import "blocks.net"`, `from "blocks.net" import unit`, `import a as b from ...`."""
    if p.depth() or p.word(p.start) not in ("import", "from"):
        return None
    stop = p.index
    while p.kind(stop) not in ("_NL", "$END"):
        stop += 1
    leave_out = Fix(p.start, stop + (p.kind(stop) == "_NL"))
    message = "an import has names and a file"
    line = _line(p, stop)
    words = {p.word(i) for i in range(p.start, stop) if p.kind(i) == "NAME"}
    if line.file is None and LIBRARIES & words:
        hint = "leave it out: layers need no import"
        return p.says("E021", message, hint, p.start, leave_out)
    file = '"blocks.net"' if line.file is None else str(line.file)
    shown = f"import {', '.join(line.names) or 'unit, stem'} from {file}"
    hint = f"write `{shown}`"
    if line.others:
        message = "what is imported keeps its name"
        old, new = next(iter(line.others.items()))
        hint += f", then `let {new} = {old}`" + (", ..." if len(line.others) > 1 else "")
    elif not line.names:
        hint += ", with the names of what is needed"
    fix = leave_out
    if line.file is not None and line.names:
        fix = Fix(p.start, stop, _meant(p, line, line.file))
    return p.says("E021", message, hint, p.start, fix)


def _line(p: Place, stop: int) -> Line:
    """What the line from `import` or `from` to `stop` says, in either order."""
    parts: dict[str, list[int]] = {"import": [], "from": []}
    word = ""
    for i in range(p.start, stop):
        if p.word(i) in parts and p.kind(i) in ("IMPORT", "FROM"):
            word = p.word(i)
        else:
            parts[word].append(i)
    taken, source = parts["import"], parts["from"]
    names: list[Token] = []
    others: dict[str, Token] = {}
    for n, i in enumerate(taken):
        before = p.word(taken[n - 1]) if n else ""
        if p.kind(i) != "NAME" or p.word(i) == "as":
            continue
        if before == "as" and names:
            others[names[-1]] = p.tokens[i]
        elif before != ".":
            names.append(p.tokens[i])
    quoted = next((p.tokens[i] for i in (*source, *taken) if p.kind(i) == "STRING"), None)
    if quoted is not None:
        return Line(names, others, quoted)
    file = _file(p, source or taken)
    return Line(names if source or file is None else [], others, file)


def _file(p: Place, source: list[int]) -> Token | None:
    """A file that stands there without quotes: `zoo:resnet`, `zoo.resnet`, `blocks.net`."""
    if not source:
        return None
    span = p.at(source[0]).to(p.at(source[-1]))
    zoo = ZOO.fullmatch(span.text)
    if zoo is None and FILE.fullmatch(span.text) is None:
        return None
    text = span.text if zoo is None else f"zoo:{zoo[1]}"
    return Token("STRING", f'"{text}"', span.start, end_pos=span.end)


def _meant(p: Place, line: Line, file: Token) -> list[Token]:
    """The line as it is to be read, and a `let` for every other name."""
    tokens = [p.new("IMPORT", "import", p.start)]
    for name in line.names:
        tokens += [p.new("COMMA", ",", p.start)] if len(tokens) > 1 else []
        tokens.append(name)
    tokens += [p.new("FROM", "from", p.start), file]
    olds = {str(name): name for name in line.names}
    for old, new in line.others.items():
        tokens += [p.new("_NL", "\n", p.start), p.new("LET", "let", p.start), new]
        tokens += [p.new("EQUAL", "=", p.start), olds[old]]
    return tokens
