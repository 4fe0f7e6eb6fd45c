"""Initial values: `kaiming(mode="fan_out")`, `normal(0.01)`, `zeros`, or a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.diagnostics import Mistake, did_you_mean, nearest
from netdsl.elaborate.arguments import bind
from netdsl.elaborate.values import Bound, kind_of
from netdsl.layers.arguments import source_text
from netdsl.record import Record
from netdsl.source import Span
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.names import Names

# Name -> its arguments with their defaults. Glorot and Bengio 2010 (xavier), He et al. 2015 (kaiming),
# Saxe et al. 2013 (orthogonal), Long et al. 2015 (bilinear).
STARTS: dict[str, dict[str, Any]] = {
    "zeros": {},
    "ones": {},
    "constant": {"value": None},
    "normal": {"std": 1.0, "mean": 0.0},
    "truncated_normal": {"std": 1.0, "mean": 0.0, "a": -2.0, "b": 2.0},
    "uniform": {"a": 0.0, "b": 1.0},
    "xavier": {"gain": 1.0, "distribution": "uniform"},
    "kaiming": {"mode": "fan_in", "nonlinearity": "relu", "distribution": "normal"},
    "orthogonal": {"gain": 1.0},
    "dirac": {},
    "bilinear": {},
}
CHOICES = {
    "distribution": ("normal", "uniform"),
    "mode": ("fan_in", "fan_out"),
    "nonlinearity": ("relu", "leaky_relu", "selu", "tanh", "sigmoid", "linear"),
}
NEED_FANS = ("xavier", "kaiming", "orthogonal", "dirac", "bilinear")  # two dimensions at least


class Start(Record):
    """One way to fill a tensor: a name of `STARTS` and the arguments that were given."""

    name: str
    arguments: dict[str, Any]
    nodes: dict[str, ast.Expr]


def start(node: ast.Expr, names: Names) -> Start:
    """The initial value that an expression names: `kaiming(mode="fan_out")`, `zeros`, or a number."""
    from netdsl.elaborate.expressions import evaluate, evaluate_arguments

    name = None
    args: tuple[ast.Argument, ...] = ()
    if isinstance(node, ast.Ref):
        name = node.name
    elif isinstance(node, ast.Apply) and isinstance(node.of, ast.Ref):
        name, args = node.of.name, node.args
    if name is None or name not in STARTS:
        if name is None or _is_name(name, names):
            value = evaluate(node, names)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                return Start("constant", {"value": value}, {"value": node})
            raise Mistake(
                "E138",
                f"an initial value is a number or a name like `kaiming`, not {kind_of(value)}",
                node.span,
                hint=f"there are {', '.join(STARTS)}",
            )
        raise no_start(name, node.span)
    known = STARTS[name]
    shown = ", ".join(k if d is None else f"{k}={source_text(d)}" for k, d in known.items())
    shown = f"{name}({shown})" if known else name
    parameters = {k: d is None for k, d in known.items()}
    for argument in args:
        _check_quotes(name, argument, names)
    arguments = evaluate_arguments(args, names)
    report = names.run.report_mistake
    bound = bind(name, parameters, len(known), {}, arguments, names.frame, shown, report)
    for key, one in bound.items():
        assert one.node is not None
        if key in CHOICES and one.value not in CHOICES[key]:
            wanted = ", ".join(f'"{c}"' for c in CHOICES[key])
            message = f"`{key}` of `{name}` must be one of {wanted}"
            meant = nearest(str(one.value), map(str, CHOICES[key]))
            hint = f'did you mean "{meant}"?' if meant else _choice(name, one.value)
            raise Mistake("E112", message, one.node.span, hint=hint)
        if key not in CHOICES and (
            isinstance(one.value, bool) or not isinstance(one.value, (int, float))
        ):
            message = f"`{key}` of `{name}` must be a number, not {kind_of(one.value)}"
            raise Mistake("E112", message, one.node.span, hint=_choice(name, one.value))
    for key in known:
        if parameters[key] and key not in bound:
            raise Mistake("E111", f"`{name}` needs `{key}`", node.span, hint=f"write `{name}(0.1)`")
    _check_deviation(name, bound, names)
    nodes = {key: one.node for key, one in bound.items() if one.node is not None}
    return Start(name, {key: one.value for key, one in bound.items()}, nodes)


def _choice(name: str, value: Any) -> str | None:
    """What is said of a text that another argument may be: `kaiming("relu")`."""
    keys = [key for key in STARTS[name] if key in CHOICES and value in CHOICES[key]]
    return f'write `{keys[0]}="{value}"`' if keys and isinstance(value, str) else None


def _check_quotes(name: str, argument: ast.Argument, names: Names) -> None:
    """Refuse `kaiming(fan_out)`, `kaiming(nonlinearity=relu)`: what can be chosen are texts."""
    node = argument.value
    if not isinstance(node, ast.Ref) or _is_name(node.name, names):
        return
    hint = _choice(name, node.name)
    if hint is not None:
        raise Mistake("E112", f"`{node.name}` is chosen by its text", node.span, hint=hint)


def _check_deviation(name: str, bound: dict[str, Bound], names: Names) -> None:
    """Refuse `normal(0, 0.01)`, and doubt `normal(1, 0.02)`: PyTorch's order is the mean, then the deviation."""
    std, mean = bound.get("std"), bound.get("mean")
    if std is None:
        return
    assert std.node is not None
    if std.value > 0:
        if mean is not None and mean.positional and std.positional and std.value > mean.value > 0:
            means, stands = source_text(mean.value), source_text(std.value)
            names.run.warn(
                "W206",
                f"`{name}` takes the deviation first: it is {stands} here, around {means}",
                std.node.span,
                f"for PyTorch's order write `{name}({means}, {stands})`; if this is meant, "
                f"`std={stands}, mean={means}`",
            )
        return
    hint = None
    if mean is not None and mean.value > 0 and mean.positional and mean.node is not None:
        hint = f"the deviation comes first: `{name}({mean.node.span.text})`"
    elif std.value == 0:
        centre = mean.value if mean is not None else 0
        fills = f"constant({source_text(centre)})" if centre else "zeros"
        hint = f"without a deviation it is `{fills}`"
    message = f"`std` of `{name}` must be more than 0, not {source_text(std.value)}"
    raise Mistake("E112", message, std.node.span, hint=hint)


def no_start(name: str, span: Span) -> Mistake:
    """The mistake of an initial value that does not exist."""
    hint = did_you_mean(name, STARTS) or f"there are {', '.join(STARTS)}"
    return Mistake("E138", f"there is no initial value `{name}`", span, hint=hint)


def _is_name(name: str, names: Names) -> bool:
    try:
        names.find(name)
    except KeyError:
        return False
    return True


def start_of(node: ast.Expr | None, names: Names) -> Start:
    """How a `param` starts; zeros if the text does not say."""
    if node is None:
        return Start("zeros", {}, {})
    return start(node, names)


def check_start(how: Start, shape: tuple[Any, ...], node: ast.Expr | None) -> None:
    """Some ways to start count the inputs and outputs of a layer, which a vector does not have."""
    if how.name in NEED_FANS and len(shape) < 2 and node is not None:
        raise no_fans(how.name, "this tensor has one", node.span)


def no_fans(name: str, hint: str, span: Span) -> Mistake:
    hint = f"{hint}; `zeros`, `ones`, `constant(0.1)` and `normal(0.01)` fill any tensor"
    return Mistake("E138", f"`{name}` fills tensors of two dimensions or more", span, hint=hint)
