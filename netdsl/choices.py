"""Options that take one of several words, and say which was probably meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from netdsl.diagnostics import did_you_mean


class OneOf(click.Choice):
    """A `click.Choice` whose message has the nearest right word."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            hint = did_you_mean(str(value), map(str, self.choices))
            if hint is None:
                raise
            self.fail(f"{error.message.rstrip('.')}; {hint}", param, ctx)


def similar_file(file: str) -> str:
    """What to add where there is no file of a name: the one beside it that was probably meant."""
    path = Path(file)
    try:
        names = [p.name for p in path.parent.iterdir() if p.suffix == path.suffix]
    except OSError:
        return ""
    hint = did_you_mean(path.name, names)
    return f"; {hint}" if hint is not None else ""
