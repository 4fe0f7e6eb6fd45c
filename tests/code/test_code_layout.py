"""The layout of emitted Python: ruff changes nothing, the text says the same, the house style."""

from __future__ import annotations

import ast
import textwrap
from random import Random

import judge
import pytest
from random_code import Maker

from netdsl.code import reading
from netdsl.code.expr import Attribute, Call, Expr, Literal, Name, Tuple, call
from netdsl.code.layout import lines, module_text
from netdsl.code.stmt import (
    Assign,
    Class,
    Constant,
    Do,
    Field,
    For,
    Function,
    If,
    Import,
    Module,
    Parameter,
    Return,
    Statement,
)

WHOLE = 10**9  # a width at which nothing breaks


def text(statement: Statement, indent: int = 0, width: int = 88) -> str:
    return "\n".join(lines(statement, indent, width))


def parsed(source: str) -> ast.Module:
    """The tree of a text that may return outside of functions; without docstrings, which wrap."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            node.body[0] = ast.Pass()
    return tree


def drawn(seed: int, count: int) -> list[tuple[Statement, int]]:
    """Random statements, each with how deep it stands."""
    maker, depths = Maker(seed), Random(seed)
    out: list[tuple[Statement, int]] = []
    for i in range(count):
        make = (maker.klass, maker.function, maker.constant, *(maker.statement,) * 37)[i % 40]
        statement, deep = make(), depths.choice([0, 1, 2, 2, 3, 5])
        out.append((statement, 0 if isinstance(statement, (Class, Function)) else deep))
    return out


@pytest.mark.parametrize(
    ("seed", "width", "count"), [(1, 88, 2500), (2, 100, 2000), (3, 60, 500), (4, 120, 500)]
)
def test_ruff_changes_nothing(seed: int, width: int, count: int) -> None:
    texts = []
    for statement, deep in drawn(seed, count):
        around = [f"{'    ' * i}if it:" for i in range(deep)]
        texts.append("\n".join([*around, *lines(statement, 4 * deep, width)]))
    assert not (change := judge.first_change(texts, width)), change


@pytest.mark.parametrize(("seed", "width"), [(5, 88), (6, 100), (7, 40)])
def test_a_broken_text_is_the_same_tree(seed: int, width: int) -> None:
    for statement, _ in drawn(seed, 300):
        broken, whole = text(statement, 0, width), text(statement, 0, WHOLE)
        assert ast.dump(parsed(broken)) == ast.dump(parsed(whole)), broken


def test_what_fits_is_flat() -> None:
    for statement, _ in drawn(9, 300):
        whole = lines(statement, 0, WHOLE)
        if len(whole) == 1 and len(whole[0]) <= 88:
            assert lines(statement) == whole


# --------------------------------------------------------------------------------------- the house
def python(source: str, width: int = 88) -> str:
    """A text, read and written again."""
    return module_text(reading.module(textwrap.dedent(source).strip("\n")), width)


def unchanged(source: str, width: int = 88) -> None:
    source = textwrap.dedent(source).strip("\n") + "\n"
    assert python(source, width) == source
    assert judge.formatted(source, width) == source


def test_modules_stand_one_a_line() -> None:
    unchanged("""
        self.stem = nn.Sequential(
            nn.Conv2d(3, channels, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            *(HighwayBlock(channels, channels) for _ in range(depth - 2)),
        )  # 64x32x32
        self.features = nn.Sequential(
            OrderedDict(
                conv0=nn.Conv2d(3, stem, kernel_size=7, stride=2, padding=3, bias=False),
                norm0=nn.BatchNorm2d(stem),
            )
        )
        self.blocks = nn.Sequential(
            *(InvertedResidual(channels, channels, stride=1, expand=expand) for _ in range(n))
        )
        features += [
            nn.Conv2d(channels, width, kernel_size=3, padding=1),
            nn.BatchNorm2d(width, eps=1e-3),
            nn.ReLU(inplace=True),
        ]
        self.fc7 = nn.Sequential(nn.Linear(1024, 1024), nn.ReLU(inplace=True))
        super().__init__(
            nn.Conv2d(in_channels, width, kernel_size=3, padding=padding),
            nn.ReLU(inplace=True),
        )
    """)


def test_other_calls_stand_on_one_line_if_they_can() -> None:
    unchanged("""
        features.append(
            InvertedResidual(channels, out_channels, stride if i == 0 else 1, expand)
        )
        self.conv = nn.Conv2d(
            in_channels, channels, kernel, stride=stride, padding=padding, bias=False
        )
        self.depthwise = nn.Conv2d(
            in_channels,
            in_channels,
            kernel_size,
            stride=stride,
            padding=kernel_size // 2,
            groups=in_channels,
            bias=False,
        )
        x = self.dropout(
            F.adaptive_avg_pool2d(self.activation(self.norm(x)), output_size=1)
        ).flatten(1)
        scores = torch.cat(
            [head(level).flatten(1) for head, level in zip(self.heads, levels)], dim=1
        )
    """)


def test_operators_begin_lines() -> None:
    unchanged("""
        self.residual = (
            stride == 1 and in_channels == out_channels and not self.is_the_last_of_its_stage
        )
        channels = (
            in_channels + number_of_layers_of_the_first_block * growth_rate_of_the_first_block
        )
        x = (
            x.view(batch, groups, channels_per_group, height, width)
            .transpose(1, 2)
            .reshape(batch, -1, height, width)
        )
        out = (
            shortcut + self.scale_of_the_residual * out
            if self.the_network_is_in_training
            else shortcut
        )
        if (
            auxiliary_classifier_1 is not None
            and auxiliary_classifier_2 is not None
            and self.training
        ):
            return GoogLeNetOutput(x, auxiliary_classifier_1, auxiliary_classifier_2)
    """)


def test_signatures() -> None:
    unchanged("""
        def one(self, in_channels: int, channels: int, stride: int = 1) -> None:
            pass


        def two(
            self, in_channels: int, channels: int, kernel: int, stride: int = 1, groups: int = 1
        ) -> None:
            pass


        def three(
            self,
            in_channels: int,
            channels: int,
            kernel: int | tuple[int, int],
            stride: int = 1,
            depths: Sequence[int] = (3, 4, 6, 3),
        ) -> None:
            pass


        def forward(
            self, x: Tensor, skip: Tensor
        ) -> tuple[Tensor, Tensor] | TheOutputOfTheNetwork | None:
            pass
    """)


def test_targets_break_last() -> None:
    unchanged("""
        a_variable_with_a_name_that_fills_the_line_nearly_to_its_end_and_on: nn.Module = (
            nn.Identity(3)
        )
        a_variable_with_a_name_that_fills_the_line_nearly_to_its_end_and_on_over_the_end: list[
            nn.Module
        ] = []
        height, width = like.shape[-2:]
        top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
    """)


def test_tables_have_a_row_a_line() -> None:
    row = Tuple(tuple(Literal(i) for i in (6, 160, 3, 2)))
    table = Constant("TABLE", Tuple((row,) * 6), None, "expand, channels\nrepeats, stride")
    expected = ["# expand, channels", "# repeats, stride", "TABLE = ("]
    assert lines(table) == [*expected, *["    (6, 160, 3, 2),"] * 6, ")"]
    literal = Constant("TABLE", Literal(((6, 160, 3, 2),) * 6))
    assert lines(literal) == lines(table)[2:]


def long_call(width: int) -> Expr:
    """A call whose text has this width."""
    return call("f", Name("x" * (width - 3)))


@pytest.mark.parametrize("value", [60, 70, 80, 82, 83, 84, 85, 90, 120])
@pytest.mark.parametrize("remark", ["256x28x28", "a remark of more words than one"])
def test_comments_stay_behind_or_go_above(value: int, remark: str) -> None:
    """Whether there is room for the remark or not, it never breaks the statement."""
    statements = (Assign("x", long_call(value), None, remark), Do(long_call(value), remark))
    statements += (Assign("x", Name("x" * value), None, remark),)
    for statement in statements:
        without = lines(statement.but(comment=None))
        behind = [*without[:-1], f"{without[-1]}  # {remark}"]
        short = isinstance(statement, Assign) and isinstance(statement.value, Name)
        fits = len(behind[-1]) <= 88 and (len(without) == 1 or not short)
        assert lines(statement) == (behind if fits else [f"# {remark}", *without])
        assert not judge.first_change(["\n".join(lines(statement))], 88)


# --------------------------------------------------------------------------------------- files
FILE = Module(
    "A network.",
    (
        Import("torch"),
        Import("torch.nn", ("functional as F",)),
        Import("typing", ("NamedTuple",)),
        Import("torch", ("nn", "Tensor")),
        Import("typing", ("ClassVar",)),
        Import("collections.abc", ("Sequence",)),
    ),
    (
        Constant("TABLE", Literal((1, 2)), None, "first, second"),
        Constant("RATE", Literal(0.5)),
        Function("double", (Parameter("n", "int"),), "int", "Twice.", (Return(2 * Name("n")),)),
        Class("Output", ("NamedTuple",), "What it gives.", (Field("x", "Tensor"),)),
        Class(
            "Net",
            ("nn.Module",),
            None,
            (
                Field("weights", "ClassVar[dict[str, float]]", Literal({"aux": 0.3})),
                Function(
                    "__init__",
                    (Parameter("self"), Parameter("depths", "Sequence[int]", Literal((3, 4)))),
                    "None",
                    None,
                    (
                        Do(Call(Attribute(call("super"), "__init__"))),
                        For(("_",), Name("depths"), (If(Name("_"), (), (Return(),)),)),
                    ),
                ),
                Function("forward", (Parameter("self"),), None, None, ()),
            ),
        ),
    ),
)


def test_a_file() -> None:
    expected = textwrap.dedent('''
        """A network."""

        from collections.abc import Sequence
        from typing import ClassVar, NamedTuple

        import torch
        from torch import Tensor, nn
        from torch.nn import functional as F

        # first, second
        TABLE = (1, 2)
        RATE = 0.5


        def double(n: int) -> int:
            """Twice."""
            return 2 * n


        class Output(NamedTuple):
            """What it gives."""

            x: Tensor


        class Net(nn.Module):
            weights: ClassVar[dict[str, float]] = {"aux": 0.3}

            def __init__(self, depths: Sequence[int] = (3, 4)) -> None:
                super().__init__()
                for _ in depths:
                    if _:
                        pass
                    else:
                        return

            def forward(self):
                pass
    ''').lstrip("\n")
    assert module_text(FILE) == expected
    assert judge.formatted(expected, 88) == expected


@pytest.mark.parametrize("doc", [None, "A network."])
@pytest.mark.parametrize("imports", [(), FILE.imports])
@pytest.mark.parametrize("first", [None, *range(5)])
def test_empty_lines_of_files(
    doc: str | None, imports: tuple[Import, ...], first: int | None
) -> None:
    body = () if first is None else FILE.body[first:]
    written = module_text(Module(doc, imports, body))
    if written.strip():
        assert judge.formatted(written, 88) == written


def test_imports_are_sorted_as_isort_does() -> None:
    names = ["trunc_normal_", "CONST_B", "xavier_uniform_", "Zed", "A", "B1", "F"]
    imports = [
        Import("torch.nn", ("functional as F",)),
        Import("torch.nn", ("Module as M", "Parameter")),
        Import("torch.nn.init", tuple(names)),
        *(Import(m) for m in ("torch", "os.path", "math", "torch.nn.utils")),
        Import("Foo", ("x",)),
        Import("foo", ("y",)),
        Import("collections", ("OrderedDict",)),
        Import("__future__", ("annotations",)),
        Import("somewhere.far.away", tuple(f"a_name_to_import_{i}" for i in range(9))),
    ]
    for seed in range(20):
        Random(seed).shuffle(imports)
        text = module_text(Module("Doc.", tuple(imports), ()))
        assert not judge.complaints(text, "--select", "I001").startswith("emitted")
        assert judge.formatted(text, 88) == text


GOLDEN = '''
"""Networks as they are emitted at 100 columns."""

from torch import Tensor, nn
from torch.nn import functional as F

# expand, channels, repeats, stride
TABLE = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def make_divisible(value: float, divisor: int) -> int:
    """The multiple of `divisor` nearest to `value`, never less than 90 % of it."""
    nearest = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return nearest if nearest >= 0.9 * value else nearest + divisor


class ConvBnRelu6(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, channels, H / stride, W / stride)."""

    def __init__(
        self, in_channels: int, channels: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(
            nn.Conv2d(
                in_channels,
                channels,
                kernel,
                stride=stride,
                padding=kernel // 2,
                groups=groups,
                bias=False,
            ),
            nn.BatchNorm2d(channels),
            nn.ReLU6(inplace=True),
        )


class Unit(nn.Module):
    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel: int | tuple[int, int],
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, channels, kernel, stride=stride, padding=padding, bias=False
        )
        self.bn = nn.BatchNorm2d(channels, eps=1e-3)


class Inception(nn.Module):
    def __init__(
        self, in_channels: int, c1: int, r3: int, c3: int, r5: int, c5: int, proj: int
    ) -> None:
        super().__init__()
        self.branch1 = ConvRelu(in_channels, c1, 1)
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True),
            ConvRelu(in_channels, proj, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = [
            self.branch1x1(x),
            self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x))),
            self.branch7x7dbl_5(double),
            self.branch_pool(F.avg_pool2d(x, 3, stride=1, padding=1)),
        ]
        return torch.cat(branches, dim=1)


class Stage(nn.Sequential):
    def __init__(self, in_channels: int, width: int, depth: int, stride: int = 1) -> None:
        super().__init__(
            Bottleneck(in_channels, width, stride=stride),
            *(Bottleneck(4 * width, width) for _ in range(depth - 1)),
        )


class Network(nn.Module):
    """Input: (N, 3, 224, 224). Output: (N, classes)."""

    aux_weights: ClassVar[dict[str, float]] = {"aux1": 0.3, "aux2": 0.3}

    def __init__(
        self,
        growth: int = 32,
        depths: Sequence[int] = (6, 12, 24, 16),
        stem: int = 64,
        classes: int = 1000,
    ) -> None:
        super().__init__()
        features: OrderedDict[str, nn.Module] = OrderedDict(
            conv0=nn.Conv2d(3, stem, kernel_size=7, stride=2, padding=3, bias=False),
            norm0=nn.BatchNorm2d(stem),
            relu=nn.ReLU(inplace=True),
            maxpool=nn.MaxPool2d(3, stride=2, padding=1),
        )
        for i, depth in zip((1, 2, 3, 4), depths):
            features[f"denseblock{i}"] = DenseBlock(channels, depth, growth)
            channels += depth * growth
        self.highways = nn.Sequential(*(HighwayBlock(channels, channels) for _ in range(depth - 2)))
        for expand, width, depth, stride in TABLE:
            for i in range(depth):
                features.append(
                    InvertedResidual(channels, out_channels, stride if i == 0 else 1, expand)
                )
                features += [nn.Conv2d(512, 512, kernel_size=3, padding=1), nn.ReLU(inplace=True)]
        self.fc7 = nn.Sequential(nn.Conv2d(1024, 1024, kernel_size=1), nn.ReLU(inplace=True))
        self.conv8 = nn.Sequential(
            nn.Conv2d(1024, 256, kernel_size=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 512, kernel_size=3, stride=2, padding=1),
            nn.ReLU(inplace=True),
        )  # 512x10x10
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or in_channels != 4 * width:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, 4 * width, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(4 * width),
            )

    def forward(self, x: Tensor) -> Tensor | NetworkOutput:
        relu512_3 = self.features[:23](x)
        x = self.features[23:](relu512_3)
        aux1 = self.aux1(x) if self.training else None
        if aux1 is not None and aux2 is not None:
            return NetworkOutput(x, aux1, aux2)
        return F.relu(out + self.downsample(x), inplace=True)
'''


def test_the_goldens_hard_lines() -> None:
    """The lines of the hand-written goldens of the design that are hard to lay out."""
    unchanged(GOLDEN, 100)


@pytest.mark.parametrize("width", [60, 72, 79, 88, 120])
def test_the_goldens_at_other_widths(width: int) -> None:
    text = python(GOLDEN, width)
    assert judge.formatted(text, width) == text
    whole = python(GOLDEN, WHOLE)
    assert ast.dump(parsed(text)) == ast.dump(parsed(whole))
