"""A published checkpoint under other names: `keys` and torchvision's AlexNet."""

from __future__ import annotations

import torch
from zoo_oracle import images, torchvision

import netdsl

# The first convolution stands alone, so that the others have other numbers than torchvision's.
TEXT = """
net Other {
  input image: 3x63x63
  stem: conv(64, 11x11, stride=4, padding=2) -> relu -> maxpool(3x3, stride=2)
  body: {
    conv(192, 5x5, padding=2) -> relu -> maxpool(3x3, stride=2)
    conv(384, 3x3, padding=1) -> relu
    conv(256, 3x3, padding=1) -> relu
    conv(256, 3x3, padding=1) -> relu
    maxpool(3x3, stride=2)
  }
  adaptive_avgpool(6x6) -> flatten
  head: {
    dropout(0.5) -> linear(4096) -> relu
    dropout(0.5) -> linear(4096) -> relu
    linear(1000)
  }
  keys {
    stem: "features.0"
    "body.0": "features.3"  "body.3": "features.6"  "body.5": "features.8"  "body.7": "features.10"
    head: "classifier"
  }
}
"""


def test_alexnet_of_torchvision() -> None:
    network, other = netdsl.loads(TEXT), torchvision().models.alexnet(weights=None).eval()
    ours = network.module().eval()
    ours.load_published(other.state_dict())  # type: ignore[operator]
    x = images(2, "3x63x63")
    with torch.no_grad():
        torch.testing.assert_close(ours(x), other(x), rtol=0, atol=0)
