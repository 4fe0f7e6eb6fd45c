"""`netdsl train`: what it leaves, what it prints, and how it refuses."""

from __future__ import annotations

import importlib.util
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image
from rich.console import Console
from small_detector import SmallDetector, SmallNetwork

import netdsl
from netdsl.cli import main
from netdsl.detecting import command
from netdsl.detecting.command import Choices, check_fit, check_heads, run
from netdsl.detecting.digits import make_digits
from netdsl.detecting.display import Display, clock_text
from netdsl.detecting.drawing import class_colour, draw, sheet
from netdsl.detecting.training import Step
from netdsl.diagnostics import NetError
from netdsl.shapes import Shape

NET = "net Small {\n  input image: 3x64x64\n  conv(8, 3x3) -> relu -> flatten -> linear(10)\n}\n"


TINY = """
net Tiny(classes=10) {
  input image: 3x64x64
  conv(8, 3x3, stride=4, padding=1) -> bn -> relu
  fine: { conv(16, 3x3, stride=2, padding=1) -> bn -> relu }
  coarse: { conv(16, 3x3, stride=2, padding=1) -> bn -> relu }
  head ssd(classes, score=0.3) {
    | @fine -> multibox(min=10, max=20, ratios=[2], step=8)
    | @coarse -> multibox(min=20, max=40, ratios=[2], step=16)
  }
}
"""


def choices(output: Path, **changes: Any) -> Choices:
    chosen: dict[str, Any] = {
        "data": "digits",
        "test": None,
        "validate": True,
        "pictures": 24,
        "longest": None,
        "epochs": 2,
        "minutes": None,
        "cpu_time": False,
        "batch": 8,
        "rate": 5e-3,
        "decay": 1e-3,
        "mirror": False,
        "seed": 0,
        "device": "cpu",
        "weights": None,
        "output": output,
    }
    return Choices(**{**chosen, **changes})


def trained(network: Any, chosen: Choices) -> tuple[str, str]:
    """What the command writes to its consoles."""
    shown, told = io.StringIO(), io.StringIO()
    run(network, chosen, Console(file=shown, width=100), Console(file=told, width=100))
    return shown.getvalue(), told.getvalue()


# ------------------------------------------------------------------------------------------ results
def test_what_is_left(tmp_path: Path) -> None:
    shown, told = trained(SmallNetwork(), choices(tmp_path / "out"))
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "detections.png",
        "result.json",
        "weights.pt",
    ]
    model = SmallDetector()
    model.load_state_dict(torch.load(tmp_path / "out/weights.pt", weights_only=True))
    result = json.loads((tmp_path / "out/result.json").read_text())
    assert result["training"]["steps"] == 6 and not result["training"]["interrupted"]
    assert (result["pictures"], result["evaluated on"]) == (50, "validation")
    assert 0 <= result["mAP"] <= result["mAP@0.5"] <= 1
    assert set(result["per class"]) == set("0123456789")
    with Image.open(tmp_path / "out/detections.png") as picture:
        assert picture.size == (4 * 264 + 8, 4 * 264 + 8)
    assert "Small on 50 validation pictures" in shown and "mAP@0.75" in shown
    assert f"{result['mAP@0.5']:.3f}" in shown
    assert "learns 24 pictures on cpu; 50 are held out" in told
    assert "loss" in told and "images/s" in told
    assert "trained after 6 steps, 2.0 epochs" in told


def test_the_test_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    parts: list[tuple[str, int]] = []

    def told(count: int, part: str = "training") -> None:
        parts.append((part, count))

    monkeypatch.setattr(command, "make_digits", told)
    for validate in (False, True):
        command._digits(choices(Path(), validate=validate, pictures=8000), Console(quiet=True))
    assert parts == [("training", 8000), ("test", 1000), ("training", 8000), ("validation", 1000)]


def test_weights_to_begin_with(tmp_path: Path) -> None:
    """Training goes on where another ended; another network's weights are refused."""
    torch.manual_seed(5)
    model = SmallDetector()
    torch.save(model.state_dict(), tmp_path / "mine.pt")
    chosen = choices(tmp_path, weights=tmp_path / "mine.pt", rate=1e-9)
    trained(SmallNetwork(), chosen)
    kept = torch.load(tmp_path / "weights.pt", weights_only=True)
    torch.testing.assert_close(kept["head.weight"], model.head.weight.detach(), atol=1e-6, rtol=0)
    torch.save({"other": torch.ones(1)}, tmp_path / "other.pt")
    (tmp_path / "text.pt").write_text("no checkpoint")
    for name in ("other.pt", "text.pt"):
        with pytest.raises(NetError, match=f"{name} does not fit") as error:
            trained(SmallNetwork(), choices(tmp_path, weights=tmp_path / name))
        assert error.value.diagnostics[0].code == "E416"


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    pictures = make_digits(20, side=64, sizes=(30, 40))
    folder = tmp_path / "mine"
    folder.mkdir()
    annotations = []
    for i, (image, target) in enumerate(pictures):
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(folder / f"{i}.png")
        for (x1, y1, x2, y2), label in zip(target["boxes"].tolist(), target["labels"].tolist()):
            entry = {"image_id": i, "category_id": label, "bbox": [x1, y1, x2 - x1, y2 - y1]}
            annotations.append(entry)
    told = {
        "images": [{"id": i, "file_name": f"{i}.png"} for i in range(20)],
        "categories": [{"id": i + 1, "name": str(i)} for i in range(10)],
        "annotations": annotations,
    }
    (folder / "annotations.json").write_text(json.dumps(told))
    shown, said = trained(SmallNetwork(), choices(tmp_path / "out", data=str(folder)))
    assert "Small on 4 held-out pictures" in shown and "learns 16 pictures" in said
    shown, said = trained(SmallNetwork(), choices(tmp_path / "out", data=str(folder), test=folder))
    assert "Small on 20 held-out pictures" in shown and "learns 20 pictures" in said
    other = tmp_path / "other"
    other.mkdir()
    told["categories"] = told["categories"][::-1]
    told["images"] = [{"id": 0, "file_name": "../mine/0.png"}]
    told["annotations"] = []
    (other / "annotations.json").write_text(json.dumps(told))
    with pytest.raises(NetError, match="other: the categories are not those of"):
        trained(SmallNetwork(), choices(tmp_path / "out", data=str(folder), test=other))
    with pytest.raises(NetError, match=r"too few pictures \(1\) to hold some out"):
        trained(SmallNetwork(), choices(tmp_path / "out", data=str(other)))


def test_ctrl_c_keeps_what_was_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: Display, step: Step) -> None:
        if step.number == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Display, "__call__", interrupt)
    shown, told = trained(SmallNetwork(), choices(tmp_path, epochs=100))
    assert "ended early after 3 steps" in told and "mAP" in shown
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["training"]["interrupted"] and result["training"]["steps"] == 3


def test_from_a_text(net: str, tmp_path: Path) -> None:
    """The whole way: a text with a head, the command line, files."""
    arguments = ["train", "tiny.net", "--pictures", "20", "--epochs", "3", "--validate"]
    result = CliRunner().invoke(main, [*arguments, "--device", "cpu", "--output", "here/out"])
    assert result.exit_code == 0, result.output
    assert "Tiny on 50 validation pictures" in result.stdout and "mAP@0.5" in result.stdout
    assert "trained after 3 steps, 3.0 epochs" in result.stderr
    weights = torch.load(tmp_path / "here/out/weights.pt", weights_only=True)
    assert {name: tuple(w.shape) for name, w in weights.items()} == (
        netdsl.load("tiny.net").state_dict_shapes()
    )
    said = refused("tiny.net", "--set", "classes=3").stderr
    assert said.startswith("error[E412]: Tiny has 3 classes, the data has 10: 0, 1, 2, ...")


# --------------------------------------------------------------------------------------- on screens
def test_a_terminal_has_a_bar() -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=120)
    step = Step(8, 2, 0.25, 1e-3, {"boxes": 0.5, "classification": 1.0}, 20.0, 128)
    with Display(console) as display:
        display(step)
    assert "25%  epoch 2  loss 1.500 (boxes 0.500, classification 1.000)" in file.getvalue()
    assert "6 images/s  1:00 left" in file.getvalue()


def test_lines_are_few() -> None:
    """One for every tenth, not one for every step."""
    file = io.StringIO()
    with Display(Console(file=file, width=200)) as display:
        for i in range(1, 201):
            display(Step(i, 1, i / 200, 1e-3, {"boxes": 0.5}, float(i), i))
    lines = file.getvalue().splitlines()
    assert 9 <= len(lines) <= 11
    assert lines[0].lstrip().startswith("10%") and lines[-1].startswith("100%")
    assert [clock_text(s) for s in (0, 59.6, 3725)] == ["0:00", "1:00", "1:02:05"]


def test_a_drawing() -> None:
    """A found box has its class's colour, what is not sure is not drawn, truth is white and black."""
    image = torch.full((3, 64, 64), 90, dtype=torch.uint8)
    found = {
        "boxes": torch.tensor([[30.0, 30, 50, 50], [2, 2, 10, 10]]),
        "labels": torch.tensor([3, 4]),
        "scores": torch.tensor([0.9, 0.1]),
    }
    truth = {"boxes": torch.tensor([[8.0, 40, 20, 60]]), "labels": torch.tensor([1])}
    picture = draw(image, found, truth, tuple("abcd"), side=128)
    pixels = np.asarray(picture)
    assert pixels.shape == (128, 128, 3)
    assert tuple(pixels[80, 60]) == class_colour(3)  # the left side of the box, twice as large
    assert not (pixels == class_colour(4)).all(axis=2).any()
    left = pixels[80:119, 16]
    assert {tuple(p) for p in left.tolist()} == {(255, 255, 255), (0, 0, 0)}
    assert tuple(pixels[100, 100]) == (90, 90, 90) or tuple(pixels[90, 90]) == (90, 90, 90)
    assert len({class_colour(i) for i in range(1, 91)}) == 90
    with Image.open(io.BytesIO(sheet([picture] * 5, columns=2))) as whole:
        assert whole.size == (2 * 136 + 8, 3 * 136 + 8)
    with pytest.raises(ValueError, match="no pictures"):
        sheet([])


def test_drawings_at_the_edges() -> None:
    """Boxes of no size or beyond the picture, and wide ones, are drawn without complaint."""
    boxes = torch.tensor([[-5.0, -5, 200, 3], [10, 10, 10, 10], [0, 0, 64, 32], [60, 0, 64, 32]])
    found = {"boxes": boxes, "labels": torch.ones(4).long(), "scores": torch.ones(4)}
    picture = draw(torch.zeros(3, 32, 64, dtype=torch.uint8), found, found, ("a long name",))
    assert picture.size == (256, 128)


# ------------------------------------------------------------------------------------------ refusals
def refused(*arguments: str, status: int = 1) -> Result:
    result = CliRunner().invoke(main, ["train", *arguments])
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.net").write_text(NET)
    (tmp_path / "tiny.net").write_text(TINY)
    return "small.net"


def test_a_network_without_a_head(net: str, tmp_path: Path) -> None:
    said = refused(net).stderr
    assert said.startswith("error[E411]: Small has no detection head\n")
    assert "hint: `netdsl train` trains networks with the heads ssd," in said
    assert not (tmp_path / "trained").exists()


@pytest.mark.parametrize("missing", ["torch", "mlxtend", "skimage"])
def test_a_package_is_missing(net: str, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "netdsl.detecting.needed.find_spec", lambda name: None if name == missing else found(name)
    )
    said = refused(net).stderr
    wanted = {
        "torch": "error[E405]: training needs PyTorch",
        "mlxtend": "error[E413]: training needs mlxtend",
        "skimage": "error[E413]: training needs scikit-image",
    }
    assert said.startswith(wanted[missing]) and "pip install netdsl[detect]" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--minutes", "nan"], "--minutes is a number"),
        (["--epochs", "0"], "--epochs"),
        (["--device", "tpu9"], "--device tpu9: PyTorch has no such device here"),
        (["--batch", "0"], "--batch"),
        (["--test", "nowhere"], "does not exist"),
        (["--test", "."], "--test goes with --data FOLDER"),
        (["--longest", "100"], "--longest goes with --data FOLDER"),
        (["--data", ".", "--validate"], "--validate goes with --data digits"),
    ],
)
def test_wrong_use(net: str, arguments: list[str], message: str) -> None:
    assert message in refused(net, *arguments, status=2).stderr


def test_heads_that_do_not_detect_alone() -> None:
    assert check_heads(SmallNetwork(heads=("rpn", "rcnn"))) == (10, 1)  # pyright: ignore
    assert check_heads(SmallNetwork(7, heads=("retina",))) == (7, 0)  # pyright: ignore
    for heads in ((), ("rpn",), ("rcnn",), ("fcn",)):
        with pytest.raises(NetError) as error:
            check_heads(SmallNetwork(heads=heads))  # pyright: ignore
        assert error.value.diagnostics[0].code == "E411"


def test_other_classes_or_channels(tmp_path: Path) -> None:
    with pytest.raises(NetError, match="Small has 20 classes, the data has 10: 0, 1, 2") as error:
        trained(SmallNetwork(20), choices(tmp_path / "out"))
    assert error.value.diagnostics[0].hint.startswith("--set classes=10")
    assert not (tmp_path / "out").exists()
    network = SmallNetwork()
    network.input_shapes = {"image": Shape(1, 28, 28)}
    with pytest.raises(NetError, match="Small takes image: 1x28x28"):
        check_fit(network, 10, tuple("0123456789"))  # pyright: ignore


def test_nothing_heavy_is_imported_for_a_refusal() -> None:
    """The room is imported by the command when it trains, not by `netdsl check`."""
    code = (
        "import sys; from netdsl.cli import main\n"
        "try: main(['train', '--help'])\n"
        "except SystemExit: pass\n"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('torch', 'numpy', 'PIL')]\n"
        "sys.exit(', '.join(bad) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
