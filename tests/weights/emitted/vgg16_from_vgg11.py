"""VGG: stacks of 3x3 convolutions, with and without batch normalisation.

Simonyan and Zisserman, "Very deep convolutional networks for large-scale image
recognition", 2014, table 1: A (VGG11), A with local response normalisation, B (VGG13),
C, where the third convolution of a stage is 1x1, D (VGG16) and E (VGG19).
"""

from collections.abc import Mapping
from typing import ClassVar

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


class VGG16(nn.Module):
    """Input: (N, 3, 224, 224). Output: (N, 1000)."""

    started_from: ClassVar[dict[str, str]] = {
        "features.0": "features.0",
        "features.5": "features.3",
        "features.10": "features.6",
        "features.12": "features.8",
        "classifier": "classifier",
    }

    def __init__(self) -> None:
        super().__init__()
        channels = 3
        features: list[nn.Module] = []
        for width, depth in zip((64, 128, 256, 512, 512), (2, 2, 3, 3, 3)):
            for _ in range(depth):
                features += [
                    nn.Conv2d(channels, width, kernel_size=3, padding=1),
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
            nn.Linear(4096, 1000),
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

    def start_from(self, state_dict: Mapping[str, Tensor]) -> None:
        """Start from a checkpoint of VGG11; `started_from` says what is taken."""
        self.load_state_dict(
            take_parts(state_dict, self.state_dict(), self.started_from)
        )
