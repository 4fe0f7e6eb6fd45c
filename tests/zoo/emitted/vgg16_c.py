"""VGG, the configurations that are not 3x3 convolutions alone: C, where the third of a
stage is 1x1, and A with local response normalisation.

Simonyan and Zisserman, "Very deep convolutional networks for large-scale image
recognition", 2014.
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
                features += [
                    nn.Conv2d(
                        channels,
                        width,
                        kernel_size=3 if i < 2 else 1,
                        padding=1 if i < 2 else 0,
                    ),
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
