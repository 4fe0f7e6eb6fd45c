"""ResNet, ResNeXt and Wide ResNet, with the stride on the 3x3 convolution (V1.5), as
torchvision has them; ResNet as first published, with it on the first 1x1 (V1).

He et al., "Deep residual learning for image recognition", 2015.
Xie et al., "Aggregated residual transformations for deep neural networks", 2016.
Zagoruyko and Komodakis, "Wide residual networks", 2016.
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F


class Bottleneck(nn.Module):
    """A 3x3 convolution between two of 1x1, beside a shortcut.

    Input: (N, in_channels, H, W). Output: (N, 4 * width, H / stride, W / stride).
    """

    def __init__(
        self,
        in_channels: int,
        width: int,
        stride: int = 1,
        groups: int = 32,
        base: int = 4,
    ) -> None:
        super().__init__()
        inner = width * base // 64 * groups
        self.conv1 = nn.Conv2d(in_channels, inner, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(
            inner,
            inner,
            kernel_size=3,
            stride=stride,
            padding=1,
            groups=groups,
            bias=False,
        )
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, 4 * width, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or in_channels != 4 * width:
            self.downsample = nn.Sequential(
                nn.Conv2d(
                    in_channels, 4 * width, kernel_size=1, stride=stride, bias=False
                ),
                nn.BatchNorm2d(4 * width),
            )

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = F.relu(self.bn2(self.conv2(out)), inplace=True)
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.downsample(x), inplace=True)


class Stage(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, 4 * width, H / stride, W / stride)."""

    def __init__(
        self, in_channels: int, width: int, depth: int, stride: int = 1
    ) -> None:
        super().__init__(
            Bottleneck(in_channels, width, stride=stride),
            *(Bottleneck(4 * width, width) for _ in range(depth - 1)),
        )


class ResNeXt50_32x4d(nn.Module):
    """Input: (N, 3, 224, 224). Output: (N, classes)."""

    def __init__(
        self, depths: Sequence[int] = (3, 4, 6, 3), classes: int = 1000
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = Stage(64, 64, depths[0])  # ?x56x56
        self.layer2 = Stage(256, 128, depths[1], stride=2)  # ?x28x28
        self.layer3 = Stage(512, 256, depths[2], stride=2)  # ?x14x14
        self.layer4 = Stage(1024, 512, depths[3], stride=2)  # ?x7x7
        self.fc = nn.Linear(2048, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(
                    module.weight, mode="fan_out", nonlinearity="relu"
                )

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.layer4(x)
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))
