"""Where findings go. For people they go to standard error, file by file; every other form is a result and
goes to standard output, as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from netdsl.diagnostics import Diagnostic
from netdsl.reporting.findings import Findings
from netdsl.terminal import show, tell
from netdsl.verification import counted


def went_on(new: Sequence[Diagnostic], findings: Findings, format: str) -> None:
    """A file was checked, and `new` was found in it."""
    if format == "full" and new:
        if len(findings.found) > len(new):
            click.echo(err=True)
        show(new)


def finished(findings: Findings, format: str) -> None:
    """All files were checked."""
    if format not in ("full", "concise"):
        click.echo(_writer(format)(findings), nl=False)
        return
    if format == "concise":
        click.echo(_writer(format)(findings), nl=False)
    for file, reason in findings.unreadable:
        tell(f"{file}: {reason}")
    apart = "\n" if format == "full" and findings.found else ""
    wrong = bool(findings.errors)
    click.echo(apart + _summary(findings), err=wrong or format == "concise")


def _writer(format: str) -> Callable[[Findings], str]:
    if format == "json":
        from netdsl.reporting.as_json import as_json

        return as_json
    if format == "sarif":
        from netdsl.reporting.sarif import sarif

        return sarif
    from netdsl.reporting import lines

    return lines.github if format == "github" else lines.concise


def _summary(findings: Findings) -> str:
    errors, warnings = findings.errors, findings.warnings
    said = [counted(len(findings.files), "file")]
    said.append(counted(errors, "error") if errors else "no errors")
    if warnings:
        said.append(counted(warnings, "warning"))
    return ", ".join(said)
