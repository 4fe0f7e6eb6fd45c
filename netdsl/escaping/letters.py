"""Which letters of a user's text are shown: none that moves a cursor, turns a line around, ends a line or is half of
a character. Every format begins with one of these, and then writes what has a meaning in it."""

from __future__ import annotations

import re
from functools import cache

_SPACES = re.compile("  +")
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
# Signs and letters that Unicode does not take apart.
_LIST = """
    ≈ ~   ≃ ~   ≅ ~   ∼ ~   ≤ <=  ≥ >=  ≠ !=  ≡ =   − -   ∓ ±   ∗ *   ⋅ ·   ∙ ·   ∘ o   ⊙ ·   ⊕ +   ⊗ ×
    → ->  ← <-  ↔ <-> ⇒ =>  ⇐ <=  ↦ ->  √ sqrt  ∞ inf   ∑ sum   ∏ prod  ∈ in  ∥ ||  ∣ |   ∖ \\   ⁄ /   ∕ /
    ⌈ [   ⌉ ]   ⌊ [   ⌋ ]   ⟨ <   ⟩ >   ′ '   ″ "   ‐ -   ‑ -   ‒ –   ― —
    ł l   Ł L   đ d   Đ D   ı i   ȷ j   ħ h   Ħ H   ŧ t   Ŧ T   ŋ n   Ŋ N   ĸ k   ẞ SS
"""
_PAIRS = _LIST.split()
_SIGNS = dict(zip(_PAIRS[::2], _PAIRS[1::2]))


def plain(text: str) -> str:
    """A text on one line, without what a terminal or a reader might take for more than letters: control
    characters, and those that turn the direction of writing."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return _unlogged(" ".join(text.split()))


def _unlogged(text: str) -> str:
    """Without the old commands that GitHub's log reads anywhere in a line (`##[error]`)."""
    return text.replace("##[", "## [")


def visible(text: str) -> str:
    """A text on one line: what only moves a cursor or turns a line around is gone, what is no character at
    all shows as one that is not known."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_visible, text))
    return _unlogged(_SPACES.sub(" ", text).strip(" "))


@cache
def _visible(letter: str) -> str:
    # most are: the tables of Unicode take as long to load as a network to compile
    if letter.isprintable():
        return letter
    from unicodedata import category

    kind = category(letter)
    if kind == "Cc" or kind in ("Zl", "Zp"):
        return " "
    if kind == "Cf":
        return ""
    if kind in ("Cs", "Cn", "Co"):
        return UNKNOWN
    return letter


def western(text: str) -> str:
    """A text in code page 1252: other letters without their accents, signs in words, or `?`."""
    shown = visible(text)
    if shown.isascii():
        return shown
    from unicodedata import normalize

    return visible("".join(map(western_letter, normalize("NFC", shown))))


@cache
def western_letter(letter: str) -> str:
    """What stands for a letter in code page 1252; some have nothing."""
    import unicodedata

    kind = unicodedata.category(letter)
    if kind.startswith(("Z", "M")):
        return " " if kind.startswith("Z") else ""
    if _has(letter):
        return letter
    if letter in _SIGNS:
        return _SIGNS[letter]
    apart = unicodedata.normalize("NFKD", letter)
    if apart != letter:
        return "".join(map(western_letter, apart))
    name = unicodedata.name(letter, "").split()
    if name[:1] == ["GREEK"] and "LETTER" in name:
        greek = name[name.index("LETTER") + 1].lower()
        return greek.capitalize() if "CAPITAL" in name else greek
    return "?"


def _has(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
