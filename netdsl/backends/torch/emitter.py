"""The classes of a network: one for each distinct block, split only where one class cannot serve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netdsl.backends.torch import flow
from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.checkpoints import add_checkpoints
from netdsl.backends.torch.inplace import Overwriting
from netdsl.backends.torch.names import camel, distinct, extern_names, net_class, reserved
from netdsl.backends.torch.parameters import (
    bind_net_parameters,
    bind_parameters,
    input_value,
    net_inputs,
    place,
)
from netdsl.backends.torch.rows import Differ, Rows
from netdsl.backends.torch.scene import EVERYTHING, FREE, Constants, Env
from netdsl.backends.torch.template import Template
from netdsl.code.expr import Expr
from netdsl.design import (
    Design,
    Link,
    Scope,
)
from netdsl.diagnostics import Mistake
from netdsl.elaborate.expressions import evaluate
from netdsl.elaborate.names import Names
from netdsl.elaborate.run import Run
from netdsl.elaborate.values import BlockDef, Silent, Target
from netdsl.readers import Readers
from netdsl.syntax import ast
from netdsl.walks import links_of, read_from_outside, used


class Emitter:
    """Makes templates of the blocks of a Design, callees first."""

    def __init__(self, design: Design, width: int = 88, exact: bool = False) -> None:
        self.design = design
        self.exact = exact  # one class for every use of a block, everything written out in numbers
        self.width = width
        self.run = design.run
        self.class_names: set[str] = set()
        self.templates: dict[int, Template] = {}  # id of a block's scope -> its class
        self.order: list[Template] = []  # callees first
        self.scopes: dict[ast.Node, list[Scope]] = {}  # block -> its uses, each once
        self.exports = read_from_outside(design.net)  # id of a scope -> paths read from outside
        self.uses: dict[int, list[Link]] = {}  # id of a shared module's link -> its uses
        # id of a shared module -> the inner values that it gives and their places (see `modules.Made`)
        self.gives: dict[int, tuple[tuple[tuple[str, ...], ...], tuple[int, ...]]] = {}
        # id of a shared module -> the class that makes it, and the channels that it gives there
        self.shared_channels: dict[int, tuple[Builder, Expr | None]] = {}
        self.prepared = design.prepared
        self._collect(design.net, set())
        self.readers = Readers(self.exports)
        self.overwriting = Overwriting(self.readers)
        name = net_class(design)
        self.constants = Constants({*reserved(), name, f"{name}Output", "_"})

    # ------------------------------------------------------------------------------- collecting
    def _collect(self, scope: Scope, seen: set[int]) -> None:
        if id(scope) in seen:
            return
        seen.add(id(scope))
        links = list(links_of(scope.region))
        for shared in scope.shared.values():
            if shared.link is not None:
                links.append(shared.link)
                self.uses[id(shared.link)] = shared.uses
        for link in links:
            inner = used(link)
            if isinstance(inner, Scope):
                if inner.kind == "block" and id(inner) not in seen:
                    self.scopes.setdefault(inner.definition.node, []).append(inner)
                self._collect(inner, seen)

    def gives_several(self, scope: Scope) -> bool:
        """Whether the class of a block may give inner values beside its result: some use reads them."""
        if scope.kind != "block":
            return False
        return any(id(s) in self.exports for s in self.scopes[scope.definition.node])

    def is_hoisted(self, link: Link) -> bool:
        """Whether a step is done before the network: see `Design.prepared`."""
        return self.prepared is not None and link is self.prepared

    def exports_of_link(self, links: Sequence[Link]) -> list[tuple[str, ...]]:
        """The paths inside a step that are read from outside, in any of these instances."""
        found: dict[tuple[str, ...], None] = {}
        for link in links:
            for use in self.uses.get(id(link), [link]):
                found.update(dict.fromkeys(use.exports))
        return list(found)

    # --------------------------------------------------------------------------------- templates
    def template_of(self, scope: Scope | None) -> Template:
        """The class of a use of a block."""
        assert scope is not None
        known = self.templates.get(id(scope))
        if known is None:
            definition = scope.definition
            assert isinstance(definition, BlockDef)
            self._make_classes(definition, self.scopes[definition.node])
            known = self.templates[id(scope)]
        return known

    def _make_classes(self, definition: BlockDef, scopes: list[Scope]) -> None:
        waiting = [[s] for s in scopes] if self.exact else [scopes]
        made: list[tuple[Template, list[Scope]]] = []
        while waiting:
            group = waiting.pop(0)
            try:
                made.append((self._build_block(definition, group), group))
            except Differ as differ:
                waiting[:0] = split(group, differ)
        names = class_names(self.run, definition, made)
        for (template, group), name in zip(made, names):
            template.wanted = name
            for scope in group:
                self.templates[id(scope)] = template
            self.order.append(template)

    def _build_block(self, definition: BlockDef, scopes: list[Scope]) -> Template:
        template = Template(camel(definition.name), "block")
        exports: dict[tuple[str, ...], None] = {}
        for scope in scopes:
            exports.update(dict.fromkeys(sorted(self.exports.get(id(scope), ()))))
        template.exports = list(exports)
        rows = Rows([s.frame for s in scopes])
        builder = Builder(self, template, scopes, rows)
        builder.scene.constants = self.constants
        env = Env()
        bind_parameters(builder, definition, env)
        val = input_value(builder, [s.input for s in scopes])
        at = place(builder, env, definition.file, val)
        flow.build(builder, scopes, val, at)
        template.decided = decided(builder)
        return template

    def net(self) -> Template:
        """The class of the network itself; parameters that decide its structure become constants, and
        all where names of weights are written down, which they decide."""
        fixed: set[str] = set()
        if self.design.start is not None or self.design.frozen:
            fixed.update(self.design.net.arguments)
        while True:
            template, wanted = self._build_net(fixed)
            new = wanted - fixed
            if not new:
                self.order.append(template)
                return template
            fixed |= new

    def _build_net(self, fixed: set[str]) -> tuple[Template, set[str]]:
        net = self.design.net
        definition = net.definition
        template = Template(net_class(self.design), "net")
        rows = Rows([net.frame])
        builder = Builder(self, template, [net], rows)
        builder.scene.constants = self.constants
        env = Env()
        bind_net_parameters(builder, env, fixed)
        val = net_inputs(builder)
        at = place(builder, env, definition.file, val)
        flow.build(builder, [net], val, at)
        add_checkpoints(template, self.design)
        return template, decided(builder)

    # -------------------------------------------------------------------------------------- names
    def assign_names(self, classes: Sequence[Template]) -> None:
        """Final names: nets keep theirs, the others yield."""
        taken = {*reserved(), *extern_names(self.design), *self.constants.entries}
        if self.design.heads:
            taken.add("Target")
        nets = [t for t in classes if t.kind == "net"]
        for template in nets:
            template.name = template.wanted
            taken |= {template.name, f"{template.name}Output"}
        for template in classes:
            taken |= template.variables()
        for template in classes:
            if template.kind == "block":
                wanted = template.wanted
                if wanted in {t.name for t in nets}:
                    wanted = f"{wanted}Block"
                template.name = distinct(wanted, taken)
                taken.add(template.name)
        for template in classes:
            if template.kind == "helper":
                wanted = template.wanted
                if wanted in taken and template.parent is not None:
                    wanted = f"{template.parent.name}{wanted}"
                template.name = distinct(wanted, taken)
                taken.add(template.name)
        self.class_names = taken


def decided(b: Builder) -> set[str]:
    """The parameters of a class that decided what it is like, themselves or through its variables."""
    params = {p.name for p in b.params}
    if EVERYTHING in b.scene.wanted:
        return params
    return params & b.below({n.lstrip(FREE) for n in b.scene.wanted})


def split(group: list[Scope], differ: Differ) -> list[list[Scope]]:
    """The rows of a class that cannot be one, by what differs."""
    at: Differ | None = differ
    while at is not None and at.rows.base.parent is not None:
        at = at.outward()
    if at is None or len(at.keys) != len(group) or len(set(at.keys)) < 2:
        raise CannotEmit(f"one use of a block cannot be said in one class: {differ.why}")
    parts: dict[Any, list[Scope]] = {}
    for scope, key in zip(group, at.keys):
        parts.setdefault(key, []).append(scope)
    if set(parts) == {True, False}:  # the arm of the `if` comes first, as in the text
        return [parts[True], parts[False]]
    return list(parts.values())


class CannotEmit(Exception):
    """The emitter has no form for a construct. A bug: every valid network has one."""


def class_names(
    run: Run, definition: BlockDef, made: Sequence[tuple[Template, list[Scope]]]
) -> list[str]:
    """Names for the classes of one block: the one with all defaults is plain, others say what differs."""
    base = camel(definition.name)
    if len(made) == 1:
        return [base]
    names: list[str] = []
    varying = _varying_targets(definition, made)
    for template, scopes in made:
        arguments = scopes[0].arguments
        default = (
            all(_is_default(run, definition, n, arguments[n]) for n in varying)
            if varying
            else not names
        )
        name = base
        if not default:
            for parameter in varying:
                value = arguments[parameter]
                if isinstance(value, Target) and not _is_default(run, definition, parameter, value):
                    name += camel(value.name)
        names.append(name)
    out: list[str] = []
    for i, name in enumerate(names):
        if names.count(name) > 1 and name in out:
            label = _own_label(made, i)
            name = f"{name}{camel(label)}" if label else name
        out.append(distinct(name, out))
    return out


def _varying_targets(
    definition: BlockDef, made: Sequence[tuple[Template, list[Scope]]]
) -> list[str]:
    """The parameters that hold different layers in different classes."""
    found = []
    for param in definition.params:
        name = param.name.text
        values = [scopes[0].arguments[name] for _, scopes in made]
        if any(isinstance(v, Target) for v in values) and any(v != values[0] for v in values):
            found.append(name)
    return found


def _is_default(run: Run, definition: BlockDef, name: str, value: Any) -> bool:
    param = next(p for p in definition.params if p.name.text == name)
    if param.default is None or not isinstance(value, Target):
        return False
    try:
        default = evaluate(param.default, Names(run, definition.file, definition.file.frame))
    except (Mistake, Silent):  # it reads other parameters
        return False
    return default == value


def _own_label(made: Sequence[tuple[Template, list[Scope]]], index: int) -> str | None:
    """A label that only this class has."""
    own = set(made[index][1][0].labels)
    others: set[str] = set()
    for i, (_, scopes) in enumerate(made):
        if i != index:
            others |= set(scopes[0].labels)
    for label in made[index][1][0].labels:
        if label in own - others:
            return label
    return None
