"""Which metric runs are compared by, and what it is in each of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from mmfusion.config.errors import ConfigError, nearest
from mmfusion.config.names import MONITOR
from mmfusion.report.directions import has_direction
from mmfusion.store.files import SWEEP, read_mapping
from mmfusion.store.run import Run

_PREFERRED = ("accuracy", "auroc", "f1", "mae", "rmse", "r2", "pearson")
_COUNTS = ("rows", "labels")
_VALIDATED = re.compile(r"val/([^/]+)/([^/]+)")
_SHOWN = 20


def value(run: Run, metric: str) -> float | None:
    """The run's value of a metric of its test or of the validation of the tested checkpoint; None if it has none."""
    found = run.metrics.get(metric)
    return run.validation.get(metric) if found is None else found


def names(runs: Sequence[Run]) -> list[str]:
    """Every metric that a run has, counts of rows and labels aside; in order of the alphabet."""
    found = {name for run in runs for each in (run.metrics, run.validation) for name in each}
    return sorted(name for name in found if name.rpartition("/")[2] not in _COUNTS)


def main_metric(task: str, known: Sequence[str], said: Mapping[str, bool] | None = None) -> str | None:
    """The test metric that stands for a task: accuracy, else mae, …, else its loss; None if nothing was tested."""
    own = {name.rpartition("/")[2]: name for name in known if name.rpartition("/")[0] == f"test/{task}"}
    for last in (*_PREFERRED, *sorted(own.keys() - {"loss"}), "loss"):
        if last in own and has_direction(own[last], said):
            return own[last]
    return None


def tasks(run: Run) -> list[str]:
    """The run's tasks in the config's order; those that were tested if there is no config."""
    told = run.config.get("task")
    if isinstance(told, dict) and told:
        return [str(task) for task in told]
    return list(dict.fromkeys(name.split("/")[1] for name in run.metrics if re.fullmatch(r"test/[^/]+/[^/]+", name)))


def default_metric(runs: Sequence[Run], said: Mapping[str, bool] | None = None) -> str:
    """What a search was for, if the runs are of one; what the checkpoints were chosen by, if that is one task's metric.

    Both on the test split where they were tested. Else the main metric of the first task, of the tasks that most runs
    have.

    Raises:
        ConfigError: no run has a metric.
    """
    known = names(runs)
    watched = _watched(runs)
    asked = _objective(runs)
    objective = watched if asked == MONITOR else asked
    for wanted in (objective, watched if watched and _VALIDATED.fullmatch(watched) else None):
        tested = re.sub("^val/", "test/", wanted or "")
        found = next((name for name in (tested, wanted) if name in known and has_direction(name, said)), None)
        if found is not None:
            return found
    counted = Counter(task for run in runs for task in tasks(run))
    for task, _ in sorted(counted.items(), key=lambda item: -item[1]):  # stable: the config's order among equals
        metric = main_metric(task, known, said)
        if metric is not None:
            return metric
    raise ConfigError("no run has a test metric of a task; name another with --metric" + _valid(known))


def _objective(runs: Sequence[Run]) -> str | None:
    """The first objective of the search that all runs belong to."""
    sweeps = {run.sweep for run in runs}
    only = next(iter(sweeps)) if len(sweeps) == 1 else None
    told = read_mapping(only / SWEEP) if only is not None else {}
    objectives = told.get("objectives") if told.get("kind") == "search" else None
    first = objectives[0] if isinstance(objectives, list) and objectives else None
    return str(first["metric"]) if isinstance(first, dict) and first.get("metric") else None


def _watched(runs: Sequence[Run]) -> str | None:
    """The one metric that chose the checkpoints of all runs."""
    watched = {tuple(run.monitor.get("metric") or ()) for run in runs}
    only = next(iter(watched)) if len(watched) == 1 else ()
    return str(only[0]) if len(only) == 1 else None


def resolve_metric(wanted: str, runs: Sequence[Run]) -> str:
    """A metric by its name, or by the end of its name if one with all modalities ends so: `digit/accuracy`.

    Raises:
        ConfigError: no run has it, or several metrics end so.
    """
    known = names(runs)
    if wanted in known:
        return wanted
    ends = [name for name in known if name.startswith("test/") and name.endswith(f"/{wanted}")]
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise ConfigError(f"--metric {wanted}: which of them, {', '.join(ends)}?")
    close = nearest(wanted, known)
    meant = f"; did you mean {close}?" if close else ""
    raise ConfigError(f"--metric {wanted}: no run has such a metric{meant}{_valid(known)}")


def _valid(known: Sequence[str]) -> str:
    if not known:
        return ""
    # Those with all modalities first: a run has many times as many with some of them.
    shown = sorted(known, key=lambda name: ("[" in name, not name.startswith("test/"), name))
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return f". Valid: {', '.join(shown[:_SHOWN])}{more}"
