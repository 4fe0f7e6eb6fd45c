"""A net of a file -> its Design."""

from __future__ import annotations

from collections.abc import Mapping

from netdsl.design import Design, Scope
from netdsl.diagnostics import Mistake, did_you_mean
from netdsl.elaborate import naming
from netdsl.elaborate.entries import check_keys, read_entries
from netdsl.elaborate.expectations import check_expectations
from netdsl.elaborate.expressions import evaluate
from netdsl.elaborate.initial import resolve_init
from netdsl.elaborate.inputs import NoPlace, read_inputs
from netdsl.elaborate.names import Names
from netdsl.elaborate.program import File
from netdsl.elaborate.run import Run
from netdsl.elaborate.sentences import listed
from netdsl.elaborate.values import Bound, NetDef, Silent
from netdsl.elaborate.variants import resolve_variant, signature_of
from netdsl.frames import Frame
from netdsl.shapes import Size
from netdsl.syntax import ast


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
    base = run.changed.get(base, base)
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
    run.overridden = bool(overrides or sizes or run.changed or run.edits)
    scope = Scope("net", node.name.text, NetDef(base, base_file), None)
    scope.edits = run.edits
    frame = Frame(None, "scope", scope)
    scope.frame = frame
    scope.naming = naming.Naming(scope)
    inner = Names(run, base_file, frame)
    _bind_net(run, base, node, scope, bound, inner)
    read_inputs(run, base.body, scope, inner, sizes)
    values = list(scope.values.values())
    scope.input = values[0] if len(values) == 1 else None
    run.budget.expect(base.body, base_file, frame, base.name.span)
    run.blocks.append(base)
    run.given.append({n: b.node.span for n, b in bound.items() if b.node is not None})
    try:
        region = run.body(base.body, scope.input, inner)
        if _is_empty(base.body):
            hint = "they follow its input: `conv(16, 3x3) -> relu -> ...`"
            raise Mistake("E126", f"net `{node.name.text}` has no steps", base.name.span, hint=hint)
        scope.numbered = False
        if scope.naming.heads:
            from netdsl.elaborate.placing import check_heads  # few nets have one

            check_heads(run, scope)
        run.close(scope, region)
        resolve_init(run, scope)
    finally:
        run.given.pop()
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
    design = Design(scope, file.source, doc, file.tree.doc)
    design.conditions = run.conditions
    design.overridden = run.overridden
    design.run = run
    # What a variant says counts more than what its base does.
    said = [read_entries(run, design, base, inner)]
    for variant in reversed(chain):
        said.append(read_entries(run, design, variant, Names(run, file, file.frame)))
    check_keys(run, design, said)
    check_expectations(run, design, node, names if isinstance(node, ast.Variant) else inner)
    if run.skipped:
        first = run.skipped[0]
        count = len(run.skipped)
        run.warn(
            "W202",
            f"{count} belief{'s' * (count > 1)} about shapes and totals {'do' if count > 1 else 'does'} not hold for what was set from outside; skipped",
            first,
        )
    run.budget.is_counting = False
    return None if len(run.report.errors) > errors else design


def _is_empty(body: ast.Body) -> bool:
    still = (ast.Let, ast.Input, ast.Output, ast.Init, ast.Meta, ast.Keys, ast.Expect, ast.Module)
    return all(isinstance(s, still) for s in body.statements)


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
        named = listed(missing)
        said = " ".join(f"--set {name}=..." for name in missing[:3])
        hint, span = f"set it: `{said}`; or compile a variant that does", node.name.span
        if isinstance(node, ast.Variant):
            hint = f"it is `{signature_of(base)}`"
            span = node.base.span
        raise Mistake("E111", f"net `{node.name.text}` needs {named}", span, hint=hint)
    for param in base.params:
        name = param.name.text
        if name in bound:
            value = bound[name].value
        else:
            assert param.default is not None
            value = run.value(param.default, names)
        scope.frame.names[name] = value
        scope.arguments[name] = value
