"""Which steps of the network a part of a figure stands for: words and how often, repetitions included."""

from __future__ import annotations

from collections import Counter

from netdsl.backends.diagram.items import (
    Arithmetic,
    Around,
    DenseItem,
    Fold,
    HeadItem,
    Item,
    Join,
    Op,
    Plan,
    Sub,
    Weight,
)


class Steps:
    """Counts steps, each plan once."""

    def __init__(self) -> None:
        self._plans: dict[int, Counter[str]] = {}

    def plan(self, plan: Plan) -> Counter[str]:
        if id(plan) not in self._plans:
            self._plans[id(plan)] = self.items(plan.items)
        return self._plans[id(plan)]

    def items(self, items: list[Item]) -> Counter[str]:
        total: Counter[str] = Counter()
        for item in items:
            total.update(self.item(item))
        return total

    def item(self, item: Item) -> Counter[str]:
        """All steps of an item."""
        if isinstance(item, Sub):
            return self.plan(item.plan)
        total = Counter(own_steps(item))
        if isinstance(item, Fold):
            return times(self.items(item.items), item.times)
        if isinstance(item, Join):
            for branch in item.branches:
                total.update(times(self.items(branch.items), branch.times))
        elif isinstance(item, Around):
            total.update(self.items(item.body.items))
            total.update(self.items(item.shortcut.items))
        elif isinstance(item, DenseItem):
            for chain in item.iterations:
                total.update(self.items(chain.items))
        elif isinstance(item, HeadItem):
            for items in (*item.chains, *(p.layers for p in item.predictors)):
                total.update(self.items(items))
        return total


def own_steps(item: Item) -> dict[str, int]:
    """The steps that an item is itself, without those inside of it."""
    if isinstance(item, Op):
        return dict(Counter(layer.word for layer in item.layers))
    if isinstance(item, Join):
        return dict(Counter([item.layer.word, *(layer.word for layer in item.after)]))
    if isinstance(item, Around):
        return dict(Counter(["residual", *(layer.word for layer in item.after)]))
    if isinstance(item, DenseItem):
        return {"dense": 1}
    if isinstance(item, Arithmetic):
        return {"compute": 1}
    if isinstance(item, HeadItem):
        return {item.event.pool.word: 1} if item.event.pool is not None else {}
    return {"param": 1} if isinstance(item, Weight) else {}


def times(steps: Counter[str], number: int) -> Counter[str]:
    return Counter({word: count * number for word, count in steps.items()})


def summary(steps: Counter[str]) -> str:
    """`16 conv, 1 fc`: what a box stands for, in a few words."""
    said = []
    for word, shown in (("conv", "conv"), ("conv_transpose", "up-conv"), ("linear", "fc")):
        if steps[word]:
            said.append(f"{steps[word]:,} {shown}")
    if not said:
        total = sum(steps.values())
        said.append(f"{total:,} step{'s' if total != 1 else ''}")
    return ", ".join(said)
