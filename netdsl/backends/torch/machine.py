"""A small machine that executes emitted statements on tokens in place of tensors.

Constructors run with the arguments that the classes really get, so every expression is evaluated for
every instance; `forward` runs on computations.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial, reduce
from typing import Any

from netdsl.backends.torch.template import Template
from netdsl.backends.torch.tokens import (
    FUNCTIONS,
    Container,
    Leaf,
    Mismatch,
    Token,
    Tokens,
    flat,
    plain,
    shape_of,
    slots,
)
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.stmt import Assign, Augment, Do, For, If, Raise, Return, Statement

_REDUCTIONS = {".mean": "mean", ".amin": "min", ".amax": "max"}
_ELEMENTWISE = {
    "torch.abs": "abs",
    "torch.exp": "exp",
    "torch.log": "log",
    "torch.sqrt": "sqrt",
    "torch.minimum": "min",
    "torch.maximum": "max",
}


class Machine(Tokens):
    """Executes emitted statements."""

    def __init__(self, templates: Sequence[Template]) -> None:
        super().__init__()
        self.templates = {t.reference.id: t for t in templates}
        self.outputs = {f"{t.reference.id}Output" for t in templates}
        # id of a step -> what its layer is in PyTorch: uses of a block share their steps
        self.phrases: dict[int, tuple[Expr, bool, bool]] = {}

    # --------------------------------------------------------------------------------- expressions
    def evaluate(self, expr: Expr, env: dict[str, Any]) -> Any:
        if isinstance(expr, Literal):
            return plain(expr.value)
        if isinstance(expr, Name):
            if expr.id in env:
                return env[expr.id]
            if expr.id in FUNCTIONS:
                return FUNCTIONS[expr.id]
            raise Mismatch(f"the name {expr.id} is not defined")
        if isinstance(expr, code.Op):
            return self.operation(
                expr.op, self.evaluate(expr.left, env), self.evaluate(expr.right, env)
            )
        if isinstance(expr, code.Many):
            items = [self.evaluate(i, env) for i in expr.items]
            return reduce(partial(self.operation, expr.sign), items)
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
            return self.evaluate(
                expr.then if self.evaluate(expr.condition, env) else expr.other, env
            )
        if isinstance(expr, (code.Tuple, code.ListOf)):
            out: list[Any] = []
            for item in expr.items:
                if isinstance(item, code.Star):
                    out += self.evaluate(item.of, env)
                else:
                    out.append(self.evaluate(item, env))
            return tuple(out) if isinstance(expr, code.Tuple) else out
        if isinstance(expr, code.Range):
            ends = (expr.start, expr.stop, expr.step)
            return slice(*(None if e is None else self.evaluate(e, env) for e in ends))
        if isinstance(expr, code.Subscript):
            return self.subscript(self.evaluate(expr.of, env), self.evaluate(expr.index, env))
        if isinstance(expr, code.Comprehension):
            return self.comprehension(expr, env)
        if isinstance(expr, code.Text):
            return "".join(
                p if isinstance(p, str) else str(self.evaluate(p, env)) for p in expr.pieces
            )
        if isinstance(expr, code.Attribute):
            return self.attribute(self.evaluate(expr.of, env), expr.name)
        if isinstance(expr, code.Call):
            return self.call(expr, env)
        raise Mismatch(f"an expression of an unknown kind: {expr.text}")

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

    def call(self, expr: code.Call, env: dict[str, Any]) -> Any:
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
                return FUNCTIONS[name](*map(_entries, positional), **named)
            if name in self.templates:
                return self.construct(self.templates[name], positional, named)
            if name in self.outputs:
                return tuple(positional)
            if name == "getattr":
                return self.attribute(positional[0], positional[1])
            return self.outside(name, positional, named)
        if isinstance(function, code.Attribute):
            of = self.evaluate(function.of, env)
            if isinstance(of, Container) and function.name == "values" and not positional:
                return list(of.children.values())
            if isinstance(of, Token):
                return self.outside(f".{function.name}", [of, *positional], named)
            return self.apply(self.attribute(of, function.name), positional)
        return self.apply(self.evaluate(function, env), positional)

    def outside(self, name: str, positional: list[Any], named: dict[str, Any]) -> Any:
        """A call of something that is not ours: a module to be made, or a function of values."""
        if name == "nn.Sequential":
            container = Container(None)
            if len(positional) == 1 and isinstance(positional[0], dict):
                container.children = dict(positional[0])
            else:
                container.children = {str(i): m for i, m in enumerate(positional)}
            return container
        if name == "nn.ModuleList":
            container = Container(None)
            container.children = {str(i): m for i, m in enumerate(positional[0])}
            return container
        if name == "OrderedDict":
            return dict(named)
        if name == "nn.Parameter":
            return Leaf("nn.Parameter", shape_of(positional[0]), {})
        tensors = [v for v in flat(positional) if isinstance(v, Token)]
        if not tensors:
            return Leaf(name, plain(positional), named)
        if name in _REDUCTIONS:
            return self.token("reduce", _REDUCTIONS[name], positional[0])
        if name == ".clamp":
            for bound, function in (("min", "max"), ("max", "min")):
                if bound in named:
                    return self.token("apply", function, *positional, named[bound])
        if name in _ELEMENTWISE:
            return self.token("apply", _ELEMENTWISE[name], *positional)
        key = ("call", self.normal(name, tuple(slots(positional)), named))
        if name == "stochastic_depth":
            return self.token("survive", positional[0], positional[1])
        return self.token(*key, *tensors)

    # ---------------------------------------------------------------------------------- statements
    def construct(
        self, template: Template, positional: list[Any], named: dict[str, Any]
    ) -> Container:
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
            target = (
                statement.target if isinstance(statement.target, str) else statement.target.text
            )
            value = self.evaluate(statement.value, env)
            env[target] = (
                env[target] + value
                if isinstance(env[target], list)
                else code.OPERATIONS[statement.op](env[target], value)
            )
        elif isinstance(statement, Do):
            self.do(statement.of, env)
        elif isinstance(statement, For):
            if statement.iterable.text.endswith((".modules()", "self.frozen")):
                return None  # what becomes of weights, not which there are
            for item in self.evaluate(statement.iterable, env):
                values = (item,) if len(statement.targets) == 1 else tuple(item)
                env.update(zip(statement.targets, values))
                result = self.run(statement.body, env)
                if result is not None:
                    return result
        elif isinstance(statement, If):
            if all(isinstance(s, Raise) for s in statement.then):
                return None  # what sizes must be; here they are none
            if all(isinstance(s, Do) and _is_start(s.of) for s in statement.then):
                return None
            return self.run(
                statement.then if self.evaluate(statement.condition, env) else statement.other, env
            )
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
        elif isinstance(target, code.Tuple):
            self.assign(", ".join(item.text for item in target.items), value, env)
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
        if _is_start(expr):
            return
        if text == "super().__init__":
            made = self.outside("nn.Sequential", _arguments(self, expr, env), {})
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
            form = self.forms.get(key)
            if form is not None:
                return self.evaluate(form, {"%": inputs[0]})
            return self.token("leaf", key, *inputs)
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


def _entries(value: Any) -> Any:
    """The modules of an `nn.ModuleList`, to be gone through."""
    if isinstance(value, Container) and value.template is None:
        return list(value.children.values())
    return value


def _is_start(expr: Expr) -> bool:
    """Whether a call fills a tensor, or freezes it. How weights start is not looked at here."""
    if not isinstance(expr, code.Call):
        return False
    text = expr.function.text
    return text.startswith("nn.init.") or text.endswith(".requires_grad_") or text == "bilinear_"


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
