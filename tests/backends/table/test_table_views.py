"""Tables as people read them: goldens, folding, and texts of the author that mean nothing.

`NETDSL_ACCEPT=1` writes the goldens anew; whoever does so reads the difference.
"""

from __future__ import annotations

import html
import os
import re
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt
from table_networks import GOLDENS

import netdsl
from netdsl.backends.table import FORMATS, table
from netdsl.backends.table.columns import COLUMNS, DEFAULT
from netdsl.backends.table.settings import Settings
from netdsl.backends.table.view import Line, View, view_of
from netdsl.escaping.latex import latex as tex
from netdsl.escaping.letters import plain
from netdsl.escaping.markdown import code, escaped

SUFFIXES = {
    "text": "txt",
    "markdown": "md",
    "csv": "csv",
    "json": "json",
    "latex": "tex",
    "html": "html",
}
HOSTILE = (
    "a|b\\|c *d* _e_ <b>&amp; `f` ``g`` [h](i) ~~j~~ $k$ %l #m {n} ^o ~p \"q\" 'r' @s -t =u\n| v"
)
CONTROLS = "\x1b[31mred\x07 \u202eback\u2066 \u200bnull\x00 a\r\n\tb"


# ----------------------------------------------------------------------------------------- goldens
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", ["stages", "gates"])
def test_golden(name: str, format: str) -> None:
    path = GOLDENS / f"{name}.{SUFFIXES[format]}"
    found = netdsl.load(GOLDENS / f"{name}.net").table(format).encode()
    if os.environ.get("NETDSL_ACCEPT"):
        path.write_bytes(found)
    assert found == path.read_bytes()


def test_goldens_are_all_compared() -> None:
    names = {f"{name}.{suffix}" for name in ("stages", "gates") for suffix in SUFFIXES.values()}
    assert {p.name for p in GOLDENS.iterdir()} == names | {"stages.net", "gates.net"}


@pytest.mark.parametrize("format", FORMATS)
def test_same_text_every_time(format: str) -> None:
    texts = {netdsl.load("zoo:googlenet").table(format) for _ in range(2)}
    assert len(texts) == 1
    (text,) = texts
    assert text.endswith("\n") and text.isascii()


def test_other_formats_are_refused() -> None:
    net = netdsl.load(GOLDENS / "stages.net")
    with pytest.raises(netdsl.NetError, match="no table format `word`"):
        net.table("word")


# ------------------------------------------------------------------------------------------ text
def columns(text: str) -> list[list[str]]:
    """The first three cells of every row of a text table, by where the words of its head begin."""
    lines = text.splitlines()
    rules = [i for i, line in enumerate(lines) if line and set(line) == {"-"}]
    starts = [lines[rules[0] - 1].index(column) for column in DEFAULT[:4]]
    body = lines[rules[0] + 1 : rules[1]]
    return [[line[a:b].strip() for a, b in pairwise(starts)] for line in body]


@pytest.mark.parametrize("name", ["resnet152", "googlenet", "densenet121", "vgg16", "unet"])
def test_text_fits_a_terminal(name: str) -> None:
    text = netdsl.load(f"zoo:{name}").table()
    lines = text.splitlines()
    assert max(map(len, lines)) <= 120
    assert not any(line != line.rstrip() for line in lines)
    rule = next(line for line in lines if line and set(line) == {"-"})
    head = lines[lines.index(rule) - 1]
    assert len(head) == len(rule)  # the last column ends where the rule does
    net = netdsl.load(f"zoo:{name}")
    total = next(line for line in lines if line.startswith("total"))
    assert total.split()[-2:] == [f"{net.parameters_used:,}", f"{net.macs:,}"]
    assert f"{net.layers} layers" in total


def test_text_cells_stand_in_their_columns() -> None:
    cells = columns(netdsl.load(GOLDENS / "stages.net").table())
    view = view_of(netdsl.load(GOLDENS / "stages.net").design)
    assert cells == [view.texts(line)[:3] for line in view.lines]


# ---------------------------------------------------------------------------------------- folding
def lines_of(text: str, **named: str) -> list[Line]:
    return list(view_of(netdsl.loads(text, **named).design).lines)


def test_depth_leaves_out_what_is_nested_deeper() -> None:
    """The rows that stay are those of the whole table; nothing of their numbers is lost."""
    design = netdsl.load("zoo:resnet152").design
    whole = view_of(design)
    for depth in (1, 2, 3):
        view = view_of(design, Settings(depth=depth))
        kept = [line.cells for line in whole.lines if line.depth < depth]
        assert [line.cells for line in view.lines] == kept
        assert [line.cells for line in view.totals] == [line.cells for line in whole.totals]
    deepest = view_of(design, Settings(depth=1 + max(line.depth for line in whole.lines)))
    assert [line.cells for line in deepest.lines] == [line.cells for line in whole.lines]
    sizes = [len(view_of(design, Settings(depth=depth)).lines) for depth in (1, 2)]
    assert sizes[0] < sizes[1] < len(whole.lines)


def test_equal_blocks_are_one_row() -> None:
    view = view_of(netdsl.load("zoo:resnet152").design)
    folded = {line["key"]: line for line in view.lines if line.times > 1}
    assert [(line.times, key) for key, line in folded.items()] == [
        (2, "layer1.1 ... layer1.2"),
        (7, "layer2.1 ... layer2.7"),
        (35, "layer3.1 ... layer3.35"),
        (2, "layer4.1 ... layer4.2"),
    ]
    assert folded["layer3.1 ... layer3.35"]["parameters"] == "39,101,440"  # 35 times 1,117,184
    keys = [line["key"] for line in view.lines]
    assert "layer3.*.conv2" in keys and "layer3.1.conv2" not in keys
    assert "layer3.0.conv2" in keys


def test_blocks_in_blocks_are_folded_too() -> None:
    keys = [
        line["key"]
        for line in lines_of(
            "block one(c) { conv(c, 1x1) }\n"
            "block many(c, n) { repeat n { one(c) } }\n"
            "net N { input x: 4x8x8\n repeat 2 { many(4, 3) } }"
        )
    ]
    assert keys == ["", "many1 ... many2", "many*.0 ... many*.2", "many*.*.0"] or keys == [
        "",
        "many1 ... many2",
        "*.0 ... *.2",
        "*.*.0",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "a: one(4) -> b: one(4)",  # a range would not tell the names
        "a1: one(4) -> a3: one(4)",
        "a1: one(4) -> relu -> a2: one(4)",
        "a1: one(4) -> a2: one(4, 3x3)",
        "a1: one(4) -> a2: one(8)",
        "a1: one(4)\n @x -> a2: one(4)\n @x -> a3: one(4)",
        "a1: { conv(4, 1x1) } -> a2: { conv(4, 1x1) }",
    ],
)
def test_what_is_not_folded(body: str) -> None:
    block = 'block one(c, k=1x1) { conv(c, k, padding="same") }\n'
    found = lines_of(f"{block}net N {{ input x: 4x8x8\n {body} }}")
    assert [line.times for line in found] == [1] * len(found)
    folded = lines_of(f"{block}net N {{ input x: 4x8x8\n a1: one(4) -> a2: one(4, 1x1) }}")
    assert [line.times for line in folded] == [1, 2, 1]


# ------------------------------------------------------------------------------------ what is said
def test_open_sizes() -> None:
    text = netdsl.loads("net N { input x: 3x?x?\n conv(8, 3x3, stride=2) -> bn }").table()
    assert "8x(ceil(H/2)-1)x(ceil(W/2)-1)" in text
    conv = next(line for line in text.splitlines() if "3x3 conv" in line)
    assert conv.split()[-2:] == ["224", "216*(ceil(H/2)-1)*(ceil(W/2)-1)"]
    assert "`--at 512x512` evaluates them" in text
    known = netdsl.loads("net N { input x: 3x?x?\n conv(8, 3x3) }", input="3x9x9").table()
    assert "?" not in known


def test_extern_layers() -> None:
    net = netdsl.loads(
        'extern layer Sobel(n) -> [n, in.height, in.width] = "my.layers:Sobel"\n'
        "block edge(n) { conv(n, 1x1) -> Sobel(n) }\n"
        "net N { input x: 3x8x8\n edge(4) -> edge(2) }"
    )
    rows = {line["name"] + line["layer"]: line for line in view_of(net.design).lines}
    assert (rows["1Sobel"]["parameters"], rows["1Sobel"]["macs"]) == ("?", "?")
    assert (rows["edge2edge"]["parameters"], rows["edge2edge"]["macs"]) == ("10 + ?", "512 + ?")
    assert "extern layers" in net.table()
    total = view_of(net.design).totals[0]
    assert (total["parameters"], total["macs"]) == ("26 + ?", "1,280 + ?")


def test_residual_forms() -> None:
    found = lines_of(
        "net N { input x: 4x8x8\n residual(scale=0.5, survival=0.8) { conv(4, 1x1) }\n"
        " residual if false { conv(4, 1x1) } }"
    )
    assert [(line["name"], line["layer"]) for line in found[1:]] == [
        ("conv1", "1x1 conv, 4"),
        ("+", "residual sum, scale 0.5, survival 0.8"),
        ("conv2", "1x1 conv, 4"),
    ]


def test_comments_inside_expressions_are_left_out() -> None:
    found = lines_of("net N { input x: 4x8x8\n a: relu\n (@a  # the first\n * @x) }")
    assert found[-1]["layer"] == "(@a * @x)"


# ------------------------------------------------------------------------------------- escaping
def hostile_view(text: str) -> View:
    """A view whose every text is hostile, whatever the language would allow there."""
    cells = dict.fromkeys(("name", "layer", "output", "key"), text)
    line = Line(1, {**cells, "parameters": "1,234", "macs": "?"})
    columns = tuple(COLUMNS[name] for name in DEFAULT)
    return View(text, columns, (line,), (line,), (line,), ((text, text),), ())


def test_plain_texts() -> None:
    assert plain(CONTROLS) == "[31mred back null a b"


def test_meta_cannot_break_the_text() -> None:
    net = netdsl.loads(
        f'net N {{ input x: 3x8x8\n relu\n meta {{ paper: "{CONTROLS.replace(chr(10), " ").replace(chr(13), " ")}" }} }}'
    )
    for format in FORMATS:
        found = table(net.design, format)
        allowed = "\r\n" if format == "csv" else "\n"
        assert not [c for c in found if not c.isprintable() and c not in allowed]


def test_markdown_shows_every_cell_as_it_is() -> None:
    """A Markdown parser reads the cells back."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    for name in ("stages", "gates"):
        net = netdsl.load(GOLDENS / f"{name}.net")
        view = view_of(net.design)
        shown = parser.render(net.table("markdown"))
        rows = re.findall(r"<tr>(.*?)</tr>", shown, re.DOTALL)
        cells = [
            [
                html.unescape(re.sub(r"<[^>]*>", "", c))
                for c in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)
            ]
            for row in rows
        ]
        assert cells[0] == list(view.head)
        wanted = [
            ("\u2003" * line.depth + view.texts(line)[0], *view.texts(line)[1:])
            for line in (*view.lines, *view.totals)
        ]
        assert [tuple(c) for c in cells[1:]] == [tuple(c.strip("\0") for c in w) for w in wanted]


@pytest.mark.parametrize("text", [HOSTILE, "a``b`c", "|", "\\", "\\|", "`", "x_y _z_"])
def test_markdown_escapes(text: str) -> None:
    text = plain(text)
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    for written in (escaped(text), code(text)):
        shown = parser.render(f"| a | b |\n| --- | --- |\n| {written} | 2 |\n")
        cells = re.findall(r"<td>(.*?)</td>", shown, re.DOTALL)
        joined = (html.unescape(re.sub(r"</?code>", "", c)) for c in cells)
        assert [c.replace("\N{WORD JOINER}", "") for c in joined] == [text, "2"]


LATEX = re.compile(
    r"\\(?:textbackslash|textasciicircum|textasciitilde|textless|textgreater|textbar|ldots)\{\}|\{\\char\d+\}"
    r"|\\[{}$&#%_]|\\(?:times|cdot|,|rightarrow|\\)"
    r"|\\hspace\*|\\(?:texttt|mathit|mbox|footnotesize|par|smallskip|begin|end|toprule|midrule|bottomrule)\b"
)


@pytest.mark.parametrize("name", ["stages", "gates"])
def test_latex_is_well_formed(name: str) -> None:
    """Six cells a row, groups that close, no command but those known to be there."""
    found = netdsl.load(GOLDENS / f"{name}.net").table("latex")
    lines = [line for line in found.splitlines() if not line.startswith("%")]
    rows = [line for line in lines if line.endswith(r"\\")]
    for row in rows:
        bare = re.sub(r"\\[{}$&#%_]", "", row)
        assert bare.count("&") == 5, row
        assert not re.match(r"[*\[]", row), row
        assert bare.count("$") % 2 == 0 and bare.count("{") == bare.count("}"), row
    left = LATEX.sub("", "\n".join(lines)).replace("@{}llllrr@{}", "").replace("@{}l@{}", "")
    assert "\\" not in left and not re.search(r"[#%^~<>|\"]", left), left
    assert len(rows) > 20


@pytest.mark.parametrize("text", [HOSTILE, r"\input{/etc/passwd}", "^^5c", "a\\\\b", "}{"])
def test_latex_escapes(text: str) -> None:
    found = tex(plain(text))
    left = LATEX.sub("", found)
    assert not re.search(r"[\\{}$&#%_^~<>|\"]", left), found
