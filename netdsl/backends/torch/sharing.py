"""What is declared once and reached by name: shared modules, learned tensors; and side outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netdsl.backends.torch import calls
from netdsl.backends.torch.given import step_of
from netdsl.backends.torch.initial import filled_tensor
from netdsl.backends.torch.modules import Made, module_of
from netdsl.backends.torch.names import SELF
from netdsl.backends.torch.operations import Op
from netdsl.backends.torch.row_values import row_values
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import EVERYTHING, SymModule, Val, Var
from netdsl.backends.torch.symbols import At
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.stmt import Assign
from netdsl.design import (
    Applied,
    AuxEvent,
    Link,
    Note,
    Scope,
    WeightEvent,
)
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.backends.torch.builder import Builder
    from netdsl.backends.torch.flow import Walker


def shared_module(w: Walker, node: ast.Module, events: Sequence[Note], at: At) -> None:
    """`module t = ...`: made where it is declared, for what its first use gives it."""
    b = w.b
    scopes = [e.frame.scope for e in events]
    shared = [s.shared[node.name.text] for s in scopes if s is not None]
    links = [s.link for s in shared]
    if any(link is None or link.what is None for link in links):
        return  # never used: nothing is known of it
    numbers = [
        link.inputs[0].shape.channels
        for link in links
        if link is not None and link.inputs[0].shape is not None
    ]
    channels = _shared_channels(w, links, at, numbers)
    values = [link.inputs[0] for link in links if link is not None]
    entry = Val(channels, values, at.rows, frozenset())
    saved = dict(b.scene.values)
    inside = at.inside(at.rows.reframed([s.frame for s in shared]))
    made = module_of(b, links, entry, inside)  # type: ignore[arg-type]
    b.scene.values.clear()
    b.scene.values.update(saved)
    made = made or Made(code.call("nn.Identity"), entry)
    if made.helper:
        raise Differ(at.rows, list(range(len(at.rows))), "a module that reads values from around")
    w.attribute(links, made, at)  # type: ignore[arg-type]
    var = Var(label=node.name.text)
    for module in shared:
        b.emitter.gives[id(module)] = made.exports, made.places
        b.emitter.shared_channels[id(module)] = b, made.val.channels
    at.env.names[node.name.text] = SymModule(shared[0], var)
    w.b.instead[var.id] = code.Attribute(SELF, node.name.text)


def _shared_channels(w: Walker, links: Sequence[Link | None], at: At, numbers: list[int]) -> Expr:
    """The channels of a module's first input in the words of the class."""
    b = w.b
    if len(set(numbers)) == 1:
        for param in b.params:
            if param.role == "in":
                found = row_values(b, Name(param.name), at)
                if found == numbers:
                    b.scene.wanted.add(EVERYTHING)
                    return Name(param.name)
        return _number(b, numbers)
    for param in b.params:
        found = row_values(b, Name(param.name), at)
        if found == numbers:
            b.scene.wanted.add(EVERYTHING)
            return Name(param.name)
    raise Differ(at.rows, numbers, "channels of a shared module")


def use_shared(w: Walker, links: list[Link], val: Val, at: At) -> Val:
    b = w.b
    step = step_of(links[0])
    found = at.env.find(step.name.text)
    if not isinstance(found, SymModule):
        raise Differ(at.rows, list(range(len(at.rows))), "a module that is not known here")
    target = calls.module_expr(w, found)
    outs = [link.output for link in links]
    numbers = [v.shape.channels for v in outs if v is not None and v.shape is not None]
    channels = _said_channels(b, found, numbers, at)
    out = b.scene.know(Val(channels, outs, at.rows, val.taint | frozenset(calls.taint_all(w))))  # type: ignore[arg-type]
    if channels is None:
        same = [v.shape.channels for v in val.at(at.rows) if v.shape is not None]
        out.channels = val.channels if same == numbers else None
    exports, places = b.emitter.gives.get(id(found.shared), ((), ()))
    outs = calls.outputs_of(w, links, Made(target, out, exports=exports, places=places), at)
    w.op(outs, code.Call(target, (w.var_of(val).expr,)))
    return out


def _said_channels(b: Builder, module: SymModule, numbers: list[int], at: At) -> Expr | None:
    """The channels that a module of this class gives, as it says them itself if that is right here."""
    maker, said = b.emitter.shared_channels.get(id(module.shared), (None, None))
    if maker is b and said is not None and row_values(b, said, at) == numbers:
        return said
    return _number(b, numbers) if len(set(numbers)) == 1 else None


def _number(b: Builder, numbers: Sequence[int]) -> Expr:
    """Channels that all rows have, as a number: parameters that could change it are none then."""
    b.scene.wanted.add(EVERYTHING)
    return Literal(numbers[0])


def weight(w: Walker, events: list[WeightEvent], at: At) -> None:
    """`self.scale = nn.Parameter(torch.ones(channels))`."""
    b = w.b
    node, name = events[0].node, events[0].name
    shape = at.sym(node.shape)
    if isinstance(shape, Expr) and not isinstance(shape, (code.Tuple, Literal)):
        dims = [shape]
    elif isinstance(shape, Literal):
        dims = [Literal(v) for v in shape.value] if isinstance(shape.value, tuple) else [shape]
    else:
        dims = list(shape.items)  # type: ignore[union-attr]
    b.ctor.append(Assign(code.Attribute(SELF, name), filled_tensor(b, events[0].start, dims, at)))
    var = Var(label=name)
    concretes = [e.value for e in events]
    b.scene.know(Val(dims[0], concretes, at.rows, frozenset(), var))
    b.instead[var.id] = code.Attribute(SELF, name)


def aux_output(w: Walker, events: list[AuxEvent], val: Val | None, at: At) -> None:
    """`aux1 = self.aux1(x) if self.training else None`."""
    assert val is not None
    links = [e.link for e in events]
    name = links[0].key or "aux"
    # None in evaluation: no variable that was a tensor before
    var = Var(label=f"{name}_aux" if name in ("x", "out") else name)
    var.tapped = True
    w.aux[name] = (var, events[0].weight)
    training = code.Attribute(SELF, "training")
    what = links[0].what
    if isinstance(what, Applied) and what.layer.references():
        w.layer(links, val, at)
        op = w.b.ops.pop()
        assert isinstance(op, Op)
        w.op([var], op.expr, condition=training)
        return
    made = module_of(w.b, links, val, at)
    if made is None:  # identity
        w.op([var], w.var_of(val).expr, condition=training)
        return
    w.attribute(links, made, at)
    if isinstance(what, Scope) and what.kind == "block":
        arguments = calls.block_arguments(w, links, val, at)
    else:
        arguments = [w.var_of(val).expr] if made.takes_input else []
        arguments += calls.captured_arguments(w, made, at)
    call = w.call(links, at, arguments)
    if max(made.places, default=0) > 0:
        call = code.Subscript(call, Literal(made.places[0]))
    w.op([var], call, condition=training)
