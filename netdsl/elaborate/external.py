"""`extern layer`: a PyTorch module of the user's own. Only the emitted code imports it."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, Any, ClassVar

from netdsl.code.expr import Call, Expr, Literal, Name, call
from netdsl.design import Value
from netdsl.diagnostics import Mistake
from netdsl.elaborate.values import ExternDef, Silent, Target, kind_of
from netdsl.frames import Frame
from netdsl.layers.base import Given, Layer
from netdsl.shapes import Open, Shape, Size
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run

TARGET = re.compile(
    r"([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*):([A-Za-z_][A-Za-z0-9_]*)"
)


class External(Layer):
    """A module from elsewhere: its output shape is what the declaration says, its weights are unknown."""

    family: ClassVar[str] = "extern"
    weighted: ClassVar[bool] = True
    module_only: ClassVar[bool] = True
    shaped: ClassVar[frozenset[str]] = frozenset(["gives"])
    saves_output: ClassVar[bool] = True  # nothing is known of it: its output is left alone

    name: str
    package: str
    symbol: str
    parameters: tuple[tuple[str, Any], ...] = ()
    gives: Any = None
    channels_from: str | None = None  # "in", or the parameter that says the output's channels

    @property
    def target(self) -> str:
        """What stands for the class in code whose names are not chosen yet."""
        return f"{self.package}:{self.symbol}"

    def output(self, x: Shape) -> Shape:
        return self.gives

    def out_channels(self, a: Given) -> Expr:
        if self.channels_from == "in":
            return a.in_channels
        if self.channels_from is not None:
            return getattr(a, self.channels_from)
        return Literal(self.gives[0])

    def module(self, a: Given) -> Call:
        named = {n: getattr(a, n) for n, _ in self.parameters}
        return call(Name(self.target), **named)

    def label(self) -> str:
        return self.name


def check_target(node: ast.Extern) -> tuple[str, str]:
    """Package and class of `"package.module:Class"`."""
    match = TARGET.fullmatch(node.target.value)
    if match is None or any(keyword.iskeyword(p) for p in (*match[1].split("."), match[2])):
        raise Mistake(
            "E137",
            f'"{node.target.value}" names no class',
            node.target.span,
            hint='write "package.module:Class"',
        )
    return match[1], match[2]


def external_layer(
    run: Run, definition: ExternDef, target: Target, step: ast.Call, current: Value | None
) -> External:
    """The extern layer with its arguments; its shape is computed from them and from what flows in."""
    from netdsl.elaborate.applying import nothing_flows, plain_value
    from netdsl.elaborate.expressions import evaluate
    from netdsl.elaborate.names import Names
    from netdsl.elaborate.sentences import check_complete
    from netdsl.layers.fields import GIVE_SIZE

    if current is None:
        raise nothing_flows(definition.name)
    package, symbol = check_target(definition.node)
    check_complete(target, step)
    if current.shape is None:
        raise Silent
    frame = Frame(None, "inline")
    frame.names["in"] = current
    names = Names(run, definition.file, frame)
    parameters = []
    for param in definition.params:
        name = param.name.text
        if name in target.bound:
            value = plain_value(name, target.bound[name].value, target)
            if isinstance(value, Value):
                raise Mistake(
                    "E112", f"`{name}` of `{definition.name}` cannot be a value", step.span
                )
        else:
            assert param.default is not None
            value = evaluate(param.default, names)
        frame.names[name] = value
        parameters.append((name, value))
    shape = evaluate(definition.node.shape, names)
    if isinstance(shape, int) and not isinstance(shape, bool):
        shape = (shape,)
    if (
        not isinstance(shape, tuple)
        or not shape
        or not all(isinstance(s, (int, Open)) and not isinstance(s, bool) for s in shape)
    ):
        given = "a shape with open sizes" if isinstance(shape, Size) else kind_of(shape)
        raise Mistake(
            "E137",
            f"the shape of `{definition.name}` must be a size or a list like [channels, in.height, in.width], not {given}",
            definition.node.shape.span,
            hint="`in.shape` is the shape of what flows in",
        )
    if isinstance(shape[0], Open):
        message = f"the channels of `{definition.name}` would be the open size {shape[0]}"
        raise Mistake("E209", message, step.span, hint=GIVE_SIZE)
    least = min((s for s in shape if isinstance(s, int)), default=1)
    if least < 1:
        raise Mistake(
            "E137",
            f"`{definition.name}` would give {Shape(*shape)}: channels and sides are at least 1, not {least}",
            step.span,
            labels=[(definition.node.shape.span, "the shape that it gives")],
        )
    return External(
        name=definition.name,
        package=package,
        symbol=symbol,
        parameters=tuple(parameters),
        gives=Shape(*shape),
        channels_from=_channels_from(definition.node),
    )


def _channels_from(node: ast.Extern) -> str | None:
    """Where the declared shape takes its channels from, if that is plain to see."""
    first = (
        node.shape.items[0]
        if isinstance(node.shape, ast.ListLiteral) and node.shape.items
        else node.shape
    )
    if isinstance(first, ast.Attribute) and isinstance(first.of, ast.In):
        return "in" if first.name.plain in ("shape", "channels") else None
    return first.name if isinstance(first, ast.Ref) else None
