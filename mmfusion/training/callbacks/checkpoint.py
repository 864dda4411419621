"""Keeps two checkpoints: the best by the monitored number, and the last."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.trainer.states import TrainerFn

from mmfusion.config.names import MONITOR
from mmfusion.store.files import BEST, LAST, staged
from mmfusion.training.callbacks.monitor import Goal


class Checkpoints(Callback):
    """Writes `best.ckpt` after each validation that beats all before, `last.ckpt` after every epoch.

    Each is written beside its place and moved there in one step, so a file of that name is always whole. Without
    validation there is no best. (Lightning's own callback updates `last` only when the best changes.)
    """

    def __init__(self, folder: str | Path, goal: Goal, best: bool = True, last: bool = True) -> None:
        self.folder = Path(folder)
        self.goal = goal
        self.best = best
        self.last = last
        self.best_value: float | None = None  # monitored number of `best.ckpt`; None until there is one
        self.best_epoch: int | None = None  # its epoch, counted from 0
        self.best_step: int | None = None  # the optimizer step before it, counted from 0
        self.best_metrics: dict[str, float] = {}  # all validation metrics at that point

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        # Under torchrun the other ranks do not know where the run's folder is.
        self.folder = Path(trainer.strategy.broadcast(str(self.folder)))

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.sanity_checking or _is_rehearsal(trainer) or trainer.state.fn != TrainerFn.FITTING:
            return
        value = float(trainer.callback_metrics[MONITOR])
        if self.goal.better(value, self.best_value):
            metrics = trainer.callback_metrics
            self.best_value, self.best_epoch, self.best_step = value, trainer.current_epoch, trainer.global_step - 1
            self.best_metrics = {k: float(v) for k, v in metrics.items() if k.startswith("val/") and v.numel() == 1}
            if self.best:
                self.save(trainer, self.folder / BEST)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.last and not _is_rehearsal(trainer):
            self.save(trainer, self.folder / LAST)

    def chosen(self) -> Path | None:
        """The checkpoint to test with: the best, else the last; None if neither was kept."""
        if self.best and self.best_value is not None:
            return self.folder / BEST
        return self.folder / LAST if self.last and (self.folder / LAST).exists() else None

    def state_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("best_value", "best_epoch", "best_step", "best_metrics")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for name in self.state_dict():
            setattr(self, name, state_dict[name])

    @staticmethod
    def save(trainer: Trainer, path: Path) -> None:
        """Write a checkpoint; called on every rank, for FSDP gathers its shards, and rank 0 writes."""
        with staged(path) if trainer.is_global_zero else nullcontext(path) as place:
            trainer.save_checkpoint(place, weights_only=False)
        trainer.strategy.barrier("checkpoint")


def _is_rehearsal(trainer: Trainer) -> bool:
    return bool(trainer.fast_dev_run)  # type: ignore[attr-defined]  # Lightning sets it late


def load_module_state(path: str | Path) -> dict[str, Any]:
    """The module's state from a checkpoint; nothing in it is executed."""
    return torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
