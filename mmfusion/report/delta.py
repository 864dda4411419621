"""What learning tasks together is worth, against the same configuration with each task alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from mmfusion.report.columns import token
from mmfusion.report.configs import flat, is_aside
from mmfusion.report.directions import lower_is_better
from mmfusion.report.metrics import main_metric, names, tasks, value
from mmfusion.report.runs import Run

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
    """

    values: dict[str, float]
    other_seeds: frozenset[str]
    metrics: dict[str, str]
    reason: str | None = None


def delta_m(multi: Mapping[str, float], single: Mapping[str, float], lower: Mapping[str, bool]) -> float:
    """`Δm = 100/T · Σ_t (−1)^{l_t} (M_t − S_t)/S_t` in %, with `l_t = 1` where lower is better.

    Paper: Maninis et al., arXiv 1904.08918. Positive is better than each task alone.

    Args:
        multi: task to its metric, all T learned together.
        single: task to its metric, learned alone.
        lower: task to whether lower is better.

    Raises:
        ValueError: a single-task metric is not positive, so there is no relative change.
    """
    for task, alone in single.items():
        if alone <= 0:
            raise ValueError(f"{task}: alone it reaches {alone:g}, and a relative change needs a number above 0")
    return 100 * fsum((-1) ** lower[task] * (multi[task] - single[task]) / single[task] for task in multi) / len(multi)


def deltas(runs: Sequence[Run], metric: str | None = None, said: Mapping[str, bool] | None = None) -> Deltas:
    """Δm of every completed run of several tasks for which all single-task runs are among the runs.

    A single-task run fits if its config agrees in everything but the other tasks, the loss weighting, what is watched
    and names. Its seed is the run's own where there is one, else the mean over its seeds is taken.

    Args:
        runs: all there are.
        metric: judge this metric's task by it; other tasks by their main metric.
        said: directions that the person gave.
    """
    known = [run for run in runs if run.status == "completed" and run.config]
    metrics = _metrics(known, metric, said)
    alone = _Alone(known, metrics)
    values: dict[str, float] = {}
    other_seeds: set[str] = set()
    reasons: list[str] = []
    for run in known if alone else ():
        if len(tasks(run)) < 2:
            continue
        try:
            values[run.id], same = _delta(run, metrics, alone, said)
        except ValueError as error:
            reasons.append(str(error))
            continue
        if not same:
            other_seeds.add(run.id)
    used = {task for run in known if run.id in values for task in tasks(run)}
    told = {task: name for task, name in metrics.items() if task in used}
    return Deltas(values, frozenset(other_seeds), told, min(reasons, default=None))


class _Alone:
    """Single-task runs' metrics by task, configuration and seed; true if there are any."""

    def __init__(self, runs: Sequence[Run], metrics: Mapping[str, str]) -> None:
        self._seed_keys = _that_are_the_seed(runs)
        self._found: defaultdict[tuple[str, Hashable], defaultdict[int | None, list[float]]]
        self._found = defaultdict(lambda: defaultdict(list))
        for run in runs:
            if len(own := tasks(run)) == 1 and own[0] in metrics:
                found = value(run, metrics[own[0]])
                if found is not None:
                    self._found[own[0], self._configuration(run, own[0])][run.seed].append(found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def of(self, task: str, run: Run) -> tuple[float, bool]:
        """What `task` reaches alone in the run's configuration, and whether that is with the run's seed."""
        seeds = self._found.get((task, self._configuration(run, task)))
        if seeds is None:
            raise ValueError(f"there is no completed run of {task} alone with the configuration of {run.id}")
        taken = [seeds[run.seed]] if run.seed in seeds else list(seeds.values())
        # All seeds count alike, however often one was run.
        return fsum(fsum(each) / len(each) for each in taken) / len(taken), run.seed in seeds

    def _configuration(self, run: Run, task: str) -> Hashable:
        """What must agree between a run of several tasks and one of `task` alone."""
        own = f"task.{task}."
        return frozenset(
            (key, token(setting))
            for key, setting in flat(run.config).items()
            if key not in self._seed_keys
            and not is_aside(key)
            and (key.startswith(own) or not is_aside(key, _OF_SEVERAL))
        )


def _metrics(runs: Sequence[Run], metric: str | None, said: Mapping[str, bool] | None) -> dict[str, str]:
    known = names(runs)
    found = {task: main_metric(task, known, said) for task in sorted({task for run in runs for task in tasks(run)})}
    parts = (metric or "").split("/")
    if len(parts) == 3 and parts[0] == "test" and parts[1] in found:
        found[parts[1]] = metric
    return {task: name for task, name in found.items() if name is not None}


def _delta(run: Run, metrics: Mapping[str, str], alone: _Alone, said: Mapping[str, bool] | None) -> tuple[float, bool]:
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
    return delta_m(multi, single, {task: lower_is_better(metrics[task], said) for task in multi}), same


def _that_are_the_seed(runs: Sequence[Run]) -> frozenset[str]:
    """Keys such as `data.seed` that hold the run's seed in every run: no difference between configurations."""
    seeds = [run.seed for run in runs]
    flats = [flat(run.config) for run in runs]
    keys = {key for each in flats for key, setting in each.items() if isinstance(setting, int)}
    return frozenset(
        key for key in keys if all(each.get(key, seed) == seed for each, seed in zip(flats, seeds, strict=True))
    )
