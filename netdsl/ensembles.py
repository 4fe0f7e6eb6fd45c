"""Residual networks as ensembles of paths: how many there are, and how long.

Veit, Wilber and Belongie, "Residual networks behave like ensembles of relatively shallow networks", 2016,
section 3: every residual unit is a fork, through its body or past it, so n of them make 2^n paths. The
lengths are the coefficients of a polynomial, a product over the units of (1 + z): exact whole numbers, here
and for units whose shortcut has a layer (z^a + z^b). What is side by side in a body is one way through it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from netdsl.design import Design, Link, Residual, Value
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.follow import Follower, Path
from netdsl.layers.base import Layer
from netdsl.record import Record

Polynomial = tuple[int, ...]  # how many paths have length 0, 1, 2, ...
BAR = 40  # columns of the longest bar


class Unit(Record):
    """A residual unit: where it stands, and the layers (convolutions, linear layers) of its two ways."""

    name: str
    body: int
    shortcut: int


class Paths(Record):
    """The paths of a network: `lengths[k]` of them go through the bodies of k residual units, `layers[k]`
    through k convolutions and linear layers."""

    network: str
    units: tuple[Unit, ...]
    lengths: Polynomial
    layers: Polynomial

    @property
    def count(self) -> int:
        """How many paths there are."""
        return sum(self.lengths)

    @property
    def mean(self) -> float:
        """The mean length, in units."""
        return float(Fraction(sum(k * n for k, n in enumerate(self.lengths)), self.count))

    @property
    def deviation(self) -> float:
        """The standard deviation of the length, in units."""
        squares = Fraction(sum(k * k * n for k, n in enumerate(self.lengths)), self.count)
        mean = Fraction(sum(k * n for k, n in enumerate(self.lengths)), self.count)
        return math.sqrt(squares - mean * mean)

    def share(self, first: int, last: int) -> float:
        """The part of the paths that go through `first` to `last` units, both included."""
        return float(Fraction(sum(self.lengths[max(first, 0) : last + 1]), self.count))

    def most(self, share: float = 0.95) -> tuple[int, int]:
        """The fewest lengths in a row, in units, that this part of the paths has: first and last."""
        return _narrowest(self.lengths, Fraction(share))

    def effective(self, decay: float, share: float = 0.95) -> tuple[int, int]:
        """The lengths from which this part of the gradient comes, if each unit that a path goes through
        multiplies it by `decay`: a number to be measured (section 5), which no text of a network says."""
        by, of = Fraction(decay).limit_denominator(10**6).as_integer_ratio()
        longest = len(self.lengths) - 1
        weights = [n * by**k * of ** (longest - k) for k, n in enumerate(self.lengths)]
        return _narrowest(weights, Fraction(share))

    def without(self, units: int = 1) -> int:
        """How many paths are left after deleting the bodies of so many units that stand one behind the
        other: half of them for each (section 4.1)."""
        return self.count // 2**units


def paths(design: Design) -> Paths:
    """The paths through the residual units of a network, side outputs left out. Raises `NetError` if it has
    no unit (E482)."""
    follower = _Paths()
    ends = follower.follow(design, _State((1,), (1,)))
    if not follower.units:
        hint = "a unit is `residual { ... }`; plain networks have one path, those that concatenate many"
        message = f"{design.name} has no residual unit on the way to its outputs"
        raise NetError([Diagnostic("E482", message, hint=hint)])
    end = _joined(ends)
    return Paths(design.name, tuple(follower.units), end.units, end.layers)


# ----------------------------------------------------------------------------------------- following
class _State(Record):
    units: Polynomial
    layers: Polynomial


class _Paths(Follower[_State]):
    def __init__(self) -> None:
        super().__init__(aux=False)
        self.units: list[Unit] = []
        self._kept: list[Value] = []  # values by whose ids something is known

    def layer(self, layer: Layer, link: Link, state: _State, path: Path) -> _State:
        if layer.family not in ("convolution", "linear"):
            return state
        return _State(state.units, (0, *state.layers))

    def meet(self, states: list[_State]) -> _State:
        return _joined(states)

    def _residual(
        self, link: Link, what: Residual, known: dict[int, _State], path: Path
    ) -> list[Value | None]:
        before = len(self.units)
        entered = known.get(id(link.inputs[0]))
        ends = super()._residual(link, what, known, path)
        if not what.adds or entered is None:
            return ends
        body, shortcut = (known[id(v)] for v in ends if v is not None)
        grown = _State((0, *body.units), body.layers)
        joined = Value(None)
        known[id(joined)] = _State(
            _sum(grown.units, shortcut.units), _sum(grown.layers, shortcut.layers)
        )
        self._kept.append(joined)
        start = len(entered.layers)
        unit = Unit(".".join(path), len(body.layers) - start, len(shortcut.layers) - start)
        self.units.insert(before, unit)
        return [joined]


def _joined(states: Sequence[_State]) -> _State:
    """What ways side by side make together: the longest, but every set of paths that differs counts."""
    different: list[_State] = []
    for state in states:
        if all(state.units != other.units for other in different):
            different.append(state)
    units: Polynomial = (0,)
    for state in different:
        units = _sum(units, state.units)
    longest = max(states, key=lambda state: len(state.layers))
    return _State(units, longest.layers)


def _sum(a: Polynomial, b: Polynomial) -> Polynomial:
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    return tuple(n + m for n, m in zip(longer, shorter)) + longer[len(shorter) :]


def _narrowest(weights: Sequence[int], share: Fraction) -> tuple[int, int]:
    """The shortest range with this part of the whole; of several the one with the most."""
    wanted = share * sum(weights)
    best: tuple[int, int, int, int] | None = None  # length, minus its weight, first and last
    first = inside = 0
    for last, weight in enumerate(weights):
        inside += weight
        while first < last and inside - weights[first] >= wanted:
            inside -= weights[first]
            first += 1
        if inside >= wanted:
            found = (last - first, -inside, first, last)
            best = found if best is None else min(best, found)
    assert best is not None
    return best[2:]


# ------------------------------------------------------------------------------------------ showing
def text(found: Paths, decay: float | None = None) -> str:
    """The paths for a terminal: what counts in sentences, and the lengths as bars."""
    n, count = len(found.units), found.count
    power = f" (2^{count.bit_length() - 1})" if count & (count - 1) == 0 else ""
    first, last = found.most()
    low = next(k for k, m in enumerate(found.layers) if m)
    shown = f"{found.network}: {n} residual unit{'s' * (n != 1)}, {_shown(count)} paths{power}"
    lines = [
        shown,
        "",
        f"A path goes through {found.mean:.4g} units on average, with a deviation of {found.deviation:.3g},",
        f"and through {low} to {len(found.layers) - 1} layers (convolutions and linear layers).",
        f"{100 * found.share(first, last):.3g} % of the paths go through {first} to {last} units.",
        f"Without one unit {_shown(found.without())} paths are left.",
    ]
    if decay is not None:
        a, b = found.effective(decay)
        part = f"{100 * found.share(a, b):.3g} % of the paths"
        lines.append(f"If a unit passes on {decay:g} of the gradient, 95 % of it")
        lines.append(f"comes through {a} to {b} units: {part}.")
    return "\n".join([*lines, "", *_bars(found)]) + "\n"


def _shown(count: int) -> str:
    """A number in full, or in powers of ten where nobody would read it."""
    if count < 10**21:
        return f"{count:,}"
    digits = str(count)
    return f"{digits[0]}.{digits[1:4]}e{len(digits) - 1}"


def _bars(found: Paths) -> list[str]:
    """A line for every length that a thousandth of the paths have."""
    shares = [float(Fraction(m, found.count)) for m in found.lengths]
    shown = [k for k, share in enumerate(shares) if share >= 0.001]
    rows = range(shown[0], shown[-1] + 1)
    most = max(shares)
    lines = [f"{'units':>6}  {'paths':>7}"]
    for k in rows:
        bar = "█" * round(BAR * shares[k] / most) or "▏"
        lines.append(f"{k:>6}  {100 * shares[k]:>5.1f} %  {bar}")
    rest = 1 - sum(shares[k] for k in rows)
    if rest > 0:
        lines.append(f"{'others':>6}  {100 * rest:>5.1f} %")
    return lines


def as_json(found: Paths, decay: float | None = None) -> str:
    """The same for programs; numbers of paths are exact."""
    import json

    first, last = found.most()
    data: dict[str, object] = {
        "network": found.network,
        "paths": found.count,
        "units": [{"name": u.name, "body": u.body, "shortcut": u.shortcut} for u in found.units],
        "lengths_in_units": list(found.lengths),
        "lengths_in_layers": list(found.layers),
        "mean": found.mean,
        "deviation": found.deviation,
        "most": {"first": first, "last": last, "share": found.share(first, last)},
        "without_one_unit": found.without(),
    }
    if decay is not None:
        a, b = found.effective(decay)
        part = found.share(a, b)
        data["effective"] = {"decay": decay, "first": a, "last": b, "share_of_paths": part}
    return json.dumps(data, indent=2) + "\n"
