"""Several inputs and several outputs."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Stream(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, H / 4, W / 4)."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, width, kernel_size=3, stride=2, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, kernel_size=3, stride=2, padding=1),
            nn.ReLU(inplace=True),
        )


class StreamsOutput(NamedTuple):
    """What `Streams` gives."""

    fc: Tensor
    mask: Tensor
    spatial: Tensor


class Streams(nn.Module):
    """What is seen, how it moves, and a few numbers about both.

    Input: frame (N, 3, 16, 16), motion (N, 10, 16, 16), facts (N, 7).
    Output: fc (N, classes), mask (N, 1, 4, 4), spatial (N, 8, 4, 4).
    """

    def __init__(self, classes: int = 5) -> None:
        super().__init__()
        self.spatial = Stream(3, 8)
        self.temporal = Stream(10, 8)
        self.mask = nn.Conv2d(16, 1, kernel_size=1)
        self.hidden = nn.Linear(7, 4)
        self.fc = nn.Linear(12, classes)

    def forward(self, frame: Tensor, motion: Tensor, facts: Tensor) -> StreamsOutput:
        spatial = self.spatial(frame)
        temporal = self.temporal(motion)
        mask = self.mask(torch.cat([spatial, temporal], dim=1))
        branches = [
            F.adaptive_avg_pool2d(spatial, 1).flatten(1),
            F.relu(self.hidden(facts), inplace=True),
        ]
        x = torch.cat(branches, dim=1)
        fc = self.fc(x)
        return StreamsOutput(fc, mask, spatial)
