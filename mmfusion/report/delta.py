"""What learning tasks together is worth, against the same configuration with each task alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from mmfusion.config.task_metrics import MetricFacts
from mmfusion.report.configs import ASIDE, FOLD, flat, is_aside, token
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
        metrics: what tasks were judged by.
        reason: why a run of several tasks has none though single-task runs are there; None if all have.
        unit: what must be added where not all of the metrics are told in %.
    """

    values: dict[str, float]
    other_seeds: frozenset[str]
    metrics: dict[str, str]
    reason: str | None = None
    unit: str = ""


def change(multi: float, single: float, facts: MetricFacts) -> float:
    """How much better a task is together, M, than alone, S: `100 (−1)^l (M − S)/S` in %, `l = 1` where lower is better.

    Of a metric whose values lie around 0 (r2, pearson, …) it is `100 (−1)^l (M − S)`, in hundredths of the metric: in
    % of a number near 0, or below, a change means nothing. Which of the two it is, is a matter of the metric alone.
    """
    return 100 * (-1) ** (facts.direction == "min") * (multi - single) / (1.0 if facts.signed else single)


def no_change(task: str, singles: Iterable[float], facts: MetricFacts) -> str | None:
    """Why no change of a task can be told, given its metric alone with every seed; None if it can.

    One such seed is enough: what is told of the others alone would be chosen by what came out.
    """
    lowest = min(singles, default=1.0)
    if facts.signed or lowest > 0:
        return None
    return f"{task}: alone it reaches {lowest:g}, and a relative change needs a number above 0"


def delta_m(multi: Mapping[str, float], single: Mapping[str, float], facts: Mapping[str, MetricFacts]) -> float:
    """`Δm = 1/T · Σ_t change(M_t, S_t)`, as `change` tells it of T tasks; above 0 is better than each task alone.

    Paper: Maninis et al., arXiv 1904.08918, for metrics that are not around 0.

    Raises:
        ValueError: a single-task metric is not positive, so there is no relative change.
    """
    for task, alone in single.items():
        if why := no_change(task, [alone], facts[task]):
            raise ValueError(why)
    return fmean(change(multi[task], single[task], facts[task]) for task in multi)


def deltas(runs: Sequence[Run], known: RunMetrics, metric: str | None = None) -> Deltas:
    """Δm of every completed run of several tasks for which all single-task runs are among the runs.

    A single-task run fits if its config agrees in everything but the other tasks, the loss weighting, what is watched
    and names. Its seed is the run's own where there is one, else the mean over its seeds is taken.

    `metric` judges its own task; other tasks are judged by their main metric.
    """
    completed = [run for run in runs if run.status == "completed" and run.config]
    metrics = known.mains()
    parts = (metric or "").split("/")
    if metric is not None and len(parts) == 3 and parts[0] == "test" and parts[1] in metrics:
        metrics[parts[1]] = metric
    facts = {task: known.facts(name) for task, name in metrics.items()}
    single = _SingleTaskRuns(completed, metrics, facts)
    values: dict[str, float] = {}
    other_seeds: set[str] = set()
    reasons: list[str] = []
    judged: set[str] = set()
    for run in completed if single.values else ():
        own = tasks(run)
        if len(own) < 2:
            continue
        try:
            multi = {task: _tested(run, task, metrics) for task in own}
            alone = {task: single.of(task, run) for task in own}
            values[run.id] = delta_m(multi, {task: mean for task, (mean, _) in alone.items()}, facts)
        except ValueError as error:
            reasons.append(str(error))
            continue
        judged.update(own)
        if not all(has_seed for _, has_seed in alone.values()):
            other_seeds.add(run.id)
    used = {task: name for task, name in metrics.items() if task in judged}
    unit = known.in_hundredths(used.values())
    return Deltas(values, frozenset(other_seeds), used, min(reasons, default=None), unit)


def _tested(run: Run, task: str, metrics: Mapping[str, str]) -> float:
    tested = value(run, metrics[task]) if task in metrics else None
    if tested is None:
        raise ValueError(f"{run.id} has no test metric of {task}")
    return tested


class _SingleTaskRuns:
    """Their metrics by task, configuration and seed."""

    def __init__(self, runs: Sequence[Run], metrics: Mapping[str, str], facts: Mapping[str, MetricFacts]) -> None:
        self._seed_keys = _seed_keys(runs)
        self._metrics = metrics
        self.values: defaultdict[tuple[str, tuple[Hashable, Hashable]], defaultdict[Seed, list[float]]]
        self.values = defaultdict(lambda: defaultdict(list))
        of_task: defaultdict[str, list[float]] = defaultdict(list)
        for run in runs:
            task, *others = tasks(run) or [""]
            if task in metrics and not others and (tested := value(run, metrics[task])) is not None:
                self.values[task, self._configuration(run, task)][replicate(run)].append(tested)
                of_task[task].append(tested)
        self._no_change = {task: no_change(task, own, facts[task]) for task, own in of_task.items()}

    def of(self, task: str, run: Run) -> tuple[float, bool]:
        """What `task` reaches alone in the run's configuration, and whether that is with the run's seed (and fold)."""
        if why := self._no_change.get(task):
            raise ValueError(why)
        key = self._configuration(run, task)
        seeds = self.values.get((task, key))
        if seeds is None:
            others = any(known == task and configuration[1] == key[1] for known, configuration in self.values)
            raise ValueError(
                f"runs of {task} alone were tested on other rows than {run.id}"
                if others
                else f"there is no completed run of {task} alone with the configuration of {run.id}"
            )
        own = replicate(run)
        taken = [seeds[own]] if own in seeds else seeds.values()
        return fmean(map(fmean, taken)), own in seeds  # all seeds count alike, however often one was run

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


def _seed_keys(runs: Sequence[Run]) -> set[str]:
    """Keys such as `data.seed` that hold the run's seed in every run: no difference between configurations."""
    flats = [flat(run.config) for run in runs]
    keys = {key for leaves in flats for key, setting in leaves.items() if isinstance(setting, int)}
    return {
        key
        for key in keys
        if all(leaves.get(key, run.seed) == run.seed for leaves, run in zip(flats, runs, strict=True))
    }
