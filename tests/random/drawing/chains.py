"""Chains: link after link, each drawn for the value before it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from reading.blocks import Block
from reading.frames import Frame
from reading.layer_rules import Invalid
from reading.links import From, Step
from reading.sentences import Chain, Link
from reading.statements import Shared
from reading.values import Target, Val

from drawing.computing import Computing
from drawing.dressing import ExternLayer
from drawing.forms import Forms
from drawing.layers import Layers
from drawing.merges import Merges


class Chains(Layers, Computing, Merges, Forms):
    def chain(
        self, frame: Frame, x: Any, depth: int, length: int, labels: bool = True, start: bool = True
    ) -> tuple[Chain, Val]:
        """A statement of a few steps. It has been run in `frame`."""
        chain = Chain()
        for k in range(length):
            if self.budget <= 0 and k:
                break

            def make(x: Any = x, k: int = k) -> tuple[Link, Val]:
                if x is None:
                    link, said = From(self.pick(self.values(frame))[0]), None
                else:
                    restore = frame.snapshot()  # what stands in its bodies is written, then run
                    link, said = self.link(frame, x, depth, k == 0 and start)
                    restore()
                must = said == "label"
                free = not isinstance(link, From) and not getattr(link, "inline", False)
                if free and (must or (labels and "labels" in self.on and self.chance(0.35))):
                    link.label = self.label(frame)
                out = self.checked(link.run(frame, x))
                if out.said is None and said != "label" and self.says(frame, said, out):
                    out.said = said
                return link, out

            made = self.attempt(frame, make, 4)
            if made is None:
                continue
            link, x = made
            chain.links.append(link)
            self.budget -= 1
        if not chain.links or x is None:
            raise Invalid
        return chain, x

    def link(self, frame: Frame, x: Val, depth: int, first: bool) -> tuple[Link, str | None]:
        options: list[tuple[float, str]] = [(8, "step")]
        if depth > 0:
            options += [(1.5, f) for f in ("groups", "merges", "residual") if f in self.on]
            options += [(0.8, "dense")] * ("dense" in self.on)
        if "compute" in self.on:
            options.append((0.8, "compute"))
        if first and "taps" in self.on:
            options.append((1.5, "tap"))
        kind = self.rng.choices([f for _, f in options], [w for w, _ in options])[0]
        labelled = self.chance(0.3) and "labels" in self.on
        match kind:
            case "groups":
                return self.group(frame, x, depth), None
            case "merges":
                return self.merge(frame, x, depth, labelled), "label" if labelled else None
            case "residual":
                return self.residual(frame, x, depth, labelled), "label" if labelled else x.said
            case "dense":
                return self.dense(frame, x, depth, labelled), "label" if labelled else None
            case "compute":
                return self.compute(frame), None
            case "tap":
                reachable = self.values(frame)
                if not reachable:
                    raise Invalid
                if "pathtaps" not in self.on:
                    reachable = [(t, v) for t, v in reachable if "." not in t] or reachable
                return From(self.recent(reachable)[0]), None
        return self.step(frame, x)

    def step(self, frame: Frame, x: Val) -> tuple[Step, str | None]:
        """A layer, or something that stands for one, and how the channels it gives are said."""
        options: list[tuple[float, Callable[[], Any]]] = [(5, lambda: self.layer(frame, x))]
        targets = [
            n
            for n, v in frame.visible().items()
            if isinstance(v, Target) and frame.parent is not None
        ]
        held = [n for n in targets if isinstance(frame.visible()[n].definition, str)]
        if held:
            options.append((3, lambda: (Step(self.recent(held)), None)))
        callable_ = [n for n in targets if isinstance(frame.visible()[n].definition, Block)]
        if callable_ and "blocks" in self.on:
            options.append((5, lambda: (self.use(frame, x, self.recent(callable_)), None)))
        outside = [n for n in targets if isinstance(frame.visible()[n].definition, ExternLayer)]
        if outside and len(x.shape) == 3:
            options.append((2, lambda: self.outside(frame, x, self.pick(outside))))
        shared = self.named(frame, lambda v: isinstance(v, Shared))
        if shared and frame.block().kind != "module":
            options.append((3, lambda: (Step(self.pick(shared)), x.said)))
        return self.weighted(options)()

    def outside(self, frame: Frame, x: Val, name: str) -> tuple[Step, str | None]:
        """An `extern layer`."""
        if name == "Scaled":
            return Step(name, [(None, self.real(frame))] * self.chance(0.7)), x.said
        said = self.channels(frame)
        return Step(name, [(self.pick([None, "channels"]), said)]), said

    def use(self, frame: Frame, x: Val, name: str) -> Step:
        """A block with arguments."""
        target = frame.visible()[name]
        block = target.definition
        args: list[tuple[str | None, str]] = []
        positional = True
        exact = self.chance(0.2)  # the very arguments that the block was written for
        for parameter, default in block.params:
            if parameter in target.bound or (default is not None and self.chance(0.5)):
                positional = False
                continue
            kind = block.kinds[parameter]
            text = block.sample_texts.get(parameter) if exact else None
            if text is None:
                text = self.argument(kind, frame, block.sample.get(parameter))
            if re.match(rf"{name}\b", text):
                raise Invalid  # a block cannot use itself
            if positional and (default is None or self.chance(0.5)):
                args.append((None, text))
            else:
                positional = False
                args.append((parameter, text))
        return Step(
            name,
            args,
            inline="inline" in self.on
            and not target.bound
            and name == block.name
            and self.chance(0.15),
        )
