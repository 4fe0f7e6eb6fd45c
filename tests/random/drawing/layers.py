"""Layers that fit a value."""

from __future__ import annotations

from reading.frames import Frame
from reading.layer_rules import Size
from reading.links import Step
from reading.values import Val

from drawing.arguments import ACTS, NORMS
from drawing.writer import Writer, sides_text, square


class Layers(Writer):
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
            kernel = square(3, x)
            named.append(("padding", self.pick(["1", "1", '"same"'])))
        elif kind < 0.8:
            kernel = square(1, x)
        elif n == 2 and kind < 0.9:
            kernel, padding = self.pick(
                [("1x3", "0x1"), ("3x1", "1x0"), ("5x5", "2"), ("2x2", "0"), ("[3, 1]", "[1, 0]")]
            )
            named.append(("padding", padding))
        else:
            kernel = square(3, x)
        if self.chance(0.3):
            named.insert(0, ("stride", self.argument("stride", frame)))
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
        size = square(2, x)
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
            kernel = self.pick([size, size, square(3, x)])
            args = [(None, kernel)]
            if kernel.startswith("3"):
                args += [
                    ("stride", self.argument("stride", frame)),
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
            rest = sides_text(x.shape[2:])
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


def _named(text: str) -> tuple[str | None, str]:
    name, equals, value = text.strip().partition("=")
    return (name, value) if equals else (None, name)
