"""AlexNet: for two GPUs, merged into one (its tables count every connection), and the narrower one
that codes have (`alexnet`)."""

from __future__ import annotations

import fact_queries as q
from fact_reasons import Answers, Reason

NET, MERGED, CAFFE, CODE = "alexnet_two_gpu", "alexnet_merged", "caffenet", "alexnet"
SMALLER = q.variant(MERGED, input="3x224x224")  # the input that the paper states
CONVS = ("conv1", "conv2", "conv3", "conv4", "conv5")
POOLS = {"pool1": "maxpool1", "pool2": "maxpool2", "pool5": "maxpool3", "pool3": "maxpool3"}
GPUS = q.argument(NET, "conv2", "groups")
BEFORE_CONV2 = q.side(q.incoming(NET, "conv2"))
BEFORE_CONV3 = q.side(q.incoming(NET, "conv3"))
BOTH_ORDERS = q.say("{}; CaffeNet {}", q.order(NET, "conv1"), q.order(CAFFE, "conv1"))


def shape(step: str) -> q.Query:
    """What all three of 227x227 have."""
    return q.same(*(q.shape(net, step) for net in (NET, MERGED, CAFFE)))


def per_gpu(step: str) -> q.Query:
    return q.split(q.shape(NET, step), GPUS)


def in_and_out(net: str, step: str) -> q.Query:
    return q.both(q.incoming(net, step)[0], q.channels(net, step))


def presets(code: str, paper: str) -> q.Query:
    return q.say(
        "{}; {}", q.joined(in_and_out(CODE, code), "->"), q.joined(in_and_out(MERGED, paper), "->")
    )


ANSWERS: Answers = {
    "AlexNet": {
        "input | size": q.side(shape("image")),
        "whole | weight layers": q.layers(NET),
        "whole | layers": q.layers(NET),
        "whole | total params two-GPU (derived)": q.params(NET),
        "kernels | sizes": q.joined(q.kernels(NET, distinct=False)),
        "order | conv1": q.order(NET, "conv1"),
        "order | pools after": q.pooled(NET),
        "order | conv/pool/LRN": BOTH_ORDERS,
        "norm1 | order": BOTH_ORDERS,
        "norm1 | LRN extent": q.say("n={} across channels", q.argument(NET, "norm1", "size")),
        "LRN1 | params": q.say(
            "{} learnable, {} hyper", q.params(NET, "norm1"), q.settings(NET, "norm1")
        ),
        "LRN2 | params": q.say(
            "{} learnable, {} hyper", q.params(NET, "norm2"), q.settings(NET, "norm2")
        ),
        "flatten | length": q.channels(NET, "flatten"),
        # convolutions
        "conv1 | output HxW": shape("conv1")[1:],
        "conv1 | output shape of one feature map": q.split(
            shape("conv1"), q.channels(NET, "conv1")
        ),
        "conv1 | output size formula": q.side(shape("conv1")),
        "conv1 | output size (224, p=0)": q.side(q.shape(SMALLER, "conv1")),
        "conv1 | output size as it must be for L57": q.side(shape("conv1")),
        "conv1 | height": shape("conv1")[1],
        "conv1 | maps": q.channels(NET, "conv1"),
        "conv1 | explanation": q.say(
            "{}/{}={}, +1 = {}",
            q.side(shape("image")) - q.kernel(NET, "conv1"),
            q.stride(NET, "conv1"),
            (q.side(shape("image")) - q.kernel(NET, "conv1")) // q.stride(NET, "conv1"),
            q.side(shape("conv1")),
        ),
        "conv2 | 27-5": BEFORE_CONV2 - q.kernel(NET, "conv2"),
        "conv2 | 22+2+2": BEFORE_CONV2
        - q.kernel(NET, "conv2")
        + q.padding(NET, "conv2")
        + q.padding(NET, "conv2"),
        "conv3 | 13-3": BEFORE_CONV3 - q.kernel(NET, "conv3"),
        "conv3 | 10+1+1": BEFORE_CONV3
        - q.kernel(NET, "conv3")
        + q.padding(NET, "conv3")
        + q.padding(NET, "conv3"),
        "conv2 | stride": q.stride(NET, "conv2"),
        "conv2 | output size if stride were 2": q.side(shape("conv2")),
        "conv2 | receptive field": q.receptive(NET, "conv2"),
        "conv2 | biases": q.tensor(NET, "conv2.bias")[0],
        "conv2 | params (derived, grouped)": q.params(NET, "conv2"),
        "conv3 | wording": q.say("{} kernels per GPU", per_gpu("conv3")[0]),
        "conv3 | kernel shape (sees both GPUs)": q.tensor(NET, "conv3.weight")[1:],
        "conv2 | kernel shape (grouped)": q.tensor(NET, "conv2.weight")[1:],
        "conv4 | kernel shape (grouped)": q.tensor(NET, "conv4.weight")[1:],
        "conv4 | kernels": q.channels(NET, "conv4"),
        "conv1 | kernels per GPU": per_gpu("conv1")[0],
        "conv2 | kernels per GPU": per_gpu("conv2")[0],
        "conv2 | input channels": q.tensor(MERGED, "conv2.weight")[1],
        "conv4 | input channels": q.tensor(MERGED, "conv4.weight")[1],
        "conv3 | channels": in_and_out(NET, "conv3"),
        "conv5 | channels": in_and_out(NET, "conv5"),
        "conv3-5 | output size": q.same(*(q.side(shape(s)) for s in CONVS[2:])),
        **{f"{s} | output size": q.side(shape(s)) for s in CONVS},
        **{f"{s} | output shape": shape(s) for s in CONVS},
        **{f"{s} | output shape CHW": shape(s) for s in CONVS},
        **{f"{s} | input shape": q.incoming(NET, s) for s in ("conv2", "conv3", "conv4")},
        **{f"{s} | per-GPU shape": per_gpu(s) for s in ("conv1", "conv2", "conv3", "conv5")},
        **{f"{s} | spec": q.spec(NET, s) for s in ("conv1", "conv2", "conv5")},
        **{f"{s} | params": q.params(MERGED, s) for s in CONVS},
        **{f"{s} | MACs": q.macs(MERGED, s) for s in CONVS},
        # pooling
        "pool | ordinary pooling": q.window(q.chain("96x55x55", "maxpool(3x3)"), "maxpool"),
        "pool | overlapping pooling [window,stride]": q.every(NET, q.window, "maxpool"),
        "pool1 | output": shape("maxpool1"),
        "pool1 | params": q.params(NET, "maxpool1"),
        "pool1 | output size from 54": q.side(shape("maxpool1")),
        "pool2 | per-GPU shape": per_gpu("maxpool2"),
        **{f"{s} | output size": q.side(shape(POOLS[s])) for s in ("pool1", "pool2", "pool5")},
        **{f"{s} | output shape": shape(POOLS[s]) for s in ("pool1", "pool2", "pool5")},
        **{f"{s} | output shape CHW": shape(POOLS[s]) for s in ("pool2", "pool3")},
        **{f"{s} | stride": q.stride(NET, POOLS[s]) for s in ("pool1", "pool5")},
        **{f"{s} | window/stride": q.window(NET, POOLS[s]) for s in ("pool1", "pool2")},
        # linear layers
        "fc6 | weights (derived)": q.weights(NET, "fc6"),
        "fc7 | size": q.channels(NET, "fc7"),
        "fc8 | input": q.incoming(NET, "fc8")[0],
        "fc6 | dropout": q.rate(NET, "fc6"),
        "fc7 | dropout": q.rate(NET, "fc7"),
        "fc8 | dropout": q.rate(NET, "fc8"),
        "fc8 | activation": q.say("{} -> softmax", q.last(NET)),
        **{f"{s} | units": q.channels(NET, s) for s in ("fc6", "fc7", "fc8")},
        **{f"{s} | params (no bias)": q.params(NET, s) for s in ("fc6", "fc7", "fc8")},
        **{f"{s} | MACs": q.macs(NET, s) for s in ("fc6", "fc7", "fc8")},
        "training | GPU speed-up": Reason.MEASURED,
        "training | lr decay": Reason.TRAINING,
    },
    "AlexNet (code)": {
        "whole | total params (derived)": q.params(CODE),
        "conv1 | output size for 224": q.side(q.shape(CODE, "features.0")),
        "pool1 | output size (derived)": q.side(q.shape(CODE, "features.2")),
        "conv2 | channels": presets("features.3", "conv2"),
        "conv3 | channels": in_and_out(CODE, "features.6"),
        "conv4 | channels": presets("features.8", "conv4"),
        "conv5 | channels": in_and_out(CODE, "features.10"),
        "avgpool | adaptive size": q.shape(CODE, "adaptive_avgpool")[1:],
        "fc1 | in features": q.incoming(CODE, "classifier.1")[0],
        "fc2 | shape": q.tensor(CODE, "classifier.4.weight"),
        "dropout | present": q.behind(CODE, "classifier.1", "dropout"),
    },
    "LRN": {
        **{f"hyper-parameters | {s}": q.argument(NET, "norm1", s) for s in ("k", "alpha", "beta")},
        "hyper-parameters | n": q.argument(NET, "norm1", "size"),
        "symbol | input": Reason.WORDING,
    },
}
