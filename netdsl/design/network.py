"""The whole of a compiled network, with what was asked of it and what was done to it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from netdsl.design.events import Applied, Flow, HeadEvent, Link, Note
from netdsl.design.scopes import Scope, Value
from netdsl.record import Record
from netdsl.source import Source
from netdsl.syntax import ast


class Condition(NamedTuple):
    """A step that takes some open sizes only: of what the sizes called `names` must be multiples."""

    multiple: int
    node: ast.Node
    names: tuple[str, ...]


class Start(Record):
    """The net of whose checkpoint a net starts: its parts -> the other's (`netdsl.weights`), and the
    same tensor by tensor."""

    source: str
    parts: dict[str, str]
    tensors: dict[str, str]


class Passed(Record):
    """What passes (`netdsl.passes`) changed: `said` tells it in sentences, `notes` what they left alone or
    did beside it.

    A checkpoint of the net without them still fits: `folded` are layers and the batch normalisation that
    was folded into each, with its eps; `reshaped` says whether weights of linear layers are kernels now,
    `without` whether steps with weights are gone.
    """

    said: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    folded: Mapping[str, tuple[str, float]] = MappingProxyType({})
    reshaped: bool = False
    without: bool = False


class Design:
    """A compiled network.

    `own_doc` is the text that documents it and `file_doc` that of its file, `conditions` say of which
    numbers open sizes must be multiples, `multiple` of which they are taken to be here, `overridden` whether a parameter, the input's size or a step
    came from outside. `replaced` are the steps that did, `start` and `frozen` what is done with weights:
    from which checkpoint they start, which parts stay as they are.
    """

    def __init__(
        self, net: Scope, source: Source, own_doc: str | None, file_doc: str | None
    ) -> None:
        self.net = net
        self.source = source
        self.own_doc = own_doc
        self.file_doc = file_doc
        self.meta: dict[str, Any] = {}
        self.keys: dict[str, str] = {}  # beginnings of our names -> those of published checkpoints
        self.conditions: list[Condition] = []
        self.multiple = 1  # its open sizes are taken to be multiples of it
        self.overridden = False
        self.replaced: tuple[str, ...] = ()
        self.start: Start | None = None
        self.frozen: tuple[str, ...] = ()
        self.run: Any = None  # evaluates expressions of the text in a frame, for backends
        self.recipe: Any = None  # what it was compiled from: a netdsl.compiler.Recipe
        self.passed: Passed | None = None  # what passes made of it

    @property
    def name(self) -> str:
        return self.net.name

    @property
    def doc(self) -> str | None:
        """What documents the network: its own text, else its file's."""
        return self.own_doc or self.file_doc

    @property
    def inputs(self) -> Mapping[str, Value]:
        return self.net.values

    @property
    def prepared(self) -> Link | None:
        """The `normalize` right behind the image of a detector: it is done while images become a batch, for
        what pads them must be zero afterwards."""
        events = self.net.region.events if self.net.heads else []
        first = next((e for e in events if not isinstance(e, Note)), None)
        link = first.links[0] if isinstance(first, Flow) else None
        if (
            link is None
            or not isinstance(link.what, Applied)
            or link.what.layer.word != "normalize"
        ):
            return None
        return link if link.what.layer.form == "channels" else None

    @property
    def heads(self) -> dict[str, HeadEvent]:
        """The detection heads, by their kind."""
        return self.net.heads

    @property
    def outputs(self) -> dict[str, Value]:
        """What the network gives: the values that `output` names, else its last one as `output`."""
        net = self.net
        if net.outputs:
            return {"_".join(path): v for path, v in net.outputs.items()}
        assert net.result is not None
        return {"output": net.result}
