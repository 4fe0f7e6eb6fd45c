"""Side outputs, which exist in training."""

from typing import ClassVar, NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F


class Classifier(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, classes)."""

    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__()
        self.fc = nn.Linear(in_channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


class Late(nn.Sequential):
    """Input: (N, in_channels, 4, 4). Output: (N, classes)."""

    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, 4, kernel_size=1),
            nn.ReLU(inplace=True),
            nn.Flatten(),
            nn.Linear(4 * 4 * 4, classes),
        )


class Last(nn.Module):
    """Input: (N, in_channels, 4, 4). Output: (N, classes)."""

    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 4, kernel_size=1)
        self.conv2 = nn.Conv2d(4, 4, kernel_size=3, padding=1)
        self.fc = nn.Linear(4 * 4 * 4, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        out = self.conv2(x)
        return self.fc((x + out).flatten(1))


class SideOutputsOutput(NamedTuple):
    """What `SideOutputs` gives in training."""

    output: Tensor
    early: Tensor
    late: Tensor
    last: Tensor


class SideOutputs(nn.Module):
    """Input: (N, 3, 16, 16).
    Output: (N, classes), in training with early, late and last.
    """

    aux_weights: ClassVar[dict[str, float]] = {"early": 0.3, "late": 0.2, "last": 1.0}

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, kernel_size=3, stride=2, padding=1)
        self.early = Classifier(8, classes)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=3, stride=2, padding=1)
        self.late = Late(16, classes)
        self.conv3 = nn.Conv2d(16, 16, kernel_size=3, padding=1)
        self.last = Last(16, classes)
        self.classifier = Classifier(16, classes)

    def forward(self, x: Tensor) -> Tensor | SideOutputsOutput:
        x = F.relu(self.conv1(x), inplace=True)
        early = self.early(x) if self.training else None
        x = F.relu(self.conv2(x), inplace=True)
        late = self.late(x) if self.training else None
        x = F.relu(self.conv3(x), inplace=True)
        last = self.last(x) if self.training else None
        x = self.classifier(x)
        if early is not None and late is not None and last is not None:
            return SideOutputsOutput(x, early, late, last)
        return x
