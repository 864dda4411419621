"""The one number that a run is judged by: a validation metric, or a stated combination of several."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.trainer.states import TrainerFn

from mmfusion.config.errors import ConfigError, suggest
from mmfusion.config.names import MONITOR
from mmfusion.config.task_metrics import Direction, sum_direction, validation_facts
from mmfusion.tasks._base import Task
from mmfusion.tasks.build import metric_facts
from mmfusion.training.guard import NonFiniteLossError

log = logging.getLogger(__name__)

_LOSS = re.compile("val/[^/]+/loss")


@dataclass(frozen=True)
class Goal:
    """`Σ w_k · metric_k`, and whether more of it is better."""

    terms: Mapping[str, float]  # metric's logged name to its weight
    mode: Direction

    def better(self, new: float, old: float | None) -> bool:
        """Whether `new` beats `old`; nan beats nothing."""
        return not math.isnan(new) and (old is None or (new < old if self.mode == "min" else new > old))

    def value(self, metrics: Mapping[str, Any]) -> torch.Tensor:
        """The number, from what validation logged."""
        values = {name: logged(metrics, name, "callbacks.monitor.metric") for name in self.terms}
        terms = [weight * torch.as_tensor(values[name]).detach().float().cpu() for name, weight in self.terms.items()]
        return torch.stack(terms).sum()


def logged(metrics: Mapping[str, Any], name: str, key: str) -> Any:
    """The validation metric that the config names at `key`."""
    if name not in metrics:
        raise ConfigError(f"{key}: {name!r} was not logged; {suggest(name, metrics)}")
    return metrics[name]


def resolve_goal(
    metric: str | Mapping[str, float], mode: Literal["auto", "min", "max"], tasks: Mapping[str, Task]
) -> Goal:
    """A goal from config, checked before anything is trained.

    `metric` is `val/loss`, `val/<task>/loss`, `val/<task>/<metric>`, or a mapping of such names to weights; `auto` goes
    by whether the fitted tasks' metrics are better when higher, and by their weights' signs. ConfigError where there is
    no such metric (with the nearest), or auto cannot tell.
    """
    terms = {metric: 1.0} if isinstance(metric, str) else {name: float(weight) for name, weight in metric.items()}
    if not terms or not all(terms.values()):
        raise ConfigError(
            f"callbacks.monitor.metric: expected a metric, or metrics with weights not 0; found {metric!r}"
        )
    facts = validation_facts({name: metric_facts(task) for name, task in tasks.items()})
    for name in terms:
        if name not in facts:
            raise ConfigError(f"callbacks.monitor.metric: there is no {name!r}; {suggest(name, facts)}")
    direction: Direction | None = sum_direction(terms, facts) if mode == "auto" else mode
    if direction is None:
        raise ConfigError(
            f"callbacks.monitor.mode=auto cannot tell whether {dict(terms)} should rise or fall: give metrics where "
            "less is better a negative weight, or set mode to min or max"
        )
    return Goal(terms, direction)


def check_monitored_labels(goal: Goal, labels: Mapping[str, int]) -> None:
    """Refuse a goal that validation could never give a number to; ConfigError says which metrics there will be.

    `labels` is the number of validation rows that have one, by task; `val/loss` is there if any task has one.
    """
    known = [task for task, rows in labels.items() if rows]
    if not known:
        raise ConfigError("callbacks.monitor.metric: there is nothing to go by, since no validation row has a label")
    for name in goal.terms:
        task = name.split("/")[1]
        if name != "val/loss" and not labels[task]:
            raise ConfigError(
                f"callbacks.monitor.metric: {name!r} will never be known, since no validation row has a label of "
                f"{task!r}; label some, or go by val/loss or a metric of {', '.join(known)}"
            )


class Monitor(Callback):
    """Logs `val/monitor` after each validation, before the callbacks that go by it, which stand behind it.

    A metric may be no number for the rows at hand: that validation then counts for nothing, and a warning names it. A
    task's loss that is infinite or NaN ends the training (`NonFiniteLossError`).
    """

    def __init__(self, goal: Goal) -> None:
        self.goal = goal
        self.title = next(iter(goal.terms)) if len(goal.terms) == 1 else MONITOR
        self.best: float | None = None
        self.validations = 0
        self.undefined = 0  # validations in which the number was none

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.sanity_checking or trainer.state.fn != TrainerFn.FITTING:
            return
        _check_losses(trainer)
        value = self.goal.value(trainer.callback_metrics)
        trainer.callback_metrics[MONITOR] = value
        self.validations += 1
        if math.isnan(float(value)):
            self._warn(trainer)
        if self.goal.better(float(value), self.best):
            self.best = float(value)
        for logger in trainer.loggers:  # under the last step's number, as Lightning logs validation
            logger.log_metrics({MONITOR: float(value), "epoch": trainer.current_epoch}, step=trainer.global_step - 1)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "validations": self.validations, "undefined": self.undefined}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for name, value in state_dict.items():
            setattr(self, name, value)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.undefined == self.validations > 0 and trainer.is_global_zero:
            log.warning(
                "callbacks.monitor: %s was not a number in any of %d validations, so there is no best checkpoint; the "
                "test is made with the last",
                self.title,
                self.validations,
            )

    def _warn(self, trainer: Trainer) -> None:
        """Name the metric, the first time."""
        self.undefined += 1
        if self.undefined == 1 and trainer.is_global_zero:
            values = trainer.callback_metrics
            names = ", ".join(name for name in self.goal.terms if math.isnan(float(values[name])))
            log.warning(
                "callbacks.monitor: %s is not a number after epoch %d; such validations move neither the best "
                "checkpoint nor early stopping, a plateau schedule or a pruner",
                names or self.title,
                trainer.current_epoch + 1,
            )


def _check_losses(trainer: Trainer) -> None:
    metrics = trainer.callback_metrics
    broken = [name for name, value in metrics.items() if _LOSS.fullmatch(name) and not math.isfinite(float(value))]
    if broken:
        raise NonFiniteLossError(
            f"{', '.join(broken)} is not finite after epoch {trainer.current_epoch + 1}: the model's outputs are not, "
            "or a label is far beyond those of the training rows. Try a lower optimizer.lr or trainer.precision=fp32"
        )
