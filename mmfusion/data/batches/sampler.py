"""Which rows make which batch: the same order for any number of processes, no row lost or seen twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from mmfusion.data.batches.seeds import mix


@dataclass(frozen=True)
class BatchIndices:
    """The rows of one batch."""

    rows: np.ndarray  # Int `[B]`, indices
    epoch: int | None  # what is random in training belongs to a row and an epoch; None in evaluation
    step: int = 0  # its place in the epoch


class DistributedBatchSampler:
    """The batches of one process.

    A global batch of `batch_size × world` rows is cut into one contiguous piece a process, so `world` processes see in
    step k together the very rows that one process with the larger batch would see. The last, shorter batch is cut as
    evenly as can be. If it has fewer rows than there are processes it joins the batch before it (nobody may stay
    without a row: the others would wait for it for ever). So all processes have equally many batches, each row is seen
    once, and no padding distorts a metric.

    `batch_size` are the rows of one process. With `shuffle` each epoch has a new order, drawn from (seed, epoch). In
    `training` batches know their epoch, from which random windows and transforms follow.
    """

    def __init__(
        self,
        rows: np.ndarray,
        batch_size: int,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        training: bool = False,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        assert 0 <= rank < world, (rank, world)
        self.rows = rows
        self.shuffle = shuffle
        self.training = training
        self.seed = seed
        self.rank = rank
        self.world = world
        self.epoch = 0
        self.first = 0  # the batch with which the next iteration begins
        self._ends = _ends(len(rows), batch_size * world, drop_last, world)

    def set_epoch(self, epoch: int) -> None:
        """Take the order of this epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[BatchIndices]:
        return self.after(self.first)

    def after(self, batches: int) -> Iterator[BatchIndices]:
        """The epoch's batches without the first so many."""
        epoch, order = self.epoch, self.rows
        if self.shuffle:
            generator = torch.Generator().manual_seed(mix(self.seed, "order", epoch))
            order = order[torch.randperm(len(order), generator=generator).numpy()]
        for step in range(batches, len(self._ends)):
            start, stop = self._ends[step - 1] if step else 0, self._ends[step]
            size = stop - start
            cuts = [start + size * rank // self.world for rank in (self.rank, self.rank + 1)]
            yield BatchIndices(order[cuts[0] : cuts[1]], epoch if self.training else None, step)


def _ends(rows: int, size: int, drop_last: bool, world: int) -> list[int]:
    ends = list(range(size, rows + 1, size))
    tail = rows - (ends[-1] if ends else 0)
    if tail and not drop_last:
        ends[len(ends) - bool(ends and tail < world) :] = [rows]
    return ends
