"""Themes: roles -> colours. Hues are those of Okabe and Ito ("Color Universal Design", 2008), which people with
any colour vision can tell apart, mixed with the paper; shape, hatch or text always says the same as the colour.

A role is `kind.part` (`conv.f`): `f` fill, `s` stroke, `top` and `side` of a solid; or a word (`ink`, `edge`). A
fill may name the stage it belongs to, `conv.f@2`: only a theme that tints by stage looks at it.
"""

from __future__ import annotations

from functools import cache

from netdsl.record import Record

ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
ACCENTS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, YELLOW)  # arcs of dense blocks, by source
ARC_DASHES = (None, None, "3.4 1.4", "3.4 1.4", "1.1 1.2", "1.1 1.2", "6 1.6")  # without colours
# In this order stages that follow one another can be told apart with any colour vision.
STAGES = (SKY, ORANGE, GREEN, YELLOW, PURPLE, VERMILION)

LEAST_CONTRAST = 4.5  # of text on what lies under it: WCAG 2.1, success criterion 1.4.3


class Look(Record):
    """A kind of box: hue and how much of it on paper, its shape, and for print a grey and a hatch."""

    hue: str | None
    strength: float
    shape: str
    grey: str = "#FFFFFF"
    hatch: str = ""


# `shape`: square, round, narrow (cut below: it narrows along the flow), wide (cut above), stack (two plates),
# stadium, dashed. `hatch`: / \ - . or none; "=" is a rule inside the border.
KINDS = {
    "conv": Look(SKY, 0.54, "square", "#E4E4E4"),
    "conv1": Look(SKY, 0.20, "square"),
    "grouped": Look(BLUE, 0.42, "square", "#E4E4E4", "="),
    "fixed": Look(SKY, 0.20, "dashed"),
    "pool": Look(VERMILION, 0.45, "narrow", "#FFFFFF", "/"),
    "up": Look(ORANGE, 0.55, "wide", "#FFFFFF", "\\"),
    "norm": Look(GREEN, 0.22, "square", "#FFFFFF", "-"),
    "activation": Look(GREEN, 0.12, "square"),
    "linear": Look(PURPLE, 0.56, "round", "#FFFFFF", "."),
    "softmax": Look(YELLOW, 0.62, "round", "#C4C4C4"),
    "stack": Look(BLUE, 0.17, "stack", "#EDEDED"),
    "dropout": Look(None, 0.0, "dashed"),
    "shape": Look(None, 0.03, "square"),
    "extern": Look(None, 0.10, "square", "#EDEDED"),
    "param": Look(GREEN, 0.0, "round"),
    "compute": Look(None, 0.0, "round"),
    "input": Look(None, 0.0, "stadium"),
    "output": Look(None, 0.0, "stadium"),
}


PARTS = ("f", "s", "top", "side")  # of a kind: fill, outline, and two faces of a solid


def mix(first: str, second: str, share: float) -> str:
    """`share` of the first colour, the rest of the second."""
    parts = [
        int(first[i : i + 2], 16) * share + int(second[i : i + 2], 16) * (1 - share)
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{round(p):02X}" for p in parts)


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours (WCAG 2.1): 1 to 21."""
    dark, light = sorted((_luminance(first), _luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    values = []
    for i in (1, 3, 5):
        share = int(colour[i : i + 2], 16) / 255
        values.append(share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4)
    return 0.2126 * values[0] + 0.7152 * values[1] + 0.0722 * values[2]


class Theme:
    """Colours by role. `hatched` themes draw hatches instead of hues; `staged` ones tint by stage."""

    def __init__(
        self, name: str, colours: dict[str, str], hatched: bool = False, staged: bool = False
    ) -> None:
        self.name = name
        self.colours = colours
        self.hatched = hatched
        self.staged = staged

    def dash(self, role: str | None) -> str | None:
        """The dashes of arcs that only colours tell apart elsewhere."""
        if not self.hatched or role is None or not role.startswith("accent") or role == "accent":
            return None
        return ARC_DASHES[int(role.removeprefix("accent")) % len(ARC_DASHES)]

    def __getitem__(self, role: str) -> str:
        """The colour of a role; a colour stands for itself."""
        if role.startswith("#"):
            return role
        plain, _, stage = role.partition("@")
        if stage and self.staged:
            kind, _, part = plain.partition(".")
            found = self.colours.get(f"stage{int(stage) % len(STAGES)}.{part}")
            if found is not None and kind in ("conv", "conv1", "grouped", "stack"):
                return found
        return self.colours[plain]

    def look(self, kind: str) -> str:
        """The hatch of a kind, "" without one."""
        return KINDS[kind].hatch if self.hatched and kind in KINDS else ""


def _base(paper: str, ink: str, dark: bool) -> dict[str, str]:
    """What all kinds share."""
    return {
        "paper": paper,
        "ink": ink,
        "text": ink,
        "edge": mix(ink, paper, 0.88),
        "muted": mix(ink, paper, 0.74 if dark else 0.66),
        "panel": mix(ink, paper, 0.055),
        "band": mix(ink, paper, 0.055),
        "line": mix(ink, paper, 0.30),
        "bar": mix(ink, paper, 0.82),
        "bartext": paper,
        "hatch": mix(ink, paper, 0.45),
        "accent": VERMILION if not dark else mix(VERMILION, "#FFFFFF", 0.75),
    }


def strength(look: Look, dark: bool) -> float:
    """How much of its hue a kind has on light or on dark paper."""
    if not dark or look.hue is None:
        return look.strength
    return min(0.36, 0.05 + look.strength * 0.7) if look.strength else 0.0


def parts(
    fill: str, hue: str | None, paper: str, ink: str, dark: bool
) -> tuple[str, str, str, str]:
    """The colours of `PARTS` of a kind with that fill; `hue` is None for what has none."""
    ground = "#000000" if dark else ink
    top = mix(fill, paper, 0.6)
    if hue is None:
        return fill, mix(ink, paper, 0.62), top, mix(fill, ground, 0.94)
    outline = mix(hue, "#FFFFFF", 0.75) if dark else mix(hue, "#000000", 0.62)
    return fill, outline, top, mix(mix(fill, hue, 0.72), ground, 0.94)


def _coloured(name: str, paper: str, ink: str, dark: bool) -> Theme:
    colours = _base(paper, ink, dark)
    for kind, look in KINDS.items():
        fill = mix(look.hue or ink, paper, strength(look, dark))
        for part, colour in zip(PARTS, parts(fill, look.hue, paper, ink, dark)):
            colours[f"{kind}.{part}"] = colour
    _accents(colours, paper, "#FFFFFF" if dark else None)
    return Theme(name, colours)


def _kind(colours: dict[str, str], kind: str, fill: str, stroke: str) -> None:
    colours[f"{kind}.f"], colours[f"{kind}.s"] = fill, stroke


def _accents(colours: dict[str, str], paper: str, light: str | None) -> None:
    for i, hue in enumerate(ACCENTS):
        colours[f"accent{i}"] = hue if light is None else mix(hue, light, 0.8)
    for i, hue in enumerate(STAGES):
        colours[f"stage{i}.f"] = mix(hue, paper, 0.42)
        colours[f"stage{i}.top"] = mix(hue, paper, 0.25)
        colours[f"stage{i}.side"] = mix(hue, paper, 0.62)
        colours[f"stage{i}.s"] = mix(hue, light or "#000000", 0.62)


def _print(paper: str, ink: str) -> Theme:
    """Black on white, for print: greys and hatches."""
    colours = _base(paper, ink, False)
    colours |= {"edge": ink, "muted": mix(ink, paper, 0.8), "bar": ink, "accent": ink}
    for kind, look in KINDS.items():
        _kind(colours, kind, paper if look.grey == "#FFFFFF" else look.grey, ink)
        colours[f"{kind}.top"] = paper
        colours[f"{kind}.side"] = mix(look.grey, ink, 0.9)
    greys = ("#000000", "#8A8A8A", "#000000", "#8A8A8A", "#000000", "#8A8A8A", "#555555")
    for i, grey in enumerate(greys):
        colours[f"accent{i}"] = grey
    return Theme("print", colours, hatched=True)


def _staged(paper: str, ink: str) -> Theme:
    """Convolutions by the stage they belong to, as in ResNet's figure 3."""
    theme = _coloured("stage", paper, ink, False)
    for kind, strength in (("conv", 0.12), ("conv1", 0.0), ("grouped", 0.2), ("stack", 0.07)):
        grey = mix(ink, paper, strength)  # in the legend, and of what is in no stage
        _kind(theme.colours, kind, grey, mix(ink, paper, 0.62))
    return Theme("stage", theme.colours, staged=True)


# How a theme is made of its paper and its ink, and these two.
MAKERS = {
    "light": (lambda paper, ink: _coloured("light", paper, ink, False), "#FFFFFF", "#1A1A1A"),
    "dark": (lambda paper, ink: _coloured("dark", paper, ink, True), "#16191D", "#ECECEC"),
    "print": (_print, "#FFFFFF", "#000000"),
    "stage": (_staged, "#FFFFFF", "#1A1A1A"),
}
NAMES = tuple(MAKERS)


def based(name: str, paper: str | None = None, ink: str | None = None) -> Theme:
    """One of `NAMES`, mixed with another paper or ink."""
    make, own_paper, own_ink = MAKERS[name]
    return make(paper or own_paper, ink or own_ink)


@cache
def named(name: str) -> Theme:
    """One of the themes that netdsl has (`NAMES`)."""
    return based(name)
