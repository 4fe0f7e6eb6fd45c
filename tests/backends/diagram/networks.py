"""Networks whose figures are looked at: every form that a figure has, as small as it can be."""

from __future__ import annotations

from functools import cache

import netdsl
from netdsl.network import Network

BASIC = """
    block basic(width, stride=1) {
      residual {
        conv(width, 3x3, stride=stride, padding=1, bias=false) -> bn -> relu
        conv(width, 3x3, padding=1, bias=false) -> bn
      } shortcut if stride != 1 or in.channels != width {
        conv(width, 1x1, stride=stride, bias=false) -> bn
      }
      relu
    }"""

TEXTS = {
    "plain": "net Plain { input x: 3x24x24\n conv(8, 3x3) -> bn -> relu -> maxpool(2x2) -> flatten -> linear(5) }",
    "residuals": BASIC
    + """
        net Residuals { input image: 3x32x32
          conv(16, 3x3, padding=1) -> relu
          repeat 3 { basic(16) }
          basic(32, stride=2)
          residual(scale=0.2) { conv(32, 1x1) }
          residual(survival=0.9) { residual { conv(32, 1x1) } -> relu }
          global_avgpool -> flatten -> fc: linear(10)
        }""",
    "merges": """
        block unit(c, k=1x1) { conv: conv(c, k, padding="same", bias=false) -> bn -> relu }
        net Merges { input x: 3x20x20
          conv(16, 3x3, stride=2)
          concat { | unit(8) | unit(4) -> unit(8, 3x3) | maxpool(3x3, stride=1, padding=1) -> unit(6) }
          concat { | unit(4) -> concat { | unit(4) | unit(8) } | unit(12) }
          sum: add { | conv(8, 3x3, padding=1) -> bn | unit(8) | conv(8, 1x1, groups=2) }
          mul { | unit(8) | unit(8) }
          concat { for i in range(7) { | conv(2, 1x1) } }
          conv_transpose(4, 2x2, stride=2) -> prelu -> groupnorm(2)
        }""",
    "dense": """
        net Dense { input x: 3x16x16
          stem: conv(8, 3x3, padding=1)
          features: dense(4) { layer: { bn -> relu -> conv(4, 3x3, padding=1, bias=false) } }
          bn -> relu -> global_avgpool -> flatten -> linear(3) }""",
    "repeat": """
        net Repeat { input x: 8x16x16
          repeat 5 { conv(8, 3x3, padding=1) -> relu }
          repeat 3 { lrn -> maxpool(3x3, stride=1, padding=1) -> conv(8, 1x1) }
          dropout(0.5) -> upsample(scale=2) -> softmax }""",
    "nested": """
        block inner(c) { conv(c, 1x1) -> relu -> conv(c, 3x3, padding=1) }
        block middle(c) { inner(c) -> maxpool(2x2) -> inner(2 * c) }
        net Nested { input x: 4x32x32
          outer: { first: middle(8)
                   second: { middle(16) -> tail: inner(4) } }
          flatten -> linear(2) }""",
    "siamese": """
        net Siamese {
          input left: 1x28x28
          input right: 1x28x28
          module embed = { conv(8, 3x3) -> relu -> maxpool(2x2) -> flatten -> linear(32) }
          @left -> one: embed
          @right -> two: embed
          (abs(@one - @two)) -> score: linear(1) -> sigmoid }""",
    "outputs": """
        net Outputs { input image: 3x64x64
          conv(16, 3x3, stride=2, padding=1) -> relu
          coarse: conv(4, 1x1)
          conv(8, 3x3, stride=2, padding=1) -> fine: conv(4, 1x1)
          output fine, coarse }""",
    "aux": """
        net Sides { input x: 3x32x32
          features: { repeat 2 { conv(8, 3x3) -> relu } }
          aux side(weight=0.3) { adaptive_avgpool(2x2) -> flatten -> linear(7) }
          conv(16, 3x3) -> relu
          aux last = conv(4, 1x1)
          global_avgpool -> flatten -> fc: linear(7) }""",
    "gates": """
        block highway(c) {
          h: conv(c, 3x3, padding=1) -> relu
          gate: @in -> conv(c, 3x3, padding=1) -> sigmoid
          (@gate * @h + (1 - @gate) * @in)
        }
        net Gates { input x: 4x8x8
          param offset: [4, 1, 1] = zeros
          level: highway(4)
          (@level + @offset) }""",
    "taps": """
        net Taps { input image: 1x32x32
          down0: conv(4, 3x3, padding=1)
          maxpool(2x2) -> down1: conv(8, 3x3, padding=1)
          maxpool(2x2) -> conv(16, 3x3, padding=1)
          up1: conv_transpose(8, 2x2, stride=2)
          concat { | @down1 | @up1 } -> conv(8, 3x3, padding=1)
          up0: conv_transpose(4, 2x2, stride=2)
          concat { | @down0 | @up0 } -> conv(2, 1x1) }""",
}
HEADS = {
    "bars": """
        net Bars(classes=3) { input image: 3x64x64
          stem: { conv(8, 3x3, stride=4, padding=1) -> relu }
          fine: { conv(8, 3x3, stride=2, padding=1) -> relu }
          coarse: { conv(16, 3x3, stride=2, padding=1) -> relu }
          head ssd(classes=classes) {
            | @fine -> norm: l2norm(scale=20) -> multibox(min=8, max=20, ratios=[2], step=8)
            | @coarse -> multibox(min=20, max=40, ratios=[2, 3], step=16)
          } }""",
    "proposals": """
        net Proposals(classes=3) { input image: 3x64x64
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
    "given": """
        net Given(classes=3) { input image: 3x?x?
          fine: { conv(8, 3x3, stride=8, padding=1) -> relu }
          coarse: { conv(8, 3x3, stride=2, padding=1) -> relu }
          head rcnn(features=[@fine, @coarse], classes=classes) { roi_pool(4x4) -> flatten }
        }""",
}
DETECTORS = (
    *HEADS,
    *("zoo:ssd300", "zoo:ssd512", "zoo:ssdlitemobilenetv2", "zoo:digitsssd", "zoo:faster_rcnn"),
    *("zoo:fasterrcnnvgg16", "zoo:fastrcnnvgg16", "zoo:rcnn", "zoo:retinanet"),
    *("zoo:digitsretinanet", "zoo:yolov1", "zoo:yolov2", "zoo:yolov3", "zoo:fcn8s_voc"),
)
ZOO = (
    *("alexnet", "vgg16", "googlenet", "googlenet_bn", "inception_v3", "resnet18", "resnet50"),
    *("resnet152", "resnext50_32x4d", "densenet121", "squeezenet1_1", "mobilenet_v2", "lenet5"),
    "unet",
)
NAMES = (*TEXTS, *(f"zoo:{name}" for name in ZOO))


@cache
def network(name: str) -> Network:
    """A network of `NAMES` or `DETECTORS`, compiled once."""
    if name.startswith("zoo:"):
        return netdsl.load(name)
    return netdsl.loads(TEXTS[name] if name in TEXTS else HEADS[name])
