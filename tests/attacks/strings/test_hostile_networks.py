"""Networks full of hostile texts, through every output: it is what harmless texts give, but for the texts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hostile_checks import check
from hostile_outputs import made, outputs
from hostile_texts import harmless_texts, hostile_texts, program

import netdsl
from netdsl.network import Network

TO_A_FILE = 100
SLOW = ("svg:font", "torch:narrow", "png:figure")


@cache
def networks(seed: int) -> tuple[Network, Network]:
    """One with hostile texts and one with others."""
    texts = hostile_texts(seed, TO_A_FILE)
    first, second = (netdsl.loads(program(t), "Hostile") for t in (texts, harmless_texts(texts)))
    return first, second


def sweep(seeds: range, name: str) -> int:
    count = 0
    for seed in seeds:
        found, other = networks(seed)
        text = made(name, found, other)
        harmless = made(name, other, other)
        assert (text is None) == (harmless is None)
        if text is not None and harmless is not None:
            if name.split(":")[-1] in ("compare", "diff", "breaking"):
                harmless = made(name, *differing(seed))
                assert harmless is not None
            check(name, text, harmless)
            count += 1
    return count


@cache
def differing(seed: int) -> tuple[Network, Network]:
    """Two networks of harmless texts that differ where the hostile one differs from the first of them."""
    texts = hostile_texts(seed, TO_A_FILE)
    others = [f"other{i}" for i, _ in enumerate(texts)]
    return netdsl.loads(program(others), "Hostile"), networks(seed)[1]


@pytest.mark.parametrize("name", [n for n in outputs() if n not in SLOW])
def test_hostile_texts_stay_texts(name: str) -> None:
    if not sweep(range(2), name):
        assert name.partition(":")[2] not in ("", "table", "figure", "compare", "diff", "breaking")


@pytest.mark.slow
@pytest.mark.parametrize("name", outputs())
def test_ten_thousand_hostile_texts_stay_texts(name: str) -> None:
    sweep(range(100, 200), name)


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module that leaves a mark where it is imported, and one that stands for a layer from elsewhere."""
    mark = tmp_path / "mark"
    (tmp_path / "netdsl_canary.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
    (tmp_path / "netdsl_absent").mkdir()
    (tmp_path / "netdsl_absent" / "part.py").write_text(
        "from torch import nn\n\n\nclass Odd(nn.Identity):\n"
        "    def __init__(self, a, b=1):\n        super().__init__()\n        self.a = a\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield mark
    for name in [n for n in sys.modules if n.startswith(("netdsl_absent", "netdsl_canary"))]:
        del sys.modules[name]


def test_the_canary_would_sing(canary: Path) -> None:
    exec("import netdsl_canary")  # noqa: S102
    assert canary.exists()


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(s, marks=pytest.mark.slow) for s in range(100, 200))]
)
def test_emitted_modules_run_nothing_of_a_text(seed: int, canary: Path) -> None:
    import torch

    network, _ = networks(seed)
    space: dict[str, object] = {"__name__": "emitted"}
    exec(compile(network.torch_source(), "emitted.py", "exec"), space)  # noqa: S102
    made = space[network.torch_class]
    module = made()  # type: ignore[operator]
    assert module(torch.zeros(1, 3, 4, 4)).shape == (1, 4, 4, 4)
    assert not canary.exists() and "netdsl_canary" not in sys.modules
    arguments = {part.a for part in module.modules() if isinstance(getattr(part, "a", None), str)}
    texts = set(hostile_texts(seed, TO_A_FILE))
    assert len(arguments & texts) > 10  # which came through as they were
