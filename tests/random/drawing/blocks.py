"""Blocks with parameters, each written for one sample of arguments."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from reading.blocks import Block
from reading.frames import Frame
from reading.layer_rules import Invalid, Shape
from reading.links import Step
from reading.sentences import Chain
from reading.statements import Shared
from reading.values import Val

from drawing.arguments import KINDS
from drawing.statements import Statements
from drawing.words import BLOCKS


class Blocks(Statements):
    def block(self) -> Block:
        """A block with parameters, written for one sample of arguments."""
        block = Block(self.definition(self.file, BLOCKS), [], self.file)
        shape = self.shape(maps=True)
        bound: dict[str, Any] = {}
        texts: dict[str, str | None] = {}
        frame = Frame(self.file, "block")
        frame.entry = Val(shape)
        frame.entry.said = "in.channels"
        optional = False
        for _ in range(self.rng.randrange(0, 5)):
            write = partial(self.parameter, block, frame, shape, bound, texts, optional)
            optional = self.attempt(frame, write, 4) is True or optional
        if self.chance(0.1):
            block.doc = "A block."
        depth = self.rng.randrange(1, 3)
        self.budget = self.rng.randrange(3, 14)
        block.body, _ = self.body(frame, frame.entry, depth, self.rng.randrange(1, 5))
        block.sample, block.sample_texts = bound, texts
        if re.search(rf"\b{block.name}\b", block.body.text()):
            raise Invalid  # a step there would be the block itself
        block.run({n: bound[n] for n, d in block.params if d is None}, Val(shape))
        return block

    def parameter(
        self,
        block: Block,
        frame: Frame,
        shape: Shape,
        bound: dict[str, Any],
        texts: dict[str, str | None],
        optional: bool,
    ) -> bool:
        """One more parameter; whether it has a default."""
        kind = self.pick(KINDS)
        if kind in ("act", "norm", "pool") and "layerargs" not in self.on:
            kind = "width"
        name = self.variable(frame, kind if "bites" not in self.on else "")
        sample: Any
        text: str | None = None
        default: str | None = None
        if kind == "value":
            sample = self.pick([Val(shape), Val((self.rng.randrange(1, 8), *shape[1:]))])
        elif kind == "values":
            sample = [
                Val((self.rng.randrange(1, 8), *shape[1:])) for _ in range(self.rng.randrange(1, 4))
            ]
        elif kind == "module":
            outside = Frame(self.file, "block")
            outside.entry = Val(shape)
            width = str(shape[0])
            sample = Shared(Chain(Step("conv", [(None, width), (None, "1")])), outside)
        elif kind == "block":
            if not self.blocks:
                raise Invalid
            text = self.pick(self.blocks).name
            sample = self.file.evaluate(text)
        else:
            text = self.literal_of(kind, self.file)
            sample = self.file.evaluate(text)
        if kind not in ("value", "values", "module") and (optional or self.chance(0.5)):
            default = text
            if kind == "width" and self.chance(0.3):
                default = self.try_number(frame, 1, 16, lambda: self.arithmetic(frame)) or text
            sample = frame.evaluate(default or "")
        elif optional:
            raise Invalid
        block.params.append((name, default))
        block.kinds[name] = kind
        bound[name], texts[name] = sample, text
        frame.names[name] = sample
        return default is not None

    def shape(self, maps: bool = False) -> Shape:
        if not maps and self.chance(0.04):
            return (self.pick([4, 6, 12, 84]),)
        sides = self.pick([1, 2, 2, 2, 2, 2, 2, 2, 3])
        side = self.pick([4, 6, 8, 8]) if sides < 3 else 4
        second = side if self.chance(0.8) else side + 2
        channels = self.pick([2, 3, 4, 4, 6, 8])
        return (channels, *([side] * (sides - 1)), second)
