"""LeNet-5 for handwritten digits, as it is trained today: relu and max pooling.

LeCun et al., "Gradient-based learning applied to document recognition", 1998.
"""

from torch import Tensor, nn
from torch.nn import functional as F


class LeNet5(nn.Module):
    """Input: (N, 1, 28, 28). Output: (N, classes)."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, kernel_size=5, padding=2)
        self.c3 = nn.Conv2d(6, 16, kernel_size=5)
        self.c5 = nn.Conv2d(16, 120, kernel_size=5)
        self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.c1(x), inplace=True)
        x = F.max_pool2d(x, 2)
        x = F.relu(self.c3(x), inplace=True)
        x = F.max_pool2d(x, 2)
        x = F.relu(self.c5(x), inplace=True)
        x = x.flatten(1)
        x = F.relu(self.f6(x), inplace=True)
        return self.output(x)
