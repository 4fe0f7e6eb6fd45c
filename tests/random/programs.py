"""Random programs of the language, valid by construction.

Sentences are run on shapes while they are written (sentences.py): a piece that does not fit is thrown
away and another one tried. Every program uses some of the constructs only, so that each of them also
meets few others (swarm testing: Groce et al., 2012).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from math import prod
from random import Random
from typing import Any

from expressions import ACTS, KINDS, NORMS, Expressions, is_int, is_number_list
from layer_rules import Invalid, Shape, Size, layer_shape
from sentences import (
    Aux,
    Bar,
    Block,
    Body,
    Chain,
    Compute,
    Dense,
    For,
    Frame,
    From,
    Group,
    If,
    Let,
    Link,
    Merge,
    ModuleOf,
    Plain,
    Repeat,
    Residual,
    Shared,
    Step,
    Target,
    Val,
    Weight,
    indented,
    module_frame,
)

FEATURES = [
    "labels",
    "groups",
    "merges",
    "residual",
    "dense",
    "repeat",
    "for",
    "if",
    "taps",
    "compute",
    "params",
    "modules",
    "inline",
    "lets",
    "blocks",
    "layerargs",
    "arithmetic",
    "odd_layers",
    "longloops",
    "pathtaps",
    "bites",
]
BLOCKS = [
    "unit",
    "conv_bn",
    "block2",
    "stage",
    "tensor",
    "sequence",
    "net_",
    "tiny",
    "module",
    "l2_norm",
    "reshape",
    "channel_slice",
    "ordered_dict",
    "named_tuple",
    "helper",
    "a",
    "b",
    "x",
    "sequential",
    "crop",
    "drop_path",
    "output",
    "nn",
    "callable",
    "scaled_tanh",
    "down",
    "up",
    "body",
    "left",
    "c",
    "f",
    "class_var",
    "conv2d",
    "torch",
    "layer1",
    "pad_channels",
    "group",
]
NETS = [
    "Net",
    "Tiny",
    "Net",
    "Net",
    "Tensor",
    "F",
    "Unit",
    "Stage",
    "nn",
    "Module",
    "Body",
    "torch",
    "Sequential",
    "Net_2",
    "Down",
    "Group",
]
LARGEST = 6000  # numbers of a value
MOST_CHANNELS = 48


class Program:
    """A program: its text, and the net that is meant."""

    def __init__(self, text: str, net: str) -> None:
        self.text = text
        self.net = net


class Writer(Expressions):
    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.on = {f for f in FEATURES if self.chance(0.55)}
        self.file = Frame(None, "file")
        self.blocks: list[Block] = []
        self.lets: list[Let] = []
        self.budget = 0
        self.unused: list[str] = []  # modules that no step uses yet

    # ----------------------------------------------------------------------------- small things
    def attempt(self, frame: Frame, make: Callable[[], Any], tries: int = 1) -> Any:
        """What `make` gives; None, and nothing changed, where it is not valid."""
        for _ in range(tries):
            restore = frame.snapshot()
            try:
                return make()
            except Invalid:
                restore()
        return None

    def checked(self, x: Any) -> Any:
        """A value of a reasonable size."""
        if (
            x is None
            or prod(x.shape) > LARGEST
            or x.shape[0] > MOST_CHANNELS
            or max(x.shape[1:], default=1) > 16
        ):
            raise Invalid
        return x

    # ------------------------------------------------------------------------------------ links
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
        shared = self.named(frame, lambda v: isinstance(v, Shared))
        if shared and frame.block().kind != "module":
            options.append((3, lambda: (Step(self.pick(shared)), x.said)))
        return self.weighted(options)()

    def use(self, frame: Frame, x: Val, name: str) -> Step:
        """A block with arguments."""
        target = frame.visible()[name]
        block = target.definition
        args: list[tuple[str | None, str]] = []
        positional = True
        _, values, texts = block.samples[0] if block.samples else ((), {}, {})
        exact = self.chance(0.2)
        for parameter, default in block.params:
            if parameter in target.bound or (default is not None and self.chance(0.5)):
                positional = False
                continue
            kind = block.kinds[parameter]
            if exact and texts.get(parameter) is not None:
                text = texts[parameter]
            else:
                text = self.argument(kind, frame, values.get(parameter), self.blocks)
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

    def layer(self, frame: Frame, x: Val) -> tuple[Step, str | None]:
        sides = x.shape[1:]
        kind = self.rng.random()
        if not sides:
            if kind < 0.5:
                said = self.channels(frame)
                return Step("linear", [(None, said)] + [("bias", "false")] * self.chance(0.2)), said
            return self._flat_layer(frame, x)
        if kind < 0.45:
            return self.conv(frame, x)
        if kind < 0.6:
            return Step(self.pick(["relu", "relu", "bn", "bn"])), x.said
        if kind < 0.75 or "odd_layers" not in self.on:
            return self._named_word(frame, x)
        return self.odd_layer(frame, x)

    def _named_word(self, frame: Frame, x: Val) -> tuple[Step, str | None]:
        text = self.pick(
            (
                *ACTS,
                *NORMS,
                "dropout",
                "channel_dropout(0.2)",
                "drop_path(0.1)",
                "frozen_bn",
                "layernorm",
                "softmax",
                "log_softmax",
                "identity",
            )
        )
        word, _, rest = text.partition("(")
        args = [_named(a) for a in rest[:-1].split(",")] if rest else []
        if word in ("dropout", "leaky_relu") and self.chance(0.3):
            args = [(None, self.real(frame))]
        if word == "groupnorm" and self.chance(0.5):
            args = [(None, self.number(frame, 1, x.shape[0]))]
        return Step(word, args), x.said

    def _flat_layer(self, frame: Frame, x: Val) -> tuple[Step, str | None]:
        if self.chance(0.8):
            return self._named_word(frame, x)
        word = self.pick(["slice", "pad_channels", "reshape"])
        if word == "slice":
            return Step("slice", [(None, "0"), (None, self.number(frame, 1, x.shape[0]))]), None
        if word == "reshape":
            return Step("reshape", [(None, f"[-1, {self.pick([1, 2])}, 2]")]), None
        said = self.number(frame, x.shape[0], x.shape[0] + 8)
        return Step("pad_channels", [(None, said)]), said

    def conv(self, frame: Frame, x: Val) -> tuple[Step, str | None]:
        n = len(x.shape) - 1
        said = self.channels(frame)
        named: list[tuple[str | None, str]] = []
        sizes = [s for s in self.named(frame, lambda v: isinstance(v, Size) and len(v) == n)]
        kind = self.rng.random()
        if sizes and kind < 0.4:
            kernel = self.recent(sizes)
            named.append(
                ("padding", self.pick(['"same"', '"same"', '"full"', f"{kernel}[0] // 2"]))
            )
        elif kind < 0.6:
            kernel = "3x3" if n == 2 else "3"
            named.append(("padding", self.pick(["1", "1", '"same"'])))
        elif kind < 0.8:
            kernel = "1x1" if n == 2 else "1"
        elif n == 2 and kind < 0.9:
            kernel, padding = self.pick(
                [("1x3", "0x1"), ("3x1", "1x0"), ("5x5", "2"), ("2x2", "0"), ("[3, 1]", "[1, 0]")]
            )
            named.append(("padding", padding))
        else:
            kernel = "3x3" if n == 2 else "3"
        if self.chance(0.3):
            named.insert(0, ("stride", self.argument("stride", frame, None, [])))
        if self.chance(0.1):
            named.append(("dilation", self.number(frame, 1, 2)))
        if self.chance(0.15):
            if x.said is not None and self.chance(0.6):
                said = x.said
                named.append(("groups", said))
            else:
                named.append(("groups", self.number(frame, 1, 4)))
        if self.chance(0.25):
            named.append(("bias", self.pick(["false", "false", self.truth(frame)])))
        args: list[tuple[str | None, str]] = [(None, said)]
        args.append(("kernel_size", kernel) if self.chance(0.1) else (None, kernel))
        return Step("conv", [*args, *named]), said

    def odd_layer(self, frame: Frame, x: Val) -> tuple[Step, str | None]:
        """The layers that change sizes and shapes."""
        n = len(x.shape) - 1
        two = n == 2
        size = "2x2" if two else "2"
        word = self.pick(
            [
                "conv_transpose",
                "maxpool",
                "maxpool",
                "avgpool",
                "adaptive_maxpool",
                "adaptive_avgpool",
                "global_maxpool",
                "global_avgpool",
                "flatten",
                "reshape",
                "permute",
                "pixel_shuffle",
                "space_to_depth",
                "upsample",
                "upsample",
                "pad",
                "pad_channels",
                "crop",
                "center_crop",
                "slice",
                "channel_shuffle",
            ]
        )
        args: list[tuple[str | None, str]] = []
        said = x.said
        if word == "conv_transpose":
            said = self.channels(frame)
            args = [(None, said), (None, size), ("stride", self.pick(["2", "1"]))]
            if self.chance(0.2):
                args.append(("output_padding", "1"))
        elif word in ("maxpool", "avgpool"):
            kernel = self.pick([size, size, "3x3" if two else "3"])
            args = [(None, kernel)]
            if kernel.startswith("3"):
                args += [
                    ("stride", self.argument("stride", frame, None, [])),
                    ("padding", self.pick(["1", "0", '"same"'])),
                ]
            if self.chance(0.3):
                args.append(("ceil_mode", "true"))
            if word == "avgpool" and self.chance(0.3):
                args.append(("count_include_pad", "false"))
        elif word.startswith("adaptive"):
            args = [(None, self.pick([size, "1", "3", self.number(frame, 1, 4)]))]
        elif word == "flatten":
            said = None
        elif word == "reshape":
            said = str(x.shape[0] * x.shape[1]) if n else None
            rest = "x".join(str(s) for s in x.shape[2:])
            args = [(None, f"{said}x{rest}" if rest else f"[-1, {x.shape[0]}]")]
            said = None
        elif word == "permute":
            order = list(range(n + 1))
            self.rng.shuffle(order)
            args, said = [(None, str(order))], None
        elif word in ("pixel_shuffle", "space_to_depth"):
            args, said = [(None, self.pick(["2", self.number(frame, 1, 2)]))], None
        elif word == "channel_shuffle":
            args = [(None, self.number(frame, 1, 4))]
        elif word == "upsample":
            args = self._upsample(frame, x, n)
        elif word == "pad":
            args = [
                (
                    None,
                    self.pick(
                        [
                            "1",
                            self.number(frame, 0, 2),
                            f"[{', '.join('10'[i % 2] for i in range(2 * n))}]",
                        ]
                    ),
                )
            ]
            if self.chance(0.4):
                args.append(("mode", self.pick(['"reflect"', '"replicate"', '"circular"'])))
            elif self.chance(0.3):
                args.append(("value", "0.5"))
        elif word == "pad_channels":
            said = self.number(frame, x.shape[0], x.shape[0] + 8)
            args = [(None, said)]
        elif word in ("crop", "center_crop"):
            args = [(None, self.pick(["3x3", "2", self.number(frame, 1, 4)]))]
            likes = [t for t, v in self.values(frame) if len(v.shape) == 3]
            if word == "center_crop" and likes and self.chance(0.5):
                args = [(None, self.recent(likes))]
            elif word == "crop" and self.chance(0.4):
                args.append(("top", "1"))
        elif word == "slice":
            start = self.number(frame, 0, x.shape[0] - 1)
            args = [(None, start)]
            if self.chance(0.7):
                args.append((None, self.number(frame, 1, x.shape[0])))
            said = None
        return Step(word, args), said

    def _upsample(self, frame: Frame, x: Val, n: int) -> list[tuple[str | None, str]]:
        likes = [t for t, v in self.values(frame) if len(v.shape) == n + 1]
        modes = self.named(frame, lambda v: v in ("nearest", "bilinear", "area"))
        if likes and self.chance(0.5):
            args: list[tuple[str | None, str]] = [("like", self.recent(likes))]
        else:
            args = [self.pick([("scale", "2"), (None, "2"), ("scale", "0.5"), ("size", "4")])]
        if modes and self.chance(0.5):
            args.append(("mode", self.pick(modes)))
        elif n == 2 and self.chance(0.3):
            args.append(("mode", '"bilinear"'))
            if self.chance(0.5):
                args.append(("align_corners", self.truth(frame)))
        return args

    # -------------------------------------------------------------------------- links with bodies
    def group(self, frame: Frame, x: Val, depth: int) -> Group:
        inside = Frame(frame, "scope")
        body, _ = self.body(inside, x, depth - 1, self.rng.randrange(1, 4))
        return Group(body)

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
        kind = self.rng.random()
        if kind < 0.12 and "for" in self.on:
            names, iterable, frames = self.loop_header(frame)
            inner = [self.bars(frames[0], x, depth, word, wanted)]
            loop = For(names, iterable, Body(inner))
            found: list[Val] = []
            from sentences import _run_bars

            _run_bars(Body([loop]), Frame(frame), x, found)
            if not wanted or len(found) > 6:
                raise Invalid
            if any(not self._joins(word, v, wanted[0]) for v in found):
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
        bar = self.bar(frame, x, depth, word, wanted)
        wanted.append(bar.run(frame, x) if False else self._last)
        return bar

    def bar(self, frame: Frame, x: Val, depth: int, word: str, wanted: list[Val]) -> Bar:
        """One bar, written on a scratch copy of the labels; it is run once more for real."""
        restore = frame.snapshot()
        if self.chance(0.2) and x.shape[0] > 0:
            chain = Chain(Step("identity"))
        else:
            labels = "labels" in self.on and self.chance(0.4)
            scratch = frame if labels else Frame(frame, "scope")
            chain, out = self.chain(scratch, x, depth - 1, self.rng.randrange(1, 4), labels=labels)
            if wanted and not self._joins(word, out, wanted[0]):
                links = self._towards(scratch, out, wanted[0], word)
                chain.links += links
        restore()
        bar = Bar(chain)
        if x.shape[0] == 0 and not isinstance(chain.links[0], (From, Compute)):
            raise Invalid
        self._last = bar.run(frame, x)
        if wanted and not self._joins(word, self._last, wanted[0]):
            raise Invalid
        self.checked(self._last)
        return bar

    _last: Val = Val((1,))

    def _joins(self, word: str, a: Val, b: Val) -> bool:
        skipped = 1 if word == "concat" else 0
        return a.shape[skipped:] == b.shape[skipped:] and len(a.shape) == len(b.shape)

    def _towards(self, frame: Frame, x: Val, wanted: Val, word: str) -> list[Link]:
        """Steps that make `x` join with another value."""
        if len(x.shape) != len(wanted.shape):
            raise Invalid
        links: list[Link] = []
        if len(x.shape) == 1:
            return [Step("linear", [(None, self._said(frame, wanted))])] if word != "concat" else []
        if x.shape[1:] != wanted.shape[1:]:
            size = (
                "x".join(str(s) for s in wanted.shape[1:])
                if len(wanted.shape) > 2
                else str(wanted.shape[1])
            )
            links.append(Step("adaptive_avgpool", [(None, size)]))
        if word != "concat" and x.shape[0] != wanted.shape[0]:
            kernel = "1x1" if len(x.shape) == 3 else "1"
            links.append(Step("conv", [(None, self._said(frame, wanted)), (None, kernel)]))
        return links

    def _said(self, frame: Frame, x: Val) -> str:
        """A text for the channels of a value, if it can be read here."""
        if x.said is not None:
            try:
                if frame.evaluate(x.said) == x.shape[0]:
                    return x.said
            except Invalid:
                pass
        for text, value in self.values(frame):
            if value is x:
                return f"{text}.channels"
        return str(x.shape[0])

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
            links = self._attempt_towards(body_frame, out, x)
            if links:
                last = Chain(*links)
                out = last.run(body_frame, out)
                body.sentences.append(last)
        if out.shape != x.shape or self.chance(0.25):
            shortcut, shortcut_if = self.shortcut(inside, x, out)
        return Residual(body, None, condition, args, shortcut, shortcut_if)

    def _attempt_towards(self, frame: Frame, out: Val, x: Val) -> list[Link]:
        try:
            return self._towards(frame, out, x, "add")
        except Invalid:
            return []

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
            links.append(Step("pad_channels", [(None, self._said(inner, out))]))
        elif kind < 0.7 and len(x.shape) > 1:
            ratio = -(-x.shape[1] // out.shape[1])
            kernel = "1x1" if len(x.shape) == 3 else "1"
            args: list[tuple[str | None, str]] = [(None, self._said(inner, out)), (None, kernel)]
            strides = [n for n in self.named(inner, is_int) if inner.evaluate(n) == ratio]
            if ratio > 1 or strides:
                args.append(("stride", self.recent(strides) if strides else str(ratio)))
            links = [Step("conv", args)]
            if self.chance(0.3):
                links.append(Step("bn"))
        else:
            links = self._towards(inner, x, out, "add")
            if not links:
                links = [Step("bn")]
        if len(links) > 1 and self.chance(0.3):
            chain = Chain(Group(Body([Chain(*links)])))
        else:
            chain = Chain(*links)
        if self.chance(0.6) and "labels" in self.on:
            chain.links[-1].label = self.attempt(inner, lambda: self.label(inner))
        if self.chance(0.4):
            return Body([chain]), None
        stride = self.named(inner, is_int)
        said = self._said(inner, out)
        forms = [
            self.truth(inner),
            f"{self._said(inner, x)} != {said}",
            *(f"{n} != 1" for n in stride),
        ]
        for n in stride:
            forms.append(f"{n} != 1 or {self._said(inner, x)} != {said}")
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
                kernel = "3x3" if len(x.shape) == 3 else "3"
                step = Step("conv", [(None, growth), (None, kernel), ("padding", "1")])
                if self.chance(0.5) and "labels" in self.on:
                    step.label = self.pick(["denselayer", "layer", "conv", "x"])
                body.sentences.append(
                    Chain(*([Step("bn"), Step("relu")] if self.chance(0.3) else []), step)
                )
        return Dense(count, body)

    def compute(self, frame: Frame) -> Compute:
        """Arithmetic on values that can be reached."""
        reachable = self.values(frame, tensors=True)
        flowing = [(t, v) for t, v in reachable if not v.tensor]
        if not flowing:
            raise Invalid
        first, value = self.recent(flowing)
        fitting = [
            (t, v)
            for t, v in reachable
            if v.shape == value.shape
            or v.shape == (value.shape[0],)
            or (
                len(v.shape) == len(value.shape)
                and v.shape[0] == value.shape[0]
                and set(v.shape[1:]) == {1}
            )
        ]
        second, other = self.recent(fitting)
        if other.tensor and len(other.shape) > 1 and other.shape != value.shape:
            second, other = first, value
        number = self.real(frame, -3, 3)
        if self.chance(0.15):
            return Compute(
                self.pick(
                    [f"mean({first})", f"min({first})", f"max({first})", f"mean(abs({first}))"]
                ),
                [first],
                over=True,
            )
        forms = [
            f"{first} + {second}",
            f"{first} - {second}",
            f"{first} * {second}",
            f"{first} / (1 + abs({second}))",
            f"{first} * {number} + {second}",
            f"(1 - {first}) * {second}",
            f"sigmoid({first}) * {second}",
            f"tanh({first}) + exp(-abs({second}))",
            f"sqrt(abs({first}) + 1) - {second}",
            f"log(abs({first}) + 1) * {second}",
            f"relu({first}) + {second}",
            f"max({first}, {second})",
            f"min({first}, {second})",
            f"mean({first}, {second})",
            f"-{first} + {second}",
            f"{first} ** 2 + {second}",
            f"({first} + {second}) * ({first} - {number})",
            f"{first} if {self.truth(frame)} else {second}"
            if other.shape == value.shape
            else f"{first} + {second}",
            f"{first} * {number}",
            f"{number} * {first} - {number}",
            f"abs({first})",
            f"sigmoid({first})",
        ]
        text = self.pick(forms)
        return Compute(text, [first, second] if second in text else [first])

    # ----------------------------------------------------------------------------------- chains
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
                if out.said is None and said != "label" and self._says(frame, said, out):
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

    def _says(self, frame: Frame, said: str | None, out: Val) -> bool:
        if said is None:
            return False
        try:
            return frame.evaluate(said) == out.shape[0]
        except Invalid:
            return False

    # ------------------------------------------------------------------------------- statements
    def loop_header(self, frame: Frame) -> tuple[list[str], str, list[Frame]]:
        """The names and the list of a `for`, and its frames; at least one round."""
        ints = self.named(frame, lambda v: is_int(v) and 1 <= v <= 4)
        lists = self.named(frame, is_number_list)
        tables = self.named(
            frame,
            lambda v: (
                type(v) is list and bool(v) and all(type(e) is list and len(e) == 2 for e in v)
            ),
        )
        long = "longloops" in self.on and self.chance(0.3)
        count = "10" if long else self.pick([*ints, *ints, "2", "3"])
        a_list = self.pick([*lists, *lists, "[4, 8]", "[2, 6, 4]", self.list_text(frame)])
        i = self.variable(frame, "i")
        forms: list[tuple[list[str], str]] = [
            ([i], f"range({count})"),
            ([i], f"range({count})"),
            ([i], f"range(1, {count} + 1)"),
            ([i], f"reversed(range({count}))"),
            ([i], a_list),
            ([i], f"reversed({a_list})"),
        ]
        values = [t for t, _ in self.values(frame)]
        if len(values) > 1 and self.chance(0.1):
            forms = [([i], f"[{self.pick(values)}, {self.pick(values)}]")]
        j = self.variable(frame, "width")
        if j != i:
            forms += [
                ([i, j], f"enumerate({a_list})"),
                ([i, j], f"zip({a_list}, {a_list})"),
                ([i, j], "[[4, 1], [8, 2]]"),
            ]
            forms += [
                ([i, j], f"zip(range(2), [{self.channels(frame)}, 6])"),
                ([i, j], f'zip(["p", "q"], {a_list})'),
            ]
            forms += [([i, j], name) for name in tables] * 3
        names, iterable = self.pick(forms)
        frames = For(names, iterable, Body()).frames(frame)
        if not frames:
            raise Invalid
        return names, iterable, frames

    def sentence(self, frame: Frame, x: Any, depth: int) -> tuple[Any, Any]:
        """A statement, and the value after it."""
        options: list[tuple[float, str]] = [(10, "chain")]
        if depth > 0 and x is not None:
            options += [(1.6, f) for f in ("repeat", "for", "if") if f in self.on]
        if "lets" in self.on:
            options.append((1, "let"))
        in_loop = any(f.kind in ("repeat", "for") for f in frame._around())
        if x is not None and not in_loop:
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

    def loop(self, frame: Frame, x: Val, depth: int, loop: Any) -> tuple[Any, Any]:
        restore = frame.snapshot()
        frames = loop.frames(frame)
        if not frames:
            raise Invalid
        steps = 1 if len(frames) > 4 else self.rng.randrange(1, 4)
        loop.body, _ = self.body(frames[0], x, 0 if len(frames) > 4 else depth - 1, steps)
        restore()
        out = self.checked(loop.run(frame, x))
        if out is x or out.shape[0] == x.shape[0] and self._says(frame, x.said, out):
            out.said = out.said or x.said
        return loop, out

    def if_(self, frame: Frame, x: Val, depth: int) -> tuple[Any, Any]:
        condition = self.truth(frame)
        outcome = frame.evaluate(condition)
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
        del outcome
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
                f"[{self._said(frame, x)}]",
                f"[{self._said(frame, x)}]",
                "x".join(str(s) for s in x.shape) if len(x.shape) > 1 else str(x.shape[0]),
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
        name = self.pick(["tower", "shared", "x", "out", "head", "unit2", "F", "conv"])
        if name in frame.visible():
            raise Invalid
        scratch = module_frame(frame)
        if self.chance(0.5):
            chain, _ = self.chain(
                scratch, x, 1, self.rng.randrange(1, 3), labels=False, start=False
            )
        else:
            kernel = "3x3" if len(x.shape) == 3 else "3"
            step = Step("conv", [(None, self._said(frame, x)), (None, kernel), ("padding", "1")])
            chain = Chain(step, *([Step("relu")] if self.chance(0.5) else []))
            if self.chance(0.3):
                chain = Chain(Group(Body([chain])))
        module = ModuleOf(name, chain)
        module.run(frame, x)
        self.unused.append(name)
        return module

    def body(self, frame: Frame, x: Any, depth: int, length: int) -> tuple[Body, Any]:
        """Statements, run in `frame`; at least one gives a value."""
        body = Body()
        kept, self.unused = self.unused, []
        start = x
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
        del start
        return body, x

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

    # ----------------------------------------------------------------------------------- blocks
    def block(self) -> Block:
        """A block with parameters, written for one sample of arguments."""
        name = next(n for n in (self.pick(BLOCKS) for _ in range(99)) if n not in self.file.names)
        block = Block(name, [], self.file)
        shape = self.shape(maps=True)
        bound: dict[str, Any] = {}
        texts: dict[str, Any] = {}
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
        block.body, out = self.body(frame, frame.entry, depth, self.rng.randrange(1, 5))
        block.samples.append((shape, bound, texts))  # type: ignore[arg-type]
        block.run({n: bound[n] for n, d in block.params if d is None}, Val(shape))
        del out
        return block

    def parameter(
        self,
        block: Block,
        frame: Frame,
        shape: Shape,
        bound: dict[str, Any],
        texts: dict[str, Any],
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
        sides = self.pick([1, 2, 2, 2, 2, 2, 2, 2, 3])
        side = self.pick([4, 6, 8, 8]) if sides < 3 else 4
        second = side if self.chance(0.8) else side + 2
        channels = self.pick([2, 3, 4, 4, 6, 8])
        return (channels, *([side] * (sides - 1)), second)

    # ------------------------------------------------------------------------------------- nets
    def program(self) -> Program:
        for _ in range(self.pick([0, 0, 1, 2])):
            let = self.attempt(self.file, self.file_let)
            if let is not None:
                self.lets.append(let)
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
        return Program(indented("\n\n".join(pieces)) + "\n", name)

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

    def net(self) -> tuple[str, str]:
        name = next(n for n in (self.pick(NETS) for _ in range(99)) if n not in self.file.names)
        frame = Frame(self.file, "block")
        params: list[tuple[str, str]] = []
        for _ in range(self.rng.randrange(0, 4)):
            kind = self.pick([k for k in KINDS if k not in ("value", "values", "module")])
            made = self.attempt(frame, lambda: self.net_parameter(frame, kind))  # noqa: B023
            if made is not None:
                params.append(made)
        self.budget = self.rng.randrange(6, 30)
        lines: list[str] = []
        inputs = 1 if self.chance(0.85) else self.rng.randrange(2, 4)
        shape = self.shape()
        x: Val | None = None
        for k in range(inputs):
            given = self.pick(["image", "x", "left", "F", "input", "in_", "out"]) + (
                "" if inputs == 1 else str(k + 1)
            )
            value = Val(
                shape if k == 0 or self.chance(0.6) else (self.rng.randrange(1, 5), *shape[1:])
            )
            frame.labels[given] = value
            lines.append(f"input {given}: {_shape_text(value.shape)}")
            if inputs == 1:
                x = frame.entry = value
                value.said = str(shape[0])
            frame.taken.add(given)
        body, x = self.net_body(frame, x)
        body.sentences += self.tail(frame, x, [s.text() for s in body.sentences])
        lines += [s.text() for s in body.sentences]
        shown = ", ".join(f"{n}={d}" for n, d in params)
        text = f"net {name}{f'({shown})' if shown else ''} {{\n" + "\n".join(lines) + "\n}"
        if params and self.chance(0.15):
            variant = self.attempt(frame, lambda: self.variant(name, params))
            if variant is not None:
                return variant[0], f"{text}\nnet {variant[0]} = {name}({variant[1]})"
        return name, text

    def variant(self, name: str, params: list[tuple[str, str]]) -> tuple[str, str]:
        """Another net with one argument as it is by default."""
        parameter, default = self.pick(params)
        if any(c.isalpha() for c in default):
            raise Invalid
        return f"{name}B", f"{parameter}={default}"

    def net_parameter(self, frame: Frame, kind: str) -> tuple[str, str]:
        name = self.variable(frame, "" if "bites" in self.on else kind)
        default = (
            self.pick(self.blocks).name
            if kind == "block" and self.blocks
            else self.literal_of(kind, frame)
        )
        frame.names[name] = frame.evaluate(default)
        return name, default

    def net_body(self, frame: Frame, x: Any) -> tuple[Body, Any]:
        body = Body()
        if x is not None and any("module" in b.kinds.values() for b in self.blocks):
            # Some block takes a module: here is one to be passed.
            made = self.attempt(frame, lambda: self._module_in_use(frame, x), 3)
            if made is not None:
                body.sentences += made[0]
                x = made[1]
        for _ in range(self.rng.randrange(2, 8)):
            made = self.attempt(frame, lambda: self.body(frame, x, 2, 1), 2)  # noqa: B023
            if made is not None:
                body.sentences += made[0].sentences
                x = made[1]
                last = body.sentences[-1]
                if isinstance(last, Chain) and len(x.shape) > 1 and self.chance(0.1):
                    last.belief = _shape_text(x.shape)
            if x is not None and frame.entry is not None and self.chance(0.06):
                aux = self.attempt(frame, lambda: self.aux(frame, x))  # noqa: B023
                if aux is not None:
                    body.sentences.append(aux)
        if x is None or not body.sentences:
            raise Invalid
        return body, x

    def aux(self, frame: Frame, x: Val) -> Aux:
        inside = Frame(frame, "scope")
        what: Body | Chain
        restore = frame.snapshot()
        if self.chance(0.5):
            what, _ = self.body(inside, x, 1, 2)
        else:
            step, _ = self.step(inside, x)
            what = Chain(step)
            what.run(inside, x)
        restore()
        aux = Aux(
            self.pick(["aux1", "aux2", "side", "x", "out"]), self.pick([None, "0.3", "1"]), what
        )
        aux.run(frame, x)
        return aux

    def starts(self, text: str) -> list[str]:
        """Lines of `init` that fit what stands in a text."""
        if re.search(r"\b(conv|linear|bn)\b(?!\()(?! ->|\n| \})", text):
            return []  # labels or parameters of these names
        forms: list[str] = []
        if "conv(" in text:
            forms += ["kaiming", 'kaiming(mode="fan_out")', "xavier", "truncated_normal(0.02)"]
            forms = [f"conv: {form}" for form in (*forms, "orthogonal")]
        if "conv(" in text and "bias" not in text:
            forms.append("conv.bias: zeros")
        if "linear(" in text:
            forms.append("linear: normal(std=0.01)")
        if re.search(r"\bbn\b", text) and not re.search(r"\bbn\([^)]*affine", text):
            forms.append("bn: ones")
        return list(dict.fromkeys(self.pick(forms) for _ in range(2))) if forms else []

    def tail(self, frame: Frame, x: Val, texts: list[str]) -> list[Any]:
        """The end of a net: a classifier, several outputs, how weights start."""
        found: list[Any] = []
        if self.chance(0.3) and len(x.shape) > 1:
            links: list[Link] = [
                Step(self.pick(["global_avgpool", "global_maxpool"])),
                Step("flatten"),
            ]
            if self.chance(0.3):
                links = links[1:]
            if self.chance(0.3):
                links.append(Step("dropout", [(None, self.real(frame))]))
            linear = Step(
                "linear", [(None, self.channels(frame))], label=self.pick([None, "fc", "classes_"])
            )
            if linear.label in frame.taken:
                linear.label = None
            chain = Chain(*links, linear)
            out = chain.run(frame, x)
            found.append(chain)
            del out
        if self.chance(0.12):
            reachable = [(t, v) for t, v in self.values(frame) if t != "@in" and not v.tensor]
            names = list(
                dict.fromkeys(
                    t[1:]
                    for t, _ in reachable
                    if "[" not in t and t[1:] in frame.labels or "." in t
                )
            )
            self.rng.shuffle(names)
            keys: dict[str, str] = {}
            for name in names[: self.rng.randrange(1, 4)]:
                keys.setdefault(name.replace(".", "_"), name)
            if keys:
                found.append(Plain(f"output {', '.join(keys.values())}"))
        if self.chance(0.15):
            lines = self.starts("\n".join([*(b.text() for b in self.blocks), *texts]))
            if lines:
                found.append(Plain("init { " + "  ".join(lines) + " }"))
        return found


LABELS_OF_TENSORS = [
    "scale",
    "gamma",
    "beta",
    "weight",
    "bias",
    "x",
    "out",
    "alpha",
    "F",
    "temperature",
    "channels_",
    "mask",
]


def _named(text: str) -> tuple[str | None, str]:
    name, equals, value = text.strip().partition("=")
    return (name, value) if equals else (None, name)


def _shape_text(shape: Shape) -> str:
    return "x".join(str(s) for s in shape)


def program(rng: Random) -> Program:
    """A random program."""
    return Writer(rng).program()


__all__ = ["Program", "layer_shape", "program"]
