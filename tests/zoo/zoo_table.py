"""What is published about the networks of the zoo, typed from there.

Parameters of torchvision's networks are `num_params` of its weights (with the side outputs for Inception-v3,
without them for GoogLeNet; the other number is counted from its modules), multiply-adds what two tools that
count convolutions and linear layers alone say of them at the usual input (`torch.utils.flop_counter` halved,
calflops). LeNet-5's 60,000 parameters and 340,908 connections are those of section II of its paper; the
connections without biases and subsampling are its multiply-adds. Torch also multiplies by the zeros of C3's
table, and sees no multiplications in distances. The lecture's has every connection of C3. The other
networks that torchvision has not are counted from modules of timm, pytorchcv and `composed.py` (`test_peers.py`).

The ResNets for CIFAR-10 without projections are those of github.com/akamaster/pytorch_resnet_cifar10,
and plain ones weigh the same. Sums by hand of what the papers state are: those of 32 and 44 layers with
projections (2,752 parameters and 262,144 multiply-adds more), ResNet-34 with other shortcuts and the plain
networks of 18 and 34 layers, DenseNets that keep all channels (1.0, 7.0 and 27.2 million parameters in the
paper's table 2), the residual units, the blocks of ResNeXt, and highway networks.
"""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One network of the zoo.

    `parameters` are all of them, `used` those that evaluation needs, `layers` are convolutions and linear
    layers on the longest path, `other` is a second input size that torchvision's network accepts.
    """

    name: str
    torchvision: str | None
    parameters: int
    used: int
    macs: int
    layers: int
    input: str = "3x224x224"
    output: str = "1000"
    other: str = "3x192x256"
    computed: int | None = None  # the multiply-adds that torch counts, where they are others


def _plain(name: str, parameters: int, macs: int, layers: int, **more: str) -> Row:
    return Row(name, name, parameters, parameters, macs, layers, **more)


def _other(name: str, parameters: int, macs: int, layers: int, *more: str) -> Row:
    return Row(name, None, parameters, parameters, macs, layers, *more)


def _cifar(name: str, parameters: int, macs: int, layers: int) -> Row:
    return Row(name, None, parameters, parameters, macs, layers, "3x32x32", "10")


def _mnist(name: str, parameters: int, macs: int, layers: int) -> Row:
    return Row(name, None, parameters, parameters, macs, layers, "1x28x28", "10")


def _block(name: str) -> Row:
    return Row(name, None, 70_144, 70_144, 70_144 * 56 * 56, 3, "256x56x56", "256x56x56")


ROWS: tuple[Row, ...] = (
    _plain("alexnet", 61_100_840, 714_188_480, 8),
    _other("alexnet_two_gpu", 60_965_224, 724_406_816, 8, "3x227x227"),
    _other("alexnet_merged", 62_378_344, 1_135_256_096, 8, "3x227x227"),
    _other("alexnet_merged_224", 62_378_344, 1_135_256_096, 8),
    _other("caffenet", 60_965_224, 724_406_816, 8, "3x227x227"),
    _other("zfnet", 62_357_608, 1_168_032_896, 8),
    _other("zfnet_big", 107_627_624, 2_476_704_896, 8),
    _other("nin", 7_595_176, 1_100_188_800, 12),
    _other("nin_cifar", 966_986, 222_486_528, 9, "3x32x32", "10"),
    _plain("vgg11", 132_863_336, 7_609_090_048, 11),
    _plain("vgg13", 133_047_848, 11_308_466_176, 13),
    _plain("vgg16", 138_357_544, 15_470_264_320, 16),
    _plain("vgg19", 143_667_240, 19_632_062_464, 19),
    _plain("vgg11_bn", 132_868_840, 7_609_090_048, 11),
    _plain("vgg13_bn", 133_053_736, 11_308_466_176, 13),
    _plain("vgg16_bn", 138_365_992, 15_470_264_320, 16),
    _plain("vgg19_bn", 143_678_248, 19_632_062_464, 19),
    _other("vgg11_lrn", 132_863_336, 7_609_090_048, 11),
    _other("vgg16_c", 133_638_952, 11_770_888_192, 16),
    _other("inception_naive", 387_296, 303_464_448, 1, "192x28x28", "416x28x28"),
    Row("googlenet", None, 13_378_280, 6_998_552, 1_582_671_872, 22),
    Row("googlenet_bn", "googlenet", 13_004_888, 6_624_904, 1_498_376_192, 22, other="3x320x224"),
    Row(
        "inception_v3",
        "inception_v3",
        27_161_264,
        23_834_568,
        5_713_216_096,
        48,
        input="3x299x299",
        other="3x320x331",
    ),
    _other("bn_inception", 11_295_240, 2_032_600_064, 34),
    _other("inception_v2", 25_954_248, 6_352_562_784, 54, "3x299x299"),
    _other("inception_v4", 42_679_816, 12_253_974_624, 76, "3x299x299"),
    _other("inception_resnet_v1", 23_995_624, 6_308_235_360, 98, "3x299x299"),
    _other("inception_resnet_v2", 55_843_464, 13_155_794_016, 176, "3x299x299"),
    _other("inception_resnet_v2_paper", 32_433_928, 9_257_953_632, 96, "3x299x299"),
    _plain("resnet18", 11_689_512, 1_814_073_344, 18),
    _plain("resnet34", 21_797_672, 3_663_761_408, 34),
    _plain("resnet50", 25_557_032, 4_089_184_256, 50),
    _plain("resnet101", 44_549_160, 7_801_405_440, 101),
    _plain("resnet152", 60_192_808, 11_513_626_624, 152),
    _plain("resnext50_32x4d", 25_028_904, 4_230_479_872, 50),
    _plain("resnext101_32x8d", 88_791_336, 16_414_015_488, 101),
    _plain("wide_resnet50_2", 68_883_240, 11_398_021_120, 50),
    _plain("densenet121", 7_978_856, 2_834_161_664, 121),
    _plain("densenet161", 28_681_000, 7_727_907_072, 161),
    _plain("densenet169", 14_149_480, 3_359_843_328, 169),
    _plain("densenet201", 20_013_928, 4_291_365_888, 201),
    _other("resnet200", 64_673_832, 15_007_481_856, 200),
    _other("resnext101_32x4d", 44_177_704, 7_969_996_800, 101),
    _plain("resnext101_64x4d", 83_455_272, 15_460_270_080, 101),
    _plain("wide_resnet101_2", 126_886_696, 22_753_050_624, 101),
    _other("resnet50_v1", 25_557_032, 3_857_973_248, 50),
    _other("resnet101_v1", 44_549_160, 7_570_194_432, 101),
    _other("resnet152_v1", 60_192_808, 11_282_415_616, 152),
    _other("resnet34_a", 21_623_848, 3_644_493_824, 34),
    _other("resnet34_b", 21_797_672, 3_663_761_408, 34),
    _other("resnet34_c", 22_716_840, 3_830_747_136, 34),
    _other("plain18", 11_515_688, 1_794_805_760, 18),
    _other("plain34", 21_623_848, 3_644_493_824, 34),
    _cifar("resnet20_cifar", 269_722, 40_551_040, 20),
    _cifar("resnet32_cifar", 464_154, 68_862_592, 32),
    _cifar("resnet44_cifar", 658_586, 97_174_144, 44),
    _cifar("resnet56_cifar", 853_018, 125_485_696, 56),
    _cifar("resnet110_cifar", 1_727_962, 252_887_680, 110),
    _cifar("resnet1202_cifar", 19_421_274, 2_829_238_912, 1202),
    _cifar("resnet20_cifar_b", 272_474, 40_813_184, 20),
    _cifar("resnet32_cifar_b", 466_906, 69_124_736, 32),
    _cifar("resnet44_cifar_b", 661_338, 97_436_288, 44),
    _cifar("resnet56_cifar_b", 855_770, 125_747_840, 56),
    _cifar("resnet110_cifar_b", 1_730_714, 253_149_824, 110),
    _cifar("resnet1202_cifar_b", 19_424_026, 2_829_501_056, 1202),
    _cifar("plain20_cifar", 269_722, 40_551_040, 20),
    _cifar("plain32_cifar", 464_154, 68_862_592, 32),
    _cifar("plain44_cifar", 658_586, 97_174_144, 44),
    _cifar("plain56_cifar", 853_018, 125_485_696, 56),
    _cifar("plain110_cifar", 1_727_962, 252_887_680, 110),
    _other("preresnet50", 25_549_480, 4_089_184_256, 50),
    _other("preresnet101", 44_541_608, 7_801_405_440, 101),
    _other("preresnet152", 60_185_256, 11_513_626_624, 152),
    _other("preresnet200", 64_666_280, 15_007_481_856, 200),
    _cifar("preresnet110_cifar", 1_730_522, 253_149_824, 110),
    _cifar("preresnet164_cifar", 1_703_258, 247_646_720, 164),
    _cifar("preresnet1001_cifar", 10_327_706, 1_490_995_712, 1001),
    _cifar("resnet110_original", 1_727_962, 252_887_680, 110),
    _cifar("resnet110_bn_after_addition", 1_727_962, 252_887_680, 110),
    _cifar("resnet110_relu_before_addition", 1_727_962, 252_887_680, 110),
    _cifar("resnet110_relu_only_preactivation", 1_727_962, 252_887_680, 110),
    _cifar("resnet110_full_preactivation", 1_727_962, 252_887_680, 110),
    _cifar("wide_resnet16_10_cifar", 17_116_634, 2_412_173_568, 14),
    _cifar("wide_resnet28_10_cifar", 36_479_194, 5_243_328_768, 26),
    _cifar("wide_resnet40_8_cifar", 35_748_314, 5_172_024_320, 38),
    _cifar("stochasticdepth110_cifar", 1_727_962, 252_887_680, 110),
    _cifar("stochasticdepth1202_cifar", 19_421_274, 2_829_238_912, 1202),
    _cifar("densenet40_k12_bc_cifar", 176_122, 72_365_352, 40),
    _cifar("densenet100_k12_bc_cifar", 769_162, 287_929_692, 100),
    _cifar("densenet190_k40_bc_cifar", 25_624_430, 9_301_945_740, 190),
    _cifar("densenet250_k24_bc_cifar", 15_324_406, 5_418_785_724, 250),
    _cifar("densenet40_k12_cifar", 599_050, 205_906_452, 40),
    _cifar("densenet100_k12_cifar", 4_068_490, 1_324_548_732, 100),
    _cifar("densenet40_k12_full_cifar", 1_019_722, 264_812_928, 40),
    _cifar("densenet100_k12_full_cifar", 6_979_642, 1_769_516_448, 100),
    _cifar("densenet100_k24_full_cifar", 27_249_082, 6_889_347_744, 100),
    _block("resnextblock_a"),
    _block("resnextblock_b"),
    _block("resnextblock_c"),
    _mnist("highway10_mnist", 85_660, 84_700, 11),
    _mnist("highway20_mnist", 136_660, 134_700, 21),
    _mnist("highway50_mnist", 289_660, 284_700, 51),
    _mnist("highway100_mnist", 544_660, 534_700, 101),
    _cifar("highway19_cifar", 509_194, 73_621_504, 19),
    _plain("squeezenet1_0", 1_248_424, 818_924_576, 18),
    _plain("squeezenet1_1", 1_235_496, 349_151_936, 18),
    _plain("mobilenet_v2", 3_504_872, 300_774_272, 53),
    Row("lenet5", None, 60_000, 60_000, 326_520, 5, "1x32x32", "10", computed=415_680),
    Row("lenet5_modern", None, 61_706, 61_706, 416_520, 5, "1x32x32", "10"),
    _other("fcn32s", 136_152_917, 181_365_854_976, 17, "3x500x500", "21x500x500"),
    _other("fcn16s", 134_815_994, 181_448_086_272, 18, "3x500x500", "21x500x500"),
    _other("fcn8s", 134_489_759, 181_529_034_048, 19, "3x500x500", "21x500x500"),
    Row("unet", None, 31_030_658, 31_030_658, 150_428_424_448, 23, "1x572x572", "2x388x388"),
)
BY_NAME = {row.name: row for row in ROWS}
IN_TORCHVISION = tuple(row for row in ROWS if row.torchvision is not None)
