"""Where a space stands between two words, and before which ones a line may be broken."""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.formatting.words import Word

# Words with a meaning only where a statement begins are names elsewhere (`name` in the grammar).
NAMES = frozenset(
    ("NAME", "INPUT", "OUTPUT", "MODULE", "PARAM", "AUX", "HEAD", "BLOCK", "LAYER", "FROM")
)
ENDS = NAMES | {"NUMBER", "SIZE", "STRING", "CONSTANT", "RPAR", "RSQB", "END_NAME"}
NO_SPACE_AFTER = frozenset(("LPAR", "LSQB", "OPEN_NAME", "MID_NAME", "AT", "DOT"))
NO_SPACE_BEFORE = frozenset(("COMMA", "DOT", "RPAR", "RSQB", "END_NAME", "MID_NAME", "COLON"))
OPENERS = frozenset(("LPAR", "LSQB", "LBRACE", "OPEN_NAME"))
CLOSERS = frozenset(("RPAR", "RSQB", "RBRACE", "END_NAME"))
# Words before which a line may be broken, within brackets, and how tightly they bind.
BINDING = {
    **dict.fromkeys(("FOR", "IF", "ELSE"), 0),
    "OR": 1,
    "AND": 2,
    "COMPARE": 3,
    "PLUS": 4,
    "MINUS": 4,
    "TIMES": 5,
}


def space(words: Iterable[Word]) -> None:
    """Note on every word whether there is a space before it."""
    opened = ["LBRACE"]  # brackets around, a body for the file
    kind = "LBRACE"  # of the word before
    value = False  # whether that ends a value
    tight = True  # whether nothing stands between it and what follows
    for word in words:
        before, kind = kind, word.kind
        value = value and not word.starts
        if kind == "RBRACE" and opened[-1] == "OPEN_NAME":
            word.hole = True
        if kind in ("LPAR", "LSQB"):
            word.joined = value
        if tight or kind in NO_SPACE_BEFORE or word.hole:
            spaced = False
        elif kind in ("LPAR", "LSQB"):
            spaced = not value and (before != "EQUAL" or opened[-1] == "LBRACE")
        elif kind == "EQUAL" or before == "EQUAL":
            spaced = opened[-1] == "LBRACE"
        else:
            spaced = True
        word.space = spaced
        tight = kind in NO_SPACE_AFTER or (kind == "COLON" and opened[-1] == "LSQB")
        if kind == "MINUS":
            if value:
                word.breakable = opened[-1] in ("LPAR", "LSQB")
            tight = not value
            value = False
        elif kind in ENDS or word.hole:
            value = True
        elif kind == "IN":
            value = before not in NAMES  # else it is that of a loop
        else:
            value = False
            if kind in BINDING:
                word.breakable = opened[-1] in ("LPAR", "LSQB")
        if kind in OPENERS:
            opened.append(kind)
        elif kind in CLOSERS and len(opened) > 1:
            opened.pop()
