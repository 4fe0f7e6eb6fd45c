"""Names and labels around a sentence, and what an expression means among them.

Expressions are read by Python, which they are nearly written in.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable
from functools import lru_cache
from types import CodeType
from typing import Any

from reading.functions import FUNCTIONS
from reading.layer_rules import WORDS, Invalid, Size, need
from reading.values import DONE, Target, Val

_TAP = re.compile(r"@((?:\w|\{[^}]*\})+)")
_BRANCH = re.compile(r"branch\d+")  # what bars without a label are called
_SIZE = re.compile(r"\b\d+(?:x\d+)+\b")
_WORDS = sorted({*keyword.kwlist} - {"in", "if", "else", "for", "and", "or", "not"})
_KEYWORD = re.compile(rf"\b({'|'.join(_WORDS)})\b")
MOST_ROUNDS = 12  # of a loop: longer ones would only make programs slow


_PYTHON = {word: f"{word}__" for word in _WORDS}  # names that Python does not take
_KNOWN: dict[str, Any] = {word: Target(word) for word in WORDS} | FUNCTIONS
_KNOWN |= {"Size": Size, "__builtins__": {}}


@lru_cache(maxsize=4096)
def _compiled(text: str) -> CodeType:
    """An expression as Python reads it."""
    text = re.sub(r"@in\b", "ATIN", _KEYWORD.sub(r"\1__", text))
    text = re.sub(r"\bin\.", "IN.", text)
    text = _TAP.sub(r"TAP(f'\1')", text)
    text = _SIZE.sub(lambda m: f"Size(({m[0].replace('x', ',')}))", text)
    try:
        return compile(text, "<expression>", "eval")
    except (SyntaxError, ValueError) as error:
        raise Invalid(text) from error


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

    def to_block(self) -> list[Frame]:
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
        return self.to_block()[-1]

    def tap(self, name: str) -> Any:
        for frame in self.to_block():
            if name in frame.labels:
                return frame.labels[name]
            held = frame.names.get(name)
            if isinstance(held, Val) or (
                isinstance(held, list) and held and isinstance(held[0], Val)
            ):
                return held
        raise Invalid(name)

    def evaluate(self, text: str) -> Any:
        """What an expression stands for."""
        code = _compiled(text)
        names = dict(_KNOWN)
        names |= {_PYTHON.get(name, name): value for name, value in self.visible().items()}
        names["TAP"] = self.tap
        block = self.block()
        if block.kind == "module":
            names = {name: value for name, value in names.items() if not _holds_values(value)}
        if block.entry is not None:
            names["IN"] = block.entry
            if block.kind != "module":
                names["ATIN"] = block.entry
        try:
            found = eval(code, names)
        except (
            ArithmeticError,
            LookupError,
            TypeError,
            ValueError,
            NameError,
            AttributeError,
        ) as error:
            raise Invalid(text) from error
        if not _holds_values(found):
            DONE.append(found)
        return found

    def truth(self, text: str) -> bool:
        found = self.evaluate(text)
        need(isinstance(found, bool))
        return found

    def rounds(self, text: str) -> int:
        """How often a loop is run."""
        found = self.evaluate(text)
        need(type(found) is int and 0 <= found <= MOST_ROUNDS)
        return found

    def take(self, name: str) -> None:
        """Have a name for a step of this scope; it must be new in it."""
        scope = self.to_scope()[-1]
        need(name not in scope.taken)
        scope.taken.add(name)

    def label(self, text: str, value: Val) -> None:
        """Make a label known from here outwards; it must be new in its scope."""
        loop = self.loop()
        name = str(self.evaluate(f"f'{text}'")) if "{" in text else text
        plain = None
        if loop is not None and "{" not in text:
            need(loop.kind == "repeat")
            plain, name = name, f"{name}{loop.iteration}"
        need(name.isidentifier() and not _BRANCH.fullmatch(name))
        self.take(name)
        for frame in self.to_scope():
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

    def to_scope(self) -> list[Frame]:
        """The frames out to the scope that labels belong to."""
        found, at = [self], self
        while at.kind not in ("scope", "block", "module"):
            outer = at.host if at.kind == "inline" else at.parent
            if outer is None:
                break
            at = outer
            found.append(at)
        return found

    def loop(self) -> Frame | None:
        """The innermost loop of this scope."""
        return next((f for f in self.to_scope() if f.kind in ("repeat", "for")), None)


def module_frame(around: Frame) -> Frame:
    """Where the chain of a module is read: it sees numbers and words around it, but no values."""
    frame = Frame(around, "module")
    block = around.block()
    frame.entry = block.entry
    return frame


def _holds_values(value: Any) -> bool:
    return isinstance(value, Val) or (type(value) is list and any(_holds_values(v) for v in value))
