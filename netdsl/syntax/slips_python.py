"""What was written as for PyTorch: `self`, and lines of a `forward`."""

from __future__ import annotations

from netdsl.syntax.place import ENDS, Fix, Found, Place

RESHAPES = ("view", "reshape", "flatten")


def of_itself(p: Place) -> Found | None:
    """`self.conv1 = conv(16, 3x3)`, `self.conv1(x)`, `x = self.conv1(x)`."""
    this = p.index - 1 if p.type == "DOT" else p.index + 1 if p.type == "EQUAL" else -1
    if p.word(this) != "self" or p.kind(this + 1) != "DOT" or p.in_brackets():
        return None
    message, name = "there is no `self`", p.word(this + 2)
    if p.kind(this + 3) == "EQUAL" and this == p.start and p.kind(this + 2) == "NAME":
        first = this + 4
        while p.word(first) in ("nn", "torch") and p.kind(first + 1) == "DOT":
            first += 2
        hint = f"a step is named by a label: `{name}: {p.first_word(first)}`"
        label = (p.tokens[this + 2], p.new("COLON", ":", this + 3))
        return p.says("E017", message, hint, this, Fix(this, first, label))
    hint = f"steps run in the order of the text: write the step here, `{name}: ...`"
    return p.says("E017", message, hint, this, Fix(p.start, p.stop, (p.missing(p.start),)))


def reshaped(p: Place) -> Found | None:
    """`x.view(-1, 16)`, `x = x.view(-1, 16)`, `conv(8, 3x3).view(-1)`."""
    dot = p.index if p.type == "DOT" else p.index + 2 if p.type == "EQUAL" else -1
    if p.word(dot + 1) not in RESHAPES or p.kind(dot) != "DOT" or p.in_brackets():
        return None
    stop, depth, commas = dot + 2, 0, 0
    while p.kind(stop) not in (*ENDS, "$END"):
        depth += (p.kind(stop) in ("LPAR", "LSQB")) - (p.kind(stop) in ("RPAR", "RSQB"))
        commas += p.kind(stop) == "COMMA" and depth == 1
        stop += 1
        if depth == 0:
            break
    if p.kind(stop - 1) != "RPAR" or p.index > p.start + 1 and p.kind(dot - 1) == "NAME":
        return None
    hint, step = "write `flatten`", p.new("NAME", "flatten", dot)
    if commas > 1:
        hint, step = "write `reshape([...])`, with the shape of one image", p.missing(dot)
    chained = p.kind(dot - 1) != "NAME"
    if chained:
        hint = hint.replace("`", "`-> ", 1)
    arrow = (p.new("__ANON_0", "->", dot),) if chained else ()
    fix = Fix(dot if chained else p.start, stop, (*arrow, step))
    return p.says("E009", f"there is no `.{p.word(dot + 1)}`", hint, dot, fix)
