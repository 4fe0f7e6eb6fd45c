"""What a layer is: one class says its parameters, shape rule, weights, cost and PyTorch phrase.

A layer is a frozen, strict pydantic model whose fields are its parameters, named as PyTorch names
them. Defining the class registers it under its `word`; a word taken twice is an error. Everything is
about one sample: shapes have no batch dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from netdsl.code.expr import Call, Expr, Literal, product
from netdsl.diagnostics import Mistake, did_you_mean
from netdsl.shapes import Dim, Open, Shape, Size

REGISTRY: dict[str, type[Layer]] = {}


class Value:
    """Something that flows: what a layer gave. A layer may take one as an argument (`like=@x`)."""

    shape: Shape


class Tensor(NamedTuple):
    """One entry of the `state_dict`: its name below the layer, its shape, whether it is learned."""

    name: str
    shape: tuple[int, ...]
    learned: bool = True


class Cost(NamedTuple):
    """What a layer costs, for one sample; costs add up.

    `macs` are multiply-adds of convolutions and linear layers, without biases and normalisation;
    None while a size is open. `parameters` are learned numbers.
    """

    parameters: int = 0
    macs: int | None = 0

    def __add__(self, other: object) -> Cost:  # type: ignore[override]
        if not isinstance(other, Cost):
            return NotImplemented
        macs = None if self.macs is None or other.macs is None else self.macs + other.macs
        return Cost(self.parameters + other.parameters, macs)


class Window(NamedTuple):
    """How an output place sees its input, one entry a side: what receptive fields are made of."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]


# --------------------------------------------------------------------------------- parameter types
def _extent(value: Any) -> Any:
    if isinstance(value, (list, tuple)) and not isinstance(value, Size):
        if all(isinstance(v, int) and not isinstance(v, bool) for v in value) and value:
            return Size(value)
    if isinstance(value, Size) and None in value:
        raise PydanticCustomError("extent", "a size without `?`")
    if isinstance(value, (int, Size)) and not isinstance(value, bool):
        return value
    raise PydanticCustomError("extent", "a whole number or a size like 3x3")


def at_least(least: int) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        value = _extent(value)
        if min(value if isinstance(value, Size) else (value,)) < least:
            raise PydanticCustomError("extent", f"at least {least}")  # type: ignore[arg-type]
        return value

    return check


def _flag(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    raise PydanticCustomError("flag", "`true` or `false`")


Positive = Annotated[int, Field(ge=1, lt=2**31)]
NonNegative = Annotated[int, Field(ge=0, lt=2**31)]
Probability = Annotated[float, Field(ge=0, le=1)]
Bool = Annotated[Any, BeforeValidator(_flag)]
# One number for all sides, or a size with one number a side (height first): kernels, strides ...
Extent = Annotated[Any, BeforeValidator(at_least(1))]
# ... and paddings, which may be 0.
Extents = Annotated[Any, BeforeValidator(at_least(0))]


def spread(value: int | Size, dims: int, what: str) -> tuple[int, ...]:
    """One number a side. A size with another number of sides is a mistake."""
    if isinstance(value, Size):
        if len(value) != dims:
            raise Mistake(
                "E210",
                f"`{what}={value}` has {len(value)} sides, but the input has {dims}",
                hint=f"write one number for all sides, or a size with {dims} sides",
            )
        return tuple(v for v in value if v is not None)
    return (value,) * dims


# -------------------------------------------------------------------------------------------- given
class Given:
    """What a layer may say about itself in the emitted code.

    `given.stride` is the expression for the parameter `stride` (a literal, or a name like `stride`);
    `incoming` are the channels of its inputs and `in_channels` those of the first. `inputs` are the
    input shapes of one concrete instance (their ranks are the same in all instances).
    """

    def __init__(
        self,
        fields: Mapping[str, Expr],
        inputs: Sequence[Shape],
        incoming: Sequence[Expr],
        elements: Expr | None = None,
        one_number: Callable[[str], bool] | None = None,
    ) -> None:
        self._fields = fields
        self._one_number = one_number
        self._elements = elements
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
    def elements(self) -> Expr:
        """All numbers of the input: `512 * 7 * 7`. What `flatten` gives."""
        if self._elements is not None:
            return self._elements
        return product([self.in_channels, *(Literal(d) for d in self.x.sides)])

    def get(self, name: str, default: Expr) -> Expr:
        return self._fields.get(name, default)

    def one_number(self, name: str) -> bool:
        """Whether an `Extent` is one number for all sides in every instance."""
        expr = self._fields.get(name)
        if expr is None or isinstance(expr, Literal):
            value = None if expr is None else expr.value
            return not isinstance(value, Size) or len(set(value)) == 1
        return self._one_number is not None and self._one_number(name)

    def __getattr__(self, name: str) -> Expr:
        fields = self.__dict__.get("_fields", {})
        if name not in fields:
            raise AttributeError(name)
        return fields[name]


# -------------------------------------------------------------------------------------------- layer
class Layer(BaseModel):
    """The base of all layers. Fields are parameters; the first `positional` may stand without name."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", defer_build=True, arbitrary_types_allowed=True
    )

    word: ClassVar[str] = ""  # how a `.net` text calls it; empty for an abstract layer
    family: ClassVar[str] = (
        ""  # convolution, pooling, normalization, activation, linear, dropout, shape, merge
    )
    positional: ClassVar[int] = 0
    many: ClassVar[bool] = False  # takes any number of inputs: a merge
    weighted: ClassVar[bool] = False  # can hold weights, so that a label on it names a level
    module_only: ClassVar[bool] = False  # has weights or behaves differently in training
    inplace: ClassVar[bool] = False  # PyTorch offers inplace=True
    saves_output: ClassVar[bool] = False  # its backward pass needs its own output unchanged
    is_view: ClassVar[bool] = False  # its output shares memory with its input

    @classmethod
    def __pydantic_init_subclass__(cls, **named: Any) -> None:
        super().__pydantic_init_subclass__(**named)
        if "word" not in cls.__dict__:
            return
        if cls.word in REGISTRY:
            raise TypeError(f"two layers are called {cls.word!r}")
        for rule in ("output", "module" if cls.module_only else "function"):
            if getattr(cls, rule) is getattr(Layer, rule):
                raise TypeError(f"{cls.__name__} does not say its {rule}()")
        REGISTRY[cls.word] = cls

    # -------------------------------------------------------------------------------------- shapes
    def output(self, x: Shape) -> Shape:
        """The output's shape for an input of shape `x`; a `Mistake` where it does not fit. A merge
        takes all its inputs: `output(*xs)`."""
        raise NotImplementedError

    def references(self) -> dict[str, Value]:
        """Parameters that are values: they are inputs too, by name."""
        fields = type(self).model_fields
        return {n: v for n in fields if isinstance(v := getattr(self, n), Value)}

    # ---------------------------------------------------------------------------------------- cost
    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        """The layer's own part of the `state_dict`, in PyTorch's order."""
        return ()

    def macs(self, x: Shape, y: Shape) -> int | None:
        """Multiply-adds of one sample; None while a size is open."""
        return 0

    def cost(self, x: Shape, y: Shape) -> Cost:
        parameters = 0
        for tensor in self.tensors(x):
            if tensor.learned:
                size = 1
                for side in tensor.shape:
                    size *= side
                parameters += size
        return Cost(parameters, self.macs(x, y))

    def window(self, x: Shape) -> Window | None:
        """How the output sees the input; None where a place sees itself only (or everything)."""
        return None

    # ------------------------------------------------------------------------------------- PyTorch
    def out_channels(self, a: Given) -> Expr:
        """The first dimension of the output, in the words of the emitted code."""
        return a.in_channels

    def module(self, a: Given) -> Call | None:
        """The constructor call, `nn.Conv2d(3, 64, kernel_size=7)`; None if PyTorch has no such module."""
        return None

    def function(self, a: Given, *x: Expr) -> Expr | None:
        """The functional call, `F.relu(x)`; None if there is none."""
        return None

    # -------------------------------------------------------------------------------------- people
    def label(self) -> str:
        """The layer in a paper's words: `3x3 conv, 64, /2`."""
        return self.word


def signature(layer: type[Layer]) -> str:
    """`conv(channels, kernel_size, stride=1, ...)`."""
    parts = []
    for name, field in layer.model_fields.items():
        parts.append(name if field.is_required() else f"{name}={source_text(field.default)}")
    return f"{layer.word}({', '.join(parts)})" if parts else layer.word


def source_text(value: Any) -> str:
    """A value as a `.net` text writes it."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (list, tuple)) and not isinstance(value, Size):
        return f"[{', '.join(source_text(v) for v in value)}]"
    return str(value)


def create(layer: type[Layer], arguments: dict[str, Any]) -> Layer:
    """The layer with these parameters; a `Mistake` that names the parameter where one is wrong.

    The mistake's `argument` tells which one, so that the caller can point at it.
    """
    try:
        return layer(**arguments)
    except ValidationError as error:
        raise _mistake(layer, error, arguments) from None


class ArgumentMistake(Mistake):
    """A mistake in one argument; `argument` is its name, None where it is missing."""

    argument: str | None = None


def _mistake(layer: type[Layer], error: ValidationError, arguments: dict[str, Any]) -> Mistake:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    kind, context = first["type"], first.get("ctx", {})
    if kind == "missing":
        hint = f"it is {signature(layer)}"
        found = ArgumentMistake("E111", f"`{layer.word}` needs `{name}`", hint=hint)
        return found
    if kind == "extra_forbidden":
        known = list(layer.model_fields)
        hint = did_you_mean(name, known) or f"it is {signature(layer)}"
        found = ArgumentMistake("E110", f"`{layer.word}` has no argument `{name}`", hint=hint)
        found.argument = name
        return found
    value = source_text(arguments.get(name))
    wanted = {
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
        "string_type": "a text",
        "greater_than_equal": f"at least {context.get('ge')}",
        "greater_than": f"more than {context.get('gt')}",
        "less_than_equal": f"at most {context.get('le')}",
        "less_than": f"less than {context.get('lt')}",
        "literal_error": str(context.get("expected", "")).replace("'", '"'),
    }.get(kind, first["msg"])
    hint = None
    given_value = arguments.get(name)
    if kind in ("int_type", "int_from_float", "extent") and isinstance(given_value, float):
        hint = "`/` gives a fraction; `//` divides whole numbers"
    found = ArgumentMistake(
        "E112", f"`{name}` of `{layer.word}` must be {wanted}, not {value}", hint=hint
    )
    found.argument = name
    return found


def is_open(*dims: Dim) -> bool:
    return any(isinstance(d, Open) for d in dims)
