"""How weights start: `init { conv: kaiming(mode="fan_out")  fc.bias: zeros }`, `param x: [3] = ones`.

A line's path names a label of its scope (then labels below it), or a kind of layer, or a kind below a
label; a last part `weight`, `bias`, ... names the tensor, else it is the weight. The longer path wins,
then the later line. A block's own lines come before those of what it stands in, as in PyTorch, where
the constructor of a part runs first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.design import Applied, Link, Scope
from netdsl.diagnostics import Mistake, did_you_mean, nearest
from netdsl.elaborate.lookup import body_around, place_of
from netdsl.elaborate.starts import NEED_FANS, Start, check_start, no_fans, start
from netdsl.elaborate.values import Silent
from netdsl.frames import Frame
from netdsl.layers import WORDS, find
from netdsl.record import Record
from netdsl.source import Span
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.names import Names
    from netdsl.elaborate.run import Run

# Of a line, and of each layer that it may mean (`Budget`): a scope's lines are looked at in every use.
WORK_OF_A_LINE, WORK_OF_A_LAYER = 10, 3


class InitLine(Record):
    """One line of `init`, resolved in its scope."""

    node: ast.Entry
    links: tuple[Link, ...]  # labels that were followed
    weight: str | None  # a learned tensor of the scope itself
    kind: str | None  # a layer's word
    tensor: str
    start: Start
    frame: Frame


def resolve_init(run: Run, scope: Scope) -> None:
    """Find what each line of a scope's `init` means. `scope.init` becomes its resolved lines."""
    from netdsl.elaborate.names import Names

    lines: list[InitLine] = []
    for node, frame in scope.init:
        definition = scope.block.definition
        names = Names(run, definition.file, frame)
        for entry in node.entries:
            run.compute(WORK_OF_A_LINE, entry.span)
            try:
                lines.append(_resolve(entry, scope, frame, names))
            except Mistake as mistake:
                run.report_mistake(mistake.at(entry.span))
            except Silent:
                pass
    scope.init = sorted(lines, key=lambda line: len(line.node.path))


def _resolve(entry: ast.Entry, scope: Scope, frame: Frame, names: Names) -> InitLine:
    if entry.quoted:
        raise Mistake("E138", "`init` names labels and layers without quotes", _key_span(entry))
    how = start(entry.value, names)
    parts = list(entry.path)
    if parts[0] in scope.weights:
        if len(parts) > 1:
            message = f"`{parts[0]}` is a learned tensor and has no parts"
            raise Mistake("E138", message, _key_span(entry))
        shape = scope.weights[parts[0]].value.shape
        check_start(how, tuple(shape) if shape is not None else (), entry.value)
        return InitLine(entry, (), parts[0], None, parts[0], how, frame)
    links: list[Link] = []
    kind: str | None = None
    at: Scope | None = scope
    tensor: str | None = None
    for i, part in enumerate(parts):
        labelled = _step_of(at, part) if at is not None and kind is None else None
        if labelled is not None:
            links.append(labelled)
            at = labelled.scope
        elif kind is None and find(part) is not None and find(part).weighted:  # type: ignore[union-attr]
            kind = part
        elif i == len(parts) - 1 and i > 0:
            tensor = part
        else:
            if part in names.run.lost_heads:
                raise Silent
            known = [
                *((*at.labels, *at.aux, *at.heads, *_predicting(at)) if at is not None else ()),
                *(w for w in WORDS if _weighted(w)),
            ]
            if find(part) is not None:
                raise Mistake("E138", f"`{part}` has no weights", _key_span(entry))
            message = f"`{part}` is neither a label here nor a layer with weights"
            hint = _deeper(names.run, scope, parts) if i == 0 else None
            hint = hint or did_you_mean(part, known)
            labels = [*at.labels, *at.heads] if at is not None else []
            if hint is None and labels:
                hint = f"labels here: {', '.join(labels[:8])}"
            raise Mistake("E138", message, _key_span(entry), hint=hint)
    line = InitLine(entry, tuple(links), None, kind, tensor or "weight", how, frame)
    found = []
    if kind is not None and not links:
        _check_kind(line, kind)
    if links or how.name in NEED_FANS:
        reached = layers_below(at) if at is not None else []
        names.run.compute(WORK_OF_A_LAYER * len(reached), entry.span)
        found = targets(line, scope)
    lost = names.run.guesses.made  # what would be filled is not there after a mistake
    entered = not links or links[0].output is not None and links[0].output.shape is not None
    if found or not entered or lost:
        return line
    if links:
        what = ".".join(parts if tensor is None else parts[:-1])
        raise _nothing_filled(line, what, scope, entry)
    if how.name in NEED_FANS and targets(line.but(start=Start("zeros", {}, {})), scope):
        where = f"the {line.tensor} of `{kind}` has one"
        raise no_fans(how.name, where, entry.value.span)
    return line


def _check_kind(line: InitLine, kind: str) -> None:
    """Refuse the name of a tensor that no layer of a kind has."""
    layer = find(kind)
    if layer is None or line.tensor in layer.trained:
        return
    said = f"`{kind}` has no `{line.tensor}` to fill"
    if not _says_tensor(line):
        lead = f"write `{kind}.{layer.trained[0]}`"
    else:
        lead = did_you_mean(line.tensor, layer.trained)
        lead = lead or f"it has {' and '.join(f'`{name}`' for name in layer.trained)}"
    raise Mistake("E138", said, _key_span(line.node), hint=lead)


def _deeper(run: Run, scope: Scope, parts: list[str]) -> str | None:
    """What is said of the first part of a path where such a label stands in a group with a label."""
    body = body_around(scope) if scope.outer is None else None
    _, path = place_of(run, body, parts[0]) if body is not None else (None, ())
    if not path or None in path:
        return None
    return f"it stands inside of `{path[0]}`: write `{'.'.join((*map(str, path), *parts))}`"


def _uneven(line: InitLine, word: str) -> Mistake:
    """The mistake of an initial value that counts what outputs read, where they read unequally many."""
    message = (
        f"`{line.start.name}` cannot fill a `{word}` whose outputs read unequally many numbers"
    )
    name, path = line.start.name, ".".join(line.node.path)
    hint = (
        f"`{path}: uniform(-0.1, 0.1)` fills it; without a line each output starts by what it reads"
    )
    if not line.links or not isinstance(line.links[-1].what, Applied):
        hint = f"name the other layers instead, each by its label: `label: {name}`"
    return Mistake("E138", message, line.node.value.span, hint=hint)


def _key_span(entry: ast.Entry) -> Span:
    """Where the path of a line stands."""
    start = entry.span.start
    return Span(entry.span.source, start, start + len(entry.span.text.split(":")[0].rstrip()))


def _nothing_filled(line: InitLine, what: str, scope: Scope, entry: ast.Entry) -> Mistake:
    """The mistake of a line whose step has no such tensor, or one of too few dimensions."""
    free = line.but(start=Start("zeros", {}, {}))
    if targets(free, scope):
        return no_fans(line.start.name, f"the {line.tensor} of `{what}` has one", entry.value.span)
    known = [t for t in ("bias", "weight") if targets(free.but(tensor=t), scope)]
    below = line.links[-1].scope
    labels = [*below.labels] if below is not None and line.tensor not in known else []
    near = nearest(line.tensor, labels)
    hint = did_you_mean(line.tensor, known)
    if near is not None:
        hint = f"did you mean `{what}.{near}`?"
    elif hint is None and labels:
        hint = f"labels in `{what}`: {', '.join(labels[:8])}"
    elif hint is None and known:
        hint = f"it has {' and '.join(f'`{name}`' for name in known)}"
    elif hint is None:
        hint = "it has nothing that is learned"
    return Mistake("E138", f"`{what}` has no `{line.tensor}` to fill", _key_span(entry), hint=hint)


def _predicting(scope: Scope) -> tuple[str, ...]:
    """What a head has beside the steps of its text."""
    return tuple(n for n in ("scores", "offsets") if scope.kind == "head" and n in scope.children)


def _step_of(scope: Scope, name: str) -> Link | None:
    """The step of a scope with this label; side outputs and heads are such, and what a head predicts
    with."""
    if name in scope.aux:
        return scope.aux[name].link
    if name in scope.heads:
        return scope.heads[name].link
    if scope.kind == "head" and name in scope.children:
        return scope.children[name]
    return scope.labels.get(name)


def _weighted(word: str) -> bool:
    layer = find(word)
    return layer is not None and layer.weighted


def targets(line: InitLine, scope: Scope) -> list[tuple[tuple[str, ...], Link, tuple[int, ...]]]:
    """The tensors that a line fills: the path of their layer below the scope, its step, their shape."""
    found: list[tuple[tuple[str, ...], Link, tuple[int, ...]]] = []
    prefix: tuple[str, ...] = ()
    start_scope: Scope | None = scope
    for link in line.links:
        prefix = (*prefix, link.key or "")
    if line.links:
        last = line.links[-1]
        if isinstance(last.what, Applied):
            _collect(line, last, prefix, found)
            return found
        start_scope = last.scope
    if start_scope is not None:
        for path, link in layers_below(start_scope):
            _collect(line, link, (*prefix, *path), found)
    return found


def _collect(
    line: InitLine,
    link: Link,
    path: tuple[str, ...],
    found: list[tuple[tuple[str, ...], Link, tuple[int, ...]]],
) -> None:
    what = link.what
    if not isinstance(what, Applied) or link.inputs[0].shape is None:
        return
    if line.kind is not None and what.layer.word != line.kind:
        return
    for tensor in what.layer.tensors(link.inputs[0].shape):
        if tensor.name != line.tensor or not tensor.learned:
            continue
        if not tensor.even and line.start.name in NEED_FANS:
            raise _uneven(line, what.layer.word)
        if len(tensor.shape) < 2 and (
            line.start.name in NEED_FANS
            or (
                line.kind is None
                and line.links
                and not _says_tensor(line)
                and not isinstance(line.links[-1].what, Applied)
            )
        ):
            continue
        found.append((path, link, tensor.shape))


def _says_tensor(line: InitLine) -> bool:
    return line.node.path[-1] == line.tensor


def layers_below(scope: Scope) -> list[tuple[tuple[str, ...], Link]]:
    """Every layer in a scope and below, with its path."""
    found: list[tuple[tuple[str, ...], Link]] = []
    for key, link in scope.children.items():
        if isinstance(link.what, Applied):
            found.append(((key,), link))
        elif isinstance(link.what, Scope):
            found += [((key, *path), inner) for path, inner in layers_below(link.what)]
    return found
