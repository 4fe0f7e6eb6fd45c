"""Slips around `for`, `repeat` and `if`: words of other languages, clauses, arrows to what is no step."""

from __future__ import annotations

from netdsl.syntax.brackets import ARROWS
from netdsl.syntax.place import ENDS, MERGES, Fix, Found, Place

HEADS = (
    "for",
    "repeat",
    "if",
    "else",
    "while",
    "net",
    "block",
    "aux",
    "head",
)  # what a body follows
WITH_BODIES = ("residual", "dense", "shortcut", *MERGES)
FILLERS = ("then", "do", "times", "begin")
ELSE_IF = ("elif", "elseif", "elsif")


def else_on_own_line(p: Place) -> Found | None:
    if p.type == "ELSE" and p.before in ("_NL", "LBRACE"):
        fix = Fix(p.index - 1, p.index) if p.kind(p.index - 2) == "RBRACE" else None
        message = "`else` must stand on the line of the `}` before it"
        return p.says("E013", message, "write `} else {`", fix=fix)
    if p.type == "ELSE" and p.before == "RBRACE":
        message = "`else` cannot follow this body"
        opener = p.opener(p.index - 1)
        if opener is not None and _of_a_residual(p, opener):
            hint = "what is added instead of the input is `} shortcut { ... }`"
            fix = p.replace("NAME", "shortcut", p.index)
            return p.says("E118", message, hint, fix=fix)
        hint = "it follows `if condition { ... }` only"
        return p.says("E118", message, hint, fix=Fix(p.index, p.body_end(p.index) + 1))
    at = p.index if p.text in ELSE_IF else p.start
    if p.word(at) in ELSE_IF and at >= p.index - 1 and p.kind(at - 1) in ("RBRACE", "_NL"):
        start = at - (p.kind(at - 1) == "_NL")
        said, else_, if_ = p.word(at), p.new("ELSE", "else", at), p.new("IF", "if", at)
        fix = Fix(at, at + 1, (if_,))
        if p.kind(start - 1) == "RBRACE":
            fix = Fix(start, at + 1, (else_, if_))
        hint = f"write `}} else if {p.shown(at + 1, p.end(at))} {{`"
        return p.says("E013", f"there is no `{said}`", hint, at, fix)
    return None


def _of_a_residual(p: Place, opener: int) -> bool:
    """Whether a brace begins the body of a residual."""
    first = opener
    while p.kind(first - 1) not in (*ENDS, "$END") and p.word(first) != "residual":
        first -= 1
    return p.word(first) == "residual"


def chained_after_loop(p: Place) -> Found | None:
    if p.text not in ARROWS or p.before != "RBRACE":
        return None
    depth, start = 0, p.index - 1
    while start:
        depth += (p.kind(start) == "RBRACE") - (p.kind(start) == "LBRACE")
        if depth == 0 and p.kind(start - 1) in ("_NL", "LBRACE", "VBAR"):
            break
        start -= 1
    word = p.word(start)
    if word not in ("for", "repeat", "if"):
        return None
    hint = "put the next step on a line of its own; it takes what the body gave"
    fix = p.replace("_NL", "\n", p.index)
    if p.text == "::":
        hint = "`:: shape` follows a step: write it after the last step in the body"
        fix = Fix(p.index, p.stop)
    return p.says("E014", f"`{p.text}` cannot follow the body of `{word}`", hint, fix=fix)


def chained_to_loop(p: Place) -> Found | None:
    """`conv(8, 3x3) -> if deep { bn }`."""
    if p.word(p.index - 1) != "->" or p.type not in ("FOR", "REPEAT", "IF"):
        return None
    hint = "put it on a line of its own, without `->`; it takes what the step above gives"
    if p.word(p.body_end(p.index) + 1) == "->":
        hint = "put it on a line of its own, without `->`, and what follows on the next"
    fix = p.replace("_NL", "\n", p.index - 1)
    return p.says("E014", f"`->` cannot lead to `{p.text}`, which is no step", hint, fix=fix)


def filler(p: Place) -> Found | None:
    """`if c then {`, `if c: {`, `for i in range(3) do {`."""
    start = next((i for i in range(p.index - 1, p.start, -1) if p.kind(i) == "ELSE"), p.start)
    if p.kind(start - 1) != "RBRACE":
        start = p.start
    head, closes = p.word(start), p.kind(p.index + 1) == "LBRACE"
    if head not in HEADS or p.index - start < 2 - (head == "else"):
        return None
    leave_out, hint = Fix(p.index, p.index + 1), f"leave it out: `{p.shown(start, p.index)} {{`"
    if p.type == "COLON" and not p.in_brackets():
        if closes:
            return p.says("E024", f"`{head}` has no colon", hint, fix=leave_out)
        if head == "aux":
            equals = p.replace("EQUAL", "=", p.index)
            return p.says("E024", "the step of `aux` follows `=`, not `:`", "write `=`", fix=equals)
        if p.kind(p.index + 1) != "VBAR":
            return p.says("E024", "a body must stand in braces", f"write `{head} ... {{ ... }}`")
        return _bare_bar(p, p.index + 1)
    if p.type == "_NL" and "LBRACE" in p.accepts:
        hint = f"write `{p.shown(start, p.index)} {{ ... }}`"
        return p.says("E024", "a body must stand in braces", hint)
    if p.text in FILLERS and "LBRACE" in p.accepts and closes:
        return p.says("E024", f"there is no `{p.text}`", hint, fix=leave_out)
    if p.type == "VBAR" and head in ("for", "repeat", "if") and not p.in_brackets():
        return _bare_bar(p, p.index)
    return None


def _bare_bar(p: Place, bar: int) -> Found | None:
    """`for i in range(3) | @z{i}`: a bar where a body begins."""
    stop = p.end(bar + 1)
    if p.kind(stop) in ("LBRACE", "VBAR") or p.kind(bar + 1) == "VBAR":
        return None
    opener = p.opener()
    if opener is None or p.word(opener - 1) not in MERGES:
        bar += 1  # it means the body, not a branch
    tokens = (p.new("LBRACE", "{", p.index), *p.tokens[bar:stop], p.new("RBRACE", "}", stop - 1))
    head, body = p.shown(p.start, p.index), p.shown(bar, stop)
    hint = f"write `{head} {{ {body} }}`"
    return p.says("E024", "a body must stand in braces", hint, fix=Fix(p.index, stop, tokens))


def repeat_with_a_name(p: Place) -> Found | None:
    """`repeat i in range(3) {`."""
    if p.kind(p.start) != "REPEAT" or p.type != "IN" or p.index != p.start + 2:
        return None
    hint = f"write `for {p.shown(p.start + 1, p.stop)} {{`"
    fix = p.replace("FOR", "for", p.start)
    return p.says("E024", "`repeat` takes a number of times", hint, p.start, fix)


def is_(p: Place) -> Found | None:
    """`if width is none`."""
    if p.text != "is" or p.type != "NAME" or "NAME" in p.accepts and "COMPARE" not in p.accepts:
        return None
    if p.before not in ("NAME", "RPAR", "RSQB", "NUMBER", "CONSTANT"):
        return None
    negated = p.kind(p.index + 1) == "NOT"
    sign = "!=" if negated else "=="
    compare = p.new("COMPARE", sign, p.index)
    fix = Fix(p.index, p.index + 1 + negated, (compare,))
    return p.says("E024", "there is no `is`", f"write `{sign}`", fix=fix)


def choice_without_else(p: Place) -> Found | None:
    """`let w = width if deep`."""
    if "ELSE" not in p.accepts or p.type not in ("_NL", "RPAR", "RSQB", "RBRACE", "COMMA", "$END"):
        return None
    at = next((i for i in range(p.index - 1, p.start, -1) if p.kind(i) == "IF"), None)
    if at is None:
        return None
    hint = f"a choice has two values: `{p.word(at - 1)} {p.shown(at, p.index)} else ...`"
    missing = (p.new("ELSE", "else", p.index - 1), p.missing(p.index - 1))
    fix = Fix(p.index, p.index, missing)
    return p.says("E024", "`else` is missing", hint, at, fix)


def condition_behind_a_step(p: Place) -> Found | None:
    """`conv(8, 3x3) if c`."""
    if "LBRACE" not in p.accepts or p.type not in ("_NL", "RBRACE", "$END"):
        return None
    first = p.step
    at = next((i for i in range(p.index - 1, first, -1) if p.kind(i) == "IF"), None)
    if at is None or p.kind(first) != "NAME" or p.kind(at - 1) not in ("NAME", "RPAR"):
        return None
    if p.word(first) in WITH_BODIES:
        return None
    hint = f"put it round the step, on a line of its own: `{p.shown(at, p.index)} {{ {p.shown(first, at)} }}`"
    chained = p.word(first - 1) == "->"
    line = (p.new("_NL", "\n", first),) if chained else ()
    left, right = p.new("LBRACE", "{", first), p.new("RBRACE", "}", p.index - 1)
    tokens = (*line, *p.tokens[at : p.index], left, *p.tokens[first:at], right)
    fix = Fix(first - chained, p.index, tokens) if chained or first == p.start else None
    return p.says("E024", "`if` cannot stand behind a step", hint, at, fix)


def behind_a_step(p: Place) -> Found | None:
    """`| @conv{i} for i in range(3)`, `conv(8, 3x3) repeat 2 { relu }`."""
    if p.type not in ("FOR", "REPEAT", "IF", "LET", "EXPECT") or "_NL" not in p.accepts:
        return None
    stop, first = p.stop, p.start - (p.kind(p.start - 1) == "VBAR")
    if p.type in ("FOR", "REPEAT") and p.kind(stop) != "LBRACE" and p.statement:
        head, body = p.shown(p.index, stop), p.shown(first, p.index)
        hint = f"it stands around what it repeats: `{head} {{ {body} }}`"
        braces = p.new("LBRACE", "{", p.index), p.new("RBRACE", "}", stop - 1)
        tokens = (*p.tokens[p.index : stop], braces[0], *p.tokens[first : p.index], braces[1])
        message = f"`{p.text}` cannot stand behind a step"
        return p.says("E024", message, hint, fix=Fix(first, stop, tokens))
    fix = p.insert("_NL", "\n", p.index)
    hint = None
    if "__ANON_0" in p.accepts:
        hint = "it is no step of a chain: put it on a line of its own"
    return p.says("E009", f"a new line is missing before `{p.text}`", hint, fix=fix)


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
