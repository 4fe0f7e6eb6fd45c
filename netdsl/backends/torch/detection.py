"""The files that stand beside an emitted detector: what all detectors share, the same for every network."""

from __future__ import annotations

import ast as python
from functools import cache

from netdsl.data import data_file

OPS = "detection_ops"
FALLBACK = "detection_fallback"


@cache
def shared_files() -> dict[str, str]:
    """Their texts by their names, `detection_ops.py` first."""
    names = (f"{OPS}.py", f"{FALLBACK}.py")
    return {n: data_file(f"templates/torch/{n}").read_text(encoding="utf-8") for n in names}


@cache
def public_names() -> frozenset[str]:
    """What a network may import of `detection_ops.py`."""
    tree = python.parse(shared_files()[f"{OPS}.py"])
    for node in tree.body:
        if isinstance(node, python.Assign) and python.unparse(node.targets[0]) == "__all__":
            return frozenset(python.literal_eval(node.value))
    raise ValueError(f"{OPS}.py has no __all__")
