"""Valid programs broken in one place: what is changed there, and where the one message must stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from census import nodes

from netdsl import design as d
from netdsl.compiler import Compilation
from netdsl.diagnostics import NetError
from netdsl.source import Source
from netdsl.syntax import ast
from netdsl.walks import links_of

UNKNOWN = "nowhere9"  # like no other name, so that nothing else is meant


class Broken:
    """A text that is wrong from `start` to `end`, by a change called `kind`."""

    def __init__(self, kind: str, text: str, start: int, end: int) -> None:
        self.kind = kind
        self.text = text
        self.start = start
        self.end = end

    def __repr__(self) -> str:
        marked = f"{self.text[: self.start]}>>>{self.text[self.start : self.end]}<<<"
        return f"{self.kind}:\n{marked}{self.text[self.end :]}"


Edit = tuple[int, int, str, int, int]  # what is replaced by what; which part of that is wrong


class Program:
    """A valid program with the places where it can be broken."""

    def __init__(self, text: str, net: str) -> None:
        compilation = Compilation(Source("", text))
        assert compilation.file is not None
        self.text = text
        self.tree = compilation.file.tree
        self.nodes = list(nodes(self.tree))
        self.run = set(_run(compilation.design(net).net))
        nets = [n for n in self.nodes if isinstance(n, ast.Net)]
        self.net = nets[0]
        own = [s for s in self.net.body.statements if isinstance(s, ast.Chain)]
        self.chains: list[ast.Chain] = [
            c for c in own if not isinstance(c.links[-1].step, ast.Compute)
        ]

    def steps(self) -> list[ast.Call]:
        """The steps that are run: of others arguments are not judged."""
        return [n for n in self.nodes if isinstance(n, ast.Call) and n.span.start in self.run]

    def of(self, kind: type) -> list[Any]:
        return [n for n in self.nodes if isinstance(n, kind)]

    def last(self) -> ast.Chain:
        """The last chain of the net."""
        return self.chains[-1]


def _closed(text: str) -> bool:
    """Whether brackets are closed: the place of an expression ends before one around it."""
    return text.count("(") == text.count(")")


def _run(scope: d.Scope) -> Iterator[int | str]:
    """Where the steps of a network stand in the text, and the blocks that it uses."""
    yield scope.name
    for link in links_of(scope.region):
        if isinstance(link.node, ast.Link):
            yield link.node.step.span.start
        what = link.what.scope if isinstance(link.what, d.Shared) else link.what
        if isinstance(what, d.Scope):
            yield from _run(what)


def whole(node: ast.Node, instead: str) -> Edit:
    """All of a node replaced by something, which is wrong."""
    return node.span.start, node.span.end, instead, 0, len(instead)


def behind(place: int, added: str, wrong: str) -> Edit:
    """Something put behind a place; a part of it is wrong."""
    start = added.rindex(wrong)
    return place, place, added, start, start + len(wrong)


# ------------------------------------------------------------------------------------------- kinds
def unknown_layer(p: Program) -> Iterator[Edit]:
    for node in p.of(ast.Call):
        if node.body is None:
            yield whole(node.name, UNKNOWN)


def unknown_name(p: Program) -> Iterator[Edit]:
    for node in p.of(ast.Argument):
        if isinstance(node.value, ast.Ref):
            yield whole(node.value, UNKNOWN)
    for node in (*p.of(ast.Repeat), *p.of(ast.If)):
        value = node.count if isinstance(node, ast.Repeat) else node.condition
        if isinstance(value, ast.Ref):
            yield whole(value, UNKNOWN)


def unknown_label(p: Program) -> Iterator[Edit]:
    for node in p.of(ast.From):
        if isinstance(node.value, ast.Tap) and node.value.name is not None:
            yield whole(node.value, f"@{UNKNOWN}")


def unknown_argument(p: Program) -> Iterator[Edit]:
    for call in p.of(ast.Call):
        for node in call.args:
            if node.name is not None and call.body is None:
                yield whole(node.name, UNKNOWN)


def unknown_output(p: Program) -> Iterator[Edit]:
    if not p.of(ast.Output):
        yield behind(p.net.body.span.end - 1, f"\n  output {UNKNOWN}\n", UNKNOWN)


def unknown_base(p: Program) -> Iterator[Edit]:
    for node in p.of(ast.Variant):
        yield whole(node.base, UNKNOWN)


def twice_an_argument(p: Program) -> Iterator[Edit]:
    for call in p.of(ast.Call):
        if call.body is None and call.args and call.args[-1].name is not None:
            text = call.args[-1].span.text
            yield behind(call.args[-1].span.end, f", {text}", text)


def too_many_arguments(p: Program) -> Iterator[Edit]:
    for call in p.steps():
        most = {"conv": 2, "linear": 1}.get(call.name.text, 0)
        if call.args and len(call.args) == most and call.args[-1].name is None:
            yield behind(call.args[-1].span.end, ", 7", "7")


def missing_argument(p: Program) -> Iterator[Edit]:
    for call in p.steps():
        if call.name.text in ("conv", "linear", "upsample", "pad", "maxpool") and call.args:
            yield whole(call, f"{call.name.text}()")


def text_for_a_number(p: Program) -> Iterator[Edit]:
    for call in p.steps():
        if call.name.text in ("conv", "linear") and call.args and call.args[0].name is None:
            yield whole(call.args[0].value, '"wide"')


def nothing_for_a_number(p: Program) -> Iterator[Edit]:
    for call in p.steps():
        given = [a.value for a in call.args[1:2] if a.name is None]
        if call.name.text == "conv" and isinstance(next(iter(given), None), ast.SizeLiteral):
            yield whole(given[0], "0")


def wrong_belief(p: Program) -> Iterator[Edit]:
    for chain in p.chains:
        if chain.links[-1].belief is None:
            yield behind(chain.span.end, " :: 97x89x83x79", "97x89x83x79")


def wrong_channels(p: Program) -> Iterator[Edit]:
    for chain in p.chains:
        belief = chain.links[-1].belief
        if isinstance(belief, ast.SizeLiteral) and belief.sides[0] is not None:
            text = f"{belief.sides[0] + 1}x{belief.span.text.partition('x')[2]}"
            yield whole(belief, text)


def wrong_total(p: Program) -> Iterator[Edit]:
    for total in ("parameters", "layers"):
        text = f"{total} == 987_654_321"
        yield behind(p.net.body.span.end - 1, f"\n  expect {text}\n", text)


def branch_of_another_size(p: Program) -> Iterator[Edit]:
    for chain in p.chains:
        bars = "{ | slice(0, 1) | concat { | identity | identity } }"
        yield behind(chain.span.end, f" -> add {bars}", f"add {bars}")


def another_channel(p: Program) -> Iterator[Edit]:
    yield behind(
        p.last().span.end,
        "\n  residual { pad_channels(9_999) }",
        "residual { pad_channels(9_999) }",
    )


def layer_that_does_not_fit(p: Program) -> Iterator[Edit]:
    if "?" in p.text:
        return  # the end of a chain may have open sides
    yield behind(p.last().span.end, " -> flatten -> maxpool(2)", "maxpool(2)")
    yield behind(p.last().span.end, " -> slice(0, 99_999)", "slice(0, 99_999)")
    yield behind(
        p.last().span.end, " -> flatten -> reshape([-1, 10_007, 7])", "reshape([-1, 10_007, 7])"
    )


def name_twice(p: Program) -> Iterator[Edit]:
    yield behind(p.last().span.end, "\n  let n9 = 1\n  let n9 = 2\n", "n9")
    yield behind(p.last().span.end, "\n  a9: identity\n  a9: identity\n", "a9")


def definition_twice(p: Program) -> Iterator[Edit]:
    end = len(p.text)
    for block in p.of(ast.Block):
        yield behind(end, f"\nblock {block.name.text} {{ relu }}\n", block.name.text)


def block_in_itself(p: Program) -> Iterator[Edit]:
    for block in p.of(ast.Block):
        name = block.name.text
        if name in p.run and all(q.name.text != name for q in p.of(ast.Param)):
            yield behind(block.body.span.end - 1, f"\n  {name}\n", name)


def unknown_fact(p: Program) -> Iterator[Edit]:
    yield behind(p.net.body.span.end - 1, f"\n  expect {UNKNOWN} == 1\n", UNKNOWN)


def condition_that_is_a_number(p: Program) -> Iterator[Edit]:
    for node in p.net.body.statements:
        if isinstance(node, ast.If):
            yield whole(node.condition, "1")


def loop_over_a_number(p: Program) -> Iterator[Edit]:
    for node in p.net.body.statements:
        if isinstance(node, ast.For):
            yield whole(node.iterable, "7")


def no_step_behind_an_arrow(p: Program) -> Iterator[Edit]:
    for chain in p.chains:
        yield behind(chain.links[0].span.end, " -> -> relu", "-> ->")


def open_bracket(p: Program) -> Iterator[Edit]:
    for call in p.of(ast.Call):
        if call.body is None and call.args and call.span.text.endswith(")"):
            yield call.span.start, call.span.end, call.span.text[:-1], 0, len(call.span.text)


def statement_elsewhere(p: Program) -> Iterator[Edit]:
    for block in p.of(ast.Block):
        yield behind(block.body.span.end - 1, "\n  input other9: 3x4x4\n", "input other9: 3x4x4")


KINDS: dict[str, Callable[[Program], Iterator[Edit]]] = {
    rule.__name__: rule
    for rule in (
        unknown_layer,
        unknown_name,
        unknown_label,
        unknown_argument,
        unknown_output,
        unknown_base,
        twice_an_argument,
        too_many_arguments,
        missing_argument,
        text_for_a_number,
        nothing_for_a_number,
        wrong_belief,
        wrong_channels,
        wrong_total,
        branch_of_another_size,
        another_channel,
        layer_that_does_not_fit,
        name_twice,
        definition_twice,
        block_in_itself,
        unknown_fact,
        condition_that_is_a_number,
        loop_over_a_number,
        no_step_behind_an_arrow,
        open_bracket,
        statement_elsewhere,
    )
}


def broken(text: str, net: str, rng: Random) -> Broken:
    """A program broken in one place."""
    program = Program(text, net)
    names = list(KINDS)
    rng.shuffle(names)
    for name in names if program.chains else ():
        edits = [e for e in KINDS[name](program) if _closed(text[e[0] : e[1]])]
        if edits:
            start, end, instead, first, last = rng.choice(edits)
            changed = f"{text[:start]}{instead}{text[end:]}"
            return Broken(name, changed, start + first, start + last)
    assert not program.chains
    return Broken("unknown_fact", f"{text}\nlet n9 = {UNKNOWN}\n", len(text) + 10, len(text) + 18)


def check_broken(wrong: Broken) -> str:
    """There is one error, and it stands at the place that was broken; its code."""
    compilation = Compilation(Source("", wrong.text))
    try:
        compilation.check()
    except NetError as error:
        found = [d for d in error.diagnostics if d.severity == "error"]
    else:
        found = [d for d in compilation.report.diagnostics if d.severity == "error"]
    assert found, "nothing is said"
    said = "\n".join(map(str, found))
    assert len(found) == 1, f"{len(found)} errors are said:\n{said}"
    span = found[0].span
    assert span is not None, f"without a place:\n{said}"
    assert span.start <= wrong.end and wrong.start <= span.end, f"at another place:\n{said}"
    assert found[0].hint or found[0].message
    return found[0].code
