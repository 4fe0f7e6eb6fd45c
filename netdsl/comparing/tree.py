"""A network as a tree of nodes that can be compared: what a step is, without what follows from it.

Two nodes are *alike* if they do the same: layers with equal arguments, levels whose steps are alike and have
the same names. They are *the same* if they have the same name too, and *equal* if the shapes and costs that
follow are equal as well. What they *hold* are names and shapes of tensors. Numbers stand for all of it, so
that comparing is cheap.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from netdsl.backends.table.data import json_value
from netdsl.backends.table.model import Row, arguments_of
from netdsl.backends.table.rows import rows_of
from netdsl.design import Design, HeadEvent, Scope
from netdsl.layers.base import Layer
from netdsl.layers.fields import Value, is_list
from netdsl.layers.geometry import padding_of
from netdsl.totals import scope_tensors

LAYERS = ("layer", "extern")
LEVELS = ("block", "group", "branch", "head")
# What only training does, and what only says how weights start.
TRAINING = {
    *(("dropout", "p"), ("channel_dropout", "p"), ("drop_path", "p")),
    *(("bn", "momentum"), ("instancenorm", "momentum")),
}
INITIAL = {("l2norm", "scale"), ("prelu", "init"), ("rbf", "seed"), ("conv", "weights")}

Tensors = tuple[tuple[str, tuple[int, ...]], ...]


class Node:
    """A step. `text` is how the language writes it, `arguments` its arguments as texts by name, `canonical`
    the same so that those that mean the same are equal (3 and 3x3, "same" and 1), `start` the value that its chain starts at, `tensors` its own entries of the `state_dict`."""

    __slots__ = (
        "alike",
        "arguments",
        "auxiliary",
        "canonical",
        "children",
        "equal",
        "explicit",
        "family",
        "held",
        "key",
        "kind",
        "label",
        "macs",
        "name",
        "named",
        "parameters",
        "path",
        "same",
        "settings",
        "shape",
        "start",
        "tensors",
        "text",
        "weighted",
        "word",
    )

    def __init__(self, row: Row, path: str) -> None:
        self.kind, self.name, self.word = row.kind, row.name, row.word
        self.family = row.what.family if isinstance(row.what, Layer) else ""
        self.path, self.key = path, row.key
        self.arguments: dict[str, str] = {}
        self.canonical: dict[str, str] = {}
        self.settings: dict[str, str] = {}  # of a side output, or of a head
        self.text = row.word or row.layer
        self.start = row.start
        self.auxiliary = row.auxiliary
        self.shape = None if row.shape is None else str(row.shape)
        self.parameters, self.macs = row.parameters, row.macs
        self.tensors: Tensors = ()
        self.weighted = False  # it, or what it holds, has tensors
        self.children: list[Node] = []
        self.alike = self.same = self.equal = self.held = 0
        # Names that the text gives; others follow from words and numbers.
        stem = row.name.rstrip("0123456789")
        self.explicit = stem not in ("", row.word, "branch")
        self.named = self.explicit or stem == "branch"  # a bar's name is its place in the merge
        self.label = row.name if stem else ""  # without those of numbered scopes

    def __repr__(self) -> str:
        return f"Node({self.path}: {self.text})"


class Forest:
    """The trees of networks that are compared with each other."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def nodes(self, design: Design) -> list[Node]:
        """The steps of a network, inputs first."""
        tensors: dict[str, list[tuple[str, tuple[int, ...]]]] = {}
        for name, shape, _ in scope_tensors(design.net):
            path, _, leaf = name.rpartition(".")
            tensors.setdefault(path, []).append((leaf, shape))
            tensors.setdefault(name, []).append(("", shape))  # a learned tensor by itself
        found = [self._node(row, "", tensors) for row in _shown(rows_of(design, False))]
        sides = {event.link.key: event.weight for event in design.net.aux.values()}
        for node in found:
            if node.auxiliary and node.key in sides:
                node.settings = {"weight": f"{sides[node.key]:g}"}
            elif node.kind == "head" and node.name in design.heads:
                node.settings = _head_settings(design.heads[node.name])
            elif node.kind == "output":
                maker = design.outputs[node.name].maker
                node.start = f"what {maker.word or 'the step'} gives" if maker is not None else ""
            else:
                continue
            self._number(node)
        return found

    def _node(self, row: Row, path: str, tensors: dict[str, Any]) -> Node:
        name = row.name or row.kind
        node = Node(row, f"{path}.{name}" if path else name)
        node.children = [self._node(child, node.path, tensors) for child in _shown(row.children)]
        if row.kind in (*LAYERS, "block"):
            node.arguments = {n: _text(value) for n, value in arguments_of(row).items()}
            node.text = _call(row, node.arguments)
            node.canonical = {**node.arguments, **_canonical(row.what)}
        if row.kind == "block":
            read = [f"{n}={node.arguments[n]}" for n, v in arguments_of(row).items() if _flows(v)]
            node.start = ", ".join(filter(None, (row.start, *read)))
        elif row.kind in ("merge", "residual"):
            node.text = row.layer if row.kind == "residual" else row.word
        elif row.kind == "predictor":
            node.text = row.layer
        if row.shared and row.key:
            node.start = ", ".join(filter(None, (node.start, f"the weights of {row.key}")))
        if row.kind in (*LAYERS, "param") and row.key and not row.shared:
            node.tensors = tuple(tensors.get(row.key, ()))
        node.weighted = bool(node.tensors) or any(child.weighted for child in node.children)
        self._number(node)
        return node

    def _number(self, node: Node) -> None:
        what: Hashable = node.text
        if node.kind in LAYERS:
            what = (node.word, tuple(node.canonical.items()))
        elif node.kind in LEVELS:
            what = tuple(node.settings.items())
        kind = "level" if node.kind in LEVELS else node.kind
        inside = tuple(child.same for child in node.children)
        node.alike = self._code((kind, what, node.start, node.auxiliary, inside))
        node.same = self._code(("same", node.name, node.word, node.alike))
        held = tuple((child.name, child.held) for child in node.children if child.weighted)
        node.held = self._code(("held", node.tensors, held))
        values = tuple(child.equal for child in node.children)
        node.equal = self._code((node.same, node.shape, node.parameters, node.macs, values))

    def _code(self, key: Hashable) -> int:
        return self._numbers.setdefault(key, len(self._numbers))


def _text(value: Any) -> str:
    """An argument as the language writes it."""
    found = json_value(value)
    if isinstance(found, bool) or found is None:
        return {True: "true", False: "false", None: "none"}[found]
    return found if isinstance(found, str) else str(found).replace("'", "")


def _flows(value: Any) -> bool:
    """Whether an argument is a value, or a list with one in it."""
    return isinstance(value, Value) or (is_list(value) and any(map(_flows, value)))


def _shown(rows: list[Row]) -> list[Row]:
    """Without the concatenations inside of `dense`, which its steps follow from."""
    return [row for row in rows if row.kind != "dense"]


def _call(row: Row, arguments: dict[str, str]) -> str:
    """`conv(64, 3x3, stride=2)`: what is a default is left out, and names where the place tells."""
    defaults = _defaults(row)
    count = row.what.positional if row.kind == "layer" and isinstance(row.what, Layer) else 99
    shown: list[str] = []
    for i, (name, text) in enumerate(arguments.items()):
        if defaults.get(name) != text:
            shown.append(text if len(shown) == i < count else f"{name}={text}")
    return f"{row.word}({', '.join(shown)})" if shown else row.word


def _defaults(row: Row) -> dict[str, str]:
    """The defaults of parameters, as texts."""
    what = row.what
    if isinstance(what, Scope):
        params = getattr(getattr(what.definition, "node", None), "params", ())
        return {p.name.text: p.default.span.text for p in params if p.default is not None}
    if row.kind != "layer" or not isinstance(what, Layer):
        return {}
    fields = type(what).fields.items()
    return {name: _text(field.default) for name, field in fields if not field.required}


def _canonical(what: Any) -> dict[str, str]:
    """Sizes of windows as one number where their sides are equal, and paddings as numbers."""
    names = ("kernel_size", "stride", "padding", "dilation", "output_padding")
    if not isinstance(what, Layer) or what.family not in ("convolution", "pooling"):
        return {}
    values = {name: getattr(what, name) for name in names if name in type(what).fields}
    if "stride" in values and values["stride"] is None:
        values["stride"] = values["kernel_size"]
    if isinstance(values.get("padding"), str):
        sides = [values["kernel_size"], values.get("dilation", 1)]
        count = max((len(side) for side in sides if isinstance(side, tuple)), default=1)
        kernel, space = (s if isinstance(s, tuple) else (s,) * count for s in sides)
        values["padding"] = padding_of(values["padding"], kernel, space, what.word)
    return {
        name: str(value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value)
        for name, value in values.items()
    }


def _head_settings(event: HeadEvent) -> dict[str, str]:
    fields = getattr(type(event.kind), "fields", {})
    return {name: _text(getattr(event.kind, name)) for name in fields}
