"""The end of a class that was walked: what `forward` takes, does and returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.close import close, in_own_words
from netdsl.backends.torch.forward import statements
from netdsl.backends.torch.guards import guards
from netdsl.backends.torch.names import distinct, reserved, safe
from netdsl.backends.torch.operations import reads_of, without_dead
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import Val, Var
from netdsl.backends.torch.symbols import At
from netdsl.code import expr as code
from netdsl.code.change import renamed
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.stmt import Class, Field, If, Return, Statement
from netdsl.design import Scope, Value
from netdsl.walks import inner_value

if TYPE_CHECKING:
    from netdsl.backends.torch.flow import Walker


def finish(
    b: Builder, scopes: Sequence[Scope], walker: Walker, val: Val | None, result: Val | None, at: At
) -> Val:
    """Write `forward` of a class that was walked, and close it."""
    template = b.template
    ends: list[Var] = []
    names: list[str] = []
    is_net = scopes[0].kind == "net"
    if is_net and scopes[0].outputs:
        for path, value in scopes[0].outputs.items():
            found = walker.resolve(at, [value])
            said = found.channels
            template.output_channels.append(
                None if said is None else in_own_words(b, said, found, at)
            )
            ends.append(_tapped(walker.var_of(found)))
            names.append("_".join(path))
    else:
        assert result is not None
        ends.append(walker.var_of(result))
        names.append("output")
    main = ends[0]
    exported = _exported(scopes, walker, template.exports, at)
    inner = [walker.var_of(val) for val in exported]
    if ends[0] in inner:  # what it gives has a name too: then all stand in their order
        ends = list(dict.fromkeys(inner))
    else:
        ends += [var for var in dict.fromkeys(inner) if var not in ends]
    for var in inner if len(ends) > 1 else ():
        _tapped(var)
    template.places = [ends.index(main), *(ends.index(var) for var in inner)]
    aux = list(walker.aux.items())
    if is_net and (len(ends) > 1 or scopes[0].outputs or aux):
        finisher = _outputs(b, names, aux)
    elif len(ends) > 1:
        finisher = _tuple
        template.returns = f"tuple[{', '.join(['Tensor'] * len(ends))}]"
    else:
        finisher = _plain
    conclude(b, val, [*ends, *(var for _, (var, _) in aux)], finisher, is_net)
    closed = close(b, scopes, val, result, at)
    template.export_channels = [
        None if v.channels is None else in_own_words(b, v.channels, v, at) for v in exported
    ]
    return closed


def _exported(
    scopes: Sequence[Scope], walker: Walker, paths: Sequence[tuple[str, ...]], at: At
) -> list[Val]:
    """The inner values that are read from outside."""
    found = []
    for path in paths:
        values = [_export(s, path) for s in scopes]
        if any(v is None for v in values):
            raise Differ(at.rows, [v is None for v in values], "inner values of some uses are read")
        found.append(walker.resolve(at, values))  # type: ignore[arg-type]
    return found


def conclude(
    b: Builder,
    val: Val | None,
    ends: Sequence[Var],
    finisher: Callable[[list[Expr]], list[Statement]],
    is_net: bool,
    words: frozenset[str] = frozenset(),
) -> None:
    """Write the statements of `forward`: what is needed for `ends`, from which `finisher` makes the last
    ones. `words` are names of its own that no variable may take."""
    template = b.template
    ends = [b.variable(var) for var in ends]
    ops = without_dead(b.ops, ends)
    read = {r for op in ops for r in reads_of(op)} | {v.id for v in ends}
    template.takes_input = is_net or (
        val is not None and val.var is not None and val.var.id in read
    )
    if not is_net:
        template.forward_params = [
            a for a, (var, _) in zip(template.forward_params, b.captured_inputs) if var.id in read
        ]
        b.captured_inputs = [(var, name) for var, name in b.captured_inputs if var.id in read]
        # a `let` may name a value from around that nothing reads
        b.captured[:] = [c for c in b.captured if c.module is not None or c.var.id in read]
    inputs = _inputs(b, val)
    body = statements(ops, inputs, ends, reserved() | words, finisher)
    if is_net:
        names = [name for name, _ in template.forward_params_all]
        body = [*guards(b.emitter.design, names), *body]
    template.forward = [renamed(s, b.instead) for s in body]


def _tapped(var: Var) -> Var:
    var.tapped = True
    return var


def _export(scope: Scope, path: tuple[str, ...]) -> Value | None:
    return inner_value(scope, path) if path[0] in scope.labels else None


def _inputs(b: Builder, val: Val | None) -> list[tuple[Var, str]]:
    """The parameters of `forward` with their names."""
    template = b.template
    own: list[tuple[Var, str]] = []
    params: list[tuple[str, str]] = []
    used = {name for _, name in b.captured_inputs}
    if val is not None and val.var is not None and not b.multiple_inputs and template.takes_input:
        name = distinct("x" if "x" not in used else "inputs", used)
        own.append((val.var, name))
        params.append((name, "Tensor"))
        used.add(name)
    own += b.captured_inputs
    params += [(a.name, a.annotation) for a in template.forward_params]
    for entry in b.captured:
        label = safe(entry.label, used)
        used.add(label)
        own.append((entry.var, label))
        params.append((label, entry.annotation))
    template.forward_params_all = params
    return own


def _plain(values: list[Expr]) -> list[Statement]:
    return [Return(values[0])]


def _tuple(values: list[Expr]) -> list[Statement]:
    return [Return(code.Tuple(tuple(values)))]  # one value for each place


def _field_names(names: list[str]) -> list[str]:
    """Names of a NamedTuple's fields: different ones, none with `_` at its beginning."""
    found: list[str] = []
    for name in names:
        bare = name.lstrip("_")
        found.append(distinct(bare if bare[:1].isalpha() else f"value{bare}", found))
    return found


def _outputs(
    b: Builder, names: list[str], aux: list[tuple[str, tuple[Var, float]]]
) -> Callable[[list[Expr]], list[Statement]]:
    """A NamedTuple of the outputs; side outputs in training only."""
    template = b.template
    reference = Name(f"{template.reference.id}Output")
    several = len(names) > 1 or names != ["output"]
    called = _field_names([*names, *(n for n, _ in aux)])
    fields = [Field(n, "Tensor") for n in called]
    name = template.reference.id
    said = f"What `{name}` gives in training." if aux and not several else f"What `{name}` gives."
    if aux and several:
        fields = [
            *fields[: len(names)],
            *(Field(n, "Tensor | None", Literal(None)) for n in called[len(names) :]),
        ]
        said = f"What `{name}` gives; side outputs in training only."
    template.extra.append(Class(reference.id, ("NamedTuple",), said, tuple(fields)))
    if aux:
        value = Literal({n: w for n, (_, w) in aux})
        template.fields.append(Field("aux_weights", "ClassVar[dict[str, float]]", value))
    template.returns = reference.id if several else f"Tensor | {reference.id}"

    def several_outputs(values: list[Expr]) -> list[Statement]:
        return [Return(code.Call(reference, tuple(values)))]

    def one_output(values: list[Expr]) -> list[Statement]:
        main, *sides = values
        tests = [code.Compare("is not", s, Literal(None)) for s in sides]
        condition = tests[0] if len(tests) == 1 else code.Bool("and", tuple(tests))
        return [If(condition, (Return(code.Call(reference, (main, *sides))),)), Return(main)]

    return several_outputs if several or not aux else one_output
