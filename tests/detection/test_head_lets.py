"""Values that a head's body names and does not read."""

from __future__ import annotations

import netdsl


def test_a_let_in_a_head_that_nothing_reads() -> None:
    """Its value from around was an argument of the head's class, which nobody gave."""
    net = netdsl.loads(
        """
import fpn, trunk from "zoo:fpn"
import bottleneck from "zoo:resnet"
net TwoStages(classes=90) {
  input image: 3x?x?
  body: trunk(bottleneck, [1, 1, 1, 1])
  fpn: fpn([@body.layer{i} for i in [1, 2, 3, 4]])
  let pyramid = [@fpn.p{i} for i in range(5)]
  head rpn(features=pyramid, proposals=[2000, 1000]) {
    conv(256, 3x3, padding=1) -> relu
    anchors(sizes=[32, 64, 128, 256, 512], ratios=[0.5, 1, 2])
  }
  head rcnn(classes, features=pyramid[:4]) {
    roi_align(7x7, sampling_ratio=2) -> flatten
    fc6: linear(64) -> relu
    let unread = @body.layer1
    fc7: linear(64) -> relu
  }
}
"""
    )
    assert "unread" not in net.torch_source()
