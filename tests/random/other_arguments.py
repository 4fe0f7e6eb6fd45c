"""The parameters of an emitted network do what those of the source do: for other values too."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import torch
from program_checks import class_of, shapes_of, state_of

import netdsl
from netdsl.diagnostics import NetError
from netdsl.network import Network

BATCH = 2


def others(value: Any) -> Iterator[Any]:
    """Other values of a kind."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (2 * value, value + 1, value - 1)
    elif isinstance(value, float):
        yield from (value / 2, value + 1)
    elif isinstance(value, tuple) and value and all(type(v) is int for v in value):
        yield from (tuple(2 * v for v in value), tuple(v + 1 for v in value))


def check_other_arguments(network: Network, text: str, source: str, net: str | None) -> int:
    """How many values were tried with which the source has a network too."""
    made = class_of(text, network.torch_class)
    parameters = list(inspect.signature(made.__init__).parameters.values())[1:]
    tried = 0
    taken = inspect.signature(netdsl.loads).parameters  # `input`: such a one is set as text only
    for parameter in parameters:
        if parameter.name in taken:
            continue
        for value in others(parameter.default):
            given = {parameter.name: value}
            try:
                wanted = netdsl.loads(source, net=net, **given)
            except NetError:
                continue
            tried += 1
            with torch.device("meta"):
                module = made(**given).eval()
                inputs = [torch.empty(BATCH, *v.shape) for v in wanted.design.inputs.values()]
                got = shapes_of(module(*inputs))
            said = wanted.state_dict_shapes()
            different = {k: v for k, v in state_of(module).items() if said.get(k) != v}
            assert state_of(module).keys() == said.keys(), f"{given}: other names of weights"
            assert not different, f"{given}: {different}, not {[said[k] for k in different]}"
            outputs = [(BATCH, *v.shape) for v in wanted.design.outputs.values()]
            assert got == outputs, f"{given}: gives {got}, not {outputs}"
    return tried
