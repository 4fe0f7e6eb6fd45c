"""Batch normalisation folded into the layer before it: `--fold-bn`.

In evaluation bn(W x + b) = (s W) x + (b - mean) s + shift with s = scale / sqrt(variance + eps), which is
one layer with a bias (Ioffe and Szegedy, 2015, section 3.1, and every runtime since). So it needs a layer
that is linear, and of which nothing else reads the output. Normalisation *before* a convolution, as in
DenseNet and pre-activated residual units, stays: there are a relu and the convolution's padding between,
and zeros of the padding are no values that were shifted.
"""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.design import Applied, Design, Link, Passed, Scope
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.elaborate.edits import Edit
from netdsl.layers.base import Layer
from netdsl.passes.editing import Decisions, Nodes, Path, compiled, scope_of, steps_of
from netdsl.readers import Readers
from netdsl.walks import read_from_outside

NORMS = ("bn", "frozen_bn")
MOST_NAMED = 3  # of those that are left alone

Folded = dict[str, tuple[str, float]]


def fold_bn(design: Design) -> Design:
    """The network without the batch normalisation that a convolution or a linear layer can take over.

    Raises `NetError` if there is none (E477).
    """
    readers, nodes = Readers(read_from_outside(design.net)), Nodes()
    decisions: Decisions = {}
    folded: Folded = {}
    left: dict[str, list[str]] = {}
    for path, scope in _scopes(design.net, ()):
        names = {id(link): ".".join((*path, key)) for key, link in scope.children.items()}
        for link in steps_of(scope):
            if not isinstance(link.what, Applied) or link.what.layer.word not in NORMS:
                continue
            layer, why = _before(link, scope, readers)
            if layer is None:
                left.setdefault(why, []).append(names[id(link)])
                continue
            assert isinstance(layer.what, Applied)
            decisions[path, id(link)] = Edit(drop=True)
            if not getattr(layer.what.layer, "bias", True):
                decisions[path, id(layer)] = Edit(node=nodes.with_arguments(layer, bias=True))
            folded[names[id(layer)]] = names[id(link)], link.what.layer.eps  # type: ignore[attr-defined]
    notes = tuple(_left_alone(why, names) for why, names in left.items())
    if not folded:
        hint = notes[0] if notes else "it has no batch normalisation"
        message = f"{design.name} has no batch normalisation that could be folded"
        raise NetError([Diagnostic("E477", message, hint=hint)])
    said = "Batch normalisation is folded into the layers before it."
    return compiled(design, decisions, passed=Passed((said,), notes, folded))


def _scopes(scope: Scope, path: Path) -> Iterator[tuple[Path, Scope]]:
    """Every scope with the names down to it; of shared modules those of their declaration."""
    yield path, scope
    for link in steps_of(scope):
        inner = scope_of(link)
        if inner is not None and link.key is not None:
            yield from _scopes(inner, (*path, link.key))


def _before(link: Link, scope: Scope, readers: Readers) -> tuple[Link | None, str]:
    """The layer that can take over a normalisation; None, and why there is none."""
    value = link.inputs[0]
    maker = value.maker
    if maker is None or not isinstance(maker.what, Applied):
        return None, "what it normalises comes from no convolution"
    layer = maker.what.layer
    if layer.family not in ("convolution", "linear"):
        return None, "what it normalises comes from no convolution"
    if not _scales(layer):
        return None, f"`{layer.word}` cannot take it over"
    if maker.frame.scope is not scope or link.frame.scope is not scope:
        return None, "the convolution before it stands in another block"
    if readers.of(scope).reads(value) != 1:
        return None, "something else reads the convolution's output too"
    return maker, ""


def _scales(layer: Layer) -> bool:
    """Whether the first dimension of a layer's weight is that of its outputs, all of which are learned."""
    if layer.word == "linear":
        return True
    plain = getattr(layer, "connections", None) is None and getattr(layer, "trainable", True)
    return layer.word == "conv" and plain


def _left_alone(why: str, names: list[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")
    return f"batch normalisation that stays, {len(names)} of it ({shown}): {why}"
