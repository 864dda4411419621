"""Names of metrics taken apart, numbers as a report shows them, and tables with a column for each task."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from rich.markup import escape
from rich.table import Table
from rich.text import Text

NARROWEST = 80
_NAME = re.compile(r"(?P<split>\w+)(\[(?P<subset>[^\]]*)\])?/(?P<task>[^/]+)/(?P<metric>.+)")


@dataclass(frozen=True)
class Line:
    """One metric's name, taken apart; `subset` is None with all modalities."""

    name: str
    split: str
    subset: str | None
    task: str
    metric: str


def parse_metric_names(names: Sequence[str]) -> list[Line]:
    """Metric names that are a task's; counts of rows and labels are left out."""
    matches = [(name, _NAME.fullmatch(name)) for name in names]
    return [Line(n, *m.group("split", "subset", "task", "metric")) for n, m in matches if m and m["metric"] != "labels"]


def leading_metrics(
    ceilings: Mapping[str, float],
    lines: Sequence[Line],
    task_metrics: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> dict[str, str]:
    """Task to the metric that stands for it: the first that has a ceiling, else the first that is not its loss.

    Metrics of a task come in the order of `task_metrics`, without it in that of `lines`.
    """
    leading = {}
    for task in dict.fromkeys(line.task for line in lines):
        own = {line.metric: line.name for line in lines if line.task == task}
        known = [metric for metric in own if own[metric] in ceilings]
        order = [metric for metric in (*task_metrics.get(task, ()), *own) if metric in own and metric != "loss"]
        leading[task] = [*known, *order, "loss"][0]
    return leading


def flat_ceilings(
    metrics: Iterable[str],
    modalities: Sequence[str],
    ceiling: Callable[[frozenset[str]], Mapping[str, Mapping[str, float]]],
) -> dict[str, float]:
    """The best attainable value of each metric that was measured, as far as the source's `ceiling` knows it."""
    of_subset = cache(ceiling)
    ceilings = {}
    for line in parse_metric_names(list(metrics)):
        subset = modalities if line.subset is None else line.subset.split("+")
        value = of_subset(frozenset(subset)).get(line.task, {}).get(line.metric)
        if value is not None:
            ceilings[line.name] = float(value)
    return ceilings


def format_number(value: float | None) -> str:
    """Four digits or so; "–" for what is not known."""
    if value is None or value != value:
        return "–"
    if 0 < abs(value) < 0.001:
        return f"{value:.2g}"
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:.4g}"


def task_tables(
    title: str,
    heads: Sequence[str],
    leading: Mapping[str, str],
    rows: Mapping[tuple[str, ...], Sequence[str]],
    width: int,
    apart: int = 0,
) -> list[Table]:
    """A column a task with its leading metric; as many tables as the width needs.

    Args:
        heads: of the columns before the tasks'.
        leading: task to metric.
        rows: what stands in the columns before the tasks', to a cell for each task, with markup.
        apart: so many rows stand above a line.
    """
    names = 9 * (len(heads) - 1) + max((len(first) for first, *_ in rows), default=0)
    cells = (Text.from_markup(cell).cell_len for row in rows.values() for cell in row)
    column = max((*cells, *map(len, leading), *map(len, leading.values())), default=0) + 3
    fit = max(1, (width - min(names, width // 2) - 4) // column)
    tables = []
    for first in range(0, len(leading), fit):
        table = Table(title=None if first else title, title_justify="left", title_style="bold")
        table.add_column(heads[0], overflow="fold")
        for head in heads[1:]:
            table.add_column(head, justify="right")
        for task in list(leading)[first : first + fit]:
            table.add_column(f"{escape(task)}\n{leading[task]}", justify="right")
        for i, (own, row) in enumerate(rows.items()):
            table.add_row(*map(escape, own), *row[first : first + fit], end_section=i < apart)
        tables.append(table)
    return tables
