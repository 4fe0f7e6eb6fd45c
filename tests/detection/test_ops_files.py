"""The shipped files: what they name, how they are written, and on which devices they run."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from ops_oracle import fallback, ops, random_boxes, random_targets

from netdsl.data import data_file

FILES = ["detection_ops", "detection_fallback"]
VARIANCES = (0.1, 0.1, 0.2, 0.2)


def text_of(name: str) -> str:
    return data_file(f"templates/torch/{name}.py").read_text(encoding="utf-8")


# -------------------------------------------------------------------------------------- how written
def test_everything_public_is_listed() -> None:
    tree = ast.parse(text_of("detection_ops"))
    defined = {n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    defined |= {
        t.id
        for n in tree.body
        if isinstance(n, ast.Assign)
        for t in n.targets
        if isinstance(t, ast.Name)
    }
    operators = {"batched_nms", "box_iou", "roi_align", "roi_pool"}
    assert (
        ops.__all__ == sorted(ops.__all__) and set(ops.__all__) == defined - {"__all__"} | operators
    )
    assert all(getattr(ops, name).__doc__ for name in ops.__all__ if callable(getattr(ops, name)))
    assert set(fallback.__all__) == operators | {"nms"}


@pytest.mark.parametrize("name", FILES)
def test_they_need_torch_alone(name: str) -> None:
    roots = set()
    for node in ast.walk(ast.parse(text_of(name))):
        if isinstance(node, ast.Import):
            roots |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None and node.level == 0
            roots.add(node.module.partition(".")[0])
    ours = {"detection_fallback", "torchvision"} if name == "detection_ops" else set()
    assert roots <= {"math", "collections", "typing", "torch"} | ours


@pytest.mark.parametrize("name", FILES)
def test_ruff_has_nothing_to_say(name: str, tmp_path: Path) -> None:
    """With its own defaults, as where the files end up."""
    ruff = Path(sys.executable).with_name("ruff")
    command = str(ruff) if ruff.exists() else shutil.which("ruff")
    assert command is not None
    path = tmp_path / f"{name}.py"
    path.write_text(text_of(name), encoding="utf-8")
    for step in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [command, *step, "--isolated", "--no-cache", path],
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert max(map(len, text_of(name).splitlines())) <= 100


def test_every_function_says_its_source_or_shapes() -> None:
    """A docstring has a shape, a year of a paper, or says what is summed."""
    for name in ops.__all__:
        if callable(getattr(ops, name)) and getattr(ops, name).__module__ == "detection_ops":
            text = getattr(ops, name).__doc__
            assert re.search(r"\(.*\)|`\w+`|height", text), name


# ------------------------------------------------------------------------------------------ devices
def test_without_numbers() -> None:
    """On the meta device: nothing is made on another device, nothing asks for a number."""
    with torch.device("meta"):
        anchors, raw = torch.empty(60, 4), torch.empty(2, 60, 9)
        offsets, x = torch.empty(2, 60, 4), torch.empty(2, 36, 5, 4)
    boxes = anchors[:7]
    made = [
        ops.normalize(x, [0.5] * 36, [0.5] * 36),
        *ops.batch_images(list(x), [0.5] * 36, [0.5] * 36, 8)[:1],
        ops.resize_images(list(x), (8, 8)),
        ops.scale_boxes({"boxes": boxes}, (5, 4), (8, 8))["boxes"],
        ops.tile_boxes(boxes, (5, 4), (8, 8), 0.5),
        ops.flatten_map(x, 4),
        ops.match_priors(anchors, boxes, 0.5),
        ops.match_priors(anchors, boxes[:0], 0.5),
        ops.match_anchors(anchors, boxes, 0.7, 0.3, True),
        ops.match_anchors(anchors, boxes[:0], 0.7, 0.3, True),
        ops.encode(boxes, boxes, VARIANCES),
        ops.decode(offsets, anchors, VARIANCES),
        ops.clip_boxes(offsets, (5, 4)),
        ops.fit_levels([x], [boxes, boxes], (8,))[0],
        ops.hard_negatives(offsets[..., 0], offsets[..., 0] > 0, 3),
        ops.focal_loss(raw, raw, 2, 0.25),
        ops.svm_loss(raw[0], raw[0])["classification"],
        ops.decode_yolo(raw, anchors, anchors[:, :1]),
        ops.encode_yolo(boxes, boxes, boxes[:, :1]),
        ops.assign_cells(anchors, anchors[:, :1], boxes),
        *ops.split_cells(torch.empty(2, 9 * 14, device="meta"), 3, 2, 4),
        ops.decode_cells(torch.empty(2, 9, 2, 4, device="meta"), 3, (5, 4)),
        *ops.encode_cells(boxes, 3, (5, 4)),
        fallback.box_iou(anchors, boxes),
    ]
    assert {t.device.type for t in made} == {"meta"}


def losses_of(device: torch.device | str) -> list[Any]:
    """Every loss of one small batch, from numbers that are drawn on the CPU."""
    torch.manual_seed(0)
    anchors, (target, none) = random_boxes(300), random_targets((4, 0), 3)
    drawn = [torch.randn(2, 300, 4), torch.randn(2, 300, 4), torch.randn(2, 300, 8)]
    target, none = ({k: v.to(device) for k, v in t.items()} for t in (target, none))
    targets = [target, none]
    anchors = anchors.to(device)
    scores, offsets, raw = (t.to(device) for t in drawn)
    strides = torch.full((300, 1), 8.0, device=device)
    cells = ops.split_cells(raw.flatten(1)[:, : 9 * 13], 3, 2, 3)
    zero = {**target, "labels": target["labels"] - 1}
    return [
        ops.multibox_loss(scores, offsets, anchors, targets, 0.5, 3, VARIANCES),
        ops.retina_loss(scores, offsets, anchors, [zero, none], 0.5, 0.4, 2, 0.25),
        ops.rpn_loss(scores[..., 0], offsets, anchors, targets, 0.7, 0.3, 600, 0.5),
        ops.yolo_loss(raw, anchors, strides, targets, (100, 100), 0.5),
        ops.yolo2_loss(raw, anchors, strides, targets, (100, 100), 0.5),
        ops.cells_loss(*cells, targets, 3, (100, 100)),
    ]


def test_losses_are_the_same_each_time() -> None:
    """And with PyTorch's ways that are said to be deterministic."""
    first = losses_of("cpu")
    assert all(torch.isfinite(v) for losses in first for v in losses.values())
    torch.use_deterministic_algorithms(True)
    try:
        assert losses_of("cpu") == first
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_losses_on_a_gpu() -> None:
    for ours, theirs in zip(losses_of("cuda"), losses_of("cpu"), strict=True):
        torch.testing.assert_close(
            {k: v.cpu() for k, v in ours.items()}, theirs, rtol=1e-4, atol=1e-4
        )
