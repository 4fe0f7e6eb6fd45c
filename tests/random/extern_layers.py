"""What the `extern layer`s of random programs are: modules that somebody else has written."""

from __future__ import annotations

from torch import Tensor, nn


class Scaled(nn.Module):
    """The input times a factor."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor


class Widened(nn.Module):
    """So many copies of the first channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :1].repeat_interleave(self.channels, dim=1)
