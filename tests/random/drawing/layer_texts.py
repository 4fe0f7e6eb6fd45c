"""Arguments that fit a value, layer by layer: a text for every layer of the language.

Each takes the writer, the frame and the value that flows in, and gives the arguments and how the
channels of the result are said, if that can be told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reading.frames import Frame
from reading.layer_rules import SAME, Invalid, need
from reading.values import Val

from drawing.arguments import ACTS, NORMS
from drawing.writer import Writer, sides_text, square

Texts = tuple[list[tuple[str | None, str]], str | None]
Rule = Callable[[Writer, Frame, Val], Texts]

MORE = (
    "dropout",
    "channel_dropout(0.2)",
    "drop_path(0.1)",
    "frozen_bn",
    "layernorm",
    "softmax",
    "log_softmax",
    "identity",
    "normalize(0.5, 2)",
    "normalize(mean=0.1)",
    "leaky_relu(negative_slope=0.3)",
    "softplus(beta=2.0)",
    "elu(0.5)",
    "lrn(3, within=true)",
    "layernorm(affine=false)",
)
PLAIN = (*ACTS, *NORMS, *MORE)


def parsed(text: str) -> tuple[str, list[tuple[str | None, str]]]:
    """A layer as a text: its word and its arguments."""
    word, _, rest = text.partition("(")
    return word, [_named(a) for a in rest[:-1].split(",")] if rest else []


def _named(text: str) -> tuple[str | None, str]:
    name, equals, value = text.strip().partition("=")
    return (name, value) if equals else (None, name)


def plain(word: str) -> Rule:
    """A layer that changes no shape."""
    texts = [t for t in PLAIN if t.partition("(")[0] == word] or [word]

    def arguments(w: Writer, frame: Frame, x: Val) -> Texts:
        args = parsed(w.pick(texts))[1]
        if word in ("dropout", "leaky_relu") and w.chance(0.3):
            args = [(None, w.real(frame))]
        if word == "groupnorm" and w.chance(0.5):
            args = [(None, w.number(frame, 1, x.shape[0]))]
        if word == "channel_shuffle":
            args = [(None, w.number(frame, 1, 4))]
        if word == "prelu" and w.chance(0.5):
            args = [(None, w.channels_of(frame, x))]
        if word == "normalize" and w.chance(0.6):
            args = _normalize(w, x)
        return args, x.said

    return arguments


def _normalize(w: Writer, x: Val) -> list[tuple[str | None, str]]:
    if w.chance(0.3):
        return [("mean", '"image"')]
    args: list[tuple[str | None, str]]
    numbers = lambda: (
        f"[{', '.join(w.pick(['0.5', '0.25', '1', '2.5']) for _ in range(x.shape[0]))}]"
    )
    args = [("mean", numbers())]
    return [*args, ("std", numbers())] if w.chance(0.5) else args


def conv(w: Writer, frame: Frame, x: Val) -> Texts:
    n = len(x.shape) - 1
    need(n > 0)
    said = w.channels(frame)
    if n == 2 and "odd_layers" in w.on and w.chance(0.12):
        return w.pick([_connected, _given, _flipped])(w, frame, x)
    named: list[tuple[str | None, str]] = []
    sizes = w.named(frame, lambda v: type(v).__name__ == "Size" and len(v) == n)
    kind = w.rng.random()
    if sizes and kind < 0.4:
        kernel = w.recent(sizes)
        named.append(("padding", w.pick(['"same"', '"same"', '"full"', f"{kernel}[0] // 2"])))
    elif kind < 0.6:
        kernel = square(3, x)
        named.append(("padding", w.pick(["1", "1", '"same"'])))
    elif kind < 0.8:
        kernel = square(1, x)
    elif n == 2 and kind < 0.9:
        kernel, padding = w.pick(
            [("1x3", "0x1"), ("3x1", "1x0"), ("5x5", "2"), ("2x2", "0"), ("[3, 1]", "[1, 0]")]
        )
        named.append(("padding", padding))
    else:
        kernel = square(3, x)
    if w.chance(0.3):
        named.insert(0, ("stride", w.argument("stride", frame)))
    if w.chance(0.1):
        named.append(("dilation", w.number(frame, 1, 2)))
    if w.chance(0.15):
        if x.said is not None and w.chance(0.6):
            said = x.said
            named.append(("groups", said))
        else:
            named.append(("groups", w.number(frame, 1, 4)))
    if w.chance(0.25):
        named.append(("bias", w.pick(["false", "false", w.truth(frame)])))
    args: list[tuple[str | None, str]] = [(None, said)]
    args.append(("kernel_size", kernel) if w.chance(0.1) else (None, kernel))
    return [*args, *named], said


def _connected(w: Writer, frame: Frame, x: Val) -> Texts:
    """LeNet's connection table."""
    rows = [
        sorted(w.rng.sample(range(x.shape[0]), w.rng.randrange(1, min(3, x.shape[0]) + 1)))
        for _ in range(w.rng.randrange(1, 5))
    ]
    args: list[tuple[str | None, str]] = [(None, str(len(rows))), (None, "3x3")]
    args += [("connections", str(rows))]
    args += [("padding", "1")] * w.chance(0.5) + [("bias", "false")] * w.chance(0.2)
    return args, None


def _given(w: Writer, frame: Frame, x: Val) -> Texts:
    """Kernels that are given, one for all or one for every output map."""
    kernel = lambda: [[w.pick([0, 0.25, 1, -1]) for _ in range(3)] for _ in range(3)]
    channels = x.shape[0] if w.chance(0.5) else w.rng.randrange(1, 5)
    weights: Any = kernel()
    if w.chance(0.5):
        weights = [kernel() for _ in range(channels)]
    args: list[tuple[str | None, str]] = [(None, str(channels)), (None, "3x3")]
    args += [("weights", str(weights)), ("trainable", "false")]
    args += [("groups", str(channels))] * (channels == x.shape[0] and w.chance(0.7))
    args += [("padding", "1")] * w.chance(0.7) + [("flip", "true")] * w.chance(0.2)
    return args, None


def _flipped(w: Writer, frame: Frame, x: Val) -> Texts:
    said = w.channels(frame)
    return [(None, said), (None, "3x3"), ("flip", "true"), ("padding", "1")], said


def conv_transpose(w: Writer, frame: Frame, x: Val) -> Texts:
    said = w.channels(frame)
    args = [(None, said), (None, square(2, x)), ("stride", w.pick(["2", "1"]))]
    return args + [("output_padding", "1")] * w.chance(0.2), said


def features(*more: tuple[str, str]) -> Rule:
    def arguments(w: Writer, frame: Frame, x: Val) -> Texts:
        said = w.channels(frame)
        return [(None, said), *([w.pick(more)] if more and w.chance(0.3) else [])], said

    return arguments


def rbf(w: Writer, frame: Frame, x: Val) -> Texts:
    if x.shape == (84,):
        return [(None, "10"), ("codes", '"bitmap"')], "10"
    said = w.channels(frame)
    if w.chance(0.3):
        return [(None, said), ("codes", '"random"'), ("seed", w.number(frame, 0, 9))], said
    return [(None, said)], said


def pool(average: bool) -> Rule:
    def arguments(w: Writer, frame: Frame, x: Val) -> Texts:
        size = square(2, x)
        kernel = w.pick([size, size, square(3, x)])
        args: list[tuple[str | None, str]] = [(None, kernel)]
        if kernel.startswith("3"):
            args += [
                ("stride", w.argument("stride", frame)),
                ("padding", w.pick(["1", "0", '"same"'])),
            ]
        if w.chance(0.3):
            args.append(("ceil_mode", "true"))
        if average and w.chance(0.3):
            args.append(("count_include_pad", "false"))
        if not average and w.chance(0.1):
            args.append(("dilation", "2"))
        return args, x.said

    return arguments


def adaptive(w: Writer, frame: Frame, x: Val) -> Texts:
    return [(None, w.pick([square(2, x), "1", "3", w.number(frame, 1, 4)]))], x.said


def subsample(w: Writer, frame: Frame, x: Val) -> Texts:
    return [(None, w.pick(["2x2", "2", "1x2", w.number(frame, 1, 3)]))], x.said


def nothing(said: bool) -> Rule:
    return lambda w, frame, x: ([], x.said if said else None)


def reshape(w: Writer, frame: Frame, x: Val) -> Texts:
    if len(x.shape) == 1:
        return [(None, f"[-1, {w.pick([1, 2])}, 2]")], None
    rest = sides_text(x.shape[2:])
    said = str(x.shape[0] * x.shape[1])
    return [(None, f"{said}x{rest}" if rest else f"[-1, {x.shape[0]}]")], None


def permute(w: Writer, frame: Frame, x: Val) -> Texts:
    order = list(range(len(x.shape)))
    w.rng.shuffle(order)
    return [(None, str(order))], None


def factor(w: Writer, frame: Frame, x: Val) -> Texts:
    return [(None, w.pick(["2", w.number(frame, 1, 2)]))], None


def upsample(w: Writer, frame: Frame, x: Val) -> Texts:
    n = len(x.shape) - 1
    need(n > 0)
    likes = [t for t, v in w.values(frame) if len(v.shape) == n + 1]
    modes = w.named(frame, lambda v: v in ("nearest", "bilinear", "area"))
    if likes and w.chance(0.5):
        args: list[tuple[str | None, str]] = [("like", w.recent(likes))]
    else:
        args = [w.pick([("scale", "2"), (None, "2"), ("scale", "0.5"), ("size", "4")])]
    if modes and w.chance(0.5):
        args.append(("mode", w.pick(modes)))
    elif n == 2 and w.chance(0.3):
        args.append(("mode", w.pick(['"bilinear"', '"bicubic"'])))
        if w.chance(0.5):
            args.append(("align_corners", w.truth(frame)))
    elif w.chance(0.1):
        args.append(("mode", {1: '"linear"', 2: '"area"', 3: '"trilinear"'}[n]))
    return args, x.said


def pad(w: Writer, frame: Frame, x: Val) -> Texts:
    n = len(x.shape) - 1
    every = f"[{', '.join('10'[i % 2] for i in range(2 * n))}]"
    args: list[tuple[str | None, str]] = [(None, w.pick(["1", w.number(frame, 0, 2), every]))]
    if w.chance(0.4):
        args.append(("mode", w.pick(['"reflect"', '"replicate"', '"circular"'])))
    elif w.chance(0.3):
        args.append(("value", "0.5"))
    return args, x.said


def pad_channels(w: Writer, frame: Frame, x: Val) -> Texts:
    said = w.number(frame, x.shape[0], x.shape[0] + 8)
    return [(None, said)], said


def crop(centred: bool) -> Rule:
    def arguments(w: Writer, frame: Frame, x: Val) -> Texts:
        args: list[tuple[str | None, str]] = [(None, w.pick(["3x3", "2", w.number(frame, 1, 4)]))]
        likes = [t for t, v in w.values(frame) if len(v.shape) == 3]
        if likes and w.chance(0.5 if centred else 0.3):
            args = [(None, w.recent(likes))]
        if not centred and w.chance(0.4):
            args.append((w.pick(["top", "left"]), "1"))
        return args, x.said

    return arguments


def cut(w: Writer, frame: Frame, x: Val) -> Texts:
    args: list[tuple[str | None, str]] = [(None, w.number(frame, 0, x.shape[0] - 1))]
    if w.chance(0.7):
        args.append((None, w.number(frame, 1, x.shape[0])))
    return args, None


TEXTS: dict[str, Rule] = {
    **{word: plain(word) for word in sorted(SAME)},
    "conv": conv,
    "conv_transpose": conv_transpose,
    "linear": features(("bias", "false")),
    "rbf": rbf,
    "maxpool": pool(average=False),
    "avgpool": pool(average=True),
    "adaptive_maxpool": adaptive,
    "adaptive_avgpool": adaptive,
    "global_maxpool": nothing(said=True),
    "global_avgpool": nothing(said=True),
    "subsample": subsample,
    "flatten": nothing(said=False),
    "reshape": reshape,
    "permute": permute,
    "pixel_shuffle": factor,
    "space_to_depth": factor,
    "upsample": upsample,
    "pad": pad,
    "pad_channels": pad_channels,
    "crop": crop(centred=False),
    "center_crop": crop(centred=True),
    "slice": cut,
}
FLAT = frozenset(["linear", "rbf"])  # they take vectors only
RESIZING = [w for w in TEXTS if w not in (*SAME, *FLAT, "conv")] + ["channel_shuffle"]


def texts_of(w: Writer, word: str, frame: Frame, x: Val) -> Texts:
    """Arguments of a layer for a value; `Invalid` where it takes no such value."""
    if (word in FLAT) != (len(x.shape) == 1) and (word in FLAT or word == "conv"):
        raise Invalid
    return TEXTS[word](w, frame, x)
