"""Expressions -> what they stand for, in a frame.

Numbers follow Python (`//` and `%` round down). A mistake is raised with the place of the smallest
expression that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from netdsl.design import Scope, SharedModule, Value
from netdsl.diagnostics import Mistake, surely
from netdsl.elaborate import lookup, paths
from netdsl.elaborate.arguments import bind_arguments, check_function
from netdsl.elaborate.arithmetic import COMPARISONS, combine
from netdsl.elaborate.functions import ENTRIES, FUNCTIONS, ON_VALUES, bounded
from netdsl.elaborate.lookup import FACTS
from netdsl.elaborate.names import Names, builtin_target, name_target
from netdsl.elaborate.unknown import COUNTERS, no_name
from netdsl.elaborate.values import (
    LONGEST,
    InputFacts,
    LayerDef,
    Silent,
    Tapped,
    Target,
    extent_of,
    kind_of,
    shown_number,
)
from netdsl.frames import Frame
from netdsl.layers import find
from netdsl.shapes import Open, Shape, Size
from netdsl.syntax import ast
from netdsl.syntax.build import MISSING
from netdsl.walks import used

NOT_KNOWN = "a condition is decided when the network is compiled; values are not known then"


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
        return name_target(node.name, names, node.span.start)
    except KeyError:
        builtin = builtin_target(node.name)
        if builtin is not None:
            return builtin
        raise no_name(node, names) from None


def _in(node: ast.In, names: Names) -> Any:
    value = lookup.block_input(names.frame)
    if value is None:
        raise lookup.nothing_enters("in", names.frame)
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
        raise Mistake("E122", f"{what} is {shape.said} and has no {name}")
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
        return paths.below(of, node.name, names)
    if isinstance(of, Value) and plain in FACTS:  # an entry of a list of values
        if of.shape is None:
            raise Silent
        return fact(of.shape, plain, f"`{node.of.span.text}`")
    raise Mistake("E122", f"{kind_of(of)} has no `{node.name.text}`", node.name.span)


def no_fact(name: ast.Computed) -> Mistake:
    """`in.chanels`."""
    meant = surely(name.text, FACTS)
    hint = f"did you mean `{meant}`?" if meant else f"`in` has {', '.join(FACTS)}"
    return Mistake("E102", f"`in` has no `{name.text}`", name.span, hint=hint)


def _of_entries(of: Any) -> str | None:
    """What is said of `@features[0]`: a step of a group, or channels of a map."""
    if not isinstance(of, (Tapped, Value)):
        return None
    if isinstance(of, Tapped) and of.links and isinstance(used(of.links[-1]), Scope):
        label = of.links[-1].label
        return f"a step inside is reached by its label: `@{label}.first` where it is `first: ...`"
    return "`slice` takes channels out of a map"


def _index(node: ast.Index, names: Names) -> Any:
    of, index = evaluate(node.of, names), evaluate(node.index, names)
    if not isinstance(of, tuple):
        raise Mistake(
            "E122",
            f"`{node.of.span.text}` is {kind_of(of)}, which has no entries",
            node.of.span,
            hint=_of_entries(of),
        )
    if isinstance(index, bool) or not isinstance(index, int):
        message = f"an index is a whole number, not {shown_number(index)}"
        raise Mistake("E122", message, node.index.span)
    if not -len(of) <= index < len(of):
        entries = f"{len(of)} entr{'y' if len(of) == 1 else 'ies'}"
        hint = f"entries are counted from 0: the last one is {len(of) - 1}" if of else None
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
        try:
            size = extent_of(found).size
        except Mistake as mistake:
            raise mistake.at(node.span) from None
        names.run.compute(size // ENTRIES, node.span)
    return found


def _comprehension(node: ast.Comprehension, names: Names) -> Any:
    out: list[Any] = []
    for inner in rounds(node, names):
        out.append(evaluate(node.item, inner))
        if len(out) > LONGEST:
            raise Mistake("E127", "this list is too long")
    return weighed(tuple(out), node, names)


def rounds(node: ast.Comprehension, names: Names, all_: bool = False) -> Iterator[Names]:
    """The names in every round of a comprehension; `all_`: also in those that its condition leaves out."""
    for entry in iterate(node.iterable, names):
        names.run.compute(1, node.span)
        frame = Frame(names.frame)
        unpack(node.names, entry, frame, node.iterable)
        inner = names.inside(frame)
        if all_ or node.condition is None or truth(node.condition, inner):
            yield inner


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
        hint = "`zip(a, b)` goes through two lists at once"
        if len(targets) == 2 and targets[0].text in COUNTERS:
            hint = f"`enumerate({node.span.text})` counts them"
        raise Mistake("E122", message, node.span, hint=hint)
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
    if isinstance(node, ast.Number) and found in (0, 1):
        hint = f"write `{'true' if found else 'false'}`"
    if found is None:
        hint = f"whether something was given is asked with `{node.span.text} != none`"
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
            names.find(name, node.of.span.start)
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
