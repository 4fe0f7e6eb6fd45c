"""Everything that must hold for one random program, and how often each check was made."""

from __future__ import annotations

from collections import Counter
from functools import cached_property

from agreement import check_drawn, check_formatting, check_macs, check_opened, check_table
from census import constructs
from detector_checks import check_detector, emitted_detector
from drawing.programs import Program
from other_arguments import check_other_arguments
from program_checks import (
    check_exact,
    check_frozen,
    check_idle,
    check_numbers,
    check_on_meta,
    check_text,
    emitted,
    module_of,
)
from running import check_shapes

import netdsl
from netdsl.compiler import Compilation
from netdsl.network import Network
from netdsl.source import Source

# Checks that are made of every so many programs, in a sweep whose time is short.
EVERY = {
    "checked": 4,
    "gradients": 2,
    "figure": 2,
    "open": 3,
    "meta": 20,
    "exact": 20,
    "frozen": 10,
    "other arguments": 2,
}
ALL = dict.fromkeys(EVERY, 1)


class Case:
    """A program with its network and its text in PyTorch."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.network: Network = netdsl.loads(program.text, program.net)
        emit = emitted_detector if program.detects else lambda network: emitted(network.design)
        self.text = emit(self.network)

    @cached_property
    def constructs(self) -> Counter[str]:
        tree = Compilation(Source("", self.program.text)).file
        assert tree is not None
        return constructs(self.network, tree.tree)


def judged(case: Case, number: int = 0, every: dict[str, int] = ALL) -> Counter[str]:
    """Check a case; what was checked. Raises what is wrong first."""
    done: Counter[str] = Counter()
    network, text, program = case.network, case.text, case.program

    def due(check: str) -> bool:
        done[check] += number % every[check] == 0
        return bool(done[check])

    if due("checked"):
        found = Compilation(Source("", program.text))
        wrong = [d for d in found.check() if d.severity == "error"]
        assert not wrong, "\n".join(map(str, wrong))
    if program.detects:
        check_detector(network, text)
        done["detectors"] += 1
        module = module_of(text, network.torch_class)
    else:
        check_text(text)
        ran = check_numbers(network, text, due("gradients"))
        module = ran.module
        check_macs(network, module, ran.watched)
        done["modules with their shapes"] += check_shapes(network.design, ran.watched)
        done["values with their shapes"] += ran.reference.checked
        if due("meta"):
            check_on_meta(network, text)
        if due("exact"):
            check_exact(network, text)
        if due("frozen") and not network.design.heads and "extern layer" not in program.text:
            done["frozen steps"] += check_frozen(network, text)
            check_idle(network, text)
        if due("other arguments"):
            tried = check_other_arguments(network, text, program.text, program.net)
            done["values of parameters"] += tried
        if due("open"):
            done[f"open: {check_opened(network, text, program.text, program.net)}"] += 1
    done["table rows with weights"] += check_table(network, module)
    if due("figure"):
        check_drawn(network)
    done["formatted"] += check_formatting(case, emitted_detector if program.detects else None)
    return done
