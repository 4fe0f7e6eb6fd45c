"""Going on after a mistake: a guess at what the step would have given, and what is then left unsaid.

One mistake gives one message, and all mistakes of a text come in one go. So the step that has one
gives a guess at its value, and whatever is made of a guess is in doubt: that a shape does not fit there
may be a consequence and is not said. What differs between ways that start at the same guess is a mistake
of its own, and so is a `linear` on a map if it is certain that it is a map.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from netdsl.design import Dense, Link, Merge, Residual, Scope, SharedModule, Value
from netdsl.diagnostics import Mistake, nearest
from netdsl.elaborate.expressions import evaluate
from netdsl.elaborate.functional import flowing
from netdsl.elaborate.names import Names, meant_target
from netdsl.elaborate.values import UNKNOWN, LayerDef, Silent, Tapped, Target
from netdsl.layers.arguments import create
from netdsl.layers.base import Layer
from netdsl.layers.fields import ArgumentMistake
from netdsl.shapes import Shape
from netdsl.syntax import ast
from netdsl.walks import inner_value, used

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run

RELATIVE = ("E203", "E204", "E205")  # two ways from one value
OF_RANK = ("E210", "E211", "E216")

# Arguments that no shape depends on: where only these are wrong, nothing is in doubt.
HARMLESS = ("bias", "eps", "momentum", "affine", "alpha", "beta", "p", "inplace", "negative_slope")
# Arguments that say what a layer reads or has: whether it fits depends on them, what it gives does not.
READS = (
    *("groups", "connections", "trainable", "weights", "flip"),
    *("codes", "seed", "within", "mean", "std"),
)


MOST_GUESSES = 32  # of each kind that a value is known to rest on: the newest tell ways apart


def _newest(guesses: frozenset[int]) -> frozenset[int]:
    """Not all guesses of a long chain of mistakes: sets that grow with it cost its square."""
    if len(guesses) <= MOST_GUESSES:
        return guesses
    ranks = sorted(number for number in guesses if number < 0)[:MOST_GUESSES]
    return frozenset([*ranks, *sorted(number for number in guesses if number > 0)[-MOST_GUESSES:]])


class Doubts:
    """Which values rest on guesses. A guess is a number, negative where even the number of sides is
    guessed."""

    def __init__(self) -> None:
        self._of: dict[Value, frozenset[int]] = {}
        self.made = 0  # guesses, certain ones too

    def of(self, *values: Value | None) -> frozenset[int]:
        """The guesses that values rest on."""
        if not self._of:
            return frozenset()
        return frozenset().union(*(self._of.get(_inside(v), ()) for v in values if v is not None))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._of)

    def inherit(self, value: Value | None, sources: Iterable[Value | None]) -> None:
        """Let a value rest on what its sources rest on."""
        if self._of and value is not None:
            found = self.of(value, *sources)
            if found:
                self._of[_inside(value)] = _newest(found)

    def settle(self, value: Value) -> None:
        """The author says what the value is."""
        self._of.pop(_inside(value), None)

    def guessed(self, value: Value, certain: bool, certain_rank: bool) -> None:
        """A value is a guess, unless it is certain."""
        self.made += 1
        if not certain:
            self._of[_inside(value)] = frozenset([self.made if certain_rank else -self.made])

    def consequence(self, mistake: Mistake, link: Link, current: Value | None) -> bool:
        """Whether a mistake at a step may come from a guess before it."""
        code = mistake.diagnostic.code
        around = self.of(current)
        if code in RELATIVE:
            return not self.of(*sources(link)) <= around or bool(around) and _passed(link, current)
        if code in OF_RANK:
            return any(number < 0 for number in around)
        return code.startswith("E2") and bool(self.of(current, *link.inputs))


def _inside(value: Value) -> Value:
    """The value itself, where it was read from outside of the step that holds it."""
    while value.maker is not None and value.maker.exports:
        link = value.maker
        scope = used(link)
        path = next((p for p, v in link.exports.items() if v is value), None)
        inner = inner_value(scope, path) if path and isinstance(scope, Scope) else None
        if inner is None:
            break
        value = inner
    return value


def sources(link: Link) -> list[Value | None]:
    """What a step's value is made of, inside of it too."""
    what, found = link.what, [*link.inputs]
    inner: list[Value | None] = []
    if isinstance(what, Scope):
        inner = [what.result]
    elif isinstance(what, Merge):
        inner = [*what.branches]
    elif isinstance(what, Residual):
        inner = [what.body.exit, what.shortcut.exit if what.shortcut is not None else None]
    elif isinstance(what, Dense):
        inner = [region.exit for region in what.iterations]
    return [*found, *inner]


def _passed(link: Link, current: Value | None) -> bool:
    """Whether ways differ only where one of them has what the guess has: it may have come through."""
    shapes = [value.shape if value is not None else None for value in _ways(link)]
    entered = current.shape if current is not None else None
    if not shapes:
        return True  # the ways of a step with a label are not told
    if entered is None or any(s is None or len(s) != len(entered) for s in shapes):
        return False
    known = [s for s in shapes if s is not None]
    columns = [{s[i] for s in known} for i in range(len(entered))]
    return all(len(c) == 1 or entered[i] in c for i, c in enumerate(columns))


def _ways(link: Link) -> list[Value | None]:
    """The values that must fit each other at a step."""
    what, entered = link.what, link.inputs[0] if link.inputs else None
    if isinstance(what, Merge):
        return [*what.branches]
    if isinstance(what, Residual):
        return [what.body.exit, what.shortcut.exit if what.shortcut is not None else entered]
    if isinstance(what, Dense):
        return [entered, *(region.exit for region in what.iterations)]
    return []


def guess(run: Run, link: Link, current: Value | None, names: Names) -> Value | None:
    """A value to go on with after a mistake in a step; None if there is nothing to go by."""
    step = link.node.step if isinstance(link.node, ast.Link) else None
    if current is None or current.shape is None or not isinstance(step, (ast.Call, ast.Missing)):
        return None
    shape, certain = _of_ways(link), False
    if shape is None and isinstance(step, ast.Call):
        shape, certain = _of_layer(run, step, current.shape, names)
    value = Value(shape or current.shape, names.frame.scope, link.label)
    run.guesses.guessed(value, certain, shape is not None)
    run.guesses.inherit(value, [current])
    link.what = None
    return value


def _of_ways(link: Link) -> Shape | None:
    """What a merge would give if its bars were alike, what the body of a residual gives."""
    what = link.what
    if isinstance(what, Residual):
        return what.body.exit.shape if what.body.exit is not None else None
    if not isinstance(what, Merge) or not what.branches:
        return None
    shapes = [value.shape for value in what.branches]
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes) or len({len(shape) for shape in known}) > 1:
        return None
    usual = max(known, key=known.count)
    if what.layer.word != "concat":
        return usual
    return Shape(sum(shape[0] for shape in known), *usual.sides)  # type: ignore[arg-type]


def _of_layer(run: Run, step: ast.Call, entered: Shape, names: Names) -> tuple[Shape | None, bool]:
    """What a layer gives without the arguments that are wrong, and whether that is certain."""
    try:
        target = meant_target(run, step.name, names, step)
    except (Mistake, Silent):
        return None, False
    if not isinstance(target, Target) or not isinstance(target.definition, LayerDef):
        return None, False
    layer = target.definition.layer
    if layer.many:
        return None, False
    if layer.family == "linear" and step.args:
        entered = Shape(1)  # whatever enters, a vector leaves
    arguments = {name: bound.value for name, bound in target.bound.items()}
    arguments.update(_arguments(layer, step, names))
    for name in READS:
        arguments.pop(name, None)
    wrong = [a.name.text for a in step.args if a.name is not None and a.name.text not in arguments]
    known = (*HARMLESS, *READS)
    certain = all(nearest(name, layer.fields) in known for name in wrong)
    for _ in range(len(arguments) + 1):
        try:
            return create(layer, arguments).output(entered), certain and bool(wrong)
        except ArgumentMistake as mistake:
            if mistake.argument not in arguments:
                break
            certain = certain and mistake.argument in HARMLESS
            wrong.append(mistake.argument)
            del arguments[mistake.argument]
        except Mistake:
            break
    return None, False


def _arguments(layer: type[Layer], step: ast.Call, names: Names) -> dict[str, Any]:
    """The arguments of a step that have a value, by the name of their parameter."""
    found: dict[str, Any] = {}
    places = list(layer.fields)
    args = step.args
    if args and flowing(args[0].value, names) is not None:
        args = args[1:]  # `conv(@a, 16, 3x3)`
    for place, argument in enumerate(args):
        name = argument.name.text if argument.name is not None else ""
        if argument.name is None and place < layer.positional:
            name = places[place]
        try:
            value = evaluate(argument.value, names)
        except (Mistake, Silent):
            continue
        unfit = isinstance(value, (Tapped, Value, Target, SharedModule)) or value is UNKNOWN
        if name in places and not unfit:
            found.setdefault(name, value)
    return found
