"""What docs/language.md says about names, scopes, values and arguments, statement by statement."""

from __future__ import annotations

import pytest

import netdsl
from netdsl.compiler import Compilation
from netdsl.source import Source


def body(text: str, shape: str = "16x32x32") -> str:
    return f"net Tiny {{\n  input image: {shape}\n{text}\n}}\n"


def keys(text: str) -> list[str]:
    """The modules of a network that hold tensors, in order."""
    return list(dict.fromkeys(k.rpartition(".")[0] for k in netdsl.loads(text).state_dict_shapes()))


def shape(text: str, **more: object) -> str:
    return str(netdsl.loads(text, **more).output_shape)  # type: ignore[arg-type]


def codes(text: str) -> list[str]:
    return [d.code for d in Compilation(Source("text.net", text)).check()]


# ------------------------------------------------------------------------------------ naming rules
NAMES = {
    "numbered: everything counts": ("{ conv(8, 1x1) -> relu -> conv(8, 1x1) }", "group.0 group.2"),
    "numbered: identity does not": (
        "{ conv(8, 1x1) -> identity -> conv(8, 1x1) }",
        "group.0 group.1",
    ),
    "numbered: loops are unrolled": ("{ repeat 2 { conv(8, 1x1) -> relu } }", "group.0 group.2"),
    "a net itself is a class of its own": ("conv(8, 1x1) -> conv(8, 1x1)", "conv1 conv2"),
    "a label names": ("stem: conv(8, 1x1) -> relu\n conv(8, 1x1)", "stem conv"),
    "the word, if it stands once": ("stem: conv(8, 1x1)\n bn -> conv(8, 1x1)", "stem bn conv"),
    "the word and a number": ("a: conv(8, 1x1)\n conv(8, 1x1) -> conv(8, 1x1)", "a conv1 conv2"),
    "numbers that labels have are skipped": (
        "conv1: conv(8, 1x1)\n conv(8, 1x1) -> conv(8, 1x1)",
        "conv1 conv2 conv3",
    ),
    "in a loop it is counted": (
        "a: conv(8, 1x1)\n for i in [1] { conv(8, 1x1) }",
        "a conv1",
    ),
    "beside a loop it is counted, whatever the rounds": (
        "conv(16, 1x1) -> bn\n repeat 0 { residual { conv(16, 1x1) } -> a: bn }\n dense(0) { bn }",
        "conv1 bn1",
    ),
    "bars of a loop are not": (
        "conv(16, 1x1) -> bn\n concat { | bn\n for i in [] { | conv(16, 1x1) | a{i}: conv(16, 1x1) -> bn } }",
        "conv bn1 branch1",
    ),
    "nor what is labelled in it": (
        "conv(16, 1x1)\n for i in [] { a{i}: conv(16, 1x1) }",
        "conv",
    ),
    "of an if only the arm taken counts": (
        "a: conv(8, 1x1)\n if in.channels > 99 { conv(8, 1x1) } else { conv(8, 1x1) }",
        "a conv",
    ),
    "repeat numbers a label from 1": ("repeat 3 { layer: conv(8, 1x1) }", "layer1 layer2 layer3"),
    "for computes it": ("for i in range(2) { layer{i + 1}: conv(8, 1x1) }", "layer1 layer2"),
    "two holes": (
        "for s in [2] { for u in [5] { stage{s}_unit{u}: conv(8, 1x1) } }",
        "stage2_unit5",
    ),
    "bars are branches": (
        "concat { | conv(8, 1x1) | conv(8, 1x1) -> conv(8, 1x1) }",
        "branch1 branch2.0 branch2.1",
    ),
    "identity bars are counted": ("add { | identity | conv(16, 1x1) }", "branch2"),
    "over all merges of a scope": (
        "concat { | conv(8, 1x1) }\n concat { | conv(8, 1x1) }",
        "branch1 branch2",
    ),
    "a label in a bar belongs to the scope around": (
        "concat { | low: conv(8, 1x1) -> bn | conv(8, 1x1) }",
        "low bn branch2",
    ),
    "a residual is no scope": (
        "residual { conv(16, 1x1) } shortcut { conv(16, 1x1) }",
        "conv1 conv2",
    ),
    "a labelled merge is one": (
        "mixed: concat { | conv(8, 1x1) | conv(8, 1x1) }",
        "mixed.branch1 mixed.branch2",
    ),
    "a group is a level": ("stem: { conv(8, 1x1) -> bn }\n conv(8, 1x1)", "stem.0 stem.1 conv"),
    "a group without a label too": ("a: conv(8, 1x1)\n { conv(8, 1x1) }", "a group.0"),
    "dense numbers its layers": (
        "dense(2) { denselayer: { conv(4, 1x1) } }",
        "denselayer1.0 denselayer2.0",
    ),
    "aux is its step": (
        "aux side = flatten -> linear(2)\n conv(8, 1x1)",
        "side.1 conv",
    ),
    "a module is one": ("module m = conv(16, 1x1)\n m -> m -> m", "m"),
}


@pytest.mark.parametrize("name", list(NAMES))
def test_names(name: str) -> None:
    text, wanted = NAMES[name]
    assert keys(body(text)) == wanted.split()


def test_a_block_without_labels_is_numbered() -> None:
    unit = "block unit { conv(8, 1x1) -> bn -> relu -> conv(8, 1x1) }\n"
    assert keys(unit + body("unit: unit")) == ["unit.0", "unit.1", "unit.3"]


def test_a_label_on_a_weightless_step_does_not_name_a_scope() -> None:
    text = body("features: { conv(8, 1x1) -> tapped: relu -> conv(8, 1x1) }\n@features.tapped")
    assert keys(text) == ["features.0", "features.2"]
    assert shape(text) == "8x32x32"


def test_inline_adds_its_steps_to_the_scope_around() -> None:
    unit = "block unit(n) { first: conv(n, 1x1) -> second: bn }\n"
    assert keys(unit + body("inline unit(8)\n third: conv(4, 1x1)")) == ["first", "second", "third"]
    assert keys(unit + body("a: unit(8)\n third: conv(4, 1x1)")) == ["a.first", "a.second", "third"]


def test_learned_tensors_come_first() -> None:
    text = body("stem: conv(8, 1x1)\nparam scale: [8] = ones\n(@stem * @scale)")
    assert list(netdsl.loads(text).state_dict_shapes().items()) == [
        ("scale", (8,)),
        ("stem.weight", (8, 16, 1, 1)),
        ("stem.bias", (8,)),
    ]


# ---------------------------------------------------------------------------------------- scoping
def test_a_block_sees_its_parameters_and_its_file_only() -> None:
    inside = "block unit { conv(width, 1x1) }\n"
    assert codes(inside + body("let width = 8\nunit")) == ["E102"]
    assert codes("let width = 8\n" + inside + body("unit")) == []
    assert codes(inside.replace("unit", "unit(width)") + body("let width = 8\nunit(width)")) == []


def test_defaults_are_evaluated_inside_the_block() -> None:
    text = (
        "block unit(n, m=n * 2, k=in.channels) { conv(n, 1x1) -> conv(m, 1x1) -> conv(k, 1x1) }\n"
    )
    weights = netdsl.loads(text + body("unit(3)")).state_dict_shapes()
    assert [s[0] for n, s in weights.items() if n.endswith("weight")] == [3, 6, 16]


def test_in_is_the_input_of_the_block_everywhere() -> None:
    text = (
        "block unit {\n conv(5, 1x1)\n concat {\n | conv(in.channels, 1x1)\n"
        " | { repeat 2 { conv(in.channels, 1x1) } }\n } }\n"
    )
    assert shape(text + body("unit")) == "32x32x32"
    assert shape(text + body("unit -> unit")) == "64x32x32"


def test_a_let_of_a_body_ends_with_it() -> None:
    assert codes(body("if true { let n = 8\n conv(n, 1x1) }\nconv(n, 1x1)")) == ["E102"]
    assert codes(body("let n = 8\nif true { let n = 4\n conv(n, 1x1) }\nconv(n, 1x1)")) == []


def test_only_layers_and_blocks_are_looked_up_where_a_step_stands() -> None:
    """A number called `dropout` does not hide `dropout`."""
    text = "net Tiny(dropout=0.5) {\n input image: 16x8x8\n conv(8, 1x1) -> dropout(dropout)\n}"
    assert codes(text) == []


def test_words_of_statements_are_plain_names_elsewhere() -> None:
    text = (
        "block unit(block, module=1, layer=2, head=3, output=4, param=5, aux=6, input=7) {\n"
        " block(module + layer + head + output + param + aux + input, 1x1)\n}\n"
    )
    assert shape(text + body("head: unit(conv)\noutput head")) == "28x32x32"


def test_taps_look_outwards_up_to_the_block() -> None:
    assert (
        shape(body("a: conv(8, 1x1)\ng: { conv(4, 1x1)\n concat { | identity | @a } }"))
        == "12x32x32"
    )
    block = "block unit { add { | identity | @a } }\n"
    assert codes(block + body("a: conv(16, 1x1)\nunit")) == ["E103"]


def test_taps_of_a_loop_are_those_of_the_iteration() -> None:
    inside = body("repeat 3 { a: conv(16, 1x1)\n conv(16, 1x1)\n add { | identity | @a } }")
    assert codes(inside) == []
    assert keys(inside) == ["a1", "conv1", "a2", "conv2", "a3", "conv3"]
    assert codes(body("repeat 3 { a: conv(16, 1x1) }\n@a2 -> relu")) == []
    assert codes(body("repeat 3 { a: conv(16, 1x1) }\n@a -> relu")) == ["E103"]


# -------------------------------------------------------------------------------------- expressions
VALUES = {
    "7 // 2": 3,
    "-7 // 2": -4,
    "7 % 4": 3,
    "-7 % 4": 1,
    "2 ** 3 ** 2": 512,
    "-2 ** 2": -4,
    "1 if 2 > 1 else 3": 1,
    "[4, 5, 6][-1]": 6,
    "len([1, 2, 3][1:])": 2,
    "len([1, 2, 3][:-1])": 2,
    "(1x7)[1]": 7,
    "sum([n * n for n in range(4) if n % 2 == 1])": 10,
    "sum([a * b for a, b in zip([1, 2], [3, 4])])": 11,
    "sum([i * x for i, x in enumerate([5, 6, 7])])": 20,
    "reversed([1, 2, 3])[0]": 3,
    "max(1, 5, 3) - min([4, 2])": 3,
    "int(7 / 2) + round(2.5) + ceil(2.1) + floor(2.9)": 10,
    "abs(-3) + int(sqrt(16)) + int(log2(8))": 10,
    "make_divisible(32 * 0.35, 8)": 16,
    "make_divisible(17, 8)": 16,
    "len([0] * 3 + [1])": 4,
    "3 if not (1 == 2 or 1 > 2) and true else 4": 3,
    "in.channels * in.height + in.width": 544,
    "in.shape[0]": 16,
    "6_000 // 1_000": 6,
}


@pytest.mark.parametrize("text", list(VALUES))
def test_values(text: str) -> None:
    """Numbers follow Python."""
    wanted = VALUES[text]
    network = netdsl.loads(body(f"let n = {text}\nconv(n + 100, 1x1)"))
    assert network.output_shape[0] == wanted + 100
    if "in." not in text and "make_divisible" not in text and "1x7" not in text:
        import math

        python = text.replace("true", "True")
        assert wanted == int(eval(python, {**vars(math), "reversed": lambda x: x[::-1]}))


def test_a_size_is_no_list_and_a_list_does_for_a_size() -> None:
    assert shape(body("conv(8, [1, 3])")) == shape(body("conv(8, 1x3)")) == "8x32x30"
    assert codes(body("for k in 1x7 { conv(8, k) }")) == ["E122"]


# ------------------------------------------------------------------------------------- arguments
def test_partial_application() -> None:
    text = (
        "block unit(n, norm, kernel=1) { conv(n, kernel) -> norm }\n"
        "let wide = unit(kernel=3)\nlet normed = wide(norm=bn(eps=1e-3))\n"
    )
    assert shape(text + body("normed(8)")) == "8x30x30"
    assert shape(text + body("normed(8, kernel=5)")) == "8x28x28"  # the later one counts
    assert codes(text + body("wide(8)")) == ["E111"]
    assert codes(text + body("normed(8, nomr=relu)")) == ["E110"]


def test_layers_and_values_are_arguments() -> None:
    text = (
        "block join(skip, unit=conv(kernel_size=1x1)) { unit(4)\n concat { | identity | @skip } }\n"
    )
    assert shape(text + body("low: conv(8, 1x1)\njoin(@low)")) == "12x32x32"
    assert (
        shape(text + body("low: conv(8, 1x1)\njoin(@low, unit=conv(kernel_size=1, stride=1))"))
        == "12x32x32"
    )
    assert codes(text + body("low: conv(8, 1x1)\njoin(low)")) == ["E102"]


def test_lists_of_values() -> None:
    text = "block joined(maps) { concat { for i in range(len(maps)) { | @maps[i] } } }\n"
    assert shape(text + body("a: conv(8, 1x1)\nb: conv(4, 1x1)\njoined([@a, @b])")) == "12x32x32"


# ------------------------------------------------------------------------- variants and overrides
FAMILY = """
net Family(width, depth=2, norm=identity) {
  "A family."
  input image: 3x8x8
  repeat depth { conv(width, 3x3, padding=1, bias=false) -> norm }
  identity  :: [width, 8, 8]
  meta { year: 2014 }
}
net Small = Family(4) { expect parameters == 252 }
net Large = Small(norm=bn, width=8) { meta { year: 2015  top5: 6.7 } }
"""


def test_variants_of_variants() -> None:
    assert netdsl.loads(FAMILY, "Small").parameters == 3 * 4 * 9 + 4 * 4 * 9 == 252
    large = netdsl.loads(FAMILY, "Large")
    assert large.parameters == 3 * 8 * 9 + 8 * 8 * 9 + 2 * 2 * 8
    assert large.meta == {"year": 2015, "top5": 6.7}
    assert large.doc == "A family."
    assert codes(FAMILY) == []


def test_the_default_net() -> None:
    named = "net A { input a: 3x8x8\n relu }\nnet My_Net { input a: 3x8x8\n relu }\nnet C { input a: 3x8x8\n relu }"
    assert netdsl.loads(named).name == "C"
    assert netdsl.loads(named, name="mynet.net").name == "My_Net"
    assert netdsl.loads(named, "my_net").name == "My_Net"
    assert netdsl.loads(FAMILY + "net Open(n) { input a: 3x8x8\n conv(n, 1x1) }").name == "Large"


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"depth": 1}, 3 * 4 * 9),
        ({"depth": "1 + 1"}, 252),
        ({"width": 8}, 3 * 8 * 9 + 8 * 8 * 9),
        ({"norm": "bn"}, 252 + 16),
        ({"norm": "groupnorm(2)", "depth": 1}, 108 + 8),
    ],
)
def test_settings(settings: dict[str, object], wanted: int) -> None:
    assert netdsl.loads(FAMILY, "Small", **settings).parameters == wanted  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"widht": 8}, "E135"),
        ({"width": "8 +"}, "E024"),
        ({"width": "eight"}, "E102"),
        ({"width": 0}, "E112"),
        ({"depth": "relu"}, "E122"),
        ({"width": "@image"}, "E103"),
        ({"input": {"photo": "3x8x8"}}, "E135"),
        ({"input": "3x8"}, "E208"),
        ({"input": "3xAx8"}, "E208"),
        ({"input": "3x0x8"}, "E208"),
    ],
)
def test_wrong_settings(settings: dict[str, object], code: str) -> None:
    with pytest.raises(netdsl.NetError) as caught:
        netdsl.loads(FAMILY, "Small", **settings)  # type: ignore[arg-type]
    assert [d.code for d in caught.value.diagnostics] == [code]


def test_another_input_skips_beliefs() -> None:
    compilation = Compilation(Source("text.net", FAMILY))
    from netdsl.asked import parse_size

    design = compilation.design("Small", {}, {"": parse_size("3x16x24")})
    assert str(design.outputs["output"].shape) == "4x16x24"
    assert [d.code for d in compilation.report.warnings] == ["W202"]


# --------------------------------------------------------------------------- inputs, outputs, aux
def test_several_inputs_and_outputs() -> None:
    text = (
        "net Two {\n input left: 3x8x8\n input right: 1x8x8\n"
        " a: concat { | @left | @right }\n b: conv(2, 1x1)\n output b, a\n}"
    )
    network = netdsl.loads(text)
    assert {n: str(s) for n, s in network.input_shapes.items()} == {
        "left": "3x8x8",
        "right": "1x8x8",
    }
    assert {n: str(s) for n, s in network.output_shapes.items()} == {"b": "2x8x8", "a": "4x8x8"}


def test_side_outputs_count_apart() -> None:
    network = netdsl.loads(
        body("conv(8, 1x1)\naux side(weight=0.3) { flatten -> linear(2) }\nrelu")
    )
    assert network.parameters_used == 16 * 8 + 8
    assert network.parameters - network.parameters_used == 8 * 32 * 32 * 2 + 2


def test_expectations() -> None:
    text = body(
        "conv(8, 3x3)\nexpect parameters == 1_160\nexpect macs == 8 * 16 * 9 * 30 * 30\nexpect layers == 1"
    )
    assert codes(text) == []
    assert codes(text.replace("1_160", "1_161")) == ["E202"]


def test_extern_layers() -> None:
    text = 'extern layer Blur(radius=1, channels=4) -> [channels, in.height, in.width] = "my.lib:Blur"\n'
    assert shape(text + body("Blur(radius=2, channels=7) -> conv(3, 1x1)")) == "3x32x32"
    assert "from my.lib import Blur" in netdsl.loads(text + body("Blur")).torch_source()
    assert codes(text + body("Blur(raduis=2)")) == ["E110"]


# ------------------------------------------------------------------------------------- open sizes
def test_open_sizes_are_formulas() -> None:
    text = body("conv(8, 3x3, stride=2) -> maxpool(2x2)", "3x?x?")
    formula = netdsl.loads(text).output_shape
    assert "H" in str(formula)
    for side in (17, 32, 33, 40, 63):
        known = netdsl.loads(text, input=f"3x{side}x{side + 2}").output_shape
        assert tuple(known) == (8, ((side - 3) // 2 + 1) // 2, ((side - 1) // 2 + 1) // 2)


def test_open_sizes_must_fit_where_they_meet() -> None:
    text = body(
        "a: conv(8, 3x3, padding=1)\nmaxpool(2x2) -> upsample(scale=2)\nadd { | identity | @a }",
        "3x?x?",
    )
    assert codes(text) == ["W201"]
    assert codes(body("a: conv(8, 3x3)\nadd { | identity | @a -> maxpool(2x2) }", "3x?x?")) == [
        "E203"
    ]


# -------------------------------------------------------------------------------------- rules of text
@pytest.mark.parametrize(
    "text",
    [
        "conv(8, 1x1)\n    -> bn\n    -> relu",
        "conv(8, 1x1)  :: 8x32x32\n  ->  relu",
        "conv(\n 8,\n 1x1,\n) -> relu",
        "if true\n { relu }".replace("\n ", " "),
        "{ relu }",
        "concat {\n\n  | relu\n\n  | relu\n\n}",
        "residual {\n conv(16, 1x1)\n } shortcut {\n identity\n }",
        "relu # a comment\n# another\nrelu",
        "let l = [\n 1,\n 2\n]\nconv(l[0], 1x1)",
    ],
)
def test_new_lines(text: str) -> None:
    errors = [c for c in codes(body(text)) if c.startswith("E")]
    assert errors == []


# ------------------------------------------------------------------------------ beliefs about totals
def test_totals_that_are_not_known_for_open_sides_are_skipped() -> None:
    text = "net Tiny {\n input image: 3x8x8\n conv(8, 3x3)\n expect macs == 7_776\n}\n"
    assert codes(text) == []
    assert str(netdsl.loads(text, input="3x?x?").output_shape) == "8x(H-2)x(W-2)"
    assert codes(text.replace("3x8x8", "3x?x?")) == ["E209"]
