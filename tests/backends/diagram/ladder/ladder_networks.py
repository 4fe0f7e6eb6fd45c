"""Networks with two passes over the same resolutions, and some that only look like it."""

from __future__ import annotations

from functools import cache

import netdsl
from netdsl.design import Design

UNIT = """
    block unit(c) {
      residual {
        conv(c, 3x3, padding=1, bias=false) -> bn -> relu
        conv(c, 3x3, padding=1, bias=false) -> bn
      } shortcut if in.channels != c { conv(c, 1x1) }
      relu
    }"""

DOUBLE = """
    block double(c) { repeat 2 { conv(c, 3x3, padding=1, bias=false) -> bn -> relu } }"""


def unet(
    widths: list[int], bottom: int, size: str = "1x256x256", up: str = "", double: str = DOUBLE
) -> str:
    """A U-Net with padding. `up` are the steps that make a map of `c` channels larger."""
    up = up or "conv_transpose(c, 2x2, stride=2)"
    return (
        double
        + f"""
        block raised(c, skip) {{
          larger: {{ {up} }}
          concat {{ | @skip | @larger }}
          double(c)
        }}
        net Padded {{ input image: {size}
          for i, c in enumerate({widths}) {{
            level{{i}}: double(c)
            maxpool(2x2)
          }}
          bottom: double({bottom})
          for i, c in reversed(enumerate({widths})) {{ raised{{i}}: raised(c, @level{{i}}) }}
          scores: conv(3, 1x1) -> softmax
        }}"""
    )


GLASS = """
      for i in range(4) {
        @x{k}_{i} -> skip{k}_{i}: unit(64)
        @x{k}_{i} -> maxpool(2x2) -> x{k}_{i + 1}: unit(64)
      }
      @x{k}_4 -> y{k}_4: unit(64)
      for i in reversed(range(4)) {
        @y{k}_{i + 1} -> low{k}_{i}: unit(64)
        y{k}_{i}: add { | @skip{k}_{i} | @low{k}_{i} -> upsample(scale=2) }
      }"""


def hourglasses(number: int) -> str:
    """So many hourglasses, one behind the other (Newell et al., 2016)."""
    lines = [UNIT, "net Hourglass { input image: 3x256x256"]
    lines.append("conv(64, 7x7, stride=2, padding=3) -> relu -> maxpool(2x2) -> x0_0: unit(64)")
    for k in range(number):
        if k:
            lines.append(f"@y{k - 1}_0 -> x{k}_0: unit(64)")
        lines.append(GLASS.replace("{k}", str(k)))
    return "\n".join([*lines, f"@y{number - 1}_0 -> unit(64) -> heatmaps: conv(16, 1x1) }}"])


def nested(depth: int) -> str:
    """An hourglass as residuals in each other: its text has no label at all."""
    inner = "unit(32)"
    for _ in range(depth):
        inner = (
            f"residual {{ maxpool(2x2) -> unit(32)\n {inner}\n unit(32) -> upsample(scale=2) }}"
            " shortcut { unit(32) }"
        )
    return f"{UNIT}\nnet Nested {{ input image: 3x64x64\n unit(32)\n {inner}\n conv(4, 1x1) }}"


RESUNET = (
    UNIT
    + """
    net ResUNet { input image: 3x128x128
      a: unit(16)
      conv(32, 3x3, stride=2, padding=1) -> b: unit(32)
      conv(64, 3x3, stride=2, padding=1) -> c: unit(64)
      conv(128, 3x3, stride=2, padding=1) -> unit(128)
      u2: upsample(scale=2, mode="bilinear")
      concat { | @c | @u2 } -> unit(64)
      u1: upsample(scale=2, mode="bilinear")
      concat { | @b | @u1 } -> unit(32)
      u0: upsample(scale=2, mode="bilinear")
      concat { | @a | @u0 } -> unit(16)
      conv(1, 1x1) -> sigmoid
    }"""
)

PYRAMID = """
    block stage(c) { conv(c, 3x3, stride=2, padding=1) -> bn -> relu -> conv(c, 3x3, padding=1) -> bn -> relu }
    net Pyramid { input image: 3x?x?
      stem: stage(16)
      c2: stage(32)
      c3: stage(64)
      c4: stage(128)
      c5: stage(256)
      @c5 -> conv(64, 3x3, stride=2, padding=1) -> p6: relu
      @c5 -> l5: conv(64, 1x1)
      @c4 -> l4: conv(64, 1x1)
      m4: add { | @l4 | @l5 -> upsample(like=@l4) }
      @c3 -> l3: conv(64, 1x1)
      m3: add { | @l3 | @m4 -> upsample(like=@l3) }
      @c2 -> l2: conv(64, 1x1)
      m2: add { | @l2 | @m3 -> upsample(like=@l2) }
      @l5 -> p5: conv(64, 3x3, padding=1)
      @m4 -> p4: conv(64, 3x3, padding=1)
      @m3 -> p3: conv(64, 3x3, padding=1)
      @m2 -> p2: conv(64, 3x3, padding=1)
      output p2, p3, p4, p5, p6
    }"""

SUPERVISED = (
    DOUBLE
    + """
    net Supervised { input image: 3x64x64
      a: double(8) -> maxpool(2x2)
      b: double(16) -> maxpool(2x2)
      c: double(32)
      ub: conv_transpose(16, 2x2, stride=2)
      concat { | @b | @ub } -> mb: double(16)
      ua: conv_transpose(8, 2x2, stride=2)
      concat { | @a | @ua } -> double(8)
      fine: conv(2, 1x1)
      @mb -> middle: conv(2, 1x1)
      output fine, middle
    }"""
)

LADDERS = {
    "unet2": unet([16, 32], 64),
    "unet3": unet([32, 64, 128], 256, up="upsample(scale=2) -> conv(c, 3x3, padding=1) -> relu"),
    "unet5": unet([32, 64, 128, 256, 512], 512, "3x512x384"),
    "unet6": unet(
        [16, 32, 64, 128, 256, 512], 1024, "3x512x512", 'upsample(scale=2, mode="bilinear")'
    ),
    "open": unet([16, 32, 64], 128, "1x?x?"),
    "once": unet([16, 32, 64], 128, double="block double(c) { conv(c, 3x3, padding=1) -> relu }"),
    "strided": DOUBLE
    + """
    net Strided { input volume: 1x64x64
      a: double(8)
      conv(16, 2x2, stride=2) -> relu -> b: double(16)
      conv(32, 2x2, stride=2) -> relu -> c: double(32)
      dropout(0.5)
      conv(64, 2x2, stride=2) -> relu -> double(64)
      uc: conv_transpose(32, 2x2, stride=2)
      @c -> conv(8, 1x1) -> sc: relu
      concat { | @sc | @uc } -> double(32)
      ub: conv_transpose(16, 2x2, stride=2)
      @b -> conv(8, 1x1) -> sb: relu
      concat { | @sb | @ub } -> double(16)
      ua: conv_transpose(8, 2x2, stride=2)
      @a -> conv(8, 1x1) -> sa: relu
      concat { | @sa | @ua } -> double(8) -> conv(1, 1x1)
    }""",
    "hourglass": hourglasses(1),
    "residuals": nested(3),
    "resunet": RESUNET,
    "pyramid": PYRAMID,
    "supervised": SUPERVISED,
    "volume": """
    net Volume { input scan: 1x32x64x64
      conv(8, 3x3x3, padding=1) -> a: relu -> maxpool(2x2x2)
      conv(16, 3x3x3, padding=1) -> b: relu -> maxpool(2x2x2)
      conv(32, 3x3x3, padding=1) -> relu
      ub: conv_transpose(16, 2x2x2, stride=2)
      concat { | @b | @ub } -> conv(16, 3x3x3, padding=1) -> relu
      ua: conv_transpose(8, 2x2x2, stride=2)
      concat { | @a | @ua } -> conv(2, 1x1x1)
    }""",
    "signal": """
    net Signal { input wave: 1x4096
      conv(16, 15, stride=2, padding=7) -> a: leaky_relu
      conv(32, 15, stride=2, padding=7) -> b: leaky_relu
      conv(64, 15, stride=2, padding=7) -> leaky_relu
      ub: upsample(scale=2)
      concat { | @b | @ub } -> conv(32, 5, padding=2) -> leaky_relu
      ua: upsample(scale=2)
      concat { | @a | @ua } -> conv(16, 5, padding=2) -> leaky_relu
      upsample(scale=2) -> conv(1, 1) -> tanh
    }""",
}

OTHERS = {
    # one rung only
    "deeplab": """
    net OneRung { input image: 3x64x64
      conv(16, 3x3, stride=4, padding=1) -> low: relu
      conv(32, 3x3, stride=2, padding=1) -> relu -> high: upsample(scale=2)
      concat { | @low | @high } -> conv(2, 1x1) -> upsample(scale=4) }""",
    # no rungs
    "autoencoder": """
    net Autoencoder { input image: 3x64x64
      conv(16, 3x3, stride=2, padding=1) -> relu -> conv(32, 3x3, stride=2, padding=1) -> relu
      conv_transpose(16, 2x2, stride=2) -> relu -> conv_transpose(3, 2x2, stride=2) }""",
    # all maps are made as large as the finest, from each of them
    "hypercolumns": """
    net Hypercolumns { input image: 3x64x64
      a: conv(8, 3x3, padding=1)
      maxpool(2x2) -> b: conv(8, 3x3, padding=1)
      maxpool(2x2) -> c: conv(8, 3x3, padding=1)
      @b -> ub: upsample(scale=2)
      @c -> uc: upsample(scale=4)
      concat { | @a | @ub | @uc } -> conv(2, 1x1) }""",
    # the second hourglass goes down again
    "stacked": hourglasses(2),
    # rungs between decoders: U-Net++
    "nested": """
    net Nested { input image: 3x32x32
      x00: conv(8, 3x3, padding=1)
      maxpool(2x2) -> x10: conv(16, 3x3, padding=1)
      maxpool(2x2) -> x20: conv(32, 3x3, padding=1)
      @x10 -> u10: upsample(scale=2)
      concat { | @x00 | @u10 } -> x01: conv(8, 3x3, padding=1)
      @x20 -> u20: upsample(scale=2)
      concat { | @x10 | @u20 } -> x11: conv(16, 3x3, padding=1) -> u11: upsample(scale=2)
      concat { | @x00 | @x01 | @u11 } -> conv(2, 1x1) }""",
    # skips inside of one resolution
    "flat": """
    net Flat { input image: 3x32x32
      a: conv(8, 3x3, padding=1)
      b: conv(8, 3x3, padding=1)
      c: conv(8, 3x3, padding=1)
      concat { | @b | @c } -> d: conv(8, 3x3, padding=1)
      concat { | @a | @d } -> conv(8, 3x3, padding=1) }""",
}

ZOO = ("unet", "fcn8s", "fcn8s_voc", "faster_rcnn", "retinanet", "digitsretinanet", "yolov3")
NOT = (
    *(
        "googlenet",
        "resnet18",
        "resnet50",
        "preresnet200",
        "densenet121",
        "highway19_cifar",
        "ssd300",
    ),
    *("vgg16", "yolov2", "inception_v3", "mobilenet_v2", "fasterrcnnvgg16", "fcn32s", "lenet5"),
)
NAMES = (*LADDERS, *(f"zoo:{name}" for name in ZOO))


@cache
def design(name: str) -> Design:
    """A network by its name here, or in the zoo, compiled once."""
    if name.startswith("zoo:"):
        return netdsl.load(name).design
    return netdsl.loads(LADDERS.get(name) or OTHERS[name]).design
