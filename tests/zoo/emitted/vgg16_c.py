"""VGG: stacks of 3x3 convolutions, with and without batch normalisation.

Simonyan and Zisserman, "Very deep convolutional networks for large-scale image
recognition", 2014, table 1: A (VGG11), A with local response normalisation, B (VGG13),
C, where the third convolution of a stage is 1x1, D (VGG16) and E (VGG19).
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F


class VGG16_C(nn.Module):
    """Input: (N, 3, 224, 224). Output: (N, classes)."""

    def __init__(
        self, depths: Sequence[int] = (2, 2, 3, 3, 3), classes: int = 1000
    ) -> None:
        super().__init__()
        channels = 3
        features: list[nn.Module] = []
        for width, depth in zip((64, 128, 256, 512, 512), depths):
            for i in range(depth):
                size = 1 if i == 2 else 3
                features += [
                    nn.Conv2d(channels, width, size, padding=size // 2),
                    nn.ReLU(inplace=True),
                ]
                channels = width
            features.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*features)  # 512x7x7
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, classes),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(
                    module.weight, mode="fan_out", nonlinearity="relu"
                )
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.01)
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        x = F.adaptive_avg_pool2d(x, 7).flatten(1)
        return self.classifier(x)
