"""`init { ... }` as statements at the end of a constructor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netdsl.backends.torch.symbols import At, Differ, Env
from netdsl.code import expr as code
from netdsl.code.expr import Call, Expr, Literal, Name
from netdsl.code.stmt import Do, For, If, Statement
from netdsl.design import Applied, Scope
from netdsl.elaborate.initial import InitLine, Start, layers_below, targets

if TYPE_CHECKING:
    from netdsl.backends.torch.builder import Builder

SELF = Name("self")


def filler(start: Start, tensor: Expr, at: At) -> Expr:
    """The call that fills a tensor: `nn.init.normal_(module.weight, std=0.01)`."""
    given = {k: at.expr(start.nodes[k]) for k in start.arguments}
    name = start.name
    if name in ("zeros", "ones", "dirac", "orthogonal"):
        return code.call(f"nn.init.{name}_", tensor, **given)
    if name == "constant":
        return code.call("nn.init.constant_", tensor, given["value"])
    if name == "normal":
        return code.call("nn.init.normal_", tensor, **given)
    if name == "uniform":
        return code.call("nn.init.uniform_", tensor, **given)
    if name == "truncated_normal":
        return code.call("nn.init.trunc_normal_", tensor, **given)
    if name == "bilinear":
        return code.call("bilinear_", tensor)
    distribution = start.arguments.get("distribution", "uniform" if name == "xavier" else "normal")
    given.pop("distribution", None)
    if name == "kaiming":
        given.setdefault("nonlinearity", Literal("relu"))
    return code.call(f"nn.init.{name}_{distribution}_", tensor, **given)


def filled_tensor(b: Builder, start: Start, dims: Sequence[Expr], at: At) -> Expr:
    """`nn.Parameter(torch.ones(channels))`."""
    if start.name in ("zeros", "ones"):
        return code.call("nn.Parameter", code.call(f"torch.{start.name}", *dims))
    if start.name == "constant":
        shape = code.Tuple(tuple(dims))
        value = at.expr(start.nodes["value"])
        if isinstance(value, Literal) and isinstance(value.value, int):
            value = Literal(float(value.value))
        return code.call("nn.Parameter", code.call("torch.full", shape, value))
    return code.call("nn.Parameter", filler(start, code.call("torch.empty", *dims), at))


def emit_init(b: Builder, scopes: Sequence[Scope], at: At) -> None:
    """Add the statements for the lines of these scopes, shorter paths first."""
    lines: list[InitLine] = scopes[0].init
    loops: list[tuple[Expr, list[tuple[InitLine, Expr]]]] = []
    for k, line in enumerate(lines):
        place = _place(b, scopes, at, line)
        if line.weight is not None:
            _flush(b, loops)
            b.ctor.append(Do(filler(line.start, code.Attribute(SELF, line.weight), place)))
            continue
        found = [targets(s.init[k], s) for s in scopes]
        if line.links and all(len(f) == 1 for f in found):
            paths = [f[0][0] for f in found]
            if any(p != paths[0] for p in paths):
                raise Differ(at.rows, paths, "layers to be filled have different paths")
            _flush(b, loops)
            key = ".".join((*paths[0], line.tensor))
            tensor = code.call(code.Attribute(SELF, "get_parameter"), Literal(key))
            b.ctor.append(Do(filler(line.start, tensor, place)))
            continue
        kinds = _classes(scopes, k)
        if not kinds:
            continue
        root: Expr = SELF
        for link in line.links:
            root = (
                code.Attribute(root, link.key or "")
                if not (link.key or "").isdigit()
                else code.Subscript(root, Literal(int(link.key or "0")))
            )
        modules = code.call(code.Attribute(root, "modules"))
        test = code.call(
            "isinstance",
            Name("module"),
            Name(kinds[0]) if len(kinds) == 1 else code.Tuple(tuple(Name(n) for n in kinds)),
        )
        condition: Expr = test
        if line.tensor == "bias":
            condition = code.Bool("and", (test, Name("module.bias is not None")))
        call = filler(line.start, code.Attribute(Name("module"), line.tensor), place)
        if not loops or loops[-1][0] != modules:
            _flush(b, loops)
            loops.append((modules, []))
        loops[-1][1].append((line, code.Tuple((condition, call))))
    _flush(b, loops)


def _place(b: Builder, scopes: Sequence[Scope], at: At, line: InitLine) -> At:
    """Where the arguments of a line are read."""
    return at.inside(env=Env(at.env))


def _flush(b: Builder, loops: list[tuple[Expr, list[tuple[InitLine, Expr]]]]) -> None:
    for modules, entries in loops:
        body: list[Statement] = []
        for _, pair in entries:
            assert isinstance(pair, code.Tuple)
            condition, call = pair.items
            last = body[-1] if body else None
            if isinstance(last, If) and last.condition == condition:
                body[-1] = If(condition, (*last.then, Do(call)))
            else:
                body.append(If(condition, (Do(call),)))
        b.ctor.append(For(("module",), modules, tuple(body)))
    loops.clear()


def _classes(scopes: Sequence[Scope], k: int) -> list[str]:
    """The PyTorch classes of the layers that a line fills."""
    from netdsl.code.expr import Name as CodeName
    from netdsl.layers.base import Given

    found: dict[str, None] = {}
    for scope in scopes:
        for _, link, _ in targets(scope.init[k], scope):
            what = link.what
            assert isinstance(what, Applied)
            layer = what.layer
            shape = link.inputs[0].shape
            assert shape is not None
            fields = {n: Literal(getattr(layer, n)) for n in type(layer).model_fields}
            call = layer.module(Given(fields, [shape], [Literal(shape.channels)]))
            if isinstance(call, Call) and isinstance(call.function, CodeName):
                found[call.function.id] = None
    return sorted(found)


__all__ = ["emit_init", "filled_tensor", "filler", "layers_below"]
