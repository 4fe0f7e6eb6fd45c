"""Slips in statements: labels, words of the language as names, definitions, loops."""

from __future__ import annotations

import re

from netdsl.diagnostics import did_you_mean
from netdsl.syntax.brackets import end_of, placed
from netdsl.syntax.place import ENDS, LIBRARIES, Fix, Found, Place

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


def label(p: Place) -> Found | None:
    if p.type == "_NL" and p.before == "COLON":
        return p.says(
            "E019",
            "the step of a label must stand on the same line",
            "write the step after the colon",
            at=p.index - 1,
            fix=Fix(p.index, p.index + 1),
        )
    if p.type != "COLON":
        return None
    if p.in_brackets() and p.before == "NAME":
        fix = p.replace("EQUAL", "=", p.index)
        message = "an argument is given with `=`"
        return p.says("E019", message, f"write `{p.word(p.index - 1)}=...`", fix=fix)
    first = p.word(p.start)
    if p.index - p.start > 1 and first in ("for", "repeat", "if", "else", "while", "net", "block"):
        return p.says("E024", "a body must stand in braces", f"write `{first} ... {{ ... }}`")
    if p.before in ("RPAR", "RBRACE"):
        return p.says(
            "E019",
            "`:` cannot stand here",
            "a shape to be checked follows `::`; a label stands before its step",
            fix=p.replace("__ANON_1", "::", p.index) if p.kind(p.index + 1) == "SIZE" else None,
        )
    if any(t.type == "COLON" for t in p.statement):
        return p.says("E019", "a step has one label", "a group has a second one: `a: { b: ... }`")
    return None


def nameless_input(p: Place) -> Found | None:
    """`input 3x224x224`, `input: 3x224x224`."""
    word = p.index - 1 - (p.before == "COLON")
    if p.type not in ("SIZE", "NUMBER") or word != p.start or p.word(word) != "input":
        return None
    at = end_of(p.tokens[word])
    named = (placed("NAME", "x", at), placed("COLON", ":", at))
    hint = f"write `input x: {p.text}`: it is read as `@x`"
    return p.says("E019", "an input has a name", hint, word, Fix(word + 1, p.index, named))


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


def imported(p: Place) -> Found | None:
    """`import torch`, `import "blocks.net"`, `from "blocks.net" import unit`."""
    if p.depth() or p.word(p.start) not in ("import", "from"):
        return None
    stop = p.index
    while p.kind(stop) not in ("_NL", "$END"):
        stop += 1
    line = p.tokens[p.start : stop]
    names = [str(t) for t in line if t.type == "NAME"]
    files = [str(t) for t in line if t.type == "STRING"]
    if not files and LIBRARIES.intersection(names):
        hint = "leave it out: layers need no import"
    else:
        file = files[0] if files else '"blocks.net"'
        hint = f"write `import {', '.join(names) or 'unit, stem'} from {file}`"
        if not names:
            hint += ", with the names of what is needed"
    fix = Fix(p.start, stop + (p.kind(stop) == "_NL"))
    return p.says("E021", "an import has names and a file", hint, p.start, fix)


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


def loop(p: Place) -> Found | None:
    """`for i = 0 to 3`, `for (i in range(3))`, `while`."""
    word = p.word(p.start)
    if word == "for" and p.index - p.start <= 2:
        if p.type == "LPAR":
            shut = (
                next((i for i in range(p.index, len(p.tokens)) if p.kind(i) in ENDS), len(p.tokens))
                - 1
            )
            fix = None
            if p.kind(shut) == "RPAR":
                fix = Fix(p.index, shut + 1, p.tokens[p.index + 1 : shut])
            return p.says(
                "E024",
                "`for` takes no parentheses",
                "leave them out: `for x in list { ... }`",
                fix=fix,
            )
        return p.says(
            "E024",
            f"`for` goes through a list, and {_shown(p)} stands here",
            "write `for x in list { ... }`, like `for i in range(4) { ... }`",
        )
    if word == "for" and p.type == "LPAR" and p.before == "COMMA":
        hint = "one name holds the inner list: `for i, pair in ...`, then `pair[0]` and `pair[1]`"
        return p.says("E024", "names of `for` have no parentheses", hint)
    if word == "for" and p.text in ("to", "until", "step") and p.before == "NUMBER":
        hint = "a loop goes through a list: `for i in range(3)` for 0, 1 and 2"
        return p.says("E024", f"`{p.text}` cannot stand here", hint)
    if word in ("while", "loop", "foreach", "switch", "match", "try") and p.kind(
        p.start + 1
    ) not in ("LPAR", "COLON"):
        hint = "there are `repeat n { ... }`, `for x in list { ... }` and `if c { ... }`"
        return p.says("E024", f"there is no `{word}`", hint, p.start)
    if p.type == "EQUAL" and word in ("if", "expect", "repeat"):
        fix = p.replace("COMPARE", "==", p.index)
        return p.says("E024", "`=` gives an argument; it does not compare", "write `==`", fix=fix)
    return None


def _shown(p: Place) -> str:
    return f"`{p.text}`" if p.text.strip() else "the end of the line"
