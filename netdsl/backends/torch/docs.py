"""Docstrings of emitted classes: what goes in and out, in the words of the constructor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netdsl.code.expr import PRODUCT, Expr, Literal, bracketed
from netdsl.design import Scope
from netdsl.shapes import SIDE_NAMES, Open, Shape

if TYPE_CHECKING:
    from netdsl.backends.torch.builder import Builder
    from netdsl.backends.torch.symbols import Val


def shape_lines(
    b: Builder, scopes: Sequence[Scope], val: Val | None, result: Val | None
) -> list[str]:
    """`Input: (N, in_channels, H, W). Output: (N, 4 * width, H / stride, W / stride).`"""
    if scopes[0].kind == "net":
        return _net_lines(b, scopes[0], result)
    parts = []
    if val is not None and b.template.takes_input:
        parts.append(
            f"Input: {_shown(val.channels, _in_sides(b, [v.shape for v in val.concretes]))}"
        )
    extra = [
        f"{name}: {_value_shape(b, scopes, name)}"
        for name, kind in b.template.forward_params_all
        if kind == "Tensor" and name not in ("x", "inputs")
    ]
    extra += [
        f"{name}: {kind}"
        for name, kind in b.template.forward_params_all
        if kind not in ("Tensor", "nn.Module")
    ]
    inputs = (
        " and ".join([*parts, *extra])
        if parts
        else "Input: " + " and ".join(extra)
        if extra
        else ""
    )
    if result is None:
        return [f"{inputs}."] if inputs else []
    shapes_out = [v.shape for v in result.concretes]
    sides = _out_sides(b, scopes, val, shapes_out)
    channels = b.template.out_channels
    text = f"Output: {_shown(channels, sides)}"
    one = f"{inputs}. {text}." if inputs else f"{text}."
    return [one] if len(one) + 10 <= b.emitter.width else [f"{inputs}.", f"{text}."]


def _shown(channels: Expr | None, sides: Sequence[str]) -> str:
    first = "..." if channels is None else channels.text
    return f"({', '.join(['N', first, *sides])})"


def _sides(shapes: Sequence[Shape | None], names: Any) -> list[str]:
    ranks = {len(s) for s in shapes if s is not None}
    if len(ranks) != 1:
        return ["..."]
    return list(SIDE_NAMES.get(ranks.pop() - 1, ()))


def _in_sides(b: Builder, shapes: Sequence[Shape | None]) -> list[str]:
    """H and W, or numbers where the code works for these only."""
    letters = _sides(shapes, None)
    if not b.fixed_sides or letters == ["..."]:
        return letters
    columns = [{s[i + 1] for s in shapes if s is not None} for i in range(len(letters))]
    if all(len(c) == 1 for c in columns):
        return [str(c.pop()) for c in columns]
    return letters


def _value_shape(b: Builder, scopes: Sequence[Scope], name: str) -> str:
    shapes = [s.values[name].shape for s in scopes if name in s.values]
    if not shapes:
        return "(N, ...)"
    letters = _sides(shapes, None)
    known = [p for p in b.params if p.role == "channels" and p.source == name]
    return f"(N, {known[0].name if known else '...'}, {'...' if letters else ''})".replace(
        ", )", ")"
    )


def _out_sides(
    b: Builder, scopes: Sequence[Scope], val: Val | None, outs: Sequence[Shape | None]
) -> list[str]:
    ranks = {len(s) for s in outs if s is not None}
    if len(ranks) != 1 or any(s is None for s in outs):
        return ["..."]
    count = ranks.pop() - 1
    if count == 0:
        return []
    letters = SIDE_NAMES[count]
    ins = [v.shape for v in val.concretes] if val is not None else []
    if not ins or any(s is None or len(s) != count + 1 for s in ins):
        column = [[s[i + 1] for s in outs if s is not None] for i in range(count)]
        return [str(c[0]) if len(set(c)) == 1 and isinstance(c[0], int) else "..." for c in column]
    words = []
    for i, letter in enumerate(letters):
        pairs = [(a[i + 1], o[i + 1]) for a, o in zip(ins, outs) if a is not None and o is not None]
        words.append(_relation(b, scopes, letter, pairs))
    if any(w == "..." for w in words):
        return ["..."]
    return words


def _relation(
    b: Builder, scopes: Sequence[Scope], letter: str, pairs: Sequence[tuple[Any, Any]]
) -> str:
    """How an output side follows from the input's, if that is short to say."""
    if all(a == o for a, o in pairs):
        return letter
    if any(isinstance(a, Open) or isinstance(o, Open) for a, o in pairs):
        return "..."
    if all(o == 1 for _, o in pairs):
        return "1"
    for param in b.params:
        if param.role != "argument":
            continue
        values = [s.arguments.get(param.source) if s.arguments else None for s in scopes]
        if len(values) != len(pairs) or not all(
            isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in values
        ):
            continue
        if len(set(values)) > 1 or values[0] != 1:
            if all(-(-a // v) == o for (a, o), v in zip(pairs, values)):
                return f"{letter} / {param.name}"
            if all(a * v == o for (a, o), v in zip(pairs, values)):
                return f"{param.name} * {letter}"
    for k in (2, 3, 4, 8, 16, 32):
        if all(o * k in (a, a + k - 1, a + 1) and -(-a // k) == o for a, o in pairs) or all(
            a // k == o for a, o in pairs
        ):
            return f"{letter} / {k}"
        if all(a * k == o for a, o in pairs):
            return f"{k} * {letter}"
    differences = {o - a for a, o in pairs}
    if len(differences) == 1:
        change = differences.pop()
        if abs(change) <= 16:
            return f"{letter} {'+' if change > 0 else '-'} {abs(change)}"
    return "..."


def _net_lines(b: Builder, net: Scope, result: Val | None) -> list[str]:
    inputs = []
    many = len(net.values) > 1
    for name, value in net.values.items():
        assert value.shape is not None
        shown = f"(N, {', '.join(_dim(d) for d in value.shape)})"
        inputs.append(f"{name} {shown}" if many else shown)
    line = f"Input: {', '.join(inputs)}."
    if net.outputs:
        outs = []
        for path, value in net.outputs.items():
            assert value.shape is not None
            outs.append(f"{'_'.join(path)} (N, {', '.join(_dim(d) for d in value.shape)})")
        line += f" Output: {', '.join(outs)}"
    elif result is not None:
        shape = result.concretes[0].shape
        assert shape is not None
        channels = b.template.out_channels
        first = (
            channels.text
            if channels is not None and not isinstance(channels, Literal)
            else str(shape[0])
        )
        line += f" Output: (N, {', '.join([first, *(_dim(d) for d in shape[1:])])})"
    if net.aux:
        line += f", in training with {' and '.join(net.aux)}"
    return [line + "."]


def _dim(dim: Any) -> str:
    return str(dim)


__all__ = ["PRODUCT", "bracketed", "shape_lines"]
