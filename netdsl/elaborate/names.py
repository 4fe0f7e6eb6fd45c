"""What a word of the text means: names in expressions, and words where a step stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.design import SharedModule
from netdsl.diagnostics import Mistake, did_you_mean, surely
from netdsl.elaborate.functions import FUNCTIONS
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
    Target,
    kind_of,
)
from netdsl.frames import Frame
from netdsl.layers import WORDS, find
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.program import File
    from netdsl.elaborate.run import Run

FORM_PARAMETERS = {"residual": ("scale", "survival"), "dense": ("count",)}
FORMS = tuple(FORM_PARAMETERS)
HIDDEN = ("in", "file ")  # what inlined blocks keep among their names
PYTHONISMS = {"True": "true", "False": "false", "None": "none"}


class Names:
    """Where an expression is read: its frame, and the file whose top-level names it sees."""

    __slots__ = ("file", "frame", "run")

    def __init__(self, run: Run, file: File, frame: Frame) -> None:
        self.run = run
        self.file = file
        self.frame = frame

    def find(self, name: str) -> Any:
        """What a name stands for: innermost frame first, then the file. KeyError if nothing."""
        try:
            return self.frame.find(name)
        except KeyError:
            pass
        found = lookup_definition(self.run.program, self.file, name, self.run.evaluate_let)
        if isinstance(found, (BlockDef, ExternDef)):
            return Target(found, {})
        return found

    def inside(self, frame: Frame) -> Names:
        return Names(self.run, self.file, frame)

    def visible(self, steps: bool = False) -> list[str]:
        """Every name that could have been meant; with `steps` those that can be a step."""
        names: dict[str, None] = {}
        frame: Frame | None = self.frame
        while frame is not None:
            for name, held in frame.names.items():
                if name not in HIDDEN and (not steps or isinstance(held, (Target, SharedModule))):
                    names[name] = None
            frame = frame.parent
        kinds = (ast.Block, ast.Extern, ast.Import, *(() if steps else (ast.Let,)))
        for name, definition in self.file.definitions.items():
            if isinstance(definition, kinds):
                names[name] = None
        return list(names)


def name_target(name: str, names: Names) -> Any:
    """What a name in an expression stands for. KeyError if nothing; a net cannot stand there."""
    found = names.find(name)
    if found is UNKNOWN:
        raise Silent
    if found is PENDING:
        hint = "what has this name outside of here cannot be meant; give one of them another"
        raise Mistake("E108", f"`{name}` is defined by itself", hint=hint)
    if isinstance(found, NetDef):
        raise Mistake("E115", f"`{name}` is a net and cannot be used in an expression")
    return found


def step_target(names: Names, name: ast.Name) -> Target | SharedModule:
    """What a word means where a step stands: only layers, blocks and modules are looked up."""
    try:
        found = names.find(name.text)
        if isinstance(found, (Target, SharedModule)):
            return found
        if found is UNKNOWN:
            raise Silent
    except KeyError:
        found = None
    builtin = builtin_target(name.text)
    if builtin is not None:
        return builtin
    if found is not None:
        if isinstance(found, NetDef):
            raise Mistake(
                "E115",
                f"`{name.text}` is a net, and a net is no step",
                name.span,
                hint="make a block of the part that both use",
            )
        raise Mistake(
            "E115", f"`{name.text}` is {kind_of(found)}, not a layer or a block", name.span
        )
    raise no_step(name, names)


def meant_target(run: Run, name: ast.Name, names: Names) -> Target | SharedModule:
    """What the word of a step means; after a slip of the keyboard what it was meant to be."""
    try:
        return step_target(names, name)
    except Mistake as mistake:
        meant = surely(name.text, names_of_steps(names))
        if mistake.diagnostic.code != "E101" or meant is None:
            raise
        run.report_mistake(mistake)
        return step_target(names, ast.Name(name.span, meant))


def no_step(name: ast.Name, names: Names) -> Mistake:
    """The mistake of a word that is neither a layer nor a block."""
    folded = name.text.lower().replace("_", "")
    hint = did_you_mean(name.text, names_of_steps(names))
    if folded in ELSEWHERE:
        hint = f"it is {ELSEWHERE[folded]}"
    elif hint is None or name.text in _of_heads():
        hint = _of_heads().get(name.text)
    return Mistake("E101", f"there is no layer or block `{name.text}`", name.span, hint=hint)


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


def no_name(name: str, names: Names, labels: list[str]) -> Mistake:
    """The mistake of a name that stands for nothing; `labels` are those that `@` reaches there."""
    if name in PYTHONISMS:
        hint: str | None = f"write `{PYTHONISMS[name]}`"
    elif name in labels:
        hint = f"what a step gave is reached with `@`: `@{name}`"
    elif name in FUNCTIONS:
        hint = f"`{name}` is a function: {name}(...)"
    else:
        hint = did_you_mean(name, [*names.visible(), *FUNCTIONS, *WORDS])
    return Mistake("E102", f"there is no name `{name}`", hint=hint)


def names_of_steps(names: Names) -> list[str]:
    """Every word that a step can begin with here."""
    return [*WORDS, *FORMS, *names.visible(steps=True)]


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
    **dict.fromkeys(("concatenate", "cat", "merge"), "`concat { | ... | ... }` here"),
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
    "shortcut": "a clause: it follows the body of a residual, `residual { ... } shortcut { ... }`",
}


def builtin_target(word: str) -> Target | None:
    layer = find(word)
    if layer is not None:
        return Target(LayerDef(layer), {})
    if word in FORMS:
        return Target(Form(word), {})
    return None
