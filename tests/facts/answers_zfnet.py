"""ZFNet, and the larger one with 512, 1024 and 512 channels."""

from __future__ import annotations

import fact_queries as q
from fact_reasons import Answers, Reason

NET, BIG = "zfnet", "zfnet_big"
CONVS = ("conv1", "conv2", "conv3", "conv4", "conv5")
STRIDES = q.say("conv1={}, conv2={}, conv3={}", *(q.stride(NET, s) for s in CONVS[:3]))
UPPER = q.say(
    "{}; {}", *(q.joined(q.arguments_of(net, "conv", "channels")[2:], "-") for net in (NET, BIG))
)
PADDED_POOL = q.chain("96x110x110", "maxpool(3x3, stride=2, padding=1)")


def rounding(step: str) -> q.Query:
    return q.known(q.argument(BIG, step, "ceil_mode"), {True: "ceil", False: "floor"})


ANSWERS: Answers = {
    "ZFNet": {
        "conv1 | kernel": q.kernel(NET, "conv1"),
        "conv1 | stride": q.stride(NET, "conv1"),
        "conv1 | kernel/stride": q.window(NET, "conv1"),
        "conv1 | claim": q.say(
            "{} < {}", q.kernel(NET, "conv1"), q.kernel("alexnet_two_gpu", "conv1")
        ),
        "conv2,conv3 | stride": STRIDES,
        "conv3 | kernels": UPPER,
        "conv3-5 | kernels": UPPER,
        "conv4 | kernels": q.channels(NET, "conv4"),
        "training | sub-crop": q.side(q.shape(NET, "image")),
        "training | dropout": q.same(q.rate(NET, "fc6"), q.rate(NET, "fc7")),
        "training | init": q.emitted(
            NET, "nn.init.normal_(module.weight, std=0.01)", "normal std 0.01"
        ),
        "transfer | frozen layers": q.frozen(NET, "fc7"),
        "training | crop": Reason.TRAINING,
        "training | sub-crops": Reason.TRAINING,
        "training | batch": Reason.TRAINING,
        "training | learning rate": Reason.TRAINING,
        "training | momentum": Reason.TRAINING,
        "training | filter RMS renormalisation radius": Reason.TRAINING,
        "training | input range": Reason.TRAINING,
        "training | epochs for upper layers": Reason.TRAINING,
        "invariance study | layers compared": q.both(q.layers(NET, "conv1"), q.layers(NET, "fc7")),
        "invariance study | images": Reason.MEASURED,
        "whole | top-5 error": Reason.MEASURED,
    },
    "ZFNet (512-1024-512)": {
        "input | size": q.side(q.shape(BIG, "image")),
        "conv1 | output size p0": q.say(
            "pad={} -> {}", q.padding(BIG, "conv1"), q.side(q.shape(BIG, "conv1"))
        ),
        "conv1 | output size p1": q.side(q.shape(BIG, "conv1")),
        "pool1 | output size floor": q.say(
            "{} or pad {} -> {}",
            rounding("maxpool1"),
            q.padding(PADDED_POOL, "maxpool"),
            q.same(q.side(q.shape(BIG, "maxpool1")), q.side(q.shape(PADDED_POOL, "maxpool"))),
        ),
        "pool1 | output size ceil": q.side(q.shape(BIG, "maxpool1")),
        "conv2 | output size s2 p1": q.say(
            "pad={} -> {}", q.padding(BIG, "conv2"), q.side(q.shape(BIG, "conv2"))
        ),
        "conv2 | output size s2 p0": q.side(q.shape(BIG, "conv2")),
        "pool2 | output size floor": q.say(
            "{} -> {}", rounding("maxpool2"), q.side(q.shape(BIG, "maxpool2"))
        ),
        "pool2 | output size ceil": q.side(q.shape(BIG, "maxpool2")),
        "pool3 | output shape CHW": q.shape(BIG, "maxpool3"),
        "fc6 | in features": q.incoming(BIG, "fc6")[0],
        "LRN1 | params": q.params(BIG, "pooled_norm1"),
        "LRN2 | params": q.params(BIG, "pooled_norm2"),
        "LRN2 | shape CHW": q.shape(BIG, "pooled_norm2"),
        **{f"{s} | params (no bias)": q.weights(BIG, s) for s in CONVS},
        **{f"{s} | MACs": q.macs(BIG, s) for s in CONVS},
        **{f"{s} | output shape CHW": q.shape(BIG, s) for s in CONVS[2:]},
        **{f"{s} | weights": q.weights(BIG, s) for s in ("fc6", "fc7", "fc8")},
    },
}
