"""What a layer is: one class says its parameters, shape rule, weights, cost and PyTorch phrase.

A layer's fields are its parameters, named as PyTorch names them. Defining the class registers it under
its `word`; a word taken twice is an error. Everything is about one sample: shapes have no batch
dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any, ClassVar, NamedTuple

from netdsl.code.expr import Call, Expr, Literal, Tuple, product, subscript
from netdsl.formulas import Count, elements
from netdsl.layers.checked import Checked
from netdsl.layers.fields import Value, is_one_number, spread
from netdsl.shapes import Dim, Open, Shape

REGISTRY: dict[str, type[Layer]] = {}


class Tensor(NamedTuple):
    """One entry of the `state_dict`: its name below the layer, its shape, whether it is learned.

    `even` says whether all outputs read equally many of its numbers, so that its shape tells how many:
    some initial values count them.
    """

    name: str
    shape: tuple[int, ...]
    learned: bool = True
    even: bool = True


class Cost(NamedTuple):
    """What a layer costs, for one sample; costs add up.

    `parameters` are learned numbers. `macs` are multiply-adds of convolutions and linear layers,
    without biases and normalisation; `connections` are what the same layers (and subsampling) read
    for all their outputs, biases included. While sizes are open both are formulas; None is what nobody
    can know.
    """

    parameters: int = 0
    macs: Count | None = 0
    connections: Count | None = 0

    def __add__(self, other: object) -> Cost:  # type: ignore[override]
        if not isinstance(other, Cost):
            return NotImplemented
        return Cost(
            self.parameters + other.parameters,
            _sum(self.macs, other.macs),
            _sum(self.connections, other.connections),
        )

    def __sub__(self, other: Cost) -> Cost:
        """The cost without a part of it."""
        return Cost(
            self.parameters - other.parameters,
            _difference(self.macs, other.macs),
            _difference(self.connections, other.connections),
        )


def _sum(a: Count | None, b: Count | None) -> Count | None:
    return None if a is None or b is None else a + b


def _difference(a: Count | None, b: Count | None) -> Count | None:
    return None if a is None or b is None else a - b


class Window(NamedTuple):
    """How an output place sees its input, one entry a side: what receptive fields are made of."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]


# -------------------------------------------------------------------------------------------- given
class Given:
    """What a layer may say about itself in the emitted code.

    `given.stride` is the expression for the parameter `stride` (a literal, or a name like
    `stride`); `incoming` are the channels of its inputs and `in_channels` those of the first.
    `inputs` are the input shapes of one concrete instance (their ranks are the same in all
    instances).
    """

    def __init__(
        self,
        fields: Mapping[str, Expr],
        inputs: Sequence[Shape],
        incoming: Sequence[Expr],
        elements: Expr | None = None,
        one_number: Callable[[str], bool] | None = None,
        sides: Callable[[], Sequence[Expr]] | None = None,
    ) -> None:
        self._fields = fields
        self._one_number = one_number
        self._elements = elements
        self._sides = sides
        self.inputs = tuple(inputs)
        self.incoming = tuple(incoming)

    @property
    def x(self) -> Shape:
        return self.inputs[0]

    @property
    def dims(self) -> int:
        """How many sides the input has beside its channels: 2 for an image."""
        return len(self.inputs[0]) - 1

    @property
    def in_channels(self) -> Expr:
        return self.incoming[0]

    @property
    def sides(self) -> Sequence[Expr]:
        """The input's sides: what follows its channels."""
        return [Literal(d) for d in self.x.sides] if self._sides is None else self._sides()

    @property
    def elements(self) -> Expr:
        """All numbers of the input: `512 * 7 * 7`. What `flatten` gives."""
        if self._elements is not None:
            return self._elements
        return product([self.in_channels, *self.sides])

    def get(self, name: str, default: Expr) -> Expr:
        return self._fields.get(name, default)

    def entries(self, name: str, value: Any, count: int) -> list[Expr]:
        """An expression for each of `count` entries of a size or a list; one number is all of them.
        `value` is what the layer holds in this instance."""
        expr = self._fields[name]
        if isinstance(expr, Literal):
            return [Literal(v) for v in (value if isinstance(value, tuple) else (value,) * count)]
        if not isinstance(expr, Tuple) and is_one_number(value) and self.one_number(name):
            return [expr] * count
        return [subscript(expr, Literal(i)) for i in range(count)]

    def one_number(self, name: str) -> bool:
        """Whether an `Extent` is one number for all sides in every instance."""
        expr = self._fields.get(name)
        if expr is None or isinstance(expr, Literal):
            return expr is None or is_one_number(expr.value)
        return self._one_number is not None and self._one_number(name)

    def __getattr__(self, name: str) -> Expr:
        fields = self.__dict__.get("_fields", {})
        if name not in fields:
            raise AttributeError(name)
        return fields[name]


# -------------------------------------------------------------------------------------------- layer
class Layer(Checked):
    """The base of layers. Fields are parameters; an abstract layer has no `word`."""

    registry: ClassVar[dict[str, Any]] = REGISTRY  # where it is found by its word
    # convolution, pooling, normalization, activation, linear, dropout, shape or merge
    family: ClassVar[str] = ""
    many: ClassVar[bool] = False  # takes any number of inputs: a merge
    weighted: ClassVar[bool] = False  # can hold weights, so that a label on it names a level
    trained: ClassVar[tuple[str, ...]] = ("weight", "bias")  # tensors that it can have and train
    module_only: ClassVar[bool] = False  # has weights or behaves differently in training
    inplace: ClassVar[bool] = False  # PyTorch offers inplace=True
    saves_output: ClassVar[bool] = False  # its backward pass needs its own output unchanged
    is_view: ClassVar[bool] = False  # its output shares memory with its input
    passes: ClassVar[bool] = False  # gives on what enters, and takes no place of its own
    # Fields that follow from the shape of what enters: they differ between uses of a shared module.
    shaped: ClassVar[frozenset[str]] = frozenset()
    dims: ClassVar[int] = (
        2  # how many sides the maps have that it works on; of a step, by `works_on`
    )
    # In a figure it stands in the box of the layer before it, as its "norm", "activation" or "flatten".
    joins: ClassVar[str] = ""

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        if "word" not in cls.__dict__:
            return
        if cls.word in cls.registry:
            raise TypeError(f"two layers are called {cls.word!r}")
        for rule in ("output", "module" if cls.module_only else "function"):
            if getattr(cls, rule) is getattr(Layer, rule):
                raise TypeError(f"{cls.__name__} does not say its {rule}()")
        cls.registry[cls.word] = cls

    # -------------------------------------------------------------------------------------- shapes
    def output(self, x: Shape) -> Shape:
        """The output's shape for an input of shape `x`; a `Mistake` where it does not fit. A merge
        takes all its inputs: `output(*xs)`."""
        raise NotImplementedError

    def condition(self, *xs: Shape) -> int:
        """What every open size must be a multiple of for `output` to hold; 1 if any size will do.

        `add` of `H` and `2 * ceil(H / 2)` is right for even H only: 2. The compiler warns.
        """
        return 1

    def doubt(self, x: Shape) -> tuple[str, str] | None:
        """What is probably not meant, though it fits, and what to write; the compiler warns."""
        return None

    def works_on(self, dims: int) -> None:
        """Tell a step how many sides its maps have, which is no parameter: `conv(64, 3)` is 3x3 on images."""
        if dims and dims != self.dims:
            object.__setattr__(self, "dims", dims)

    def references(self) -> dict[str, Value]:
        """Parameters that are values: they are inputs too, by name."""
        return {n: v for n, v in self.__dict__.items() if isinstance(v, Value)}

    def per_side(self, name: str, dims: int) -> tuple[int, ...]:
        """The parameter `name` as one number a side."""
        return spread(getattr(self, name), dims, name, self.word)

    # ---------------------------------------------------------------------------------------- cost
    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        """The layer's own part of the `state_dict`, in PyTorch's order."""
        return ()

    def macs(self, x: Shape, y: Shape) -> Count | None:
        """Multiply-adds of one sample: a formula while a size is open."""
        return 0

    def connections_of(self, x: Shape, y: Shape) -> Count | None:
        """What all outputs read, biases included, as LeCun et al. (1998) count: a formula while a size is
        open. A multiply-add reads one number, and so does adding a bias."""
        macs = self.macs(x, y)
        if not macs or all(tensor.name != "bias" for tensor in self.tensors(x)):
            return macs
        return macs + elements(y)

    def cost(self, x: Shape, y: Shape) -> Cost:
        parameters = sum(prod(tensor.shape) for tensor in self.tensors(x) if tensor.learned)
        return Cost(parameters, self.macs(x, y), self.connections_of(x, y))

    def window(self, x: Shape) -> Window | None:
        """How the output sees the input; None where a place sees itself only (or everything)."""
        return None

    # ------------------------------------------------------------------------------------- PyTorch
    @property
    def form(self) -> Any:
        """What chooses between classes of PyTorch: steps of one layer and one form are one call."""
        return None

    def out_channels(self, a: Given) -> Expr:
        """The first dimension of the output, in the words of the emitted code."""
        return a.in_channels

    def module(self, a: Given) -> Call | None:
        """The constructor call, `nn.Conv2d(3, 64, kernel_size=7)`; None if there is none."""
        return None

    def function(self, a: Given, *x: Expr) -> Expr | None:
        """The functional call, `F.relu(x)`; None if there is none."""
        return None

    # -------------------------------------------------------------------------------------- people
    def label(self) -> str:
        """The layer in a paper's words: `3x3 conv, 64, /2`, on sequences `conv 3, 64, /2`."""
        return self.word

    def look(self) -> str:
        """The kind of its box in a figure; empty where its family says it."""
        return ""


def is_open(*dims: Dim) -> bool:
    return any(isinstance(d, Open) for d in dims)
