"""How far a run is: one progress bar, or without a terminal a line now and then, with the time that is left."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from mmfusion.config.names import MONITOR
from mmfusion.progress import Lines
from mmfusion.training.callbacks.monitor import Monitor
from mmfusion.training.record import StepRecord


class ProgressLines(Callback):
    """Writes on rank 0, every 30 seconds: epoch, batch, loss, the monitored metric, the time that is left.

    Args:
        monitor: its last and best value are shown.
        clock: seconds from some beginning.
    """

    def __init__(self, monitor: Monitor | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.monitor = monitor
        self._clock = clock
        self._lines: Lines | None = None
        self._first = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._begin(trainer)
        self._first = trainer.fit_loop.total_batch_idx + 1

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if self._lines is None:
            return
        lines, done, total = self._lines, trainer.fit_loop.total_batch_idx + 1, _batches(trainer)

        def text() -> str:
            record: StepRecord = pl_module.record  # type: ignore[assignment]
            of = "" if total is None else f" of {total:.0f}"
            left = "" if total is None else lines.left((done - self._first) / (total - self._first))
            loss = f", loss {float(record.losses.sum()):.4g}"
            return f"{_epoch(trainer)}, batch {done}{of}{loss}{_monitored(trainer, self.monitor, ', ')}{left}"

        lines.write(text)

    def on_validation_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int, *index: int
    ) -> None:
        if self._lines is not None and not trainer.sanity_checking:
            total = sum(trainer.num_val_batches)
            self._lines.write(lambda: f"{_epoch(trainer)}, validation: batch {batch_idx + 1} of {total}")

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._begin(trainer)

    def on_test_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int, *index: int
    ) -> None:
        if self._lines is not None:
            lines, done, total = self._lines, batch_idx + 1, sum(trainer.num_test_batches)
            lines.write(lambda: f"test: batch {done} of {total}{lines.left(done / total)}")

    def _begin(self, trainer: Trainer) -> None:
        self._lines = Lines(self._clock) if trainer.is_global_zero else None


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
            what = f"{_epoch(trainer)}{_monitored(trainer, self.monitor, '  ')}"
            self._bar.update(self._train, advance=1, what=what)

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


def _epoch(trainer: Trainer) -> str:
    of = f"/{trainer.max_epochs}" if trainer.max_epochs and trainer.max_epochs > 0 else ""
    return f"epoch {trainer.current_epoch + 1}{of}"


def _monitored(trainer: Trainer, monitor: Monitor | None, before: str) -> str:
    value = trainer.callback_metrics.get(MONITOR)
    if value is None or monitor is None or monitor.best is None:
        return ""
    return f"{before}{monitor.title} {float(value):.4g} (best {monitor.best:.4g})"


def _batches(trainer: Trainer) -> float | None:
    """Batches of the whole training, None if there is no end to it."""
    by_steps = trainer.max_steps * trainer.accumulate_grad_batches if trainer.max_steps > 0 else math.inf
    epochs = trainer.max_epochs or -1
    by_epochs = trainer.num_training_batches * epochs if epochs > 0 else math.inf
    return _finite(min(by_steps, by_epochs))


def _finite(total: float) -> float | None:
    return None if math.isinf(total) else total
