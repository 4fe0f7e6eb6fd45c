"""Which network of timm, pytorchcv or `composed.py` stands beside which of the zoo."""

from __future__ import annotations

from typing import NamedTuple


class Peer(NamedTuple):
    """A network of the zoo, with `values` for parameters of it, and one that must give the same: `model` is
    "library:name"; "composed" are those of `composed.py`. `named` says that its names are those that we load.
    """

    name: str
    model: str
    parameters: int
    input: str
    named: bool = False
    values: tuple[tuple[str, str], ...] = ()


BEFORE_POOLING = (("norm", "lrn(alpha=2e-5)"), ("pooled_norm", "identity"))

PEERS: tuple[Peer, ...] = (
    Peer("densenet121", "timm:densenet121", 7_978_856, "3x64x64"),
    Peer("alexnet_two_gpu", "composed:alexnet_two_gpu", 60_965_224, "3x227x227"),
    Peer("alexnet_merged", "composed:alexnet_merged", 62_378_344, "3x227x227"),
    # Their LRN divides by five, and they pad no image of 224x224 but round up where they pool.
    Peer(
        "alexnet_merged",
        "pytorchcv:alexnet",
        62_378_344,
        "3x227x227",
        values=(("norm", "lrn(alpha=2e-5)"),),
    ),
    Peer("alexnet_merged_224", "composed:alexnet_merged_224", 62_378_344, "3x224x224"),
    Peer("caffenet", "composed:caffenet", 60_965_224, "3x227x227"),
    Peer("zfnet", "composed:zfnet", 62_357_608, "3x224x224"),
    Peer("zfnet", "pytorchcv:zfnet", 62_357_608, "3x224x224", values=BEFORE_POOLING),
    Peer("zfnet_big", "pytorchcv:zfnetb", 107_627_624, "3x224x224", values=BEFORE_POOLING),
    Peer("nin", "composed:nin", 7_595_176, "3x64x64"),
    Peer("nin_cifar", "pytorchcv:nin_cifar10", 966_986, "3x32x32"),
    Peer("vgg11_lrn", "composed:vgg11_lrn", 132_863_336, "3x32x32"),
    Peer("vgg16_c", "composed:vgg16_c", 133_638_952, "3x32x32"),
    Peer("inception_naive", "composed:inception_naive", 387_296, "192x8x8"),
    Peer("bn_inception", "pytorchcv:bninception", 11_295_240, "3x224x224"),
    Peer("inception_v2", "composed:inception_v2", 25_954_248, "3x75x75"),
    Peer("inception_v4", "timm:inception_v4", 42_679_816, "3x75x75", named=True),
    Peer("inception_v4", "pytorchcv:inceptionv4", 42_679_816, "3x299x299"),
    Peer("inception_resnet_v1", "pytorchcv:inceptionresnetv1", 23_995_624, "3x299x299"),
    Peer("inception_resnet_v2", "timm:inception_resnet_v2", 55_843_464, "3x75x75", named=True),
    Peer(
        "inception_resnet_v2_paper",
        "composed:inception_resnet_v2_paper",
        32_433_928,
        "3x75x75",
    ),
    Peer("fcn32s", "composed:fcn32s", 136_152_917, "3x32x32"),
    Peer("fcn16s", "composed:fcn16s", 134_815_994, "3x32x32"),
    Peer("fcn8s", "composed:fcn8s", 134_489_759, "3x32x47"),
    Peer("resnet200", "timm:resnet200", 64_673_832, "3x64x64"),
    Peer("resnext50_32x4d", "timm:resnext50_32x4d", 25_028_904, "3x64x64"),
    Peer("resnext101_32x4d", "timm:resnext101_32x4d", 44_177_704, "3x64x64"),
    Peer("resnext101_32x4d", "pytorchcv:resnext101_32x4d", 44_177_704, "3x224x224"),
    Peer("resnext101_64x4d", "timm:resnext101_64x4d", 83_455_272, "3x64x64"),
    Peer("wide_resnet101_2", "timm:wide_resnet101_2", 126_886_696, "3x64x64"),
    Peer("resnet50_v1", "pytorchcv:resnet50", 25_557_032, "3x224x224"),
    Peer("resnet101_v1", "pytorchcv:resnet101", 44_549_160, "3x224x224"),
    Peer("resnet152_v1", "pytorchcv:resnet152", 60_192_808, "3x224x224"),
    Peer("resnet34_b", "timm:resnet34", 21_797_672, "3x64x64"),
    Peer("resnet20_cifar_b", "pytorchcv:resnet20_cifar10", 272_474, "3x32x32"),
    Peer("resnet56_cifar_b", "pytorchcv:resnet56_cifar10", 855_770, "3x32x32"),
    Peer("resnet110_cifar_b", "pytorchcv:resnet110_cifar10", 1_730_714, "3x32x32"),
    Peer("resnet1202_cifar_b", "pytorchcv:resnet1202_cifar10", 19_424_026, "3x32x32"),
    Peer("preresnet50", "pytorchcv:preresnet50b", 25_549_480, "3x224x224"),
    Peer("preresnet101", "pytorchcv:preresnet101b", 44_541_608, "3x224x224"),
    Peer("preresnet152", "pytorchcv:preresnet152b", 60_185_256, "3x224x224"),
    Peer("preresnet200", "pytorchcv:preresnet200b", 64_666_280, "3x224x224"),
    Peer("preresnet110_cifar", "pytorchcv:preresnet110_cifar10", 1_730_522, "3x32x32"),
    Peer("preresnet164_cifar", "pytorchcv:preresnet164bn_cifar10", 1_703_258, "3x32x32"),
    Peer("preresnet1001_cifar", "pytorchcv:preresnet1001_cifar10", 10_327_706, "3x32x32"),
    Peer("wide_resnet16_10_cifar", "pytorchcv:wrn16_10_cifar10", 17_116_634, "3x32x32"),
    Peer("wide_resnet28_10_cifar", "pytorchcv:wrn28_10_cifar10", 36_479_194, "3x32x32"),
    Peer("wide_resnet40_8_cifar", "pytorchcv:wrn40_8_cifar10", 35_748_314, "3x32x32"),
    Peer("densenet40_k12_cifar", "pytorchcv:densenet40_k12_cifar10", 599_050, "3x32x32"),
    Peer("densenet100_k12_cifar", "pytorchcv:densenet100_k12_cifar10", 4_068_490, "3x32x32"),
    Peer("densenet40_k12_bc_cifar", "pytorchcv:densenet40_k12_bc_cifar10", 176_122, "3x32x32"),
    Peer("densenet100_k12_bc_cifar", "pytorchcv:densenet100_k12_bc_cifar10", 769_162, "3x32x32"),
    Peer("densenet190_k40_bc_cifar", "pytorchcv:densenet190_k40_bc_cifar10", 25_624_430, "3x32x32"),
    Peer("densenet250_k24_bc_cifar", "pytorchcv:densenet250_k24_bc_cifar10", 15_324_406, "3x32x32"),
)
