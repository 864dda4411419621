"""Simple models beside runs on the same rows: what they reach, and which rows of a comparison do not beat them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from statistics import fmean

from mmfusion.config.override import node_at
from mmfusion.report.compare import Comparison
from mmfusion.report.formatting import brief, shortlist
from mmfusion.report.statistics import means
from mmfusion.runs.baseline_table import model_title
from mmfusion.runs.metric_lines import format_number
from mmfusion.store.run import Run

_SCORED = ("accuracy", "mae")
"""Metrics that are means over rows, which `against` in a run's `baselines` is about."""
_NAMED = 4


def simple_models(comparison: Comparison) -> dict[str, float]:
    """Simple model, as a person reads it, to its value of the comparison's metric: the mean over the ranked runs."""
    runs = chain.from_iterable(_counted(comparison))
    models = chain.from_iterable((node_at(run.baselines, "metrics") or {}).items() for run in runs)
    known = [(model_title(model), metrics) for model, metrics in models if isinstance(metrics, Mapping)]
    values = [(model, metrics.get(str(comparison.metric))) for model, metrics in known]
    return means((model, float(value)) for model, value in values if isinstance(value, int | float))


def heading(comparison: Comparison) -> str:
    """What stands above the simple models: on which rows they were tested."""
    rows = comparison.balance.rows
    return f"simple models on {'the test rows of each run' if rows.anew else 'the same rows'}"


def simple_sentences(comparison: Comparison) -> list[str]:
    """The simple models in a sentence; none if there are none."""
    values = ", ".join(f"{model} {format_number(value)}" for model, value in simple_models(comparison).items())
    title = heading(comparison)
    return [f"{title[0].upper()}{title[1:]}, by {comparison.metric}: {values}."] if values else []


def _counted(comparison: Comparison) -> list[list[Run]]:
    """Of each ranked row the runs that it is ranked by: in each row those of the same seeds, folds and cells."""
    values = comparison.balance.values
    return [[run for run in row.group.completed if run.id in values] for row in comparison.ranked]


def not_better(comparison: Comparison) -> list[str]:
    """A sentence on the ranked rows that are not shown to be better than the best simple model; none if all are.

    By a metric that is no mean over rows nothing is tested, and that is said.
    """
    task, _, metric = (comparison.metric or "").removeprefix("test/").rpartition("/")
    if metric not in _SCORED:
        why = f"Whether a row is better than simple models is tested by {' and '.join(_SCORED)} alone, not by {metric}."
        return [why] if simple_models(comparison) else []
    lows = [(row, _gain(runs, task)) for row, runs in zip(comparison.ranked, _counted(comparison), strict=True)]
    behind = [brief(row.group.settings) or row.label for row, low in lows if low is not None and low <= 0]
    if not behind:
        return []
    return [
        f"Not shown to be better than the best simple model: {shortlist(behind, _NAMED)} (best on the validation rows; "
        "the lower end of the 95% interval of the difference over test rows, mean over runs, is not above 0)."
    ]


def _gain(runs: Sequence[Run], task: str) -> float | None:
    """The mean over runs of the lower end of what they gain over the best simple model; None if not known."""
    lows = [(node_at(run.baselines, f"against.{task}") or {}).get("low") for run in runs]
    known = [float(low) for low in lows if isinstance(low, int | float)]
    return fmean(known) if known else None
