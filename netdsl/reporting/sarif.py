"""Diagnostics as SARIF 2.1.0 (OASIS, 2020), which services and editors read from many tools.

Rules are the codes that occur, with their pages of `netdsl explain`. Columns count code points.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import quote

from netdsl.diagnostics import Diagnostic
from netdsl.escaping.terminal import line as on_terminal
from netdsl.explain import book, explain, markdown
from netdsl.reporting.findings import Finding, Findings, extent
from netdsl.source import Span
from netdsl.version import __version__

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def sarif(findings: Findings) -> str:
    """One log with one run, in ASCII, so that its bytes are the same everywhere."""
    codes = sorted({finding.diagnostic.code for finding in findings.found})
    driver = {
        "name": "netdsl",
        "semanticVersion": __version__,
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(findings)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes) for finding in findings.found],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    entry = book()[code]
    return {
        "id": code,
        "shortDescription": {"text": entry["title"]},
        "fullDescription": {"text": " ".join(entry["text"].split())},
        "help": {"text": explain(code), "markdown": markdown(code)},
        "defaultConfiguration": {"level": _level(code)},
    }


def _level(code: str) -> str:
    return "warning" if code.startswith("W") else "error"


def _invocation(findings: Findings) -> dict[str, Any]:
    """A run succeeded if it could read every file; what it found there does not matter."""
    found: dict[str, Any] = {
        "executionSuccessful": not findings.unreadable,
        "exitCode": findings.status,
    }
    if findings.unreadable:
        found["toolExecutionNotifications"] = [
            {
                "level": "error",
                "message": _message(unreadable.reason),
                "locations": [_location(unreadable.file)],
            }
            for unreadable in findings.unreadable
        ]
    return found


def _result(finding: Finding, codes: list[str]) -> dict[str, Any]:
    diagnostic = finding.diagnostic
    said = _message(diagnostic.message)
    if diagnostic.hint:
        said = {"text": f"{said['text']}\nhint: {_message(diagnostic.hint)['text']}"}
    found: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": codes.index(diagnostic.code),
        "level": _level(diagnostic.code),
        "message": said,
        "locations": [_location(finding.where, diagnostic.span)],
    }
    related = [(span, text) for span, text in diagnostic.labels]
    related += [(use.span, f"in {use.what}, used here") for use in diagnostic.uses]
    if related:
        found["relatedLocations"] = [
            {"id": i, **_location(span.source.name, span), "message": _message(text or "here")}
            for i, (span, text) in enumerate(related, 1)
        ]
    if diagnostic.changes:
        found["fixes"] = [_fix(diagnostic)]
    return found


def _fix(diagnostic: Diagnostic) -> dict[str, Any]:
    """The hint as changes, file by file."""
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in diagnostic.changes:
        replacement = {
            "deletedRegion": _region(edit.span),
            "insertedContent": {"text": edit.text},
        }
        changes.setdefault(edit.span.source.name, []).append(replacement)
    return {
        "description": _message(diagnostic.hint or ""),
        "artifactChanges": [
            {"artifactLocation": {"uri": uri(file)}, "replacements": replacements}
            for file, replacements in changes.items()
        ],
    }


def _message(text: str) -> dict[str, str]:
    """A message without links: viewers make one of `[text](target)`, which a quoted name could hold."""
    return {"text": on_terminal(text).replace("](", "] (")}


def _location(file: str, span: Span | None = None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri(file)}}
    if span is not None:
        physical["region"] = _region(span)
    return {"physicalLocation": physical}


def _region(span: Span) -> dict[str, int]:
    place = extent(span)
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def uri(file: str) -> str:
    """A path as a reference: relative ones stay so, absolute ones get their scheme, and no character of
    a name means anything."""
    path = file.replace("\\", "/") if os.name == "nt" else file
    quoted = quote(path, safe="/", errors="surrogateescape")
    return f"file://{quoted}" if path.startswith("/") else quoted
