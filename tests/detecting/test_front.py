"""The names of `netdsl.detecting`: all are there, and the module itself imports nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

import netdsl.detecting as room


def test_every_name() -> None:
    assert set(room._HOMES) == set(room.__all__)
    for name in room.__all__:
        assert getattr(room, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'learn'"):
        room.learn  # noqa: B018


def test_the_module_is_light() -> None:
    code = (
        "import sys, netdsl.detecting; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
