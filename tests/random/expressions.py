"""Texts of numbers, conditions, lists and arguments for random programs, from what can be read."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from layer_rules import Invalid, Size
from sentences import Block, Frame, Shared, Target, Val

# Words that no name may be.
RESERVED = frozenset(
    [
        "net",
        "import",
        "extern",
        "let",
        "for",
        "in",
        "if",
        "else",
        "repeat",
        "and",
        "or",
        "not",
        "init",
        "meta",
        "keys",
        "expect",
        "inline",
        "true",
        "false",
        "none",
    ]
)
# Parameters and variables: common ones, and ones that the emitted code uses for something else.
VARIABLES = [
    "width",
    "depth",
    "n",
    "k",
    "c",
    "m",
    "channels",
    "groups",
    "x",
    "out",
    "y",
    "z",
    "inputs",
    "in_channels",
    "out_channels",
    "last_channels",
    "layers",
    "features",
    "branches",
    "F",
    "nn",
    "torch",
    "self",
    "math",
    "min",
    "max",
    "range",
    "len",
    "sum",
    "int",
    "zip",
    "enumerate",
    "reversed",
    "type",
    "l",
    "I",
    "O",
    "i",
    "j",
    "from",
    "class",
    "lambda",
    "def",
    "is",
    "async",
    "inner",
    "outer",
    "growth",
    "step",
    "steps",
    "number",
    "channels_",
    "module",
    "head",
    "name",
    "Tensor",
    "Sequence",
    "OrderedDict",
    "NamedTuple",
    "tensor",
    "list",
    "dict",
    "tuple",
    "getattr",
    "super",
    "print",
    "id",
    "bool",
    "input",
    "output",
    "param",
    "block",
    "in_height",
    "in_width",
    "skip_channels",
    "scale",
    "residual",
    "shortcut",
    "dropout",
    "conv",
    "relu",
    "width_",
    "training",
    "layer",
    "round",
    "abs",
    "ceil",
    "floor",
    "sqrt",
    "rounds",
    "factor",
    "items",
    "values",
    "keys",
    "forward",
    "channels2",
    "_",
    "_x",
    "x2",
]
LABELS = [
    "conv1",
    "conv2",
    "a",
    "b",
    "c",
    "left",
    "right",
    "body",
    "stage",
    "down",
    "up",
    "mid",
    "x",
    "out",
    "y",
    "z",
    "layers",
    "features",
    "F",
    "nn",
    "torch",
    "self",
    "min",
    "range",
    "len",
    "l",
    "I",
    "O",
    "i",
    "residual",
    "shortcut",
    "dropout",
    "scale",
    "branches",
    "branch",
    "branch_1",
    "in_channels",
    "output",
    "input",
    "block",
    "head",
    "layer",
    "module",
    "param",
    "aux",
    "conv",
    "bn",
    "relu",
    "conv3",
    "in_",
    "skip",
    "relu1",
    "flatten",
    "drop",
    "Tensor",
    "layer1",
    "values",
    "items",
    "gate",
    "norm",
    "shape_",
    "x2",
    "out2",
    "linear",
    "fc",
    "classifier",
    "factor",
    "weight",
    "bias",
    "running_mean",
    "width_",
    "depth",
    "maxpool",
    "group",
    "print",
]
KINDS = (
    "width",
    "width",
    "width",
    "count",
    "stride",
    "list",
    "size",
    "flag",
    "float",
    "act",
    "norm",
    "pool",
    "block",
    "value",
    "values",
    "module",
    "mode",
    "groups",
)
ACTS = [
    "relu",
    "relu6",
    "leaky_relu",
    "leaky_relu(0.2)",
    "elu",
    "selu",
    "gelu",
    'gelu(approximate="tanh")',
    "silu",
    "mish",
    "hardswish",
    "softplus",
    "sigmoid",
    "hardsigmoid",
    "tanh",
    "hardtanh(-2,2)",
    "scaled_tanh",
    "softsign",
    "identity",
    "prelu",
    "dropout(0.2)",
]
NORMS = (
    "bn",
    "bn",
    "bn(eps=1e-3)",
    "bn(momentum=0.01, affine=false)",
    "identity",
    "instancenorm(affine=true)",
    "groupnorm(2)",
    "groupnorm(1)",
    "l2norm(10)",
    "lrn(3)",
    "lrn",
)
POOLS = (
    "maxpool(2x2)",
    "avgpool(2x2)",
    "maxpool(3x3, stride=1, padding=1)",
    "identity",
    "avgpool(3x3, stride=1, padding=1)",
)


class Expressions:
    """Draws texts. `on` are the features that this program may use."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.on: set[str] = set()

    # ------------------------------------------------------------------------------------ dice
    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def pick(self, entries: Any) -> Any:
        found = list(entries)
        if not found:
            raise Invalid
        return self.rng.choice(found)

    def weighted(self, entries: list[tuple[float, Callable[[], Any]]]) -> Callable[[], Any]:
        return self.rng.choices([e for _, e in entries], [w for w, _ in entries])[0]

    def recent(self, entries: list[Any]) -> Any:
        """One of a list, rather a late one."""
        if not entries:
            raise Invalid
        return entries[max(self.rng.randrange(len(entries)), self.rng.randrange(len(entries)))]

    # ----------------------------------------------------------------------------------- names
    def variable(self, frame: Frame, wanted: str = "") -> str:
        """A name for a parameter or a `let`; now and then one that hides another."""
        for _ in range(30):
            name = self.pick(VARIABLES) if not wanted or self.chance(0.5) else wanted
            hidden = name in frame.visible()
            if (
                name not in RESERVED
                and name not in frame.names
                and (not hidden or self.chance(0.05))
            ):
                return name
        for number in range(2, 1000):
            if f"{wanted or 'v'}{number}" not in frame.visible():
                return f"{wanted or 'v'}{number}"
        raise Invalid

    def label(self, frame: Frame) -> str:
        """A label that is right where it stands: in a `for` it is computed."""
        base = self.pick(LABELS)
        loop = next((f for f in frame._around() if f.kind in ("repeat", "for")), None)
        if loop is None:
            return f"{base}{{{self.number(frame, 0, 6)}}}" if self.chance(0.05) else base
        if loop.kind == "repeat" and self.chance(0.8):
            return base
        holes = []
        for at in frame._around():
            if at.kind == "for":
                ints = [n for n, v in at.names.items() if is_int(v) and v >= 0]
                texts = [n for n, v in at.names.items() if isinstance(v, str)]
                if not ints and not texts:
                    raise Invalid
                name = self.pick(ints or texts)
                holes.append(f"{name} + 1" if name in ints and self.chance(0.3) else name)
        if not holes:
            return base
        return base + "_".join(f"{{{h}}}" for h in holes) + self.pick(["", "", "", "x", "_end"])

    def values(self, frame: Frame, tensors: bool = False) -> list[tuple[str, Val]]:
        """Every value that can be reached, as a text."""
        found: dict[str, Val] = {}

        def add(text: str, value: Val, depth: int) -> None:
            if value.tensor == tensors or not value.tensor:
                found.setdefault(text, value)
            if depth < 3:
                for name, inner in value.inner.items():
                    if inner.tensor:
                        continue  # a path goes down to steps only
                    add(f"{text}.{name}", inner, depth + 1)

        for at in frame.chain():
            for name, value in at.labels.items():
                add(f"@{name}", value, 0)
            for name, held in at.names.items():
                if isinstance(held, Val):
                    add(f"@{name}", held, 0)
                elif type(held) is list and held and isinstance(held[0], Val):
                    for i, value in enumerate(held):
                        found.setdefault(f"@{name}[{i}]", value)
        entry = frame.block().entry
        if entry is not None:
            found.setdefault("@in", entry)
        return [(text, value) for text, value in found.items() if self._reaches(frame, text, value)]

    def _reaches(self, frame: Frame, text: str, value: Val) -> bool:
        try:
            return frame.evaluate(text) is value
        except Invalid:
            return False

    def named(self, frame: Frame, fits: Callable[[Any], bool]) -> list[str]:
        return [n for n, v in frame.visible().items() if n not in RESERVED and fits(v)]

    # --------------------------------------------------------------------------------- numbers
    def try_number(
        self,
        frame: Frame,
        low: float,
        high: float,
        make: Callable[[], str],
        whole: bool = True,
        multiple: int = 1,
    ) -> str | None:
        for _ in range(5):
            try:
                text = make()
                value = frame.evaluate(text)
            except (Invalid, IndexError):
                continue
            right = (
                is_int(value)
                if whole
                else isinstance(value, (int, float)) and not isinstance(value, bool)
            )
            if right and low <= value <= high and value % multiple == 0:
                return text
        return None

    def number(self, frame: Frame, low: int, high: int, multiple: int = 1) -> str:
        """A whole number within bounds: a literal, or an expression of what is known."""
        if self.chance(0.65):
            text = self.try_number(
                frame, low, high, lambda: self.arithmetic(frame), multiple=multiple
            )
            if text is not None:
                return text
        least = -(-low // multiple) * multiple
        return str(self.rng.randrange(least, high + 1, multiple))

    def channels(self, frame: Frame, multiple: int = 1, most: int = 16) -> str:
        if self.chance(0.35):
            return str(self.rng.randrange(multiple, most + 1, multiple))
        return self.number(frame, 1, most, multiple)

    def atom(self, frame: Frame) -> str:
        ints = self.named(frame, is_int)
        lists = self.named(frame, is_number_list)
        kind = self.rng.random()
        if kind < 0.55 and ints:
            return self.recent(ints)
        if kind < 0.70 and lists:
            name = self.recent(lists)
            index = self.pick(["0", "-1", "1", *ints])
            return f"{name}[{index}]"
        if kind < 0.85 and frame.block().entry is not None:
            return self.pick(
                ["in.channels", "in.channels", "in.channels", "in.height", "in.width", "in.length"]
            )
        reachable = self.values(frame)
        if kind < 0.93 and reachable:
            return f"{self.recent(reachable)[0]}.channels"
        return str(self.pick([1, 2, 3, 4, 6, 8]))

    def arithmetic(self, frame: Frame) -> str:
        a = self.atom(frame)
        if self.chance(0.5) or "arithmetic" not in self.on:
            return a
        b = self.atom(frame) if self.chance(0.3) else str(self.pick([1, 2, 3, 4, 8]))
        lists = self.named(frame, is_number_list) or [f"[{a}, {b}, 2]"]
        forms = [
            f"{a} * {b}",
            f"{b} * {a}",
            f"{a} + {b}",
            f"{a} - {b}",
            f"{a} // {b}",
            f"({a} + {b}) // 2",
            f"{a} * {b} // {b}",
            f"{a} % 4 + 2",
            f"{a} ** 2",
            f"-{a} + 20",
            f"max({a}, {b})",
            f"min({a}, {b})",
            f"max([{a}, {b}])",
            f"make_divisible({a} * 1.5, 4)",
            f"int({a} * 0.5)",
            f"round({a} / {b})",
            f"ceil({a} / {b})",
            f"floor({a} * 0.5)",
            f"abs({a} - 12)",
            f"int(sqrt({a} * {a}))",
            f"int(log2({a})) + 2",
            f"sum({self.pick(lists)})",
            f"len({self.pick(lists)}) * 2",
            f"[{a}, {b}][{self.pick(['0', '1'])}]",
            f"{a} if {self.condition(frame, 1)} else {b}",
        ]
        return self.pick(forms)

    def condition(self, frame: Frame, depth: int = 0) -> str:
        """What is true or false when the program is compiled."""
        flags = self.named(frame, lambda v: isinstance(v, bool))
        kind = self.rng.random()
        if kind < 0.25 and flags:
            return self.recent(flags) if self.chance(0.7) else f"not {self.recent(flags)}"
        if kind < 0.4 and depth == 0 and "arithmetic" in self.on:
            word = self.pick(["and", "or"])
            return f"{self.condition(frame, 1)} {word} {self.condition(frame, 1)}"
        a = self.atom(frame)
        try:
            value = frame.evaluate(a)
        except (Invalid, IndexError):
            raise Invalid from None
        if not is_int(value):
            raise Invalid
        near = str(max(0, value + self.pick([-1, 0, 0, 0, 1, 2])))
        b = self.atom(frame) if self.chance(0.3) else near
        if kind < 0.5:
            return f"{a} % 2 == 0"
        return f"{a} {self.pick(['==', '!=', '==', '!=', '<', '<=', '>', '>='])} {b}"

    def truth(self, frame: Frame) -> str:
        """A condition that can be decided here."""
        for _ in range(6):
            try:
                text = self.condition(frame)
                if isinstance(frame.evaluate(text), bool):
                    return text
            except (Invalid, IndexError):
                continue
        return self.pick(["true", "false"])

    def real(self, frame: Frame, low: float = 0.0, high: float = 1.0) -> str:
        """A number that need not be whole."""
        names = self.named(frame, lambda v: isinstance(v, float))
        forms = ["0.5", "0.25", "1 / 4", "0.1", "1e-1"]
        for name in names:
            forms += [name, name, f"{name} / 2", f"1 - {name}", f"{name} * 0.5"]
        for name in self.named(frame, is_int):
            forms.append(f"1 / ({name} + 2)")
        return self.try_number(frame, low, high, lambda: self.pick(forms), whole=False) or "0.5"

    # ------------------------------------------------------------------------------- arguments
    def literal_of(self, kind: str, frame: Frame) -> str:
        """A constant for a parameter of a kind; `Invalid` where there is none."""
        number = self.rng.randrange
        match kind:
            case "width":
                return str(2 * number(1, 7))
            case "count":
                return str(self.pick([0, 1, 2, 2, 3, 4]))
            case "groups":
                return str(self.pick([1, 1, 2]))
            case "stride":
                return str(self.pick([1, 1, 1, 2]))
            case "list":
                return f"[{', '.join(str(2 * number(1, 6)) for _ in range(number(1, 5)))}]"
            case "size":
                return self.pick(["3x3", "1x1", "3x3", "1x3", "3x1", "5x5"])
            case "flag":
                return self.pick(["true", "false"])
            case "float":
                return self.pick(["0.5", "0.25", "0.1", "1.0", "2.5e-1"])
            case "mode":
                return self.pick(['"nearest"', '"nearest"', '"bilinear"', '"area"'])
            case "act":
                return self.pick(ACTS)
            case "norm":
                return self.pick(NORMS)
            case "pool":
                return self.pick(POOLS)
        raise Invalid(kind)

    def argument(self, kind: str, frame: Frame, sample: Any, blocks: list[Block]) -> str:
        """A text for a parameter of a kind, from what can be read where it stands."""
        if kind == "value":
            return self.recent(self.values(frame))[0] if self.values(frame) else self._none()
        if kind == "values":
            reachable = self.values(frame)
            count = len(sample) if isinstance(sample, list) else 2
            whole = [
                f"@{n}"
                for n in self.named(
                    frame, lambda v: type(v) is list and bool(v) and isinstance(v[0], Val)
                )
            ]
            if whole and self.chance(0.3):
                return self.pick(whole)[1:]
            if not reachable:
                return self._none()
            return f"[{', '.join(self.recent(reachable)[0] for _ in range(count))}]"
        if kind == "module":
            names = self.named(frame, lambda v: isinstance(v, Shared))
            return self.pick(names) if names else self._none()
        if kind == "block":
            return self.block_argument(frame, sample, blocks)
        names = self.named(frame, _FITS[kind])
        if names and self.chance(0.5):
            return self.recent(names)
        if kind == "width":
            return self.channels(frame)
        if kind == "count":
            return self.number(frame, 0, 4)
        if kind == "stride" and self.chance(0.3):
            return f"2 if {self.truth(frame)} else 1"
        if kind == "flag" and self.chance(0.4):
            return self.truth(frame)
        if kind == "float":
            return self.real(frame)
        if kind == "list" and self.chance(0.4):
            return self.list_text(frame)
        if kind == "size" and self.chance(0.2):
            return f"[3, {self.pick(['1', '3'])}]"
        return self.literal_of(kind, frame)

    def _none(self) -> str:
        raise Invalid

    def list_text(self, frame: Frame) -> str:
        """A list of numbers made from others."""
        lists = self.named(frame, is_number_list)
        items = ", ".join(self.number(frame, 1, 12) for _ in range(self.rng.randrange(1, 4)))
        forms = [f"[{items}]", f"[{items}] * 2", f"[{items}, 4][1:]", f"[v * 2 for v in [{items}]]"]
        for name in lists:
            forms += [
                name,
                f"{name}[1:]",
                f"{name}[:2]",
                f"reversed({name})",
                f"[v * 2 for v in {name}]",
            ]
            forms += [
                f"{name} + [4]",
                f"[v + 1 for v in {name} if v > 2]",
                f"[i + v for i, v in enumerate({name})]",
            ]
        return self.pick(forms)

    def block_argument(self, frame: Frame, sample: Any, blocks: list[Block]) -> str:
        """A block that takes the same required arguments."""
        wanted = _required(sample)
        names = [
            n
            for n in self.named(
                frame, lambda v: isinstance(v, Target) and isinstance(v.definition, Block)
            )
            if _required(frame.visible()[n]) == wanted
        ]
        if not names:
            raise Invalid
        name = self.pick(names)
        target = frame.visible()[name]
        free = [
            p for p in target.definition.params if p[1] is not None and p[0] not in target.bound
        ]
        if free and self.chance(0.4):
            parameter = self.pick(free)[0]
            kind = target.definition.kinds[parameter]
            if kind not in ("value", "values", "module"):
                sample_value = (
                    target.definition.samples[0][2].get(parameter)
                    if target.definition.samples
                    else None
                )
                return f"{name}({parameter}={self.argument(kind, frame, sample_value, blocks)})"
        return name


def _required(target: Any) -> list[str]:
    if not isinstance(target, Target) or not isinstance(target.definition, Block):
        raise Invalid
    return [
        target.definition.kinds[n]
        for n, d in target.definition.params
        if d is None and n not in target.bound
    ]


def is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number_list(value: Any) -> bool:
    return type(value) is list and bool(value) and all(is_int(v) for v in value)


def _layer_of(words: tuple[str, ...] | list[str]) -> Callable[[Any], bool]:
    plain = {w.split("(")[0] for w in words}
    return lambda v: (
        isinstance(v, Target) and isinstance(v.definition, str) and v.definition in plain
    )


_FITS: dict[str, Callable[[Any], bool]] = {
    "width": lambda v: is_int(v) and 1 <= v <= 16,
    "count": lambda v: is_int(v) and 0 <= v <= 4,
    "groups": lambda v: v in (1, 2) and is_int(v),
    "stride": lambda v: v in (1, 2) and is_int(v),
    "list": is_number_list,
    "size": lambda v: isinstance(v, Size),
    "flag": lambda v: isinstance(v, bool),
    "float": lambda v: isinstance(v, float),
    "mode": lambda v: v in ("nearest", "bilinear", "area"),
    "act": _layer_of(ACTS),
    "norm": _layer_of(NORMS),
    "pool": _layer_of(POOLS),
}
