"""One construct of the language each, and the file that is emitted for it, as a person would write it.

`goldens` holds the programs and beside each its file. `NETDSL_ACCEPT=1` writes the files anew; whoever
does so reads the difference.
"""

from __future__ import annotations

import ast
import functools
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import netdsl
from netdsl.backends.torch.scene import Var
from netdsl.shapes import Open, Shape

GOLDENS = Path(__file__).parent / "goldens"
NAMES = sorted(path.stem for path in GOLDENS.glob("*.net"))
BATCH = 3
SIDES = {"H": 12, "W": 20}  # of what is open

every = pytest.mark.parametrize("name", NAMES)


@functools.cache
def network(name: str) -> netdsl.Network:
    return netdsl.load(GOLDENS / f"{name}.net")


def made(name: str) -> nn.Module:
    """The class of the golden file, with fresh weights."""
    net = network(name)
    names: dict[str, Any] = {"__name__": name}
    exec((GOLDENS / f"{name}.py").read_text(encoding="utf-8"), names)  # noqa: S102
    torch.manual_seed(0)
    return names[net.torch_class]()


def sizes(shape: Shape) -> tuple[int, ...]:
    """A shape with a batch, and numbers for what is open."""
    dims = [d.at(SIDES) if isinstance(d, Open) else d for d in shape]
    assert all(isinstance(d, int) for d in dims)
    return (BATCH, *(d for d in dims if isinstance(d, int)))


@every
def test_golden(name: str) -> None:
    path = GOLDENS / f"{name}.py"
    found = network(name).torch_source()
    if os.environ.get("NETDSL_ACCEPT"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


@every
def test_the_text_is_the_same_after_many_others(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values are counted over all networks of a process; nothing is measured with these numbers."""
    monkeypatch.setattr(Var, "count", 10**12)
    assert network(name).torch_source() == (GOLDENS / f"{name}.py").read_text(encoding="utf-8")


def test_every_golden_has_a_program() -> None:
    assert sorted(path.stem for path in GOLDENS.glob("*.py")) == NAMES
    assert len(NAMES) >= 18


@every
def test_programs_have_no_mistakes_and_no_warnings(name: str) -> None:
    from netdsl.compiler import Compilation
    from netdsl.source import Source

    path = GOLDENS / f"{name}.net"
    source = Source(path.name, path.read_text(encoding="utf-8"))
    assert [d.message for d in Compilation(source, path).check()] == []


@every
def test_names_and_shapes_of_weights(name: str) -> None:
    """In the order in which the network says them."""
    found = {
        key: tuple(t.shape)
        for key, t in made(name).state_dict().items()
        if not key.endswith("num_batches_tracked")
    }
    expected = {
        key: shape
        for key, shape in network(name).state_dict_shapes().items()
        if not key.endswith("num_batches_tracked")
    }
    assert list(found.items()) == list(expected.items())
    assert len(found) > 1


@every
@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_it_runs(name: str, training: bool) -> None:
    """Forward and, in training, backward: every weight that the output reads gets a gradient."""
    net, module = network(name), made(name)
    module.train(training)
    given = module(*(torch.rand(sizes(s)) for s in net.input_shapes.values()))
    if isinstance(given, Tensor):
        given = (given,)
    fields = getattr(given, "_fields", ("output",))
    outputs = list(net.output_shapes.values())
    aux = list(net.design.net.aux)
    assert len(given) == len(outputs) + (len(aux) if training else 0)
    assert [tuple(g.shape) for g in given[: len(outputs)]] == [sizes(s) for s in outputs]
    if training and aux:
        assert list(fields[len(outputs) :]) == aux == list(module.aux_weights)  # type: ignore[arg-type]
    if training:
        torch.stack([(g**2).sum() for g in given]).sum().backward()
        assert all(p.grad is not None for p in module.parameters())


# ------------------------------------------------------------------------------------ documentation
@every
def test_documented_shapes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the docstrings say holds for every call, with the arguments that each module was made with;
    a quotient is rounded, up or down."""
    net = network(name)
    names: dict[str, Any] = {"__name__": name}
    exec((GOLDENS / f"{name}.py").read_text(encoding="utf-8"), names)  # noqa: S102
    kinds = [k for k in names.values() if inspect.isclass(k) and k.__module__ == name]
    given: dict[int, dict[str, Any]] = {}
    for kind in kinds:
        if issubclass(kind, nn.Module):
            monkeypatch.setattr(kind, "__init__", keeping(given, kind.__init__))
    module = names[net.torch_class]()
    checked = set()

    def check(called: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        doc = documentation(type(called))
        if is_one_to_one(doc) and isinstance(output, Tensor):
            arguments = dict(given[id(called)])
            said = doc.split("Input: ")[1].split(" and ")[0].split(". Output")[0]
            match_shape(said, inputs[0], arguments)
            said = doc.split("Output: ")[1].split(", in training")[0].removesuffix(".")
            match_shape(said, output, arguments)
            checked.add(type(called))

    for part in module.modules():
        if id(part) in given:
            part.register_forward_hook(check)
    for training in (
        True,
        False,
    ):  # side outputs are used in training, and one tensor comes out else
        module.train(training)
        module(*(torch.rand(sizes(s)) for s in net.input_shapes.values()))
    assert checked == {kind for kind in kinds if is_one_to_one(documentation(kind))}
    # Where not all of them are: networks with several inputs or outputs.
    assert len(checked) >= 1


def documentation(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split())


def is_one_to_one(doc: str) -> bool:
    """Whether one tensor goes in first, and one comes out."""
    return doc.startswith("Input: (N") and "Output: (N" in doc


def keeping(given: dict[int, dict[str, Any]], init: Any) -> Any:
    """The constructor, which notes the arguments that it gets."""
    signature = inspect.signature(init)

    @functools.wraps(init)
    def wrapped(self: Any, *args: Any, **keywords: Any) -> None:
        bound = signature.bind(self, *args, **keywords)
        bound.apply_defaults()
        given.setdefault(id(self), dict(bound.arguments))
        init(self, *args, **keywords)

    return wrapped


def match_shape(said: str, tensor: Tensor, names: dict[str, Any]) -> None:
    """Compare a shape as documented; letters that are new get the sizes that they stand for."""
    items = ast.parse(said, mode="eval").body
    assert isinstance(items, ast.Tuple), said
    for item, size in zip(items.elts, tensor.shape):
        text = ast.unparse(item)
        if text == "...":
            return
        if isinstance(item, ast.Name):
            names.setdefault(text, size)
        assert abs(eval(text, {}, names) - size) < 1, (said, tensor.shape, names)
    assert len(items.elts) == tensor.dim(), said


# ------------------------------------------------------------------------------------------ clean
@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The goldens, and a file with mistakes, in a folder where no configuration applies."""
    found = tmp_path_factory.mktemp("goldens")
    for name in NAMES:
        text = (GOLDENS / f"{name}.py").read_text(encoding="utf-8")
        (found / f"{name}.py").write_text(text, encoding="utf-8")
    wrong = "import os\nfrom torch import nn\nx : int = nn.Linear(1, 2)\n"
    (found / "wrong.py").write_text(wrong, encoding="utf-8")
    (found / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "basic"}))
    return found


def judged(folder: Path, *command: str) -> str:
    """What a tool says about the files; it finds something in `wrong.py`."""
    run = subprocess.run(
        [sys.executable, "-m", *command, "."],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    return run.stdout


def test_ruff_check(folder: Path) -> None:
    """Ruff's defaults, and nothing that is unused, superfluous or longer than it has to be."""
    rules = "ARG,C4,PIE,RET,SIM,UP"
    command = (
        *("ruff", "check", "--isolated", "--no-cache", "--extend-select", rules),
        *("--output-format", "json"),
    )
    found = {Path(e["filename"]).name: e["message"] for e in json.loads(judged(folder, *command))}
    assert list(found) == ["wrong.py"], found


def test_ruff_format(folder: Path) -> None:
    found = judged(folder, "ruff", "format", "--isolated", "--no-cache", "--check")
    assert "wrong.py" in found
    assert not [name for name in NAMES if f"{name}.py" in found], found


def test_pyright(folder: Path) -> None:
    report = json.loads(judged(folder, "pyright", "--pythonpath", sys.executable, "--outputjson"))
    assert report["summary"]["filesAnalyzed"] == len(NAMES) + 1
    messages = [f"{Path(m['file']).name}: {m['message']}" for m in report["generalDiagnostics"]]
    assert messages and all(message.startswith("wrong.py: ") for message in messages), messages
