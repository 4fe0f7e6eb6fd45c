"""How many steps a network takes, counted before any of them is run.

What is counted multiplies: a loop counts its rounds times its body, and a block counts once, however
often it is used with the same arguments. So a text of a hundred letters that means 10**18 steps is
refused in milliseconds. Shapes are not known here. What depends on them (`repeat in.channels // 8`, a
condition that compares channels) counts as its least, and is counted again where the run meets it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.diagnostics import Diagnostic, Mistake
from netdsl.elaborate.arguments import bind_arguments
from netdsl.elaborate.expressions import evaluate, unpack
from netdsl.elaborate.functions import FUNCTIONS
from netdsl.elaborate.names import Names, builtin_target
from netdsl.elaborate.program import lookup
from netdsl.elaborate.sentences import is_merge
from netdsl.elaborate.values import UNKNOWN, BlockDef, Silent, Target, freeze, id_of
from netdsl.frames import NOTHING, Frame
from netdsl.layers import find
from netdsl.source import Span
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.program import File, Program

BUDGET = 200_000  # expressions and statements that counting may look at
MOST_SHOWN = 10**15  # larger numbers are not written out


class _Module:
    """`module tower = ...`: what every use of it runs."""

    def __init__(self, chain: ast.Chain, names: Counted) -> None:
        self.chain = chain
        self.names = names


class Counted(Names):
    """Names as counting sees them: a file's lets are read without being kept, and without messages."""

    __slots__ = ("count",)

    def __init__(self, count: Expansion, file: File, frame: Frame) -> None:
        super().__init__(count, file, frame)  # type: ignore[arg-type]  -- stands for the run
        self.count = count

    def inside(self, frame: Frame) -> Counted:
        return Counted(self.count, self.file, frame)

    def find(self, name: str, place: int | None = None) -> Any:
        """What a name stands for, at a place of the text. KeyError for a word of the language, `Silent` if nothing is known."""
        found = self.frame.get(name, place)
        if found is not NOTHING:
            return found
        return self.count.at_top(self.file, name)


class Expansion:
    """Counts the steps of bodies. `exact` is false once something was not known."""

    def __init__(self, program: Program, most: int) -> None:
        self.program = program
        self.most = most
        self.left = BUDGET
        self.exact = True
        self.place: Span | None = None  # the first thing found that alone has more than `most`
        self._heads = 0  # around
        self._blocks: dict[Any, int] = {}
        self._running: set[Any] = set()
        self._lets: dict[tuple[int, str], Any] = {}
        self._opaque: dict[ast.Node, bool] = {}
        self._mentioned: dict[ast.Node, frozenset[str]] = {}

    def net(self, body: ast.Body, file: File, frame: Frame) -> int:
        """The steps of a net whose parameters are known to a frame."""
        try:
            return self.body(body, Counted(self, file, Frame(frame)))
        except RecursionError:  # the run will say so
            self.exact = False
            return 0

    def rounds(self, count: int, body: ast.Body, names: Names) -> int:
        """The steps of `count` rounds of a body that the run has come to."""
        self.left = BUDGET
        return count * max(1, self.net(body, names.file, names.frame))

    def excess(self, count: int, span: Span) -> Diagnostic:
        """The mistake of a network with `count` steps."""
        return too_many(self.most, self.place or span, count, self.exact)

    # ------------------------------------------------------------- what `evaluate` asks of a run
    def compute(self, amount: int, span: Span) -> None:
        self.left -= amount
        if self.left < 0:
            raise Silent

    def report_mistake(self, mistake: Mistake) -> None:
        """The run will find it."""

    def at_top(self, file: File, name: str) -> Any:
        """What a name means at the top of a file."""
        definition = file.definitions.get(name)
        if name not in file.found and isinstance(definition, ast.Let):
            key = (id(file), name)
            if key not in self._lets:
                self._lets[key] = UNKNOWN  # while it is read
                self._lets[key] = self.value(definition.value, Counted(self, file, file.frame))
            return self._lets[key]
        if name not in file.found and isinstance(definition, ast.Import):
            other = file.imports.get(definition)
            return self.at_top(other, name) if other is not None else UNKNOWN
        if definition is None:
            if name in FUNCTIONS or builtin_target(name) is not None:
                raise KeyError(name)
            raise Silent
        found = lookup(self.program, file, name, None)
        return Target(found, {}) if isinstance(found, BlockDef) else found

    def value(self, node: ast.Expr, names: Counted) -> Any:
        """What an expression stands for; UNKNOWN if that depends on shapes, or if it is wrong."""
        opaque = self._opaque.get(node)
        if opaque is None:
            reads = (ast.In, ast.Tap)
            opaque = isinstance(node, reads) or any(isinstance(n, reads) for n in ast.below(node))
            self._opaque[node] = opaque
        if not opaque:
            try:
                return evaluate(node, names)
            except (Mistake, Silent):
                pass
        self.exact = False
        return UNKNOWN

    # --------------------------------------------------------------------------------- counting
    def body(self, body: ast.Body, names: Counted) -> int:
        total = 0
        for statement in body.statements:
            total += self.statement(statement, names)
        return total

    def statement(self, node: ast.Statement, names: Counted) -> int:
        self.left -= 1
        if self.left < 0:
            self.exact = False
            return 0
        found = self._statement(node, names)
        if found > self.most and self.place is None:
            self.place = node.span
        return found

    def _statement(self, node: ast.Statement, names: Counted) -> int:
        if isinstance(node, ast.Chain):
            return self.chain(node, names)
        if isinstance(node, ast.Bar):  # the last step of a head's bar is made by the head
            return self.chain(node.chain, names) - (self._heads > 0)
        if isinstance(node, ast.Let):
            names.frame.names[node.name.text] = self.value(node.value, names)
        elif isinstance(node, ast.Module):
            names.frame.names[node.name.text] = _Module(node.chain, names)
        elif isinstance(node, ast.Repeat):
            return self.repeated(self.value(node.count, names), node.body, names)
        elif isinstance(node, ast.For):
            return self._for(node, names)
        elif isinstance(node, ast.If):
            return self._if(node, names)
        elif isinstance(node, ast.Aux):
            if node.chain is not None:
                return self.as_step(node.chain, names)
            return self.body(node.body, self.plain(names)) if node.body is not None else 0
        elif isinstance(node, ast.Head):
            self._heads += 1
            try:
                return self.body(node.body, self.plain(names))
            finally:
                self._heads -= 1
        return 0

    def plain(self, names: Counted) -> Counted:
        return names.inside(Frame(names.frame))

    def repeated(self, count: Any, body: ast.Body, names: Counted) -> int:
        """So many rounds of a body. One of an empty body is work too."""
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            return 0
        return count * max(1, self.body(body, self.plain(names)))

    def _for(self, node: ast.For, names: Counted) -> int:
        entries = self.value(node.iterable, names)
        if not isinstance(entries, tuple) or not entries:
            return 0
        if not any(name.text in self.mentioned(node.body) for name in node.names):
            inner = self.plain(names)
            inner.frame.names.update((name.text, UNKNOWN) for name in node.names)
            return len(entries) * max(1, self.body(node.body, inner))
        total = 0
        for entry in entries:
            inner = self.plain(names)
            try:
                unpack(node.names, entry, inner.frame, node.iterable)
            except Mistake:
                return total
            total += max(1, self.body(node.body, inner))
            if total > self.most or self.left < 0:
                self.exact = False
                break
        return total

    def _if(self, node: ast.If, names: Counted) -> int:
        condition = self.value(node.condition, names)
        if isinstance(condition, bool):
            arm = node.then if condition else node.other
            return self.body(arm, self.plain(names)) if arm is not None else 0
        arms = [arm for arm in (node.then, node.other) if arm is not None]
        found = [self.body(arm, self.plain(names)) for arm in arms]
        return min(found) if len(found) == 2 else 0

    def chain(self, node: ast.Chain, names: Counted) -> int:
        total = 0
        for link in node.links:
            total += 1 + self.step(link.step, names)
            if total > self.most and self.place is None:
                self.place = link.span
        return total

    def as_step(self, node: ast.Chain, names: Counted) -> int:
        """A chain that stands for one step, `aux x = step`: a single step is that one itself."""
        return self.chain(node, names) - (len(node.links) == 1)

    def step(self, step: ast.Step, names: Counted) -> int:
        """What stands inside of a step."""
        if isinstance(step, ast.Group):
            return self.body(step.body, self.plain(names))
        if not isinstance(step, (ast.Call, ast.Inline)):
            return 0
        try:
            target = names.find(step.name.text, step.name.span.start)
        except (KeyError, Silent):
            target = None
        if isinstance(target, _Module):
            if target not in self._blocks:
                found = self.guarded(target, lambda: self.as_step(target.chain, target.names))
                self._blocks[target] = found
            return self._blocks[target]
        if not isinstance(target, Target):
            target = builtin_target(step.name.text)
        if target is None:
            return 0
        if isinstance(target.definition, BlockDef):
            return self.block(target, step, names)
        if not isinstance(step, ast.Call) or step.body is None:
            return 0
        if is_merge(target):
            return self.body(step.body, self.plain(names))
        if target.name == "dense":
            count = [self.value(a.value, names) for a in step.args]
            return self.repeated(count[0] if count else None, step.body, names)
        found = self.body(step.body, self.plain(names))
        for clause in step.clauses:
            conditions = [c for c in (step.condition, clause.condition) if c is not None]
            if all(self.value(c, names) is True for c in conditions):
                found += self.body(clause.body, self.plain(names))
        return found

    def block(self, target: Target, step: ast.Call | ast.Inline, names: Counted) -> int:
        """The steps of a block with its arguments; equal uses are counted once."""
        definition = target.definition
        assert isinstance(definition, BlockDef)
        given = [(argument, self.value(argument.value, names)) for argument in step.args]
        try:
            bound = bind_arguments(target, given, names).bound
            key = (id_of(definition), *((n, freeze(b.value)) for n, b in sorted(bound.items())))
        except (Mistake, Silent):
            self.exact = False
            return 0
        known = self._blocks.get(key)
        if known is not None:
            return known
        inner = Counted(self, definition.file, Frame(None, "inline"))
        for param in definition.params:
            name = param.name.text
            if name in bound:
                held = bound[name].value
            else:
                held = UNKNOWN if param.default is None else self.value(param.default, inner)
            inner.frame.names[name] = held
        body = definition.node.body
        found = self._blocks[key] = self.guarded(definition.node, lambda: self.body(body, inner))
        return found

    def guarded(self, running: Any, count: Any) -> int:
        """What a block or module counts; 0 inside of itself, which is a mistake."""
        if running in self._running:
            self.exact = False
            return 0
        self._running.add(running)
        try:
            return count()
        finally:
            self._running.discard(running)

    def mentioned(self, body: ast.Body) -> frozenset[str]:
        """The names on which it can depend how many steps a body takes."""
        known = self._mentioned.get(body)
        if known is not None:
            return known
        found: set[str] = set()
        waiting: list[ast.Node] = [body]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Ref):
                found.add(node.name)
            elif isinstance(node, ast.Link):
                waiting.append(node.step)
            elif isinstance(node, ast.Call) and _is_layer(node):
                continue
            elif not isinstance(node, _UNCOUNTED):
                if isinstance(node, (ast.Call, ast.Inline)):
                    found.add(node.name.text)
                waiting += ast.parts(node)
        self._mentioned[body] = frozenset(found)
        return self._mentioned[body]


_UNCOUNTED = (ast.Init, ast.Meta, ast.Keys, ast.Expect, ast.Output, ast.Input, ast.Weight)


def _is_layer(node: ast.Call) -> bool:
    """Whether a step is one layer of the language, whose arguments change no number of steps."""
    return node.body is None and find(node.name.text) is not None


def too_many(most: int, span: Span, count: int | None = None, exact: bool = False) -> Diagnostic:
    """The mistake of a network that takes too many steps; `count` of them, as far as that is known."""
    said = f"the network has more than {most:,} steps"
    if count is not None:
        number = f"{count:,}" if count < MOST_SHOWN else f"more than 10**{len(str(count)) - 1}"
        said += f": {number}" if exact or count >= MOST_SHOWN else f": at least {number}"
    hint = "if it is meant, `--max-layers` (in Python `max_layers`) allows more"
    return Diagnostic("E136", said, span, hint=hint)
