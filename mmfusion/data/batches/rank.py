"""A process of a run: its rank, and where it computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch.distributed


@dataclass(frozen=True)
class Rank:
    """What of a process of a run its batches depend on.

    Attributes:
        rank: of this process.
        world: number of processes.
        local: number of those that share this machine's cores.
        on_gpu: batches go to a GPU; that there is one in the machine does not say that the run uses it.
        overfits: the Trainer overfits a few batches.
    """

    rank: int = 0
    world: int = 1
    local: int = 1
    on_gpu: bool = False
    overfits: bool = False


def current_rank(trainer: Any) -> Rank:
    """As the Trainer says, if there is one; else as torch.distributed does."""
    if trainer is None:
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            return Rank(torch.distributed.get_rank(), torch.distributed.get_world_size())
        return Rank()
    device = getattr(getattr(trainer, "strategy", None), "root_device", None)
    return Rank(
        rank=trainer.global_rank,
        world=trainer.world_size,
        local=getattr(trainer, "num_devices", 1),
        on_gpu=device is not None and device.type == "cuda",
        overfits=bool(getattr(trainer, "overfit_batches", 0)),
    )
