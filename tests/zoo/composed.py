"""Networks that no library has as a whole, put together from its parts and from torch's own.

Their widths are typed from the papers' tables, their LRN is torch's: alpha is five times the paper's, for
torch divides the sum over the channels by their number.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from zoo_oracle import torchvision


class Branches(nn.Module):
    """Several modules on the same map, side by side."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], dim=1)


def with_relu(*convolutions: nn.Conv2d) -> nn.Sequential:
    return nn.Sequential(*(part for conv in convolutions for part in (conv, nn.ReLU())))


def classifier(channels: int, width: int = 4096) -> list[nn.Module]:
    """What AlexNet, ZFNet and VGG end with."""
    hidden = [nn.Linear(channels, width), nn.ReLU(), nn.Dropout()]
    return [nn.Flatten(), *hidden, nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1000)]


# -------------------------------------------------------------------------------------- AlexNet, NIN
def alexnet_two_gpu() -> nn.Module:
    paper = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    pool = nn.MaxPool2d(3, stride=2)
    return _alexnet([paper, pool], groups=2)


def alexnet_merged(padding: int = 0) -> nn.Module:
    paper = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    pool = nn.MaxPool2d(3, stride=2)
    return _alexnet([paper, pool], groups=1, padding=padding)


def alexnet_merged_224() -> nn.Module:
    return alexnet_merged(padding=2)


def caffenet() -> nn.Module:
    caffe = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0)
    pool = nn.MaxPool2d(3, stride=2)
    return _alexnet([pool, caffe], groups=2)


def _alexnet(after: Sequence[nn.Module], groups: int, padding: int = 0) -> nn.Module:
    return nn.Sequential(
        with_relu(nn.Conv2d(3, 96, 11, stride=4, padding=padding)),
        *after,
        with_relu(nn.Conv2d(96, 256, 5, padding=2, groups=groups)),
        *after,
        with_relu(
            nn.Conv2d(256, 384, 3, padding=1),
            nn.Conv2d(384, 384, 3, padding=1, groups=groups),
            nn.Conv2d(384, 256, 3, padding=1, groups=groups),
        ),
        nn.MaxPool2d(3, stride=2),
        *classifier(256 * 6 * 6),
    )


def zfnet() -> nn.Module:
    after = [
        nn.MaxPool2d(3, stride=2, ceil_mode=True),
        nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0),
    ]
    return nn.Sequential(
        with_relu(nn.Conv2d(3, 96, 7, stride=2, padding=1)),
        *after,
        with_relu(nn.Conv2d(96, 256, 5, stride=2)),
        *after,
        with_relu(
            nn.Conv2d(256, 384, 3, padding=1),
            nn.Conv2d(384, 384, 3, padding=1),
            nn.Conv2d(384, 256, 3, padding=1),
        ),
        nn.MaxPool2d(3, stride=2),
        *classifier(256 * 6 * 6),
    )


def nin() -> nn.Module:
    def pool() -> nn.Module:
        return nn.MaxPool2d(3, stride=2, ceil_mode=True)

    return nn.Sequential(
        with_relu(nn.Conv2d(3, 96, 11, stride=4), nn.Conv2d(96, 96, 1), nn.Conv2d(96, 96, 1)),
        pool(),
        with_relu(nn.Conv2d(96, 256, 5, padding=2), nn.Conv2d(256, 256, 1), nn.Conv2d(256, 256, 1)),
        pool(),
        with_relu(
            nn.Conv2d(256, 384, 3, padding=1), nn.Conv2d(384, 384, 1), nn.Conv2d(384, 384, 1)
        ),
        pool(),
        with_relu(
            nn.Conv2d(384, 1024, 3, padding=1), nn.Conv2d(1024, 1024, 1), nn.Conv2d(1024, 1000, 1)
        ),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )


# ---------------------------------------------------------------------------------------------- VGG
def vgg11_lrn() -> nn.Module:
    """torchvision's vgg11 with LRN behind its first convolution."""
    model = torchvision().models.vgg11(weights=None, init_weights=False)
    model.features.insert(2, nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0))
    return model


def vgg16_c() -> nn.Module:
    """torchvision's vgg16 with 1x1 for the third convolution of a stage."""
    model = torchvision().models.vgg16(weights=None, init_weights=False)
    for place, width in ((14, 256), (21, 512), (28, 512)):
        assert isinstance(model.features[place + 2], nn.MaxPool2d)
        model.features[place] = nn.Conv2d(width, width, 1)
    return model


# ---------------------------------------------------------------------------------------- Inception
def inception_naive() -> nn.Module:
    return Branches(
        with_relu(nn.Conv2d(192, 64, 1)),
        with_relu(nn.Conv2d(192, 128, 3, padding=1)),
        with_relu(nn.Conv2d(192, 32, 5, padding=2)),
        nn.MaxPool2d(3, stride=1, padding=1),
    )


def inception_v2() -> nn.Module:
    """Table 1 of the paper, with torchvision's modules; the 5x5 in those for 35x35 becomes a second 3x3."""
    parts = torchvision().models.inception
    unit = parts.BasicConv2d

    def figure_5() -> nn.Module:
        module = parts.InceptionA(288, 64)
        module.branch5x5_2 = unit(48, 64, kernel_size=3, padding=1)
        return module

    return nn.Sequential(
        unit(3, 32, kernel_size=3, stride=2),
        unit(32, 32, kernel_size=3),
        unit(32, 64, kernel_size=3, padding=1),
        nn.MaxPool2d(3, stride=2),
        unit(64, 80, kernel_size=3),
        unit(80, 192, kernel_size=3, stride=2),
        unit(192, 288, kernel_size=3, padding=1),
        *(figure_5() for _ in range(3)),
        parts.InceptionB(288),
        *(parts.InceptionC(768, channels_7x7=width) for width in (128, 160, 160, 160, 192)),
        parts.InceptionD(768),
        parts.InceptionE(1280),
        parts.InceptionE(2048),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(2048, 1000),
    )


def inception_resnet_v2_paper() -> nn.Module:
    """Figures 3 and 15 to 19 of the paper, with pytorchcv's modules."""
    from pytorchcv.models import inceptionresnetv1 as parts
    from pytorchcv.models.common.norm import lambda_batchnorm2d
    from pytorchcv.models.inceptionv4 import InceptInitBlock

    norm = lambda_batchnorm2d(eps=1e-3)
    return nn.Sequential(
        InceptInitBlock(3, norm),
        *(parts.InceptionAUnit(384, [32, 32, 32, 32, 48, 64], norm) for _ in range(5)),
        parts.ReductionAUnit(384, [384, 256, 256, 384], norm),
        *(parts.InceptionBUnit(1152, [192, 128, 160, 192], norm) for _ in range(10)),
        parts.ReductionBUnit(1152, [256, 384, 256, 288, 256, 288, 320], norm),
        *(parts.InceptionCUnit(2144, [192, 192, 224, 256], norm) for _ in range(5)),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(2144, 1000),
    )


# ---------------------------------------------------------------------------------------------- FCN
class Fcn(nn.Module):
    """torchvision's vgg16 made convolutional, and the scores of pool4 and pool3 where they are wanted.

    `crops` are the places at which the authors' models crop: those scores, and the image at last.
    """

    def __init__(self, widths: Sequence[int], crops: Sequence[int], last: int) -> None:
        super().__init__()
        features = list(torchvision().models.vgg16(weights=None, init_weights=False).features)
        features[0] = nn.Conv2d(3, 64, 3, padding=100)
        ends = [i + 1 for i, layer in enumerate(features) if isinstance(layer, nn.MaxPool2d)]
        for end in ends:
            features[end - 1] = nn.MaxPool2d(2, stride=2, ceil_mode=True)
        self.stages = nn.ModuleList(
            nn.Sequential(*features[a:b]) for a, b in zip([0, *ends], [*ends, None])
        )
        fc6, fc7 = nn.Conv2d(512, 4096, 7), nn.Conv2d(4096, 4096, 1)
        self.score = nn.Sequential(with_relu(fc6, fc7), nn.Conv2d(4096, 21, 1))
        steps: list[nn.Module] = []
        for width in widths:
            steps += [nn.ConvTranspose2d(21, 21, 4, stride=2, bias=False), nn.Conv2d(width, 21, 1)]
        self.steps = nn.ModuleList(steps)
        self.crops = crops
        self.last = nn.ConvTranspose2d(21, 21, 2 * last, stride=last, bias=False)

    def forward(self, image: Tensor) -> Tensor:
        pools, x = [], image
        for stage in self.stages:
            x = stage(x)
            pools.append(x)
        x = self.score(x)
        inner = [pools[3], pools[2]]
        for up, score, pool, at in zip(self.steps[::2], self.steps[1::2], inner, self.crops):
            x = up(x)
            x = x + score(pool)[:, :, at : at + x.shape[2], at : at + x.shape[3]]
        x, at = self.last(x), self.crops[-1]
        return x[:, :, at : at + image.shape[2], at : at + image.shape[3]]


def fcn32s() -> nn.Module:
    return Fcn([], [19], last=32)


def fcn16s() -> nn.Module:
    return Fcn([512], [5, 27], last=16)


def fcn8s() -> nn.Module:
    return Fcn([512, 256], [5, 9, 31], last=8)
