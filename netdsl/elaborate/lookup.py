"""What `@name` reaches: own scope, then outwards up to the block, and down only by path.

Earlier values only; inside a loop those of the same iteration. Besides labels, `@x` reaches inputs,
parameters and lets that hold a value, and learned tensors (`param`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from netdsl.design import Link, Scope, Value, WeightEvent
from netdsl.diagnostics import Mistake, mistake_of, nearest
from netdsl.elaborate.naming import loop_around
from netdsl.elaborate.values import Silent, Tapped, Unknown, kind_of
from netdsl.frames import Frame
from netdsl.layers.fields import is_int
from netdsl.source import Span
from netdsl.syntax import ast
from netdsl.syntax.parse import LONGEST_NAME, name_too_long

MOST_LABELS = 5  # that a message names
FACTS = ("channels", "height", "width", "length", "shape")  # of a value, and of `in`

if TYPE_CHECKING:
    from netdsl.elaborate.names import Names
    from netdsl.elaborate.run import Run


def block_input(frame: Frame) -> Value | None:
    """What entered the block (or the inlined block) around a frame."""
    at: Frame | None = frame
    while at is not None:
        if at.kind == "inline" or "in" in at.names:  # a head's body has a map of its own
            return at.names.get("in")
        if at.kind == "scope" and at.scope is not None and at.scope.outer is None:
            return at.scope.input
        at = at.parent
    return None


def nothing_enters(word: str, frame: Frame) -> Mistake:
    """The mistake of `in` where there is no such value."""
    hint = None
    if frame.scope is not None and len(frame.scope.block.values) > 1:
        first = next(iter(frame.scope.block.values))
        shown = f"@{first}" if word == "@in" else f"@{first}.channels"
        hint = f"a net with several inputs names the one that is meant: `{shown}`"
    return Mistake("E126", f"`{word}` is what enters a block; nothing enters here", hint=hint)


def computed_name(node: ast.Computed, names: Names) -> str:
    """The text of a name with its holes filled."""
    from netdsl.elaborate.expressions import evaluate

    if node.plain is not None:
        return node.plain
    text = ""
    for part in node.parts:
        if isinstance(part, str):
            text += part
            continue
        value = evaluate(part, names)
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, str))
            or (isinstance(value, int) and value < 0)
        ):
            raise Mistake(
                "E122", "a name is computed from whole numbers that are not negative", part.span
            )
        text += str(value)
    if len(text) > LONGEST_NAME:
        raise mistake_of(name_too_long(text, node.span))
    if not text.isidentifier() or not text.isascii():
        raise Mistake(
            "E106",
            f"`{text}` is no name",
            node.span,
            hint="names begin with a letter and have letters, digits and `_`",
        )
    return text


def tap(node: ast.Tap, names: Names) -> Any:
    """The value that `@name` or `@in` reaches, or a list of values that a name stands for."""
    if node.name is None:
        value = block_input(names.frame)
        if value is None:
            raise nothing_enters("@in", names.frame).at(node.span)
        return Tapped(value)
    name = computed_name(node.name, names)
    found = reached(name, node.span, names.frame)
    if found is None:
        raise _unknown(node, name, names)
    return found


def reached(name: str, span: Span, reader: Frame) -> Any:
    """The value, or the list of values, that `@name` reaches at a place of the text; None if nothing."""
    frame: Frame | None = reader
    while frame is not None:
        found = _in_frame(frame, name, span, reader)
        if found is not None:
            return found
        frame = frame.parent
    return None


def _is_ahead(what: Link | WeightEvent, span: Span, frame: Frame) -> bool:
    """Whether a step or a `param` stands around or after a place in the text and so has no value there yet,
    though it may have one by now: backends read expressions again when everything has been run."""
    around: list[Frame] = []
    at: Frame | None = frame
    while at is not None:
        around.append(at)
        at = at.parent
    own = what.node.span
    source, end = own.source, own.end
    at = what.frame
    while at is not None and at not in around and at.kind != "scope":
        loop = at.loop
        if loop is not None and loop.source is span.source and loop.start <= span.start < loop.end:
            round_ = next((f for f in around if f.loop is loop and f.parent is at.parent), None)
            return round_ is not None and round_.iteration <= at.iteration  # of a later round
        if at.kind == "inline":  # its steps stand where the block is put in
            source, end = span.source, at.iteration
            at = at.host
        else:
            at = at.parent
    return source is span.source and end > span.start


def _in_frame(frame: Frame, name: str, span: Span, reader: Frame) -> Any:
    link = frame.labels.get(name)
    if link is not None and not _is_ahead(link, span, reader):
        return Tapped(link.output, (link,)) if link.output is not None else None
    held, let = frame.names.get(name), frame.lets.get(name)
    if let is not None and let.end > span.start:
        held = None  # a `let` that is not there yet, where the text above or in it is read again
    if isinstance(held, Tapped):
        return held
    if isinstance(held, Value):
        return Tapped(held)
    if isinstance(held, tuple) and any(isinstance(h, (Tapped, Value)) for h in held):
        return held  # a list of values: `@maps[0]`
    if frame.kind == "scope" and frame.scope is not None:
        value = frame.scope.values.get(name)
        if value is not None:
            return Tapped(value)
        weight = frame.scope.weights.get(name)
        if weight is not None and not _is_ahead(weight, span, reader):
            return Tapped(weight.value)
    if frame.kind == "inline" and frame.scope is not None:
        weight = frame.scope.weights.get(name)  # the scope around has it, this text named it
        at = weight.frame if weight is not None else None
        while at is not None and at is not frame:
            at = at.parent
        if weight is not None and at is frame and not _is_ahead(weight, span, reader):
            return Tapped(weight.value)
    return None


def register(frame: Frame, link: Link, name: str, plain: str | None) -> None:
    """Make a labelled step reachable from here outwards, up to its scope."""
    at: Frame | None = frame
    while at is not None:
        at.labels[name] = link
        if plain is not None and at.kind in ("inline", "repeat", "for"):
            at.labels[plain] = link  # the text of an inlined block does not see the loop around it
        if at.kind in ("repeat", "for"):
            plain = None  # outside of the loop only the numbered name is left
        if at.kind == "scope":
            if at.scope is not None:
                at.scope.labels[name] = link
            return
        at = at.host if at.kind == "inline" else at.parent


def labels_in_reach(frame: Frame) -> list[str]:
    """Every name that `@` can reach from here."""
    found: dict[str, None] = {}
    at: Frame | None = frame
    while at is not None:
        found.update(dict.fromkeys(at.labels))
        found.update((n, None) for n, v in at.names.items() if isinstance(v, (Tapped, Value)))
        if at.kind == "scope" and at.scope is not None:
            found.update(dict.fromkeys((*at.scope.values, *at.scope.weights)))
        at = at.parent
    found.pop("in", None)
    return list(found)


def _unknown(node: ast.Tap, name: str, names: Names) -> Mistake:
    """What is said where no label of that name can be reached."""
    scope = _scope_around(names.frame)
    if scope is not None and (scope.block.lost or name in names.run.lost_heads):
        raise Silent
    if scope is not None and name in scope.block.heads:
        hint = "what a head gives is what the network gives; no step reads it"
        raise Mistake("E103", f"there is no value `@{name}`", node.span, hint=hint)
    body = body_around(scope)
    for head in body.statements if body is not None else ():
        if isinstance(head, ast.Head) and head.span.end <= node.span.start:
            inside = [label for label, _ in labels_of(head.body) if label.plain == name]
            if inside:
                label = (inside[0].span, f"it stands in `head {head.name.text}`")
                hint = (
                    "what a head does stays in it: do this step above the head, where both read it"
                )
                message = f"there is no value `@{name}` here"
                raise Mistake("E103", message, node.span, labels=[label], hint=hint)
    return unknown_value(node, name, names, labels_in_reach(names.frame), body)


def unknown_value(
    node: ast.Tap, name: str, names: Names, known: list[str], body: ast.Body | None
) -> Mistake:
    """The mistake of `@name` where `known` can be reached; `body` is that of the block."""
    later, path = place_of(names.run, body, name) if body is not None else (None, ())
    if later is not None and path and later.start < node.span.start:
        around = [label for label in path if label is not None]
        hint = f"it stands inside of `{path[0]}`: write `@{'.'.join((*around, name))}`"
        if len(around) < len(path):
            hint = "it stands inside of a group without a label; give that one"
        label = (later, "it stands here")
        return Mistake(
            "E103", f"there is no value `@{name}` here", node.span, labels=[label], hint=hint
        )
    if later is not None and later.start > node.span.start:
        return Mistake(
            "E104",
            f"`@{name}` is used before it exists",
            node.span,
            labels=[(later, "given here")],
            hint="a value can be read only after the step that gives it",
        )
    if later is not None:
        assert body is not None
        return _not_here(node, name, later, body)
    try:
        found = names.find(name)
        hint: str | None = f"`{name}` is {kind_of(found)}; it is written without `@`"
        if isinstance(found, Unknown):
            raise Silent
    except KeyError:
        # as it stands in the text: `output a` has no `@`
        sign = "@" if node.span.text.startswith("@") else ""
        near = _numbered(name, names, known) or _inside(name, names.frame) or nearest(name, known)
        hint = None if near is None else f"did you mean `{sign}{near}`?"
        if hint is None:
            hint = _in_block_without_label(name, names.frame.scope)
        if hint is None and known:
            hint = f"labels here: {', '.join(known[:8])}{', ...' if len(known) > 8 else ''}"
    return Mistake("E103", f"there is no value `@{name}`", node.span, hint=hint)


def _numbered(name: str, names: Names, known: list[str]) -> str | None:
    """`z{i}` for `z`, where steps have labels with numbers and the loop around counts."""
    loop = loop_around(names.frame)
    counters = [n for n, held in loop.names.items() if is_int(held)] if loop is not None else []
    if not counters or loop is None or loop.kind != "for":
        return None
    numbers = (label[len(name) :] for label in known if label.startswith(name))
    return f"{name}{{{counters[0]}}}" if any(n.isdecimal() for n in numbers) else None


def _inside(name: str, frame: Frame) -> str | None:
    """`body.s1` for `s1`, where a step with a label is a block that has such a label."""
    at: Frame | None = frame
    while at is not None:
        for label, link in at.labels.items():
            if isinstance(link.what, Scope) and name in link.what.labels:
                return f"{label}.{name}"
        at = at.parent
    return None


def _in_block_without_label(name: str, scope: Scope | None) -> str | None:
    """What is said where a block has such a label, and its step has none by which it is reached."""
    steps = scope.naming.steps if scope is not None and scope.naming is not None else ()
    for link, _, _ in steps:
        if link.label is None and isinstance(link.what, Scope) and name in link.what.labels:
            return (
                f"it stands inside of `{link.word}`, a step without a label: with `part: {link.word}` "
                f"it is `@part.{name}`"
            )
    return None


def _not_here(node: ast.Tap, name: str, label: Span, body: ast.Body) -> Mistake:
    """The mistake of a value whose step stands above, and still gives nothing here."""
    around = [n for n in ast.below(body) if n.span.start <= label.start < n.span.end]
    if any(isinstance(n, ast.Link) and n.span.end >= node.span.end for n in around):
        hint = "a step cannot read what it gives itself; only steps after it can"
        message = f"`@{name}` is used inside of its own step"
        return Mistake("E104", message, node.span, labels=[(label, "given by this")], hint=hint)
    apart = [n for n in around if n.span.end < node.span.end]
    hint = "its step is not run here"
    if any(isinstance(n, (ast.Repeat, ast.For)) or _is_dense(n) for n in apart):
        hint = (
            f"in a loop each iteration has its own: from outside it is `@{name}1`, `@{name}2`, ..."
        )
    elif any(isinstance(n, ast.If) for n in apart):
        hint = "it stands under a condition that is false here"
    message = f"there is no value `@{name}` here"
    return Mistake("E103", message, node.span, labels=[(label, "it stands here")], hint=hint)


def _is_dense(node: ast.Node) -> bool:
    return isinstance(node, ast.Call) and node.name.text == "dense"


def _scope_around(frame: Frame) -> Scope | None:
    at: Frame | None = frame
    while at is not None and not (at.kind in ("scope", "inline") and at.parent is None):
        at = at.parent
    return at.scope if at is not None else None


def body_around(scope: Scope | None) -> ast.Body | None:
    """The text of the block around a scope."""
    if scope is None:
        return None
    definition = scope.block.definition
    body = getattr(getattr(definition, "node", definition), "body", None)
    return body if isinstance(body, ast.Body) else None


def place_of(run: Run, body: ast.Body, name: str) -> tuple[Span | None, tuple[str | None, ...]]:
    """Where a plain label stands in the text of a block, and the labels of the groups around it."""
    places = run.label_places.get(body)
    if places is None:
        places = run.label_places[body] = {}
        for label, path in labels_of(body):
            if label.plain is not None:
                places.setdefault(label.plain, (label.span, path))
    return places.get(name, (None, ()))


def labels_of(
    body: ast.Body, path: tuple[str | None, ...] = ()
) -> Iterator[tuple[ast.Computed, tuple[str | None, ...]]]:
    """Every label in the text of a body, at any depth, with the labels of the scopes around it."""
    for statement in ast.flat(body):
        chain = statement.chain if isinstance(statement, (ast.Bar, ast.Aux)) else statement
        if not isinstance(chain, ast.Chain):
            continue
        for link in chain.links:
            if link.label is not None:
                yield link.label, path
            step = link.step
            own = link.label.text if link.label is not None else None
            if isinstance(step, ast.Group):
                yield from labels_of(step.body, (*path, own))
            elif isinstance(step, ast.Call):
                inner = path if own is None else (*path, own)
                for part in (step.body, *(c.body for c in step.clauses)):
                    if part is not None:
                        yield from labels_of(part, inner)
