"""Merges: bars that join, among them loops and conditions."""

from __future__ import annotations

from typing import Any

from reading.forms import Bar, Merge, run_bars
from reading.frames import Frame
from reading.layer_rules import Invalid
from reading.links import Compute, From, Step
from reading.sentences import Body, Chain
from reading.statements import For, If, Let
from reading.values import Val

from drawing.joining import Joining
from drawing.loops import Loops


class Merges(Joining, Loops):
    def merge(self, frame: Frame, x: Val, depth: int, labelled: bool) -> Merge:
        """Bars from the same value; for sums each ends as the first did."""
        word = self.pick(["concat", "concat", "add", "mul"])
        inside = Frame(frame, "scope" if labelled else "plain")
        wanted: list[Val] = []
        body = Body()
        for _ in range(self.rng.randrange(1, 4)):
            sentence = self.attempt(inside, lambda: self.bars(inside, x, depth, word, wanted), 3)
            if sentence is not None:
                body.sentences.append(sentence)
        if not wanted:
            raise Invalid
        return Merge(word, body)

    def bars(self, frame: Frame, x: Val, depth: int, word: str, wanted: list[Val]) -> Any:
        """A bar, or a statement with bars. `wanted` has what the bars so far give."""
        kind = self.rng.random()
        if kind < 0.12 and "for" in self.on:
            names, iterable, frames = self.loop_header(frame)
            inner = [self.bars(frames[0], x, depth, word, wanted)]
            loop = For(names, iterable, Body(inner))
            found: list[Val] = []
            run_bars(Body([loop]), Frame(frame), x, found)
            if not wanted or len(found) > 6:
                raise Invalid
            if any(not self.joins(word, v, wanted[0]) for v in found):
                raise Invalid
            return loop
        if kind < 0.24 and "if" in self.on:
            condition = self.truth(frame)
            outcome = frame.evaluate(condition)
            arms = []
            for arm in (True, False):
                if arm or self.chance(0.5):
                    restore = frame.snapshot()
                    kept = list(wanted)
                    arms.append(Body([self.bars(Frame(frame), x, depth, word, wanted)]))
                    if arm != outcome:
                        restore()
                        wanted[:] = kept
            return If(condition, arms[0], arms[1] if len(arms) > 1 else None)
        if kind < 0.3 and "lets" in self.on:
            let = Let(self.variable(frame), self.number(frame, 1, 12))
            let.run(frame, x)
            return let
        bar, out = self.bar(frame, x, depth, word, wanted)
        wanted.append(out)
        return bar

    def bar(
        self, frame: Frame, x: Val, depth: int, word: str, wanted: list[Val]
    ) -> tuple[Bar, Val]:
        """One bar, written on a scratch copy of the labels; it is run once more for real."""
        restore = frame.snapshot()
        if self.chance(0.2) and x.shape[0] > 0:
            chain = Chain(Step("identity"))
        else:
            labels = "labels" in self.on and self.chance(0.4)
            scratch = frame if labels else Frame(frame, "scope")
            chain, out = self.chain(scratch, x, depth - 1, self.rng.randrange(1, 4), labels=labels)
            if wanted and not self.joins(word, out, wanted[0]):
                chain.links += self.towards(scratch, out, wanted[0], word)
        restore()
        bar = Bar(chain)
        if x.shape[0] == 0 and not isinstance(chain.links[0], (From, Compute)):
            raise Invalid
        out = bar.run(frame, x)
        if wanted and not self.joins(word, out, wanted[0]):
            raise Invalid
        return bar, self.checked(out)
