"""VGG: configurations A to E, and what stacks of 3x3 convolutions see and cost."""

from __future__ import annotations

import fact_queries as q
from fact_reasons import Answers, Reason

A, A_LRN, B, C, D, E = "vgg11", "vgg11_lrn", "vgg13", "vgg16_c", "vgg16", "vgg19"
LETTERS = {"A": A, "A-LRN": A_LRN, "B": B, "C": C, "D": D, "E": E}
ALL = tuple(LETTERS.values())
BLOCKS = {"block1": 3, "pool1": 4, "block2": 8, "pool2": 9, "block3": 15, "pool3": 16}
BLOCKS |= {"block4": 22, "pool4": 23, "block5": 29, "pool5": 30}
WIDE_FC6 = q.chain("1024x7x7", "flatten", "linear(4096)")


def stack(kernel: int, times: int, channels: int = 1) -> str:
    """Convolutions one after the other, without biases."""
    step = f"conv({channels}, {kernel}x{kernel}, bias=false)"
    return q.chain(f"{channels}x9x9", f"end: {{ {' -> '.join([step] * times)} }}")


@q.query
def stage(net: str, number: int) -> str:
    """The convolutions before the `number`th pool, as "conv3-64"."""
    pools, found = 1, []
    for row in q.read(net).of("conv", "maxpool"):
        pools += row["word"] == "maxpool"
        if row["word"] == "conv" and pools == number:
            side = row["arguments"]["kernel_size"].split("x")[0]
            found.append(f"conv{side}-{row['shape'][0]}")
    return "; ".join(dict.fromkeys(found))


@q.query
def as_far(of: str) -> int:
    """How many 3x3 convolutions see as much as a network's end."""
    far = q.receptive(of, "end")()
    return next(n for n in range(1, 9) if q.receptive(stack(3, n), "end")() == far)


@q.query
def narrow_kernels(net: str) -> str:
    """How a network's 1x1 convolutions change the channels."""
    rows = [r for r in q.read(net).of("conv") if r["arguments"]["kernel_size"] == "1x1"]
    kept = [q.incoming(net, r["path"])()[0] == r["shape"][0] for r in rows]
    return "in==out channels" if kept and all(kept) else "in!=out channels"


def units(number: int) -> q.Query:
    """The width of a linear layer that all configurations share."""
    return q.same(*(q.arguments_of(net, "linear", "features")[number] for net in ALL))


PER_CONFIGURATION = q.say(
    "{0}x{0} (+{1}x{1} in C)",
    q.same(*(q.joined(q.kernels(net)) for net in (A, A_LRN, B, D, E))),
    q.joined(q.without(q.kernels(C), q.kernels(D))),
)
WINDOW = q.same(*(q.every(net, q.window, "maxpool") for net in ALL))
ROWS = {3: "block 3 | row", 4: "block 4 | row", 5: "block 5 | row"}

ANSWERS: Answers = {
    "VGG": {
        "all | stages": q.same(*(q.count(net, "maxpool") for net in ALL)),
        "D | max channels": q.largest(q.arguments_of(D, "conv", "channels")),
        "all | block 2": q.same(*(stage(net, 2) for net in ALL)),
        **{row: stage(D, number) for number, row in ROWS.items()},
        "all | fc6": units(0),
        "all | fc7": units(1),
        "all | fc8": units(2),
        "all | kernel": PER_CONFIGURATION,
        "all | pool": WINDOW[0],
        "pool | window/stride": WINDOW,
        "pool | 2x2/2": q.known(
            q.side(q.incoming(D, "features.4")) / q.side(q.shape(D, "features.4")), {2.0: "halves"}
        ),
        "all conv | stride/pad": q.both(q.every(D, q.stride), q.every(D, q.padding)),
        "C | 1x1 conv": narrow_kernels(C),
        "input | size": q.same(*(q.side(q.shape(net, "image")) for net in ALL)),
        "training | crop": q.side(q.shape(D, "image")),
        "preprocess | mean": Reason.TRAINING,
        **{f"{letter} | weight layers": q.layers(net) for letter, net in LETTERS.items()},
        "D (VGG-16) | weight layers": q.same(q.layers(D), q.layers(f"{D}_bn")),
        "E (VGG-19) | weight layers": q.same(q.layers(E), q.layers(f"{E}_bn")),
        **{
            f"{letter} | weight layers as printed in the body of the table": q.layers(net)
            for letter, net in LETTERS.items()
            if letter in "BCDE"
        },
        **{
            f"{letter} | total params (derived)": q.params(net)
            for letter, net in LETTERS.items()
            if net != A_LRN
        },
        "2x 3x3 | weights per channel pair": q.weights(stack(3, 2)),
        "5x5 | weights per channel pair": q.weights(stack(5, 1)),
        "2x 3x3 | receptive field": q.receptive(stack(3, 2), "end"),
        "3x 3x3 | receptive field": q.receptive(stack(3, 3), "end"),
        "3x 3x3 | params coefficient of C^2": q.weights(stack(3, 3, 8)) / 8**2,
        "7x7 | params coefficient of C^2": q.weights(stack(7, 1, 8)) / 8**2,
        "3x 3x3 vs 7x7 | param ratio": q.weights(stack(3, 3)) / q.weights(stack(7, 1)),
        "factorisation | 7x7": q.say("{} x 3x3", as_far(stack(7, 1))),
        "complexity | MAC formula": q.formula(
            "K*m*m*D*n*n",
            lambda K, m, D, n: q.macs(
                q.chain(f"{D}x{m}x{m}", f'conv({K}, {n}x{n}, padding="same")')
            ),
            [{"K": 64, "m": 28, "D": 3, "n": 3}, {"K": 5, "m": 9, "D": 16, "n": 7}],
        ),
    },
    "VGG-16": {
        **{f"{name} | output shape": q.shape(D, f"features.{i}") for name, i in BLOCKS.items()},
        "fc8 | activation": q.behind(D, "classifier.6"),
        "fc6 | params": q.weights(D, "classifier.0"),
        "fc6 | share of all params": q.params(D, "classifier.0") / q.params(D),
        "fc6 with 1024 channels | weights": q.weights(WIDE_FC6),
        "fc6 with 1024 channels | weights approx": q.weights(WIDE_FC6),
        "softmax | classes": q.channels(D, "classifier.6"),
    },
}
