"""Diagnostics as JSON (docs/messages.md), for editors and scripts."""

from __future__ import annotations

import json
from typing import Any

from netdsl.diagnostics import Ways, render
from netdsl.explain import book
from netdsl.reporting.findings import Finding, Findings, extent
from netdsl.source import Span

VERSION = 1  # of this form; a field that is added does not change it


def as_json(findings: Findings) -> str:
    """One object, in ASCII, so that its bytes are the same everywhere."""
    whole = {
        "version": VERSION,
        "files": findings.files,
        "errors": findings.errors,
        "warnings": findings.warnings,
        "diagnostics": [_diagnostic(finding) for finding in findings.found],
        "unreadable": [{"file": u.file, "reason": u.reason} for u in findings.unreadable],
    }
    return json.dumps(whole, indent=2) + "\n"


def _diagnostic(finding: Finding) -> dict[str, Any]:
    diagnostic = finding.diagnostic
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "title": book()[diagnostic.code]["title"],
        "message": diagnostic.message,
        "mark": diagnostic.mark or None,
        "hint": diagnostic.hint,
        **(_place(diagnostic.span) if diagnostic.span else _no_place(finding.file)),
        "checked": finding.file,
        "labels": [{**_place(span), "message": text} for span, text in diagnostic.labels],
        "uses": [{"what": use.what, **_place(use.span)} for use in diagnostic.uses],
        "ways": _ways(diagnostic.ways) if diagnostic.ways is not None else None,
        "fix": [{**_place(edit.span), "text": edit.text} for edit in diagnostic.changes],
        "rendered": render(diagnostic),
    }


def _ways(ways: Ways) -> dict[str, Any]:
    return {
        "start": ways.start,
        "ways": [
            {
                "name": way.name,
                "steps": [{"step": step, "shape": shape} for step, shape in way.steps],
                "parts": way.parts,
            }
            for way in ways.ways
        ],
    }


def _place(span: Span) -> dict[str, Any]:
    return {"file": span.source.name, **extent(span)._asdict()}


def _no_place(file: str) -> dict[str, Any]:
    return {"file": file, "line": None, "column": None, "end_line": None, "end_column": None}
