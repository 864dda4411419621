"""Which configuration is best by a metric, how sure that is, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mmfusion.report.balance import Balance, rankable
from mmfusion.report.costs import mean_costs
from mmfusion.report.delta import Deltas, deltas
from mmfusion.report.formatting import label, short_keys
from mmfusion.report.groups import (
    Group,
    Grouping,
    by_fold,
    by_seed,
    group_runs,
    mean_interval,
    metric_values,
    paired_by_seed,
)
from mmfusion.report.pooled import overlap, pooled
from mmfusion.report.run_metrics import RunMetrics
from mmfusion.report.statistics import Interval, Paired, holm, paired_t_test
from mmfusion.store.find import natural
from mmfusion.store.run import Run


@dataclass(frozen=True)
class Row:
    """A group's line.

    Attributes:
        score: the metric over seeds; None if no completed run has it.
        unranked: why the row cannot be ranked beside the others; None if it can.
        paired: the best row minus this one, over the seeds of both; None for the best and for rows without the metric.
        p: of that test, corrected after Holm for all tests of the comparison; None if it could not be made.
        delta: Δm over seeds in %.
        pooled: the metric of the predictions of all folds together; None without folds or predictions.
    """

    group: Group
    score: Interval | None
    unranked: str | None = None
    paired: Paired | None = None
    p: float | None = None
    delta: Interval | None = None
    costs: Mapping[str, float] | None = None
    pooled: float | None = None

    @property
    def label(self) -> str:
        return label(self.group.settings)

    @property
    def is_ranked(self) -> bool:
        return self.score is not None and self.unranked is None


@dataclass(frozen=True)
class Comparison:
    """Groups by merit.

    Attributes:
        metric: what they are ranked by; None if no completed run has any.
        lower: whether less of it is better.
        by: the keys that tell rows apart.
        within: keys that differ inside of rows and were averaged.
        rows: best first, then those that cannot be ranked, those without the metric last.
        values: run's id to its metric.
        unpooled: why rows that are in folds have no pooled value; None if they have.
        overlap: of the folds that runs are of, as `interval` takes it; 0 if rows are in no folds.
        runs: all, in order of their ids.
    """

    metric: str | None
    lower: bool
    by: list[str]
    within: list[str]
    rows: list[Row]
    values: dict[str, float]
    balance: Balance
    overlap: float
    unpooled: str | None
    deltas: Deltas
    runs: list[Run]

    @property
    def ranked(self) -> list[Row]:
        return [row for row in self.rows if row.is_ranked]


def compare(
    runs: Sequence[Run],
    metric: str | None = None,
    by: Sequence[str] = (),
    lower: Mapping[str, bool] | None = None,
    groups: Grouping | None = None,
) -> Comparison:
    """Group the runs over seeds, rank what comes out, and test the best against each other one.

    Args:
        metric: a metric's name or the end of one; None: `RunMetrics.default`.
        by, lower: as `group_runs` and `RunMetrics` take them.
        groups: what `group_runs` made of the runs by these keys, where that was done before.

    Raises:
        ConfigError: there is no such metric or key, or nobody knows which way the metric is better.
    """
    runs = sorted(runs, key=lambda run: natural(run.id))
    completed = [run for run in runs if run.status == "completed"]
    groups = group_runs(runs, by) if groups is None else groups
    known = RunMetrics(completed, lower)
    metric = (known.default() if metric is None else known.resolve(metric)) if completed else None
    is_lower = metric is not None and known.lower(metric)
    name = metric or ""
    balance, share = rankable(groups, completed, name), overlap(completed)
    gains, (union, unpooled) = deltas(completed, known, metric), pooled(groups, balance, name)
    gains_of = {run: gain for run, gain in gains.values.items() if run not in balance.left_out}
    rows = [
        Row(
            group,
            mean_interval(by_seed(group, balance.values), share),
            balance.unranked.get(place),
            delta=mean_interval(by_seed(group, gains_of), share),
            costs=mean_costs(group.completed),
            pooled=union.get(place),
        )
        for place, group in enumerate(groups.groups)
    ]

    def merit(row: Row) -> tuple[bool, bool, float, str]:
        mean = 0.0 if row.score is None or row.unranked else row.score.mean * (1 if is_lower else -1)
        return row.score is None, row.unranked is not None, mean, row.label

    rows = _tested(sorted(rows, key=merit), balance.values, groups, share)
    values = metric_values(completed, name)
    return Comparison(metric, is_lower, groups.by, groups.within, rows, values, balance, share, unpooled, gains, runs)


def _tested(rows: Sequence[Row], values: Mapping[str, float], groups: Grouping, share: float) -> list[Row]:
    """The first row against each other one that is ranked."""
    pairs = "shared folds" if share else "shared seeds"
    if groups.within:
        pairs += f" with the same {', '.join(short_keys(groups.within).values())}"
    tests = {}
    for index, row in enumerate(rows):
        if index and row.is_ranked:
            best, other = map(by_fold, paired_by_seed(rows[0].group, row.group, values))
            tests[index] = paired_t_test(best, other, pairs, share)
    p_of = holm(tests)
    return [replace(row, paired=tests.get(index), p=p_of.get(index)) for index, row in enumerate(rows)]
