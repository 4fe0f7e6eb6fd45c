"""Graphviz's SVG made fit for a page: a title and a description that screen readers say, nothing that
leads elsewhere, no names that clash where several figures stand in one document."""

from __future__ import annotations

import re
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_XLINK = "{http://www.w3.org/1999/xlink}"


def finished(svg: bytes, title: str, description: str) -> str:
    """The SVG with its title and description. Boxes keep their names, which browsers show."""
    ElementTree.register_namespace("", SVG)
    root = ElementTree.fromstring(svg)
    name = re.sub(r"[^A-Za-z0-9_]", "_", title) or "figure"
    for element in root.iter():
        kept = element.attrib.pop("class", "") == "node"
        element.attrib.pop("id", None)
        for attribute in [a for a in element.attrib if a.startswith(_XLINK)]:
            del element.attrib[attribute]
        for child in list(element):
            if child.tag == f"{{{SVG}}}title" and not (kept and (child.text or "")[:1] != "~"):
                element.remove(child)
    for parent in root.iter():
        for child in list(parent):
            if child.tag == f"{{{SVG}}}g" and not len(child):
                parent.remove(child)  # what was there to keep room only
    _say_fonts_once(root)
    head = {"role": "img", "aria-labelledby": f"{name}-title {name}-description"}
    root.attrib = {**head, **root.attrib}
    for at, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(f"{{{SVG}}}{tag}")
        element.set("id", f"{name}-{'title' if tag == 'title' else 'description'}")
        element.text = text
        element.tail = "\n"
        root.insert(at, element)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _say_fonts_once(root: ElementTree.Element) -> None:
    """The font of all texts, said at the root."""
    fonts = set()
    for element in root.iter(f"{{{SVG}}}text"):
        element.attrib.pop(_SPACE, None)
        fonts.add(element.get("font-family"))
    if len(fonts) == 1 and None not in fonts:
        for element in root.iter(f"{{{SVG}}}text"):
            root.set("font-family", element.attrib.pop("font-family"))
