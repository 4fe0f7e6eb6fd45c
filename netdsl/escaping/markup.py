"""Texts in SVG and HTML."""

from __future__ import annotations

from netdsl.escaping.letters import visible

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


def markup(text: str) -> str:
    """A text between two tags, or in quotes of either kind: no element, no entity, no character that XML 1.0 has
    not. It is one line."""
    return visible(text).translate(_ENTITIES)
