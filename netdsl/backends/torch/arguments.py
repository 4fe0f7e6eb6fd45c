"""What a layer or a block takes, and a target with the arguments of a step bound to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from netdsl.backends.torch.scene import Sym, SymTarget
from netdsl.elaborate.values import BlockDef, ExternDef, LayerDef
from netdsl.syntax import ast


def parameters_of(definition: Any) -> list[str]:
    """The names of what a layer or block takes, in order."""
    if isinstance(definition, LayerDef):
        return list(definition.layer.fields)
    if isinstance(definition, (BlockDef, ExternDef)):
        return [p.name.text for p in definition.params]
    return ["count"] if definition.name == "dense" else ["scale", "survival"]


def with_arguments(
    target: SymTarget, args: Sequence[ast.Argument], read: Callable[[ast.Expr], Sym]
) -> SymTarget:
    """The target with these arguments as well; `read` says what an expression is."""
    bound = dict(target.bound)
    positional = set(target.positional)
    free = [n for n in parameters_of(target.definition) if n not in bound]
    for argument in args:
        if argument.name is None:
            name = free.pop(0)
            positional.add(name)
        else:
            name = argument.name.text
            positional.discard(name)
            if name in free:
                free.remove(name)
        bound[name] = read(argument.value)
    return SymTarget(target.definition, bound, frozenset(positional))
