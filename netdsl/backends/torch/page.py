"""The emitted file: docstring, imports, constants, helpers, classes (callees first), the net last."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from netdsl.backends.torch.detection import OPS, inlined, public_names
from netdsl.backends.torch.docs import file_doc
from netdsl.backends.torch.emitter import Emitter
from netdsl.backends.torch.helpers import helper_sources
from netdsl.backends.torch.names import Imported, extern_imports
from netdsl.backends.torch.template import Template
from netdsl.code import expr as code
from netdsl.code.change import transform
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.layout import WIDTH, lines, module_text
from netdsl.code.stmt import Class, Constant, Function, Import, Module, Parameter, Statement


def page(emitter: Emitter, root: Template, width: int = WIDTH, inline: bool = False) -> str:
    """The text of the file; `inline` has a detector hold all that it uses itself."""
    classes = in_order(root)
    emitter.assign_names(classes)
    same = _same_classes(classes)
    kept = [t for t in classes if same.get(t, t) is t]
    if same:
        emitter.assign_names(kept)
        for template, twin in same.items():
            template.name = twin.name
    externs = extern_imports(emitter.design)
    names = _references(classes) | {target: own.name for target, own in externs.items()}
    definitions: list[Statement] = []
    for template in kept:
        definitions += [_final(s, names) for s in (*template.extra, class_of(template))]
    used = frozenset().union(*(d.reads() for d in definitions)) if definitions else frozenset()
    helpers = helper_sources(used)
    constants = [
        Constant(name, Literal(value), None, comment)
        for name, (value, comment) in emitter.constants.entries.items()
        if any(_mentions(d, name) for d in definitions)
    ]
    needed = set(used)
    for source in helpers:
        needed |= source.names
    if inline and emitter.design.heads:
        constants.insert(0, Constant(_TOP.id, Literal(None)))
    body: list[Statement] = [*constants, *(h.statement for h in helpers), *definitions]
    imports = imports_for(needed, externs.values())
    shared = sorted(set(used) & public_names()) if emitter.design.heads else []
    constants_text = ending = ""
    if shared and inline:
        constants_text, ending, more = inlined(shared)
        imports += more
    elif shared:
        imports.append(Import(OPS, tuple(shared)))
    module = Module(file_doc(emitter.design), tuple(imports), tuple(body))
    text = module_text(module, width)
    for helper in helpers:
        text = text.replace(helper.placeholder, helper.text)
    if constants_text:
        text = text.replace(f"{_TOP.text} = None", constants_text, 1)
    return f"{text}\n\n{ending}\n" if ending else text


_TOP = Name("_constants_of_detectors")  # a line that is replaced


def in_order(root: Template) -> list[Template]:
    """Classes, callees first, each once."""
    found: list[Template] = []
    seen: set[int] = set()

    def visit(template: Template) -> None:
        if id(template) in seen:
            return
        seen.add(id(template))
        for used in template.uses:
            visit(used)
        found.append(template)

    visit(root)
    return found


def class_of(template: Template) -> Class:
    """The class statement; references to other classes are still placeholders."""
    parameters = [Parameter("self")]
    required = [p for p in template.kept if p.default is None]
    optional = [p for p in template.kept if p.default is not None]
    template.kept = (
        [*required, *optional] if required != template.kept[: len(required)] else template.kept
    )
    for param in template.kept:
        default = param.default
        parameters.append(Parameter(param.name, param.annotation, default))
    body: list[Statement] = list(template.fields)
    ctor = (*template.ctor, *template.buffers)
    body.append(Function("__init__", tuple(parameters), "None", None, ctor))
    if template.forward is not None:
        forward = [Parameter("self"), *(Parameter(n, t) for n, t in template.forward_params_all)]
        name, doc = template.forward_name, template.forward_doc
        body.append(Function(name, tuple(forward), template.returns, doc, tuple(template.forward)))
    body += template.methods
    doc = "\n".join(template.doc) or None
    return Class(template.reference.id, (template.base,), doc, tuple(body))


def _references(classes: Sequence[Template]) -> dict[str, str]:
    names: dict[str, str] = {}
    for template in classes:
        names[template.reference.id] = template.name
        names[f"{template.reference.id}Output"] = f"{template.name}Output"
    return names


_REFERENCE = re.compile(r"@\d+(?:Output)?")


def _final(statement: Statement, names: dict[str, str]) -> Any:
    """The statement with the classes' names in place of their placeholders."""
    renames: dict[str, Expr] = {old: Name(new) for old, new in names.items()}

    def text(found: str) -> str:
        return _REFERENCE.sub(lambda m: names[m[0]], found)

    return transform(statement, lambda expr: _by_position(code.rename(expr, renames)), text)


def _by_position(expr: Expr) -> Expr:
    """`nn.Conv2d(in_channels, channels, kernel_size)`: a kernel that is a variable needs no name."""
    if isinstance(expr, code.Call) and expr.function.text.startswith("nn.Conv"):
        named = dict(expr.named)
        kernel = named.pop("kernel_size", None)
        if isinstance(kernel, Name):
            expr = code.Call(expr.function, (*expr.positional, kernel), tuple(named.items()))
    return expr.map(_by_position)


def _same_classes(classes: Sequence[Template]) -> dict[Template, Template]:
    """Classes made for groups that have the same text as an earlier one."""
    texts: dict[str, Template] = {}
    same: dict[Template, Template] = {}
    for template in classes:
        if template.kind != "helper":
            continue
        names = _references(classes)
        for twin_from, twin in same.items():
            names[twin_from.reference.id] = twin.name
        names[template.reference.id] = "Self"
        text = "\n".join(lines(_final(class_of(template), names), 0, 1000)) + template.wanted
        first = texts.setdefault(text, template)
        if first is not template:
            same[template] = first
    return same


def _mentions(statement: Statement, name: str) -> bool:
    """Whether a constant of the file is written somewhere in a statement."""

    def inside(expr: Expr) -> bool:
        if isinstance(expr, Literal):
            return expr.written == name
        return any(inside(p) for p in expr.parts())

    return any(inside(e) for s in statement.walk() for e in s.expressions())


# ------------------------------------------------------------------------------------------ imports
def imports_for(names: Iterable[str], externs: Iterable[Imported]) -> list[Import]:
    """What the file must import for these names."""
    used = set(names)
    heads = {n.split(".")[0] for n in used}
    found: list[Import] = []
    if "math" in heads:
        found.append(Import("math"))
    if "OrderedDict" in used:
        found.append(Import("collections", ("OrderedDict",)))
    abstract = [n for n in ("Iterable", "Mapping", "Sequence") if n in used]
    if abstract:
        found.append(Import("collections.abc", tuple(abstract)))
    typing = [n for n in ("Any", "ClassVar", "NamedTuple", "Self") if n in used]
    if typing:
        found.append(Import("typing", tuple(typing)))
    if "torch" in heads:
        found.append(Import("torch"))
    from_torch = ["Tensor"] if "Tensor" in used else []
    found.append(Import("torch", (*from_torch, "nn")))
    if "F" in heads:
        found.append(Import("torch.nn", ("functional as F",)))
    found += [Import(own.package, (own.imported,)) for own in sorted(externs)]
    return found
