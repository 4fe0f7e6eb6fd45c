"""The names of steps, which decide the `state_dict` (docs/language.md, "Names").

A scope is *named* if, in its text, a step that can hold weights has a label, or it holds a merge, a
residual, a `dense`, a chain that starts at `@`, arithmetic on values, a `param` or a `module`. Else it
is *numbered*, and every step counts from 0.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from netdsl.design import Link, Scope
from netdsl.diagnostics import Mistake
from netdsl.elaborate.edits import holds_weights, is_dropped, kept_key
from netdsl.elaborate.values import BlockDef, LayerDef, Silent, Target
from netdsl.frames import Frame
from netdsl.layers.fields import is_int
from netdsl.source import Span
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.names import Names

# Public names of torch.nn.Module, and those that the class of a net may have beside them: an attribute
# of such a name would break the emitted class. tests/backends/torch compare with torch's own.
MODULE_NAMES = frozenset(
    [
        "T_destination",
        "add_module",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "eval",
        "extra_repr",
        "float",
        "forward",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "ipu",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "register_backward_hook",
        "register_buffer",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
        "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook",
        "register_module",
        "register_parameter",
        "register_state_dict_post_hook",
        "register_state_dict_pre_hook",
        "requires_grad_",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "train",
        "training",
        "type",
        "xpu",
        "zero_grad",
        "aux_weights",
        "published",
        "load_published",
        "load_original",
        "folded",
        "started_from",
        "start_from",
        "frozen",
    ]
)
SEQUENTIAL_NAMES = frozenset({"append", "extend", "insert", "pop"})
DICT_NAMES = frozenset({"keys", "values", "items", "update", "clear", "pop"})
# Attributes and methods of an emitted detector beside those.
DETECTOR_NAMES = frozenset(
    [
        *("size", "mean", "std", "variances", "priors", "strides", "default_boxes", "predict"),
        *("anchors", "detect", "classify", "region_loss"),
    ]
)
WITHOUT_LISTS = ("yolo", "fcn")  # heads that predict with the steps of the text
FACT_NAMES = frozenset({"channels", "height", "width", "length", "shape"})


def check_label(name: str, node: ast.Computed, scope: Scope) -> None:
    """A label must not be a word that the language or a PyTorch module needs."""
    if name in FACT_NAMES:
        why = f"`@x.{name}` is a size of the value `@x`"
    else:
        why = _why_no_attribute(name, scope)
    if why is None:
        return
    raise Mistake(
        "E106", f"`{name}` cannot be a label", node.span, hint=f"{why}; call it `{name}_`"
    )


def _why_no_attribute(name: str, scope: Scope) -> str | None:
    """Why a module in this scope cannot be called `name`; None if it can."""
    if keyword.iskeyword(name):
        return f"`{name}` is a keyword of Python"
    if name in MODULE_NAMES or name.startswith("__"):
        return f"every PyTorch module has its own `{name}`"
    if name in DETECTOR_NAMES and scope.kind == "net" and scope.naming and scope.naming.heads:
        return f"every emitted detector has its own `{name}`"
    if name in ("scores", "offsets") and scope.kind == "head" and scope.name not in WITHOUT_LISTS:
        return f"`head {scope.name}` has its own `{name}`"
    if name in SEQUENTIAL_NAMES and scope.kind in ("group", "bar"):
        return f"`nn.Sequential` has its own `{name}`"
    if name in DICT_NAMES and scope.kind == "dense":
        return f"`nn.ModuleDict` has its own `{name}`"
    return None


def labelled_twice(name: str, span: Span, first: Span) -> Mistake:
    message = f"two steps are labelled `{name}`"
    hint = "labels become attributes of one class: give one of them another name"
    return Mistake("E105", message, span, labels=[(first, "first here")], hint=hint)


# ------------------------------------------------------------------------------- named or numbered
def is_named(statements: Iterable[ast.Statement], names: Names, depth: int = 0) -> bool:
    """Whether a scope with this text is named."""
    return any(_names_a_scope(s, names, depth) for s in statements)


def _names_a_scope(statement: ast.Statement, names: Names, depth: int) -> bool:
    if isinstance(statement, (ast.Bar, ast.Weight, ast.Module)):
        return True
    if isinstance(statement, ast.Chain):
        return chain_is_named(statement, names, depth)
    if isinstance(statement, (ast.For, ast.Repeat)):
        return is_named(statement.body.statements, names, depth)
    if isinstance(statement, ast.If):
        arms = [statement.then] + ([statement.other] if statement.other is not None else [])
        return any(is_named(arm.statements, names, depth) for arm in arms)
    return False


def chain_is_named(chain: ast.Chain, names: Names, depth: int = 0) -> bool:
    for link in chain.links:
        step = link.step
        if isinstance(step, (ast.From, ast.Compute)):
            return True
        if isinstance(step, ast.Call) and step.body is not None:
            return True
        if link.label is not None and can_hold_weights(step, names):
            return True
        if isinstance(step, ast.Inline) and depth < 16 and _inlined_is_named(step, names, depth):
            return True
    return False


def _inlined_is_named(step: ast.Inline, names: Names, depth: int) -> bool:
    """Whether the steps of an inlined block name the scope that they go to."""
    inlined = _inlined(step, names)
    if inlined is None:
        return False
    node, inner = inlined
    known = names.run.naming_inlined
    if node not in known:
        known[node] = False  # a block that inlines itself is a mistake elsewhere
        known[node] = is_named(node.body.statements, inner, depth + 1)
    return known[node]


def _inlined(step: ast.Inline, names: Names) -> tuple[ast.Block, Names] | None:
    """The block that a step inlines, and what its names mean to its text; None if there is none."""
    from netdsl.elaborate.names import step_target

    try:
        target = step_target(names, step.name)
    except (Mistake, Silent):
        return None
    if not isinstance(target, Target) or not isinstance(target.definition, BlockDef):
        return None
    inner = names.inside(Frame(None))
    inner.file = target.definition.file
    return target.definition.node, inner


def can_hold_weights(step: ast.Step, names: Names) -> bool:
    """By the text: only a word for a layer of the language that has no weights cannot."""
    if isinstance(step, (ast.Group, ast.Inline)):
        return True
    if not isinstance(step, ast.Call):
        return False
    from netdsl.layers import find

    try:
        names.frame.find(step.name.text)
        return True  # a parameter: what it stands for is not in the text
    except KeyError:
        pass
    if step.name.text in names.file.definitions:
        from netdsl.elaborate.names import step_target

        try:
            target = step_target(names, step.name)
        except (Mistake, Silent):
            return True
        if isinstance(target, Target) and isinstance(target.definition, LayerDef):
            return target.definition.layer.weighted
        return True
    layer = find(step.name.text)
    return layer.weighted if layer is not None else True


def has_label(chain: ast.Chain) -> bool:
    """Whether a bar has a label in it, so that its steps belong to the scope around the merge."""
    return any(_link_has_label(link) for link in chain.links)


def _link_has_label(link: ast.Link) -> bool:
    if link.label is not None:
        return True
    step = link.step
    if isinstance(step, ast.Call) and step.body is not None:
        bodies = [step.body, *(c.body for c in step.clauses)]
        return any(_body_has_label(b) for b in bodies)
    return False


def _body_has_label(body: ast.Body) -> bool:
    for statement in body.statements:
        if isinstance(statement, ast.Bar):
            if has_label(statement.chain):
                return True
        elif isinstance(statement, ast.Chain):
            if has_label(statement):
                return True
        elif isinstance(statement, (ast.For, ast.Repeat)):
            if _body_has_label(statement.body):
                return True
        elif isinstance(statement, ast.If):
            arms = [statement.then] + ([statement.other] if statement.other is not None else [])
            if any(_body_has_label(arm) for arm in arms):
                return True
    return False


def words_in(body: ast.Body, names: Names, depth: int = 0) -> Iterator[str]:
    """The words of steps without a label that a body would add to its scope, by the text."""
    for statement in body.statements:
        if isinstance(statement, ast.Chain):
            yield from _words_of(statement, names, depth)
        elif isinstance(statement, ast.Bar) and has_label(statement.chain):
            yield from _words_of(statement.chain, names, depth)
        elif isinstance(statement, (ast.For, ast.Repeat)):
            yield from words_in(statement.body, names, depth)
        elif isinstance(statement, ast.If):
            for arm in (statement.then, statement.other):
                yield from words_in(arm, names, depth) if arm is not None else ()


def _words_of(chain: ast.Chain, names: Names, depth: int) -> Iterator[str]:
    for link in countable_steps(chain):
        step = link.step
        if isinstance(step, ast.Inline):
            inlined = _inlined(step, names) if depth < 16 else None
            if inlined is not None:
                yield from words_in(inlined[0].body, inlined[1], depth + 1)
        elif link.label is not None:
            continue
        elif isinstance(step, ast.Group):
            yield "group"
        elif isinstance(step, ast.Call) and step.body is None:
            yield step.name.text
        elif isinstance(step, ast.Call):
            for inner in (step.body, *(clause.body for clause in step.clauses)):
                yield from words_in(inner, names, depth) if inner is not None else ()


def countable_steps(chain: ast.Chain) -> list[ast.Link]:
    """The links of a bar that take a place: not `@x`, not `identity`."""
    return [
        link
        for link in chain.links
        if not isinstance(link.step, ast.From)
        and not (isinstance(link.step, ast.Call) and link.step.name.text == "identity")
    ]


def is_single_step(chain: ast.Chain) -> bool:
    """Whether a bar is one step, which then takes the name of its branch."""
    steps = countable_steps(chain)
    if len(steps) != 1:
        return False
    step = steps[0].step
    return isinstance(step, (ast.Group, ast.Missing)) or (
        isinstance(step, ast.Call) and step.body is None
    )


# ------------------------------------------------------------------------------------------- names
class Naming:
    """The steps of one scope while it is being made, in the order of the text."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.steps: list[
            tuple[Link, str | None, bool]
        ] = []  # step, its name if fixed, whether in a loop
        self.taken: dict[str, Span] = {}  # labels and learned tensors
        self.bars = 0
        self.heads: dict[str, Span] = {}  # the heads of a net, those with mistakes too
        self.unlabelled: dict[str, Span] = {}  # bars that are called branch1, branch2, ...
        self.looping: set[str] = set()  # words that stand in a loop, also in one without rounds
        definition = getattr(scope.definition, "node", None)
        statements = definition.body.statements if isinstance(definition, ast.Net) else ()
        self.inputs = {s.name.text: s.name.span for s in statements if isinstance(s, ast.Input)}

    def add(self, link: Link, fixed: str | None, looped: bool) -> None:
        if fixed is not None and link.label is None and not isinstance(link.node, _NAMED):
            if fixed in self.taken:
                raise _bar_has_name(fixed, self.taken[fixed], link.node.span)
            self.unlabelled[fixed] = link.node.span
        self.steps.append((link, fixed, looped))

    def claim(self, name: str, node: ast.Computed, frame: Frame | None = None) -> None:
        """Two labels of one scope must differ; `frame` is that of a label that may stand in loops."""
        span, first = node.span, self.taken.get(name)
        if name in self.unlabelled:
            raise _bar_has_name(name, span, self.unlabelled[name])
        if first is None:
            first = self.inputs.get(name)
            if first is not None:
                message = f"an input is called `{name}` already"
                raise Mistake("E105", message, span, labels=[(first, "here")])
            self.taken[name] = span
            return
        if first.start == span.start and first.source is span.source:
            message = f"the label `{name}` is given in more than one iteration"
            hint = own_in_every_round(node, frame) if frame is not None else None
            raise Mistake("E105", message, span, hint=hint)
        raise labelled_twice(name, span, first)

    def finish(self) -> None:
        """Give every step its key and fill the scope's children."""
        children = self.scope.children
        if self.scope.edits is not None and self.kept():
            return
        if self.scope.numbered:
            for index, (link, _, _) in enumerate(self.steps):
                link.key = str(index)
                children[link.key] = link
            return
        loose = [(link, looped) for link, fixed, looped in self.steps if fixed is None]
        times: dict[str, int] = {}
        looping = set(self.looping)
        for link, looped in loose:
            times[link.word] = times.get(link.word, 0) + 1
            if looped:
                looping.add(link.word)
        taken = {*self.taken, *(fixed for _, fixed, _ in self.steps if fixed is not None)}
        # A block or parameter may be called `forward`; its step is then `forward1`.
        taken |= {w for w in times if _why_no_attribute(w, self.scope) is not None}
        alone = {w for w, n in times.items() if n == 1 and w not in looping and w not in taken}
        taken |= alone  # a block may be called `conv2`, beside several steps `conv`
        counters: dict[str, int] = {}
        for link, fixed, _ in self.steps:
            if fixed is not None:
                link.key = fixed
            elif link.word in alone:
                link.key = link.word
            else:
                number = counters.get(link.word, 0) + 1
                while f"{link.word}{number}" in taken:
                    number += 1
                counters[link.word] = number
                link.key = f"{link.word}{number}"
                taken.add(link.key)  # the first `conv11` is no second one of `conv1`
            children[link.key] = link

    def kept(self) -> bool:
        """Give the steps of a scope in which some were changed the names that they had."""
        steps = [link for link, _, _ in self.steps]
        if self.scope.numbered:
            while steps and is_dropped(steps[-1]):
                steps.pop()
            last = max((i for i, link in enumerate(steps) if holds_weights(link)), default=-1)
            counted = [link for i, link in enumerate(steps) if i <= last or not is_dropped(link)]
            for index, link in enumerate(counted):
                link.key = str(index)
                self.scope.children[link.key] = link
            return True
        keys = [kept_key(self.scope, link) for link in steps]
        if None in keys:
            return False
        for link, key in zip(steps, keys):
            assert key is not None
            link.key = key
            self.scope.children[key] = link
        return True


_NAMED = (ast.Aux, ast.Module)


def _bar_has_name(name: str, label: Span, bar: Span) -> Mistake:
    message = f"a bar without a label is called `{name}` already"
    hint = "choose another label, or label a step of the bar: then the bar has no name of its own"
    return Mistake("E105", message, label, labels=[(bar, f"`{name}`")], hint=hint)


# ------------------------------------------------------------------------------------------- loops
def loop_around(frame: Frame) -> Frame | None:
    """The innermost loop of the same scope that a frame stands in."""
    at: Frame | None = frame
    while at is not None and at.kind != "scope":
        if at.kind in ("repeat", "for"):
            return at
        at = at.host if at.kind == "inline" else at.parent
    return None


def own_in_every_round(node: ast.Computed, frame: Frame) -> str:
    """How a label is written so that all rounds of the loops around it have their own."""
    indices: list[str | None] = []
    loop = loop_around(frame)
    while loop is not None:
        numbers = [name for name, held in loop.names.items() if is_int(held)]
        indices.insert(0, numbers[0] if numbers and loop.kind == "for" else None)
        loop = loop_around(loop.parent) if loop.parent is not None else None
    stem = next((part for part in node.parts if isinstance(part, str)), "")
    wanted = stem + "_".join(f"{{{index}}}" for index in indices)
    if None not in indices and wanted != node.text:
        return f"each iteration has its own: write `{wanted}: ...`"
    counted = "_".join(f"{{{letter}}}" for _, letter in zip(indices, "ijklmn"))
    loops = "the rounds" if len(indices) == 1 else "the rounds of each loop around it"
    return f"count {loops}, `for i, x in enumerate(...)`, and write `{stem}{counted}: ...`"


def in_loop(frame: Frame) -> bool:
    return loop_around(frame) is not None
