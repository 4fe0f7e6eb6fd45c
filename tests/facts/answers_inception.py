"""Inception-v2 to v4, and the arithmetic of their modules: 1x1 first, and smaller kernels for larger."""

from __future__ import annotations

import fact_queries as q
from fact_reasons import Answers, Reason, Reported

V2, V3, V4 = "inception_v2", "inception_v3", "inception_v4"

# What enters each row of their tables: the step that takes it.
V2_ROWS = {
    "conv1 in": "conv1",
    "conv2 in": "conv2",
    "conv3 in": "conv3",
    "conv4 in": "conv4",
    "conv5 in": "conv5",
    "conv6 in": "conv6",
    "5x fig6 in": "stage2",
    "2x fig7 in": "stage3",
}
V3_ROWS = {
    "conv1 in": "Conv2d_1a_3x3",
    "conv2 in": "Conv2d_2a_3x3",
    "conv3 in": "Conv2d_2b_3x3",
    "pool1 in": "maxpool1",
    "conv4 1x1 in": "Conv2d_3b_1x1",
    "conv5 in": "Conv2d_4a_3x3",
    "pool2 in": "maxpool2",
    "fig5 in": "Mixed_5b",
    "fig5 in (later)": "Mixed_5d",
    "fig6 in": "Mixed_6b",
    "fig6 in (later)": "Mixed_6e",
    "fig7 in": "Mixed_7b",
    "avgpool in": "global_avgpool",
    "dropout in": "dropout",
    "fc in": "fc",
}
# Networks of the table of results, and ours: with what they cost in thousands of millions.
CHEAP = {"BN-GoogLeNet": "googlenet_bn", "BN-Inception [7]": "bn_inception"}
DEARER = {
    "GoogLeNet [20]": "googlenet",
    "Inception-v2": V2,
    "Inception-v2 RMSProp": V2,
    "Inception-v2 Label Smoothing": V2,
    "Inception-v2 Factorized 7x7": V3,
    "Inception-v2 BN-auxiliary": V3,
}

LARGE = q.chain("128x100x100", "conv(256, 5x5, padding=2)")
NARROW = q.chain("128x100x100", "conv(32, 1x1) -> conv(256, 5x5, padding=2)")
SQUARE = q.chain("1x9x9", "end: conv(1, 3x3, bias=false)")
CROSSED = q.chain("1x9x9", "end: { conv(1, 1x3, bias=false) -> conv(1, 3x1, bias=false) }")
TWO_3X3 = q.chain("1x9x9", "end: { conv(1, 3x3) -> conv(1, 3x3) }")
TWO_2X2 = q.chain("1x9x9", "end: { conv(1, 2x2, bias=false) -> conv(1, 2x2, bias=false) }")
POOL_FIRST = q.chain("64x32x32", "maxpool(2x2) -> conv(128, 3x3, padding=1)")
POOL_LAST = q.chain("64x32x32", "conv(128, 3x3, padding=1) -> maxpool(2x2)")


def billions(net: str) -> q.Query:
    return q.say("{:.1f}", q.macs(net) / 1e9)


EXAMPLE = {
    "5x5 example | params": q.weights(LARGE),
    "1x1+5x5 example | params": q.weights(NARROW),
    "1x1+5x5 example | reduction factor": q.weights(LARGE) / q.weights(NARROW),
    "5x5 example | output shape": q.same(q.shape(LARGE), q.shape(NARROW)),
}

ANSWERS: Answers = {
    "Inception": EXAMPLE,
    "Inception-v2": {
        "factorisation | receptive field": q.receptive(TWO_3X3, "end"),
        "factorisation | question: 3x3 -> 2x2": q.say(
            "two 2x2 = {}/{}", q.weights(TWO_2X2), q.weights(SQUARE)
        ),
        "fig.5 module | grid": q.side(q.shape(V2, "stage1")),
        "fig.6 module | grid": q.side(q.shape(V2, "stage2")),
        "fig.7 module | grid": q.side(q.shape(V2, "stage3")),
        "fig.6 module | n": q.largest(q.kernel(V2, "stage2.0.branch7x7_2.conv")),
        "input | size": q.side(q.shape(V2, "image")),
        "input | previous size": q.side(q.shape("googlenet", "image")),
        **{f"{row} | input shape": q.incoming(V2, step) for row, step in V2_ROWS.items()},
        "F489": q.incoming(V2, "maxpool"),
        "F495": q.incoming(V2, "global_avgpool"),
        "linear in | input shape": q.column(q.incoming(V2, "fc")),
        "softmax in | input shape": q.column(q.shape(V2)),
        "3x fig5 in | input shape": q.say(
            "conv {} {} -> {}",
            q.known(q.padding(V2, "conv6.conv"), {0: "unpadded", 1: "padded"}),
            q.spec(V2, "conv6.conv", "{k}/{s}"),
            q.joined(q.incoming(V2, "stage1")[1:] + q.incoming(V2, "stage1")[:1], "x"),
        ),
        "grid reduction fig.9 | params right > left": q.say(
            "{} params, {:g}x MACs",
            q.known(q.params(POOL_LAST) / q.params(POOL_FIRST), {1.0: "equal"}),
            q.macs(POOL_LAST) / q.macs(POOL_FIRST),
        ),
        "regularisation | dropout": q.say(
            "v2 {}, v3 {}",
            q.known(q.count(V2, "dropout"), {0: "none"}),
            q.known(q.count(V3, "dropout"), {1: "dropout"}),
        ),
        **{f"{row} | ops (Bn)": billions(net) for row, net in CHEAP.items()},
        **{f"{row} | ops (Bn)": Reported(billions(net)) for row, net in DEARER.items()},
        **{
            f"{row} | top-{k} error": Reason.MEASURED
            for row in (*CHEAP, *DEARER)
            for k in (1, 5)
            if k == 1 or row not in ("BN-GoogLeNet", "Inception-v2")
        },
        "whole | top-1 error change": Reason.MEASURED,
    },
    "Inception-v3": {
        **{f"{row} | input shape": q.incoming(V3, step) for row, step in V3_ROWS.items()},
        "fc in | input shape": q.incoming(V3, "fc")[0],
        "factorisation | weights 3x3 vs 1x3+3x1": q.say(
            "{} -> {}", q.weights(SQUARE), q.weights(CROSSED)
        ),
        "factorisation | receptive field": q.say("{0}x{0}", q.receptive(CROSSED, "end")),
        "35x35 modules | repeats": q.say("{} fig5 modules", q.count(V3, "inception_a")),
        "17x17 modules | repeats": q.say(
            "{} + {} fig6",
            q.known(q.count(V3, "inception_b"), {1: "reduction"}),
            q.count(V3, "inception_c"),
        ),
        "8x8 modules | repeats": q.say(
            "{} + {} fig7",
            q.known(q.count(V3, "inception_d"), {1: "reduction"}),
            q.count(V3, "inception_e"),
        ),
    },
    "Inception-v4": {
        "whole | residual": q.say(
            "v4 {} residual", q.known(q.kinds(V4, "residual"), {0: "without"})
        ),
    },
}
