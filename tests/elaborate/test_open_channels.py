"""Channels are never open: what would make them so is refused."""

from __future__ import annotations

import pytest

import netdsl
from netdsl.diagnostics import NetError

TEXT = """\
extern layer Wide(channels) -> [channels, in.height, in.width] = "package.layers:Wide"
net N {
  input image: 3x?x?
  Wide(in.width)
  concat { | identity | relu }
}
"""


def test_open_channels_of_an_extern_layer() -> None:
    with pytest.raises(NetError) as error:
        netdsl.loads(TEXT)
    assert [d.code for d in error.value.diagnostics] == ["E209"]
    assert netdsl.loads(TEXT, input="3x8x4").output_shape[0] == 8


def test_loop_over_an_open_size() -> None:
    """What the constructor cannot know is not written into it: the loop is written out."""
    text = """\
net N {
  input image: 3x?x?
  for k, size in zip(range(2), [in.width, 6]) { conv(4 + k, 3x3, padding=1) -> relu }
}
"""
    emitted = netdsl.loads(text).torch_source()
    assert "Open" not in emitted and emitted.count("nn.Conv2d(") == 2
