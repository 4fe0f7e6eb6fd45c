"""Steps that are written as functions of what flows in, as in PyTorch: `relu(a)`, `conv(@a, 16, 3x3)`."""

from __future__ import annotations

from netdsl.design import SharedModule, Value
from netdsl.diagnostics import Mistake
from netdsl.elaborate.functions import ON_VALUES
from netdsl.elaborate.names import CONCATENATIONS, MERGES, Names, builtin_target
from netdsl.elaborate.values import BlockDef, ExternDef, Form, LayerDef, Tapped, Target
from netdsl.frames import NOTHING
from netdsl.layers.arguments import needs
from netdsl.layers.checked import Refused
from netdsl.layers.fields import Value as Flowing
from netdsl.source import Span
from netdsl.syntax import ast

LONGEST = 80  # characters of a chain that a hint shows
NUMBERS = (ast.Number, ast.SizeLiteral, ast.String)


def check_flow(
    step: ast.Call, target: Target | SharedModule, names: Names, label: ast.Computed | None
) -> None:
    """Refuse a value as the first argument of a step that takes none there. `label` is that of the step."""
    if not step.args or step.args[0].name is not None or isinstance(step.args[0].value, NUMBERS):
        return
    first = step.args[0].value
    begins = flowing(first, names)
    if begins is None or _takes_values(target, step.args):
        return
    call = _call(step.name.text, step.args[1:]).replace("(size=@", "(like=@")
    if step.body is not None:
        call += " { ... }"
    named = f"{label.text}: " if label is not None else ""
    shown = f"{begins} -> {named}{call}"
    if len(shown) > LONGEST or "\n" in shown:
        shown = f"@label -> {named}{step.name.text}"
    message = f"`{step.name.text}` takes no value as an argument"
    hint = f"a step takes what flows in: write `{shown}`"
    raise Mistake("E114", message, first.span, hint=hint)


def bars_of(args: tuple[ast.Argument, ...], names: Names) -> str:
    """What stands in parentheses behind a merge as its body: `concat(a, b)` is `concat { | @a | @b }`."""
    nodes = [a.value for a in args if a.name is None]
    if len(nodes) == 2 and isinstance(nodes[1], (ast.Number, ast.Unary)):
        nodes = nodes[:1]  # the dimension: `cat([a, b], 1)`
    if len(nodes) == 1 and isinstance(nodes[0], ast.ListLiteral):
        nodes = list(nodes[0].items)
    if len(nodes) == 1 and isinstance(nodes[0], ast.Ref):
        held = names.frame.get(nodes[0].name, nodes[0].span.start)
        if isinstance(held, tuple) and held and isinstance(held[0], (Tapped, Value)):
            return f"{{ for x in {nodes[0].name} {{ | @x }} }}"
    bars = [flowing(node, names) for node in nodes]
    shown = " ".join(f"| {bar}" for bar in bars)
    if len(bars) < 2 or None in bars or len(shown) > LONGEST or "\n" in shown:
        return "{ | a | b }"
    return f"{{ {shown} }}"


def _takes_values(target: Target | SharedModule, args: tuple[ast.Argument, ...]) -> bool:
    """Whether the first of some arguments may be meant as one."""
    given = len([a for a in args if a.name is None])
    if isinstance(target, SharedModule):
        return False
    definition = target.definition
    if isinstance(definition, Form):
        return False
    if isinstance(definition, LayerDef):
        layer = definition.layer
        if layer.many:
            return True  # what is wrong with it is said of its bars
        first = next((n for n in layer.fields if n not in target.bound), None)
        if first is None or given > layer.positional:
            return False
        named = {a.name.text for a in args if a.name is not None}
        others = [*layer.fields][: given - 1]
        if any(
            must and n not in (*others, *named, *target.bound) for n, must in needs(layer).items()
        ):
            return True  # the channels of a value may be meant: `conv(a, 3x3)`
        try:
            layer.fields[first].check(Flowing())
        except Refused:
            return False
        return True
    assert isinstance(definition, (BlockDef, ExternDef))
    free = [p for p in definition.params if p.name.text not in target.bound]
    if given > len(free):
        return False
    if not isinstance(free[0].default, NUMBERS) or isinstance(definition, ExternDef):
        return True
    name = free[0].name.text  # a number that nothing reads may be anything
    return not any(isinstance(n, ast.Ref) and n.name == name for n in ast.below(definition.node))


def flowing(node: ast.Expr, names: Names) -> str | None:
    """What a value is as the beginning of a chain: `@a`, `(@a + @b)`, `@a -> relu`; None if it is none."""
    if isinstance(node, ast.Apply):
        word = node.of.name if isinstance(node.of, ast.Ref) else None
        if word in (*MERGES, *CONCATENATIONS):
            bars = bars_of(node.args, names)
            return f"{word if word in MERGES else 'concat'} {bars}" if "@" in bars else None
        inner = flowing(node.args[0].value, names) if node.args and word else None
        if word is None or inner is None:
            return None
        if word in ON_VALUES and builtin_target(word) is None:
            return f"({_signed(node, names)})"
        return f"{inner} -> {_call(word, node.args[1:])}"
    if isinstance(node, (ast.Binary, ast.Unary)):
        leaves = list(_leaves(node))
        flows = any(_is_value(leaf, names) for leaf in leaves)
        return f"({_signed(node, names)})" if flows else None
    if not _is_value(node, names):
        return None
    return _signed(node, names)


def _leaves(node: ast.Expr) -> list[ast.Expr]:
    """What a sum or a product is made of."""
    found: list[ast.Expr] = []
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Binary):
            waiting += (part.left, part.right)
        elif isinstance(part, ast.Unary):
            waiting.append(part.of)
        else:
            found.append(part)
    return found


def _is_value(node: ast.Expr, names: Names) -> bool:
    """Whether an expression is a value, or a name that is one with `@` before it."""
    if isinstance(node, (ast.In, ast.Tap)):
        return True
    if not isinstance(node, ast.Ref):
        return False
    held = names.frame.get(node.name, node.span.start)
    if held is NOTHING:
        defined = node.name in names.file.definitions
        return not defined and names.gives(node.name, node.span)
    return isinstance(held, (Tapped, Value))


def _signed(node: ast.Expr, names: Names) -> str:
    """The text of an expression, with `@` before each value."""
    span = whole(node.span)
    text, start = span.text, span.start
    facts = {id(n.of) for n in ast.below(node) if isinstance(n, ast.Attribute)}  # `in.channels`
    found = [n for n in (node, *ast.below(node)) if id(n) not in facts]
    bare = [n for n in found if isinstance(n, (ast.In, ast.Ref)) and _is_value(n, names)]
    ends = [n.span.start - start for n in bare]
    for end in sorted(ends, reverse=True):
        text = f"{text[:end]}@{text[end:]}"
    return text


def _call(word: str, args: tuple[ast.Argument, ...]) -> str:
    return f"{word}({', '.join(argument.span.text for argument in args)})" if args else word


def label_of(node: ast.Node) -> ast.Computed | None:
    """The label of a step; `module tower = ...` has none."""
    return node.label if isinstance(node, ast.Link) else None


def whole(span: Span) -> Span:
    """The place of an expression with the parentheses at its ends: `(a + b) * c` begins behind its first one."""
    depth = least = 0
    for letter in span.text:
        depth += (letter == "(") - (letter == ")")
        least = min(least, depth)
    start, end, text = span.start, span.end, span.source.text
    for _ in range(-least):
        start = text.rfind("(", 0, start)
    for _ in range(depth - least):
        end = text.find(")", end) + 1
    return Span(span.source, start, end) if start >= 0 and end > 0 else span
