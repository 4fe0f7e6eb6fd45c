"""Python that is read as statements and written again says the same."""

from __future__ import annotations

import ast

import pytest

from netdsl.code.layout import lines
from netdsl.code.reading import functions
from netdsl.data import data_file

TEMPLATES = data_file("templates/torch/detectors.py").read_text(encoding="utf-8")
EVERYTHING = '''
def every(self, x: Tensor, y: int = 3, *, z=None) -> Tensor:
    """What it does."""
    a, b = x[:, 1:], x[..., None]
    c: list[int] = [i * 2 for i in range(y) if i % 2 == 0]
    if a is not None and not (b < 0 or c):
        raise ValueError("no")
    for left, right in zip(a, b):
        x = -left + right**2 if y > 1 else (left | right) & 1
    self.scale[0] = F.relu(x, inplace=True) / torch.cat([*a, b], dim=-1) // 2
    print(f(*c, key=(1, 2)))
    return x
'''


def _same(text: str, written: str) -> bool:
    def plain(source: str) -> str:
        return ast.dump(ast.parse(source))

    return plain(text) == plain(written)


@pytest.mark.parametrize("width", [60, 88, 120])
def test_templates(width: int) -> None:
    originals = {
        node.name: ast.unparse(node)
        for node in ast.parse(TEMPLATES).body
        if isinstance(node, ast.FunctionDef)
    }
    found = functions(TEMPLATES)
    assert found.keys() == originals.keys()
    for name, function in found.items():
        if not function.body:  # `pass`
            continue
        written = "\n".join(lines(function, 0, width))
        assert _same(_without_doc(originals[name]), _without_doc(written)), name


def _without_doc(text: str) -> str:
    """Documentation is laid out anew."""
    tree = ast.parse(text)
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)
    if ast.get_docstring(function) is not None:
        function.body = function.body[1:]
    return ast.unparse(tree)


def test_every_form() -> None:
    text = EVERYTHING.replace(", *, z=None", "").replace("c: list[int] = ", "c = ")
    (function,) = functions(text).values()
    assert function.doc == "What it does."
    assert _same(_without_doc(text), _without_doc("\n".join(lines(function))))


@pytest.mark.parametrize(
    "statement",
    ["while x:
        pass", "with x:
        pass", "lambda: 0", "a = b = 1", "x = {1, 2}"],
)
def test_what_cannot_be_emitted(statement: str) -> None:
    with pytest.raises(ValueError, match="cannot be emitted"):
        functions(f"def f(x):\n    {statement}\n")
