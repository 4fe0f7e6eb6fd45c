"""What can be one `nn.Sequential`: a body whose every step is a module that takes and gives one value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.design import (
    Applied,
    Branch,
    Flow,
    Inlined,
    Link,
    Loop,
    Note,
    Region,
    Scope,
    SharedModule,
)
from netdsl.syntax import ast
from netdsl.walks import reads_around

if TYPE_CHECKING:
    from netdsl.backends.torch.emitter import Emitter


def is_chain(emitter: Emitter, scope: Scope) -> bool:
    """Whether a scope is one chain of modules."""
    if isinstance(scope.definition, ast.Aux):
        return False  # a side output reads best as a class with its own forward
    return (
        scope.kind in ("group", "bar", "aux", "module")
        and not scope.weights
        and not scope.shared
        and region_is_chain(emitter, scope.region)
    )


def region_is_chain(emitter: Emitter, region: Region) -> bool:
    """Whether every step of a body is a module that takes and gives one value."""
    for event in region.events:
        if isinstance(event, Flow):
            if not all(_link_is_chain(emitter, link) for link in event.links):
                return False
        elif isinstance(event, Loop):
            if not all(region_is_chain(emitter, r) for r in event.iterations):
                return False
        elif isinstance(event, Branch):
            if event.region is not None and not region_is_chain(emitter, event.region):
                return False
        elif not (isinstance(event, Note) and isinstance(event.node, (ast.Let, ast.Init))):
            return False
    return True


def _link_is_chain(emitter: Emitter, link: Link) -> bool:
    what = link.what
    if isinstance(what, Applied):
        return not what.layer.references()
    if isinstance(what, Scope):
        if link.exports or len(link.inputs) != 1 or emitter.gives_several(what):
            return False
        if any(isinstance(v, SharedModule) for v in what.arguments.values()):
            return False  # forward passes the module
        return what.outer is None or not reads_around(what)
    if isinstance(what, Inlined):
        return region_is_chain(emitter, what.region)
    return False
