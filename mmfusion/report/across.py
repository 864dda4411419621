"""What the page shows of all runs together: in what they differ, their groups, what is better, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.report.balance import Balance, rankable
from mmfusion.report.columns import ABSENT
from mmfusion.report.compare import Comparison, compare
from mmfusion.report.configs import settings
from mmfusion.report.directions import has_direction, lower_is_better
from mmfusion.report.fold import Folded, by_seed, fold, folded
from mmfusion.report.folds import overlap
from mmfusion.report.importance import importance
from mmfusion.report.metrics import default_metric, main_metric, names, resolve_metric, tasks
from mmfusion.report.reading import conclusion, notes
from mmfusion.report.simple import listed, not_better, simple_models
from mmfusion.report.words import setting, short_keys
from mmfusion.store.find import conclusions, not_begun
from mmfusion.store.run import Run

MOST_COMPARED = 8
"""Metrics that groups are tested by; the page offers more to look at."""


def across(
    runs: Sequence[Run],
    metric: str | None = None,
    by: Sequence[str] = (),
    said: Mapping[str, bool] | None = None,
    found: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """What `payload` calls shared; `metric`, `by` and `said` as there, `found` what `searches` gave if it was asked.

    Raises:
        ConfigError: there is no such metric or key.
    """
    completed = [run for run in runs if run.status == "completed"]
    if metric is not None:
        metric = resolve_metric(metric, completed)
    else:
        try:
            metric = default_metric(completed, said)
        except ConfigError:
            metric = None  # nothing was tested yet, or in no direction that is known
    groups = fold(runs, by)
    known = sorted((run for run in runs if run.config), key=lambda run: run.id)
    told = {run.id: row for run, row in zip(known, settings(known), strict=True)}
    keys = [*groups.by, *groups.within]
    metrics = names(runs)
    shared = {name: rankable(groups, completed, name) for name in metrics}
    return {
        "metric": metric,
        "main": _main(completed, metrics, said),
        "metrics": [
            {"name": name, "lower": lower_is_better(name, said) if has_direction(name, said) else None}
            for name in metrics
        ],
        "keys": [{"key": key, "short": short} for key, short in short_keys(keys).items()],
        "by": groups.by,
        "settings": {name: [_told(row.get(key, ABSENT)) for key in keys] for name, row in told.items()},
        "groups": _groups(groups, shared, overlap(completed)),
        "same_rows": {
            name: {
                "values": own.rows.values if own.rows.anew else {},
                "unlike": own.rows.unlike,
                "left_out": own.left_out,
            }
            for name, own in shared.items()
            if own.rows.anew or own.rows.unlike or own.left_out
        },
        "compared": _compared(runs, completed, metric, by, said, groups),
        "searches": searches(runs) if found is None else found,
        "to_come": [[sweep.name, count, planned] for sweep, count, planned in not_begun(runs)],
        "conclusions": conclusions(runs),
    }


def searches(runs: Sequence[Run], other_storages: bool = True) -> list[dict[str, Any]]:
    """Importance of parameters in each search that a run belongs to, one entry an objective."""
    sweeps = sorted({run.sweep for run in runs if run.sweep is not None})
    return [{"sweep": sweep.name} | each for sweep in sweeps for each in importance(sweep, other_storages)]


def _main(completed: Sequence[Run], metrics: Sequence[str], said: Mapping[str, bool] | None) -> list[str]:
    """The metric that stands for each task."""
    of = dict.fromkeys(task for run in completed for task in tasks(run))
    return [found for task in of if (found := main_metric(task, metrics, said)) is not None]


def _groups(groups: Folded, shared: Mapping[str, Balance], share: float) -> list[dict[str, Any]]:
    """Runs of each group, `[mean, half, n]` of every metric where a group has several completed runs, and `unranked`:
    metric to why the group cannot be ranked by it.

    A group of one run has the run's own values.
    """
    found = []
    for place, group in enumerate(groups.groups):
        intervals = {}
        for metric, own in shared.items() if len(group.completed) > 1 else ():
            interval = folded(by_seed(group, own.values), share)
            if interval is not None:
                intervals[metric] = [interval.mean, interval.half, interval.n]
        unranked = {metric: why for metric, own in shared.items() if (why := own.unranked.get(place)) is not None}
        found.append({"runs": [run.id for run in group.runs], "metrics": intervals, "unranked": unranked})
    return found


def _compared(
    runs: Sequence[Run],
    completed: Sequence[Run],
    metric: str | None,
    by: Sequence[str],
    said: Mapping[str, bool] | None,
    groups: Folded,
) -> dict[str, dict[str, Any]]:
    """Metric to what `compare` says of it: for the first metric and each task's main one."""
    if metric is None:
        return {}
    wanted = dict.fromkeys([metric, *_main(completed, names(runs), said)])
    place = {frozenset(run.id for run in group.runs): index for index, group in enumerate(groups.groups)}
    found = {}
    for name in list(wanted)[:MOST_COMPARED]:
        if not has_direction(name, said):
            continue
        comparison = compare(runs, name, by, said, groups)
        found[name] = {
            "conclusion": conclusion(comparison),
            "notes": [*notes(comparison), *listed(comparison), *not_better(comparison)],
            "simple": list(simple_models(comparison).items()),
            "rows": _rows(comparison, place),
        }
    return found


def _rows(comparison: Comparison, place: Mapping[frozenset[str], int]) -> dict[int, dict[str, Any]]:
    """Group's place to its test against the best one and its Δm."""
    found = {}
    for rank, row in enumerate(comparison.rows):
        told: dict[str, Any] = {"rank": rank} if row.found is not None and row.unranked is None else {}
        if row.paired is not None:
            told |= {"p": row.p, "reason": row.paired.reason, "pairs": row.paired.n, "effect": row.paired.effect}
        elif row.unranked is not None:
            told |= {"reason": row.unranked}
        if row.pooled is not None:
            told["pooled"] = row.pooled
        if row.delta is not None:
            told["delta"] = [row.delta.mean, row.delta.half, row.delta.n]
        found[place[frozenset(run.id for run in row.group.runs)]] = told
    return found


def _told(value: Any) -> Any:
    """Numbers stay numbers, so that the page can sort and scale them; the rest is told in words."""
    if value is ABSENT:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number else setting(value)
