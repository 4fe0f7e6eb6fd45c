"""Hostile texts, and networks in which they stand in every place where the language takes a text."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

# What each format is attacked with, by itself; texts are made of these.
PIECES = (
    # Python: ends of strings, comments and lines, escapes, holes of f-strings, directives
    *('"""', "'''", '"', "'", "\\", "\\\\", '\\"', "\n", "\\N{DOLLAR SIGN}", "\\x22", "{x}", "{{", "%s"),
    *("import netdsl_canary", "__import__('netdsl_canary')", "exec(\"import netdsl_canary\")"),
    *("# noqa", "# type: ignore", "-*- coding: utf-7 -*-", "+ACI-", "\n    import netdsl_canary\n", "if True:"),
    # lines and letters that cannot be seen
    *("\x00", "\x07", "\x08", "\x0b", "\x0c", "\x1b[31m", "\x1b]0;title\x07", "\x1b]8;;http://x.example\x07"),
    *("\x7f", "\x85", "\x9b31m", "\u2028", "\u2029", "\ufeff", "\u200b", "\u202e", "\u2066", "\u2069", "\u061c"),
    *("\u200f", "\ufffe", "\U000e0041", "\U0010ffff", "\t", "\xa0", "\xad", "e\u0301\u0301\u0301", "\u3164"),
    # HTML, SVG, XML
    *("<script>alert(1)</script>", "</text><script>", "</title>", "<!--", "-->", "<![CDATA[", "]]>", "&lt;"),
    *("&#x3c;", "<img src=x onerror=alert(1)>", '" onload="alert(1)', "' onclick='alert(1)", "</style>"),
    *("<a xlink:href='javascript:alert(1)'>", "<?xml?>", "<!DOCTYPE x [<!ENTITY y 'z'>]>", "&y;", "<svg/onload=x>"),
    # DOT
    *("\\N", "\\l", "\\G", "<b>x</b>", "];", '"]; evil [label="x"]; "', "-> evil", "subgraph x {", "URL=x", "/*"),
    # LaTeX and TikZ
    *("\\input{/etc/passwd}", "\\write18{id}", "^^5cinput", "^^M", "%", "$x$", "$$", "\\end{tabular}", "&", "#1"),
    *("~", "_", "^", "{", "}", "\\\\", "\\csname x\\endcsname", "\\immediate", "--", ",,", "''", "``", "\\par"),
    # Mermaid
    *("%%{init: {'securityLevel': 'loose'}}%%", "click n0 href 'javascript:alert(1)'", "end", "#quot;", "#35;"),
    *('"]', "fa:fa-ban", "`md **x**`", "\\n", "style n0 fill:red", "classDef x y", ":::x", "|", "-->|x| n9"),
    # Markdown
    *("[x](javascript:alert(1))", "![x](http://x.example/a.png)", "<http://x.example>", "http://x.example"),
    *("www.x.example", "@user", "#12", "a@b.example", "| a | b |", "`x`", "**x**", "\n# x", "\n- x", "\n> x", "***"),
    *("\\|", "~~~", "[x]: http://x.example", "&emsp;", "- [ ] x", "1. x", "==="),
    # CSV
    *("=1+1", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", ",", ";", '",="', "\n=1", "\uff1d1"),
    # logs and terminals
    *("::error file=x::y", "\n::set-env name=x::y", "##[error]x", "\n ::add-mask::x", "[link=http://x.example]x[/link]"),
    *("[red]", "[/]", "[bold", "\\[", ":smile:", "\n::endgroup::"),
    # harmless ones, and such as are long
    *("ResNet", "64", " ", "  ", "\u03b1\u03b2", "\u7573", "\U0001f642", "x" * 60, "3x3", "10^9", "a/b.c", "->"),
)  # fmt: skip


def hostile_texts(seed: int, count: int) -> list[str]:
    """So many different texts: each piece by itself, then several of them; in all there is a letter that can be
    seen, so that none is the same as no text."""
    rng = random.Random(seed)
    found = dict.fromkeys(f"{piece}a" for piece in rng.sample(PIECES, min(count, len(PIECES))))
    while len(found) < count:
        text = rng.choice(("", " ", "")).join(rng.choices(PIECES, k=rng.choice((1, 2, 2, 3, 5, 9))))
        letter = rng.choice("abcxyz")
        found[rng.choice((f"{letter}{text}", f"{text}{letter}", f"{text}{letter}{text}"))] = None
    return list(found)[:count]


def harmless_texts(texts: Iterable[str]) -> list[str]:
    """As many different texts of letters."""
    return [f"text{i}" for i, _ in enumerate(texts)]


def literal(text: str) -> str:
    """A text as the language writes it."""
    inner = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{inner.replace(chr(13), " ")}"'


def prefix(text: str) -> str:
    """A text as the beginning of a name in a checkpoint, which has parts with dots between them, and no blanks."""
    return "".join(c for c in text if not c.isspace()).replace(".", ":")


def program(texts: Sequence[str]) -> str:
    """A network in which each text stands in one place: documentation of the file, of blocks and of the net,
    arguments and defaults of blocks, of layers from elsewhere and of the net, facts (names too), names in
    checkpoints, comments."""
    waiting = list(texts)

    def some(count: int) -> list[str]:
        taken, waiting[:count] = waiting[:count], []
        return taken

    def next_() -> str:
        return literal(waiting.pop(0)) if waiting else '"no text is left"'

    lines = [next_(), f"# {' '.join(''.join(some(2)).split(chr(10)))}"]
    lines.append(f"extern layer Odd(a={next_()}, b=1) -> in.shape = " + '"netdsl_absent.part:Odd"')
    lines += [f"let t0 = {next_()}", f"let t1 = [{next_()}, {next_()}]"]
    rest = len(waiting) - 8
    blocks, facts, keys = max(1, rest // 6), rest // 6, rest // 6
    for i in range(blocks):
        lines.append(f"block b{i}(width, name={next_()}) {{ {next_()}")
        lines.append("  conv(width, 1x1) -> relu -> Odd(name) }")
    lines.append(f"net Hostile(label={next_()}) {{ {next_()}")
    lines.append("  input image: 3x4x4")
    lines += ["  Odd(label)", "  Odd(t0)", "  Odd(t1)", f"  Odd([{next_()}, [{next_()}]], b=2)"]
    for i in range(blocks):
        lines.append(f"  u{i}: b{i}(4, {next_()})")
    lines.append("  meta {")
    lines.append(f"    year: 2026  paper: {next_()}")
    for i in range(facts // 2):
        name = literal(f"{waiting.pop(0)} top1")  # so that comparisons show it
        lines.append(f"    f{i}: {next_()}  {name}: {next_()}")
    lines.append("  }\n  keys {")
    named = min(keys, len(waiting) // 2 * 2, blocks)
    for i in range(named):
        lines.append(f"    u{i}: {literal(prefix(waiting.pop(0)) + str(i))}")
    lines.append("  }\n  meta {")
    for i in range(len(waiting)):
        lines.append(f"    g{i}: {next_()}")
    return "\n".join([*lines, "  }", "}", ""])
