"""`init { ... }` as statements at the end of a constructor."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netdsl.backends.torch.names import SELF
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import Env
from netdsl.backends.torch.symbols import At
from netdsl.code import expr as code
from netdsl.code.expr import Call, Expr, Literal, Name
from netdsl.code.stmt import Assign, Do, For, If, Statement
from netdsl.design import Applied, Link, Scope
from netdsl.elaborate.initial import InitLine, layers_below, targets
from netdsl.elaborate.starts import Start
from netdsl.layers.base import Given

if TYPE_CHECKING:
    from netdsl.backends.torch.builder import Builder
    from netdsl.backends.torch.template import Template


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
    done: list[_Filled | _Loop] = []
    for k, line in enumerate(lines):
        place = at.inside(env=Env(at.env))
        if line.weight is not None:
            do = Do(filler(line.start, code.Attribute(SELF, line.weight), place))
            done.append(_Filled(None, (), do))
            continue
        found = [targets(s.init[k], s) for s in scopes]
        kinds = _classes([link for f in found for _, link, _ in f])
        if all(len(f) == 1 for f in found) and (line.links or _is_step(scopes, found)):
            done.append(_Filled(line.tensor, kinds, _one_tensor(b, line, found, place)))
            continue
        if kinds:
            certain = _certain(scopes) if line.tensor == "bias" else _always_weighted(scopes, kinds)
            call = filler(line.start, _tensor(line), place)
            _in_a_loop(done, _guarded(line, kinds, call, certain), _root(line))
    for one in done:
        b.ctor.append(one.do if isinstance(one, _Filled) else one.statement())


def _is_step(
    scopes: Sequence[Scope], found: Sequence[Sequence[tuple[tuple[str, ...], Link, Any]]]
) -> bool:
    """Whether the one layer of a kind is an attribute, and the only one whatever the arguments of the
    class are: nothing that stands beside it has layers of its own."""
    paths = [f[0][0] for f in found]
    steps = [link.what for s in scopes for link in s.children.values() if isinstance(link, Link)]
    return (
        all(p == paths[0] for p in paths)
        and len(paths[0]) == 1
        and not paths[0][0].isdigit()
        and all(isinstance(what, Applied) for what in steps)
    )


def _in_a_loop(done: list[_Filled | _Loop], filled: _Filled, root: Expr) -> None:
    """Fill the layers in the latest loop through the same modules, if what came after that fills other
    tensors; else in a new one."""
    for one in reversed(done):
        if isinstance(one, _Loop) and one.root == root:
            one.items.append(filled)
            return
        if not one.apart_from(filled):
            break
    done.append(_Loop(root, filled))


def _one_tensor(
    b: Builder, line: InitLine, found: Sequence[Sequence[tuple[tuple[str, ...], Link, Any]]], at: At
) -> Statement:
    """`nn.init.zeros_(self.fc.weight)`. What a checker of types does not know to be a tensor is looked up
    by its name; a bias that may be None for it is asked."""
    paths = [f[0][0] for f in found]
    path = paths[0]
    if any(p != path for p in paths):
        raise Differ(at.rows, paths, "layers to be filled have different paths")
    if path[1:] and not _is_typed(b.template.uses, b.ctor, path):
        key = ".".join((*path, line.tensor))
        tensor: Expr = code.call(code.Attribute(SELF, "get_parameter"), Literal(key))
        return Do(filler(line.start, tensor, at))
    module: Expr = SELF
    for step in path:
        module = code.Attribute(module, step)
    call = Do(filler(line.start, code.Attribute(module, line.tensor), at))
    what = found[0][0][1].what
    assert isinstance(what, Applied)
    if line.tensor == "bias" and what.layer.family == "convolution":
        return If(Name(f"{module.text}.bias is not None"), (call,))
    return call


def _is_typed(classes: Sequence[Template], ctor: Sequence[Statement], path: Sequence[str]) -> bool:
    """Whether the constructors on the way set plain attributes, so that `self.head.fc` has a type."""
    name, *below = path
    made = [
        s.value
        for s in ctor
        if isinstance(s, Assign)
        and s.annotation is None
        and isinstance(s.target, Expr)
        and s.target.text == f"self.{name}"
    ]
    if len(made) != 1 or not isinstance(made[0], Call):
        return False
    if not below:
        return True
    for template in classes:
        if template.reference == made[0].function:
            return _is_typed(template.uses, template.ctor, below)
    return False


# ------------------------------------------------------------------------------- layers of one class
class _Filled:
    """A line that fills a tensor: of one layer, of every layer of these classes, or (None) of the scope."""

    def __init__(
        self, tensor: str | None, kinds: tuple[str, ...], do: Statement, said: Any = None
    ) -> None:
        self.tensor = tensor
        self.kinds = kinds
        self.do = do
        self.said = said  # equal for lines that do the same

    def apart_from(self, other: _Filled) -> bool:
        """Whether they have no tensor in common."""
        return self.tensor != other.tensor or not set(self.kinds) & set(other.kinds)


def _guarded(
    line: InitLine, kinds: tuple[str, ...], call: Expr, certain: frozenset[str]
) -> _Filled:
    """The line for a module of one of these classes, which may lack the tensor."""
    do: Statement = Do(call)
    guarded = not certain.issuperset(kinds)
    if guarded:
        do = If(Name(f"module.{line.tensor} is not None"), (do,))
    return _Filled(line.tensor, kinds, do, (call.text, guarded))


def _root(line: InitLine) -> Expr:
    """Where the modules of a line are: `self.features`."""
    root: Expr = SELF
    for link in line.links:
        key = link.key or ""
        if key.isdigit():
            root = code.Subscript(root, Literal(int(key)))
        else:
            root = code.Attribute(root, key)
    return root


def _tensor(line: InitLine) -> Expr:
    return code.Attribute(Name("module"), line.tensor)


class _Loop:
    """`for module in self.modules()`, the classes in turn: `elif`, for none has two of them."""

    def __init__(self, root: Expr, first: _Filled) -> None:
        self.root = root
        self.items = [first]

    def apart_from(self, other: _Filled) -> bool:
        return all(item.apart_from(other) for item in self.items)

    def statement(self) -> Statement:
        together: dict[tuple[str, ...], list[_Filled]] = {}
        for one in self.items:
            together.setdefault(one.kinds, []).append(one)
        names = [name for kinds in together for name in kinds]
        if len(set(names)) == len(names):
            alike: dict[tuple[Any, ...], list[_Filled]] = {}
            for filled in together.values():
                alike.setdefault(tuple(f.said for f in filled), []).extend(filled)
            body: Statement | None = None
            for said, filled in reversed(alike.items()):
                kinds = dict.fromkeys(kind for f in filled for kind in f.kinds)
                then = tuple(f.do for f in filled[: len(said)])
                test = _is_one_of(tuple(kinds))
                body = _guard(test, then) if body is None else If(test, then, (body,))
            statements = [] if body is None else [body]
        else:  # a layer is filled by several of them: in the order of the text
            statements = [_guard(_is_one_of(one.kinds), (one.do,)) for one in self.items]
        modules = code.call(code.Attribute(self.root, "modules"))
        return For(("module",), modules, tuple(statements))


def _guard(test: Expr, then: tuple[Statement, ...]) -> If:
    """`if test: ...`; a single `if` in it becomes a part of the test."""
    if len(then) == 1 and isinstance(then[0], If) and not then[0].other:
        return If(code.logical("and", [test, then[0].condition]), then[0].then)
    return If(test, then)


def _is_one_of(kinds: Sequence[str]) -> Expr:
    names = [Name(name) for name in kinds]
    return code.call(
        "isinstance", Name("module"), names[0] if len(names) == 1 else code.Tuple(tuple(names))
    )


def _certain(scopes: Sequence[Scope]) -> frozenset[str]:
    """The classes whose layers below have a bias for certain, whatever the arguments of the class are:
    of PyTorch's linear layers the checkers of types think so anyway."""
    linear = [link for s in scopes for _, link in layers_below(s) if _is_linear(link)]
    if all(re.search(r"\blinear\b", t) and "bias" not in t for t in map(_text, linear)):
        return frozenset({"nn.Linear"})
    return frozenset()


def _always_weighted(scopes: Sequence[Scope], kinds: Sequence[str]) -> frozenset[str]:
    """Of these classes those whose layers below all have a weight: `bn(affine=false)` has none."""
    bare: set[str] = set()
    for scope in scopes:
        for _, link in layers_below(scope):
            what = link.what
            if isinstance(what, Applied) and getattr(what.layer, "affine", True) is False:
                bare.update(_classes([link]))
    return frozenset(kinds) - bare


def _is_linear(link: Link) -> bool:
    return isinstance(link.what, Applied) and link.what.layer.word == "linear"


def _text(link: Link) -> str:
    return link.node.span.text


def _classes(links: Sequence[Link]) -> tuple[str, ...]:
    """The PyTorch classes of the layers that a line fills."""
    found: dict[str, None] = {}
    for link in links:
        what = link.what
        assert isinstance(what, Applied)
        layer = what.layer
        shape = link.inputs[0].shape
        assert shape is not None
        fields = {n: Literal(getattr(layer, n)) for n in type(layer).fields}
        call = layer.module(Given(fields, [shape], [Literal(shape.channels)]))
        if isinstance(call, Call) and isinstance(call.function, Name):
            found[call.function.id] = None
    return tuple(sorted(found))
