"""What simple models reach beside a run, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.markup import escape

from mmfusion.runs.metric_lines import Line, format_number, leading_metrics, parse_metric_names, task_tables
from mmfusion.store.run import Run

_CONSTANT = "majority or mean"
_BEST = "*"


def baseline_report(result: Run, lines: Sequence[Line], width: int) -> Iterator[RenderableType]:
    """A table with the run above the simple models, and for each task which of the two is better."""
    summary, own = result.baselines, [line for line in lines if line.subset is None]
    leading = leading_metrics(result.ceilings, own, result.task_metrics)
    values = {(line.task, line.metric): result.metrics[line.name] for line in own}
    rows: dict[tuple[str, ...], list[str]] = {
        ("this run",): [f"{format_number(values.get(task))} " for task in leading.items()]
    }
    for model, metrics in summary["metrics"].items():
        rows[model_title(model),] = [
            format_number(metrics.get(f"test/{task}/{metric}")) + (_BEST if summary["best"].get(task) == model else " ")
            for task, metric in leading.items()
        ]
    yield from task_tables("simple models on the same rows", ["model"], leading, rows, width, apart=1)
    notes = [f"{_BEST} the best on the validation rows"] if summary["best"] else []
    yield "\n".join(escape(note) for note in [*notes, *summary["notes"]])
    verdicts = [
        escape(f"{task} ({leading[task]}): {verdict(against)}")
        for task, against in summary.get("against", {}).items()
        if task in leading
    ]
    yield "\n".join(verdicts)


def summary_tasks(summary: Mapping[str, Any]) -> dict[str, str]:
    """Task to its leading metric, of baselines without a run."""
    return leading_metrics({}, parse_metric_names(list(next(iter(summary["metrics"].values()), {}))))


def model_title(model: str) -> str:
    """`linear[a+b]` → `linear: a + b`; `constant` → what it answers."""
    if model == "constant":
        return _CONSTANT
    return f"linear: {model.removeprefix('linear[').removesuffix(']').replace('+', ' + ')}"


def verdict(against: Mapping[str, Any]) -> str:
    """Whether a run is better than the best simple model, from the interval of their difference over rows."""
    low, high = against["low"], against["high"]
    if low is None:
        return "no row to compare on"
    which = "better" if low > 0 else "worse" if high < 0 else "not shown to be better"
    interval = f"{against['difference']:+.3f}, 95% interval {low:+.3f} to {high:+.3f}"
    return f"{which} than the best simple model ({interval})"
