"""What can be judged of a head by its text: bars or a body, what ends them, what a step of it takes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from netdsl.design import HeadEvent, Predicted
from netdsl.diagnostics import Mistake, surely
from netdsl.elaborate.sentences import statement_word
from netdsl.elaborate.values import Silent
from netdsl.heads.predictors import PREDICTORS, Cells, Predictor
from netdsl.heads.regions import REGIONS
from netdsl.source import Span
from netdsl.syntax import ast


def check_no_bars(event: HeadEvent, why: str) -> None:
    """Of the kinds whose steps are one body."""
    bar = next((n for n in event.node.body.statements if isinstance(n, ast.Bar)), None)
    if event.node.body.bars:
        place = bar.span if bar is not None else event.node.body.span
        message = f"`head {event.word}` has a body and no bars"
        raise Mistake("E150", message, place, hint=f"write its steps without `|`: {why}")


def predictor_of(event: HeadEvent, links: Sequence[ast.Link]) -> type[Predictor]:
    """What ends a bar or a body."""
    word, step = event.kind.word, links[-1].step
    fitting = [w for w, p in PREDICTORS.items() if word in p.heads]
    name = step.name.text if isinstance(step, ast.Call) else ""
    ends = " or ".join(f"`{w}(...)`" for w in fitting)
    what = "a bar" if event.kind.form == "bars" else "the body"
    for link, after in pairwise(links):
        if _word(link) in fitting:
            message = f"nothing follows `{_word(link)}`: it ends {what} of `head {word}`"
            raise Mistake("E150", message, after.step.span)
    if name in fitting:
        assert isinstance(step, ast.Call)
        check_bare(links[-1], step)
        return PREDICTORS[name]
    message = f"{what} of `head {word}` ends in {ends}"
    if isinstance(step, ast.Missing):
        raise Silent
    hint = f"add `-> {fitting[0]}(...)`: it predicts for every place of the map"
    meant = surely(name, fitting)
    if meant is not None:
        hint = f"did you mean `{meant}`?"
    elif name in PREDICTORS:
        others = " and ".join(f"`head {w}`" for w in PREDICTORS[name].heads)
        hint = f"`{name}` is for {others}"
    raise Mistake("E150", message, step.span, hint=hint)


def _word(link: ast.Link) -> str:
    return link.step.name.text if isinstance(link.step, ast.Call) else ""


def check_bare(link: ast.Link, step: ast.Call) -> None:
    """A step that belongs to a head is a word with arguments, and nothing else."""
    extra: list[tuple[str, ast.Node | None]] = [
        ("label", link.label),
        ("body", step.body),
        ("condition", step.condition),
        ("belief", link.belief),
    ]
    for what, node in extra:
        if node is not None:
            message = f"`{step.name.text}` takes no {what}"
            where = "before" if step.name.text in PREDICTORS else "after"
            hint = f"label a step {where} it" if what == "label" else None
            raise Mistake("E150", message, node.span, hint=hint)


def pooling_step(event: HeadEvent) -> tuple[ast.Chain, ast.Call]:
    """The step that the body of `head rcnn` begins with, and its chain."""
    node = event.node
    first = node.body.statements[0] if node.body.statements else None
    step = first.links[0].step if isinstance(first, ast.Chain) else first
    if isinstance(first, ast.Chain) and isinstance(step, ast.Call) and step.name.text in REGIONS:
        check_bare(first.links[0], step)
        return first, step
    if isinstance(step, ast.Missing):
        raise Silent
    at = step.span if step is not None else node.name.span
    either = " or ".join(f"`{word}(7x7)`" for word in REGIONS)
    meant = surely(step.name.text, REGIONS) if isinstance(step, ast.Call) else None
    hint = "steps on whole maps stand above the head" if step is not None else None
    if meant is not None:
        hint = f"did you mean `{meant}`?"
    raise Mistake(
        "E150", f"the body of `head {event.word}` must begin with {either}", at, hint=hint
    )


def end_of(event: HeadEvent) -> Span:
    """Where a body ends: its last step, or the head's name if it is empty."""
    last = event.node.body.statements[-1] if event.node.body.statements else event.node.name
    return last.links[-1].step.span if isinstance(last, ast.Chain) else last.span


def split_body(node: ast.Head) -> tuple[list[ast.Statement], ast.Chain]:
    """The body of a head that ends in a predicting step: the other statements, and the chain of that
    step. An `init` may stand behind it."""
    statements = list(node.body.statements)
    while statements and isinstance(statements[-1], ast.Init):
        statements.pop()
    last = statements.pop() if statements else None
    if isinstance(last, ast.Chain):
        return [s for s in node.body.statements if s is not last], last
    place = last.span if last is not None else node.name.span
    message = f"the body of `head {node.name.text}` must end in `anchors(...)`"
    hint = "write it as the last step of the body"
    if isinstance(last, (ast.If, ast.For, ast.Repeat)):
        hint += f", outside of `{statement_word(last)}`"
    raise Mistake("E150", message, place, hint=hint)


def check_alone(event: HeadEvent, predictor: type[Predictor], link: ast.Link) -> None:
    """`cells` is the only bar of its head."""
    before = [p.what.predictor for p in event.predicted if isinstance(p.what, Predicted)]
    if before and (predictor is Cells or isinstance(before[0], Cells)):
        message = "a head with `cells` has one bar"
        raise Mistake(
            "E150", message, link.step.span, hint="a grid of cells covers the whole image"
        )
