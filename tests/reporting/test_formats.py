"""`netdsl check --output-format`: every form says the same findings, and holds what readers of it expect."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import command
import pytest

from netdsl.diagnostics import Diagnostic
from netdsl.reporting.as_json import as_json
from netdsl.reporting.findings import Findings
from netdsl.reporting.lines import concise, github
from netdsl.reporting.sarif import sarif, uri
from netdsl.source import Source, Span

GOOD = "net Good {\n  input image: 3x8x8\n  conv(4, 3x3)\n}\n"
BLOCKS = "block unit(width) {\n  conv(width, 3x3, strid=2)\n}\n"
BAD = """\
import unit from "blocks.net"

net Bad {
  input image: 3x8x8
  stem: unit(16)
  add {
    | conv(16, 3x3)
    | conv(16, 1x1)
  }
}
"""
WARNS = "let factor = 2\nnet Warns {\n  input image: 3x8x8\n  relu\n}\n"
FORMATS = ("full", "concise", "json", "github", "sarif")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {"good": GOOD, "blocks": BLOCKS, "bad": BAD, "warns": WARNS}.items():
        (tmp_path / f"{name}.net").write_text(text, encoding="utf-8")
    return tmp_path


check = partial(command.run, "check")


# ------------------------------------------------------------------------------------- all of them
@pytest.mark.parametrize("format", FORMATS)
def test_exit_statuses(format: str) -> None:
    option = ("--output-format", format)
    check(*option, "good.net")
    check(*option, "warns.net")
    check(*option, "good.net", "bad.net", status=1)
    check(*option, "nosuch.net", "good.net", status=2)
    check(*option, "nosuch.net", "bad.net", status=2)


@pytest.mark.parametrize("format", FORMATS)
def test_the_order_does_not_change(format: str) -> None:
    files = ("warns.net", "bad.net", "blocks.net", "nosuch.net")
    once = check("--output-format", format, *files, status=2)
    again = check("--output-format", format, *files, status=2)
    assert (once.stdout, once.stderr) == (again.stdout, again.stderr)


def test_what_two_files_import_is_told_once() -> None:
    lines = check("--output-format", "concise", "bad.net", "blocks.net", status=1).stdout
    assert lines.count("strid") == 1


def test_an_unknown_format() -> None:
    assert "'sarfi' is not one of" in check("--output-format", "sarfi", "good.net", status=2).stderr


# ------------------------------------------------------------------------------------------ concise
def test_concise() -> None:
    result = check("--output-format", "concise", "warns.net", "bad.net", status=1)
    assert result.stdout == (
        "warns.net:1:5: W103 the value `factor` is never used\n"
        "bad.net:6:3: E203 `add` needs equal shapes\n"
        "blocks.net:2:20: E110 `conv` has no argument `strid`\n"
    )
    assert result.stderr == "2 files, 2 errors, 1 warning\n"
    quiet = check("--output-format", "concise", "good.net")
    assert (quiet.stdout, quiet.stderr) == ("", "1 file, no errors\n")


# --------------------------------------------------------------------------------------------- json
def test_json() -> None:
    result = check("--output-format", "json", "bad.net", "nosuch.net", status=2)
    assert result.stderr == ""
    found = json.loads(result.stdout)
    assert found["version"] == 1
    assert (found["files"], found["errors"], found["warnings"]) == (["bad.net"], 2, 0)
    assert found["unreadable"] == [
        {"file": "nosuch.net", "reason": "there is no such file or folder"}
    ]
    merge, argument = found["diagnostics"]
    assert (argument["file"], argument["checked"]) == ("blocks.net", "bad.net")
    assert argument["hint"] == "did you mean `stride`?"
    assert argument["uses"][0]["what"] == "block `unit`"
    assert (argument["uses"][0]["file"], argument["uses"][0]["line"]) == ("bad.net", 5)
    assert [e["text"] for e in argument["fix"]] == ["stride"]
    assert [e["text"] for e in merge["fix"]] == [", padding=1"]
    assert (merge["fix"][0]["line"], merge["fix"][0]["column"]) == (7, 19)
    assert merge["code"] == "E203" and merge["severity"] == "error"
    assert [merge[k] for k in ("line", "column", "end_line", "end_column")] == [6, 3, 6, 6]
    assert merge["rendered"].startswith(
        "error[E203]: `add` needs equal shapes\n  --> bad.net:6:3\n"
    )


def test_json_of_what_has_no_place(folder: Path) -> None:
    (folder / "empty.net").write_text("# nothing\n", encoding="utf-8")
    (one,) = json.loads(check("--output-format", "json", "empty.net", status=1).stdout)[
        "diagnostics"
    ]
    assert (one["file"], one["line"], one["column"]) == ("empty.net", None, None)


def test_documented_fields(folder: Path) -> None:
    """The page lists every field, and none that there is not."""
    found = json.loads(check("--output-format", "json", "bad.net", status=1).stdout)
    page = (Path(__file__).parents[2] / "docs" / "messages.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    there = {*found, *found["diagnostics"][0], *found["diagnostics"][1]}
    assert listed == there


# ------------------------------------------------------------------------------------------- github
def test_github() -> None:
    lines = check("--output-format", "github", "warns.net", "bad.net", status=1).stdout.splitlines()
    assert lines[0] == (
        "::warning file=warns.net,line=1,col=5,endLine=1,endColumn=10,"
        "title=W103 A name that nothing uses::the value `factor` is never used"
    )
    assert lines[2] == (
        "::error file=blocks.net,line=2,col=20,endLine=2,endColumn=24,"
        "title=E110 There is no such argument::"
        "`conv` has no argument `strid`%0Ahint: did you mean `stride`?"
    )
    assert len(lines) == 3


HOSTILE = [
    "a\n::error::b",
    "a\r::set-output name=x::y",
    "50%, of: it %0A%25",
    "::stop-commands::x",
    "\x1b[31m\u202etxt",
    "[click](javascript:alert)",
    "a\x00b",
]


def hostile(text: str) -> Findings:
    """A message, a hint and a file that all hold `text`."""
    source = Source(f"dir/{text}.net", f"net {text}\nmore\n")
    span = Span(source, 4, 5)
    one = Diagnostic("E101", f"no `{text}`", span, ((span, text),), hint=f"did you mean `{text}`?")
    findings = Findings()
    findings.add(source.name, [one])
    findings.cannot_read(text, text)
    return findings


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_escapes_from_a_workflow_command(text: str) -> None:
    first, second = github(hostile(text)).splitlines()
    for line in (first, second):
        assert re.fullmatch(r"::error [^\r\n]*", line)
        properties = re.match(r"::error (.*?)::", line)
        assert properties is not None
        for part in properties[1].split(","):
            assert re.fullmatch(r"(file|line|col|endLine|endColumn|title)=[^:,\r\n]*", part)
        assert "\x1b" not in line and "\u202e" not in line
    # what a runner reads is what was meant, but for characters that move a cursor
    said = first.split("::", 2)[2].replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    printable = "".join(c if c.isprintable() or c in "\r\n" else "?" for c in text)
    assert said.startswith(f"no `{printable}`")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_line_stays_a_line(text: str) -> None:
    (line,) = concise(hostile(text)).removesuffix("\n").split("\n")
    assert line.isprintable()


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_in_json_are_themselves(text: str) -> None:
    written = as_json(hostile(text))
    assert written.isascii()
    assert json.loads(written)["diagnostics"][0]["message"] == f"no `{text}`"


# -------------------------------------------------------------------------------------------- sarif
# What the schema of SARIF 2.1.0 knows of the objects that are written: their properties with the kind of
# each. `?` may be left out.
KINDS: dict[str, dict[str, str]] = {
    "log": {"$schema": "uri?", "version": "2.1.0", "runs": "[run]"},
    "run": {
        "tool": "tool",
        "invocations": "[invocation]?",
        "columnKind": "utf16CodeUnits|unicodeCodePoints?",
        "results": "[result]?",
    },
    "tool": {"driver": "component"},
    "component": {"name": "text", "semanticVersion": "text?", "rules": "[rule]?"},
    "rule": {
        "id": "text",
        "shortDescription": "multiformat?",
        "fullDescription": "multiformat?",
        "help": "multiformat?",
        "defaultConfiguration": "configuration?",
    },
    "multiformat": {"text": "text", "markdown": "text?"},
    "configuration": {"level": "none|note|warning|error?"},
    "invocation": {
        "executionSuccessful": "flag",
        "exitCode": "number?",
        "toolExecutionNotifications": "[notification]?",
    },
    "notification": {
        "level": "none|note|warning|error?",
        "message": "message",
        "locations": "[location]?",
    },
    "result": {
        "ruleId": "text?",
        "ruleIndex": "number?",
        "level": "none|note|warning|error?",
        "message": "message",
        "locations": "[location]?",
        "relatedLocations": "[location]?",
        "fixes": "[fix]?",
    },
    "fix": {"description": "message?", "artifactChanges": "[change]"},
    "change": {"artifactLocation": "artifact", "replacements": "[replacement]"},
    "replacement": {"deletedRegion": "region", "insertedContent": "content?"},
    "content": {"text": "text?"},
    "message": {"text": "text"},
    "location": {"id": "number?", "physicalLocation": "physical?", "message": "message?"},
    "physical": {"artifactLocation": "artifact?", "region": "region?"},
    "artifact": {"uri": "uri?"},
    "region": {
        "startLine": "count?",
        "startColumn": "count?",
        "endLine": "count?",
        "endColumn": "count?",
    },
}
URI = re.compile(r"([a-z][a-z0-9+.-]*://?)?([A-Za-z0-9._~!$&'()*+,;=@/-]|%[0-9A-F]{2})+")


def conforms(value: Any, kind: str) -> None:
    kind = kind.removesuffix("?")
    if kind.startswith("["):
        assert isinstance(value, list)
        for entry in value:
            conforms(entry, kind[1:-1])
    elif kind in KINDS:
        fields = KINDS[kind]
        assert isinstance(value, dict) and set(value) <= set(fields), value
        assert {name for name, k in fields.items() if not k.endswith("?")} <= set(value), value
        for name, inner in value.items():
            conforms(inner, fields[name])
    elif kind == "text":
        assert isinstance(value, str)
    elif kind == "uri":
        assert isinstance(value, str) and URI.fullmatch(value), value
    elif kind == "flag":
        assert isinstance(value, bool)
    elif kind in ("number", "count"):
        assert isinstance(value, int) and value >= (kind == "count")
    else:
        assert value in kind.split("|")


def test_sarif() -> None:
    result = check("--output-format", "sarif", "warns.net", "bad.net", "nosuch.net", status=2)
    log = json.loads(result.stdout)
    conforms(log, "log")
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["E110", "E203", "W103"]
    assert all("Wrong:" in rule["help"]["text"] for rule in rules)
    assert [r["ruleId"] for r in run["results"]] == ["W103", "E203", "E110"]
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
    assert [r["level"] for r in run["results"]] == ["warning", "error", "error"]
    assert run["invocations"][0]["executionSuccessful"] is False
    place = run["results"][2]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "blocks.net"}
    assert place["region"] == {"startLine": 2, "startColumn": 20, "endLine": 2, "endColumn": 25}
    related = run["results"][2]["relatedLocations"]
    assert [r["message"]["text"] for r in related] == ["in block `unit`, used here"]
    empty = json.loads(check("--output-format", "sarif", "good.net").stdout)
    conforms(empty, "log")
    assert empty["runs"][0]["results"] == []


@pytest.mark.parametrize("text", HOSTILE)
def test_sarif_of_hostile_texts(text: str) -> None:
    written = sarif(hostile(text))
    assert written.isascii()
    log = json.loads(written)
    conforms(log, "log")
    said = log["runs"][0]["results"][0]["message"]["text"]
    assert "](" not in said and all(line.isprintable() for line in said.split("\n"))


def test_all_museum_conforms() -> None:
    museum = Path(__file__).parents[1] / "messages" / "museum"
    files = [str(path) for path in sorted(museum.glob("[a-gi-z]*/*.net"))]
    assert len(files) > 150
    result = check("--output-format", "sarif", *files, status=1)
    log = json.loads(result.stdout)
    conforms(log, "log")
    assert len(log["runs"][0]["results"]) > 250


def test_references() -> None:
    assert uri("nets/a b.net") == "nets/a%20b.net"
    assert uri("/tmp/ä.net") == "file:///tmp/%C3%A4.net"
    assert uri("zoo:resnet") == "zoo%3Aresnet"
    assert uri("<stdin>") == "%3Cstdin%3E"
    assert uri("javascript:alert(1)") == "javascript%3Aalert%281%29"
