"""What the page shows of all runs together: in what they differ, their groups, what is better, and how sure that is."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.report.balance import Balance, rankable
from mmfusion.report.built_sections import contents
from mmfusion.report.compare import Comparison, compare
from mmfusion.report.configs import ABSENT, settings
from mmfusion.report.formatting import setting, short_keys
from mmfusion.report.groups import Grouping, by_seed, group_runs, mean_interval
from mmfusion.report.importance import importance
from mmfusion.report.pooled import overlap
from mmfusion.report.run_metrics import RunMetrics
from mmfusion.report.sections._base import ReportSection
from mmfusion.report.sentences import conclusion, notes
from mmfusion.report.simple_models import not_better, simple_models, simple_sentences
from mmfusion.store.find import conclusions, not_begun
from mmfusion.store.run import Run

SINGLE = ""
"""Where runs stand that belong to no sweep."""

MOST_COMPARED = 8
"""Metrics that groups are tested by; the page offers more to look at."""


def page_summary(
    runs: Sequence[Run],
    metric: str | None = None,
    by: Sequence[str] = (),
    lower: Mapping[str, bool] | None = None,
    known_searches: list[dict[str, Any]] | None = None,
    sections: Mapping[str, ReportSection] | None = None,
) -> dict[str, Any]:
    """What the page shows of all runs, and under `sweeps` name to that of its runs alone, if there are two at least.

    What is requested of all runs is requested of a sweep as far as it has such a metric and such keys. Arguments and
    errors are those of `compare`; runs are ranked by `metric` at first. `known_searches` is what `searches` gave, if it
    was called before, `sections` what `build_sections` gives.

    Raises:
        ConfigError: there is no such metric or key.
    """
    importances = searches(runs) if known_searches is None else known_searches
    runs_of: defaultdict[str, list[Run]] = defaultdict(list)
    for run in runs:
        runs_of[SINGLE if run.sweep is None else run.sweep.name].append(run)
    whole = _summary(runs, metric, by, lower, sections) | {"searches": importances, "sweeps": {}}
    for name, inside in sorted(runs_of.items()) if len(runs_of) > 1 else ():
        try:
            own = _summary(inside, metric, by, lower, sections)
        except ConfigError:
            own = _summary(inside, None, (), lower, sections)
        whole["sweeps"][name] = own | {"searches": [entry for entry in importances if entry["sweep"] == name]}
    return whole


def _summary(
    runs: Sequence[Run],
    metric: str | None,
    by: Sequence[str],
    lower: Mapping[str, bool] | None,
    sections: Mapping[str, ReportSection] | None,
) -> dict[str, Any]:
    completed = [run for run in runs if run.status == "completed"]
    known, tested = RunMetrics(runs, lower), RunMetrics(completed, lower)
    try:
        metric = tested.default() if metric is None else tested.resolve(metric)
    except ConfigError:
        if metric is not None:
            raise
        # Nothing was tested yet, or in no direction that is known.
    groups = group_runs(runs, by)
    configured = sorted((run for run in runs if run.config), key=lambda run: run.id)
    keys = [*groups.by, *groups.within]
    shared = {name: rankable(groups, completed, name) for name in known.names}
    main = list(tested.mains().values())
    return {
        "metric": metric,
        "main": main,
        "metrics": [
            {"name": name, "lower": known.lower(name) if known.has_direction(name) else None} for name in known.names
        ],
        "keys": [{"key": key, "short": short} for key, short in short_keys(keys).items()],
        "by": groups.by,
        "settings": {
            run.id: [_plain(row.get(key, ABSENT)) for key in keys]
            for run, row in zip(configured, settings(configured), strict=True)
        },
        "groups": _groups(groups, shared, overlap(completed)),
        "same_rows": {
            name: {"values": rows.values if rows.anew else {}, "unlike": rows.unlike, "left_out": own.left_out}
            for name, own in shared.items()
            if (rows := own.rows).anew or rows.unlike or own.left_out
        },
        "compared": {
            name: _compared(compare(runs, name, by, lower, groups), groups)
            for name in list(dict.fromkeys([metric, *main]))[:MOST_COMPARED]
            if name is not None and tested.has_direction(name)
        },
        "to_come": [[sweep.name, count, planned] for sweep, count, planned in not_begun(runs)],
        "conclusions": conclusions(runs),
        "sections": contents(sections or {}, runs),
    }


def searches(runs: Sequence[Run], other_storages: bool = True) -> list[dict[str, Any]]:
    """Importance of parameters in each search that a run belongs to, one entry an objective."""
    sweeps = sorted({run.sweep for run in runs if run.sweep is not None})
    return [{"sweep": sweep.name} | entry for sweep in sweeps for entry in importance(sweep, other_storages)]


def _groups(groups: Grouping, shared: Mapping[str, Balance], share: float) -> list[dict[str, Any]]:
    """Runs of each group, `[mean, half, n]` of every metric where a group has several completed runs, and `unranked`:
    metric to why the group cannot be ranked by it.

    A group of one run has the run's own values.
    """
    rows = []
    for place, group in enumerate(groups.groups):
        intervals = {}
        for metric, own in shared.items() if len(group.completed) > 1 else ():
            interval = mean_interval(by_seed(group, own.values), share)
            if interval is not None:
                intervals[metric] = [interval.mean, interval.half, interval.n]
        unranked = {metric: why for metric, own in shared.items() if (why := own.unranked.get(place)) is not None}
        rows.append({"runs": [run.id for run in group.runs], "metrics": intervals, "unranked": unranked})
    return rows


def _compared(comparison: Comparison, groups: Grouping) -> dict[str, Any]:
    """What `compare` says by one metric; in `rows` a group's place to its test against the best one and its Δm."""
    place = {id(group): index for index, group in enumerate(groups.groups)}
    rows: dict[int, dict[str, Any]] = {}
    for rank, row in enumerate(comparison.rows):
        about = rows[place[id(row.group)]] = {"rank": rank} if row.is_ranked else {}
        if row.paired is not None:
            about |= {"p": row.p, "reason": row.paired.reason, "pairs": row.paired.n, "effect": row.paired.effect}
        elif row.unranked is not None:
            about["reason"] = row.unranked
        if row.pooled is not None:
            about["pooled"] = row.pooled
        if row.delta is not None:
            about["delta"] = [row.delta.mean, row.delta.half, row.delta.n]
    return {
        "conclusion": conclusion(comparison),
        "notes": [*notes(comparison), *simple_sentences(comparison), *not_better(comparison)],
        "simple": list(simple_models(comparison).items()),
        "rows": rows,
    }


def _plain(value: Any) -> Any:
    """Numbers stay numbers, so that the page can sort and scale them; the rest becomes text."""
    if value is ABSENT:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number else setting(value)
