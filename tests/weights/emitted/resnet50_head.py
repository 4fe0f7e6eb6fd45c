"""ResNet, ResNeXt and Wide ResNet, with the stride on the 3x3 convolution (V1.5), as
torchvision has them; ResNet as first published, with it on the first 1x1 (V1).

He et al., "Deep residual learning for image recognition", 2015.
Xie et al., "Aggregated residual transformations for deep neural networks", 2016.
Zagoruyko and Komodakis, "Wide residual networks", 2016.
"""

from collections.abc import Mapping
from typing import ClassVar, Self

from torch import Tensor, nn
from torch.nn import functional as F


def take_parts(
    state_dict: Mapping[str, Tensor], own: Mapping[str, Tensor], parts: dict[str, str]
) -> dict[str, Tensor]:
    """Our own `state_dict` with what another has of it: `parts` maps beginnings of our names to
    what they are called there. A tensor that it lacks is a KeyError.
    """
    taken = dict(own)
    for ours, theirs in parts.items():
        for name in own:
            if f"{name}.".startswith(f"{ours}."):
                taken[name] = state_dict[theirs + name[len(ours) :]]
    return taken


class Bottleneck(nn.Module):
    """A 3x3 convolution between two of 1x1, beside a shortcut.

    Input: (N, in_channels, H, W). Output: (N, 4 * width, H / stride, W / stride).
    """

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(
            width, width, kernel_size=3, stride=stride, padding=1, bias=False
        )
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, kernel_size=1, bias=False)
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


class ResNet50(nn.Module):
    """Input: (N, 3, 224, 224). Output: (N, 20)."""

    started_from: ClassVar[dict[str, str]] = {
        "conv1": "conv1",
        "bn1": "bn1",
        "layer1": "layer1",
        "layer2": "layer2",
        "layer3": "layer3",
        "layer4": "layer4",
    }
    frozen: ClassVar[tuple[str, ...]] = (
        "conv1",
        "bn1",
        "layer1",
        "layer2",
        "layer3.0",
        "layer3.1",
        "layer3.2",
    )

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = Stage(64, 64, 3)  # ?x56x56
        self.layer2 = Stage(256, 128, 4, stride=2)  # ?x28x28
        self.layer3 = Stage(512, 256, 6, stride=2)  # ?x14x14
        self.layer4 = Stage(1024, 512, 3, stride=2)  # ?x7x7
        self.fc = nn.Sequential(nn.Dropout(0.5), nn.Linear(2048, 20))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(
                    module.weight, mode="fan_out", nonlinearity="relu"
                )
        for name in self.frozen:
            self.get_submodule(name).requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.layer4(x)
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))

    def start_from(self, state_dict: Mapping[str, Tensor]) -> None:
        """Start from a checkpoint of ResNet50; `started_from` says what is taken."""
        self.load_state_dict(
            take_parts(state_dict, self.state_dict(), self.started_from)
        )

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        for name in self.frozen:
            self.get_submodule(name).eval()  # running statistics stay as they are
        return self
