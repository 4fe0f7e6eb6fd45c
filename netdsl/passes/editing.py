"""From decisions about single steps to the network that has them: what all passes share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netdsl.design import Applied, Design, Link, Passed, Scope, Shared
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.elaborate.edits import NOTHING, Edit, Edits, Place, place_of
from netdsl.layers.arguments import source_text
from netdsl.shapes import Size
from netdsl.source import Source, Span
from netdsl.syntax import ast
from netdsl.walks import links_of

Path = tuple[str, ...]
# The scope of a step, by the names down to it (of a shared module: where it is declared), and the step.
Decisions = dict[tuple[Path, int], Edit]


def compiled(
    design: Design,
    decisions: Decisions,
    sizes: Mapping[str, Size] | None = None,
    passed: Passed | None = None,
) -> Design:
    """The network with these edits, beside those that it has already. Raises `NetError`."""
    if design.start is not None or design.frozen:
        raise ValueError("passes come first: drop, fold, ... and then start_from and freeze")
    edits = edits_for(design.net, (), decisions, {})
    made, report = design.recipe.design(edits, sizes)
    made.replaced = design.replaced
    known = passed or Passed()
    before = design.passed or Passed()
    warned = [d.message for d in report.warnings if d.code != "W202"]
    notes = (*before.notes, *known.notes, *(w for w in warned if w not in before.notes))
    made.passed = Passed(
        (*before.said, *known.said),
        notes,
        {**before.folded, **known.folded},
        before.reshaped or known.reshaped,
        before.without or known.without,
    )
    if known.said:
        made.own_doc = " ".join(filter(None, [design.own_doc, *known.said]))
    return made


# ------------------------------------------------------------------------------------------ steps
def steps_of(scope: Scope) -> Iterator[Link]:
    """The steps of a scope, down to the scopes that they make; shared modules where they are declared."""
    yield from links_of(scope.region)
    for shared in scope.shared.values():
        if shared.link is not None:
            yield shared.link


def scope_of(link: Link) -> Scope | None:
    """The level below a step; that of a shared module is where it is declared."""
    return None if isinstance(link.what, Shared) else link.scope


def edits_for(
    scope: Scope, path: Path, decisions: Decisions, made: dict[object, Edits]
) -> Edits | None:
    """The edits of a scope and of all below it; equal ones of one scope are one object, so that equal uses
    of a block stay one scope. `made` are those so far."""
    old: Edits | None = scope.edits
    steps: dict[Place, Edit] = dict(old.steps) if old is not None else {}
    changed = False
    for link in steps_of(scope):
        below = scope_of(link)
        inner = None
        if below is not None and link.key is not None:
            inner = edits_for(below, (*path, link.key), decisions, made)
        elif below is not None:
            inner = below.edits
        edit = decisions.get((path, id(link)))
        place = place_of(link)
        before = steps.get(place, NOTHING)
        after = (edit or before).but(inner=inner)
        if edit is not None and edit.node is None:
            after = after.but(node=before.node)
        if not _same(after, before):
            steps[place], changed = after, True
    if not changed and old is None:
        return None
    keys = dict(old.keys) if old is not None else {}
    keys.update({place_of(link): key for key, link in scope.children.items()})
    identity = (id(scope), tuple((place, *_parts(edit)) for place, edit in steps.items()))
    return made.setdefault(identity, Edits(steps, keys))


def _parts(edit: Edit) -> tuple[object, ...]:
    return edit.drop, edit.body, id(edit.node), id(edit.inner)


def _same(a: Edit, b: Edit) -> bool:
    return _parts(a) == _parts(b)


# ------------------------------------------------------------------------------------------ nodes
class Nodes:
    """Other steps for some; equal changes of one step are one node, which is one line of what is emitted."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], ast.Link] = {}

    def with_arguments(self, link: Link, **arguments: object) -> ast.Link:
        """The step of a layer with some arguments changed."""
        node, step = call_of(link)
        key = (node, *((n, source_text(v)) for n, v in arguments.items()))
        if key not in self._made:
            kept = tuple(a for a in step.args if a.name is None or a.name.text not in arguments)
            assert isinstance(link.what, Applied)
            fields = type(link.what.layer).fields
            if step.name.text == link.what.layer.word and not shadowed(link, step.name.text):
                arguments = {n: v for n, v in arguments.items() if fields[n].default != v}
            new = tuple(argument(step.span, n, v) for n, v in arguments.items())
            self._made[key] = node.but(step=step.but(args=(*kept, *new)), belief=None)
        return self._made[key]

    def with_argument(self, link: Link, name: str, value: int) -> ast.Link | None:
        """The use of a block with another number for a parameter; None where the text cannot be told to."""
        node, step = call_of(link)
        definition = link.scope.definition if link.scope is not None else None
        params = [p.name.text for p in getattr(definition, "params", ())]
        default = next(
            (p.default for p in getattr(definition, "params", ()) if p.name.text == name), None
        )
        args, at = list(step.args), None
        for i, arg in enumerate(step.args):
            if arg.name is not None and arg.name.text == name:
                at = i
            elif arg.name is None and i < len(params) and params[i] == name:
                if step.name.text != definition.name:  # type: ignore[union-attr]
                    return None  # other arguments may be bound already
                args[i] = arg.but(value=expression(step.span, value))
        if at is not None:
            del args[at]
        if at is not None and (not isinstance(default, ast.Number) or default.value != value):
            args.append(argument(step.span, name, value))
        if args == list(step.args):
            return None
        key = (node, name, value)
        return self._made.setdefault(key, node.but(step=step.but(args=tuple(args)), belief=None))

    def other(self, link: Link, word: str, *first: ast.Expr, **arguments: object) -> ast.Link:
        """Another layer in the place of one."""
        node, step = call_of(link)
        if shadowed(link, word):
            message = f"`{word}` is something else here: the layer of that name cannot be used"
            hint = f"call your own `{word}` otherwise"
            raise NetError([Diagnostic("E484", message, step.span, hint=hint)])
        said = tuple(e.span.text if e.span.text else id(e) for e in first)
        key = (node, word, *said, *((n, source_text(v)) for n, v in arguments.items()))
        if key not in self._made:
            args = [ast.Argument(e.span, None, e) for e in first]
            args += [argument(step.span, n, v) for n, v in arguments.items()]
            call = ast.Call(step.span, ast.Name(step.span, word), tuple(args))
            self._made[key] = node.but(step=call, belief=None)
        return self._made[key]


def shadowed(link: Link, word: str) -> bool:
    """Whether a layer's word means something of the text's own where a step stands."""
    try:
        found = link.frame.find(word)
    except KeyError:
        found = None
    return found is not None or word in link.frame.file.definitions


def call_of(link: Link) -> tuple[ast.Link, ast.Call]:
    """The node of a step, and the word with arguments that it is. Raises `NetError` where the step is a
    whole `aux x = step` or `module x = step`, which cannot be changed (E484)."""
    node = link.node
    if isinstance(node, ast.Link) and isinstance(node.step, ast.Call):
        return node, node.step
    message = "a step that is all of an `aux` or a `module` cannot be changed"
    hint = "give it a body: `aux name { ... }`, `module name = { ... }`"
    raise NetError([Diagnostic("E484", message, node.span, hint=hint)])


def argument(span: Span, name: str, value: object) -> ast.Argument:
    """`name=value`, for what stands nowhere in a text."""
    return ast.Argument(span, ast.Name(span, name), expression(span, value))


def expression(span: Span, value: object) -> ast.Expr:
    """A value as an expression, whose text is how the language writes it."""
    text = source_text(value)
    at = Span(Source(span.source.name, text), 0, len(text))
    if isinstance(value, Size):
        return ast.SizeLiteral(at, tuple(value))
    if isinstance(value, str):
        return ast.String(at, value)
    if isinstance(value, bool) or value is None:
        return ast.Constant(at, value)
    if isinstance(value, tuple):
        return ast.ListLiteral(at, tuple(expression(span, v) for v in value))
    assert isinstance(value, (int, float))
    return ast.Number(at, value, text)
