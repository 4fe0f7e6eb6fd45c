"""Sentences of the language that know their text and, run on shapes, what they give.

A small second reading of the language: what it accepts and which shape results is said here without
netdsl, so that random programs are valid by construction. Expressions are read by Python, which they
are nearly written in.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from layer_rules import POSITIONAL, WORDS, Invalid, Shape, Size, layer_shape, need

_TAP = re.compile(r"@((?:\w|\{[^}]*\})+)")
_BRANCH = re.compile(r"branch\d+")  # what bars without a label are called
_SIZE = re.compile(r"\b\d+(?:x\d+)+\b")
_KEYWORD = re.compile(
    r"\b("
    + "|".join(sorted({*keyword.kwlist} - {"in", "if", "else", "for", "and", "or", "not"}))
    + r")\b"
)
FACTS = ("channels", "height", "width", "length", "shape")


class Val:
    """What flows: a shape, and the labels inside of the step that gave it. `said` is a text that says
    its channels wherever it can be read."""

    def __init__(
        self, shape: Sequence[int], inner: dict[str, Val] | None = None, tensor: bool = False
    ) -> None:
        self.shape: Any = tuple(shape)
        self.inner = inner or {}
        self.tensor = tensor
        self.said: str | None = None

    def copy(self) -> Val:
        return Val(self.shape, self.inner)

    def __getattr__(self, name: str) -> Any:
        if name == "channels":
            return self.shape[0]
        if name in FACTS:
            need(len(self.shape) >= (2 if name == "length" else 3))
            return self.shape[{"height": -2}.get(name, -1)]
        if name.startswith("_") or name not in self.__dict__.get("inner", {}):
            raise Invalid(name)
        return self.inner[name]


class Target:
    """A layer or a block with some arguments given."""

    def __init__(self, definition: str | Block, bound: dict[str, Any] | None = None) -> None:
        self.definition = definition
        self.bound = bound or {}

    @property
    def parameters(self) -> Sequence[str]:
        if isinstance(self.definition, str):
            return POSITIONAL.get(self.definition, ())
        return [name for name, _ in self.definition.params]

    def __call__(self, *positional: Any, **named: Any) -> Target:
        return self.given([(None, v) for v in positional] + list(named.items()))

    def given(self, arguments: Sequence[tuple[str | None, Any]]) -> Target:
        bound = dict(self.bound)
        free = [n for n in self.parameters if n not in bound]
        for name, value in arguments:
            if name is None:
                need(bool(free))
                name = free.pop(0)
            else:
                name = name.removesuffix("__")
                free = [n for n in free if n != name]
            bound[name] = value
        return Target(self.definition, bound)

    def run(self, x: Val) -> Val:
        if isinstance(self.definition, str):
            try:
                return Val(layer_shape(self.definition, self.bound, x.shape))
            except (KeyError, TypeError) as error:
                raise Invalid from error
        return self.definition.run(self.bound, x)


def _holds_values(value: Any) -> bool:
    return isinstance(value, Val) or (type(value) is list and any(_holds_values(v) for v in value))


class Shared:
    """`module tower = ...`: every use runs the chain again, on values with as many channels."""

    def __init__(self, chain: Chain, frame: Frame) -> None:
        self.chain = chain
        self.frame = frame
        self.first: Shape | None = None

    def run(self, x: Val) -> Val:
        self.first = self.first or x.shape
        need(self.first[0] == x.shape[0] and len(self.first) == len(x.shape))
        inside = module_frame(self.frame)
        out = self.chain.run(inside, x)
        return Val(out.shape, inside.labels)


class Frame:
    """Names and labels, innermost first. A scope keeps the labels of everything in it."""

    def __init__(
        self,
        parent: Frame | None,
        kind: str = "plain",
        iteration: int = 0,
        host: Frame | None = None,
    ) -> None:
        self.parent = parent
        self.kind = kind  # file, block, scope, inline, repeat, for, plain
        self.iteration = iteration
        self.host = host  # of an inlined block: where its labels belong
        self.names: dict[str, Any] = {}
        self.labels: dict[str, Val] = {}
        self.taken: set[str] = set()
        self.entry: Val | None = None  # of a block, a net, an inlined block

    def chain(self) -> list[Frame]:
        """This frame and those around it, as far as the block."""
        found, at = [self], self
        while at.kind not in ("block", "inline", "module") and at.parent is not None:
            at = at.parent
            found.append(at)
        return found

    def visible(self) -> dict[str, Any]:
        """Every name that can be read here."""
        frames: list[Frame] = []
        at: Frame | None = self
        while at is not None:
            frames.insert(0, at)
            at = at.parent
        return {name: value for frame in frames for name, value in frame.names.items()}

    def block(self) -> Frame:
        return self.chain()[-1]

    def tap(self, name: str) -> Any:
        for frame in self.chain():
            if name in frame.labels:
                return frame.labels[name]
            held = frame.names.get(name)
            if isinstance(held, Val) or (
                isinstance(held, list) and held and isinstance(held[0], Val)
            ):
                return held
        raise Invalid(name)

    def input(self) -> Val:
        entry = self.block().entry
        if entry is None:
            raise Invalid("in")
        return entry

    def evaluate(self, text: str) -> Any:
        """What an expression stands for."""
        names: dict[str, Any] = {word: Target(word) for word in WORDS}
        names |= FUNCTIONS
        names |= {_KEYWORD.sub(r"\1__", name): value for name, value in self.visible().items()}
        names |= {"TAP": self.tap, "Size": Size, "__builtins__": {}}
        if self.block().kind == "module":
            names = {name: value for name, value in names.items() if not _holds_values(value)}
        if self.block().entry is not None:
            names["IN"] = self.input()
            if self.block().kind != "module":
                names["ATIN"] = self.input()
        text = re.sub(r"@in\b", "ATIN", _KEYWORD.sub(r"\1__", text))
        text = re.sub(r"\bin\.", "IN.", text)
        text = _TAP.sub(r"TAP(f'\1')", text)
        text = _SIZE.sub(lambda m: f"Size(({m[0].replace('x', ',')}))", text)
        try:
            return eval(text, names)
        except (
            ArithmeticError,
            LookupError,
            TypeError,
            ValueError,
            NameError,
            AttributeError,
            SyntaxError,
        ) as error:
            raise Invalid(text) from error

    def label(self, text: str, value: Val) -> None:
        """Make a label known from here outwards; it must be new in its scope."""
        loop = next((f for f in self._around() if f.kind in ("repeat", "for")), None)
        name = str(self.evaluate(f"f'{text}'")) if "{" in text else text
        plain = None
        if loop is not None and "{" not in text:
            need(loop.kind == "repeat")
            plain, name = name, f"{name}{loop.iteration}"
        need(name.isidentifier() and not _BRANCH.fullmatch(name))
        scope = self._around()[-1]
        need(name not in scope.taken)
        scope.taken.add(name)
        for frame in self._around():
            frame.labels[name] = value
            if plain is not None:
                frame.labels[plain] = value
                if frame.kind == "repeat":
                    plain = None

    def snapshot(self) -> Callable[[], None]:
        """What undoes everything done to these frames since."""
        frames, at = [], self
        while True:
            frames.append((at, dict(at.names), dict(at.labels), set(at.taken)))
            outer = at.parent or at.host
            if outer is None:
                break
            at = outer

        def restore() -> None:
            for frame, names, labels, taken in frames:
                frame.names, frame.labels, frame.taken = names, labels, taken

        return restore

    def _around(self) -> list[Frame]:
        """The frames out to the scope that labels belong to."""
        found, at = [self], self
        while at.kind not in ("scope", "block", "module"):
            outer = at.host if at.kind == "inline" else at.parent
            if outer is None:
                break
            at = outer
            found.append(at)
        return found


def module_frame(around: Frame) -> Frame:
    """Where the chain of a module is read: it sees numbers and words around it, but no values."""
    frame = Frame(around, "module")
    block = around.block()
    frame.entry = block.entry
    return frame


def make_divisible(value: float, divisor: int) -> int:
    nearest = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return nearest if nearest >= 0.9 * value else nearest + divisor


def _equally_long(*lists: Any) -> list[Any]:
    need(len({len(entries) for entries in lists}) == 1)
    return list(zip(*lists))


FUNCTIONS: dict[str, Any] = {
    "len": len,
    "range": lambda *ends: list(range(*ends)),
    "zip": _equally_long,
    "enumerate": lambda entries: list(enumerate(entries)),
    "reversed": lambda entries: list(reversed(entries)),
    "min": min,
    "max": max,
    "sum": sum,
    "int": int,
    "round": round,
    "ceil": math.ceil,
    "floor": math.floor,
    "abs": abs,
    "sqrt": math.sqrt,
    "log2": math.log2,
    "make_divisible": make_divisible,
    "true": True,
    "false": False,
    "none": None,
}


# ----------------------------------------------------------------------------------------- sentences
class Sentence:
    """A statement. `text` is what is written; `run` gives the value after it."""

    def text(self) -> str:
        raise NotImplementedError

    def run(self, frame: Frame, x: Any) -> Any:
        raise NotImplementedError


class Body:
    def __init__(self, sentences: Sequence[Sentence] = ()) -> None:
        self.sentences = list(sentences)

    def text(self) -> str:
        return "{\n" + "\n".join(s.text() for s in self.sentences) + "\n}"

    def run(self, frame: Frame, x: Any) -> Any:
        for sentence in self.sentences:
            x = sentence.run(frame, x)
        return x


class Link(Sentence):
    """A step of a chain, perhaps with a label."""

    label: str | None = None

    def text(self) -> str:
        return self.step() if self.label is None else f"{self.label}: {self.step()}"

    def run(self, frame: Frame, x: Any) -> Any:
        out = self.give(frame, x)
        if self.label is not None:
            frame.label(self.label, Val(out.shape) if out is x else out)
        return out

    def step(self) -> str:
        raise NotImplementedError

    def give(self, frame: Frame, x: Any) -> Any:
        raise NotImplementedError


class Chain(Sentence):
    def __init__(self, *links: Link) -> None:
        self.links = list(links)
        self.belief: str | None = None  # the shape that its last step is said to give

    def text(self) -> str:
        shown = " -> ".join(link.text() for link in self.links)
        return shown if self.belief is None else f"{shown} :: {self.belief}"

    def run(self, frame: Frame, x: Any) -> Any:
        for link in self.links:
            x = link.run(frame, x)
        return x

    def has_label(self) -> bool:
        return any(
            link.label is not None or getattr(link, "labels_inside", bool)() for link in self.links
        )


class Step(Link):
    """`word(arguments)`: a layer, a block, a parameter that holds one, a shared module."""

    def __init__(
        self,
        word: str,
        args: Sequence[tuple[str | None, str]] = (),
        label: str | None = None,
        inline: bool = False,
    ) -> None:
        self.word = word
        self.args = list(args)
        self.label = label
        self.inline = inline

    def step(self) -> str:
        shown = ", ".join(a if n is None else f"{n}={a}" for n, a in self.args)
        return f"{'inline ' if self.inline else ''}{self.word}{f'({shown})' if shown else ''}"

    def target(self, frame: Frame) -> Target | Shared:
        found = frame.visible().get(self.word)
        if not isinstance(found, (Target, Shared)):
            need(self.word in WORDS)
            found = Target(self.word)
        if isinstance(found, Shared):
            need(not self.args)
            return found
        return found.given([(name, frame.evaluate(text)) for name, text in self.args])

    def give(self, frame: Frame, x: Any) -> Any:
        need(x is not None)
        target = self.target(frame)
        if self.inline:
            assert isinstance(target, Target) and isinstance(target.definition, Block)
            return target.definition.run(target.bound, x, frame)
        if isinstance(target, Target) and target.definition == "identity":
            return x
        return target.run(x)


class Group(Link):
    """`{ ... }`: a scope of its own."""

    def __init__(self, body: Body, label: str | None = None) -> None:
        self.body = body
        self.label = label

    def step(self) -> str:
        return self.body.text()

    def give(self, frame: Frame, x: Any) -> Any:
        inside = Frame(frame, "scope")
        out = self.body.run(inside, x)
        need(out is not None)
        return Val(out.shape, inside.labels)


class Form(Link):
    """A word with a body; with a label it is a scope."""

    word = ""

    def give(self, frame: Frame, x: Any) -> Any:
        need(x is not None)
        held = frame.visible().get(self.word)
        need(not isinstance(held, (Target, Shared)))  # a parameter hides the word
        if self.label is None:
            return self.work(Frame(frame), x)
        inside = Frame(frame, "scope")
        return Val(self.work(inside, x).shape, inside.labels)

    def work(self, frame: Frame, x: Any) -> Any:
        raise NotImplementedError


class Merge(Form):
    """`concat { | a | b }`; among the bars stand loops, conditions and lets."""

    def __init__(self, word: str, bars: Body, label: str | None = None) -> None:
        self.word = word
        self.bars = bars
        self.label = label

    def step(self) -> str:
        return f"{self.word} {self.bars.text()}"

    def labels_inside(self) -> bool:
        return _bars_have_label(self.bars)

    def give(self, frame: Frame, x: Any) -> Any:  # with several inputs nothing flows in
        return super().give(frame, x if x is not None else Val((0,)))

    def work(self, frame: Frame, x: Any) -> Any:
        found: list[Val] = []
        _run_bars(self.bars, frame, x, found)
        return Val(self.joined([v.shape for v in found]))

    def joined(self, shapes: Sequence[Shape]) -> Shape:
        need(bool(shapes))
        skipped = 1 if self.word == "concat" else 0
        need(all(s[skipped:] == shapes[0][skipped:] and len(s) == len(shapes[0]) for s in shapes))
        return (sum(s[0] for s in shapes), *shapes[0][1:]) if skipped else shapes[0]


class Bar(Sentence):
    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    def text(self) -> str:
        return f"| {self.chain.text()}"

    def run(self, frame: Frame, x: Any) -> Any:
        return self.chain.run(frame if self.chain.has_label() else Frame(frame, "scope"), x)


def _run_bars(body: Body, frame: Frame, x: Any, found: list[Val]) -> None:
    for sentence in body.sentences:
        if isinstance(sentence, Bar):
            found.append(sentence.run(frame, x))
        elif isinstance(sentence, (For, Repeat)):
            for inner in sentence.frames(frame):
                _run_bars(sentence.body, inner, x, found)
        elif isinstance(sentence, If):
            arm = sentence.arm(frame)
            if arm is not None:
                _run_bars(arm, Frame(frame), x, found)
        else:
            sentence.run(frame, x)


def _bars_have_label(body: Body) -> bool:
    for s in body.sentences:
        if isinstance(s, Bar) and s.chain.has_label():
            return True
        if isinstance(s, (For, Repeat)) and _bars_have_label(s.body):
            return True
        if isinstance(s, If) and any(
            _bars_have_label(b) for b in (s.then, s.other) if b is not None
        ):
            return True
    return False


def body_has_label(body: Body) -> bool:
    """Whether a label stands in a body that is no scope of its own."""
    for s in body.sentences:
        if isinstance(s, Chain) and s.has_label():
            return True
        if isinstance(s, (For, Repeat)) and body_has_label(s.body):
            return True
        if isinstance(s, If) and any(body_has_label(b) for b in (s.then, s.other) if b is not None):
            return True
    return False


class Residual(Form):
    word = "residual"

    def __init__(
        self,
        body: Body,
        label: str | None = None,
        condition: str | None = None,
        args: Sequence[tuple[str, str]] = (),
        shortcut: Body | None = None,
        shortcut_if: str | None = None,
    ) -> None:
        self.body = body
        self.label = label
        self.condition = condition
        self.args = list(args)
        self.shortcut = shortcut
        self.shortcut_if = shortcut_if

    def step(self) -> str:
        shown = f"({', '.join(f'{n}={t}' for n, t in self.args)})" if self.args else ""
        condition = f" if {self.condition}" if self.condition is not None else ""
        text = f"residual{shown}{condition} {self.body.text()}"
        if self.shortcut is not None:
            condition = f" if {self.shortcut_if}" if self.shortcut_if is not None else ""
            text += f" shortcut{condition} {self.shortcut.text()}"
        return text

    def labels_inside(self) -> bool:
        return any(body_has_label(b) for b in (self.body, self.shortcut) if b is not None)

    def work(self, frame: Frame, x: Any) -> Any:
        for _, text in self.args:
            need(isinstance(frame.evaluate(text), (int, float)))
        adds = self.condition is None or _truth(frame, self.condition)
        out = self.body.run(Frame(frame), x)
        if adds:
            other = x
            if self.shortcut is not None and (
                self.shortcut_if is None or _truth(frame, self.shortcut_if)
            ):
                other = self.shortcut.run(Frame(frame), x)
            need(other.shape == out.shape)
        return Val(out.shape)


class Dense(Form):
    word = "dense"

    def __init__(self, count: str, body: Body, label: str | None = None) -> None:
        self.count = count
        self.body = body
        self.label = label

    def step(self) -> str:
        return f"dense({self.count}) {self.body.text()}"

    def labels_inside(self) -> bool:
        return body_has_label(self.body)

    def work(self, frame: Frame, x: Any) -> Any:
        count = frame.evaluate(self.count)
        need(isinstance(count, int) and 0 <= count <= 12)
        for i in range(count):
            out = self.body.run(Frame(frame, "repeat", i + 1), x)
            need(out.shape[1:] == x.shape[1:])
            x = Val((x.shape[0] + out.shape[0], *x.shape[1:]))
        return Val(x.shape)


class From(Link):
    """`@label`, `@in`, `@maps[0]`, `@body.stage1` at the start of a chain."""

    def __init__(self, path: str) -> None:
        self.path = path

    def step(self) -> str:
        return self.path

    def give(self, frame: Frame, x: Any) -> Any:
        found = frame.evaluate(self.path)
        need(isinstance(found, Val) and not found.tensor)
        return found


class Compute(Link):
    """`(@a * 2 + @b)`: the shape is that of broadcasting."""

    def __init__(
        self, text: str, values: Sequence[str], label: str | None = None, over: bool = False
    ) -> None:
        self.value = text
        self.values = list(values)  # the values that it reads, as texts
        self.label = label
        self.over = over  # over the sides, channel by channel

    def step(self) -> str:
        return f"({self.value})"

    def give(self, frame: Frame, x: Any) -> Any:
        found = [frame.evaluate(v) for v in self.values]
        need(all(isinstance(v, Val) for v in found))
        shape = broadcast([v.shape for v in found])
        return Val((shape[0], *(1 for _ in shape[1:])) if self.over else shape)


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """One dimension is one number a channel; sides are equal or 1."""
    rank = max(len(s) for s in shapes)
    sides = [1] * rank
    for shape in shapes:
        need(len(shape) in (1, rank))
        for i, side in enumerate(shape):
            need(side == sides[i] or 1 in (side, sides[i]))
            sides[i] = max(side, sides[i])
    return tuple(sides)


def _truth(frame: Frame, text: str) -> bool:
    found = frame.evaluate(text)
    need(isinstance(found, bool))
    return found


class Repeat(Sentence):
    def __init__(self, count: str, body: Body) -> None:
        self.count = count
        self.body = body

    def text(self) -> str:
        return f"repeat {self.count} {self.body.text()}"

    def frames(self, frame: Frame) -> list[Frame]:
        count = frame.evaluate(self.count)
        need(isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= 12)
        return [Frame(frame, "repeat", i + 1) for i in range(count)]

    def run(self, frame: Frame, x: Any) -> Any:
        for inner in self.frames(frame):
            x = self.body.run(inner, x)
        return x


class For(Sentence):
    def __init__(self, names: Sequence[str], iterable: str, body: Body) -> None:
        self.names = list(names)
        self.iterable = iterable
        self.body = body

    def text(self) -> str:
        return f"for {', '.join(self.names)} in {self.iterable} {self.body.text()}"

    def frames(self, frame: Frame) -> list[Frame]:
        entries = frame.evaluate(self.iterable)
        need(isinstance(entries, list) and len(entries) <= 12)
        found = []
        for i, entry in enumerate(entries):
            inner = Frame(frame, "for", i + 1)
            if len(self.names) == 1:
                inner.names[self.names[0]] = list(entry) if isinstance(entry, tuple) else entry
            else:
                need(isinstance(entry, (tuple, list)) and len(entry) == len(self.names))
                inner.names.update(zip(self.names, entry))
            found.append(inner)
        return found

    def run(self, frame: Frame, x: Any) -> Any:
        for inner in self.frames(frame):
            x = self.body.run(inner, x)
        return x


class If(Sentence):
    def __init__(self, condition: str, then: Body, other: Body | None = None) -> None:
        self.condition = condition
        self.then = then
        self.other = other

    def text(self) -> str:
        other = f" else {self.other.text()}" if self.other is not None else ""
        return f"if {self.condition} {self.then.text()}{other}"

    def arm(self, frame: Frame) -> Body | None:
        return self.then if _truth(frame, self.condition) else self.other

    def run(self, frame: Frame, x: Any) -> Any:
        arm = self.arm(frame)
        return x if arm is None else arm.run(Frame(frame), x)


class Let(Sentence):
    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self.value = value

    def text(self) -> str:
        return f"let {self.name} = {self.value}"

    def run(self, frame: Frame, x: Any) -> Any:
        need(self.name not in frame.names)
        frame.names[self.name] = frame.evaluate(self.value)
        return x


class Weight(Sentence):
    """`param scale: [channels] = ones`."""

    def __init__(self, name: str, shape: str, start: str | None) -> None:
        self.name = name
        self.shape = shape
        self.start = start

    def text(self) -> str:
        return f"param {self.name}: {self.shape}" + (f" = {self.start}" if self.start else "")

    def run(self, frame: Frame, x: Any) -> Any:
        shape = frame.evaluate(self.shape)
        shape = [shape] if isinstance(shape, int) else list(shape)
        need(all(isinstance(s, int) and s > 0 for s in shape))
        frame.label(self.name, Val(shape, tensor=True))
        return x


class ModuleOf(Sentence):
    """`module tower = chain`."""

    def __init__(self, name: str, chain: Chain) -> None:
        self.name = name
        self.chain = chain

    def text(self) -> str:
        return f"module {self.name} = {self.chain.text()}"

    def run(self, frame: Frame, x: Any) -> Any:
        scope = frame._around()[-1]
        need(self.name not in scope.taken)
        scope.taken.add(self.name)
        around = Frame(frame)
        before = frame.visible().get(self.name)
        if before is not None:
            around.names[self.name] = before
        frame.names[self.name] = Shared(self.chain, around)
        return x


class Aux(Sentence):
    """`aux name(weight=0.3) { ... }` or `= step`."""

    def __init__(self, name: str, weight: str | None, what: Body | Chain) -> None:
        self.name = name
        self.weight = weight
        self.what = what

    def text(self) -> str:
        weight = f"(weight={self.weight})" if self.weight is not None else ""
        what = f" {self.what.text()}" if isinstance(self.what, Body) else f" = {self.what.text()}"
        return f"aux {self.name}{weight}{what}"

    def run(self, frame: Frame, x: Any) -> Any:
        scope = frame._around()[-1]
        need(self.name not in scope.taken)
        scope.taken.add(self.name)
        self.what.run(Frame(frame, "scope"), x)
        return x


class Plain(Sentence):
    """A line that moves no value: `output`, `init`, `meta`."""

    def __init__(self, text: str) -> None:
        self.line = text

    def text(self) -> str:
        return self.line

    def run(self, frame: Frame, x: Any) -> Any:
        return x


# ------------------------------------------------------------------------------- blocks and programs
class Block:
    """A block: its parameters with their defaults as texts, and what its arguments were at first."""

    def __init__(self, name: str, params: Sequence[tuple[str, str | None]], file: Frame) -> None:
        self.name = name
        self.params = list(params)
        self.file = file
        self.kinds: dict[str, str] = {}
        self.body = Body()
        self.samples: list[tuple[Shape, list[tuple[str | None, str]]]] = []
        self.doc: str | None = None
        self.running = False

    def frame(self, bound: dict[str, Any], x: Val | None, host: Frame | None = None) -> Frame:
        """The frame of a use: parameters with their arguments or defaults."""
        frame = Frame(self.file, "block" if host is None else "inline", host=host)
        if x is not None:
            frame.entry = x if host is not None else x.copy()
            frame.entry.said = "in.channels"
        need(set(bound) <= {name for name, _ in self.params})
        for name, default in self.params:
            if name in bound:
                frame.names[name] = bound[name] if host is not None else _as_parameter(bound[name])
            else:
                need(default is not None)
                frame.names[name] = frame.evaluate(default or "")
        return frame

    def run(self, bound: dict[str, Any], x: Val, host: Frame | None = None) -> Val:
        need(not self.running)  # no block uses itself, however it is passed around
        self.running = True
        try:
            frame = self.frame(bound, x, host)
            out = self.body.run(frame, frame.entry)
        finally:
            self.running = False
        return out if host is not None else Val(out.shape, frame.labels)

    def text(self) -> str:
        shown = ", ".join(n if d is None else f"{n}={d}" for n, d in self.params)
        doc = f'\n"""{self.doc}"""' if self.doc else ""
        return f"block {self.name}{f'({shown})' if shown else ''} {{{doc}{self.body.text()[1:]}"


def _as_parameter(value: Any) -> Any:
    """An argument as the block sees it: of a value only its shape."""
    if isinstance(value, Val):
        return Val(value.shape, tensor=value.tensor)
    return [_as_parameter(v) for v in value] if type(value) is list else value


def indented(text: str) -> str:
    """The text with two spaces for every open brace."""
    depth, out = 0, []
    for line in text.split("\n"):
        line = line.strip()
        inner = depth - (1 if line.startswith("}") else 0)
        out.append("  " * inner + line if line else "")
        depth += line.count("{") - line.count("}")
    return "\n".join(out)
