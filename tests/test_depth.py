"""What is nested within the limits is never too deep for Python, wherever the call comes from."""

import sys

import pytest

import netdsl
from netdsl.depth import ROOM, with_room


def bars(deep: int) -> str:
    inside = "relu"
    for _ in range(deep):
        inside = f"concat {{\n| identity\n| {inside}\n}}"
    return f"net Deep {{\ninput image: 1x2x2\n{inside}\n}}\n"


def groups(deep: int) -> str:
    opened = "".join(f"level{i}: {{\nconv(1, 1x1)\n" for i in range(deep))
    return f"net Deep {{\ninput image: 1x2x2\n{opened}{'}' * deep}\n}}\n"


def far_down(depth: int, call):
    """Run a call so many frames deeper."""
    return call() if not depth else far_down(depth - 1, call)


@pytest.mark.parametrize(
    "text", [bars(20), bars(62), groups(61)], ids=["bars", "many bars", "groups"]
)
def test_nesting_within_the_limit_is_never_too_deep(text):
    before = sys.getrecursionlimit()

    def everything():
        net = netdsl.loads(text)
        return net.torch_source(), net.table(), net.diagram("svg"), net.diagram("dot")

    assert all(far_down(500, everything))
    assert sys.getrecursionlimit() == before


def test_the_limit_is_what_it_was_after_a_mistake():
    before = sys.getrecursionlimit()

    @with_room
    def wrong():
        assert sys.getrecursionlimit() > ROOM
        raise ValueError

    with pytest.raises(ValueError):
        wrong()
    assert sys.getrecursionlimit() == before
