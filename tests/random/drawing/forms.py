"""Links with one body: groups, `residual` with its shortcut, `dense`."""

from __future__ import annotations

from reading.forms import Dense, Residual
from reading.frames import Frame
from reading.layer_rules import Invalid
from reading.links import Group, Step
from reading.sentences import Body, Chain, Link
from reading.values import Val

from drawing.joining import Joining
from drawing.reach import is_int
from drawing.words import LABELS_OF_DENSE
from drawing.writer import square


class Forms(Joining):
    def group(self, frame: Frame, x: Val, depth: int) -> Group:
        inside = Frame(frame, "scope")
        body, _ = self.body(inside, x, depth - 1, self.rng.randrange(1, 4))
        return Group(body)

    def residual(self, frame: Frame, x: Val, depth: int, labelled: bool) -> Residual:
        inside = Frame(frame, "scope" if labelled else "plain")
        args: list[tuple[str, str]] = []
        if self.chance(0.15):
            args.append(("scale", self.real(frame, 0, 2)))
        if self.chance(0.1):
            args.append(("survival", self.real(frame, 0.05, 1)))
        condition = self.truth(frame) if self.chance(0.3) else None
        body_frame = Frame(inside)
        body, out = self.body(body_frame, x, depth - 1, self.rng.randrange(1, 3))
        shortcut = shortcut_if = None
        if out.shape != x.shape and self.chance(0.5):
            links = self.attempt(body_frame, lambda: self.towards(body_frame, out, x, "add"))
            if links:
                last = Chain(*links)
                out = last.run(body_frame, out)
                body.sentences.append(last)
        if out.shape != x.shape or self.chance(0.25):
            shortcut, shortcut_if = self.shortcut(inside, x, out)
        return Residual(body, None, condition, args, shortcut, shortcut_if)

    def shortcut(self, frame: Frame, x: Val, out: Val) -> tuple[Body, str | None]:
        """Steps from the input to what the body gives, perhaps under a condition that tells."""
        inner = Frame(frame)
        kind = self.rng.random()
        if len(x.shape) != len(out.shape):
            raise Invalid
        if x.shape == out.shape:
            links: list[Link] = [self.pick([Step("bn"), Step("identity"), Step("relu")])]
        elif kind < 0.3 and len(x.shape) > 1 and x.shape[0] <= out.shape[0]:
            links = []
            if x.shape[1:] != out.shape[1:]:
                ratio = -(-x.shape[1] // out.shape[1])
                links.append(
                    Step(self.pick(["maxpool", "avgpool"]), [(None, "1"), ("stride", str(ratio))])
                )
            links.append(Step("pad_channels", [(None, self.channels_of(inner, out))]))
        elif kind < 0.7 and len(x.shape) > 1:
            ratio = -(-x.shape[1] // out.shape[1])
            args: list[tuple[str | None, str]] = [
                (None, self.channels_of(inner, out)),
                (None, square(1, x)),
            ]
            strides = [n for n in self.named(inner, is_int) if inner.evaluate(n) == ratio]
            if ratio > 1 or strides:
                args.append(("stride", self.recent(strides) if strides else str(ratio)))
            links = [Step("conv", args)]
            if self.chance(0.3):
                links.append(Step("bn"))
        else:
            links = self.towards(inner, x, out, "add")
            if not links:
                links = [Step("bn")]
        for link in links:  # also where no program runs it, a word takes what is given to it
            if isinstance(link, Step):
                link.target(inner)
        if len(links) > 1 and self.chance(0.3):
            chain = Chain(Group(Body([Chain(*links)])))
        else:
            chain = Chain(*links)
        if self.chance(0.6) and "labels" in self.on:
            chain.links[-1].label = self.attempt(inner, lambda: self.label(inner))
        if self.chance(0.4):
            return Body([chain]), None
        stride = self.named(inner, is_int)
        said = self.channels_of(inner, out)
        forms = [
            self.truth(inner),
            f"{self.channels_of(inner, x)} != {said}",
            *(f"{n} != 1" for n in stride),
        ]
        for n in stride:
            forms.append(f"{n} != 1 or {self.channels_of(inner, x)} != {said}")
        return Body([chain]), self.pick(forms)

    def dense(self, frame: Frame, x: Val, depth: int, labelled: bool) -> Dense:
        most = 10 if "longloops" in self.on else 3
        count = self.number(frame, 0, most) if self.chance(0.6) else str(self.pick([2, 3, most]))
        inside = Frame(frame, "scope" if labelled else "plain")
        inner = Frame(inside, "repeat", 1)
        growth = self.channels(inner, most=4)
        body, out = (
            self.body(inner, x, depth - 1, self.rng.randrange(1, 3))
            if self.chance(0.5)
            else (Body(), x)
        )
        if not body.sentences or out.shape[1:] != x.shape[1:] or out.shape[0] > 6:
            if len(x.shape) == 1:
                body.sentences.append(Chain(Step("linear", [(None, growth)])))
            else:
                if body.sentences and out.shape[1:] != x.shape[1:]:
                    body = Body()
                step = Step("conv", [(None, growth), (None, square(3, x)), ("padding", "1")])
                if self.chance(0.5) and "labels" in self.on:
                    step.label = self.pick(LABELS_OF_DENSE)
                body.sentences.append(
                    Chain(*([Step("bn"), Step("relu")] if self.chance(0.3) else []), step)
                )
        return Dense(count, body)
