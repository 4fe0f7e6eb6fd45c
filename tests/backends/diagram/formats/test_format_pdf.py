"""PDF: one page of the scene's size with its own letters, that other programs read."""

from __future__ import annotations

import re
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from format_scenes import HOSTILE, everything, hostile

from netdsl.backends.diagram.formats.pdf import pdf
from netdsl.backends.diagram.formats.typeface import font_data
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.scene.themes import NAMES, named
from netdsl.escaping.letters import visible, western

POPPLER = pytest.mark.skipif(
    not shutil.which("pdftotext"), reason="there is no poppler (pdftotext)"
)


def objects(data: bytes) -> dict[int, bytes]:
    """The bodies of the objects, found by the table at the end of the file."""
    at = int(data[data.rindex(b"startxref") :].split()[1])
    assert data[at : at + 5] == b"xref\n"
    count = int(data[at:].split()[2])
    rows = [data[at + len(f"xref\n0 {count}\n") + 20 * i :][:20] for i in range(count)]
    assert rows[0] == b"0000000000 65535 f \n"
    found = {}
    for number, row in enumerate(rows[1:], 1):
        body = data[int(row[:10]) :]
        head = b"%d 0 obj\n" % number
        assert body.startswith(head)
        found[number] = body[len(head) : body.index(b"\nendobj\n")]
    return found


def streams(data: bytes) -> list[bytes]:
    bodies = [body for body in objects(data).values() if b"stream\n" in body]
    for body in bodies:
        length = re.search(rb"/Length (\d+)", body)
        assert length and body.endswith(b"\nendstream")
        assert int(length[1]) == len(body) - body.index(b"stream\n") - 7 - len(b"\nendstream")
    return [zlib.decompress(body[body.index(b"stream\n") + 7 : -10]) for body in bodies]


@pytest.mark.parametrize("theme", NAMES)
def test_every_object_is_where_the_table_says(theme: str) -> None:
    data = pdf(everything(), named(theme))
    found = objects(data)
    for body in found.values():
        plain = body.split(b"stream\n")[0]
        assert all(0 < int(n) <= len(found) for n in re.findall(rb"(\d+) 0 R", plain))
    trailer = data[data.rindex(b"trailer") :]
    assert b"/ID" not in trailer and b"Date" not in data


def test_the_page_has_the_size_of_the_scene() -> None:
    scene = everything()
    page = next(
        body for body in objects(pdf(scene, named("light"))).values() if b"/MediaBox" in body
    )
    box = re.search(rb"/MediaBox\[0 0 ([\d.]+) ([\d.]+)\]", page)
    assert box and [float(v) for v in box.groups()] == [scene.width, scene.height]


def test_fonts_that_occur_are_embedded_whole() -> None:
    both, one = pdf(everything(), named("light")), pdf(hostile(), named("light"))
    assert [s for s in streams(both) if s[:4] == b"\0\1\0\0"] == [font_data(False), font_data(True)]
    assert [s for s in streams(one) if s[:4] == b"\0\1\0\0"] == [font_data(False)]
    empty = Scene("Empty")
    empty.crop()
    assert len(streams(pdf(empty, named("light")))) == 1


def test_strings_end_where_they_should() -> None:
    """Texts are strings in the contents, in which brackets and backslashes are escaped."""
    (contents, _) = streams(pdf(hostile(), named("light")))
    assert contents.isascii()
    found = re.findall(rb"\((.*)\) Tj ET\n", contents + b"\n")
    assert len(found) == len(HOSTILE)
    for written, text in zip(found, HOSTILE):
        plain = re.sub(rb"\\(\d{3})", lambda m: bytes([int(m[1], 8)]), written)
        assert plain.decode("cp1252") == western(text)
        assert not re.search(rb"(?<!\\)[()]|\\(?!\d{3})", written)


def test_a_larger_page_has_a_larger_unit() -> None:
    """Readers take 14400 units at most."""
    scene = Scene("Wide")
    scene.rect(0, 0, 30_000, 10, "conv.f")
    scene.crop()
    data = pdf(scene, named("light"))
    page = next(body for body in objects(data).values() if b"/MediaBox" in body)
    box = re.search(rb"/MediaBox\[0 0 ([\d.]+) ([\d.]+)\]", page)
    unit = re.search(rb"/UserUnit ([\d.]+)", page)
    assert data.startswith(b"%PDF-1.6") and box and unit
    assert float(box[1]) <= 14_400
    assert float(box[1]) * float(unit[1]) == pytest.approx(scene.width, rel=1e-4)


def told(program: str, *arguments: str) -> str:
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout


@POPPLER
def test_others_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "figure.pdf"
    path.write_bytes(pdf(everything(), named("light")))
    fonts = told("pdffonts", str(path)).splitlines()[2:]
    assert len(fonts) == 2
    assert all(re.search(r"\+netdslSans-\w+ +TrueType +WinAnsi +yes yes", line) for line in fonts)
    info = told("pdfinfo", str(path))
    assert re.search(r"Title: +Everything\n", info) and re.search(r"Pages: +1\n", info)


@POPPLER
def test_texts_can_be_copied(tmp_path: Path) -> None:
    path = tmp_path / "figure.pdf"
    path.write_bytes(pdf(hostile(), named("dark")))
    found = [
        " ".join(line.split()) for line in told("pdftotext", "-layout", str(path), "-").splitlines()
    ]
    assert [line for line in found if line] == [western(text) for text in HOSTILE]
    assert visible(hostile().title) in " ".join(told("pdfinfo", str(path)).split())


@pytest.mark.skipif(not shutil.which("qpdf"), reason="there is no qpdf")
def test_qpdf_finds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "figure.pdf"
    path.write_bytes(pdf(everything(), named("light")))
    assert "No syntax or stream encoding errors found" in told("qpdf", "--check", str(path))
