"""How values are written in Python: numbers, texts, flags, sizes, lists.

They are written as a person would write them and as `ruff format` leaves them. Texts come from the
user and may hold anything: what is written here is safe between its quotes.
"""

from __future__ import annotations

import math
from typing import Any

from netdsl.shapes import Size


def number_text(value: float) -> str:
    """A float as a person writes it: `0.3`, `5e-4`, `1e-3`."""
    plain = repr(value)
    if not math.isfinite(value):
        return f'float("{plain}")'
    if value == 0 or "e" in plain:
        return plain.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
    digits = plain.replace("-", "").replace(".", "").strip("0")
    if abs(value) < 0.01 and len(digits) <= 3:
        exponent = math.floor(math.log10(abs(value)) + 1e-12)
        mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
        scientific = f"{'-' if value < 0 else ''}{mantissa}e{exponent}"
        if float(scientific) == value and len(scientific) < len(plain):
            return scientific
    return plain


def literal_text(value: Any) -> str:
    """The text of a value: numbers, strings, flags, sizes (`3` for 3x3), lists as tuples."""
    if isinstance(value, Size):
        if len(set(value)) == 1:
            return literal_text(value[0])
        return literal_text(tuple(value))
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, (tuple, list)):
        inner = ", ".join(literal_text(v) for v in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{literal_text(k)}: {literal_text(v)}' for k, v in value.items())}}}"
    return repr(value)


def quoted(text: str) -> str:
    """A string literal as ruff writes it, safe whatever the text holds."""
    quote = quote_for(text)
    return f"{quote}{escaped(text, quote)}{quote}"


def quote_for(text: str) -> str:
    """The quote that ruff writes round a text: the one with less to escape, `"` where equal."""
    return "'" if text.count('"') > text.count("'") else '"'


def escaped(text: str, quote: str) -> str:
    """A text between such quotes; what cannot be seen is written as an escape."""
    escapes = {"\\": "\\\\", quote: f"\\{quote}"}
    shown = "".join(escapes.get(c) or (c if c.isprintable() else ascii(c)[1:-1]) for c in text)
    return shown.replace("##[", "#\\x23[")  # which a build server's log takes for a command
