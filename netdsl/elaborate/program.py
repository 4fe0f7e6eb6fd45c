"""Files and what they define: reading, imports, and which net of a file is meant."""

from __future__ import annotations

import keyword
import os
from pathlib import Path
from typing import Any

from netdsl.data import data_file
from netdsl.diagnostics import Diagnostic, Mistake, NetError, Report, did_you_mean, surely
from netdsl.elaborate.values import UNKNOWN, BlockDef, ExternDef, NetDef
from netdsl.frames import Frame
from netdsl.limits import DEFAULT, Limits
from netdsl.reading import STREAMS, Opened, Outside, TooLong, open_below, read_text
from netdsl.source import Source, Span
from netdsl.syntax import ast
from netdsl.syntax.parse import parse

MOST_FILES = 64
TOO_LARGE = "a file has at most 256 KiB; blocks can stand in files of their own"
MOST_PARAMETERS = 256  # of a block, a net or an extern layer: every use goes through all of them


class File:
    """One parsed file: its definitions by name, lets evaluated when first used."""

    def __init__(self, source: Source, tree: ast.File, path: Path | None) -> None:
        self.source = source
        self.tree = tree
        self.path = path
        self.definitions: dict[str, ast.Definition] = {}
        self.found: dict[str, Any] = {}  # what names stand for, once known
        self.pending: dict[str, None] = {}  # lets that are being evaluated
        self.imports: dict[ast.Import, File | None] = {}
        self.frame = Frame(None)

    @property
    def nets(self) -> list[ast.Net | ast.Variant]:
        return [d for d in self.tree.definitions if isinstance(d, (ast.Net, ast.Variant))]

    @property
    def stem(self) -> str:
        name = self.path.name if self.path is not None else self.source.name
        return name.removesuffix(".net")


def fold_name(name: str) -> str:
    """Names that mean the same net: case and `_` make no difference."""
    return name.lower().replace("_", "").replace("-", "")


class Program:
    """The files of one compilation. `root` is the folder outside of which nothing is read."""

    def __init__(self, report: Report, root: Path | None, limits: Limits = DEFAULT) -> None:
        self.report = report
        self.limits = limits
        self.root = root.resolve() if root is not None else None
        self.files: dict[Path, File | None] = {}
        self.opening: list[Path] = []
        self.places: dict[tuple[Path | None, str], Path] = {}  # of what imports name, once found
        self.reached: set[int] = set()  # ids of the bodies that some net has run

    def add(self, source: Source, path: Path | None) -> File | None:
        """Parse a text, check that each name is defined once, and read what it imports."""
        tree = parse(source, self.report)
        if tree is None:
            return None
        file = File(source, tree, path)
        if path is not None:
            self.files[path] = file
            self.opening.append(path)
        for definition in tree.definitions:
            names = definition.names if isinstance(definition, ast.Import) else (definition.name,)
            for name in names:
                first = file.definitions.get(name.text)
                if first is not None:
                    self.report.add(
                        Diagnostic(
                            "E107",
                            f"`{name.text}` is defined twice",
                            name.span,
                            ((_name_span(first, name.text), "first here"),),
                            "give one of them another name",
                        )
                    )
                    continue
                file.definitions[name.text] = definition
            self._check_definition(definition)
            if isinstance(definition, ast.Import):
                other = file.imports[definition] = self._imported(file, definition)
                if other is not None:
                    self._check_imported(definition, other)
        if path is not None:
            self.opening.pop()
        return file

    def _check_definition(self, definition: ast.Definition) -> None:
        """Names that cannot be: parameters of one name, classes called like a word of Python."""
        seen: dict[str, ast.Name] = {}
        params: tuple[ast.Param, ...] = getattr(definition, "params", ())
        if len(params) > MOST_PARAMETERS:
            message = f"{len(params):,} parameters are more than {MOST_PARAMETERS}"
            hint = "put what belongs together into lists"
            self.report.add(Diagnostic("E498", message, next(iter(params)).span, hint=hint))
            return
        if isinstance(definition, ast.Extern) and not self.limits.extern:
            message = f"`extern layer {definition.name.text}` is not allowed here"
            hint = "`--no-extern` (in Python `extern=False`) refuses layers of other packages"
            self.report.add(Diagnostic("E497", message, definition.span, hint=hint))
        for param in params:
            first = seen.setdefault(param.name.text, param.name)
            if first is not param.name:
                message = f"two parameters are called `{param.name.text}`"
                labels = ((first.span, "first here"),)
                hint = "give one of them another name"
                self.report.add(Diagnostic("E107", message, param.name.span, labels, hint))
        if isinstance(definition, (ast.Net, ast.Variant, ast.Block)):
            name = definition.name
            if keyword.iskeyword(name.text):
                message = f"`{name.text}` cannot be the name of a net or a block"
                hint = f"it is a keyword of Python, and the name becomes a class; call it `{name.text}_`"
                self.report.add(Diagnostic("E106", message, name.span, hint=hint))
            elif name.text.startswith("__"):
                message = f"`{name.text}` cannot be the name of a net or a block"
                hint = "Python changes names that begin with `__` inside of classes; call it "
                hint += f"`{name.text.strip('_') or 'block'}`"
                self.report.add(Diagnostic("E106", message, name.span, hint=hint))

    def _check_imported(self, node: ast.Import, other: File) -> None:
        known = [n for n, d in other.definitions.items() if not isinstance(d, ast.Import)]
        for name in node.names:
            if name.text not in other.definitions and name.text not in other.tree.lost:
                hint = did_you_mean(name.text, known)
                if hint is None and known:
                    hint = f"it defines {', '.join(known[:8])}{', ...' if len(known) > 8 else ''}"
                message = f'"{node.path.value}" defines no `{name.text}`'
                self.report.add(Diagnostic("E134", message, name.span, hint=hint))

    # ----------------------------------------------------------------------------------- imports
    def _imported(self, file: File, node: ast.Import) -> File | None:
        """The file that an import names; mistakes are reported at the import."""
        span, wanted = node.path.span, node.path.value
        place = (file.path.parent if file.path is not None else None, wanted)
        try:
            known = self.places.get(place)
            if known is not None:
                return self._known(known, span)
            with self._open(file, wanted, span) as opened:
                path = self.places[place] = opened.path
                if path in self.files:
                    return self._known(path, span)
                if len(self.files) >= MOST_FILES:
                    raise Mistake("E132", f"more than {MOST_FILES} files are imported", span)
                self.files[path] = None
                text = opened.text()
            shown = wanted if wanted.startswith("zoo:") else _shown(file, wanted)
            self.files[path] = self.add(Source(shown, text), path)
            return self.files[path]
        except Outside:
            hint = "paths are relative to the file that imports, and stay below the folder of the "
            hint += "file that is compiled (or `--root`)"
            message = f'"{wanted}" lies outside of the folder of this network'
            self.report.add(Diagnostic("E133", message, span, hint=hint))
        except TooLong as error:
            message = f'"{wanted}" is too large: {reason_of(error)}'
            self.report.add(Diagnostic("E001", message, span, hint=TOO_LARGE))
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            reason = "there is no such file" if missing else reason_of(error)
            hint = _similar_file(file, wanted, self.root) if missing else None
            message = f'cannot read "{wanted}": {reason}'
            self.report.add(Diagnostic("E130", message, span, hint=hint))
        except ValueError:
            self.report.add(Diagnostic("E130", f'"{wanted}" is no path', span))
        except Mistake as mistake:
            self.report.add(mistake.diagnostic)
        return None

    def _known(self, path: Path, span: Span) -> File | None:
        """A file that an import has named before."""
        if path in self.opening:
            way = self.opening[self.opening.index(path) :]
            chain = " -> ".join(p.name for p in (*way, path))
            raise Mistake("E131", f"files import each other: {chain}", span)
        return self.files.get(path)

    def _open(self, file: File, wanted: str, span: Span) -> Opened:
        if wanted.startswith("zoo:"):
            base = root = data_file("zoo").resolve()
            name = wanted.removeprefix("zoo:")
            wanted = name if name.endswith(".net") else f"{name}.net"
        else:
            zoo = data_file("zoo").resolve()
            in_zoo = file.path is not None and zoo in file.path.parents
            if file.path is None or (self.root is None and not in_zoo):
                raise Mistake(
                    "E130",
                    "a text without a file cannot import others",
                    span,
                    hint='only "zoo:..." can be imported here',
                )
            base, root = file.path.parent, zoo if in_zoo else self.root
            assert root is not None
        return open_below(root, base, wanted)


def read_main(path: Path, root: Path | None = None) -> tuple[str, Path | None]:
    """The text of the file that is compiled, and where it really is (None for a stream of the shell).

    A link to it is followed within its folder and below `root`: files from strangers may hold links to
    what is none of theirs. Raises `OSError`, `NetError` (E001, E133).
    """
    try:
        if str(path).startswith(STREAMS):
            return read_text(path), None
        folder = path.parent.resolve()
        try:
            with open_below(folder, folder, path.name) as opened:
                return opened.text(), opened.path
        except Outside:
            if root is None:
                raise
            top, real = root.resolve(), path.resolve()
            inside = real.relative_to(top).as_posix() if real.is_relative_to(top) else ".."
            with open_below(top, top, inside) as opened:
                return opened.text(), opened.path
    except TooLong as error:
        message = f"{path} is too large: {reason_of(error)}"
        raise NetError([Diagnostic("E001", message, hint=TOO_LARGE)]) from None
    except Outside:
        message = f"{path} is a link to a file outside of its folder"
        hint = "name that file itself, or with `--root` a folder that holds both"
        raise NetError([Diagnostic("E133", message, hint=hint)]) from None


def _similar_file(file: File, wanted: str, root: Path | None) -> str | None:
    """The file beside that was probably meant."""
    if wanted.startswith("zoo:"):
        names = [f"zoo:{path.stem}" for path in data_file("zoo").glob("*.net")]
    else:
        assert file.path is not None
        folder = Path(wanted).parent
        beside = os.path.realpath(file.path.parent / folder)
        if root is None or not Path(beside).is_relative_to(root):
            return None
        try:
            names = [str(folder / p.name) for p in Path(beside).glob("*.net")]
        except OSError:  # the path is too long
            return None
    meant = surely(wanted, names)
    return f'did you mean "{meant}"?' if meant else None


def _shown(file: File, wanted: str) -> str:
    """How messages call an imported file: beside the name of the importing one."""
    parent = Path(file.source.name).parent
    shown = parent / wanted
    return str(shown) if str(parent) != "." else wanted


def _name_span(definition: ast.Definition, name: str) -> Span:
    if isinstance(definition, ast.Import):
        return next(n.span for n in definition.names if n.text == name)
    return definition.name.span


def reason_of(error: OSError) -> str:
    """Why a file cannot be read or written, in words."""
    reasons = {
        FileNotFoundError: "there is no such file or folder",
        IsADirectoryError: "it is a folder",
        NotADirectoryError: "a part of its path is not a folder",
        PermissionError: "permission is denied",
    }
    said = error.strerror or str(error)
    return reasons.get(type(error)) or said[:1].lower() + said[1:]


def choose_net(file: File, name: str | None) -> ast.Net | ast.Variant:
    """The net called `name`; without a name the one called like the file, else the last one."""
    nets = file.nets
    if not nets:
        raise Mistake(
            "E109",
            f"{file.source.name} defines no net",
            None,
            hint="a network begins with `net Name { ... }`",
        )
    if name is not None:
        for net in nets:
            if net.name.text == name:
                return net
        for net in nets:
            if fold_name(net.name.text) == fold_name(name):
                return net
        known = [n.name.text for n in nets]
        hint = did_you_mean(name, known) or f"it has {', '.join(known)}"
        raise Mistake("E109", f"{file.source.name} has no net `{name}`", None, hint=hint)
    whole = [n for n in nets if not open_parameters(file, n)] or nets
    for net in whole:
        if fold_name(net.name.text) == fold_name(file.stem):
            return net
    return whole[-1]


def open_parameters(file: File, net: ast.Net | ast.Variant) -> list[str]:
    """The parameters of a net that have no value: it is a family, not a network, without them."""
    if isinstance(net, ast.Variant):
        return []
    return [p.name.text for p in net.params if p.default is None]


def _has_wrong_parameters(definition: ast.Definition) -> bool:
    """Two of one name, or too many; both have been reported."""
    params: tuple[ast.Param, ...] = getattr(definition, "params", ())
    return len(params) > MOST_PARAMETERS or len({p.name.text for p in params}) < len(params)


def lookup(program: Program, file: File, name: str, evaluate_let: Any) -> Any:
    """What a name means at the top of a file: a block, a net, an extern layer, or a let's value.

    KeyError if nothing; UNKNOWN if its definition is wrong.
    """
    if name in file.found:
        return file.found[name]
    if name in file.tree.lost:
        return UNKNOWN
    definition = file.definitions[name]
    found: Any
    if isinstance(definition, ast.Import):
        other = file.imports.get(definition)
        if other is None:
            found = UNKNOWN
        elif name not in other.definitions:
            found = UNKNOWN  # reported at the import
        else:
            found = lookup(program, other, name, evaluate_let)
    elif _has_wrong_parameters(definition):
        found = UNKNOWN
    elif isinstance(definition, ast.Block):
        found = BlockDef(definition, file)
    elif isinstance(definition, (ast.Net, ast.Variant)):
        found = NetDef(definition, file)
    elif isinstance(definition, ast.Extern):
        found = ExternDef(definition, file)
    else:
        if name in file.pending:
            way = list(file.pending)[list(file.pending).index(name) :]
            hint = " -> ".join([*way, name]) if len(way) > 1 else None
            message = f"`{name}` is defined by itself"
            program.report.add(Diagnostic("E108", message, definition.name.span, hint=hint))
            return UNKNOWN
        file.pending[name] = None
        try:
            found = evaluate_let(definition, file)
        finally:
            del file.pending[name]
    file.found[name] = found
    return found
