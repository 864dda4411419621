"""What learning tasks together is worth, against the same configuration with each task alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from mmfusion.config.task_metrics import MetricFacts
from mmfusion.report.columns import token
from mmfusion.report.configs import ASIDE, FOLD, flat, is_aside
from mmfusion.report.groups import Seed, replicate
from mmfusion.report.run_metrics import RunMetrics, tasks, value
from mmfusion.report.same_rows import scored_on
from mmfusion.store.run import Run

# One task needs no weighting, and is watched by its own metric.
_OF_SEVERAL = ("loss_weighting", "gradients_of", "callbacks.monitor", "task", "name")


@dataclass(frozen=True)
class Deltas:
    """Δm of runs.

    Attributes:
        values: run's id to its Δm in %.
        other_seeds: ids of the runs whose single-task runs have other seeds: their mean was taken.
        metrics: task to the metric it was judged by.
        reason: why a run of several tasks has none though single-task runs are there; None if all have.
        unit: what must be added where not all of the metrics are told in %.
    """

    values: dict[str, float]
    other_seeds: frozenset[str]
    metrics: dict[str, str]
    reason: str | None = None
    unit: str = ""


def change(multi: float, single: float, lower: bool, signed: bool = False) -> float:
    """How much better a task is together than alone: `100 (−1)^l (M − S)/S` in %, `l = 1` where lower is better.

    Of a metric whose values lie around 0 (r2, pearson, …) it is `100 (−1)^l (M − S)`, in hundredths of the metric: in
    % of a number near 0, or below, a change means nothing. Which of the two it is, is a matter of the metric alone.

    Args:
        multi: M, the metric with tasks learned together.
        single: S, that of the task alone; above 0 unless `signed`.
        lower: whether lower is better.
        signed: whether the metric's values lie around 0.
    """
    return 100 * (-1) ** lower * (multi - single) / (1.0 if signed else single)


def no_change(task: str, singles: Iterable[float], signed: bool = False) -> str | None:
    """Why no change of a task can be told, given its metric alone with every seed; None if it can.

    One such seed is enough: what is told of the others alone would be chosen by what came out.
    """
    lowest = min(singles, default=1.0)
    if signed or lowest > 0:
        return None
    return f"{task}: alone it reaches {lowest:g}, and a relative change needs a number above 0"


def delta_m(
    multi: Mapping[str, float], single: Mapping[str, float], lower: Mapping[str, bool], signed: Collection[str] = ()
) -> float:
    """`Δm = 1/T · Σ_t change(M_t, S_t)`, as `change` tells it of T tasks; above 0 is better than each task alone.

    Paper: Maninis et al., arXiv 1904.08918, for metrics that are not around 0.

    Args:
        multi: task to its metric, all T learned together.
        single: task to its metric, learned alone.
        lower: task to whether lower is better.
        signed: tasks whose metric lies around 0.

    Raises:
        ValueError: a single-task metric is not positive, so there is no relative change.
    """
    for task, alone in single.items():
        if why := no_change(task, [alone], task in signed):
            raise ValueError(why)
    return fsum(change(multi[task], single[task], lower[task], task in signed) for task in multi) / len(multi)


def deltas(runs: Sequence[Run], known: RunMetrics, metric: str | None = None) -> Deltas:
    """Δm of every completed run of several tasks for which all single-task runs are among the runs.

    A single-task run fits if its config agrees in everything but the other tasks, the loss weighting, what is watched
    and names. Its seed is the run's own where there is one, else the mean over its seeds is taken.

    Args:
        runs: all there are.
        known: their metrics.
        metric: judge this metric's task by it; other tasks by their main metric.
    """
    completed = [run for run in runs if run.status == "completed" and run.config]
    metrics = known.mains()
    parts = (metric or "").split("/")
    if metric is not None and len(parts) == 3 and parts[0] == "test" and parts[1] in metrics:
        metrics[parts[1]] = metric
    facts = {task: known.facts(name) for task, name in metrics.items()}
    alone = _Alone(completed, metrics, facts)
    values: dict[str, float] = {}
    other_seeds: set[str] = set()
    reasons: list[str] = []
    for run in completed if alone else ():
        if len(tasks(run)) < 2:
            continue
        try:
            values[run.id], same = _delta(run, metrics, facts, alone)
        except ValueError as error:
            reasons.append(str(error))
            continue
        if not same:
            other_seeds.add(run.id)
    used = {task for run in completed if run.id in values for task in tasks(run)}
    judged = {task: name for task, name in metrics.items() if task in used}
    unit = known.in_hundredths(judged.values())
    return Deltas(values, frozenset(other_seeds), judged, min(reasons, default=None), unit)


class _Alone:
    """Single-task runs' metrics by task, configuration and seed; true if there are any."""

    def __init__(self, runs: Sequence[Run], metrics: Mapping[str, str], facts: Mapping[str, MetricFacts]) -> None:
        self._seed_keys = _that_are_the_seed(runs)
        self._metrics = metrics
        self._found: defaultdict[tuple[str, tuple[Hashable, Hashable]], defaultdict[Seed, list[float]]]
        self._found = defaultdict(lambda: defaultdict(list))
        for run in runs:
            if len(own := tasks(run)) == 1 and own[0] in metrics:
                found = value(run, metrics[own[0]])
                if found is not None:
                    self._found[own[0], self._configuration(run, own[0])][replicate(run)].append(found)
        values: defaultdict[str, list[float]] = defaultdict(list)
        for (task, _), seeds in self._found.items():
            values[task] += [found for own in seeds.values() for found in own]
        self._no_change = {
            task: why for task, own in values.items() if (why := no_change(task, own, facts[task].signed))
        }

    def __bool__(self) -> bool:
        return bool(self._found)

    def of(self, task: str, run: Run) -> tuple[float, bool]:
        """What `task` reaches alone in the run's configuration, and whether that is with the run's seed (and fold)."""
        if task in self._no_change:
            raise ValueError(self._no_change[task])
        key = self._configuration(run, task)
        seeds = self._found.get((task, key))
        if seeds is None:
            others = any(known == task and each[1] == key[1] for known, each in self._found)
            raise ValueError(
                f"runs of {task} alone were tested on other rows than {run.id}"
                if others
                else f"there is no completed run of {task} alone with the configuration of {run.id}"
            )
        own = replicate(run)
        taken = [seeds[own]] if own in seeds else list(seeds.values())
        # All seeds count alike, however often one was run.
        return fsum(fsum(each) / len(each) for each in taken) / len(taken), own in seeds

    def _configuration(self, run: Run, task: str) -> tuple[Hashable, Hashable]:
        """What must agree between a run of several tasks and one of `task` alone, the rows they were tested on too."""
        own = f"task.{task}."
        rows = scored_on(run, self._metrics[task])
        return rows, frozenset(
            (key, token(setting))
            for key, setting in flat(run.config).items()
            if key not in self._seed_keys
            and not is_aside(key, (*ASIDE, FOLD))
            and (key.startswith(own) or not is_aside(key, _OF_SEVERAL))
        )


def _delta(run: Run, metrics: Mapping[str, str], facts: Mapping[str, MetricFacts], alone: _Alone) -> tuple[float, bool]:
    """Δm, and whether every single-task run had the run's seed."""
    multi: dict[str, float] = {}
    single: dict[str, float] = {}
    same = True
    for task in tasks(run):
        found = value(run, metrics[task]) if task in metrics else None
        if found is None:
            raise ValueError(f"{run.id} has no test metric of {task}")
        multi[task] = found
        single[task], with_its_seed = alone.of(task, run)
        same = same and with_its_seed
    lower = {task: facts[task].direction == "min" for task in multi}
    return delta_m(multi, single, lower, [task for task in multi if facts[task].signed]), same


def _that_are_the_seed(runs: Sequence[Run]) -> frozenset[str]:
    """Keys such as `data.seed` that hold the run's seed in every run: no difference between configurations."""
    seeds = [run.seed for run in runs]
    flats = [flat(run.config) for run in runs]
    keys = {key for each in flats for key, setting in each.items() if isinstance(setting, int)}
    return frozenset(
        key for key in keys if all(each.get(key, seed) == seed for each, seed in zip(flats, seeds, strict=True))
    )
