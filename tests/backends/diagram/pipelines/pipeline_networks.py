"""Networks whose dense blocks and pipelines are looked at, and what holds for every figure."""

from __future__ import annotations

import sys
from collections import Counter
from functools import cache
from pathlib import Path

import netdsl
from netdsl.backends.diagram.scene.lint import lint
from netdsl.backends.diagram.scene.scene import Scene, Text
from netdsl.backends.diagram.scene.themes import NAMES, named
from netdsl.design import Design

sys.path.append(str(Path(__file__).parents[1]))

from diagram_oracle import census

PAGE, COLUMN = 496.8, 234.0
X = "\N{MULTIPLICATION SIGN}"

DENSE = {
    "five": """
        net Five { input x: 6x32x32
          block5: dense(5) { bn -> relu -> conv(4, 3x3, padding=1, bias=false) } }""",
    "inside a block": """
        block local(g) {
          grow: dense(2) { conv(g, 3x3, padding=1) -> relu }
          conv(in.channels, 1x1)
        }
        net Inside { input image: 3x64x64
          conv(16, 3x3, padding=1) -> relu
          first: local(8)
          second: local(16)
          conv(3, 3x3, padding=1) }""",
    "skips": """
        block layer(g) { bn -> relu -> conv(g, 3x3, padding=1) -> dropout(0.2) }
        net Skips { input image: 3x224x224
          conv(48, 3x3, padding=1)
          down1: dense(4) { layer: layer(12) }
          to2: { bn -> relu -> conv(in.channels, 1x1) -> maxpool(2x2) }
          down2: dense(5) { layer: layer(12) }
          to3: { bn -> relu -> conv(in.channels, 1x1) -> maxpool(2x2) }
          middle: dense(7) { layer: layer(12) }
          tu2: conv_transpose(80, 2x2, stride=2)
          concat { | @down2 | identity }
          up2: dense(5) { layer: layer(12) }
          tu1: conv_transpose(60, 2x2, stride=2)
          concat { | @down1 | identity }
          up1: dense(4) { layer: layer(12) }
          conv(11, 1x1) -> softmax }""",
    "odd": """
        net Odd { input x: 8x16x16
          residual {
            body: dense(3) { concat { | conv(4, 1x1) | conv(4, 3x3, padding=1) } }
            conv(8, 1x1)
          }
          dense(1) { conv(4, 3x3, padding=1) }
          for i in range(2) {
            dense(3) {
              conv(4, 3x3, padding=1) -> bn -> relu -> maxpool(3x3, stride=1, padding=1)
              conv(2, 1x1) -> dropout(0.1)
            }
          }
          flatten -> linear(64) -> dense(3) { linear(16) -> relu } -> linear(10) }""",
    "long": """
        net Long { input x: 8x16x16
          grow: dense(40) { conv(4, 3x3, padding=1) } }""",
}
DETECTORS = {
    "inception": """
        block unit(c, k=1x1) { conv: conv(c, k, padding="same", bias=false) -> bn -> relu }
        net Inception(classes=4) { input image: 3x64x64
          conv(16, 3x3, stride=2, padding=1)
          concat { | unit(8) | unit(4) -> unit(8, 3x3) | maxpool(3x3, stride=1, padding=1) -> unit(6) }
          mix: add { | conv(8, 3x3, padding=1) -> bn | unit(8) }
          residual { conv(8, 3x3, padding=1) -> bn }
          maxpool(2x2) -> coarse: unit(12, 3x3)
          head ssd(classes=classes) {
            | @mix -> multibox(min=8, max=20, ratios=[2], step=2)
            | @coarse -> multibox(min=20, max=40, ratios=[2, 3], step=4)
          } }""",
    "two on one map": """
        net TwoOnOne(classes=4) { input image: 3x64x64
          body: { conv(16, 3x3, stride=4, padding=1) -> relu -> conv(32, 3x3, stride=2, padding=1) }
          head yolo(classes=classes) {
            | @body -> conv(9, 1x1) -> boxes(anchors=[8x14], stride=8)
            | @body -> conv(18, 1x1) -> boxes(anchors=[8x14, 20x20], stride=8)
          } }""",
    "one map": """
        net OneMap(classes=4) { input image: 3x?x?
          body: { conv(16, 3x3, stride=4, padding=1) -> relu -> conv(32, 3x3, stride=2, padding=1) }
          head retina(features=@body, classes=classes) {
            conv(32, 3x3, padding=1) -> relu
            anchors(sizes=[16, 32], ratios=[1], octaves=1)
          } }""",
    "two maps": """
        net TwoMaps(classes=3) { input image: 3x64x64
          fine: { conv(8, 3x3, stride=8, padding=1) -> relu }
          coarse: { conv(8, 3x3, stride=2, padding=1) -> relu }
          head rpn(features=[@fine, @coarse], proposals=[50, 20]) {
            conv(8, 3x3, padding=1) -> relu
            anchors(sizes=[16, 32], ratios=[0.5, 1, 2])
          }
          head rcnn(features=[@fine, @coarse], classes=classes) {
            roi_align(4x4) -> flatten
            fc6: linear(16) -> relu
          } }""",
    "regions given": """
        net Given(classes=3) { input image: 3x?x?
          fine: { conv(8, 3x3, stride=8, padding=1) -> relu }
          coarse: { conv(8, 3x3, stride=2, padding=1) -> relu }
          head rcnn(features=[@fine, @coarse], classes=classes) { roi_pool(4x4) -> flatten }
        }""",
}
ZOO_DENSE = ("densenet121", "densenet201", "densenet40_k12_cifar", "densenet250_k24_bc_cifar")
ZOO_DETECTORS = (
    *("ssd300", "ssd512", "ssdlitemobilenetv2", "rcnn", "fastrcnnvgg16", "fasterrcnnvgg16"),
    *("fasterrcnn", "retinanet", "yolov1", "yolov2", "yolov3", "fcn32s_voc", "fcn8s_voc"),
    *("digitsssd", "digitsyolo", "digitsfasterrcnn", "digitsretinanet"),
)


@cache
def design(name: str) -> Design:
    """A network of this module, or of the zoo, compiled once."""
    text = DENSE.get(name) or DETECTORS.get(name)
    found = netdsl.loads(text) if text else netdsl.load(f"zoo:{name}")
    return found.design


def texts(scene: Scene) -> list[str]:
    """Everything that is written in a figure."""
    return [item.text for item in (*scene.under, *scene.items) if isinstance(item, Text)]


def routes(scene: Scene) -> set[tuple[str, str]]:
    return {(route.tail, route.head) for route in scene.routes}


def check(scene: Scene, drawn: Design, width: float) -> None:
    """A figure that can be printed: complete, hanging together, no wider than asked for, without faults."""
    steps: Counter[str] = Counter()
    for node in scene.nodes:
        steps.update(dict(node.steps))
    assert steps == census(drawn)
    names = [node.name for node in scene.nodes]
    clusters = [cluster.name for cluster in scene.clusters]
    assert len({*names, *clusters}) == len(names) + len(clusters)
    into = {route.head for route in scene.routes}
    assert all({route.tail, route.head} <= set(names) for route in scene.routes)
    starts = [n.name for n in scene.nodes if n.name not in into and n.kind != "input"]
    assert all(name.endswith(".input") for name in starts), starts
    assert scene.width <= width and scene.smallest >= 7.0
    for theme in NAMES:
        assert lint(scene, named(theme)) == [], theme
