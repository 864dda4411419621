"""What a search is after: one validation metric, or several for a Pareto set."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mmfusion.config.errors import ConfigError, suggest
from mmfusion.config.names import MONITOR
from mmfusion.config.task_metrics import (
    Direction,
    MetricFacts,
    facts_by_name,
    facts_of,
    sum_direction,
    validation_facts,
)

KEY = "hydra.sweeper.objectives"
EACH_TASK = "tasks"  # one objective for each task: its validation loss


@dataclass(frozen=True)
class Objective:
    """A metric of the validation split, at the checkpoint that `callbacks.monitor` chooses, max or min of it."""

    metric: str
    direction: Direction

    def value(self, result: Mapping[str, Any]) -> float | None:
        """What a run's `result.json` says; None if it says nothing that is a number."""
        monitored = (result.get("monitor") or {}).get("best")
        value = monitored if self.metric == MONITOR else (result.get("validation") or {}).get(self.metric)
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else None

    def plain(self) -> dict[str, str]:
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.metric} ({self.direction})"


def resolve_objectives(given: Any, config: Mapping[str, Any]) -> tuple[Objective, ...]:
    """The objectives that `hydra.sweeper.objectives` describes.

    Args:
        given: null for what the config monitors; a metric; a list of metrics; a mapping of metrics to min, max or
            auto; or `tasks`, for the validation loss of each task.
        config: a composed config.

    Raises:
        ConfigError: there is no such metric, or its direction is not known.
    """
    if given is None:
        given = MONITOR
    if given == EACH_TASK:
        given = {f"val/{task}/loss": "min" for task in config["task"]}
    wanted = (
        given if isinstance(given, Mapping) else dict.fromkeys([given] if isinstance(given, str) else given, "auto")
    )
    if not wanted:
        raise ConfigError(f"{KEY}: expected at least one metric")
    objectives = tuple(Objective(str(metric), _direction(str(metric), mode, config)) for metric, mode in wanted.items())
    check_objectives(objectives, config)
    return objectives


def check_objectives(objectives: Sequence[Objective], config: Mapping[str, Any]) -> None:
    """Refuse metrics that a run of this config does not have; those of a task of one's own are let pass."""
    for objective in objectives:
        if objective.metric == MONITOR:
            for metric in _monitored(config):
                _check(metric, config, "callbacks.monitor.metric")
        else:
            _check(objective.metric, config)


def _monitored(config: Mapping[str, Any]) -> dict[str, float]:
    """The metrics that `callbacks.monitor` adds up, with their weights."""
    metric = config["callbacks"]["monitor"]["metric"]
    return {metric: 1.0} if isinstance(metric, str) else dict(metric)


def _check(metric: str, config: Mapping[str, Any], key: str = KEY) -> None:
    if metric.startswith("test"):
        raise ConfigError(
            f"{key}: {metric!r} is of the test split, which would be one more training split if a search looked at it; "
            f"take {metric.replace('test', 'val', 1)!r}"
        )
    tasks = _facts(config)
    if any(facts is None and metric.startswith(f"val/{name}/") for name, facts in tasks.items()):
        return
    known = {*validation_facts(tasks), *([MONITOR] if key == KEY else [])}
    if metric not in known:
        raise ConfigError(f"{key}: there is no {metric!r}; {suggest(metric, known)}")


def _facts(config: Mapping[str, Any]) -> dict[str, dict[str, MetricFacts] | None]:
    """Task to its metrics; None for a task that says nothing of them before it is built."""
    return {name: facts_of(node, f"task.{name}") for name, node in config["task"].items()}


def _direction(metric: str, mode: Any, config: Mapping[str, Any]) -> Direction:
    if mode in ("min", "max"):
        chosen: Direction = mode
        return chosen
    if mode not in ("auto", None):
        raise ConfigError(f"{KEY}: {metric}: expected min, max or auto, found {mode!r}")
    monitor = config["callbacks"]["monitor"]
    if metric == MONITOR and monitor["mode"] in ("min", "max"):
        return _direction(metric, monitor["mode"], config)
    terms = _monitored(config) if metric == MONITOR else {metric: 1.0}
    known = validation_facts(_facts(config))
    by_name = {name: facts_by_name().get(name.rpartition("/")[2]) for name in terms if name not in known}
    direction = sum_direction(terms, known | {name: facts for name, facts in by_name.items() if facts is not None})
    if direction is not None:
        return direction
    check_objectives([Objective(metric, "min")], config)  # a misspelt metric has no direction either
    if metric == MONITOR:
        raise ConfigError(
            f"{KEY}: cannot tell whether callbacks.monitor should rise or fall; set callbacks.monitor.mode"
        )
    raise ConfigError(f"{KEY}: say whether {metric} should rise or fall: {{{metric}: max}}, or min")
