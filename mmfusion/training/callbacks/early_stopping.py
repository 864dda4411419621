"""Stops training that no longer gets better."""

from __future__ import annotations

import math

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import EarlyStopping as LightningEarlyStopping

from mmfusion.config.names import MONITOR


class EarlyStopping(LightningEarlyStopping):
    """Lightning's, but for a validation whose monitored number is not a number: that one counts for nothing."""

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not math.isnan(float(trainer.callback_metrics.get(MONITOR, 0.0))):
            super().on_validation_end(trainer, pl_module)
