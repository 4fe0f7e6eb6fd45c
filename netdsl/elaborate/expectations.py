"""`expect parameters == 11_689_512`: totals that the file states, checked."""

from __future__ import annotations

from typing import Any

from netdsl.design import Design, Frame
from netdsl.diagnostics import Mistake, did_you_mean
from netdsl.elaborate.arithmetic import COMPARISONS, GIVE_SIZE, combine
from netdsl.elaborate.expressions import evaluate
from netdsl.elaborate.names import Names
from netdsl.elaborate.run import Run
from netdsl.elaborate.values import Silent, kind_of
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
    cost = totals.cost_used(design)
    counted = {
        "parameters": ("parameters", cost.parameters),
        "macs": ("multiply-adds", cost.macs),
        "connections": ("connections", cost.connections),
    }
    if name not in counted:
        raise Mistake("E139", f"`{name}` cannot be expected yet: nothing counts them")
    what, number = counted[name]
    if number is None:
        raise Mistake("E209", f"{what} are not known while a size is open", hint=GIVE_SIZE)
    return number


def expect(run: Run, design: Design, node: ast.Expect, names: Names) -> None:
    """Check one expectation."""
    frame = Frame(names.frame)
    used: list[str] = []
    for name in EXPECTED:
        if _mentions(node.condition, name):
            frame.names[name] = fact_of(design, name)
            used.append(name)
    inner = names.inside(frame)
    condition = node.condition
    met, said = None, ""
    try:
        if isinstance(condition, ast.Binary) and condition.op in COMPARISONS:
            left, right = evaluate(condition.left, inner), evaluate(condition.right, inner)
            met = combine(condition.op, left, right, condition)
            said = _said(condition, left, right)
        else:
            met = evaluate(condition, inner)
    except Mistake as mistake:
        diagnostic = mistake.diagnostic
        if diagnostic.code == "E102" and not any(n in (diagnostic.hint or "") for n in EXPECTED):
            wrong = diagnostic.message.split("`")[1]
            hint = did_you_mean(wrong, EXPECTED) or f"`expect` knows {', '.join(EXPECTED)}"
            mistake.diagnostic = diagnostic.but(hint=hint)
        raise
    if not isinstance(met, bool):
        raise Mistake(
            "E121",
            f"`expect` needs a comparison, not {kind_of(met)}",
            condition.span,
            hint=f"write `expect {used[0] if used else 'parameters'} == 60_000`",
        )
    if not met:
        if run.overridden:
            run.skipped.append(node.span)
            return
        said = said or " and ".join(f"{n} are {frame.names[n]:_}" for n in used)
        message = f"expected {condition.span.text}" + (f", but {said}" if said else "")
        raise Mistake("E202", message, condition.span)


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
