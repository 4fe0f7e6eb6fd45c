"""What else must agree with the module that is emitted: tables, figures, other sizes, other spellings."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from program_checks import BATCH, check_text, emitted, fill, module_of, seeded, shapes_of
from reference import Reference
from running import Watched, check_shapes
from torch import Tensor, nn

import netdsl
from netdsl.backends.diagram import Drawing
from netdsl.design import Design
from netdsl.diagnostics import NetError
from netdsl.network import Network

sys.path.append(str(Path(__file__).parents[1] / "backends" / "diagram"))
from diagram_oracle import census, check_figure

OPEN = re.compile(r"^(  input \w+: \d+)((?:x\d+)+)", re.MULTILINE)
APART = frozenset(["concat", "add", "mul", "residual", "dense", "compute", "param"])
FORMATTING = importlib.util.find_spec("netdsl.formatting") is not None


# ------------------------------------------------------------------------------------------ tables
def check_table(network: Network, module: nn.Module) -> int:
    """The rows of a table are the layers of the module, with their weights; how many have some."""
    rows = json.loads(network.table("json", fold=False))["rows"]
    own = {path: part for path, part in module.named_modules()}
    held: Counter[str] = Counter()
    for row in rows:
        if row["kind"] != "layer" or not row["parameters"] + row["buffers"]:
            continue
        part = own[row["key"]]
        learned = sum(p.numel() for p in part.parameters(recurse=False))
        kept = sum(
            b.numel() for n, b in part.named_buffers(recurse=False) if n in part.state_dict()
        )
        if not row["shared"] or row["parameters"]:
            assert row["parameters"] == learned, row
        assert row["buffers"] in (kept, 0), row
        held[row["key"]] += 1
    without = {p for p, part in own.items() if p not in held and _own_tensors(part)}
    params = {row["key"].rpartition(".")[0] for row in rows if row["kind"] == "param"}
    assert without <= params, f"no row has {without - params}"
    uses = [row for row in _uses(rows) if row["kind"] in ("layer", "extern")]
    words = Counter(row["word"] if row["kind"] == "layer" else "" for row in uses)
    words.pop("identity", None)  # a name for a value
    wanted = census(network.design)
    assert words == Counter({w: n for w, n in wanted.items() if w not in APART})
    return len(held)


def _uses(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows without those that only declare a module."""
    below: int | None = None
    for row in rows:
        if below is not None and row["depth"] > below:
            continue
        below = row["depth"] if row["declared"] else None
        if below is None:
            yield row


def _own_tensors(part: nn.Module) -> bool:
    names = {name.partition(".")[0] for name in part.state_dict()}
    return bool(names - {name for name, _ in part.named_children()})


# ----------------------------------------------------------------------------------------- figures
def check_drawn(network: Network) -> None:
    """The figure stands for every step of the network, and for nothing else."""
    check_figure(Drawing(network.design)._figure(), network.design)


# --------------------------------------------------------------------------------------- spellings
def check_formatting(case: Any, emit: Callable[[Network], str] | None) -> bool:
    """The text in its canonical form is the same network; False where there is no formatter yet."""
    if not FORMATTING:
        return False
    from netdsl.formatting import formatted  # pyright: ignore[reportMissingImports]

    once = formatted(case.program.text)
    assert formatted(once) == once, "the canonical form changes when it is formatted again"
    again = netdsl.loads(once, case.program.net)
    assert again.state_dict_shapes() == case.network.state_dict_shapes(), "other weights"
    text = emitted(again.design) if emit is None else emit(again)
    assert text == case.text, "formatting changes what is emitted"
    return True


# -------------------------------------------------------------------------------------- open sizes
def opened(text: str, net: str) -> Network | None:
    """The program with the sides of its inputs left open; None where it needs to know one."""
    other = OPEN.sub(lambda m: m[1] + re.sub(r"\d+", "?", m[2]), text)
    if other == text:
        return None
    try:
        return netdsl.loads(other, net)
    except NetError:
        return None  # `linear`, `in.height`, a size in a condition


def sizes_of(design: Design, step: int) -> dict[str, str]:
    """Sizes for the open inputs, each side larger than the last: `step` apart."""
    names: dict[str, int] = {}
    found = {}
    for name, value in design.inputs.items():
        assert value.shape is not None
        sides = [
            str(d)
            if isinstance(d, int)
            else str(names.setdefault(str(d), step + len(names) % 2 * 2))
            for d in value.shape
        ]
        found[name] = "x".join(sides)
    return found


def check_open_at(network: Network, text: str, step: int) -> bool:
    """At one size the formulas say what torch does: shapes and multiply-adds, or that it is refused."""
    sizes = sizes_of(network.design, step)
    with seeded(2):
        module = module_of(text, network.torch_class).double()
        inputs = [
            torch.randn(BATCH, *map(int, size.split("x")), dtype=torch.double)
            for size in sizes.values()
        ]
        fill(module)
    try:
        at = network.at(sizes)
    except NetError:
        at = None
    try:
        watched = Watched(module, inputs)
    except (ValueError, RuntimeError, IndexError):
        watched = None
    # What netdsl refuses may run: a crop that is too large cuts out what is there.
    assert at is None or watched is not None, f"{sizes}: torch refuses"
    if at is None or watched is None:
        return False
    wanted = [(BATCH, *v.shape) for v in at.design.outputs.values()]
    assert shapes_of(watched.results) == wanted, f"shapes at {sizes}"
    check_macs(at, module, watched)
    check_shapes(at.design, watched)
    return True


def check_opened(network: Network, text: str, program: str, net: str) -> str:
    """The program with open sides, at two sizes of which one is odd; what became of it."""
    other = opened(program, net)
    if other is None:
        return "needs its sizes"
    assert other.state_dict_shapes() == network.state_dict_shapes()
    torch_text = emitted(other.design)
    check_text(torch_text)
    return "".join("y" if check_open_at(other, torch_text, step) else "n" for step in (11, 16))


def check_macs(network: Network, module: nn.Module, watched: Watched) -> None:
    """All multiply-adds are those that torch did, and those of steps that nothing reads: these count, but
    `forward` leaves them out. They are known by autograd, when all steps are run one by one."""
    if network.macs is None or network.macs == watched.macs:
        return
    weights = {n: t.clone() for n, t in module.state_dict().items()}
    for name, tensor in weights.items():
        tensor.requires_grad_(name.endswith("weight"))
    inputs = [torch.randn(BATCH, *s, dtype=torch.double) for s in network.input_shapes.values()]
    reference = Reference(network.design, weights)
    outputs, _ = reference(*inputs)
    reached = [t for t in outputs.values() if t.requires_grad]
    if reached:
        sum((t * 1.0).sum() for t in reached).backward()  # type: ignore[union-attr]
    left_out = sum(
        left_out_of(path, calls, watched.shapes.get(path, []))
        for path, calls in reference.calls.items()
    )
    assert network.macs == watched.macs + left_out, (
        f"{network.macs} multiply-adds, {watched.macs} done"
    )


def left_out_of(path: str, calls: list[tuple[int, Tensor]], ran: list[tuple[int, ...]]) -> int:
    """The multiply-adds of the calls of a part that `forward` leaves out: what they give is read by nothing,
    or was given by the same call before."""
    expected = Counter(tuple(out.shape[1:]) for _, out in calls)
    total = 0
    for shape, missing in (expected - Counter(ran)).items():
        alike = [(macs, out) for macs, out in calls if tuple(out.shape[1:]) == shape]
        needless = [
            macs
            for i, (macs, out) in enumerate(alike)
            if not out.requires_grad
            or out.grad is None
            or any(torch.equal(out, before) for _, before in alike[:i])
        ]
        assert missing <= len(needless), f"{path} is run {missing} times too few"
        total += sum(needless[:missing])
    return total
