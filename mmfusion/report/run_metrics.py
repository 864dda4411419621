"""Metrics of runs: which there are, which way each is better, and by which runs are compared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from mmfusion.config.errors import ConfigError, nearest
from mmfusion.config.names import MONITOR
from mmfusion.config.override import node_at
from mmfusion.config.task_metrics import LOSS, MetricFacts, facts_by_name, facts_of
from mmfusion.report.formatting import shortlist
from mmfusion.store.files import SWEEP, read_mapping
from mmfusion.store.run import Run

_COUNTS = ("rows", "labels")
NAME = re.compile(r"(?P<split>[^/]+)/((?P<task>[^/]+)/)?(?P<last>[^/]+)")
"""Of a metric; a sum over tasks has no task."""
_VALIDATED = re.compile(r"val/([^/]+)/([^/]+)")
_SHOWN = 20


def value(run: Run, metric: str) -> float | None:
    """The run's value of a metric of its test or of the validation of the tested checkpoint; None if it has none."""
    tested = run.metrics.get(metric)
    return run.validation.get(metric) if tested is None else tested


def tasks(run: Run) -> list[str]:
    """The run's tasks in the config's order; those that were tested if there is no config."""
    if configured := node_at(run.config, "task"):
        return list(map(str, configured))
    return list(dict.fromkeys(name.split("/")[1] for name in run.metrics if re.fullmatch(r"test/[^/]+/[^/]+", name)))


class RunMetrics:
    """What is known of the metrics of some runs, from what they recorded of them.

    Of a run of before, which recorded nothing, the tasks that its config names say it if they are mmfusion's.

    Args:
        lower: whole or last name of a metric to whether lower is better, as a person says.

    Attributes:
        names: every metric that one of them has, counts of rows and labels aside; in order of the alphabet.
    """

    def __init__(self, runs: Sequence[Run], lower: Mapping[str, bool] | None = None) -> None:
        self.runs = list(runs)
        self._lower = lower or {}
        names = {name for run in self.runs for name in run.metrics | run.validation}
        self.names = sorted(name for name in names if name.rpartition("/")[2] not in _COUNTS)

    @cached_property
    def _recorded(self) -> dict[str, dict[str, MetricFacts]]:
        """Task to its metrics, the one that stands for it first; without a direction where runs disagree."""
        recorded: dict[str, dict[str, MetricFacts]] = {}
        for run in self.runs:
            for task, metrics in (run.task_metrics or _of_config(run.config)).items():
                known = recorded.setdefault(task, {})
                for name, entry in metrics.items() if isinstance(metrics, Mapping) else ():
                    facts = _facts(entry)
                    same = known.setdefault(name, facts).direction == facts.direction
                    known[name] = known[name] if same else MetricFacts()
        return recorded

    @cached_property
    def _by_name(self) -> dict[str, MetricFacts]:
        return facts_by_name()

    def facts(self, metric: str) -> MetricFacts:
        """What is known of a metric: of `test/digit/accuracy` and `test[image]/digit/accuracy` the same."""
        parts = NAME.fullmatch(metric)
        task, last = parts.group("task", "last") if parts else (None, metric)
        facts = {**self._by_name, **self._recorded.get(task or "", {}), "loss": LOSS}.get(last, MetricFacts())
        lower = self._lower.get(metric, self._lower.get(last))
        return facts if lower is None else MetricFacts("min" if lower else "max", facts.signed)

    def lower(self, metric: str) -> bool:
        """Whether less of a metric is better; ConfigError where nobody knows."""
        direction = self.facts(metric).direction
        if direction is None:
            last = metric.rpartition("/")[2]
            raise ConfigError(
                f"{metric}: mmfusion does not know whether a higher {last} is better; say --lower or --higher"
            )
        return direction == "min"

    def has_direction(self, metric: str) -> bool:
        """Whether `lower` has an answer."""
        return self.facts(metric).direction is not None

    def in_hundredths(self, metrics: Iterable[str]) -> str:
        """What must be added where changes of these metrics are told in %; nothing if all of them are."""
        signed = sorted({metric.rpartition("/")[2] for metric in metrics if self.facts(metric).signed})
        return f" ({', '.join(signed)}: hundredths of it, for it may be 0 alone)" if signed else ""

    def main(self, task: str) -> str | None:
        """The test metric that stands for a task: its first with a direction, else its loss; None if it has none."""
        own = {name.rpartition("/")[2]: name for name in self.names if name.rpartition("/")[0] == f"test/{task}"}
        order = [*self._recorded.get(task, {}), *(self._by_name if own else ()), *own]
        ranked = [last for last in order if last in own and last != "loss"]
        return next((own[last] for last in (*ranked, "loss") if last in own and self.has_direction(own[last])), None)

    def mains(self) -> dict[str, str]:
        """Task to the metric that stands for it, of the tasks that have one."""
        of = dict.fromkeys(task for run in self.runs for task in tasks(run))
        return {task: metric for task in of if (metric := self.main(task)) is not None}

    def default(self) -> str:
        """What a search was for, if the runs are of one; what the checkpoints were chosen by, if that is one task's.

        Both on the test split where they were tested. Else the main metric of the first task, of the tasks that most
        runs have; ConfigError without one.
        """
        watched, objective = self._watched(), self._objective()
        objective = watched if objective == MONITOR else objective
        for wanted in (objective, watched if watched and _VALIDATED.fullmatch(watched) else None):
            for name in (re.sub("^val/", "test/", wanted or ""), wanted):
                if name in self.names and self.has_direction(name):
                    return name
        counted = Counter(task for run in self.runs for task in tasks(run))
        for task, _ in sorted(counted.items(), key=lambda item: -item[1]):  # stable: the config's order among equals
            if (metric := self.main(task)) is not None:
                return metric
        raise ConfigError("no run has a test metric of a task; name another with --metric" + self._valid())

    def resolve(self, wanted: str) -> str:
        """A metric by its name, or by the end of its name if one with all modalities ends so: `digit/accuracy`.

        Raises:
            ConfigError: no run has it, or several metrics end so.
        """
        if wanted in self.names:
            return wanted
        ends = [name for name in self.names if name.startswith("test/") and name.endswith(f"/{wanted}")]
        if len(ends) == 1:
            return ends[0]
        if ends:
            raise ConfigError(f"--metric {wanted}: which of them, {', '.join(ends)}?")
        close = nearest(wanted, self.names)
        meant = f"; did you mean {close}?" if close else ""
        raise ConfigError(f"--metric {wanted}: no run has such a metric{meant}{self._valid()}")

    def _objective(self) -> str | None:
        """The first objective of the search that all runs belong to."""
        sweep, *others = {run.sweep for run in self.runs} or {None}
        about = {} if sweep is None or others else read_mapping(sweep / SWEEP)
        objectives = about.get("objectives") if about.get("kind") == "search" else None
        first = objectives[0] if isinstance(objectives, list) and objectives else None
        return str(first["metric"]) if isinstance(first, dict) and first.get("metric") else None

    def _watched(self) -> str | None:
        """The one metric that chose the checkpoints of all runs."""
        metrics, *others = {tuple(run.monitor.get("metric") or ()) for run in self.runs} or {()}
        return str(metrics[0]) if len(metrics) == 1 and not others else None

    def _valid(self) -> str:
        if not self.names:
            return ""
        # Those with all modalities first: a run has many times as many with some of them.
        shown = sorted(self.names, key=lambda name: ("[" in name, not name.startswith("test/"), name))
        return f". Valid: {shortlist(shown, _SHOWN)}"


def _of_config(config: Mapping[str, Any]) -> dict[str, dict[str, MetricFacts]]:
    nodes = (node_at(config, "task") or {}).items()
    targets = {name: str(node.get("_target_")) for name, node in nodes if isinstance(node, Mapping)}
    ours = {name: target for name, target in targets.items() if target.startswith("mmfusion.tasks.")}
    return {name: facts_of({"_target_": target}, f"task.{name}") or {} for name, target in ours.items()}


def _facts(recorded: Any) -> MetricFacts:
    """As `result.json` has it; a damaged entry says nothing."""
    if isinstance(recorded, MetricFacts):
        return recorded
    about = recorded if isinstance(recorded, Mapping) else {}
    direction = about.get("direction")
    return MetricFacts(direction if direction in ("max", "min") else None, about.get("signed") is True)
