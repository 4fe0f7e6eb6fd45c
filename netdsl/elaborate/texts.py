"""What a text says of its scope before it is run, on which the names of steps depend.

A scope is *named* if, in its text, a step that can hold weights has a label, or it holds a merge, a
residual, a `dense`, a chain that starts at `@`, arithmetic on values, a `param` or a `module`. Else it
is *numbered* (docs/language.md, "Names").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from netdsl.diagnostics import Mistake
from netdsl.elaborate.values import BlockDef, LayerDef, Silent, Target
from netdsl.frames import NOTHING, Frame
from netdsl.layers import find
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.names import Names

# Of a scope, or of a loop in one; a block stands for its text where it is inlined.
Text: TypeAlias = ast.Body | ast.Chain | ast.Block


# ------------------------------------------------------------------------------------- one chain
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


def _bodies(step: ast.Call) -> list[ast.Body]:
    """The bodies of a merge, a residual or a `dense`, whose steps belong to the scope around it."""
    return [body for body in (step.body, *(c.body for c in step.clauses)) if body is not None]


# ------------------------------------------------------------------------------ what may be long
class _Said:
    """What one text says of its scope; what the blocks that it inlines add is for them to say."""

    def __init__(self) -> None:
        self.named = False
        self.words: set[str] = set()  # of steps without a label
        self.inlined: dict[ast.Block, Names] = {}  # blocks of files, and what names mean in them
        self.given: dict[str, ast.Inline] = {}  # what stands for a block in another way each use


class Texts:
    """What texts say, remembered: what stands in a loop is run many times, and may be long where it is
    under a condition or in a loop without rounds."""

    def __init__(self) -> None:
        self._labelled: dict[ast.Chain, bool] = {}
        self._said: dict[Text, _Said] = {}
        self._named: dict[Text, bool] = {}
        self._words: dict[Text, frozenset[str]] = {}

    def has_label(self, chain: ast.Chain) -> bool:
        """Whether a bar has a label in it, so that its steps belong to the scope around the merge."""
        known = self._labelled.get(chain)
        if known is None:
            known = self._labelled[chain] = any(map(self._link_has_label, chain.links))
        return known

    def _link_has_label(self, link: ast.Link) -> bool:
        if link.label is not None:
            return True
        if not isinstance(link.step, ast.Call) or link.step.body is None:
            return False
        return any(
            self.has_label(statement.chain if isinstance(statement, ast.Bar) else statement)
            for body in _bodies(link.step)
            for statement in ast.flat(body)
            if isinstance(statement, (ast.Bar, ast.Chain))
        )

    def is_named(self, text: Text, names: Names) -> bool:
        """Whether the scope of a text is named."""
        known = self._named.get(text)
        if known is None:
            known = any(said.named for said in self._with_inlined(text, names))
            self._named[text] = known
        return known or any(self.is_named(*given) for given in self._given(text, names))

    def words(self, text: Text, names: Names) -> frozenset[str]:
        """The words of steps without a label that a text would add to its scope."""
        known = self._words.get(text)
        if known is None:
            found = [said.words for said in self._with_inlined(text, names)]
            known = self._words[text] = frozenset().union(*found)
        names.run.compute(len(known), text.span)
        return known.union(*(self.words(*given) for given in self._given(text, names)))

    def _with_inlined(self, text: Text, names: Names) -> Iterator[_Said]:
        """What a text says and the blocks that it inlines, but for those that its parameters stand for."""
        waiting: dict[Text, Names] = {text: names}
        seen = set(waiting)
        while waiting:
            said = self._of(*waiting.popitem())
            yield said
            names.run.compute(len(said.inlined), text.span)
            for block, inner in said.inlined.items():
                if block not in seen:
                    seen.add(block)
                    waiting[block] = inner

    def _given(self, text: Text, names: Names) -> Iterator[tuple[ast.Block, Names]]:
        """The blocks that parameters stand for in this use of a text that inlines them."""
        for step in self._of(text, names).given.values():
            names.run.compute(1, step.span)
            inlined = _inlined(step, names)
            if inlined is not None:
                yield inlined

    def _of(self, text: Text, names: Names) -> _Said:
        said = self._said.get(text)
        if said is None:
            said = self._said[text] = _Said()
            if isinstance(text, ast.Chain):
                self._read_chain(text, names, said)
            else:
                self._read(text if isinstance(text, ast.Body) else text.body, names, said)
        return said

    def _read(self, body: ast.Body, names: Names, said: _Said) -> None:
        for statement in ast.flat(body):
            if isinstance(statement, ast.Chain):
                self._read_chain(statement, names, said)
            elif isinstance(statement, (ast.Bar, ast.Weight, ast.Module)):
                said.named = True
            if isinstance(statement, ast.Bar) and self.has_label(statement.chain):
                self._read_chain(statement.chain, names, said)

    def _read_chain(self, chain: ast.Chain, names: Names, said: _Said) -> None:
        for link in chain.links:
            step = link.step
            if isinstance(step, (ast.From, ast.Compute)):
                said.named = True
            elif isinstance(step, ast.Call) and step.body is not None:
                said.named = True
                for body in _bodies(step) if link.label is None else ():
                    self._read(body, names, said)
            elif link.label is not None and _can_hold_weights(step, names):
                said.named = True
            if isinstance(step, ast.Inline):
                if _is_local(step.name, names):
                    said.given[step.name.text] = step
                elif (inlined := _inlined(step, names)) is not None:
                    said.inlined.setdefault(*inlined)
            elif link.label is None and isinstance(step, ast.Group):
                said.words.add("group")
            elif link.label is None and isinstance(step, ast.Call) and step.body is None:
                said.words.add(step.name.text)
        said.words.discard("identity")  # it takes no place


# ------------------------------------------------------------------------------------- its words
def _is_local(name: ast.Name, names: Names) -> bool:
    """Whether a word is a name of the block around it: what it stands for is not in the text."""
    return names.frame.get(name.text) is not NOTHING


def _target(name: ast.Name, names: Names) -> Target | None:
    """The layer or the block that a word of the file or of the block around means, if it means one."""
    try:
        target = names.find(name.text, name.span.start)
    except (KeyError, Mistake, Silent):
        return None
    return target if isinstance(target, Target) else None


def _inlined(step: ast.Inline, names: Names) -> tuple[ast.Block, Names] | None:
    """The block that a step inlines, and what names mean to its text; None if there is none."""
    target = _target(step.name, names)
    if target is None or not isinstance(target.definition, BlockDef):
        return None
    inner = names.inside(Frame(None))
    inner.file = target.definition.file
    return target.definition.node, inner


def _can_hold_weights(step: ast.Step, names: Names) -> bool:
    """By the text: only a word for a layer of the language that has no weights cannot."""
    if isinstance(step, (ast.Group, ast.Inline)):
        return True
    if not isinstance(step, ast.Call):
        return False
    if _is_local(step.name, names):
        return True
    if step.name.text in names.file.definitions:
        target = _target(step.name, names)
        if target is not None and isinstance(target.definition, LayerDef):
            return target.definition.layer.weighted
        return True
    layer = find(step.name.text)
    return layer.weighted if layer is not None else True
