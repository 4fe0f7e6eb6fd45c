"""The gallery: every figure of `gallery/figures.toml`, drawn as its command line says, and the page of them.

`make gallery` writes docs/gallery; `python docs/gallery.py googlenet unet` draws these two alone. The same
files come out on every machine, so that they can be committed and compared.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

from netdsl.cli import main as netdsl

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "gallery"
ABOUT = """\
# Gallery

Architecture figures, each from a `.net` source and one command, with nothing placed by hand: those of the papers
redrawn from the networks of the [zoo](../zoo.md), and from some [small files](sources). They are made at the size
at which they are printed, for a page of 6.9 inches unless the command says otherwise, and no letter is
smaller than 7 points. What shapes and lines mean, and all options: [figures.md](../figures.md).

`make gallery` makes this page and its figures, from [figures.toml](figures.toml). Commands are run in the
repository's root.
"""


class Entry(NamedTuple):
    """A figure: what is compiled and how, its title and a sentence. `dark` figures have a second one for dark
    pages; of a text, `shown` is how it is fenced."""

    name: str
    title: str
    command: str
    says: str
    dark: bool = False
    shown: str = ""

    @property
    def files(self) -> dict[str, list[str]]:
        """The names of its files and the arguments of `netdsl` that draw each."""
        base = ["compile", *shlex.split(self.command), "--to", "diagram"]
        if self.shown:
            return {f"{self.name}.txt": base}
        found = {f"{self.name}.svg": base}
        if self.dark:
            found[f"{self.name}-dark.svg"] = [*base, "--theme", "dark"]
        return found


class Section(NamedTuple):
    title: str
    entries: list[Entry]


def sections() -> list[Section]:
    """What figures.toml lists."""
    listed = tomllib.loads((FOLDER / "figures.toml").read_text(encoding="utf-8"))["section"]
    return [Section(s["title"], [Entry(**figure) for figure in s["figure"]]) for s in listed]


def draw(arguments: list[str], to: Path) -> str:
    """Run `netdsl` with these arguments; the result is what it has written to the file `to`."""
    netdsl([*arguments, "-o", str(to)], standalone_mode=False)
    return to.read_text(encoding="utf-8")


def page(listed: list[Section], texts: dict[str, str]) -> str:
    """The page; `texts` are the files of figures that stand in it as texts."""
    parts = [ABOUT]
    parts += [
        f"- [{s.title}](#{anchor(s.title)}): {', '.join(map(link, s.entries))}" for s in listed
    ]
    for section in listed:
        parts.append(f"\n## {section.title}")
        for entry in section.entries:
            shown = entry.command + " --to diagram"
            shown += "" if entry.shown else f" -o {entry.name}.svg"
            parts.append(f"\n### {entry.title}\n\n{entry.says}\n")
            if entry.shown:
                parts.append(f"```{entry.shown}\n{texts[f'{entry.name}.txt'].rstrip()}\n```\n")
            else:
                parts.append(f"{picture(entry)}\n")
            parts.append(f"```sh\nnetdsl compile {shown}\n```")
    return "\n".join(parts) + "\n"


def picture(entry: Entry) -> str:
    """The figure, as a Markdown page of GitHub shows it."""
    image = f'<img src="{entry.name}.svg" alt="{entry.title}">'
    if not entry.dark:
        return image
    media = '(prefers-color-scheme: dark)"'
    return f'<picture><source media="{media} srcset="{entry.name}-dark.svg">{image}</picture>'


def link(entry: Entry) -> str:
    return f"[{entry.title}](#{anchor(entry.title)})"


def anchor(title: str) -> str:
    """What GitHub calls a heading."""
    kept = "".join(c for c in title.lower() if c.isalnum() or c in " -")
    return kept.replace(" ", "-")


def main(names: list[str]) -> None:
    """Draw the figures of these names, or all of them, and write the page."""
    os.chdir(ROOT)
    listed = sections()
    entries = [entry for section in listed for entry in section.entries]
    files: set[str] = set()
    texts: dict[str, str] = {}
    for entry in entries:
        for name, arguments in entry.files.items():
            files.add(name)
            if entry.shown:
                with tempfile.TemporaryDirectory() as folder:
                    texts[name] = draw(arguments, Path(folder) / name)
            elif not names or entry.name in names:
                print(f"{name}: ", end="", file=sys.stderr, flush=True)
                draw(arguments, FOLDER / name)
    for path in sorted(FOLDER.glob("*.svg")):
        if path.name not in files:
            path.unlink()
    (FOLDER / "README.md").write_text(page(listed, texts), encoding="utf-8")
    print(f"{len(entries)} figures in {FOLDER.relative_to(ROOT)}/README.md", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
