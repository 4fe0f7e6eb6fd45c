"""Theme files: what a line sets, what is said of a wrong one, and that no text can become unreadable."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from drawn_scenes import Drawing, kinds
from hypothesis import given, settings
from hypothesis import strategies as st

from netdsl.backends.diagram.scene.readable import pairs, unreadable
from netdsl.backends.diagram.scene.theme_colours import made
from netdsl.backends.diagram.scene.theme_file import read_theme, theme
from netdsl.backends.diagram.scene.themes import KINDS, NAMES, Theme, contrast, mix, named
from netdsl.diagnostics import Diagnostic, NetError, render
from netdsl.explain import book
from netdsl.source import Source


def read(text: str) -> Theme:
    return read_theme(Source("own.theme", text), "own")


def wrong(text: str) -> list[Diagnostic]:
    with pytest.raises(NetError) as error:
        read(text)
    return list(error.value.diagnostics)


# -------------------------------------------------------------------------------------- what is read
def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "institute.theme"
    path.write_text(
        "\ufeff# colours of the institute\r\n\r\n"
        "base = light\r\n  # indented\r\n"
        "conv.f =   #a8d5f2  # sky, two spaces before it\r\n"
        "pool.s=#205080\t# a tab\r\n",
        encoding="utf-8",
    )
    found = theme(str(path))
    assert found.name == "institute" and not found.hatched and not found.staged
    light = named("light").colours
    assert found.colours == {**light, "conv.f": "#A8D5F2", "pool.s": "#205080"}
    assert list(found.colours) == list(light)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_theme_of_ours(name: str) -> None:
    assert theme(name) is named(name)


@pytest.mark.parametrize("base", NAMES)
def test_an_empty_file_is_its_base(base: str) -> None:
    found = read(f"base = {base}")
    ours = named(base)
    assert found.colours == ours.colours
    assert (found.hatched, found.staged) == (ours.hatched, ours.staged)


def test_names() -> None:
    assert read("").name == "own"
    assert read("name = Journal of #7 Things  # no comment before").name == "Journal of #7 Things"
    assert read("name = a\x07b" + "c" * 100).name == "a b" + "c" * 44 + "\N{HORIZONTAL ELLIPSIS}"


def far(first: str, second: str) -> int:
    """The largest difference of two colours in a channel."""
    return max(abs(int(first[i : i + 2], 16) - int(second[i : i + 2], 16)) for i in (1, 3, 5))


@pytest.mark.parametrize("base", ["light", "dark"])
@pytest.mark.parametrize("kind", [kind for kind, look in KINDS.items() if look.strength >= 0.12])
def test_a_kind_by_its_fill(kind: str, base: str) -> None:
    """From the fill of one of our themes follow the other colours of its kind, nearly: a fill of which an
    eighth is hue has an eighth of its steps."""
    ours = named(base)
    found = read(f"{kind} = {ours[f'{kind}.f']}\nbase = {base}")
    for part in ("f", "s", "top", "side"):
        assert far(found[f"{kind}.{part}"], ours[f"{kind}.{part}"]) <= 10
    assert {r for r in ours.colours if found[r] != ours[r]} <= {
        f"{kind}.s",
        f"{kind}.top",
        f"{kind}.side",
    }


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["light", "dark", "stage"]), st.integers(0, 0xFFFFFF))
def test_an_outline_stands_out(base: str, number: int) -> None:
    """Whatever the fill, its outline can be seen on the paper, and no worse than the fill."""
    found = made(base, {"linear": f"#{number:06X}"})
    fill, outline = (contrast(found[f"linear.{part}"], found["paper"]) for part in "fs")
    assert outline >= 2.5 and (outline >= fill * 0.99 or outline > 4.5)


def test_what_is_set_by_itself_is_that() -> None:
    for text in ("conv = #A8D5F2\nconv.s = #111111", "conv.s = #111111\nconv = #A8D5F2"):
        assert (read(text)["conv.f"], read(text)["conv.s"]) == ("#A8D5F2", "#111111")
    only = read("conv.f = #A8D5F2")
    assert only["conv.f"] == "#A8D5F2" and only["conv.s"] == named("light")["conv.s"]
    plain = read("input = #FDFDFD")  # nearly paper: no hue
    assert plain["input.s"] == named("light")["input.s"]
    in_print = read("base = print\nconv = #D0D0D0")
    assert (in_print["conv.s"], in_print["conv.top"]) == ("#000000", "#FFFFFF")


def test_other_colours_follow_paper_and_ink() -> None:
    found = read("paper = #FFF8E0")
    assert found["dropout.f"] == found["input.f"] == "#FFF8E0"
    assert found["panel"] == mix(found["ink"], "#FFF8E0", 0.055)
    assert read("ink = #003020")["text"] == "#003020"
    assert read("base = print\npaper = #FFF8E0")["conv1.f"] == "#FFF8E0"


def test_a_stage_by_its_fill() -> None:
    found = read("base = stage\nstage1 = #FFE0E0")
    assert found["conv.f@1"] == "#FFE0E0" and found["conv.s@1"] == mix("#FFB5B5", "#000000", 0.62)


def test_a_figure_in_it() -> None:
    scene = Drawing()
    for i, kind in enumerate(KINDS):
        scene.put(kind, 0, 30 * i, "conv", kind=kind)
    assert kinds(scene, read("base = dark\nconv = #304860\npaper = #101418")) == []


# ------------------------------------------------------------------------------------- what is wrong
@pytest.mark.parametrize("code", ["E420", "E422", "E423", "E424"])
def test_the_examples_of_the_book(code: str) -> None:
    entry = book()[code]
    assert [d.code for d in wrong(entry["command"])] == [code]
    read(entry["instead"])


def test_the_file_in_the_book() -> None:
    lines = [line.strip() for line in book()["E422"]["text"].splitlines() if line.startswith("  ")]
    assert len(lines) == 5
    found = read("\n".join(lines))
    assert (found["paper"], found["conv.f"], found["conv.s"]) == ("#FFFDF5", "#A8D5F2", "#205080")


@pytest.mark.parametrize(
    ("text", "code", "place", "hint"),
    [
        ("papr = #FFFFFF", "E423", (1, 1), "did you mean `paper`?"),
        ("paper = #FFFFFF\n  cnv.f = #FFFFFF", "E423", (2, 3), "did you mean `conv.f`?"),
        ("Conv = #A8D5F2", "E423", (1, 1), "did you mean `conv`?"),
        ("colour = #FFFFFF", "E423", (1, 1), "there are paper, ink, text, edge,"),
        ("conv.g = #A8D5F2", "E423", (1, 1), "did you mean `conv."),
        ("conv = ABCDEF", "E422", (1, 8), "write `#ABCDEF`"),
        ("conv = #abc", "E422", (1, 8), "write `#AABBCC`"),
        ("conv = #A8D5F20", "E422", (1, 8), "a colour is `#RRGGBB`"),
        ("conv = sky blue", "E422", (1, 8), "a colour is `#RRGGBB`"),
        ("conv =", "E422", (1, 7), "a colour is `#RRGGBB`"),
        ("conv =   # later", "E422", (1, 10), "a colour is `#RRGGBB`"),
        ("\n  conv #A8D5F2", "E422", (2, 3), "a line is `role = #RRGGBB`"),
        ("= #A8D5F2", "E422", (1, 1), "a line is `role = #RRGGBB`"),
        ("conv = #A8D5F2\nconv = #A8D5F2", "E422", (2, 1), None),
        ("base = lihgt", "E420", (1, 8), "did you mean `light`?"),
        ("base = blue", "E420", (1, 8), "there are light, dark, print, stage"),
        ("base = own.theme", "E420", (1, 8), "there are light, dark, print, stage"),
    ],
)
def test_wrong_lines(text: str, code: str, place: tuple[int, int], hint: str | None) -> None:
    (found,) = wrong(text)
    assert found.code == code and found.span is not None and found.span.place == place
    assert (found.hint or "").startswith(hint or "") and bool(found.hint) == bool(hint)
    line = text.splitlines()[place[0] - 1]
    assert f"own.theme:{place[0]}:{place[1]}" in render(found) and line in render(found)


def test_all_wrong_lines_are_said_at_once() -> None:
    text = "papr = #FFFFFF\nconv = red\nnothing\nbase = drak"
    assert [d.code for d in wrong(text)] == ["E423", "E422", "E422", "E420"]


def test_very_many_wrong_lines_end() -> None:
    found = wrong("nothing\n" * 5000)
    assert len(found) == 100


def test_a_message() -> None:
    (found,) = wrong("# mine\nconv = #205080\n")
    assert render(found) == (
        "error[E424]: `text` #1A1A1A on `conv.f` #205080 has a contrast of 2.09:1\n"
        "  --> own.theme:2:8\n"
        "    2 | conv = #205080\n"
        "      |        ^^^^^^^\n"
        "   hint: a text needs 4.5:1: `conv = #6385A6` is the nearest that would do"
    )


# ------------------------------------------------------------------------------------------ contrast
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("conv.f = #606060", 1),
        ("base = dark\npool = #E0A080", 2),
        ("text = #909090", 1),
        ("ink = #909090", 1),
        ("paper = #303030", 1),
        ("panel = #808080", 1),
        ("band = #707070", 1),
        ("muted = #A0A0A0", 1),
        ("bar = #A0A0A0", 1),
        ("bartext = #505050", 1),
        ("base = stage\nstage4 = #303030", 2),
        ("base = print\nsoftmax = #606060", 2),
    ],
)
def test_what_is_said_to_do_does(text: str, line: int) -> None:
    """The hint's colour in the place of the wrong one gives a theme; one step nearer to it does not."""
    (found,) = wrong(text)
    assert found.code == "E424" and found.span is not None and found.span.place[0] == line
    hint = found.hint or ""
    better = hint.partition("`")[2].partition("`")[0]
    role, _, colour = better.partition(" = ")
    lines = text.splitlines()
    assert lines[line - 1].startswith(f"{role} = ")
    old = lines[line - 1].removeprefix(f"{role} = ")
    assert read("\n".join([*lines[: line - 1], better, *lines[line:]])).colours
    back = mix(colour, old, 0.97)
    assert wrong("\n".join([*lines[: line - 1], f"{role} = {back}", *lines[line:]]))


def test_both_lines_of_a_pair_are_shown() -> None:
    (found,) = wrong("text = #202020\nconv = #6F6F6F")
    assert "the text" in render(found) and "1 | text = #202020" in render(found)


def test_where_one_colour_cannot_help_others_are_named() -> None:
    (found,) = wrong("paper = #000000\nink = #FFFFFF")
    assert (found.hint or "").endswith("and no other `ink` alone would do: set `softmax`, too")


colours = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06X}")
roles = st.sampled_from([*named("print").colours, *KINDS])  # of all themes


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NAMES), st.dictionaries(roles, colours, max_size=5))
def test_no_theme_has_a_text_that_cannot_be_read(base: str, chosen: dict[str, str]) -> None:
    """Whatever is set: either it is refused for it, with the lines, or all texts have 4.5:1."""
    text = "\n".join([f"base = {base}", *(f"{role} = {colour}" for role, colour in chosen.items())])
    try:
        found = read(text)
    except NetError as error:
        assert {d.code for d in error.diagnostics} == {"E424"}
        assert all(d.span is not None and d.span.place[0] > 1 for d in error.diagnostics)
    else:
        assert not unreadable(found) and min(pair.ratio for pair in pairs(found)) >= 4.5
        assert all(
            found[role] == colour for role, colour in chosen.items() if role in found.colours
        )


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read(text)
    except NetError as error:
        assert {d.code for d in error.diagnostics} <= {"E420", "E422", "E423", "E424"}
        assert all(d.span is not None and str(d) for d in error.diagnostics)


# --------------------------------------------------------------------------------------------- files
def refused(name: str) -> Diagnostic:
    with pytest.raises(NetError) as error:
        theme(name)
    (found,) = error.value.diagnostics
    return found


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("drak", "did you mean `dark`?"),
        ("Light", "did you mean `light`?"),
        ("blue", "there are light, dark, print, stage, and files of one's own"),
        ("", "there are light, dark, print, stage, and files of one's own"),
        ("a\0b", "there are light, dark, print, stage, and files of one's own"),
        ("x" * 9000, "there are light, dark, print, stage, and files of one's own"),
    ],
)
def test_no_theme_of_that_name(name: str, hint: str) -> None:
    found = refused(name)
    assert (found.code, found.hint) == ("E420", hint) and len(str(found)) < 400


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "large.theme").write_text("# " + "x" * (64 * 1024 - 1))
    (tmp_path / "binary.theme").write_bytes(b"conv = \xff\xfe")
    (tmp_path / "folder.theme").mkdir()
    (tmp_path / "loop.theme").symlink_to(tmp_path / "loop.theme")
    (tmp_path / "dangling.theme").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe.theme")
    reasons = {
        "large.theme": "it has more than 64 KiB",
        "binary.theme": "it is not UTF-8 text (byte 7)",
        "folder.theme": "it is a folder",
        "loop.theme": "too many levels of symbolic links",
        "dangling.theme": "there is no such file or folder",
        "pipe.theme": "it is no file",
        "missing.theme": "there is no such file or folder",
    }
    for name, why in reasons.items():
        found = refused(str(tmp_path / name))
        assert found.code == "E421" and found.message.endswith(f"{name}: {why}")
        assert (
            found.hint
            == "a theme is one of light, dark, print, stage, or a file of lines `role = #RRGGBB`"
        )
    for name in ("/dev/zero", "a\0b.theme", "." + "x" * 9000, "\udc80.theme"):
        assert refused(name).code == "E421" and str(refused(name))


def test_the_largest_file_and_a_link(tmp_path: Path) -> None:
    path = tmp_path / "most.theme"
    path.write_text("conv = #A8D5F2\n# " + "x" * (64 * 1024 - 17))
    assert path.stat().st_size == 64 * 1024
    (tmp_path / "link").symlink_to(path)
    assert theme(str(tmp_path / "link"))["conv.f"] == theme(str(path))["conv.f"] == "#A8D5F2"


def test_a_file_without_an_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine").write_text("conv = #A8D5F2")
    Path("light").write_text("conv = #000000")
    assert theme("mine").name == "mine"
    assert theme("light") is named("light")  # a theme of ours goes before a file
    assert refused("./light").code == "E424"
