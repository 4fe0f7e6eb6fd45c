"""Texts are read from regular files, as far as a text may go, and from below a folder only.

A name that a text gives is followed one part at a time, each opened in the folder that is open already and
never through a link; a link is read and its parts are followed in the same way. So it does not matter
what is renamed meanwhile: what is opened lies below the folder, or nothing is.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import ExitStack
from pathlib import Path
from typing import Self

LARGEST = 256 * 1024  # bytes of a text
MOST_LINKS = 32  # on the way to one file
STREAMS = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")  # what a shell hands over

# Nothing is waited for (a pipe without a writer), and no terminal is taken over.
_SAFELY = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_SAFELY |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = getattr(os, "O_DIRECTORY", 0) | _SAFELY | _NO_LINK
_BY_FOLDERS = os.open in os.supports_dir_fd and os.readlink in os.supports_dir_fd and _NO_LINK > 0


class Outside(Exception):
    """A name that leads out of the folder below which it must stay."""


class TooLong(OSError):
    """A file with more bytes than a text may have."""


class Opened:
    """An open file, and where it really is."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._file = open(handle, "rb")  # noqa: SIM115 -- closed at the end of a `with`

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def text(self) -> str:
        """What it holds. Raises `OSError`."""
        _check_regular(os.fstat(self._file.fileno()).st_mode)
        return as_text(self._file.read(LARGEST + 1))


def read_text(path: Path) -> str:
    """The text of a file that the user named. Raises `OSError`."""
    if str(path).startswith(STREAMS):
        with open(path, "rb") as stream:
            return as_text(stream.read(LARGEST + 1))
    with Opened(path, os.open(path, _SAFELY)) as file:
        return file.text()


def as_text(data: bytes) -> str:
    """Bytes as UTF-8 text with one kind of line end. Raises `OSError` if they are none, `TooLong`."""
    if len(data) > LARGEST:
        raise TooLong(errno.EFBIG, f"it has more than {LARGEST // 1024} KiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise OSError(errno.EILSEQ, f"it is not UTF-8 text (byte {error.start})") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def open_below(root: Path, folder: Path, wanted: str) -> Opened:
    """The file that a text in `folder` calls `wanted`, if that lies below `root`.

    `root` and `folder` are real paths. Raises `Outside`, `OSError` if it cannot be opened (or is no regular
    file), `ValueError` for what can be no path.
    """
    if "\0" in wanted:
        raise ValueError("a path has no NUL")
    if os.path.isabs(wanted) or Path(wanted).is_absolute() or Path(wanted).drive:
        raise Outside
    try:
        parts = [*folder.relative_to(root).parts, *wanted.replace(os.sep, "/").split("/")]
    except ValueError:
        raise Outside from None
    if _leaves(parts):
        raise Outside
    if not _BY_FOLDERS:
        return _compared(root, parts)
    with ExitStack() as stack:
        return _walked(root, parts, stack)


def _leaves(parts: list[str]) -> bool:
    """Whether a path goes above its beginning, by its letters alone: then nothing is looked at."""
    depth = 0
    for part in parts:
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return True
    return False


def _walked(root: Path, parts: list[str], stack: ExitStack) -> Opened:
    """Follow the parts from folder to folder."""

    def opened(name: str | Path, flags: int, above: int | None = None) -> int:
        handle = os.open(name, flags, dir_fd=above)
        stack.callback(os.close, handle)
        return handle

    folders = [opened(root, _FOLDER & ~_NO_LINK)]
    names: list[str] = []
    waiting = [part for part in reversed(parts) if part not in ("", ".")]
    links = 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            if not names:
                raise Outside
            names.pop()
            folders.pop()
            continue
        kind = os.stat(part, dir_fd=folders[-1], follow_symlinks=False).st_mode
        if stat.S_ISLNK(kind):
            links += 1
            if links > MOST_LINKS:
                raise OSError(errno.ELOOP, "too many links lead to each other")
            target = os.readlink(part, dir_fd=folders[-1])
            if os.path.isabs(target):
                target = _below(root, target)
                del folders[1:], names[:]
            waiting += [p for p in reversed(target.split("/")) if p not in ("", ".")]
        elif waiting:
            try:
                folders.append(opened(part, _FOLDER, folders[-1]))
            except OSError as error:
                raise _unlinked(error) from None
            names.append(part)
        else:
            _check_regular(kind)
            try:
                handle = os.open(part, _SAFELY | _NO_LINK, dir_fd=folders[-1])
            except OSError as error:
                raise _unlinked(error) from None
            return Opened(root.joinpath(*names, part), handle)
    raise IsADirectoryError(errno.EISDIR, "it is a folder")


def _below(root: Path, target: str) -> str:
    """An absolute link as a path from the root, by its letters: links are followed on the way."""
    try:
        return Path(target).relative_to(root).as_posix()
    except ValueError:
        raise Outside from None


def _unlinked(error: OSError) -> OSError | Outside:
    """What a part that became a link between looking and opening means."""
    return Outside() if error.errno in (errno.ELOOP, errno.EMLINK) else error


def _compared(root: Path, parts: list[str]) -> Opened:
    """Where no file can be opened in an open folder (Windows): open, then look at what was opened."""
    path = Path(os.path.realpath(root.joinpath(*parts)))
    if not path.is_relative_to(root):
        raise Outside
    handle = os.open(path, _SAFELY)
    try:
        same = os.path.samestat(os.fstat(handle), os.stat(path, follow_symlinks=False))
        same = same and Path(os.path.realpath(path)) == path
    except OSError:
        same = False
    if not same:
        os.close(handle)
        raise Outside
    return Opened(path, handle)


def _check_regular(mode: int) -> None:
    """Only regular files are read: a pipe would be waited for, a device may have no end."""
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no file")
