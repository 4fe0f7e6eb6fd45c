"""Going on after a mistake: a parser that only looks, and statements that are left out."""

from __future__ import annotations

from netdsl.syntax.build import MISSING
from netdsl.syntax.machine import Machine, Misfit, Token
from netdsl.syntax.tables import grammar

BOUNDARIES = ("_NL", "VBAR", "LBRACE", "RBRACE")


class Reader:
    """The grammar without building anything, so that one can step back to a statement."""

    def __init__(self) -> None:
        self._saved: dict[int, list[int]] = {0: self._machine(None).stack}

    def read(self, tokens: list[Token], changed: int) -> tuple[int, set[str]] | None:
        """Read on from where tokens changed: the first token that does not fit, and the kinds of tokens
        that would have. None if all is well."""
        start = max(i for i in self._saved if i <= changed)
        for i in [i for i in self._saved if i > start]:
            del self._saved[i]
        machine = self._machine(self._saved[start])
        for i in range(start, len(tokens)):
            before = list(machine.stack)
            try:
                machine.feed(tokens[i])
            except Misfit:
                return i, self._machine(before).accepts()
            if tokens[i].type in BOUNDARIES:
                self._saved[i + 1] = list(machine.stack)
        before = list(machine.stack)
        try:
            machine.finish()
        except Misfit:
            return len(tokens), self._machine(before).accepts()
        return None

    def _machine(self, stack: list[int] | None) -> Machine:
        return Machine(grammar(), build=False, stack=stack)


def mend(tokens: list[Token], index: int) -> int:
    """Replace the statement around token `index` by a step that is missing. Returns from where on the
    tokens have changed."""
    in_name = _name_braces(tokens)

    def boundary(i: int) -> bool:
        return tokens[i].type in BOUNDARIES and i not in in_name

    start = min(index, len(tokens))
    while start > 0 and not boundary(start - 1):
        start -= 1
    stop = index
    while stop < len(tokens) and not boundary(stop):
        stop += 1
    segment = tokens[start:stop]
    before = tokens[start - 1].type if start else "_NL"
    after = tokens[stop].type if stop < len(tokens) else "$END"
    if not segment or (len(segment) == 1 and segment[0] == MISSING):
        if segment:
            stop += start > 0 and before == after == "_NL"
            start -= start > 0 and before == "_NL" and after == "RBRACE"
            del tokens[start:stop]
        elif index < len(tokens):
            del tokens[index]
        else:
            tokens.pop()  # the end of the file came too early: what stands before it is left out
        return max(0, min(start, len(tokens)) - 1)
    depth = sum(
        (t.type == "LBRACE") - (t.type == "RBRACE")
        for i, t in enumerate(tokens[:start])
        if i not in in_name
    )
    missing = _token("NAME", MISSING, segment[0], segment[-1])
    if depth <= 0:
        if after == "LBRACE":  # a definition whose head cannot be read: its name stays known
            tokens[start:stop] = [*_definition(segment), *_no_parameters(segment)]
            return start
        end = stop + 1 if after == "_NL" else stop
        del tokens[start:end]
        if after == "$END" and start and tokens[-1].type == "_NL":
            tokens.pop()
        return max(0, start - 1)
    if before == "RBRACE":
        head = segment[0] if segment[0].type == "NAME" else missing
        tokens[start:stop] = [head] if after == "LBRACE" else []
        return start - 1
    tokens[start:stop] = [missing]
    return start


def _definition(segment: list[Token]) -> list[Token]:
    """The word and the name of a definition: a block, unless the text says that it is a net."""
    names = [t for t in segment if t.type == "NAME"]
    name = names[0] if names else _token("NAME", MISSING, segment[0], segment[-1])
    if segment[0].type == "NET":
        return [segment[0], name]
    return [_token("BLOCK", "block", segment[0], segment[0]), name]


def _no_parameters(segment: list[Token]) -> list[Token]:
    """A parameter list that says that the real one could not be read."""
    last = segment[-1]
    return [
        _token("LPAR", "(", last, last),
        _token("NAME", MISSING, segment[0], last),
        _token("RPAR", ")", last, last),
    ]


def _name_braces(tokens: list[Token]) -> set[int]:
    """The closing braces of computed names."""
    found, depth = set(), 0
    for i, token in enumerate(tokens):
        if token.type == "OPEN_NAME":
            depth += 1
        elif token.type in ("RBRACE", "END_NAME") and depth:
            depth -= 1
            found.add(i)
    return found


def _token(kind: str, text: str, first: Token, last: Token) -> Token:
    return Token(kind, text, first.start_pos, end_pos=last.end_pos)
