"""Texts of a network in the letters that a format has. Whatever a text holds, what comes out is one line without
control characters; Unicode formats keep its letters, the others have those of code page 1252."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import SHARES, Text

_SPACES = re.compile("  +")
ROUNDING = 0.02  # points: of rooms, which scenes round
NARROWEST = 0.6  # of the usual width: narrower letters cannot be read
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


def visible(text: str) -> str:
    """A text on one line: what only moves a cursor or turns a line around is gone, what is no character at
    all shows as one that is not known."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_visible, text))
    return _SPACES.sub(" ", text).strip(" ")


@cache
def _visible(letter: str) -> str:
    kind = unicodedata.category(letter)
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
    return visible("".join(map(western_letter, unicodedata.normalize("NFC", shown))))


@cache
def western_letter(letter: str) -> str:
    """What stands for a letter in code page 1252; some have nothing."""
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


def squeeze(item: Text, shown: str) -> float:
    """How much narrower than usual a text is set, 1 or less: what has little room stays inside, and what
    became longer in other letters does not reach its neighbours. It stays legible."""
    width = text_width(shown, item.size, item.bold)
    room = item.room or (text_width(item.text, item.size, item.bold) if shown != item.text else 0)
    return max(NARROWEST, room / width) if 0 < room < width - ROUNDING else 1.0


def start(item: Text, width: float) -> float:
    """How far before its anchor a text of that width begins."""
    return SHARES[item.anchor] * width
