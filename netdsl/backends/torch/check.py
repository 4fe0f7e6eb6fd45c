"""Is what is emitted the network? The classes are run on numbers and compared with the Design.

A small machine executes the statements of the constructors (with the arguments that the classes really
get, so every expression is checked for every instance) and of `forward` on tokens in place of tensors.
A token stands for a computation: two are equal if they apply the same function, with the same weights,
to equal tokens. The Design is walked with the same tokens. Weights must stand under the same names with
the same constructor calls, and the outputs must be equal tokens. Nothing here imports torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from netdsl.backends.torch.template import Template
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.stmt import Assign, Augment, Do, For, If, Return, Statement
from netdsl.design import (
    Applied,
    AuxEvent,
    BarEvent,
    Branch,
    Computed,
    Dense,
    Design,
    Flow,
    Inlined,
    Link,
    Loop,
    Merge,
    Region,
    Residual,
    Scope,
    Shared,
    Taken,
    Value,
)
from netdsl.elaborate.functions import make_divisible
from netdsl.elaborate.values import Tapped
from netdsl.layers.base import Given, Layer
from netdsl.layers.fields import is_one_number
from netdsl.shapes import Shape, Size
from netdsl.syntax import ast
from netdsl.totals import inner_value, value_inputs

FUNCTIONS: dict[str, Any] = {
    "len": len,
    "range": lambda *a: tuple(range(*a)),
    "zip": lambda *a: tuple(zip(*a)),
    "enumerate": lambda a: tuple(enumerate(a)),
    "reversed": lambda a: tuple(reversed(a)),
    "min": min,
    "max": max,
    "sum": sum,
    "int": int,
    "round": round,
    "abs": abs,
    "math.ceil": math.ceil,
    "math.floor": math.floor,
    "math.sqrt": math.sqrt,
    "math.log2": math.log2,
    "make_divisible": make_divisible,
}


class Mismatch(Exception):
    """The emitted classes are not the network."""


class Token:
    """A computation."""

    __slots__ = ("key",)

    def __init__(self, key: Any) -> None:
        self.key = key


class Leaf:
    """A module of PyTorch (or a helper): its constructor call."""

    def __init__(self, name: str, positional: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.name = name
        self.positional = positional
        self.named = named
        self.path = ""


class Container:
    """A module with children: of a class of ours, or nn.Sequential."""

    def __init__(self, template: Template | None) -> None:
        self.template = template
        self.children: dict[str, Any] = {}
        self.attributes: dict[str, Any] = {}
        self.path = ""


class Machine:
    """Executes emitted statements."""

    def __init__(self, templates: Sequence[Template]) -> None:
        self.templates = {t.reference.id: t for t in templates}
        self.outputs = {f"{t.reference.id}Output" for t in templates}
        self.tokens: dict[Any, Token] = {}
        self.defaults: dict[tuple[str, str], Any] = {}
        self.classes: dict[Any, int] = {}  # one function in its two forms has one number

    def token(self, *key: Any) -> Token:
        found = self.tokens.get(key)
        if found is None:
            found = self.tokens[key] = Token(key)
        return found

    # ------------------------------------------------------------------------------ what is equal
    def normal(self, name: str, positional: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        """A call without the arguments that PyTorch takes anyway."""
        named = {k: v for k, v in named.items() if k != "inplace"}
        if named.get("padding") == "same" and "kernel_size" in named:
            named["padding"] = _same_padding(named)
        kept = {k: v for k, v in named.items() if (name, k) not in self.defaults or self.defaults[name, k] != v}
        return (name, positional, tuple(sorted(kept.items(), key=lambda e: e[0])))

    def learn(self, layer: Layer, shape: Shape) -> None:
        """What the two forms of a layer without weights are called, and which arguments are defaults."""
        fields = {n: getattr(layer, n) for n in type(layer).model_fields}
        if layer.references():
            return
        literal = Given({n: Literal(v) for n, v in fields.items()}, [shape], [Literal(shape.channels)])
        names = {n: Name(f"field {n}") for n in fields}
        full = Given(names, [shape], [Literal(shape.channels)], one_number=lambda n: is_one_number(fields[n]))
        values = {f"field {n}": _plain(v) for n, v in fields.items()}
        env = {**FUNCTIONS, **values}
        for form in ("module", "function"):
            try:
                make = getattr(layer, form)
                inputs = (Name("%"),) if form == "function" else ()
                short, long = make(literal, *inputs), make(full, *inputs)
            except (AttributeError, TypeError, AssertionError):
                continue
            if isinstance(short, code.Call) and isinstance(long, code.Call):
                name = _called(short)
                for key, expr in long.named:
                    if key not in dict(short.named):
                        try:
                            self.defaults[name, key] = code.evaluate(expr, env)
                        except (KeyError, TypeError):
                            continue

    def unite(self, layer: Layer, shape: Shape) -> None:
        """Give the module form and the functional form of a layer one number."""
        if layer.module_only or layer.references() or layer.many:
            return
        given = Given({n: Literal(getattr(layer, n)) for n in type(layer).model_fields}, [shape], [Literal(shape.channels)])
        module, function = layer.module(given), layer.function(given, Name("%"))
        keys = []
        if module is not None:
            leaf = self.evaluate(module, {})
            keys.append(("leaf", self.normal(leaf.name, leaf.positional, leaf.named)))
        if function is not None:
            keys.append(self.evaluate(function, {"%": Token("slot")}, raw=True))
        number = next((self.classes[k] for k in keys if k in self.classes), len(self.classes))
        for key in keys:
            self.classes[key] = number

    # --------------------------------------------------------------------------------- expressions
    def evaluate(self, expr: Expr, env: dict[str, Any], raw: bool = False) -> Any:
        if isinstance(expr, Literal):
            return _plain(expr.value)
        if isinstance(expr, Name):
            if expr.id in env:
                return env[expr.id]
            if expr.id in FUNCTIONS:
                return FUNCTIONS[expr.id]
            raise Mismatch(f"the name {expr.id} is not defined")
        if isinstance(expr, code.Op):
            return self.operation(expr.op, self.evaluate(expr.left, env), self.evaluate(expr.right, env))
        if isinstance(expr, code.Product):
            return math.prod(self.evaluate(i, env) for i in expr.items)
        if isinstance(expr, code.Minus):
            return self.operation("-", 0, self.evaluate(expr.of, env))
        if isinstance(expr, code.Compare):
            left, right = self.evaluate(expr.left, env), self.evaluate(expr.right, env)
            if expr.op in ("is", "is not"):
                return (left is right) == (expr.op == "is")
            return code.OPERATIONS[expr.op](left, right)
        if isinstance(expr, code.Not):
            return not self.evaluate(expr.of, env)
        if isinstance(expr, code.Bool):
            values = (bool(self.evaluate(i, env)) for i in expr.items)
            return all(values) if expr.op == "and" else any(values)
        if isinstance(expr, code.Choose):
            return self.evaluate(expr.then if self.evaluate(expr.condition, env) else expr.other, env)
        if isinstance(expr, (code.Tuple, code.ListOf)):
            out: list[Any] = []
            for item in expr.items:
                if isinstance(item, code.Star):
                    out += self.evaluate(item.of, env)
                else:
                    out.append(self.evaluate(item, env))
            return tuple(out) if isinstance(expr, code.Tuple) else out
        if isinstance(expr, code.Range):
            ends = [None if e is None else self.evaluate(e, env) for e in (expr.start, expr.stop)]
            return slice(ends[0], ends[1])
        if isinstance(expr, code.Subscript):
            return self.subscript(self.evaluate(expr.of, env), self.evaluate(expr.index, env), raw)
        if isinstance(expr, code.Comprehension):
            return self.comprehension(expr, env)
        if isinstance(expr, code.Text):
            return "".join(p if isinstance(p, str) else str(self.evaluate(p, env)) for p in expr.pieces)
        if isinstance(expr, code.Attribute):
            return self.attribute(self.evaluate(expr.of, env), expr.name)
        if isinstance(expr, code.Call):
            return self.call(expr, env, raw)
        raise Mismatch(f"an expression of an unknown kind: {expr.text}")

    def operation(self, op: str, left: Any, right: Any) -> Any:
        if not isinstance(left, Token) and not isinstance(right, Token):
            return code.OPERATIONS[op](left, right)
        if op == "*" and _is_one(left):
            return right
        if op in ("*", "/") and _is_one(right):
            return left
        if op == "-" and _is_zero(left):
            return self.token("negative", right)
        if op == "+" and _is_zero(left):
            return right
        if op in ("+", "-") and _is_zero(right):
            return left
        if op in ("+", "*"):
            left, right = sorted((left, right), key=_order)
        return self.token("op", op, left, right)

    def subscript(self, of: Any, index: Any, raw: bool = False) -> Any:
        if isinstance(of, Token):
            parts = index if isinstance(index, tuple) else (index,)
            if all(p is None or p == slice(None, None) for p in parts):
                return of  # dimensions of one are added: the numbers stay
            key = ("index", tuple((p.start, p.stop) if isinstance(p, slice) else p for p in parts))
            if raw:
                return key
            return self.applied(key, [of])
        if isinstance(of, Container):
            if isinstance(index, slice):
                part = Container(None)
                part.children = dict(list(of.children.items())[index])
                return part
            return list(of.children.values())[index] if isinstance(index, int) else of.children[index]
        return of[index]

    def applied(self, key: tuple[Any, ...], inputs: list[Any]) -> Token:
        """A function without weights: both of its forms are the same token."""
        number = self.classes.get(key)
        return self.token("function", key if number is None else number, *inputs)

    def comprehension(self, expr: code.Comprehension, env: dict[str, Any]) -> list[Any]:
        out = []
        for item in self.evaluate(expr.iterable, env):
            values = (item,) if len(expr.targets) == 1 else tuple(item)
            inner = {**env, **dict(zip(expr.targets, values))}
            if expr.condition is None or self.evaluate(expr.condition, inner):
                out.append(self.evaluate(expr.item, inner))
        return out

    def attribute(self, of: Any, name: str) -> Any:
        if isinstance(of, Container):
            if name in of.children:
                return of.children[name]
            if name in of.attributes:
                return of.attributes[name]
            raise Mismatch(f"there is no attribute {name}")
        if isinstance(of, Token):
            return self.token("attribute", name, of)
        raise Mismatch(f"an attribute {name} of {of}")

    def call(self, expr: code.Call, env: dict[str, Any], raw: bool) -> Any:
        function = expr.function
        positional: list[Any] = []
        for argument in expr.positional:
            if isinstance(argument, code.Star):
                positional += self.evaluate(argument.of, env)
            else:
                positional.append(self.evaluate(argument, env))
        named = {n: self.evaluate(a, env) for n, a in expr.named}
        if isinstance(function, Name):
            name = function.id
            if name in env:
                return self.apply(env[name], positional)
            if name in FUNCTIONS:
                return FUNCTIONS[name](*positional, **named)
            if name in self.templates:
                return self.construct(self.templates[name], positional, named)
            if name in self.outputs:
                return tuple(positional)
            if name == "getattr":
                return self.attribute(positional[0], positional[1])
            return self.outside(name, positional, named, raw)
        if isinstance(function, code.Attribute):
            of = self.evaluate(function.of, env)
            if isinstance(of, Container) and function.name == "values":
                return list(of.children.values())
            if isinstance(of, Token):
                return self.outside(f".{function.name}", [of, *positional], named, raw)
            return self.apply(self.attribute(of, function.name), positional)
        return self.apply(self.evaluate(function, env), positional)

    def outside(self, name: str, positional: list[Any], named: dict[str, Any], raw: bool) -> Any:
        """A call of something that is not ours: a module to be made, or a function of values."""
        if name == "nn.Sequential":
            container = Container(None)
            if len(positional) == 1 and isinstance(positional[0], dict):
                container.children = dict(positional[0])
            else:
                container.children = {str(i): m for i, m in enumerate(positional)}
            return container
        if name == "OrderedDict":
            return dict(named)
        if name == "nn.Parameter":
            return Leaf("nn.Parameter", _shape_of(positional[0]), {})
        tensors = [v for v in _flat(positional) if isinstance(v, Token)]
        if not tensors:
            return Leaf(name, tuple(positional), named)
        if name in _REDUCTIONS:
            return self.token("reduce", _REDUCTIONS[name], positional[0])
        if name in _ELEMENTWISE:
            return self.token("apply", _ELEMENTWISE[name], *positional)
        slots = tuple(_slots(positional))
        key = ("call", self.normal(name, slots, named))
        if raw:
            return key
        if name == "stochastic_depth":
            return self.token("survive", positional[0], positional[1])
        return self.applied(key, tensors)

    # ---------------------------------------------------------------------------------- statements
    def construct(self, template: Template, positional: list[Any], named: dict[str, Any]) -> Container:
        made = Container(template)
        env: dict[str, Any] = {"self": made}
        if len(positional) > len(template.kept):
            raise Mismatch(f"too many arguments for {template.wanted}")
        for param, value in zip(template.kept, positional):
            env[param.name] = value
        for name, value in named.items():
            if name in env or name not in {p.name for p in template.kept}:
                raise Mismatch(f"{template.wanted} has no argument {name}")
            env[name] = value
        for param in template.kept:
            if param.name not in env:
                if param.default is None:
                    raise Mismatch(f"{template.wanted} needs {param.name}")
                env[param.name] = self.evaluate(param.default, {})
        self.run(template.ctor, env)
        return made

    def run(self, body: Sequence[Statement], env: dict[str, Any]) -> Any:
        for statement in body:
            result = self.statement(statement, env)
            if result is not None:
                return result
        return None

    def statement(self, statement: Statement, env: dict[str, Any]) -> Any:
        if isinstance(statement, Assign):
            self.assign(statement.target, self.evaluate(statement.value, env), env)
        elif isinstance(statement, Augment):
            target = statement.target if isinstance(statement.target, str) else statement.target.text
            value = self.evaluate(statement.value, env)
            env[target] = env[target] + value if isinstance(env[target], list) else code.OPERATIONS[statement.op](env[target], value)
        elif isinstance(statement, Do):
            self.do(statement.of, env)
        elif isinstance(statement, For):
            if isinstance(statement.iterable, code.Call) and statement.iterable.text.endswith(".modules()"):
                return None  # how weights start is not looked at here
            for item in self.evaluate(statement.iterable, env):
                values = (item,) if len(statement.targets) == 1 else tuple(item)
                env.update(zip(statement.targets, values))
                result = self.run(statement.body, env)
                if result is not None:
                    return result
        elif isinstance(statement, If):
            return self.run(statement.then if self.evaluate(statement.condition, env) else statement.other, env)
        elif isinstance(statement, Return):
            assert statement.value is not None
            return (self.evaluate(statement.value, env),)
        else:
            raise Mismatch(f"a statement of an unknown kind: {type(statement).__name__}")
        return None

    def assign(self, target: Any, value: Any, env: dict[str, Any]) -> None:
        if isinstance(target, str):
            names = [n.strip() for n in target.split(",")]
            if len(names) == 1:
                env[names[0]] = value
            else:
                if not isinstance(value, tuple) or len(value) != len(names):
                    raise Mismatch(f"{len(names)} names for another number of values")
                env.update(zip(names, value))
        elif isinstance(target, code.Attribute):
            _keep(env["self"], target.name, value)
        elif isinstance(target, code.Subscript):
            of, key = self.evaluate(target.of, env), self.evaluate(target.index, env)
            if isinstance(of, Container):
                of.children[key] = value
            else:
                of[key] = value
        else:
            raise Mismatch(f"an assignment to {target.text}")

    def do(self, expr: Expr, env: dict[str, Any]) -> None:
        assert isinstance(expr, code.Call)
        text = expr.function.text
        if text.startswith("nn.init.") or text == "bilinear_":
            return
        if text == "super().__init__":
            made = self.outside("nn.Sequential", _arguments(self, expr, env), {}, False)
            env["self"].children.update(made.children)
            return
        if text == "self.append":
            own = env["self"]
            own.children[str(len(own.children))] = self.evaluate(expr.positional[0], env)
            return
        if text == "self.add_module":
            key, module = _arguments(self, expr, env)
            env["self"].children[key] = module
            return
        assert isinstance(expr.function, code.Attribute) and expr.function.name == "append", text
        self.evaluate(expr.function.of, env).append(self.evaluate(expr.positional[0], env))

    # ------------------------------------------------------------------------------------- running
    def apply(self, module: Any, inputs: list[Any]) -> Any:
        """Call a module with values."""
        if isinstance(module, Leaf):
            if module.name == "nn.Identity":
                return inputs[0]
            key = self.normal(module.name, module.positional, module.named)
            if module.path:
                return self.token("weights", module.path, key, *inputs)
            return self.applied(("leaf", key), inputs)
        if not isinstance(module, Container):
            raise Mismatch(f"{module} is called")
        template = module.template
        if template is None or template.forward is None:
            value = inputs[0]
            for child in module.children.values():
                value = self.apply(child, [value])
            return value
        env: dict[str, Any] = {"self": module}
        names = [n for n, _ in template.forward_params_all]
        if len(names) != len(inputs):
            raise Mismatch(f"{template.wanted} takes {len(names)} values, not {len(inputs)}")
        env.update(zip(names, inputs))
        result = self.run(template.forward, env)
        if result is None:
            raise Mismatch(f"{template.wanted} returns nothing")
        return result[0]


def _arguments(machine: Machine, expr: code.Call, env: dict[str, Any]) -> list[Any]:
    out: list[Any] = []
    for argument in expr.positional:
        if isinstance(argument, code.Star):
            out += machine.evaluate(argument.of, env)
        else:
            out.append(machine.evaluate(argument, env))
    return out


def _keep(own: Container, name: str, value: Any) -> None:
    if isinstance(value, (Leaf, Container)):
        own.children[name] = value
        own.attributes.pop(name, None)
    else:
        own.attributes[name] = value


_REDUCTIONS = {".mean": "mean", ".amin": "min", ".amax": "max"}
_ELEMENTWISE = {"torch.abs": "abs", "torch.exp": "exp", "torch.log": "log", "torch.sqrt": "sqrt", "torch.minimum": "min", "torch.maximum": "max"}


def _plain(value: Any) -> Any:
    if isinstance(value, Size):
        return value[0] if len(set(value)) == 1 else tuple(value)
    if isinstance(value, (tuple, list)):
        return tuple(_plain(v) for v in value)
    return value


def _same_padding(named: dict[str, Any]) -> Any:
    kernel, dilation = named["kernel_size"], named.get("dilation", 1)
    if named.get("stride", 1) not in (1, (1, 1), (1,), (1, 1, 1)):
        raise Mismatch('padding="same" with a stride')
    sides = kernel if isinstance(kernel, tuple) else (kernel,)
    spaces = dilation if isinstance(dilation, tuple) else (dilation,) * len(sides)
    padding = tuple(d * (k - 1) // 2 for k, d in zip(sides, spaces))
    return padding[0] if len(set(padding)) == 1 else padding


def _called(call: code.Call) -> str:
    return f".{call.function.name}" if isinstance(call.function, code.Attribute) else call.function.text


def _shape_of(made: Any) -> tuple[Any, ...]:
    """The shape of the tensor that a parameter is made of."""
    if isinstance(made, Leaf):
        inner = made.positional
        if made.name.startswith("nn.init."):
            return _shape_of(inner[0])
        return inner[0] if inner and isinstance(inner[0], tuple) else inner
    raise Mismatch("a parameter of an unknown tensor")


def _flat(values: Any) -> list[Any]:
    out: list[Any] = []
    for value in values:
        out += _flat(value) if isinstance(value, (list, tuple)) else [value]
    return out


def _slots(values: Any) -> list[Any]:
    return [tuple(_slots(v)) if isinstance(v, (list, tuple)) else "slot" if isinstance(v, Token) else v for v in values]


def _is_one(value: Any) -> bool:
    return not isinstance(value, Token) and value == 1


def _is_zero(value: Any) -> bool:
    return not isinstance(value, Token) and value == 0


def _order(value: Any) -> tuple[int, Any]:
    return (1, id(value)) if isinstance(value, Token) else (0, value)


# ---------------------------------------------------------------------------------------- the Design
class Walk:
    """The Design as tokens."""

    def __init__(self, machine: Machine) -> None:
        self.m = machine
        self.paths: dict[int, str] = {}  # shared modules

    def scope(self, scope: Scope, path: str, known: dict[int, Token]) -> None:
        for shared in scope.shared.values():
            self.paths[id(shared)] = f"{path}{shared.name}"
        for name, weight in scope.weights.items():
            known[id(weight.value)] = self.m.token("parameter", f"{path}{name}")
        self.region(scope.region, path, known)

    def region(self, region: Region, path: str, known: dict[int, Token]) -> None:
        for event in region.events:
            if isinstance(event, Flow):
                for link in event.links:
                    self.link(link, path, known)
            elif isinstance(event, BarEvent):
                for link in event.flow.links if event.flow is not None else [event.link]:
                    if link is not None:
                        self.link(link, path, known)
            elif isinstance(event, Loop):
                for inner in event.iterations:
                    self.region(inner, path, known)
            elif isinstance(event, Branch):
                if event.region is not None:
                    self.region(event.region, path, known)
            elif isinstance(event, AuxEvent):
                self.link(event.link, path, known)

    def link(self, link: Link, path: str, known: dict[int, Token]) -> None:
        what, m = link.what, self.m
        if isinstance(what, Applied):
            if what.layer.word != "identity":
                self.give(link, self.layer(what.layer, link, f"{path}{link.key}", known), known)
        elif isinstance(what, Shared):
            home = self.paths[id(what.home)]
            if isinstance(what.scope, Layer):
                self.give(link, self.layer(what.scope, link, home, known), known)
            else:
                self.inner(link, what.scope, f"{home}.", known)
        elif isinstance(what, Scope):
            self.inner(link, what, f"{path}{link.key}.", known)
        elif isinstance(what, Merge):
            self.region(what.region, path, known)
            branches = [known[id(v)] for v in what.branches]
            if len(branches) == 1:
                self.give(link, branches[0], known)
                return
            names = [Name(f"%{i}") for i in range(len(branches))]
            shapes = [v.shape for v in what.branches]
            given = Given({}, shapes, [Literal(s.channels) for s in shapes if s is not None])  # type: ignore[arg-type]
            expr = what.layer.function(given, *names)
            assert expr is not None
            self.give(link, m.evaluate(expr, {n.id: t for n, t in zip(names, branches)}), known)
        elif isinstance(what, Residual):
            self.residual(link, what, path, known)
        elif isinstance(what, Dense):
            value = known[id(link.inputs[0])]
            for region in what.iterations:
                known[id(region.entry)] = value
                self.region(region, path, known)
                out = known[id(region.exit)]
                value = m.outside("torch.cat", [[value, out]], {"dim": 1}, False)
            self.give(link, value, known)
        elif isinstance(what, Inlined):
            self.region(what.region, path, known)
        elif isinstance(what, Computed):
            step = link.node.step  # type: ignore[union-attr]
            self.give(link, self.compute(step.value, link, list(what.values), known), known)
        else:
            assert isinstance(what, Taken)

    def give(self, link: Link, token: Token, known: dict[int, Token]) -> None:
        known[id(link.output)] = token

    def inner(self, link: Link, scope: Scope, path: str, known: dict[int, Token]) -> None:
        if scope.outer is None:
            inner: dict[int, Token] = {}
            own = ([scope.input] if scope.input is not None else []) + value_inputs(scope)
            for outside, inside in zip(link.inputs, own):
                inner[id(inside)] = known[id(outside)]
        else:
            inner = known
            if scope.input is not None and link.inputs:
                inner[id(scope.input)] = known[id(link.inputs[0])]
        self.scope(scope, path, inner)
        assert scope.result is not None
        for export, value in link.exports.items():
            known[id(value)] = inner[id(inner_value(scope, export))]
        self.give(link, inner[id(scope.result)], known)

    def residual(self, link: Link, what: Residual, path: str, known: dict[int, Token]) -> None:
        m = self.m
        self.region(what.body, path, known)
        out = known[id(what.body.exit)]
        if what.adds:
            other = known[id(link.inputs[0])]
            if what.shortcut is not None:
                self.region(what.shortcut, path, known)
                other = known[id(what.shortcut.exit)]
            if what.scale is not None:
                out = m.operation("*", what.scale, out)
            if what.survival is not None:
                out = m.token("survive", out, what.survival)
            out = m.operation("+", other, out)
        self.give(link, out, known)

    def layer(self, layer: Layer, link: Link, path: str, known: dict[int, Token]) -> Token:
        m = self.m
        inputs = [known[id(v)] for v in link.inputs]
        shape = link.inputs[0].shape
        assert shape is not None
        fields: dict[str, Expr] = {n: Literal(getattr(layer, n)) for n in type(layer).model_fields}
        if layer.family == "extern":
            fields.update({n: Literal(v) for n, v in layer.parameters})  # type: ignore[attr-defined]
        given = Given(fields, [v.shape for v in link.inputs], [Literal(shape.channels)])  # type: ignore[misc]
        module = None if layer.references() else layer.module(given)
        if module is not None:
            leaf = m.evaluate(module, {})
            key = m.normal(leaf.name, leaf.positional, leaf.named)
            if layer.tensors(shape) or layer.family == "extern":
                return m.token("weights", path, key, *inputs)
            return m.applied(("leaf", key), inputs)
        names = [Name(f"%{i}") for i in range(len(inputs))]
        expr = layer.function(given, *names)
        assert expr is not None
        return m.evaluate(expr, {n.id: t for n, t in zip(names, inputs)})

    def compute(self, node: ast.Expr, link: Link, values: list[Value], known: dict[int, Token]) -> Any:
        """Arithmetic on values; `values` are those it reads, in order."""
        from netdsl.elaborate.compute import holds_value
        from netdsl.elaborate.expressions import Names, evaluate

        file = _file_of(link)
        names = Names(self.run, file, link.frame)
        if not holds_value(node, names):
            return _plain(evaluate(node, names))
        if isinstance(node, ast.Unary):
            return self.m.operation("-", 0, self.compute(node.of, link, values, known))
        if isinstance(node, ast.Choose):
            taken = node.then if evaluate(node.condition, names) else node.other
            return self.compute(taken, link, values, known)
        if isinstance(node, ast.Binary):
            left = self.compute(node.left, link, values, known)
            right = self.compute(node.right, link, values, known)
            return self.m.operation(node.op, left, right)
        if isinstance(node, ast.Apply):
            assert isinstance(node.of, ast.Ref)
            items = [self.compute(a.value, link, values, known) for a in node.args]
            return self.function(node.of.name, items)
        return known[id(values.pop(0))]

    run: Any = None

    def function(self, name: str, items: list[Any]) -> Any:
        m = self.m
        if name in ("min", "max", "mean") and len(items) == 1:
            return m.token("reduce", name, items[0])
        if name == "mean":
            total = items[0]
            for item in items[1:]:
                total = m.operation("+", total, item)
            return m.operation("/", total, len(items))
        if name in ("min", "max"):
            value = items[0]
            for item in items[1:]:
                value = m.token("apply", name, value, item)
            return value
        if name in ("sigmoid", "tanh", "relu"):
            function = {"sigmoid": "torch.sigmoid", "tanh": "torch.tanh", "relu": "F.relu"}[name]
            return m.outside(function, [items[0]], {}, False)
        return m.token("apply", name, items[0])


def _file_of(link: Link) -> Any:
    frame = link.frame
    at = frame
    while at is not None:
        if at.kind == "inline" and "file " in at.names:
            return at.names["file "]
        at = at.parent
    scope = frame.scope
    assert scope is not None
    return scope.block.definition.file


# ------------------------------------------------------------------------------------------ checking
def check(design: Design, root: Template, templates: Sequence[Template]) -> None:
    """Compare the emitted classes with the Design. Raises `Mismatch`."""
    machine = Machine(templates)
    _learn(machine, design.net, set())
    net = machine.construct(root, [], {})
    expected = expected_weights(machine, design)
    found: dict[str, Any] = {}
    _leaves(machine, net, "", found, expected)
    if found != expected:
        wrong = next((k for k in [*expected, *found] if expected.get(k) != found.get(k)), "?")
        raise Mismatch(f"{wrong}: {found.get(wrong)} is emitted, {expected.get(wrong)} is meant")
    inputs = [machine.token("input", name) for name in design.inputs]
    for training in (False, True):
        net.attributes["training"] = training
        known: dict[int, Token] = {id(v): t for v, t in zip(design.inputs.values(), inputs)}
        walk = Walk(machine)
        walk.run = design.run
        walk.scope(design.net, "", known)
        wanted = [known[id(v)] for v in design.outputs.values()]
        if training:
            wanted += [known[id(e.link.output)] for e in design.net.aux.values()]
        elif design.net.aux and design.net.outputs:
            wanted += [None] * len(design.net.aux)  # type: ignore[list-item]
        _training(net, training)
        result = machine.apply(net, list(inputs))
        got = list(result) if isinstance(result, tuple) else [result]
        if len(got) != len(wanted) or any(a is not b for a, b in zip(got, wanted)):
            raise Mismatch(f"forward of {root.wanted} computes something else")


def _training(module: Any, training: bool) -> None:
    if isinstance(module, Container):
        module.attributes["training"] = training
        for child in module.children.values():
            _training(child, training)


def _learn(machine: Machine, scope: Scope, seen: set[int]) -> None:
    layers: list[tuple[Layer, Shape]] = []

    def visit(at: Scope) -> None:
        from netdsl.backends.torch.emitter import all_links

        if id(at) in seen:
            return
        seen.add(id(at))
        links = list(all_links(at.region)) + [s.link for s in at.shared.values() if s.link is not None]
        for link in links:
            what = link.what.scope if isinstance(link.what, Shared) else link.what
            layer = what.layer if isinstance(what, Applied) else what
            if isinstance(layer, Layer) and link.inputs and link.inputs[0].shape is not None:
                layers.append((layer, link.inputs[0].shape))
            elif isinstance(what, Scope):
                visit(what)

    visit(scope)
    for layer, shape in layers:
        machine.learn(layer, shape)
    for layer, shape in layers:
        machine.unite(layer, shape)
    for name, function in (("nn.Sigmoid", "torch.sigmoid"), ("nn.Tanh", "torch.tanh"), ("nn.ReLU", "F.relu")):
        keys: list[Any] = [("leaf", machine.normal(name, (), {})), ("call", machine.normal(function, ("slot",), {}))]
        number = next((machine.classes[k] for k in keys if k in machine.classes), len(machine.classes) + 1000)
        for key in keys:
            machine.classes.setdefault(key, number)


def expected_weights(machine: Machine, design: Design) -> dict[str, Any]:
    """Every module with weights and every learned tensor of the Design, by path."""
    found: dict[str, Any] = {}

    def visit(scope: Scope, path: str) -> None:
        for name, weight in scope.weights.items():
            assert weight.value.shape is not None
            found[f"{path}{name}"] = ("nn.Parameter", tuple(weight.value.shape), ())
        for key, link in scope.children.items():
            what = link.what
            if isinstance(what, Applied):
                shape = link.inputs[0].shape
                assert shape is not None
                if what.layer.tensors(shape) or what.layer.family == "extern":
                    fields: dict[str, Expr] = {n: Literal(getattr(what.layer, n)) for n in type(what.layer).model_fields}
                    if what.layer.family == "extern":
                        fields.update({n: Literal(v) for n, v in what.layer.parameters})  # type: ignore[attr-defined]
                    leaf = machine.evaluate(what.layer.module(Given(fields, [shape], [Literal(shape.channels)])), {})  # type: ignore[arg-type]
                    found[f"{path}{key}"] = machine.normal(leaf.name, leaf.positional, leaf.named)
            elif isinstance(what, Scope):
                visit(what, f"{path}{key}.")

    visit(design.net, "")
    return found


def _leaves(machine: Machine, module: Any, path: str, found: dict[str, Any], expected: dict[str, Any]) -> None:
    if isinstance(module, Leaf):
        name = path.rstrip(".")
        if name in expected or module.name == "nn.Parameter":
            module.path = name
            found[name] = machine.normal(module.name, module.positional, module.named)
            if module.name == "nn.Parameter":
                module.path = name
        return
    module.path = path
    for key, child in list(module.children.items()):
        _leaves(machine, child, f"{path}{key}.", found, expected)
        if isinstance(child, Leaf) and child.name == "nn.Parameter":
            module.children[key] = machine.token("parameter", f"{path}{key}")


__all__ = ["FUNCTIONS", "Callable", "Mismatch", "Tapped", "check"]
