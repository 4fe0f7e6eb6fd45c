"""One line a message: for people (`concise`), and for GitHub's runners (`github`)."""

from __future__ import annotations

from netdsl.escaping import workflow
from netdsl.escaping.terminal import line as on_terminal
from netdsl.explain import book
from netdsl.reporting.findings import Finding, Findings, extent


# ------------------------------------------------------------------------------------------ concise
def concise(findings: Findings) -> str:
    """`file:line:column: CODE message`, as most editors read it."""
    return "".join(f"{_concise(finding)}\n" for finding in findings.found)


def _concise(finding: Finding) -> str:
    diagnostic = finding.diagnostic
    place = finding.where if diagnostic.span is None else str(diagnostic.span)
    return on_terminal(f"{place}: {diagnostic.code} {diagnostic.message}")


# ------------------------------------------------------------------------------------------- github
def github(findings: Findings) -> str:
    """Workflow commands: GitHub shows each beside the line that it is about."""
    lines = [_annotation(finding) for finding in findings.found]
    for file, reason in findings.unreadable:
        lines.append(command("error", {"file": file, "title": "cannot read"}, reason))
    return "".join(f"{line}\n" for line in lines)


def _annotation(finding: Finding) -> str:
    diagnostic = finding.diagnostic
    where: dict[str, object] = {"file": finding.where}
    if diagnostic.span is not None:
        place = extent(diagnostic.span)
        where.update(line=place.line, col=place.column)
        if place.end_line == place.line:  # GitHub refuses columns of a place of several lines
            where.update(endLine=place.end_line, endColumn=max(place.column, place.end_column - 1))
        else:
            del where["col"]
            where.update(endLine=place.end_line)
    where["title"] = f"{diagnostic.code} {book()[diagnostic.code]['title']}"
    said = diagnostic.message
    if diagnostic.hint:
        said += f"\nhint: {diagnostic.hint}"
    return command(diagnostic.severity, where, said)


def command(name: str, properties: dict[str, object], message: str) -> str:
    """`::error file=a.net,line=3::message`, in which nothing of the texts can end a value or begin
    another command."""
    given = ",".join(f"{key}={workflow.property(str(value))}" for key, value in properties.items())
    return f"::{name} {given}::{workflow.data(message)}"
