"""The one way to lay out a `.net` text: `formatted`."""

from __future__ import annotations

from netdsl.depth import with_room
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.formatting.columns import in_columns
from netdsl.formatting.layout import lay_out
from netdsl.formatting.outliner import Outliner
from netdsl.formatting.same import check_same
from netdsl.formatting.spacing import space
from netdsl.formatting.words import words_of
from netdsl.source import Source, Span
from netdsl.syntax.parse import LARGEST, well_formed


@with_room
def formatted(text: str, name: str = "<text>") -> str:
    """A text in its canonical form. `name` is what messages call it. Raises `NetError` if the text cannot
    be read."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    source = Source(name, text)
    tokens = well_formed(source)
    words = words_of(text, tokens)
    space(words)
    lines = lay_out(Outliner(words).file(), words[-1])
    result = "".join(f"{line}\n" for line in in_columns(lines))
    if len(result) > LARGEST:
        message = f"laid out, this text would be too large: {len(result):,} characters"
        hint = f"a file has at most {LARGEST:,}, indents among them; blocks can stand in files of their own"
        raise NetError([Diagnostic("E490", message, Span(source, 0, 0), hint=hint)])
    if result != text:
        check_same(text, tokens, result)
    return result
