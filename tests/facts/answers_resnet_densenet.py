"""Residual networks, ResNeXt and DenseNet, and the table that compares the families."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import fact_queries as q
from fact_reasons import Answers, Reason

RESNET, DENSE = "resnet152", ("densenet121", "densenet169", "densenet201", "densenet161")
ATTACHED = ("alexnet_two_gpu", "vgg19", "googlenet", RESNET)
COMPARED = dict(zip(("AlexNet", "VGG", "GoogLeNet", "ResNet"), ATTACHED))


BLOCKS_54 = q.chain("4x8x8", "repeat 54 { residual { conv(4, 3x3, padding=1) } }")
STACKS = [{"n": n} for n in (1, 2, 5, 12)]


@q.query
def share(paths: Counter[int], least: int, most: int) -> float:
    """Of the paths, how many have from `least` to `most` layers."""
    return sum(paths[n] for n in range(least, most + 1)) / sum(paths.values())


@q.query
def paths_through(net: str) -> int:
    return sum(q.paths(net)().values())


@q.query
def summed(net: str, word: str) -> str:
    """How its blocks join: "add" where all residual sums keep the channels."""
    rows = q.read(net).table["rows"]
    kept = [
        row["shape"] == before["shape"]
        for before, row in pairwise(rows)
        if row["kind"] == "residual"
    ]
    return word if kept and all(kept) else "none"


@q.query
def layer_input(net: str, number: int, before: str) -> str:
    """`before` where the first layer of a dense block reads the channels that enter the block."""
    block = f"features.denseblock{number}"
    first = q.incoming(net, f"{block}.denselayer1")()
    return before if first == q.incoming(net, block)() else "none"


def all_dense(step: str) -> q.Query:
    return q.same(*(q.side(q.shape(net, step)) for net in DENSE))


ANSWERS: Answers = {
    "comparison table": {
        **{f"{name} | year": q.meta(net, "year") for name, net in COMPARED.items()},
        **{f"{name} | depth": q.layers(net) for name, net in COMPARED.items()},
        **{f"{name} | conv layers (depth)": q.convolutions(net) for name, net in COMPARED.items()},
        **{f"{name} | kernel sizes": q.joined(q.kernels(net)) for name, net in COMPARED.items()},
        **{f"{name} | fc layers": q.count(net, "linear") for name, net in COMPARED.items()},
        **{
            f"{name} | fc sizes": q.joined(q.distinct(q.arguments_of(net, "linear", "features")))
            for name, net in COMPARED.items()
        },
        **{f"{name} | top-5 error": Reason.MEASURED for name in COMPARED},
        "AlexNet | top-5 improvement": Reason.MEASURED,
    },
    "ResNet (plain, CIFAR-10)": {
        "whole | depths 6n+2": q.both(q.layers("plain56_cifar"), q.layers("plain20_cifar")),
    },
    "ResNet": {
        "AlexNet conv | depth": q.convolutions("alexnet_two_gpu"),
        "VGG depth | depth": q.layers("vgg19"),
        "GoogLeNet depth | depth": q.layers("googlenet"),
        "CIFAR | depth 6n+2 (n=200)": q.layers("resnet1202_cifar"),
        "CIFAR | depth 6n+2 (n=18)": q.layers("resnet110_cifar"),
        "basic block | 3x3 convs": q.count("resnet18", "conv", under="layer1.0."),
        "shortcut | merge": q.say("{} along channel axis", summed("resnet18", "add")),
        "init | initialisation": q.emitted(
            RESNET, "nn.init.kaiming_normal_", "He/Kaiming (std sqrt(2/fan))"
        ),
        "paper | arXiv id": q.meta(RESNET, "paper")[len("arXiv:") :],
        "block | derivative": Reason.VALUES,
        "attribution | batch norm": Reason.HISTORY,
    },
    "pre-activation ResNet": {
        "CIFAR | depth 9n+2 (n=111)": q.layers("preresnet1001_cifar"),
        "attribution | source paper": Reason.HISTORY,
    },
    "ResNeXt": {
        "block | cardinality": q.argument("resnext50_32x4d", "layer1.1.conv2", "groups"),
        "block | params 256-d, C=32,d=4 (derived)": q.weights("resnext50_32x4d", "layer1.1"),
    },
    "path ensemble": {
        "unraveled view | number of paths": q.formula(
            "2**n",
            lambda n: paths_through(q.chain("4x8x8", f"repeat {n} {{ residual {{ relu }} }}")),
            STACKS,
        ),
        "110-layer ResNet (54 blocks) | P(19<=len<=35)": q.rounded(
            share(q.paths(BLOCKS_54), 19, 35), 5
        ),
        "effective paths | fraction of all paths with length 5..17 (derived)": q.rounded(
            share(q.paths(BLOCKS_54), 5, 17), 6
        ),
        "effective paths | lengths": Reason.MEASURED,
    },
    "DenseNet": {
        **{f"{net[8:]} | depth": q.layers(net) for net in DENSE},
        **{f"{net[8:]} | params (derived)": q.params(net) for net in DENSE},
        **{
            f"{net[8:]} | growth rate": q.channels(net, "features.denseblock1.denselayer1")
            for net in DENSE
        },
        **{
            f"{net[8:]} | block {i} layers": q.count(
                net, "dense_layer", under=f"features.denseblock{i}."
            )
            for net in DENSE
            for i in (1, 2, 3, 4)
        },
        "F582": all_dense("features.conv0"),
        "F583": q.same(all_dense("features.maxpool"), all_dense("features.denseblock1")),
        "F584": all_dense("features.denseblock2"),
        "F585": all_dense("features.denseblock3"),
        "F586": all_dense("features.denseblock4"),
        "F587": all_dense("global_avgpool"),
        "F794": all_dense("features.transition2.conv"),
        "F795": all_dense("features.transition3.conv"),
        "classifier | units": q.same(*(q.channels(net, "classifier") for net in DENSE)),
        "classifier | pool": q.same(*(q.side(q.incoming(net, "global_avgpool")) for net in DENSE)),
        "layer l | input maps": q.formula(
            "k*(l-1)+k0",
            lambda k, l, k0: q.incoming(
                f"densenet{121 if k == 32 else 161}", f"features.denseblock1.denselayer{l}"
            )[0],
            [{"k": k, "l": l, "k0": 2 * k} for k in (32, 48) for l in range(1, 7)],
        ),
        "layer l | k0": q.same(
            *(layer_input(net, i, "block input channels") for net in DENSE for i in (1, 2, 3, 4))
        ),
        "transition | compression": Reason.WORDING,
        "attribution | source paper": Reason.HISTORY,
    },
}
