"""Inception-ResNet-v2 as it was published, with timm's names, and as its paper prints
it.

Szegedy et al., "Inception-v4, Inception-ResNet and the impact of residual connections
on learning", 2016. The published network has another stem and other widths than the
paper's figures, of which 1154 and 2048 filters before the sums would not fit.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def rename_published(
    state_dict: Mapping[str, Tensor], names: Iterable[str], published: dict[str, str]
) -> dict[str, Tensor]:
    """A published `state_dict` under our names: `published` maps beginnings of them to what
    they are called there, the longest first. A tensor without a name of ours is a KeyError.
    """
    ours: dict[str, str] = {}
    for name in names:
        prefix = next((p for p in published if f"{name}.".startswith(f"{p}.")), "")
        theirs = published.get(prefix, "") + name[len(prefix) :]
        ours[theirs.removeprefix(".")] = name
    return {ours[name]: value for name, value in state_dict.items()}


class Unit(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, channels, ...)."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel_size: int | tuple[int, int],
        stride: int = 1,
        padding: int | str = "same",
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels,
            channels,
            kernel_size,
            stride=stride,
            padding=padding,
            bias=False,
        )
        self.bn = nn.BatchNorm2d(channels, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class Mixed5b(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, 320, H, W)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = Unit(in_channels, 96, 1)
        self.branch1 = nn.Sequential(Unit(in_channels, 48, 1), Unit(48, 64, 5))
        self.branch2 = nn.Sequential(
            Unit(in_channels, 64, 1),
            Unit(64, 96, 3),
            Unit(96, 96, 3),
        )
        self.branch3 = nn.Sequential(
            nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
            Unit(in_channels, 64, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = [self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(x)]
        return torch.cat(branches, dim=1)


class ResidualA(nn.Module):
    """For maps of 35x35.

    Input: (N, in_channels, H, W). Output: (N, in_channels, H, W).
    """

    def __init__(self, in_channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.branch0 = Unit(in_channels, 32, 1)
        self.branch1 = nn.Sequential(Unit(in_channels, 32, 1), Unit(32, 32, 3))
        self.branch2 = nn.Sequential(
            Unit(in_channels, 32, 1),
            Unit(32, widths[0], 3),
            Unit(widths[0], widths[1], 3),
        )
        self.conv2d = nn.Conv2d(64 + widths[1], in_channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        branches = [self.branch0(x), self.branch1(x), self.branch2(x)]
        out = torch.cat(branches, dim=1)
        out = self.conv2d(out)
        return F.relu(x + 0.17 * out, inplace=True)


class ReductionA(nn.Module):
    """From maps of 35x35 to 17x17; table 1 of the paper has its four numbers for each
    network.

    Input: (N, in_channels, H, W).
    Output: (N, n + m + in_channels, (H - 1) / 2, (W - 1) / 2).
    """

    def __init__(self, in_channels: int, k: int, l_: int, m: int, n: int) -> None:
        super().__init__()
        self.branch0 = Unit(in_channels, n, 3, stride=2, padding=0)
        self.branch1 = nn.Sequential(
            Unit(in_channels, k, 1),
            Unit(k, l_, 3),
            Unit(l_, m, 3, stride=2, padding=0),
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = [self.branch0(x), self.branch1(x), F.max_pool2d(x, 3, stride=2)]
        return torch.cat(branches, dim=1)


class ResidualB(nn.Module):
    """For maps of 17x17 with `n` of 7, for maps of 8x8 with `n` of 3.

    Input: (N, in_channels, H, W). Output: (N, in_channels, H, W).
    """

    def __init__(
        self,
        in_channels: int,
        width: int,
        widths: Sequence[int],
        n: int = 7,
        scale: float = 0.1,
    ) -> None:
        super().__init__()
        self.branch0 = Unit(in_channels, width, 1)
        self.branch1 = nn.Sequential(
            Unit(in_channels, widths[0], 1),
            Unit(widths[0], widths[1], (1, n)),
            Unit(widths[1], widths[2], (n, 1)),
        )
        self.conv2d = nn.Conv2d(width + widths[2], in_channels, kernel_size=1)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        out = torch.cat([self.branch0(x), self.branch1(x)], dim=1)
        out = self.conv2d(out)
        return F.relu(x + self.scale * out, inplace=True)


class ReductionB(nn.Module):
    """From maps of 17x17 to 8x8.

    Input: (N, in_channels, H, W).
    Output: (N, 384 + widths[0] + widths[1] + in_channels, (H - 1) / 2, (W - 1) / 2).
    """

    def __init__(self, in_channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.branch0 = nn.Sequential(
            Unit(in_channels, 256, 1),
            Unit(256, 384, 3, stride=2, padding=0),
        )
        self.branch1 = nn.Sequential(
            Unit(in_channels, 256, 1),
            Unit(256, widths[0], 3, stride=2, padding=0),
        )
        self.branch2 = nn.Sequential(
            Unit(in_channels, 256, 1),
            Unit(256, widths[0], 3),
            Unit(widths[0], widths[1], 3, stride=2, padding=0),
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = [
            self.branch0(x),
            self.branch1(x),
            self.branch2(x),
            F.max_pool2d(x, 3, stride=2),
        ]
        return torch.cat(branches, dim=1)


class ResidualBIdentity(nn.Module):
    """For maps of 17x17 with `n` of 7, for maps of 8x8 with `n` of 3.

    Input: (N, in_channels, H, W). Output: (N, in_channels, H, W).
    """

    def __init__(
        self,
        in_channels: int,
        width: int,
        widths: Sequence[int],
        n: int = 3,
        scale: float = 1.0,
    ) -> None:
        super().__init__()
        self.branch0 = Unit(in_channels, width, 1)
        self.branch1 = nn.Sequential(
            Unit(in_channels, widths[0], 1),
            Unit(widths[0], widths[1], (1, n)),
            Unit(widths[1], widths[2], (n, 1)),
        )
        self.conv2d = nn.Conv2d(width + widths[2], in_channels, kernel_size=1)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        out = torch.cat([self.branch0(x), self.branch1(x)], dim=1)
        out = self.conv2d(out)
        return x + self.scale * out


class InceptionResNetV2(nn.Module):
    """Input: (N, 3, 299, 299). Output: (N, classes)."""

    published: ClassVar[dict[str, str]] = {
        "stage_a": "repeat",
        "stage_b": "repeat_1",
        "stage_c": "repeat_2",
    }

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.conv2d_1a = Unit(3, 32, 3, stride=2, padding=0)  # 32x149x149
        self.conv2d_2a = Unit(32, 32, 3, padding=0)  # 32x147x147
        self.conv2d_2b = Unit(32, 64, 3)  # 64x147x147
        self.conv2d_3b = Unit(64, 80, 1)  # 80x73x73
        self.conv2d_4a = Unit(80, 192, 3, padding=0)  # 192x71x71
        self.mixed_5b = Mixed5b(192)  # 320x35x35
        self.stage_a = nn.Sequential(*(ResidualA(320, (48, 64)) for _ in range(10)))
        self.mixed_6a = ReductionA(320, 256, 256, 384, 384)  # 1088x17x17
        self.stage_b = nn.Sequential(
            *(ResidualB(1088, 192, (128, 160, 192)) for _ in range(20))
        )
        self.mixed_7a = ReductionB(1088, (288, 320))  # 2080x8x8
        self.stage_c = nn.Sequential(
            *(ResidualB(2080, 192, (192, 224, 256), n=3, scale=0.2) for _ in range(9))
        )
        self.block8 = ResidualBIdentity(2080, 192, (192, 224, 256))
        self.conv2d_7b = Unit(2080, 1536, 1)  # 1536x8x8
        self.dropout = nn.Dropout(0.2)
        self.classif = nn.Linear(1536, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv2d_1a(x)
        x = self.conv2d_2a(x)
        x = self.conv2d_2b(x)
        x = F.max_pool2d(x, 3, stride=2)
        x = self.conv2d_3b(x)
        x = self.conv2d_4a(x)
        x = F.max_pool2d(x, 3, stride=2)
        x = self.mixed_5b(x)
        x = self.stage_a(x)
        x = self.mixed_6a(x)
        x = self.stage_b(x)
        x = self.mixed_7a(x)
        x = self.stage_c(x)
        x = self.block8(x)
        x = self.conv2d_7b(x)
        x = self.dropout(F.adaptive_avg_pool2d(x, 1).flatten(1))
        return self.classif(x)

    def load_published(self, state_dict: Mapping[str, Tensor]) -> None:
        """Load a published checkpoint: its names begin as `published` says."""
        self.load_state_dict(
            rename_published(state_dict, self.state_dict(), self.published)
        )
