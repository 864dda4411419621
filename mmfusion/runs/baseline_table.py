"""What simple models reach, beside the run or by itself, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from mmfusion.runs.metric_lines import Line, leading_metrics, number, parse_metric_names
from mmfusion.store.run import Run

CONSTANT = "majority or mean"
BEST = "*"


def baseline_report(result: Run, lines: Sequence[Line], width: int) -> Iterator[RenderableType]:
    """A table with the run above the simple models, and for each task which of the two is better.

    Args:
        result: with baselines.
        lines: the metrics of the run's own report.
        width: of the terminal.
    """
    whole = [line for line in lines if line.subset is None]
    leading = leading_metrics(result.ceilings, whole, result.task_metrics)
    own = {(line.task, line.metric): result.metrics[line.name] for line in whole}
    yield from baseline_tables(result.baselines, leading, width, own)
    verdicts = [
        escape(f"{task} ({leading[task]}): {verdict(found)}")
        for task, found in result.baselines.get("against", {}).items()
        if task in leading
    ]
    yield "\n".join(verdicts)


def baseline_tables(
    summary: Mapping[str, Any],
    leading: Mapping[str, str],
    width: int,
    own: Mapping[tuple[str, str], float] | None = None,
) -> Iterator[RenderableType]:
    """A row a simple model, a column a task with its leading metric; as many tables as the width needs.

    Args:
        summary: of the baselines.
        leading: task to metric.
        width: of the terminal.
        own: task and metric to the value of the run that stands in the first row; None: no run.
    """
    metrics: Mapping[str, Mapping[str, float]] = summary["metrics"]
    names = {model: shown(model) for model in metrics}
    longest = max(len(name) for name in (*names.values(), "this run"))
    each = max(max(len(task), len(metric), 6) for task, metric in leading.items()) + 3
    fit = max(1, (width - min(longest, width // 2) - 4) // each)
    tasks = list(leading)
    for first in range(0, len(tasks), fit):
        title = "simple models on the same rows" if first == 0 else None
        table = Table(title=title, title_justify="left", title_style="bold")
        table.add_column("model", overflow="fold")
        chosen = tasks[first : first + fit]
        for task in chosen:
            table.add_column(f"{escape(task)}\n{leading[task]}", justify="right")
        if own is not None:
            table.add_row("this run", *(number(own.get((task, leading[task]))) for task in chosen), end_section=True)
        for model, values in metrics.items():
            cells = [number(values.get(f"test/{task}/{leading[task]}")) for task in chosen]
            best = [summary["best"].get(task) == model for task in chosen]
            cells = [f"{cell}{BEST if is_best else ' '}" for cell, is_best in zip(cells, best, strict=True)]
            table.add_row(escape(names[model]), *cells)
        yield table
    notes = [f"{BEST} the best on the validation rows"] if summary["best"] else []
    yield "\n".join(escape(note) for note in [*notes, *summary["notes"]])


def summary_tasks(summary: Mapping[str, Any]) -> dict[str, str]:
    """Task to its leading metric, of baselines without a run."""
    return leading_metrics({}, parse_metric_names(list(next(iter(summary["metrics"].values()), {}))))


def shown(model: str) -> str:
    """`linear[a+b]` → `linear: a + b`; `constant` → what it answers."""
    if model == "constant":
        return CONSTANT
    return f"linear: {model.removeprefix('linear[').removesuffix(']').replace('+', ' + ')}"


def verdict(found: Mapping[str, Any]) -> str:
    """Whether a run is better than the best simple model, from the interval of their difference over rows."""
    if found["low"] is None:
        return "no row to compare on"
    interval = f"{found['difference']:+.3f}, 95% interval {found['low']:+.3f} to {found['high']:+.3f}"
    if found["low"] > 0:
        return f"better than the best simple model ({interval})"
    if found["high"] < 0:
        return f"worse than the best simple model ({interval})"
    return f"not shown to be better than the best simple model ({interval})"
