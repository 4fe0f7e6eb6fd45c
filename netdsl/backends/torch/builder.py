"""One class from the uses of one block: its constructor, `forward` and parameters, while they grow.

The body of the text is run once with its parameters standing for themselves, beside the concrete rows
that it must serve. Conditions that have one outcome in all rows are folded, loops stay loops where that
can be said, what cannot be said at all raises `Differ`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from netdsl.backends.torch.names import SELF, distinct, no_attribute, safe
from netdsl.backends.torch.operations import LoopOp, Op
from netdsl.backends.torch.rows import Rows
from netdsl.backends.torch.scene import FREE, Scene, SymModule, Val, Var
from netdsl.backends.torch.symbols import At
from netdsl.backends.torch.template import Param, Template
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Name
from netdsl.code.stmt import Assign, Statement
from netdsl.design import Scope
from netdsl.record import Record

if TYPE_CHECKING:
    from netdsl.backends.torch.emitter import Emitter

LONGEST = 1000  # characters of an expression in which nothing more is spelled out


class Captured(Record):
    """What a class for a group needs from around it: an argument of its `forward`."""

    val: Val | None
    module: SymModule | None
    var: Var
    label: str
    annotation: str


class Builder:
    """Builds one class. `scopes` are the rows."""

    def __init__(
        self, emitter: Emitter, template: Template, scopes: Sequence[Scope], rows: Rows
    ) -> None:
        self.emitter = emitter
        self.template = template
        self.scopes = list(scopes)
        self.rows = rows
        self.scene = Scene(emitter.run)
        self.ctor: list[Statement] = []
        self.ops: list[Op | LoopOp] = []
        self.params: list[Param] = []
        self.in_channels_name = "in_channels"
        self.facts: dict[str, Param] = {}  # sides of the input that are parameters
        self.deps: dict[str, frozenset[str]] = {}  # local variable -> parameters that it depends on
        self.meanings: dict[str, Expr] = {}  # local variable -> what it was assigned, if only once
        self.origins: dict[str, str] = {}  # name in the emitted code -> name in the text
        self.locals: set[str] = set()
        self.loop_names: set[str] = set()  # the variables of loops
        self.authored: dict[str, str] = {}  # parameters of the text -> their names in the code
        self.attributes: set[str] = set()
        # expressions of the constructor that `forward` needs -> their attributes
        self.stored: dict[str, str] = {}
        self.captured: list[Captured] = []  # values and modules from around, passed to forward
        # parameters of `forward` beside the running value
        self.captured_inputs: list[tuple[Var, str]] = []
        self.fixed_sides = False  # heights and widths are constants in the code
        self.multiple_inputs = False  # a net with several inputs: no running value at the start
        self.instead: dict[str, Expr] = {}  # what a variable is written as: attributes, `maps[0]`
        self.outer: Builder | None = None
        self.passed: dict[str, Expr] = {}  # names from around -> the parameters that pass them
        self.is_list = False  # an nn.ModuleList: children are items

    # -------------------------------------------------------------------------------------- names
    def block(self) -> Builder:
        """The builder of the block or net around a helper."""
        return self if self.outer is None else self.outer.block()

    def reserve(self, names: Iterable[str]) -> None:
        """Names for the parameters of the text; what the emitter needs itself is called otherwise."""
        for name in names:
            self.authored[name] = safe(name, self.authored.values())
        self.locals.update(self.authored.values())

    def fresh(self, wanted: str) -> str:
        """A local name of the constructor that nothing else has."""
        taken = self.locals | {p.name for p in self.params} | set(self.origins) | {"self"}
        name = distinct(wanted, taken)
        self.locals.add(name)
        return name

    def fresh_at(self, wanted: str, at: At) -> str:
        """A local name; one of ours is taken again if nothing that can be read here mentions it."""
        others = {p.name for p in self.params} | self.loop_names  # what the text calls so
        if wanted in self.deps and wanted not in others:
            reading = (
                v for known in self.scene.values.values() for v in known if v.rows.encloses(at.rows)
            )
            if not any(v.channels is not None and wanted in v.channels.names for v in reading):
                self.meanings.pop(wanted, None)
                return wanted
        return self.fresh(wanted)

    def attribute(self, wanted: str) -> str:
        """An attribute for something that has no name in the text; labels of the scope are avoided."""
        names: set[str] = set(self.attributes)
        for scope in self.scopes:
            names |= set(scope.children) | set(scope.weights) | set(scope.labels)
        name = wanted
        while name in names or no_attribute(name):
            name += "_"
        self.attributes.add(name)
        return name

    def origin(self, name: str) -> str | None:
        """What the text calls a name of the constructor."""
        if name.startswith(FREE) and self.outer is not None:
            return self.outer.origin(name[1:])
        return self.origins.get(name)

    def is_local(self, name: str) -> bool:
        """Whether a name is one of the constructor's."""
        if name.startswith("%"):
            return False
        if name.startswith(FREE):
            return True
        if name in self.locals or name in self.origins or name in self.deps:
            return True
        return any(p.name == name for p in self.params)

    # -------------------------------------------------------------------------------- expressions
    def dependencies(self, expr: Expr) -> frozenset[str]:
        """The parameters of the class (of the net, for a helper of it) below an expression."""
        return self.below(expr.names)

    def below(self, names: Iterable[str]) -> frozenset[str]:
        """The same, of names of the constructor."""
        found: frozenset[str] = frozenset()
        for name in names:
            if name in self.deps:
                found |= self.deps[name]
            elif any(p.name == name for p in self.params):
                found |= {name}
            elif name.startswith(FREE) and self.outer is not None:
                found |= self.outer.below([name[1:]])
        return found

    def spelled_out(self, expr: Expr) -> Expr:
        """An expression without the variables whose one meaning is known, unless it grows too long: one
        that says `make_divisible` of another, several times over, doubles with each."""
        for _ in range(20):
            known = {n: self.meanings[n] for n in expr.names if n in self.meanings}
            if not known or len(expr.text) > LONGEST:
                break
            expr = code.rename(expr, known)
        return expr

    def freed(self, expr: Expr) -> Expr:
        """An expression of this class as the class of a group inside it reads it: its names are free
        there, and get their final names when that class is closed."""
        return code.rename(expr, {n: Name(f"{FREE}{n}") for n in expr.names if self.is_local(n)})

    def store(self, expr: Expr, hint: str) -> Expr:
        """Keep a value of the constructor for `forward`: `self.scale`."""
        key = expr.text
        if key not in self.stored:
            name = self.attribute(hint)
            self.stored[key] = name
            self.ctor.append(Assign(code.Attribute(SELF, name), expr))
        return code.Attribute(SELF, self.stored[key])

    def for_forward(self, expr: Expr, hint: str) -> Expr:
        """An expression as `forward` can say it: names of the constructor become attributes."""
        wrong = [n for n in expr.names if self.is_local(n)]
        if not wrong:
            return expr
        if isinstance(expr, Name) or not any(n.startswith("%") for n in expr.names):
            only = self.origin(expr.text) or hint if isinstance(expr, Name) else hint
            return self.store(expr, only)
        return expr.map(lambda part: self.for_forward(part, hint))

    def variable(self, var: Var) -> Var:
        """A variable of `forward`. What is written otherwise (`maps[0]`, `self.scale`) gets one."""
        if var.id not in self.instead:
            return var
        made = Var(var.label, var.branch)
        self.ops.append(Op((made,), self.instead[var.id], object()))
        return made

    # ------------------------------------------------------------------------------------ retrying
    def snapshot(self) -> Callable[[], None]:
        """What undoes everything since, when a piece has to be tried again in another way."""
        lists = (self.ctor, self.ops, self.params, self.captured, self.template.uses)
        others = (
            *(self.facts, self.deps, self.stored, self.meanings, self.origins, self.instead),
            *(self.locals, self.loop_names, self.attributes, self.scene.values, self.scene.wanted),
            self.template.changed,
        )
        kept = [(thing, thing.copy()) for thing in (*lists, *others)]

        def restore() -> None:
            for thing, copy in kept:
                thing.clear()
                thing.extend(copy) if isinstance(thing, list) else thing.update(copy)  # type: ignore[arg-type]

        return restore
