"""How weights start: `init { conv: kaiming(mode="fan_out")  fc.bias: zeros }`, `param x: [3] = ones`.

A line's path names a label of its scope (then labels below it), or a kind of layer, or a kind below a
label; a last part `weight`, `bias`, ... names the tensor, else it is the weight. The longer path wins,
then the later line. A block's own lines come before those of what it stands in, as in PyTorch, where
the constructor of a part runs first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.design import Applied, Link, Scope
from netdsl.diagnostics import Mistake, did_you_mean, nearest
from netdsl.elaborate.arguments import bind
from netdsl.elaborate.lookup import body_around, place_of
from netdsl.elaborate.values import Bound, Silent, kind_of
from netdsl.frames import Frame
from netdsl.layers import WORDS, find
from netdsl.layers.arguments import source_text
from netdsl.record import Record
from netdsl.source import Span
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.names import Names
    from netdsl.elaborate.run import Run

# Name -> its arguments with their defaults. Glorot and Bengio 2010 (xavier), He et al. 2015 (kaiming),
# Saxe et al. 2013 (orthogonal), Long et al. 2015 (bilinear).
STARTS: dict[str, dict[str, Any]] = {
    "zeros": {},
    "ones": {},
    "constant": {"value": None},
    "normal": {"std": 1.0, "mean": 0.0},
    "truncated_normal": {"std": 1.0, "mean": 0.0, "a": -2.0, "b": 2.0},
    "uniform": {"a": 0.0, "b": 1.0},
    "xavier": {"gain": 1.0, "distribution": "uniform"},
    "kaiming": {"mode": "fan_in", "nonlinearity": "relu", "distribution": "normal"},
    "orthogonal": {"gain": 1.0},
    "dirac": {},
    "bilinear": {},
}
CHOICES = {
    "distribution": ("normal", "uniform"),
    "mode": ("fan_in", "fan_out"),
    "nonlinearity": ("relu", "leaky_relu", "selu", "tanh", "sigmoid", "linear"),
}
# Of a line, and of each layer that it may mean (`Budget`): a scope's lines are looked at in every use.
WORK_OF_A_LINE, WORK_OF_A_LAYER = 10, 3
NEED_FANS = ("xavier", "kaiming", "orthogonal", "dirac", "bilinear")  # two dimensions at least


class Start(Record):
    """One way to fill a tensor: a name of `STARTS` and the arguments that were given."""

    name: str
    arguments: dict[str, Any]
    nodes: dict[str, ast.Expr]


class InitLine(Record):
    """One line of `init`, resolved in its scope."""

    node: ast.Entry
    links: tuple[Link, ...]  # labels that were followed
    weight: str | None  # a learned tensor of the scope itself
    kind: str | None  # a layer's word
    tensor: str
    start: Start
    frame: Frame


def start(node: ast.Expr, names: Names) -> Start:
    """The initial value that an expression names: `kaiming(mode="fan_out")`, `zeros`, or a number."""
    from netdsl.elaborate.expressions import evaluate, evaluate_arguments

    name = None
    args: tuple[ast.Argument, ...] = ()
    if isinstance(node, ast.Ref):
        name = node.name
    elif isinstance(node, ast.Apply) and isinstance(node.of, ast.Ref):
        name, args = node.of.name, node.args
    if name is None or name not in STARTS:
        if name is None or _is_name(name, names):
            value = evaluate(node, names)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                return Start("constant", {"value": value}, {"value": node})
            raise Mistake(
                "E138",
                f"an initial value is a number or a name like `kaiming`, not {kind_of(value)}",
                node.span,
                hint=f"there are {', '.join(STARTS)}",
            )
        raise no_start(name, node.span)
    known = STARTS[name]
    shown = ", ".join(k if d is None else f"{k}={source_text(d)}" for k, d in known.items())
    shown = f"{name}({shown})" if known else name
    parameters = {k: d is None for k, d in known.items()}
    for argument in args:
        _check_quotes(name, argument, names)
    arguments = evaluate_arguments(args, names)
    report = names.run.report_mistake
    bound = bind(name, parameters, len(known), {}, arguments, names.frame, shown, report)
    for key, one in bound.items():
        assert one.node is not None
        if key in CHOICES and one.value not in CHOICES[key]:
            wanted = ", ".join(f'"{c}"' for c in CHOICES[key])
            message = f"`{key}` of `{name}` must be one of {wanted}"
            meant = nearest(str(one.value), map(str, CHOICES[key]))
            hint = f'did you mean "{meant}"?' if meant else _choice(name, one.value)
            raise Mistake("E112", message, one.node.span, hint=hint)
        if key not in CHOICES and (
            isinstance(one.value, bool) or not isinstance(one.value, (int, float))
        ):
            message = f"`{key}` of `{name}` must be a number, not {kind_of(one.value)}"
            raise Mistake("E112", message, one.node.span, hint=_choice(name, one.value))
    for key in known:
        if parameters[key] and key not in bound:
            raise Mistake("E111", f"`{name}` needs `{key}`", node.span, hint=f"write `{name}(0.1)`")
    _check_deviation(name, bound)
    nodes = {key: one.node for key, one in bound.items() if one.node is not None}
    return Start(name, {key: one.value for key, one in bound.items()}, nodes)


def _choice(name: str, value: Any) -> str | None:
    """What is said of a text that another argument may be: `kaiming("relu")`."""
    keys = [key for key in STARTS[name] if key in CHOICES and value in CHOICES[key]]
    return f'write `{keys[0]}="{value}"`' if keys and isinstance(value, str) else None


def _check_quotes(name: str, argument: ast.Argument, names: Names) -> None:
    """Refuse `kaiming(fan_out)`, `kaiming(nonlinearity=relu)`: what can be chosen are texts."""
    node = argument.value
    if not isinstance(node, ast.Ref) or _is_name(node.name, names):
        return
    hint = _choice(name, node.name)
    if hint is not None:
        raise Mistake("E112", f"`{node.name}` is chosen by its text", node.span, hint=hint)


def _check_deviation(name: str, bound: dict[str, Bound]) -> None:
    """Refuse `normal(0, 0.01)`: PyTorch's order is the mean, then the deviation."""
    std, mean = bound.get("std"), bound.get("mean")
    if std is None or std.value > 0:
        return
    assert std.node is not None
    hint = None
    if mean is not None and mean.value > 0 and mean.positional and mean.node is not None:
        hint = f"the deviation comes first: `{name}({mean.node.span.text})`"
    elif std.value == 0:
        centre = mean.value if mean is not None else 0
        fills = f"constant({source_text(centre)})" if centre else "zeros"
        hint = f"without a deviation it is `{fills}`"
    message = f"`std` of `{name}` must be more than 0, not {source_text(std.value)}"
    raise Mistake("E112", message, std.node.span, hint=hint)


def no_start(name: str, span: Span) -> Mistake:
    """The mistake of an initial value that does not exist."""
    hint = did_you_mean(name, STARTS) or f"there are {', '.join(STARTS)}"
    return Mistake("E138", f"there is no initial value `{name}`", span, hint=hint)


def _is_name(name: str, names: Names) -> bool:
    try:
        names.find(name)
    except KeyError:
        return False
    return True


def start_of(node: ast.Expr | None, names: Names) -> Start:
    """How a `param` starts; zeros if the text does not say."""
    if node is None:
        return Start("zeros", {}, {})
    return start(node, names)


def check_start(how: Start, shape: tuple[Any, ...], node: ast.Expr | None) -> None:
    """Some ways to start count the inputs and outputs of a layer, which a vector does not have."""
    if how.name in NEED_FANS and len(shape) < 2 and node is not None:
        raise _no_fans(how.name, "this tensor has one", node.span)


def _no_fans(name: str, hint: str, span: Span) -> Mistake:
    return Mistake("E138", f"`{name}` fills tensors of two dimensions or more", span, hint=hint)


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
    if links or how.name in NEED_FANS:
        reached = layers_below(at) if at is not None else []
        names.run.compute(WORK_OF_A_LAYER * len(reached), entry.span)
        found = targets(line, scope)
    if (
        links
        and not found
        and links[0].output is not None
        and links[0].output.shape is not None
        and not names.run.guesses.made  # else what would be filled is not there after a mistake
    ):
        what = ".".join(parts if tensor is None else parts[:-1])
        raise _nothing_filled(line, what, scope, entry)
    return line


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
        return _no_fans(line.start.name, f"the {line.tensor} of `{what}` has one", entry.value.span)
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
