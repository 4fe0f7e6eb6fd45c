"""Blocks without a level of their own."""

from collections import OrderedDict

from torch import Tensor, nn
from torch.nn import functional as F


class Inlined(nn.Module):
    """Input: (N, 3, 8, 8). Output: (N, 16, 4, 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(4, 8, kernel_size=3, padding=1)
        body: list[nn.Module] = []
        for _ in range(3):
            body += [nn.Conv2d(8, 8, kernel_size=3, padding=1), nn.ReLU(inplace=True)]
        body.append(nn.MaxPool2d(2))
        self.body = nn.Sequential(*body)
        self.head = nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(8, 8, kernel_size=3, padding=1),
                relu1=nn.ReLU(inplace=True),
                conv2=nn.Conv2d(8, 16, kernel_size=3, padding=1),
                relu2=nn.ReLU(inplace=True),
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv1(x), inplace=True)
        x = F.relu(self.conv2(x), inplace=True)
        x = self.body(x)
        return self.head(x)
