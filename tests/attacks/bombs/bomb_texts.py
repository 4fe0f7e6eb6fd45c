"""Small texts that ask for much, and shapes of text of any length.

A bomb is a text, or a folder of texts whose first is compiled, with the codes of which one must be said. A
shape is a text of about so many characters, in which one thing is long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Bomb(NamedTuple):
    files: dict[str, str]
    codes: tuple[str, ...]


def _net(body: str, before: str = "", params: str = "") -> str:
    return f"{before}net Bomb{params} {{\n  input image: 3x8x8\n{body}\n}}\n"


def _one(text: str, *codes: str) -> Bomb:
    return Bomb({"bomb.net": text}, codes)


def _blocks(count: int, body: Callable[[int], str], last: str = "relu") -> str:
    found = [f"block b{i} {{ {body(i + 1)} }}" for i in range(count)]
    return "\n".join([*found, f"block b{count} {{ {last} }}\n"])


def _lets(count: int, first: str, rest: Callable[[int], str]) -> str:
    return "\n".join(
        [f"let l0 = {first}", *(f"let l{i + 1} = {rest(i)}" for i in range(count)), ""]
    )


def _tree(files: int, width: int) -> dict[str, str]:
    """Files that each import many others: paths through them multiply, files do not."""
    found = {}
    for i in range(files):
        others = range(i + 1, min(files, i + 1 + width))
        lines = [f'import b{j} from "f{j}.net"' for j in others]
        found[f"f{i}.net"] = "\n".join([*lines, f"block b{i} {{ relu }}", ""])
    found["f0.net"] += _net("b0")
    return found


BOMBS: dict[str, Bomb] = {
    # sizes of networks
    "repeat": _one(_net("repeat 100000000 { relu }"), "E136"),
    "repeat of nothing": _one(_net("repeat 1000000000 { }\nrelu"), "E136"),
    "repeats in each other": _one(_net("repeat 9 { " * 40 + "relu" + " }" * 40), "E136"),
    "repeat of a let": _one(_net("repeat n * n { relu }", "let n = 100000\n"), "E136"),
    "repeat of a parameter": _one(_net("repeat n ** 2 { relu }", params="(n=100000)"), "E136"),
    "for in for": _one(
        _net("for i in range(90000) { for j in range(90000) { let x = i } }\nrelu"), "E136"
    ),
    "for that grows": _one(_net("for i in range(90000) { repeat i { relu } }"), "E136"),
    "loops of labels": _one(_net("repeat 100000 { repeat 100000 { a: relu } }"), "E136"),
    "dense": _one(_net("dense(100000000) { conv(1, 1x1) }"), "E136"),
    "bars": _one(_net("concat { repeat 100000000 { | relu } }"), "E136"),
    "bars in bars": _one(
        _net("concat { repeat 999 { " + "| add { repeat 999 { | relu } }" + " } }"), "E136"
    ),
    "blocks twice": _one(_net("b0", _blocks(60, lambda i: f"b{i} -> b{i}")), "E136"),
    "blocks inlined twice": _one(
        _net("inline b0", _blocks(60, lambda i: f"inline b{i} -> inline b{i}")), "E136"
    ),
    "blocks in bars": _one(_net("b0", _blocks(60, lambda i: f"add {{ | b{i} | b{i} }}")), "E136"),
    "blocks with arguments": _one(
        "\n".join(f"block b{i}(n) {{ b{i + 1}(n + 1) -> b{i + 1}(n + 2) }}" for i in range(40))
        + "\nblock b40(n) { repeat n { relu } }\n"
        + _net("b0(1)"),
        "E136",
    ),
    "blocks in residuals": _one(
        _net("b0", _blocks(60, lambda i: f"residual {{ b{i} -> b{i} }}")), "E136"
    ),
    "modules": _one(
        _net(
            "module m0 = { relu -> relu }\n"
            + "\n".join(f"module m{i + 1} = {{ m{i} -> m{i} }}" for i in range(40))
            + "\nm40"
        ),
        "E136",
        "E140",
    ),
    "repeats of shapes": _one(_net("repeat in.height * 100000000 { relu }"), "E136"),
    "blocks of shapes": _one(
        _net("repeat in.channels * 30000 { b }", "block b { repeat in.height * 9 { relu } }\n"),
        "E136",
    ),
    "modules of many blocks": _one(
        _net(
            "for i in range(2000) { b(i) }",
            "block b(i) {\n"
            + "\n".join(f"module m{k} = relu" for k in range(2_000))
            + "\nrelu }\n",
        ),
        "E136",
    ),
    "lines of init of many blocks": _one(
        _net(
            "for i in range(2000) { b(i) }",
            "block b(i) { relu\n init {" + "\nconv: zeros" * 1_000 + "}}\n",
        ),
        "E136",
    ),
    "lines of init for many layers": _one(
        _net("for i in range(3000) { conv(3, 1x1) }\n init {" + "\nconv: kaiming" * 1_500 + "}"),
        "E136",
    ),
    "lines of init for a group": _one(
        _net(
            "a: { for i in range(3000) { conv(3, 1x1) } }\n init {"
            + "\na.conv: zeros" * 1_500
            + "}"
        ),
        "E136",
    ),
    # numbers
    "power": _one(_net("conv(9**9**9, 1x1)"), "E127"),
    "power of a float": _one(_net("conv(int(9.5**9**9), 1x1)"), "E127"),
    "powers in a row": _one(_net("conv(" + "**".join(["2"] * 100) + ", 1x1)"), "E127"),
    "products": _one(_net("conv(l60, 1x1)", _lets(60, "99999", lambda i: f"l{i} * l{i}")), "E127"),
    "sums": _one(_net("conv(l99, 1x1)", _lets(99, "1", lambda i: f"l{i} + l{i}")), "E127"),
    "many digits": _one(_net(f"conv({'9' * 200_000}, 1x1)"), "E127"),
    "exponent": _one(_net("dropout(1e999999999)"), "E127"),
    "exponent of many digits": _one(_net(f"dropout(1e{'9' * 200_000})"), "E127"),
    "large side": _one(_net("conv(3, 99999999999999999999x1)"), "E112"),
    "many sides": _one(_net(f"conv(3, {'x'.join(['1'] * 100_000)})"), "E210"),
    "large channels": _one(_net("conv(2147483648, 1x1)"), "E112"),
    "large input": _one("net Bomb { input a: 9999999999x8x8\n relu }", "E200", "E208", "E112"),
    "upsampled": _one(_net(" -> ".join(["upsample(scale=2)"] * 60)), "E200"),
    "widened": _one(_net("conv(100000, 1x1) -> linear(8)" + " -> flatten" * 9), "E216", "E200"),
    # lists
    "list times": _one(_net("let l = [0] * 1000000000000\nrelu"), "E127"),
    "lists of lists": _one(
        _net("conv(len(l60), 1x1)", _lets(60, "[0]", lambda i: f"[l{i}, l{i}]")), "E127"
    ),
    "lists joined": _one(
        _net("conv(len(l60), 1x1)", _lets(60, "[0]", lambda i: f"l{i} + l{i}")), "E127"
    ),
    "list deep": _one(_net("conv(len(l99), 1x1)", _lets(99, "[0]", lambda i: f"[l{i}]")), "E127"),
    "long range": _one(_net("let l = range(1000000000000)\nrelu"), "E127"),
    "comprehension": _one(
        _net("let m = [[j for j in range(90000)] for i in range(90000)]\nrelu"), "E136", "E127"
    ),
    "comprehensions in each other": _one(
        _net("let m = " + "[" * 20 + "0" + " for i in range(99)]" * 20 + "\nrelu"), "E136", "E127"
    ),
    "long lists as arguments": _one(
        _net(
            "let l = range(90000)\nrepeat 90000 { b(l) }",
            "block b(l) { repeat len(l) { relu } }\n",
        ),
        "E136",
    ),
    "blocks as arguments": _one(
        _net(
            "c(l60)",
            "block c(f) { f }\nblock b(f, g) { f -> g }\n"
            + _lets(60, "relu", lambda i: f"b(l{i}, l{i})"),
        ),
        "E127",
    ),
    "zip of zips": _one(
        _net("conv(len(l60), 1x1)", _lets(60, "range(300)", lambda i: f"zip(l{i}, l{i}, l{i})")),
        "E127",
    ),
    # depth
    "blocks deep": _one(_net("b0", _blocks(3_000, lambda i: f"b{i}")), "E002"),
    "lets deep": _one(
        _net(
            "conv(l0, 1x1)",
            "\n".join(f"let l{i} = l{i + 1} + 1" for i in range(3_000)) + "\nlet l3000 = 1\n",
        ),
        "E002",
    ),
    "variants deep": _one(
        "\n".join(f"net V{i} = V{i + 1}" for i in range(500))
        + "\nnet V500 { input a: 3x8x8\n relu }",
        "E002",
    ),
    "groups deep": _one(_net("a: { " * 5_000 + "relu" + " }" * 5_000), "E002"),
    "merges deep": _one(_net("concat { | " * 5_000 + "relu" + " }" * 5_000), "E002"),
    "brackets deep": _one(_net(f"conv({'(' * 60_000}1{')' * 60_000}, 1x1)"), "E002"),
    "lists deep": _one(_net(f"let l = {'[' * 60_000}1{']' * 60_000}\nrelu"), "E002"),
    "minus": _one(_net(f"conv({'-' * 100_000}1, 1x1)"), "E002"),
    "sums in a row": _one(_net(f"conv({'+'.join(['1'] * 60_000)}, 1x1)"), "E002"),
    "choices": _one(_net(f"conv({'1 if true else ' * 9_000}2, 1x1)"), "E002"),
    "names deep": _one(_net(f"@a{'.a' * 60_000} -> relu"), "E002"),
    # files
    "import tree": Bomb(_tree(100, 60), ("E132",)),
    "import chain": Bomb(_tree(100, 1), ("E132",)),
    "import ring": Bomb(
        {
            "f0.net": 'import a from "f1.net"\n' + _net("a"),
            "f1.net": 'import a from "f0.net"\nblock a { relu }\n',
        },
        ("E131",),
    ),
    "imports of large files": Bomb(
        {
            "f0.net": "\n".join(f'import a{i} from "{"./" * i}f1.net"' for i in range(300))
            + "\n"
            + _net("relu"),
            "f1.net": "# \n" * 65_000,
        },
        ("E134",),
    ),
    "large file": _one("# a\n" * 100_000, "E001"),
    "large import": Bomb(
        {"f0.net": 'import a from "f1.net"\n' + _net("a"), "f1.net": "# a\n" * 100_000}, ("E001",)
    ),
    # labels, names and messages
    "labels blown up": _one(_net(f"for i in range(99999) {{ a{{i}}{'b' * 2_000}: relu }}"), "E499"),
    "labels computed long": _one(
        _net("for i in range(99999) { " + "{i}".join(["a"] * 60) + ": relu }"), "E499", "E106"
    ),
    "long names": _one(_net(f"{'a' * 100_000}{{i}}: relu\n" * 2), "E499"),
    "long label of a text": _one(_net(f'a{{"{"b" * 100_000}"}}: relu\n' * 2), "E499"),
    "many parameters": _one(
        f"block b({', '.join(f'p{i}=1' for i in range(2_000))}) {{ relu }}\n" + _net("b\n" * 2_000),
        "E498",
    ),
    "one mistake used often": _one("let w = nothing\n" + _net("conv(w, 1x1)\n" * 1_000), "E102"),
    "unclosed texts": _one('net "\n' * 20_000, "E005"),
    "signs": _one("§" * 100_000, "E003"),
}


def _filled(size: int, line: Callable[[int], str], before: str = "", after: str = "") -> str:
    """Lines until a text is so long."""
    lines, length, i = [before], len(before) + len(after), 0
    while length < size:
        lines.append(line(i))
        length += len(lines[-1])
        i += 1
    return "".join(lines)[: max(0, size - len(after))].rsplit("\n", 1)[0] + "\n" + after


def _in_net(line: Callable[[int], str]) -> Callable[[int], str]:
    before = "net Long {\n  input image: 3x8x8\n"
    return lambda size: _filled(size, line, before, "relu\n}\n")


def _at_top(line: Callable[[int], str]) -> Callable[[int], str]:
    after = "net Long { input image: 3x8x8\n relu }\n"
    return lambda size: _filled(size, line, "", after)


SHAPES: dict[str, Callable[[int], str]] = {
    "steps": _in_net(lambda i: "relu\n"),
    "layers": _in_net(lambda i: "conv(8, 3x3, padding=1) -> bn -> relu\n"),
    "one long chain": lambda n: (
        f"net Long {{ input a: 3x8x8\nrelu{' -> relu' * ((n - 40) // 8)} }}"
    ),
    "labels": _in_net(lambda i: f"a{i}: relu\n"),
    "named layers": _in_net(lambda i: f"a{i}: conv(8, 1x1)\n"),
    "taps": _in_net(lambda i: f"a{i}: relu\n@a{i // 2} -> relu\n"),
    "paths": _in_net(lambda i: f"a{i}: {{ b: relu }}\n@a{i // 2}.b -> relu\n"),
    "groups": _in_net(lambda i: f"a{i}: {{ conv(8, 1x1) -> relu }}\n"),
    "bars": lambda n: _filled(
        n, lambda i: "| relu\n", "net Long { input a: 3x8x8\nadd {\n", "}}\n"
    ),
    "residuals": _in_net(lambda i: "residual { conv(3, 1x1) -> relu }\n"),
    "sums of values": _in_net(lambda i: f"a{i}: relu\n(@a{i} + @a{i // 2} * 2)\n"),
    "loops": _in_net(lambda i: "repeat 1 { relu }\n"),
    "conditions": _in_net(lambda i: "if true { relu } else { bn }\n"),
    "lets inside": _in_net(lambda i: f"let l{i} = {i} + 1\n"),
    "lets": _at_top(lambda i: f"let l{i} = {i} + 1\n"),
    "lists": lambda n: _filled(
        n, lambda i: f"{i},\n", "let l = [\n", "1]\nnet A { input a: 3x8x8\n relu }"
    ),
    "arguments": lambda n: _filled(
        n, lambda i: f"{i},\n", "net A { input a: 3x8x8\n conv(\n", "1) }"
    ),
    "blocks": _at_top(lambda i: f"block b{i} {{ relu }}\n"),
    "used blocks": _at_top(
        lambda i: f"block b{i} {{ relu }}\nnet N{i} {{ input a: 3x8x8\n b{i} }}\n"
    ),
    "nets": _at_top(lambda i: f"net N{i} {{ input a: 3x8x8\n relu }}\n"),
    "variants": lambda n: _filled(
        n, lambda i: f"net V{i} = A\n", "net A { input a: 3x8x8\n relu }\n"
    ),
    "inputs": lambda n: _filled(n, lambda i: f"input a{i}: 3\n", "net A {\n", "@a0 -> relu }\n"),
    "outputs": lambda n: (
        _filled(n // 2, lambda i: f"a{i}: relu\n", "net A {\ninput a: 3x8x8\n")
        + _filled(n // 2, lambda i: f"output a{i}\n", "", "}\n")
    ),
    "meta": lambda n: _filled(
        n, lambda i: f"m{i}: {i}\n", "net A { input a: 3x8x8\n relu\nmeta {\n", "}}\n"
    ),
    "init": lambda n: _filled(
        n, lambda i: "conv: zeros\n", "net A { input a: 3x8x8\n conv(3, 1x1)\ninit {\n", "}}\n"
    ),
    "keys": lambda n: _filled(
        n, lambda i: f'a{i}: "b{i}"\n', "net A { input a: 3x8x8\n conv(3, 1x1)\nkeys {\n", "}}\n"
    ),
    "expectations": _in_net(lambda i: f"expect parameters == {i}\n"),
    "learned tensors": _in_net(lambda i: f"param p{i}: [3]\n"),
    "modules": _in_net(lambda i: f"module m{i} = relu\nm{i}\n"),
    "beliefs": _in_net(lambda i: "relu :: 3x8x8\n"),
    "wrong beliefs": _in_net(lambda i: f"relu :: {i}x8x8\n"),
    "comments": _at_top(lambda i: "# nothing\n"),
    "blank lines": _at_top(lambda i: "\n"),
    "spaces": lambda n: " " * n,
    "one comment": lambda n: "#" * n,
    "one text": lambda n: f'net A {{ input a: 3x8x8\n relu\n meta {{ a: "{"a" * n}" }} }}',
    "one open text": lambda n: f'net A {{ input a: 3x8x8\n relu\n meta {{ a: "{"a" * n}',
    "one name": lambda n: f"net A {{ input a: 3x8x8\n {'a' * n}: relu }}",
    "one number": lambda n: f"net A {{ input a: 3x8x8\n dropout(0.{'1' * n}) }}",
    "one size": lambda n: f"net A {{ input a: 3x8x8\n conv(8, {'x'.join(['1'] * (n // 2))}) }}",
    "unknown layers": _in_net(lambda i: f"cnov{i}\n"),
    "unknown taps": _in_net(lambda i: f"a{i}: relu\n@b{i} -> relu\n"),
    "unknown names": _in_net(lambda i: f"conv(w{i}, 1x1)\n"),
    "twice the same label": _in_net(lambda i: "a: relu\n"),
    "slips": _in_net(lambda i: "conv(8 3x3)\n"),
    "wrong signs": lambda n: "$" * n,
    "dashes": lambda n: "→" * (n // 3),
    "quotes": lambda n: '"' * n,
    "single quotes": lambda n: "'a' " * (n // 4),
    "open braces": lambda n: "{\n" * (n // 2),
    "closed braces": lambda n: "}\n" * (n // 2),
    "open brackets": lambda n: "(\n" * (n // 2),
    "closed brackets": lambda n: ")\n" * (n // 2),
    "open names": lambda n: "a{ " * (n // 3),
    "open labels": _in_net(lambda i: "a{i: relu\n"),
    "pairs of brackets": lambda n: "()" * (n // 2),
    "colons": lambda n: ":" * n,
    "arrows": lambda n: "->" * (n // 2),
    "slashes": lambda n: "/" * n,
    "commas": lambda n: ",\n" * (n // 2),
    "words": lambda n: "net\n" * (n // 4),
    "holes": _in_net(lambda i: "a{i}: relu\n"),
    "open sizes": lambda n: _filled(
        n, lambda i: "conv(3, 3x3, padding=1)\n", "net A { input a: 3x?x?\n", "}\n"
    ),
    "shrinking open sizes": lambda n: _filled(
        n, lambda i: "conv(3, 3x3)\n", "net A { input a: 3x?x?\n", "}\n"
    ),
    "halved open sizes": lambda n: _filled(
        n,
        lambda i: "conv(3, 3x3, stride=2, padding=1) -> upsample(scale=2)\n",
        "net A { input a: 3x?x?\n",
        "}\n",
    ),
}
