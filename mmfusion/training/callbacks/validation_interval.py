"""Refuses to validate less often than an epoch ends."""

from __future__ import annotations

from pytorch_lightning import Callback, LightningModule, Trainer

from mmfusion.config.mismatches import report
from mmfusion.config.validation import beyond_epoch


class ValidationInterval(Callback):
    """Compares `trainer.val_check_interval` with this process's batches an epoch, which depend on the rows.

    Raises:
        ConfigError: no epoch reaches it.
    """

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        data = trainer.datamodule  # type: ignore[attr-defined]  # Lightning sets it late
        if stage != "fit" or data is None or trainer.fast_dev_run or trainer.limit_val_batches == 0:  # type: ignore[attr-defined]
            return
        batches, limit = len(data.train_dataloader()), trainer.limit_train_batches
        batches = min(batches, limit) if isinstance(limit, int) else int(batches * limit)
        report(list(beyond_epoch(trainer.val_check_interval, trainer.check_val_every_n_epoch, batches)))
