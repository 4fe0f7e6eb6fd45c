"""The class of a detection head: what predicts, and a `forward` from maps to scores and offsets.

Its steps are built as those of any group. Bars with layers of the same kind become one list, which a
comprehension goes through; a body that all maps share becomes the body of a loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netdsl.backends.torch import calls, merges
from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.close import close
from netdsl.backends.torch.finish import conclude
from netdsl.backends.torch.given import channels_of
from netdsl.backends.torch.initial import emit_init
from netdsl.backends.torch.modules import Made, module_of
from netdsl.backends.torch.names import SELF
from netdsl.backends.torch.parameters import input_value
from netdsl.backends.torch.scene import Env, Val, Var
from netdsl.backends.torch.symbols import At
from netdsl.backends.torch.template import Template
from netdsl.code import expr as code
from netdsl.code.expr import Attribute, Call, Comprehension, Expr, ListOf, Literal, Name, call
from netdsl.code.stmt import Assign, Do, For, Return, Statement
from netdsl.design import (
    BarEvent,
    Branch,
    HeadEvent,
    Link,
    Loop,
    Predicted,
    Region,
    Taken,
    Value,
)
from netdsl.heads.predictors import Cells
from netdsl.record import Record

if TYPE_CHECKING:
    from netdsl.backends.torch.flow import Walker

WORDS = frozenset({"maps", "scores", "offsets", "predict", "flatten_map"})
PAIR = "tuple[Tensor, Tensor]"


class HeadUse(Record):
    """A head in the class of a net: what `predict` calls it with, and its maps."""

    event: HeadEvent
    module: Expr | None
    values: list[Var]
    result: Val | None = None  # of `head fcn`


class Predicting:
    """What the predicting steps of a head have come to while its class is built."""

    def __init__(self) -> None:
        self.values: list[Var] = []  # what each of them reads, scores first
        self.lists: dict[str, list[Expr]] = {}  # constructor calls, one a bar


def head(w: Walker, event: HeadEvent, val: Val | None, at: At) -> HeadUse:
    """The attribute of a head in a net, and how `predict` is to call it."""
    link, form = event.link, event.kind.form
    if form == "plain":
        out = calls.module(w, [link], val, at)
        return HeadUse(event, None, [], out)
    maps = [w.resolve(at, [value]) for value in event.maps] if form != "bars" else []
    entry = val if form == "bars" else maps[0]
    template, inner = _class(w.b, event, entry, at)
    positional: list[Expr] = []
    for param in template.kept:
        own = channels_of(w.b, at, entry) if param.role == "in" and entry is not None else None
        positional.append(own if own is not None else Name(param.source))
    made = Made(Call(template.reference, tuple(positional)), val or maps[0])
    w.attribute([link], made, at)
    values: list[Var] = []
    if form == "bars":
        if val is not None and template.takes_input:
            values.append(w.var_of(val))
        for captured in inner.captured:
            if captured.module is not None:
                raise TypeError("a head that uses a shared module of its net")
            found = w.resolve(at, captured.val.concretes)  # type: ignore[union-attr]
            values.append(w.var_of(found))
    else:
        values = [w.var_of(found) for found in maps]
    for var in values:
        var.tapped = True
    return HeadUse(event, Attribute(SELF, event.word), values)


def _class(b: Builder, event: HeadEvent, val: Val | None, at: At) -> tuple[Template, Builder]:
    from netdsl.backends.torch.flow import Walker

    scope = event.scope
    template = Template(f"{type(event.kind).__name__}Head", "helper")
    template.parent = b.template
    rows = at.rows.reframed([scope.frame])
    inner = Builder(b.emitter, template, [scope], rows)
    inner.outer = b
    inner.scene.constants = b.scene.constants
    inner.scene.wanted = b.scene.wanted
    inner.scene.parent = b.scene
    inner.scene.freed = b.freed
    env = Env(at.env, b.freed)
    own: list[Value] = [scope.input] if scope.input is not None else []
    if event.kind.form == "bars" and all(map(_begins_elsewhere, bars_of(scope.region))):
        own = []  # the running value is no other than those that bars name
    entry = input_value(inner, own) if own else None
    if entry is not None and entry.var is None:
        entry.var = Var(label="x")
    inside = At(inner.scene, env, rows, at.file, entry, lambda name: None)
    walker = Walker(inner)
    walker.predicting = Predicting()
    if event.kind.form == "bars":
        _bars(walker, event, entry, inside)
    else:
        region = scope.region
        walker.region(region.body, [region], entry, inside)
    emit_init(inner, [scope], inside)
    _forward(walker, event, entry, inside)
    first = val if val is not None else entry
    close(inner, [scope], entry, first, inside)
    template.doc = _doc(event, template)
    b.template.uses.append(template)
    return template, inner


def bars_of(region: Region) -> list[BarEvent]:
    """The bars of a body, loops unrolled."""
    found: list[BarEvent] = []
    for event in region.events:
        if isinstance(event, BarEvent):
            found.append(event)
        elif isinstance(event, Loop):
            for inner in event.iterations:
                found += bars_of(inner)
        elif isinstance(event, Branch) and event.region is not None:
            found += bars_of(event.region)
    return found


def _begins_elsewhere(bar: BarEvent) -> bool:
    """Whether a bar begins with a value that it names: `| @conv4 -> ...`"""
    flow = bar.flow
    return flow is not None and bool(flow.links) and isinstance(flow.links[0].what, Taken)


def _bars(w: Walker, event: HeadEvent, val: Val | None, at: At) -> None:
    def take(events: Sequence[BarEvent], entry: Val | None, inside: At) -> None:
        w.branch = f"branch{events[0].number}"
        assert events[0].flow is not None
        w.links([e.flow.links for e in events if e.flow is not None], entry, inside)
        w.branch = None

    merges.bars(w, [event.scope.region], val, at, take)
    state = w.predicting
    assert state is not None
    if not state.lists:
        return
    found = [link.what for link in event.predicted]
    steps = [p for p in found if isinstance(p, Predicted)]
    columns = {
        "channels": [p.map.shape.channels for p in steps if p.map.shape is not None],
        "boxes": [p.boxes for p in steps],
    }
    names = {name: w.b.fresh(name) for name in columns}
    before = len(w.b.ctor)
    for name, made in state.lists.items():
        modules = compressed(made, columns, names)
        w.b.ctor.append(Assign(Attribute(SELF, name), call("nn.ModuleList", modules)))
    if any(isinstance(s, Assign) and names["boxes"] in s.value.names for s in w.b.ctor[before:]):
        lists = [Assign(names[n], Literal(tuple(values))) for n, values in columns.items()]
        w.b.ctor[before:before] = lists


def predicted(w: Walker, links: Sequence[Link], val: Val, at: At) -> Val:
    """The last step of a bar or a body: its layers, and what each of them reads."""
    what, state = links[0].what, w.predicting
    assert isinstance(what, Predicted) and state is not None
    if not what.parts:
        state.values.append(w.var_of(val))
        return val
    bar = isinstance(w.branch, str)
    for name, part in what.parts.items():
        of = val
        if part.inputs[0] is not val.at(at.rows)[0]:
            of = w.resolve(at, [part.inputs[0]])
        made = module_of(w.b, [part], of, at)
        assert made is not None
        if bar:
            w.b.ctor += [*made.before, *made.sets]
            state.lists.setdefault(name, []).append(made.expr)
        else:
            w.attribute([part], made, at)
        if not bar or name == "scores":
            var = w.var_of(of)
            var.tapped |= var.label is not None
            state.values.append(var)
    return val


# ----------------------------------------------------------------------------------------- forward
def _forward(w: Walker, event: HeadEvent, val: Val | None, at: At) -> None:
    state, b = w.predicting, w.b
    assert state is not None
    form = event.kind.form
    columns = _columns(b, event, at) if form in ("bars", "maps") else Literal(1)
    if form == "bars":

        def finish(values: list[Expr]) -> list[Statement]:
            return _over_maps(event, values, columns)

        b.template.returns = "Tensor" if event.word == "yolo" else PAIR
    elif form == "maps":

        def finish(values: list[Expr]) -> list[Statement]:
            return _of_one_map(event, values, columns)

        b.template.returns = "tuple[list[Tensor], list[Tensor]]"
    else:

        def finish(values: list[Expr]) -> list[Statement]:
            offsets = call(
                Attribute(Call(Attribute(SELF, "offsets"), (values[1],)), "unflatten"), 1, _FOUR
            )
            scores = Call(Attribute(SELF, "scores"), (values[0],))
            return [Return(code.Tuple((scores, offsets)))]

        b.template.returns = PAIR
    conclude(b, val, state.values, finish, False, WORDS)
    if form == "maps":
        lists = code.Tuple((ListOf(()), ListOf(())))
        body = tuple(b.template.forward or ())
        b.template.forward = [
            Assign(code.Tuple((Name("scores"), Name("offsets"))), lists),
            For(("x",), Name("maps"), body),
            Return(code.Tuple((Name("scores"), Name("offsets")))),
        ]
        b.template.forward_params_all = [("maps", "Sequence[Tensor]")]


_FOUR = code.Tuple((Literal(-1), Literal(4)))


def _columns(b: Builder, event: HeadEvent, at: At) -> Expr:
    """How many scores a box has, as `forward` says it."""
    if event.classes is None:
        return Literal(1)
    first = event.predicted[0].what
    if isinstance(first, Predicted) and isinstance(first.predictor, Cells):
        return Literal(1)
    classes = at.expr(event.classes)
    total = 5 + classes if event.word == "yolo" else classes + int(event.word == "ssd")
    return b.for_forward(total, "columns")


def _over_maps(event: HeadEvent, values: list[Expr], columns: Expr) -> list[Statement]:
    """`scores = [flatten_map(f(x), self.columns) for f, x in zip(self.scores, maps)]`"""
    first = event.predicted[0].what
    assert isinstance(first, Predicted)
    if isinstance(first.predictor, Cells):
        return [Return(values[0])]
    if event.word == "yolo":
        flat = [call("flatten_map", value, columns) for value in values]
        if len(flat) == 1:
            return [Return(flat[0])]
        each = Comprehension(
            call("flatten_map", Name("x"), columns), ("x",), Name("maps"), brackets="[]"
        )
        return [
            Assign("maps", ListOf(tuple(values))),
            Return(call("torch.cat", each, dim=1)),
        ]
    out: list[Statement] = [Assign("maps", ListOf(tuple(values)))]
    for name, wide in (("scores", columns), ("offsets", Literal(4))):
        flat_map = call("flatten_map", Call(Name("predict"), (Name("x"),)), wide)
        pairs = call("zip", Attribute(SELF, name), Name("maps"))
        each = Comprehension(flat_map, ("predict", "x"), pairs, brackets="[]")
        out.append(Assign(name, each))
    cats = [call("torch.cat", Name(name), dim=1) for name in ("scores", "offsets")]
    return [*out, Return(code.Tuple(tuple(cats)))]


def _of_one_map(event: HeadEvent, values: list[Expr], columns: Expr) -> list[Statement]:
    """`scores.append(flatten_map(self.scores(x), 1).squeeze(2))`"""
    what = event.predicted[0].what
    assert isinstance(what, Predicted)
    softmax = what.predictor.softmax
    scores = call(
        "flatten_map", Call(Attribute(SELF, "scores"), (values[0],)), 2 if softmax else columns
    )
    if softmax:  # of two scores, background and object, their difference is the logit
        scores = call(Attribute(scores, "diff"), dim=2)
    if event.word == "rpn":
        scores = call(Attribute(scores, "squeeze"), 2)
    offsets = call("flatten_map", Call(Attribute(SELF, "offsets"), (values[1],)), 4)
    lists = [Attribute(Name(name), "append") for name in ("scores", "offsets")]
    return [Do(call(lists[0], scores)), Do(call(lists[1], offsets))]


# ------------------------------------------------------------------------------------------- words
def compressed(exprs: Sequence[Expr], columns: dict[str, list[int]], names: dict[str, str]) -> Expr:
    """Constructor calls as a list, or as a comprehension over `columns` (of these names) where they
    differ only as those do."""
    short = {"channels": "c", "boxes": "n"}
    pattern = _pattern(list(exprs), {short[n]: values for n, values in columns.items()})
    if len(exprs) < 2 or pattern is None or not {"c", "n"} <= pattern.names:
        return ListOf(tuple(exprs))
    lists = call("zip", *(Name(name) for name in names.values()))
    return Comprehension(pattern, tuple(short.values()), lists)


def _pattern(exprs: list[Expr], columns: dict[str, list[int]]) -> Expr | None:
    """The expression that all of these are, with the names of the columns where they differ as those
    do, or as multiples of them."""
    first = exprs[0]
    if any(type(e) is not type(first) for e in exprs):
        return None
    if isinstance(first, Literal):
        values = [e.value for e in exprs]  # type: ignore[attr-defined]
        for name, column in columns.items():
            if all(type(v) is int and v % n == 0 for v, n in zip(values, column)):
                times = {v // n for v, n in zip(values, column)}
                if len(times) == 1 and (values == column or len(set(values)) > 1):
                    return code.product([Literal(times.pop()), Name(name)])
    if all(e == first for e in exprs):
        return first
    if isinstance(first, Call) and len({tuple(n for n, _ in e.named) for e in exprs}) > 1:  # type: ignore[attr-defined]
        return None
    if isinstance(first, code.Op) and len({e.op for e in exprs}) > 1:  # type: ignore[attr-defined]
        return None
    parts = [list(e.parts()) for e in exprs]
    if len({len(p) for p in parts}) > 1 or not parts[0]:
        return None
    made = [_pattern(list(column), columns) for column in zip(*parts)]
    if any(m is None for m in made):
        return None
    remaining = iter(made)
    return first.map(lambda part: next(remaining))  # type: ignore[arg-type, return-value]


def _doc(event: HeadEvent, template: Template) -> list[str]:
    what = event.predicted[0].what
    assert isinstance(what, Predicted)
    boxes = what.boxes
    if event.kind.form == "bars":
        if isinstance(what.predictor, Cells):
            return ["Class probabilities, confidences and boxes of all cells."]
        if event.word == "yolo":
            return ["Offsets, objectness and classes of the anchors on every map."]
        return ["Scores and offsets of the default boxes on every map."]
    if event.word == "rpn":
        size = f"{boxes} * H * W" if boxes > 1 else "H * W"
        return [f"For every map: scores (N, {size}), offsets (N, {size}, 4)."]
    if event.word == "retina":
        return [
            f"For every map: scores (N, {boxes} * H * W, classes), offsets (N, {boxes} * H * W, 4)."
        ]
    rows = "classes + 1" if event.word == "rcnn" else "classes"
    given = event.scope.input
    assert given is not None and given.shape is not None
    shape = ", ".join(str(side) for side in given.shape)
    return [f"Regions (R, {shape}): scores (R, {rows}), offsets (R, {rows}, 4)."]
