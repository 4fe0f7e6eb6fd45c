"""What is said beside the steps: facts, names of checkpoints, expectations, documentation, comments."""

from __future__ import annotations

from collections.abc import Sequence

from reading.layer_rules import need
from reading.values import Target, Val

from drawing.dice import Dice

FACTS = (
    "year: 2015",
    'paper: "a paper"',
    "top5: 6.7",
    "sizes: [1, 2, 3]",
    "input: 3x224x224",
    "published: true",
    "alpha: 1e-3",
)
EXPECTATIONS = (
    "parameters >= 0",
    "macs < 10 ** 12",
    "layers <= 10_000",
    "connections >= 0",
    "parameters >= 0 and layers >= 0",
    "not parameters < 0",
)
REMARKS = ("# a remark", "#", "# {curly", "# -> | :: @in", '# "quoted', "#tight", "# äöü 漢")


# What they are stands in extern_layers.py.
EXTERNS = {
    "Scaled": 'extern layer Scaled(factor=0.5) -> in.shape = "extern_layers:Scaled"',
    "Widened": (
        "extern layer Widened(channels) -> [channels, in.height, in.width]"
        ' = "extern_layers:Widened"'
    ),
}


class ExternLayer:
    """An `extern layer`, as the programs know it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.params: list[tuple[str, str | None]] = (
            [("factor", "0.5")] if name == "Scaled" else [("channels", None)]
        )

    def run(self, bound: dict[str, object], x: Val) -> Val:
        if self.name == "Scaled":
            return Val(x.shape)
        need(len(x.shape) == 3)  # its declaration is for images
        channels = Target("identity", bound).bound["channels"]
        need(channels >= 1)  # type: ignore[operator]
        return Val((channels, *x.shape[1:]))  # type: ignore[list-item]


class Dressing(Dice):
    def facts(self) -> str:
        chosen = self.rng.sample(FACTS, self.rng.randrange(1, 4))
        return "meta { " + "  ".join(chosen) + " }"

    def expectation(self) -> str:
        return f"expect {self.pick(EXPECTATIONS)}"

    def names_of_checkpoints(self, labels: Sequence[str]) -> str | None:
        plain = [name for name in labels if name.isidentifier()]
        if not plain:
            return None
        lines = [
            f'{label}: "backbone.{label}"' if self.chance(0.7) else f'"{label}": "old.{label}"'
            for label in self.rng.sample(plain, min(len(plain), 2))
        ]
        return "keys { " + "  ".join(lines) + " }"

    def commented(self, text: str) -> str:
        """The text with remarks at the ends of lines and between them, and empty lines."""
        found = []
        for line in text.split("\n"):
            if self.chance(0.05):
                found.append(self.pick(REMARKS))
            if self.chance(0.03):
                found.append("")
            found.append(f"{line}  {self.pick(REMARKS)}" if self.chance(0.1) and line else line)
        return "\n".join(found)
