"""Every place that looks up a name says which one was probably meant.

A row is a kind of name, a text (or a command) with one letter wrong in it, and what is suggested.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from verdicts import said_about

import netdsl
from netdsl.cli import main
from netdsl.diagnostics import NetError

NET = "net Tiny(width=8) {{\n  input image: 3x16x16\n  stem: conv(width, 3x3)\n  {}\n}}\n"
BLOCK = "block unit(channels, kernel=3) { conv(channels, kernel) }\n"

# -------------------------------------------------------------------------------- names in a text
TEXTS = {
    "layer": (NET.format("cnov(8, 3x3)"), "conv"),
    "activation": (NET.format("leaky_rleu(0.1)"), "leaky_relu"),
    "norm": (NET.format("gruopnorm(2)"), "groupnorm"),
    "merge": (NET.format("concta { | identity | relu }"), "concat"),
    "form": (NET.format("residaul { relu }"), "residual"),
    "clause": (NET.format("residual { relu } shortcutt { identity }"), "shortcut"),
    "block": (BLOCK + NET.format("unti(8)"), "unit"),
    "inlined block": (BLOCK + NET.format("inline unti(8)"), "unit"),
    "extern layer": (
        'extern layer Blur(r=1) -> in.shape = "m:Blur"\n' + NET.format("Blurr(2)"),
        "Blur",
    ),
    "module": (NET.format("module tower = { relu }\n  tover"), "tower"),
    "argument of a layer": (NET.format("conv(8, 3x3, strid=2)"), "stride"),
    "argument of a block": (BLOCK + NET.format("unit(8, kernle=3)"), "kernel"),
    "argument of a residual": (NET.format("residual(scael=0.1) { relu }"), "scale"),
    "argument of a net": (NET.format("relu") + "net Wide = Tiny(widht=9)\n", "width"),
    "argument of a partial layer": (
        "let norm = bn(momentun=0.1)\n" + NET.format("norm"),
        "momentum",
    ),
    "word that an argument may be": (NET.format('conv(8, 3x3, padding="sam")'), "same"),
    "mode of a layer": (NET.format('upsample(scale=2, mode="bilinaer")'), "bilinear"),
    "layer as an argument": (
        "block u(act=relu) { act }\n" + NET.format("u(act=leaky_rel)"),
        "leaky_relu",
    ),
    "block as an argument": (
        BLOCK + "block s(cell) { cell(8) }\n" + NET.format("s(unti)"),
        "unit",
    ),
    "parameter": (NET.format("conv(widht, 1x1)"), "width"),
    "let of a file": ("let classes = 10\n" + NET.format("flatten -> linear(clases)"), "classes"),
    "let of a body": (NET.format("let wide = 9\n  conv(wid, 1x1)"), "wide"),
    "variable of a loop": (NET.format("for depth in [1, 2] { conv(depht, 1x1) }"), "depth"),
    "function": (NET.format("conv(roundd(8.5), 1x1)"), "round"),
    "size of what enters": (NET.format("conv(in.chanels, 1x1)"), "channels"),
    "size of a value": (NET.format("conv(@stem.chanels, 1x1)"), "channels"),
    "label": (NET.format("relu -> @stm -> relu").replace("relu -> @", "@"), "@stem"),
    "label as an output": (NET.format("output stm"), "stem"),
    "label below a label": (
        NET.format("body: { low: relu -> high: relu }\n  @body.hgih -> relu"),
        "high",
    ),
    "label in arithmetic": (NET.format("(@stm + 1)"), "@stem"),
    "input": (NET.format("@imgae -> relu"), "@image"),
    "learned tensor": (
        NET.format("param gain: [8] = ones\n  (@in * @gian)").replace("@in", "@stem"),
        "@gain",
    ),
    "net of a variant": (NET.format("relu") + "net Wide = Tiyn(9)\n", "Tiny"),
    "label in init": (NET.format("init { stme: zeros }"), "stem"),
    "layer in init": (NET.format("init { covn: zeros }"), "conv"),
    "tensor in init": (NET.format("init { stem.bais: zeros }"), "bias"),
    "initial value": (NET.format("init { stem: kaimign }"), "kaiming"),
    "argument of an initial value": (NET.format("init { stem: normal(sdt=0.1) }"), "std"),
    "mode of an initial value": (NET.format('init { stem: kaiming(mode="fan_otu") }'), "fan_out"),
    "total": (NET.format("expect paramters == 3"), "parameters"),
    "path in keys": (NET.format('keys { stme: "features" }'), "stem"),
    "kind of a head": (NET.format("head retnia(features=@stem, classes=3) { relu }"), "retina"),
    "argument of a head": (
        NET.format("head fcn(clases=3) { conv(3, 1x1) -> upsample(like=@image) }"),
        "classes",
    ),
    "predictor": (
        NET.format("head ssd(classes=3) { | @stem -> multibxo(min=3, max=9) }"),
        "multibox",
    ),
    "argument of a predictor": (
        NET.format("head ssd(classes=3) { | @stem -> multibox(min=3, max=9, raitos=[2]) }"),
        "ratios",
    ),
    "region": (
        NET.format("head rcnn(features=@stem, classes=3) { roi_algin(7x7) -> flatten }"),
        "roi_align",
    ),
    "definition": ("blok unit(n) { relu }\n" + NET.format("unit(1)"), "block"),
    "statement": (NET.format("otuput stem"), "output"),
    "imported name": ('import bottlneck from "zoo:resnet"\n' + NET.format("relu"), "bottleneck"),
    "imported file of the zoo": (
        'import bottleneck from "zoo:resent"\n' + NET.format("relu"),
        "zoo:resnet",
    ),
    "imported file": ('import unit from "blokcs.net"\n' + NET.format("relu"), "blocks.net"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_names_in_a_text(kind: str, tmp_path: Path) -> None:
    text, meant = TEXTS[kind]
    (tmp_path / "blocks.net").write_text(BLOCK, encoding="utf-8")
    found = said_about(text, tmp_path / "tiny.net")
    hints = [d.hint or "" for d in found]
    assert any(f"`{meant}`" in hint or f'"{meant}"' in hint for hint in hints), found


# -------------------------------------------------------------------------- names on a command line
COMMANDS = {
    "command": ("compil tiny.net", "compile"),
    "command of the zoo": ("zoo shwo x", "show"),
    "option": ("check --principels tiny.net", "--principles"),
    "file": ("compile tinny.net --to torch", "tiny.net"),
    "checked file": ("check tinny.net", "tiny.net"),
    "network of the zoo": ("compile zoo:resnt50 --to torch", "resnet50"),
    "shown network of the zoo": ("zoo show resnt50", "resnet50"),
    "target": ("compile tiny.net --to tabel", "table"),
    "format of messages": ("check --output-format sarfi tiny.net", "sarif"),
    "format of a table": ("compile tiny.net --to table --format markdwn", "markdown"),
    "net": ("compile tiny.net --to torch --net Tny", "Tiny"),
    "parameter": ("compile tiny.net --to torch --set widht=3", "width"),
    "input": ("compile tiny.net --to torch --input imgae=3x8x8", "image"),
    "step to replace": ("compile tiny.net --to torch --replace stme=relu", "stem"),
    "step to drop": ("compile tiny.net --to torch --drop stme", "stem"),
    "step to dilate": ("compile tiny.net --to torch --dilate stme", "stem"),
    "step to freeze": ("compile tiny.net --to torch --freeze stme", "stem"),
    "column": ("compile tiny.net --to table --columns nmae", "name"),
    "rule of counting": ("compile tiny.net --to table --count mcas", "macs"),
    "tool": ("compile tiny.net --to table --as torchinof", "torchinfo"),
    "kind of numbers": ("compile tiny.net --to table --dtype flaot32", "float32"),
    "device": ("compile tiny.net --to table --device h20", "h200"),
    "table of a paper": ("compile tiny.net --to table --like resnt", "resnet"),
    "kind of a figure": ("compile tiny.net --to diagram --kind colunms", "columns"),
    "level of a figure": ("compile tiny.net --to diagram --level blokc", "block"),
    "part of a figure": ("compile tiny.net --to diagram --only boby", "body"),
    "part that is expanded": ("compile tiny.net --to diagram --expand boby", "body"),
    "theme": ("compile tiny.net --to diagram --theme drak", "dark"),
    "direction": ("compile tiny.net --to diagram --direction dwon", "down"),
    "layer": ("layers cnov", "conv"),
    "code": ("explain EE203", "E203"),
    "format of a comparison": ("compare tiny.net zoo:lenet5 --format markdwn", "markdown"),
}


@pytest.mark.parametrize("kind", COMMANDS)
def test_names_on_a_command_line(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = NET.format("body: { relu -> conv(8, 3x3) }")
    Path("tiny.net").write_text(text, encoding="utf-8")
    command, meant = COMMANDS[kind]
    result = CliRunner().invoke(main, command.split())
    assert result.exit_code in (1, 2)
    said = result.output.lower()
    assert "did you mean" in said
    assert meant.lower() in said.split("did you mean")[-1]


# ----------------------------------------------------------------------------------- names in Python
CALLS: dict[str, tuple[Callable[[netdsl.Network], object], str]] = {
    "format of a table": (lambda net: net.table("markdwn"), "markdown"),
    "column": (lambda net: net.table(columns=["nmae"]), "name"),
    "kind of a figure": (lambda net: net.diagram("svg", kind="colunms"), "columns"),
    "format of a figure": (lambda net: net.diagram("sgv"), "svg"),
    "device": (lambda net: net.roofline("h20"), "h200"),
    "kind of numbers": (lambda net: net.memory(dtype="flaot32"), "float32"),
    "step": (lambda net: net.freeze("stme"), "stem"),
    "dropped step": (lambda net: net.drop("stme"), "stem"),
    "rule": (lambda net: net.table(count="mcas"), "macs"),
    "input": (lambda net: net.at({"imgae": "3x8x8"}), "image"),
    "network of the zoo": (lambda net: netdsl.load("zoo:resnt50"), "resnet50"),
    "net": (lambda net: netdsl.loads(NET.format("relu"), "Tny"), "Tiny"),
    "parameter": (lambda net: netdsl.loads(NET.format("relu"), widht=3), "width"),
}


@pytest.mark.parametrize("kind", CALLS)
def test_names_in_python(kind: str) -> None:
    call, meant = CALLS[kind]
    net = netdsl.loads(NET.format("relu"))
    with pytest.raises(NetError) as caught:
        call(net)
    assert f"did you mean `{meant}`?" in (caught.value.diagnostics[0].hint or "")
