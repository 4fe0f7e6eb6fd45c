"""Everything that is written of a network: a name for each output, and what makes it."""

from __future__ import annotations

import io
from collections.abc import Callable

from netdsl.backends.table.coloured import show
from netdsl.backends.table.settings import Settings
from netdsl.comparing.breaking_output import breaking_text
from netdsl.comparing.diff_output import diff_text
from netdsl.diagnostics import NetError
from netdsl.ensembles import as_json, text
from netdsl.network import Network, compare

Outputs = dict[str, Callable[[Network, Network], str | bytes]]

TABLES = ("text", "markdown", "csv", "json", "latex", "html")
FIGURES = ("svg", "pdf", "png", "tex", "dot", "mermaid", "text")
KINDS = ("columns", "volumes", "timeline", "unravelled", "boxes", "cell", "ladder", "dense")
PAPERS = ("googlenet", "vgg", "resnet", "densenet", "inception", "alexnet", "lenet", "comparison")


def outputs() -> Outputs:
    """By `kind:format`; each takes a network and another one to be compared with."""
    found: Outputs = {
        "torch": lambda net, _: net.torch_source(),
        "torch:narrow": lambda net, _: net.torch_source(60, True),
        "terminal:table": lambda net, _: coloured(net),
        "terminal:paths": lambda net, _: text(net.paths(), None),
        "json:paths": lambda net, _: as_json(net.paths(), None),
    }
    for format in TABLES:
        found[f"{format}:table"] = lambda net, _, f=format: net.table(f, columns="all")
        for paper in PAPERS:
            found[f"{format}:{paper}"] = lambda net, _, f=format, p=paper: net.table(f, like=p)
    for format in FIGURES:
        found[f"{format}:figure"] = lambda net, _, f=format: net.diagram(f, dpi=40)
    for kind in KINDS:
        found[f"svg:{kind}"] = lambda net, _, k=kind: net.diagram("svg", kind=k)
    found["svg:font"] = lambda net, _: net.diagram("svg", embed_font=True)
    found["tex:columns"] = lambda net, _: net.diagram("tex", kind="columns")
    for format in ("text", "markdown", "json", "csv", "latex"):
        found[f"{format}:compare"] = lambda net, other, f=format: compare(net, other, format=f)
    for format in ("text", "markdown", "json"):
        found[f"{format}:diff"] = lambda net, other, f=format: diff_text(net.diff(other), f)
    for format in ("text", "json"):
        found[f"{format}:breaking"] = lambda net, other, f=format: breaking_text(
            net.breaking(other), f
        )
    return found


def made(name: str, net: Network, other: Network) -> str | bytes | None:
    """An output, or None where the network has no such one."""
    try:
        return outputs()[name](net, other)
    except NetError as error:
        assert all(d.code.startswith("E4") for d in error.diagnostics), error
        return None


def coloured(net: Network) -> str:
    """The table as a terminal shows it, without the colours that are ours."""
    from rich.console import Console

    out = io.StringIO()
    show(net.design, Settings(), Console(file=out, width=160, force_terminal=False))
    return out.getvalue()
