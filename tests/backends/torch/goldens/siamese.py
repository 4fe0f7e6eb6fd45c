"""Modules that share their weights."""

import torch
from torch import Tensor, nn


class Embed(nn.Sequential):
    """Input: (N, in_channels, 10, 10). Output: (N, 4 * width)."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, width, kernel_size=3),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(width * 4 * 4, 4 * width),
        )


class Siamese(nn.Module):
    """Input: left (N, 1, 10, 10), right (N, 1, 10, 10). Output: (N, 1)."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = Embed(1, 4)
        self.mix = nn.Linear(16, 16)
        self.score = nn.Linear(16, 1)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        a = self.mix(self.mix(self.tower(left)))
        b = self.mix(self.mix(self.tower(right)))
        return self.score(torch.abs(a - b))
