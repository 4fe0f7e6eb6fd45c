"""Every pass over every network of the zoo: what is not refused with a reason is emitted, and checked there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from netdsl.compiler import Compilation, zoo_files
from netdsl.diagnostics import NetError
from netdsl.elaborate.program import open_parameters
from netdsl.network import Network
from netdsl.reading import read_text
from netdsl.source import Source

PASSES: dict[str, Callable[[Network], Network]] = {
    "fold": lambda net: net.fold_bn(),
    "convolutional": lambda net: net.convolutional(),
    "coarser": lambda net: net.dilate(output_stride=16),
    "finer": lambda net: net.dilate(output_stride=8),
}
REASONS = {"E477", "E478", "E479", "E480", "E481"}


@pytest.mark.slow
@pytest.mark.parametrize("path", zoo_files(), ids=lambda path: path.stem)
def test_zoo(path: Path) -> None:
    text = read_text(path)
    file = Compilation(Source(path.name, text), path).file
    assert file is not None
    for node in file.nets:
        if open_parameters(file, node) or "1202" in node.name.text:
            continue
        net = Network(Compilation(Source(path.name, text), path).design(node.name.text))
        for change in PASSES.values():
            try:
                made = change(net)
            except NetError as error:
                (found,) = error.diagnostics
                assert found.code in REASONS and (found.hint or found.span), str(error)
                continue
            compile(made.torch_source(), path.name, "exec")
            assert made.parameters <= net.parameters + sum(
                shape[0] for name, shape in made.state_dict_shapes().items() if "bias" in name
            )
            assert made.table()
