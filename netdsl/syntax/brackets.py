"""Brackets and braces that do not match: where they were meant to, by lines and indentation.

This runs between lexer and line rules, and leaves tokens in which every bracket has its partner, so
that what follows a forgotten `)` or `}` can still be read.
"""

from __future__ import annotations

from netdsl.diagnostics import Diagnostic, Report
from netdsl.source import Source, Span
from netdsl.syntax.functions import too_much
from netdsl.syntax.letters import MOST_MISTAKES
from netdsl.syntax.machine import Token
from netdsl.syntax.tables import keywords

ARROWS = ("->", "::")
SHUT = {"LPAR": ("RPAR", ")"), "LSQB": ("RSQB", "]")}
AHEAD = 100  # tokens that are looked at for a bracket that may close
OPENED_BY = {"RPAR": "LPAR", "RSQB": "LSQB"}


def settle(source: Source, tokens: list[Token], report: Report) -> list[Token]:
    """The tokens with every bracket and brace closed. Mistakes go to `report`."""
    layout = Layout(source, report)
    tokens = layout.names(tokens)
    tokens = layout.brackets(tokens)
    return layout.braces(tokens)


def start_of(token: Token) -> int:
    return token.start_pos or 0


def end_of(token: Token) -> int:
    return token.end_pos or 0


def placed(kind: str, text: str, at: int) -> Token:
    """A token that is not in the text, at a place in it."""
    return Token(kind, text, at, end_pos=at)


class Layout:
    """The lines of a text, and what its brackets say."""

    def __init__(self, source: Source, report: Report) -> None:
        self.source = source
        self.report = report

    def line(self, token: Token) -> int:
        return self.source.place(start_of(token))[0]

    def indent(self, token: Token) -> int:
        """How far the line of a token is indented."""
        text = self.source.line(self.line(token))
        return len(text) - len(text.lstrip())

    def says(self, code: str, message: str, first: Token, last: Token, hint: str | None) -> None:
        if self.report.count < MOST_MISTAKES:
            span = Span(self.source, start_of(first), end_of(last))
            self.report.add(Diagnostic(code, message, span, hint=hint))

    # ----------------------------------------------------------------------------- computed names
    def names(self, tokens: list[Token]) -> list[Token]:
        """Braces that touch a word and open or close no computed name: `concat{`, `}else{`."""
        out: list[Token] = []
        i = 0
        while i < len(tokens):
            token = tokens[i]
            if token.type == "OPEN_NAME":
                end = self._end_of_name(tokens, i)
                if end is not None and self._is_name(tokens, i, end):
                    out += tokens[i : end + 1]
                    i = end + 1
                    continue
                colon = self._colon_of_name(tokens, i)
                if colon is not None:
                    hint = "add `}` before the `:`"
                    self.says("E007", f"`{token}` is never closed", token, token, hint)
                    out += [*tokens[i:colon], placed("RBRACE", "}", end_of(tokens[colon - 1]))]
                    i = colon
                    continue
                word = str(token)[:-1]
                hint = f"a body has a space before its brace: `{word} {{`"
                self.says("E012", f"`{token}` opens a computed name", token, token, hint)
                out += self._split(token)
            elif token.type in ("MID_NAME", "END_NAME"):
                parts = self._split(token)
                if len(parts) > 1:
                    shown = " ".join(str(part) for part in parts)
                    hint = f"write `{shown}`"
                    self.says("E012", f"`{token}` needs spaces", token, token, hint)
                out += parts
            else:
                out.append(token)
            i += 1
        return out

    def _end_of_name(self, tokens: list[Token], start: int) -> int | None:
        """Where the computed name that begins at `start` ends, on its line; None if it does not."""
        depth = 0
        for i in range(start + 1, len(tokens)):
            token = tokens[i]
            if token.type == "OPEN_NAME":
                depth += 1
            elif token.type in ("RBRACE", "END_NAME"):
                if depth == 0:
                    return i
                depth -= 1
            elif token.type in ("_NL", "VBAR", "LBRACE") or token in ARROWS:
                return None
        return None

    def _colon_of_name(self, tokens: list[Token], start: int) -> int | None:
        """The colon behind a computed name that was not closed: `layer{i: conv`."""
        if start + 1 >= len(tokens) or start_of(tokens[start + 1]) != end_of(tokens[start]):
            return None
        for i in range(start + 1, len(tokens)):
            if tokens[i].type == "COLON":
                return i
            if tokens[i].type in ("_NL", "VBAR", "LBRACE", "OPEN_NAME") or tokens[i] in ARROWS:
                return None
        return None

    def _is_name(self, tokens: list[Token], start: int, end: int) -> bool:
        """Whether a computed name stands where one can: a label, behind `@` or `.`, an output."""
        before = tokens[start - 1].type if start else "_NL"
        if before in ("AT", "DOT", "AUX", "OUTPUT"):
            return True
        if before == "COMMA":
            first = start
            while first and tokens[first - 1].type not in ("_NL", "LBRACE", "RBRACE", "VBAR"):
                first -= 1
            return tokens[first].type == "OUTPUT"
        return end + 1 < len(tokens) and tokens[end + 1].type == "COLON"

    def _split(self, token: Token) -> list[Token]:
        """`concat{` as two tokens, `}else{` as three."""
        text, at, parts = str(token), start_of(token), []
        if text.startswith("}"):
            parts.append(Token("RBRACE", "}", at, end_pos=at + 1))
        word = text.strip("{}")
        if word:
            begin = at + text.index(word)
            parts.append(
                Token(keywords().get(word, "NAME"), word, begin, end_pos=begin + len(word))
            )
        if text.endswith("{"):
            end = at + len(text)
            parts.append(Token("LBRACE", "{", end - 1, end_pos=end))
        return parts

    # ---------------------------------------------------------------------------------- brackets
    def brackets(self, tokens: list[Token]) -> list[Token]:
        """Close every `(` and `[`. None of them reaches over an arrow, a bar or a body's brace."""
        stack: list[int] = []  # what is open, computed names included
        inserts: dict[int, list[Token]] = {}  # before a token
        dropped: set[int] = set()
        for i, token in enumerate(tokens):
            kind = token.type
            inner = None  # where the outermost computed name that is open stands in the stack
            if kind in ("MID_NAME", "END_NAME", "RBRACE"):
                inner = next(
                    (n for n, j in enumerate(stack) if tokens[j].type == "OPEN_NAME"), None
                )
            if kind in ("LPAR", "LSQB", "OPEN_NAME"):
                stack.append(i)
            elif kind in OPENED_BY:
                if not stack or tokens[stack[-1]].type == "OPEN_NAME":
                    self.says("E007", f"this `{token}` closes nothing", token, token, "remove it")
                    dropped.add(i)
                    continue
                inside = stack.pop()
                opener = tokens[inside]
                if opener.type != OPENED_BY[kind] and self._closes_outer(tokens, stack, i):
                    stack.pop()
                    self._insert_before(
                        tokens, inside, self._end_of_index(tokens, inside, i), inserts
                    )
                elif opener.type != OPENED_BY[kind]:
                    right_kind, right = SHUT[opener.type]
                    message = f"`{token}` cannot close `{opener}`"
                    span = Span(self.source, start_of(token), end_of(token))
                    label = (Span(self.source, start_of(opener), end_of(opener)), "opened here")
                    hint = f"write `{right}`"
                    self.report.add(Diagnostic("E007", message, span, (label,), hint))
                    inserts.setdefault(i, []).append(
                        Token(right_kind, right, start_of(token), end_pos=end_of(token))
                    )
                    dropped.add(i)
            elif inner is not None:
                self._unclosed(tokens, stack[inner + 1 :], i, inserts)
                del stack[inner + (kind == "MID_NAME") :]
            elif kind in ("LBRACE", "RBRACE", "VBAR") or token in ARROWS:
                self._unclosed(tokens, stack, i, inserts)
                stack = []
        self._unclosed(tokens, stack, len(tokens), inserts)
        if not inserts and not dropped:
            return tokens
        out: list[Token] = []
        for i, token in enumerate(tokens):
            out += inserts.get(i, ())
            if i not in dropped:
                out.append(token)
        return out + inserts.get(len(tokens), [])

    def _unclosed(
        self, tokens: list[Token], opened: list[int], stop: int, inserts: dict[int, list[Token]]
    ) -> None:
        """Close brackets that are open before token `stop`, each where its statement seems to end."""
        while opened:
            spot = self._statement_end(tokens, opened[0], stop)
            here = [i for i in opened if i < spot]
            opened = opened[len(here) :]
            here = [i for i in here if tokens[i].type != "OPEN_NAME"]
            if not here:
                continue
            late = too_much(tokens, here[0] + 1, spot) if len(here) == 1 else None
            if late is not None:  # the bracket that closes it was meant for the one around it
                self._insert_before(tokens, *late, inserts)
                continue
            last, following = tokens[spot - 1], tokens[spot] if spot < len(tokens) else None
            shut = [SHUT[tokens[i].type] for i in reversed(here)]
            inserts.setdefault(spot, []).extend(placed(k, s, end_of(last)) for k, s in shut)
            opener = tokens[here[0]]
            where = f"at the end of line {self.line(last)}"
            if (
                following is not None
                and following.type != "_NL"
                and self.line(following) == self.line(last)
            ):
                where = f"before `{following}`"
            elif self.line(last) == self.line(opener):
                where = "at the end of the line"
            missing = "".join(text for _, text in shut)
            hint = f"add `{missing}` {where}"
            self.says("E007", f"this `{opener}` is never closed", opener, opener, hint)

    def _insert_before(
        self, tokens: list[Token], opener: int, at: int, inserts: dict[int, list[Token]]
    ) -> None:
        """Close a bracket that is never closed before a token, and say so."""
        kind, text = SHUT[tokens[opener].type]
        inserts.setdefault(at, []).append(placed(kind, text, end_of(tokens[at - 1])))
        shown = f"{tokens[at]}"
        if tokens[at].type == "COMMA" and at + 1 < len(tokens) and tokens[at + 1].type != "_NL":
            shown = f", {tokens[at + 1]}"
        said = f"this `{tokens[opener]}` is never closed"
        self.says("E007", said, tokens[opener], tokens[opener], f"add `{text}` before `{shown}`")

    def _closes_outer(self, tokens: list[Token], stack: list[int], at: int) -> bool:
        """Whether a bracket of the wrong kind closes the one around, `range(len(widths)]`, and is no slip
        of the hand: nothing behind it on its line does."""
        if not stack or tokens[stack[-1]].type != OPENED_BY[tokens[at].type]:
            return False
        depth = 0
        for token in tokens[at + 1 : at + 1 + AHEAD]:
            if token.type in ("_NL", "LBRACE", "RBRACE", "VBAR") or token in ARROWS:
                break
            depth += (token.type in SHUT) - (token.type in OPENED_BY)
            if depth < 0:
                return False
        return True

    def _end_of_index(self, tokens: list[Token], opener: int, stop: int) -> int:
        """Where a bracket ends that is open up to `stop`: an index, `widths[0`, has no commas."""
        before = tokens[max(0, opener - 1)]
        touches = end_of(before) == start_of(tokens[opener]) and before.type in ("NAME", "RSQB")
        if tokens[opener].type != "LSQB" or not touches:
            return stop
        depth = 0
        for i in range(opener + 1, stop):
            depth += (tokens[i].type in SHUT) - (tokens[i].type in OPENED_BY)
            if tokens[i].type == "COMMA" and depth == 0:
                return i
        return stop

    def _statement_end(self, tokens: list[Token], opener: int, stop: int) -> int:
        """Before which token the statement of an open bracket ends: a line that is not indented more
        than the bracket's own begins the next one."""
        base = self.indent(tokens[opener])
        for i in range(opener + 1, stop):
            if tokens[i].type != "_NL":
                continue
            following = next((t for t in tokens[i:stop] if t.type != "_NL"), None)
            if following is None or self.indent(following) <= base:
                return i
        while stop > opener + 1 and tokens[stop - 1].type == "_NL":
            stop -= 1
        return stop

    # ------------------------------------------------------------------------------------ braces
    def braces(self, tokens: list[Token]) -> list[Token]:
        """Close every `{`. Indentation is looked at only where braces do not match."""
        if self._balanced(tokens):
            return tokens
        surplus = sum(t.type == "RBRACE" for t in tokens) > sum(t.type == "LBRACE" for t in tokens)
        stack: list[int] = []
        inserts: dict[int, int] = {}
        dropped: set[int] = set()
        name = 0  # computed names that are open
        for i, token in enumerate(tokens):
            if token.type == "OPEN_NAME":
                name += 1
            elif token.type == "END_NAME":
                name -= 1
            elif token.type == "LBRACE":
                stack.append(i)
            elif token.type == "RBRACE" and name:
                name -= 1
            elif token.type == "RBRACE":
                if self._begins_line(tokens, i):
                    self._outdented(tokens, stack, i, inserts)
                    if stack and surplus and self._sticks_out(tokens, stack[-1], token):
                        self._closes_nothing(token)
                        dropped.add(i)
                        continue
                if stack:
                    stack.pop()
                else:
                    self._closes_nothing(token)
                    dropped.add(i)
            elif stack and self._defines(tokens, i):
                base = self.indent(token)
                while stack and self.indent(tokens[stack[-1]]) >= base:
                    self._close(tokens, stack.pop(), i, inserts)
        for opener in reversed(stack):
            self._close(tokens, opener, len(tokens), inserts)
        out: list[Token] = []
        for i in range(len(tokens) + 1):
            at = end_of(tokens[i - 1]) if i else 0
            out += [placed("RBRACE", "}", at) for _ in range(inserts.get(i, 0))]
            if i < len(tokens) and i not in dropped:
                out.append(tokens[i])
        return out

    def _balanced(self, tokens: list[Token]) -> bool:
        depth = name = 0
        for i, token in enumerate(tokens):
            if token.type == "OPEN_NAME":
                name += 1
            elif token.type == "END_NAME":
                name -= 1
            elif token.type == "LBRACE":
                depth += 1
            elif token.type == "RBRACE" and name:
                name -= 1
            elif token.type == "RBRACE":
                depth -= 1
            elif depth and self._defines(tokens, i) and self.indent(token) == 0:
                return False
            if depth < 0:
                return False
        return depth == 0

    def _begins_line(self, tokens: list[Token], i: int) -> bool:
        return i == 0 or tokens[i - 1].type == "_NL"

    def _defines(self, tokens: list[Token], i: int) -> bool:
        """Whether a definition begins here: `net X`, `block X {`, `import`, `extern`."""
        if not self._begins_line(tokens, i):
            return False
        kind = tokens[i].type
        if kind in ("IMPORT", "EXTERN"):
            return True
        following = [t.type for t in tokens[i + 1 : i + 3]] + ["", ""]
        if kind == "NET":
            return following[0] == "NAME"
        return kind == "BLOCK" and following[0] == "NAME" and following[1] in ("LBRACE", "LPAR")

    def _outdented(
        self, tokens: list[Token], stack: list[int], at: int, inserts: dict[int, int]
    ) -> None:
        """A `}` that stands below the line of an outer brace closes that one: inner ones are open."""
        column = self.indent(tokens[at])
        indents = [self.indent(tokens[i]) for i in stack]
        while len(indents) > 1 and indents[-1] > column and column in indents[:-1]:
            self._close(tokens, stack.pop(), at, inserts)
            indents.pop()

    def _sticks_out(self, tokens: list[Token], opener: int, token: Token) -> bool:
        """Whether a `}` is indented more than the line whose brace it would close."""
        return self.indent(token) > self.indent(tokens[opener])

    def _closes_nothing(self, token: Token) -> None:
        self.says(
            "E007", "this `}` closes nothing", token, token, "remove it, or add the missing `{`"
        )

    def _close(self, tokens: list[Token], opener: int, stop: int, inserts: dict[int, int]) -> None:
        """Close a brace before `stop`, or where the lines come back to its own indentation."""
        brace = tokens[opener]
        base = self.indent(brace)
        spot = stop
        for i in range(opener + 1, stop):
            begins = self._begins_line(tokens, i) and tokens[i].type != "_NL"
            if (
                begins
                and self.line(tokens[i]) > self.line(brace)
                and self.indent(tokens[i]) <= base
            ):
                spot = i
                break
        while spot > opener + 1 and tokens[spot - 1].type == "_NL":
            spot -= 1
        inserts[spot] = inserts.get(spot, 0) + 1
        hint = f"add `}}` after line {self.line(tokens[spot - 1])}"
        self.says("E007", "this `{` is never closed", brace, brace, hint)
