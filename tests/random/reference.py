"""The Design in torch, layer by layer: what a network means, without what the emitter made of it.

Every step is called on its own with the weights that the `state_dict` has under its path. Only what a
single layer is called in PyTorch comes from netdsl; the flow of values is walked here anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import extern_layers
import torch
from running import macs_of
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from netdsl import design as d
from netdsl.code.expr import Literal, Name
from netdsl.data import data_file
from netdsl.diagnostics import Mistake
from netdsl.elaborate.expressions import evaluate
from netdsl.elaborate.names import Names
from netdsl.elaborate.values import Tapped
from netdsl.layers.base import Given, Layer
from netdsl.syntax import ast

Known = dict[int, Tensor]


def state_shapes(module: nn.Module) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in module.state_dict().items()}


def _helpers() -> dict[str, Any]:
    found: dict[str, Any] = {"torch": torch, "nn": nn, "F": F, "Tensor": Tensor}
    found |= {"Scaled": extern_layers.Scaled, "Widened": extern_layers.Widened}
    exec(data_file("templates/torch/helpers.py").read_text(encoding="utf-8"), found)  # noqa: S102
    return found


HELPERS = _helpers()


class Reference:
    """A network in evaluation. `weights` is its `state_dict`."""

    def __init__(self, design: d.Design, weights: Mapping[str, Tensor]) -> None:
        self.design = design
        self.weights = weights
        self.homes: dict[tuple[int, str], str] = {}  # shared modules, by the path of their owner
        self.owners: dict[int, str] = {}
        self.calls: dict[str, list[tuple[int, Tensor]]] = {}  # multiply-adds, and what came out
        self.aside = False
        self.checked = 0  # steps whose shapes were compared

    def __call__(self, *inputs: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The outputs, and the side outputs, by name."""
        net = self.design.net
        known: Known = {id(v): x for v, x in zip(self.design.inputs.values(), inputs)}
        self.scope(net, "", known)
        aux = {name: known[id(event.link.output)] for name, event in net.aux.items()}
        return {name: known[id(v)] for name, v in self.design.outputs.items()}, aux

    def scope(self, scope: d.Scope, path: str, known: Known) -> None:
        for shared in scope.shared.values():
            self.owners[id(shared)] = f"{path}{shared.name}"
        for name, event in scope.weights.items():
            known[id(event.value)] = self.weights[f"{path}{name}"]
        self.region(scope.region, path, known)

    def region(self, region: d.Region, path: str, known: Known) -> None:
        for event in region.events:
            match event:
                case d.Flow():
                    self.links(event.links, path, known)
                case d.BarEvent():
                    self.links(
                        event.flow.links if event.flow is not None else [event.link], path, known
                    )
                case d.Loop():
                    for inner in event.iterations:
                        self.region(inner, path, known)
                case d.Branch() if event.region is not None:
                    self.region(event.region, path, known)
                case d.AuxEvent():
                    self.aside = True
                    self.links([event.link], path, known)
                    self.aside = False

    def links(self, links: Any, path: str, known: Known) -> None:
        for link in links:
            out = self.link(link, link.what, path, known)
            if out is not None:
                known[id(link.output)] = out
                self.check(link, out)

    def check(self, link: d.Link, out: Tensor) -> None:
        """What a step gives has the shape that the network says, whether it has a label or not."""
        assert link.output is not None and link.output.shape is not None
        shape = tuple(out.shape) if link.output.tensor else tuple(out.shape[1:])
        assert shape == tuple(link.output.shape), f"{link.label or link.word} gives {shape}"
        self.checked += 1

    def link(self, link: d.Link, what: Any, path: str, known: Known) -> Tensor | None:
        """What a step gives; None where its value is another step's."""
        match what:
            case d.Applied():
                return self.layer(what.layer, link, f"{path}{link.key}", known)
            case d.Scope():
                return self.level(link, what, f"{path}{link.key}.", known)
            case d.Shared():
                home = self.owners[id(what.home)]
                if isinstance(what.scope, d.Scope):
                    return self.level(link, what.scope, f"{home}.", known)
                return self.layer(what.scope, link, home, known)
            case d.Merge():
                self.region(what.region, path, known)
                return self.merge(what.layer.word, [known[id(v)] for v in what.branches])
            case d.Residual():
                return self.residual(link, what, path, known)
            case d.Dense():
                value = known[id(link.inputs[0])]
                for region in what.iterations:
                    known[id(region.entry)] = value
                    self.region(region, path, known)
                    value = torch.cat([value, known[id(region.exit)]], dim=1)
                return value
            case d.Inlined():
                self.region(what.region, path, known)
            case d.Computed():
                assert isinstance(link.node, ast.Link) and isinstance(link.node.step, ast.Compute)
                return Arithmetic(self.design, link, what.values, known)(link.node.step.value)
        return None

    def level(self, link: d.Link, scope: d.Scope, path: str, known: Known) -> Tensor:
        """A block has values of its own; a group sees those around it."""
        inner = known
        if scope.outer is None:
            outside = [known[id(v)] for v in link.inputs]
            given = {id(v): v for name in scope.arguments for v in _values(scope.arguments[name])}
            given.pop(id(scope.input), None)  # a default may be what flows in, or another argument
            inside = [*([scope.input] if scope.input is not None else []), *given.values()]
            inner = {}
            inner.update({id(v): x for v, x in zip(inside, outside, strict=True)})
        elif scope.input is not None:
            inner[id(scope.input)] = known[id(link.inputs[0])]
        self.scope(scope, path, inner)
        for labels, value in link.exports.items():
            known[id(value)] = inner[id(self.reached(scope, labels))]
        return inner[id(scope.result)]

    def reached(self, scope: d.Scope, labels: tuple[str, ...]) -> d.Value | None:
        link = scope.labels[labels[0]]
        return link.output if len(labels) == 1 else link.exports[labels[1:]]

    def merge(self, word: str, branches: list[Tensor]) -> Tensor:
        if word == "concat":
            return torch.cat(branches, dim=1)
        total = branches[0]
        for branch in branches[1:]:
            total = total + branch if word == "add" else total * branch
        return total

    def residual(self, link: d.Link, what: d.Residual, path: str, known: Known) -> Tensor:
        self.region(what.body, path, known)
        out, other = known[id(what.body.exit)], known[id(link.inputs[0])]
        if not what.adds:
            return out
        if what.shortcut is not None:
            self.region(what.shortcut, path, known)
            other = known[id(what.shortcut.exit)]
        return other + out * (1 if what.scale is None else what.scale) * (
            1 if what.survival is None else what.survival
        )

    def layer(self, layer: Layer, link: d.Link, path: str, known: Known) -> Tensor:
        inputs = [known[id(v)] for v in link.inputs]
        if layer.word == "identity":
            return inputs[0]
        shapes = [v.shape for v in link.inputs]
        fields = {name: Literal(getattr(layer, name)) for name in type(layer).fields}
        fields |= {n: Literal(v) for n, v in getattr(layer, "parameters", ())}  # of extern layers
        given = Given(fields, shapes, [Literal(s.channels) for s in shapes])  # type: ignore[arg-type]
        call = None if layer.references() else layer.module(given)
        if call is not None:
            module = (
                eval(
                    call.text.rpartition(":")[2]
                    if ":" in call.text.partition("(")[0]
                    else call.text,
                    dict(HELPERS),
                )
                .to(inputs[0].dtype)
                .eval()
            )
            tensors = layer.tensors(shapes[0])  # type: ignore[arg-type]
            if tensors:
                extra = (
                    ("num_batches_tracked",)
                    if f"{path}.num_batches_tracked" in self.weights
                    else ()
                )
                names = dict.fromkeys([*(t.name for t in tensors), *extra])
                own = {n: self.weights[f"{path}.{n}"] for n in names}
                assert state_shapes(module) == {n: t.shape for n, t in own.items()}
                out = functional_call(module, own, tuple(inputs))
            else:
                out = module(*inputs)
            macs = macs_of(module, inputs[0], out)
            if macs and not self.aside:
                if out.requires_grad:
                    out.retain_grad()
                self.calls.setdefault(path, []).append((macs, out))
            return out
        names = [f"value{i}" for i in range(len(inputs))]
        expr = layer.function(given, *(Name(n) for n in names))
        assert expr is not None
        return eval(expr.text, {**HELPERS, **dict(zip(names, inputs))})


def _values(argument: Any) -> list[d.Value]:
    if isinstance(argument, d.Value):
        return [argument]
    return [v for entry in argument for v in _values(entry)] if isinstance(argument, tuple) else []


class Arithmetic:
    """`(@gate * @x + 1)` on tensors."""

    def __init__(
        self, design: d.Design, link: d.Link, values: Sequence[d.Value], known: Known
    ) -> None:
        self.known = known
        self.values = list(values)  # what the text reads, in its order
        self.names = Names(design.run, _file(link), link.frame)
        self.rank = (
            len(link.output.shape)
            if link.output is not None and link.output.shape is not None
            else 1
        )

    def __call__(self, node: ast.Expr) -> Any:
        match node:
            case ast.Unary(op="-"):
                return -self(node.of)
            case ast.Binary():
                return _OPERATIONS[node.op](self(node.left), self(node.right))
            case ast.Choose():
                return self(node.then if evaluate(node.condition, self.names) else node.other)
            case ast.Apply() if isinstance(node.of, ast.Ref):
                return self.function(node.of.name, [self(a.value) for a in node.args])
        try:
            found = evaluate(node, self.names)
        except Mistake:  # a label may mean a later value by now, or one that is still to come here
            assert isinstance(node, ast.Tap)
            found = self.values[0]
        if not isinstance(found, (Tapped, d.Value)):
            return found
        value = self.values.pop(0)
        tensor = self.known[id(value)]
        if value.shape is not None and len(value.shape) == 1 and self.rank > 1:
            return tensor.reshape(*tensor.shape, *(1 for _ in range(self.rank - 1)))
        return tensor

    def function(self, name: str, items: list[Any]) -> Any:
        if not any(isinstance(i, Tensor) for i in items):
            from netdsl.elaborate.functions import FUNCTIONS

            return FUNCTIONS[name][0](*items)
        if name in ("mean", "min", "max") and len(items) == 1:
            dims = tuple(range(2, items[0].dim()))
            return (
                {"mean": torch.mean, "min": torch.amin, "max": torch.amax}[name](
                    items[0], dims, keepdim=True
                )
                if dims
                else items[0]
            )
        if name == "mean":
            return sum(items) / len(items)
        if name in ("min", "max"):
            total, *others = [i for i in items if isinstance(i, Tensor)]
            others += [torch.full_like(total, i) for i in items if not isinstance(i, Tensor)]
            for item in others:
                total = (torch.minimum if name == "min" else torch.maximum)(total, item)
            return total
        return getattr(torch, name)(items[0])


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
}


def _file(link: d.Link) -> Any:
    """The file whose text a step stands in."""
    frame: Any = link.frame
    while frame is not None:
        if frame.kind == "inline":
            return frame.names["file "]
        frame = frame.parent
    assert link.frame.scope is not None
    return link.frame.scope.block.definition.file
