"""Random ladders: passes of all lengths and layers, with and without laterals, with one output and with many."""

from __future__ import annotations

from random import Random

BLOCKS = """
block unit(c) {
  residual { conv(c, 3x3, padding=1) -> bn -> relu -> conv(c, 3x3, padding=1) -> bn } shortcut if in.channels != c { conv(c, 1x1) }
  relu
}
block twice(c) { repeat 2 { conv(c, 3x3, padding=1) -> bn -> relu } }
"""
PLAIN = ("conv({c}, 3x3, padding=1) -> relu", "twice({c})")
BODIES = (
    *PLAIN,
    "unit({c})",
    "conv({c}, 3x3, padding=1) -> bn -> relu -> conv({c}, 1x1) -> dropout(0.2)",
    "repeat 3 { conv({c}, 3x3, padding=1) }",
)
DOWN = ("maxpool(2x2)", "avgpool(2x2)", "conv({c}, 3x3, stride=2, padding=1) -> relu")
UP = (
    "conv({c}, 1x1) -> upsample(scale=2)",
    "conv_transpose({c}, 2x2, stride=2)",
    'upsample(scale=2, mode="bilinear") -> conv({c}, 3x3, padding=1) -> bn -> relu',
)
SIZES = ("3x256x256", "1x?x?", "3x128x64", "1x640x320")


def ladder_text(seed: int) -> str:
    """The text of a network that is a ladder."""
    random = Random(seed)
    depth = random.randint(2, 5)
    bodies = random.choice((PLAIN, BODIES))
    down, up = random.choice(DOWN), random.choice(UP)
    merge = random.choice(("concat", "add"))
    laterals = merge == "add" or random.random() < 0.4
    several = random.random() < 0.4

    def body(c: int) -> str:
        return random.choice(bodies).replace("{c}", str(c))

    lines = [f"input image: {random.choice(SIZES)}"]
    if random.random() < 0.3:
        lines.append("normalize(mean=0.5, std=0.2)")
    if random.random() < 0.3:
        lines.append("conv(16, 7x7, stride=2, padding=3) -> relu")
    widths = [random.choice((8, 16, 24, 64)) * random.choice((1, 2**i)) for i in range(depth + 1)]
    for i in range(depth):
        lines.append(f"e{i}: {{ {body(widths[i])} }}")
        lines.append(down.replace("{c}", str(widths[i + 1])))
    lines.append(f"m{depth}: {{ {body(widths[depth])} }}")
    outputs: list[str] = []
    for i in reversed(range(depth)):
        c = widths[i] if merge == "concat" else 32
        lines.append(f"@m{i + 1} -> u{i}: {{ {up.replace('{c}', str(c))} }}")
        skip = f"@e{i}"
        if laterals:
            lines.append(f"{skip} -> l{i}: conv({c if merge == 'add' else 4}, 1x1)")
            skip = f"@l{i}"
        first, second = random.choice(((skip, f"@u{i}"), (f"@u{i}", skip)))
        lines.append(f"{merge} {{ | {first} | {second} }} -> m{i}: {{ {body(c)} }}")
        if several and random.random() < 0.7:
            lines.append(f"@m{i} -> o{i}: conv(5, 3x3, padding=1)")
            outputs.append(f"o{i}")
    lines.append(f"output {', '.join(outputs)}" if outputs else "scores: conv(2, 1x1)")
    body_text = "\n".join(f"  {line}" for line in lines)
    return f"{BLOCKS}\nnet Random {{\n{body_text}\n}}\n"
