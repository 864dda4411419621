"""Names of metrics taken apart, and numbers as a report shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

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
    found = [(name, _NAME.fullmatch(name)) for name in names]
    lines = [Line(n, m["split"], m["subset"], m["task"], m["metric"]) for n, m in found if m is not None]
    return [line for line in lines if line.metric != "labels"]


def leading_metrics(
    ceilings: Mapping[str, float],
    lines: Sequence[Line],
    task_metrics: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> dict[str, str]:
    """Task to the metric that stands for it: the first that has a ceiling, else the first that is not its loss.

    Args:
        ceilings: of metrics, by their whole names.
        lines: the metrics.
        task_metrics: task to the order of its metrics; without it, that of `lines`.
    """
    leading = {}
    for task in dict.fromkeys(line.task for line in lines):
        own = {line.metric: line.name for line in lines if line.task == task}
        order = [metric for metric in (*task_metrics.get(task, ()), *own, "loss") if metric in own and metric != "loss"]
        leading[task] = next((metric for metric in own if own[metric] in ceilings), order[0] if order else "loss")
    return leading


def number(value: float | None) -> str:
    """Four digits or so; "–" for what is not known."""
    if value is None or value != value:
        return "–"
    if 0 < abs(value) < 0.001:
        return f"{value:.2g}"
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:.4g}"
