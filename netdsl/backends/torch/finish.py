"""The end of a class: `forward`, outputs, parameters that nobody uses, what callers must know."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from netdsl.backends.torch.docs import shape_lines, text_of
from netdsl.backends.torch.forward import statements
from netdsl.backends.torch.names import distinct, reserved, safe
from netdsl.backends.torch.operations import Op, reads_of, without_dead
from netdsl.backends.torch.row_values import row_values
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import FREE, Val, Var
from netdsl.backends.torch.symbols import At
from netdsl.backends.torch.template import Param, annotation_of
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.stmt import Assign, Class, Do, Field, For, If, Return, Statement, needed
from netdsl.design import Scope, Value
from netdsl.walks import inner_value

if TYPE_CHECKING:
    from netdsl.backends.torch.builder import Builder
    from netdsl.backends.torch.flow import Walker

SELF = Name("self")


def finish(
    b: Builder, scopes: Sequence[Scope], walker: Walker, val: Val | None, result: Val | None, at: At
) -> Val:
    """Write `forward` of a class that was walked, and close it."""
    template = b.template
    ends: list[Var] = []
    names: list[str] = []
    if scopes[0].kind == "net" and scopes[0].outputs:
        for path, value in scopes[0].outputs.items():
            found = walker.resolve(at, [value])
            said = found.channels
            template.output_channels.append(
                None if said is None else _in_own_words(b, said, scopes, found, at)
            )
            ends.append(_tapped(walker.var_of(found)))
            names.append("_".join(path))
    else:
        assert result is not None
        ends.append(walker.var_of(result))
        names.append("output")
    template.places = [0]
    for path in template.exports:
        values = [_export(s, path) for s in scopes]
        if any(v is None for v in values):
            raise Differ(at.rows, [v is None for v in values], "inner values of some uses are read")
        inner = walker.resolve(at, values)  # type: ignore[arg-type]
        var = walker.var_of(inner)
        if var not in ends:
            ends.append(_tapped(var))
        template.places.append(ends.index(var))
    ends = [_made_here(b, var) for var in ends]
    aux = list(walker.aux.items())
    is_net = scopes[0].kind == "net"
    if is_net and (len(ends) > 1 or scopes[0].outputs or aux):
        finisher = _outputs(b, names, ends, aux)
    elif len(ends) > 1:
        finisher = _tuple
        template.returns = f"tuple[{', '.join(['Tensor'] * len(ends))}]"
    else:
        finisher = _plain
    every = [*ends, *(var for _, (var, _) in aux)]
    ops = without_dead(b.ops, every)
    read = {r for op in ops for r in reads_of(op)} | {v.id for v in every}
    template.takes_input = scopes[0].kind == "net" or (
        val is not None and val.var is not None and val.var.id in read
    )
    if scopes[0].kind != "net":
        template.forward_params = [
            a for a, (var, _) in zip(template.forward_params, b.captured_inputs) if var.id in read
        ]
        b.captured_inputs = [(var, name) for var, name in b.captured_inputs if var.id in read]
    inputs = _inputs(b, val)
    body = statements(ops, inputs, every, reserved(), finisher)
    template.forward = [_renamed(s, b.instead) for s in body]
    return close(b, scopes, val, result, at)


def _made_here(b: Builder, var: Var) -> Var:
    """A variable for what is returned. What is written otherwise (`maps[0]`, `self.scale`) gets one."""
    if var.id not in b.instead:
        return var
    made = Var(var.label, var.branch)
    b.ops.append(Op((made,), b.instead[var.id], object()))
    return made


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


def _outputs(
    b: Builder, names: list[str], ends: list[Var], aux: list[tuple[str, tuple[Var, float]]]
) -> Any:
    """A NamedTuple of the outputs; side outputs in training only."""
    template = b.template
    output = f"{template.wanted}Output"
    template.output_name = output
    reference = Name(f"{template.reference.id}Output")
    template.output_reference = reference
    several = len(names) > 1 or names != ["output"]
    fields = [Field(n, "Tensor") for n in [*names, *(n for n, _ in aux)]]
    name = template.reference.id
    said = f"What `{name}` gives in training." if aux and not several else f"What `{name}` gives."
    if aux and several:
        fields = [
            *(Field(n, "Tensor") for n in names),
            *(Field(n, "Tensor | None", Literal(None)) for n, _ in aux),
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


def _renamed(statement: Statement, names: dict[str, Expr]) -> Statement:
    return transform(statement, lambda e: code.rename(e, names)) if names else statement


def transform(item: Any, change: Any) -> Any:
    """A statement with `change` done to every expression in it."""
    if isinstance(item, Expr):
        return change(item)
    if isinstance(item, tuple):
        return tuple(transform(i, change) for i in item)
    if hasattr(item, "_fields") and hasattr(item, "but"):
        return item.but(**{f: transform(getattr(item, f), change) for f in item._fields})
    return item


# -------------------------------------------------------------------------------------------- close
def close(b: Builder, scopes: Sequence[Scope], val: Val | None, result: Val | None, at: At) -> Val:
    """Drop what is not used, find out what callers must know, write the documentation."""
    template = b.template
    is_sequential = template.base == "nn.Sequential"
    if not is_sequential:
        b.ctor.insert(0, Do(code.call(code.Attribute(code.call("super"), "__init__"))))
    ctor = without_unused(inline_once(b.ctor, b), b)
    if b.is_list:
        template.base = "nn.ModuleList"
    template.ctor = ctor
    if b.outer is not None:
        said = result.channels if result is not None else None
        _take_free_names(b, needed(ctor), said.names if said is not None else frozenset())
    reads = needed(template.ctor)
    # As Python wants it; a default that callers must compute is none.
    template.params = sorted(b.params, key=lambda p: p.default is not None)
    template.kept = [p for p in template.params if p.name in reads]
    out = result.channels if result is not None else None
    out = None if out is None else _in_own_words(b, out, scopes, result, at)
    template.out_channels = None if out is None else _shown(code.rename(out, b.passed))
    template.doc = [*text_of(b, scopes[0]), *shape_lines(b, scopes, val, result)]
    final = result if result is not None else val
    assert final is not None
    return Val(out, final.concretes, final.rows, final.taint, final.var)


def _shown(channels: Expr) -> Expr | None:
    """Channels as the documentation says them: a name from around says nothing there."""
    return None if any(n.startswith(FREE) for n in channels.names) else channels


def _take_free_names(b: Builder, reads: frozenset[str], kept: frozenset[str]) -> None:
    """Names from around that the constructor of a helper reads become its parameters. Its own ones
    give their names up, unless they are read too or say (`kept`) what channels come out."""
    b.params = [p for p in b.params if p.name in reads or p.name in kept]
    taken = {p.name for p in b.params}
    taken |= {n for s in b.template.ctor for n in s.binds()}
    names: dict[str, Expr] = {}
    for name in dict.fromkeys(_in_text_order(b.template.ctor)):
        if name.startswith(FREE):
            own = distinct(name.lstrip(FREE), taken)
            taken.add(own)
            names[name] = Name(own)
            b.params.append(Param(own, "free", name[1:], _annotation_of_name(b, name)))
    if names:
        b.template.ctor = [_renamed(s, names) for s in b.template.ctor]
        b.passed = names


def _in_text_order(body: Sequence[Statement]) -> list[str]:
    """Names in the order in which they are read."""
    found: list[str] = []

    def visit(expr: Expr) -> None:
        if isinstance(expr, Name):
            found.append(expr.id)
        for part in expr.parts():
            visit(part)

    for statement in body:
        for inner in statement.walk():
            for expr in inner.expressions():
                visit(expr)
    return found


def _annotation_of_name(b: Builder, name: str) -> str:
    source = b.origin(name)
    try:
        return "int" if source is None else annotation_of([f.find(source) for f in b.rows.frames])
    except KeyError:
        return "int"


def inline_once(body: Sequence[Statement], b: Builder) -> list[Statement]:
    """The statements without variables of ours that are read once, by the next statement."""
    out: list[Statement] = []
    for i, statement in enumerate(body):
        statement = _inlined_inside(statement, b)
        previous = out[-1] if out else None
        name = _own_variable(previous, b)
        if (
            name is not None
            and isinstance(statement, (Assign, Do))
            and isinstance(previous, Assign)
        ):
            later = body[i + 1 :]
            reads = _in_text_order([statement]).count(name)
            if reads == 1 and not any(name in s.reads() or name in s.binds() for s in later):
                meaning = {name: previous.value}
                out[-1] = transform(statement, partial(code.rename, names=meaning))
                continue
        out.append(statement)
    return out


def _inlined_inside(statement: Statement, b: Builder) -> Statement:
    if isinstance(statement, For):
        return For(statement.targets, statement.iterable, tuple(inline_once(statement.body, b)))
    if isinstance(statement, If):
        return If(
            statement.condition,
            tuple(inline_once(statement.then, b)),
            tuple(inline_once(statement.other, b)),
        )
    return statement


def _own_variable(statement: Statement | None, b: Builder) -> str | None:
    """The name of a variable that the emitter made, if that is what a statement assigns."""
    if not isinstance(statement, Assign):
        return None
    name = statement.target if isinstance(statement.target, str) else statement.target.text
    return name if name in b.meanings and name not in b.origins else None


def without_unused(body: Sequence[Statement], b: Builder) -> list[Statement]:
    """The statements without variables that nobody reads, again and again until nothing changes."""
    statements_ = list(body)
    while True:
        kept = _prune(statements_, frozenset(), b)
        if len(kept) == len(statements_) and all(x is y for x, y in zip(kept, statements_)):
            return kept
        statements_ = kept


def _prune(body: Sequence[Statement], after: frozenset[str], b: Builder) -> list[Statement]:
    out: list[Statement] = []
    alive = after
    for statement in reversed(body):
        changed = _pruned(statement, alive, b)
        if changed is None:
            continue
        out.insert(0, changed)
        alive = changed.needs(alive)
    return out


def _pruned(statement: Statement, alive: frozenset[str], b: Builder) -> Statement | None:
    if isinstance(statement, Assign):
        target = statement.target if isinstance(statement.target, str) else statement.target.text
        if "." not in target and "[" not in target and target in b.locals and target not in alive:
            return None
        return statement
    from netdsl.code.stmt import Augment

    if isinstance(statement, Augment):
        target = statement.target if isinstance(statement.target, str) else statement.target.text
        return None if target in b.deps and target not in alive else statement
    if isinstance(statement, For):
        again = alive | needed(statement.body, alive)
        body = _prune(statement.body, again, b)
        if not body:
            return None
        inside = needed(body)
        targets = tuple(t if t in inside or t == "_" else "_" for t in statement.targets)
        if (
            len(body) == len(statement.body)
            and targets == statement.targets
            and all(x is y for x, y in zip(body, statement.body))
        ):
            return statement
        return For(targets, statement.iterable, tuple(body))
    if isinstance(statement, If):
        then = _prune(statement.then, alive, b)
        other = _prune(statement.other, alive, b)
        if not then and not other:
            return None
        if len(then) == len(statement.then) and len(other) == len(statement.other):
            return statement
        if not then:
            return If(code.negate(statement.condition), tuple(other))
        return If(statement.condition, tuple(then), tuple(other))
    return statement


def _in_own_words(
    b: Builder, out: Expr, scopes: Sequence[Scope], result: Val | None, at: At
) -> Expr | None:
    """The channels of the result in terms of the constructor's parameters."""
    out = b.spelled_out(out)
    own = {p.name for p in b.params}
    if all(n in own or n.startswith(FREE) or not b.is_local(n) for n in out.names):
        return out
    if result is None:
        return None
    wanted = [v.shape.channels for v in result.concretes if v.shape is not None]
    for p in b.params:
        candidates: list[Expr] = [Name(p.name)]
        if p.annotation.startswith("Sequence"):
            candidates = [
                code.Subscript(Name(p.name), Literal(-1)),
                code.Subscript(Name(p.name), Literal(0)),
            ]
        for candidate in candidates:
            if row_values(b, candidate, at) == wanted:
                return candidate
    return None
