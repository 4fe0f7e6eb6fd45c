"""How training goes, for people: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from netdsl.detecting.precision import Precision
from netdsl.detecting.training import Step
from netdsl.escaping.letters import plain

SECONDS_BETWEEN_LINES = 30.0
LINES = 10  # of a training that is shorter than that many times those seconds


class Display:
    """Shows `Step`s while it is open: `with Display(console) as shown: train(..., report=shown)`."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bar: Progress | None = None
        self._task: TaskID
        self._line: tuple[float, float] = (time.monotonic(), 0.0)  # when, and how much was done

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            columns = (BarColumn(24), TextColumn("{task.description}", markup=False))
            self._bar = Progress(*columns, console=self.console, transient=True)
            self._task = self._bar.add_task("training begins", total=1.0)
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, step: Step) -> None:
        """Tell of a step."""
        if self._bar is not None:
            self._bar.update(self._task, completed=step.done, description=step_text(step))
            return
        now = time.monotonic()
        when, done = self._line
        if step.done >= 1 or step.done - done >= 1 / LINES or now - when >= SECONDS_BETWEEN_LINES:
            self._line = (now, step.done)
            self.console.print(Text(step_text(step)), soft_wrap=True)


def step_text(step: Step) -> str:
    """`31%  epoch 3  loss 1.230 (classification 0.900, boxes 0.330)  160 images/s  6:20 left`"""
    losses = ", ".join(f"{name} {value:.3f}" for name, value in step.losses.items())
    return (
        f"{step.done:4.0%}  epoch {step.epoch}  loss {step.loss:.3f} ({losses})  "
        f"{step.pictures_per_second:.0f} images/s  {clock_text(step.seconds_left)} left"
    )


def clock_text(seconds: float) -> str:
    """Minutes and seconds, with hours where there are some."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    if hours:
        return f"{hours}:{minutes:02}:{whole % 60:02}"
    return f"{minutes}:{whole % 60:02}"


def precision_table(
    precision: Precision, classes: Sequence[str], objects: dict[int, int], title: str
) -> Table:
    """Average precision of every class, and the means below."""
    table = Table(title=title, title_justify="left")
    table.add_column("class")
    for name in ("objects", "mAP", "mAP@0.5", "mAP@0.75"):
        table.add_column(name, justify="right")
    at = [precision.per_class(threshold) for threshold in (None, 0.5, 0.75)]
    for label, name in enumerate(classes, start=1):
        count = objects.get(label, 0)
        figures = [shown(values[label]) if count else "-" for values in at]
        table.add_row(Text(plain(name)), f"{count:,}", *figures)
    table.add_section()
    means = (precision.mean, precision.at(0.5), precision.at(0.75))
    table.add_row("all", f"{sum(objects.values()):,}", *map(shown, means), style="bold")
    return table


def shown(value: float) -> str:
    """A precision, or a dash where there is none."""
    return "-" if math.isnan(value) else f"{value:.3f}"
