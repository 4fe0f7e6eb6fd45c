"""What is counted as the work of a network: ours, and what other tools make of the same network.

Exact multiply-adds (MACs) are those of convolutions and linear layers. Every rule adds to them, by layer:

| rule | counts beside exact MACs |
|---|---|
| `macs` | nothing; so do calflops, TorchLens, and half of `torch.utils.flop_counter` |
| `macs+bias` | 1 per output number of a convolution or linear layer with a bias |
| `flops` | nothing, but a multiply-add is two operations |
| `all` | every operation of every layer (`netdsl.counting.operations`), a multiply-add being two |
| `torchinfo` | biases; the *number of parameters* of every other layer with `weight` or `bias`; transposed convolutions by the places of their output |
| `fvcore` | batch norm 2 per number (1 without affine), other norms 5 (4); what 2d adaptive average pools read; 2d upsampling nearest 1, bilinear 4 per output |
| `ptflops` | biases (its aten backend; its own depends on how Python was written) |
| `thop` | batch, layer and instance norm 4 per number (2 without affine); average pools 1 per output, adaptive ones places + 1; upsampling 1 to 259; prelu 1, softmax 3n - 1; transposed convolutions by their output |
| `torchprofile` | norms with affine 1 per number; average pools 1 per output; every multiplication of values (LRN has three); leaky relu 1; bilinear upsampling 4; transposed convolutions by their output |

The versions are torchinfo 1.8.0, fvcore 0.1.5.post20221221, ptflops 0.7.5, thop 0.1.1.post2209072238 and
torchprofile 0.1.0. All count for one sample in evaluation. thop sees modules only: the numbers are those
of a network written without functions (`F.avg_pool2d`).
"""

from __future__ import annotations

from netdsl.counting.explaining import Difference, explain, explained
from netdsl.counting.rules import RULES, counted, parts
from netdsl.counting.steps import counted_step, total

__all__ = [
    "RULES",
    "Difference",
    "counted",
    "counted_step",
    "explain",
    "explained",
    "parts",
    "total",
]
