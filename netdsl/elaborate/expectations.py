"""`expect parameters == 11_689_512`: totals that the file states, checked."""

from __future__ import annotations

from typing import Any

from netdsl.design import Design
from netdsl.diagnostics import Mistake, did_you_mean
from netdsl.elaborate.arithmetic import COMPARISONS, combine
from netdsl.elaborate.expressions import evaluate
from netdsl.elaborate.names import Names
from netdsl.elaborate.run import Run
from netdsl.elaborate.values import Silent, kind_of
from netdsl.elaborate.verdicts import Verdict
from netdsl.frames import Frame
from netdsl.layers.fields import GIVE_SIZE
from netdsl.syntax import ast

EXPECTED = ("parameters", "macs", "connections", "boxes", "layers")


def check_expectations(run: Run, design: Design, node: ast.Net | ast.Variant, names: Names) -> None:
    """Check what the net itself expects; a variant's base states its own totals, not the variant's."""
    for statement in node.body.statements if node.body is not None else ():
        if isinstance(statement, ast.Expect):
            try:
                expect(run, design, statement, names)
            except Mistake as mistake:
                run.report_mistake(mistake.at(statement.span))
            except Silent:
                pass


def fact_of(design: Design, name: str) -> int:
    """The number that `expect` calls `name`."""
    from netdsl import totals

    if name == "layers":
        return totals.depth(design)
    if name == "boxes":
        return _boxes(design)
    cost = totals.cost_used(design)
    counted = {
        "parameters": ("parameters", cost.parameters),
        "macs": ("multiply-adds", cost.macs),
        "connections": ("connections", cost.connections),
    }
    what, number = counted[name]
    if not isinstance(number, int):
        raise Mistake("E209", f"{what} are not known while a size is open", hint=GIVE_SIZE)
    return number


def _boxes(design: Design) -> int:
    """How many boxes the heads predict for."""
    predicting = [head for head in design.heads.values() if head.kind.form in ("bars", "maps")]
    if not predicting:
        hint = "`head ssd`, `yolo`, `rpn` and `retina` do"
        message = "this net has no head that predicts boxes at places of maps"
        raise Mistake("E153", message, hint=hint)
    counts = [head.count for head in predicting]
    if None in counts:
        raise Mistake("E209", "boxes are not known while a size is open", hint=GIVE_SIZE)
    return sum(count for count in counts if count is not None)


def expect(run: Run, design: Design, node: ast.Expect, names: Names) -> None:
    """Check one expectation; what is joined by `and` is judged part by part."""
    condition = node.condition
    parts: tuple[ast.Expr, ...] = (condition,)
    if isinstance(condition, ast.Logical) and condition.op == "and":
        parts = condition.items
    for part in parts:
        try:
            met, said = _judged(design, part, names)
        except Mistake as mistake:
            if mistake.diagnostic.code != "E209" or not run.overridden:
                raise
            run.skipped.append(node.span)  # a side is open that the file gives a size
            return
        if run.verdicts is not None:
            run.verdicts.add(Verdict(part.span, f"expect {part.span.text}", said, met))
        elif not met and run.overridden:
            run.skipped.append(node.span)
            return
        elif not met:
            message = f"expected {part.span.text}" + (f", but {said}" if said else "")
            run.report_mistake(Mistake("E202", message, part.span))


def _judged(design: Design, condition: ast.Expr, names: Names) -> tuple[bool, str]:
    """Whether a condition on totals is met, and what they are."""
    frame = Frame(names.frame)
    for name in EXPECTED:
        if _mentions(condition, name):
            frame.names[name] = fact_of(design, name)
    inner = names.inside(frame)
    said = " and ".join(f"{name} are {value:_}" for name, value in frame.names.items())
    try:
        if isinstance(condition, ast.Binary) and condition.op in COMPARISONS:
            left, right = evaluate(condition.left, inner), evaluate(condition.right, inner)
            return combine(condition.op, left, right, condition), _said(condition, left, right)
        met = evaluate(condition, inner)
    except Mistake as mistake:
        diagnostic = mistake.diagnostic
        if diagnostic.code == "E102" and not any(n in (diagnostic.hint or "") for n in EXPECTED):
            wrong = diagnostic.message.split("`")[1]
            hint = did_you_mean(wrong, EXPECTED) or f"`expect` knows {', '.join(EXPECTED)}"
            mistake.diagnostic = diagnostic.but(hint=hint)
        raise
    if not isinstance(met, bool):
        known = next(iter(frame.names), "parameters")
        message = f"`expect` needs a comparison, not {kind_of(met)}"
        raise Mistake("E121", message, condition.span, hint=f"write `expect {known} == 60_000`")
    return met, said


def _said(condition: ast.Binary, left: Any, right: Any) -> str:
    def shown(value: Any) -> str:
        return f"{value:_}" if isinstance(value, int) else str(value)

    parts = []
    for node, value in ((condition.left, left), (condition.right, right)):
        if not isinstance(node, ast.Number):
            many = isinstance(node, ast.Ref) and node.name in EXPECTED
            parts.append(f"{node.span.text} {'are' if many else 'is'} {shown(value)}")
    return " and ".join(parts)


def _mentions(node: Any, name: str) -> bool:
    if isinstance(node, ast.Ref):
        return node.name == name
    if isinstance(node, ast.Node):
        return any(
            _mentions(getattr(node, f), name) for f in node._fields if f not in ("span", "name")
        )
    if isinstance(node, tuple):
        return any(_mentions(n, name) for n in node)
    return False
