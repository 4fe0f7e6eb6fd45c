"""Weights that fit together: what a net takes from another net's checkpoint, and what stays frozen.

Names are those of the `state_dict`. A *part* is a module of it (`features`, `classifier.3`) or a learned
tensor, which stands for every tensor below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from netdsl.design import Applied, Design, Link, Scope, Start
from netdsl.diagnostics import Diagnostic, NetError, did_you_mean
from netdsl.follow import Follower, Path
from netdsl.layers.base import Layer
from netdsl.totals import extern_names, scope_tensors, tensors_of, weight_sides
from netdsl.walks import used

Shapes = dict[str, tuple[int, ...]]


# --------------------------------------------------------------------------------------------- steps
def step_at(design: Design, path: str) -> tuple[Path, list[Link]]:
    """The step that a path of labels, or of names in the `state_dict`, means: its path, and the steps
    on the way to it. Raises `NetError` if there is none (E142)."""
    scope: Scope | None = design.net
    found: list[Link] = []
    names: list[str] = []
    for part in path.split("."):
        known = {**scope.children, **scope.labels} if scope is not None else {}
        link = known.get(part)
        if link is None:
            inside = f"`{'.'.join(names)}`" if names else f"net `{design.name}`"
            hint = did_you_mean(part, known) or (
                f"it has {', '.join(list(known)[:12])}" if known else "it has no steps inside"
            )
            raise NetError([Diagnostic("E142", f"{inside} has no step `{part}`", hint=hint)])
        found.append(link)
        names.append(link.key or link.label or part)
        inner = used(link)
        scope = inner if isinstance(inner, Scope) else None
    return tuple(names), found


# --------------------------------------------------------------------------------------------- names
def beginnings(names: Iterable[str]) -> set[str]:
    """The names, and all beginnings of them that end before a dot."""
    parts = [name.split(".") for name in names]
    return {".".join(p[:n]) for p in parts for n in range(1, len(p) + 1)}


def path_of(name: str, begins: Mapping[str, str]) -> str | None:
    """The longest of these beginnings that a name has; an empty one is that of every name."""
    found = [path for path in begins if not path or f"{name}.".startswith(f"{path}.")]
    return max(found, key=len, default=None)


def renamed(name: str, begins: Mapping[str, str]) -> str:
    """A name with another beginning in the place of the longest that it has."""
    path = path_of(name, begins)
    return name if path is None else f"{begins[path]}.{name[len(path) :].lstrip('.')}".strip(".")


# -------------------------------------------------------------------------------------------- frozen
class _Need:
    """A value: the layer or tensor that it comes from, and the values before."""

    __slots__ = ("before", "path")

    def __init__(self, path: Path | None, before: Sequence[_Need]) -> None:
        self.path = path
        self.before = before


class _Needs(Follower[_Need]):
    def __init__(self) -> None:
        super().__init__(aux=True)
        self.found: dict[Path, _Need] = {}

    def layer(self, layer: Layer, link: Link, state: _Need, path: Path) -> _Need:
        return state if layer.passes else _Need(self.home(path), [state])

    def learned(self, path: Path) -> _Need:
        return _Need(self.home(path), [])

    def meet(self, states: list[_Need]) -> _Need:
        return _Need(None, states)

    def seen(self, path: Path, link: Link, state: _Need) -> None:
        self.found[path] = self.found[self.home(path)] = state


def needed_for(design: Design, path: str) -> tuple[str, ...]:
    """The parts on which the value of a step depends, its own among them. Raises `NetError` (E142)."""
    place, _ = step_at(design, path)
    needs = _Needs()
    needs.follow(design, _Need(None, []))
    waiting = [needs.found[place]] if place in needs.found else []
    seen: set[int] = set()
    layers: set[str] = set()
    while waiting:
        need = waiting.pop()
        if id(need) not in seen:
            seen.add(id(need))
            waiting += need.before
            if need.path is not None:
                layers.add(".".join(need.path))
    names = [*tensor_shapes(design), *extern_names(design.net)]
    chosen = {name: name for name in names if name in layers or name.rpartition(".")[0] in layers}
    if not chosen:
        hint = "name a step that has some, or one behind it"
        message = f"no step up to `{path}` has weights"
        raise NetError([Diagnostic("E142", message, hint=hint)])
    return tuple(parts_of(chosen, names))


# ------------------------------------------------------------------------------------------- starting
def tensor_shapes(design: Design) -> Shapes:
    """Names and shapes of the `state_dict`, in its order."""
    return {name: shape for name, shape, _ in scope_tensors(design.net)}


def fitting(design: Design, other: Design, names: Mapping[str, str]) -> Start:
    """What a net can take from a checkpoint of another: tensors whose names and shapes agree. `names`
    are beginnings of its names -> what the other has instead, the longest counts; either may be empty.
    Raises `NetError` if nothing fits (E144).
    """
    theirs = tensor_shapes(other)
    found: dict[str, str] = {}
    used: set[str | None] = set()
    for name, shape in tensor_shapes(design).items():
        used.add(path_of(name, names))
        there = renamed(name, names)
        if theirs.get(there) == shape and not _is_new(design, name):
            found[name] = there
    for ours in names:
        if ours not in used:
            hint = did_you_mean(ours, beginnings(tensor_shapes(design)))
            message = f"no name of {design.name}'s `state_dict` begins with `{ours}`"
            raise NetError([Diagnostic("E142", message, hint=hint)])
    if not found:
        hint = (
            "other names may stand for them (`--start-name`), or their order agree where names do not "
            "(`--first`, `--last`)"
        )
        message = f"no weights of {other.name} fit {design.name}: no name and shape agree"
        raise NetError([Diagnostic("E144", message, hint=hint)])
    return _start(design, other, found)


def in_order(design: Design, other: Design, first: int, last: int) -> Start:
    """What a net takes from a checkpoint of another by order: the `first` and the `last` convolutions
    and linear layers of the other go, in their order, to the foremost and the hindmost of this net
    that have their shapes. Normalisation goes with the layer before it.

    Simonyan and Zisserman, 2014, section 3.1: the deeper nets start from the first four convolutions
    and the last three layers of net A. Raises `NetError` (E144).
    """
    ours, theirs = _units(design), _units(other)
    if first + last > len(theirs):
        message = (
            f"{other.name} has {len(theirs)} convolutions and linear layers, not {first + last}"
        )
        raise NetError([Diagnostic("E144", message)])
    found: dict[str, str] = {}

    def match(wanted: Sequence[Shapes], places: Sequence[int]) -> list[int]:
        """Each of the other's layers with the next of ours that is like it; the places that are left."""
        left = list(places)
        for unit in wanted:
            while left and not _alike(design, ours[left[0]], unit):
                del left[0]
            if not left:
                name, shape = next(iter(unit.items()))
                sides = "x".join(map(str, shape))
                message = f"{design.name} has no layer for {other.name}'s `{name}`: {sides}"
                raise NetError([Diagnostic("E144", message)])
            found.update(zip(ours[left.pop(0)], unit))
        return left

    left = match(theirs[:first], range(len(ours)))
    match(theirs[len(theirs) - last :][::-1], left[::-1])
    return _start(design, other, found)


def _alike(design: Design, ours: Shapes, theirs: Shapes) -> bool:
    def forms(unit: Shapes) -> list[tuple[str, tuple[int, ...]]]:
        return [(name.rpartition(".")[2], shape) for name, shape in unit.items()]

    return forms(ours) == forms(theirs) and not any(_is_new(design, name) for name in ours)


def _units(design: Design) -> list[Shapes]:
    """The tensors of each convolution or linear layer and of what follows it up to the next."""
    units: list[Shapes] = []
    for begins, tensors in _holders(design.net, ""):
        if begins or not units:
            units.append({})
        units[-1].update(tensors)
    return units


def _holders(scope: Scope, path: str) -> Iterator[tuple[bool, Shapes]]:
    """What holds tensors, in the order of the `state_dict`: whether it is a convolution or a linear
    layer, and the tensors."""
    for name, weight in scope.weights.items():
        yield False, {f"{path}{name}": weight_sides(weight)}
    for key, link in scope.children.items():
        what = link.what
        if isinstance(what, Scope):
            yield from _holders(what, f"{path}{key}.")
        elif isinstance(what, Applied):
            tensors = {f"{path}{key}.{name}": shape for name, shape in tensors_of(link).items()}
            if tensors:
                yield what.layer.family in ("convolution", "linear"), tensors


def _start(design: Design, other: Design, found: dict[str, str]) -> Start:
    tensors = list(tensor_shapes(design))
    ordered = {name: found[name] for name in tensors if name in found}
    return Start(other.name, parts_of(ordered, tensors), ordered)


def _is_new(design: Design, name: str) -> bool:
    """Whether a tensor belongs to a step that was put in place of another."""
    return any(f"{name}.".startswith(f"{path}.") for path in design.replaced)


# --------------------------------------------------------------------------------------------- parts
PARTLY, FROZEN = "partly", "frozen"


def place_in(parts: Mapping[str, str], name: str) -> str:
    """What a part or a tensor below one is called in the other net; "partly" where only some of what is
    below it is taken, "" where nothing is."""
    for ours, theirs in parts.items():
        if f"{name}.".startswith(f"{ours}."):
            return theirs + name[len(ours) :]
    return PARTLY if any(ours.startswith(f"{name}.") for ours in parts) else ""


class Treatment:
    """What becomes of the weights of parts of a net."""

    def __init__(self, design: Design) -> None:
        self._started = design.start.parts if design.start is not None else {}
        self._frozen = dict.fromkeys(design.frozen, FROZEN)

    def origin(self, name: str) -> str:
        """What it is called in the checkpoint from which it starts, as `place_in` says."""
        return place_in(self._started, name)

    def frozen(self, name: str) -> str:
        """ "frozen" if it is not trained, "partly" if some of it is not, else empty."""
        found = place_in(self._frozen, name)
        return FROZEN if found not in ("", PARTLY) else found


class _Part(NamedTuple):
    name: str
    inside: dict[str, _Part]


def parts_of(found: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """The largest parts that say the same as tensors: `features.0.weight` and `.bias` are `features.0`,
    with everything else in it `features`. `names` are all tensors; the net itself is no part."""
    root = _Part("", {})
    for name in names:
        at = root
        pieces = name.split(".")
        for i in range(len(pieces)):
            at = at.inside.setdefault(pieces[i], _Part(".".join(pieces[: i + 1]), {}))
    out: dict[str, str] = {}

    def theirs(part: _Part) -> str | None:
        """What the whole part is in the other net; None if not all of it has one name there."""
        if not part.inside:
            return found.get(part.name)
        ends = {key: theirs(inner) for key, inner in part.inside.items()}
        begins = {
            end[: -len(key) - 1] if end is not None and end.endswith(f".{key}") else None
            for key, end in ends.items()
        }
        return begins.pop() if len(begins) == 1 else None

    def collect(part: _Part) -> None:
        for inner in part.inside.values():
            there = theirs(inner)
            if there is not None:
                out[inner.name] = there
            else:
                collect(inner)

    collect(root)
    return out
