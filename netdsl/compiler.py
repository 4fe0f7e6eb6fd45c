"""From a text to a Design: the line the data walks, in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from netdsl.data import data_file
from netdsl.depth import with_room
from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError, Report, in_order
from netdsl.elaborate.budget import Enough, TooLarge, too_deep
from netdsl.elaborate.network import elaborate_net
from netdsl.elaborate.program import (
    File,
    Program,
    choose_net,
    fold_name,
    open_parameters,
)
from netdsl.elaborate.run import Run
from netdsl.elaborate.verdicts import Verdict, Verdicts
from netdsl.limits import DEFAULT, Limits
from netdsl.reading import read_text
from netdsl.record import Record
from netdsl.shapes import Size
from netdsl.source import Source
from netdsl.syntax import ast
from netdsl.syntax.parse import parse_expression


class Compilation:
    """A text that was read: its file, and what is wrong with it so far."""

    @with_room
    def __init__(
        self,
        source: Source,
        path: Path | None = None,
        root: Path | None = None,
        limits: Limits = DEFAULT,
    ) -> None:
        self.report = Report()
        if root is None and path is not None:
            root = path.parent
        self.program = Program(self.report, root, limits)
        self.file: File | None = self.program.add(
            source, path.resolve() if path is not None else None
        )

    @with_room
    def design(
        self,
        net: str | None = None,
        overrides: Mapping[str, str] | None = None,
        sizes: Mapping[str, Size] | None = None,
        replace: Mapping[str, str] | None = None,
    ) -> Design:
        """Compile one net: parse -> elaborate -> verify. `replace` has steps by their paths, and what
        stands there instead. Raises `NetError`."""
        from netdsl.verify import verify

        file = self._checked_file()
        expressions = {
            name: expression(name, text, self.report) for name, text in (overrides or {}).items()
        }
        self.report.check()
        node = _chosen(file, net)
        changed: dict[ast.Net, ast.Net] = {}
        said = len(self.report.diagnostics)

        recipe = Recipe(self.program, file, node, expressions, sizes or {}, changed)

        def compiled() -> Design:
            run = Run(self.report, self.program)
            run.changed = changed
            design = self._elaborate(run, file, node, expressions, sizes)
            try:
                self.report.check()
            except NetError as error:
                from netdsl.larger import with_larger_sizes

                at = partial(recipe.design, None)
                raise with_larger_sizes(error, recipe.sizes, at) from None
            assert design is not None
            return design

        design = compiled()
        if replace:
            from netdsl.elaborate.replacing import replaced

            other = replaced(design, replace, self.report)
            changed[design.net.definition.node] = other.net
            self.report.forget(said)  # beliefs are judged again
            design = compiled()
            design.replaced = other.places(design)
        design.recipe = recipe
        verify(design)
        return design

    def _elaborate(
        self,
        run: Run,
        file: File,
        node: ast.Net | ast.Variant,
        overrides: Mapping[str, ast.Expr] | None = None,
        sizes: Mapping[str, Size] | None = None,
    ) -> Design | None:
        """The Design of a net; None after a mistake, which the report has."""
        try:
            return elaborate_net(run, file, node, overrides, sizes)
        except TooLarge as error:
            self.report.add(error.diagnostic)
        except Enough:
            pass
        except RecursionError:
            self.report.add(too_deep(run.budget.place))
        return None

    @with_room
    def verdicts(self) -> dict[str, list[Verdict]]:
        """Whether what every net of the file states holds: `::` and `expect`. Raises `NetError` if there
        is anything else wrong."""
        return {design.name: verdicts.in_order() for design, verdicts in self.judged()}

    def judged(self) -> Iterator[tuple[Design, Verdicts]]:
        """Every net of the file that can be compiled by itself, whatever it states about its shapes and
        totals, and whether that holds. Raises `NetError` if there is anything else wrong."""
        file = self._checked_file()
        for node in file.nets:
            if not open_parameters(file, node):
                run = Run(self.report, self.program)
                run.verdicts = Verdicts()
                design = self._elaborate(run, file, node)
                if design is not None:
                    yield design, run.verdicts
        self.report.check()

    @with_room
    def check(self, principles: bool = False) -> list[Diagnostic]:
        """Everything that is wrong with the file: all its nets, and what no net uses; with `principles`
        also where its nets depart from principles of design."""
        from netdsl.elaborate.static import check_names

        if self.file is None:
            return in_order(self.report.diagnostics)
        file = self.file
        if not file.tree.definitions and not self.report.errors:
            hint = "a network begins with `net Name { ... }`"
            self.report.add(
                Diagnostic("E109", f"{file.source.name} defines nothing", None, hint=hint)
            )
        designs: list[Design] = []
        memo: dict[Any, Any] = {}  # blocks that several nets use are run once
        most = 2 * self.program.limits.layers
        for node in file.nets:
            if open_parameters(file, node):
                continue
            run = Run(self.report, self.program)
            run.memo, run.budget.spare = memo, most
            design = self._elaborate(run, file, node)
            if design is not None:
                designs.append(design)
            if design is not None and principles:
                self._advise(design)
            if self.report.full:
                return in_order(self.report.diagnostics)
            most -= run.budget.done
        try:
            check_names(self.report, self.program, file)
            if not self.report.errors:
                self._lint(file, designs)
        except Enough:
            pass
        except TooLarge as error:
            self.report.add(error.diagnostic)
        return in_order(self.report.diagnostics)

    @with_room
    def check_asked(
        self,
        net: str | None,
        overrides: Mapping[str, str],
        sizes: Mapping[str, Size],
        principles: bool = False,
    ) -> list[Diagnostic]:
        """Everything that is wrong with one net, with what is set from outside."""
        try:
            design = self.design(net, overrides, sizes)
        except NetError as error:
            return list(error.diagnostics)
        assert self.file is not None
        if principles:
            self._advise(design)
        self._lint(self.file, [design])
        return in_order(self.report.diagnostics)

    def _lint(self, file: File, designs: list[Design]) -> None:
        """What is written rightly, but probably not what was meant."""
        from netdsl.elaborate.lint import lint

        lint(self.report, file)
        # Where every chain goes on from what is before it, there is no step that nothing reads.
        if any(
            isinstance(node, (ast.From, ast.Compute, ast.Output)) for node in ast.below(file.tree)
        ):
            from netdsl.idle import idle

            for diagnostic in idle(designs):
                self.report.add(diagnostic)

    def _advise(self, design: Design) -> None:
        from netdsl.principles import principles

        told = {(d.code, str(d.span)) for d in self.report.diagnostics}
        for diagnostic in principles(design):
            if (diagnostic.code, str(diagnostic.span)) not in told:  # by another net of the file
                self.report.add(diagnostic)

    def _checked_file(self) -> File:
        self.report.check()
        assert self.file is not None
        return self.file


class Recipe(Record):
    """What a net was compiled from, so that passes (`netdsl.passes`) can compile it once more: the file
    and the node of the net, what was set from outside, the steps that were replaced."""

    program: Program
    file: File
    node: ast.Net | ast.Variant
    expressions: Mapping[str, ast.Expr]
    sizes: Mapping[str, Size]
    changed: dict[ast.Net, ast.Net]

    @with_room
    def design(self, edits: Any, sizes: Mapping[str, Size] | None = None) -> tuple[Design, Report]:
        """The net with changed steps (`netdsl.elaborate.edits.Edits`, or None), at the sizes that were set
        or at others; and what is worth a warning. Raises `NetError`."""
        from netdsl.verify import verify

        report = Report()
        run = Run(report, self.program)
        run.changed, run.edits = self.changed, edits
        sizes = self.sizes if sizes is None else sizes
        try:
            design = elaborate_net(run, self.file, self.node, self.expressions, sizes)
        except TooLarge as error:
            raise NetError([error.diagnostic]) from None
        except Enough:
            design = None
        except RecursionError:
            raise NetError([too_deep(run.budget.place)]) from None
        report.check()
        assert design is not None
        design.recipe = self.but(sizes=sizes)
        verify(design)
        return design, report


def _chosen(file: File, net: str | None) -> ast.Net | ast.Variant:
    from netdsl.diagnostics import Mistake

    try:
        return choose_net(file, net)
    except Mistake as mistake:
        raise NetError([mistake.diagnostic]) from None


def expression(name: str, text: str, report: Report) -> ast.Expr:
    """The expression that `--set name=text` gives."""
    source = Source(f"--set {name}", text)
    found = parse_expression(source, report)
    return found if found is not None else ast.Constant(ast.Span(source, 0, 0), None)


# --------------------------------------------------------------------------------------------- zoo
def zoo_files() -> list[Path]:
    return sorted(data_file("zoo").glob("*.net"))


def find_in_zoo(name: str) -> tuple[Path, str] | None:
    """The file and the net that `zoo:name` means: a net of that name in any file, else a file's default."""
    wanted = fold_name(name)
    by_file: Path | None = None
    for path in zoo_files():
        for net in net_names(path):
            if fold_name(net) == wanted:
                return path, net
        if fold_name(path.stem) == wanted:
            by_file = path
    if by_file is not None:
        source = Source(f"zoo:{by_file.stem}", read_text(by_file))
        file = Compilation(source, by_file).file
        if file is not None:
            return by_file, choose_net(file, None).name.text
    return None


def net_names(path: Path) -> list[str]:
    """The nets that a file defines, by a look at its lines: the zoo is searched without parsing it."""
    found = []
    for line in read_text(path).splitlines():
        if line.startswith("net "):
            found.append(line[4:].split("=")[0].split("(")[0].split("{")[0].strip())
    return found
