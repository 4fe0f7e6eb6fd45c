"""MobileNet-V2: inverted residuals with linear bottlenecks.

Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", 2018.
"""

from torch import Tensor, nn
from torch.nn import functional as F

# Table 2 of the paper: expansion t, channels c, repeats n, stride s
TABLE = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def make_divisible(value: float, divisor: int) -> int:
    """The multiple of `divisor` nearest to `value`, never less than 90 % of it."""
    nearest = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return nearest if nearest >= 0.9 * value else nearest + divisor


class ConvBnRelu6(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, channels, H / stride, W / stride)."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel_size: int,
        stride: int = 1,
        groups: int = 1,
    ) -> None:
        super().__init__(
            nn.Conv2d(
                in_channels,
                channels,
                kernel_size,
                stride=stride,
                padding=kernel_size // 2,
                groups=groups,
                bias=False,
            ),
            nn.BatchNorm2d(channels),
            nn.ReLU6(inplace=True),
        )


class InvertedResidual(nn.Module):
    """Wide inside, narrow outside; the last convolution is linear.

    Input: (N, in_channels, H, W). Output: (N, channels, H / stride, W / stride).
    """

    def __init__(
        self, in_channels: int, channels: int, stride: int, expand: int
    ) -> None:
        super().__init__()
        hidden = in_channels * expand
        conv: list[nn.Module] = []
        if expand != 1:
            conv.append(ConvBnRelu6(in_channels, hidden, 1))
        conv += [
            ConvBnRelu6(hidden, hidden, 3, stride=stride, groups=hidden),
            nn.Conv2d(hidden, channels, kernel_size=1, bias=False),
            nn.BatchNorm2d(channels),
        ]
        self.conv = nn.Sequential(*conv)
        self.residual = stride == 1 and in_channels == channels

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv(x)
        return x + out if self.residual else out


class MobileNetV2(nn.Module):
    """Input: (N, 3, 224, 224). Output: (N, classes)."""

    def __init__(self, alpha: float = 1.0, classes: int = 1000) -> None:
        super().__init__()
        channels = make_divisible(32 * alpha, 8)
        features: list[nn.Module] = [ConvBnRelu6(3, channels, 3, stride=2)]
        for expand, width, depth, stride in TABLE:
            for i in range(depth):
                out_channels = make_divisible(width * alpha, 8)
                features.append(
                    InvertedResidual(
                        channels, out_channels, stride if i == 0 else 1, expand
                    )
                )
                channels = out_channels
        last_channels = make_divisible(1280 * max(1.0, alpha), 8)
        features.append(ConvBnRelu6(channels, last_channels, 1))
        self.features = nn.Sequential(*features)  # 1280x7x7
        self.classifier = nn.Sequential(
            nn.Dropout(0.2),
            nn.Linear(last_channels, classes),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(
                    module.weight, mode="fan_out", nonlinearity="relu"
                )
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.01)
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return self.classifier(x)
