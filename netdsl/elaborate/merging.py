"""Merges: `concat`, `add`, `mul` and their bars."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netdsl.design import BarEvent, Branch, Event, Link, Loop, Merge, Note, Region, Value
from netdsl.diagnostics import Mistake
from netdsl.elaborate.advice import parting
from netdsl.elaborate.edits import inside
from netdsl.elaborate.enlarging import label_of
from netdsl.elaborate.expressions import iterate, truth, unpack
from netdsl.elaborate.fitting import End, Meeting, joined, runs_often
from netdsl.elaborate.names import Names
from netdsl.elaborate.sentences import check_merge, not_among_bars
from netdsl.elaborate.texts import countable_steps, is_single_step
from netdsl.elaborate.values import (
    LayerDef,
    Silent,
    Target,
)
from netdsl.elaborate.ways import fork, shown_ways
from netdsl.frames import Frame
from netdsl.layers.merge import MergeMistake
from netdsl.syntax import ast

MOST_LABELS = 6

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run

from netdsl.elaborate.applying import FITS_ANY, looped, make_layer, under_condition


def merge(
    run: Run, link: Link, step: ast.Call, target: Target, current: Value | None, names: Names
) -> None:
    """`concat { | a | b }`: every bar starts from the value that entered."""
    assert step.body is not None
    definition = target.definition
    assert isinstance(definition, LayerDef)
    check_merge(step)
    layer = make_layer(definition.layer, target, step)
    inner = names.inside(Frame(names.frame))
    region = Region(step.body, current, inner.frame)
    found = Merge(layer, region)

    def take(node: ast.Bar, at: Names) -> BarEvent:
        event = bar(run, node, current, at)
        found.bars.append(event)
        found.branches.append(event.value if event.value is not None else Value(None))
        return event

    def lost() -> None:
        found.branches.append(Value(None))

    bars(run, step.name.text, step.body, current, inner, region, take, lost)
    link.what = found
    link.inputs = found.branches
    if any(v.shape is None for v in found.branches):
        raise Silent
    if not found.branches:
        raise Mistake(
            "E117",
            f"`{step.name.text}` has no bar here: every condition around its bars is false",
            step.name.span,
        )
    shapes = [v.shape for v in found.branches]
    try:
        shape = layer.output(*shapes)
    except MergeMistake as mistake:
        raise _unequal(mistake, step, found) from None
    multiple = layer.condition(*shapes)
    under_condition(run, multiple, shapes, f"`{step.name.text}` takes", step.name, FITS_ANY)
    link.output = Value(shape, names.frame.scope, link.label)


def _unequal(mistake: MergeMistake, step: ast.Call, found: Merge) -> Mistake:
    """The mistake with every bar's shape, and the step at which the odd one parts from the others."""
    diagnostic, shapes = mistake.diagnostic, mistake.shapes
    odd, usual = mistake.different[0], mistake.reference
    shown = sorted({usual, *mistake.different[: MOST_LABELS - 1]})
    shown = sorted(
        {*shown, *[i for i in range(len(shapes)) if i not in shown][: MOST_LABELS - len(shown)]}
    )
    labels = [(found.bars[i].node.chain.span, f"bar {i + 1}: {shapes[i].said}") for i in shown]
    both = fork(found.branches[odd], found.branches[usual])
    names = (f"bar {odd + 1}", f"bar {usual + 1}")
    others = len(shapes) - len(mistake.different) > 1
    parted = None
    beside = both.start is found.region.entry
    if both.entry is not None:
        only_sides = step.name.text == "concat"
        end = shapes[usual]
        parted = parting(both.one, both.other, both.entry, end, only_sides, others, beside)
    ends = [
        End(f"bar {i + 1}", bar.chain.span, shapes[i], way, label_of(bar.chain, found.branches[i]))
        for i, way in ((odd, both.one), (usual, both.other))
        for bar in (found.bars[i].node,)
    ]
    several = runs_often(found.region.frame)
    at = Meeting(step.name.text, step.span, ends[0], ends[1], both.entry, others, several, beside)
    hint, fix = joined(parted, at)
    if len(mistake.different) > 1:
        fix = ()  # of the first one only
    return Mistake(
        diagnostic.code,
        diagnostic.message,
        step.name.span,
        labels=labels,
        hint=hint,
        ways=shown_ways(both, names, parted and parted.link),
        fix=fix,
    )


def bars(
    run: Run,
    word: str,
    body: ast.Body,
    current: Value | None,
    names: Names,
    region: Region,
    take: Callable[[ast.Bar, Names], Event],
    lost: Callable[[], None],
) -> None:
    """The bars of a body and of the loops and conditions around them. `take` runs one and says what
    happened; `lost` hears of one that could not be run."""
    from netdsl.elaborate.statements import bind_let, repeat_count

    run.program.reached.add(id(body))
    mixed = False  # several steps among the bars are one mistake
    for statement in body.statements:
        try:
            if isinstance(statement, ast.Bar):
                region.events.append(take(statement, names))
            elif isinstance(statement, (ast.For, ast.Repeat)):
                loop = Loop(statement)
                region.events.append(loop)
                entries: Any
                if isinstance(statement, ast.For):
                    entries = iterate(statement.iterable, names)
                else:
                    entries = range(repeat_count(statement, names))
                rounds = run.rounds(entries, len(entries), statement.body, names, statement)
                for i, entry in rounds:
                    kind = "for" if isinstance(statement, ast.For) else "repeat"
                    frame = Frame(names.frame, kind, iteration=i, loop=statement.body.span)
                    if isinstance(statement, ast.For):
                        unpack(statement.names, entry, frame, statement.iterable)
                    inner = Region(statement.body, current, frame)
                    loop.iterations.append(inner)
                    bars(run, word, statement.body, current, names.inside(frame), inner, take, lost)
            elif isinstance(statement, ast.If):
                branch = Branch(statement, truth(statement.condition, names))
                region.events.append(branch)
                arm = statement.then if branch.outcome else statement.other
                if arm is not None:
                    inner_names = names.inside(Frame(names.frame))
                    branch.region = Region(arm, current, inner_names.frame)
                    bars(run, word, arm, current, inner_names, branch.region, take, lost)
            elif isinstance(statement, ast.Let):
                bind_let(run, statement, names)
                region.events.append(Note(statement, names.frame))
            else:
                if not mixed:
                    mixed = True
                    raise not_among_bars(word, statement)
                raise Silent
        except Mistake as mistake:
            run.report_mistake(mistake.at(statement.span))
            if (
                isinstance(statement, (ast.For, ast.Repeat, ast.If))
                and names.frame.scope is not None
            ):
                names.frame.scope.block.lost = True
            lost()
            region.events.append(Note(statement, names.frame))
        except Silent:
            lost()
            region.events.append(Note(statement, names.frame))


def bar(run: Run, node: ast.Bar, current: Value | None, names: Names) -> BarEvent:
    """One bar: the step itself if it is one, its scope's own steps if it has a label, else a scope."""
    scope = names.frame.scope
    assert scope is not None
    event = BarEvent(node)
    scope.naming.bars += 1
    event.number = scope.naming.bars
    name = f"branch{event.number}"
    chain = node.chain
    labelled = run.texts.has_label(chain)
    if labelled or not countable_steps(chain) or is_single_step(chain):
        event.flow, event.value = run.chain(chain, current, names, None if labelled else name)
        return event
    link = Link(chain.links[0], names.frame)
    link.word = name
    sub, inner = run.scope("bar", name, node, current, names, inside(link))
    sub.numbered = not run.texts.is_named(chain, inner)
    flow, result = run.chain(chain, current, inner)
    region = Region(chain, current, inner.frame)
    region.events.append(flow)
    region.exit = result
    run.close(sub, region)
    link.what, link.output = sub, result
    link.inputs = [current] if current is not None else []
    scope.naming.add(link, name, looped(names))
    event.link, event.value = link, result
    return event
