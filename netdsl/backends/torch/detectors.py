"""The class of a net with detection heads: `predict`, and around it what training and detecting need.

`predict` is the network alone. `forward` takes images and targets as torchvision's detectors do; it, and
what it calls, are the methods of templates/torch/detectors.py with the numbers of the text in them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.close import close
from netdsl.backends.torch.docs import text_of
from netdsl.backends.torch.finish import conclude
from netdsl.backends.torch.given import target_of
from netdsl.backends.torch.heads import HeadUse
from netdsl.backends.torch.names import SELF, distinct
from netdsl.backends.torch.scene import Val, Var
from netdsl.backends.torch.symbols import At
from netdsl.code import expr as code
from netdsl.code.change import transform
from netdsl.code.expr import Attribute, Call, Expr, ListOf, Literal, Name, call
from netdsl.code.reading import functions
from netdsl.code.stmt import (
    Assign,
    Do,
    Field,
    For,
    Function,
    If,
    Return,
    Statement,
    needed,
)
from netdsl.data import data_file
from netdsl.design import Design, HeadEvent, Predicted, Scope
from netdsl.heads.predictors import Anchors, Cells
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.backends.torch.flow import Walker

ABSENT = Name("ABSENT")
DIVISOR = 32  # the sides of a batch of images of all sizes are its multiples, as in torchvision
LISTS = "tuple[list[Tensor], list[Tensor], list[Tensor]]"
PAIR = "tuple[Tensor, Tensor]"


@cache
def methods() -> dict[str, Function]:
    """The methods of templates/torch/detectors.py."""
    return functions(data_file("templates/torch/detectors.py").read_text(encoding="utf-8"))


# ------------------------------------------------------------------------------------------ predict
def finish_detector(b: Builder, net: Scope, w: Walker, val: Val | None, at: At) -> Val:
    """Write the class of a net with heads, and close it."""
    uses: dict[str, HeadUse] = {use.event.word: use for use in w.heads}
    main = next(iter(uses.values()))
    template = b.template
    _settle_arguments(b, uses, at)
    ends, finisher, template.returns, template.forward_doc = _predicting(w, uses)
    template.forward_name = "predict"
    conclude(b, val, ends, finisher, True, frozenset({"maps"}))
    filled = Filled(b, uses, at, b.emitter.design)
    template.fields += filled.fields()
    template.buffers += filled.buffers()
    template.methods += filled.methods()
    out = close(b, [net], val, None, at)
    start = 0 if main.event.word == "retina" else 1
    last = "classes - 1" if start == 0 else "classes"
    given = f"Images ({_image(net)}) in 0..1; "
    if main.event.word == "fcn":
        said = f"{given}in training also targets: labels (H, W) 0..classes - 1."
    else:
        said = f"{given}in training also targets: boxes, labels {start}..{last}."
    template.doc = [*text_of(b, net), said]
    return out


def _image(net: Scope) -> str:
    shape = next(iter(net.values.values())).shape
    assert shape is not None
    return f"{shape[0]}, H, W"


def _settle_arguments(b: Builder, uses: dict[str, HeadUse], at: At) -> None:
    """What heads are told is written down in numbers: parameters of the net that say it are no
    parameters of its class. Only how many classes there are stays free."""
    for use in uses.values():
        node = use.event.node
        said = [a.value for a in node.args if a.name is None or a.name.text != "classes"]
        said = [v for v in said if v is not use.event.classes]
        for step in _calls(node.body):
            said += [a.value for a in step.args]
        for value in said:
            for part in (value, *ast.below(value)):
                found = at.env.find(part.name) if isinstance(part, ast.Ref) else None
                if isinstance(found, Expr) and part is not use.event.classes:
                    b.scene.wanted |= b.dependencies(found)


def _calls(body: ast.Body) -> list[ast.Call]:
    """The predicting steps and those that cut regions out."""
    from netdsl.heads.predictors import PREDICTORS
    from netdsl.heads.regions import REGIONS

    words = {*PREDICTORS, *REGIONS}
    return [n for n in ast.below(body) if isinstance(n, ast.Call) and n.name.text in words]


def _predicting(
    w: Walker, uses: dict[str, HeadUse]
) -> tuple[list[Var], Callable[[list[Expr]], list[Statement]], str, str | None]:
    """What `predict` returns: its values, the last statements, their type, and its documentation."""
    main = next(iter(uses.values()))
    event, form = main.event, main.event.kind.form
    if form == "plain":
        assert main.result is not None
        return [w.var_of(main.result)], lambda v: [Return(v[0])], "Tensor", None
    if form in ("bars", "vector"):
        assert main.module is not None

        def calling(values: list[Expr]) -> list[Statement]:
            return [Return(Call(main.module, tuple(values)))]  # type: ignore[arg-type]

        count = event.count
        if event.word == "ssd":
            doc = f"Scores (N, {count}, classes + 1) and offsets (N, {count}, 4)."
            return main.values, calling, PAIR, doc
        if form == "vector":
            doc = "Of warped regions: scores (R, classes), offsets (R, classes, 4)."
            return main.values, calling, PAIR, doc
        doc = f"(N, {count}, 5 + classes): offsets, objectness, classes."
        if _predictor(event, Cells) is not None:
            doc = "(N, numbers): the probabilities, confidences and boxes of all cells."
        return main.values, calling, "Tensor", doc
    if form == "maps":

        def mapped(values: list[Expr]) -> list[Statement]:
            called = code.Star(Call(main.module, (Name("maps"),)))  # type: ignore[arg-type]
            return [
                Assign("maps", ListOf(tuple(values))),
                Return(code.Tuple((Name("maps"), called))),
            ]

        what = "proposals' " if event.word == "rpn" else "anchors' "
        number = {1: "The map, and its", 2: "Two maps, and for each its"}.get(
            len(event.maps),
            f"{_WORDS.get(len(event.maps), len(event.maps))} maps, and for each its",
        )
        return _union(w, uses), mapped, LISTS, f"{number} {what}scores and offsets."
    return main.values, lambda v: [Return(ListOf(tuple(v)))], "list[Tensor]", "The maps."


_WORDS = {3: "Three", 4: "Four", 5: "Five", 6: "Six"}


def _union(w: Walker, uses: dict[str, HeadUse]) -> list[Var]:
    """The maps of the first head; those of the second are among them."""
    first, *others = uses.values()
    for other in others:
        if any(var not in first.values for var in other.values):
            raise TypeError("regions of maps without proposals")
    return first.values


def _predictor(event: HeadEvent, kind: type) -> Any:
    what = event.predicted[0].what
    assert isinstance(what, Predicted)
    return what.predictor if isinstance(what.predictor, kind) else None


# ------------------------------------------------------------------------------------------ methods
class Filled:
    """The methods of one detector, with its numbers."""

    def __init__(self, b: Builder, uses: dict[str, HeadUse], at: At, design: Design) -> None:
        self.b, self.uses, self.at, self.design = b, uses, at, design
        self.event = next(iter(uses.values())).event
        shape = next(iter(design.inputs.values())).shape
        assert shape is not None
        self.channels = shape.channels
        self.size = tuple(shape.sides) if shape.known else None
        self.last = next(reversed(uses.values())).event

    # ------------------------------------------------------------------------------------- fields
    def fields(self) -> list[Statement]:
        found: list[Statement] = []
        if self.size is not None:
            found.append(Field("size", None, Literal(self.size)))
        prepared = self.design.prepared
        if prepared is not None:
            said = target_of(self.at, [prepared]).bound
            layer: Any = prepared.what.layer  # type: ignore[union-attr]
            node: Any = prepared.node
            written = {a.name.text: a.value for a in node.step.args if a.name is not None}
            for name in ("mean", "std"):
                value = getattr(layer, name)
                given = said.get(name)
                numbers = _each(value, written.get(name), self.channels)
                if isinstance(given, Expr) and not isinstance(given, (Literal, code.Tuple)):
                    numbers = given  # a parameter, or a constant of the file
                found.append(Field(name, None, numbers))
        variances = getattr(self.last.kind, "variances", None)
        if variances is not None:
            found.append(Field("variances", None, Literal(variances)))
        if self.event.word == "ssd":
            found.append(Field("priors", "Tensor"))
        elif self._has_boxes():
            found += [Field("anchors", "Tensor"), Field("strides", "Tensor")]
        return found

    def _has_boxes(self) -> bool:
        return self.event.word == "yolo" and _predictor(self.event, Cells) is None

    def buffers(self) -> list[Statement]:
        made = call(Attribute(SELF, "default_boxes"))
        register = Attribute(SELF, "register_buffer")
        if self.event.word == "ssd":
            return [Do(call(register, "priors", made, persistent=False))]
        if self._has_boxes():
            names = ("anchors", "strides")
            stored = [Do(call(register, n, Name(n), persistent=False)) for n in names]
            return [Assign("anchors, strides", made), *stored]
        return []

    # ------------------------------------------------------------------------------------ methods
    def methods(self) -> list[Statement]:
        word = self.event.word
        if word == "ssd":
            return [self.default_boxes(), self.written("ssd_forward", "forward")]
        if word == "yolo":
            if not self._has_boxes():
                return [self.written("cells_forward", "forward")]
            return [self.default_boxes(), self.written("yolo_forward", "forward")]
        if word == "retina":
            return [
                self.anchors(),
                self.written("retina_forward", "forward"),
                self.written("retina_detect", "detect"),
            ]
        if word == "fcn":
            return [self.written("fcn_forward", "forward")]
        if word == "svm":
            numbers = self.numbers(self.event)
            if self.design.prepared is None:
                numbers["pictures"] = Name("images")
            return [
                self.written("svm_forward", "forward", numbers),
                self.written("svm_region_loss", "region_loss"),
            ]
        found: list[Statement] = []
        if word == "rpn":
            found += [self.anchors(), self.written("proposing_forward", "forward")]
        else:
            found.append(self.written("given_forward", "forward"))
        region = {**self.numbers(self.last), "POOLED": self.pooled()}
        return [
            *found,
            self.written("rcnn_classify", "classify", region),
            self.written("rcnn_region_loss", "region_loss", region),
            self.written("rcnn_detect", "detect", region),
        ]

    def written(self, template: str, name: str, numbers: dict[str, Expr] | None = None) -> Function:
        """A method with its numbers."""
        found = methods()[template].but(name=name)
        found = found.but(body=self._spliced(found.body))
        known = numbers if numbers is not None else self.numbers(self.event)
        if "CLASSES" in needed(found.body):
            known = {**known, "CLASSES": self._classes(self.event)}
        return _filled(found, known)

    def _spliced(self, body: Sequence[Statement]) -> tuple[Statement, ...]:
        """The statements for images of one size, or of all sizes, in their places."""
        kind = "fixed" if self.size is not None else "open"
        places = {n: methods()[f"{kind}_{n.lower()}"] for n in ("BATCH", "TARGETS", "PROPOSALS")}
        places["PICTURES"] = methods()["pictures"]
        out: list[Statement] = []
        for statement in body:
            if isinstance(statement, Do) and statement.of == Name("PICTURES"):
                out += places["PICTURES"].body if self.design.prepared is not None else ()
            elif isinstance(statement, Do) and isinstance(statement.of, Name):
                out += places[statement.of.id].body
            elif isinstance(statement, If):
                then, other = self._spliced(statement.then), self._spliced(statement.other)
                out.append(statement.but(then=then, other=other))
            elif isinstance(statement, For):
                out.append(statement.but(body=self._spliced(statement.body)))
            else:
                out.append(statement)
        return tuple(out)

    # ------------------------------------------------------------------------------------ numbers
    def numbers(self, event: HeadEvent) -> dict[str, Expr]:
        """What the names in capitals are."""
        kind = event.kind
        found: dict[str, Expr] = {}
        for name in type(kind).model_fields:
            value = getattr(kind, name)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                found[name.upper()] = Literal(_short(value))
        match = getattr(kind, "match", None)
        if isinstance(match, tuple):
            found["LOW"], found["HIGH"] = Literal(match[0]), Literal(match[1])
        if getattr(kind, "balance", None) == 1:
            found["BALANCE"] = ABSENT
        if event.word == "rpn":
            train, evaluate = zip(kind.candidates, kind.proposals)
            found["LIMITS"] = _in_training(Literal(train), Literal(evaluate))
        found["IGNORE"] = Literal(_short(getattr(kind, "ignore", 0)))
        prepared = self.design.prepared is not None
        for name in ("mean", "std"):
            found[name.upper()] = Attribute(SELF, name) if prepared else ABSENT
        found["DIVISOR"] = Literal(math.lcm(DIVISOR, *(n for n, _ in self.design.conditions)))
        found["INSIDE"] = Name("self.size" if self.size is not None else "size")
        found["RESULT"] = Name("scale_boxes" if self.size is not None else "RESULT")
        if event.word == "yolo":
            found["YOLO_LOSS"] = Name("yolo2_loss" if kind.softmax else "yolo_loss")
            logits = Name("x[:, 5:]")
            how = Attribute(logits, "softmax" if kind.softmax else "sigmoid")
            found["CLASS_PROBABILITY"] = call(how, dim=1) if kind.softmax else call(how)
            cells = _predictor(event, Cells)
            if cells is not None:
                found["GRID"], found["BOXES"] = Literal(cells.grid[0]), Literal(cells.boxes)
        found["PIXELS"] = Name("resized_scores" if self.size is not None else "cropped_scores")
        return found

    def _classes(self, event: HeadEvent) -> Expr:
        """How many classes there are, as a method can say it."""
        assert event.classes is not None
        said = self.at.expr(event.classes)
        return self.b.for_forward(said, "classes")

    # -------------------------------------------------------------------------------------- boxes
    def default_boxes(self) -> Function:
        """`default_boxes`, and the table that it goes through."""
        rows, squares = [], True
        for link in self.event.predicted:
            what = link.what
            assert isinstance(what, Predicted) and what.map.shape is not None
            assert self.size is not None
            sides = tuple(what.map.shape.sides)
            squares &= sides[0] == sides[1] and self.size[0] == self.size[1]
            rows.append((sides, what.predictor))
        is_ssd = self.event.word == "ssd"
        table = [self._row(sides, said, squares, is_ssd) for sides, said in rows]
        comment = f"{'side' if squares else '(height, width)'} of the map, "
        comment += (
            "step, smallest, largest, ratios"
            if is_ssd
            else "stride, (width, height) of the anchors"
        )
        name = self.constant("PRIORS" if is_ssd else "ANCHORS", tuple(table), comment)
        found = methods()[f"{self.event.word}_default_boxes"]
        numbers = {
            "PRIORS": name,
            "ANCHORS": name,
            "SHAPE": Name("(side, side)" if squares else "side"),
            "STEPS": Name("(step, step)" if squares else "step"),
            "LIMIT": Literal(self._limit()) if getattr(self.event.kind, "clip", False) else ABSENT,
        }
        doc = (found.doc or "").replace("COUNT", str(self.event.count))
        return _filled(found.but(name="default_boxes", doc=doc), numbers)

    def _limit(self) -> Any:
        assert self.size is not None
        return self.size[1]

    def _row(
        self, sides: tuple[Any, ...], said: Any, squares: bool, is_ssd: bool
    ) -> tuple[Any, ...]:
        assert self.size is not None
        step = said.step if is_ssd else said.stride
        steps = [_short(step or size / side) for size, side in zip(self.size, sides)]
        shape = sides[0] if squares else sides
        if not is_ssd:
            anchors = tuple(tuple(_short(v) for v in pair) for pair in said.anchors)
            return (shape, steps[0], anchors)
        ratios = tuple(_short(r) for r in said.ratios)
        return (
            shape,
            steps[0] if squares else tuple(steps),
            _short(said.min),
            _short(said.max),
            ratios,
        )

    def anchors(self) -> Function:
        """`anchors` of maps that share their weights."""
        said = _predictor(self.event, Anchors)
        sizes = said.of_maps(len(self.event.maps))
        ratios = ListOf(tuple(Literal(_short(r)) for r in said.ratios))
        single = all(len(s) == 1 for s in sizes)
        table = tuple(_short(s[0]) if single else tuple(map(_short, s)) for s in sizes)
        name = self.constant("ANCHORS", table, "sizes of the anchors, map by map")
        own = "side" if single else "sides"
        if said.octaves > 1 and single:
            cell = call("octave_sizes", Name("side"), said.octaves, ratios)
        elif said.octaves > 1:
            raise TypeError("octaves of several sizes a map")
        elif single:
            cell = call("anchor_sizes", ListOf((Name("side"),)), ratios)
        else:
            cell = call("anchor_sizes", Name("sides"), ratios)
        if said.step is not None:
            step: Expr = Literal((_short(said.step), _short(said.step)))
        else:
            size, sides = Name("size"), (Name("height"), Name("width"))
            step = code.Tuple(
                tuple(
                    code.Op("//", code.Subscript(size, Literal(i)), side)
                    for i, side in enumerate(sides)
                )
            )
        what = self.event.predicted[0].what
        assert isinstance(what, Predicted)
        found = methods()["each_anchors"]
        doc = (found.doc or "").replace("NUMBER boxes", _boxes(what.boxes))
        numbers = {"ANCHORS": name, "CELL": cell, "STEP": step}
        body = tuple(s.but(targets=("x", own)) if isinstance(s, For) else s for s in found.body)
        return _filled(found.but(name="anchors", doc=doc, body=body), numbers)

    def pooled(self) -> Expr:
        """How regions are cut out of the maps."""
        event = self.last
        assert event.pool is not None
        layer: Any = event.pool.what.layer  # type: ignore[union-attr]
        first = next(iter(self.uses.values()))
        use = self.uses["rcnn"]
        places = [first.values.index(var) for var in use.values]
        maps: Expr = Name("maps")
        if places != list(range(len(first.values))):
            if places == list(range(len(places))):
                maps = code.Subscript(maps, code.Range(None, Literal(len(places))))
            else:
                maps = ListOf(tuple(code.Subscript(Name("maps"), Literal(p)) for p in places))
        arguments = [
            maps,
            Name("regions"),
            Literal(tuple(event.strides)),
            Literal(layer.output_size),
        ]
        if layer.word == "roi_pool":
            return call("pool_regions_max", *arguments)
        return call("pool_regions", *arguments, layer.sampling_ratio)

    def constant(self, wanted: str, value: Any, comment: str) -> Expr:
        """A constant of the file."""
        constants = self.b.scene.constants
        name = distinct(wanted, constants.taken - {wanted})
        constants.entries[name] = (value, comment)
        return Literal(value, name)


# ------------------------------------------------------------------------------------------ filling
def _filled(function: Function, numbers: dict[str, Expr]) -> Function:
    def change(expr: Expr) -> Expr:
        return _without_absent(_with(expr, numbers))

    made = transform(function, change)
    for name in ("CANDIDATES", "DETECTIONS"):
        if name in numbers and made.doc:
            made = made.but(doc=made.doc.replace(name, numbers[name].text))
    return made


def _with(expr: Expr, numbers: dict[str, Expr]) -> Expr:
    """An expression with its names in capitals filled; unlike `rename`, variables of comprehensions may
    stand in what is filled in."""
    if isinstance(expr, Name):
        return numbers.get(expr.id, expr)
    return expr.map(lambda part: _with(part, numbers))


def _without_absent(expr: Expr) -> Expr:
    """Calls without the arguments that are `ABSENT`; `RESULT(x)` is x or a call with the sizes."""
    expr = expr.map(_without_absent)
    if not isinstance(expr, Call):
        return expr
    if expr.function == Name("RESULT"):
        return expr.positional[0]
    positional = expr.positional
    if expr.function == Name("scale_boxes") and len(positional) == 1:
        positional = (*positional, Name("self.size"), Name("size"))
    return Call(
        expr.function,
        tuple(a for a in positional if a != ABSENT),
        tuple((n, a) for n, a in expr.named if a != ABSENT),
    )


def _in_training(train: Expr, evaluate: Expr) -> Expr:
    if train == evaluate:
        return train
    return code.Choose(train, Attribute(SELF, "training"), evaluate)


def _short(value: Any) -> Any:
    """A number as a person writes it: 30, not 30.0."""
    return (
        int(value)
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e9
        else value
    )


def _each(value: Any, node: ast.Expr | None, channels: int) -> Expr:
    """Numbers for the channels of an image, as the text writes them: `1 / 255`."""
    values = value if isinstance(value, tuple) else (value,) * channels
    nodes: Sequence[ast.Expr | None] = [node] * len(values)
    if isinstance(node, ast.ListLiteral) and len(node.items) == len(values):
        nodes = node.items
    return code.Tuple(tuple(_written(v, n) for v, n in zip(values, nodes)))


def _written(value: Any, node: ast.Expr | None) -> Literal:
    plain = isinstance(node, ast.Binary) and isinstance(node.left, ast.Number)
    if plain and isinstance(node.right, ast.Number):  # type: ignore[union-attr]
        return Literal(value, f"{node.left.text} {node.op} {node.right.text}")  # type: ignore[union-attr]
    return Literal(_short(value))


def _boxes(number: int) -> str:
    word = {1: "One box", 3: "Three boxes", 6: "Six boxes", 9: "Nine boxes"}.get(number)
    return word or f"{number} boxes"
