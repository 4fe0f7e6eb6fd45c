"""What a table is to show and how, as values; what cannot be is a message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netdsl.conventions import DTYPES, RULES, TOOLS
from netdsl.diagnostics import Diagnostic, NetError, did_you_mean
from netdsl.record import Record


class Settings(Record):
    """`columns` are their names in order, None for those that suit the format. `depth` is how many
    levels are shown, `fold` whether equal rows are one. `count` is the rule of the column `count`;
    without `bias` those of convolutions and linear layers are left out everywhere. With `kilo` (1000 or
    1024) people see 4.09 G; 0 is exact. `stages` adds subtotals by resolution. Bytes are those of
    `batch` samples of `dtype`. `footers` (`netdsl.footers`) are said below."""

    columns: tuple[str, ...] | None = None
    depth: int | None = None
    fold: bool = True
    count: str = "macs"
    kilo: int = 0
    bias: bool = True
    stages: bool = False
    batch: int = 1
    dtype: str = "float32"
    footers: tuple[Any, ...] = ()

    @property
    def number_bytes(self) -> int:
        return DTYPES[self.dtype]


def settings_of(
    columns: str | Iterable[str] | None = None, kilo: int | None = None, **given: Any
) -> Settings:
    """Settings from what a user says. `columns` is a text with commas ("name,parameters", "all"), or
    names. Raises `NetError` for a column that there is not (E450), a rule (E451), a type of numbers
    (E452) or a number that cannot be (E453)."""
    found = Settings(
        columns=None if columns is None else _columns(columns), kilo=kilo or 0, **given
    )
    found = found.but(footers=tuple(found.footers)) if found.footers else found
    if found.count not in (*RULES, *TOOLS):
        hint = did_you_mean(found.count, (*RULES, *TOOLS))
        hint = hint or f"rules are {', '.join(RULES)}; tools are {', '.join(TOOLS)}"
        raise _refused("E451", f"there is no rule of counting `{found.count}`", hint)
    if found.dtype not in DTYPES:
        hint = did_you_mean(found.dtype, DTYPES) or f"there are {', '.join(DTYPES)}"
        raise _refused("E452", f"there is no type of numbers `{found.dtype}`", hint)
    if found.kilo not in (0, 1000, 1024):
        raise _refused("E453", f"a kilo is 1000 or 1024, not {found.kilo}", None)
    if found.batch < 1:
        raise _refused("E453", f"a batch has at least one sample, not {found.batch}", None)
    if found.depth is not None and found.depth < 1:
        raise _refused("E453", f"a table shows at least one level, not {found.depth}", None)
    return found


def _columns(given: str | Iterable[str]) -> tuple[str, ...]:
    from netdsl.backends.table.columns import COLUMNS

    texts = given.split(",") if isinstance(given, str) else list(given)
    names = [text.strip().lower().replace("-", "_") for text in texts]
    if names == ["all"]:
        return tuple(COLUMNS)
    for name, text in zip(names, texts):
        if name not in COLUMNS:
            hint = did_you_mean(name, COLUMNS)
            hint = hint or f"columns are {', '.join(COLUMNS)}; `all` is all of them"
            raise _refused("E450", f"tables have no column `{text.strip()}`", hint)
    return tuple(dict.fromkeys(names))


def _refused(code: str, message: str, hint: str | None) -> NetError:
    return NetError([Diagnostic(code, message, hint=hint)])
