"""Texts of numbers, conditions and lists, made of what can be read."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from reading.frames import Frame
from reading.layer_rules import Invalid

from drawing.reach import Reach, is_int, is_number_list


class Expressions(Reach):
    """`on` are the features that this program may use."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.on: set[str] = set()

    def try_number(
        self,
        frame: Frame,
        low: float,
        high: float,
        make: Callable[[], str],
        whole: bool = True,
        multiple: int = 1,
    ) -> str | None:
        for _ in range(5):
            try:
                text = make()
                value = frame.evaluate(text)
            except Invalid:
                continue
            right = (
                is_int(value)
                if whole
                else isinstance(value, (int, float)) and not isinstance(value, bool)
            )
            if right and low <= value <= high and value % multiple == 0:
                return text
        return None

    def number(self, frame: Frame, low: int, high: int, multiple: int = 1) -> str:
        """A whole number within bounds: a literal, or an expression of what is known."""
        if self.chance(0.65):
            text = self.try_number(
                frame, low, high, lambda: self.arithmetic(frame), multiple=multiple
            )
            if text is not None:
                return text
        least = -(-low // multiple) * multiple
        return str(self.rng.randrange(least, high + 1, multiple))

    def channels(self, frame: Frame, multiple: int = 1, most: int = 16) -> str:
        if self.chance(0.35):
            return str(self.rng.randrange(multiple, most + 1, multiple))
        return self.number(frame, 1, most, multiple)

    def atom(self, frame: Frame) -> str:
        ints = self.named(frame, is_int)
        lists = self.named(frame, is_number_list)
        kind = self.rng.random()
        if kind < 0.55 and ints:
            return self.recent(ints)
        if kind < 0.70 and lists:
            name = self.recent(lists)
            index = self.pick(["0", "-1", "1", *ints])
            return f"{name}[{index}]"
        if kind < 0.85 and frame.block().entry is not None:
            return self.pick(
                ["in.channels", "in.channels", "in.channels", "in.height", "in.width", "in.length"]
            )
        reachable = self.values(frame)
        if kind < 0.93 and reachable:
            return f"{self.recent(reachable)[0]}.channels"
        return str(self.pick([1, 2, 3, 4, 6, 8]))

    def arithmetic(self, frame: Frame) -> str:
        a = self.atom(frame)
        if self.chance(0.5) or "arithmetic" not in self.on:
            return a
        b = self.atom(frame) if self.chance(0.3) else str(self.pick([1, 2, 3, 4, 8]))
        lists = self.named(frame, is_number_list) or [f"[{a}, {b}, 2]"]
        forms = [
            f"{a} * {b}",
            f"{b} * {a}",
            f"{a} + {b}",
            f"{a} - {b}",
            f"{a} // {b}",
            f"({a} + {b}) // 2",
            f"{a} * {b} // {b}",
            f"{a} % 4 + 2",
            f"{a} ** 2",
            f"-{a} + 20",
            f"max({a}, {b})",
            f"min({a}, {b})",
            f"max([{a}, {b}])",
            f"make_divisible({a} * 1.5, 4)",
            f"int({a} * 0.5)",
            f"round({a} / {b})",
            f"ceil({a} / {b})",
            f"floor({a} * 0.5)",
            f"abs({a} - 12)",
            f"int(sqrt({a} * {a}))",
            f"int(log2({a})) + 2",
            f"sum({self.pick(lists)})",
            f"len({self.pick(lists)}) * 2",
            f"[{a}, {b}][{self.pick(['0', '1'])}]",
            f"{a} if {self.condition(frame, 1)} else {b}",
        ]
        return self.pick(forms)

    def condition(self, frame: Frame, depth: int = 0) -> str:
        """What is true or false when the program is compiled."""
        flags = self.named(frame, lambda v: isinstance(v, bool))
        kind = self.rng.random()
        if kind < 0.25 and flags:
            return self.recent(flags) if self.chance(0.7) else f"not {self.recent(flags)}"
        if kind < 0.4 and depth == 0 and "arithmetic" in self.on:
            word = self.pick(["and", "or"])
            return f"{self.condition(frame, 1)} {word} {self.condition(frame, 1)}"
        a = self.atom(frame)
        value = frame.evaluate(a)
        if not is_int(value):
            raise Invalid
        near = str(max(0, value + self.pick([-1, 0, 0, 0, 1, 2])))
        b = self.atom(frame) if self.chance(0.3) else near
        if kind < 0.5:
            return f"{a} % 2 == 0"
        return f"{a} {self.pick(['==', '!=', '==', '!=', '<', '<=', '>', '>='])} {b}"

    def truth(self, frame: Frame) -> str:
        """A condition that can be decided here."""
        for _ in range(6):
            try:
                text = self.condition(frame)
                if isinstance(frame.evaluate(text), bool):
                    return text
            except Invalid:
                continue
        return self.pick(["true", "false"])

    def real(self, frame: Frame, low: float = 0.0, high: float = 1.0) -> str:
        """A number that need not be whole."""
        names = self.named(frame, lambda v: isinstance(v, float))
        forms = ["0.5", "0.25", "1 / 4", "0.1", "1e-1"]
        for name in names:
            forms += [name, name, f"{name} / 2", f"1 - {name}", f"{name} * 0.5"]
        for name in self.named(frame, is_int):
            forms.append(f"1 / ({name} + 2)")
        return self.try_number(frame, low, high, lambda: self.pick(forms), whole=False) or "0.5"

    def list_text(self, frame: Frame) -> str:
        """A list of numbers made from others."""
        lists = self.named(frame, is_number_list)
        items = ", ".join(self.number(frame, 1, 12) for _ in range(self.rng.randrange(1, 4)))
        forms = [f"[{items}]", f"[{items}] * 2", f"[{items}, 4][1:]", f"[v * 2 for v in [{items}]]"]
        for name in lists:
            forms += [
                name,
                f"{name}[1:]",
                f"{name}[:2]",
                f"reversed({name})",
                f"[v * 2 for v in {name}]",
            ]
            forms += [
                f"{name} + [4]",
                f"[v + 1 for v in {name} if v > 2]",
                f"[i + v for i, v in enumerate({name})]",
            ]
        return self.pick(forms)
