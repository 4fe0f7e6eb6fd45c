"""The emitted files of the zoo: clean, short, one class a block, and the same text every time.

`tests/zoo/emitted` holds files as a user gets them. `NETDSL_ACCEPT=1` writes them anew; whoever does so
reads the difference.
"""

from __future__ import annotations

import ast as python
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from line_counts import class_names, python_lines
from torch import nn
from zoo_oracle import network, theirs
from zoo_table import BY_NAME, IN_TORCHVISION, ROWS, Row

import netdsl
from netdsl.design import Scope
from netdsl.walks import links_of

GOLDENS = Path(__file__).parent / "emitted"
SHOWN = (
    "alexnet",
    "alexnet_two_gpu",
    "densenet121",
    "densenet40_k12_bc_cifar",
    "fcn8s",
    "googlenet",
    "googlenet_bn",
    "highway19_cifar",
    "inception_resnet_v2",
    "inception_v3",
    "inception_v4",
    "lenet5",
    "lenet5_modern",
    "mobilenet_v2",
    "nin",
    "preresnet164_cifar",
    "resnet110_relu_only_preactivation",
    "resnet18",
    "resnet20_cifar",
    "resnet50",
    "resnext50_32x4d",
    "squeezenet1_1",
    "stochasticdepth110_cifar",
    "unet",
    "vgg16",
    "vgg16_bn",
    "vgg16_c",
)
# More classes than blocks: for a labelled `dense`, a side output with a body of its own, a layer that torch
# has not (`pad_channels`, those of LeNet-5), a block whose shortcut once reads what the body made, one that
# once has another layer for a parameter of it.
HELPERS = {
    r"bn_inception": 1,
    r"densenet.*": 1,
    r"inception_resnet_v[12]": 1,
    r"inception_v3": 1,
    r"lenet5": 3,
    r"resnet\d+_(cifar|a)|stochasticdepth\d+_cifar|resnet110_.*(original|addition|preactivation)": 1,
    r"preresnet110_cifar": 2,
    r"preresnet.*|wide_resnet\d+_\d+_cifar": 1,
}

every = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


# ---------------------------------------------------------------------------------------- goldens
@pytest.mark.parametrize("name", SHOWN)
def test_golden(name: str) -> None:
    path = GOLDENS / f"{name}.py"
    found = network(name).torch_source()
    if os.environ.get("NETDSL_ACCEPT"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def test_every_golden_is_shown() -> None:
    assert sorted(path.stem for path in GOLDENS.glob("*.py")) == sorted(SHOWN)


# ------------------------------------------------------------------------------------------ clean
@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every emitted file, and one with mistakes, in a folder where no configuration applies."""
    found = tmp_path_factory.mktemp("emitted")
    for row in ROWS:
        (found / f"{row.name}.py").write_text(network(row.name).torch_source(), encoding="utf-8")
    wrong = "import os\nfrom torch import nn\nx : int = nn.Linear(1, 2)\n"
    (found / "wrong.py").write_text(wrong, encoding="utf-8")
    (found / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "basic"}))
    return found


def judged(folder: Path, *command: str) -> str:
    """What a tool says about the files, by their names."""
    run = subprocess.run(
        [sys.executable, "-m", *command, "."],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout + run.stderr  # wrong.py
    return run.stdout


def test_ruff_check(folder: Path) -> None:
    """Ruff's defaults, and no unused argument."""
    command = (
        "check",
        "--isolated",
        "--no-cache",
        "--extend-select",
        "ARG",
        "--output-format",
        "json",
    )
    found = {Path(entry["filename"]).name for entry in json.loads(judged(folder, "ruff", *command))}
    assert found == {"wrong.py"}


def test_ruff_format(folder: Path) -> None:
    found = judged(folder, "ruff", "format", "--isolated", "--no-cache", "--check")
    assert "wrong.py" in found
    assert not [row.name for row in ROWS if f"{row.name}.py" in found], found


def test_pyright(folder: Path) -> None:
    report = json.loads(judged(folder, "pyright", "--pythonpath", sys.executable, "--outputjson"))
    assert report["summary"]["filesAnalyzed"] == len(ROWS) + 1
    messages = [f"{Path(m['file']).name}: {m['message']}" for m in report["generalDiagnostics"]]
    assert messages and all(message.startswith("wrong.py: ") for message in messages), messages


# ---------------------------------------------------------------------------------------- classes
def blocks_of(scope: Scope) -> set[str]:
    """Names of the blocks that a network uses."""
    found: set[str] = set()
    for link in links_of(scope.region):
        if isinstance(link.what, Scope):
            if link.what.kind == "block":
                found.add(link.what.definition.node.name.text)
            found |= blocks_of(link.what)
    for event in scope.aux.values():
        if isinstance(event.link.what, Scope):
            found |= blocks_of(event.link.what)
    return found


@every
def test_one_class_a_block(row: Row) -> None:
    """And the network's own, its output where that has several parts, and few helpers."""
    net = network(row.name)
    wanted = {
        "".join(w.capitalize() for w in name.split("_")) for name in blocks_of(net.design.net)
    }
    wanted |= {net.torch_class}
    wanted |= {f"{net.torch_class}Output"} if net.design.net.aux else set()
    found = class_names(net.torch_source())
    assert len(set(found)) == len(found) and found[-1] == net.torch_class
    assert wanted <= set(found)
    helpers = [number for names, number in HELPERS.items() if re.fullmatch(names, row.name)]
    assert len(found) - len(wanted) == (helpers or [0])[0]


@every
def test_it_stands_alone(row: Row) -> None:
    """It imports the standard library and torch."""
    imports = [
        line.split()[1].split(".")[0]
        for line in network(row.name).torch_source().splitlines()
        if line.startswith(("import ", "from "))
    ]
    assert set(imports) <= {"collections", "math", "typing", "torch"}


@pytest.mark.parametrize("row", IN_TORCHVISION, ids=lambda row: row.name)
def test_no_longer_than_torchvision(row: Row) -> None:
    """Beside the classes of torchvision's own file that its network is made of, and their bases there.

    A VGG gets its layers ready-made from the function `make_layers`, which belongs to it.
    """
    assert row.torchvision is not None
    model = theirs(row.torchvision)
    file = type(model).__module__
    used = {kind.__name__ for kind in kinds(model) if kind.__module__ == file}
    assert type(model).__name__ in used
    if row.name.startswith("vgg"):
        used.add("make_layers")
    their = python_lines(Path(sys.modules[file].__file__ or "").read_text(encoding="utf-8"), used)
    source = network(row.name).torch_source()
    assert python_lines(source) <= their
    assert python_lines(source, set(class_names(source))) < python_lines(source)


def kinds(model: nn.Module) -> set[type]:
    """The classes of a model's modules, and what those derive from."""
    return {kind for module in model.modules() for kind in type(module).__mro__}


def test_how_python_is_counted() -> None:
    text = '''"""A file."""

import math  # 1


class A:  # 2
    """About it."""

    # a comment
    def f(self, x):  # 3
        """More."""
        return g(

            x,
            math.pi,
        )
'''
    assert python_lines(text) == 4  # the `return` is one line when it is laid out
    assert python_lines(text, {"A"}) == 3


# ------------------------------------------------------------------------------------------- same
def test_the_same_bytes_under_any_hash_seed() -> None:
    program = "import netdsl; print(netdsl.load('zoo:googlenet').torch_source())"
    texts = set()
    for seed in ("0", "1"):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        run = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, check=True
        )
        texts.add(run.stdout.decode())
    assert texts == {network("googlenet").torch_source() + "\n"}


def test_another_input_changes_no_code() -> None:
    """But what is said about shapes."""

    def code(text: str) -> str:
        return python.unparse(without_documentation(python.parse(text)))

    for name in ("resnet50", "densenet121", "inception_v3", "vgg16"):
        row = BY_NAME[name]
        assert code(network(name, row.other).torch_source()) == code(network(name).torch_source())


def without_documentation(tree: python.Module) -> python.Module:
    for node in python.walk(tree):
        if isinstance(node, (python.ClassDef, python.FunctionDef)) and python.get_docstring(node):
            node.body = node.body[1:] or [python.Pass()]
    return tree


# ------------------------------------------------------------------------------------- parameters
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("alexnet", {"classes": 5}),
        ("vgg16_bn", {"depths": [1, 1, 2, 1, 3], "classes": 3}),
        ("resnet18", {"depths": [1, 2, 3, 1], "classes": 7}),
        ("resnext50_32x4d", {"depths": [2, 1, 1, 3]}),
        ("densenet121", {"growth": 12, "depths": [2, 3, 4, 2]}),
        ("mobilenet_v2", {"alpha": 0.35}),
        ("squeezenet1_0", {"stages": [[8], [16, 16], [32]]}),
        ("googlenet", {"classes": 10, "drop": 0.1}),
        ("inception_v3", {"classes": 10}),
        ("unet", {"bottom": 512, "classes": 3}),
        ("alexnet_two_gpu", {"groups": 4, "classes": 9}),
        ("zfnet", {"classes": 5}),
        ("nin", {"classes": 5}),
        ("vgg16_c", {"classes": 5}),
        ("bn_inception", {"classes": 5}),
        ("inception_v2", {"inner": [96, 128], "classes": 5}),
        ("inception_v4", {"classes": 5}),
        ("inception_resnet_v2", {"classes": 5}),
        ("fcn8s", {"classes": 5}),
        ("resnet200", {"depths": [1, 2, 2, 1]}),
        ("plain34", {"depths": [1, 2, 2, 1]}),
        ("resnet20_cifar", {"n": 2, "classes": 7}),
        ("resnet20_cifar_b", {"n": 2, "classes": 7}),
        ("preresnet50", {"depths": [2, 3, 2, 2]}),
        ("preresnet164_cifar", {"n": 3, "classes": 7}),
        ("resnet110_full_preactivation", {"n": 3}),
        ("wide_resnet28_10_cifar", {"n": 2, "classes": 7}),
        ("stochasticdepth110_cifar", {"n": 2, "last": 0.8}),
        ("densenet40_k12_bc_cifar", {"growth": 8, "depth": 3, "start": 12}),
        ("highway10_mnist", {"depth": 4, "width": 20}),
        ("highway19_cifar", {"n": 3, "classes": 7}),
    ],
)
def test_open_parameters(name: str, values: dict[str, Any]) -> None:
    """A parameter of the emitted class is one: made with another value, the class emitted for the default
    gives the network that is compiled for that value."""
    usual, other = network(name), netdsl.load(f"zoo:{name}", **values)
    with torch.device("meta"):
        made = type(usual.module())(**values)
    found = {key: tuple(tensor.shape) for key, tensor in made.state_dict().items()}
    assert found == other.state_dict_shapes()
    assert found != usual.state_dict_shapes()
