"""Expressions that are read without values: whether every name in them means something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.diagnostics import Mistake
from netdsl.elaborate.arguments import bind_arguments, check_function
from netdsl.elaborate.expressions import no_fact
from netdsl.elaborate.functions import FUNCTIONS, ON_VALUES
from netdsl.elaborate.lookup import FACTS
from netdsl.elaborate.names import Names, builtin_target, name_target
from netdsl.elaborate.unknown import no_name
from netdsl.elaborate.values import UNKNOWN, Silent, Target
from netdsl.frames import Frame
from netdsl.layers import find
from netdsl.syntax import ast
from netdsl.syntax.build import MISSING

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run
    from netdsl.elaborate.static import Labels


class Expressions:
    """Reads expressions of one block; `labels` are those of its text (None: there are none)."""

    def __init__(self, run: Run, labels: Labels | None) -> None:
        self.run = run
        self.labels = labels

    def read(self, node: ast.Expr, names: Names) -> None:
        """Report what is wrong with an expression; each of its parts can have a mistake."""
        try:
            self._read(node, names)
        except Mistake as mistake:
            self.run.report_mistake(mistake.at(node.span))
        except Silent:
            pass

    def _read(self, node: ast.Expr, names: Names) -> None:
        if isinstance(node, ast.Ref):
            self._ref(node, names)
        elif isinstance(node, ast.Tap):
            if self.labels is not None:
                self.labels.check(node, names)
        elif isinstance(node, ast.Attribute):
            if isinstance(node.of, ast.In):
                if node.name.plain not in FACTS:
                    raise no_fact(node.name)
            else:
                self.read(node.of, names)
        elif isinstance(node, ast.Apply):
            self._apply(node, names)
        elif isinstance(node, ast.Comprehension):
            self.read(node.iterable, names)
            frame = Frame(names.frame)
            frame.names.update((name.text, UNKNOWN) for name in node.names)
            inner = names.inside(frame)
            self.read(node.item, inner)
            if node.condition is not None:
                self.read(node.condition, inner)
        else:
            for part in ast.parts(node):
                self.read(part, names)  # type: ignore[arg-type]

    def _ref(self, node: ast.Ref, names: Names) -> None:
        if node.name == MISSING:
            return
        try:
            name_target(node.name, names)
        except KeyError:
            if builtin_target(node.name) is None:
                raise no_name(node, names) from None

    def _apply(self, node: ast.Apply, names: Names) -> None:
        for argument in node.args:
            self.read(argument.value, names)
        if not isinstance(node.of, ast.Ref):
            self.read(node.of, names)
            return
        name = node.of.name
        try:
            found = name_target(name, names)
        except KeyError:
            layer = find(name)
            if name in FUNCTIONS or name in ON_VALUES:
                if layer is None or (name in FUNCTIONS and all(a.name is None for a in node.args)):
                    check_function(name, node)
                return
            found = builtin_target(name)
            if found is None:
                self.read(node.of, names)
                return
        if isinstance(found, Target):
            self.bound(found, node.args, names)

    def bound(self, target: Target, args: tuple[ast.Argument, ...], names: Names) -> Target:
        """The target with its arguments, whose values are unknown. Raises `Silent` after a mistake."""
        return bind_arguments(target, [(argument, UNKNOWN) for argument in args], names)
