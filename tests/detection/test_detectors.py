"""The detectors of the zoo: their numbers, and the files that are emitted for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import torch
from detector_table import BY_NAME, DETECTORS, Detector

import netdsl
from netdsl.design import Predicted
from netdsl.network import Network
from netdsl.zoo import entries

GOLDENS = Path(__file__).parent / "emitted"
# A file of each kind; `inlined` holds all that it uses.
SHOWN = (
    "digitsfasterrcnn",
    "fastrcnnzf",
    "faster_rcnn",
    "fcn8s_voc",
    "rcnn",
    "retinanet",
    "ssd300",
    "ssd300torchvision",
    "yolov1",
    "yolov2",
    "yolov3",
)
every = pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.name)


@cache
def network(name: str) -> Network:
    return netdsl.load(f"zoo:{name}")


def test_the_table_has_every_detector() -> None:
    found = [name.lower().replace("_", "") for name, _ in entries() if network(name).design.heads]
    assert sorted(found) == sorted(d.name.replace("_", "") for d in DETECTORS)


@every
def test_totals(detector: Detector) -> None:
    found = network(detector.name)
    assert found.parameters == detector.parameters
    (event, *_) = found.design.heads.values()
    counts = [link.what.count for link in event.predicted if isinstance(link.what, Predicted)]
    if detector.boxes:
        assert tuple(counts) == detector.boxes
    else:
        assert counts == [] or set(counts) == {None}


@every
def test_the_emitted_module_agrees(detector: Detector) -> None:
    """Names, shapes and their order; buffers of boxes are no part of the `state_dict`."""
    found = network(detector.name)
    with torch.device("meta"):
        model = found.module()
    emitted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    assert list(emitted.items()) == list(found.state_dict_shapes().items())
    assert sum(p.numel() for p in model.parameters()) == detector.parameters


# ---------------------------------------------------------------------------------------- goldens
def golden(path: Path, found: str) -> None:
    if os.environ.get("NETDSL_ACCEPT"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SHOWN)
def test_golden(name: str) -> None:
    golden(GOLDENS / f"{name}.py", network(name).torch_source())


@pytest.mark.parametrize("name", ["ssd300", "faster_rcnn"])
def test_table_golden(name: str) -> None:
    golden(GOLDENS / f"{name}.txt", network(name).table())


def test_every_golden_is_shown() -> None:
    assert sorted(path.stem for path in GOLDENS.glob("*.py")) == sorted(SHOWN)


# ------------------------------------------------------------------------------------------ clean
@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every emitted detector with the shared files beside it, and all of them in one file each."""
    found = tmp_path_factory.mktemp("detectors")
    for detector in DETECTORS:
        net = network(detector.name)
        (found / f"{detector.name}.py").write_text(net.torch_source(), encoding="utf-8")
        (found / f"{detector.name}_inline.py").write_text(net.torch_source(inline=True))
    for name, text in network("ssd300").torch_files.items():
        (found / name).write_text(text, encoding="utf-8")
    (found / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "basic"}))
    return found


def judged(folder: Path, *command: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", *command, "."],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_ruff_check(folder: Path) -> None:
    judged(folder, "ruff", "check", "--isolated", "--no-cache")


def test_ruff_format(folder: Path) -> None:
    judged(folder, "ruff", "format", "--isolated", "--no-cache", "--check")


@pytest.mark.slow
def test_pyright(folder: Path) -> None:
    report = json.loads(judged(folder, "pyright", "--pythonpath", sys.executable, "--outputjson"))
    assert report["summary"]["filesAnalyzed"] == 2 * len(DETECTORS) + 2


@every
def test_what_it_imports(detector: Detector) -> None:
    """The standard library, torch, and one file beside it, or none."""
    known = {"collections", "math", "typing", "torch"}
    assert _imported(network(detector.name).torch_source()) <= {*known, "detection_ops"}
    inline = network(detector.name).torch_source(inline=True)
    assert _imported(inline) <= known


def _imported(text: str) -> set[str]:
    lines = text.splitlines()
    return {
        line.split()[1].split(".")[0] for line in lines if line.startswith(("import ", "from "))
    }


def test_the_shared_files_are_the_same_for_all() -> None:
    """And no classifier needs them."""
    texts = [network(d.name).torch_files for d in DETECTORS]
    assert all(t == texts[0] for t in texts) and list(texts[0]) == [
        "detection_ops.py",
        "detection_fallback.py",
    ]
    assert netdsl.load("zoo:lenet5").torch_files == {}


def test_the_same_bytes_under_any_hash_seed() -> None:
    program = (
        "import netdsl; n = netdsl.load('zoo:faster_rcnn')\n"
        "print(n.torch_source() + n.torch_source(inline=True) + n.table('json'))"
    )
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
    assert len(texts) == 1


# ------------------------------------------------------------------------------------------ table
def test_the_table_counts_parts() -> None:
    """Backbone, neck and head apart, and boxes map by map."""
    data = json.loads(network("ssd300").table("json"))
    parts = {name: part["parameters"] for name, part in data["totals"]["parts"].items()}
    assert parts == {"backbone": 20_483_904, "neck": 2_459_520, "head": 3_342_062}
    assert sum(parts.values()) == BY_NAME["ssd300"].parameters
    (head,) = data["heads"]
    assert head["kind"] == "ssd" and head["boxes"] == 8732
    assert [level["boxes"] for level in head["levels"]] == list(BY_NAME["ssd300"].boxes)
    assert [level["map"][1] for level in head["levels"]] == [38, 19, 10, 5, 3, 1]


def test_the_backbone_of_yolov3_is_darknet53() -> None:
    """40,584,928 parameters without its classifier (Redmon and Farhadi, 2018, table 1)."""
    data = json.loads(network("yolov3").table("json"))
    assert data["totals"]["parts"]["backbone"]["parameters"] == 40_584_928
