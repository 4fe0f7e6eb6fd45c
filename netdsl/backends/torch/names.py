"""Names of classes and variables in the emitted code."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable

# What the emitted text uses by name and nobody may hide.
IMPORTED = frozenset({"F", "nn", "torch", "math", "self", "super"})
AMBIGUOUS = frozenset({"l", "I", "O"})  # ruff does not want variables called so
CLASSES = frozenset({"Tensor", "Sequence", "OrderedDict", "NamedTuple", "ClassVar", "Module", "Callable"})
USED_BUILTINS = frozenset(
    {"range", "zip", "enumerate", "len", "min", "max", "sum", "int", "round", "abs", "reversed", "list", "dict", "tuple", "float", "bool", "str", "getattr", "super", "print", "sorted"}
)


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


def safe_parameter(name: str) -> str:
    """A parameter's name that hides nothing: `from_`, `range_`."""
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) and name == "_" or name in IMPORTED or name in USED_BUILTINS | AMBIGUOUS:
        return f"{name}_"
    return name


def is_builtin(name: str) -> bool:
    return hasattr(builtins, name)
