"""`net B = A(...)`: which net a variant is made of, and with which arguments."""

from __future__ import annotations

from netdsl.diagnostics import Mistake, did_you_mean
from netdsl.elaborate.arguments import bind
from netdsl.elaborate.expressions import evaluate_arguments
from netdsl.elaborate.names import Names
from netdsl.elaborate.program import File, lookup
from netdsl.elaborate.run import Run
from netdsl.elaborate.values import (
    UNKNOWN,
    BlockDef,
    Bound,
    ExternDef,
    NetDef,
    Silent,
    Tapped,
    kind_of,
)
from netdsl.layers.arguments import SHOWN, call_text
from netdsl.syntax import ast

MOST_VARIANTS = 32  # of each other


def signature_of(net: ast.Net) -> str:
    """`ResNet(block, layers)`, from the text."""
    return call_text(net.name.text, [p.span.text for p in net.params], SHOWN)


def resolve_variant(
    run: Run, file: File, node: ast.Net | ast.Variant
) -> tuple[list[ast.Variant], ast.Net, File, dict[str, Bound]]:
    """The net that a variant is made of, the variants on the way (nearest first), and all arguments."""
    chain: list[tuple[ast.Variant, File]] = []
    at: ast.Net | ast.Variant = node
    at_file = file
    while isinstance(at, ast.Variant):
        if any(v is at for v, _ in chain):
            first = min((v for v, _ in chain), key=lambda v: v.span.start)  # said once of them all
            message = f"net `{first.name.text}` is a variant of itself"
            hint = "a variant is made of a net that has a body: `net Name { ... }`"
            raise Mistake("E108", message, first.base.span, hint=hint)
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
    shown = signature_of(at)
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
