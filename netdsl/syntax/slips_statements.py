"""Slips in statements: inputs and outputs, words of the language as names, definitions."""

from __future__ import annotations

import re

from netdsl.diagnostics import did_you_mean
from netdsl.syntax.brackets import end_of, placed
from netdsl.syntax.place import ENDS, Fix, Found, Place

RESERVED = [
    "net",
    "import",
    "extern",
    "let",
    "for",
    "in",
    "if",
    "else",
    "repeat",
    "and",
    "or",
    "not",
    "init",
    "meta",
    "keys",
    "expect",
    "inline",
    "true",
    "false",
    "none",
]


DEFINITIONS = ("net", "block", "import", "let", "extern")


MEANT_BLOCKS = ("module", "layer", "def", "class", "function", "func", "cell")
MEANT_WORDS = {
    **dict.fromkeys(("network", "model"), "write `net Name { ... }`"),
    **dict.fromkeys(MEANT_BLOCKS, "write `block name(...) { ... }`"),
    **dict.fromkeys(("const", "var", "val", "define"), "write `let name = ...`"),
}


def nameless_input(p: Place) -> Found | None:
    """`input 3x224x224`, `input: 3x224x224`."""
    word = p.index - 1 - (p.before == "COLON")
    if p.type not in ("SIZE", "NUMBER") or word != p.start or p.word(word) != "input":
        return None
    at = end_of(p.tokens[word])
    named = (placed("NAME", "x", at), placed("COLON", ":", at))
    hint = f"write `input x: {p.text}`: it is read as `@x`"
    return p.says("E019", "an input has a name", hint, word, Fix(word + 1, p.index, named))


def shape(p: Place) -> Found | None:
    """`input image = 3x32x32`, `input: image: 3x32x32`, `param gamma = [3]`."""
    word, name = p.word(p.start), p.word(p.start + 1)
    if p.type == "COLON" and word == "input" and p.index == p.start + 3 and name == ":":
        hint = f"write `input {p.word(p.start + 2)}: {p.shown(p.index + 1, p.stop)}`"
        fix = Fix(p.start + 1, p.start + 2)
        return p.says("E019", "`input` has no colon before its name", hint, p.start + 1, fix)
    statement = p.kind(p.start) in ("INPUT", "PARAM") and p.before == "NAME"
    if p.type != "EQUAL" or not statement or p.index != p.start + 2:
        return None
    value = re.sub(r"(?<=[\d?]) x (?=[\d?])", "x", p.shown(p.index + 1, p.stop))
    if word == "param" and p.kind(p.index + 1) == "IN":
        hint = f"write `param {name}: [{value}]`"
        return p.says("E019", "the shape of a `param` is a list", hint)
    if word == "param" and p.kind(p.index + 1) not in ("LSQB", "SIZE"):
        hint = f"it stands before the value, as in `param {name}: [in.channels] = {value}`"
        return p.says("E019", "the shape of a `param` is missing", hint)
    message = f"the shape of `{word}` is given with `:`, not with `=`"
    hint = f"write `{word} {name}: {value}`"
    return p.says("E019", message, hint, fix=p.replace("COLON", ":", p.index))


def output(p: Place) -> Found | None:
    """`output @stem`, `output conv(8, 1x1)`, `-> output scores`."""
    first = p.start
    if p.kind(first) == "OUTPUT" and p.type == "AT":
        hint = f"write `output {p.shown(first + 1, p.stop).replace('@', '')}`"
        fix = Fix(p.index, p.index + 1)
        return p.says("E024", "an output is a label, without `@`", hint, fix=fix)
    if p.kind(first) == "OUTPUT" and p.type in ("LPAR", "LBRACE") and p.before == "NAME":
        hint = f"label the step, `a: {p.shown(first + 1, p.stop)}`, and write `output a`"
        return p.says("E024", "`output` takes labels, not steps", hint, fix=Fix(first, first + 1))
    if p.word(p.index - 1) == "output" and p.word(p.index - 2) == "->" and p.type == "NAME":
        hint = f"write `output {p.text}` on a line of its own"
        fix = Fix(
            p.index - 2, p.index, (p.new("_NL", "\n", p.index), p.new("OUTPUT", "output", p.index))
        )
        return p.says("E024", "`output` is no step", hint, p.index - 1, fix)
    return None


def reserved(p: Place) -> Found | None:
    """A word of the language where a name stands."""
    if p.type == "COLON" and p.word(p.index - 1) in RESERVED:
        word, at = p.word(p.index - 1), p.index - 1
        return p.says(
            "E020",
            f"`{word}` is a word of the language and cannot be a label",
            f"call it `{word}_`",
            at,
            p.replace("NAME", f"{word}_", at),
        )
    if p.type == "CONSTANT" and "NAME" in p.accepts and "CONSTANT" not in p.accepts:
        fix = p.replace("NAME", f"{p.text}_", p.index)
        message = f"`{p.text}` is a constant and cannot be a name"
        return p.says("E020", message, f"call it `{p.text}_`", fix=fix)
    if p.text not in RESERVED or "NAME" not in p.accepts or p.type == "CONSTANT":
        return None
    if p.type == "NET" and not p.statement and p.kind(p.index + 1) == "NAME":
        return None
    follows = p.word(p.index + 1)
    if p.text == "in" and not (follows in (":", ",", ")", "=")):
        hint = "`@in` is the value that entered; `in.channels` is a number of it"
        if not p.statement or p.word(p.index - 1) in ("->", "|", ":"):
            return p.says("E020", "`in` is no step", hint)
        return None
    label = follows == ":"
    if label or follows in (")", ",", "=", "->", "(", "{", "\n", ""):
        what = "a label" if label and not p.statement else "a name"
        fix = p.replace("NAME", f"{p.text}_", p.index)
        message = f"`{p.text}` is a word of the language and cannot be {what}"
        return p.says("E020", message, f"call it `{p.text}_`", fix=fix)
    return None


def result(p: Place) -> Found | None:
    """`return x`."""
    if p.index != p.start + 1 or p.word(p.start) != "return":
        return None
    stop = p.stop
    hint = "the last step's value is the result; a net names others with `output label`"
    fix = Fix(p.start - (p.kind(p.start - 1) == "_NL" and p.start > 0), stop)
    return p.says("E024", "there is no `return`", hint, p.start, fix)


def definition(p: Place) -> Found | None:
    depth = p.depth()
    if depth and not p.statement and p.text in ("net", "import", "extern"):
        message = f"`{p.text}` cannot stand inside a body"
        return p.says("E021", message, "is a `}` missing before it?")
    if depth and p.before == "BLOCK" and p.type == "NAME" and len(p.statement) == 1:
        hint = "move it out, before or after"
        return p.says("E021", "a block cannot be defined inside a body", hint, p.index - 1)
    if depth or p.statement or p.type in ("$END", "RBRACE"):
        return None
    rest = [i for i in range(p.index, len(p.tokens)) if p.kind(i) in (*ENDS, "VBAR")]
    stop = rest[0] if rest else len(p.tokens)
    named = p.type in ("NAME", "MODULE", "LAYER", "HEAD") and p.kind(p.index + 1) == "NAME"
    if named and (p.kind(stop) == "LBRACE" or "EQUAL" in [p.kind(i) for i in range(p.index, stop)]):
        meant = did_you_mean(p.text, DEFINITIONS) or MEANT_WORDS.get(p.text.lower())
        right = re.findall(r"`(\w+)", meant or "")
        word = right[0] if right and right[0] in ("net", "block") else "block"
        return p.says(
            "E021",
            "a definition must begin with `net`, `block`, `let`, `import` or `extern`, "
            f"not with `{p.text}`",
            meant,
            fix=p.replace(word.upper(), word, p.index),
        )
    fix = Fix(p.index, _next_definition(p))
    if named and p.text in MEANT_BLOCKS:
        message = f"a block is defined with `block`, not with `{p.text}`"
        hint = f"write `block {p.word(p.index + 1)}(...) {{ ... }}`, its steps in the braces"
        return p.says("E021", message, hint, fix=fix)
    message = "steps must stand inside a `net` or a `block`, not at the top of a file"
    hint = did_you_mean(p.text, DEFINITIONS) if named else "write `net Name { ... }` around them"
    if p.text in ("input", "output") and "NET" in [p.kind(i) for i in range(len(p.tokens))]:
        message = f"`{p.text}` must stand inside a `net`, not at the top of a file"
        where = "first" if p.text == "input" else "last"
        hint = f"move it into the net, as its {where} line"
    return p.says("E021", message, hint, fix=fix)


def _next_definition(p: Place) -> int:
    """Where the next definition begins, after a run of lines that are none."""
    depth = 0
    for i in range(p.index, len(p.tokens)):
        depth += (p.kind(i) == "LBRACE") - (p.kind(i) == "RBRACE")
        meant = p.word(i + 1) in MEANT_BLOCKS and p.at(i + 1).place[1] == 1  # no method of a class
        if depth <= 0 and p.kind(i) == "_NL" and (meant or p.word(i + 1) in DEFINITIONS):
            return i + 1
    return len(p.tokens)
