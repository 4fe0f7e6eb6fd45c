"""Files are written whole or not at all, several of one run together.

The new contents are written beside the files and forced to the disk, all of them; then each takes its
place by a rename. Until the first rename nothing has changed. Between the first and the last, which
are microseconds apart, only the death of the machine or of the process can leave some new and some old.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

CHUNK = 1 << 20


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that it is either the old one or the new one. Raises `OSError`.

    What is no plain file (a pipe, /dev/null) is written as it is; a link's target is replaced, not the link.
    """
    write_together([(path, content)])


def write_together(files: Sequence[tuple[Path, str | bytes]]) -> None:
    """Write files so that all are new, or all are as they were. Raises `OSError`, whose `filename` is the
    path that was given.

    They take their places in the order given: what others need comes before them. What is no plain file is
    written when all others are in place.
    """
    plain: list[_Write] = []
    streams: list[tuple[Path, bytes]] = []
    try:
        for path, content in files:
            data = content.encode("utf-8") if isinstance(content, str) else content
            try:
                if path.exists() and not path.is_file():
                    if path.is_dir():
                        raise IsADirectoryError(21, "it is a folder", str(path))
                    streams.append((path, data))
                else:
                    plain.append(_Write(path))
                    plain[-1].prepare(data)
            except OSError as error:
                error.filename = str(path)
                raise
        _in_place(plain)
    finally:
        for one in plain:
            one.clear()
    for path, data in streams:
        try:
            path.write_bytes(data)
        except OSError as error:
            error.filename = str(path)
            raise


def holds(path: Path, content: str) -> bool:
    """Whether a file is a plain one, no link, and has this content."""
    data = content.encode("utf-8")
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if path.is_symlink():
            return False
        with open(os.open(path, flags | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            return regular and file.read(len(data) + 1) == data
    except OSError:
        return False


def _in_place(files: list[_Write]) -> None:
    """Rename all; if one cannot be, those before it get their old contents back."""
    done: list[_Write] = []
    try:
        if len(files) > 1:
            for one in files:
                one.keep()
        for one in files:
            done.append(one)
            one.replace()
    except BaseException:
        for one in reversed(done):
            one.undo()
        raise
    for folder in dict.fromkeys(one.target.parent for one in files):
        _settle(folder)


class _Write:
    """One file that is about to be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.target = path.resolve() if path.is_symlink() else path
        self.new: str | None = None  # the new content, beside it
        self.old: str | None = None  # the old one, by another name
        self.existed = False
        self.replaced = False

    def prepare(self, data: bytes) -> None:
        handle, self.new = self._beside()
        with os.fdopen(handle, "wb") as file:
            for start in range(0, len(data), CHUNK):
                file.write(data[start : start + CHUNK])
            file.flush()
            os.fsync(file.fileno())
        os.chmod(self.new, _mode(self.target))

    def keep(self) -> None:
        """Give the old file a second name, where the file system can: then it can come back."""
        self.existed = self.target.exists()
        if not self.existed:
            return
        handle, name = self._beside()
        os.close(handle)
        self.old = name
        try:
            os.unlink(name)
            os.link(self.target, name)
        except OSError:
            self.old = None  # without a second name it cannot

    def replace(self) -> None:
        assert self.new is not None
        try:
            os.replace(self.new, self.target)
        except OSError as error:
            error.filename, error.filename2 = str(self.path), None
            raise
        self.new, self.replaced = None, True

    def undo(self) -> None:
        if not self.replaced:
            return
        try:
            if self.old is not None:
                os.replace(self.old, self.target)
                self.old = None
            elif not self.existed:
                os.unlink(self.target)
        except OSError:
            pass  # what can be brought back is

    def clear(self) -> None:
        """Remove what lies beside the file."""
        for name in (self.new, self.old):
            if name is not None:
                try:
                    os.unlink(name)
                except OSError:
                    pass

    def _beside(self) -> tuple[int, str]:
        # of a long name the beginning: with what is added it must not become too long for a name
        prefix = f".{self.target.name[:40]}."
        return tempfile.mkstemp(prefix=prefix, suffix=".tmp", dir=self.target.parent)


def _settle(folder: Path) -> None:
    """Force renames to the disk, where that can be asked for."""
    try:
        handle = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those that a new file gets."""
    try:
        return target.stat().st_mode & 0o7777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
