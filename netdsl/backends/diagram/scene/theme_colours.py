"""Colours of a theme of one's own: what follows from the few that are set, and what could stand instead of one
that makes texts unreadable."""

from __future__ import annotations

from netdsl.backends.diagram.scene.readable import unreadable
from netdsl.backends.diagram.scene.themes import (
    KINDS,
    PARTS,
    Theme,
    based,
    contrast,
    mix,
    parts,
    strength,
)

USUAL = 0.42  # the share of a hue in a fill: that of stages
SEEN = 2.5  # the contrast of an outline with the paper; the yellow of ours has 3.4
NO_HUE = 24  # between fill and paper, all channels together
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
    """All colours of a kind from its fill, as the themes have them."""
    paper, ink, dark = colours["paper"], colours["ink"], base == "dark"
    if base == "print":
        shades = (fill, ink, paper, mix(fill, ink, 0.9))
    else:
        look = KINDS.get(kind)
        usual = strength(look, dark) if look is not None and look.hue else 0.0
        shades = parts(fill, _hue(fill, paper, usual or USUAL), paper, ink, dark)
        if contrast(shades[1], paper) < SEEN:
            shades = parts(fill, None, paper, ink, dark)
    return {f"{kind}.{part}": shade for part, shade in zip(PARTS, shades)}


def _hue(fill: str, paper: str, share: float) -> str | None:
    """The colour of which a fill has that share, the rest of it being paper: as strong as there is one.
    None for what is nearly paper."""
    grounds, fills = _channels(paper), _channels(fill)
    if _distance(fill, paper) < NO_HUE:
        return None
    most = 1 / share
    for ground, own in zip(grounds, fills):
        if own != ground:
            most = min(most, ((255 if own > ground else 0) - ground) / (own - ground))
    found = [round(ground + (own - ground) * most) for ground, own in zip(grounds, fills)]
    return "#" + "".join(f"{value:02X}" for value in found)


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


def _channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _distance(first: str, second: str) -> int:
    return sum(abs(a - b) for a, b in zip(_channels(first), _channels(second)))
