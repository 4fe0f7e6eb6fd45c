"""Texts with a few random edits: what people do to a network from one commit to the next."""

from __future__ import annotations

import re
from random import Random

BASE = """\
block unit(width, size=3x3, stride=1) {
  conv: conv(width, size, stride=stride, padding="same", bias=false)
  norm: bn
  relu
}
block basic(width, stride=1) {
  residual {
    conv1: conv(width, 3x3, stride=stride, padding=1, bias=false) -> bn1: bn -> relu
    conv2: conv(width, 3x3, padding=1, bias=false) -> bn2: bn
  } shortcut if stride != 1 or in.channels != width {
    downsample: { conv(width, 1x1, stride=stride, bias=false) -> bn }
  }
  relu
}
net Edited(classes=10, width=8) {
  input image: 3x16x16
  stem: unit(width)
  features: {
    conv(8, 3x3, padding=1) -> relu
    conv(8, 3x3, padding=1) -> leaky_relu(0.1)
    conv(8, 1x1) -> tanh
    maxpool(2x2)
    conv(8, 3x3, padding=1) -> sigmoid
  }
  layer1: basic(8)
  layer2: basic(16, stride=2)
  mixed: {
    concat {
      | conv(4, 1x1)
      | conv(4, 1x1) -> conv(4, 3x3, padding=1)
      | maxpool(3x3, stride=1, padding=1) -> conv(4, 1x1)
    }
  }
  @layer2 -> side: conv(12, 1x1)
  (@mixed + 0.5 * @side)
  head: { global_avgpool -> flatten -> dropout(0.3) -> linear(16) -> relu -> linear(classes) }
}
"""
NUMBERS = {"8": "16", "16": "8", "0.1": "0.2", "0.5": "2", "0.3": "0.6", "10": "7", "3x3": "5x5"}
WORDS = (
    *(("relu", "tanh"), ("tanh", "relu"), ("maxpool", "avgpool"), ("sigmoid", "relu")),
    *((" bn", " bn(eps=1e-3)"), (" bn", " bn(momentum=0.2)"), ("bias=false", "bias=true")),
    *(("stem", "entry"), ("features", "body"), ("norm:", "normal:"), ("conv2", "second")),
    *(("layer1", "first"), ("unit", "cell"), ("side", "extra"), ("@layer2", "@layer1")),
    *(("padding=1)", 'padding="same")'), ("dropout(0.3) -> ", ""), (" -> relu", "")),
    *(("+ 0.5", "- 0.5"), ("conv(4, 1x1)\n", "conv(4, 1x1) -> relu\n"), ("stride=2", "stride=1")),
)


def edited(seed: int) -> str:
    """The text after one to three edits; not all of them compile."""
    chance = Random(seed)
    text = BASE
    for _ in range(chance.choice([1, 1, 1, 2, 2, 3])):
        text = chance.choice([_words, _words, _number, _swapped, _without, _doubled])(text, chance)
    return text


def _words(text: str, chance: Random) -> str:
    old, new = chance.choice(WORDS)
    if chance.random() < 0.5 or ":" in old or old in ("stem", "features", "layer1", "unit", "side"):
        return text.replace(old, new)
    places = [m.start() for m in re.finditer(re.escape(old), text)]
    if not places:
        return text
    at = chance.choice(places)
    return text[:at] + new + text[at + len(old) :]


def _number(text: str, chance: Random) -> str:
    found = [m for m in re.finditer(r"[\w.]+", text) if m[0] in NUMBERS]
    match = chance.choice(found)
    return text[: match.start()] + NUMBERS[match[0]] + text[match.end() :]


def _swapped(text: str, chance: Random) -> str:
    lines = text.split("\n")
    i = chance.randrange(len(lines) - 2)
    lines[i], lines[i + 1] = lines[i + 1], lines[i]
    return "\n".join(lines)


def _without(text: str, chance: Random) -> str:
    lines = text.split("\n")
    del lines[chance.randrange(len(lines) - 1)]
    return "\n".join(lines)


def _doubled(text: str, chance: Random) -> str:
    lines = text.split("\n")
    i = chance.randrange(len(lines) - 1)
    lines.insert(i, lines[i])
    return "\n".join(lines)
