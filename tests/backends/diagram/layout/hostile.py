"""Programs that nobody would draw by hand, of any size: every figure of them must be made, and soon."""

from __future__ import annotations

from collections.abc import Callable

WIDE_LETTERS = "".join(map(chr, (0x7DB2, 0x7D61, 0x5C64)))  # far eastern: as wide as they are high
FACE = chr(0x1F600)


def chain(size: int) -> str:
    """Layers that all differ from the one before."""
    block = "block part(k) {\nfor i in range(50) {\nconv(16 + (i + k) % 7, 1x1)\n}\n}\n"
    layers = f"for j in range({size // 50}) {{\npart(j % 7)\n}}\n"
    return f"{block}net Chain {{\ninput image: 8x?x?\n{layers}}}\n"


def equal(size: int) -> str:
    """Layers that are all the same."""
    layers = f"repeat {size // 2} {{ conv(8, 3x3) -> relu }}\n"
    return f"net Equal {{\ninput image: 8x?x?\n{_padded(layers)}}}\n"


def branches(size: int) -> str:
    """One concatenation of many branches."""
    bars = "".join(
        f"| conv({1 + i % 5}, {1 + 2 * (i % 3)}x{1 + 2 * (i % 3)})\n" for i in range(size)
    )
    return f"net Branches {{\ninput image: 8x16x16\nconcat {{\n{_padded(bars)}}}\n}}\n"


def long_branches(size: int) -> str:
    """Branches of different lengths."""
    bars = f"for i in range({size}) {{\n| conv(4, 1x1) -> {{ repeat i % 9 {{ conv(4 + i % 9, 1x1) }} }}\n}}\n"
    return f"net Lengths {{\ninput image: 8x16x16\nconcat {{\n{bars}}}\n}}\n"


def nested(size: int) -> str:
    """Concatenations in concatenations."""
    inside = "conv(8, 3x3)"
    for _ in range(size):
        inside = f"concat {{\n| conv(8, 1x1)\n| {inside} -> conv(8, 1x1)\n}}"
    return f"net Nested {{\ninput image: 8x16x16\n{_padded(inside)}\n}}\n"


def residuals(size: int) -> str:
    """Shortcuts around shortcuts."""
    body = "residual {\n" * size + "conv(8, 3x3)\n" + "conv(8, 3x3)\n}\n" * size
    return f"net Shortcuts {{\ninput image: 8x16x16\n{_padded(body)}}}\n"


def groups(size: int) -> str:
    """Panels in panels, with names of their own."""
    opened = "".join(f"level{i}: {{\nconv(8, 3x3)\n" for i in range(size))
    return f"net Groups {{\ninput image: 8x16x16\n{_padded(opened)}{'}' * size}\n}}\n"


def readings(size: int) -> str:
    """Every label is read again at the end, all in one sum."""
    steps = "".join(f"a{i}: conv(8, 3x3) -> relu\n" for i in range(size))
    bars = "".join(f"| @a{i}\n" for i in range(size))
    return f"net Readings {{\ninput image: 8x16x16\n{_padded(steps)}concat {{\n{bars}}}\n}}\n"


def crossings(size: int) -> str:
    """Every label is read by all later ones that are at a distance of a power of two."""
    lines = []
    for i in range(size):
        earlier = [i - (1 << k) for k in range(12) if i - (1 << k) >= 0]
        bars = "".join(f"| @a{j} -> conv(4, 1x1)\n" for j in earlier)
        lines.append(f"a{i}: {{\nconcat {{\n{bars}| conv(4, 1x1)\n}}\n}}\n")
    return f"net Crossings {{\ninput image: 8x16x16\n{''.join(lines)}}}\n"


def outputs(size: int) -> str:
    """Many results, from all along the trunk."""
    steps = "".join(f"a{i}: conv(8, 3x3)\n" for i in range(size))
    given = "output " + ", ".join(f"a{i}" for i in range(size)) + "\n"
    return f"net Outputs {{\ninput image: 8x16x16\n{_padded(steps)}{given}}}\n"


def inputs(size: int) -> str:
    """Many inputs, joined at once."""
    given = "".join(f"input i{k}: 3x16x16\n" for k in range(size))
    bars = "".join(f"| @i{k} -> conv(4, 3x3)\n" for k in range(size))
    return f"net Inputs {{\n{given}concat {{\n{_padded(bars)}}}\n}}\n"


def names(size: int) -> str:
    """Names that no box has room for."""
    long = "a" * size
    block = f"block {long}(width) {{ conv(width, 3x3, padding=1) -> relu }}\n"
    return f"{block}net {'N' * size} {{\ninput {'i' * size}: 8x16x16\n{'b' * size}: {long}(8)\n{'c' * size}: {long}(16)\n}}\n"


def meta(size: int) -> str:
    """A title in letters that no font of the core has."""
    title = (WIDE_LETTERS + FACE) * (size // 4)
    return f'net Meta {{\ninput image: 8x16x16\nconv(8, 3x3)\nmeta {{ name: "{title}" }}\n}}\n'


def dense(size: int) -> str:
    return f"net Dense {{\ninput image: 8x16x16\ndense({size}) {{ conv(4, 3x3, padding=1) }}\n}}\n"


def repeats(size: int) -> str:
    """Repeats of repeats, of which none is equal to the next."""
    body = "for i in range(4) {\nfor j in range(4) {\nconv(8 + i + j, 1x1) -> relu\n}\n}\n"
    return "net Repeats {\ninput image: 8x16x16\n" + body * (size // 16) + "}\n"


def _padded(layers: str) -> str:
    return layers.replace("3x3)", "3x3, padding=1)").replace("5x5)", "5x5, padding=2)")


# At the sizes that are drawn in every run of the tests, and those of the sweep.
PROGRAMS: dict[Callable[[int], str], tuple[int, int]] = {
    chain: (500, 20_000),
    equal: (500, 20_000),
    branches: (200, 5_000),
    long_branches: (100, 2_000),
    nested: (12, 60),
    residuals: (20, 60),
    groups: (20, 60),
    readings: (40, 300),
    crossings: (20, 200),
    outputs: (20, 300),
    inputs: (20, 300),
    names: (100, 100),
    meta: (40, 400),
    dense: (20, 300),
    repeats: (64, 2_000),
}
