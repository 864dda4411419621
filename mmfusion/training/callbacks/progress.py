"""How far a run is: one progress bar, or without a terminal a line now and then, with the time that is left.

Not Lightning's `RichProgressBar`: that counts every epoch by itself, so it does not show when training will be over,
and it sends what a run prints to the terminal even where standard output is a file.
"""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from pytorch_lightning import Callback, Trainer

from mmfusion.progress import Lines, start_bar
from mmfusion.training.callbacks.monitor import MONITOR, Monitor
from mmfusion.training.losses import StepRecord

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class _Progress(Callback):
    """Shows on rank 0 every batch of training (counted over all epochs), of validation and of the test.

    Beside them stand the last and the best value of the monitor.
    """

    def __init__(self, monitor: Monitor | None = None) -> None:
        self.monitor = monitor

    @abstractmethod
    def open(self) -> None:
        """Begin training or the test."""

    @abstractmethod
    def show(self, trainer: Trainer, stage: str, done: int, total: float | None) -> None:
        """Show that `done` batches of `total` are over; None: there is no end to it."""

    def close(self) -> None:
        """End training or the test."""

    def on_train_start(self, trainer: Trainer, *rest: Any) -> None:
        self._update(trainer, "training", 0)

    def on_train_batch_end(self, trainer: Trainer, *rest: Any) -> None:
        self._update(trainer, "training", trainer.fit_loop.total_batch_idx + 1)

    def on_validation_batch_end(self, trainer: Trainer, module: Any, out: Any, batch: Any, index: int, *_: Any) -> None:
        if not trainer.sanity_checking:
            self._update(trainer, "validation", index + 1)

    def on_test_start(self, trainer: Trainer, *rest: Any) -> None:
        self._update(trainer, "test", 0)

    def on_test_batch_end(self, trainer: Trainer, module: Any, out: Any, batch: Any, index: int, *_: Any) -> None:
        self._update(trainer, "test", index + 1)

    def on_train_end(self, *_: Any) -> None:
        self.close()

    on_test_end = on_exception = on_train_end  # type: ignore[assignment]

    def _update(self, trainer: Trainer, stage: str, done: int) -> None:
        if trainer.is_global_zero:
            if done == 0:
                self.open()
            batches = {"validation": trainer.num_val_batches, "test": trainer.num_test_batches}
            total = sum(batches[stage]) if stage in batches else _batches(trainer)
            self.show(trainer, stage, done, None if math.isinf(total) else total)

    def monitored(self, trainer: Trainer, before: str) -> str:
        value = trainer.callback_metrics.get(MONITOR)
        if value is None or self.monitor is None or self.monitor.best is None:
            return ""
        return f"{before}{self.monitor.title} {float(value):.4g} (best {self.monitor.best:.4g})"


class ProgressLines(_Progress):
    """A line on standard error every 30 seconds: epoch, batch, loss, the monitored metric, the time that is left."""

    def __init__(self, monitor: Monitor | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(monitor)
        self._clock = clock

    def open(self) -> None:
        self._lines = Lines(self._clock)

    def show(self, trainer: Trainer, stage: str, done: int, total: float | None) -> None:
        def text() -> str:
            batch = f"batch {done}" + ("" if total is None else f" of {total:.0f}")
            left = "" if total is None else self._lines.left(done / total)
            if stage == "test":
                return f"test: {batch}{left}"
            if stage == "validation":
                return f"{_epoch(trainer)}, validation: {batch}"
            record: StepRecord = trainer.lightning_module.record  # type: ignore[assignment]
            loss = float(record.losses.sum())
            return f"{_epoch(trainer)}, {batch}, loss {loss:.4g}{self.monitored(trainer, ', ')}{left}"

        self._lines.write(text)


class ProgressBar(_Progress):
    """A bar on standard error for training over all epochs, another during every validation, one for the test."""

    _bar: Progress | None = None
    _tasks: dict[str, TaskID]

    def open(self) -> None:
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        texts = TextColumn("{task.description:10}"), TextColumn("{task.percentage:>3.0f}%"), TextColumn("left")
        columns = (texts[0], BarColumn(bar_width=24), texts[1], TimeElapsedColumn(), texts[2], TimeRemainingColumn())
        self._bar = start_bar(*columns, TextColumn("{task.fields[note]}"))
        self._tasks = {}

    def show(self, trainer: Trainer, stage: str, done: int, total: float | None) -> None:
        if self._bar is None:
            return
        if stage == "training" and (validation := self._tasks.pop("validation", None)) is not None:
            self._bar.remove_task(validation)
        if stage not in self._tasks:
            self._tasks[stage] = self._bar.add_task(stage, total=total, note="")
        note = f"{_epoch(trainer)}{self.monitored(trainer, '  ')}" if stage == "training" else ""
        self._bar.update(self._tasks[stage], completed=done, note=note)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def progress_callbacks(progress: bool | Literal["lines"], monitor: Monitor | None = None) -> list[Callback]:
    """A bar, or lines, or nothing."""
    kind = {True: ProgressBar, "lines": ProgressLines}.get(progress)
    return [] if kind is None else [kind(monitor)]


def _epoch(trainer: Trainer) -> str:
    of = f"/{trainer.max_epochs}" if trainer.max_epochs and trainer.max_epochs > 0 else ""
    return f"epoch {trainer.current_epoch + 1}{of}"


def _batches(trainer: Trainer) -> float:
    """Batches of the whole training, infinite if there is no end to it."""
    by_steps = trainer.max_steps * trainer.accumulate_grad_batches if trainer.max_steps > 0 else math.inf
    epochs = trainer.max_epochs or -1
    by_epochs = trainer.num_training_batches * epochs if epochs > 0 else math.inf
    return min(by_steps, by_epochs)
