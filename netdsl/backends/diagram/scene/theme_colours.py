"""Colours of a theme of one's own: what follows from the few that are set, and what could stand instead of one
that makes texts unreadable."""

from __future__ import annotations

from netdsl.backends.diagram.scene.readable import unreadable
from netdsl.backends.diagram.scene.themes import Theme, based, mix

PARTS = ("f", "s", "top", "side")
STEPS = 256  # on the way to white or black


def made(base: str, colours: dict[str, str]) -> Theme:
    """A theme with some colours of one's own: others are mixed from its paper and ink, outline and sides
    of a kind follow its fill, and what is set by itself is that."""
    theme = based(base, colours.get("paper"), colours.get("ink"))
    found = dict(theme.colours)
    for role, colour in colours.items():
        if f"{role}.f" in found:
            found |= _kind(base, role, colour, found)
    for role, colour in colours.items():
        if role in found:
            found[role] = colour
    return Theme(theme.name, found, hatched=theme.hatched, staged=theme.staged)


def _kind(base: str, kind: str, fill: str, colours: dict[str, str]) -> dict[str, str]:
    """All colours of a kind from its fill, as the themes have them: the outline is darker on light paper
    and lighter on dark paper, the top of a solid nearer to the paper, its side farther from it."""
    paper, ink = colours["paper"], colours["ink"]
    if base == "print":
        shades = (fill, ink, paper, mix(fill, ink, 0.9))
    elif base == "dark":
        shades = (
            fill,
            mix(fill, "#FFFFFF", 0.75),
            mix(fill, paper, 0.6),
            mix(fill, "#FFFFFF", 0.88),
        )
    else:
        shades = (
            fill,
            mix(fill, "#000000", 0.62),
            mix(fill, paper, 0.6),
            mix(fill, "#000000", 0.84),
        )
    return {f"{kind}.{part}": shade for part, shade in zip(PARTS, shades)}


def nearest_readable(
    base: str, colours: dict[str, str], role: str, others: set[tuple[str, str]]
) -> str | None:
    """The nearest lighter or darker colour of a role with which all texts can be read, if there is one;
    `others` are texts and grounds for which other roles are to blame."""

    def reads(colour: str) -> bool:
        bad = unreadable(made(base, {**colours, role: colour}))
        return all((pair.text, pair.ground) in others for pair in bad)

    def mixed(end: str, share: int) -> str:
        return mix(end, colours[role], share / STEPS)

    found: list[tuple[int, str]] = []
    for end in ("#FFFFFF", "#000000"):
        if not reads(end):
            continue
        near, far = 0, STEPS  # near does not do, far does
        while far - near > 1:
            middle = (near + far) // 2
            if reads(mixed(end, middle)):
                far = middle
            else:
                near = middle
        colour = mixed(end, far)
        found.append((_distance(colour, colours[role]), colour))
    return min(found)[1] if found else None


def _distance(first: str, second: str) -> int:
    return sum(abs(int(first[i : i + 2], 16) - int(second[i : i + 2], 16)) for i in (1, 3, 5))
