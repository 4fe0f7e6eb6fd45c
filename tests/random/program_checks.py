"""What must hold for every program: the emitted module is the network, in every respect."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from reference import Reference
from running import Watched
from torch import Tensor, nn

from netdsl.backends.torch.check import check
from netdsl.backends.torch.emitter import Emitter
from netdsl.backends.torch.page import in_order, page
from netdsl.design import Design
from netdsl.diagnostics import NetError
from netdsl.idle import idle_steps
from netdsl.network import Network
from netdsl.weights import needed_for

WIDTH = 88
BATCH = 3
EPSILON = torch.finfo(torch.double).eps


def emitted(design: Design, exact: bool = False) -> str:
    """The text of one form of emission, which for every network must be right: no other form steps in."""
    emitter = Emitter(design, WIDTH, exact)
    root = emitter.net()
    check(design, root, in_order(root))
    return page(emitter, root, WIDTH)


def module_of(text: str, name: str, filename: str = "<emitted>") -> nn.Module:
    """The network that a text defines."""
    return class_of(text, name, filename)()


def class_of(text: str, name: str, filename: str = "<emitted>") -> Callable[..., nn.Module]:
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    names: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(text, filename, "exec"), names)  # noqa: S102
    return names[name]


def state_of(module: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}


def check_text(text: str) -> None:
    """Nothing of the emitter's own is left in the text."""
    without = re.sub(r'"""[\s\S]*?"""|"[^"\n]*"|#.*', "", text)
    assert "@" not in without, "a reference is left"
    assert not re.search(r"%\d", without), "a variable without a name is left"
    assert not re.search(r"^ +(\w+) = \1$", text, re.MULTILINE), "a variable is set to itself"


def check_on_meta(network: Network, text: str) -> None:
    """Names, shapes and numbers of weights, and the shapes of all outputs, without any numbers."""
    design = network.design
    with torch.device("meta"):
        module = module_of(text, network.torch_class)
        shapes = [v.shape for v in design.inputs.values()]
        inputs = [torch.empty(BATCH, *shape) for shape in shapes]
    assert list(state_of(module).items()) == list(network.state_dict_shapes().items()), (
        "the state_dict is another"
    )
    assert sum(p.numel() for p in module.parameters()) == network.parameters
    wanted = [(BATCH, *v.shape) for v in design.outputs.values()]
    aux = [(BATCH, *e.link.output.shape) for e in design.net.aux.values()]
    assert shapes_of(module.eval()(*inputs)) == wanted
    if all(v.shape is not None for v in design.inputs.values()):
        with torch.device("meta"):
            got = shapes_of(module.train()(*inputs))
        assert got == wanted + aux


def tensors_of(result: Any) -> list[Tensor]:
    return [t for t in (result if isinstance(result, tuple) else [result]) if t is not None]


def shapes_of(result: Any) -> list[tuple[int, ...]]:
    return [tuple(t.shape) for t in tensors_of(result)]


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    try:
        yield
    finally:
        torch.random.set_rng_state(state)


def fill(module: nn.Module) -> None:
    """Weights and statistics that hide nothing: no zeros, no ones."""
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            with torch.no_grad():
                tensor.copy_(
                    torch.rand_like(tensor) + 0.5
                    if name.endswith("running_var")
                    else torch.randn_like(tensor) * 0.3
                )


def check_numbers(network: Network, text: str, gradients: bool = True) -> Ran:
    """Outputs as the Design says; gradients as without working in place; nothing overwritten. What was
    run, for more checks."""
    with seeded(0):
        design = network.design
        module = module_of(text, network.torch_class).double()
        assert list(state_of(module).items()) == list(network.state_dict_shapes().items()), (
            "the state_dict is another"
        )
        assert sum(p.numel() for p in module.parameters()) == network.parameters
        fill(module)
        inputs = inputs_of(network)
        kept = [x.clone() for x in inputs]
        weights = {n: t.clone() for n, t in module.state_dict().items()}
        watched = Watched(module, inputs)
        got = tensors_of(watched.results)
        assert all(torch.equal(x, k) for x, k in zip(inputs, kept)), "an input is overwritten"
        reference = Reference(design, weights)
        with torch.no_grad():
            wanted, _ = reference(*inputs)
        for name, a, b in zip(wanted, got, wanted.values(), strict=True):
            assert a.shape == b.shape and torch.allclose(
                a, b, rtol=1e-9, atol=1e-9, equal_nan=True
            ), f"output {name}"
        assert shapes_of(watched.results) == [(BATCH, *v.shape) for v in design.outputs.values()]
        if gradients:
            check_gradients(network, text, module, inputs)
    return Ran(module, watched, reference)


class Ran:
    """A module that was run, what was seen of it, and the reference's run of the same."""

    def __init__(self, module: nn.Module, watched: Watched, reference: Reference) -> None:
        self.module = module
        self.watched = watched
        self.reference = reference


def check_gradients(network: Network, text: str, module: nn.Module, inputs: list[Tensor]) -> None:
    """Training steps with and without `inplace=True` are the same."""
    plain = module_of(re.sub(r",?\s*inplace=True", "", text), network.torch_class).double()
    plain.load_state_dict(module.state_dict())
    found = [trained(network, which, inputs) for which in (module, plain)]
    if all(near(a, b) for a, b in zip(*found, strict=True)):
        return
    # Of a bias before a norm the gradient is 0 but for noise, which a chain of norms magnifies: as far as
    # inputs and weights that differ in their last digits move it, it is none. Nor has an entry beside very
    # large ones more digits than these.
    with seeded(2), torch.no_grad():
        nudges = [nudge(x) for x in inputs]
        for parameter in plain.parameters():
            parameter.copy_(nudge(parameter))
    other = module_of(text, network.torch_class).double()
    other.load_state_dict(plain.state_dict())
    moved = [trained(network, which, nudges) for which in (other, plain)]
    for a, b, c, d in zip(*found, *moved, strict=True):
        if not near(a, b):
            assert a is not None and b is not None and c is not None and d is not None
            noise = 10 * float(torch.maximum((a - c).abs(), (b - d).abs()).max())
            noise += 10 * EPSILON * float(b.abs().max())
            torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9 + noise, equal_nan=True)


def nudge(x: Tensor) -> Tensor:
    """Numbers that differ from these in their last digits, a zero too: a channel that is the same everywhere
    is the same with other roundings then."""
    return x + 2 * EPSILON * torch.randn_like(x) * x.abs().clamp(min=1)


def dropped(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`F.dropout` that leaves out the same places whatever the strides of `x` are: torch draws in the order of
    memory, and what works in place keeps the order that was there."""
    if not training:
        return x
    kept = (torch.rand(x.shape, dtype=x.dtype) >= p) / (1 - p) if p < 1 else torch.zeros(x.shape)
    return x * kept


@contextmanager
def dropout_by_place() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(nn.functional, "dropout", dropped)
        yield


def near(a: Tensor | None, b: Tensor | None) -> bool:
    if a is None or b is None:
        return a is b
    return torch.allclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True)


def trained(network: Network, module: nn.Module, inputs: list[Tensor]) -> list[Tensor | None]:
    """What a step of training makes: outputs, and gradients of inputs and parameters."""
    own = [x.clone().requires_grad_() for x in inputs]
    module.zero_grad()
    with seeded(1), dropout_by_place():
        results = tensors_of(module.train()(*own))
    sides = [e.link.output.shape for e in network.design.net.aux.values()]
    outputs = [v.shape for v in network.design.outputs.values()]
    assert shapes_of(tuple(results)) == [(BATCH, *s) for s in (*outputs, *sides)]
    loss = sum(
        (r * torch.linspace(0.5, 1.5, r.numel(), dtype=r.dtype).reshape(r.shape)).sum()
        for r in results
    )
    assert isinstance(loss, Tensor)
    loss.backward()
    return [*results, *(x.grad for x in own), *(p.grad for p in module.parameters())]


def check_frozen(network: Network, text: str) -> int:
    """The weights up to a step are those on which its output depends, as autograd says. The number of
    steps that this was seen of."""
    module = module_of(text, network.torch_class).to("meta").eval()
    inputs = [x.to("meta") for x in inputs_of(network, torch.float)]
    named = dict(module.named_parameters())
    names, parameters = list(named), list(named.values())
    outputs: dict[str, Any] = {}
    sides = network.design.net.aux

    def keep(name: str) -> Any:
        return lambda _module, _inputs, output: outputs.__setitem__(name, output)

    for name, part in module.named_children():
        if name not in (*sides, *network.design.net.shared) and any(
            True for _ in part.parameters()
        ):
            part.register_forward_hook(keep(name))
    module(*inputs)
    checked = 0
    for name, output in outputs.items():
        if not isinstance(output, Tensor):
            continue  # inner values too: which of them is the step's own is the emitter's business
        if (
            not output.requires_grad
        ):  # it gives on what entered the net, or running statistics at most
            try:
                kept = needed_for(network.design, name)
            except NetError:
                continue
            assert not {n for n in names if f"{n}.".startswith(tuple(f"{k}." for k in kept))}, name
            continue
        grads = torch.autograd.grad(output.sum(), parameters, retain_graph=True, allow_unused=True)
        reached = {n for n, grad in zip(names, grads) if grad is not None}
        parts = tuple(f"{part}." for part in needed_for(network.design, name))
        assert {n for n in names if f"{n}.".startswith(parts)} == reached, name
        checked += 1
    return checked


def check_idle(network: Network, text: str) -> None:
    """The steps on which nothing depends are those whose weights autograd does not find."""
    module = module_of(text, network.torch_class).to("meta").train()
    named = dict(module.named_parameters())
    with seeded(1):
        outputs = tensors_of(module(*(x.to("meta") for x in inputs_of(network, torch.float))))
    total = sum((output.sum() for output in outputs), start=torch.zeros((), device="meta"))
    if total.requires_grad:
        grads = torch.autograd.grad(total, list(named.values()), allow_unused=True)
    else:
        grads = [None] * len(named)
    lost = {name for name, grad in zip(named, grads, strict=True) if grad is None}
    dead, live = idle_steps(network.design)
    idle, read = (tuple(f"{'.'.join(step.home)}." for step in part) for part in (dead, live))
    assert {name for name in named if name.startswith(idle)} <= lost
    assert not {name for name in lost if name.startswith(read)}


def check_exact(network: Network, text: str) -> None:
    """The other form, in plain numbers, is the same network."""
    exact = emitted(network.design, exact=True)
    check_text(exact)
    check_same_outputs(network, text, exact, network.torch_class)


def check_open(network: Network, text: str, opened: Network) -> None:
    """A network whose sides are left open is the same for the sides that it was written for."""
    assert opened.state_dict_shapes() == network.state_dict_shapes()
    other = emitted(opened.design)
    check_text(other)
    check_same_outputs(network, text, other, opened.torch_class)


def check_same_outputs(network: Network, text: str, other_text: str, other_name: str) -> None:
    """Another text has the same `state_dict` and, with the same weights, gives the same."""
    with seeded(0):
        module = module_of(text, network.torch_class).double().eval()
        other = module_of(other_text, other_name).double().eval()
        fill(module)
        assert state_of(module) == state_of(other), "the state_dict is another"
        other.load_state_dict(module.state_dict())
        inputs = inputs_of(network)
        with torch.no_grad():
            for a, b in zip(tensors_of(module(*inputs)), tensors_of(other(*inputs)), strict=True):
                torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9, equal_nan=True)


def inputs_of(network: Network, dtype: torch.dtype = torch.double) -> list[Tensor]:
    shapes = [v.shape for v in network.design.inputs.values()]
    return [torch.randn(BATCH, *shape, dtype=dtype) for shape in shapes]
