"""Advice on what is never read and on reductions: right about what it says, silent about the zoo's rest."""

from __future__ import annotations

import pytest

from netdsl.compiler import Compilation
from netdsl.data import data_file
from netdsl.reading import read_text
from netdsl.source import Source


def advised(body: str, size: str = "8x224x224") -> list[tuple[str, str]]:
    text = f"net N {{\n input x: {size}\n {body}\n}}\n"
    found = Compilation(Source("n.net", text)).check(principles=True)
    assert not [d for d in found if d.code < "W"]
    return [(d.code, d.message) for d in found if d.code in ("W303", "W304", "W305")]


END = "never read, at the end: the stride does not come out even"
GAPS = "the stride is larger than the kernel: {} % of the map is never read"


@pytest.mark.parametrize(
    ("body", "size", "said"),
    [
        # (224 - 5) mod 4 = 3
        ("conv(8, 5x5, stride=4)", "8x224x224", f"3 of 224 rows and columns are {END}"),
        ("maxpool(3x3, stride=2)", "8x56x57", f"1 of 56 rows is {END}"),
        ("maxpool(3x3, stride=2)", "8x57x57", None),
        ("maxpool(3x3, stride=2, ceil_mode=true)", "8x56x56", None),
        ("maxpool(3x3, stride=2, padding=1)", "8x56x56", None),  # the padding takes what is over
        ("conv(8, 7x7, stride=2, padding=3)", "8x224x224", None),
        ("maxpool(3, stride=2)", "8x56", f"1 of 56 places is {END}"),
        ("conv(8, 1x1, stride=2)", "8x56x56", GAPS.format(75)),
        ("conv(8, 2x2, stride=3)", "8x56x56", GAPS.format(54)),  # 38 of 56 rows: 1 - (38/56)^2
        ("conv(8, 1x1, stride=2) -> relu", "8x?x?", None),
        # somebody else reads the rest
        ("add { | conv(8, 1x1, stride=2) | conv(8, 3x3, stride=2, padding=1) }", "8x56x56", None),
        (
            "a: relu\n conv(8, 1x1, stride=2)\n @a -> global_avgpool -> b: conv(8, 1x1)",
            "8x6x6",
            None,
        ),
        ("conv(8, 3x3, padding=1) -> upsample(scale=2)", "8x5x5", None),
        ("crop(50x50)", "8x56x56", None),
    ],
)
def test_what_is_never_read(body: str, size: str, said: str | None) -> None:
    body = body.replace("maxpool(3,", "maxpool(3,")
    assert [message for _, message in advised(body, size)] == ([said] if said else [])


def test_through_blocks() -> None:
    """A block's first step reads what enters the block: beside a shortcut that reads as little, or not."""
    text = """
    block unit(kernel_size, padding) {
      residual { conv(16, kernel_size, stride=2, padding=padding) } shortcut { conv(16, 1x1, stride=2) }
    }
    net N {
      input x: 8x56x56
      %s
    }
    """
    for body, said in (("unit(1x1, 0)", [GAPS.format(75)]), ("unit(3x3, 1)", [])):
        found = Compilation(Source("n.net", text % body)).check(principles=True)
        assert [d.message for d in found if d.code == "W304"] == said


def test_reductions() -> None:
    module = "concat {{ | conv(64, 1x1) | {} }}"
    wide = module.format("conv(32, 5x5, padding=2)")
    # 25 * 192 * 32 against 192 * 16 + 25 * 16 * 32
    ((code, message),) = advised(wide, "192x28x28")
    assert code == "W305"
    assert message == (
        "a 5x5 convolution reads all 192 channels; with a 1x1 to 16 before it, it takes 90 % less"
    )
    assert 1 - (192 * 16 + 25 * 16 * 32) / (25 * 192 * 32) == pytest.approx(0.8967, abs=1e-4)
    narrow = module.format("conv(16, 1x1) -> relu -> conv(32, 5x5, padding=2)")
    assert advised(narrow, "192x28x28") == []
    assert advised("conv(32, 5x5, padding=2)", "192x28x28") == []  # no branch of a module
    assert advised(module.format("conv(384, 3x3, padding=1)"), "288x35x35") == []


def found_in(name: str) -> set[tuple[str, str]]:
    path = data_file("zoo") / f"{name}.net"
    found = Compilation(Source(path.name, read_text(path)), path).check(principles=True)
    return {(d.code, d.span.text) for d in found if d.span is not None}


def test_the_zoo() -> None:
    """All of what is said of the zoo beside W301 and W302, and each is so: the ResNets as first published
    stride on a 1x1; 224 is one too many for NiN's and SqueezeNet's first strides; the naive module has no
    reductions."""
    said: set[tuple[str, str, str]] = set()
    for path in sorted(data_file("zoo").glob("*.net")):
        said |= {
            (path.stem, code, text)
            for code, text in found_in(path.stem)
            if code in ("W303", "W304", "W305")
        }
    assert {(name, code) for name, code, _ in said} == {
        ("inception_naive", "W305"),
        ("nin", "W303"),
        ("resnet", "W304"),
        ("squeezenet", "W303"),
    }
