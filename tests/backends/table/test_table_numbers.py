"""The numbers of every row against the live module: parameters, buffers, MACs and shapes at its key."""

from __future__ import annotations

import pytest
import torch
from table_networks import (
    NAMES,
    every_row,
    live,
    macs_by_module,
    network,
    output_shapes,
    prefixed,
)

from netdsl.backends.table.model import Row
from netdsl.backends.table.rows import totals_of

torch.set_num_threads(1)
every = pytest.mark.parametrize("name", NAMES)
LEAVES = ("layer", "param")


@every
def test_weights(name: str) -> None:
    net = network(name)
    module = live(name)
    keyed = 0
    for _, row in every_row(net):
        if row.key and not row.shared:
            assert row.parameters == prefixed(module.named_parameters(), row.key), row
            assert row.buffers == prefixed(module.named_buffers(), row.key), row
            keyed += 1
        else:
            assert (row.parameters, row.buffers) == (0, 0), row
    assert keyed >= 3
    leaves = [row for _, row in every_row(net) if row.kind in LEAVES]
    assert sum(row.parameters or 0 for row in leaves) == sum(p.numel() for p in module.parameters())
    # every tensor has its row
    keys = {row.key for row in leaves if not row.shared}
    for tensor in module.state_dict():
        assert tensor in keys or tensor.rpartition(".")[0] in keys, tensor


@every
def test_totals(name: str) -> None:
    net = network(name)
    module = live(name)
    totals = totals_of(net.design)
    learned = dict(module.named_parameters())
    side = sum(prefixed(module.named_parameters(), aux) for aux in net.design.net.aux)
    assert totals.with_auxiliary == sum(p.numel() for p in learned.values())
    assert totals.parameters == totals.with_auxiliary - side
    assert totals.buffers == sum(b.numel() for b in module.buffers())
    assert totals.macs == macs_by_module(name)[0]
    used = [row for _, row in every_row(net) if row.kind in LEAVES and not row.auxiliary]
    assert totals.parameters == sum(row.parameters or 0 for row in used)
    assert totals.macs == sum(row.macs or 0 for row in used)


@every
def test_macs(name: str) -> None:
    """A module that is used again has all its work at one path, so what its uses do is added up."""
    net, module = network(name), live(name)
    _, counts = macs_by_module(name)
    ours: dict[str, int | None] = {}
    shared: dict[str, int] = {}
    for _, row in every_row(net):
        if row.key and row.shared:
            shared[row.key] = shared.get(row.key, 0) + (row.macs or 0)
        elif row.key and not row.auxiliary and not row.declared and row.kind != "param":
            ours[row.key] = row.macs
    paths = dict(module.named_modules())
    assert any(ours.values())
    for key, macs in {**ours, **shared}.items():
        if key in paths:  # a lone weight is no module
            assert counts.get(key, 0) == macs, key


@every
def test_shapes(name: str) -> None:
    net = network(name)
    shapes = output_shapes(name)
    compared = 0
    for _, row in every_row(net):
        if row.key and row.key in shapes and not row.shared and not row.declared:
            assert row.shape is not None
            assert tuple(row.shape) == shapes[row.key], row
            compared += 1
    assert compared >= 2


@every
def test_levels_add_up(name: str) -> None:
    """A row's numbers are the sums of those below it."""

    def check(row: Row) -> None:
        for child in row.children:
            check(child)
        if row.children:
            assert row.parameters == sum(c.parameters or 0 for c in row.children), row
            assert row.macs == sum(c.macs or 0 for c in row.children), row

    for depth, row in every_row(network(name)):
        if depth == 0:
            check(row)


@every
def test_folding_keeps_the_sums(name: str) -> None:
    net = network(name)
    for fold in (False, True):
        top = [row for depth, row in every_row(net, fold) if depth == 0 and not row.auxiliary]
        assert sum(row.parameters or 0 for row in top) == net.parameters_used
        assert sum(row.macs or 0 for row in top) == net.macs
    plain = sum(1 for _ in every_row(net))
    folded = sum(_size(row) for depth, row in every_row(net, True) if depth == 0)
    assert folded == plain


def _size(row: Row) -> int:
    """How many rows a folded one stands for."""
    return row.count * (1 + sum(_size(child) for child in row.children))
