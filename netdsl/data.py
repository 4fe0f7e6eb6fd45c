"""Files that netdsl ships beside its code: the grammar, templates and the zoo.

In a checkout they stand at the top level; a wheel carries them inside the package.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def data_file(name: str) -> Path:
    """The path of a shipped file or folder, `zoo/resnet.net` say."""
    inside = _PACKAGE / "_data" / name
    return inside if inside.exists() else _PACKAGE.parent / name
