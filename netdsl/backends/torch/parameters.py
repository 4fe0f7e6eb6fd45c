"""What becomes a parameter of the constructor or of `forward`, and what flows in."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.names import distinct
from netdsl.backends.torch.row_values import channels_in, row_values
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import INPUT, Env, SymModule, Val, Var, concrete
from netdsl.backends.torch.symbols import At
from netdsl.backends.torch.template import Argument, Param, annotation_of, same_value
from netdsl.backends.torch.tokens import plain
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.design import SharedModule, Value
from netdsl.diagnostics import Mistake
from netdsl.elaborate.values import BlockDef, Target
from netdsl.shapes import Open, Size
from netdsl.syntax import ast
from netdsl.walks import holds


def place(b: Builder, env: Env, file: Any, val: Val | None) -> At:
    """Where the body of a class begins; `val` is what `in` is."""
    return At(b.scene, env, b.rows, file, val, partial(_fact, b))


def _fact(b: Builder, name: str) -> Expr | None:
    """`in.height` as a parameter of the constructor."""
    known = b.facts.get(name)
    if known is None:
        param = Param(distinct(f"in_{name}", b.locals), "fact", name, "int")
        b.locals.add(param.name)
        b.facts[name] = known = param
        b.params.insert(1 if b.params and b.params[0].role == "in" else 0, param)
    return Name(known.name)


# ------------------------------------------------------------------------------------------ blocks
def bind_parameters(b: Builder, definition: BlockDef, env: Env) -> None:
    """What the parameters of a block are in its class: parameters too, or what all rows agree on."""
    at = place(b, env, definition.file, None)
    b.reserve(p.name.text for p in definition.params)
    for node in definition.params:
        name = node.name.text
        values = [s.arguments[name] for s in b.scopes]
        env.names[name] = _parameter(b, node, name, values, at)


def _parameter(b: Builder, node: ast.Param, name: str, values: list[Any], at: At) -> Any:
    kind = b.rows.uniform([_kind(v) for v in values], name)
    if kind in ("word", "open"):
        return at.from_value(b.rows.uniform(values, name))
    if kind in ("value", "module") and node.default is not None:
        # A default that is another parameter is no parameter of its own.
        rows = zip(values, at.values_of(node.default), strict=True)
        defaults = [_is_same(value, default) for value, default in rows]
        if all(defaults):
            return at.sym(node.default)
        if any(defaults):
            raise Differ(b.rows, defaults, f"whether `{name}` is given")
    if kind == "value":
        return _value_parameter(b, name, values)
    if kind == "module":
        return SymModule(b.rows.uniform(values, name), forward_parameter(b, name, "nn.Module"))
    return _number_parameter(b, node, name, values, at)


def _is_same(one: Any, other: Any) -> bool:
    """Whether both are one value or one module, or lists of the same ones."""
    one, other = concrete(one), concrete(other)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return one is other if isinstance(one, (Value, SharedModule)) else one == other


def _kind(value: Any) -> str:
    """What a parameter is for: a block that takes a number here and a value there is two classes."""
    if holds(value, Value):
        return "value"
    if isinstance(value, Target):
        return "word"
    if holds(value, Open):  # no number that a constructor could be given
        return "open"
    number = isinstance(value, (int, float, str, tuple)) or value is None
    return "number" if number else "module"


def forward_parameter(b: Builder, name: str, annotation: str) -> Var:
    """A parameter of the text that is an argument of `forward`."""
    var = Var(label=name)
    b.template.forward_params.append(Argument(b.authored[name], annotation, name))
    b.captured_inputs.append((var, b.authored[name]))
    return var


def _value_parameter(b: Builder, name: str, values: list[Any]) -> Any:
    """A value that flows in beside the running one: an argument of `forward`."""
    if isinstance(values[0], tuple):
        b.rows.uniform([_structure(v) for v in values], name)
        entries = []
        var = forward_parameter(b, name, "Sequence[Tensor]")
        channels = _channels_parameter(b, name, values)
        for i in range(len(values[0])):
            inner = Var()
            b.instead[inner.id] = code.Subscript(var.expr, Literal(i))
            val = Val(
                code.subscript(channels, Literal(i)),
                [v[i] for v in values],
                b.rows,
                frozenset([INPUT]),
                inner,
            )
            entries.append(b.scene.know(val))
        return tuple(entries)
    var = forward_parameter(b, name, "Tensor")
    channels = _channels_parameter(b, name, values)
    return b.scene.know(Val(channels, values, b.rows, frozenset([INPUT]), var))


def _channels_parameter(b: Builder, name: str, values: Sequence[Any]) -> Expr:
    """The channels of a value that flows in beside the running one, or of each of a list."""
    channels = [channels_in(v) for v in values]
    if b.emitter.exact:
        return Literal(b.rows.uniform(channels, name))
    own = distinct(f"{name}_channels", b.locals)
    b.params.append(Param(own, "channels", name, annotation_of(channels)))
    b.locals.add(own)
    return Name(own)


def _number_parameter(b: Builder, node: ast.Param, name: str, values: list[Any], at: At) -> Any:
    python = b.authored[name]
    b.origins[python] = name
    annotation = annotation_of(values)
    if b.emitter.exact:
        return Literal(b.rows.uniform(values, name))
    if node.default is None:
        b.params.append(Param(python, "argument", name, annotation))
        return Name(python)
    constant = _constant_default(node.default)
    same = all(same_value(v, values[0]) for v in values)
    if constant is not None:
        default = Literal(*constant)
        if all(same_value(v, default.value) for v in values):
            return default
        structural = all(isinstance(v, (Size, bool, str)) or v is None for v in values)
        if same and structural:
            return Literal(values[0])
        default = Literal(values[0]) if same else default
        kinds = annotation_of([*values, default.value])
        b.params.append(Param(python, "argument", name, kinds, default))
        return Name(python)
    expr = _computed_default(node.default, at)
    if expr is not None and _holds(b, expr, values, at):
        return expr
    param = Param(python, "argument", name, annotation)
    param.computed = expr
    b.params.append(param)
    return Name(python)


def _computed_default(node: ast.Expr, at: At) -> Expr | None:
    """A default in terms of other parameters or of the input."""
    try:
        expr = at.sym(node)
    except (Differ, Mistake, KeyError, TypeError, LookupError):
        return None
    return expr if isinstance(expr, Expr) else None


def _holds(b: Builder, expr: Expr, values: Sequence[Any], at: At) -> bool:
    """Whether an expression has these values in all rows."""
    found = row_values(b, expr, at)
    return found is not None and all(same_value(plain(f), plain(v)) for f, v in zip(found, values))


def _structure(value: Any) -> Hashable:
    """Where values stand in a list: two lists of one structure are read in the same way."""
    if isinstance(value, tuple):
        return tuple(_structure(v) for v in value)
    return "value" if isinstance(value, Value) else repr(value)


def _constant_default(node: ast.Expr) -> tuple[Any, str | None] | None:
    """A default that is written as a constant: its value, and its text if that should be kept."""
    if isinstance(node, ast.Number):
        return node.value, node.text
    if isinstance(node, ast.SizeLiteral):
        return Size(node.sides), None
    if isinstance(node, ast.String):
        return node.value, None
    if isinstance(node, ast.Constant):
        return node.value, None
    if isinstance(node, ast.Unary) and node.op == "-" and isinstance(node.of, ast.Number):
        return -node.of.value, f"-{node.of.text}"
    if isinstance(node, ast.ListLiteral):
        items = [_constant_default(i) for i in node.items]
        if all(i is not None for i in items):
            return tuple(i[0] for i in items if i is not None), None
    return None


# ---------------------------------------------------------------------------------------- the net
def bind_net_parameters(b: Builder, env: Env, fixed: set[str]) -> None:
    """The same for a net, whose parameters all have values. `fixed` are those that decide about its
    structure: they become constants."""
    net = b.scopes[0]
    definition = net.definition
    inputs = net.values if len(net.values) > 1 else ()
    b.reserve([*(p.name.text for p in definition.node.params), *inputs])
    at = place(b, env, definition.file, None)
    for param in definition.node.params:
        name = param.name.text
        value = net.arguments[name]
        if holds(value, Target):
            env.names[name] = at.from_value(value)
            continue
        literal = Literal(value, _as_written(param.default, value))
        if b.emitter.exact or name in fixed or isinstance(value, Size) or not _is_number(value):
            env.names[name] = literal
            continue
        computed = None if param.default is None else _computed_default(param.default, at)
        if computed is not None and computed.names and _holds(b, computed, [value], at):
            env.names[name] = computed
            continue
        python = b.authored[name]
        b.origins[python] = name
        b.params.append(Param(python, "argument", name, annotation_of([value]), literal))
        env.names[name] = Name(python)


def _as_written(node: ast.Expr | None, value: Any) -> str | None:
    """How the text writes a default, if it is what the parameter is."""
    if not isinstance(node, ast.Number) or value != node.value:
        return None
    return node.text if type(value) is type(node.value) else None


def _is_number(value: Any) -> bool:
    """Whether a value is a number, or a list of numbers."""
    if isinstance(value, tuple):
        return all(_is_number(v) for v in value)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# ------------------------------------------------------------------------------------ what flows in
def input_value(
    b: Builder, values: Sequence[Value | None], taint: frozenset[str] = frozenset()
) -> Val | None:
    """What flows in: its channels are the parameter `in_channels`. `taint` is what its sides depend on in the
    class around."""
    known = [v for v in values if v is not None]
    if len(known) < len(values):
        return None
    channels: Expr
    if b.emitter.exact:
        channels = Literal(b.rows.uniform([channels_in(v) for v in known], "channels"))
    else:
        free = "in_channels" if "in_channels" not in b.locals else "input_channels"
        b.in_channels_name = distinct(free, b.locals)
        b.locals.add(b.in_channels_name)
        b.params.insert(0, Param(b.in_channels_name, "in", "", "int"))
        channels = Name(b.in_channels_name)
    return b.scene.know(Val(channels, known, b.rows, taint | {INPUT}, Var(label="x")))


def net_inputs(b: Builder) -> Val | None:
    """What flows into a net: the running value, or arguments of `forward` if it has several inputs."""
    values = list(b.scopes[0].values.items())
    if len(values) == 1:
        value = values[0][1]
        var = Var(label="x")
        return b.scene.know(Val(Literal(value.shape.channels), [value], b.rows, var=var))
    b.multiple_inputs = True
    for name, value in values:
        var = forward_parameter(b, name, "Tensor")
        b.scene.know(Val(Literal(value.shape.channels), [value], b.rows, var=var))
    return None
