"""The names of steps, which decide the `state_dict` (docs/language.md, "Names").

A scope is *named* or *numbered*, as its text says (`texts`). In a numbered one every step counts from 0.
"""

from __future__ import annotations

import re

from netdsl.design import Link, Scope
from netdsl.diagnostics import Mistake
from netdsl.elaborate.attributes import why_no_attribute
from netdsl.elaborate.edits import holds_weights, is_dropped, kept_key
from netdsl.frames import Frame
from netdsl.layers.fields import is_int
from netdsl.source import Span
from netdsl.syntax import ast

LONGEST_HEAD = 200  # characters of `repeat ...` before its body
_NAMED = (ast.Aux, ast.Module)


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
        taken |= {w for w in times if why_no_attribute(w, self.scope) is not None}
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


def labelled_twice(name: str, span: Span, first: Span) -> Mistake:
    message = f"two steps are labelled `{name}`"
    hint = "labels become attributes of one class: give one of them another name"
    return Mistake("E105", message, span, labels=[(first, "first here")], hint=hint)


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


def is_repeat(loop: Frame | None) -> bool:
    """Whether the text of a loop says `repeat`: the body of a `dense` is numbered as well."""
    if loop is None or loop.kind != "repeat" or loop.loop is None:
        return False
    before = loop.loop.source.text[max(0, loop.loop.start - LONGEST_HEAD) : loop.loop.start]
    return re.search(r"\brepeat\b[^{}]*$", before) is not None


def own_in_every_round(node: ast.Computed, frame: Frame) -> str:
    """How a label is written so that all rounds of the loops around it have their own."""
    indices: list[str | None] = []
    names: list[str] = []
    loop = innermost = loop_around(frame)
    repeated = is_repeat(loop)
    while loop is not None:
        numbers = [name for name, held in loop.names.items() if is_int(held)]
        indices.insert(0, numbers[0] if numbers and loop.kind == "for" else None)
        names += loop.names
        loop = loop_around(loop.parent) if loop.parent is not None else None
    stem = next((part for part in node.parts if isinstance(part, str)), "")
    wanted = stem + "_".join(f"{{{index}}}" for index in indices)
    free = [letter for letter in "ijklmn" if letter not in names]
    head = _head_of_for(innermost)
    if head is not None and free and None not in indices[:-1]:
        target, items = head
        entries = items.strip("[]").replace(" ", "").split(",")
        if indices[-1] is None or wanted == node.text or len(set(entries)) < len(entries):
            label = stem + "_".join(f"{{{index}}}" for index in (*indices[:-1], free[0]))
            loop_ = f"for {free[0]}, {target} in enumerate({items}) {{ ... }}"
            return f"count the rounds, `{loop_}`, and write `{label}: ...`"
    if None not in indices and wanted != node.text:
        return f"each iteration has its own: write `{wanted}: ...`"
    if repeated and None not in indices[:-1] and free:
        label = stem + "_".join(f"{{{index}}}" for index in (*indices[:-1], free[0]))
        return f"count the rounds, `for {free[0]} in range(n) {{ ... }}`, and write `{label}: ...`"
    counted = "_".join(f"{{{letter}}}" for _, letter in zip(indices, "ijklmn"))
    loops = "the rounds" if len(indices) == 1 else "the rounds of each loop around it"
    return f"count {loops}, `for i, x in enumerate(...)`, and write `{stem}{counted}: ...`"


def _head_of_for(loop: Frame | None) -> tuple[str, str] | None:
    """The one name of a `for` over a short list and the list, as they are written; None for any other loop."""
    if loop is None or loop.kind != "for" or loop.loop is None:
        return None
    before = loop.loop.source.text[max(0, loop.loop.start - LONGEST_HEAD) : loop.loop.start]
    found = re.search(r"\bfor +(\w+) +in +(\w+|\[[^][{}\n]{1,40}\])\s*$", before)
    return (found[1], found[2]) if found is not None else None


def numbered_anyway(mistake: Mistake, node: ast.Computed, loop: Frame | None) -> Mistake:
    """The mistake of a label like `layer{i}` in a `repeat`, which numbers plain labels itself."""
    found, stem = mistake.diagnostic, node.parts[0]
    counts = loop is not None and loop.kind == "repeat"
    if counts and found.code == "E102" and len(node.parts) == 2 and isinstance(stem, str):
        hint = f"here a plain label gets the number of its round: `{stem.rstrip('_')}: ...`"
        mistake.diagnostic = found.but(hint=hint)
    return mistake


def in_loop(frame: Frame) -> bool:
    return loop_around(frame) is not None
