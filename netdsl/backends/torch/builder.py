"""One class from the uses of one block: constructor, forward, parameters.

The body of the text is run once with its parameters standing for themselves, beside the concrete rows
that it must serve. Conditions that have one outcome in all rows are folded, loops stay loops where that
can be said, what cannot be said at all raises `Differ`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from netdsl.backends.torch.arguments import with_arguments
from netdsl.backends.torch.forward import LoopOp, Op
from netdsl.backends.torch.named import definition_of
from netdsl.backends.torch.names import distinct, no_attribute, safe
from netdsl.backends.torch.rows import Differ, Rows
from netdsl.backends.torch.scene import FREE, INPUT, Env, Scene, SymModule, SymTarget, Val, Var
from netdsl.backends.torch.symbols import At
from netdsl.backends.torch.template import Argument, Param, Template, annotation_of, same_value
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.stmt import Assign, Statement
from netdsl.design import Applied, Frame, Link, Merge, Scope, Value
from netdsl.diagnostics import Mistake
from netdsl.elaborate.expressions import step_target
from netdsl.elaborate.values import BlockDef, LayerDef, Target, freeze
from netdsl.layers.base import Given, Layer
from netdsl.layers.fields import is_one_number
from netdsl.record import Record
from netdsl.shapes import Open, Size
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.backends.torch.emitter import Emitter

FEW_TRIPS = 8
LONGEST = 1000  # characters of an expression in which nothing more is spelled out


class Builder:
    """Builds one class. `scopes` are the rows."""

    def __init__(
        self, emitter: Emitter, template: Template, scopes: Sequence[Scope], rows: Rows
    ) -> None:
        self.emitter = emitter
        self.template = template
        self.scopes = list(scopes)
        self.rows = rows
        self.scene = Scene(emitter.run)
        self.ctor: list[Statement] = []
        self.ops: list[Op | LoopOp] = []
        self.params: list[Param] = []
        self.facts: dict[str, Param] = {}
        self.deps: dict[str, frozenset[str]] = {}  # local variable -> parameters that it depends on
        self.meanings: dict[str, Expr] = {}  # local variable -> what it was assigned, if only once
        self.origins: dict[str, str] = {}  # name in the emitted code -> name in the text
        self.locals: set[str] = set()
        self.loop_names: set[str] = set()  # the variables of loops
        self.authored: dict[str, str] = {}  # parameters of the text -> their names in the code
        self.attributes: set[str] = set()
        self.stored: dict[
            str, str
        ] = {}  # expressions of the constructor that forward needs -> attribute
        self.captured: list[Captured] = []  # values and modules from around, passed to forward
        self.captured_inputs: list[
            tuple[Var, str]
        ] = []  # parameters of forward beside the running value
        self.fixed_sides = False  # heights and widths are constants in the code
        self.multiple_inputs = False  # a net with several inputs: no running value at the start
        self.instead: dict[str, Expr] = {}  # what a variable is written as: attributes, `maps[0]`
        self.outer: Builder | None = None
        self.passed: dict[str, Expr] = {}  # names from around -> the parameters that pass them
        self.is_list = False  # an nn.ModuleList: children are items

    # ------------------------------------------------------------------------------------- set-up
    def block(self) -> Builder:
        """The builder of the block or net around a helper."""
        return self if self.outer is None else self.outer.block()

    def fresh(self, wanted: str) -> str:
        """A local name of the constructor that nothing else has."""
        taken = self.locals | {p.name for p in self.params} | set(self.origins) | {"self"}
        name = distinct(wanted, taken)
        self.locals.add(name)
        return name

    def fresh_at(self, wanted: str, at: At) -> str:
        """A local name; one of ours is taken again if nothing that can be read here mentions it."""
        if wanted in self.deps and wanted not in {p.name for p in self.params}:
            reading = (
                v for known in self.scene.values.values() for v in known if v.rows.encloses(at.rows)
            )
            if not any(v.channels is not None and wanted in v.channels.names for v in reading):
                self.meanings.pop(wanted, None)
                return wanted
        return self.fresh(wanted)

    def attribute(self, wanted: str) -> str:
        """An attribute for something that has no name in the text; labels of the scope are avoided."""
        names: set[str] = set(self.attributes)
        for scope in self.scopes:
            names |= set(scope.children) | set(scope.weights) | set(scope.labels)
        name = wanted
        while name in names or no_attribute(name):
            name += "_"
        self.attributes.add(name)
        return name

    def bind_parameters(self, definition: BlockDef, env: Env) -> None:
        """What becomes a parameter of the constructor, and what its parameters are in the text."""
        at = At(self.scene, env, self.rows, definition.file, None, self.fact)
        self.reserve(p.name.text for p in definition.params)
        for node in definition.params:
            name = node.name.text
            values = [s.arguments[name] for s in self.scopes]
            env.names[name] = self._parameter(node, name, values, at)

    def reserve(self, names: Iterable[str]) -> None:
        """Names for the parameters of the text; what the emitter needs itself is called otherwise."""
        for name in names:
            self.authored[name] = safe(name, self.authored.values())
        self.locals.update(self.authored.values())

    def _parameter(self, node: ast.Param, name: str, values: list[Any], at: At) -> Any:
        first = values[0]
        if isinstance(first, Target):
            self._uniform(values, name)
            return at.from_value(first)
        if isinstance(first, Value) or (isinstance(first, tuple) and _holds_values(first)):
            return self._value_parameter(name, values)
        if not isinstance(first, (int, float, str, tuple)) and first is not None:
            self._uniform(values, name)
            return SymModule(first, self._captured_module(name))
        return self._number_parameter(node, name, values, at)

    def _uniform(self, values: Sequence[Any], why: str) -> None:
        keys = [freeze(v) for v in values]
        if any(k != keys[0] for k in keys):
            raise Differ(self.rows, keys, why)

    def _captured_module(self, name: str) -> Var:
        return self._forward_parameter(name, "nn.Module")

    def _forward_parameter(self, name: str, annotation: str) -> Var:
        """A parameter of the text that is an argument of `forward`."""
        var = Var(label=name)
        self.template.forward_params.append(Argument(self.authored[name], annotation, name))
        self.captured_inputs.append((var, self.authored[name]))
        return var

    def _value_parameter(self, name: str, values: list[Any]) -> Any:
        """A value that flows in beside the running one: an argument of `forward`."""
        if isinstance(values[0], tuple):
            self._uniform([_structure(v) for v in values], name)
            entries = []
            var = self._forward_parameter(name, "Sequence[Tensor]")
            channels = self._channels_parameter(
                name, [tuple(_channels(e) for e in v) for v in values]
            )
            for i in range(len(values[0])):
                inner = Var()
                self.instead[inner.id] = code.Subscript(var.expr, Literal(i))
                val = Val(
                    code.subscript(channels, Literal(i)),
                    [v[i] for v in values],
                    self.rows,
                    var=inner,
                )
                entries.append(self.scene.know(val))
            return tuple(entries)
        var = self._forward_parameter(name, "Tensor")
        channels = self._channels_parameter(name, [_channels(v) for v in values])
        return self.scene.know(Val(channels, values, self.rows, var=var))

    def _channels_parameter(self, name: str, values: Sequence[Any]) -> Expr:
        if self.emitter.exact:
            self._uniform(values, name)
            return Literal(values[0])
        own = distinct(f"{name}_channels", self.locals)
        self.params.append(Param(own, "channels", name, annotation_of(values)))
        self.locals.add(own)
        return Name(own)

    def _number_parameter(self, node: ast.Param, name: str, values: list[Any], at: At) -> Any:
        python = self.authored[name]
        self.origins[python] = name
        annotation = annotation_of(values)
        if self.emitter.exact:
            self._uniform(values, name)
            return Literal(values[0])
        if node.default is None:
            self.params.append(Param(python, "argument", name, annotation))
            return Name(python)
        plain = _constant_default(node.default)
        same = all(same_value(v, values[0]) for v in values)
        if plain is not None:
            if all(same_value(v, plain[0]) for v in values):
                return Literal(plain[0], plain[1])
            structural = all(isinstance(v, (Size, bool, str)) or v is None for v in values)
            if same and structural:
                return Literal(values[0])
            default = Literal(values[0]) if same else Literal(plain[0], plain[1])
            kinds = annotation_of([*values, default.value])
            self.params.append(Param(python, "argument", name, kinds, default))
            return Name(python)
        try:
            expr = at.sym(node.default)
            if isinstance(expr, Expr) and self._holds(expr, values, at):
                return expr
        except (Differ, Mistake, KeyError, TypeError, LookupError):
            expr = None
        param = Param(python, "argument", name, annotation)
        param.computed = expr if isinstance(expr, Expr) else None
        self.params.append(param)
        return Name(python)

    def _holds(self, expr: Expr, values: Sequence[Any], at: At) -> bool:
        """Whether an expression has these values in all rows."""
        found = self.evaluate_rows(expr, at)
        return found is not None and all(
            same_value(_plain(f), _plain(v)) for f, v in zip(found, values)
        )

    def evaluate_rows(self, expr: Expr, at: At) -> list[Any] | None:
        """What an expression of the constructor is in every row; None if that cannot be told."""
        from netdsl.backends.torch.tokens import FUNCTIONS

        out = []
        for i, frame in enumerate(at.rows.frames):
            names: dict[str, Any] = dict(FUNCTIONS)
            for name in expr.names:
                if name in names:
                    continue
                value = self._value_in(name, i, frame, at)
                if value is _NOTHING:
                    return None
                names[name] = value
            try:
                out.append(code.evaluate(expr, names))
            except (ArithmeticError, TypeError, LookupError, ValueError):
                return None
        return out

    def _value_in(self, name: str, row: int, frame: Frame, at: At) -> Any:
        if name.startswith(FREE) and self.outer is not None:
            return self.outer._value_in(name[1:], row, frame, at)
        if name in self.meanings and name not in self.origins:
            inner = self.evaluate_rows(self.meanings[name], at)
            return _NOTHING if inner is None else inner[row]
        if name == self.in_channels_name:
            value = (
                at.rows.lift([s.input for s in self.scopes], self.rows)[row]
                if self.outer is None
                else None
            )
            return (
                value.shape.channels if value is not None and value.shape is not None else _NOTHING
            )
        for param in self.params:
            if param.name == name and param.role == "channels":
                scope = at.rows.lift(self.scopes, self.rows)[row]
                return _channels_of_all(scope.arguments[param.source])
        try:
            found = frame.find(self.origins.get(name, name))
        except KeyError:
            return _NOTHING
        return _plain(found) if isinstance(found, (int, float, str, tuple)) else _NOTHING

    in_channels_name = "in_channels"

    def fact(self, name: str) -> Expr | None:
        """`in.height` as a parameter of the constructor."""
        known = self.facts.get(name)
        if known is None:
            param = Param(distinct(f"in_{name}", self.locals), "fact", name, "int")
            self.locals.add(param.name)
            self.facts[name] = known = param
            self.params.insert(1 if self.params and self.params[0].role == "in" else 0, param)
        return Name(known.name)

    def input_value(self, values: Sequence[Value | None], env: Env) -> Val | None:
        """What flows in: its channels are the parameter `in_channels`."""
        if any(v is None for v in values):
            return None
        var = Var(label="x")
        if self.emitter.exact:
            numbers = [_channels(v) for v in values]
            self._uniform(numbers, "channels")
            known = [v for v in values if v is not None]
            return self.scene.know(
                Val(Literal(numbers[0]), known, self.rows, frozenset([INPUT]), var)
            )
        free = "in_channels" if "in_channels" not in self.locals else "input_channels"
        self.in_channels_name = distinct(free, self.locals)
        self.locals.add(self.in_channels_name)
        self.params.insert(0, Param(self.in_channels_name, "in", "", "int"))
        concretes = [v for v in values if v is not None]
        val = Val(Name(self.in_channels_name), concretes, self.rows, frozenset([INPUT]), var)
        return self.scene.know(val)

    # ------------------------------------------------------------------------------------- layers
    def step_target(self, at: At, step: ast.Call, links: Sequence[Link]) -> SymTarget:
        """The layer or block of a step, with all its arguments as expressions."""
        definition = _definition_of(links[0])
        base = at.env.find(step.name.text)
        if (
            not isinstance(base, SymTarget)
            or base.definition is not definition
            and not _same(base.definition, definition)
        ):
            base = None
        if base is None and isinstance(definition_of(at.file, step.name.text), ast.Let):
            found = at.sym(ast.Ref(step.name.span, step.name.text))
            if isinstance(found, SymTarget):
                base = found
        if base is None and definition is None:  # an extern layer
            meant = step_target(at.names(0), step.name)
            assert isinstance(meant, Target)
            definition = meant.definition
        if base is None:
            base = SymTarget(definition, {}, frozenset())
        return with_arguments(base, step.args, at.sym)

    def given(
        self,
        at: At,
        layer: Layer,
        target: SymTarget,
        links: Sequence[Link],
        incoming: Sequence[Val],
    ) -> Given:
        """What a layer says about itself in the code: its parameters and inputs as expressions."""
        fields: dict[str, Expr] = {}
        references = layer.references()
        for name, field in type(layer).model_fields.items():
            if name in references:
                value = at.resolve([link.what.layer.references()[name] for link in links])  # type: ignore[union-attr,misc]
                assert value.var is not None
                value.var.tapped = True
                fields[name] = value.var.expr
            elif name in target.bound:
                sym = target.bound[name]
                fields[name] = sym if isinstance(sym, Expr) else code.sequence(sym)  # type: ignore[arg-type]
            else:
                fields[name] = Literal(field.default)
        fields.update(_arguments_of_extern(layer, target, at))
        shapes = [[v.shape for v in val.at(at.rows)] for val in incoming]
        first = shapes[0][0]
        ranks = [len(s) for s in shapes[0]]
        if len(set(ranks)) > 1:
            raise Differ(at.rows, ranks, "inputs of different rank")

        def one_number(name: str) -> bool:
            values = [getattr(link.what.layer, name) for link in links]  # type: ignore[union-attr]
            return all(is_one_number(v) for v in values)

        channels = [self.channels_of(at, val) for val in incoming]
        assert first is not None
        return Given(
            fields,
            [s[0] for s in shapes],
            channels,
            None,
            one_number,
            lambda: self.sides_of(at, incoming[0]),
        )

    def sides_of(self, at: At, val: Val) -> list[Expr]:
        """Height and width where the code must have them: constants, if all rows agree."""
        shapes = [v.shape for v in val.at(at.rows)]
        self.scene.wanted |= val.taint
        self.fixed_sides |= INPUT in val.taint
        out: list[Expr] = []
        for i in range(1, len(shapes[0])):
            column = [s[i] for s in shapes]
            if any(isinstance(c, Open) for c in column):
                raise OpenSides()
            if len(set(column)) > 1:
                raise Differ(at.rows, [tuple(s[1:]) for s in shapes], "sides differ")
            out.append(Literal(column[0]))
        return out

    def channels_of(self, at: At, val: Val) -> Expr:
        """The channels of a value as an expression; a number if there is no other and all rows agree."""
        if val.channels is not None:
            return val.channels
        numbers = [_channels(v) for v in val.at(at.rows)]
        if len(set(numbers)) > 1:
            raise Differ(at.rows, numbers, "channels differ")
        self.scene.wanted |= val.taint
        return Literal(numbers[0])

    def taint_of(self, layer: Layer, given: Given, val: Val) -> frozenset[str]:
        """The parameters on which the sides of a layer's output depend."""
        found = val.taint
        names = [n for n in type(layer).model_fields if n in GEOMETRY]
        if "output_size" in names or layer.word.startswith("global_"):
            found = frozenset()
        for name in names:
            found |= self.dependencies(given.get(name, Literal(0)))
        return found

    def dependencies(self, expr: Expr) -> frozenset[str]:
        """The parameters of the class (of the net, for a helper of it) below an expression."""
        found: frozenset[str] = frozenset()
        for name in expr.names:
            if name in self.deps:
                found |= self.deps[name]
            elif any(p.name == name for p in self.params):
                found |= {name}
            elif name.startswith(FREE) and self.outer is not None:
                found |= self.outer.dependencies(Name(name[1:]))
        return found

    # ------------------------------------------------------------------------------------ helpers
    def store(self, expr: Expr, hint: str) -> Expr:
        """Keep a value of the constructor for `forward`: `self.scale`."""
        key = expr.text
        if key not in self.stored:
            name = self.attribute(hint)
            self.stored[key] = name
            self.ctor.append(Assign(code.Attribute(Name("self"), name), expr))
        return code.Attribute(Name("self"), self.stored[key])

    def for_forward(self, expr: Expr, hint: str) -> Expr:
        """An expression as `forward` can say it: names of the constructor become attributes."""
        wrong = [n for n in expr.names if self.is_local(n)]
        if not wrong:
            return expr
        if isinstance(expr, Name) or not any(n.startswith("%") for n in expr.names):
            only = self.origin(expr.text) or hint if isinstance(expr, Name) else hint
            return self.store(expr, only)
        return expr.map(lambda part: self.for_forward(part, hint))

    def origin(self, name: str) -> str | None:
        """What the text calls a name of the constructor."""
        if name.startswith(FREE) and self.outer is not None:
            return self.outer.origin(name[1:])
        return self.origins.get(name)

    def freed(self, expr: Expr) -> Expr:
        """An expression of this class as the class of a group inside it reads it: its names are free
        there, and get their final names when that class is closed."""
        return code.rename(expr, {n: Name(f"{FREE}{n}") for n in expr.names if self.is_local(n)})

    def is_local(self, name: str) -> bool:
        """Whether a name is one of the constructor's."""
        if name.startswith("%"):
            return False
        if name.startswith(FREE):
            return True
        if name in self.locals or name in self.origins or name in self.deps:
            return True
        return any(p.name == name for p in self.params)

    def spelled_out(self, expr: Expr) -> Expr:
        """An expression without the variables whose one meaning is known, unless it grows too long: one
        that says `make_divisible` of another, several times over, doubles with each."""
        for _ in range(20):
            known = {n: self.meanings[n] for n in expr.names if n in self.meanings}
            if not known or len(expr.text) > LONGEST:
                break
            expr = code.rename(expr, known)
        return expr

    def snapshot(self) -> Callable[[], None]:
        """What undoes everything since, when a piece has to be tried again in another way."""
        lists = (self.ctor, self.ops, self.params, self.captured, self.template.uses)
        others = (
            *(self.facts, self.deps, self.stored, self.meanings, self.origins, self.instead),
            *(self.locals, self.loop_names, self.attributes, self.scene.values, self.scene.wanted),
        )
        kept = [(thing, thing.copy()) for thing in (*lists, *others)]

        def restore() -> None:
            for thing, copy in kept:
                thing.clear()
                thing.extend(copy) if isinstance(thing, list) else thing.update(copy)  # type: ignore[arg-type]

        return restore


class Captured(Record):
    """What a class for a group needs from around it: an argument of its `forward`."""

    val: Val | None
    module: SymModule | None
    var: Var
    label: str
    annotation: str


class OpenSides(Exception):
    """A side is needed that is open. The Design should not have let it through."""


class _Nothing:
    pass


_NOTHING = _Nothing()
GEOMETRY = frozenset(
    {
        "kernel_size",
        "stride",
        "padding",
        "dilation",
        "output_size",
        "output_padding",
        "scale",
        "size",
        "factor",
        "ceil_mode",
        "like",
        "top",
        "left",
    }
)


def _holds_values(value: Any) -> bool:
    return isinstance(value, tuple) and any(isinstance(v, Value) or _holds_values(v) for v in value)


def _structure(value: Any) -> Hashable:
    if isinstance(value, tuple):
        return tuple(_structure(v) for v in value)
    return "value" if isinstance(value, Value) else repr(value)


def _channels(value: Any) -> int:
    shape = value.shape
    return shape.channels


def _channels_of_all(value: Any) -> Any:
    """The channels of a value, or of every value of a list."""
    return (
        tuple(_channels_of_all(v) for v in value) if isinstance(value, tuple) else _channels(value)
    )


def _plain(value: Any) -> Any:
    """A value as the emitted code has it: sizes of equal sides are one number."""
    if isinstance(value, Size):
        return value[0] if len(set(value)) == 1 else tuple(value)
    return tuple(_plain(v) for v in value) if isinstance(value, (tuple, list)) else value


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


def _definition_of(link: Link) -> Any:
    what = link.what
    if isinstance(what, Scope):
        return what.definition
    layer = what.layer if isinstance(what, (Applied, Merge)) else None
    return LayerDef(type(layer)) if layer is not None and layer.family != "extern" else None


def _same(a: Any, b: Any) -> bool:
    from netdsl.elaborate.values import id_of

    return a is not None and b is not None and type(a) is type(b) and id_of(a) == id_of(b)


def _arguments_of_extern(layer: Layer, target: SymTarget, at: At) -> dict[str, Expr]:
    if layer.family != "extern":
        return {}
    found: dict[str, Expr] = {}
    for name, value in layer.parameters:  # type: ignore[attr-defined]
        sym = target.bound.get(name)
        found[name] = sym if isinstance(sym, Expr) else Literal(value)
    return found
