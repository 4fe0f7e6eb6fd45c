"""`netdsl verify`: what files state about their nets, and what is found, side by side."""

from __future__ import annotations

from netdsl.elaborate.verdicts import Verdict
from netdsl.escaping.terminal import line as on_terminal

MARKS = {True: "met", False: "NOT MET"}


class Account:
    """The verdicts on files, one after the other."""

    def __init__(self) -> None:
        self.files = 0
        self.nets = 0
        self.met = 0
        self.unmet = 0
        self.wrong = 0  # files that have other mistakes
        self._parts: list[str] = []

    def add(self, file: str, verdicts: dict[str, list[Verdict]]) -> None:
        """The verdicts on the nets of a file."""
        self.files += 1
        for net, found in verdicts.items():
            self.nets += 1
            self.met += sum(v.met for v in found)
            self.unmet += sum(not v.met for v in found)
            self._parts.append("\n".join([f"{net}  ({on_terminal(file)})", *_lines(file, found)]))

    def text(self) -> str:
        """Every verdict, and how many there are of each kind."""
        said = [counted(self.files, "file"), counted(self.nets, "net")]
        said.append(f"{counted(self.met + self.unmet, 'statement')}, {self.met} met")
        if self.unmet:
            said.append(f"{self.unmet} NOT met")
        if self.wrong:
            said.append(f"{counted(self.wrong, 'more file')} with errors")
        return "\n\n".join([*self._parts, ", ".join(said)])


def _lines(file: str, found: list[Verdict]) -> list[str]:
    if not found:
        return ["  states nothing"]
    rows = []
    for verdict in found:
        source, (line, _) = verdict.span.source.name, verdict.span.place
        place = f"line {line}" if source == file else f"{source} line {line}"
        shown = map(on_terminal, (place, verdict.stated, verdict.found))
        rows.append((*shown, MARKS[verdict.met]))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return ["  " + "  ".join([*(c.ljust(w) for c, w in zip(row, widths)), row[3]]) for row in rows]


def counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
