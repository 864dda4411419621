"""Simple models beside runs on the same rows: what they reach, and which rows of a comparison do not beat them."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from typing import Any

from mmfusion.report.compare import Comparison, Row
from mmfusion.report.words import brief
from mmfusion.runs.baseline_table import shown
from mmfusion.runs.metric_lines import number

_SCORED = ("accuracy", "mae")
"""Metrics that are means over rows, which `against` in a run's `baselines` is about."""
_NAMED = 4


def simple_models(comparison: Comparison) -> dict[str, float]:
    """Simple model, as a person reads it, to its value of the comparison's metric: the mean over runs that have it."""
    values: dict[str, list[float]] = {}
    for run in comparison.runs:
        for model, metrics in (_mapping(run.baselines.get("metrics")) if run.status == "completed" else {}).items():
            value = _mapping(metrics).get(str(comparison.metric))
            if isinstance(value, int | float):
                values.setdefault(shown(model), []).append(float(value))
    return {model: fmean(each) for model, each in values.items()}


def listed(comparison: Comparison) -> list[str]:
    """The simple models in a sentence; none if there are none."""
    found = simple_models(comparison)
    each = ", ".join(f"{model} {number(value)}" for model, value in found.items())
    return [f"Simple models on the same rows, by {comparison.metric}: {each}."] if found else []


def not_better(comparison: Comparison) -> list[str]:
    """A sentence on the ranked rows that are not shown to be better than the best simple model; none if all are."""
    task, _, metric = (comparison.metric or "").removeprefix("test/").rpartition("/")
    judged = [(row, _gain(row, task)) for row in comparison.ranked] if metric in _SCORED else []
    behind = [brief(row.group.settings) or row.label for row, low in judged if low is not None and low <= 0]
    if not behind:
        return []
    names = ", ".join(behind[:_NAMED]) + (f" and {len(behind) - _NAMED} more" if len(behind) > _NAMED else "")
    return [
        f"Not shown to be better than the best simple model: {names} (the lower end of the 95% interval of the "
        "difference over test rows, mean over runs, is not above 0)."
    ]


def _gain(row: Row, task: str) -> float | None:
    """The mean over a row's runs of the lower end of what they gain over the best simple model; None if not known."""
    lows = [_mapping(_mapping(run.baselines.get("against")).get(task)).get("low") for run in row.group.completed]
    known = [float(low) for low in lows if isinstance(low, int | float)]
    return fmean(known) if known else None


def _mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}
