"""Names of classes, parameters and variables in the emitted code, which must hide nothing it uses."""

from __future__ import annotations

import keyword
from collections.abc import Iterable
from functools import cache

from netdsl.backends.torch.helpers import all_helpers
from netdsl.backends.torch.steps import extern_imports
from netdsl.code.expr import Name
from netdsl.design import Design
from netdsl.elaborate.naming import MODULE_NAMES

SELF = Name("self")

# What the emitted text uses by name.
IMPORTED = frozenset({"F", "nn", "torch", "math", "self", "super"})
CLASSES = frozenset(
    [
        *("Tensor", "Iterable", "Mapping", "Sequence", "OrderedDict"),
        *("NamedTuple", "ClassVar", "Any", "Self"),
    ]
)
BUILTINS = frozenset(
    [
        "range",
        "zip",
        "enumerate",
        "len",
        "min",
        "max",
        "sum",
        "int",
        "round",
        "abs",
        "reversed",
        "tuple",
        "float",
        "bool",
        "str",
        "getattr",
        "dict",
        "list",
        "isinstance",
    ]
)
AMBIGUOUS = frozenset({"l", "I", "O"})  # ruff does not want variables called so


@cache
def reserved() -> frozenset[str]:
    """Names that nothing else may have."""
    words = frozenset(keyword.kwlist) | AMBIGUOUS
    return IMPORTED | CLASSES | BUILTINS | words | frozenset(all_helpers())


def camel(name: str) -> str:
    """`conv_bn_relu6` -> `ConvBnRelu6`; capitals inside a part stay."""
    parts = [p for p in name.replace("-", "_").split("_") if p]
    text = "".join(p[0].upper() + p[1:] for p in parts)
    return text if text and not text[0].isdigit() else f"Net{text}"


def distinct(wanted: str, taken: Iterable[str]) -> str:
    """`wanted`, or with a number from 2 on if it is taken."""
    used = set(taken)
    name, number = wanted, 2
    while name in used:
        name = f"{wanted}{number}"
        number += 1
    return name


def safe(name: str, taken: Iterable[str] = ()) -> str:
    """A variable's name that hides nothing and is not taken: `from_`, `range_`."""
    used = {*reserved(), *taken, "_"}
    while name in used:
        name += "_"
    return name


def no_attribute(name: str) -> bool:
    """Whether a module cannot have an attribute of this name beside its own."""
    return keyword.iskeyword(name) or name in MODULE_NAMES or name.startswith("__")


def net_class(design: Design) -> str:
    """What the class of a network is called: as the net, unless the file needs the name itself."""
    return distinct(design.name, reserved() | frozenset(extern_imports(design)))
