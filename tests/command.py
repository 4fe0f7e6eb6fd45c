"""The command line in the process of the tests."""

from __future__ import annotations

from click.testing import CliRunner, Result

from netdsl.cli import main


def run(*arguments: str, status: int = 0, stdin: str | bytes | None = None) -> Result:
    """`netdsl` with these arguments, which ends with this status and shows nobody a traceback."""
    result = CliRunner().invoke(main, list(arguments), input=stdin)
    assert isinstance(result.exception, (type(None), SystemExit)), result.exception
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result
