"""What each format may consist of, whatever texts stand in it; and that it is built as one of harmless texts."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import zip_longest
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {"svg", "title", "desc", "rect", "g", "path", "circle", "text", "style"}
ATTRIBUTES = {
    *("width", "height", "viewBox", "role", "aria-labelledby", "id", "x", "y", "r", "cx", "cy", "d"),
    *("fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "rx", "transform"),
    *("font-family", "font-size", "font-weight", "text-anchor", "textLength", "lengthAdjust"),
}  # fmt: skip


def characters(text: str) -> None:
    """No character that moves a cursor, turns a line around or is half a one; no command to a log."""
    wrong = {c for c in text if not (c.isprintable() or c in "\n\u2060\u2003\xa0")}
    assert not wrong, ascii(wrong)
    assert not re.search(r"(?m)^\s*::\S|##\[", text)


# ------------------------------------------------------------------------------------------ Python
def python(found: str, harmless: str) -> None:
    """The same statements, expressions and names; only texts differ."""
    characters(found)
    ours, theirs = ast.parse(found), ast.parse(harmless)
    same(ours, theirs)
    assert comments(found) == comments(harmless)


def same(one: object, other: object) -> None:
    if isinstance(one, ast.Constant) and isinstance(one.value, str):
        assert isinstance(other, ast.Constant) and isinstance(other.value, str)
        return
    assert type(one) is type(other), f"{one!r} is not {other!r}"
    if isinstance(one, ast.AST):
        for name in one._fields:
            same(getattr(one, name, None), getattr(other, name, None))
    elif isinstance(one, list) and isinstance(other, list):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            same(a, b)
    else:
        assert one == other


def comments(text: str) -> int:
    from tokenize import COMMENT, generate_tokens

    return sum(token.type == COMMENT for token in generate_tokens(io.StringIO(text).readline))


# ------------------------------------------------------------------------------------- SVG and HTML
def svg(found: str, harmless: str) -> None:
    """XML of our shapes only: no script, handler, link, entity or style of anyone else."""
    characters(found)
    assert "<!" not in found and "<?" not in found
    root, other = ElementTree.fromstring(found), ElementTree.fromstring(harmless)
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in SHAPES, element.tag
        assert set(element.attrib) <= ATTRIBUTES, element.attrib
        for name, value in element.attrib.items():
            assert not re.search(r"(?i)script:|data:|https?:|url\(", value), (name, value)
        if element.tag == f"{SVG}style":
            assert not re.search(
                r"@import|https?:|url\((?!data:font/ttf;base64,)", element.text or ""
            )
    assert [e.tag for e in root.iter()] == [e.tag for e in other.iter()]


class Elements(HTMLParser):
    """The elements of a page, with their attributes but for texts in `title`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.other: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple((n, v) for n, v in attrs if n != "title")))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((f"/{tag}", ()))

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)


def html(found: str, harmless: str) -> None:
    characters(found)
    read = []
    for text in (found, harmless):
        page = Elements()
        page.feed(text)
        page.close()
        assert not page.other, page.other
        read.append(page.found)
    assert read[0] == read[1]
    assert not {tag for tag, _ in read[0]} & {"script", "a", "img", "iframe", "link", "object"}


# ------------------------------------------------------------------------------------------ graphs
DOT_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\w.]+|->|[][{};=,]|(\S)', re.DOTALL)


def dot(found: str, harmless: str) -> None:
    """The same tokens but for what stands in labels; never HTML, an address or a comment."""
    characters(found)
    read = []
    for text in (found, harmless):
        tokens = [(m[0], m[1]) for m in DOT_TOKEN.finditer(text)]
        assert not [m for _, m in tokens if m], [m for _, m in tokens if m]
        values = [t for t, _ in tokens]
        assert not {"URL", "href", "target", "edgeURL", "image"} & set(values)
        read.append(['"' if t.startswith('"') else t for t in values])
    assert _shape(read[0]) == _shape(read[1])


def _shape(tokens: list[str]) -> list[str]:
    """Without numbers: letters of other widths move things."""
    return [t for t in tokens if not re.fullmatch(r"[\d.]+", t)]


MERMAID = re.compile(r'"[^"]*"')


def mermaid(found: str, harmless: str) -> None:
    """The same lines but for what is quoted, in which nothing has a meaning; no directive but ours."""
    characters(found)
    ours, theirs = found.split("\n"), harmless.split("\n")
    assert found.count("%%{") == 1 and not re.search(r"(?m)^\s*click\b", found)
    for a, b in zip_longest(ours[1:], theirs[1:]):
        if a is not None and a.startswith("  accDescr:"):
            assert b.startswith("  accDescr:")
            assert not re.search(r"[^\w ,./()+\-=\'\xb7\xd7:]", a), a
            continue
        assert MERMAID.sub('""', a or "") == MERMAID.sub('""', b or "")
        for quoted in MERMAID.findall(a):
            inside = re.sub(r"#\d+;|<br/>", "", quoted[1:-1])
            assert not re.search(r'[#;<>{}\[\]|`"&%$\\*~@]', inside), quoted


# ------------------------------------------------------------------------------------------- LaTeX
COMMAND = re.compile(r"\\(?:[A-Za-z@]+\*?|.)", re.DOTALL)


def latex(found: str, harmless: str) -> None:
    """ASCII or letters, groups that close, and no command but those that letters are written with and those that
    a text without any has too."""
    characters(found)
    from netdsl.escaping.latex import SIGNS
    from netdsl.escaping.latex import latex as escape

    every = "".join(map(chr, [*range(32, 127), *range(0xA0, 0x250), *range(0x370, 0x400)]))
    known = set(
        COMMAND.findall(
            escape(every + "".join(SIGNS) + "\u2013\u2014\u2018\u2019\u2264\u2192\u2200")
        )
    )
    known |= set(COMMAND.findall(harmless)) | set(COMMAND.findall(" ".join(SIGNS.values())))
    lines = [line for line in found.split("\n") if not line.lstrip().startswith("%")]
    plain = "\n".join(x for x in harmless.split("\n") if not x.lstrip().startswith("%"))
    commands = set(COMMAND.findall("\n".join(lines)))
    assert commands <= known, commands - known
    for bad in ("input", "write", "csname", "immediate", "catcode", "def", "let", "openin"):
        assert "\n".join(lines).count(f"\\{bad}") == plain.count(f"\\{bad}"), bad
    bare = re.sub(r"\\[{}\\]", "", "\n".join(lines))
    depth = 0
    for c in bare:
        depth += (c == "{") - (c == "}")
        assert depth >= 0
    assert depth == 0
    assert "^^" not in bare
    for a, b in zip_longest(_rows(lines), _rows(harmless.split("\n"))):
        assert a == b


def _rows(lines: list[str]) -> list[int]:
    """How many cells every row of a table has."""
    whole = [line for line in lines if line.endswith("\\\\") and not line.startswith("%")]
    return [len(re.findall(r"(?<!\\)&", line)) for line in whole]


# ------------------------------------------------------------------------------------------- tables
def markdown(found: str, harmless: str) -> None:
    """The same blocks and the same table; no link, picture, element or mention."""
    characters(found)
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    read = [[t for t in parser.parse(text)] for text in (found, harmless)]
    assert [t.type for t in read[0]] == [t.type for t in read[1]]
    for token in read[0]:
        for inline in token.children or ():
            assert inline.type not in ("link_open", "image", "s_open"), inline
            if inline.type == "html_inline":
                assert inline.content in ("<br>", "<code>", "</code>"), inline.content
            if inline.type == "text":
                assert not re.search(r"@\w|#\d", inline.content), inline.content
    assert not re.search(
        r"(?i)(https?|ftp)://|(?<![a-z])www\.", re.sub(r"`[^`\n]*`|\\[:.]", "", found)
    )


def csv_cells(found: str, harmless: str) -> None:
    rows, others = (list(csv.reader(io.StringIO(text), strict=True)) for text in (found, harmless))
    assert [len(row) for row in rows] == [len(row) for row in others]
    for row in rows:
        for cell in row:
            assert not cell.startswith(("=", "+", "@", "\t", "\r", "\n", "\uff1d")), cell
            assert not cell.startswith("-") or re.fullmatch(r"-[\d.,]+", cell), cell
    characters(found.replace("\r\n", "\n"))


def json_data(found: str, harmless: str) -> None:
    assert found.isascii()
    for text in (found, harmless):
        data = json.loads(text)
        assert json.loads(json.dumps(data)) == data
    assert _kinds(json.loads(found)) == _kinds(json.loads(harmless))


def _kinds(data: object) -> object:
    """What data is made of; of objects how many entries, for names can be texts."""
    if isinstance(data, dict):
        return sorted(str(_kinds(value)) for value in data.values())
    if isinstance(data, list):
        return [_kinds(value) for value in data]
    return type(data).__name__


def plain_text(found: str, harmless: str) -> None:
    characters(found)
    assert found.count("\n") == harmless.count("\n")


# ------------------------------------------------------------------------------------------- binary
def pdf(found: bytes, harmless: bytes) -> None:
    """Strings that close, no action, no script, no file."""
    bare = re.sub(rb"stream\n.*?\nendstream", b"", found, flags=re.DOTALL)
    for action in (
        b"/JS",
        b"/JavaScript",
        b"/OpenAction",
        b"/AA",
        b"/URI",
        b"/Launch",
        b"/EmbeddedFile",
    ):
        assert action not in re.sub(rb"\((?:[^()\\]|\\.)*\)", b"()", bare), action
    assert bare.count(b" obj") == re.sub(
        rb"stream\n.*?\nendstream", b"", harmless, flags=re.DOTALL
    ).count(b" obj")


def png(found: bytes, harmless: bytes) -> None:
    """The same chunks; words without controls."""
    import struct

    names = []
    for data in (found, harmless):
        at, chunks = 8, []
        while at < len(data):
            (size,) = struct.unpack(">L", data[at : at + 4])
            kind = data[at + 4 : at + 8]
            chunks.append(kind)
            if kind in (b"tEXt", b"iTXt"):
                characters(data[at + 8 : at + 8 + size].replace(b"\0", b" ").decode("utf-8"))
            at += 12 + size
        names.append(chunks)
    assert names[0] == names[1]


CHECKS: dict[str, Callable[..., None]] = {
    "torch": python,
    "svg": svg,
    "html": html,
    "dot": dot,
    "mermaid": mermaid,
    "latex": latex,
    "tex": latex,
    "markdown": markdown,
    "csv": csv_cells,
    "json": json_data,
    "text": plain_text,
    "terminal": characters,
    "pdf": pdf,
    "png": png,
}


def check(name: str, found: str | bytes, harmless: str | bytes) -> None:
    """The output `kind:format` of a network, and that of the same network with harmless texts."""
    kind = name.split(":")[0]
    if kind == "terminal":
        characters(str(found))
    else:
        CHECKS[kind](found, harmless)
