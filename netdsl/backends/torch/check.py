"""Is what is emitted the network? The classes are run on computations and compared with the Design.

Weights must stand under the same names, in the same order, with the same constructor calls, and the
outputs must be the same computations, in evaluation and in training. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netdsl.backends.torch.machine import Machine
from netdsl.backends.torch.meaning import Walk
from netdsl.backends.torch.steps import every_step
from netdsl.backends.torch.template import Template
from netdsl.backends.torch.tokens import Container, Leaf, Mismatch, Token, literally
from netdsl.design import Applied, Design, Link, Scope
from netdsl.layers.base import Layer


def check(design: Design, root: Template, templates: Sequence[Template]) -> None:
    """Compare the emitted classes with the Design. Raises `Mismatch`."""
    machine = Machine(templates)
    _learn(machine, design.net)
    net = machine.construct(root, [], {})
    expected = expected_weights(machine, design)
    found: dict[str, Any] = {}
    _leaves(machine, net, "", found, {*expected}, _weighted(design))
    if found != expected:
        wrong = next((k for k in [*expected, *found] if expected.get(k) != found.get(k)), "?")
        raise Mismatch(f"{wrong}: {found.get(wrong)} is emitted, {expected.get(wrong)} is meant")
    if list(found) != list(expected):
        raise Mismatch("weights are declared in another order")
    inputs = [machine.token("input", name) for name in design.inputs]
    if design.heads:
        _check_heads(machine, design, net, inputs)
        return
    for training in (False, True):
        wanted = _outputs(machine, design, inputs, training)
        _training(net, training)
        result = machine.apply(net, list(inputs))
        got = list(result) if isinstance(result, tuple) else [result]
        if len(got) != len(wanted) or any(a is not b for a, b in zip(got, wanted)):
            raise Mismatch(f"forward of {root.wanted} computes something else")


def _check_heads(machine: Machine, design: Design, net: Any, inputs: Sequence[Token]) -> None:
    """`predict` of a detector, and the heads that are applied to regions later."""
    known: dict[int, Token] = {id(v): t for v, t in zip(design.inputs.values(), inputs)}
    walk = Walk(machine, design)
    walk.scope(design.net, "", known)
    event = next(iter(design.heads.values()))
    wanted: Any = walk.heads[event.word]
    maps = walk.heads.get(f"{event.word} maps")
    if event.kind.form == "maps":
        wanted = (maps, *wanted)
    elif event.kind.form == "regions":
        wanted = maps
    if not _same(machine.apply(net, list(inputs)), wanted):
        raise Mismatch("predict computes something else")
    rcnn = design.heads.get("rcnn")
    if rcnn is not None:
        given = machine.token("regions", "rcnn")
        if not _same(machine.apply(net.children["rcnn"], [given]), walk.heads["rcnn"]):
            raise Mismatch("the head of regions computes something else")


def _same(a: Any, b: Any) -> bool:
    """Whether two results are the same tokens in the same tuples and lists."""
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return type(a) is type(b) and len(a) == len(b) and all(map(_same, a, b))
    return a is b


def _outputs(
    machine: Machine, design: Design, inputs: Sequence[Token], training: bool
) -> list[Token | None]:
    """What the network gives, side outputs included."""
    known: dict[int, Token] = {id(v): t for v, t in zip(design.inputs.values(), inputs)}
    Walk(machine, design).scope(design.net, "", known)
    wanted: list[Token | None] = [known[id(v)] for v in design.outputs.values()]
    if training:
        wanted += [known[id(e.link.output)] for e in design.net.aux.values()]
    elif design.net.aux and list(design.outputs) != ["output"]:
        wanted += [None] * len(design.net.aux)
    return wanted


def _training(module: Any, training: bool) -> None:
    if isinstance(module, Container):
        module.attributes["training"] = training
        for child in module.children.values():
            _training(child, training)


def _learn(machine: Machine, net: Scope) -> None:
    """What the layers of the network take anyway, and what their modules compute."""
    layers = []
    for link, made in every_step(net):
        if isinstance(made, Layer) and link.inputs and link.inputs[0].shape is not None:
            layers.append((made, link.inputs[0].shape))
    for layer, shape in layers:
        machine.learn(layer, shape)
    for layer, shape in layers:
        machine.learn_form(layer, shape)


def expected_weights(machine: Machine, design: Design) -> dict[str, Any]:
    """Every module with weights and every learned tensor of the Design, by path."""
    found: dict[str, Any] = {}
    made: dict[int, Any] = {}  # of steps that uses of a block share

    def of_layer(layer: Layer, link: Link) -> Any:
        shape = link.inputs[0].shape
        assert shape is not None
        if not layer.tensors(shape) and layer.family != "extern":
            return None
        call = layer.module(literally(layer, [shape]))
        assert call is not None
        leaf = machine.evaluate(call, {})
        return machine.normal(leaf.name, leaf.positional, leaf.named)

    def visit(scope: Scope, path: str) -> None:
        for name, weight in scope.weights.items():
            assert weight.value.shape is not None
            found[f"{path}{name}"] = ("nn.Parameter", tuple(weight.value.shape), ())
        for key, link in scope.children.items():
            what = link.what
            if isinstance(what, Applied):
                if id(link) not in made:
                    made[id(link)] = of_layer(what.layer, link)
                if made[id(link)] is not None:
                    found[f"{path}{key}"] = made[id(link)]
            elif isinstance(what, Scope):
                visit(what, f"{path}{key}.")

    visit(design.net, "")
    return found


def _weighted(design: Design) -> set[str]:
    """What modules are called that have weights, whatever they are given: no other ones may be there."""
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for link, made in every_step(design.net):
        shape = link.inputs[0].shape if link.inputs else None
        if isinstance(made, Layer) and shape is not None and not made.references():
            call = made.module(literally(made, [shape]))
            if call is not None:
                found[bool(made.tensors(shape))].add(call.function.text)
    return found[True] - found[False]


def _leaves(
    machine: Machine,
    module: Any,
    path: str,
    found: dict[str, Any],
    expected: set[str],
    weighted: set[str],
) -> None:
    """Tell the modules with weights their paths, learned tensors before children, and collect them."""
    if isinstance(module, Leaf):
        name = path.rstrip(".")
        if name in expected or module.name in ("nn.Parameter", *weighted):
            module.path = name
            found[name] = machine.normal(module.name, module.positional, module.named)
        return
    module.path = path
    tensors = [
        k for k, c in module.children.items() if isinstance(c, Leaf) and c.name == "nn.Parameter"
    ]
    for key in (*tensors, *(k for k in module.children if k not in tensors)):
        _leaves(machine, module.children[key], f"{path}{key}.", found, expected, weighted)
    for key in tensors:
        module.children[key] = machine.token("parameter", f"{path}{key}")
