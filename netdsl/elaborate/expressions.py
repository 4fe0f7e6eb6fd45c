"""Expressions -> what they stand for, in a frame.

Numbers follow Python (`//` and `%` round down). A mistake is raised with the place of the smallest
expression that has it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netdsl.code.expr import OPERATIONS
from netdsl.design import Frame, Link, Scope, SharedModule, Value
from netdsl.diagnostics import Mistake, did_you_mean, surely
from netdsl.elaborate import lookup
from netdsl.elaborate.functions import FUNCTIONS, LONGEST, ON_VALUES, bounded
from netdsl.elaborate.program import lookup as lookup_definition
from netdsl.elaborate.values import (
    UNKNOWN,
    BlockDef,
    Bound,
    ExternDef,
    Form,
    InputFacts,
    LayerDef,
    NetDef,
    Silent,
    Tapped,
    Target,
    bind,
    kind_of,
)
from netdsl.layers import WORDS, find
from netdsl.layers.base import signature
from netdsl.shapes import Open, Shape, Size
from netdsl.syntax import ast
from netdsl.syntax.build import MISSING

if TYPE_CHECKING:
    from netdsl.elaborate.program import File
    from netdsl.elaborate.run import Run

FACTS = ("channels", "height", "width", "length", "shape")
FORM_PARAMETERS = {"residual": ("scale", "survival"), "dense": ("count",)}
FORMS = tuple(FORM_PARAMETERS)
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
NOT_KNOWN = "a condition is decided when the network is compiled; values are not known then"
HIDDEN = ("in", "file ")  # what inlined blocks keep among their names
PYTHONISMS = {"True": "true", "False": "false", "None": "none"}


class Names:
    """Where an expression is read: its frame, and the file whose top-level names it sees."""

    __slots__ = ("file", "frame", "run")

    def __init__(self, run: Run, file: File, frame: Frame) -> None:
        self.run = run
        self.file = file
        self.frame = frame

    def find(self, name: str) -> Any:
        """What a name stands for: innermost frame first, then the file. KeyError if nothing."""
        try:
            return self.frame.find(name)
        except KeyError:
            pass
        found = lookup_definition(self.run.program, self.file, name, self.run.evaluate_let)
        if isinstance(found, (BlockDef, ExternDef)):
            return Target(found, {})
        return found

    def inside(self, frame: Frame) -> Names:
        return Names(self.run, self.file, frame)

    def visible(self, steps: bool = False) -> list[str]:
        """Every name that could have been meant; with `steps` those that can be a step."""
        names: dict[str, None] = {}
        frame: Frame | None = self.frame
        while frame is not None:
            for name, held in frame.names.items():
                if name not in HIDDEN and (not steps or isinstance(held, (Target, SharedModule))):
                    names[name] = None
            frame = frame.parent
        kinds = (ast.Block, ast.Extern, ast.Import, *(() if steps else (ast.Let,)))
        for name, definition in self.file.definitions.items():
            if isinstance(definition, kinds):
                names[name] = None
        return list(names)


def step_target(names: Names, name: ast.Name) -> Target | SharedModule:
    """What a word means where a step stands: only layers, blocks and modules are looked up."""
    try:
        found = names.find(name.text)
        if isinstance(found, (Target, SharedModule)):
            return found
        if found is UNKNOWN:
            raise Silent
    except KeyError:
        found = None
    builtin = builtin_target(name.text)
    if builtin is not None:
        return builtin
    if found is not None:
        if isinstance(found, NetDef):
            raise Mistake(
                "E115",
                f"`{name.text}` is a net, and a net is no step",
                name.span,
                hint="make a block of the part that both use",
            )
        raise Mistake(
            "E115", f"`{name.text}` is {kind_of(found)}, not a layer or a block", name.span
        )
    known = names_of_steps(names)
    folded = name.text.lower().replace("_", "")
    hint = f"it is {ELSEWHERE[folded]}" if folded in ELSEWHERE else did_you_mean(name.text, known)
    raise Mistake("E101", f"there is no layer or block `{name.text}`", name.span, hint=hint)


def names_of_steps(names: Names) -> list[str]:
    """Every word that a step can begin with here."""
    return [*WORDS, *FORMS, *names.visible(steps=True)]


# What things are called elsewhere.
ELSEWHERE = {
    **dict.fromkeys(
        ("conv1d", "conv2d", "conv3d", "convolution", "convolution2d"),
        "`conv` here; its dimensions follow from what flows in",
    ),
    **dict.fromkeys(("deconv", "convtranspose2d", "upconv"), "`conv_transpose` here"),
    **dict.fromkeys(("fc", "fullyconnected", "innerproduct", "affine"), "`linear` here"),
    **dict.fromkeys(("batchnorm", "batchnorm2d", "batchnormalization"), "`bn` here"),
    **dict.fromkeys(("pool", "pooling"), "`maxpool` or `avgpool` here"),
    **dict.fromkeys(("maxpool2d", "maxpooling", "maxpooling2d"), "`maxpool` here"),
    **dict.fromkeys(("avgpool2d", "averagepool", "averagepooling"), "`avgpool` here"),
    **dict.fromkeys(("gap", "globalaveragepool", "globalpool"), "`global_avgpool` here"),
    **dict.fromkeys(("adaptiveavgpool2d",), "`adaptive_avgpool` here"),
    **dict.fromkeys(("concatenate", "cat", "merge"), "`concat { | ... | ... }` here"),
    **dict.fromkeys(("sum", "eltwise"), "`add { | ... | ... }` here"),
    **dict.fromkeys(("skip", "residualblock"), "`residual { ... }` here"),
    **dict.fromkeys(
        ("sequential", "group", "seq", "block"), "a group in braces here: `label: { ... }`"
    ),
    **dict.fromkeys(("depthwiseconv", "depthwise"), "`conv(..., groups=in.channels)` here"),
    **dict.fromkeys(("swish",), "`silu` here"),
    **dict.fromkeys(("dropout2d", "spatialdropout"), "`channel_dropout` here"),
    **dict.fromkeys(("softmax2d",), "`softmax` here"),
    **dict.fromkeys(("localresponsenorm",), "`lrn` here"),
    **dict.fromkeys(("interpolate", "upsample2d", "upsampling2d"), "`upsample` here"),
    "shortcut": "a clause: it follows the body of a residual, `residual { ... } shortcut { ... }`",
}


def builtin_target(word: str) -> Target | None:
    layer = find(word)
    if layer is not None:
        return Target(LayerDef(layer), {})
    if word in FORMS:
        return Target(Form(word), {})
    return None


def evaluate(node: ast.Expr, names: Names) -> Any:
    """What an expression stands for. Raises `Mistake`, or `Silent` after one."""
    names.run.compute(1, node.span)
    try:
        return _EVALUATORS[type(node)](node, names)
    except Mistake as mistake:
        raise mistake.at(node.span) from None


def _ref(node: ast.Ref, names: Names) -> Any:
    if node.name == MISSING:
        raise Silent
    try:
        found = names.find(node.name)
    except KeyError:
        builtin = builtin_target(node.name)
        if builtin is not None:
            return builtin
        if node.name in PYTHONISMS:
            raise Mistake(
                "E102", f"there is no name `{node.name}`", hint=f"write `{PYTHONISMS[node.name]}`"
            ) from None
        labels = lookup.labels_in_reach(names.frame)
        if node.name in labels:
            hint = f"what a step gave is reached with `@`: `@{node.name}`"
        elif node.name in FUNCTIONS:
            hint = f"`{node.name}` is a function: {node.name}(...)"
        else:
            hint = did_you_mean(node.name, [*names.visible(), *FUNCTIONS, *WORDS])
        raise Mistake("E102", f"there is no name `{node.name}`", hint=hint) from None
    if found is UNKNOWN:
        raise Silent
    if isinstance(found, NetDef):
        raise Mistake("E115", f"`{node.name}` is a net and cannot be used in an expression")
    return found


def _in(node: ast.In, names: Names) -> Any:
    value = lookup.block_input(names.frame)
    if value is None:
        raise Mistake("E126", "`in` is what enters a block; nothing enters here")
    if value.shape is None:
        raise Silent
    return InputFacts(value.shape, value)


def fact(shape: Shape, name: str, what: str) -> Any:
    """`channels`, `height`, `width`, `length` or `shape` of a value."""
    if name == "channels":
        return shape.channels
    if name == "shape":
        return tuple(shape)
    index = {"height": -2, "width": -1, "length": -1}[name]
    if len(shape) < (2 if name == "length" else 3):
        raise Mistake("E122", f"{what} is {shape} and has no {name}")
    return shape[index]


def _tap(node: ast.Tap, names: Names) -> Any:
    return lookup.tap(node, names)


def _attribute(node: ast.Attribute, names: Names) -> Any:
    of = evaluate(node.of, names)
    if isinstance(of, SharedModule):
        raise Mistake("E122", f"`{node.of.span.text}` is a module, which has no `{node.name.text}`")
    plain = node.name.plain
    if isinstance(of, InputFacts):
        if plain in FACTS:
            return fact(of.shape, plain, "the input")
        raise no_fact(node.name)
    if isinstance(of, Tapped):
        if plain in FACTS:
            if of.value.shape is None:
                raise Silent
            return fact(of.value.shape, plain, f"`{node.of.span.text}`")
        return lookup.below(of, node.name, names)
    raise Mistake("E122", f"{kind_of(of)} has no `{node.name.text}`", node.name.span)


def no_fact(name: ast.Computed) -> Mistake:
    """`in.chanels`."""
    meant = surely(name.text, FACTS)
    hint = f"did you mean `{meant}`?" if meant else f"`in` has {', '.join(FACTS)}"
    return Mistake("E102", f"`in` has no `{name.text}`", name.span, hint=hint)


def _index(node: ast.Index, names: Names) -> Any:
    of, index = evaluate(node.of, names), evaluate(node.index, names)
    if not isinstance(of, tuple):
        raise Mistake(
            "E122", f"`{node.of.span.text}` is {kind_of(of)}, which has no entries", node.of.span
        )
    if isinstance(index, bool) or not isinstance(index, int):
        raise Mistake("E122", f"an index is a whole number, not {kind_of(index)}", node.index.span)
    if not -len(of) <= index < len(of):
        entries = f"{len(of)} entr{'y' if len(of) == 1 else 'ies'}"
        hint = f"they are counted from 0 to {len(of) - 1}" if of else None
        raise Mistake(
            "E124", f"there is no entry {index}: the list has {entries}", node.index.span, hint=hint
        )
    found = of[index]
    if found is None and isinstance(of, Size):
        raise Mistake("E122", f"side {index} of {of} is open")
    return found


def _slice(node: ast.Slice, names: Names) -> Any:
    of = evaluate(node.of, names)
    if not isinstance(of, tuple) or isinstance(of, Size):
        raise Mistake("E122", f"`{node.of.span.text}` is {kind_of(of)}, not a list", node.of.span)
    ends = []
    for end in (node.start, node.stop):
        value = None if end is None else evaluate(end, names)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise Mistake(
                "E122",
                f"a list is cut at whole numbers, not at {kind_of(value)}",
                end.span if end else None,
            )
        ends.append(value)
    return weighed(of[ends[0] : ends[1]], node, names)


def _list(node: ast.ListLiteral, names: Names) -> Any:
    return weighed(tuple(evaluate(item, names) for item in node.items), node, names)


def weighed(found: Any, node: ast.Expr, names: Names) -> Any:
    """The same list, if it is not too long: entries of its lists count too."""
    if type(found) is tuple:
        entries, waiting = 0, [found]
        while waiting:
            inner = waiting.pop()
            entries += len(inner)
            if entries > LONGEST:
                raise Mistake("E127", "this list is too long", node.span)
            waiting += [entry for entry in inner if type(entry) is tuple]
        names.run.compute(entries, node.span)
    return found


def _comprehension(node: ast.Comprehension, names: Names) -> Any:
    out: list[Any] = []
    for entry in iterate(node.iterable, names):
        frame = Frame(names.frame)
        unpack(node.names, entry, frame, node.iterable)
        inner = names.inside(frame)
        if node.condition is None or truth(node.condition, inner):
            out.append(evaluate(node.item, inner))
        if len(out) > LONGEST:
            raise Mistake("E127", "this list is too long")
    return weighed(tuple(out), node, names)


def iterate(node: ast.Expr, names: Names) -> tuple[Any, ...]:
    """The entries of a list that is gone through."""
    found = evaluate(node, names)
    if not isinstance(found, tuple) or isinstance(found, Size):
        hint = f"write `range({node.span.text})`" if isinstance(found, int) else None
        message = f"a loop goes through a list, not {kind_of(found)}"
        raise Mistake("E122", message, node.span, hint=hint)
    return found


def unpack(targets: tuple[ast.Name, ...], entry: Any, frame: Frame, node: ast.Expr) -> None:
    """Bind the names of a loop to one entry."""
    if len(targets) == 1:
        frame.names[targets[0].text] = entry
        return
    if not isinstance(entry, tuple) or isinstance(entry, Size):
        message = f"{len(targets)} names go through entries of a list, but one is {kind_of(entry)}"
        raise Mistake("E122", message, node.span, hint="`zip(a, b)` goes through two lists at once")
    if len(entry) != len(targets):
        message = f"{len(targets)} names go through entries of length {len(entry)}"
        raise Mistake("E122", message, node.span)
    for name, value in zip(targets, entry):
        frame.names[name.text] = value


def truth(node: ast.Expr, names: Names) -> bool:
    """A condition: it must be true or false, not a number."""
    found = evaluate(node, names)
    if isinstance(found, bool):
        return found
    hint = f"compare it: `{node.span.text} != 0`" if isinstance(found, (int, float)) else None
    if isinstance(found, (Tapped, Value)):
        raise Mistake("E121", NOT_KNOWN, node.span)
    raise Mistake(
        "E121", f"a condition must be `true` or `false`, not {kind_of(found)}", node.span, hint=hint
    )


def _unary(node: ast.Unary, names: Names) -> Any:
    if node.op == "not":
        return not truth(node.of, names)
    of = evaluate(node.of, names)
    if isinstance(of, (Tapped, Value)):
        raise value_arithmetic(node)
    if isinstance(of, Open):
        return -of
    if isinstance(of, bool) or not isinstance(of, (int, float)):
        raise Mistake("E122", f"`-` needs a number, not {kind_of(of)}")
    return -of


def value_arithmetic(node: ast.Expr) -> Mistake:
    return Mistake(
        "E122",
        "arithmetic on values is a step of its own",
        node.span,
        hint=f"write it where a step stands, in parentheses: `name: ({node.span.text})`",
    )


def _binary(node: ast.Binary, names: Names) -> Any:
    left, right = evaluate(node.left, names), evaluate(node.right, names)
    if isinstance(left, (Tapped, Value)) or isinstance(right, (Tapped, Value)):
        if node.op in COMPARISONS:
            raise Mistake("E121", NOT_KNOWN, node.span)
        raise value_arithmetic(node)
    return weighed(combine(node.op, left, right, node), node, names)


def _comparable(left: Any, right: Any, op: str) -> bool:
    numbers = (int, float)
    if isinstance(left, numbers) and isinstance(right, numbers):
        return isinstance(left, bool) == isinstance(right, bool) and (
            op in ("==", "!=") or not isinstance(left, bool)
        )
    return op in ("==", "!=")


def combine(op: str, left: Any, right: Any, node: ast.Expr) -> Any:
    """Arithmetic and comparison of two things that are known."""
    if op in COMPARISONS:
        if isinstance(left, Open) or isinstance(right, Open):
            if op in ("==", "!=") and left == right:
                return op == "=="
            raise Mistake(
                "E209",
                "this cannot be decided while a size is open",
                hint="give the input a size, or pass `--input`",
            )
        if not _comparable(left, right, op):
            raise Mistake("E122", f"`{op}` cannot compare {kind_of(left)} with {kind_of(right)}")
        return OPERATIONS[op](left, right)
    if op == "+" and type(left) is tuple and type(right) is tuple:
        if len(left) + len(right) > LONGEST:
            raise Mistake("E127", "this list is too long")
        return left + right
    if op == "*" and type(left) is tuple and isinstance(right, int) and not isinstance(right, bool):
        if len(left) * max(right, 0) > LONGEST:
            raise Mistake("E127", "this list is too long")
        return left * right
    for side in (left, right):
        if isinstance(side, bool) or not isinstance(side, (int, float, Open)):
            raise Mistake("E122", f"`{op}` needs numbers, not {kind_of(side)}")
    if isinstance(left, Open) or isinstance(right, Open):
        return _open_arithmetic(op, left, right)
    if op == "**":
        if abs(left) > 1 and abs(right) > 64:
            raise Mistake("E127", "this power is too large")
        if left == 0 and right < 0:
            raise Mistake("E127", "division by zero")
    if op in ("/", "//", "%") and right == 0:
        raise Mistake("E127", "division by zero")
    try:
        return bounded(OPERATIONS[op](left, right))
    except OverflowError:
        raise Mistake("E127", "this number is too large") from None


def _open_arithmetic(op: str, left: Any, right: Any) -> Any:
    whole = all(isinstance(s, (int, Open)) for s in (left, right))
    try:
        if (
            whole
            and op in ("+", "-", "*")
            and not (op == "*" and isinstance(left, Open) and isinstance(right, Open))
        ):
            return OPERATIONS[op](left, right)
        if whole and op == "//" and isinstance(right, int) and right > 0:
            return left // right
    except TypeError:
        pass
    raise Mistake(
        "E209",
        f"`{op}` cannot be done while a size is open",
        hint="give the input a size, or pass `--input`",
    )


def _logical(node: ast.Logical, names: Names) -> Any:
    decisive = node.op == "or"
    for item in node.items:
        if truth(item, names) is decisive:
            return decisive
    return not decisive


def _choose(node: ast.Choose, names: Names) -> Any:
    return evaluate(node.then if truth(node.condition, names) else node.other, names)


def _apply(node: ast.Apply, names: Names) -> Any:
    name = node.of.name if isinstance(node.of, ast.Ref) else None
    if name in FUNCTIONS or name in ON_VALUES:
        try:
            names.find(name)
        except KeyError:
            return _function(name, node, names)
    callee = evaluate(node.of, names)
    if isinstance(callee, Target):
        return with_arguments(callee, node.args, names)
    raise Mistake(
        "E123", f"`{node.of.span.text}` is {kind_of(callee)}; it takes no arguments", node.of.span
    )


def _function(name: str, node: ast.Apply, names: Names) -> Any:
    if name not in FUNCTIONS or any(a.name is not None for a in node.args):
        layer = find(name)
        if layer is not None:  # a word that is also a layer: `unit=sigmoid()`
            return with_arguments(Target(LayerDef(layer), {}), node.args, names)
    check_function(name, node)
    values = [evaluate(argument.value, names) for argument in node.args]
    if any(isinstance(v, (Tapped, Value)) for v in values):
        raise value_arithmetic(node)
    if name not in FUNCTIONS:
        raise Mistake("E122", f"`{name}` works on values: `({node.span.text})` where a step stands")
    function = FUNCTIONS[name][0]
    found = function(*values)
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        return bounded(found)
    return weighed(found, node, names)


def check_function(name: str, node: ast.Apply) -> None:
    """How many arguments a function takes."""
    for argument in node.args:
        if argument.name is not None:
            message = f"the function `{name}` takes no argument by name"
            raise Mistake("E110", message, argument.name.span)
    if name not in FUNCTIONS:
        return
    _, fewest, most = FUNCTIONS[name]
    if fewest <= len(node.args) <= most:
        return
    count = f"{fewest} to {most}" if most < 99 else f"at least {fewest}"
    if fewest == most:
        count = str(fewest)
    plural = "" if fewest == 1 and (most == 1 or most >= 99) else "s"
    message = f"`{name}` needs {count} argument{plural}, not {len(node.args)}"
    raise Mistake("E111", message, node.span)


def evaluate_arguments(
    args: tuple[ast.Argument, ...], names: Names
) -> list[tuple[ast.Argument, Any]]:
    """Arguments with their values. Each mistake is reported; one that has none makes the whole silent."""
    found = []
    failed = False
    for argument in args:
        try:
            found.append((argument, evaluate(argument.value, names)))
        except Mistake as mistake:
            names.run.report_mistake(mistake)
            failed = True
        except Silent:
            failed = True
    if failed:
        raise Silent
    return found


def with_arguments(target: Target, args: tuple[ast.Argument, ...], names: Names) -> Target:
    """The target with these arguments given as well."""
    return bind_arguments(target, evaluate_arguments(args, names), names)


def bind_arguments(
    target: Target, arguments: list[tuple[ast.Argument, Any]], names: Names
) -> Target:
    """The target with arguments whose values are known. Mistakes are reported."""
    definition = target.definition
    if isinstance(definition, LayerDef):
        layer = definition.layer
        parameters = {n: f.is_required() for n, f in layer.model_fields.items()}
        positional, shown = layer.positional, signature(layer)
    elif isinstance(definition, Form):
        parameters = dict.fromkeys(FORM_PARAMETERS[definition.name], False)
        positional, shown = (1 if definition.name == "dense" else 0), definition.name
    else:
        parameters = {p.name.text: p.default is None for p in definition.params}
        positional, shown = len(parameters), block_signature(definition)
    report = names.run.report_mistake
    bound = bind(target.name, parameters, positional, target.bound, arguments, names, shown, report)
    return Target(definition, bound)


def block_signature(definition: BlockDef | ExternDef) -> str:
    """`bottleneck(width, stride=1)`, from the text."""
    parts = [p.span.text for p in definition.params]
    return f"{definition.name}({', '.join(parts)})" if parts else definition.name


_EVALUATORS: dict[type, Callable[[Any, Names], Any]] = {
    ast.Number: lambda node, names: bounded(node.value),
    ast.SizeLiteral: lambda node, names: Size(node.sides),
    ast.String: lambda node, names: node.value,
    ast.Constant: lambda node, names: node.value,
    ast.Ref: _ref,
    ast.In: _in,
    ast.Tap: _tap,
    ast.ListLiteral: _list,
    ast.Comprehension: _comprehension,
    ast.Attribute: _attribute,
    ast.Index: _index,
    ast.Slice: _slice,
    ast.Apply: _apply,
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.Logical: _logical,
    ast.Choose: _choose,
}

__all__ = [
    "Bound",
    "Link",
    "Names",
    "Scope",
    "evaluate",
    "evaluate_arguments",
    "iterate",
    "step_target",
    "truth",
    "unpack",
    "with_arguments",
]
