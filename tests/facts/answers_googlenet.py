"""GoogLeNet: its table (which facts have twice), its modules, and the naive module."""

from __future__ import annotations

import fact_queries as q
from fact_reasons import Answer, Answers, Reason

NET, BN, NAIVE = "googlenet", "googlenet_bn", "inception_naive"
CELLS = ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
# The rows of the table in their order, and the steps at whose ends they end.
ENDS = {
    "conv1": "conv1",
    "pool1": "maxpool1",
    "conv2": "conv3",
    "pool2": "maxpool2",
    "inception 3a": "inception3a",
    "inception 3b": "inception3b",
    "pool3": "maxpool3",
    **{f"inception {cell}": f"inception{cell}" for cell in CELLS[2:7]},
    "pool4": "maxpool4",
    **{f"inception {cell}": f"inception{cell}" for cell in CELLS[7:]},
    "avg pool": "global_avgpool",
    "linear": "fc",
}
BRANCHES = {
    "#1x1": "branch1",
    "#3x3 reduce": "branch2.0",
    "#3x3": "branch2.1",
    "#5x5 reduce": "branch3.0",
    "#5x5": "branch3.1",
    "pool proj": "branch4.1",
}
PARTS = {
    "1x1": "branch1",
    "3x3reduce": "branch2.0",
    "3x3": "branch2.1",
    "5x5reduce": "branch3.0",
    "5x5": "branch3.1",
    "pool": "branch4.0",
    "poolproj": "branch4.1",
}
POOLS = ("maxpool1", "maxpool2", "maxpool3", "maxpool4")


def shape(step: str) -> q.Query:
    """What the network and its sister with batch normalisation have."""
    return q.same(q.shape(NET, step), q.shape(BN, step))


def table() -> dict[str, Answer]:
    """Table 1 of the paper: shapes, depths, parameters without biases, multiply-adds."""
    found: dict[str, Answer] = {}
    before = None
    for row, end in ENDS.items():
        found[f"{row} | output shape"] = shape(end)
        found[f"{row} | depth"] = q.same(*(q.layers(net, end, after=before) for net in (NET, BN)))
        before = end
    weighty = {row: end for row, end in ENDS.items() if "pool" not in row and row != "conv2"}
    for row, end in weighty.items():
        found[f"{row} | params"] = q.weights(NET, end)
        found[f"{row} | ops (MACs)"] = q.macs(NET, end)
    found["conv2 | params"] = q.weights(NET, "conv2") + q.weights(NET, "conv3")
    found["conv2 | ops (MACs)"] = q.macs(NET, "conv2") + q.macs(NET, "conv3")
    for cell in CELLS:
        for name, step in BRANCHES.items():
            found[f"inception {cell} | {name}"] = shape(f"inception{cell}.{step}")[0]
    found["dropout | rate"] = q.argument(NET, "dropout", "p")
    found["linear | output shape"] = q.column(q.shape(NET, "fc"))
    found["softmax | output shape"] = q.column(q.shape(NET))
    found["softmax | depth"] = q.layers(NET, after="fc")
    return found


TABLE = table()
AUX_AT = q.say("{} and {} modules", *(q.ordinal(q.attached(NET, "inception")[i]) for i in (0, 1)))
RATIO = q.rounded(q.params("alexnet_two_gpu") / q.params(NET), 2)
PLAIN_POOL = q.argument(NET, "maxpool1", "ceil_mode")
PADS = q.both(
    *(q.padding(NET, f"inception3a.{s}.conv") for s in ("branch1", "branch2.1", "branch3.1"))
)

ANSWERS: Answers = {
    "GoogLeNet": {
        **TABLE,
        **{key.replace(" |", " (2nd copy) |"): answer for key, answer in TABLE.items()},
        **{
            f"{cell}.{part} | output shape": shape(f"inception{cell}.{step}")
            for cell in ("3a", "3b")
            for part, step in PARTS.items()
            if "reduce" not in part or cell == "3a"
        },
        "3a | output shape": shape("inception3a"),
        "3b | output shape": shape("inception3b"),
        "3b.1x1 | activation": q.label(NET, "inception3b.branch1.relu"),
        "input | shape": q.shape(NET, "image"),
        "pool1 | output size": q.side(q.shape(NET, "maxpool1")),
        "pool1 | output size with plain floor, p=0": q.say("ceil_mode={}", PLAIN_POOL),
        "between stages | pool window": q.same(*(q.pool_words(NET, step) for step in POOLS)),
        "inception pool | output size (28)": q.known(
            q.side(q.shape(NET, "inception3a.branch4.0"))
            / q.side(q.incoming(NET, "inception3a.branch4.0")),
            {1.0: "unchanged"},
        ),
        "inception alignment | pads for k=1,3,5": PADS,
        "3a 5x5 without reduce | MACs": q.macs(NAIVE, "naive_inception.branch3"),
        "3a 5x5 without reduce | MACs approx": q.macs(NAIVE, "naive_inception.branch3"),
        "3a 1x1 reduce + 5x5 | MACs": q.macs(NET, "inception3a.branch3"),
        "3a 1x1 reduce + 5x5 | MACs approx": q.macs(NET, "inception3a.branch3"),
        "1x1 | example depth": q.weights(q.chain("64x28x28", "conv(1, 1x1)")),
        "1x1 reduce | 64 -> 32 example": Reason.WORDING,
        "whole | params": q.params(NET),
        "whole | ratio to AlexNet": RATIO,
        "whole | sum of params column (derived)": q.weights(NET),
        "whole | sum of ops column (derived)": q.macs(NET),
        "whole | inception modules": q.count(NET, "inception"),
        "aux | attachment": AUX_AT,
        "aux | classifiers in training": q.auxiliary(NET) + 1,
    },
}
