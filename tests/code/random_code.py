"""Random statements that look like emitted PyTorch, and some that look like nothing on earth."""

from __future__ import annotations

from random import Random

from netdsl.code.expr import (
    Attribute,
    Bool,
    Call,
    Choose,
    Compare,
    Comprehension,
    Expr,
    ListOf,
    Literal,
    Minus,
    Name,
    Not,
    Op,
    Product,
    Range,
    Star,
    Subscript,
    Text,
    Tuple,
)
from netdsl.code.stmt import (
    Assign,
    Augment,
    Class,
    Constant,
    Do,
    Field,
    For,
    Function,
    If,
    Parameter,
    Return,
    Statement,
)

WORDS = [
    "x",
    "out",
    "i",
    "n",
    "channels",
    "width",
    "depth",
    "stride",
    "padding",
    "in_channels",
    "out_channels",
    "kernel_size",
    "growth",
    "expand",
    "hidden_dimension",
    "squeeze_channels",
    "number_of_classes",
    "bottleneck_width",
    "a_name_that_is_much_longer_than_names_should_ever_be",
]
LAYERS = [
    "nn.Conv2d",
    "nn.BatchNorm2d",
    "nn.ReLU",
    "nn.Linear",
    "nn.MaxPool2d",
    "nn.ConvTranspose2d",
    "nn.Identity",
    "Bottleneck",
    "InvertedResidual",
    "ConvBnRelu6",
    "F.relu",
    "F.max_pool2d",
    "F.adaptive_avg_pool2d",
    "torch.cat",
    "torch.sigmoid",
    "make_divisible",
    "range",
    "zip",
]
KEYWORDS = [
    "kernel_size",
    "stride",
    "padding",
    "dilation",
    "groups",
    "bias",
    "inplace",
    "ceil_mode",
    "dim",
    "eps",
]
ANNOTATIONS = [
    "int",
    "float",
    "Tensor",
    "nn.Module",
    "list[nn.Module]",
    "OrderedDict[str, nn.Module]",
    "Sequence[int]",
    "tuple[int, int]",
    "int | tuple[int, int]",
    "Tensor | GoogLeNetOutput | None",
    "ClassVar[dict[str, float]]",
    "Callable[[], nn.Module]",
    "tuple[Tensor, Tensor, list[dict[str, Tensor]]]",
]
LABELS = ["conv", "denselayer", "block ", 'say "hi"', "it's", "a\\b", "{}", "größe", "图"]


def longest_chain(expr: Expr) -> int:
    """How many brackets stand in a row outside of brackets, `a(b)[c]` has two."""
    if isinstance(expr, (Op, Product, Compare, Bool, Not, Minus, Choose)):
        return max(longest_chain(part) for part in expr.parts())
    if isinstance(expr, (Call, Subscript, Attribute)):
        of = expr.function if isinstance(expr, Call) else expr.of
        return longest_chain(of) + (not isinstance(expr, Attribute))
    return 0 if isinstance(expr, (Name, Literal, Text)) else 1


class Maker:
    """Makes random code; every choice comes from one seeded generator."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def one(self, *choices):
        return self.random.choice(choices)

    def chance(self, part: float) -> bool:
        return self.random.random() < part

    def some(self, make, low: int, high: int) -> tuple:
        return tuple(make() for _ in range(self.random.randint(low, high)))

    # -------------------------------------------------------------------------------- expressions
    def word(self) -> str:
        return self.random.choice(WORDS)

    def name(self) -> Expr:
        if self.chance(0.3):
            return Attribute(Name("self"), self.word() + self.one("", "1", "_3x3"))
        return Name(self.word())

    def number(self) -> Expr:
        return Literal(self.one(0, 1, 2, 3, 7, 64, 128, 1024, 512, 0.1, 1e-3, 0.5, -1, 2.5e-05))

    def atom(self) -> Expr:
        pick = self.random.randrange(12)
        if pick < 5:
            return self.name()
        if pick < 8:
            return self.number()
        if pick == 8:
            return Literal(self.one(True, False, None, (1, 7), (3,), (), (0.5, "mean", (1, 2))))
        if pick == 9:
            return Literal(self.one("same", *LABELS) * self.one(1, 1, 2, 9))
        if pick == 10:
            return self.text()
        return Name(self.one("nn.Module", "torch.float32", "x"))

    def text(self) -> Expr:
        """An f-string. Strings with all kinds of quotes have no place in one."""
        hole = self.sum(1)
        if set("'\"\\") & set(hole.text):
            hole = Name("i")
        return Text((self.one(*LABELS), hole, self.one("", *LABELS)))

    def expr(self, depth: int) -> Expr:
        """Any expression that may be an argument."""
        if depth <= 0:
            return self.atom()
        makers = (
            *(self.call,) * 5,
            *(self.sum,) * 3,
            self.layer,
            self.choose,
            self.condition,
            self.chain,
            self.chain,
            self.items,
            self.comprehension,
            self.subscript,
            self.unary,
            self.atom_at,
            self.atom_at,
        )
        return self.random.choice(makers)(depth)

    def atom_at(self, depth: int) -> Expr:
        return self.atom()

    def arguments(self, depth: int, low: int = 0, high: int = 5) -> dict:
        positional = self.some(lambda: self.expr(depth - 1), low, high)
        if self.chance(0.1):
            positional += (Star(self.one(self.comprehension, self.expr)(depth - 1)),)
        count = self.one(0, 0, 1, 2, 3)
        words = self.random.sample(KEYWORDS, count)
        return {
            "positional": positional,
            "named": tuple((w, self.expr(depth - 1)) for w in words),
        }

    def call(self, depth: int) -> Expr:
        if self.chance(0.12):
            return Call(Name(self.one("all", "sum", "max")), (self.comprehension(depth, "()"),))
        function = self.one(Name(self.random.choice(LAYERS)), self.name())
        return Call(function, **self.arguments(depth))

    def layer(self, depth: int) -> Expr:
        """`nn.Conv2d(...)` as it is written everywhere."""
        given = ("kernel_size", self.number()), ("stride", self.name()), ("padding", self.sum(1))
        named = self.random.sample(given, self.random.randint(0, 3))
        named += [("bias", Literal(False))] * self.one(0, 1)
        return Call(Name(self.random.choice(LAYERS)), (self.sum(1), self.sum(1)), tuple(named))

    def modules(self, depth: int) -> Expr:
        """`nn.Sequential(...)`, `OrderedDict(...)`."""
        make = self.layer if depth < 2 or self.chance(0.6) else self.modules
        items = self.some(lambda: make(depth - 1), 0, 5)
        if self.chance(0.2):
            loop = Comprehension(self.layer(1), (self.one("_", "i"),), self.call(1))
            items += (Star(loop),)
        kind = self.random.randrange(4)
        if kind == 0:
            named = tuple((f"{self.word()}{i}", m) for i, m in enumerate(items))
            named = tuple((n, m.of if isinstance(m, Star) else m) for n, m in named)
            return Call(Name("nn.Sequential"), (Call(Name("OrderedDict"), (), named),))
        if kind == 1:
            pairs = tuple(Tuple((Literal(self.word()), m)) for m in items[:4])
            return Call(Name("OrderedDict"), (ListOf(pairs),))
        return Call(Name(self.one("nn.Sequential", "nn.Sequential", "nn.ModuleList")), items)

    def sum(self, depth: int) -> Expr:
        if depth <= 0 or self.chance(0.3):
            return self.one(self.name, self.number)()
        left, right = self.operand(depth), self.operand(depth)
        if self.chance(0.15):
            return Product((left, right, self.operand(depth)))
        return Op(self.one("+", "+", "-", "*", "*", "//", "/", "%", "**"), left, right)

    def operand(self, depth: int) -> Expr:
        if self.chance(0.7):
            return self.sum(depth - 1)
        return self.one(self.call, self.chain, self.unary, self.subscript, self.choose)(depth - 1)

    def condition(self, depth: int) -> Expr:
        if depth > 1 and self.chance(0.5):
            items = self.some(lambda: self.condition(depth - 1), 2, 4)
            return Bool(self.one("and", "or"), items)
        if self.chance(0.15):
            return Not(self.one(self.condition, self.call)(depth - 1) if depth > 1 else self.name())
        if self.chance(0.2):
            return Compare("is not" if self.chance(0.5) else "is", self.name(), Literal(None))
        op = self.one("==", "!=", "<", ">=", ">")
        return Compare(op, self.sum(depth), self.one(self.sum, self.expr)(depth - 1))

    def choose(self, depth: int) -> Expr:
        other = self.choose if self.chance(0.15) and depth > 1 else self.expr
        return Choose(self.expr(depth - 1), self.condition(depth), other(depth - 1))

    def chain(self, depth: int) -> Expr:
        """`self.conv2(F.relu(x)).flatten(1)`, `x.view(...).transpose(1, 2).reshape(...)`."""
        of = self.one(self.name, self.call, self.expr)
        expr = of() if of == self.name else of(depth - 1)
        if isinstance(expr, Literal):
            expr = Name("x")
        for _ in range(self.one(1, 1, 1, 2, 2, 3, 4)):
            pick = self.random.randrange(5)
            if pick < 3:
                method = self.one("flatten", "transpose", "reshape", "mean", "view")
                expr = Call(Attribute(expr, method), self.some(self.atom, 0, 4))
            elif pick == 3:
                expr = Attribute(expr, self.one("shape", "T", "weight"))
            else:
                expr = Subscript(expr, self.index(depth - 1))
        return expr

    def index(self, depth: int) -> Expr:
        def end() -> Expr | None:
            return None if self.chance(0.4) else self.sum(depth)

        def one() -> Expr:
            return Range(end(), end()) if self.chance(0.5) else self.sum(depth)

        return one() if self.chance(0.6) else Tuple(self.some(one, 1, 4))

    def subscript(self, depth: int) -> Expr:
        if self.chance(0.3):
            return Subscript(self.call(depth - 1), self.index(depth - 1))
        return Subscript(self.name(), self.index(depth - 1))

    def unary(self, depth: int) -> Expr:
        of = self.one(self.sum, self.call)(depth - 1)
        return Minus(Name("x") if isinstance(of, Literal) else of)

    def items(self, depth: int) -> Expr:
        kind = self.one(Tuple, ListOf, ListOf)
        if self.chance(0.2):  # a table
            size = self.random.randint(1, 5)
            return Tuple(self.some(lambda: Tuple(self.some(self.number, size, size)), 1, 8))
        if self.chance(0.1):
            return Literal({self.word(): self.one(0.3, 1, (1, 2)) for _ in range(3)})
        return kind(self.some(lambda: self.expr(depth - 1), 0, 6))

    def comprehension(self, depth: int, brackets: str | None = None) -> Expr:
        targets = self.one(("i",), ("_",), ("i", "width"), ("expand", "width", "depth"))
        condition = self.condition(1) if self.chance(0.2) else None
        iterable = self.one(self.call, self.call, self.expr)(max(depth - 1, 0))
        item = self.one(self.layer, self.expr)(depth - 1)
        return Comprehension(item, targets, iterable, condition, brackets or self.one("()", "[]"))

    # --------------------------------------------------------------------------------- statements
    def value(self) -> Expr:
        """What stands to the right of `=`, of any size."""
        depth = self.one(1, 1, 2, 2, 3)
        makers = (self.expr, self.layer, self.modules, self.sum, self.condition, self.chain)
        return self.random.choice(makers)(depth)

    def annotation(self) -> str:
        return self.random.choice(ANNOTATIONS)

    def comment(self) -> str | None:
        return self.one(None, None, None, None, "256x28x28", "noqa", self.word() * 3 + " and more")

    def target(self) -> Expr | str:
        pick = self.random.randrange(10)
        if pick < 4:
            return Attribute(Name("self"), self.word())
        if pick < 7:
            return self.word()
        if pick < 8:
            return Subscript(Name(self.one("features", "self")), self.one(self.sum, self.call)(1))
        if pick < 9:
            return Subscript(Name("features"), self.text())
        return Tuple((Name("x"), Name(self.word())))

    def short_chain(self) -> Expr:
        """A value without the chains that `layout` leaves out."""
        value = self.value()
        while longest_chain(value) > 2:
            value = self.value()
        return value

    def simple(self) -> Statement:
        pick = self.random.randrange(10)
        if pick < 5:
            target = self.target()
            breaks = isinstance(target, (Subscript, Tuple))
            value = self.short_chain() if breaks else self.value()
            if isinstance(target, Tuple) and self.chance(0.4):
                value = Tuple((self.sum(2), self.sum(2)))
            return Assign(target, value, None, self.comment())
        if pick < 6:
            target = self.one(self.word(), Attribute(Name("self"), self.word()))
            return Assign(target, self.short_chain(), self.annotation(), self.comment())
        if pick < 7:
            target = self.target()
            target = "x" if isinstance(target, Tuple) else target
            return Augment(target, self.one("+", "*", "//"), self.short_chain())
        if pick < 8:
            pair = Tuple(self.some(lambda: self.expr(1), 1, 3))
            return Return(self.one(None, pair, *(self.value() for _ in range(6))))
        function = self.one(
            Attribute(Name("features"), "append"),
            Attribute(Call(Name("super")), "__init__"),
            Name("nn.init.constant_"),
        )
        if self.chance(0.2):
            return Do(self.chain(2), self.comment())
        return Do(Call(function, **self.arguments(self.one(1, 2, 3))), self.comment())

    def body(self, depth: int) -> tuple[Statement, ...]:
        return self.some(lambda: self.statement(depth - 1), 0 if self.chance(0.1) else 1, 3)

    def statement(self, depth: int = 1) -> Statement:
        if depth <= 0 or self.chance(0.6):
            return self.simple()
        if self.chance(0.5):
            targets = self.one(("i",), ("_",), ("i", "width"), tuple(self.random.sample(WORDS, 4)))
            iterable = self.one(self.call, self.expr)(self.one(1, 2))
            return For(targets, iterable, self.body(depth))
        other = self.one((), (), self.body(depth), (If(self.condition(2), self.body(depth)),))
        return If(self.one(self.condition, self.expr)(self.one(1, 2, 3)), self.body(depth), other)

    def parameter(self) -> Parameter:
        annotation = self.annotation() if self.chance(0.9) else None
        default = self.one(None, None, self.number(), self.atom(), Literal((3, 4, 6, 3)))
        return Parameter(self.word(), annotation, default)

    def doc(self) -> str | None:
        words = self.some(self.word, 1, 12)
        return self.one(None, " ".join(words), " ".join(words) + ".\n\n" + " ".join(words))

    def function(self) -> Statement:
        unique = {p.name: p for p in self.some(self.parameter, 0, 6)}
        parameters = tuple(sorted(unique.values(), key=lambda p: p.default is not None))
        if self.chance(0.8):
            parameters = (Parameter("self"), *parameters)
        returns = self.one(None, self.annotation(), self.annotation())
        decorators = self.one((), (), (), (Name("staticmethod"),))
        body = self.body(2)
        if self.chance(0.05):
            body = (Function("inner", (), None, None, ()), *body)
        return Function(
            self.one("__init__", "forward", self.word()),
            parameters,
            returns,
            self.doc(),
            body,
            decorators,
        )

    def klass(self) -> Statement:
        def field() -> Statement:
            value = self.one(None, None, self.items(1), self.atom())
            return Field(self.word(), self.annotation(), value)

        bases = self.some(lambda: self.one("nn.Module", "NamedTuple", *WORDS[-3:]), 0, 3)
        name = self.one("Bottleneck", "GoogLeNetOutput", "TheLongestNameOfAClassThatThereIs")
        body = self.some(field, 0, 4) + self.some(self.function, 0, 3)
        return Class(name, bases, self.doc(), body)

    def constant(self) -> Statement:
        annotation = self.annotation() if self.chance(0.2) else None
        return Constant("TABLE", self.items(2), annotation, self.one(None, "a, b, c", self.doc()))
