"""What a word of the text means: names in expressions, and words where a step stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.design import SharedModule, Value
from netdsl.diagnostics import Mistake, did_you_mean, nearest, surely
from netdsl.elaborate.functions import ON_VALUES
from netdsl.elaborate.lookup import labels_in_reach, reached
from netdsl.elaborate.program import lookup as lookup_definition
from netdsl.elaborate.values import (
    PENDING,
    UNKNOWN,
    BlockDef,
    ExternDef,
    Form,
    LayerDef,
    NetDef,
    Silent,
    Tapped,
    Target,
    kind_of,
)
from netdsl.frames import NOTHING, Frame
from netdsl.layers import WORDS, find
from netdsl.syntax import ast
from netdsl.syntax.build import MISSING

if TYPE_CHECKING:
    from netdsl.elaborate.program import File
    from netdsl.elaborate.run import Run
    from netdsl.source import Span

FORM_PARAMETERS = {"residual": ("scale", "survival"), "dense": ("count",)}
FORMS = tuple(FORM_PARAMETERS)
MERGES = ("concat", "add", "mul")
HIDDEN = ("in", "file ")  # what inlined blocks keep among their names


class Names:
    """Where an expression is read: its frame, and the file whose top-level names it sees."""

    __slots__ = ("file", "frame", "run")

    def __init__(self, run: Run, file: File, frame: Frame) -> None:
        self.run = run
        self.file = file
        self.frame = frame

    def find(self, name: str, place: int | None = None) -> Any:
        """What a name stands for, at a place of the text: innermost frame first, then the file. KeyError
        if nothing."""
        found = self.frame.get(name, place)
        if found is not NOTHING:
            return found
        found = lookup_definition(self.run.program, self.file, name, self.run.evaluate_let)
        if isinstance(found, (BlockDef, ExternDef)):
            return Target(found, {})
        return found

    def may_mean(self, name: str) -> bool:
        """Whether a name may be one of this text, and not only a word of the language."""
        file = self.file
        return (
            self.frame.get(name) is not NOTHING
            or name in file.definitions
            or name in file.tree.lost
        )

    def gives(self, name: str, span: Span) -> bool:
        """Whether `@name` reaches a value at a place of the text."""
        return reached(name, span, self.frame) is not None

    def inside(self, frame: Frame) -> Names:
        return Names(self.run, self.file, frame)

    @property
    def lost(self) -> bool:
        """Whether parameters could not be read here."""
        frame: Frame | None = self.frame
        while frame is not None and MISSING not in frame.names:
            frame = frame.parent
        return frame is not None

    def visible(self, steps: bool = False) -> list[str]:
        """Every name that could have been meant; with `steps` those that can be a step."""
        names: dict[str, None] = {}
        frame: Frame | None = self.frame
        while frame is not None:
            for name, held in frame.names.items():
                if name not in (*HIDDEN, MISSING) and (
                    not steps or isinstance(held, (Target, SharedModule))
                ):
                    names[name] = None
            frame = frame.parent
        kinds = (ast.Block, ast.Extern, ast.Import, *(() if steps else (ast.Let,)))
        for name, definition in self.file.definitions.items():
            if isinstance(definition, kinds) and name != MISSING:
                names[name] = None
        return list(names)


def name_target(name: str, names: Names, place: int | None = None) -> Any:
    """What a name in an expression stands for. KeyError if nothing; a net cannot stand there."""
    found = names.find(name, place)
    if found is UNKNOWN:
        raise Silent
    if found is PENDING:
        hint = "a `let` cannot read a value of its own name: choose another name"
        raise Mistake("E108", f"`{name}` is defined by itself", hint=hint)
    if isinstance(found, NetDef):
        raise Mistake("E115", f"`{name}` is a net and cannot be used in an expression")
    return found


def step_target(names: Names, name: ast.Name) -> Target | SharedModule:
    """What a word means where a step stands: only layers, blocks and modules are looked up."""
    builtin = builtin_target(name.text)
    if builtin is not None and not names.may_mean(name.text):
        return builtin
    try:
        found = names.find(name.text, name.span.start)
    except KeyError:
        if builtin is None:
            raise no_step(name, names) from None
        return builtin
    if isinstance(found, (Target, SharedModule)):
        return found
    if found is UNKNOWN:
        raise Silent
    if builtin is not None:
        return builtin
    hint = "a layer that changes nothing is `identity`" if found is None else None
    if isinstance(found, str) and found in names_of_steps(names):
        hint = f"names of layers and blocks have no quotes: `{name.text}={found}`"
    if isinstance(found, (Tapped, Value)):
        hint = with_its_sign(name.text)
    message = f"`{name.text}` is {kind_of(found)}, not a layer or a block"
    if isinstance(found, NetDef):
        message = f"`{name.text}` is a net, and a net is no step"
        hint = "make a block of the part that both use"
    raise Mistake("E115", message, name.span, hint=hint)


def meant_target(
    run: Run, name: ast.Name, names: Names, step: ast.Call | None = None
) -> Target | SharedModule:
    """What the word of a step means; after a slip of the keyboard what it was meant to be."""
    try:
        return step_target(names, name)
    except Mistake as mistake:
        if mistake.diagnostic.code != "E101":
            raise
        meant = surely(name.text, names_of_steps(names))
        if step is not None and step.body is not None and not step.args and meant is None:
            raise no_step_with_body(name) from None
        if step is not None and name.text in ON_VALUES and "@" in step.span.text:
            args = step.args[:1] if name.text == "mean" else step.args  # over all places
            computed = f"{name.text}({', '.join(a.span.text for a in args)})"
            hint = f"what computes with values stands in parentheses: `({computed})`"
            mistake.diagnostic = mistake.diagnostic.but(hint=hint)
        if step is not None and step.args and name.text.lower() in CONCATENATIONS:
            from netdsl.elaborate.functional import bars_of

            hint = f"write `concat {bars_of(step.args, names)}`"
            mistake.diagnostic = mistake.diagnostic.but(hint=hint)
        if meant is None or names.gives(name.text, name.span):
            raise
        run.report_mistake(mistake)
        return step_target(names, ast.Name(name.span, meant))


def no_step(name: ast.Name, names: Names) -> Mistake:
    """The mistake of a word that is neither a layer nor a block."""
    folded = name.text.lower().replace("_", "")
    hint = did_you_mean(name.text, names_of_steps(names))
    if names.gives(name.text, name.span):
        hint = with_its_sign(name.text)
    elif name.text in ON_VALUES:
        hint = f"of values it stands in parentheses: `({name.text}(@label))`"
    elif folded in ELSEWHERE:
        hint = f"it is {ELSEWHERE[folded]}"
    elif hint is None or name.text in _of_heads():
        hint = _of_heads().get(name.text) or _module_of_a_net(name.text, names)
    if hint is None:
        near = nearest(name.text, labels_in_reach(names.frame))
        hint = None if near is None else f"did you mean `@{near}`?"
    if hint is None:
        hint = "`netdsl layers` lists the layers; a block is defined with `block name(...) { ... }`"
    return Mistake("E101", f"there is no layer or block `{name.text}`", name.span, hint=hint)


def _module_of_a_net(name: str, names: Names) -> str | None:
    """What is said in a block of a module that belongs to a net."""
    scope = names.frame.scope
    block = getattr(scope.block.definition, "node", scope.block.definition) if scope else None
    if not isinstance(block, ast.Block):
        return None
    for net in names.file.nets:
        body = getattr(net, "body", None)
        for statement in body.statements if body is not None else ():
            if isinstance(statement, ast.Module) and statement.name.text == name:
                params = ", ".join([*(param.name.text for param in block.params), name])
                return (
                    f"it is a module of net `{net.name.text}`, which can hand it over: "
                    f"`block {block.name.text}({params}) {{ ... }}`"
                )
    return None


def no_step_with_body(name: ast.Name) -> Mistake:
    """The mistake of a word before braces that no step begins with: a label, if no word is alike."""
    words = [*FORMS, *MERGES]
    folded = name.text.lower().replace("_", "")
    hint = _of_heads().get(name.text) or did_you_mean(name.text, words)
    if hint is None and folded in ELSEWHERE:
        hint = f"it is {ELSEWHERE[folded]}"
    if hint is None:
        hint = f"a group has a label and a colon: `{name.text}: {{ ... }}`"
    return Mistake("E101", f"there is no layer or block `{name.text}`", name.span, hint=hint)


def with_its_sign(name: str) -> str:
    """The hint where a value stands without `@`."""
    return f"a value is written with `@`: `@{name}`"


def _of_heads() -> dict[str, str]:
    """Words that stand in heads only, and where."""
    from netdsl.heads.kinds import KINDS
    from netdsl.heads.predictors import PREDICTORS
    from netdsl.heads.regions import REGIONS

    found = dict.fromkeys(REGIONS, "it is the first step of `head rcnn`")
    for word, predictor in PREDICTORS.items():
        what = "the body of" if KINDS[predictor.heads[0]].form == "maps" else "a bar of"
        found[word] = f"it ends {what} {' or '.join(f'`head {w}`' for w in predictor.heads)}"
    for word in KINDS:
        found[word] = f"it is a head: `head {word}(...) {{ ... }}`, directly in a net"
    return found


def names_of_steps(names: Names) -> list[str]:
    """Every word that a step can begin with here."""
    return [*WORDS, *FORMS, *names.visible(steps=True)]


CONCATENATIONS = ("concatenate", "cat", "merge")
# What things are called elsewhere.
ELSEWHERE = {
    **dict.fromkeys(
        ("conv1d", "conv2d", "conv3d", "convolution", "convolution2d"),
        "`conv` here; its dimensions follow from what flows in",
    ),
    **dict.fromkeys(("deconv", "convtranspose2d", "upconv"), "`conv_transpose` here"),
    **dict.fromkeys(("fc", "fullyconnected", "innerproduct", "affine"), "`linear` here"),
    **dict.fromkeys(("batchnorm", "batchnorm2d", "batchnormalization"), "`bn` here"),
    **dict.fromkeys(("pool", "pooling"), "`maxpool` or `avgpool` here"),
    **dict.fromkeys(("maxpool2d", "maxpooling", "maxpooling2d"), "`maxpool` here"),
    **dict.fromkeys(("avgpool2d", "averagepool", "averagepooling"), "`avgpool` here"),
    **dict.fromkeys(("gap", "globalaveragepool", "globalpool"), "`global_avgpool` here"),
    **dict.fromkeys(("adaptiveavgpool2d",), "`adaptive_avgpool` here"),
    **dict.fromkeys(CONCATENATIONS, "`concat { | ... | ... }` here"),
    **dict.fromkeys(("sum", "eltwise"), "`add { | ... | ... }` here"),
    **dict.fromkeys(("skip", "residualblock"), "`residual { ... }` here"),
    **dict.fromkeys(
        ("sequential", "group", "seq", "block"), "a group in braces here: `label: { ... }`"
    ),
    **dict.fromkeys(("depthwiseconv", "depthwise"), "`conv(..., groups=in.channels)` here"),
    **dict.fromkeys(("swish",), "`silu` here"),
    **dict.fromkeys(("dropout2d", "spatialdropout"), "`channel_dropout` here"),
    **dict.fromkeys(("softmax2d",), "`softmax` here"),
    **dict.fromkeys(("localresponsenorm",), "`lrn` here"),
    **dict.fromkeys(("interpolate", "upsample2d", "upsampling2d"), "`upsample` here"),
    **dict.fromkeys(
        ("activation", "act", "nonlinearity"),
        "a layer of its own here: `relu`, `sigmoid`, `tanh`, `leaky_relu(0.1)`, ...",
    ),
    **dict.fromkeys(("norm", "normalization"), "`bn` here, or `groupnorm(8)`, `layernorm`, ..."),
    **dict.fromkeys(("input", "inputlayer"), "no step: `input image: 3x224x224` begins a net"),
    "output": "no step: `output label` stands on a line of its own",
    "aux": "a side output, and has a name: `aux name(weight=0.3) { ... }`",
    **dict.fromkeys(("elif", "elseif"), "`} else if ... {` here"),
    **dict.fromkeys(("zeropad", "zeropad2d", "zeropadding2d"), "`pad` here"),
    **dict.fromkeys(
        ("transpose", "swapaxes"), "`permute([1, 0])` of sides here, or the layer `conv_transpose`"
    ),
    **dict.fromkeys(("reorg", "passthrough"), "`space_to_depth` here"),
    **dict.fromkeys(
        ("squeezeexcite", "seblock"), "a block: docs/language.md has it in a few lines"
    ),
    "shortcut": "a clause: it follows the body of a residual, `residual { ... } shortcut { ... }`",
}


_BUILTIN: dict[str, Target] = {}  # every step asks


def builtin_target(word: str) -> Target | None:
    """The layer or the form that a word of the language means."""
    target = _BUILTIN.get(word)
    if target is None:
        layer = find(word)
        if layer is not None:
            target = _BUILTIN[word] = Target(LayerDef(layer), {})
        elif word in FORMS:
            target = _BUILTIN[word] = Target(Form(word), {})
    return target
