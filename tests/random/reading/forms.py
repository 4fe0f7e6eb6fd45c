"""The links that are a word with a body: merges with their bars, `residual`, `dense`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reading.frames import Frame
from reading.layer_rules import Shape, need
from reading.sentences import Body, Chain, Link, Sentence
from reading.statements import If, Loop, Shared
from reading.values import Target, Val


class Form(Link):
    """A word with a body; with a label it is a scope."""

    word = ""

    def give(self, frame: Frame, x: Any) -> Any:
        need(x is not None)
        held = frame.visible().get(self.word)
        need(not isinstance(held, (Target, Shared)))  # a parameter hides the word
        if self.label is None:
            return self.work(Frame(frame), x)
        inside = Frame(frame, "scope")
        return Val(self.work(inside, x).shape, inside.labels)

    def work(self, frame: Frame, x: Any) -> Any:
        raise NotImplementedError


class Merge(Form):
    """`concat { | a | b }`; among the bars stand loops, conditions and lets."""

    def __init__(self, word: str, bars: Body, label: str | None = None) -> None:
        self.word = word
        self.bars = bars
        self.label = label

    def step(self) -> str:
        return f"{self.word} {self.bars.text()}"

    def labels_inside(self) -> bool:
        return _bars_have_label(self.bars)

    def give(self, frame: Frame, x: Any) -> Any:  # with several inputs nothing flows in
        return super().give(frame, x if x is not None else Val((0,)))

    def work(self, frame: Frame, x: Any) -> Any:
        found: list[Val] = []
        run_bars(self.bars, frame, x, found)
        return Val(self.joined([v.shape for v in found]))

    def joined(self, shapes: Sequence[Shape]) -> Shape:
        need(bool(shapes))
        skipped = 1 if self.word == "concat" else 0
        need(all(s[skipped:] == shapes[0][skipped:] and len(s) == len(shapes[0]) for s in shapes))
        return (sum(s[0] for s in shapes), *shapes[0][1:]) if skipped else shapes[0]


class Bar(Sentence):
    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    def text(self) -> str:
        return f"| {self.chain.text()}"

    def run(self, frame: Frame, x: Any) -> Any:
        return self.chain.run(frame if self.chain.has_label() else Frame(frame, "scope"), x)


def run_bars(body: Body, frame: Frame, x: Any, found: list[Val]) -> None:
    """Run the bars of a body, and add to `found` what each gives."""
    for sentence in body.sentences:
        if isinstance(sentence, Bar):
            found.append(sentence.run(frame, x))
        elif isinstance(sentence, Loop):
            for inner in sentence.frames(frame):
                run_bars(sentence.body, inner, x, found)
        elif isinstance(sentence, If):
            arm = sentence.arm(frame)
            if arm is not None:
                run_bars(arm, Frame(frame), x, found)
        else:
            sentence.run(frame, x)


def _bars_have_label(body: Body) -> bool:
    for s in body.sentences:
        if isinstance(s, Bar) and s.chain.has_label():
            return True
        if isinstance(s, Loop) and _bars_have_label(s.body):
            return True
        if isinstance(s, If) and any(
            _bars_have_label(b) for b in (s.then, s.other) if b is not None
        ):
            return True
    return False


class Residual(Form):
    word = "residual"

    def __init__(
        self,
        body: Body,
        label: str | None = None,
        condition: str | None = None,
        args: Sequence[tuple[str, str]] = (),
        shortcut: Body | None = None,
        shortcut_if: str | None = None,
    ) -> None:
        self.body = body
        self.label = label
        self.condition = condition
        self.args = list(args)
        self.shortcut = shortcut
        self.shortcut_if = shortcut_if

    def step(self) -> str:
        shown = f"({', '.join(f'{n}={t}' for n, t in self.args)})" if self.args else ""
        condition = f" if {self.condition}" if self.condition is not None else ""
        text = f"residual{shown}{condition} {self.body.text()}"
        if self.shortcut is not None:
            condition = f" if {self.shortcut_if}" if self.shortcut_if is not None else ""
            text += f" shortcut{condition} {self.shortcut.text()}"
        return text

    def labels_inside(self) -> bool:
        return any(_body_has_label(b) for b in (self.body, self.shortcut) if b is not None)

    def work(self, frame: Frame, x: Any) -> Any:
        for _, text in self.args:
            need(isinstance(frame.evaluate(text), (int, float)))
        adds = self.condition is None or frame.truth(self.condition)
        out = self.body.run(Frame(frame), x)
        if adds:
            other = x
            if self.shortcut is not None and (
                self.shortcut_if is None or frame.truth(self.shortcut_if)
            ):
                other = self.shortcut.run(Frame(frame), x)
            need(other.shape == out.shape)
        return Val(out.shape)


class Dense(Form):
    word = "dense"

    def __init__(self, count: str, body: Body, label: str | None = None) -> None:
        self.count = count
        self.body = body
        self.label = label

    def step(self) -> str:
        return f"dense({self.count}) {self.body.text()}"

    def labels_inside(self) -> bool:
        return _body_has_label(self.body)

    def work(self, frame: Frame, x: Any) -> Any:
        for i in range(frame.rounds(self.count)):
            out = self.body.run(Frame(frame, "repeat", i + 1), x)
            need(out.shape[1:] == x.shape[1:])
            x = Val((x.shape[0] + out.shape[0], *x.shape[1:]))
        return Val(x.shape)


def _body_has_label(body: Body) -> bool:
    """Whether a label stands in a body that is no scope of its own."""
    for s in body.sentences:
        if isinstance(s, Chain) and s.has_label():
            return True
        if isinstance(s, Loop) and _body_has_label(s.body):
            return True
        if isinstance(s, If) and any(
            _body_has_label(b) for b in (s.then, s.other) if b is not None
        ):
            return True
    return False
