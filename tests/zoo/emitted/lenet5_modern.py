"""LeNet-5, which reads handwritten digits: as it was published, and as it is taught
today.

LeCun et al., "Gradient-based learning applied to document recognition", 1998.
"""

from torch import Tensor, nn
from torch.nn import functional as F


class LeNet5Modern(nn.Module):
    """LeNet-5 with relu, max pooling, every connection and scores for a softmax, as
    lectures show it.

    After LeCun et al., "Gradient-based learning applied to document recognition", 1998.

    Input: (N, 1, 32, 32). Output: (N, classes).
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, kernel_size=5)
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
