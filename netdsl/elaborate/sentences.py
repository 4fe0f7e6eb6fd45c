"""What can be judged of a step by its text: its body, its clauses, the arguments that must be there.

Both who runs a network (`steps`, `merging`, `forms`) and who only reads it (`static`) ask here, so that
a mistake has one wording.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.design import SharedModule
from netdsl.diagnostics import Edit, Mistake, surely
from netdsl.elaborate.functional import bars_of
from netdsl.elaborate.naming import in_loop
from netdsl.elaborate.surplus import Shown
from netdsl.elaborate.values import BlockDef, ExternDef, Form, LayerDef, Target
from netdsl.frames import Frame
from netdsl.layers.arguments import needs
from netdsl.source import Span
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.names import Names


def is_merge(target: Target) -> bool:
    """Whether a word joins bars: `concat`, `add`, `mul`."""
    return isinstance(target.definition, LayerDef) and target.definition.layer.many


def takes_body(target: Target) -> bool:
    return is_merge(target) or isinstance(target.definition, Form)


def check_body(step: ast.Call, target: Target, names: Names) -> None:
    """Merges and forms have a body, and nothing else has one."""
    word = step.name.text
    if step.body is not None and not takes_body(target):
        raise _no_body(step, step.body)
    if step.body is None and takes_body(target):
        example = f"{word} {bars_of(step.args, names)}" if is_merge(target) else f"{word} {{ ... }}"
        if word == "dense":
            count = step.args[0].value.span.text if step.args else "6"
            example = f"dense({count}) {{ ... }}"
        hint = f"write `{example}`"
        if word == "dense" and step.args:
            hint += f"; a fully connected layer is `linear({count})`"
        raise Mistake("E116", f"`{word}` needs a body", step.name.span, hint=hint)


def _no_body(step: ast.Call, body: ast.Body) -> Mistake:
    """The mistake of a body behind a layer or a block: what stands in it may be meant to follow."""
    source, start = body.span.source, body.span.start
    call = source.text[step.span.start : start].rstrip()
    chain = body.statements[0] if len(body.statements) == 1 else None
    follows = chain.span.text if isinstance(chain, ast.Chain) else "..."
    fix = [Edit(body.span, f"-> {follows}")] if isinstance(chain, ast.Chain) else []
    if "\n" in f"{call}{follows}":
        call, follows = step.name.text, "..."
    hint = f"steps follow it: `{call} -> {follows}`; a group is `label: {{ ... }}`"
    brace = Span(source, start, start + 1)
    return Mistake("E116", f"`{step.name.text}` takes no body", brace, hint=hint, fix=fix)


def check_module(step: ast.Call) -> None:
    """A use of `module tower = ...` is its name alone."""
    if step.args or step.body is not None:
        message = f"`{step.name.text}` is a module and takes no arguments"
        raise Mistake("E114", message, step.span)


def inlined_block(step: ast.Inline, target: Target | SharedModule) -> BlockDef:
    """What `inline name(...)` puts in; it must be a block."""
    if isinstance(target, Target) and isinstance(target.definition, BlockDef):
        return target.definition
    message = f"`inline` needs a block, and `{step.name.text}` is none"
    raise Mistake("E115", message, step.name.span)


# --------------------------------------------------------------------------------------- statements
def check_place(node: ast.Statement, frame: Frame) -> None:
    """Statements that cannot stand everywhere."""
    scope, word = frame.scope, statement_word(node)
    assert scope is not None
    if isinstance(node, (ast.Weight, ast.Module)):
        if in_loop(frame):
            hint = "make the loop's body a block"
            raise Mistake("E120", f"`{word}` cannot stand in a loop", node.span, hint=hint)
        return
    in_net = scope.kind == "net"
    if isinstance(node, ast.Output):
        fits = in_net and not in_loop(frame)
    elif isinstance(node, ast.Aux):
        fits = in_net
    elif isinstance(node, ast.Head):
        fits = in_net and not in_loop(frame)
    elif isinstance(node, (ast.Input, ast.Meta, ast.Keys, ast.Expect)):
        fits = in_net and frame is scope.frame
    else:
        return
    if not fits:
        message = f"`{word}` can only stand directly in a net"
        hint = WHY.get(type(node))
        if in_net and isinstance(node, (ast.Input, ast.Meta, ast.Keys, ast.Expect, ast.Output)):
            hint = "move it out of the body that it stands in"
        raise Mistake("E120", message, node.span, hint=hint)


WHY: dict[type, str] = {
    ast.Output: "a block gives the value of its last step; values inside are reached by path: "
    "`@block.label`",
    ast.Aux: "a side output belongs to the whole network: write it in the net, where "
    "`@block.label` is a value of the block",
    ast.Head: "a head belongs to the whole network: write it outside of blocks, groups and loops",
    ast.Input: "a block's input is what flows into it: `in`",
}


def defined_twice(node: ast.Let) -> Mistake:
    hint = "a name keeps its value; choose another one"
    return Mistake("E107", f"`{node.name.text}` is defined twice", node.name.span, hint=hint)


# ------------------------------------------------------------------------------------------- merges
def check_merge(step: ast.Call) -> None:
    """A merge has bars, and no clause or condition."""
    assert step.body is not None
    word = step.name.text
    if step.clauses:
        clause = step.clauses[0]
        raise Mistake("E118", f"`{clause.name.text}` cannot follow `{word}`", clause.name.span)
    if step.condition is not None:
        hint = "put `if` around it, or among its bars"
        raise Mistake("E116", f"`{word}` takes no condition", step.condition.span, hint=hint)
    if step.body.bars:
        return
    if any(isinstance(s, ast.Chain) for s in step.body.statements):
        hint = f"begin each branch with a bar: `{word} {{ | ... | ... }}`"
        raise Mistake("E023", f"`{word}` has steps, but no bars", step.name.span, hint=hint)
    hint = f"write `{word} {{ | ... | ... }}`"
    raise Mistake("E117", f"`{word}` has no bars", step.name.span, hint=hint)


def not_among_bars(word: str, statement: ast.Statement) -> Mistake:
    """The mistake of a statement in a merge that is no bar."""
    if isinstance(statement, ast.Chain):
        hint = "put the step into a branch, `| ...`, or before or after the merge"
        if word.startswith("head "):
            hint = "put the step into a bar, `| ...`, or above the head"
        return Mistake("E023", f"bars and steps do not mix in `{word}`", statement.span, hint=hint)
    message = f"`{statement_word(statement)}` cannot stand among the bars of `{word}`"
    return Mistake("E120", message, statement.span, hint="`for`, `repeat`, `if` and `let` can")


def statement_word(statement: ast.Statement) -> str:
    """The word that a statement begins with."""
    return "param" if isinstance(statement, ast.Weight) else type(statement).__name__.lower()


# -------------------------------------------------------------------------------------------- forms
def check_residual(step: ast.Call) -> None:
    """A residual has one `shortcut`, and steps in its bodies."""
    for clause in step.clauses:
        word = clause.name.text
        if word != "shortcut" or clause is not step.clauses[0]:
            message = f"`{word}` cannot follow the body of `residual`"
            hint = "a residual has one `shortcut { ... }`"
            if word != "shortcut":
                meant = surely(word, ("shortcut",))
                hint = "did you mean `shortcut`?" if meant else "its clause is `shortcut { ... }`"
            raise Mistake("E118", message, clause.name.span, hint=hint)
        if clause.args:
            raise Mistake("E114", "`shortcut` takes no arguments", clause.args[0].span)
    for body in (step.body, *(c.body for c in step.clauses)):
        if body is not None and body.bars:
            raise _bars_in("residual" if body is step.body else "shortcut", body)


def check_dense(step: ast.Call, target: Target) -> None:
    """`dense(n) { body }`."""
    assert step.body is not None
    if step.clauses:
        message = f"`{step.clauses[0].name.text}` cannot follow the body of `dense`"
        raise Mistake("E118", message, step.clauses[0].name.span)
    if step.condition is not None:
        hint = "put `if` around it"
        raise Mistake("E116", "`dense` takes no condition", step.condition.span, hint=hint)
    if "count" not in target.bound:
        message = "`dense` needs how many times its body runs"
        raise Mistake("E111", message, step.name.span, hint="write `dense(6) { ... }`")
    if step.body.bars:
        raise _bars_in("dense", step.body)


def _bars_in(word: str, body: ast.Body) -> Mistake:
    bar = next((s for s in body.statements if isinstance(s, ast.Bar)), body)
    message = f"a bar stands in the body of `{word}`, which is no merge"
    hint = f"bars stand in a merge: `{word} {{ concat {{ | ... | ... }} }}`"
    if word == "residual":
        hint = "it adds what came in by itself: write the steps without `|`, and no `identity`"
    return Mistake("E023", message, bar.span, hint=hint)


# ---------------------------------------------------------------------------------------- arguments
MOST_LISTED = 6


def listed(names: list[str]) -> str:
    """`a`, `b` and `c`; of many the first few."""
    shown = [f"`{name}`" for name in names[:MOST_LISTED]]
    more = len(names) - len(shown)
    *others, last = [*shown, f"{more:,} more"] if more else shown
    return f"{', '.join(others)} and {last}" if others else last


def check_complete(target: Target, step: ast.Node) -> None:
    """Every parameter without a default must have been given."""
    definition = target.definition
    if isinstance(definition, LayerDef):
        needed = needs(definition.layer)
        missing = [n for n, must in needed.items() if must and n not in target.bound]
    elif isinstance(definition, (BlockDef, ExternDef)):
        params = definition.params
        missing = [p.name.text for p in params if p.default is None]
        missing = [name for name in missing if name not in target.bound]
    else:
        return
    if missing:
        named = listed(missing)
        hint = f"it is `{Shown(definition)}`"
        raise Mistake("E111", f"`{target.name}` needs {named}", step.span, hint=hint)
