"""Statements, and bodies of them."""

from __future__ import annotations

from typing import Any

from reading.frames import Frame, module_frame
from reading.layer_rules import Invalid
from reading.links import Group, Step
from reading.sentences import Body, Chain
from reading.statements import For, If, Let, ModuleOf, Repeat, Weight
from reading.values import Val

from drawing.arguments import ACTS, NORMS
from drawing.chains import Chains
from drawing.words import LABELS_OF_MODULES, LABELS_OF_TENSORS
from drawing.writer import sides_text, square


class Statements(Chains):
    def body(self, frame: Frame, x: Any, depth: int, length: int) -> tuple[Body, Any]:
        """Statements, run in `frame`; at least one gives a value."""
        body = Body()
        kept, self.unused = self.unused, []
        for k in range(length):
            if self.budget <= 0 and k:
                break
            made = self.attempt(frame, lambda: self.sentence(frame, x, depth), 3)  # noqa: B023
            if made is not None:
                body.sentences.append(made[0])
                x = made[1]
                if self.unused and x is not None and self.chance(0.7):
                    used = self.attempt(frame, lambda: self._use_module(frame, x))  # noqa: B023
                    if used is not None:
                        body.sentences.append(used[0])
                        x = used[1]
        waiting, self.unused = self.unused, kept
        if waiting:
            raise Invalid
        if x is None or not any(not isinstance(s, (Let, Weight, ModuleOf)) for s in body.sentences):
            raise Invalid
        return body, x

    def sentence(self, frame: Frame, x: Any, depth: int) -> tuple[Any, Any]:
        """A statement, and the value after it."""
        options: list[tuple[float, str]] = [(10, "chain")]
        if depth > 0 and x is not None:
            options += [(1.6, f) for f in ("repeat", "for", "if") if f in self.on]
        if "lets" in self.on:
            options.append((1, "let"))
        if x is not None and frame.loop() is None:
            options += [(0.7, "param")] * ("params" in self.on) + [(0.7, "module")] * (
                "modules" in self.on
            )
        match self.rng.choices([f for _, f in options], [w for w, _ in options])[0]:
            case "repeat":
                long = "longloops" in self.on and self.chance(0.3)
                count = self.pick(["9", "10"]) if long else self.number(frame, 0, 4)
                return self.loop(frame, x, depth, Repeat(count, Body()))
            case "for":
                names, iterable, _ = self.loop_header(frame)
                return self.loop(frame, x, depth, For(names, iterable, Body()))
            case "if":
                return self.if_(frame, x, depth)
            case "let":
                return self.let(frame), x
            case "param":
                return self.weight(frame, x), x
            case "module":
                return self.module(frame, x), x
        return self.chain(frame, x, depth, self.rng.randrange(1, 5))

    def if_(self, frame: Frame, x: Val, depth: int) -> tuple[Any, Any]:
        condition = self.truth(frame)
        outs: list[Val | None] = []
        bodies: list[Body] = []
        for arm in (True, False):
            if not arm and self.chance(0.5):
                break
            restore = frame.snapshot()
            body, out = self.body(Frame(frame), x, depth - 1, self.rng.randrange(1, 3))
            bodies.append(body)
            outs.append(out)
            restore()
        statement = If(condition, bodies[0], bodies[1] if len(bodies) > 1 else None)
        out = self.checked(statement.run(frame, x))
        same = {v.said for v in [*outs, *([x] if len(outs) < 2 else [])] if v is not None}
        out.said = same.pop() if len(same) == 1 else None
        return statement, out

    def let(self, frame: Frame) -> Let:
        number = lambda: self.number(frame, 1, 12)
        forms = [
            number,
            number,
            lambda: self.list_text(frame),
            lambda: self.truth(frame),
            lambda: self.real(frame),
            lambda: self.pick(ACTS),
            lambda: self.pick(NORMS),
        ]
        values = [t for t, _ in self.values(frame)]
        if values:
            forms += [lambda: self.pick(values)]
        let = Let(self.variable(frame), self.pick(forms)())
        let.run(frame, None)
        return let

    def weight(self, frame: Frame, x: Val) -> Weight:
        shape = self.pick(
            [
                f"[{self.channels_of(frame, x)}]",
                f"[{self.channels_of(frame, x)}]",
                sides_text(x.shape),
            ]
        )
        start = self.pick(
            [None, "zeros", "ones", "0.5", "normal(0.1)", "constant(2)", "uniform(-1, 1)"]
        )
        weight = Weight(self.label_in_scope(frame), shape, start)
        weight.run(frame, x)
        return weight

    def label_in_scope(self, frame: Frame) -> str:
        name = self.pick(LABELS_OF_TENSORS)
        if name in frame.visible():
            raise Invalid
        return name

    def module(self, frame: Frame, x: Val) -> ModuleOf:
        """A module, made of something simple so that other values fit too."""
        name = self.pick(LABELS_OF_MODULES)
        if name in frame.visible():
            raise Invalid
        scratch = module_frame(frame)
        if self.chance(0.5):
            chain, _ = self.chain(
                scratch, x, 1, self.rng.randrange(1, 3), labels=False, start=False
            )
        else:
            width = self.channels_of(frame, x)
            step = Step("conv", [(None, width), (None, square(3, x)), ("padding", "1")])
            chain = Chain(step, *([Step("relu")] if self.chance(0.5) else []))
            if self.chance(0.3):
                chain = Chain(Group(Body([chain])))
        module = ModuleOf(name, chain)
        module.run(frame, x)
        self.unused.append(name)
        return module

    def _module_in_use(self, frame: Frame, x: Val) -> tuple[list[Any], Val]:
        module = self.module(frame, x)
        chain, out = self._use_module(frame, x)
        return [module, chain], out

    def _use_module(self, frame: Frame, x: Val) -> tuple[Chain, Val]:
        name = self.unused[-1]
        chain = Chain(
            Step(
                name, label=self.label(frame) if self.chance(0.3) and "labels" in self.on else None
            )
        )
        out = self.checked(chain.run(frame, x))
        self.unused.pop()
        return chain, out
