"""Every number that lectures and papers give about a network's structure, beside the compiler's.

`facts.json` has the facts: what is said (`adopt`) of which quantity of which layer of which system. The
modules `answers_*` say of each how a compiled network answers it, or why none can: by the fact's id, by
several, or by `layer | quantity` for all facts of a system that say so.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import answers_alexnet
import answers_googlenet
import answers_inception
import answers_lenet5
import answers_others
import answers_resnet_densenet
import answers_vgg
import answers_zfnet
import pytest
from fact_queries import ASKED, Query
from fact_reasons import Answer, Answers, Reason, Reported

MODULES = (
    answers_alexnet,
    answers_googlenet,
    answers_inception,
    answers_lenet5,
    answers_others,
    answers_resnet_densenet,
    answers_vgg,
    answers_zfnet,
)

Fact = dict[str, Any]
FACTS: list[Fact] = json.loads(Path(__file__).with_name("facts.json").read_text(encoding="utf-8"))

# How many facts are answered, and for which reasons the others are not.
CENSUS = {
    "answered": 734,
    "MEASURED": 30,
    "TRAINING": 10,
    "HISTORY": 4,
    "WORDING": 4,
    "VALUES": 7,
    "DETECTION": 29,
    "ALGORITHM": 6,
    "REPORTED": 6,
}
# By system: answered, and not.
BY_SYSTEM = {
    "AlexNet": (130, 2),
    "AlexNet (code)": (11, 0),
    "LRN": (4, 1),
    "ZFNet": (17, 10),
    "ZFNet (512-1024-512)": (30, 0),
    "LeNet-5": (42, 0),
    "LeNet-5 (lecture)": (12, 0),
    "VGG": (51, 1),
    "VGG-16": (16, 0),
    "NIN": (1, 0),
    "GoogLeNet": (269, 1),
    "Inception": (8, 0),
    "Inception-v2": (25, 21),
    "Inception-v3": (20, 0),
    "Inception-v4": (1, 0),
    "ResNet": (9, 3),
    "ResNet (plain, CIFAR-10)": (1, 0),
    "pre-activation ResNet": (1, 1),
    "ResNeXt": (2, 0),
    "DenseNet": (40, 2),
    "path ensemble": (3, 1),
    "comparison table": (24, 5),
    "FC-vs-conv intro": (9, 0),
    "conv geometry": (5, 1),
    "conv layer": (2, 0),
    "Faster R-CNN": (1, 7),
    "Fast R-CNN": (0, 3),
    "R-CNN": (0, 1),
    "SSD": (0, 18),
    "Selective Search": (0, 6),
    "max pooling": (0, 1),
    "max pooling backward": (0, 1),
    "avg pooling backward": (0, 1),
    "back-propagation": (0, 3),
    "backbone choice": (0, 2),
    "4.9 Q&A": (0, 4),
}

# Quantities of which the compiler knows something, and the systems of which the zoo has no network.
STRUCTURE = re.compile(
    r"shape|size|params|weights|MACs|\bops\b|connections|receptive|depth|(?<!upper )layers"
    r"|kernel|stride|pad|channels|\bmaps\b|units|neurons|spec|repeats|modules|window|stages|growth|groups|cardinality"
)
ELSEWHERE = ("SSD", "R-CNN", "Fast R-CNN", "Faster R-CNN", "Selective Search")


def _answers() -> dict[str, list[tuple[str, Answer]]]:
    """All answers of every fact, by its id, each with the key that it was found by."""
    found: dict[str, list[tuple[str, Answer]]] = {fact["id"]: [] for fact in FACTS}
    tables: Answers = {}
    for module in MODULES:
        assert not tables.keys() & module.ANSWERS.keys()
        tables |= module.ANSWERS
    for fact in FACTS:
        for key, answer in tables[fact["system"]].items():
            if fact["id"] in key.split() or key == f"{fact['layer']} | {fact['quantity']}":
                found[fact["id"]].append((key, answer))
    used = {(f["system"], key) for f in FACTS for key, _ in found[f["id"]]}
    unused = [
        (system, k) for system, table in tables.items() for k in table if (system, k) not in used
    ]
    assert not unused, unused
    return found


FOUND = _answers()
ANSWER: dict[str, Answer] = {id: given[0][1] for id, given in FOUND.items() if given}
ANSWERED = [(f, a) for f in FACTS if isinstance(a := ANSWER.get(f["id"]), Query)]


@cache
def asked(query: Query) -> tuple[Any, frozenset[str]]:
    """What a query finds, and the networks that it reads."""
    ASKED.clear()
    return query(), frozenset(ASKED)


def expected(fact: Fact) -> Any:
    """What a fact adopts, channels first: shapes are written height x width x channels, some not."""
    adopt, quantity = fact["adopt"], fact["quantity"]
    if (
        isinstance(adopt, list)
        and len(adopt) == 3
        and "shape" in quantity
        and "CHW" not in quantity
    ):
        return [adopt[2], *adopt[:2]]
    return adopt


def agrees(found: Any, stated: Any) -> bool:
    if isinstance(stated, list):
        return (
            isinstance(found, list)
            and len(found) == len(stated)
            and all(map(agrees, found, stated))
        )
    if isinstance(stated, str) or isinstance(found, (str, list)):
        return type(found) is type(stated) and found == stated
    return math.isclose(found, stated, rel_tol=1e-6 if isinstance(stated, float) else 0)


def wrong(stated: Any) -> Any:
    """Something near by that is not so."""
    if isinstance(stated, list):
        return [*stated[:-1], wrong(stated[-1])]
    if isinstance(stated, str):
        number = re.search(r"\d+(?!.*\d)", stated)
        if number is None:
            return f"no {stated}"
        return f"{stated[: number.start()]}{int(number[0]) + 1}{stated[number.end() :]}"
    return stated + 1 if isinstance(stated, int) else stated * 1.00001


def named(fact: Fact) -> str:
    return f"{fact['id']} {fact['system']}: {fact['layer']} | {fact['quantity']}"


# ------------------------------------------------------------------------------------------- answers
@pytest.mark.parametrize("fact, query", ANSWERED, ids=[fact["id"] for fact, _ in ANSWERED])
def test_fact(fact: Fact, query: Query) -> None:
    found, _ = asked(query)
    assert agrees(found, expected(fact)), f"{named(fact)}: {query} is {found}, not {expected(fact)}"


def test_every_fact_has_one_answer() -> None:
    assert [fact["id"] for fact in FACTS] == [f"F{n:03}" for n in range(1, 831)]
    assert {id: given for id, given in FOUND.items() if len(given) != 1} == {}


def test_a_wrong_number_is_seen() -> None:
    """Of every fact that is answered: a neighbour of what it adopts is not what is found."""
    blind = [
        named(fact) for fact, query in ANSWERED if agrees(asked(query)[0], wrong(expected(fact)))
    ]
    assert not blind, "\n".join(blind)


def test_every_query_reads_a_network() -> None:
    silent = [named(fact) for fact, query in ANSWERED if not asked(query)[1]]
    assert not silent, "\n".join(silent)


# ------------------------------------------------------------------------------------------- reasons
def test_structure_is_answered() -> None:
    """No reason stands where the compiler knows: sizes, costs and depths of networks that the zoo has."""
    evaded = [
        named(fact)
        for fact in FACTS
        if isinstance(ANSWER[fact["id"]], Reason)
        and STRUCTURE.search(fact["quantity"])
        and fact["system"] not in ELSEWHERE
    ]
    assert not evaded, "\n".join(evaded)


def test_reported_costs_differ() -> None:
    """A cost is left to its paper only where the network has another."""
    for fact in FACTS:
        answer = ANSWER[fact["id"]]
        if isinstance(answer, Reported):
            assert fact["quantity"] == "ops (Bn)"
            assert float(answer.ours()) > float(fact["adopt"]), named(fact)


def test_census() -> None:
    kinds = Counter(
        "answered"
        if isinstance(answer, Query)
        else Reason.REPORTED.name
        if isinstance(answer, Reported)
        else answer.name
        for answer in ANSWER.values()
    )
    assert dict(kinds) == CENSUS
    systems: dict[str, list[int]] = {}
    for fact in FACTS:
        of = systems.setdefault(fact["system"], [0, 0])
        of[not isinstance(ANSWER[fact["id"]], Query)] += 1
    assert {system: tuple(pair) for system, pair in systems.items()} == BY_SYSTEM
