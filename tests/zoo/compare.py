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


def both(ours: int, theirs: int) -> str:
    return f"{ours:,}" if ours == theirs else f"{ours:,} / {theirs:,}"


if __name__ == "__main__":
    main()
