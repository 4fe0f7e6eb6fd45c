"""Which argument goes to which parameter: for layers, blocks, nets and functions alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netdsl.diagnostics import Mistake, did_you_mean, surely
from netdsl.elaborate.functions import FUNCTIONS
from netdsl.elaborate.names import FORM_PARAMETERS
from netdsl.elaborate.surplus import (
    GROWTH,
    Called,
    Shown,
    short_text,
    too_many,
    without_the_input,
)
from netdsl.elaborate.values import (
    Bound,
    Form,
    LayerDef,
    Silent,
    Target,
    extent_of,
)
from netdsl.layers.arguments import needs
from netdsl.shapes import Shape
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.names import Names


def bind_arguments(
    target: Target,
    arguments: list[tuple[ast.Argument, Any]],
    names: Names,
    entering: Shape | None = None,
) -> Target:
    """The target with arguments whose values are known. Mistakes are reported, with the shape that enters
    in mind."""
    definition = target.definition
    if isinstance(definition, LayerDef):
        parameters, positional = needs(definition.layer), definition.layer.positional
    elif isinstance(definition, Form):
        parameters = dict.fromkeys(FORM_PARAMETERS[definition.name], False)
        positional = 1 if definition.name == "dense" else 0
    else:
        parameters = {p.name.text: p.default is None for p in definition.params}
        positional = len(parameters)
    shown = Shown(definition)
    report = names.run.report_mistake
    bound = bind(
        target.name, parameters, positional, target.bound, arguments, names, shown, report, entering
    )
    extent = extent_of(tuple(b.value for b in bound.values())) if bound else target.extent
    return Target(definition, bound, extent)


def check_function(name: str, node: ast.Apply) -> None:
    """How many arguments a function takes."""
    for argument in node.args:
        if argument.name is not None:
            message = f"the function `{name}` takes no argument by name"
            raise Mistake("E110", message, argument.name.span)
    if name not in FUNCTIONS:
        return
    _, fewest, most = FUNCTIONS[name]
    if fewest <= len(node.args) <= most:
        return
    count = f"{fewest} to {most}" if most < 99 else f"at least {fewest}"
    if fewest == most:
        count = str(fewest)
    plural = "" if fewest == 1 and (most == 1 or most >= 99) else "s"
    message = f"`{name}` needs {count} argument{plural}, not {len(node.args)}"
    raise Mistake("E111", message, node.span)


def bind(
    word: str,
    parameters: dict[str, bool],
    positional: int,
    already: dict[str, Bound],
    arguments: list[tuple[ast.Argument, Any]],
    frame: Any,
    shown: str | Shown,
    report: Callable[[Mistake], None],
    entering: Shape | None = None,
) -> dict[str, Bound]:
    """Parameters and the arguments they got. `parameters` says of each whether it must be given; that is
    not checked here, for a layer or block may get its arguments in several steps.

    Every mistake is reported. `Silent` is raised after one, but for a name whose meaning is clear.
    """

    def called() -> Called:
        return Called(word, names, positional, already, arguments, shown, entering)

    bound = dict(already)
    here: dict[str, ast.Argument] = {}
    names = list(parameters)
    free = [n for n in names[:positional] if n not in already]
    failed = False
    surplus: list[ast.Argument] = []
    for node, value in arguments:
        mistake: Mistake | None = None
        if node.name is not None:
            name = node.name.text
            if name not in parameters:
                mistake = unknown_argument(word, name, names, shown, node)
                meant = surely(name, [n for n in names if n not in here])
                if meant is not None:
                    report(mistake)
                    mistake, name = None, meant
            if name in free:
                free.remove(name)
        elif any(a.name is not None for a in here.values()):
            message = "an argument without a name stands after one with a name"
            hint = f"name it: `{free[0]}={short_text(node)}`" if free else None
            mistake = Mistake("E114", message, node.span, hint=hint or f"it is `{shown}`")
        elif not free:
            surplus.append(node)
            continue
        else:
            name = free.pop(0)
        if mistake is None and name in here:
            message, first = f"`{name}` of `{word}` is given twice", (here[name].span, "first here")
            known = without_the_input(called())
            hint = "leave one of them out" + (f"; {known}" if known is not None else "")
            mistake = Mistake("E113", message, node.span, labels=[first], hint=hint)
        if mistake is not None:
            report(mistake)
            failed = True
            continue
        here[name] = node
        bound[name] = Bound(value, node.value, node.name is None, frame)
    if surplus:
        report(too_many(called(), here, surplus))
    if failed or surplus:
        raise Silent
    return bound


# What arguments are called elsewhere; the first that there is here is meant.
ELSEWHERE = {
    **dict.fromkeys(
        ("filters", "outchannels", "outplanes", "numoutput", "units", "outfeatures", "hidden"),
        ("channels", "features"),
    ),
    **dict.fromkeys(
        ("kernel", "poolsize", "kernelsize", "filtersize", "ksize", "k"), ("kernel_size",)
    ),
    **dict.fromkeys(("pad", "border"), ("padding",)),
    **dict.fromkeys(("dilationrate", "atrous"), ("dilation",)),
    **dict.fromkeys(("usebias",), ("bias",)),
    **dict.fromkeys(("rate", "droprate", "prob", "dropout"), ("p",)),
    **dict.fromkeys(("alpha", "slope"), ("negative_slope",)),
    **dict.fromkeys(("epsilon",), ("eps",)),
    **dict.fromkeys(("scalefactor",), ("scale",)),
}
NOT_HERE = {
    **dict.fromkeys(
        ("inchannels", "infeatures", "inputshape", "inplanes"),
        "what flows in says it: leave it out",
    ),
    **dict.fromkeys(("activation", "act"), "an activation is a step of its own: `-> relu`"),
    **dict.fromkeys(("nobias",), "write `bias=false`"),
    **dict.fromkeys(("name",), "a label names a step: `name: ...`"),
    **dict.fromkeys(("inplace",), "leave it out: emitted code does it wherever it is safe"),
    **dict.fromkeys(("pooltype",), "there are `maxpool` and `avgpool`"),
}


def _elsewhere(name: str, known: list[str]) -> str | None:
    """What an argument of another library is called here."""
    folded = name.lower().replace("_", "")
    meant = next((n for n in ELSEWHERE.get(folded, ()) if n in known), None)
    return f"it is `{meant}` here" if meant is not None else NOT_HERE.get(folded)


def _of_dense(node: ast.Argument) -> str:
    """What is said of an argument that DenseNets have elsewhere, or of any other one."""
    assert node.name is not None
    folded = node.name.text.lower().replace("_", "")
    if folded in ("count", "depth", "layers", "n", "nlayers", "numlayers", "repeat", "units"):
        return f"it stands first and has no name: `dense({short_text(node)}) {{ ... }}`"
    return GROWTH if folded in ("growth", "growthrate", "k") else "it is `dense(n) { ... }`"


def unknown_argument(
    word: str, name: str, known: list[str], shown: str | Shown, node: ast.Argument
) -> Mistake:
    assert node.name is not None
    hint = _elsewhere(name, known) or did_you_mean(name, known)
    if isinstance(shown, Shown) and shown.is_dense:
        hint = _of_dense(node)
    if hint is None:
        hint = f"it is `{shown}`" if known else f"`{word}` takes none"
    return Mistake("E110", f"`{word}` has no argument `{name}`", node.name.span, hint=hint)
