"""No text reads a byte from outside of its folder, whatever names, links and races it tries.

Outside lies a file with a secret, which is a block that the tricks would need, and a word that no message
may show. Where a trick must be refused, the code says so; none may compile.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import netdsl
from netdsl.diagnostics import NetError
from netdsl.reading import LARGEST, Outside, open_below

SECRET = "hunter2_block"
OUTSIDE = f"block stolen {{ {SECRET}: conv(8, 3x3) }}\n"
INSIDE = "block stolen { conv(4, 1x1) }\n"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of Unix")


class World(NamedTuple):
    """A project that is read, and what lies beside it."""

    root: Path
    outside: Path

    def main(self, wanted: str) -> Path:
        path = self.root / "main.net"
        text = f'import stolen from "{wanted}"\nnet Main {{ input a: 3x8x8\n stolen }}\n'
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def world(tmp_path: Path) -> World:
    root, outside = tmp_path / "project", tmp_path / "project-secret"
    for folder in (root / "sub" / "deep", outside):
        folder.mkdir(parents=True)
    (outside / "secret.net").write_text(OUTSIDE, encoding="utf-8")
    (tmp_path / "secret.net").write_text(OUTSIDE, encoding="utf-8")
    (root / "sub" / "good.net").write_text(INSIDE, encoding="utf-8")
    return World(root, outside)


def refused(path: Path, **how: object) -> str:
    """What is said about a file that must not compile; none of it is the secret."""
    with pytest.raises(NetError) as error:
        netdsl.load(path, **how)  # type: ignore[arg-type]
    said = str(error.value)
    assert SECRET not in said
    return error.value.diagnostics[0].code


# Names that are refused by their letters: the file that they lead to is there.
NAMES = [
    "../secret.net",
    "../project-secret/secret.net",
    "./../secret.net",
    "sub/../../secret.net",
    "sub/deep/../../../secret.net",
    "sub//..//..//secret.net",
    "sub/./.././../secret.net",
    "../project/../secret.net",
    "../../../../../../../../etc/hostname",
    "nowhere/../../secret.net",
    "sub/good.net/../../../secret.net",
    "../",
    "..",
    "{top}/secret.net",
    "/{top}/secret.net",
    "//{top}/secret.net",
    "/etc/passwd",
    "/dev/stdin",
    "/proc/self/environ",
    "/proc/self/root/etc/passwd",
    "/proc/self/cwd/main.net",
    "/dev/fd/0",
    "{top}/project/sub/good.net",  # inside, but absolute
    "zoo:../zoo/resnet",
    "zoo:../../netdsl/version.py",
    "zoo:/etc/passwd",
    "zoo:../grammars/netdsl.lark",
    "zoo:./../zoo/resnet.net",
]


@pytest.mark.parametrize("wanted", NAMES)
def test_names(world: World, wanted: str) -> None:
    wanted = wanted.replace("{top}", str(world.root.parent))
    assert refused(world.main(wanted)) == "E133"


# Names of nothing, of what is no path or of what is no text.
ODD = [
    "",
    ".",
    "sub",
    "sub/",
    "sub/deep",
    "~/secret.net",
    "~root/secret.net",
    "$HOME/secret.net",
    "%2e%2e/secret.net",
    "..%2fsecret.net",
    "..\\\\secret.net",
    "file:///etc/passwd",
    "https://example.org/secret.net",
    "\\\\\\\\host\\\\share\\\\secret.net",
    "C:\\\\secret.net",
    "…/secret.net",
    "\uff0e\uff0e/secret.net",
    "sub/good.net\u0000.txt",
    "sub/good.net/",
    "sub/good.net/.",
    "git:main",
    "zoo:",
    "zoo:.",
    "a" * 300,
    "a/" * 3_000 + "secret.net",
    "-",
]


@pytest.mark.parametrize("number", range(len(ODD)))
def test_odd_names(world: World, number: int) -> None:
    try:
        netdsl.load(world.main(ODD[number]))
    except NetError as error:
        assert SECRET not in str(error)
        assert error.diagnostics[0].code in ("E130", "E133", "E003")
    else:
        assert ODD[number].startswith("sub/good.net/")  # still that file


def _link(target: str | Path) -> Callable[[World], str]:
    def make(world: World) -> str:
        where = str(target).replace("{top}", str(world.root.parent))
        (world.root / "link.net").symlink_to(where)
        return "link.net"

    return make


def _folder(target: str, wanted: str) -> Callable[[World], str]:
    def make(world: World) -> str:
        where = target.replace("{top}", str(world.root.parent))
        (world.root / "way").symlink_to(where, target_is_directory=True)
        return wanted

    return make


def _chain(world: World) -> str:
    for i in range(5):
        (world.root / f"link{i}").symlink_to(f"link{i + 1}")
    (world.root / "link5").symlink_to("../secret.net")
    return "link0"


def _links_up_and_down(world: World) -> str:
    (world.root / "sub" / "up").symlink_to("..")
    return "sub/up/../secret.net"


def _link_to_a_link_outside(world: World) -> str:
    (world.outside / "back.net").symlink_to(world.root / "sub" / "good.net")
    (world.root / "link.net").symlink_to(world.outside / "back.net")
    return "link.net"


LINKS: dict[str, Callable[[World], str]] = {
    "to a file above": _link("../secret.net"),
    "to a file above, absolute": _link("{top}/secret.net"),
    "to a folder whose name begins like ours": _link("{top}/project-secret/secret.net"),
    "to a file above, by way of ours": _link("sub/../../secret.net"),
    "to the passwords": _link("/etc/passwd"),
    "to the environment": _link("/proc/self/environ"),
    "to the own process": _link("/proc/self/fd/0"),
    "to a device": _link("/dev/zero"),
    "to the standard input": _link("/dev/stdin"),
    "of a folder above": _folder("..", "way/secret.net"),
    "of a folder above, absolute": _folder("{top}", "way/secret.net"),
    "of a folder beside": _folder("../project-secret", "way/secret.net"),
    "of the root": _folder("/", "way/etc/passwd"),
    "of a folder above, and back": _folder("..", "way/project/sub/good.net"),
    "over five links": _chain,
    "up and down": _links_up_and_down,
    "over a link that lies outside": _link_to_a_link_outside,
}


@pytest.mark.parametrize("trick", LINKS)
def test_links(world: World, trick: str) -> None:
    assert refused(world.main(LINKS[trick](world))) == "E133"


def test_enough_tricks() -> None:
    assert len(NAMES) + len(LINKS) >= 40


def test_a_ring_of_links(world: World) -> None:
    (world.root / "a.net").symlink_to("b.net")
    (world.root / "b.net").symlink_to("a.net")
    assert refused(world.main("a.net")) == "E130"


def test_links_inside_are_followed(world: World) -> None:
    (world.root / "link.net").symlink_to("sub/good.net")
    assert netdsl.load(world.main("link.net")).parameters == 16
    (world.root / "other.net").symlink_to(world.root / "sub" / "good.net")
    assert netdsl.load(world.main("other.net")).parameters == 16
    (world.root / "sub" / "up").symlink_to("..")
    assert netdsl.load(world.main("sub/up/sub/good.net")).parameters == 16
    assert netdsl.load(world.main("sub/deep/../good.net")).parameters == 16


# ------------------------------------------------------------------------------ what is no file
def test_what_is_no_file_is_not_waited_for(world: World) -> None:
    os.mkfifo(world.root / "pipe.net")
    assert refused(world.main("pipe.net")) == "E130"
    assert refused(world.root / "pipe.net") == "E130"
    with socket.socket(socket.AF_UNIX) as unix:
        before = Path.cwd()
        os.chdir(world.root)  # the name of a socket is short
        try:
            unix.bind("socket.net")
        finally:
            os.chdir(before)
        assert refused(world.main("socket.net")) == "E130"
        assert refused(world.root / "socket.net") == "E130"
    assert refused(world.root / "sub") == "E130"
    assert refused(Path("/dev/zero")) == "E130"


def test_the_file_itself_is_no_link_to_elsewhere(world: World) -> None:
    """A folder from strangers that is checked as a whole: messages would show lines of the target."""
    link = world.root / "main.net"
    for target in ("../secret.net", "/etc/passwd"):
        link.symlink_to(target)
        assert refused(link) == "E133"
        link.unlink()
    (world.root.parent / "whole.net").write_text(
        "net Whole { input a: 3x8x8\n relu }\n", encoding="utf-8"
    )
    link.symlink_to("../whole.net")
    assert refused(link) == "E133"
    assert netdsl.load(link, root=world.root.parent).name == "Whole"
    assert refused(link, root=world.outside) == "E133"
    link.unlink()
    link.symlink_to("sub/inner.net")
    (world.root / "sub" / "inner.net").write_text(
        'import stolen from "good.net"\nnet Inner { input a: 3x8x8\n stolen }\n', encoding="utf-8"
    )
    assert netdsl.load(link).parameters == 16  # imports are relative to where it really is


def test_a_root_above_and_below(world: World) -> None:
    above = world.main("../secret.net")
    assert netdsl.load(above, root=world.root.parent).parameters == 8 * 28
    deep = world.root / "sub" / "main.net"
    deep.write_text('import stolen from "good.net"\nnet Main { input a: 3x8x8\n stolen }\n')
    assert refused(world.main("sub/good.net"), root=world.root / "sub" / "deep") == "E133"
    assert netdsl.load(deep, root=world.root / "sub").parameters == 16


def test_a_text_without_a_file_reads_none() -> None:
    for wanted in ("main.net", "/etc/passwd", "../secret.net"):
        with pytest.raises(NetError) as error:
            netdsl.loads(f'import stolen from "{wanted}"\nnet A {{ input a: 3x8x8\n stolen }}')
        assert error.value.diagnostics[0].code == "E130"


def test_what_was_meant_is_not_looked_for_outside(world: World) -> None:
    (world.root / "way").symlink_to("..", target_is_directory=True)
    with pytest.raises(NetError) as error:
        netdsl.load(world.main("way/secrets.net"))
    assert "secret.net" not in str(error.value).replace("secrets.net", "")


def test_large_files(world: World) -> None:
    full = INSIDE + "#" * (LARGEST - len(INSIDE))
    (world.root / "large.net").write_text(full, encoding="utf-8")
    assert netdsl.load(world.main("large.net")).parameters == 16
    (world.root / "large.net").write_text(f"{full}\n", encoding="utf-8")
    assert refused(world.main("large.net")) == "E001"
    assert refused(world.root / "large.net") == "E001"
    with (world.root / "sparse.net").open("wb") as file:
        file.truncate(2**40)  # a terabyte of nothing
    assert refused(world.main("sparse.net")) == "E001"


def test_at_most_64_files(world: World) -> None:
    for i in range(70):
        rest = f'import b{i + 1} from "f{i + 1}.net"\n' if i < 69 else ""
        (world.root / f"f{i}.net").write_text(f"{rest}block b{i} {{ relu }}\n", encoding="utf-8")
    path = world.root / "main.net"
    path.write_text('import b0 from "f0.net"\nnet Main { input a: 3x8x8\n b0 }\n')
    assert refused(path) == "E132"


# ------------------------------------------------------------------------------------------ races
def _race(world: World, tries: int, trap: Callable[[threading.Event], None], wanted: str) -> int:
    """Read again and again what somebody exchanges meanwhile; how often it was there."""
    stop, found = threading.Event(), 0
    other = threading.Thread(target=trap, args=(stop,))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # both run in turns of some steps
    other.start()
    try:
        for _ in range(tries):
            try:
                with open_below(world.root, world.root, wanted) as opened:
                    text = opened.text()
            except (Outside, OSError):
                continue
            assert SECRET not in text
            assert text == INSIDE
            found += 1
    finally:
        stop.set()
        other.join()
        sys.setswitchinterval(before)
    return found


def _exchange(path: Path, *targets: Callable[[Path], None]) -> Callable[[threading.Event], None]:
    """Put one thing after the other in the place of a path, each by one rename."""

    def run(stop: threading.Event) -> None:
        new = path.with_name("new")
        while not stop.is_set():
            for target in targets:
                target(new)
                if path.is_dir() and not path.is_symlink():
                    os.rename(path, path.with_name("old"))
                    os.rename(new, path)
                    for inner in path.with_name("old").iterdir():
                        inner.unlink()
                    path.with_name("old").rmdir()
                else:
                    os.replace(new, path) if not new.is_dir() or new.is_symlink() else (
                        path.unlink(missing_ok=True),
                        os.rename(new, path),
                    )

    return run


@pytest.mark.parametrize("tries", [pytest.param(60), pytest.param(500, marks=pytest.mark.slow)])
def test_a_race_of_a_file(world: World, tries: int) -> None:
    """A plain file and a link to the secret take turns in one place."""

    def file(path: Path) -> None:
        path.write_text(INSIDE, encoding="utf-8")

    def link(path: Path) -> None:
        path.symlink_to("../secret.net")

    target = world.root / "turns.net"
    file(target)
    _race(world, tries, _exchange(target, link, file), "turns.net")


@pytest.mark.parametrize("tries", [pytest.param(60), pytest.param(500, marks=pytest.mark.slow)])
def test_a_race_of_a_folder(world: World, tries: int) -> None:
    """A folder and a link to the one with the secret take turns on the way to a file."""

    def folder(path: Path) -> None:
        path.mkdir()
        (path / "secret.net").write_text(INSIDE, encoding="utf-8")

    def link(path: Path) -> None:
        path.symlink_to("../project-secret", target_is_directory=True)

    target = world.root / "turns"
    folder(target)
    _race(world, tries, _exchange(target, link, folder), "turns/secret.net")


def test_a_race_at_the_worst_moment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked at becomes a link before it is opened: on every part of the way."""
    real = os.stat
    for part, wanted in (("turns.net", "turns.net"), ("turns", "turns/secret.net")):
        target = world.root / part
        if part.endswith(".net"):
            target.write_text(INSIDE, encoding="utf-8")
            away = "../secret.net"
        else:
            target.mkdir()
            (target / "secret.net").write_text(INSIDE, encoding="utf-8")
            away = "../project-secret"

        def stat(
            path: object,
            *,
            part: str = part,
            away: str = away,
            target: Path = target,
            **how: object,
        ) -> os.stat_result:
            found = real(path, **how)  # type: ignore[arg-type]
            if path == part:
                os.rename(target, target.with_name(f"{part}.old"))
                target.symlink_to(away)
            return found

        monkeypatch.setattr(os, "stat", stat)
        with pytest.raises((Outside, OSError)):
            open_below(world.root, world.root, wanted).text()
        monkeypatch.setattr(os, "stat", real)
