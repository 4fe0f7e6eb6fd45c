"""The command `netdsl fmt`: files in their canonical form.

As with other formatters, each file is on its own: those that can be read are formatted, the others are
reported, and the exit status says that there were such.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from netdsl import options
from netdsl.diagnostics import NetError
from netdsl.escaping.terminal import shown
from netdsl.terminal import every_file, guarded, show, tell


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER...")
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; name the files that would change, and end with 1 if there are any.",
)
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option(
    "--annotate",
    is_flag=True,
    help="Write `::` behind steps whose shape is the same wherever they run, and correct wrong ones.",
)
@options.root
@guarded
def fmt(files: tuple[str, ...], check: bool, diff: bool, annotate: bool, root: Path | None) -> None:
    """Format files in place (`-`: standard input to standard output), all in the same way.

    Comments stay where they are, and nothing else changes what a file says.
    """
    account = _Account(check, diff, _formatter(annotate, root))
    for file in ["-"] if files == ("-",) else every_file(files):
        account.take(file)
    account.close(quiet=files == ("-",) and not check)


def _formatter(annotate: bool, root: Path | None) -> Callable[[str, str], str]:
    """What is done with a text, which messages call by a name."""
    if not annotate:
        from netdsl.formatting import formatted

        return formatted
    from netdsl.formatting.annotating import annotated

    return lambda text, name: annotated(text, name, None if name == STDIN else Path(name), root)


STDIN = "<stdin>"


class _Account:
    """What became of the files."""

    def __init__(self, check: bool, diff: bool, formatter: Callable[[str, str], str]) -> None:
        self.check = check
        self.diff = diff
        self.formatter = formatter
        self.changed = self.same = self.wrong = self.unreadable = 0

    def take(self, file: str) -> None:
        """Format a file, or show what is wrong with it."""
        try:
            self._format(file)
        except NetError as error:
            if self.wrong:
                click.echo(err=True)
            show(error.diagnostics)
            self.wrong += 1
        except OSError as error:
            from netdsl.elaborate.program import reason_of

            tell(f"{file}: {reason_of(error)}")
            self.unreadable += 1

    def _format(self, file: str) -> None:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        name = STDIN if file == "-" else file
        try:
            before = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise OSError(0, f"it is not UTF-8 text (byte {error.start})") from None
        after = self.formatter(before, name)
        unlike = after != before
        self.changed += unlike
        self.same += not unlike
        if self.diff:
            from netdsl.formatting.difference import difference

            click.echo(_shown(difference(before, after, name)), nl=False)
        elif self.check:
            if unlike:
                click.echo(shown(name))
        elif file == "-":
            sys.stdout.buffer.write(after.encode("utf-8"))
            sys.stdout.buffer.flush()
        elif unlike:
            from netdsl.files import write_atomically

            write_atomically(Path(file), after)
            click.echo(shown(f"formatted {file}"), err=True)

    def close(self, quiet: bool) -> None:
        """Say how it went, and end with what that means."""
        from netdsl.verification import counted

        if not quiet:
            verb = "would be formatted" if self.check or self.diff else "formatted"
            said = [f"{counted(self.changed, 'file')} {verb}"] if self.changed else []
            said += [f"{counted(self.same, 'file')} left as it is"] if self.same == 1 else []
            said += [f"{self.same} files left as they are"] if self.same > 1 else []
            said += [f"{counted(self.wrong, 'file')} with mistakes"] if self.wrong else []
            click.echo(("\n" if self.wrong else "") + ", ".join(said), err=True)
        if self.unreadable:
            sys.exit(2)
        if self.wrong or (self.check and self.changed):
            sys.exit(1)


def _shown(lines: Iterable[str]) -> str:
    """A diff as it is printed; on a terminal nothing in it is a command to that."""
    text = "".join(lines)
    if sys.stdout.isatty():
        return shown(text)
    return text
