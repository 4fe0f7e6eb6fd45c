"""Sources beside published descriptions of the same networks in other text formats.

`published_lengths.json` has how long those texts are, and where they stand; the texts themselves are not here.
`lines` are lines with something on them but comments; a `}` alone is a line there too. What says how training
starts and goes is left out on both sides: here `init`, there fillers, learning rates (`param`, `blobs_lr`),
Darknet's training values in `[net]`; so are layers for data, losses and accuracies. `with_fillers` has fillers,
rates and training values, too. Where a text was too large to be seen whole, `lines` are those of a part of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest
from line_counts import lines_with_imports, net_lines
from zoo_oracle import network

from netdsl.data import data_file
from netdsl.zoo import entries


class Published(NamedTuple):
    """A published text: the net that it describes, in which file of the zoo, and how long it is."""

    family: str
    file: str
    net: str
    format: str
    repo: str
    path: str
    commit: str | None
    lines: int
    with_fillers: int
    counted: str

    @property
    def id(self) -> str:
        commit = (self.commit or "")[:7]
        return f"{self.net}-{Path(self.path).name}-{commit}"


TEXTS = [
    Published(**entry)
    for entry in json.loads(
        Path(__file__).with_name("published_lengths.json").read_text(encoding="utf-8")
    )
]

# Files of whose networks no description in these formats was found.
NOT_FOUND = {
    "inception_naive": "a figure of a module that no network was made of",
    "inception_v2": "what has this name is the network of bn_inception",
    "resnet_shortcuts": "what was found are the networks of resnet",
    "residual_units": "what was found are programs, which hold a choice of units",
    "resnext_forms": "what was found are whole networks, of one form",
    "stochastic_depth": "what was found are programs; the formats have no layer that is left out at random",
}

# Where one published network is shorter than our file of several.
SHORTER_THAN_THE_FILE = {
    "AlexNet_Merged-Alexnet.cnna-20bd592",
    "AlexNet_Merged-SequentialAlexnet.cnna-18547df",
    "AlexNet_Two_GPU-alexnet_comp.txt-5b04cac",
    "GoogLeNet-googlenet_comp.txt-5b04cac",
    "LeNet5Modern-LeNet.cnna-26320c3",
    "ResNeXt50_32x4d-ResNeXt50.cnna-18547df",
    "ResNeXt50_32x4d-ResNeXt50.cnna-4edc880",
    "ResNet101-resnet_comp.txt-5b04cac",
    "ResNet152-ResNet152.cnna-18547df",
    "ResNet34-ResNet34.cnna-dc781bc",
    "VGG16-VGG16.cnna-18547df",
}


def source(file: str) -> str:
    return (data_file("zoo") / f"{file}.net").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.id)
def test_a_net_is_shorter_than_what_was_published(text: Published) -> None:
    """Its own lines: the net, and whatever it uses in any file."""
    assert net_lines(source(text.file), text.net) < text.lines <= text.with_fillers


def test_whole_files_are_shorter_too() -> None:
    """All networks of a file, with what it imports, beside a text of one; CNNArchLang's and NNEF's of a single
    AlexNet, LeNet, VGG, GoogLeNet or ResNet are shorter than ours of up to eight."""
    longer = {t.id for t in TEXTS if lines_with_imports(source(t.file)) >= t.lines}
    assert longer == SHORTER_THAN_THE_FILE


def test_every_file_was_looked_up() -> None:
    """But those of detectors, which nobody publishes as one text."""
    classifiers = {path for name, path in entries() if not network(name).design.heads}
    files = {path.stem for path in classifiers}
    found = {text.file for text in TEXTS}
    assert found | set(NOT_FOUND) == files
    assert not found & set(NOT_FOUND)
    assert len({text.id for text in TEXTS}) == len(TEXTS)


def test_how_own_lines_are_counted() -> None:
    text = """import stage, basic from "zoo:resnet"      # counts where one of the two is used

block head(classes) {
  global_avgpool -> flatten -> fc: linear(classes)
}

block unused {
  relu
}

net Base(classes) {
  input x: 3x8x8
  conv(4, 3x3) -> head(classes)
  init { conv: zeros }
}

net N = Base(10) {
  expect layers == 2
}

net M {
  input x: 3x8x8
  stage(relu, 4, 2)
}
"""
    assert net_lines(text) == 1 + 3 + 3 + 4 + 2 + 4
    assert net_lines(text, "Base") == 3 + 4
    assert net_lines(text, "N") == 3 + 4 + 2
    assert net_lines(text, "M") == 1 + 4 + 4  # `stage` stands in resnet.net, in four lines
    assert lines_with_imports(text) == net_lines(text) + 4
