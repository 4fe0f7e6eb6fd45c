"""The reference is true: every example of docs/language.md is compiled, and emitted as PyTorch."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netdsl.backends.torch import torch_source
from netdsl.compiler import Compilation
from netdsl.diagnostics import NetError, render
from netdsl.elaborate.program import open_parameters
from netdsl.source import Source
from netdsl.syntax import ast

REFERENCE = Path(__file__).parents[2] / "docs" / "language.md"
WORDS = (
    "block net let import extern input output module param aux repeat for if else"
    " init meta keys expect inline residual shortcut dense concat add"
)
FENCE = re.compile(r"^```net(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def examples() -> list[tuple[str, str, str | None]]:
    """(name, text of a file, code of the error that it must give)."""
    whole = REFERENCE.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(whole):
        info, text = match["info"].split(), match["text"]
        line = whole.count("\n", 0, match.start()) + 1
        if "flow" in info:
            text = f"net Example {{\ninput image: 16x32x32\n{text}\n}}\n"
        code = next((i.removeprefix("error=") for i in info if i.startswith("error=")), None)
        found.append((f"line {line}", text, code))
    return found


EXAMPLES = examples()


def test_there_are_examples_for_all_constructs() -> None:
    text = "\n".join(t for _, t, code in EXAMPLES if code is None)
    for word in re.findall(r"\w+", WORDS):
        assert re.search(rf"\b{word}\b", text), word
    assert len(EXAMPLES) > 20


@pytest.mark.parametrize(("name", "text", "code"), EXAMPLES, ids=[e[0] for e in EXAMPLES])
def test_example(name: str, text: str, code: str | None) -> None:
    compilation = Compilation(Source(f"language.md, {name}", text))
    found = compilation.check()
    errors = [d for d in found if d.severity == "error"]
    if code is not None:
        assert [d.code for d in errors] == [code], "\n".join(map(render, found))
        return
    assert not errors, "\n".join(map(render, errors))
    assert compilation.file is not None
    for net in compilation.file.nets:
        if isinstance(net, ast.Net) and open_parameters(compilation.file, net):
            continue
        design = Compilation(Source(name, text)).design(net.name.text)
        compile(torch_source(design), f"{net.name.text}.py", "exec")


def test_the_names_that_the_reference_states() -> None:
    text = next(t for _, t, _ in EXAMPLES if t.startswith("net Names"))
    from netdsl import loads

    keys = dict.fromkeys(k.rpartition(".")[0] for k in loads(text).state_dict_shapes())
    stated = re.findall(r"# (.*)$", text, re.MULTILINE)
    wanted = [k.strip() for line in stated for k in line.split(",")]
    assert list(keys) == wanted


def test_wrong_examples_show_a_place() -> None:
    for name, text, code in EXAMPLES:
        if code is None:
            continue
        with pytest.raises(NetError) as caught:
            Compilation(Source(name, text)).design()
        assert all(d.span is not None for d in caught.value.diagnostics)
