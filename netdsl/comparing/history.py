"""A `.net` file as it was in a git revision, with the files that it imports.

Texts are read from git's objects by `git cat-file`, which runs no filter and no program of the repository;
nothing goes through a shell, and what is asked for is never taken for an option. They are laid into a
temporary folder as they lie in the repository, and compiled there by the rules for all files.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from netdsl.compiler import Compilation
from netdsl.diagnostics import Diagnostic, NetError, Report
from netdsl.elaborate.program import MOST_FILES
from netdsl.reading import read_text
from netdsl.source import Source
from netdsl.syntax import ast
from netdsl.syntax.parse import parse

LARGEST = 16 * 2**20  # bytes of a text
SECONDS = 60


def compiled_at(revision: str, path: Path, root: Path | None = None) -> Compilation:
    """The compilation of a file as it was in a revision (a branch, a tag, a commit). `root` is the
    folder below which imports are read, else the file's own; both lie in a repository. Raises
    `NetError`: E460 without git or a repository, E461 for no such revision, E462 where it has no such
    file, E463 for what is no text."""
    file = path.resolve()
    repository = _Repository(file.parent)
    commit = repository.commit(revision)
    base = repository.inside(root.resolve() if root is not None else file.parent)
    name = repository.inside(file)
    with _laid_out(repository, commit, revision, name, base) as top:
        text = read_text(top / name)
        source = Source(f"git:{revision}:{name}", text)
        return Compilation(source, top / name, top / base)


@contextmanager
def _laid_out(
    repository: _Repository, commit: str, revision: str, name: PurePosixPath, base: PurePosixPath
) -> Iterator[Path]:
    """The file, and what it imports below `base`, in a folder of their own."""
    with TemporaryDirectory(prefix="netdsl-") as folder:
        top = Path(folder).resolve()
        (top / base).mkdir(parents=True, exist_ok=True)
        waiting, seen = [name], {name}
        while waiting:
            at = waiting.pop()
            data = repository.text(commit, revision, at, missing_is_wrong=at == name)
            if data is None:
                continue  # compiling says at the import what is missing
            (top / at).parent.mkdir(parents=True, exist_ok=True)
            (top / at).write_bytes(data)
            for other in _imports(top / at, at):
                if other not in seen and base in (other, *other.parents) and len(seen) < MOST_FILES:
                    seen.add(other)
                    waiting.append(other)
        yield top


def _imports(file: Path, at: PurePosixPath) -> Iterator[PurePosixPath]:
    """The files that a text imports, as paths in the repository."""
    try:
        tree = parse(Source(str(at), read_text(file)), Report())
    except OSError:
        return
    for definition in tree.definitions if tree is not None else ():
        if isinstance(definition, ast.Import) and not definition.path.value.startswith("zoo:"):
            wanted = os.path.normpath(f"/{at.parent}/{definition.path.value}")
            if "\0" not in wanted and not Path(definition.path.value).is_absolute():
                yield PurePosixPath(wanted.lstrip("/"))


class _Repository:
    """A git repository, read only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        top = self._git("rev-parse", "--show-toplevel")
        if top is None:
            message = f"{folder} is in no git repository"
            hint = "compare with a file: `netdsl breaking OLD NEW`"
            raise NetError([Diagnostic("E460", message, hint=hint)])
        self.top = Path(top.decode(errors="surrogateescape").rstrip("\n")).resolve()

    def inside(self, path: Path) -> PurePosixPath:
        """A path relative to the top of the repository."""
        try:
            return PurePosixPath(path.relative_to(self.top).as_posix())
        except ValueError:
            message = f"{path} lies outside of the git repository {self.top}"
            raise NetError([Diagnostic("E460", message)]) from None

    def commit(self, revision: str) -> str:
        """The commit that a revision means."""
        found = None
        if revision and revision.isprintable() and not revision.startswith("-"):
            wanted = f"{revision}^{{commit}}"
            found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", wanted)
        if found is None:
            hint = "a branch, a tag or a commit: `git:main`, `git:v1.0`, `git:HEAD~3`"
            message = f"git knows no revision `{revision}` here"
            raise NetError([Diagnostic("E461", message, hint=hint)])
        return found.decode().strip()

    def text(
        self, commit: str, revision: str, path: PurePosixPath, missing_is_wrong: bool
    ) -> bytes | None:
        """The bytes of a file in a commit; None where there is none, if that is no mistake."""
        entry = self._git("ls-tree", "-z", "--full-tree", commit, "--", f":(literal){path}")
        if not entry:
            if not missing_is_wrong:
                return None
            hint = "it is new since then, or had another name: give the old file itself"
            message = f"git:{revision} has no {path}"
            raise NetError([Diagnostic("E462", message, hint=hint)])
        mode, kind, name, *_ = entry.decode(errors="surrogateescape").split()
        if kind != "blob" or mode == "120000":
            what = "a link" if mode == "120000" else "no file"
            raise NetError([Diagnostic("E463", f"git:{revision}:{path} is {what}")])
        size = self._git("cat-file", "-s", name)
        if size is None or int(size) > LARGEST:
            raise NetError([Diagnostic("E463", f"git:{revision}:{path} is too large for a text")])
        data = self._git("cat-file", "blob", name)
        assert data is not None
        return data

    def _git(self, *arguments: str) -> bytes | None:
        """What git prints; None where it fails."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
        try:
            done = subprocess.run(
                ["git", "--no-pager", *arguments],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            message = "git is not installed, or this folder is gone"
            raise NetError([Diagnostic("E460", message)]) from error
        except subprocess.TimeoutExpired as error:
            message = f"git gave no answer in {SECONDS} seconds"
            raise NetError([Diagnostic("E460", message)]) from error
        return done.stdout if done.returncode == 0 else None
