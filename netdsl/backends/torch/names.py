"""Names of classes, parameters and variables in the emitted code, which must hide nothing it uses."""

from __future__ import annotations

import keyword
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from netdsl.backends.torch.helpers import all_helpers
from netdsl.backends.torch.steps import every_step
from netdsl.code.expr import Name
from netdsl.design import Design
from netdsl.elaborate.attributes import MODULE_NAMES
from netdsl.elaborate.external import External

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
    """A variable's name that hides nothing and is not taken: `from_`, `range_`. Names with two `_` at the
    beginning are Python's: `__class__` would take away what `super()` reads."""
    while name.startswith("__"):
        name = name[1:]
    used = {*reserved(), *taken, "_"}
    while name in used:
        name += "_"
    return name


def no_attribute(name: str) -> bool:
    """Whether a module cannot have an attribute of this name beside its own."""
    return keyword.iskeyword(name) or name in MODULE_NAMES or name.startswith("__")


class Imported(NamedTuple):
    """A class of the user's own, `package.module:Class`, and what the emitted file calls it."""

    package: str
    symbol: str
    name: str

    @property
    def imported(self) -> str:
        return self.symbol if self.name == self.symbol else f"{self.symbol} as {self.name}"


def extern_imports(design: Design) -> dict[str, Imported]:
    """The user's own modules, by what stands for them in code. One that is called as something that the file
    needs, or as another one, gets another name: no file can put its own in the place of PyTorch's `nn`."""
    taken, found = set(reserved()), {}
    for _, made in every_step(design.net):
        if isinstance(made, External) and made.target not in found:
            name = distinct(made.symbol, taken)
            taken.add(name)
            found[made.target] = Imported(made.package, made.symbol, name)
    return found


def extern_names(design: Design) -> frozenset[str]:
    return frozenset(own.name for own in extern_imports(design).values())


def net_class(design: Design) -> str:
    """What the class of a network is called: as the net, unless the file needs the name itself."""
    return distinct(design.name, reserved() | extern_names(design))
