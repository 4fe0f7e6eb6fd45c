"""How windows move over maps: kernels, strides, paddings, and the sizes that come out.

The arithmetic holds for open sizes too (`netdsl.shapes`). Dumoulin and Visin, "A guide to convolution
arithmetic for deep learning", 2016.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from netdsl.code.expr import Expr, Literal
from netdsl.diagnostics import Mistake
from netdsl.layers.base import Given, at_least, spread
from netdsl.shapes import SIDE_NAMES, Dim, Shape, Size, ceil_div

_extents = at_least(0)


def _padding(value: Any) -> Any:
    if isinstance(value, str):
        if value in ("same", "valid", "full"):
            return value
        raise PydanticCustomError("padding", 'a number, a size, "same", "valid" or "full"')
    return _extents(value)


# A number, a size, "same" (dilation * (k - 1) // 2 on both sides, whatever the stride),
# "valid" (0) or "full" (dilation * (k - 1)).
Padding = Annotated[Any, BeforeValidator(_padding)]


def sides_of(x: Shape, word: str, allowed: tuple[int, ...] = (1, 2, 3)) -> int:
    """How many sides the input has beside its channels; a mistake if the layer cannot take that."""
    dims = len(x) - 1
    if dims not in allowed:
        wanted = " or ".join("x".join(("C", *SIDE_NAMES[d])) for d in allowed)
        raise Mistake(
            "E211",
            f"`{word}` needs a map ({wanted}), but gets {x}",
            hint="a flat vector is no map; does `flatten` stand too early?" if dims == 0 else None,
        )
    return dims


def padding_of(
    padding: int | Size | str, kernel: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[int, ...]:
    """The padding of both ends, one number a side."""
    if padding == "valid":
        return (0,) * len(kernel)
    if padding == "full":
        return tuple(d * (k - 1) for k, d in zip(kernel, dilation))
    if padding == "same":
        for k in kernel:
            if k % 2 == 0:
                raise Mistake(
                    "E212",
                    f'padding="same" needs an odd kernel, not {Size(kernel)}',
                    hint="an even kernel has no middle: write the padding as a number",
                )
        return tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation))
    assert not isinstance(padding, str)
    return spread(padding, len(kernel), "padding")


def moved(
    x: Shape,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    word: str,
    ceil_mode: bool = False,
) -> tuple[Dim, ...]:
    """The sides of what a window moved over `x` gives.

    floor((n + 2p - d(k-1) - 1) / s) + 1. With `ceil_mode` the quotient is rounded up, but the last
    window must start inside the input or its left padding: that is ceil((n + min(2p - d(k-1) - 1 + s, p)) / s).
    """
    out: list[Dim] = []
    for n, k, s, p, d in zip(x.sides, kernel, stride, padding, dilation):
        reach = d * (k - 1) + 1
        if isinstance(n, int) and n + 2 * p < reach:
            padded = f" ({Shape(*x.sides)} with padding {Size(padding)})" if any(padding) else ""
            spaced = (
                f" with dilation {Size(dilation)} spans {Size(e * (j - 1) + 1 for j, e in zip(kernel, dilation))} and"
                if set(dilation) != {1}
                else ""
            )
            raise Mistake(
                "E213",
                f"the {Size(kernel)} kernel of `{word}`{spaced} is larger than its input{padded}",
                hint=f"it gets {x}; a smaller kernel, more padding or fewer strides above would fit",
            )
        if ceil_mode:
            out.append(ceil_div(n + min(2 * p - reach + s, p), s))
        else:
            out.append((n + 2 * p - reach) // s + 1)
    return tuple(out)


def padding_expr(a: Given, padding: int | Size | str, kernel_name: str = "kernel_size") -> Expr:
    """The padding in emitted code: the number where it is one, else in terms of the kernel."""
    if padding == "valid":
        return Literal(0)
    kernel = getattr(a, kernel_name)
    dilation = a.get("dilation", Literal(1))
    if padding in ("same", "full"):
        if isinstance(kernel, Literal) and isinstance(dilation, Literal):
            sizes = spread(kernel.value, a.dims, "kernel_size")
            spaces = spread(dilation.value, a.dims, "dilation")
            return Literal(Size(padding_of(padding, sizes, spaces)))
        if a.one_number(kernel_name) and a.one_number("dilation"):
            return _symbolic(padding, kernel, dilation)
        return Literal("same")  # PyTorch's own word; right for stride 1, which is checked
    return a.padding


def _symbolic(padding: str, kernel: Expr, dilation: Expr) -> Expr:
    if padding == "full":
        return dilation * (kernel - 1)
    if isinstance(dilation, Literal) and dilation.value == 1:
        return kernel // 2  # the kernel is odd
    return dilation * (kernel - 1) // 2


def size_label(value: int | Size | str, dims: int = 2) -> str:
    """A size in a paper's words: `3x3`; with dims=1 a number that holds for all sides is one number."""
    if isinstance(value, Size):
        return str(value[0]) if dims == 1 and len(set(value)) == 1 else str(value)
    return str(value) if dims == 1 else "x".join([str(value)] * dims)
