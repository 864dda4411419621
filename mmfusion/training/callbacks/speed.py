"""Rows a second, and the share of time that training waits for data."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer


@dataclass
class Span:
    """What happened in a stretch of training, from the request for its first batch on; validation is left out."""

    seconds: float = 0.0
    waited: float = 0.0  # of these, from a step's end, or from that of its logging, to the next batch's arrival
    rows: int = 0  # of all ranks

    def rows_per_second(self) -> float:
        return self.rows / self.seconds if self.seconds else 0.0

    def waiting(self) -> float:
        return self.waited / self.seconds if self.seconds else 0.0


class Speed(Callback):
    """Takes the clock's time at both ends of every training batch.

    On a GPU a step's end is when its work was handed over, not when it was done. Code that then waits for the device,
    as the log does, calls `worked`: that time belongs to the steps and is no waiting for data. Lightning's
    `ThroughputMonitor` does not tell work from waiting.
    """

    def __init__(self) -> None:
        self.recent = Span()  # since the metrics callback has read it, which then puts a new one here
        self.whole = Span()  # all of training but its first step, which compiles, allocates and starts workers
        self._free = 0.0
        self._arrived = 0.0
        self._steps = 0

    def worked(self) -> None:
        """The time since the last step's end went into work too: it counts as seconds, not as waiting."""
        now = perf_counter()
        self._add(now - self._free, 0.0, 0, counts=self._steps > 1)
        self._free = now

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._free = perf_counter()

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        self._arrived = perf_counter()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        now = perf_counter()
        rows = len(batch) * trainer.world_size
        self._add(now - self._free, self._arrived - self._free, rows, counts=self._steps > 0)
        self._steps += 1
        self._free = now

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._free = perf_counter()

    def _add(self, seconds: float, waited: float, rows: int, counts: bool) -> None:
        for span in [self.recent, self.whole][: 1 + counts]:
            span.seconds += seconds
            span.waited += waited
            span.rows += rows
