"""What the emitter must know to write `inplace=True`: tried on PyTorch's autograd.

A layer saves its output if the backward pass goes wrong after the next step has overwritten it; it
is a view if writing on its output writes on its input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from layer_oracle import CASES, layer, literal, run, sizes
from torch import Tensor, nn

from netdsl.code.expr import Call, Expr, Literal, Name
from netdsl.layers import load_all
from netdsl.layers.base import Layer
from netdsl.shapes import Shape

Operation = Callable[[Tensor], Tensor]
SINGLE = {word: kind for word, kind in load_all().items() if not kind.many}


def in_place(call: Expr) -> Call:
    """The call as the emitter changes it."""
    assert isinstance(call, Call)
    return Call(call.function, call.positional, (*call.named, ("inplace", Literal(True))))


def operations(made: Layer, x: Shape, inplace: bool) -> Iterator[Operation]:
    """The layer in every form: module in training and in evaluation, function."""
    a = literal(made, x)
    constructor = made.module(a)
    if constructor is not None:
        constructor = in_place(constructor) if inplace else constructor
        yield run(constructor).double()
        yield run(constructor).double().eval()
    references = list(made.references().values())
    function = made.function(a, Name("x"), *(Name("like") for _ in references))
    if function is not None:
        call = in_place(function) if inplace else function
        like = [torch.zeros(sizes(v.shape)) for v in references]
        yield lambda x: run(call, {"x": x, "like": like[0] if like else None})


def tried(word: str, inplace: bool = False) -> Iterator[tuple[Operation, Tensor]]:
    """All operations of a layer, each with an input."""
    generator = torch.Generator().manual_seed(1)
    for other, arguments, x in CASES:
        if other == word:
            for operation in operations(layer(word, **arguments), x, inplace):
                yield operation, torch.randn(sizes(x), generator=generator, dtype=torch.double)


def gradient(operation: Operation, x: Tensor, overwrite: bool) -> Tensor:
    """The gradient through the operation and a relu behind it, which overwrites or not."""
    leaf = x.clone().requires_grad_()
    torch.manual_seed(0)
    z = nn.functional.relu(operation(leaf * 1.5), inplace=overwrite)
    (1.3 * z + z.sin()).sum().backward()
    assert leaf.grad is not None
    return leaf.grad


def breaks(operation: Operation, x: Tensor) -> bool:
    """Whether overwriting the operation's output makes its backward pass wrong."""
    expected = gradient(operation, x, overwrite=False)
    try:
        found = gradient(operation, x, overwrite=True)
    except RuntimeError as error:
        assert "modified by an inplace operation" in str(error)
        return True
    return not torch.allclose(found, expected)


def writes_through(operation: Operation, x: Tensor) -> bool:
    """Whether writing on the operation's output writes on its input."""
    kept = x.clone()
    with torch.no_grad():
        operation(x).add_(1)
    return not torch.equal(x, kept)


@pytest.mark.parametrize("word", SINGLE)
def test_saves_output(word: str) -> None:
    kind = SINGLE[word]
    found = any(breaks(f, x) for f, x in tried(word))
    if kind.inplace:  # what works in place keeps its output where its input is gone
        found = found or any(breaks(f, x) for f, x in tried(word, inplace=True))
    assert found == kind.saves_output


@pytest.mark.parametrize("word", SINGLE)
def test_is_view(word: str) -> None:
    assert any(writes_through(f, x) for f, x in tried(word)) == SINGLE[word].is_view


@pytest.mark.parametrize("word", [word for word, kind in SINGLE.items() if kind.inplace])
def test_inplace(word: str) -> None:
    """In place PyTorch gives the same numbers, where the input was, with the same gradients."""
    for (plain, x), (changing, same) in zip(tried(word), tried(word, inplace=True), strict=True):
        assert torch.equal(x, same)
        assert torch.equal(gradient(plain, x, False), gradient(changing, x, False))
        expected = plain(x)
        assert changing(x).data_ptr() == x.data_ptr()
        assert torch.equal(x, expected)


@pytest.mark.parametrize("word", [word for word, kind in SINGLE.items() if not kind.inplace])
def test_not_inplace(word: str) -> None:
    if SINGLE[word].family == "dropout" or word == "identity":
        return  # PyTorch would take it, but there is nothing to save in evaluation
    made, x = next((layer(w, **arguments), x) for w, arguments, x in CASES if w == word)
    a = literal(made, x)
    for call in (made.module(a), made.function(a, Name("x"))):
        if isinstance(call, Call):
            with pytest.raises(TypeError, match="inplace"):
                run(in_place(call), {"x": torch.zeros(sizes(x))})
