"""What the class of a net does with weights: checkpoints whose names begin otherwise (`keys { ... }`),
those of another net to start from, and parts that stay frozen."""

from __future__ import annotations

from netdsl.backends.torch.folded import short_names
from netdsl.backends.torch.template import Template
from netdsl.code.expr import Attribute, Expr, Literal, Name, call
from netdsl.code.stmt import Do, Field, For, Function, Parameter, Return, Statement
from netdsl.design import Design, Passed, Start
from netdsl.totals import extern_names, scope_tensors

FROZEN = Name("self.frozen")


def add_checkpoints(template: Template, design: Design) -> None:
    """Give the class of a net what its design says about weights."""
    passed = design.passed or Passed()
    renames = bool(passed.folded) or passed.without
    if passed.reshaped or renames:
        _load_original(template, design, passed)
    if design.keys and not renames:
        _load_published(template, design.keys, passed.reshaped)
    if design.start is not None:
        _start_from(template, design.start)
    if design.frozen:
        _freeze(template, design)


def _load_original(template: Template, design: Design, passed: Passed) -> None:
    """A method that loads a checkpoint of the network before passes changed it, and `folded`."""
    weights: Expr = Name("state_dict")
    what = []
    if passed.folded:
        short = short_names(design, dict(passed.folded))
        kind = "ClassVar[dict[str, tuple[str, float]]]"
        template.fields.append(Field("folded", kind, Literal(short)))
        weights = call("fold_batch_norm", weights, Name("self.folded"))
        what.append("batch normalisation is folded")
    if passed.without:
        weights = call("without_others", weights, call("self.state_dict"))
        what.append("dropped steps are left out")
    if passed.reshaped:
        weights = call("shaped_like", weights, call("self.state_dict"))
        what.append("linear layers become kernels")
    doc = f"Load a checkpoint of the network before: {', '.join(what)}."
    template.methods.append(_loader("load_original", doc, weights))


def _load_published(template: Template, keys: dict[str, str], reshaped: bool) -> None:
    """`published`, and a method that loads such a checkpoint."""
    template.fields.append(Field("published", "ClassVar[dict[str, str]]", Literal(keys)))
    renamed = call(
        "rename_published", Name("state_dict"), call("self.state_dict"), Name("self.published")
    )
    doc = "Load a published checkpoint: its names begin as `published` says."
    load = "self.load_original" if reshaped else "self.load_state_dict"
    template.methods.append(_loader("load_published", doc, renamed, load))


def _start_from(template: Template, start: Start) -> None:
    """`started_from`, and a method that takes so much of a checkpoint."""
    template.fields.append(Field("started_from", "ClassVar[dict[str, str]]", Literal(start.parts)))
    taken = call(
        "take_parts", Name("state_dict"), call("self.state_dict"), Name("self.started_from")
    )
    doc = f"Start from a checkpoint of {start.source}; `started_from` says what is taken."
    template.methods.append(_loader("start_from", doc, taken))


def _loader(name: str, doc: str, weights: Expr, load: str = "self.load_state_dict") -> Function:
    return Function(
        name,
        (Parameter("self"), Parameter("state_dict", "Mapping[str, Tensor]")),
        "None",
        doc,
        (Do(call(load, weights)),),
    )


def _freeze(template: Template, design: Design) -> None:
    """`frozen`, whose weights have no gradients and whose running statistics stay as they are."""
    tensors = [name for name, _, _ in scope_tensors(design.net)]
    learned = [part for part in design.frozen if part in tensors]
    modules = [part for part in design.frozen if part not in tensors]
    if modules:
        template.fields.append(
            Field("frozen", "ClassVar[tuple[str, ...]]", Literal(tuple(modules)))
        )
        template.ctor.append(_of_each("requires_grad_", Literal(False)))
    for name in learned:
        plain = all(piece.isidentifier() for piece in name.split("."))
        parameter = Name(f"self.{name}") if plain else call("self.get_parameter", name)
        template.ctor.append(Do(call(Attribute(parameter, "requires_grad_"), False)))
    begins = tuple(f"{part}." for part in modules)
    kept = any(n.startswith(begins) and n.endswith(".running_mean") for n in tensors)
    if kept or any(f"{name}.".startswith(begins) for name in extern_names(design.net)):
        train: tuple[Statement, ...] = (
            Do(call("super().train", Name("mode"))),
            _of_each("eval", comment="running statistics stay as they are"),
            Return(Name("self")),
        )
        mode = Parameter("mode", "bool", Literal(True))
        template.methods.append(Function("train", (Parameter("self"), mode), "Self", None, train))


def _of_each(method: str, *arguments: Expr, comment: str | None = None) -> For:
    """What is called of every frozen part."""
    part = call("self.get_submodule", Name("name"))
    return For(("name",), FROZEN, (Do(call(Attribute(part, method), *arguments), comment),))
