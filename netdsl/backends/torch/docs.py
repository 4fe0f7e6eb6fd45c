"""Docstrings of emitted classes: what goes in and out, in the words of the constructor."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netdsl.backends.torch import sides as sides_of
from netdsl.code.expr import Expr, Literal
from netdsl.design import Design, Scope
from netdsl.shapes import SIDE_NAMES, Open, Shape

if TYPE_CHECKING:
    from netdsl.backends.torch.builder import Builder
    from netdsl.backends.torch.scene import Val


def file_doc(design: Design) -> str | None:
    """What documents the emitted file: the text of the source file; without one, that of the net."""
    return design.file_doc or design.own_doc


def text_of(b: Builder, scope: Scope) -> list[str]:
    """What the source says of a block or net, above its shapes."""
    design = b.emitter.design
    if scope.kind == "block":
        doc = scope.definition.node.body.doc
    else:
        doc = design.own_doc if scope.kind == "net" and design.file_doc else None
    lines = inspect.cleandoc(doc or "").splitlines()
    return [*lines, ""] if lines else []


def shape_lines(
    b: Builder, scopes: Sequence[Scope], val: Val | None, result: Val | None
) -> list[str]:
    """`Input: (N, in_channels, H, W). Output: (N, 4 * width, H / stride, W / stride).`"""
    if scopes[0].kind == "net":
        return _net_lines(b, scopes[0], result)
    parts = []
    ins = _known([v.shape for v in val.concretes] if val is not None else [])
    if val is not None and b.template.takes_input:
        parts.append(
            f"Input: {_shown(val.channels, _in_sides(b, [v.shape for v in val.concretes]))}"
        )
    extra = [
        f"{name}: {_value_shape(b, scopes, name, ins)}"
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
    return _laid_out(b, [f"{inputs}.", f"{text}."] if inputs else [f"{text}."])


def _laid_out(b: Builder, sentences: list[str]) -> list[str]:
    """On one line if they fit, else each on its own."""
    one = " ".join(sentences)
    return [one] if len(one) + 10 <= b.emitter.width else sentences


def _shown(channels: Expr | None, sides: Sequence[str]) -> str:
    first = "..." if channels is None else channels.text
    return f"({', '.join(['N', first, *sides])})"


def _sides(shapes: Sequence[Shape | None]) -> list[str]:
    ranks = {len(s) for s in shapes if s is not None}
    if len(ranks) != 1:
        return ["..."]
    return list(SIDE_NAMES.get(ranks.pop() - 1, ()))


def _in_sides(b: Builder, shapes: Sequence[Shape | None]) -> list[str]:
    """H and W, or numbers where the code works for these only."""
    letters = _sides(shapes)
    if not b.fixed_sides or letters == ["..."]:
        return letters
    columns = [{s[i + 1] for s in shapes if s is not None} for i in range(len(letters))]
    if all(len(c) == 1 for c in columns):
        return [str(c.pop()) for c in columns]
    return letters


def _value_shape(b: Builder, scopes: Sequence[Scope], name: str, ins: Sequence[Shape]) -> str:
    shapes = [s.values[name].shape for s in scopes if name in s.values]
    if not shapes:
        return "(N, ...)"
    sides = (sides_of.value_sides(scopes, name, ins) or ["..."]) if _sides(shapes) else []
    known = [p for p in b.params if p.role == "channels" and p.source == name]
    return f"(N, {', '.join([known[0].name if known else '...', *sides])})".replace(
        "..., ...", "..."
    )


def _out_sides(
    b: Builder, scopes: Sequence[Scope], val: Val | None, outs: Sequence[Shape | None]
) -> list[str]:
    """What follows the channels: the sides in words that hold for all sides and arguments, or numbers
    where the class works for some sides only."""
    ranks = {len(s) for s in outs if s is not None}
    if len(ranks) != 1 or any(s is None for s in outs):
        return ["..."]
    count = ranks.pop() - 1
    if count == 0:
        return []
    ins = _known([v.shape for v in val.concretes] if val is not None else [])
    if b.fixed_sides or len(ins) != len(scopes):
        numbers = [{s[i + 1] for s in outs if s is not None} for i in range(count)]
        return [str(c.pop()) for c in numbers] if all(len(c) == 1 for c in numbers) else ["..."]
    words = sides_of.output_sides(b, scopes, ins)
    if words is None:
        words = [
            _relation(letter, [(a[i + 1], o[i + 1]) for a, o in zip(ins, outs) if o is not None])
            if all(len(a) == count + 1 for a in ins)
            else "..."
            for i, letter in enumerate(SIDE_NAMES[count])
        ]
    return ["..."] if "..." in words else words


def _known(shapes: Sequence[Shape | None]) -> list[Shape]:
    return [s for s in shapes if s is not None]


def _relation(letter: str, pairs: Sequence[tuple[Any, Any]]) -> str:
    """How an output side follows from the input's in a group, which cannot be run on its own."""
    if all(a == o for a, o in pairs):
        return letter
    if any(isinstance(a, Open) or isinstance(o, Open) for a, o in pairs):
        return "..."
    if all(o == 1 for _, o in pairs):
        return "1"
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
        shown = _net_shape(None, value.shape)
        inputs.append(f"{name} {shown}" if many else shown)
    sentences = [f"Input: {', '.join(inputs)}."]
    line = ""
    if net.outputs:
        outs = []
        for (path, value), said in zip(net.outputs.items(), b.template.output_channels):
            outs.append(f"{'_'.join(path)} {_net_shape(said, value.shape)}")
        line = f"Output: {', '.join(outs)}"
    elif result is not None:
        line = f"Output: {_net_shape(b.template.out_channels, result.concretes[0].shape)}"
    if net.aux:
        line += f", in training with {_listed(list(net.aux))}"
    return _laid_out(b, [*sentences, f"{line}."] if line else sentences)


def _listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), names[-1]])


def _net_shape(channels: Expr | None, shape: Shape | None) -> str:
    """A shape in numbers, but channels that the parameters of the net decide."""
    assert shape is not None
    said = None if isinstance(channels, Literal) else channels
    first = str(shape[0]) if said is None else said.text
    return f"(N, {', '.join([first, *(str(d) for d in shape[1:])])})"
