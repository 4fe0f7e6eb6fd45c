"""Detection networks: a small body with two maps, and a head of every kind on them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from drawing.dice import Dice

ACTS = ("relu", "leaky_relu(0.1)", "silu", "elu")
NORMS = ("bn", "groupnorm(2)", "identity", "frozen_bn")


class Detectors(Dice):
    """One detector. Sides are multiples of 16; @fine has a quarter of them, @coarse an eighth."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.side = self.pick([32, 48, 64])
        self.fine = 4 * self.rng.randrange(1, 5)
        self.coarse = 4 * self.rng.randrange(1, 5)
        self.classes = self.rng.randrange(1, 6)

    def program(self) -> tuple[str, str]:
        """The text, and the name of its net."""
        kind = self.pick([*sorted(HEADS), "yolo"])  # which has two forms
        head, image = HEADS[kind](self), f"3x{self.side}x{self.side}"
        if kind in ("rpn", "retina", "fcn") and self.chance(0.6):
            image = "3x?x?"
        lines = [f"input image: {image}"]
        if self.chance(0.4):
            lines.append(f"normalize({self.pick(['0.5', 'mean=[0.4, 0.5, 0.6], std=0.25'])})")
        lines += self.body("@coarse" in "".join(head) or kind in ("fcn", "svm"))
        if kind == "svm":
            lines += ["flatten", f"fc: linear({self.rng.randrange(2, 9)})"]
        lines += head
        norm, act = self.pick(NORMS), self.pick(ACTS)
        conv = "conv(width, kernel_size, stride=stride, padding=kernel_size[0] // 2, bias=false)"
        unit = f"block unit(width, stride=1, kernel_size=3x3) {{\n  {conv} -> {norm} -> {act}\n}}"
        body = "\n".join(f"  {line}" for line in lines)
        text = f"{unit}\n\nnet Detector(classes={self.classes}) {{\n{body}\n}}\n"
        return text, "Detector"

    def body(self, coarse: bool) -> list[str]:
        stem = self.pick(
            ["stem: unit(4, stride=2)", "unit(4, 2)", "maxpool(2x2) -> unit(4, 1, 1x1)"]
        )
        lines = [stem]
        if self.chance(0.4):
            lines.append("residual { unit(4) -> conv(4, 1x1) }")
        if self.chance(0.3):
            lines.append("repeat 2 { unit(4) }")
        lines.append(f"fine: unit({self.fine}, stride=2)")
        return lines + [f"coarse: {{ unit({self.coarse}, stride=2) }}"] * coarse

    def options(self, *forms: str) -> str:
        chosen = self.rng.sample(forms, self.rng.randrange(0, min(3, len(forms)) + 1))
        return "".join(f", {form}" for form in chosen)

    def predict(self) -> str:
        return self.pick(["", "", ", predict=conv(kernel_size=3x3, padding=1)"])

    def sizes(self, count: int) -> str:
        return str([8 * (i + 1) for i in range(count)])

    # ------------------------------------------------------------------------------------- kinds
    def ssd(self) -> list[str]:
        ratios = lambda: self.pick(["[2]", "[2, 3]", "[1.5]"])
        norm = self.pick(["", "norm: l2norm(scale=20) -> ", "conv(8, 1x1) -> relu -> "])
        fine = (
            f"| @fine -> {norm}multibox(min=6, max=12, ratios={ratios()}, step=4{self.predict()})"
        )
        coarse = f"| @coarse -> multibox(min=12, max=24, ratios={ratios()})"
        options = self.options("match=0.4", "negatives=2", "clip=true", "score=0.05", "nms=0.5")
        return [f"head ssd(classes{options}) {{", f"  {fine}", f"  {coarse}", "}"]

    def yolo(self) -> list[str]:
        options = self.options("ignore=0.6", "softmax=true", "score=0.05", "detections=20")
        if self.chance(0.4):
            grid, boxes = self.pick([2, 3]), self.pick([1, 2])
            numbers = f"{grid} * {grid} * ({boxes} * 5 + classes)"
            bar = f"| @coarse -> flatten -> linear({numbers}) -> cells(grid={grid}, boxes={boxes})"
            return [f"head yolo(classes{options}) {{", f"  {bar}", "}"]
        conv = "conv(2 * (5 + classes), 1x1)"
        bars = [f"| @coarse -> {conv} -> boxes(anchors=[12x16, 20x10], stride=8)"]
        if self.chance(0.6):
            bars.insert(0, f"| @fine -> {conv} -> boxes(anchors=[4x6, 8x8])")
        return [f"head yolo(classes{options}) {{", *(f"  {bar}" for bar in bars), "}"]

    def _anchored(self, word: str, count: int, more: str = "") -> list[str]:
        ratios = self.pick(["", ", ratios=[1]", ", ratios=[0.5, 1, 2]"])
        start = self.pick([[], ["conv(8, 3x3, padding=1) -> relu"], ["unit(8)"]])
        many = count == 1 and "octaves" not in more and self.chance(0.5)
        sizes = "[8, 16]" if many else self.sizes(count)
        return [*start, f"anchors(sizes={sizes}{ratios}{more}{self.predict()})"]

    def _features(self) -> tuple[str, int]:
        if self.fine == self.coarse and self.chance(0.7):
            return "[@fine, @coarse]", 2
        return self.pick(["@fine", "[@coarse]"]), 1

    def rpn(self) -> list[str]:
        features, count = self._features()
        soft = self.pick(["", "", ", softmax=true"])
        body = self._anchored("rpn", count, soft)
        options = self.options("proposals=[20, 10]", "samples=16", "nms=0.6", "candidates=50")
        found = [f"head rpn(features={features}{options}) {{", *(f"  {s}" for s in body), "}"]
        return found + self.rcnn(features)

    def rcnn(self, features: str | None = None) -> list[str]:
        region = self.pick(["roi_align(2x2, sampling_ratio=1)", "roi_pool(3x3)"])
        options = self.options("match=0.6", "samples=8", "score=0.1", "detections=10")
        fc = self.pick(["fc6: linear(8) -> relu", "linear(6) -> relu -> dropout(0.5)"])
        features = features or self._features()[0]
        return [
            f"head rcnn(classes, features={features}{options}) {{",
            f"  {region} -> flatten",
        ] + [
            f"  {fc}",
            "}",
        ]

    def retina(self) -> list[str]:
        features, count = self._features()
        body = self._anchored("retina", count, self.pick(["", ", octaves=2"]))
        if self.chance(0.4):
            body = [
                "classification: unit(8)",
                "@in -> regression: unit(4)",
                body[-1].replace(
                    "anchors(", "anchors(scores=@classification, offsets=@regression, "
                ),
            ]
        options = self.options("gamma=1.5", "alpha=0.5", "score=0.1", "detections=10")
        head = f"head retina(classes, features={features}{options}) {{"
        return [head, *(f"  {s}" for s in body), "}"]

    def fcn(self) -> list[str]:
        start = self.pick(
            ["conv_transpose(classes, 4x4, stride=2, padding=1)", "conv(classes, 1x1)"]
        )
        return [
            f"head fcn(classes{self.options('ignore=254')}) {{",
            f"  {start}",
            "  upsample(like=@image" + self.pick(["", ', mode="bilinear"']) + ")",
            "}",
        ]

    def svm(self) -> list[str]:
        options = self.options("match=[0.2, 0.5]", "ridge=10", "nms=0.4")
        return [f"head svm(classes, context=2{options}) {{ identity }}"]


HEADS: dict[str, Callable[[Detectors], list[str]]] = {
    "ssd": Detectors.ssd,
    "yolo": Detectors.yolo,
    "rpn": Detectors.rpn,
    "rcnn": Detectors.rcnn,
    "retina": Detectors.retina,
    "fcn": Detectors.fcn,
    "svm": Detectors.svm,
}
