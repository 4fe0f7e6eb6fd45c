"""The networks that netdsl ships."""

from __future__ import annotations

from pathlib import Path

from netdsl.compiler import net_names, zoo_files
from netdsl.elaborate.program import fold_name
from netdsl.reading import read_text
from netdsl.syntax import ast


def entries() -> list[tuple[str, Path]]:
    """(name, file) of every network that can be compiled as it is, file by file."""
    from netdsl.compiler import Compilation
    from netdsl.elaborate.program import open_parameters
    from netdsl.source import Source

    found = []
    for path in zoo_files():
        file = Compilation(Source(f"zoo/{path.name}", read_text(path)), path).file
        if file is None:
            continue
        for net in file.nets:
            if isinstance(net, ast.Variant) or not open_parameters(file, net):
                found.append((zoo_name(net.name.text, path), path))
    return found


def names() -> list[str]:
    """The names that `zoo:` takes, by a look at the files."""
    return [zoo_name(n, path) for path in zoo_files() for n in net_names(path)]


def zoo_name(net: str, path: Path) -> str:
    """`ResNeXt50_32x4d` -> `resnext50_32x4d`, for neither case nor underscores make a difference. The net
    that its file is named after is called as the file is: `InceptionV3` -> `inception_v3`."""
    return path.stem if fold_name(net) == fold_name(path.stem) else net.lower()
