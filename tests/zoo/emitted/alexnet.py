"""AlexNet: the narrower one for a single GPU that torchvision calls alexnet, and the
first one: merged into one GPU, for two, and as Caffe has it.

Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014.
Krizhevsky et al., "ImageNet classification with deep convolutional neural
networks", 2012. The 224x224 that it states give maps of 55x55 only with `padding=2`;
without it 227x227 do.
"""

from torch import Tensor, nn
from torch.nn import functional as F


class AlexNet(nn.Module):
    """Input: (N, 3, 224, 224). Output: (N, classes)."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(64, 192, kernel_size=5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(192, 384, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
        )
        self.classifier = nn.Sequential(
            nn.Dropout(0.5),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        x = F.adaptive_avg_pool2d(x, 6).flatten(1)
        return self.classifier(x)
