"""What a search is after: one validation metric, or several for a Pareto set."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mmfusion.config.errors import ConfigError, suggest

KEY = "hydra.sweeper.objectives"
MONITOR = "val/monitor"
EACH_TASK = "tasks"
"""One objective for each task: its validation loss."""

HIGHER = {
    "mmfusion.tasks.classification.Classification": {
        "accuracy": True,
        "f1": True,
        "auroc": True,
        "calibration_error": False,
    },
    "mmfusion.tasks.binary.Binary": {"accuracy": True, "f1": True, "auroc": True, "calibration_error": False},
    "mmfusion.tasks.multilabel.Multilabel": {"accuracy": True, "f1": True, "auroc": True},
    "mmfusion.tasks.regression.Regression": {"mae": False, "rmse": False, "r2": True, "pearson": True},
}
"""The metrics of mmfusion's tasks, and whether more is better; a test holds them to what the tasks say. Asking the
tasks themselves would mean reading the data first."""

_BY_NAME = {name: higher for each in HIGHER.values() for name, higher in each.items()}

Direction = Literal["min", "max"]


@dataclass(frozen=True)
class Objective:
    """One number that a trial comes to.

    Attributes:
        metric: of the validation split, at the checkpoint that `callbacks.monitor` chooses.
        direction: min or max.
    """

    metric: str
    direction: Direction

    def value(self, result: Mapping[str, Any]) -> float | None:
        """What a run's `result.json` says; None if it says nothing that is a number."""
        monitored = (result.get("monitor") or {}).get("best")
        found = monitored if self.metric == MONITOR else (result.get("validation") or {}).get(self.metric)
        return float(found) if isinstance(found, int | float) and math.isfinite(found) else None

    def better(self, new: float, old: float) -> bool:
        """Whether `new` beats `old`."""
        return new < old if self.direction == "min" else new > old

    def plain(self) -> dict[str, str]:
        """For JSON."""
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
        ConfigError: there is no such metric, or its direction cannot be told.
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
    found = tuple(Objective(str(metric), _direction(str(metric), mode, config)) for metric, mode in wanted.items())
    check_objectives(found, config)
    return found


def check_objectives(objectives: Sequence[Objective], config: Mapping[str, Any]) -> None:
    """Refuse metrics that a run of this config does not have; those of a task of one's own are let pass.

    Raises:
        ConfigError: naming the metric and the nearest that there is.
    """
    for each in objectives:
        if each.metric == MONITOR:
            for metric in _monitored(config):
                _check(metric, config, "callbacks.monitor.metric")
        else:
            _check(each.metric, config)


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
    known = {"val/loss"} if key != KEY else {"val/loss", MONITOR}
    for name, task in config["task"].items():
        own = HIGHER.get(str(task.get("_target_")))
        if own is None and metric.startswith(f"val/{name}/"):
            return
        known |= {f"val/{name}/{each}" for each in ("loss", *(own or ()))}
    if metric not in known:
        raise ConfigError(f"{key}: there is no {metric!r}; {suggest(metric, known)}")


def _direction(metric: str, mode: Any, config: Mapping[str, Any]) -> Direction:
    if mode in ("min", "max"):
        found: Direction = mode
        return found
    if mode not in ("auto", None):
        raise ConfigError(f"{KEY}: {metric}: expected min, max or auto, found {mode!r}")
    if metric == MONITOR:
        monitor = config["callbacks"]["monitor"]
        if monitor["mode"] in ("min", "max"):
            return _direction(metric, monitor["mode"], config)
        check_objectives([Objective(MONITOR, "min")], config)  # a misspelt metric has no direction either
        terms = _monitored(config).items()
        wanted = {None if (h := _is_higher(name)) is None else h == (weight > 0) for name, weight in terms}
        if len(wanted) == 1 and None not in wanted:
            return "max" if wanted.pop() else "min"
        raise ConfigError(
            f"{KEY}: cannot tell whether callbacks.monitor should rise or fall; set callbacks.monitor.mode"
        )
    higher = _is_higher(metric)
    if higher is None:
        _check(metric, config)
        raise ConfigError(f"{KEY}: say whether {metric} should rise or fall: {{{metric}: max}}, or min")
    return "max" if higher else "min"


def _is_higher(metric: str) -> bool | None:
    last = metric.rpartition("/")[2]
    return False if last == "loss" else _BY_NAME.get(last)
