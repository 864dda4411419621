"""Which configuration is best by a metric, how sure that is, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum

from mmfusion.report.costs import COSTS, costs
from mmfusion.report.delta import Deltas, deltas
from mmfusion.report.directions import lower_is_better
from mmfusion.report.fold import Folded, Group, by_seed, fold, folded, paired_by_seed, values_of
from mmfusion.report.metrics import default_metric, resolve_metric
from mmfusion.report.runs import Run, natural
from mmfusion.report.statistics import Interval, Paired, holm, paired_t_test
from mmfusion.report.words import label, short_keys


@dataclass(frozen=True)
class Row:
    """A group's line.

    Attributes:
        group: its runs and settings.
        found: the metric over seeds; None if no completed run has it.
        paired: the best row minus this one, over the seeds of both; None for the best and for rows without the metric.
        p: of that test, corrected after Holm for all tests of the comparison; None if it could not be made.
        delta: Δm over seeds in %; None if it cannot be told.
        delta_of_other_seeds: whether single-task runs of other seeds had to do.
        costs: of `COSTS`, the means over completed runs.
    """

    group: Group
    found: Interval | None
    paired: Paired | None = None
    p: float | None = None
    delta: Interval | None = None
    delta_of_other_seeds: bool = False
    costs: Mapping[str, float] | None = None

    @property
    def label(self) -> str:
        return label(self.group.settings)


@dataclass(frozen=True)
class Comparison:
    """Groups by merit.

    Attributes:
        metric: what they are ranked by; None if no completed run has any.
        lower: whether less of it is better.
        by: the keys that tell rows apart.
        within: keys that differ inside of rows and were averaged.
        rows: best first, those without the metric last.
        values: run's id to its metric.
        deltas: Δm of runs.
        runs: all, in order of their ids.
    """

    metric: str | None
    lower: bool
    by: list[str]
    within: list[str]
    rows: list[Row]
    values: dict[str, float]
    deltas: Deltas
    runs: list[Run]

    @property
    def ranked(self) -> list[Row]:
        return [row for row in self.rows if row.found is not None]


def compare(
    runs: Sequence[Run],
    metric: str | None = None,
    by: Sequence[str] = (),
    said: Mapping[str, bool] | None = None,
    groups: Folded | None = None,
) -> Comparison:
    """Fold the runs over seeds, rank what comes out, and test the best against each other one.

    Args:
        runs: in any order.
        metric: a metric's name or the end of one; None: `default_metric`.
        by: keys to group by; none: all that differ.
        said: last or whole name of a metric to whether lower is better, where mmfusion does not know.
        groups: what `fold` made of the runs by these keys, where that was done before.

    Raises:
        ConfigError: there is no such metric or key, or nobody knows which way the metric is better.
    """
    runs = sorted(runs, key=lambda run: natural(run.id))
    completed = [run for run in runs if run.status == "completed"]
    groups = fold(runs, by) if groups is None else groups
    if not completed:
        return Comparison(
            None, False, groups.by, groups.within, [Row(g, None) for g in _named(groups)], {}, _NONE, runs
        )
    metric = default_metric(completed, said) if metric is None else resolve_metric(metric, completed)
    lower = lower_is_better(metric, said)
    values = values_of(completed, metric)
    against = deltas(completed, metric, said)
    rows = [_row(group, values, against) for group in _named(groups)]
    # Sorting keeps the order of names among equals.
    rows.sort(key=lambda row: (row.found is None, 0.0 if row.found is None else row.found.mean * (1 if lower else -1)))
    return Comparison(
        metric, lower, groups.by, groups.within, _tested(rows, values, groups.within), values, against, runs
    )


_NONE = Deltas({}, frozenset(), {})


def _named(groups: Folded) -> list[Group]:
    return sorted(groups.groups, key=lambda group: label(group.settings))


def _row(group: Group, values: Mapping[str, float], against: Deltas) -> Row:
    own = [costs(run) for run in group.completed]
    means = {name: [each[name] for each in own if name in each] for name in COSTS}
    return Row(
        group,
        folded(by_seed(group, values)),
        delta=folded(by_seed(group, against.values)),
        delta_of_other_seeds=any(run.id in against.other_seeds for run in group.runs),
        costs={name: fsum(each) / len(each) for name, each in means.items() if each},
    )


def _tested(rows: Sequence[Row], values: Mapping[str, float], within: Sequence[str]) -> list[Row]:
    """The first row against each other one that has the metric."""
    same = f" with the same {', '.join(short_keys(within).values())}" if within else ""
    tests = {
        index: paired_t_test(*paired_by_seed(rows[0].group, row.group, values), f"shared seeds{same}")
        for index, row in enumerate(rows)
        if index and row.found is not None
    }
    corrected = holm([p for test in tests.values() if (p := test.p) is not None])
    p_of = dict(zip((index for index, test in tests.items() if test.p is not None), corrected, strict=True))
    return [replace(row, paired=tests.get(index), p=p_of.get(index)) for index, row in enumerate(rows)]
