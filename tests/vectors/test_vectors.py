"""Worked cases of operators, geometry and gradients: numbers that come out of a small `.net` text.

`vectors.json` has the cases: what goes in, what must come out, and how far off it may be. A function here
says of each how a network answers it: by the module that is emitted, with the weights of the case, and
gradients by autograd through that module; or, where nothing is computed but sizes and costs, by the
compiler. All is in double precision. The cases of detection are answered by the helpers that stand beside
a detector (`detection_answers.py`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from detection_answers import DETECTION  # pyright: ignore[reportMissingImports]
from torch import Tensor, nn

import netdsl
from netdsl.diagnostics import NetError
from netdsl.network import Network

Case = dict[str, Any]
PATH = Path(__file__).with_name("vectors.json")
CASES: list[Case] = json.loads(PATH.read_text(encoding="utf-8"))
NUMBERS = (*range(1, 13), *range(14, 21), *range(22, 32), 35, 36, 40, *range(42, 51), 52, 55)
IDS = [f"V{n:02}" for n in NUMBERS]
ANSWERS: dict[str, Callable[[Any], Any]] = dict(DETECTION)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """What is this small is slower with several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def answers(id: str) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Of the input of a case: what is found, in the form of what is expected."""

    def register(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        assert id not in ANSWERS
        ANSWERS[id] = function
        return function

    return register


# ----------------------------------------------------------------------------------------- networks
def compiled(size: str, *steps: str, imports: str = "") -> Network:
    body = "\n".join(steps)
    return netdsl.loads(f"{imports}\nnet Case {{\ninput x: {size}\n{body}\n}}")


def emitted(network: Network, **weights: Any) -> nn.Module:
    """The module, with weights by their keys, whose dots are written `__`; all others are 0."""
    module = network.module().double()
    given = {key.replace("__", "."): value for key, value in weights.items()}
    state = {}
    for key, own in module.state_dict().items():
        value = given.pop(key, None)
        state[key] = torch.zeros_like(own) if value is None else double(value).view(own.shape)
    assert not given, given
    module.load_state_dict(state)
    return module


def double(values: Any) -> Tensor:
    return torch.as_tensor(values, dtype=torch.double)


def picture(rows: Any) -> Tensor:
    """One sample of one channel."""
    return double(rows)[None, None]


def size_of(x: Tensor) -> str:
    """The size of a batch's samples, as a text writes it."""
    return "x".join(map(str, x.shape[1:]))


def through(steps: str, x: Tensor, **weights: Any) -> Tensor:
    return emitted(compiled(size_of(x), steps), **weights)(x)


# ------------------------------------------------------------------------------ convolution and pools
def kernel_over(x: Any, kernel: list[list[float]], flip: str) -> Any:
    """By a learned kernel, and by one that is fixed."""
    image, size = picture(x), f"{len(kernel)}x{len(kernel[0])}"
    learned = through(f"conv(1, {size}, bias=false{flip})", image, conv__weight=kernel)
    fixed = compiled(size_of(image), f"conv(1, {size}, weights={kernel}, trainable=false{flip})")
    assert fixed.parameters == 0
    assert torch.equal(fixed.module().double()(image), learned)
    return learned[0, 0].tolist()


@answers("V01")
def cross_correlation(case: Any) -> Any:
    return kernel_over(case["I"], case["K"], "")


@answers("V02")
def true_convolution(case: Any) -> Any:
    return kernel_over(case["I"], case["K"], ", flip=true")


def side(n: int, steps: str) -> int:
    """What becomes of n places: by the compiler, and in the module."""
    network = compiled(f"1x{n}x{n}", steps)
    found = network.output_shape
    with torch.device("meta"):
        assert network.module()(torch.empty(2, 1, n, n)).shape == (2, *found)
    height, width = found.sides
    assert height == width and isinstance(height, int)
    return height


@answers("V03")
def output_sizes(case: Any) -> Any:
    """Rounded down and up. There is no pool with a padding of more than half of its kernel."""
    return [[side_of_conv(n, f, s, p), side_of_pool(n, f, s, p)] for n, f, s, p in case]


def side_of_conv(n: int, f: int, s: int, p: int) -> int:
    found = side(n, f"conv(1, {f}x{f}, stride={s}, padding={p})")
    for word, meant in {"valid": 0, "full": f - 1, "same": (f - 1) / 2}.items():
        if p == meant:
            assert side(n, f'conv(1, {f}x{f}, stride={s}, padding="{word}")') == found
            assert s != 1 or found == {"valid": n - f + 1, "full": n + f - 1, "same": n}[word]
    return found


def side_of_pool(n: int, f: int, s: int, p: int) -> int | None:
    pool = f"pool({f}x{f}, stride={s}, padding={p}"
    if 2 * p > f:
        with pytest.raises(NetError, match="E217"):
            side(n, f"max{pool})")
        return None
    assert side(n, f"max{pool})") == side(n, f"avg{pool})") == side_of_conv(n, f, s, p)
    found = side(n, f"max{pool}, ceil_mode=true)")
    assert side(n, f"avg{pool}, ceil_mode=true)") == found
    return found


@answers("V04")
def max_pool(case: Any) -> Any:
    return through("maxpool(2x2)", picture(case))[0, 0].tolist()


@answers("V05")
def average_pool(case: Any) -> Any:
    return through("avgpool(2x2)", picture(case))[0, 0].tolist()


@answers("V06")
def overlapping_pool(case: Any) -> Any:
    return through("maxpool(3x3, stride=2)", picture(case))[0, 0].tolist()


# ------------------------------------------------------------------------------------------ gradients
def gradients(steps: str, x: Tensor, delta: Tensor, **weights: Any) -> dict[str, Any]:
    """Of the input, as `x`, and of everything that learns, when `delta` comes back."""
    module = emitted(compiled(size_of(x), steps), **weights)
    x = x.clone().requires_grad_()
    module(x).backward(delta)
    assert x.grad is not None
    found = {"x": x.grad}
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None
        found[name] = parameter.grad
    return {name: gradient.squeeze().tolist() for name, gradient in found.items()}


@answers("V07")
def max_pool_backward(case: Any) -> Any:
    return gradients("maxpool(2x2)", picture(case["x"]), picture(case["delta_out"]))["x"]


@answers("V08")
def average_pool_backward(case: Any) -> Any:
    return gradients("avgpool(2x2)", picture(torch.rand(4, 4)), picture(case["delta_out"]))["x"]


@answers("V09")
def input_gradient(case: Any) -> Any:
    h, delta = picture(case["h"]), picture(case["delta"])
    return gradients("conv(1, 2x2)", h, delta, conv__weight=case["k"])["x"]


@answers("V10")
def kernel_gradient(case: Any) -> Any:
    found = gradients("conv(1, 2x2)", picture(case["h"]), picture(case["delta"]))
    return found["conv.weight"]


@answers("V11")
def bias_gradient(case: Any) -> Any:
    return gradients("conv(1, 2x2)", picture(torch.rand(3, 3)), picture(case["delta"]))["conv.bias"]


@answers("V12")
def linear_backward(case: Any) -> Any:
    h, delta = double([case["h"]]), double([case["delta"]])
    found = gradients(f"linear({len(case['delta'])})", h, delta, linear__weight=case["W"])
    return {"dW": found["linear.weight"], "dh": found["x"], "db": found["linear.bias"]}


@answers("V14")
def activations(case: Any) -> Any:
    x = double([case])
    found = {w: through(w, x)[0].tolist() for w in ("sigmoid", "tanh", "relu", "scaled_tanh")}
    slope = {w: gradients(w, x, torch.ones_like(x))["x"] for w in ("sigmoid", "tanh", "relu")}
    assert slope["tanh"] == pytest.approx([1 - t**2 for t in found["tanh"]], abs=1e-12)
    assert slope["relu"] == [float(v > 0) for v in case]
    return {**found, "dsigmoid": slope["sigmoid"]}


# --------------------------------------------------------------------------------- parts of the classics
@answers("V15")
def local_response(case: Any) -> Any:
    x = double(case["a"]).view(1, -1, 1, 1)
    steps = "lrn(5, alpha=1e-4, beta=0.75, k=2)"
    assert compiled(size_of(x), steps).parameters == 0
    return through(steps, x).flatten().tolist()


@answers("V16")
def subsampling(case: Any) -> Any:
    x, weights = picture(case["window"]), {"weight": [case["w"]], "bias": [case["b"]]}
    given = {f"subsample__{name}": value for name, value in weights.items()}
    return through("subsample(2x2) -> sigmoid", x, **given).item()


@answers("V17")
def connection_table(case: Any) -> Any:
    """Which maps an output map reads is seen by its gradient."""
    network = compiled("6x14x14", f"conv({len(case)}, 5x5, connections={case})")
    x = torch.rand(1, 6, 14, 14, dtype=torch.double, requires_grad=True)
    y = network.module().double()(x)
    reads = []
    for one in y[0]:
        (gradient,) = torch.autograd.grad(one.sum(), x, retain_graph=True)
        reads.append(gradient[0].flatten(1).any(1).nonzero().flatten().tolist())
    assert reads == case
    assert network.state_dict_shapes()["conv.weight"][0] == sum(map(len, reads))
    return {
        "connections": sum(map(len, reads)),
        "params": network.parameters,
        "conns": network.connections,
        "columns": [sum(channel in row for row in reads) for channel in range(6)],
    }


@answers("V18")
def radial_basis(case: Any) -> Any:
    x = double([case["x"]])
    return through(f"rbf({len(case['w'])})", x, rbf__weight=case["w"])[0].tolist()


@answers("V52")
def means(case: Any) -> Any:
    """What a network takes off, of images with these means."""
    images = double(case)
    image, rgb = images.mean(dim=0), images.mean(dim=(0, 2, 3))
    size = size_of(images)
    by_place = emitted(compiled(size, 'normalize(mean="image")'), normalize__mean=image)(images)
    network = compiled(size, f"normalize(mean={rgb.tolist()})")
    by_channel = network.module().double()(images)
    assert not by_place.mean(dim=0).any() and not by_channel.mean(dim=(0, 2, 3)).any()
    off = images - by_channel
    assert torch.equal(off, off[:1, :, :1, :1].expand_as(off)), "one number for every channel"
    return {"mean_image": (images - by_place)[0].tolist(), "rgb_mean": off[0, :, 0, 0].tolist()}


# --------------------------------------------------------------------------------- geometry and costs
def field(windows: list[list[int]]) -> int:
    """The receptive field of a chain, as two things say: the place that is left of an input which is
    just as large sees all of it."""

    steps = [f"conv(1, {k}x{k}, stride={s})" for k, s in windows]
    found = compiled("1x400x400", *steps[:-1], f"last: {steps[-1]}").receptive_fields()["last"]
    height, width = found.size
    assert height == width
    network = compiled(f"1x{height}x{width}", *steps)
    assert network.output_shape.sides == (1, 1)
    with pytest.raises(NetError):
        compiled(f"1x{height - 1}x{width}", *steps)
    return height


@answers("V19")
def receptive_fields(case: Any) -> Any:
    """Of chains, and of the networks of the zoo that have them."""
    alexnet, vgg = case["alexnet"], case["vgg16_conv5_3"]
    found = {
        "alexnet_conv1": field(alexnet[:1]),
        "alexnet_conv2": field(alexnet[:3]),
        "alexnet_pool5": field(alexnet),
        "two3": field(case["two3"]),
        "three3": field(case["three3"]),
        "vgg16_conv5_3": field(vgg),
    }
    fields = netdsl.load("zoo:alexnet").receptive_fields()
    steps = {"conv1": 0, "conv2": 3, "pool5": 12}
    for name, i in steps.items():
        assert fields[f"features.{i}"].size == (found[f"alexnet_{name}"],) * 2
    fields = netdsl.load("zoo:vgg16").receptive_fields()
    assert fields["features.28"].size == (found["vgg16_conv5_3"],) * 2
    return found


def learned(network: Network) -> int:
    """The parameters, by the compiler and of the module."""
    with torch.device("meta"):
        count = sum(p.numel() for p in network.module().parameters())
    assert network.parameters == count
    return count


@answers("V20")
def costs(case: Any) -> Any:
    found = []
    for k, channels, width, n, groups in case:
        inside = n + k - 1
        conv = f"conv({width}, {k}x{k}, groups={groups})"
        network = compiled(f"{channels}x{inside}x{inside}", conv)
        assert network.output_shape == (width, n, n)
        found.append([learned(network), network.macs])
    return found


@answers("V47")
def inception(case: Any) -> Any:
    found = {}
    for name, (channels, *widths, n) in case.items():
        cell = f"inception({', '.join(map(str, widths))})"
        network = compiled(
            f"{channels}x{n}x{n}", cell, imports='import inception from "zoo:googlenet"'
        )
        with torch.device("meta"):
            module = network.module()
            y = module(torch.empty(1, channels, n, n))
        assert y.shape == (1, *network.output_shape) and y.shape[2:] == (n, n)
        weights = sum(p.numel() for p in module.parameters() if p.dim() == 4)
        found[name] = {"out": y.shape[1], "weights": weights, "macs": network.macs}
    return found


@answers("V48")
def bottleneck(case: Any) -> Any:
    """`misprint` is a number in print that has 1*1*192 for the cost of the 1x1 convolution."""

    def three(of: str) -> tuple[Network, Network, Network]:
        """Without the 1x1 convolution, with it, and what comes after it."""
        given, k = case[of], case["kernel"]
        channels, n, _ = given["x"]
        reduce = f"conv({given['reduce']}, 1x1, bias=false)"
        conv = f'conv({given["channels"]}, {k}x{k}, padding="same", bias=false)'
        return (
            compiled(f"{channels}x{n}x{n}", conv),
            compiled(f"{channels}x{n}x{n}", reduce, conv),
            compiled(f"{given['reduce']}x{n}x{n}", conv),
        )

    plain, reduced, alone = three("macs")
    assert alone.macs is not None and plain.output_shape == reduced.output_shape
    large, small, _ = three("params")
    return {
        "macs_plain": plain.macs,
        "macs_reduced": reduced.macs,
        "misprint": alone.macs + case["macs"]["x"][0],
        "params_plain": learned(large),
        "params_reduced": learned(small),
    }


@answers("V49")
def grid_reduction(case: Any) -> Any:
    """A map of half the side with twice the channels: the convolution before the pool, and after."""

    def orders(d: int) -> tuple[Network, Network]:
        k = case["k"]
        conv, pool = f"conv({2 * k}, 1x1, bias=false)", "maxpool(2x2)"
        return compiled(f"{k}x{d}x{d}", conv, pool), compiled(f"{k}x{d}x{d}", pool, conv)

    first, second = orders(case["d"])
    assert first.output_shape == second.output_shape
    even = [network.macs for network in orders(case["d"] + 1)]
    return {
        "conv_then_pool": first.macs,
        "pool_then_conv": second.macs,
        "params_equal": learned(first) == learned(second),
        "ratio_even_d": even[0] / even[1] if even[0] and even[1] else math.nan,
    }


# ------------------------------------------------------------------------------------------- networks
@answers("V40")
def residual_derivative(case: Any) -> Any:
    x, one = double([[case["x"]]]), double([[1]])
    text = "residual { linear(1, bias=false) -> tanh }"
    return gradients(text, x, one, linear__weight=case["slope"])["x"]


@answers("V42")
def zero_padding_shortcut(case: Any) -> Any:
    """What is added to a body that gives 0."""
    width, x = case["channels"], double(case["x"])
    body = f"residual {{ conv({width}, 3x3, stride=2, padding=1, bias=false) }}"
    shortcut = f"shortcut {{ maxpool(1x1, stride=2) -> pad_channels({width}) }}"
    network = compiled(size_of(x), f"{body} {shortcut}")
    assert list(network.state_dict_shapes()) == ["conv.weight"], "the shortcut learns nothing"
    return emitted(network)(x).tolist()


@answers("V43")
def dense_widths(case: Any) -> Any:
    """What enters the blocks and what leaves them, seen in the module."""
    head = 'import dense_layer, transition from "zoo:densenet"'
    found = []
    for growth, depths in zip(case["k"], case["blocks"], strict=True):
        steps = [f"conv({2 * growth}, 1x1)"]
        for i, depth in enumerate(depths):
            steps += ["transition"] * (i > 0)
            steps.append(f"block{i}: dense({depth}) {{ layer: dense_layer({growth}) }}")
        module = compiled("3x8x8", *steps, imports=head).module()
        found.append(widths(module, [f"block{i}" for i in range(len(depths))]))
    return found


def widths(module: nn.Module, names: list[str]) -> list[list[int]]:
    """The channels that enter some parts of a module, and those that leave them."""
    seen = []
    for name in names:
        module.get_submodule(name).register_forward_hook(
            lambda _, x, y: seen.append([x[0].shape[1], y.shape[1]])
        )
    with torch.no_grad():
        module(torch.zeros(2, 3, 8, 8))
    return seen


def forms(paths: int, width: int, channels: int, n: int) -> Iterator[Network]:
    """The ResNeXt block in its three forms."""
    head = 'import form_a, form_b, form_c from "zoo:resnext_forms"'
    for form in "abc":
        step = f"block: form_{form}({paths}, {width}, {channels})"
        yield compiled(f"{channels}x{n}x{n}", step, imports=head)


@answers("V44")
def three_forms(case: Any) -> Any:
    torch.manual_seed(case["seed"])
    paths, width, channels = case["paths"], case["width"], case["channels"]

    def drawn(*shape: int) -> list[Tensor]:
        return [torch.randn(shape, dtype=torch.double) for _ in range(paths)]

    first, last = drawn(width, channels, 1, 1), drawn(channels, width, 1, 1)
    second = drawn(width, width, 3, 3)
    own = {f"block__path{i}__0__weight": kernel for i, kernel in enumerate(first)}
    own |= {f"block__path{i}__2__weight": kernel for i, kernel in enumerate(second)}
    joined = {"block__last__weight": torch.cat(last, dim=1)}
    weights = (
        own | {f"block__last{i}__weight": kernel for i, kernel in enumerate(last)},
        own | joined,
        joined
        | {"block__conv1__weight": torch.cat(first), "block__conv2__weight": torch.cat(second)},
    )
    x = torch.randn(2, channels, 6, 6, dtype=torch.double)
    networks = forms(paths, width, channels, 6)
    a, b, c = (emitted(n, **given)(x) for n, given in zip(networks, weights, strict=True))
    assert not torch.equal(a, x.relu())
    wide = {learned(network) for network in forms(32, 4, 256, 6)}
    narrow = [
        "conv(64, 1x1, bias=false)",
        "conv(64, 3x3, bias=false)",
        "conv(256, 1x1, bias=false)",
    ]
    (count,) = wide
    return {
        "a_is_b": bool((a - b).abs().max() <= 1e-9),
        "a_is_c": bool((a - c).abs().max() <= 1e-9),
        "params_256_32x4d": count,
        "params_bottleneck_64": learned(compiled("256x6x6", *narrow)),
    }


@answers("V45")
def global_average(case: Any) -> Any:
    return through("global_avgpool -> flatten", double([case["x"]]))[0].tolist()


@answers("V46")
def batch_normalization(case: Any) -> Any:
    """PyTorch refuses an `eps` of 0 in training, and so does the language: 1e-12 is far below 1e-9."""
    module = compiled("1x1x1", "bn(eps=1e-12)").module().double().train()
    return module(double(case).view(-1, 1, 1, 1)).flatten().tolist()


@answers("V50")
def stochastic_depth(case: Any) -> Any:
    """Of a body that gives F: x and x + F are all that comes in training."""
    x = double([[case["x"]]])
    network = compiled("1", f"residual(survival={case['p']}) {{ linear(1, bias=false) }}")
    module = emitted(network, linear__weight=case["F"] / case["x"])
    torch.manual_seed(0)
    values = [module(x).item() for _ in range(2000)]
    dropped, kept = sorted(set(values))
    test = module.eval()(x).item()
    assert sum(values) / len(values) == pytest.approx(test, abs=0.06)
    return {"train_kept": kept, "train_dropped": dropped, "test": test}


@answers("V55")
def maps_of_ssd300(case: Any) -> Any:
    """VGG-16's pools, of which the third one rounds up, and the layers that are added to it."""

    def chain(*, third: str) -> dict[str, int]:
        reduce = "conv(1, 3x3, stride=2, padding=1)"
        steps = {
            "conv4_3": ["maxpool(2x2)", "maxpool(2x2)", f"maxpool(2x2{third})"],
            "fc7": ["maxpool(2x2)", "conv(1, 3x3, padding=6, dilation=6)"],
            "conv8_2": [reduce],
            "conv9_2": [reduce],
            "conv10_2": ["conv(1, 3x3)"],
            "conv11_2": ["conv(1, 3x3)"],
        }
        done: list[str] = []
        found = {}
        for name, more in steps.items():
            done += more
            found[name] = side(case["input"], "\n".join(done))
        return found

    floor = chain(third="")["conv4_3"]
    return {**chain(third=", ceil_mode=true"), "conv4_3_with_floor": floor}


# ---------------------------------------------------------------------------------------------- tests
@cache
def found(id: str) -> Any:
    (case,) = (case for case in CASES if case["id"] == id)
    return ANSWERS[id](case["input"])


def agrees(ours: Any, stated: Any, tol: float) -> bool:
    if isinstance(stated, dict):
        return ours.keys() == stated.keys() and all(agrees(ours[k], stated[k], tol) for k in stated)
    if isinstance(stated, list):
        return len(ours) == len(stated) and all(
            agrees(one, other, tol) for one, other in zip(ours, stated)
        )
    if stated is None or isinstance(stated, bool):
        return ours is stated
    if isinstance(stated, str):
        return ours == stated
    return ours is not None and abs(ours - stated) <= tol


def neighbours(stated: Any, tol: float) -> Iterator[Any]:
    """What is expected, with one number of it changed, for every number."""
    if isinstance(stated, (dict, list)):
        for key in stated if isinstance(stated, dict) else range(len(stated)):
            for other in neighbours(stated[key], tol):
                changed = stated.copy()
                changed[key] = other
                yield changed
    elif stated is None:
        yield 0
    elif isinstance(stated, str):
        yield f"{stated}?"
    else:
        yield not stated if isinstance(stated, bool) else stated + (10 * tol or 1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_vector(case: Case) -> None:
    ours = found(case["id"])
    assert agrees(ours, case["expected"], case["tol"]), f"{ours}, not {case['expected']}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_every_number_counts(case: Case) -> None:
    ours, tol = found(case["id"]), case["tol"]
    blind = [other for other in neighbours(case["expected"], tol) if agrees(ours, other, tol)]
    assert not blind


def test_every_case_is_answered_once() -> None:
    assert [case["id"] for case in CASES] == sorted(ANSWERS) == IDS


def test_a_linear_layer_over_a_map_is_a_convolution() -> None:
    """AlexNet's fc6: 4096 kernels as large as the 6x6x256 that they read."""
    flat = compiled("256x6x6", "flatten", "linear(4096)")
    wide = compiled("256x6x6", "conv(4096, 6x6)", "flatten")
    assert flat.parameters == wide.parameters == 37_748_736 + 4096
    assert flat.macs == wide.macs == 37_748_736
    torch.manual_seed(0)
    weight = torch.randn(4096, 256 * 6 * 6, dtype=torch.double)
    bias = torch.randn(4096, dtype=torch.double)
    with torch.device("meta"):
        linear, conv = flat.module(), wide.module()
    linear.load_state_dict({"linear.weight": weight, "linear.bias": bias}, assign=True)
    kernels = weight.view(4096, 256, 6, 6)
    conv.load_state_dict({"conv.weight": kernels, "conv.bias": bias}, assign=True)
    x = torch.randn(2, 256, 6, 6, dtype=torch.double)
    with torch.no_grad():
        ours, theirs = linear(x), conv(x)
        assert ours.shape == theirs.shape == (2, 4096)
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-9)
        assert ours.std() > 10
        turned = {"conv.weight": kernels.transpose(2, 3), "conv.bias": bias}
        conv.load_state_dict(turned, assign=True)
        assert not torch.allclose(conv(x), ours), "the order of the places counts"
