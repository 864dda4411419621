"""Batches in the order of the sampler: in this process, or ahead of it in loader processes."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from itertools import islice
from types import SimpleNamespace
from typing import Any

import torch
from torch.utils.data import DataLoader

from mmfusion.batch import Batch
from mmfusion.data.batches.dataset import SplitDataset
from mmfusion.data.batches.sampler import BatchIndices, DistributedBatchSampler
from mmfusion.data.errors import DataError, str_of

NAMED = 20
"""Row ids that a message about a lost batch names."""
SIGNAL_S = 5.0
"""Seconds to wait for the signal of a process's death after its connection has broken."""


class Loader:
    """Iterating gives one epoch's batches of this process.

    Not a `DataLoader`, because Lightning would take one apart to replace its sampler, which here already knows the
    ranks and the epoch. Batches do not depend on the number of workers; without any, they are made in this process.
    """

    def __init__(
        self,
        rows: SplitDataset,
        sampler: DistributedBatchSampler,
        *,
        workers: int = 0,
        pin_memory: bool = False,
        timeout_s: float = 600.0,
        max_error_rate: float = 0.01,
    ) -> None:
        self.rows = rows
        self.distributed_sampler = sampler
        self.workers = workers
        self.pin_memory = pin_memory
        self.max_error_rate = max_error_rate
        # Where Lightning looks for something with `set_epoch`. An attribute `sampler` it would want to replace.
        self.batch_sampler = SimpleNamespace(sampler=sampler)
        self._done = 0
        self._resume: dict[str, int] | None = None
        self._processes: DataLoader[Batch] | None = None
        if workers:
            self._processes = DataLoader(
                rows,
                batch_size=None,  # indices make a whole batch
                sampler=sampler,
                num_workers=min(workers, max(1, len(sampler))),
                pin_memory=pin_memory,
                timeout=timeout_s,
                persistent_workers=True,
                # Its own, or the workers' seeds would be drawn from the generator that initialises the model.
                generator=torch.Generator().manual_seed(sampler.seed),
            )

    def __len__(self) -> int:
        return len(self.distributed_sampler)

    def __iter__(self) -> Iterator[Batch]:
        skip = self._resume["given"] if self._resume and self._resume["epoch"] == self.distributed_sampler.epoch else 0
        self._resume = None
        self._done = skip if skip < len(self) else 0
        self.distributed_sampler.first = self._done
        for batch in self._in_workers(self._processes) if self._processes is not None else self._in_this_process():
            self._done += 1
            if self.rows.on_error != "raise":
                check_error_rate(self.rows, self.max_error_rate)
            yield batch
        # For whoever iterates again without setting it.
        self.distributed_sampler.set_epoch(self.distributed_sampler.epoch + 1)
        self._done = 0

    def state_dict(self) -> dict[str, int]:
        """How far the epoch has got; Lightning saves it with a checkpoint, so a run resumes at the next batch."""
        return {"epoch": self.distributed_sampler.epoch, "given": self._done}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Start the epoch of `state` behind the batches that had been given; other epochs start at their beginning."""
        self._resume = {"epoch": int(state["epoch"]), "given": int(state["given"])}

    def _in_this_process(self) -> Iterator[Batch]:
        for indices in self.distributed_sampler:
            batch = self.rows[indices]
            yield batch.pin_memory() if self.pin_memory else batch

    def _in_workers(self, processes: DataLoader[Batch]) -> Iterator[Batch]:
        batches = iter(processes)
        for step in range(self.distributed_sampler.first, len(self)):
            try:
                batch = _next(batches)
            except RuntimeError as error:
                if "DataLoader" not in str(error) or "Caught" in str(error):
                    raise  # the rows' own error, which names them
                lost = self._lost(step)
                indices = next(islice(self.distributed_sampler.after(lost), 1))
                raise RuntimeError(f"{error}; it was at batch {lost}, rows {self._named(indices)}") from error
            yield batch

    def _lost(self, step: int) -> int:
        """The batch that a dead process was making; a process that hangs is at the one that is waited for."""
        alive = {process.pid for process in multiprocessing.active_children()}
        making = [(pid, at) for pid, at in self.rows.making.tolist() if pid >= 0]
        return next((at for pid, at in making if pid not in alive), step)

    def _named(self, indices: BatchIndices) -> str:
        ids = self.rows.ids[indices.rows[:NAMED]].tolist()
        return ", ".join(ids) + (f" and {len(indices.rows) - NAMED} more" if len(indices.rows) > NAMED else "")


def _next(batches: Iterator[Batch]) -> Batch:
    """The next batch; whatever a dead process breaks on the way is a `RuntimeError` that names the `DataLoader`.

    A process that dies while a batch of its own is being fetched breaks the connection (`EOFError`, `OSError`) before
    the signal of its death arrives, in whose handler torch says which process it was: that is waited for.
    """
    try:
        return next(batches)
    except (EOFError, OSError) as error:
        if "Caught" in str(error) and "worker process" in str(error):
            raise  # of the rows, in a process that lives
        time.sleep(SIGNAL_S)  # ended by the handler's error
        raise RuntimeError(f"DataLoader worker lost: {error!r} while its batch was fetched") from error


def check_error_rate(rows: SplitDataset, limit: float) -> None:
    """Stop (DataError with the first rows and the count) when a larger share of rows than `limit` lost a medium."""
    for name, lost in rows.unreadable().items():
        if lost["rows"] > limit * len(rows):
            share = f"{lost['rows']} of {len(rows)} rows of {rows.table.name}"
            what = f"{name}: {share} cannot be decoded, loader.max_error_rate={limit:g} allows fewer"
            raise DataError(str_of(lost["first"], lost["rows"], what))
