"""Small programs that were emitted wrongly once: each file of found/ says what was wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from agreement import check_opened
from other_arguments import check_other_arguments
from program_checks import (
    check_exact,
    check_idle,
    check_numbers,
    check_on_meta,
    check_text,
    emitted,
)

import netdsl

FOUND = sorted(Path(__file__).with_name("found").glob("*.net"))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_found(path: Path) -> None:
    network = netdsl.load(path)
    text = emitted(network.design)
    check_text(text)
    check_on_meta(network, text)
    check_numbers(network, text)
    check_exact(network, text)
    check_idle(network, text)
    source = path.read_text(encoding="utf-8")
    check_other_arguments(network, text, source, network.name)
    if not network.design.heads:
        check_opened(network, text, source, network.name)
