"""Radial basis functions: how far a vector is from each of some codes."""

from __future__ import annotations

from typing import Any, ClassVar
from typing import Literal as OneOf

from netdsl.code.expr import Call, Expr, call
from netdsl.diagnostics import Mistake
from netdsl.layers.base import Given, Layer, Tensor
from netdsl.layers.fields import NonNegative, Positive
from netdsl.layers.inputs import check_flat
from netdsl.shapes import Shape

DIGITS, PLACES = 10, 7 * 12  # of the bitmaps in templates/torch/helpers.py


class Rbf(Layer):
    """The squared distance of a vector to the code of every class: y_i = sum_j (x_j - w_ij)^2.

    The class is the one with the least. The codes are learned (they start uniformly from -1 to 1),
    or stay as they are: "bitmap" is the digits 0 to 9 of LeNet-5, stylised in 7x12 places of 1 and
    -1, "random" as many 1 and -1 by chance, always the same ones for a `seed`.
    Input: a flat vector of n numbers, 84 of them for bitmaps. Output: features. Weights or buffer:
    features x n. Source: LeCun et al., 1998, II.B and figure 3.
    """

    word: ClassVar[str] = "rbf"
    family: ClassVar[str] = "linear"
    positional: ClassVar[int] = 1
    trained: ClassVar[tuple[str, ...]] = ("weight",)
    weighted: ClassVar[bool] = True
    module_only: ClassVar[bool] = True

    features: Positive
    codes: OneOf["learned", "bitmap", "random"] = "learned"
    seed: NonNegative | None = None

    @property
    def form(self) -> Any:
        return self.codes

    def output(self, x: Shape) -> Shape:
        check_flat(self.word, x)
        if self.codes == "bitmap" and (x.channels, self.features) != (PLACES, DIGITS):
            raise Mistake(
                "E232",
                f'`codes="bitmap"` of `rbf` are {DIGITS} digits of {PLACES} places, but '
                f"{self.features} codes of {x.channels} are needed",
                hint='`codes="learned"` and `codes="random"` have any size',
            )
        if self.codes == "random" and self.seed is None:
            raise Mistake(
                "E232",
                '`codes="random"` of `rbf` need a seed',
                hint="`seed=1`, or another number: the text says which codes they are",
            )
        if self.codes != "random" and self.seed is not None:
            raise Mistake(
                "E232",
                f'`rbf` has a seed, but `codes="{self.codes}"` are not random',
                hint='leave `seed` out, or write `codes="random"`',
            )
        return Shape(self.features)

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        shape = (self.features, x.channels)
        return (Tensor("weight", shape, learned=self.codes == "learned"),)

    def macs(self, x: Shape, y: Shape) -> int:
        return x.channels * self.features

    def out_channels(self, a: Given) -> Expr:
        return a.features

    def module(self, a: Given) -> Call:
        if self.codes == "bitmap":
            return call("BitmapRBF")
        if self.codes == "random":
            return call("RandomRBF", a.in_channels, a.features, seed=a.seed)
        return call("RBF", a.in_channels, a.features)

    def label(self) -> str:
        return f"RBF, {self.features}, {self.codes} codes"
