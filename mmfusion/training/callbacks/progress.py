"""One progress bar for the whole run, with the time that is left."""

from __future__ import annotations

import math
import sys
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from mmfusion.training.callbacks.monitor import MONITOR, Monitor


class ProgressBar(Callback):
    """Draws on rank 0: training over all epochs, each validation, the test.

    Args:
        monitor: its last and best value are shown.
    """

    def __init__(self, monitor: Monitor | None = None) -> None:
        self.monitor = monitor
        self._bar: Progress | None = None
        self._train = self._eval = TaskID(0)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._open(trainer)
        if self._bar is not None:
            self._train = self._bar.add_task("training", total=_batches(trainer), what="")

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if self._bar is not None:
            epochs = f"/{trainer.max_epochs}" if trainer.max_epochs and trainer.max_epochs > 0 else ""
            self._bar.update(
                self._train, advance=1, what=f"epoch {trainer.current_epoch + 1}{epochs}{self._value(trainer)}"
            )

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._close()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._bar is not None:
            self._eval = self._bar.add_task("validation", total=_finite(sum(trainer.num_val_batches)), what="")

    def on_validation_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, *indices: int
    ) -> None:
        if self._bar is not None and not trainer.sanity_checking:
            self._bar.advance(self._eval)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._bar is not None and not trainer.sanity_checking:
            self._bar.remove_task(self._eval)

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._open(trainer)
        if self._bar is not None:
            self._eval = self._bar.add_task("test", total=_finite(sum(trainer.num_test_batches)), what="")

    def on_test_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, *indices: int
    ) -> None:
        if self._bar is not None:
            self._bar.advance(self._eval)

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._close()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self._close()

    def _open(self, trainer: Trainer) -> None:
        if trainer.is_global_zero:
            self._bar = Progress(
                TextColumn("{task.description:10}"),
                BarColumn(bar_width=24),
                TextColumn("{task.percentage:>3.0f}%"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[what]}"),
                console=Console(file=sys.stderr),
                refresh_per_second=4,
                transient=True,
                redirect_stdout=sys.stdout.isatty(),  # or prints would never reach a file or a pipe
            )
            self._bar.start()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _value(self, trainer: Trainer) -> str:
        value = trainer.callback_metrics.get(MONITOR)
        if value is None or self.monitor is None or self.monitor.best is None:
            return ""
        return f"  {self.monitor.title} {float(value):.4g} (best {self.monitor.best:.4g})"


def _batches(trainer: Trainer) -> float | None:
    """Batches of the whole training, None if there is no end to it."""
    by_steps = trainer.max_steps * trainer.accumulate_grad_batches if trainer.max_steps > 0 else math.inf
    epochs = trainer.max_epochs or -1
    by_epochs = trainer.num_training_batches * epochs if epochs > 0 else math.inf
    return _finite(min(by_steps, by_epochs))


def _finite(total: float) -> float | None:
    return None if math.isinf(total) else total
