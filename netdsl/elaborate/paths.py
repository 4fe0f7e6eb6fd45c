"""Values inside of steps, down a path of labels (`@features.relu4_3`), and the values that names stand for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netdsl.design import Link, Scope, Shared, Value
from netdsl.diagnostics import Mistake, did_you_mean
from netdsl.elaborate.lookup import MOST_LABELS, computed_name
from netdsl.elaborate.values import Silent, Tapped
from netdsl.shapes import Shape
from netdsl.syntax import ast
from netdsl.syntax.place import SIZES_OF_VALUES
from netdsl.walks import all_links, used

if TYPE_CHECKING:
    from netdsl.elaborate.names import Names


def below(of: Tapped, node: ast.Computed, names: Names) -> Tapped:
    """`@body.layer2`: the value that a step inside of `@body` gave."""
    name = computed_name(node, names)
    link = of.links[-1] if of.links else None
    if link is not None and (link.what is None or of.value.shape is None):
        raise Silent  # a mistake in that step has been reported
    scope = _scope_below(link)
    if scope is None and link is not None and _has_body(link.node):
        raise Silent  # it would be a scope, but for a mistake
    if scope is None:
        what = f"`@{'.'.join((of.links[0].label or '', *of.path))}`" if of.links else "this value"
        hint = did_you_mean(name, SIZES_OF_VALUES)
        if hint is None:
            sizes = "`.channels`, `.height`, `.width` are its sizes"
            hint = f"{sizes}; a path goes down labels of blocks and groups"
        raise Mistake("E103", f"{what} has no `{name}`", node.span, hint=hint)
    inner = scope.labels.get(name)
    if inner is None or inner.output is None:
        known = sorted(scope.labels)
        more = ", ..." if len(known) > MOST_LABELS else ""
        said = f"; it has {', '.join(known[:MOST_LABELS])}{more}" if known else "; it has no labels"
        raise Mistake(
            "E103",
            f"no value `{name}` in `{link.label if link else ''}`{said}",
            node.span,
            hint=did_you_mean(name, known) or _without_label(name, scope),
        )
    return Tapped(inner.output, (*of.links, inner), (*of.path, name))


def _without_label(name: str, scope: Scope) -> str | None:
    """What is said of a step that is called by its word: a path goes down labels."""
    found = [link for link in all_links(scope) if link.word == name and link.label is None]
    return f"a path goes down labels: `{name}1: {name}`, then `.{name}1`" if found else None


def _has_body(node: ast.Node) -> bool:
    """Whether a step has labels of its own, once it is run."""
    step = node.step if isinstance(node, ast.Link) else None
    return isinstance(step, ast.Group) or (isinstance(step, ast.Call) and step.body is not None)


def _scope_below(link: Link | None) -> Scope | None:
    inner = used(link) if link is not None else None
    return inner if isinstance(inner, Scope) else None


def value_of(found: Any) -> Value:
    """The value itself. What lies below a step becomes an export of every step on the way to it."""
    if isinstance(found, Value):
        return found
    assert isinstance(found, Tapped)
    if not found.path:
        return found.value
    if found.value.shape is None:
        raise Silent
    _export(found.links[:-1], found.path, found.value.shape)
    return found.links[0].exports[found.path]


def _export(links: Sequence[Link], path: tuple[str, ...], shape: Shape) -> None:
    """Have every step on a way down give the value at its end. A module is one for all of its uses, made of
    what the first did: what is read inside of another use, it gives in all."""
    for depth, link in enumerate(links):
        rest = path[depth:]
        if rest in link.exports:
            continue
        value = Value(shape, label=rest[-1])
        value.maker = link
        link.exports[rest] = value
        if isinstance(link.what, Shared) and link.what.home.link is not None:
            first = _way(link.what.home.link, rest)
            if first is not None and first[-1].output is not None:
                end = first[-1].output.shape
                if end is not None:
                    _export(first[:-1], rest, end)


def _way(link: Link, path: tuple[str, ...]) -> list[Link] | None:
    """A step and those that a path of labels goes down from it."""
    links = [link]
    for name in path:
        scope = _scope_below(links[-1])
        if scope is None or name not in scope.labels:
            return None
        links.append(scope.labels[name])
    return links
