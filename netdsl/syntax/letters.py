"""Text -> tokens. A character that begins no word is reported, and read as what was meant."""

from __future__ import annotations

import re
from typing import NamedTuple

from netdsl.diagnostics import Diagnostic, Report
from netdsl.source import Source, Span
from netdsl.syntax.build import MISSING
from netdsl.syntax.machine import Token, UnknownCharacter
from netdsl.syntax.tables import grammar

MOST_MISTAKES = 20

HINTS = {
    ";": "a statement ends at the end of its line; steps are chained with `->`",
    "&": "write `and`",
    "!": "write `not`, or `!=` for unequal",
    "?": "a choice is written `a if condition else b`; `?` is an open side of a size, as in 3x?x?",
    "^": "a power is written `**`",
    "~": "write `not`",
    "$": "a computed name is written `layer{i}`",
    "–": "this is a dash; write `-`",
    "—": "this is a dash; write `-`",
    "−": "this is a minus of typography; write `-`",
    "→": "write `->`",
    "“": 'write `"`',
    "”": 'write `"`',
    "„": 'write `"`',
    "`": 'texts stand in double quotes: "same"',
    "\\": "lines need no `\\`: a line goes on inside brackets and before `->`",
    "\ufeff": "it is a byte order mark; save the file as UTF-8 without it",
    "\x00": "is this a binary file, or saved as UTF-16? Save it as UTF-8",
    "\xa0": "it is a space that does not break; write a plain one",
}
MEANT = {"×": "x", "✕": "x", "⨯": "x", "–": "-", "—": "-", "−": "-", "“": '"', "”": '"', "„": '"'}

OTHER_SIGNS = {"→": ("__ANON_0", "->"), "^": ("POWER", "**")}  # what is read in their place


# A line that is no prose, where a text that is never closed seems to end.
CODE = re.compile(
    r"^[ \t]*(?:(?:input|let|repeat|for|if|net|block|import|concat|add|mul|residual)\b[^.\n]*[\d({\[]"
    r"|[a-z_]\w*(?:\(|: )|[}|@])",
    re.MULTILINE,
)


class Slip(NamedTuple):
    """What is wrong from `start` to `stop`, and what to read there: one token, or `text` in place of
    the same number of characters, or nothing."""

    diagnostic: Diagnostic
    start: int
    stop: int
    token: Token | None = None
    text: str | None = None


def lex(source: Source, report: Report) -> list[Token] | None:
    """The tokens of a text, newlines included; None after too many mistakes."""
    text, position = source.text, 0
    tokens: list[Token] = []
    for _ in range(MOST_MISTAKES):
        try:
            for token in grammar().lex(text, position):
                tokens.append(token)  # noqa: PERF402 -- those before a mistake stay
            return tokens
        except UnknownCharacter as error:
            slip = find_slip(source, text, error.position)
        report.add(slip.diagnostic)
        position = slip.stop
        if slip.text is not None:
            text = text[: slip.start] + slip.text + text[slip.stop :]
            # what was split there can be one word now
            position = text.rfind("\n", 0, slip.start) + 1
        while tokens and (tokens[-1].start_pos or 0) >= min(position, slip.start):
            tokens.pop()
        if slip.token is not None:
            tokens.append(slip.token)
    return None


def _token(kind: str, text: str, start: int, stop: int) -> Token:
    return Token(kind, text, start, end_pos=stop)


# -------------------------------------------------------------------------------------------- slips
def find_slip(source: Source, text: str, at: int) -> Slip:
    """What stands at a character that begins no word. `text` is the source's, as mended so far."""
    end = text.find("\n", at)
    rest = text[at : end if end >= 0 else len(text)]
    character = text[at]

    def slip(code: str, message: str, length: int, hint: str | None = None, **read: object) -> Slip:
        span = Span(source, at, at + length)
        return Slip(Diagnostic(code, message, span, hint=hint), at, at + length, **read)  # type: ignore[arg-type]

    comment = _comment_before(text, at)
    if comment is not None:
        span = Span(source, comment, comment + 2)
        said = Diagnostic(
            "E011", "`//` does not begin a comment", span, hint="comments begin with `#`"
        )
        return Slip(said, comment, at + len(rest))
    if character == "'":
        quoted = re.match(r"'([^'\n\"\\]*)'", rest)
        if quoted is None:
            return slip("E004", "texts must stand in double quotes", 1)
        right = f'"{quoted[1]}"'
        token = _token("STRING", right, at, at + len(right))
        hint = f"write {right}"
        return slip("E004", "texts must stand in double quotes", len(right), hint, token=token)
    if character == '"':
        return _unclosed_text(source, text, at, rest)
    if character in "×✕⨯":
        hint = "sizes are written with the letter x: 3x3"
        return slip("E006", f"`{character}` is not the letter x", 1, hint, text="x")
    large = _large(source, text, at)
    if large is not None:
        return large
    word = re.match(r"[0-9?][\w?]*", rest)
    if word is not None and len(word[0]) > 1:
        token = _token("NAME", MISSING, at, at + len(word[0]))
        message, hint = _digits(word[0])
        return slip("E006", message, len(word[0]), hint, token=token)
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    if rest.startswith("&"):
        length = 2 if rest.startswith("&&") else 1
        token = _token("AND", "and", at, at + length)
        return slip(
            "E003", f"`{rest[:length]}` means nothing here", length, HINTS["&"], token=token
        )
    counted = _counted(text, at) if character == ";" else None
    if counted is not None:
        start, stop, right = counted
        said = "`for` goes through a list, and has no `;`"
        span = Span(source, at, at + 1)
        padded = right.ljust(stop - start)
        hint = f"write `for {right} {{ ... }}`"
        return Slip(Diagnostic("E003", said, span, hint=hint), start, stop, text=padded)
    hint = HINTS.get(character)
    if character in OTHER_SIGNS:
        token = _token(*OTHER_SIGNS[character], at, at + 1)
        return slip("E003", f"`{character}` means nothing here", 1, hint, token=token)
    if character.isalpha():
        hint = "names have the letters a to z, digits and `_`"
    return slip("E003", f"`{shown}` means nothing here", 1, hint, text=MEANT.get(character))


def _comment_before(text: str, at: int) -> int | None:
    """Where a `//` before this place was meant to begin a comment."""
    start = text.rfind("\n", 0, at) + 1
    found = re.search(r"(?:^|\s)(//)", text[start:at])
    if found is None or '"' in text[start : start + found.start(1)]:
        return None
    return start + found.start(1)


POWERS = {"k": 3, "K": 3, "M": 6, "G": 9, "B": 9, "T": 12}
LARGE = re.compile(r"(\d[\d_]*)(?:\.(\d+))?([kKMGBT])\b")


def _large(source: Source, text: str, at: int) -> Slip | None:
    """`1M`, `2.5M`, as counts are written in papers."""
    start = at
    while start and text[start - 1] in "0123456789_.":
        start -= 1
    found = LARGE.match(text, start)
    if found is None or len(found[0]) > 20:
        return None
    digits, zeros = found[2] or "", POWERS[found[3]]
    if len(digits) > zeros:
        return None
    number = f"{int(found[1].replace('_', '') + digits.ljust(zeros, '0')):_}"
    span = Span(source, start, found.end())
    message = f"`{found[0]}` is no number"
    said = Diagnostic("E006", message, span, hint=f"write {number}")
    return Slip(said, start, found.end(), _token("NUMBER", number, start, found.end()))


COUNTED = re.compile(
    r"(?P<open>\()?[ \t]*(?:(?:int|let|var)[ \t]+)?(?P<name>[a-z_]\w*)[ \t]*=[ \t]*(?P<first>\w+)[ \t]*;"
    r"[ \t]*(?P=name)[ \t]*(?P<less><=?)[ \t]*(?P<last>[\w.]+)[ \t]*;"
    r"[ \t]*(?:\+\+(?P=name)|(?P=name)(?:\+\+|[ \t]*\+=[ \t]*1))[ \t]*(?(open)\))"
)


def _counted(text: str, at: int) -> tuple[int, int, str] | None:
    """`for (i = 0; i < 3; i++)`: where its head stands, and how it is written here."""
    head = re.compile(r"[ \t]*for\b[ \t]*").match(text, text.rfind("\n", 0, at) + 1)
    found = COUNTED.match(text, head.end()) if head is not None else None
    if found is None:
        return None
    last = found["last"]
    if found["less"] == "<=":
        last = str(int(last) + 1) if last.isdecimal() else f"{last} + 1"
    ends = last if found["first"] == "0" else f"{found['first']}, {last}"
    right = f"{found['name']} in range({ends})"
    if len(right) > found.end() - found.start():
        return None
    return found.start(), found.end(), right


def _unclosed_text(source: Source, text: str, at: int, rest: str) -> Slip:
    """A text without its end: on one line up to the end of its word, else the rest of the line."""
    if text[at - 2 : at] == '""':
        span = Span(source, at - 2, at + 1)
        said = Diagnostic("E005", "this text is never closed", span, hint='add `"""` where it ends')
        code = CODE.search(text, at)
        return Slip(said, at, code.start() - 1 if code is not None else len(text))
    word = re.match(r'"[\w.:/-]*', rest)
    assert word is not None
    said = Diagnostic(
        "E005",
        "this text is never closed",
        Span(source, at, at + len(rest.rstrip())),
        hint=f'add the `"` at its end: {word[0]}"' if len(word[0]) > 1 else 'remove the `"`',
    )
    token = _token("STRING", f'{word[0]}"', at, at + len(word[0]))
    return Slip(said, at, at + len(word[0]), token if len(word[0]) > 1 else None)


def _digits(word: str) -> tuple[str, str]:
    """What is wrong with a word that begins with a digit."""
    message = f"a digit touches a letter in `{word}`"
    sides = word.split("x")
    if "x" in word and all(re.fullmatch(r"\d+|\?|[A-Za-z_]\w*", s) for s in sides):
        return message, f"with a computed side it is a list: [{', '.join(sides)}]"
    if re.fullmatch(r"[\d?]+(x[\d?]*)+", word):
        return (
            f"`{word}` is no size",
            "a size has a number on both sides of every x: 3x3, 3x224x224",
        )
    return message, "names begin with a letter; numbers have digits only"
