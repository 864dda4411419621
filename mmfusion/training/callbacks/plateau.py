"""Moves `scheduler=plateau` after each validation."""

from __future__ import annotations

import logging
import math

from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.trainer.states import TrainerFn

from mmfusion.config.errors import ConfigError, suggest
from mmfusion.config.names import MONITOR

log = logging.getLogger(__name__)


class MovePlateau(Callback):
    """Passes a plateau schedule its metric after every validation, however many an epoch has.

    It stands behind what logs `val/monitor` and in front of what writes checkpoints, so that a checkpoint holds the
    schedule as the next step will find it. Other schedules move by themselves. ConfigError where there is no
    validation, or it logs no metric of that name: the validation that is run first shows it before training starts.
    """

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.state.fn != TrainerFn.FITTING:
            return
        for config in trainer.lr_scheduler_configs:
            if not config.reduce_on_plateau:
                continue
            metrics = trainer.callback_metrics
            name = str(config.monitor)
            if name not in metrics and not (name == MONITOR and trainer.sanity_checking):
                raise ConfigError(f"scheduler.monitor: {name!r} was not logged; {suggest(name, {*metrics, MONITOR})}")
            if trainer.sanity_checking:
                continue
            if not math.isnan(float(metrics[name])):
                config.scheduler.step(metrics[name])  # type: ignore[arg-type]
            elif name != MONITOR:  # of which `Monitor` speaks
                log.warning(
                    "scheduler.monitor: %s is not a number; this validation does not move the learning rate", name
                )

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if any(config.reduce_on_plateau for config in trainer.lr_scheduler_configs) and not trainer.enable_validation:
            raise ConfigError(
                "a plateau schedule goes by validation, and this run has none (trainer.limit_val_batches=0, or no rows)"
            )
