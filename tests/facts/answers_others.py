"""What belongs to no family: the geometry of windows, the first comparison of a linear layer with a
convolution, and what needs detectors, values or measurements."""

from __future__ import annotations

import fact_queries as q
from fact_reasons import Answers, Reason

import netdsl

LINEAR = q.chain("3x32x32", "flatten", "linear(6 * 28 * 28, bias=false)")
CONV = q.chain("3x32x32", "conv(6, 5x5, bias=false)")


def one_side(n: int, kernel: int, padding: int = 0, stride: int = 1) -> q.Query:
    """The side that a convolution gives."""
    step = f"conv(1, {kernel}x{kernel}, stride={stride}, padding={padding})"
    return q.side(q.shape(q.chain(f"1x{n}x{n}", step)))


@q.query
def least_stride() -> int:
    """The smallest stride that a convolution takes; larger ones than its kernel are taken too."""
    taken = []
    for s in range(-1, 8):
        try:
            one_side(9, 3, stride=s)()
        except netdsl.NetError:
            continue
        taken.append(s)
    assert taken == list(range(taken[0], 8))
    return taken[0]


SIZES = [{"n": n, "f": f} for n in (5, 12, 28) for f in (1, 3, 5)]
COSTS = [
    {"kh": kh, "kw": kw, "cin": 8, "cout": 12, "g": g, "b": b}
    for kh, kw in ((3, 3), (1, 7))
    for g in (1, 4)
    for b in (0, 1)
]

ANSWERS: Answers = {
    "FC-vs-conv intro": {
        "input | vector length": q.shape(LINEAR, "flatten")[0],
        "fc1 | weights (approx)": q.weights(LINEAR),
        "fc1 | weights": q.weights(LINEAR),
        "fc1 | hidden width in the formula": q.same(q.numbers(q.shape(CONV)), q.shape(LINEAR)[0]),
        "conv1 | neurons": q.numbers(q.shape(CONV)),
        "conv1 | weights": q.weights(CONV),
        "ratio | N_DNN/N_CNN": q.weights(LINEAR) / q.weights(CONV),
        "ratio | N_CNN/N_DNN": q.weights(CONV) / q.weights(LINEAR),
    },
    "conv geometry": {
        "padding | allowed range": Reason.WORDING,
        "stride | allowed range": q.say("any s>={}", least_stride()),
        "example | output width": one_side(5, 3),
        "full | output size (n=5,f=3)": q.formula(
            "n+f-1", lambda n, f: one_side(n, f, padding=f - 1), SIZES
        ),
        "same | output size (n=28,f=5)": q.say(
            "{} for odd f",
            q.formula("n", lambda n, f: one_side(n, f, padding=(f - 1) // 2), SIZES),
        ),
        "valid | output size (n=32,f=5,s=1)": q.formula(
            "floor((n-f)/s)+1",
            lambda n, f, s: one_side(n, f, stride=s),
            [{**sizes, "s": s} for sizes in SIZES for s in (1, 2, 3)],
        ),
    },
    "conv layer": {
        "params | formula": q.formula(
            "kh*kw*cin//g*cout+b*cout",
            lambda kh, kw, cin, cout, g, b: q.params(
                q.chain(
                    f"{cin}x9x9",
                    f"conv({cout}, {kh}x{kw}, groups={g}, bias={'true' if b else 'false'})",
                )
            ),
            COSTS,
        ),
        "MACs | formula": q.formula(
            "ho*wo*cout*kh*kw*cin",
            lambda ho, wo, cout, kh, kw, cin: q.macs(
                q.chain(f"{cin}x{ho + kh - 1}x{wo + kw - 1}", f"conv({cout}, {kh}x{kw})")
            ),
            [{"ho": 5, "wo": 9, "cout": 4, "kh": 3, "kw": w, "cin": 6} for w in (1, 3, 5)],
        ),
    },
    "NIN": {"whole | mlpconv layers": q.count("nin_cifar", "mlpconv")},
    "Faster R-CNN": {
        "VGG16 backbone | stride of conv5_3": q.jump("vgg16", "features.28"),
        "F113 F114 F115 F748 F749 F750 F752": Reason.DETECTION,
    },
    "SSD": {" ".join(f"F{n:03}" for n in range(95, 113)): Reason.DETECTION},
    "Fast R-CNN": {"F745 F746 F747": Reason.DETECTION},
    "R-CNN": {"F743": Reason.DETECTION},
    "Selective Search": {"F738 F739 F740 F741 F742 F744": Reason.ALGORITHM},
    "max pooling": {"F036": Reason.VALUES},
    "max pooling backward": {"F037": Reason.VALUES},
    "avg pooling backward": {"F038": Reason.VALUES},
    "back-propagation": {"F116 F117 F118": Reason.VALUES},
    "backbone choice": {"F593 F594": Reason.MEASURED},
    "4.9 Q&A": {"F595 F596 F597 F598": Reason.MEASURED},
}
