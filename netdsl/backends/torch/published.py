"""`keys { ... }` of the text: the class loads checkpoints in which names begin otherwise."""

from __future__ import annotations

from netdsl.backends.torch.template import Template
from netdsl.code.expr import Literal, Name, call
from netdsl.code.stmt import Do, Field, Function, Parameter


def load_published(template: Template, keys: dict[str, str]) -> None:
    """Give the class of a net `published`, and a method that loads such a checkpoint."""
    template.fields.append(Field("published", "ClassVar[dict[str, str]]", Literal(keys)))
    renamed = call(
        "rename_published", Name("state_dict"), call("self.state_dict"), Name("self.published")
    )
    template.methods.append(
        Function(
            "load_published",
            (Parameter("self"), Parameter("state_dict", "Mapping[str, Tensor]")),
            "None",
            "Load a published checkpoint: its names begin as `published` says.",
            (Do(call("self.load_state_dict", renamed)),),
        )
    )
