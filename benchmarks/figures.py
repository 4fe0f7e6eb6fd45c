"""Every network of the zoo as a figure, on a page and in a column: what was chosen, and what the lint says.

A row is one network at one size: level of detail, columns, the figure's size in inches, its smallest label as it
stands in the emitted SVG (read by `svg_facts`, which knows nothing of scenes), boxes, labels that DejaVu Sans would
push to the border of their box, bends of the trunk, faults, and the seconds of CPU that drawing and writing took.

    python benchmarks/figures.py [--only NAME ...] [--theme light] [--direction right] [--kind network]
                                 [--markdown] [--save FOLDER]

Faults are printed below the table. The exit status is 1 if a figure has one, is larger than it may be, has a label
below 7 points, or could not be drawn.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import netdsl
from netdsl.backends.diagram.scene.lint import INCH, Report, report
from netdsl.backends.diagram.scene.lint_texts import LEAST_SIZE
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.scene.theme_file import theme
from netdsl.backends.diagram.scene.themes import Theme
from netdsl.backends.diagram.settings import DIRECTIONS, KINDS, Settings
from netdsl.design import Design
from netdsl.diagnostics import NetError
from netdsl.zoo import entries

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "backends" / "diagram" / "scene"))

from svg_facts import SvgFacts, svg_facts

SIZES = {"page": (6.9, 9.4), "column": (3.25, 9.4)}  # inches: what a figure may measure
ROUNDING = 0.005  # inches: sizes are written with two decimals
HEAD = (
    *("network", "size", "level", "columns", "inches", "smallest", "boxes"),
    *("DejaVu", "bends", "faults", "seconds"),
)
NUMBERS = ("columns", "smallest", "boxes", "DejaVu", "bends", "faults", "seconds")


def drawn(design: Design, settings: Settings, colours: Theme) -> tuple[Scene, str, str]:
    """The one place that knows how a figure is made: its scene, what was chosen ("level layer, 3 columns,
    ..."), and the SVG. Raises `NetError`."""
    from netdsl.backends.diagram.formats.svg import svg
    from netdsl.backends.diagram.kinds.registry import scene_of

    scene, chosen = scene_of((design,), settings)
    return scene, chosen, svg(scene, colours)


class Row(NamedTuple):
    """One figure; `failed` says why there is none."""

    network: str
    size: str
    chosen: str = ""
    found: Report | None = None
    facts: SvgFacts | None = None
    seconds: float = 0.0
    failed: str = ""

    @property
    def wrong(self) -> list[str]:
        """What is wrong with it, in words."""
        if self.found is None or self.facts is None:
            return [f"not drawn: {self.failed}"]
        width, height = SIZES[self.size]
        said = [str(fault) for fault in self.found.faults]
        if self.facts.width > width + ROUNDING or self.facts.height > height + ROUNDING:
            said.append(f"larger than {width} x {height} in")
        if self.facts.texts and self.facts.smallest < LEAST_SIZE - 1e-6:
            said.append(f"a label of {self.facts.smallest:g} pt")
        return said

    @property
    def cells(self) -> tuple[str, ...]:
        if self.found is None or self.facts is None:
            return (self.network, self.size, *[""] * 7, "-", f"{self.seconds:.2f}")
        return (
            self.network,
            self.size,
            part(r"level (\w+)", self.chosen),
            part(r"(\d+) columns?", self.chosen) or "1",
            f"{self.facts.width:.2f} x {self.facts.height:.2f}",
            f"{self.facts.smallest:.1f}",
            str(self.found.boxes),
            str(self.found.wide),
            str(self.found.trunk.bends),
            str(len(self.wrong)),
            f"{self.seconds:.2f}",
        )


def part(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match else ""


def row(
    name: str, design: Design, size: str, colours: Theme, folder: Path | None, asked: Settings
) -> Row:
    """Draw a network at one size and look at it."""
    width, height = SIZES[size]
    settings = asked.but(width=width * INCH, height=height * INCH)
    start = time.process_time()
    try:
        scene, chosen, text = drawn(design, settings, colours)
    except Exception as error:  # noqa: BLE001 -- one that fails is a row, not the end of the table
        said = f"{type(error).__name__}: {error}"
        if isinstance(error, NetError):
            said = "; ".join(f"{d.code} {d.message}" for d in error.diagnostics)
        return Row(name, size, failed=said, seconds=time.process_time() - start)
    seconds = time.process_time() - start
    if folder is not None:
        (folder / f"{name}_{size}.svg").write_text(text, encoding="utf-8")
    return Row(name, size, chosen, report(scene, colours), svg_facts(text), seconds)


def line(cells: Sequence[str], widths: Sequence[int], markdown: bool) -> str:
    padded = [
        cell.rjust(width) if head in NUMBERS else cell.ljust(width)
        for head, cell, width in zip(HEAD, cells, widths)
    ]
    return f"| {' | '.join(padded)} |" if markdown else "  ".join(padded).rstrip()


def summary(rows: Sequence[Row]) -> str:
    """All figures in a few lines."""
    good = [one for one in rows if one.found is not None and one.facts is not None]
    kinds = Counter(fault.kind for one in good if one.found for fault in one.found.faults)
    levels = Counter((one.size, part(r"level (\w+)", one.chosen)) for one in good)
    smallest = min((one.facts.smallest for one in good if one.facts and one.facts.texts), default=0)
    bent = sum(1 for one in good if one.found and not one.found.trunk.straight)
    fine = sum(not one.wrong for one in rows)
    seconds = [one.seconds for one in rows]
    chosen = [f"{size} {level} {count}" for (size, level), count in sorted(levels.items())]
    said = [
        f"{len(good)} of {len(rows)} figures drawn, {fine} without a fault",
        f"smallest label {smallest:.1f} pt; {bent} with a bent trunk",
        f"{sum(seconds):.1f} s in all, at most {max(seconds, default=0):.1f} s",
        f"levels: {', '.join(chosen)}",
    ]
    if kinds:
        said.append("faults: " + ", ".join(f"{kind} {n}" for kind, n in sorted(kinds.items())))
    return "\n".join(said)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Every network of the zoo as a figure.")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these networks")
    parser.add_argument("--size", choices=SIZES, help="one size; else both")
    parser.add_argument("--theme", default="light", help="a theme, or a theme file")
    parser.add_argument("--kind", choices=KINDS, default="auto", help="a kind of figure")
    parser.add_argument("--direction", choices=DIRECTIONS, default="down", help="of the flow")
    parser.add_argument("--markdown", action="store_true", help="a table in Markdown")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="write the SVGs there")
    asked = parser.parse_args(arguments)
    colours = theme(asked.theme)
    settings = Settings(kind=asked.kind, direction=asked.direction)
    names = asked.only or [name for name, _ in entries()]
    if asked.save is not None:
        asked.save.mkdir(parents=True, exist_ok=True)
    widths = [len(head) for head in HEAD]
    widths[0] = max(widths[0], *map(len, names))
    widths[4] = len("6.90 x 9.40")
    print(line(HEAD, widths, asked.markdown))
    if asked.markdown:
        print(f"|{'|'.join('--:' if head in NUMBERS else '---' for head in HEAD)}|")
    rows: list[Row] = []
    for name in names:
        design = netdsl.load(f"zoo:{name}").design
        for size in [asked.size] if asked.size else SIZES:
            rows.append(row(name, design, size, colours, asked.save, settings))
            print(line(rows[-1].cells, widths, asked.markdown), flush=True)
    print(f"\n{summary(rows)}")
    for one in rows:
        if one.wrong:
            print(f"\n{one.network}, {one.size}:")
            print("\n".join(f"  {said}" for said in one.wrong))
    return 1 if any(one.wrong for one in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
