"""What the author believes of a shape (`:: 256x28x28`), and where a shape that does not fit came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.design import Link, Value
from netdsl.diagnostics import Mistake
from netdsl.elaborate.expressions import evaluate
from netdsl.elaborate.names import Names
from netdsl.elaborate.repairs import repair
from netdsl.elaborate.values import NetDef, Silent, kind_of
from netdsl.elaborate.verdicts import Verdict
from netdsl.layers.fields import LIMIT
from netdsl.shapes import Open, Shape, Size
from netdsl.source import Span
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run


def believe(run: Run, node: ast.Expr, value: Value, names: Names) -> None:
    """Check `:: 256x28x28`."""
    try:
        wanted = evaluate(node, names)
        if isinstance(wanted, int) and not isinstance(wanted, bool):
            wanted = Size((wanted,))
        if not isinstance(wanted, tuple) or not all(
            s is None or isinstance(s, (int, Open)) for s in wanted
        ):
            raise Mistake(
                "E122", f"a shape is a size like 256x28x28, not {kind_of(wanted)}", node.span
            )
    except Mistake as mistake:
        run.report_mistake(mistake)
        return
    except Silent:
        return
    shape = value.shape
    if shape is None:  # after a mistake; from here on it is what its author believes
        _adopt(run, value, wanted)
        return
    if run.guesses.of(value):
        _adopt(run, value, wanted)
        return
    parts = _unlike(wanted, shape)
    believed = "x".join("?" if w is None else str(w) for w in wanted)
    if run.verdicts is not None:
        run.verdicts.add(Verdict(node.span, f":: {believed}", str(shape), not parts))
        return
    if not parts:
        run.doubts.clear()
        return
    if run.overridden:
        run.skipped.append(node.span)
        return
    consequence = parts <= run.doubts
    run.doubts |= parts
    if consequence:
        return
    labels, hint, fix = [], None, ()
    if value.maker is not None:
        labels.append((value.maker.span, f"gives {shape.said}"))
        mended = repair(value.maker, wanted)
        if mended is not None:
            hint, fix = mended.said, mended.fix
    flat = "a flat vector of " if len(wanted) == 1 else ""
    message = f"the shape here is {shape.said}, not {flat}{believed}"
    run.report_mistake(Mistake("E201", message, node.span, labels=labels, hint=hint, fix=fix))


def _adopt(run: Run, value: Value, wanted: tuple[Any, ...]) -> None:
    """After a mistake a value is what its author believes."""
    known = [s for s in wanted if s is not None]
    if known and len(known) == len(wanted):
        value.shape = Shape(*known)
        run.guesses.settle(value)


def _unlike(wanted: tuple[Any, ...], shape: Shape) -> set[str]:
    """In which parts a shape is not what is believed of it."""
    if len(wanted) != len(shape):
        return {"rank"}
    unlike = [w is not None and w != s for w, s in zip(wanted, shape)]
    return {part for part, found in (("channels", unlike[0]), ("sides", any(unlike[1:]))) if found}


def too_large(shape: Shape | None) -> bool:
    """Whether channels or sides pass what PyTorch can count."""
    return shape is not None and any(isinstance(d, int) and d >= LIMIT for d in shape)


def shape_too_large(shape: Shape | None, span: Span) -> Mistake:
    assert shape is not None
    message = f"the shape here is {shape.said}; channels and sides stay below 2**31"
    return Mistake("E200", message, span)


def with_origin(mistake: Mistake, current: Value | None, node: ast.Link) -> Mistake:
    """Add where the value that arrived came from, to a mistake of shapes."""
    diagnostic = mistake.diagnostic
    if not diagnostic.code.startswith("E2") or diagnostic.labels or current is None:
        return mistake
    origin = _origin(current)
    if origin is None or current.shape is None or diagnostic.span is None:
        return mistake
    if origin.source is diagnostic.span.source:
        said = f"gives {current.shape.said}"
        if origin.start >= diagnostic.span.start and _in_loop(current.maker):
            said += " in the round before"
        mistake.diagnostic = diagnostic.but(labels=((origin, said),))
    return mistake


def _in_loop(link: Link | None) -> bool:
    frame = link.frame if link is not None else None
    while frame is not None and frame.kind not in ("repeat", "for"):
        frame = frame.parent
    return frame is not None


def _origin(value: Value) -> Span | None:
    """The step that gave a value, or the line of the input that it is."""
    if value.maker is not None:
        return value.maker.span
    definition = value.owner.definition if value.owner is not None else None
    if isinstance(definition, NetDef) and isinstance(definition.node, ast.Net):
        for statement in definition.node.body.statements:
            if isinstance(statement, ast.Input) and statement.name.text == value.label:
                return statement.span
    return None
