"""Whole programs: definitions, blocks, a net."""

from __future__ import annotations

import re
from random import Random

from reading.layer_rules import Invalid
from reading.statements import Let
from reading.values import DONE, Target

from drawing.detectors import Detectors
from drawing.dressing import EXTERNS, ExternLayer
from drawing.nets import Nets

DETECTORS = 0.16  # their share of the programs: every kind of head must be in one of a hundred


class Program:
    """A program: its text, the net that is meant, and whether it is a detector."""

    def __init__(self, text: str, net: str, detects: bool = False) -> None:
        self.text = text
        self.net = net
        self.detects = detects
        self.seed: int | None = None


class Programs(Nets):
    def program(self) -> Program:
        for _ in range(self.pick([0, 0, 1, 2])):
            let = self.attempt(self.file, self.file_let)
            if let is not None:
                self.lets.append(let)
        for name in [n for n in EXTERNS if "externs" in self.on and n not in self.file.names]:
            self.file.names[name] = Target(ExternLayer(name))
        wanted = self.pick([0, 1, 1, 2, 2, 3]) if "blocks" in self.on else 0
        for _ in range(wanted):
            block = self.attempt(self.file, self.block, 4)
            if block is not None:
                self.blocks.append(block)
                self.file.names[block.name] = Target(block)
        for _ in range(20):
            restore = self.file.snapshot()
            try:
                name, text = self.net()
                break
            except Invalid:
                restore()
        else:
            name, text = "Net", "net Net {\ninput image: 3x8x8\nconv(4, 3x3) -> relu\n}"
        pieces = [*(let.text() for let in self.lets), *(b.text() for b in self.blocks), text]
        body = "\n\n".join(pieces)
        used = [t for n, t in EXTERNS.items() if re.search(rf"\b{n}\b", body)]
        if used and "externs" in self.on:
            body = "\n".join(used) + "\n\n" + body
        if self.chance(0.1):
            body = f'"""A file of a random program."""\n\n{body}'
        whole = indented(body) + "\n"
        return Program(self.commented(whole) if "remarks" in self.on else whole, name)

    def file_let(self) -> Let:
        forms = [
            "8",
            "[4, 8]",
            "[[4, 1], [6, 1], [8, 2]]",
            "[2, 4, 4]",
            "relu",
            "bn(eps=1e-3)",
            "0.5",
            "true",
            "maxpool(2x2)",
            "3x3",
            "leaky_relu(0.1)",
            "conv(4, 1x1)",
        ]
        let = Let(self.variable(self.file), self.pick(forms))
        if any(re.search(rf"\b{let.name}\b", other.value) for other in (let, *self.lets)):
            raise Invalid  # definitions of a file see each other
        let.run(self.file, None)
        return let


def indented(text: str) -> str:
    """The text with two spaces for every open brace."""
    depth, out = 0, []
    for line in text.split("\n"):
        line = line.strip()
        inner = depth - (1 if line.startswith("}") else 0)
        out.append("  " * inner + line if line else "")
        depth += line.count("{") - line.count("}")
    return "\n".join(out)


def program(rng: Random) -> Program:
    """A random program."""
    DONE.clear()
    if rng.random() < DETECTORS:
        return Program(*Detectors(rng).program(), detects=True)
    return Programs(rng).program()
