"""Arguments: the kinds of parameters, and texts that fit each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reading.blocks import Block
from reading.frames import Frame
from reading.layer_rules import Invalid, Size
from reading.statements import Shared
from reading.values import Target, Val

from drawing.naming import Naming
from drawing.reach import is_int, is_number_list

KINDS = (
    "width",
    "width",
    "width",
    "count",
    "stride",
    "list",
    "size",
    "flag",
    "float",
    "act",
    "norm",
    "pool",
    "block",
    "block",
    "value",
    "value",
    "values",
    "module",
    "mode",
    "groups",
)
ACTS = [
    "relu",
    "relu6",
    "leaky_relu",
    "leaky_relu(0.2)",
    "elu",
    "selu",
    "gelu",
    'gelu(approximate="tanh")',
    "silu",
    "mish",
    "hardswish",
    "softplus",
    "sigmoid",
    "hardsigmoid",
    "tanh",
    "hardtanh(-2,2)",
    "scaled_tanh",
    "softsign",
    "identity",
    "prelu",
    "dropout(0.2)",
]
NORMS = (
    "bn",
    "bn",
    "bn(eps=1e-3)",
    "bn(momentum=0.01, affine=false)",
    "identity",
    "instancenorm(affine=true)",
    "groupnorm(2)",
    "groupnorm(1)",
    "l2norm(10)",
    "lrn(3)",
    "lrn",
)
POOLS = (
    "maxpool(2x2)",
    "avgpool(2x2)",
    "maxpool(3x3, stride=1, padding=1)",
    "identity",
    "avgpool(3x3, stride=1, padding=1)",
)


class Arguments(Naming):
    def literal_of(self, kind: str, frame: Frame) -> str:
        """A constant for a parameter of a kind; `Invalid` where there is none."""
        number = self.rng.randrange
        match kind:
            case "width":
                return str(2 * number(1, 7))
            case "count":
                return str(self.pick([0, 1, 2, 2, 3, 4]))
            case "groups":
                return str(self.pick([1, 1, 2]))
            case "stride":
                return str(self.pick([1, 1, 1, 2]))
            case "list":
                return f"[{', '.join(str(2 * number(1, 6)) for _ in range(number(1, 5)))}]"
            case "size":
                return self.pick(["3x3", "1x1", "3x3", "1x3", "3x1", "5x5"])
            case "flag":
                return self.pick(["true", "false"])
            case "float":
                return self.pick(["0.5", "0.25", "0.1", "1.0", "2.5e-1"])
            case "mode":
                return self.pick(['"nearest"', '"nearest"', '"bilinear"', '"area"'])
            case "act":
                return self.pick(ACTS)
            case "norm":
                return self.pick(NORMS)
            case "pool":
                return self.pick(POOLS)
        raise Invalid(kind)

    def argument(self, kind: str, frame: Frame, sample: Any = None) -> str:
        """A text for a parameter of a kind, from what can be read where it stands."""
        if kind == "value":
            return self.recent(self.values(frame))[0]
        if kind == "values":
            reachable = self.values(frame)
            count = len(sample) if isinstance(sample, list) else 2
            whole = self.named(
                frame, lambda v: type(v) is list and bool(v) and isinstance(v[0], Val)
            )
            if whole and self.chance(0.3):
                return self.pick(whole)
            return f"[{', '.join(self.recent(reachable)[0] for _ in range(count))}]"
        if kind == "module":
            return self.pick(self.named(frame, lambda v: isinstance(v, Shared)))
        if kind == "block":
            return self.block_argument(frame, sample)
        names = self.named(frame, _FITS[kind])
        if names and self.chance(0.5):
            return self.recent(names)
        if kind == "width":
            return self.channels(frame)
        if kind == "count":
            return self.number(frame, 0, 4)
        if kind == "stride" and self.chance(0.3):
            return f"2 if {self.truth(frame)} else 1"
        if kind == "flag" and self.chance(0.4):
            return self.truth(frame)
        if kind == "float":
            return self.real(frame)
        if kind == "list" and self.chance(0.4):
            return self.list_text(frame)
        if kind == "size" and self.chance(0.2):
            return f"[3, {self.pick(['1', '3'])}]"
        return self.literal_of(kind, frame)

    def block_argument(self, frame: Frame, sample: Any) -> str:
        """A block that takes the same required arguments."""
        wanted = _required(sample)
        names = [
            n
            for n in self.named(
                frame, lambda v: isinstance(v, Target) and isinstance(v.definition, Block)
            )
            if _required(frame.visible()[n]) == wanted
        ]
        name = self.pick(names)
        target = frame.visible()[name]
        free = [
            p for p in target.definition.params if p[1] is not None and p[0] not in target.bound
        ]
        if free and self.chance(0.4):
            parameter = self.pick(free)[0]
            kind = target.definition.kinds[parameter]
            if kind == "block":
                raise Invalid  # one block inside another is enough
            return f"{name}({parameter}={self.argument(kind, frame)})"
        return name


def _required(target: Any) -> list[str]:
    if not isinstance(target, Target) or not isinstance(target.definition, Block):
        raise Invalid
    return [
        target.definition.kinds[n]
        for n, d in target.definition.params
        if d is None and n not in target.bound
    ]


def _layer_of(words: tuple[str, ...] | list[str]) -> Callable[[Any], bool]:
    plain = {w.split("(")[0] for w in words}
    return lambda v: (
        isinstance(v, Target) and isinstance(v.definition, str) and v.definition in plain
    )


_FITS: dict[str, Callable[[Any], bool]] = {
    "width": lambda v: is_int(v) and 1 <= v <= 16,
    "count": lambda v: is_int(v) and 0 <= v <= 4,
    "groups": lambda v: v in (1, 2) and is_int(v),
    "stride": lambda v: v in (1, 2) and is_int(v),
    "list": is_number_list,
    "size": lambda v: isinstance(v, Size),
    "flag": lambda v: isinstance(v, bool),
    "float": lambda v: isinstance(v, float),
    "mode": lambda v: v in ("nearest", "bilinear", "area"),
    "act": _layer_of(ACTS),
    "norm": _layer_of(NORMS),
    "pool": _layer_of(POOLS),
}
