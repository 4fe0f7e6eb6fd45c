"""Print, as Markdown, every network of the zoo that has a peer beside it: parameters and multiply-adds, both
sides, and the largest difference between what they give.

    python tests/zoo/compare.py > docs/zoo.md        (`make peers`)
"""

from __future__ import annotations

import sys

from peer_table import PEERS
from peers import BESIDE_TORCHVISION, counted, gap
from zoo_oracle import network, one_thread

HEAD = """# The zoo beside other libraries

Every network of the zoo for which torchvision, timm or pytorchcv has one of their own, or which can be put together
from parts of theirs (`composed`), with the same weights on both sides: copied in order, or loaded by name. Parameters
(with side outputs beside torchvision's, which have them) and multiply-adds are those of both sides where one number
stands, else ours and theirs. The difference is the largest one between two outputs in float32, for two images of the
size given; where outputs pass 1, their largest stands behind it. `tests/zoo/test_parity.py` has the gradients and side
outputs of torchvision's, too.

`make peers` writes this page.

| network | beside | parameters | multiply-adds | images | largest difference |
|---|---|--:|--:|---|---|"""

# The paper's network, another that goes by its name, and how that one differs.
DEPARTURES = (
    (
        *("lenet5", "lenet5_modern"),
        "the lecture's: every map of C3 reads all maps, max pooling, ReLU, a linear output",
    ),
    (
        *("alexnet_two_gpu", "alexnet"),
        "torchvision's, for one GPU: 64-192-384-256-256 maps, no groups, no normalisation, 224x224 with 2 padded",
    ),
    (*("alexnet_two_gpu", "alexnet_merged"), "every map reads all maps: no groups"),
    (*("alexnet_merged", "alexnet_merged_224"), "the 224x224 that the paper states, with 2 padded"),
    (*("alexnet_two_gpu", "caffenet"), "Caffe's: normalisation after pooling, and weaker"),
    (
        *("googlenet", "googlenet_bn"),
        "torchvision's: batch normalisation for biases and LRN, 3x3 where the paper has 5x5",
    ),
    (
        *("inception_v2", "bn_inception"),
        "often called Inception-v2 too: the network of the paper before",
    ),
    (
        *("inception_resnet_v2_paper", "inception_resnet_v2"),
        "the authors' weights, and timm's: another stem, 320, 1088 and 2080 maps, 10, 20 and 10 modules",
    ),
    (
        *("resnet50_v1", "resnet50"),
        "torchvision's (V1.5): the stride on the 3x3, not on the first 1x1",
    ),
    (
        *("resnet110_cifar", "resnet110_cifar_b"),
        "pytorchcv's: projections, not zeros, where the shape changes",
    ),
    (
        *("densenet40_k12_full_cifar", "densenet40_k12_cifar"),
        "pytorchcv's: transitions halve the channels, and the first convolution has 24",
    ),
)
DIFFERING = """
## Where others depart from the paper

| the paper's | another | parameters | multiply-adds | how it differs |
|---|---|--:|--:|---|"""


def main() -> None:
    print(HEAD)
    with one_thread():
        peers = (*BESIDE_TORCHVISION, *PEERS)
        for number, peer in enumerate(peers, 1):
            net, theirs, found = network(peer.name), counted(peer), gap(peer)
            sides = peer in BESIDE_TORCHVISION
            largest = f"{found.difference:.1e}" if found.difference else "0"
            if found.difference and found.output > 1:
                largest += f" of {found.output:.3g}"
            cells = [
                f"`{peer.name}`",
                peer.model,
                both(net.parameters if sides else net.parameters_used, theirs.parameters),
                both(net.macs or 0, theirs.macs),
                peer.input,
                largest,
            ]
            print("| " + " | ".join(cells) + " |", flush=True)
            print(f"{number} of {len(peers)}", end="\r", file=sys.stderr)
    print(DIFFERING)
    for name, other, how in DEPARTURES:
        first, second = network(name), network(other)
        parameters = both(first.parameters_used, second.parameters_used)
        macs = both(first.macs or 0, second.macs or 0)
        print(f"| `{name}` | `{other}` | {parameters} | {macs} | {how} |")


def both(ours: int, theirs: int) -> str:
    return f"{ours:,}" if ours == theirs else f"{ours:,} / {theirs:,}"


if __name__ == "__main__":
    main()
