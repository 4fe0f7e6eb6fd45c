"""Texts that someone might feed to the compiler: good ones, and what becomes of them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

from netdsl.data import data_file

ROOT = Path(__file__).parents[3]
WORD = re.compile(r'""".*?"""|"[^"\n]*"|\w+|->|::|==|//|\*\*|\s+|.', re.DOTALL)
CHARACTERS = "(){}[]|@:.,=+-*/%<>!\"'#\\;&?$~^`_ \t\n0189xXéλ畳🙂\x00\x07\x1b\u2028\ufeff\u202e"
PIECES = [
    *[
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "|",
        "@",
        ":",
        "::",
        "->",
        ",",
        ".",
        "=",
        "==",
        "->",
        "//",
        "**",
        "%",
        "in",
        "if",
        "else",
        "for",
        "repeat",
        "let",
        "net",
        "block",
        "import",
        "from",
    ],
    *[
        "extern",
        "layer",
        "input",
        "output",
        "module",
        "param",
        "aux",
        "head",
        "init",
        "meta",
        "keys",
        "expect",
        "inline",
        "and",
        "or",
        "not",
    ],
    *[
        "true",
        "false",
        "none",
        "conv",
        "relu",
        "bn",
        "concat",
        "add",
        "residual",
        "shortcut",
        "dense",
        "identity",
        "flatten",
        "linear",
    ],
    *[
        "0",
        "1",
        "2",
        "3",
        "64",
        "3x3",
        "1x1",
        "?x?",
        "3x224x224",
        "0.5",
        "1e-3",
        "1e400",
        "99999999999",
        '"same"',
        '""',
        "in.channels",
        "@in",
        "@x",
    ],
    *["range(3)", "zip([1],[2])", "len([])", "x{i}", "}", "{", "\n", "#"],
    "\n",
]


def zoo_texts() -> list[str]:
    """The files of the zoo."""
    return [p.read_text(encoding="utf-8") for p in sorted(data_file("zoo").glob("*.net"))]


def reference_texts() -> list[str]:
    """The examples of docs/language.md."""
    whole = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    found = []
    for info, text in re.findall(r"^```net([^\n]*)\n(.*?)^```$", whole, re.MULTILINE | re.DOTALL):
        if "flow" in info.split():
            text = f"net Example {{\ninput image: 16x32x32\n{text}\n}}\n"
        found.append(text)
    return found


def museum_texts() -> list[str]:
    """The wrong texts of tests/messages."""
    paths = sorted((ROOT / "tests" / "messages" / "museum").rglob("*.net"))
    return [p.read_text(encoding="utf-8") for p in paths]


Mutation = Callable[[random.Random, str], str]


def _words(text: str) -> list[str]:
    return WORD.findall(text)


def _with_words(change: Callable[[random.Random, list[str], int], None]) -> Mutation:
    def mutation(rng: random.Random, text: str) -> str:
        words = _words(text)
        places = [i for i, w in enumerate(words) if not w.isspace() or "\n" in w]
        if places:
            change(rng, words, rng.choice(places))
        return "".join(words)

    return mutation


def _delete(rng: random.Random, words: list[str], i: int) -> None:
    del words[i]


def _double(rng: random.Random, words: list[str], i: int) -> None:
    words.insert(i, words[i])


def _swap(rng: random.Random, words: list[str], i: int) -> None:
    j = rng.randrange(len(words))
    words[i], words[j] = words[j], words[i]


def _replace(rng: random.Random, words: list[str], i: int) -> None:
    words[i] = rng.choice(PIECES)


def _insert(rng: random.Random, words: list[str], i: int) -> None:
    words.insert(i, f" {rng.choice(PIECES)} ")


def _misspell(rng: random.Random, words: list[str], i: int) -> None:
    word = words[i]
    at = rng.randrange(len(word))
    words[i] = word[:at] + rng.choice(["", word[at] * 2, rng.choice(CHARACTERS)]) + word[at + 1 :]


def _cut_line(rng: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    del lines[rng.randrange(len(lines))]
    return "".join(lines)


def _double_line(rng: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    i = rng.randrange(len(lines))
    lines.insert(rng.randrange(len(lines)), lines[i])
    return "".join(lines)


def _cut_off(rng: random.Random, text: str) -> str:
    return text[: rng.randrange(len(text) + 1)]


def _cut_out(rng: random.Random, text: str) -> str:
    start, stop = sorted(rng.randrange(len(text) + 1) for _ in range(2))
    return text[:start] + text[min(stop, start + 200) :]


def _character(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(CHARACTERS) + text[at + rng.randrange(2) :]


def _join_lines(rng: random.Random, text: str) -> str:
    breaks = [m.start() for m in re.finditer("\n", text)]
    at = rng.choice(breaks)
    return text[:at] + text[at + 1 :]


MUTATIONS: dict[str, Mutation] = {
    "delete": _with_words(_delete),
    "double": _with_words(_double),
    "swap": _with_words(_swap),
    "replace": _with_words(_replace),
    "insert": _with_words(_insert),
    "misspell": _with_words(_misspell),
    "cut_line": _cut_line,
    "double_line": _double_line,
    "cut_off": _cut_off,
    "cut_out": _cut_out,
    "character": _character,
    "join_lines": _join_lines,
}


def mutated(rng: random.Random, text: str) -> tuple[str, str]:
    """A text with one to four changes, and what they were."""
    names = rng.choices(list(MUTATIONS), k=rng.choice([1, 1, 1, 2, 4]))
    for name in names:
        if text.strip() and "\n" in text:
            text = MUTATIONS[name](rng, text)
    return text, "+".join(names)


STEPS = (
    *("relu", "bn", "identity", "dropout(0.5)", "conv(4, 1x1)", "conv(8, 3x3, padding=1)", "maxpool(2x2)"),
    *("flatten", "global_avgpool", "softmax", "lrn", "upsample(scale=2)", "linear(3)", "sigmoid"),
)  # fmt: skip


def _number(rng: random.Random, text: str) -> str:
    at = rng.choice(list(re.finditer(r"\b\d+\b", text)) or [None])
    if at is None:
        return text
    return text[: at.start()] + rng.choice(["0", "1", "2", "3", "5", "16", "64"]) + text[at.end() :]


def _one_step_more(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    places = [i for i, line in enumerate(lines) if re.search(r"[\w)]\s*$", line) and "(" in line]
    if places:
        lines[rng.choice(places)] += f" -> {rng.choice(STEPS)}"
    return "\n".join(lines)


def _one_step_less(rng: random.Random, text: str) -> str:
    at = rng.choice(list(re.finditer(r" -> \w+(\([^()\n]*\))?", text)) or [None])
    return text if at is None else text[: at.start()] + text[at.end() :]


GENTLE: tuple[Mutation, ...] = (_number, _one_step_more, _one_step_less, _double_line, _cut_line)


def gently(rng: random.Random, text: str) -> tuple[str, str]:
    """A text with a change or two that often leave it a network, for what comes after `check`."""
    chosen = rng.choices(GENTLE, k=rng.choice([1, 1, 2]))
    for mutation in chosen:
        text = mutation(rng, text)
    return text, "+".join(m.__name__ for m in chosen)


def _net(body: str) -> str:
    return f"net Bomb {{\n  input image: 3x8x8\n{body}\n}}\n"


def bombs() -> dict[str, str]:
    """Small texts that ask for much, and long ones that say little."""
    halves = "\n".join(f"block b{i} {{ b{i + 1} -> b{i + 1} }}" for i in range(60))
    inlined = "\n".join(f"block b{i} {{ inline b{i + 1} -> inline b{i + 1} }}" for i in range(60))
    forks = "\n".join(f"block b{i} {{ add {{ | b{i + 1} | b{i + 1} }} }}" for i in range(60))
    doubled = "\n".join(f"let l{i + 1} = [l{i}, l{i}]" for i in range(60))
    sums = "\n".join(f"let n{i + 1} = n{i} + n{i}" for i in range(100))
    deep = 5_000
    return {
        "repeat": _net("repeat 100000000 { relu }"),
        "repeat_of_nothing": _net("repeat 100000000 { }\nrelu"),
        "repeat_in_repeat": _net("repeat 20000 { repeat 20000 { repeat 20000 { relu } } }"),
        "for_in_for": _net("for i in range(90000) { for j in range(90000) { let x = i } }\nrelu"),
        "repeat_of_mistakes": _net("repeat 100000000 { meta }"),
        "dense": _net("dense(100000000) { relu }"),
        "power": _net("conv(9**9**9, 1x1)"),
        "power_of_floats": _net("conv(int(9.5**9**9), 1x1)"),
        "power_of_powers": _net("conv(" + "**".join(["2"] * 100) + ", 1x1)"),
        "negative_power": _net("conv(int(0.0000001 ** -64), 1x1)"),
        "many_digits": _net(f"conv({'9' * 100_000}, 1x1)"),
        "many_decimals": _net(f"dropout(0.{'9' * 100_000})"),
        "exponent": _net("dropout(1e999999999)"),
        "large_side": _net("conv(3, 99999999999999999999x1)"),
        "many_sides": _net(f"conv(3, {'x'.join(['1'] * 20_000)})"),
        "large_channels": _net("conv(2147483647, 1x1) -> conv(2147483647, 1x1)"),
        "large_padding": _net("conv(3, 1x1, padding=2000000000)"),
        "list_times": _net("let l = [0] * 1000000000000\nrelu"),
        "list_of_lists": f"let l0 = [0]\n{doubled}\n{_net('conv(len(l60), 1x1)')}",
        "sum_of_sums": f"let n0 = 1\n{sums}\n{_net('conv(n100, 1x1)')}",
        "range": _net("let l = range(1000000000000)\nrelu"),
        "comprehension": _net(
            "let l = [i * j for i in range(90000)]\nlet m = [[[j for j in range(90000)] "
            "for i in range(90000)] for k in range(90000)]\nrelu"
        ),
        "blocks_of_blocks": f"{halves}\nblock b60 {{ relu }}\n{_net('b0')}",
        "inlined_blocks": f"{inlined}\nblock b60 {{ relu }}\n{_net('inline b0')}",
        "forking_blocks": f"{forks}\nblock b60 {{ relu }}\n{_net('b0')}",
        "block_chain": "\n".join(f"block b{i} {{ b{i + 1} }}" for i in range(3_000))
        + f"\nblock b3000 {{ relu }}\n{_net('b0')}",
        "let_chain": "\n".join(f"let a{i} = a{i + 1} + 1" for i in range(3_000))
        + f"\nlet a3000 = 0\n{_net('conv(a0, 1x1)')}",
        "variants": "net V0 = V1\n"
        + "\n".join(f"net V{i} = V{i + 1}" for i in range(1, 500))
        + "\nnet V500 { input a: 3x8x8\n relu }",
        "nested_groups": _net("a: { " * deep + "relu" + " }" * deep),
        "nested_concats": _net("concat { | " * deep + "relu" + " }" * deep),
        "nested_repeats": _net("repeat 2 { " * 60 + "relu" + " }" * 60),
        "parentheses": _net(f"conv({'(' * deep}1{')' * deep}, 1x1)"),
        "open_parentheses": "(" * 100_000,
        "open_braces": "{" * 100_000,
        "open_brackets": "[" * 100_000,
        "closed_braces": "}" * 100_000,
        "quotes": '"' * 100_001,
        "open_texts": 'net "\n' * 20_000,
        "minus": _net(f"conv({'-' * deep}1, 1x1)"),
        "nots": _net(f"if {'not ' * deep}true {{ relu }}"),
        "sum": _net(f"conv({'+'.join(['1'] * 20_000)}, 1x1)"),
        "choices": _net(f"conv({'1 if true else ' * deep}2, 1x1)"),
        "else_ifs": _net("if false { relu }" + " else if false { relu }" * deep),
        "dots": _net(f"conv(in{'.channels' * deep}, 1x1)"),
        "indices": _net(f"conv(x{'[0]' * deep}, 1x1)"),
        "calls": _net(f"conv(x{'(0)' * deep}, 1x1)"),
        "taps": _net(f"@a{'.a' * deep} -> relu"),
        "holes": _net(f"a{'{i}' * deep}: relu"),
        "long_line": _net("relu" + " -> relu" * 10_000),
        "long_wrong_line": _net("relu" + " -> rleu" * 20_000),
        "many_wrong_lines": _net("\n".join(["conv(8 3x3)"] * 15_000)),
        "many_unknown_layers": _net("\n".join(f"cnov{i}" for i in range(15_000))),
        "many_labels": _net("\n".join(f"a{i}: relu" for i in range(4_000))),
        "many_unknown_taps": _net("\n".join(f"a{i}: relu\n@b{i} -> relu" for i in range(6_000))),
        "many_params": f"block b({', '.join(f'p{i}' for i in range(15_000))}) {{ relu }}\n{_net('b')}",
        "same_params": f"block b({', '.join(['p'] * 30_000)}) {{ relu }}\n{_net('b')}",
        "many_arguments": _net(f"conv({', '.join(['1'] * 50_000)})"),
        "many_nets": "\n".join(f"net N{i} {{ input a: 3x8x8\n relu }}" for i in range(2_000)),
        "strange_letters": "§" * 100_000,
        "slashes": "/" * 100_000,
        "arrows": "->" * 60_000,
        "colons": ":" * 100_000,
        "bars": _net("concat {" + "|" * 50_000 + "}"),
        "newlines": "\n" * 200_000,
        "comment": "#" * 200_000,
        "spaces": " " * 200_000,
        "too_large": "# a\n" * 200_000,
        "long_name": _net(f"{'a' * 100_000}: relu"),
        "long_text": _net(f'relu\nmeta {{ a: "{"a" * 200_000}" }}'),
        "escapes": _net('relu\nmeta { a: "' + "\\\\" * 50_000 + '" }'),
        "empty": "",
        "nothing": "\n\n   \n",
        "nul": "\x00" * 1_000,
        "byte_order_mark": "\ufeff" + _net("relu"),
        "carriage_returns": _net("relu").replace("\n", "\r\n"),
        "old_carriage_returns": _net("relu").replace("\n", "\r"),
        "tabs": _net("\trelu\n\t\tconv(\t8,\t3x3\t)"),
        "line_separators": _net("relu\u2028relu\u2029relu\x0brelu\x0crelu\x85relu"),
        "right_to_left": _net("\u202erelu"),
        "surrogates": _net('relu\nmeta { a: "\ud800" }'),
        "utf16": _net("relu").encode("utf-16").decode("latin-1"),
    }
