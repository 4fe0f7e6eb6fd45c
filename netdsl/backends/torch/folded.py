"""Which layers took over which batch normalisation, in as few lines as say it: `folded` of an emitted class.

What reads these lines is `fold_batch_norm` of templates/torch/helpers.py.
"""

from __future__ import annotations

from collections.abc import Mapping

from netdsl.design import Design
from netdsl.totals import scope_tensors

Folded = dict[str, tuple[str, float]]


def short_names(design: Design, folded: Folded) -> Folded:
    """The same folding in as few lines as say it: ends of names (`.conv1`: `.bn1`), where every layer whose
    name ends so and that has such a neighbour is one of them; else the names themselves."""
    tensors = {name for name, _, _ in scope_tensors(design.net)}
    layers = {name.rpartition(".")[0] for name in tensors} | folded.keys()
    norms = {norm for norm, _ in folded.values()}
    kept = {n.rpartition(".")[0] for n in tensors if n.endswith(".running_var")}
    for more in (0, 1):
        ends: Folded = {}
        for layer, (norm, eps) in folded.items():
            end, other = _parted(f".{layer}", f".{norm}", more)
            ends.setdefault(end, (other, eps))
        if len(ends) < len(folded) and pairs(layers, norms | kept, ends) == folded:
            return ends
    return folded


def _parted(layer: str, norm: str, more: int) -> tuple[str, str]:
    """The ends of two names from where they part, numbers with the name before them, and `more` parts."""
    first, second = layer.split("."), norm.split(".")
    same = 0
    while same < min(len(first), len(second)) - 1 and first[same] == second[same]:
        same += 1
    while same > 1 and first[same].isdigit():
        same -= 1
    same = max(same - more, 1)
    return ".".join(["", *first[same:]]), ".".join(["", *second[same:]])


def pairs(layers: set[str], norms: set[str], ends: Mapping[str, tuple[str, float]]) -> Folded:
    """What `fold_batch_norm` of templates/torch/helpers.py pairs: layers, and the normalisation behind."""
    found: Folded = {}
    for layer in layers:
        for end, (behind, eps) in ends.items():
            norm = layer == end and behind
            if f".{layer}".endswith(end) and end.startswith("."):
                norm = f".{layer}".removesuffix(end)[1:] + behind
            if norm and norm.removeprefix(".") in norms:
                if layer in found:
                    return {}
                found[layer] = norm.removeprefix("."), eps
    return found
