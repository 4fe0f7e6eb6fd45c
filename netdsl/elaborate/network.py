"""A net of a file -> its Design."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netdsl.design import Design, Frame, Scope, Value
from netdsl.diagnostics import Diagnostic, Mistake, did_you_mean
from netdsl.elaborate import naming
from netdsl.elaborate.expressions import (
    COMPARISONS,
    Names,
    combine,
    evaluate,
    evaluate_arguments,
)
from netdsl.elaborate.initial import resolve_init
from netdsl.elaborate.program import File, lookup, open_parameters
from netdsl.elaborate.run import Run
from netdsl.elaborate.values import (
    UNKNOWN,
    BlockDef,
    Bound,
    ExternDef,
    NetDef,
    Silent,
    Tapped,
    Target,
    bind,
    kind_of,
    shown_number,
)
from netdsl.layers.fields import LIMIT
from netdsl.shapes import SIDE_NAMES, Open, Shape, Size
from netdsl.syntax import ast

MOST_VARIANTS = 32  # of each other
EXPECTED = ("parameters", "macs", "connections", "boxes", "layers")


def elaborate_net(
    run: Run,
    file: File,
    node: ast.Net | ast.Variant,
    overrides: Mapping[str, ast.Expr] | None = None,
    sizes: Mapping[str, Size] | None = None,
) -> Design | None:
    """Compile a net; None after a mistake, which `run.report` has.

    `overrides` are parameters from outside, `sizes` other input shapes by the input's name ("" where
    the net has one input).
    """
    try:
        return _elaborate(run, file, node, overrides or {}, sizes or {})
    except Mistake as mistake:
        run.report_mistake(mistake.at(node.name.span))
    except NoPlace as mistake:
        run.report.add(mistake.diagnostic)
    except Silent:
        pass
    return None


def _elaborate(
    run: Run,
    file: File,
    node: ast.Net | ast.Variant,
    overrides: Mapping[str, ast.Expr],
    sizes: Mapping[str, Size],
) -> Design | None:
    errors = len(run.report.errors)
    chain, base, base_file, bound = resolve_variant(run, file, node)
    names = Names(run, file, file.frame)
    parameters = [p.name.text for p in base.params]
    for name, expr in overrides.items():
        if name not in parameters:
            hint = did_you_mean(name, parameters) or (
                f"it has {', '.join(parameters)}" if parameters else "it has no parameters"
            )
            raise NoPlace("E135", f"net `{node.name.text}` has no parameter `{name}`", hint)
        value = evaluate(expr, names)
        bound[name] = Bound(value, expr, False)
    run.overridden = bool(overrides or sizes)
    scope = Scope("net", node.name.text, NetDef(base, base_file), None)
    frame = Frame(None, "scope", scope)
    scope.frame = frame
    scope.naming = naming.Naming(scope)
    inner = Names(run, base_file, frame)
    _bind_net(run, base, node, scope, bound, inner)
    _inputs(run, base.body, scope, inner, sizes)
    values = list(scope.values.values())
    scope.input = values[0] if len(values) == 1 else None
    run.blocks.append(base)
    try:
        region = run.body(base.body, scope.input, inner)
        if _is_empty(base.body):
            raise Mistake("E126", f"net `{node.name.text}` has no steps", base.name.span)
        scope.numbered = False
        run.close(scope, region)
        resolve_init(run, scope)
    finally:
        run.blocks.pop()
    if not scope.outputs and scope.result is None:
        raise Mistake(
            "E126",
            f"net `{node.name.text}` gives no value",
            base.name.span,
            hint="with several inputs a chain starts at one of them: `@left -> ...`",
        )
    if scope.result is not None and scope.result.shape is None:
        return None
    if len(run.report.errors) > errors or any(d.code < "E1" for d in run.report.errors):
        return None  # totals of what is not what was written say nothing
    doc = next(
        (
            b.doc
            for b in (getattr(v, "body", None) for v in (*chain, base))
            if b is not None and b.doc
        ),
        None,
    )
    design = Design(scope, file.source, doc or file.tree.doc)
    design.conditions = run.conditions
    design.overridden = run.overridden
    design.run = run
    _entries(
        run,
        design,
        [
            (base, base_file),
            *((v, f) for v, f in zip(reversed(chain), reversed(_files_of(chain, file)))),
        ],
        inner,
    )
    _expectations(run, design, node, names if isinstance(node, ast.Variant) else inner)
    if run.skipped:
        first = run.skipped[0]
        count = len(run.skipped)
        run.warn(
            "W202",
            f"{count} belief{'s' * (count > 1)} about shapes and totals {'do' if count > 1 else 'does'} not hold for what was set from outside; skipped",
            first,
        )
    return None if len(run.report.errors) > errors else design


class NoPlace(Exception):
    """A mistake that stands in no text: what was asked for does not fit the net."""

    def __init__(self, code: str, message: str, hint: str | None) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(code, message, None, hint=hint)


def _is_empty(body: ast.Body) -> bool:
    still = (ast.Let, ast.Input, ast.Output, ast.Init, ast.Meta, ast.Keys, ast.Expect, ast.Module)
    return all(isinstance(s, still) for s in body.statements)


def _files_of(chain: list[ast.Variant], file: File) -> list[File]:
    return [file] * len(chain)


def resolve_variant(
    run: Run, file: File, node: ast.Net | ast.Variant
) -> tuple[list[ast.Variant], ast.Net, File, dict[str, Bound]]:
    """The net that a variant is made of, the variants on the way (nearest first), and all arguments."""
    chain: list[tuple[ast.Variant, File]] = []
    at: ast.Net | ast.Variant = node
    at_file = file
    while isinstance(at, ast.Variant):
        if any(v is at for v, _ in chain):
            raise Mistake("E108", f"net `{at.name.text}` is a variant of itself", at.base.span)
        if len(chain) >= MOST_VARIANTS:
            message = f"more than {MOST_VARIANTS} variants are made of each other"
            raise Mistake("E002", message, node.base.span)  # type: ignore[union-attr]
        chain.append((at, at_file))
        try:
            found = lookup(run.program, at_file, at.base.text, run.evaluate_let)
        except KeyError:
            known = [
                n for n, d in at_file.definitions.items() if isinstance(d, (ast.Net, ast.Variant))
            ]
            raise Mistake(
                "E109",
                f"there is no net `{at.base.text}`",
                at.base.span,
                hint=did_you_mean(at.base.text, known),
            ) from None
        if found is UNKNOWN:
            raise Silent
        if not isinstance(found, NetDef):
            what = {BlockDef: "a block", ExternDef: "a layer"}.get(type(found), kind_of(found))
            raise Mistake("E109", f"`{at.base.text}` is {what}, not a net", at.base.span)
        at, at_file = found.node, found.file
    bound: dict[str, Bound] = {}
    parameters = {p.name.text: p.default is None for p in at.params}
    shown = f"{at.name.text}({', '.join(p.span.text for p in at.params)})"
    for variant, variant_file in reversed(chain):
        names = Names(run, variant_file, variant_file.frame)
        arguments = evaluate_arguments(variant.args, names)
        for argument, value in arguments:
            if isinstance(value, Tapped):
                raise Mistake("E112", "a net takes no values as arguments", argument.span)
        bound = bind(
            variant.base.text,
            parameters,
            len(parameters),
            bound,
            arguments,
            variant_file.frame,
            shown,
            run.report_mistake,
        )
    return [v for v, _ in chain], at, at_file, bound


def _bind_net(
    run: Run,
    base: ast.Net,
    node: ast.Net | ast.Variant,
    scope: Scope,
    bound: dict[str, Bound],
    names: Names,
) -> None:
    missing = [p.name.text for p in base.params if p.default is None and p.name.text not in bound]
    if missing:
        named = ", ".join(f"`{m}`" for m in missing)
        hint = "set them (`--set name=value`), or compile one of its variants"
        raise Mistake("E111", f"net `{node.name.text}` needs {named}", node.name.span, hint=hint)
    for param in base.params:
        name = param.name.text
        if name in bound:
            value = bound[name].value
        else:
            assert param.default is not None
            value = run.value(param.default, names)
        scope.frame.names[name] = value
        scope.arguments[name] = value


def _inputs(
    run: Run, body: ast.Body, scope: Scope, names: Names, sizes: Mapping[str, Size]
) -> None:
    """Read the `input` lines. Open sides are symbols: H, W for the first input, H2, W2 for the next."""
    nodes = [s for s in body.statements if isinstance(s, ast.Input)]
    lost = [s for s in missing_steps(body) if s.word == "input"]
    if not nodes and not lost:
        message = f"net `{scope.name}` has no input"
        raise Mistake("E126", message, hint="write `input image: 3x224x224` as its first line")
    for step in lost:
        for name in step.labels:
            scope.values[name] = Value(None, scope, name)
    known = [n.name.text for n in nodes]
    for wanted in sizes:
        if wanted and wanted not in known:
            hint = did_you_mean(wanted, known) or f"it has {', '.join(known)}"
            raise NoPlace("E135", f"net `{scope.name}` has no input `{wanted}`", hint)
    if "" in sizes and len(nodes) > 1:
        message = f"net `{scope.name}` has {len(nodes)} inputs: {', '.join(known)}"
        raise NoPlace("E135", message, "say which: `--input left=3x64x64`")
    for number, node in enumerate(nodes, 1):
        name = node.name.text
        if name in scope.values:
            raise Mistake("E105", f"two inputs are called `{name}`", node.name.span)
        shape: Shape | None = None
        try:
            declared = _input_shape(node, names)
            given = sizes.get(name, sizes.get(""))
            if given is not None:
                _check_given(node, declared, given)
            shape = open_shape(declared if given is None else given, number)
        except Mistake as mistake:
            run.report_mistake(mistake.at(node.span))
        except Silent:
            pass
        scope.values[name] = Value(shape, scope, name)


def missing_steps(body: ast.Body) -> list[ast.Missing]:
    """What could not be read directly in a body."""
    chains = [s for s in body.statements if isinstance(s, ast.Chain)]
    return [
        s for chain in chains for link in chain.links if isinstance(s := link.step, ast.Missing)
    ]


def _input_shape(node: ast.Input, names: Names) -> Size:
    found = evaluate(node.shape, names)
    if isinstance(found, int) and not isinstance(found, bool):
        found = Size((found,))
    if (
        not isinstance(found, tuple)
        or not 1 <= len(found) <= 4
        or not all(s is None or (isinstance(s, int) and not isinstance(s, bool)) for s in found)
    ):
        shown = str(found) if isinstance(found, Size) else shown_number(found)
        message = f"an input's shape is channels and sides like 3x224x224, not {shown}"
        raise Mistake("E208", message, node.shape.span)
    if found[0] is None:
        raise Mistake(
            "E208",
            "the channels of an input cannot be open",
            node.shape.span,
            hint="sides can: 3x?x?",
        )
    if any(s is not None and s < 1 for s in found):
        message = "an input has at least one channel and no empty side"
        raise Mistake("E208", message, node.shape.span)
    if any(s is not None and s >= LIMIT for s in found):
        raise Mistake("E208", "channels and sides stay below 2**31", node.shape.span)
    return Size(found)


def _check_given(node: ast.Input, declared: Size, given: Size) -> None:
    if len(given) != len(declared):
        raise Mistake(
            "E208",
            f"the input `{node.name.text}` is {declared}; {given} has another number of sides",
            node.span,
        )
    if given[0] is None or any(s is not None and s < 1 for s in given):
        raise Mistake("E208", f"{given} is no shape for the input `{node.name.text}`", node.span)


def open_shape(sides: Size, number: int) -> Shape:
    """Open sides as symbols."""
    suffix = "" if number == 1 else str(number)
    letters = SIDE_NAMES.get(len(sides) - 1, ())
    dims: list[Any] = [sides[0]]
    for letter, side in zip(letters, sides[1:]):
        dims.append(Open.symbol(f"{letter}{suffix}") if side is None else side)
    return Shape(*dims)


# ---------------------------------------------------------------------------- meta, keys and expect
def _entries(
    run: Run, design: Design, nodes: list[tuple[ast.Net | ast.Variant, File]], names: Names
) -> None:
    for node, file in nodes:
        if node.body is None:
            continue
        at = names if isinstance(node, ast.Net) else Names(run, file, file.frame)
        for statement in node.body.statements:
            if isinstance(node, ast.Variant) and not isinstance(
                statement, (ast.Meta, ast.Expect, ast.Keys)
            ):
                run.report_mistake(
                    Mistake(
                        "E120",
                        "a variant's body has `meta`, `keys` and `expect` only",
                        statement.span,
                        hint="what differs is an argument: `net B = A(width=64)`",
                    )
                )
                continue
            if isinstance(statement, (ast.Meta, ast.Keys)):
                for entry in statement.entries:
                    _entry(run, design, statement, entry, at)


def _entry(
    run: Run, design: Design, statement: ast.Meta | ast.Keys, entry: ast.Entry, names: Names
) -> None:
    try:
        value = evaluate(entry.value, names)
    except Mistake as mistake:
        run.report_mistake(mistake)
        return
    except Silent:
        return
    key = ".".join(entry.path)
    if isinstance(statement, ast.Meta):
        if isinstance(value, (Target, Tapped)):
            run.report_mistake(
                Mistake(
                    "E122",
                    f"a fact is a text, a number or a list, not {kind_of(value)}",
                    entry.value.span,
                )
            )
            return
        design.meta[key] = value
    else:
        if not isinstance(value, str):
            run.report_mistake(
                Mistake(
                    "E122",
                    f"`keys` maps a path to a text, not to {kind_of(value)}",
                    entry.value.span,
                )
            )
            return
        design.keys[key] = value


def _expectations(run: Run, design: Design, node: ast.Net | ast.Variant, names: Names) -> None:
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

    if name == "parameters":
        cost, aux = totals.scope_cost(design.net), totals.aux_cost(design)
        return cost.parameters - aux.parameters
    if name == "layers":
        return totals.depth(design)
    if name == "macs":
        macs, aux_macs = totals.scope_cost(design.net).macs, totals.aux_cost(design).macs
        if macs is None or aux_macs is None:
            raise Mistake(
                "E209",
                "multiply-adds are not known while a size is open",
                hint="give the input a size, or pass `--input`",
            )
        return macs - aux_macs
    raise Mistake("E202", f"`{name}` is not known for this network")


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
        said = said or ", ".join(f"{n} is {frame.names[n]:_}" for n in used)
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


__all__ = ["BlockDef", "Diagnostic", "elaborate_net", "open_parameters", "resolve_variant"]
