"""The Design: a network after compiling, before anything is emitted.

A tree of `Scope`s, one for each level of the `state_dict`, that still looks like the source: a scope
knows which block it came from and with which arguments, and its `Region` mirrors the body that was
run, statement by statement, with loops unrolled into iterations and conditions decided. Uses of a
block with equal arguments and equal input shapes share one scope, so that ResNet-152 is ten scopes;
the names below a scope are therefore its own, and a path is made on the way down.

Everything is in the order of the text. Shapes have no batch dimension.
"""

from netdsl.design.events import (
    Applied,
    AuxEvent,
    BarEvent,
    Branch,
    Computed,
    Dense,
    Event,
    Flow,
    HeadEvent,
    Inlined,
    Link,
    Loop,
    Merge,
    Note,
    Predicted,
    Region,
    Residual,
    Shared,
    SharedModule,
    Taken,
    WeightEvent,
    What,
)
from netdsl.design.network import Condition, Design, Passed, Start
from netdsl.design.scopes import Scope, Value

__all__ = [
    "Applied",
    "AuxEvent",
    "BarEvent",
    "Branch",
    "Computed",
    "Condition",
    "Dense",
    "Design",
    "Event",
    "Flow",
    "HeadEvent",
    "Inlined",
    "Link",
    "Loop",
    "Merge",
    "Note",
    "Passed",
    "Predicted",
    "Region",
    "Residual",
    "Scope",
    "Shared",
    "SharedModule",
    "Start",
    "Taken",
    "Value",
    "WeightEvent",
    "What",
]
