"""Network in network: every convolution is followed by a small network for each place.

Lin et al., "Network in network", 2013. For ImageNet as its authors published it for
Caffe, and for CIFAR-10, where it pools a mean once.
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F


class Mlpconv(nn.Sequential):
    """A convolution, and layers of widths `mlp` that see one place each.

    Input: (N, in_channels, H, W).
    Output: (N, mlp[-1], (H + stride + 2 * padding - kernel_size) / stride, (W + stride
    + 2 * padding - kernel_size) / stride).
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel_size: int,
        mlp: Sequence[int],
        stride: int = 1,
        padding: int = 0,
    ) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(
                in_channels, channels, kernel_size, stride=stride, padding=padding
            ),
            nn.ReLU(inplace=True),
        ]
        channels2 = channels
        for width in mlp:
            layers += [
                nn.Conv2d(channels2, width, kernel_size=1),
                nn.ReLU(inplace=True),
            ]
            channels2 = width
        super().__init__(*layers)


class NIN(nn.Module):
    """Input: (N, 3, 224, 224). Output: (N, classes)."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.mlp1 = Mlpconv(3, 96, 11, mlp=(96, 96), stride=4)  # 96x54x54
        self.mlp2 = Mlpconv(96, 256, 5, mlp=(256, 256), padding=2)  # 256x27x27
        self.mlp3 = Mlpconv(256, 384, 3, mlp=(384, 384), padding=1)  # 384x13x13
        self.dropout = nn.Dropout(0.5)  # 384x6x6
        self.mlp4 = Mlpconv(384, 1024, 3, mlp=(1024, classes), padding=1)  # ?x6x6

    def forward(self, x: Tensor) -> Tensor:
        x = self.mlp1(x)
        x = F.max_pool2d(x, 3, stride=2, ceil_mode=True)
        x = self.mlp2(x)
        x = F.max_pool2d(x, 3, stride=2, ceil_mode=True)
        x = self.mlp3(x)
        x = self.dropout(F.max_pool2d(x, 3, stride=2, ceil_mode=True))
        x = self.mlp4(x)
        return F.adaptive_avg_pool2d(x, 1).flatten(1)
